/* Owns: the connection, the devices and one channel a direction, behind live-audio.h.
 * Thread: main.
 * Called by: live-app (new), core/live-engine.c and core/live-speaker.c through LiveAudioClass. */
#include "io/live-pw-core.h"

#include "io/live-pw-channel.h"
#include "io/live-pw-devices.h"
#include "io/live-pw-remote.h"
#include "io/live-pw-stream.h"

typedef struct
{
  LiveAudio base;
  LivePwRemote *remote;
  LivePwDevices *devices;
  LivePwChannel *channels[LIVE_AUDIO_N_DIRECTIONS];
  LiveAudioStats stats;
  gboolean is_up;
} PwAudio;

static LivePwStream *
stream_of (PwAudio *self, LiveAudioDirection direction)
{
  return live_pw_channel_get_stream (self->channels[direction]);
}

static LiveRing *
ring_of (PwAudio *self, LiveAudioDirection direction)
{
  return live_pw_stream_get_ring (stream_of (self, direction));
}

/* From below */

static void
on_connected (struct pw_registry *registry, gpointer data)
{
  PwAudio *self = data;

  live_pw_devices_attach (self->devices, registry);
}

static void
on_up (gpointer data)
{
  PwAudio *self = data;

  self->is_up = TRUE;
  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    live_pw_channel_set_server (self->channels[i], TRUE);
}

static void
on_down (gpointer data)
{
  PwAudio *self = data;

  for (guint i = 0; self->is_up && i < LIVE_AUDIO_N_DIRECTIONS; i++)
    live_pw_channel_set_server (self->channels[i], FALSE);
  self->is_up = FALSE;
  live_pw_devices_detach (self->devices);
}

static void
on_devices_changed (gboolean devices, gboolean links, gpointer data)
{
  PwAudio *self = data;

  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    live_pw_channel_on_devices (self->channels[i], devices, links);
  if (devices && self->base.events != NULL)
    self->base.events->devices_changed (self->base.events_data);
}

static void
on_channel_state (LiveAudioDirection direction,
                  LiveAudioState state,
                  const char *message,
                  gpointer data)
{
  PwAudio *self = data;

  if (self->base.events != NULL)
    self->base.events->state_changed (direction, state, message, self->base.events_data);
}

static void
on_channel_cycled (LiveAudioDirection direction, gpointer data)
{
  PwAudio *self = data;

  if (self->base.events == NULL)
    return;

  if (direction == LIVE_AUDIO_CAPTURE)
    self->base.events->captured (self->base.events_data);
  else
    self->base.events->played (self->base.events_data);
}

static const LivePwRemoteEvents remote_events = { on_connected, on_up, on_down };
static const LivePwChannelEvents channel_events = { on_channel_state, on_channel_cycled };

/* From above */

static void
want (LiveAudio *audio, LiveAudioDirection direction, gboolean wanted)
{
  live_pw_channel_want (((PwAudio *) audio)->channels[direction], wanted);
}

static LiveAudioState
get_state (LiveAudio *audio, LiveAudioDirection direction)
{
  return live_pw_channel_get_state (((PwAudio *) audio)->channels[direction]);
}

static guint32
get_readable_frames (LiveAudio *audio)
{
  PwAudio *self = (PwAudio *) audio;

  if (!live_pw_channel_may_read (self->channels[LIVE_AUDIO_CAPTURE]))
    return 0;

  return live_ring_get_readable_frames (ring_of (self, LIVE_AUDIO_CAPTURE));
}

static guint32
read_frames (LiveAudio *audio, gint16 *dst, guint32 n_frames)
{
  PwAudio *self = (PwAudio *) audio;

  if (!live_pw_channel_may_read (self->channels[LIVE_AUDIO_CAPTURE]))
    return 0;

  return live_ring_pull (ring_of (self, LIVE_AUDIO_CAPTURE), dst, n_frames);
}

static guint32
get_writable_frames (LiveAudio *audio)
{
  return live_ring_get_writable_frames (ring_of ((PwAudio *) audio, LIVE_AUDIO_PLAYBACK));
}

static guint32
write_frames (LiveAudio *audio, const gint16 *src, guint32 n_frames)
{
  return live_ring_push (ring_of ((PwAudio *) audio, LIVE_AUDIO_PLAYBACK), src, n_frames);
}

static void
expect_more (LiveAudio *audio, gboolean more)
{
  live_pw_stream_expect_more (stream_of ((PwAudio *) audio, LIVE_AUDIO_PLAYBACK), more);
}

static void
discard (LiveAudio *audio)
{
  live_pw_stream_discard (stream_of ((PwAudio *) audio, LIVE_AUDIO_PLAYBACK));
}

static guint32
get_pending_frames (LiveAudio *audio)
{
  return live_pw_stream_get_pending_frames (stream_of ((PwAudio *) audio, LIVE_AUDIO_PLAYBACK));
}

static void
set_volume (LiveAudio *audio, double volume)
{
  live_pw_stream_set_volume (stream_of ((PwAudio *) audio, LIVE_AUDIO_PLAYBACK), volume);
}

static void
set_device (LiveAudio *audio, LiveAudioDirection direction, const char *node_name)
{
  live_pw_channel_set_device (((PwAudio *) audio)->channels[direction], node_name);
}

static GVariant *
list_devices (LiveAudio *audio)
{
  return live_pw_devices_list (((PwAudio *) audio)->devices);
}

static void
get_levels (LiveAudio *audio, LiveAudioLevels *ret_levels)
{
  PwAudio *self = (PwAudio *) audio;

  live_pw_stream_get_level (stream_of (self, LIVE_AUDIO_CAPTURE), &ret_levels->input_rms,
                            &ret_levels->input_peak);
  live_pw_stream_get_level (stream_of (self, LIVE_AUDIO_PLAYBACK), &ret_levels->output_rms,
                            &ret_levels->output_peak);
}

static const LiveAudioStats *
get_stats (LiveAudio *audio)
{
  PwAudio *self = (PwAudio *) audio;
  LivePwStreamCounters capture = { 0 };
  LivePwStreamCounters playback = { 0 };

  live_pw_stream_get_counters (stream_of (self, LIVE_AUDIO_CAPTURE), &capture);
  live_pw_stream_get_counters (stream_of (self, LIVE_AUDIO_PLAYBACK), &playback);
  self->stats = (LiveAudioStats){
    .captured_frames = capture.n_frames,
    .capture_dropped_frames = capture.n_dropped,
    .played_frames = playback.n_frames,
    .underruns = playback.n_underruns,
    .xruns = capture.n_xruns + playback.n_xruns,
    .reconnects = live_pw_remote_get_n_reconnects (self->remote),
  };
  return &self->stats;
}

static void
free_audio (LiveAudio *audio)
{
  PwAudio *self = (PwAudio *) audio;

  self->base.events = NULL;
  /* The streams go before the connection that they were made on. */
  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    g_clear_pointer (&self->channels[i], live_pw_channel_free);
  self->is_up = FALSE;
  g_clear_pointer (&self->remote, live_pw_remote_free);
  g_clear_pointer (&self->devices, live_pw_devices_free);
  g_free (self);
}

static const LiveAudioClass pw_audio_class = {
  .want = want,
  .state = get_state,
  .readable_frames = get_readable_frames,
  .read = read_frames,
  .writable_frames = get_writable_frames,
  .write = write_frames,
  .expect_more = expect_more,
  .discard = discard,
  .pending_frames = get_pending_frames,
  .set_volume = set_volume,
  .set_device = set_device,
  .list_devices = list_devices,
  .levels = get_levels,
  .stats = get_stats,
  .free = free_audio,
};

LiveAudio *
live_pw_core_new (const LiveClock *clock, LiveSettings *settings, GError **error)
{
  static const LiveSetting roles[LIVE_AUDIO_N_DIRECTIONS] = { LIVE_SETTING_AUDIO_CAPTURE_ROLE,
                                                              LIVE_SETTING_AUDIO_PLAYBACK_ROLE };
  static const LiveSetting devices[LIVE_AUDIO_N_DIRECTIONS] = { LIVE_SETTING_AUDIO_INPUT_DEVICE,
                                                                LIVE_SETTING_AUDIO_OUTPUT_DEVICE };
  PwAudio *self = g_new0 (PwAudio, 1);

  self->base.class = &pw_audio_class;
  self->remote = live_pw_remote_new (clock, &remote_events, self, error);
  if (self->remote == NULL)
    {
      g_free (self);
      return NULL;
    }

  self->devices = live_pw_devices_new (on_devices_changed, self);
  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    {
      self->channels[i] = live_pw_channel_new (clock, self->remote, self->devices, i,
                                               live_settings_get_string (settings, roles[i]),
                                               &channel_events, self);
      live_pw_channel_set_device (self->channels[i],
                                  live_settings_get_string (settings, devices[i]));
    }
  set_volume (&self->base, live_settings_get_double (settings, LIVE_SETTING_AUDIO_OUTPUT_VOLUME));
  live_pw_remote_start (self->remote);

  return &self->base;
}
