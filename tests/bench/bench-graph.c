/* Owns: two PipeWire filters, one that clicks and one that hears.
 * Thread: main for the functions; PipeWire's data thread for the two callbacks named rt_.
 * Called by: bench-peer.c. */
#include "bench-graph.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include <pipewire/filter.h>
#include <pipewire/pipewire.h>

#define CLICK_FRAMES 96
#define CLICK_LEVEL 0.8f
#define HEARD_LEVEL 0.05f
#define NO_CLICK (-1)
#define N_CLICKS 2

struct _BenchGraph
{
  struct pw_thread_loop *loop;
  struct pw_filter *mouth, *ear;
  void *click_ports[N_CLICKS]; /* by BenchClick */
  void *monitor_port;

  atomic_int wanted_click;
  atomic_llong clicked_ns, first_heard_ns, last_heard_ns;
  atomic_uint quantum_frames;
  gint64 monitor_late_ns;
};

static void
rt_speak (void *data, struct spa_io_position *position)
{
  BenchGraph *self = data;
  guint32 n_frames = (guint32) position->clock.duration;
  int click = atomic_exchange (&self->wanted_click, NO_CLICK);

  for (int port = 0; port < N_CLICKS; port++)
    {
      float *samples = pw_filter_get_dsp_buffer (self->click_ports[port], n_frames);

      if (samples == NULL)
        continue;
      memset (samples, 0, n_frames * sizeof *samples);
      if (port != click)
        continue;
      /* Alternating in blocks, so that a high-pass does not swallow it. */
      for (guint32 i = 0; i < MIN (CLICK_FRAMES, n_frames); i++)
        samples[i] = i / 24 % 2 == 0 ? CLICK_LEVEL : -CLICK_LEVEL;
      atomic_store (&self->clicked_ns, (gint64) position->clock.nsec);
    }
}

static void
rt_hear (void *data, struct spa_io_position *position)
{
  BenchGraph *self = data;
  guint32 n_frames = (guint32) position->clock.duration;
  const float *samples = pw_filter_get_dsp_buffer (self->monitor_port, n_frames);
  gint64 frame_ns = 1000000000 / (gint64) position->clock.rate.denom;

  if (samples == NULL)
    return;
  atomic_store (&self->quantum_frames, n_frames);
  for (guint32 i = 0; i < n_frames; i++)
    if (fabsf (samples[i]) > HEARD_LEVEL)
      {
        gint64 at_ns = (gint64) position->clock.nsec + i * frame_ns;

        if (atomic_load (&self->first_heard_ns) == 0)
          atomic_store (&self->first_heard_ns, at_ns);
        atomic_store (&self->last_heard_ns, at_ns);
      }
}

static const struct pw_filter_events mouth_events = {
  PW_VERSION_FILTER_EVENTS,
  .process = rt_speak,
};

static const struct pw_filter_events ear_events = {
  PW_VERSION_FILTER_EVENTS,
  .process = rt_hear,
};

static struct pw_filter *
new_filter (BenchGraph *self, const char *name, const struct pw_filter_events *events)
{
  return pw_filter_new_simple (pw_thread_loop_get_loop (self->loop), name,
                               pw_properties_new (PW_KEY_NODE_NAME, name, PW_KEY_MEDIA_TYPE,
                                                  "Audio", PW_KEY_MEDIA_CATEGORY, "Filter",
                                                  PW_KEY_MEDIA_ROLE, "DSP", NULL),
                               events, self);
}

static void *
add_port (struct pw_filter *filter, enum pw_direction direction, const char *name)
{
  return pw_filter_add_port (filter, direction, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 1,
                             pw_properties_new (PW_KEY_FORMAT_DSP, "32 bit float mono audio",
                                                PW_KEY_PORT_NAME, name, NULL),
                             NULL, 0);
}

BenchGraph *
bench_graph_new (void)
{
  g_autoptr (BenchGraph) self = g_new0 (BenchGraph, 1);

  pw_init (NULL, NULL);
  atomic_store (&self->wanted_click, NO_CLICK);
  self->loop = pw_thread_loop_new ("bench", NULL);
  self->mouth = new_filter (self, "bench-mouth", &mouth_events);
  self->ear = new_filter (self, "bench-ear", &ear_events);
  self->click_ports[BENCH_CLICK_MOUTH] = add_port (self->mouth, PW_DIRECTION_OUTPUT, "mouth");
  self->click_ports[BENCH_CLICK_SPEAKER] = add_port (self->mouth, PW_DIRECTION_OUTPUT, "speaker");
  self->monitor_port = add_port (self->ear, PW_DIRECTION_INPUT, "monitor");
  if (pw_filter_connect (self->mouth, PW_FILTER_FLAG_RT_PROCESS, NULL, 0) < 0 ||
      pw_filter_connect (self->ear, PW_FILTER_FLAG_RT_PROCESS, NULL, 0) < 0)
    return NULL;
  pw_thread_loop_start (self->loop);
  return g_steal_pointer (&self);
}

void
bench_graph_free (BenchGraph *self)
{
  if (self == NULL)
    return;
  pw_thread_loop_stop (self->loop);
  g_clear_pointer (&self->mouth, pw_filter_destroy);
  g_clear_pointer (&self->ear, pw_filter_destroy);
  pw_thread_loop_destroy (self->loop);
  pw_deinit ();
  g_free (self);
}

void
bench_graph_click (BenchGraph *self, BenchClick where)
{
  atomic_store (&self->clicked_ns, 0);
  atomic_store (&self->wanted_click, (int) where);
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

static gint64
take_lateness_off (BenchGraph *self, gint64 at_ns)
{
  return at_ns > 0 ? at_ns - self->monitor_late_ns : 0;
}

gint64
bench_graph_first_heard_ns (BenchGraph *self)
{
  return take_lateness_off (self, atomic_load (&self->first_heard_ns));
}

gint64
bench_graph_last_heard_ns (BenchGraph *self)
{
  return take_lateness_off (self, atomic_load (&self->last_heard_ns));
}

void
bench_graph_set_monitor_late_ns (BenchGraph *self, gint64 late_ns)
{
  self->monitor_late_ns = late_ns;
}

guint
bench_graph_quantum_frames (BenchGraph *self)
{
  return atomic_load (&self->quantum_frames);
}
