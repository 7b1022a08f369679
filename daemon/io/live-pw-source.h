/* PipeWire's main loop as a GSource, so that everything of PipeWire but the realtime callbacks
 * runs on our main thread and needs no lock.
 * Thread: main only. Used by: io/live-pw-remote.c. */
#pragma once

#include <glib.h>

struct pw_loop;

G_BEGIN_DECLS

/* Runs loop when its descriptor is ready, at G_PRIORITY_HIGH. loop is borrowed and must be entered
 * (pw_loop_enter) on this thread by its owner, and outlive the source. Attach it to a context. */
GSource *live_pw_source_new (struct pw_loop *loop);

G_END_DECLS
