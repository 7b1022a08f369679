/* Owns: the code of the counting signal and its reading.
 * Thread: main.
 * Called by: live-sim-input.c, tests. */
#include "live-sim-ledger.h"

#define LOUD 12000
#define HALF_PERIOD_FRAMES 40
#define OFFSET (LIVE_SIM_LEDGER_MODULUS / 2)

void
live_sim_ledger_encode (gint16 *ret_frames, gsize n_frames, guint64 first, gboolean is_speech)
{
  for (gsize i = 0; i < n_frames; i++)
    {
      guint64 index = first + i;
      int value = (int) (index % LIVE_SIM_LEDGER_MODULUS) - OFFSET;

      if (is_speech)
        value += index / HALF_PERIOD_FRAMES % 2 == 0 ? LOUD : -LOUD;
      ret_frames[i] = (gint16) value;
    }
}

/* G_MAXUINT: no sample of this signal. */
static guint
decode (gint16 frame)
{
  int value = frame;

  if (value > LOUD / 2)
    value -= LOUD;
  else if (value < -LOUD / 2)
    value += LOUD;
  value += OFFSET;
  return value >= 0 && value < LIVE_SIM_LEDGER_MODULUS ? (guint) value : G_MAXUINT;
}

guint64
live_sim_ledger_check (LiveSimLedger *self, const gint16 *frames, gsize n_frames)
{
  guint64 before = self->n_breaks;

  for (gsize i = 0; i < n_frames; i++)
    {
      guint got = decode (frames[i]);

      self->n_frames++;
      if (got == G_MAXUINT || (self->has_begun && got != self->next))
        {
          self->n_breaks++;
          self->n_foreign += got == G_MAXUINT;
          self->break_at = self->n_frames - 1;
          self->break_expected = self->next;
          self->break_got = got;
        }
      self->has_begun = TRUE;
      self->next = ((got == G_MAXUINT ? self->next : got) + 1) % LIVE_SIM_LEDGER_MODULUS;
    }
  return self->n_breaks - before;
}
