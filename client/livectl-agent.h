/* The questions of livectl agent, and how the first of them stands on the terminal.
 * Thread: main only. Used by: cmd-agent.c. */
#pragma once

#include <gio/gio.h>

#include "livectl-terminal.h"

G_BEGIN_DECLS

/* All strings owned. */
typedef struct
{
  GDBusMethodInvocation *invocation;
  char *id;
  char *tool;
  char *arguments; /* as the tool will get them */
  char *owner;
  char *program; /* what runs behind the owner's name; NULL when that is not known */
  char *description;
} LivectlQuestion;

void livectl_question_free (gpointer question);

typedef struct _LivectlAgentView LivectlAgentView;

/* terminal: borrowed. */
LivectlAgentView *livectl_agent_view_new (LivectlTerminal *terminal);
void livectl_agent_view_free (LivectlAgentView *view);

/* Puts this question above the prompt, in place of the one that stood there, after a line about
 * what became of that; both nullable. is_ready: whether an answer counts yet. n_more: how many wait
 * behind it. idle_hint: for the prompt when nobody asks. */
void livectl_agent_view_show (LivectlAgentView *view,
                              const char *record,
                              const LivectlQuestion *question,
                              gboolean is_ready,
                              guint n_more,
                              const char *idle_hint);

/* What stands on the screen cannot be taken away any more. */
void livectl_agent_view_resized (LivectlAgentView *view);

G_END_DECLS
