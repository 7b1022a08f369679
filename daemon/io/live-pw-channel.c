/* Owns: one audio machine, its stream, its timer and its queue of events.
 * Thread: main.
 * Called by: io/live-pw-core.c; the stream's events. */
#include "io/live-pw-channel.h"

#include <glib/gi18n.h>

#include "live-config.h"
#include "machine/live-audio-fsm.h"

/* Long enough for the pauses of a conversation, short enough to let the sink sleep. */
#define IDLE_MS 10000
/* The machine answers each event at once; more than this at a time is a storm. */
#define MAX_QUEUED 64

typedef struct
{
  LiveAudioEvent event;
  gboolean flag;
  guint generation; /* of the stream that it came from; 0 = from elsewhere */
} Queued;

struct _LivePwChannel
{
  const LiveClock *clock;
  LivePwRemote *remote;
  LivePwDevices *devices;
  LiveAudioDirection direction;
  const LivePwChannelEvents *events;
  gpointer events_data;

  LiveAudioFsm fsm;
  LivePwStream *stream;
  char *role;
  char *device; /* the user's choice; NULL follows the default */
  char *pinned; /* our own choice, after a monitor was refused */
  guint generation;
  gboolean may_read;

  GArray *queue; /* of Queued */
  gboolean is_draining;
  guint drain_id;
  guint timer_id;
  guint64 n_cycles_at_arm;

  LiveAudioState told_state;
  LiveAudioReason told_reason;
};

static void drain (LivePwChannel *self);

static const char *
explain (LiveAudioDirection direction, LiveAudioReason reason)
{
  gboolean is_capture = direction == LIVE_AUDIO_CAPTURE;

  switch (reason)
    {
    case LIVE_AUDIO_REASON_NONE:
    case LIVE_AUDIO_REASON_N:
      return NULL;
    case LIVE_AUDIO_REASON_NO_SERVER:
      return is_capture ? _ ("PipeWire is not running, so nothing can be heard.")
                        : _ ("PipeWire is not running, so nothing can be played.");
    case LIVE_AUDIO_REASON_NO_DEVICE:
      return is_capture ? _ ("There is no microphone.") : _ ("There is no loudspeaker.");
    case LIVE_AUDIO_REASON_MONITOR:
      return _ ("There is no usable microphone: only a loudspeaker's own sound was offered.");
    case LIVE_AUDIO_REASON_STALLED:
      return is_capture ? _ ("The microphone gives no sound.")
                        : _ ("The loudspeaker takes no sound.");
    case LIVE_AUDIO_REASON_FAILED:
      return is_capture ? _ ("PipeWire refuses the microphone.")
                        : _ ("PipeWire refuses the loudspeaker.");
    }
  return NULL;
}

static void
publish (LivePwChannel *self)
{
  LiveAudioReason reason = live_audio_fsm_get_reason (&self->fsm);
  LiveAudioState state = live_pw_channel_get_state (self);

  if (state == self->told_state && reason == self->told_reason)
    return;

  self->told_state = state;
  self->told_reason = reason;
  self->events->state_changed (self->direction, state, explain (self->direction, reason),
                               self->events_data);
}

/* From anywhere else: has its effect before it returns. */
static void
step (LivePwChannel *self, LiveAudioEvent event, gboolean flag)
{
  Queued queued = { event, flag, 0 };

  g_array_append_val (self->queue, queued);
  drain (self);
}

static void
check_peer (LivePwChannel *self)
{
  if (!self->fsm.has_stream || !self->fsm.needs_peer)
    return;

  switch (live_pw_devices_get_peer (self->devices, live_pw_stream_get_node_id (self->stream)))
    {
    case LIVE_PW_PEER_NONE:
      break;
    case LIVE_PW_PEER_GOOD:
      step (self, LIVE_AUDIO_EVENT_PEER_GOOD, FALSE);
      break;
    case LIVE_PW_PEER_MONITOR:
      step (self, LIVE_AUDIO_EVENT_PEER_REFUSED, FALSE);
      break;
    }
}

static gboolean
on_drain_idle (gpointer data)
{
  LivePwChannel *self = data;

  self->drain_id = 0;
  drain (self);
  /* The link may have been seen before the stream knew its own node. */
  if (self->fsm.state == LIVE_AUDIO_FSM_CONNECTING)
    check_peer (self);
  return G_SOURCE_REMOVE;
}

/* From a callback of PipeWire: the machine may want to destroy what is on the stack right now. */
static void
post (LivePwChannel *self, LiveAudioEvent event, gboolean flag)
{
  Queued queued = { event, flag, self->generation };

  if (self->queue->len >= MAX_QUEUED)
    {
      g_warning ("Audio events come faster than they can be handled; one was dropped");
      return;
    }
  g_array_append_val (self->queue, queued);
  if (self->drain_id == 0)
    self->drain_id = g_idle_add_full (G_PRIORITY_HIGH, on_drain_idle, self, NULL);
}

static void
on_timer (gpointer data)
{
  LivePwChannel *self = data;

  self->timer_id = 0;
  step (self, LIVE_AUDIO_EVENT_TIMER,
        live_pw_stream_get_n_cycles (self->stream) != self->n_cycles_at_arm);
}

static void
create_stream (LivePwChannel *self)
{
  gboolean is_capture = self->direction == LIVE_AUDIO_CAPTURE;
  LivePwConfig config = {
    .description =
        is_capture ? _ ("Live conversation: microphone") : _ ("Live conversation: voice"),
    .role = self->role,
    .target = self->pinned != NULL ? self->pinned : self->device,
  };
  g_autoptr (GError) error = NULL;

  self->generation++;
  self->may_read = FALSE;
  if (!live_pw_stream_open (self->stream, live_pw_remote_get_core (self->remote), &config, &error))
    {
      g_warning ("%s", error->message);
      post (self, LIVE_AUDIO_EVENT_STREAM_FAILED, FALSE);
    }
}

static void
destroy_stream (LivePwChannel *self, gboolean was_refused)
{
  live_pw_stream_close (self->stream);
  /* Never to be heard: sound of which it is not certain that it came from a microphone. */
  if (self->direction == LIVE_AUDIO_CAPTURE && (was_refused || !self->may_read))
    live_pw_stream_reset (self->stream);
}

static void
carry_out (LivePwChannel *self, guint actions, LiveAudioEvent event)
{
  if ((actions & LIVE_AUDIO_DO_DESTROY) != 0)
    destroy_stream (self, event == LIVE_AUDIO_EVENT_PEER_REFUSED);
  if ((actions & LIVE_AUDIO_DO_CREATE) != 0)
    g_clear_pointer (&self->pinned, g_free);
  if ((actions & LIVE_AUDIO_DO_PIN) != 0)
    {
      self->pinned = g_strdup (live_pw_devices_find_source (self->devices));
      g_info ("Would have recorded a loudspeaker; asking for the microphone %s", self->pinned);
    }
  if ((actions & LIVE_AUDIO_DO_CREATE) != 0)
    create_stream (self);
  if ((actions & LIVE_AUDIO_DO_ACTIVATE) != 0)
    live_pw_stream_set_active (self->stream, TRUE);
  if ((actions & LIVE_AUDIO_DO_DEACTIVATE) != 0)
    live_pw_stream_set_active (self->stream, FALSE);
  if ((actions & (LIVE_AUDIO_DO_ARM | LIVE_AUDIO_DO_DISARM)) != 0)
    live_clock_clear (self->clock, &self->timer_id);
  if ((actions & LIVE_AUDIO_DO_ARM) != 0)
    {
      self->n_cycles_at_arm = live_pw_stream_get_n_cycles (self->stream);
      self->timer_id = live_clock_arm (self->clock, self->fsm.timer_ms, on_timer, self);
    }
}

static void
handle (LivePwChannel *self, const Queued *queued)
{
  LiveAudioFsmState before = self->fsm.state;
  guint actions = 0;

  /* The last words of a stream that was replaced. */
  if (queued->generation != 0 && queued->generation != self->generation)
    return;

  actions = live_audio_fsm_step (&self->fsm, queued->event, queued->flag);
  carry_out (self, actions, queued->event);

  if (self->fsm.state == LIVE_AUDIO_FSM_RUNNING)
    self->may_read = TRUE;
  /* A kept stream that comes back to life by itself tells us with its first cycle. */
  else if (self->fsm.state == LIVE_AUDIO_FSM_LOST && self->fsm.has_stream)
    live_pw_stream_watch (self->stream);
  if (self->fsm.state != before)
    g_debug ("%s: %s -> %s (%s)", self->direction == LIVE_AUDIO_CAPTURE ? "capture" : "playback",
             live_audio_fsm_state_to_string (before),
             live_audio_fsm_state_to_string (self->fsm.state),
             live_audio_reason_to_string (self->fsm.reason));
}

static void
drain (LivePwChannel *self)
{
  if (self->is_draining)
    return;

  self->is_draining = TRUE;
  while (self->queue->len > 0)
    {
      Queued queued = g_array_index (self->queue, Queued, 0);

      g_array_remove_index (self->queue, 0);
      handle (self, &queued);
    }
  self->is_draining = FALSE;

  /* Outside, so that a listener may want or unwant at once. */
  publish (self);
}

static void
on_paused (gpointer data)
{
  post (data, LIVE_AUDIO_EVENT_PAUSED, FALSE);
}

static void
on_failed (const char *error, gpointer data)
{
  g_info ("A stream failed: %s", error);
  post (data, LIVE_AUDIO_EVENT_STREAM_FAILED, FALSE);
}

static void
on_cycled (gpointer data)
{
  LivePwChannel *self = data;

  if (!self->fsm.is_flowing)
    post (self, LIVE_AUDIO_EVENT_FLOWING, FALSE);
  else if (self->fsm.state == LIVE_AUDIO_FSM_RUNNING)
    self->events->cycled (self->direction, self->events_data);
}

static const LivePwStreamEvents stream_events = { on_paused, on_failed, on_cycled };

LivePwChannel *
live_pw_channel_new (const LiveClock *clock,
                     LivePwRemote *remote,
                     LivePwDevices *devices,
                     LiveAudioDirection direction,
                     const char *role,
                     const LivePwChannelEvents *events,
                     gpointer data)
{
  LivePwChannel *self = g_new0 (LivePwChannel, 1);

  self->clock = clock;
  self->remote = remote;
  self->devices = devices;
  self->direction = direction;
  self->role = g_strdup (role);
  self->events = events;
  self->events_data = data;
  self->fsm = (LiveAudioFsm){ .is_kept = direction == LIVE_AUDIO_PLAYBACK,
                              .needs_peer = direction == LIVE_AUDIO_CAPTURE,
                              .idle_ms = IDLE_MS };
  self->queue = g_array_new (FALSE, FALSE, sizeof (Queued));
  self->stream =
      live_pw_stream_new (live_pw_remote_get_loop (remote), direction, &stream_events, self);
  self->told_state = live_pw_channel_get_state (self);
  self->told_reason = live_audio_fsm_get_reason (&self->fsm);

  return self;
}

void
live_pw_channel_free (LivePwChannel *self)
{
  if (self == NULL)
    return;

  live_clock_clear (self->clock, &self->timer_id);
  g_clear_handle_id (&self->drain_id, g_source_remove);
  live_pw_stream_free (self->stream);
  g_array_unref (self->queue);
  g_free (self->role);
  g_free (self->device);
  g_free (self->pinned);
  g_free (self);
}

void
live_pw_channel_want (LivePwChannel *self, gboolean wanted)
{
  if (self->fsm.is_wanted == wanted)
    return;

  /* A new beginning; what nobody read of the last one is stale. */
  if (wanted && self->direction == LIVE_AUDIO_CAPTURE)
    live_pw_stream_reset (self->stream);
  /* Who asks for what is not to be had is told why, also when that is no news. */
  if (wanted && self->told_state == LIVE_AUDIO_UNAVAILABLE)
    self->told_reason = LIVE_AUDIO_REASON_N;
  step (self, wanted ? LIVE_AUDIO_EVENT_WANT : LIVE_AUDIO_EVENT_UNWANT, FALSE);
}

void
live_pw_channel_set_device (LivePwChannel *self, const char *node_name)
{
  if (node_name != NULL && node_name[0] == '\0')
    node_name = NULL;
  if (g_strcmp0 (self->device, node_name) == 0)
    return;

  g_free (self->device);
  self->device = g_strdup (node_name);
  step (self, LIVE_AUDIO_EVENT_DEVICE_CHOSEN, FALSE);
}

void
live_pw_channel_set_server (LivePwChannel *self, gboolean is_up)
{
  step (self, is_up ? LIVE_AUDIO_EVENT_SERVER_UP : LIVE_AUDIO_EVENT_SERVER_DOWN,
        is_up && live_pw_devices_has (self->devices, self->direction));
}

void
live_pw_channel_on_devices (LivePwChannel *self, gboolean devices, gboolean links)
{
  if (!self->fsm.is_server_up)
    return;

  if (devices)
    step (self, LIVE_AUDIO_EVENT_DEVICES, live_pw_devices_has (self->devices, self->direction));
  if (links)
    check_peer (self);
}

LiveAudioState
live_pw_channel_get_state (LivePwChannel *self)
{
  if (self->fsm.state == LIVE_AUDIO_FSM_RUNNING)
    return LIVE_AUDIO_RUNNING;

  return live_audio_fsm_get_reason (&self->fsm) == LIVE_AUDIO_REASON_NONE ? LIVE_AUDIO_IDLE
                                                                          : LIVE_AUDIO_UNAVAILABLE;
}

LivePwStream *
live_pw_channel_get_stream (LivePwChannel *self)
{
  return self->stream;
}

gboolean
live_pw_channel_may_read (LivePwChannel *self)
{
  return self->may_read;
}
