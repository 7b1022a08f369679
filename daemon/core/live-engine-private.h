/* What the files of the engine share: its parts, a turn, a waiting call.
 * Thread: main only. Used by: core/live-engine*.c. */
#pragma once

#include "core/live-engine-calls.h"
#include "core/live-link.h"
#include "core/live-speaker.h"
#include "core/live-transcript.h"
#include "core/live-uplink.h"
#include "core/live-usage.h"
#include "machine/live-turn-fsm.h"

G_BEGIN_DECLS

#define LIVE_ENGINE_MAX_REQUESTS 64
#define LIVE_ENGINE_MAX_TEXT_BYTES (256 * 1024)
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
  guint64 texts_sent, tool_calls, unknown_tools;
  guint64 media_after_cut, words_over_cap, sound_over_cap, events_ignored;
} LiveEngineCounters;

struct _LiveEngine
{
  GObject parent_instance;

  const LiveClock *clock;
  LiveAudio *audio; /* nullable */
  LiveLink *link;
  LiveSpeaker *speaker;
  LiveUplink *uplink;
  LiveTranscript *transcript;
  LiveEngineCredentials credentials;
  gboolean is_down; /* shutting down: nothing is begun any more */

  /* Settings as they are, and as they were when each class of them came into force. */
  LiveSettings *settings;
  LiveSettings *started_settings;
  LiveSettings *setup_settings; /* of the last dial; NULL = never */
  char *pending_text;           /* of the last PendingChanges, to see a change */

  /* Turns. */
  LiveTurnFsm fsm;
  GQueue posted; /* of LiveTurnEventKind */
  gboolean is_stepping;
  guint watchdog_timer, drop_timer;
  LiveEngineTurn *turn;
  GQueue waiting; /* of LiveEngineTurn, handed over behind the turn in hand */
  GQueue let_go;  /* of LiveEngineTurn, still sounding */
  guint64 last_number, late_number;
  GString *next_words; /* spoken over the turn in hand */
  GError *loss;        /* while LINK_LOST is carried out: why */
  gboolean was_quiet;
  const char *activity; /* as last told */

  /* Calls. */
  GQueue requests;          /* of LiveRequest, not handed over */
  GError *failure;          /* why the link is not online; NULL = nothing known */
  GHashTable *tool_calls;   /* open ids */
  gboolean has_tool_result; /* given since the last turn began */
  const LiveEngineToolEvents *tool_events;
  gpointer tool_events_data;

  /* Microphone and loudspeaker. */
  gboolean is_listening_wanted, is_muted;
  gboolean is_capture_wanted, is_listening;
  double volume;
  gint64 warned_us; /* last warning about audio that was dropped */

  char *conversation_id;
  LiveUsage usage;
  LiveEngineCounters counters;
  LiveLinkStatus shown; /* as last told; its own strings: */
  char *shown_message, *shown_session_id;
};

/* live-engine-turns.c; wire: where it comes from, nullable. From inside another event's actions it
 * follows them. */
void live_engine_step (LiveEngine *self, LiveTurnEventKind kind, const LiveWireEvent *wire);
LiveEngineTurn *live_engine_turn_new (LiveEngine *self, LiveTurnOrigin origin);
void live_engine_turn_free (LiveEngineTurn *turn);
void live_engine_on_played_out (guint64 number, gpointer data);
void live_engine_free_turns (LiveEngine *self);
/* live-engine-answer.c: what a turn says to the outside */
void live_engine_turn_begin (LiveEngine *self, LiveEngineTurn *turn);
void live_engine_turn_accept (LiveEngine *self, LiveEngineTurn *turn, const LiveWireEvent *wire);
void live_engine_turn_hear (LiveEngine *self,
                            guint64 number,
                            LiveEngineTurn *turn,
                            const char *text,
                            const char *language,
                            const char *speaker);
void live_engine_turn_tell_finals (LiveEngine *self, LiveEngineTurn *turn);
void live_engine_turn_answered (LiveEngine *self, LiveEngineTurn *turn);
/* Ends it for everybody and frees it. */
void live_engine_turn_end (LiveEngine *self, LiveEngineTurn *turn, LiveTurnReason reason);
/* live-engine-wire.c */
void live_engine_on_wire_event (const LiveWireEvent *event, gpointer data);
/* live-engine-requests.c */
gboolean live_engine_takes_content (LiveEngine *self);
void live_engine_flush_requests (LiveEngine *self);
void live_engine_fail_requests (LiveEngine *self, const GError *error);
void live_engine_request_return (LiveRequest *request, guint64 turn);
void live_engine_request_reply (LiveRequest *request, char *take_text, GVariant *details);
void live_engine_request_fail (LiveRequest *request, const GError *error);
/* live-engine-audio.c */
extern const LiveAudioEvents live_engine_audio_events;
extern const LiveUplinkEvents live_engine_uplink_events;
void live_engine_update_capture (LiveEngine *self);
/* live-engine-status.c */
void live_engine_emit_changed (LiveEngine *self, const char *property);
void live_engine_show_link (LiveEngine *self);
void live_engine_show_pending (LiveEngine *self);
gboolean live_engine_is_online (LiveEngine *self);

G_END_DECLS
