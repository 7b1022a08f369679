/* One turn, one waiting call, and what the engine counts.
 * Thread: main only. Used by: core/live-engine*.c. */
#pragma once

#include "core/live-engine.h"
#include "core/live-usage.h"
#include "machine/live-turn-fsm.h"

G_BEGIN_DECLS

#define LIVE_ENGINE_MAX_REQUESTS 64
#define LIVE_ENGINE_ONLINE_TIMEOUT_MS 24000 /* D-Bus libraries give up after 25 s */
#define LIVE_ENGINE_ASK_TIMEOUT_MS 120000

typedef enum
{
  LIVE_REQUEST_CONNECT,
  LIVE_REQUEST_TEXT,
  LIVE_REQUEST_CONTEXT,
  LIVE_REQUEST_CONTENT,
  LIVE_REQUEST_ASK,
} LiveRequestKind;

/* A call that waits: for the connection, an Ask afterwards for its answer. */
typedef struct
{
  LiveRequestKind kind;
  guint64 number;     /* counts the calls */
  LiveEngine *engine; /* the task holds the reference */
  GTask *task;
  char *text; /* or turns as JSON */
  gboolean wants_answer;
  guint timer;
  gulong cancel_id;
  guint64 turn; /* of an Ask that was handed over; 0 before */
} LiveRequest;

typedef struct
{
  guint64 number;
  LiveTurnOrigin origin;
  LiveRequestKind kind;
  char *message;  /* of a typed turn: what was handed over; NULL for others */
  gint64 sent_us; /* when it last was */
  guint n_sent;
  gboolean is_begun;     /* its beginning was told */
  gboolean is_assumed;   /* the resumed context should hold it */
  LiveTurnReason reason; /* of a turn that was let go */
  gint64 begun_us;       /* handed over, or the user's last words */
  char *typed;           /* what the user wrote, until the turn begins */
  GString *answer;       /* transcription of the voice */
  GString *written;      /* text parts */
  GString *thoughts;
  char *server_reason;
  char *input_language, *output_language;
  gsize input_told_bytes, output_told_bytes; /* as final */
  gboolean has_input, has_answer, has_output, has_speech_end, was_cut;
  LiveUsage usage;
  LiveRequest *ask; /* waits for this answer */
} LiveEngineTurn;

typedef struct
{
  guint64 turns_started, turns_complete, turns_interrupted, turns_failed, turns_unanswered;
  guint64 texts_sent, texts_sent_again, tool_calls, unknown_tools;
  guint64 results_held, results_dropped;
  guint64 silences, contexts_silent, contexts_collapsed;
  guint64 media_after_cut, words_over_cap, sound_over_cap, events_ignored;
} LiveEngineCounters;

G_END_DECLS
