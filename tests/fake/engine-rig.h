/* A real engine over a real link, with paper around it: wire, clock and sound are fakes, and
 * everything that the engine says is written down.
 * Thread: the test's. */
#pragma once

#include "core/live-engine.h"
#include "fake/fake-audio.h"
#include "fake/fake-clock.h"
#include "fake/fake-transport.h"

G_BEGIN_DECLS

typedef struct
{
  FakeClock *clock;
  FakeTransport *wire;
  FakeAudio *audio; /* NULL: the engine has none */
  LiveProfiles *profiles;
  LiveSettings *settings;
  LiveEngine *engine;
  /* One line a signal, in order: "turn-started 1 text", "output-transcript 1 Hello.",
   * "output-transcript 1 final Hello.", "turn-complete 1 complete", "changed State" … */
  GPtrArray *said;
  guint n_read;             /* lines that engine_rig_expect() has gone past */
  GVariant *details;        /* of the last turn-complete */
  gboolean is_keyless;      /* the credential's look-up fails */
  gboolean allows_warnings; /* losses are warned of */
  GVariant *last_final;     /* details of the last final transcript */
} EngineRig;

/* One async call and what came of it. */
typedef struct
{
  gboolean is_done;
  guint64 turn;
  char *text;
  GVariant *details;
  GError *error;
} EngineCall;

/* model NULL: gemini-3.8-live. Manual activity is a setting: engine_rig_set(). */
EngineRig *engine_rig_new (const char *model, gboolean has_audio);
/* state_dir: where the handle is kept (NULL: nowhere); url: NULL = the real service's;
 * profile: a change of the models' table, NULL = none. */
EngineRig *engine_rig_new_with (const char *model,
                                gboolean has_audio,
                                const char *state_dir,
                                const char *url,
                                const char *profile);
void engine_rig_free (EngineRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineRig, engine_rig_free)

/* Asks for the connection; opened, set up. */
void engine_rig_go_online (EngineRig *rig);
/* The next connection comes up, once the old one is gone; its setup, owned. */
char *engine_rig_come_back (EngineRig *rig);
void engine_rig_give_handle (EngineRig *rig, const char *handle);
/* The daemon ends politely; all that has to be on disk is there. */
void engine_rig_shut_down (EngineRig *rig);
void engine_rig_set (EngineRig *rig, LiveSetting setting, GVariant *take_value);
/* Runs the callbacks that are due. */
void engine_rig_spin (EngineRig *rig);
/* Clock and sound card go on together. */
void engine_rig_pass_ms (EngineRig *rig, guint ms);

/* The server. message is a whole JSON message; audio and words are common ones. */
void engine_rig_message (EngineRig *rig, const char *json);
void engine_rig_sound (EngineRig *rig, guint ms, gint16 value);
void engine_rig_words (EngineRig *rig, const char *text);
void engine_rig_heard (EngineRig *rig, const char *text);
void engine_rig_generated (EngineRig *rig);
void engine_rig_complete (EngineRig *rig);
void engine_rig_interrupted (EngineRig *rig);
void engine_rig_call_tool (EngineRig *rig, const char *id, const char *name);

/* The client. A call is freed by engine_call_free(). */
EngineCall *engine_rig_connect (EngineRig *rig);
EngineCall *engine_rig_send (EngineRig *rig, const char *text);
EngineCall *engine_rig_context (EngineRig *rig, const char *text);
EngineCall *engine_rig_content (EngineRig *rig, const char *json, gboolean turn_complete);
EngineCall *
engine_rig_ask (EngineRig *rig, const char *text, guint timeout_ms, GCancellable *cancellable);
void engine_call_free (EngineCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EngineCall, engine_call_free)
/* The call has failed with this code. */
void engine_call_assert_error (EngineRig *rig, EngineCall *call, LiveErrorCode code);

/* The lines come, in this order, after those that were expected before; others may stand
 * between. expect_nothing: no line since then begins so. */
void engine_rig_expect (EngineRig *rig, const char *line, ...) G_GNUC_NULL_TERMINATED;
void engine_rig_expect_nothing (EngineRig *rig, const char *beginning);
guint engine_rig_count (EngineRig *rig, const char *beginning);
/* Each turn-started has exactly one turn-complete after it. */
void engine_rig_assert_balance (EngineRig *rig);
/* Warnings since the last call; at its end the rig wants none left. */
guint engine_rig_take_warnings (EngineRig *rig);

/* Messages of this connection that hold the text. */
guint engine_rig_n_sent (EngineRig *rig, const char *part);
/* Frames in the audio messages of this connection. */
gsize engine_rig_sent_frames (EngineRig *rig);
guint64 engine_rig_statistic (EngineRig *rig, const char *name);
const char *engine_rig_activity (EngineRig *rig);
guint32 engine_rig_detail (EngineRig *rig, const char *name);

G_END_DECLS
