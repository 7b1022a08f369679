/* Owns: nothing; arithmetic on S16 mono frames.
 * Thread: any, the realtime one included.
 * Called by: io/live-pw-stream.c, core/live-speaker.c, core/live-engine.c. */
#include "base/live-pcm.h"

#include <math.h>

#define FULL_SCALE 32768.0

static guint64
scale (guint64 value, guint64 numerator, guint64 denominator)
{
  /* Whole units first: a product of two large counters would overflow. */
  return value / denominator * numerator + value % denominator * numerator / denominator;
}

guint64
live_pcm_frames_to_ms (guint64 n_frames, guint32 rate_hz)
{
  return scale (n_frames, 1000, rate_hz);
}

guint64
live_pcm_frames_to_us (guint64 n_frames, guint32 rate_hz)
{
  return scale (n_frames, G_USEC_PER_SEC, rate_hz);
}

guint64
live_pcm_ms_to_frames (guint64 ms, guint32 rate_hz)
{
  return scale (ms, rate_hz, 1000);
}

guint64
live_pcm_us_to_frames (guint64 us, guint32 rate_hz)
{
  return scale (us, rate_hz, G_USEC_PER_SEC);
}

void
live_pcm_meter_add (LivePcmMeter *meter, const gint16 *frames, gsize n_frames)
{
  guint64 square_sum = 0;
  gint32 highest = 0;
  gint32 lowest = 0;

  for (gsize i = 0; i < n_frames; i++)
    {
      gint32 value = frames[i];

      square_sum += (guint32) (value * value);
      highest = MAX (highest, value);
      lowest = MIN (lowest, value);
    }

  meter->square_sum += square_sum;
  meter->n_frames += n_frames;
  meter->peak = MAX (meter->peak, (guint32) MAX (highest, -lowest));
}

double
live_pcm_meter_rms (const LivePcmMeter *meter)
{
  if (meter->n_frames == 0)
    return 0.0;

  return sqrt ((double) meter->square_sum / (double) meter->n_frames) / FULL_SCALE;
}

double
live_pcm_meter_peak (const LivePcmMeter *meter)
{
  return meter->peak / FULL_SCALE;
}

gsize
live_pcm_carry_count (const LivePcmCarry *carry, gsize n_bytes)
{
  return n_bytes / LIVE_PCM_FRAME_BYTES + (n_bytes % LIVE_PCM_FRAME_BYTES != 0 && carry->is_held);
}

static gint16
join_bytes (guint8 low, guint8 high)
{
  return (gint16) (guint16) (low | high << 8);
}

gsize
live_pcm_carry_join (LivePcmCarry *carry, const guint8 *bytes, gsize n_bytes, gint16 *dst)
{
  gsize n_frames = 0;
  gsize i = 0;

  if (carry->is_held && n_bytes > 0)
    {
      dst[n_frames++] = join_bytes (carry->byte, bytes[i++]);
      carry->is_held = FALSE;
    }

  for (; i + 1 < n_bytes; i += LIVE_PCM_FRAME_BYTES)
    dst[n_frames++] = join_bytes (bytes[i], bytes[i + 1]);

  if (i < n_bytes)
    {
      carry->byte = bytes[i];
      carry->is_held = TRUE;
    }

  return n_frames;
}
