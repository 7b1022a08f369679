/* One pw_stream with its ring: the border between the main thread and PipeWire's data thread.
 * Thread: main only, but for the realtime callbacks inside. Used by: io/live-pw-channel.c.
 *
 * The object, its ring and its counters outlive the pw_stream: a stream that is made anew, on
 * another device or after PipeWire came back, goes on where the old one stopped. */
#pragma once

#include <glib.h>

#include "base/live-ring.h"
#include "io/live-audio.h"
#include "io/live-pw-props.h"

struct pw_core;
struct pw_loop;

G_BEGIN_DECLS

typedef struct _LivePwStream LivePwStream;

typedef struct
{
  /* PipeWire says so; callbacks may go on regardless. The stream is not to be closed in here. */
  void (*paused) (gpointer data);
  /* The stream is of no more use. The same holds. error is for the log. */
  void (*failed) (const char *error, gpointer data);
  /* A cycle that is of interest: the first one after live_pw_stream_watch, frames to read, room
   * to fill, the end of what was written. */
  void (*cycled) (gpointer data);
} LivePwStreamEvents;

/* loop is PipeWire's main loop and outlives the stream. */
LivePwStream *live_pw_stream_new (struct pw_loop *loop,
                                  LiveAudioDirection direction,
                                  const LivePwStreamEvents *events,
                                  gpointer data);
void live_pw_stream_free (LivePwStream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivePwStream, live_pw_stream_free)

/* Active at once. FALSE when PipeWire refuses on the spot; error is LIVE_ERROR. */
gboolean live_pw_stream_open (LivePwStream *self,
                              struct pw_core *core,
                              const LivePwConfig *config,
                              GError **error);
/* No callback runs any more when this returns. */
void live_pw_stream_close (LivePwStream *self);
void live_pw_stream_set_active (LivePwStream *self, gboolean is_active);

/* Asks for one "cycled" at the next cycle, whatever it brings. */
void live_pw_stream_watch (LivePwStream *self);
/* Cycles so far: does it still run? */
guint64 live_pw_stream_get_n_cycles (LivePwStream *self);
/* The node's id in the graph; G_MAXUINT32 while it has none. */
guint32 live_pw_stream_get_node_id (LivePwStream *self);

/* Borrowed. The main thread consumes what is captured and produces what is played. */
LiveRing *live_pw_stream_get_ring (LivePwStream *self);

/* As in live-audio.h. */
void live_pw_stream_expect_more (LivePwStream *self, gboolean more);
void live_pw_stream_discard (LivePwStream *self);
guint32 live_pw_stream_get_pending_frames (LivePwStream *self);
/* 0…1, cubic; kept for streams opened later. */
void live_pw_stream_set_volume (LivePwStream *self, double volume);

/* Forgets what lies in the ring. Only while closed; else nothing happens. */
void live_pw_stream_reset (LivePwStream *self);

typedef struct
{
  guint64 n_frames;  /* captured, or played without the silence */
  guint64 n_dropped; /* capture: the ring was full */
  guint64 n_underruns;
  guint64 n_xruns;
} LivePwStreamCounters;

void live_pw_stream_get_counters (LivePwStream *self, LivePwStreamCounters *ret_counters);
/* Since the last call, 0…1; measuring goes on for a second after each call. */
void live_pw_stream_get_level (LivePwStream *self, double *ret_rms, double *ret_peak);

G_END_DECLS
