/* The conversation: executor of the turn machine, and the only place where audio meets wire.
 * Thread: main only. Built by: live-app. Used by: bus/ (methods, signals, properties).
 *
 * Knows nothing of D-Bus; the bus layer connects to its signals and forwards. Errors are all
 * LIVE_ERROR. Async pairs take a cancellable tied to the caller; each ends exactly once. */
#pragma once

#include <gio/gio.h>

#include "base/live-clock.h"
#include "base/live-settings.h"
#include "io/live-audio.h"
#include "io/live-state-store.h"
#include "io/live-transport.h"
#include "protocol/live-profile.h"

G_BEGIN_DECLS

#define LIVE_TYPE_ENGINE (live_engine_get_type ())
G_DECLARE_FINAL_TYPE (LiveEngine, live_engine, LIVE, ENGINE, GObject)

/* Where the secret comes from; io/live-secret.c in the daemon. lookup must answer through
 * live_engine_credential() later or at once, with NULL and an error when there is none. */
typedef struct
{
  void (*lookup) (LiveEngine *engine, gpointer data);
  gpointer data;
} LiveEngineCredentials;

typedef struct
{
  const LiveClock *clock;
  LiveTransport *transport; /* owned by the engine from here on */
  LiveAudio *audio;         /* nullable (text only); owned from here on */
  LiveProfiles *profiles;   /* borrowed, outlives the engine */
  LiveSettings *settings;   /* a reference is taken */
  LiveStateStore *store;    /* nullable (nothing outlives the process); owned */
  LiveEngineCredentials credentials;
} LiveEngineParts;

LiveEngine *live_engine_new (const LiveEngineParts *parts);
/* Closes the socket politely and destroys the streams; done_fn when the socket is gone (at most
 * 1 s later). Waiting calls end with LIVE_ERROR_NOT_CONNECTED. */
void live_engine_shut_down (LiveEngine *self, GSourceOnceFunc done_fn, gpointer data);

/* kind is a LiveCredentialKind; secret is copied and wiped. NULL secret: error says why. */
void live_engine_credential (LiveEngine *self, guint kind, const char *secret, const GError *error);
/* The key may have changed (Reload, CheckCredentials): leaves `blocked` for a new try. */
void live_engine_credentials_changed (LiveEngine *self);

/* The machine's network as io/live-presence.h sees it; available until told otherwise. */
void live_engine_set_network (LiveEngine *self, gboolean is_available);
/* The machine goes to sleep: ready_fn when the socket is closed and the state on disk, at most
 * 4 s later. wake goes on at once, or ends a sleep that did not come. */
void live_engine_sleep (LiveEngine *self, GSourceOnceFunc ready_fn, gpointer data);
void live_engine_wake (LiveEngine *self);

/* A new snapshot is in force; classes of change as in live-settings.h. */
void live_engine_apply_settings (LiveEngine *self, LiveSettings *settings);

/* Session */
void live_engine_connect_async (LiveEngine *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer data);
gboolean live_engine_connect_finish (LiveEngine *self, GAsyncResult *result, GError **error);
void live_engine_disconnect (LiveEngine *self);
/* The new ConversationId; borrowed. */
const char *live_engine_new_conversation (LiveEngine *self);

/* One user message; ends when it was handed to an online server. is_context: append only. */
void live_engine_send_text_async (LiveEngine *self,
                                  const char *text,
                                  gboolean is_context,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer data);
gboolean live_engine_send_text_finish (LiveEngine *self,
                                       GAsyncResult *result,
                                       guint64 *ret_turn,
                                       GError **error);
void live_engine_send_content_async (LiveEngine *self,
                                     const char *turns_json,
                                     gboolean turn_complete,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer data);
gboolean live_engine_send_content_finish (LiveEngine *self,
                                          GAsyncResult *result,
                                          guint64 *ret_turn,
                                          GError **error);
/* timeout_ms 0: the default of 120 s. ret_details: a{sv}, owned: `turn` t, `interrupted` b,
 * `tokens` a{st}, `thoughts` s … */
void live_engine_ask_async (LiveEngine *self,
                            const char *text,
                            guint timeout_ms,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer data);
char *live_engine_ask_finish (LiveEngine *self,
                              GAsyncResult *result,
                              GVariant **ret_details,
                              GError **error);

gboolean live_engine_start_activity (LiveEngine *self, GError **error);
gboolean live_engine_end_activity (LiveEngine *self, GError **error);
void live_engine_interrupt (LiveEngine *self);

/* Audio. Who holds the microphone is counted by bus/live-clients.c; the engine knows the sum. */
void live_engine_set_listening (LiveEngine *self, gboolean wanted);
void live_engine_set_muted (LiveEngine *self, gboolean muted);
gboolean live_engine_get_muted (LiveEngine *self);
/* TRUE while the capture stream exists and flows to the server. */
gboolean live_engine_get_listening (LiveEngine *self);
LiveAudioState live_engine_get_audio_state (LiveEngine *self, LiveAudioDirection direction);
void live_engine_set_output_volume (LiveEngine *self, double volume);
double live_engine_get_output_volume (LiveEngine *self);
void live_engine_set_device (LiveEngine *self, LiveAudioDirection direction, const char *name);
GVariant *live_engine_list_devices (LiveEngine *self);
void live_engine_get_levels (LiveEngine *self, LiveAudioLevels *ret_levels);

/* Everything that Session's properties show; strings are borrowed until the next main-loop turn.
 * Change is told by the signal "changed" with the D-Bus property's name. */
typedef struct
{
  const char *state, *state_reason, *state_message, *activity, *context_origin;
  const char *conversation_id, *session_id;
  gboolean is_resumable;
  gint64 connected_since_us, retry_at_us; /* wall clock, 0 = none */
  const LiveProfile *profile;
  LiveSettings *settings;
} LiveEngineStatus;

void live_engine_get_status (LiveEngine *self, LiveEngineStatus *ret_status);
/* a{st}, floating. */
GVariant *live_engine_get_usage (LiveEngine *self);
GVariant *live_engine_get_statistics (LiveEngine *self);
/* as, floating: names of settings that wait for a quiet point. */
GVariant *live_engine_get_pending_changes (LiveEngine *self);
/* Everything for a bug report; no secret, nothing said. */
void live_engine_dump (LiveEngine *self, GString *out);

/* Signals (all run-last, no return value):
 *  "changed" (const char *property)              a D-Bus property name of Session or Audio
 *  "turn-started" (guint64 turn, const char *origin)
 *  "input-transcript" (guint64 turn, const char *text, gboolean final, GVariant *details a{sv})
 *  "output-transcript" (same)
 *  "text-received" (guint64 turn, const char *text, gboolean thought)
 *  "generation-complete" (guint64 turn)
 *  "interrupted" (guint64 turn)
 *  "turn-complete" (guint64 turn, const char *reason, GVariant *details a{sv})
 *  "grounding" (guint64 turn, const char *metadata_json)
 *  "go-away" (guint64 time_left_ms)
 * A "changed" that belongs to an event is emitted before it. */

G_END_DECLS
