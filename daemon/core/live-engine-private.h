/* What the files of the engine share: its parts, a turn, a waiting call.
 * Thread: main only. Used by: core/live-engine*.c. */
#pragma once

#include "core/live-engine-calls.h"
#include "core/live-engine-turn.h"
#include "core/live-link.h"
#include "core/live-speaker.h"
#include "core/live-transcript.h"
#include "core/live-uplink.h"
#include "machine/live-context-guard.h"

G_BEGIN_DECLS

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
  char *pending_text; /* of the last PendingChanges, to see a change */

  /* Turns. */
  LiveTurnFsm fsm;
  GQueue posted; /* of LiveTurnEventKind */
  gboolean is_stepping;
  guint watchdog_timer, drop_timer;
  LiveEngineTurn *turn;
  GQueue waiting; /* of LiveEngineTurn, handed over behind the turn in hand */
  GQueue notes;   /* of Note of live-engine-send.c, context since the newest handle */
  GQueue kept;    /* of LiveEngineTurn, to be handed over again with the next connection */
  GQueue let_go;  /* of LiveEngineTurn, still sounding */
  guint64 last_number, late_number;
  GString *next_words; /* spoken over the turn in hand */
  GError *loss;        /* while LINK_LOST is carried out: why */
  gboolean was_quiet;
  const char *activity; /* as last told */

  /* Calls. */
  GQueue requests;          /* of LiveRequest, not handed over */
  guint64 last_request;     /* the newest call's number */
  GError *failure;          /* why the link is not online; NULL = nothing known */
  GHashTable *tool_calls;   /* id -> Call of live-engine-calls.c, those that stand */
  GQueue held_results;      /* given while there was no connection */
  gboolean has_tool_result; /* given since the last turn began */
  const LiveEngineToolEvents *tool_events;
  gpointer tool_events_data;

  /* Microphone and loudspeaker. */
  gboolean is_listening_wanted, is_muted;
  gboolean is_capture_wanted, is_listening;
  double volume;
  gint64 warned_us; /* last warning about audio that was dropped */

  char *conversation_id;
  char *conversation_target; /* fingerprint of its model and endpoint; NULL = none yet */

  /* Beyond one connection (live-engine-context.c). */
  LiveStateStore *store; /* nullable */
  GCancellable *lifetime;
  gboolean is_loading, is_credential_due, is_stored_unwanted;
  LiveContextGuard guard;
  GPtrArray *seed;      /* for the dial that is under way */
  gboolean wants_nudge; /* spoken words await their answer after the seed */
  guint silence_timer;

  /* Does it live, is it needed (live-engine-vigil.c, live-engine-send.c). */
  guint reply_timer, idle_timer, kept_timer, grace_timer, sleep_timer;
  gint64 asked_us;
  gboolean has_doubted; /* reconnected because of silence, and nothing came since */
  guint loud_frames, still_frames;
  GError *leaving; /* why we leave the connection ourselves */
  gboolean is_asleep, is_flushing;
  GSourceOnceFunc sleep_ready_fn;
  gpointer sleep_ready_data;
  GSourceOnceFunc down_fn;
  gpointer down_data;

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
void live_engine_flush_requests (LiveEngine *self);
void live_engine_fail_requests (LiveEngine *self, const GError *error);
void live_engine_request_return (LiveRequest *request, guint64 turn);
void live_engine_request_reply (LiveRequest *request, char *take_text, GVariant *details);
void live_engine_request_fail (LiveRequest *request, const GError *error);
/* live-engine.c */
void live_engine_look_up_credential (LiveEngine *self);
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
