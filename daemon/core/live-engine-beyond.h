/* What reaches beyond one connection: messages that are sent again, the context's keeping and
 * judging, the watch over a silent service, hanging up, sleep.
 * Thread: main only. Used by: core/live-engine*.c. */
#pragma once

#include "core/live-engine-private.h"

G_BEGIN_DECLS

/* live-engine-send.c */
gboolean live_engine_takes_content (LiveEngine *self);
void live_engine_hand_over (LiveEngine *self, LiveRequest *request);
/* After a loss: takes aside what can be said again; sends it with the next connection. */
void live_engine_keep_turns (LiveEngine *self);
void live_engine_send_kept (LiveEngine *self, LiveContextOrigin origin);
void live_engine_fail_kept (LiveEngine *self, const GError *error);
/* Context without an answer that was handed over since the newest handle. */
void live_engine_prune_notes (LiveEngine *self);
void live_engine_forget_notes (LiveEngine *self);
/* live-engine-context.c */
void live_engine_load (LiveEngine *self);
void live_engine_on_handle_changed (gpointer data);
void live_engine_note_target (LiveEngine *self);
gboolean live_engine_prepare_seed (const LiveProfile *profile, gpointer data);
void live_engine_send_seed (LiveEngine *self, LiveContextOrigin origin);
void live_engine_guard (LiveEngine *self, LiveContextEventKind kind, guint prompt_tokens);
/* live-engine-vigil.c */
void live_engine_note_asked (LiveEngine *self);
void live_engine_note_output (LiveEngine *self);
void live_engine_note_heard (LiveEngine *self);
gboolean live_engine_is_listened_to (LiveEngine *self);
void live_engine_note_speech (LiveEngine *self, const gint16 *frames, guint32 n_frames);
void live_engine_note_pause (LiveEngine *self);
/* What is left of a wait that began with the last question; 0 = it is over. */
guint live_engine_rest_of (LiveEngine *self, guint wait_ms);
void live_engine_blame_silence (LiveEngine *self);
void live_engine_stop_vigil (LiveEngine *self);
/* was_active: the wait begins anew. */
void live_engine_heed_idle (LiveEngine *self, gboolean was_active);
void live_engine_check_sleep (LiveEngine *self);

G_END_DECLS
