/* Owns: two PipeWire streams, one that clicks and one that hears.
 * Thread: main for the functions; PipeWire's data thread for the two callbacks named rt_.
 * Called by: bench-peer.c. */
#include "bench-graph.h"

#include <math.h>
#include <stdatomic.h>

#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>

#define RATE_HZ 48000
#define CLICK_FRAMES 96
#define CLICK_LEVEL 0.8f
#define HEARD_LEVEL 0.05f

struct _BenchGraph
{
  struct pw_thread_loop *loop;
  struct pw_context *context;
  struct pw_core *core;
  struct pw_stream *mouth, *ear;
  struct spa_hook mouth_listener, ear_listener;

  atomic_bool wants_click;
  atomic_llong clicked_ns, first_heard_ns, last_heard_ns;
  atomic_uint quantum_frames;
  guint click_frames_left; /* the mouth's callback only */
};

static gint64
cycle_start_ns (struct pw_stream *stream)
{
  struct pw_time when = { 0 };

  pw_stream_get_time_n (stream, &when, sizeof when);
  return when.now;
}

static void
rt_speak (void *data)
{
  BenchGraph *self = data;
  struct pw_buffer *buffer = pw_stream_dequeue_buffer (self->mouth);
  struct spa_data *plane;
  guint32 n_frames;
  float *samples;

  if (buffer == NULL)
    return;
  plane = &buffer->buffer->datas[0];
  samples = plane->data;
  n_frames = plane->maxsize / sizeof (float);
  if (buffer->requested > 0)
    n_frames = MIN (n_frames, buffer->requested);

  if (atomic_exchange (&self->wants_click, false))
    {
      self->click_frames_left = CLICK_FRAMES;
      atomic_store (&self->clicked_ns, cycle_start_ns (self->mouth));
    }
  for (guint32 i = 0; i < n_frames; i++)
    {
      /* Alternating in blocks, so that a high-pass does not swallow it. */
      gboolean is_up = self->click_frames_left / 24 % 2 == 1;

      samples[i] = self->click_frames_left == 0 ? 0.0f : is_up ? CLICK_LEVEL : -CLICK_LEVEL;
      if (self->click_frames_left > 0)
        self->click_frames_left--;
    }

  plane->chunk->offset = 0;
  plane->chunk->stride = sizeof (float);
  plane->chunk->size = n_frames * sizeof (float);
  buffer->size = n_frames;
  pw_stream_queue_buffer (self->mouth, buffer);
}

static void
rt_hear (void *data)
{
  BenchGraph *self = data;
  struct pw_buffer *buffer = pw_stream_dequeue_buffer (self->ear);
  struct spa_data *plane;
  guint32 offset, size;
  gint64 start_ns;

  if (buffer == NULL)
    return;
  plane = &buffer->buffer->datas[0];
  offset = MIN (plane->chunk->offset, plane->maxsize);
  size = MIN (plane->chunk->size, plane->maxsize - offset);
  start_ns = cycle_start_ns (self->ear);
  if (plane->data != NULL)
    {
      const float *samples = SPA_PTROFF (plane->data, offset, const float);
      guint32 n_frames = size / sizeof (float);

      atomic_store (&self->quantum_frames, n_frames);
      for (guint32 i = 0; i < n_frames; i++)
        if (fabsf (samples[i]) > HEARD_LEVEL)
          {
            gint64 at_ns = start_ns + (gint64) i * 1000000000 / RATE_HZ;

            if (atomic_load (&self->first_heard_ns) == 0)
              atomic_store (&self->first_heard_ns, at_ns);
            atomic_store (&self->last_heard_ns, at_ns);
          }
    }
  pw_stream_queue_buffer (self->ear, buffer);
}

static const struct pw_stream_events mouth_events = {
  PW_VERSION_STREAM_EVENTS,
  .process = rt_speak,
};

static const struct pw_stream_events ear_events = {
  PW_VERSION_STREAM_EVENTS,
  .process = rt_hear,
};

static struct pw_stream *
connect_stream (BenchGraph *self,
                const char *name,
                enum pw_direction direction,
                const struct pw_stream_events *events,
                struct spa_hook *listener)
{
  gboolean is_mouth = direction == PW_DIRECTION_OUTPUT;
  guint8 storage[1024];
  struct spa_pod_builder builder = SPA_POD_BUILDER_INIT (storage, sizeof storage);
  struct spa_audio_info_raw info =
      SPA_AUDIO_INFO_RAW_INIT (.format = SPA_AUDIO_FORMAT_F32, .rate = RATE_HZ, .channels = 1,
                               .position = { SPA_AUDIO_CHANNEL_MONO });
  const struct spa_pod *params[] = {
    spa_format_audio_raw_build (&builder, SPA_PARAM_EnumFormat, &info),
  };
  struct pw_stream *stream = pw_stream_new (
      self->core, name,
      pw_properties_new (PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY,
                         is_mouth ? "Playback" : "Capture", PW_KEY_NODE_NAME, name,
                         /* Whatever the others ask for: the bench must not set the quantum. */
                         PW_KEY_NODE_LATENCY, "2048/48000", NULL));

  pw_stream_add_listener (stream, listener, events, self);
  pw_stream_connect (stream, direction, PW_ID_ANY,
                     PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS, params, 1);
  return stream;
}

BenchGraph *
bench_graph_new (void)
{
  g_autoptr (BenchGraph) self = g_new0 (BenchGraph, 1);

  pw_init (NULL, NULL);
  self->loop = pw_thread_loop_new ("bench", NULL);
  self->context =
      pw_context_new (pw_thread_loop_get_loop (self->loop),
                      pw_properties_new (PW_KEY_CONFIG_NAME, "client-rt.conf", NULL), 0);
  self->core = pw_context_connect (self->context, NULL, 0);
  if (self->core == NULL)
    return NULL;
  self->mouth = connect_stream (self, "bench-mouth", PW_DIRECTION_OUTPUT, &mouth_events,
                                &self->mouth_listener);
  self->ear =
      connect_stream (self, "bench-ear", PW_DIRECTION_INPUT, &ear_events, &self->ear_listener);
  pw_thread_loop_start (self->loop);
  return g_steal_pointer (&self);
}

void
bench_graph_free (BenchGraph *self)
{
  if (self == NULL)
    return;
  pw_thread_loop_stop (self->loop);
  g_clear_pointer (&self->mouth, pw_stream_destroy);
  g_clear_pointer (&self->ear, pw_stream_destroy);
  if (self->core != NULL)
    pw_core_disconnect (self->core);
  pw_context_destroy (self->context);
  pw_thread_loop_destroy (self->loop);
  pw_deinit ();
  g_free (self);
}

void
bench_graph_click (BenchGraph *self)
{
  atomic_store (&self->clicked_ns, 0);
  atomic_store (&self->wants_click, true);
}

gint64
bench_graph_clicked_ns (BenchGraph *self)
{
  return atomic_load (&self->clicked_ns);
}

void
bench_graph_listen (BenchGraph *self)
{
  atomic_store (&self->last_heard_ns, 0);
  atomic_store (&self->first_heard_ns, 0);
}

gint64
bench_graph_first_heard_ns (BenchGraph *self)
{
  return atomic_load (&self->first_heard_ns);
}

gint64
bench_graph_last_heard_ns (BenchGraph *self)
{
  return atomic_load (&self->last_heard_ns);
}

guint
bench_graph_quantum_frames (BenchGraph *self)
{
  return atomic_load (&self->quantum_frames);
}
