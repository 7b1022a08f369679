/* Owns: microphone, loudspeaker and activity marks, as far as the conversation has a say in them.
 * Thread: main only.
 * Called by: bus/, io/live-pw-core.c and the other files of the engine. */
#include "core/live-engine-beyond.h"

#include <glib/gi18n.h>

#include "protocol/live-wire-out.h"

#define WARN_EVERY_US (10 * G_USEC_PER_SEC)

/* The microphone is open only while somebody wants it and its words have somewhere to go, now or
 * soon: a blocked link would make it a lie. */
static gboolean
is_capture_sensible (LiveEngine *self)
{
  LiveLinkStatus status;

  if (!self->is_listening_wanted || self->is_muted || self->is_down)
    return FALSE;

  live_link_get_status (self->link, &status);
  return !self->is_asleep && status.state != LIVE_LINK_OFF && status.state != LIVE_LINK_BLOCKED &&
         status.state != LIVE_LINK_SUSPENDED;
}

static void
set_is_listening (LiveEngine *self, gboolean is_listening)
{
  if (self->is_listening == is_listening)
    return;

  self->is_listening = is_listening;
  live_engine_emit_changed (self, "Listening");
  live_engine_step (self, is_listening ? LIVE_TURN_EV_MIC_ON : LIVE_TURN_EV_MIC_OFF, NULL);
}

void
live_engine_update_capture (LiveEngine *self)
{
  gboolean is_wanted = is_capture_sensible (self);
  gboolean is_running;

  if (self->audio == NULL)
    return;

  /* What the ring still holds was said before, and is sent; the stream dies after that. */
  if (!is_wanted)
    live_uplink_close (self->uplink);
  if (is_wanted != self->is_capture_wanted)
    {
      self->is_capture_wanted = is_wanted;
      self->audio->class->want (self->audio, LIVE_AUDIO_CAPTURE, is_wanted);
    }

  is_running = is_wanted &&
               self->audio->class->state (self->audio, LIVE_AUDIO_CAPTURE) == LIVE_AUDIO_RUNNING;
  if (is_running)
    live_uplink_open (self->uplink);
  else
    live_uplink_close (self->uplink);
  set_is_listening (self, is_running);
}

static void
on_state_changed (LiveAudioDirection direction,
                  LiveAudioState state,
                  const char *message,
                  gpointer data)
{
  LiveEngine *self = data;

  if (state == LIVE_AUDIO_UNAVAILABLE && message != NULL)
    g_message ("%s: %s", direction == LIVE_AUDIO_CAPTURE ? "Microphone" : "Loudspeaker", message);

  live_engine_emit_changed (self, direction == LIVE_AUDIO_CAPTURE ? "InputState" : "OutputState");
  if (direction == LIVE_AUDIO_CAPTURE)
    live_engine_update_capture (self);
  else
    live_speaker_on_state (self->speaker, state);
}

static void
on_captured (gpointer data)
{
  LiveEngine *self = data;

  live_uplink_on_captured (self->uplink);
}

static void
on_played (gpointer data)
{
  LiveEngine *self = data;

  live_speaker_on_played (self->speaker);
}

static void
on_devices_changed (gpointer data)
{
  /* ListDevices is asked, not told: the contract has no property for it. */
}

const LiveAudioEvents live_engine_audio_events = {
  .state_changed = on_state_changed,
  .captured = on_captured,
  .played = on_played,
  .devices_changed = on_devices_changed,
};

static gboolean
is_link_writable (gpointer data)
{
  LiveEngine *self = data;

  return live_link_is_writable (self->link);
}

static void
send_audio (const gint16 *frames, guint32 n_frames, gpointer data)
{
  LiveEngine *self = data;
  gsize length;
  g_autofree char *message = live_wire_out_audio (frames, n_frames, LIVE_CAPTURE_RATE_HZ, &length);

  live_link_send (self->link, message, (gssize) length);
  live_engine_note_speech (self, frames, n_frames);
}

static void
send_and_free (LiveEngine *self, char *take_message)
{
  live_link_send (self->link, take_message, -1);
  g_free (take_message);
}

static void
send_stream_end (gpointer data)
{
  send_and_free (data, live_wire_out_audio_stream_end ());
  live_engine_note_pause (data);
}

static void
send_activity_start (gpointer data)
{
  send_and_free (data, live_wire_out_activity_start ());
}

static void
send_activity_end (gpointer data)
{
  send_and_free (data, live_wire_out_activity_end ());
  live_engine_note_pause (data);
}

static void
on_dropped (guint64 total_frames, gpointer data)
{
  LiveEngine *self = data;
  gint64 now_us = live_clock_now_us (self->clock);

  if (self->warned_us != 0 && now_us - self->warned_us < WARN_EVERY_US)
    return;

  self->warned_us = now_us;
  g_warning (
      "No connection, or a slow one: dropping the oldest microphone audio (%" G_GUINT64_FORMAT
      " ms since the start)",
      total_frames * 1000 / LIVE_CAPTURE_RATE_HZ);
}

const LiveUplinkEvents live_engine_uplink_events = {
  .is_writable = is_link_writable,
  .send_audio = send_audio,
  .send_stream_end = send_stream_end,
  .send_activity_start = send_activity_start,
  .send_activity_end = send_activity_end,
  .dropped = on_dropped,
};

static gboolean
check_manual (LiveEngine *self, GError **error)
{
  const char *mode = live_settings_get_string (self->settings, LIVE_SETTING_VAD_MODE);

  if (!g_str_equal (mode, "manual"))
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_UNSUPPORTED,
                           _ ("Activity is marked by the service itself; marking it by hand "
                              "needs the setting vad.mode = manual"));
      return FALSE;
    }

  return TRUE;
}

gboolean
live_engine_start_activity (LiveEngine *self, GError **error)
{
  if (!check_manual (self, error))
    return FALSE;

  if (live_uplink_is_in_activity (self->uplink))
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_BUSY, _ ("An activity has begun already"));
      return FALSE;
    }
  if (!live_uplink_start_activity (self->uplink))
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_UNSUPPORTED,
                           _ ("The setting vad.mode = manual comes into force with the next "
                              "connection"));
      return FALSE;
    }

  live_engine_step (self, LIVE_TURN_EV_SPEECH_START, NULL);
  if (!live_engine_is_online (self))
    live_link_want (self->link, TRUE, NULL);
  return TRUE;
}

gboolean
live_engine_end_activity (LiveEngine *self, GError **error)
{
  if (!check_manual (self, error))
    return FALSE;

  if (!live_uplink_end_activity (self->uplink))
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                           _ ("No activity has begun"));
      return FALSE;
    }

  live_engine_step (self, LIVE_TURN_EV_SPEECH_END, NULL);
  return TRUE;
}

void
live_engine_interrupt (LiveEngine *self)
{
  live_engine_step (self, LIVE_TURN_EV_USER_CUT, NULL);
}

void
live_engine_set_listening (LiveEngine *self, gboolean wanted)
{
  if (self->is_down)
    return;

  self->is_listening_wanted = wanted;
  if (wanted && !self->is_muted)
    live_link_want (self->link, TRUE, NULL);
  live_engine_update_capture (self);
  live_engine_heed_idle (self, TRUE);
}

void
live_engine_set_muted (LiveEngine *self, gboolean muted)
{
  if (self->is_muted == muted)
    return;

  self->is_muted = muted;
  live_engine_emit_changed (self, "Muted");
  if (!muted && self->is_listening_wanted)
    live_link_want (self->link, TRUE, NULL);
  live_engine_update_capture (self);
  live_engine_heed_idle (self, TRUE);
}

gboolean
live_engine_get_muted (LiveEngine *self)
{
  return self->is_muted;
}

gboolean
live_engine_get_listening (LiveEngine *self)
{
  return self->is_listening;
}

LiveAudioState
live_engine_get_audio_state (LiveEngine *self, LiveAudioDirection direction)
{
  return self->audio != NULL ? self->audio->class->state (self->audio, direction)
                             : LIVE_AUDIO_UNAVAILABLE;
}

void
live_engine_set_output_volume (LiveEngine *self, double volume)
{
  volume = CLAMP (volume, 0.0, 1.0);
  if (self->audio != NULL)
    self->audio->class->set_volume (self->audio, volume);
  if (self->volume == volume)
    return;

  self->volume = volume;
  live_engine_emit_changed (self, "OutputVolume");
}

double
live_engine_get_output_volume (LiveEngine *self)
{
  return self->volume;
}

void
live_engine_set_device (LiveEngine *self, LiveAudioDirection direction, const char *name)
{
  if (self->audio != NULL)
    self->audio->class->set_device (self->audio, direction, name);
}

GVariant *
live_engine_list_devices (LiveEngine *self)
{
  if (self->audio != NULL)
    return self->audio->class->list_devices (self->audio);

  return g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0);
}

void
live_engine_get_levels (LiveEngine *self, LiveAudioLevels *ret_levels)
{
  *ret_levels = (LiveAudioLevels){ 0 };
  if (self->audio != NULL)
    self->audio->class->levels (self->audio, ret_levels);
}
