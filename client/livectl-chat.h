/* What chat's files share: the conversation that somebody has at the terminal.
 * Thread: main only. Used by: cmd-chat.c and livectl-chat-*.c. */
#pragma once

#include "livectl-dialogue.h"
#include "livectl-props.h"

G_BEGIN_DECLS

typedef struct
{
  /* Options. */
  gboolean is_listening_wanted;
  gboolean shows_thoughts;
  gboolean shows_figures;

  LivectlContext *ctx;
  LivectlTerminal *terminal; /* NULL on a pipe or with --json */
  LivectlScreen *screen;
  LivectlDialogue *dialogue;
  LivectlProps *props;
  GDataInputStream *input; /* on a pipe */

  gboolean has_started; /* the properties are read */
  gboolean is_ready;    /* connected and greeted */
  gboolean has_sent;    /* anything at all, so the hint about /help may go */
  gboolean is_reading;  /* a line of the pipe is on the way */
  gboolean is_at_end;   /* of the pipe */
  gboolean was_present; /* the daemon was there once */
  gboolean is_gone;     /* the daemon; a terminal waits for it */
  char *held;           /* what was entered meanwhile, nullable */
  gboolean was_lost;    /* the connection was, and this has been told */
  guint n_calls;        /* on the way, which the next line of a pipe waits for */
  guint64 awaited;      /* the turn that the next line of a pipe waits for */
  guint turn_timeout_id;
  guint quit_timeout_id; /* set while a second Ctrl-C quits */
} LivectlChat;

/* Sends one message, or one line of context. */
void livectl_chat_send (LivectlChat *chat, const char *text, gboolean is_context);

/* Calls a method whose reply says nothing, and tells an error as a note. done: nullable, a
 * translated sentence to tell when it went well. */
void livectl_chat_call (LivectlChat *chat,
                        LivectlInterface interface,
                        const char *method,
                        GVariant *args,
                        const char *done);
/* The same for a property. */
void
livectl_chat_set (LivectlChat *chat, const char *audio_property, GVariant *value, const char *done);

/* A call that was counted in n_calls came back; tells the error, on a pipe ends the run with it. */
void livectl_chat_returned (LivectlChat *chat, const GError *error);

/* Reads the next line of a pipe if what the last one asked for is over. */
void livectl_chat_go_on (LivectlChat *chat);

/* The prompt follows what goes on; nothing on a pipe. */
void livectl_chat_update_prompt (LivectlChat *chat);
/* A note with the sentence and the cure. */
void livectl_chat_note_error (LivectlChat *chat, const GError *error);
/* Tells what becomes of the connection, once each. */
void livectl_chat_tell_state (LivectlChat *chat);

/* Leaves, with exit code 0. */
void livectl_chat_quit (LivectlChat *chat);

/* Runs "/voice Kore" and the like. */
void livectl_chat_command (LivectlChat *chat, const char *line);
/* What Tab makes of a line: a longer one, or NULL. Owned. */
char *livectl_chat_complete (LivectlChat *chat, const char *line);

G_END_DECLS
