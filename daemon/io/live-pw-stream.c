/* Owns: a pw_stream, its ring, its counters, and the only realtime code of the daemon.
 * Thread: main; functions named rt_* run on PipeWire's data thread. Those allocate nothing, lock
 * nothing, log nothing, and never keep a buffer that they took.
 * Called by: io/live-pw-channel.c; rt_* by PipeWire, once a cycle. */
#include "io/live-pw-stream.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <pipewire/pipewire.h>
#include <spa/param/props.h>

#include "base/live-error.h"
#include "base/live-pcm.h"
#include "base/live-ring.h"

/* 2 s and a bit: a main loop that stands still for half a second leaves no mark. */
#define RING_MS 2000
#define CAPTURE_SLICE_MS 20
/* How long after the last sound the main loop is still woken, to see the end of the device's
 * delay; and how long levels are measured after somebody asked. */
#define TAIL_MS 1000
#define MEASURE_MS 1000
/* Taken when PipeWire does not say how much it wants. */
#define FALLBACK_FRAMES 512

struct _LivePwStream
{
  LiveAudioDirection direction;
  const LivePwStreamEvents *events;
  gpointer events_data;
  struct pw_loop *loop;
  struct spa_source *wake_up;
  guint32 rate_hz;

  struct pw_stream *stream; /* main: changed only while no callback runs */
  struct spa_hook listener;
  gboolean is_closing;
  LiveRing *ring;
  double volume;

  /* Main -> data thread. */
  _Atomic gboolean is_watched;
  _Atomic gboolean is_more_expected;
  _Atomic guint32 measure_frames;

  /* Data thread -> main. */
  _Atomic guint64 n_cycles;
  _Atomic guint64 n_frames;
  _Atomic guint64 n_dropped;
  _Atomic guint64 n_underruns;
  _Atomic guint64 n_xruns;
  _Atomic gint64 sound_end_ns; /* when the last frame that was handed out will have sounded */
  _Atomic guint64 square_sum;
  _Atomic guint64 n_measured;
  _Atomic guint32 peak;

  /* Data thread only. */
  gboolean was_full;
  guint32 silent_frames;
  guint32 last_frames;
  guint64 last_ticks;
};

static void
rt_measure (LivePwStream *self, const gint16 *frames, guint32 n_frames)
{
  guint32 left = atomic_load_explicit (&self->measure_frames, memory_order_relaxed);
  LivePcmMeter meter = { 0 };

  if (left == 0)
    return;

  live_pcm_meter_add (&meter, frames, n_frames);
  atomic_fetch_add_explicit (&self->square_sum, meter.square_sum, memory_order_relaxed);
  atomic_fetch_add_explicit (&self->n_measured, meter.n_frames, memory_order_relaxed);
  if (meter.peak > atomic_load_explicit (&self->peak, memory_order_relaxed))
    atomic_store_explicit (&self->peak, meter.peak, memory_order_relaxed);
  /* If the main thread sets it anew right now that is lost, until it asks the next time. */
  atomic_store_explicit (&self->measure_frames, left - MIN (left, n_frames), memory_order_relaxed);
}

/* PipeWire tells clients of no xrun; but the graph's time makes a jump when a cycle is missed. */
static void
rt_count_xrun (LivePwStream *self, const struct pw_time *now, guint32 n_frames)
{
  guint64 ticks = now->ticks;
  guint64 passed = ticks - self->last_ticks;

  if (now->rate.denom == 0 || now->rate.num == 0)
    return;

  if (self->last_ticks != 0 && ticks > self->last_ticks &&
      passed * now->rate.num * self->rate_hz >
          (guint64) MAX (n_frames, self->last_frames) * now->rate.denom * 3 / 2)
    atomic_fetch_add_explicit (&self->n_xruns, 1, memory_order_relaxed);

  self->last_ticks = ticks;
  self->last_frames = n_frames;
}

/* TRUE when the main thread waits for this cycle: the first one after a pause of any kind. */
static gboolean
rt_begin (LivePwStream *self)
{
  gboolean is_watched = atomic_exchange_explicit (&self->is_watched, FALSE, memory_order_acq_rel);

  atomic_fetch_add_explicit (&self->n_cycles, 1, memory_order_relaxed);
  /* The graph's time went on meanwhile; that was no xrun. */
  if (is_watched)
    self->last_ticks = 0;
  return is_watched;
}

static guint32
rt_take (LivePwStream *self, struct pw_buffer *buffer)
{
  struct spa_data *block = &buffer->buffer->datas[0];
  guint32 offset = MIN (block->chunk->offset, block->maxsize) & ~1u;
  guint32 n_frames = MIN (block->chunk->size, block->maxsize - offset) / (guint32) sizeof (gint16);
  const gint16 *frames = SPA_PTROFF (block->data, offset, const gint16);
  guint32 taken = 0;

  if (block->data == NULL || (block->chunk->flags & SPA_CHUNK_FLAG_CORRUPTED) != 0)
    return 0;

  taken = live_ring_push (self->ring, frames, n_frames);
  atomic_fetch_add_explicit (&self->n_frames, taken, memory_order_relaxed);
  atomic_fetch_add_explicit (&self->n_dropped, n_frames - taken, memory_order_relaxed);
  rt_measure (self, frames, n_frames);
  return n_frames;
}

static void
rt_capture (void *data)
{
  LivePwStream *self = data;
  struct pw_buffer *buffer = NULL;
  struct pw_time now = { 0 };
  gboolean is_watched = rt_begin (self);
  guint32 n_frames = 0;

  while ((buffer = pw_stream_dequeue_buffer (self->stream)) != NULL)
    {
      n_frames += rt_take (self, buffer);
      pw_stream_queue_buffer (self->stream, buffer);
    }

  if (n_frames > 0 && pw_stream_get_time_n (self->stream, &now, sizeof now) >= 0)
    rt_count_xrun (self, &now, n_frames);
  if (is_watched ||
      live_ring_get_pending_frames (self->ring) >= self->rate_hz / 1000 * CAPTURE_SLICE_MS)
    pw_loop_signal_event (self->loop, self->wake_up);
}

/* Fills n_frames from the ring, then with silence. Returns what came from the ring. */
static guint32
rt_fill (LivePwStream *self, gint16 *frames, guint32 n_frames)
{
  guint32 n_pulled = live_ring_pull (self->ring, frames, n_frames);

  memset (frames + n_pulled, 0, (n_frames - n_pulled) * sizeof (gint16));
  if (n_pulled < n_frames && self->was_full &&
      atomic_load_explicit (&self->is_more_expected, memory_order_relaxed))
    atomic_fetch_add_explicit (&self->n_underruns, 1, memory_order_relaxed);
  self->was_full = n_pulled == n_frames;
  self->silent_frames = n_pulled > 0 ? 0 : MIN (self->silent_frames + n_frames, G_MAXUINT32 / 2);
  atomic_fetch_add_explicit (&self->n_frames, n_pulled, memory_order_relaxed);
  rt_measure (self, frames, n_frames);
  return n_pulled;
}

/* What is handed over now sounds after what the stream and its resampler hold and the device's
 * delay, and lasts for its own length, which counts as queued already if PipeWire did not take it
 * at once. */
static void
rt_note_end (LivePwStream *self, const struct pw_time *now, guint32 n_frames)
{
  gint64 delay_ns = 0;
  guint64 n_ahead = now->buffered + MAX (now->queued, n_frames);
  gint64 own_ns = (gint64) (n_ahead * SPA_NSEC_PER_SEC / self->rate_hz);

  if (now->rate.denom != 0 && now->delay > 0)
    delay_ns = now->delay * (gint64) SPA_NSEC_PER_SEC * now->rate.num / now->rate.denom;
  atomic_store_explicit (&self->sound_end_ns, now->now + delay_ns + own_ns, memory_order_relaxed);
}

static void
rt_play (void *data)
{
  LivePwStream *self = data;
  struct pw_buffer *buffer = pw_stream_dequeue_buffer (self->stream);
  gboolean is_watched = rt_begin (self);
  struct spa_data *block = NULL;
  struct pw_time now = { 0 };
  guint32 n_frames = 0;
  guint32 n_pulled = 0;

  if (buffer == NULL)
    {
      if (is_watched)
        pw_loop_signal_event (self->loop, self->wake_up);
      return;
    }

  block = &buffer->buffer->datas[0];
  if (block->data != NULL)
    {
      /* Only what is asked for: all that lies in the buffers could not be taken back at a cut. */
      n_frames =
          buffer->requested > 0 ? (guint32) MIN (buffer->requested, G_MAXUINT32) : FALLBACK_FRAMES;
      n_frames = MIN (n_frames, block->maxsize / (guint32) sizeof (gint16));
      n_pulled = rt_fill (self, block->data, n_frames);
    }
  block->chunk->offset = 0;
  block->chunk->stride = sizeof (gint16);
  block->chunk->size = n_frames * (guint32) sizeof (gint16);
  buffer->size = n_frames;
  pw_stream_queue_buffer (self->stream, buffer);

  if (pw_stream_get_time_n (self->stream, &now, sizeof now) >= 0)
    {
      rt_count_xrun (self, &now, n_frames);
      if (n_pulled > 0)
        rt_note_end (self, &now, n_frames);
    }
  if (is_watched ||
      (self->silent_frames < self->rate_hz / 1000 * TAIL_MS &&
       live_ring_get_readable_frames (self->ring) < live_ring_get_capacity_frames (self->ring) / 2))
    pw_loop_signal_event (self->loop, self->wake_up);
}

static void
on_wake_up (void *data, uint64_t count)
{
  LivePwStream *self = data;

  /* Written before the stream was closed. */
  if (self->stream != NULL)
    self->events->cycled (self->events_data);
}

static void
apply_volume (LivePwStream *self)
{
  float linear = (float) (self->volume * self->volume * self->volume);

  if (self->stream != NULL && self->direction == LIVE_AUDIO_PLAYBACK)
    pw_stream_set_control (self->stream, SPA_PROP_channelVolumes, 1, &linear, 0);
}

static void
on_state_changed (void *data,
                  enum pw_stream_state old,
                  enum pw_stream_state state,
                  const char *error)
{
  LivePwStream *self = data;

  if (self->is_closing)
    return;

  switch (state)
    {
    case PW_STREAM_STATE_ERROR:
      self->events->failed (error != NULL ? error : "unknown error", self->events_data);
      break;
    case PW_STREAM_STATE_UNCONNECTED:
      self->events->failed ("disconnected", self->events_data);
      break;
    case PW_STREAM_STATE_PAUSED:
      /* The first time it is here the node exists and takes controls. */
      if (old == PW_STREAM_STATE_CONNECTING)
        apply_volume (self);
      self->events->paused (self->events_data);
      break;
    case PW_STREAM_STATE_CONNECTING:
    case PW_STREAM_STATE_STREAMING:
      break;
    }
}

static const struct pw_stream_events stream_events[LIVE_AUDIO_N_DIRECTIONS] = {
  { PW_VERSION_STREAM_EVENTS, .state_changed = on_state_changed, .process = rt_capture },
  { PW_VERSION_STREAM_EVENTS, .state_changed = on_state_changed, .process = rt_play },
};

LivePwStream *
live_pw_stream_new (struct pw_loop *loop,
                    LiveAudioDirection direction,
                    const LivePwStreamEvents *events,
                    gpointer data)
{
  LivePwStream *self = g_new0 (LivePwStream, 1);

  self->direction = direction;
  self->events = events;
  self->events_data = data;
  self->loop = loop;
  self->rate_hz = live_pw_props_get_rate_hz (direction);
  self->ring = live_ring_new ((guint32) live_pcm_ms_to_frames (RING_MS, self->rate_hz));
  self->volume = 1.0;
  self->wake_up = pw_loop_add_event (loop, on_wake_up, self);

  return self;
}

void
live_pw_stream_free (LivePwStream *self)
{
  if (self == NULL)
    return;

  live_pw_stream_close (self);
  pw_loop_destroy_source (self->loop, self->wake_up);
  live_ring_free (self->ring);
  g_free (self);
}

static gboolean
fail_open (int error_number, GError **error)
{
  g_set_error (error, LIVE_ERROR, LIVE_ERROR_AUDIO_UNAVAILABLE, "PipeWire refuses the stream: %s",
               g_strerror (error_number));
  return FALSE;
}

gboolean
live_pw_stream_open (LivePwStream *self,
                     struct pw_core *core,
                     const LivePwConfig *config,
                     GError **error)
{
  int result = 0;

  g_return_val_if_fail (self->stream == NULL, FALSE);

  self->was_full = FALSE;
  self->silent_frames = 0;
  self->last_ticks = 0;
  live_pw_stream_watch (self);

  self->stream =
      pw_stream_new (core, config->description, live_pw_props_new (self->direction, config));
  if (self->stream == NULL)
    return fail_open (errno, error);

  pw_stream_add_listener (self->stream, &self->listener, &stream_events[self->direction], self);
  result = live_pw_props_connect (self->stream, self->direction);
  if (result < 0)
    {
      live_pw_stream_close (self);
      return fail_open (-result, error);
    }

  return TRUE;
}

void
live_pw_stream_close (LivePwStream *self)
{
  if (self->stream == NULL)
    return;

  /* The listener is not taken off first: the data thread may be walking the list of listeners
   * until the stream is disconnected, which destroying it begins with. */
  self->is_closing = TRUE;
  pw_stream_destroy (self->stream);
  self->is_closing = FALSE;
  self->stream = NULL;
  atomic_store_explicit (&self->sound_end_ns, 0, memory_order_relaxed);
}

void
live_pw_stream_set_active (LivePwStream *self, gboolean is_active)
{
  if (self->stream == NULL)
    return;

  if (is_active)
    live_pw_stream_watch (self);
  pw_stream_set_active (self->stream, is_active);
}

void
live_pw_stream_watch (LivePwStream *self)
{
  atomic_store_explicit (&self->is_watched, TRUE, memory_order_release);
}

guint64
live_pw_stream_get_n_cycles (LivePwStream *self)
{
  return atomic_load_explicit (&self->n_cycles, memory_order_relaxed);
}

guint32
live_pw_stream_get_node_id (LivePwStream *self)
{
  return self->stream != NULL ? pw_stream_get_node_id (self->stream) : PW_ID_ANY;
}

LiveRing *
live_pw_stream_get_ring (LivePwStream *self)
{
  return self->ring;
}

void
live_pw_stream_expect_more (LivePwStream *self, gboolean more)
{
  atomic_store_explicit (&self->is_more_expected, more, memory_order_relaxed);
}

void
live_pw_stream_discard (LivePwStream *self)
{
  live_pw_stream_expect_more (self, FALSE);
  if (self->stream == NULL)
    {
      live_ring_reset (self->ring);
      return;
    }

  live_ring_discard (self->ring);
  /* Takes back what waits in the stream's own buffers. PipeWire now reports PAUSED although
   * callbacks go on; nobody believes it. */
  pw_stream_flush (self->stream, false);
  atomic_store_explicit (&self->sound_end_ns, 0, memory_order_relaxed);
}

guint32
live_pw_stream_get_pending_frames (LivePwStream *self)
{
  guint32 n_frames = live_ring_get_pending_frames (self->ring);
  gint64 end_ns = atomic_load_explicit (&self->sound_end_ns, memory_order_relaxed);
  struct timespec now = { 0 };
  gint64 left_ns = 0;

  if (end_ns == 0)
    return n_frames;

  clock_gettime (CLOCK_MONOTONIC, &now);
  left_ns = end_ns - SPA_TIMESPEC_TO_NSEC (&now);
  if (left_ns > 0)
    n_frames += (guint32) live_pcm_us_to_frames ((guint64) left_ns / 1000, self->rate_hz);
  return n_frames;
}

void
live_pw_stream_set_volume (LivePwStream *self, double volume)
{
  /* Whatever is no number is no sound. */
  self->volume = volume >= 0.0 ? MIN (volume, 1.0) : 0.0;
  apply_volume (self);
}

void
live_pw_stream_reset (LivePwStream *self)
{
  if (self->stream == NULL)
    live_ring_reset (self->ring);
}

void
live_pw_stream_get_counters (LivePwStream *self, LivePwStreamCounters *ret_counters)
{
  ret_counters->n_frames = atomic_load_explicit (&self->n_frames, memory_order_relaxed);
  ret_counters->n_dropped = atomic_load_explicit (&self->n_dropped, memory_order_relaxed);
  ret_counters->n_underruns = atomic_load_explicit (&self->n_underruns, memory_order_relaxed);
  ret_counters->n_xruns = atomic_load_explicit (&self->n_xruns, memory_order_relaxed);
}

void
live_pw_stream_get_level (LivePwStream *self, double *ret_rms, double *ret_peak)
{
  LivePcmMeter meter = {
    .square_sum = atomic_exchange_explicit (&self->square_sum, 0, memory_order_relaxed),
    .n_frames = atomic_exchange_explicit (&self->n_measured, 0, memory_order_relaxed),
    .peak = atomic_exchange_explicit (&self->peak, 0, memory_order_relaxed),
  };

  atomic_store_explicit (&self->measure_frames, self->rate_hz / 1000 * MEASURE_MS,
                         memory_order_relaxed);
  *ret_rms = live_pcm_meter_rms (&meter);
  *ret_peak = live_pcm_meter_peak (&meter);
}
