/* Owns: nothing; the real clock behind live-clock.h.
 * Thread: main.
 * Called by: live-app, which hands the clock to every executor. */
#include "base/live-clock.h"

#include <time.h>

static gint64
read_monotonic (gpointer data)
{
  return g_get_monotonic_time ();
}

static gint64
read_boottime (gpointer data)
{
  struct timespec now;

  if (clock_gettime (CLOCK_BOOTTIME, &now) != 0)
    return g_get_monotonic_time ();

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static guint
arm_timeout (gpointer data, guint delay_ms, GSourceOnceFunc fn, gpointer fn_data)
{
  return g_timeout_add_once (delay_ms, fn, fn_data);
}

static void
disarm_timeout (gpointer data, guint id)
{
  if (id != 0)
    g_source_remove (id);
}

const LiveClock *
live_clock_system (void)
{
  static const LiveClock system = { read_monotonic, read_boottime, arm_timeout, disarm_timeout,
                                    NULL };

  return &system;
}
