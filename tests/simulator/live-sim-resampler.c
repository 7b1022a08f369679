/* Owns: the polyphase filter between two rates.
 * Thread: the owner's.
 * Called by: voice, hearing, parrot. */
#include "live-sim-resampler.h"

#include <math.h>

#define HALF_TAPS 24 /* at equal rates or upwards; wider by the ratio when going down */

struct _LiveSimResampler
{
  guint in_hz;
  guint up, down;       /* out/in in lowest terms */
  guint half_width;     /* input frames on each side of the centre */
  float *taps;          /* up phases of 2 * half_width taps each */
  GArray *window;       /* gint16: the input that is still needed */
  guint64 window_start; /* input index of window[0], where the first half_width are zeros */
  guint64 n_in, n_out;
};

static guint
common_divisor (guint a, guint b)
{
  while (b != 0)
    {
      guint rest = a % b;

      a = b;
      b = rest;
    }
  return a;
}

/* Blackman-Harris keeps the mirror images below what 16 bits can hold. */
static double
window_at (double position)
{
  double t = (position + 1.0) * G_PI;

  return 0.35875 - 0.48829 * cos (t) + 0.14128 * cos (2 * t) - 0.01168 * cos (3 * t);
}

static void
start_anew (LiveSimResampler *self)
{
  g_array_set_size (self->window, 0);
  g_array_set_size (self->window, self->half_width); /* zeros stand for the time before */
  self->window_start = 0;
  self->n_in = 0;
  self->n_out = 0;
}

LiveSimResampler *
live_sim_resampler_new (guint in_hz, guint out_hz)
{
  LiveSimResampler *self = g_new0 (LiveSimResampler, 1);
  guint divisor = common_divisor (in_hz, out_hz);
  double scale = out_hz < in_hz ? (double) out_hz / in_hz : 1.0;
  double cutoff = scale * 0.96;

  self->in_hz = in_hz;
  self->up = out_hz / divisor;
  self->down = in_hz / divisor;
  self->half_width = (guint) ceil (HALF_TAPS / scale);
  self->taps = g_new (float, (gsize) self->up * 2 * self->half_width);
  self->window = g_array_new (FALSE, TRUE, sizeof (gint16));

  for (guint phase = 0; phase < self->up; phase++)
    {
      float *taps = self->taps + (gsize) phase * 2 * self->half_width;
      double sum = 0;

      for (guint i = 0; i < 2 * self->half_width; i++)
        {
          double x = (double) i - (self->half_width - 1) - (double) phase / self->up;
          double sinc = fabs (x) < 1e-9 ? cutoff : sin (G_PI * cutoff * x) / (G_PI * x);

          taps[i] = (float) (sinc * window_at (x / self->half_width));
          sum += taps[i];
        }
      for (guint i = 0; i < 2 * self->half_width; i++)
        taps[i] = (float) (taps[i] / sum);
    }

  start_anew (self);
  return self;
}

void
live_sim_resampler_free (LiveSimResampler *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->window);
  g_free (self->taps);
  g_free (self);
}

guint
live_sim_resampler_get_in_hz (LiveSimResampler *self)
{
  return self->in_hz;
}

/* Makes every output frame whose whole neighbourhood is known, up to limit frames in all. */
static void
make_frames (LiveSimResampler *self, guint64 limit, GArray *out)
{
  guint n_taps = 2 * self->half_width;

  while (self->n_out < limit)
    {
      guint64 position = self->n_out * self->down;
      /* Window index 0 is input frame -half_width, so the leftmost tap, which belongs to input
       * frame centre - (half_width - 1), stands at centre + 1. */
      guint64 first = position / self->up + 1 - self->window_start;
      const float *taps = self->taps + (gsize) (position % self->up) * n_taps;
      const gint16 *frames;
      double sum = 0;
      gint16 frame;

      if (first + n_taps > self->window->len)
        break;
      frames = &g_array_index (self->window, gint16, first);
      for (guint i = 0; i < n_taps; i++)
        sum += (double) taps[i] * frames[i];
      frame = (gint16) CLAMP (lrint (sum), G_MININT16, G_MAXINT16);
      g_array_append_val (out, frame);
      self->n_out++;
    }
}

static void
drop_used (LiveSimResampler *self)
{
  guint64 needed = self->n_out * self->down / self->up;
  guint64 used = needed > self->window_start ? needed - self->window_start : 0;

  used = MIN (used, self->window->len);
  if (used < 4096)
    return;
  g_array_remove_range (self->window, 0, (guint) used);
  self->window_start += used;
}

void
live_sim_resampler_push (LiveSimResampler *self, const gint16 *frames, gsize n_frames, GArray *out)
{
  if (self->up == self->down)
    {
      g_array_append_vals (out, frames, (guint) n_frames);
      return;
    }

  g_array_append_vals (self->window, frames, (guint) n_frames);
  self->n_in += n_frames;
  make_frames (self, G_MAXUINT64, out);
  drop_used (self);
}

void
live_sim_resampler_flush (LiveSimResampler *self, GArray *out)
{
  if (self->up == self->down)
    return;

  g_array_set_size (self->window, self->window->len + 2 * self->half_width); /* zeros */
  make_frames (self, (self->n_in * self->up + self->down - 1) / self->down, out);
  start_anew (self);
}

GArray *
live_sim_resample (const gint16 *frames, gsize n_frames, guint in_hz, guint out_hz)
{
  g_autoptr (LiveSimResampler) self = live_sim_resampler_new (in_hz, out_hz);
  GArray *out = g_array_new (FALSE, FALSE, sizeof (gint16));

  live_sim_resampler_push (self, frames, n_frames, out);
  live_sim_resampler_flush (self, out);
  return out;
}
