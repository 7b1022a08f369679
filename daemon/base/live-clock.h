/* Time and timers as a value that is handed in, so that executors are tested with a clock that
 * the test turns by hand (tests/fake/fake-clock.h).
 * Thread: main only. Used by: io, core, bus. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  /* Monotonic, µs. Suspend does not count here; who needs it asks for the boot clock. */
  gint64 (*now_us) (gpointer data);
  /* CLOCK_BOOTTIME, µs: time asleep counts. For ages of handles and credentials. */
  gint64 (*boot_us) (gpointer data);
  /* One shot after delay_ms; returns an id > 0. fn runs on the main loop. */
  guint (*arm) (gpointer data, guint delay_ms, GSourceOnceFunc fn, gpointer fn_data);
  /* 0 is allowed and does nothing. */
  void (*disarm) (gpointer data, guint id);
  gpointer data;
} LiveClock;

/* The real one: g_get_monotonic_time, CLOCK_BOOTTIME and GLib timeouts. Static, never freed. */
const LiveClock *live_clock_system (void);

static inline gint64
live_clock_now_us (const LiveClock *clock)
{
  return clock->now_us (clock->data);
}

static inline gint64
live_clock_boot_us (const LiveClock *clock)
{
  return clock->boot_us (clock->data);
}

static inline guint
live_clock_arm (const LiveClock *clock, guint delay_ms, GSourceOnceFunc fn, gpointer fn_data)
{
  return clock->arm (clock->data, delay_ms, fn, fn_data);
}

/* Disarms *id if it is armed and sets it to 0. */
static inline void
live_clock_clear (const LiveClock *clock, guint *id)
{
  guint armed = *id;

  *id = 0;
  if (armed != 0)
    clock->disarm (clock->data, armed);
}

G_END_DECLS
