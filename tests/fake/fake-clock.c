/* Owns: the time of a test.
 * Thread: the test's.
 * Called by: tests of executors. */
#include "fake/fake-clock.h"

typedef struct
{
  guint id;
  gint64 due_us;
  GSourceOnceFunc fn;
  gpointer fn_data;
} Timer;

struct _FakeClock
{
  LiveClock interface;
  GArray *timers;
  gint64 now_us, asleep_us;
  guint last_id;
};

static gint64
read_now (gpointer data)
{
  return ((FakeClock *) data)->now_us;
}

static gint64
read_boot (gpointer data)
{
  FakeClock *self = data;

  return self->now_us + self->asleep_us;
}

static guint
arm_timer (gpointer data, guint delay_ms, GSourceOnceFunc fn, gpointer fn_data)
{
  FakeClock *self = data;
  Timer timer = { ++self->last_id, self->now_us + (gint64) delay_ms * 1000, fn, fn_data };

  g_array_append_val (self->timers, timer);
  return timer.id;
}

static void
disarm_timer (gpointer data, guint id)
{
  FakeClock *self = data;

  if (id == 0)
    return;

  for (guint i = 0; i < self->timers->len; i++)
    if (g_array_index (self->timers, Timer, i).id == id)
      {
        g_array_remove_index (self->timers, i);
        return;
      }

  /* GLib says the same with a critical; a test must not be milder. */
  g_error ("timer %u is disarmed but does not exist", id);
}

FakeClock *
fake_clock_new (void)
{
  FakeClock *self = g_new0 (FakeClock, 1);

  self->interface = (LiveClock){ read_now, read_boot, arm_timer, disarm_timer, self };
  self->timers = g_array_new (FALSE, FALSE, sizeof (Timer));
  self->now_us = 1000 * G_USEC_PER_SEC;
  return self;
}

void
fake_clock_free (FakeClock *self)
{
  if (self == NULL)
    return;

  g_assert_cmpuint (self->timers->len, ==, 0);
  g_array_unref (self->timers);
  g_free (self);
}

const LiveClock *
fake_clock_interface (FakeClock *self)
{
  return &self->interface;
}

static gint
find_next (FakeClock *self)
{
  gint found = -1;

  for (guint i = 0; i < self->timers->len; i++)
    if (found < 0 || g_array_index (self->timers, Timer, i).due_us <
                         g_array_index (self->timers, Timer, found).due_us)
      found = (gint) i;

  return found;
}

static void
fire (FakeClock *self, gint index)
{
  Timer timer = g_array_index (self->timers, Timer, index);

  g_array_remove_index (self->timers, (guint) index);
  self->now_us = MAX (self->now_us, timer.due_us);
  timer.fn (timer.fn_data);
}

void
fake_clock_advance_us (FakeClock *self, gint64 us)
{
  gint64 target_us = self->now_us + us;
  gint next = find_next (self);

  while (next >= 0 && g_array_index (self->timers, Timer, next).due_us <= target_us)
    {
      fire (self, next);
      next = find_next (self);
    }
  self->now_us = MAX (self->now_us, target_us);
}

void
fake_clock_advance_ms (FakeClock *self, gint64 ms)
{
  fake_clock_advance_us (self, ms * 1000);
}

void
fake_clock_sleep_ms (FakeClock *self, gint64 ms)
{
  self->asleep_us += ms * 1000;
}

gboolean
fake_clock_fire_next (FakeClock *self)
{
  gint next = find_next (self);

  if (next < 0)
    return FALSE;

  fire (self, next);
  return TRUE;
}

guint
fake_clock_n_armed (FakeClock *self)
{
  return self->timers->len;
}

gint64
fake_clock_next_ms (FakeClock *self)
{
  gint next = find_next (self);

  if (next < 0)
    return -1;

  return (g_array_index (self->timers, Timer, next).due_us - self->now_us + 999) / 1000;
}
