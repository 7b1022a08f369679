/* Owns: the proof of the resampler, the voice and the WAV files.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "live-sim-resampler.h"
#include "live-sim-voice.h"
#include "live-sim-wav.h"

#define AMPLITUDE 10000.0

static GArray *
make_sine (guint n, guint rate_hz, double frequency_hz)
{
  GArray *frames = g_array_sized_new (FALSE, FALSE, sizeof (gint16), n);

  for (guint i = 0; i < n; i++)
    {
      gint16 frame = (gint16) lrint (AMPLITUDE * sin (2 * G_PI * frequency_hz * i / rate_hz));

      g_array_append_val (frames, frame);
    }
  return frames;
}

typedef struct
{
  guint in_hz, out_hz;
} Rates;

static const Rates rates[] = {
  { 22050, 24000 }, { 16000, 24000 }, { 24000, 16000 }, { 48000, 16000 },
  { 44100, 16000 }, { 8000, 16000 },  { 16000, 16000 },
};

/* A tone comes out as the same tone in the same place, to within a small share of its height. */
static void
test_tone (void)
{
  for (guint r = 0; r < G_N_ELEMENTS (rates); r++)
    {
      guint n = rates[r].in_hz / 2;
      g_autoptr (GArray) in = make_sine (n, rates[r].in_hz, 1000);
      g_autoptr (GArray) out =
          live_sim_resample ((gint16 *) (gpointer) in->data, n, rates[r].in_hz, rates[r].out_hz);
      g_autoptr (GArray) want = make_sine (out->len, rates[r].out_hz, 1000);
      double worst = 0;

      g_assert_cmpuint (out->len, ==, rates[r].out_hz / 2);
      for (guint i = 200; i + 200 < out->len; i++)
        worst = MAX (worst, fabs ((double) g_array_index (out, gint16, i) -
                                  g_array_index (want, gint16, i)));
      g_test_message ("%u -> %u: off by %.1f of %.0f", rates[r].in_hz, rates[r].out_hz, worst,
                      AMPLITUDE);
      g_assert_cmpfloat (worst, <, AMPLITUDE * 0.002);
    }
}

/* What lies above the lower rate's half is gone, not mirrored. */
static void
test_alias (void)
{
  g_autoptr (GArray) in = make_sine (24000, 48000, 11000);
  g_autoptr (GArray) out =
      live_sim_resample ((gint16 *) (gpointer) in->data, in->len, 48000, 16000);
  double worst = 0;

  for (guint i = 200; i + 200 < out->len; i++)
    worst = MAX (worst, fabs ((double) g_array_index (out, gint16, i)));
  g_assert_cmpfloat (worst, <, AMPLITUDE * 0.002);
}

/* In pieces of any size the same samples come out. */
static void
test_pieces (void)
{
  static const guint pieces[] = { 1, 7, 441, 5000 };

  for (guint r = 0; r < G_N_ELEMENTS (rates); r++)
    for (guint p = 0; p < G_N_ELEMENTS (pieces); p++)
      {
        g_autoptr (GArray) in = make_sine (20011, rates[r].in_hz, 440);
        const gint16 *frames = (gint16 *) (gpointer) in->data;
        g_autoptr (GArray) want =
            live_sim_resample (frames, in->len, rates[r].in_hz, rates[r].out_hz);
        g_autoptr (GArray) out = g_array_new (FALSE, FALSE, sizeof (gint16));
        g_autoptr (LiveSimResampler) resampler =
            live_sim_resampler_new (rates[r].in_hz, rates[r].out_hz);

        for (guint i = 0; i < in->len; i += pieces[p])
          live_sim_resampler_push (resampler, frames + i, MIN (pieces[p], in->len - i), out);
        live_sim_resampler_flush (resampler, out);
        g_assert_cmpmem (out->data, out->len * 2, want->data, want->len * 2);
      }
}

static double
measure (const GArray *frames)
{
  double sum = 0;

  for (guint i = 0; i < frames->len; i++)
    sum += pow (g_array_index (frames, gint16, i), 2);
  return frames->len > 0 ? sqrt (sum / frames->len) : 0;
}

static void
test_voice (gconstpointer data)
{
  gboolean wants_tones = GPOINTER_TO_INT (data);
  g_autoptr (LiveSimVoice) voice = live_sim_voice_new (wants_tones);
  g_autoptr (GArray) one = live_sim_voice_speak (voice, "hello world", NULL, NULL);
  g_autoptr (GArray) other = live_sim_voice_speak (voice, "hello there, everybody", NULL, NULL);
  g_autoptr (GArray) kore = live_sim_voice_speak (voice, "hello world", "Kore", NULL);
  g_autoptr (GArray) german = live_sim_voice_speak (voice, "Guten Morgen", "Puck", "de-DE");
  g_autoptr (GArray) unknown = live_sim_voice_speak (voice, "hello", NULL, "xx-YY");
  g_autoptr (GArray) nothing = live_sim_voice_speak (voice, "", NULL, NULL);

  if (wants_tones)
    g_assert_cmpstr (live_sim_voice_get_engine (voice), ==, "tones");
  g_assert_cmpuint (one->len, >, LIVE_SIM_VOICE_RATE_HZ / 4);
  g_assert_cmpuint (one->len, <, LIVE_SIM_VOICE_RATE_HZ * 4);
  g_assert_cmpfloat (measure (one), >, 300);
  g_assert_cmpuint (other->len, >, one->len);
  g_assert_false (kore->len == one->len &&
                  memcmp (kore->data, one->data, one->len * sizeof (gint16)) == 0);
  g_assert_cmpfloat (measure (german), >, 300);
  g_assert_cmpfloat (measure (unknown), >, 300);
  g_assert_cmpfloat (measure (nothing), <, 1);
}

static void
test_wav (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("live-sim-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "x.wav", NULL);
  g_autoptr (LiveSimWav) wav = live_sim_wav_new (path, 24000, &error);
  const gint16 frames[] = { 1, -2, 3 };

  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *data = NULL;
      gsize size;
      guint32 value;

      g_assert_true (g_file_get_contents (path, &data, &size, &error));
      g_assert_cmpuint (size, ==, 44 + i * sizeof frames);
      g_assert_cmpmem (data, 4, "RIFF", 4);
      memcpy (&value, data + 4, 4);
      g_assert_cmpuint (GUINT32_FROM_LE (value), ==, size - 8);
      memcpy (&value, data + 24, 4);
      g_assert_cmpuint (GUINT32_FROM_LE (value), ==, 24000);
      memcpy (&value, data + 40, 4);
      g_assert_cmpuint (GUINT32_FROM_LE (value), ==, i * sizeof frames);
      g_assert_true (live_sim_wav_append (wav, frames, 3, &error));
    }
  g_unlink (path);
  g_assert_null (live_sim_wav_new ("/nonexistent/x.wav", 24000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_rmdir (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-sound/resampler/tone", test_tone);
  g_test_add_func ("/sim-sound/resampler/alias", test_alias);
  g_test_add_func ("/sim-sound/resampler/pieces", test_pieces);
  g_test_add_data_func ("/sim-sound/voice/built-in", GINT_TO_POINTER (FALSE), test_voice);
  g_test_add_data_func ("/sim-sound/voice/tones", GINT_TO_POINTER (TRUE), test_voice);
  g_test_add_func ("/sim-sound/wav", test_wav);
  return g_test_run ();
}
