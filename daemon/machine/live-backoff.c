/* Owns: the arithmetic of waiting before a dial.
 * Thread: any; plain values.
 * Called by: machine/live-link-fsm.c. */
#include "machine/live-backoff.h"

/* A server may ask for patience, but not for a day of silence. */
#define LONGEST_REQUEST_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

const LiveBackoffLimits live_backoff_defaults = {
  .base_ms = 500,
  .cap_ms = 60 * 1000,
  .slow_base_ms = 15 * 1000,
  .slow_cap_ms = 300 * 1000,
  .budget = 20,
};

void
live_backoff_init (LiveBackoff *self, const LiveBackoffLimits *limits)
{
  *self = (LiveBackoff){ .limits = *limits };
  self->limits.base_ms = MAX (limits->base_ms, 1);
  self->limits.slow_base_ms = MAX (limits->slow_base_ms, 1);
  self->limits.budget = MAX (limits->budget, 1);
}

static guint
grow (guint base_ms, guint cap_ms, guint doublings)
{
  guint64 delay_ms = base_ms;

  /* 32 doublings of one millisecond are far beyond every cap. */
  delay_ms <<= MIN (doublings, 32u);
  return (guint) MIN (delay_ms, (guint64) cap_ms);
}

gboolean
live_backoff_next (LiveBackoff *self,
                   LiveBackoffPace pace,
                   gboolean spends,
                   guint32 random,
                   gint64 least_us,
                   guint *ret_delay_ms)
{
  guint doublings = self->attempts;
  guint delay_ms = 0;

  if (self->attempts < G_MAXUINT)
    self->attempts++;
  if (spends && self->spent < self->limits.budget)
    self->spent++;

  switch (pace)
    {
    case LIVE_BACKOFF_AT_ONCE:
      if (doublings > 0)
        delay_ms = grow (self->limits.base_ms, self->limits.cap_ms, doublings - 1);
      break;
    case LIVE_BACKOFF_NORMAL:
      delay_ms = grow (self->limits.base_ms, self->limits.cap_ms, doublings);
      break;
    case LIVE_BACKOFF_SLOW:
      delay_ms = grow (self->limits.slow_base_ms, self->limits.slow_cap_ms, doublings);
      break;
    }

  delay_ms = delay_ms / 2 + (guint) (((guint64) (delay_ms - delay_ms / 2) * random) >> 32);
  least_us = CLAMP (least_us, 0, LONGEST_REQUEST_US);
  /* Rounded up: coming back a fraction of a millisecond early breaks the server's wish. */
  *ret_delay_ms = MAX (delay_ms, (guint) ((least_us + 999) / 1000));

  return !spends || self->spent < self->limits.budget;
}

void
live_backoff_restore (LiveBackoff *self)
{
  self->attempts = 0;
  self->spent = 0;
}
