/* Owns: the conversation as a whole: its parts, its link, its settings, its life.
 * Thread: main only.
 * Called by: live-app (builds it) and bus/. */
#include "core/live-engine-beyond.h"

#include <glib/gi18n.h>

G_DEFINE_FINAL_TYPE (LiveEngine, live_engine, G_TYPE_OBJECT)

static void
show_settings_in_force (LiveEngine *self)
{
  LiveSettings *sent = live_link_get_sent_settings (self->link);
  LiveSettings *settings = sent != NULL && live_engine_is_online (self) ? sent : self->settings;

  live_uplink_set_manual (
      self->uplink,
      g_str_equal (live_settings_get_string (settings, LIVE_SETTING_VAD_MODE), "manual"));
  live_engine_show_pending (self);
}

static void
on_link_changed (gpointer data)
{
  LiveEngine *self = data;

  live_engine_show_link (self);
  live_engine_update_capture (self);
  live_engine_heed_idle (self, FALSE);
  live_engine_check_sleep (self);
}

static void
on_link_online (LiveContextOrigin origin, gpointer data)
{
  LiveEngine *self = data;

  g_clear_error (&self->failure);
  g_clear_error (&self->leaving);
  live_engine_note_target (self);
  live_engine_show_link (self);
  self->fsm.has_status = live_link_get_profile (self->link)->has_interaction_status;
  show_settings_in_force (self);
  live_engine_send_seed (self, origin);
  live_engine_guard (self,
                     origin == LIVE_CONTEXT_RESUMED ? LIVE_CONTEXT_EV_ONLINE_RESUMED
                                                    : LIVE_CONTEXT_EV_ONLINE_FRESH,
                     0);
  live_engine_settle_calls (self, origin == LIVE_CONTEXT_RESUMED);
  live_engine_send_kept (self, origin);
  live_uplink_set_online (self->uplink, TRUE);
  live_engine_flush_requests (self);
  live_engine_heed_idle (self, TRUE);
}

static void
take_failure (LiveEngine *self, const GError *error)
{
  g_clear_error (&self->failure);
  self->failure = g_error_copy (error);
}

static void
on_link_lost (const GError *error, gboolean will_retry, gpointer data)
{
  LiveEngine *self = data;
  g_autoptr (GError) why = g_steal_pointer (&self->leaving);

  if (why == NULL)
    why = g_error_copy (error);
  take_failure (self, why);
  live_engine_show_link (self);
  live_uplink_set_online (self->uplink, FALSE);
  live_engine_stop_vigil (self);
  live_engine_guard (self, LIVE_CONTEXT_EV_LOST, 0);
  live_engine_tell_away (self);
  if (will_retry && !self->is_down)
    live_engine_keep_turns (self);
  else
    live_engine_forget_calls (self);

  g_clear_error (&self->loss);
  self->loss = g_error_copy (why);
  live_engine_step (self, LIVE_TURN_EV_LINK_LOST, NULL);
  g_clear_error (&self->loss);

  show_settings_in_force (self);
  if (!will_retry)
    live_engine_fail_requests (self, why);
}

static void
on_link_failed (const GError *error, gpointer data)
{
  LiveEngine *self = data;

  take_failure (self, error);
  live_engine_show_link (self);
  live_uplink_clear (self->uplink);
  live_engine_update_capture (self);
  live_engine_forget_calls (self);
  live_engine_fail_kept (self, error);
  live_engine_fail_requests (self, error);
}

static void
on_link_dial_failed (const GError *error, gpointer data)
{
  take_failure (data, error);
}

static void
on_link_writable (gpointer data)
{
  LiveEngine *self = data;

  live_uplink_on_writable (self->uplink);
}

void
live_engine_look_up_credential (LiveEngine *self)
{
  g_autoptr (GError) error = NULL;

  if (self->tool_events != NULL && self->tool_events->setup_soon != NULL)
    self->tool_events->setup_soon (self->tool_events_data);
  if (self->credentials.lookup != NULL)
    {
      self->credentials.lookup (self, self->credentials.data);
      return;
    }

  error = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS,
                               _ ("No place to look for an API key is known"));
  live_link_credential (self->link, 0, NULL, error);
}

/* The first dial waits for what the last process left. */
static void
on_credential_wanted (gpointer data)
{
  LiveEngine *self = data;

  self->is_credential_due = self->is_loading;
  if (!self->is_loading)
    live_engine_look_up_credential (self);
}

static gboolean
is_quiet (gpointer data)
{
  LiveEngine *self = data;

  return live_turn_fsm_is_quiet (&self->fsm) && g_queue_is_empty (&self->requests) &&
         !live_engine_is_listened_to (self) && !live_uplink_is_in_activity (self->uplink);
}

static const LiveLinkEvents link_events = {
  .changed = on_link_changed,
  .online = on_link_online,
  .lost = on_link_lost,
  .failed = on_link_failed,
  .dial_failed = on_link_dial_failed,
  .event = live_engine_on_wire_event,
  .writable = on_link_writable,
  .credential_wanted = on_credential_wanted,
  .is_quiet = is_quiet,
  .handle_changed = live_engine_on_handle_changed,
  .prepare_seed = live_engine_prepare_seed,
};

static const LiveSpeakerEvents speaker_events = {
  .played_out = live_engine_on_played_out,
};

static void
apply_live_settings (LiveEngine *self, const gboolean *changed)
{
  LiveSettings *settings = self->settings;

  live_uplink_set_chunk_ms (self->uplink,
                            live_settings_get_uint (settings, LIVE_SETTING_AUDIO_CHUNK_MS));
  live_speaker_set_start_ms (self->speaker,
                             live_settings_get_uint (settings, LIVE_SETTING_AUDIO_START_BUFFER_MS));
  if (changed[LIVE_SETTING_AUDIO_OUTPUT_VOLUME])
    live_engine_set_output_volume (
        self, live_settings_get_double (settings, LIVE_SETTING_AUDIO_OUTPUT_VOLUME));
  if (changed[LIVE_SETTING_AUDIO_INPUT_DEVICE])
    live_engine_set_device (self, LIVE_AUDIO_CAPTURE,
                            live_settings_get_string (settings, LIVE_SETTING_AUDIO_INPUT_DEVICE));
  if (changed[LIVE_SETTING_AUDIO_OUTPUT_DEVICE])
    live_engine_set_device (self, LIVE_AUDIO_PLAYBACK,
                            live_settings_get_string (settings, LIVE_SETTING_AUDIO_OUTPUT_DEVICE));
}

/* Settings that are properties of their own. */
static const struct
{
  LiveSetting setting;
  const char *property;
} shown_settings[] = {
  { LIVE_SETTING_SESSION_MODEL, "Model" },
  { LIVE_SETTING_SESSION_MODEL, "ModelFeatures" },
  { LIVE_SETTING_SESSION_VOICE, "Voice" },
  { LIVE_SETTING_SESSION_LANGUAGE, "Language" },
  { LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION, "SystemInstruction" },
  { LIVE_SETTING_AUDIO_INPUT_DEVICE, "InputDevice" },
  { LIVE_SETTING_AUDIO_OUTPUT_DEVICE, "OutputDevice" },
};

void
live_engine_apply_settings (LiveEngine *self, LiveSettings *settings)
{
  gboolean changed[LIVE_N_SETTINGS] = { FALSE };
  LiveChange change = live_settings_diff (self->settings, settings, changed);

  if (change == LIVE_CHANGE_NONE)
    return;

  live_settings_ref (settings);
  live_settings_unref (self->settings);
  self->settings = settings;

  apply_live_settings (self, changed);
  live_link_apply_settings (self->link, settings, change);
  live_engine_emit_changed (self, "Settings");
  for (guint i = 0; i < G_N_ELEMENTS (shown_settings); i++)
    if (changed[shown_settings[i].setting])
      live_engine_emit_changed (self, shown_settings[i].property);
  show_settings_in_force (self);
  live_engine_heed_idle (self, FALSE);
}

void
live_engine_credential (LiveEngine *self, guint kind, const char *secret, const GError *error)
{
  live_link_credential (self->link, kind, secret, error);
}

void
live_engine_credentials_changed (LiveEngine *self)
{
  live_link_credentials_changed (self->link);
}

void
live_engine_disconnect (LiveEngine *self)
{
  g_autoptr (GError) error = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED,
                                                  _ ("The session was switched off"));

  live_link_want (self->link, FALSE, "user");
  live_uplink_clear (self->uplink);
  live_engine_fail_kept (self, error);
  live_engine_fail_requests (self, error);
}

const char *
live_engine_new_conversation (LiveEngine *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (LIVE_ERROR, LIVE_ERROR_INTERRUPTED, _ ("A new conversation was begun"));

  /* What the old conversation still says is of no interest; the server need not be told, for
   * the link leaves it. */
  if (live_turn_fsm_has_turn (&self->fsm))
    live_engine_step (self, LIVE_TURN_EV_USER_CUT, NULL);

  g_free (self->conversation_id);
  self->conversation_id = g_uuid_string_random ();
  self->usage = (LiveUsage){ 0 };
  live_transcript_clear (self->transcript);
  g_string_truncate (self->next_words, 0);
  g_clear_pointer (&self->conversation_target, g_free);
  self->is_stored_unwanted = self->is_loading;
  live_engine_fail_kept (self, error);
  live_engine_forget_notes (self);
  live_engine_forget_calls (self);
  live_engine_guard (self, LIVE_CONTEXT_EV_FORGOTTEN, 0);
  live_engine_emit_changed (self, "ConversationId");
  live_engine_emit_changed (self, "Usage");
  live_link_forget (self->link);
  live_engine_show_pending (self);
  return self->conversation_id;
}

/* The socket is gone; what it left goes to the disk. */
static void
on_link_down (gpointer data)
{
  LiveEngine *self = data;

  if (self->store != NULL)
    live_state_store_flush (self->store, self->down_fn, self->down_data);
  else
    self->down_fn (self->down_data);
}

void
live_engine_shut_down (LiveEngine *self, GSourceOnceFunc done_fn, gpointer data)
{
  g_autoptr (GError) error =
      g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED, _ ("The daemon is shutting down"));

  self->is_down = TRUE;
  live_engine_stop_vigil (self);
  live_engine_update_capture (self);
  live_engine_fail_kept (self, error);
  live_engine_fail_requests (self, error);

  g_clear_error (&self->loss);
  self->loss = g_error_copy (error);
  live_engine_step (self, LIVE_TURN_EV_LINK_LOST, NULL);
  /* An answer that was whole may have gone on sounding; not any more. */
  live_engine_step (self, LIVE_TURN_EV_USER_CUT, NULL);
  g_clear_error (&self->loss);

  if (self->audio != NULL)
    self->audio->class->want (self->audio, LIVE_AUDIO_PLAYBACK, FALSE);
  self->down_fn = done_fn;
  self->down_data = data;
  live_link_shut_down (self->link, on_link_down, self);
}

static void
live_engine_dispose (GObject *object)
{
  LiveEngine *self = LIVE_ENGINE (object);

  /* The requests' tasks hold the engine, so none is left here. */
  live_engine_free_turns (self);
  live_engine_stop_vigil (self);
  live_clock_clear (self->clock, &self->sleep_timer);
  if (self->lifetime != NULL)
    g_cancellable_cancel (self->lifetime);
  g_clear_object (&self->lifetime);
  live_engine_drop_held_results (self);
  live_engine_forget_notes (self);
  g_clear_pointer (&self->link, live_link_free);
  g_clear_pointer (&self->speaker, live_speaker_free);
  g_clear_pointer (&self->uplink, live_uplink_free);
  g_clear_pointer (&self->audio, live_audio_free);
  g_clear_pointer (&self->store, live_state_store_free);
  G_OBJECT_CLASS (live_engine_parent_class)->dispose (object);
}

static void
live_engine_finalize (GObject *object)
{
  LiveEngine *self = LIVE_ENGINE (object);

  g_clear_pointer (&self->transcript, live_transcript_free);
  g_clear_pointer (&self->settings, live_settings_unref);
  g_clear_pointer (&self->started_settings, live_settings_unref);
  g_clear_pointer (&self->seed, g_ptr_array_unref);
  g_clear_pointer (&self->tool_calls, g_hash_table_unref);
  g_clear_error (&self->failure);
  g_clear_error (&self->loss);
  g_clear_error (&self->leaving);
  g_string_free (self->next_words, TRUE);
  g_free (self->pending_text);
  g_free (self->conversation_id);
  g_free (self->conversation_target);
  g_free (self->shown_message);
  g_free (self->shown_session_id);
  G_OBJECT_CLASS (live_engine_parent_class)->finalize (object);
}

static void
add_signal (GObjectClass *class, const char *name, guint n_params, ...)
{
  va_list types;

  va_start (types, n_params);
  g_signal_new_valist (name, G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL,
                       G_TYPE_NONE, n_params, types);
  va_end (types);
}

static void
live_engine_class_init (LiveEngineClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = live_engine_dispose;
  object_class->finalize = live_engine_finalize;

  add_signal (object_class, "changed", 1, G_TYPE_STRING);
  add_signal (object_class, "turn-started", 2, G_TYPE_UINT64, G_TYPE_STRING);
  add_signal (object_class, "input-transcript", 4, G_TYPE_UINT64, G_TYPE_STRING, G_TYPE_BOOLEAN,
              G_TYPE_VARIANT);
  add_signal (object_class, "output-transcript", 4, G_TYPE_UINT64, G_TYPE_STRING, G_TYPE_BOOLEAN,
              G_TYPE_VARIANT);
  add_signal (object_class, "text-received", 3, G_TYPE_UINT64, G_TYPE_STRING, G_TYPE_BOOLEAN);
  add_signal (object_class, "generation-complete", 1, G_TYPE_UINT64);
  add_signal (object_class, "interrupted", 1, G_TYPE_UINT64);
  add_signal (object_class, "turn-complete", 3, G_TYPE_UINT64, G_TYPE_STRING, G_TYPE_VARIANT);
  add_signal (object_class, "grounding", 2, G_TYPE_UINT64, G_TYPE_STRING);
  add_signal (object_class, "go-away", 1, G_TYPE_UINT64);
}

static void
live_engine_init (LiveEngine *self)
{
  g_queue_init (&self->posted);
  g_queue_init (&self->waiting);
  g_queue_init (&self->kept);
  g_queue_init (&self->notes);
  g_queue_init (&self->held_results);
  g_queue_init (&self->let_go);
  g_queue_init (&self->requests);
  self->transcript = live_transcript_new ();
  self->next_words = g_string_new (NULL);
  self->tool_calls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  live_context_guard_init (&self->guard, &live_context_limits_default);
  self->conversation_id = g_uuid_string_random ();
  self->volume = 1.0;
  self->was_quiet = TRUE;
  self->activity = live_turn_fsm_activity (&self->fsm);
}

LiveEngine *
live_engine_new (const LiveEngineParts *parts)
{
  LiveEngine *self = g_object_new (LIVE_TYPE_ENGINE, NULL);
  gboolean changed[LIVE_N_SETTINGS];

  self->clock = parts->clock;
  self->audio = parts->audio;
  self->credentials = parts->credentials;
  self->store = parts->store;
  self->settings = live_settings_ref (parts->settings);
  self->started_settings = live_settings_ref (parts->settings);

  self->speaker = live_speaker_new (self->clock, self->audio, &speaker_events, self);
  self->uplink = live_uplink_new (self->clock, self->audio, &live_engine_uplink_events, self);
  self->link = live_link_new (self->clock, parts->transport, parts->profiles, self->settings,
                              &link_events, self);
  if (self->audio != NULL)
    live_audio_listen (self->audio, &live_engine_audio_events, self);

  for (LiveSetting setting = 0; setting < LIVE_N_SETTINGS; setting++)
    changed[setting] = TRUE;
  apply_live_settings (self, changed);
  show_settings_in_force (self);
  live_link_get_status (self->link, &self->shown);
  self->shown_message = g_strdup (self->shown.message);
  self->shown_session_id = g_strdup (self->shown.session_id);
  live_engine_load (self);
  return self;
}
