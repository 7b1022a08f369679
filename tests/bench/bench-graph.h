/* The benchmark's own mouth and ear in the PipeWire graph, with the time of every click.
 * Thread: functions on main; two filters run on PipeWire's. Used by: bench-peer.c.
 *
 * Filters and not streams: a stream queues one buffer ahead, which would be measured along.
 * Times are CLOCK_MONOTONIC in ns: the start of the graph's cycle, plus the sample's place. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchGraph BenchGraph;

/* Nodes bench-mouth, with the ports "mouth" for the microphone's input and "speaker" for the
 * sink's, and bench-ear, with the port "monitor" for the sink's monitor; whoever runs the rig
 * links them. NULL when there is no PipeWire. */
BenchGraph *bench_graph_new (void);
void bench_graph_free (BenchGraph *self);

typedef enum
{
  BENCH_CLICK_MOUTH,   /* into the microphone */
  BENCH_CLICK_SPEAKER, /* straight into the sink: when does its monitor tell of it? */
} BenchClick;

/* The next cycle begins with a click. */
void bench_graph_click (BenchGraph *self, BenchClick where);
/* When that cycle began; 0 while it has not. */
gint64 bench_graph_clicked_ns (BenchGraph *self);

/* From now on the ear notes the first and the last sample above the threshold. */
void bench_graph_listen (BenchGraph *self);
/* When the sink got them, 0 while nothing was heard. The monitor tells of a cycle only in a later
 * one; that lateness, once measured and set here, is taken off. */
gint64 bench_graph_first_heard_ns (BenchGraph *self);
gint64 bench_graph_last_heard_ns (BenchGraph *self);
void bench_graph_set_monitor_late_ns (BenchGraph *self, gint64 late_ns);

/* The length of the last cycle that the ear saw, in frames of 48 kHz. */
guint bench_graph_quantum_frames (BenchGraph *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchGraph, bench_graph_free)

G_END_DECLS
