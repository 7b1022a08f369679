/* A LiveClock that stands still until the test turns it.
 * Thread: the test's. Timers fire in order of their time, and in order of arming when equal. */
#pragma once

#include "base/live-clock.h"

G_BEGIN_DECLS

typedef struct _FakeClock FakeClock;

/* Starts at 1000 s, so that nobody mistakes "early" for "never". */
FakeClock *fake_clock_new (void);
/* Fails the test when a timer is still armed: whoever armed it died without disarming. */
void fake_clock_free (FakeClock *self);
/* Valid until fake_clock_free(). */
const LiveClock *fake_clock_interface (FakeClock *self);

/* Moves time forward and fires what falls due, also what those callbacks arm. */
void fake_clock_advance_ms (FakeClock *self, gint64 ms);
void fake_clock_advance_us (FakeClock *self, gint64 us);
/* Moves the boot clock alone: the machine slept. */
void fake_clock_sleep_ms (FakeClock *self, gint64 ms);
/* To the next timer, which fires; FALSE when there is none. */
gboolean fake_clock_fire_next (FakeClock *self);

guint fake_clock_n_armed (FakeClock *self);
/* Time until the next timer, -1 = none. */
gint64 fake_clock_next_ms (FakeClock *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeClock, fake_clock_free)

G_END_DECLS
