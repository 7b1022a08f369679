/* Owns: the conversation beyond one connection: what is kept on disk, whether a resumed context is
 * sound, and its being told anew.
 * Thread: main only.
 * Called by: the other files of the engine. */
#include "core/live-engine-beyond.h"

#include "protocol/live-setup.h"
#include "protocol/live-wire-out.h"

/* About 8,000 tokens: what compression leaves too. */
#define SEED_MAX_BYTES (32 * 1024)

/* A model that thinks for long says so seldom (protocol 8.4). */
#define THINKERS_PATIENCE 4

void
live_engine_on_handle_changed (gpointer data)
{
  LiveEngine *self = data;
  LiveStoredSession session = { 0 };
  LiveLinkHandle handle;

  live_engine_prune_notes (self);
  if (self->store == NULL || self->is_loading)
    return;

  live_link_peek_handle (self->link, &handle);
  if (handle.handle == NULL)
    {
      live_state_store_clear (self->store);
      return;
    }

  session.handle = (char *) handle.handle;
  session.fingerprint = (char *) handle.fingerprint;
  session.conversation_id = self->conversation_id;
  session.issued_us = g_get_real_time () - handle.age_us;
  live_state_store_save (self->store, &session);
}

static void
take_up (LiveEngine *self, const LiveStoredSession *session)
{
  gint64 age_us = MAX (g_get_real_time () - session->issued_us, 0);
  gint64 life_us =
      (gint64) live_settings_get_uint (self->settings, LIVE_SETTING_LINK_HANDLE_VALIDITY_S) *
      G_USEC_PER_SEC;
  g_autofree char *fingerprint = live_setup_fingerprint (self->settings);

  if (age_us >= life_us || g_strcmp0 (fingerprint, session->fingerprint) != 0)
    {
      g_info ("The last conversation is %s, a new one begins",
              age_us >= life_us ? "too old" : "of another model or endpoint");
      live_state_store_clear (self->store);
      return;
    }

  if (session->conversation_id != NULL && *session->conversation_id != '\0')
    {
      g_free (self->conversation_id);
      self->conversation_id = g_strdup (session->conversation_id);
      live_engine_emit_changed (self, "ConversationId");
    }
  g_free (self->conversation_target);
  self->conversation_target = g_steal_pointer (&fingerprint);
  live_link_restore (self->link, session->handle, session->fingerprint, age_us);
}

static void
end_loading (LiveEngine *self)
{
  self->is_loading = FALSE;
  if (!self->is_credential_due)
    return;

  self->is_credential_due = FALSE;
  live_engine_look_up_credential (self);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LiveStoredSession) session = live_state_store_load_finish (NULL, result, &error);
  LiveEngine *self = data;

  /* Only the cancellable is known to live. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  if (error != NULL)
    g_warning ("The last conversation can't be taken up: %s, a new one begins", error->message);
  if (session != NULL && !self->is_stored_unwanted)
    take_up (self, session);
  end_loading (self);
  if (self->is_stored_unwanted)
    live_engine_on_handle_changed (self);
}

void
live_engine_load (LiveEngine *self)
{
  if (self->store == NULL)
    return;

  self->is_loading = TRUE;
  self->lifetime = g_cancellable_new ();
  live_state_store_load_async (self->store, self->lifetime, on_loaded, self);
}

/* A context is of one model at one endpoint; with another, another conversation has begun, even
 * if it was told what was said. */
void
live_engine_note_target (LiveEngine *self)
{
  g_autofree char *target = live_setup_fingerprint (live_link_get_settings (self->link));
  gboolean is_other =
      self->conversation_target != NULL && !g_str_equal (self->conversation_target, target);

  g_free (self->conversation_target);
  self->conversation_target = g_steal_pointer (&target);
  if (!is_other)
    return;

  g_free (self->conversation_id);
  self->conversation_id = g_uuid_string_random ();
  self->usage = (LiveUsage){ 0 };
  live_engine_emit_changed (self, "ConversationId");
  live_engine_emit_changed (self, "Usage");
}

gboolean
live_engine_prepare_seed (const LiveProfile *profile, gpointer data)
{
  LiveEngine *self = data;
  g_autofree LiveSeedTurn *turns = NULL;
  gsize n_turns;

  turns = live_transcript_list (self->transcript, &n_turns);
  g_clear_pointer (&self->seed, g_ptr_array_unref);
  self->seed = live_seed_build (profile, turns, n_turns, SEED_MAX_BYTES);
  return self->seed != NULL;
}

/* Directly after setupComplete, before anything else. */
void
live_engine_send_seed (LiveEngine *self, LiveContextOrigin origin)
{
  g_autoptr (GPtrArray) seed = g_steal_pointer (&self->seed);
  gboolean wants_nudge = self->wants_nudge && g_queue_is_empty (&self->kept);
  g_autofree char *nudge = NULL;

  self->wants_nudge = FALSE;
  if (origin != LIVE_CONTEXT_RESEEDED || seed == NULL)
    return;

  for (guint i = 0; i < seed->len; i++)
    live_link_send (self->link, g_ptr_array_index (seed, i), -1);
  g_message ("The context was lost; the new session was told what was said");
  if (!wants_nudge || !live_link_get_profile (self->link)->seed_needs_nudge)
    return;

  /* Spoken words wait for their answer, and the model begins only after some input. */
  nudge = live_wire_out_realtime_text (" ");
  live_link_send (self->link, nudge, -1);
}

static void
choose_limits (LiveEngine *self)
{
  LiveContextLimits *limits = &self->guard.limits;
  guint silence_ms = live_settings_get_uint (self->settings, LIVE_SETTING_LINK_SILENCE_TIMEOUT_MS);

  limits->silence_ms = silence_ms * (self->fsm.has_status ? THINKERS_PATIENCE : 1);
  limits->compressed_tokens =
      live_settings_get_boolean (self->settings, LIVE_SETTING_SESSION_COMPRESSION)
          ? live_settings_get_uint (self->settings, LIVE_SETTING_SESSION_COMPRESSION_TARGET_TOKENS)
          : 0;
}

static void on_silence_timer (gpointer data);

static void
abandon_context (LiveEngine *self)
{
  gboolean is_silent = self->guard.verdict == LIVE_CONTEXT_SILENT;

  g_message ("The resumed context is %s, going on in a fresh session",
             live_context_guard_verdict (&self->guard));
  self->counters.contexts_silent += is_silent;
  self->counters.contexts_collapsed += !is_silent;
  if (is_silent)
    {
      self->wants_nudge = self->turn != NULL && self->turn->has_input && !self->fsm.has_media;
      live_engine_blame_silence (self);
    }
  /* A silent session has nothing worth waiting for; a collapsed one may just be speaking. */
  live_link_abandon (self->link, is_silent);
}

void
live_engine_guard (LiveEngine *self, LiveContextEventKind kind, guint prompt_tokens)
{
  LiveContextEvent event = { kind, prompt_tokens };
  LiveContextActions actions;

  choose_limits (self);
  actions = live_context_guard_step (&self->guard, &event);
  if (actions & (LIVE_CONTEXT_DO_DISARM | LIVE_CONTEXT_DO_ARM))
    live_clock_clear (self->clock, &self->silence_timer);
  if (actions & LIVE_CONTEXT_DO_ARM)
    self->silence_timer =
        live_clock_arm (self->clock, self->guard.limits.silence_ms, on_silence_timer, self);
  if (actions & LIVE_CONTEXT_DO_ABANDON)
    abandon_context (self);
}

static void
on_silence_timer (gpointer data)
{
  LiveEngine *self = data;
  guint rest_ms = live_engine_rest_of (self, self->guard.limits.silence_ms);

  self->silence_timer = 0;
  /* Who still speaks waits for no answer yet. */
  if (rest_ms > 0)
    self->silence_timer = live_clock_arm (self->clock, rest_ms, on_silence_timer, self);
  else
    live_engine_guard (self, LIVE_CONTEXT_EV_TIMER, 0);
}
