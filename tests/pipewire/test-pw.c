/* Owns: what frames do on their way through PipeWire: nothing lost, repeated, late or wrong.
 * Thread: main; PipeWire's data thread inside the code under test.
 * Called by: meson test, through run-in-rig.py. */
#include <math.h>
#include <poll.h>
#include <string.h>

#include <glib/gstdio.h>

#include "rig-talk.h"

#define LOUD 3000
/* The resampler rings where a tone begins and ends. */
#define EDGE_FRAMES 600

static gboolean
has_heard_enough (gpointer data)
{
  return ((Ear *) data)->heard->len > 2 * LIVE_CAPTURE_RATE_HZ;
}

static gboolean
has_played_a_second (gpointer data)
{
  Ear *ear = data;

  return ear->audio->class->stats (ear->audio)->played_frames > LIVE_PLAYBACK_RATE_HZ;
}

static gboolean
is_quiet (gpointer data)
{
  Ear *ear = data;

  return ear->audio->class->pending_frames (ear->audio) == 0;
}

typedef struct
{
  const char *path;
  gint64 bytes;
} Growth;

static gint64
size_of (const char *path)
{
  GStatBuf facts;

  return g_stat (path, &facts) == 0 ? (gint64) facts.st_size : 0;
}

static gboolean
has_grown (gpointer data)
{
  const Growth *growth = data;

  return size_of (growth->path) >= growth->bytes;
}

/* What was played is in the recorder's hands some time later; how much later is its affair. */
static void
wait_for_recorder (const char *wav)
{
  Growth growth = { wav, size_of (wav) + 48000 / 4 * (gint64) sizeof (gint16) };

  rig_wait ("the recorder to hear the silence", has_grown, &growth);
}

static void
test_capture (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);
  g_autofree char *wav = rig_path ("tone.wav");
  g_autofree char *format = NULL;
  gsize first = 0;
  gsize last = 0;

  rig_tell ("tone", wav, "300", "3", "48000", NULL);
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  format = rig_ask ("node-format", "lived.capture", NULL);
  g_assert_cmpstr (format, ==, "S16LE 16000 1");

  rig_tell ("feed-start", wav, NULL);
  g_array_set_size (ear->heard, 0);
  rig_wait ("two seconds of sound", has_heard_enough, ear);
  rig_tell ("feed-stop", NULL);

  g_assert_true (
      rig_find_sound ((gint16 *) ear->heard->data, ear->heard->len, LOUD, &first, &last));
  rig_assert_sine ((gint16 *) ear->heard->data + first + EDGE_FRAMES,
                   last - first - 2 * EDGE_FRAMES, 300.0, LIVE_CAPTURE_RATE_HZ, 8);
  g_assert_cmpuint (ear->audio->class->stats (ear->audio)->capture_dropped_frames, ==, 0);
}

/* What nobody reads is dropped and counted, the oldest two seconds are kept, nothing else breaks.
 */
static void
test_capture_full (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);
  const LiveAudioStats *stats = NULL;
  guint64 kept = 0;

  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  poll (NULL, 0, 2500);
  stats = ear->audio->class->stats (ear->audio);
  g_assert_cmpuint (stats->capture_dropped_frames, >, 0);
  kept = ear->audio->class->readable_frames (ear->audio);
  g_assert_cmpuint (kept, >=, 2 * LIVE_CAPTURE_RATE_HZ);

  ear_want (ear, LIVE_AUDIO_CAPTURE, FALSE);
  g_assert_cmpuint (ear->audio->class->readable_frames (ear->audio), >=, kept);
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  g_assert_cmpuint (ear->audio->class->readable_frames (ear->audio), ==, 0);
}

static void
record_and_check (Ear *ear, const char *name, void (*meanwhile) (Ear *ear))
{
  g_autofree char *wav = rig_path (name);
  g_autoptr (GArray) recorded = NULL;
  gsize first = 0;
  gsize last = 0;

  rig_tell ("record-start", wav, NULL);
  ear->tone_hz = 300.0;
  ear->audio->class->expect_more (ear->audio, TRUE);
  ear_top_up (ear);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  meanwhile (ear);
  ear->tone_hz = 0.0;
  ear->audio->class->expect_more (ear->audio, FALSE);
  rig_wait ("silence", is_quiet, ear);
  wait_for_recorder (wav);
  rig_tell ("record-stop", NULL);

  recorded = rig_read_wav (wav);
  g_assert_true (rig_find_sound ((gint16 *) recorded->data, recorded->len, LOUD, &first, &last));
  /* All of it: every frame that was written was heard. */
  g_test_message ("%" G_GUINT64_FORMAT " frames written, heard from %" G_GSIZE_FORMAT
                  " to %" G_GSIZE_FORMAT " of %u",
                  ear->tone_position, first, last, recorded->len);
  g_assert_cmpuint (last - first, <=, 2 * ear->tone_position);
  g_assert_cmpuint (last - first, >=, 2 * ear->tone_position - 200);
  rig_assert_sine ((gint16 *) recorded->data + first + EDGE_FRAMES, last - first - 2 * EDGE_FRAMES,
                   300.0, 48000, 8);
  g_assert_cmpuint (ear->audio->class->stats (ear->audio)->underruns, ==, 0);
  g_assert_cmpuint (ear->audio->class->stats (ear->audio)->played_frames, ==, ear->tone_position);
}

static void
wait_a_second (Ear *ear)
{
  g_autofree char *format = rig_ask ("node-format", "lived.playback", NULL);

  g_assert_cmpstr (format, ==, "S16LE 24000 1");
  rig_wait ("a second of sound", has_played_a_second, ear);
}

static void
test_playback (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  record_and_check (ear, "played.wav", wait_a_second);
}

static void
stall (Ear *ear)
{
  rig_wait ("a second of sound", has_played_a_second, ear);
  for (guint i = 0; i < 3; i++)
    {
      /* On purpose: the main loop stands still. */
      poll (NULL, 0, 500);
      rig_spin (100);
    }
}

static void
test_stall (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  record_and_check (ear, "stalled.wav", stall);
}

/* After the cut no more is heard than what PipeWire had taken by then and one cycle in flight. */
static void
test_cut (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);
  g_autofree char *wav = rig_path ("cut.wav");
  const guint32 quantum_frames = 512;
  double worst_ms = -1000.0;

  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  rig_tell ("set-quantum", "512", NULL);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (GArray) recorded = NULL;
      guint64 before = ear->audio->class->stats (ear->audio)->played_frames;
      guint64 at_cut = 0;
      gsize first = 0;
      gsize last = 0;
      double late_ms = 0.0;

      rig_tell ("record-start", wav, NULL);
      ear->tone_hz = 300.0;
      ear_top_up (ear);
      rig_spin (200 + i * 7);
      ear->tone_hz = 0.0;
      at_cut = ear->audio->class->stats (ear->audio)->played_frames - before;
      ear->audio->class->discard (ear->audio);
      g_assert_cmpuint (ear->audio->class->pending_frames (ear->audio), ==, 0);
      rig_spin (150);
      rig_tell ("record-stop", NULL);

      recorded = rig_read_wav (wav);
      g_assert_true (rig_find_sound ((gint16 *) recorded->data, recorded->len, 300, &first, &last));
      late_ms = ((double) (last - first) - 2.0 * (double) at_cut) / 48.0;
      worst_ms = MAX (worst_ms, late_ms);
      /* It was told PAUSED by PipeWire; it still runs, and sounds again without more ado. */
      g_assert_cmpint (ear->states[LIVE_AUDIO_PLAYBACK], ==, LIVE_AUDIO_RUNNING);
    }

  g_test_message ("cut: heard at most %.1f ms more than was handed over before it; one quantum is "
                  "%.1f ms",
                  worst_ms, quantum_frames / 48.0);
  g_assert_cmpfloat (worst_ms, <=, 1.5 * quantum_frames / 48.0);
  rig_tell ("set-quantum", "0", NULL);
}

static void
test_pending (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);
  gint16 frames[LIVE_PLAYBACK_RATE_HZ / 2] = { 0 };

  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  g_assert_cmpuint (ear->audio->class->write (ear->audio, frames, G_N_ELEMENTS (frames)), ==,
                    G_N_ELEMENTS (frames));
  g_assert_cmpuint (ear->audio->class->pending_frames (ear->audio), ==, G_N_ELEMENTS (frames));
  rig_wait ("the end of what was written", is_quiet, ear);
  g_assert_cmpuint (ear->audio->class->stats (ear->audio)->played_frames, ==,
                    G_N_ELEMENTS (frames));
  g_assert_cmpuint (ear->n_played, >, 0);
  g_assert_cmpuint (ear->audio->class->stats (ear->audio)->underruns, ==, 0);
}

static void
test_underrun (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);
  gint16 frames[LIVE_PLAYBACK_RATE_HZ / 5] = { 0 };

  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear->audio->class->write (ear->audio, frames, G_N_ELEMENTS (frames));
  ear->audio->class->expect_more (ear->audio, TRUE);
  rig_wait ("the end of what was written", is_quiet, ear);
  rig_spin (100);
  /* One gap is one underrun, however long it lasts. */
  g_assert_cmpuint (ear->audio->class->stats (ear->audio)->underruns, ==, 1);
}

static double
record_peak (Ear *ear, double volume)
{
  g_autofree char *wav = rig_path ("volume.wav");
  g_autoptr (GArray) recorded = NULL;
  int peak = 0;

  ear->audio->class->set_volume (ear->audio, volume);
  /* Volume is ramped; what is recorded begins behind the ramp. */
  rig_spin (200);
  rig_tell ("record-start", wav, NULL);
  rig_spin (300);
  rig_tell ("record-stop", NULL);
  recorded = rig_read_wav (wav);
  for (guint i = recorded->len / 2; i < recorded->len; i++)
    peak = MAX (peak, ABS (g_array_index (recorded, gint16, i)));
  return peak / 32768.0;
}

static void
test_volume (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);
  const double full = 16000.0 / 32768.0;

  /* Set before there is a stream. */
  ear->audio->class->set_volume (ear->audio, 0.5);
  ear->tone_hz = 1000.0;
  ear_top_up (ear);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  g_assert_cmpfloat_with_epsilon (record_peak (ear, 0.5), full / 8.0, 0.003);
  g_assert_cmpfloat_with_epsilon (record_peak (ear, 1.0), full, 0.003);
  g_assert_cmpfloat_with_epsilon (record_peak (ear, 0.0), 0.0, 0.0001);
}

static gboolean
has_output_level (gpointer data)
{
  Ear *ear = data;
  LiveAudioLevels levels = { 0 };

  ear->audio->class->levels (ear->audio, &levels);
  return levels.output_peak > 0.4;
}

static void
test_levels (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);
  LiveAudioLevels levels = { 0 };

  ear->tone_hz = 300.0;
  ear_top_up (ear);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  rig_wait ("output level", has_output_level, ear);
  rig_spin (200);
  ear->audio->class->levels (ear->audio, &levels);
  g_assert_cmpfloat_with_epsilon (levels.output_peak, 16000.0 / 32768.0, 0.001);
  g_assert_cmpfloat_with_epsilon (levels.output_rms, 16000.0 / 32768.0 / sqrt (2.0), 0.01);
  g_assert_cmpfloat (levels.input_rms, ==, 0.0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pw/capture", test_capture);
  g_test_add_func ("/pw/capture-full", test_capture_full);
  g_test_add_func ("/pw/playback", test_playback);
  g_test_add_func ("/pw/stall", test_stall);
  g_test_add_func ("/pw/cut", test_cut);
  g_test_add_func ("/pw/pending", test_pending);
  g_test_add_func ("/pw/underrun", test_underrun);
  g_test_add_func ("/pw/volume", test_volume);
  g_test_add_func ("/pw/levels", test_levels);
  return g_test_run ();
}
