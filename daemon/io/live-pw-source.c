/* Owns: the tie between GLib's poll and PipeWire's.
 * Thread: main.
 * Called by: io/live-pw-remote.c; GLib calls the source functions. */
#include "io/live-pw-source.h"

#include <pipewire/pipewire.h>

typedef struct
{
  GSource base;
  struct pw_loop *loop;
} LoopSource;

static gboolean
dispatch_loop (GSource *source, GSourceFunc callback, gpointer data)
{
  LoopSource *self = (LoopSource *) source;

  pw_loop_iterate (self->loop, 0);
  return G_SOURCE_CONTINUE;
}

GSource *
live_pw_source_new (struct pw_loop *loop)
{
  static GSourceFuncs funcs = { .dispatch = dispatch_loop };
  GSource *source = g_source_new (&funcs, sizeof (LoopSource));

  ((LoopSource *) source)->loop = loop;
  g_source_set_static_name (source, "PipeWire");
  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_add_unix_fd (source, pw_loop_get_fd (loop), G_IO_IN | G_IO_ERR | G_IO_HUP);

  return source;
}
