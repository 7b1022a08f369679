/* The benchmark's end of the wire: just enough of the service to hold a session, with the time at
 * which each message came. Answers every text with a short spoken turn.
 * Thread: main. Used by: bench-peer.c. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BENCH_RATE_HZ 24000

typedef struct _BenchService BenchService;

/* NULL with an error when no port can be had. */
BenchService *bench_service_new (GError **error);
void bench_service_free (BenchService *self);

guint bench_service_port (BenchService *self);
/* TRUE between setup and the end of the connection. */
gboolean bench_service_is_online (BenchService *self);
/* Speech that came so far, in frames of 16 kHz. */
guint64 bench_service_frames (BenchService *self);

/* When the message came that holds the first loud sample since bench_service_listen(), in ns of
 * CLOCK_MONOTONIC; 0 while none did. */
void bench_service_listen (BenchService *self);
gint64 bench_service_heard_ns (BenchService *self);

/* Sends a piece of speech; a tone of 440 Hz that starts at its full height. */
void bench_service_speak (BenchService *self, guint length_ms);
/* {"interrupted": true} and the end of the turn, as the service does. */
void bench_service_interrupt (BenchService *self);
/* generationComplete, then turnComplete with usage. */
void bench_service_end_turn (BenchService *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchService, bench_service_free)

G_END_DECLS
