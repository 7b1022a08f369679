/* Owns: the checks of the PCM arithmetic.
 * Thread: main.
 * Called by: meson test. */
#include "base/live-pcm.h"

#include <math.h>
#include <string.h>

static void
assert_near (double value, double expected)
{
  g_assert_cmpfloat_with_epsilon (value, expected, 1e-4);
}

static void
test_time (void)
{
  g_assert_cmpuint (live_pcm_frames_to_ms (16000, 16000), ==, 1000);
  g_assert_cmpuint (live_pcm_frames_to_ms (320, 16000), ==, 20);
  g_assert_cmpuint (live_pcm_frames_to_us (341, 16000), ==, 21312);
  g_assert_cmpuint (live_pcm_ms_to_frames (20, 24000), ==, 480);
  g_assert_cmpuint (live_pcm_us_to_frames (41, 24000), ==, 0);
  g_assert_cmpuint (live_pcm_us_to_frames (42, 24000), ==, 1);
  g_assert_cmpuint (live_pcm_ms_to_frames (0, 24000), ==, 0);
  /* A product that does not fit into 64 bits before the division. */
  g_assert_cmpuint (live_pcm_frames_to_us (G_GUINT64_CONSTANT (24000) << 40, 24000), ==,
                    G_GUINT64_CONSTANT (1000000) << 40);
}

static void
test_meter (void)
{
  LivePcmMeter meter = { 0 };
  gint16 frames[24000];

  assert_near (live_pcm_meter_rms (&meter), 0.0);
  assert_near (live_pcm_meter_peak (&meter), 0.0);

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    frames[i] = (gint16) lrint (16384.0 * sin (2.0 * G_PI * 300.0 * i / 24000.0));
  live_pcm_meter_add (&meter, frames, G_N_ELEMENTS (frames));
  assert_near (live_pcm_meter_rms (&meter), 0.5 / sqrt (2.0));
  assert_near (live_pcm_meter_peak (&meter), 0.5);

  /* Silence lowers the mean and leaves the peak. */
  memset (frames, 0, sizeof frames);
  live_pcm_meter_add (&meter, frames, G_N_ELEMENTS (frames));
  assert_near (live_pcm_meter_rms (&meter), 0.25);
  assert_near (live_pcm_meter_peak (&meter), 0.5);
}

static void
test_meter_full_scale (void)
{
  LivePcmMeter meter = { 0 };
  const gint16 frames[] = { G_MININT16, G_MININT16 };

  live_pcm_meter_add (&meter, frames, G_N_ELEMENTS (frames));
  assert_near (live_pcm_meter_rms (&meter), 1.0);
  assert_near (live_pcm_meter_peak (&meter), 1.0);
}

/* However the bytes are cut up, the same frames come out. */
static void
test_carry (void)
{
  guint8 bytes[64];
  gint16 whole[32], joined[33];

  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
    bytes[i] = (guint8) (i * 37 + 200);
  for (guint i = 0; i < G_N_ELEMENTS (whole); i++)
    whole[i] = (gint16) (guint16) (bytes[2 * i] | bytes[2 * i + 1] << 8);

  for (gsize step = 1; step <= sizeof bytes; step++)
    {
      LivePcmCarry carry = { 0 };
      gsize n_joined = 0;

      for (gsize at = 0; at < sizeof bytes; at += step)
        {
          gsize n_bytes = MIN (step, sizeof bytes - at);
          gsize expected = live_pcm_carry_count (&carry, n_bytes);
          gsize n = live_pcm_carry_join (&carry, bytes + at, n_bytes, joined + n_joined);

          g_assert_cmpuint (n, ==, expected);
          n_joined += n;
        }

      g_assert_false (carry.is_held);
      g_assert_cmpmem (joined, n_joined * sizeof (gint16), whole, sizeof whole);
    }
}

static void
test_carry_nothing (void)
{
  LivePcmCarry carry = { .byte = 0x34, .is_held = TRUE };
  const guint8 high = 0x12;
  gint16 frame = 0;

  g_assert_cmpuint (live_pcm_carry_join (&carry, NULL, 0, NULL), ==, 0);
  g_assert_true (carry.is_held);
  g_assert_cmpuint (live_pcm_carry_join (&carry, &high, 1, &frame), ==, 1);
  g_assert_cmpint (frame, ==, 0x1234);
  g_assert_false (carry.is_held);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pcm/time", test_time);
  g_test_add_func ("/pcm/meter", test_meter);
  g_test_add_func ("/pcm/meter-full-scale", test_meter_full_scale);
  g_test_add_func ("/pcm/carry", test_carry);
  g_test_add_func ("/pcm/carry-nothing", test_carry_nothing);
  return g_test_run ();
}
