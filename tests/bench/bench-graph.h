/* The benchmark's own mouth and ear in the PipeWire graph, with the time of every click.
 * Thread: functions on main; the streams run on PipeWire's. Used by: bench-peer.c.
 *
 * Times are CLOCK_MONOTONIC in ns: the graph's own time of the cycle, plus the sample's place. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchGraph BenchGraph;

/* Nodes bench-mouth (48 kHz, plays silence and clicks) and bench-ear; whoever runs the rig links
 * them to the microphone's input and to the sink's monitor. NULL when there is no PipeWire. */
BenchGraph *bench_graph_new (void);
void bench_graph_free (BenchGraph *self);

/* The next cycle of the mouth begins with a click. */
void bench_graph_click (BenchGraph *self);
/* When that cycle began; 0 while it has not. */
gint64 bench_graph_clicked_ns (BenchGraph *self);

/* From now on the ear notes the first and the last sample above the threshold. */
void bench_graph_listen (BenchGraph *self);
/* 0 while nothing was heard. */
gint64 bench_graph_first_heard_ns (BenchGraph *self);
gint64 bench_graph_last_heard_ns (BenchGraph *self);

/* The length of the last cycle that the ear saw, in frames of 48 kHz. */
guint bench_graph_quantum_frames (BenchGraph *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchGraph, bench_graph_free)

G_END_DECLS
