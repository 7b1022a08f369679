/* The built-in talker: rules, no model. It shows every feature in a demonstration and is honest
 * about what it cannot know.
 * Thread: main (pure but for the wall clock that "time" tells). Used by: session, turn. */
#pragma once

#include "live-sim-json.h"

G_BEGIN_DECLS

typedef struct
{
  const char *text; /* typed, or what a scenario says was spoken; NULL = only sound was heard */
  guint heard_ms;   /* of voice; 0 when typed */
  guint n_images;   /* seen since the last turn */
  guint n_turns;    /* finished in this conversation */
  GPtrArray *said;  /* LiveSimLine, oldest first, without this prompt */
  JsonArray *tools; /* setup.tools; nullable */
} LiveSimPrompt;

typedef struct
{
  gboolean is_user;
  char *text;
} LiveSimLine;

LiveSimLine *live_sim_line_new (gboolean is_user, const char *text);
void live_sim_line_free (LiveSimLine *line);

typedef struct
{
  GQueue phrases;  /* owned strings, spoken one after the other */
  GArray *sound;   /* nullable gint16 at 24 kHz: spoken instead of synthesized words */
  char *call_name; /* nullable: a tool is called before the phrases */
  JsonObject *call_args;
  gboolean is_scripted; /* a scenario's own */
} LiveSimAnswer;

LiveSimAnswer *live_sim_answer_new (void);
void live_sim_answer_free (LiveSimAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimAnswer, live_sim_answer_free)

/* Cuts text into phrases at sentence ends and long commas. */
void live_sim_answer_say (LiveSimAnswer *answer, const char *text);

LiveSimAnswer *live_sim_companion_answer (const LiveSimPrompt *prompt);
/* What it says when a tool has answered. response is the free object, nullable. */
LiveSimAnswer *live_sim_companion_report (const char *tool, JsonObject *response);

/* The declaration of the tool in setup.tools, NULL when there is none of that name. */
JsonObject *live_sim_companion_find_tool (JsonArray *tools, const char *name);

G_END_DECLS
