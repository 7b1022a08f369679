/* Owns: the proof of when speech begins and ends.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include "live-sim-vad.h"

#include <math.h>

typedef struct
{
  LiveSimVad *vad;
  guint n_starts, n_ends;
  guint64 start_frames, end_frames;
} Ear;

static void
on_event (LiveSimVadEvent event, guint64 offset_frames, gpointer data)
{
  Ear *ear = data;

  if (event == LIVE_SIM_VAD_START)
    {
      ear->n_starts++;
      ear->start_frames = offset_frames;
    }
  else
    {
      ear->n_ends++;
      ear->end_frames = offset_frames;
    }
}

static void
push (Ear *ear, guint ms, double level_db, guint piece_frames)
{
  guint n = ms * 16;
  g_autofree gint16 *frames = g_new (gint16, n);
  double amplitude = 32768 * pow (10, level_db / 20) * G_SQRT2;

  for (guint i = 0; i < n; i++)
    frames[i] = (gint16) CLAMP (lrint (amplitude * sin (i * 0.2)), G_MININT16, G_MAXINT16);
  for (guint i = 0; i < n; i += piece_frames)
    live_sim_vad_push (ear->vad, frames + i, MIN (piece_frames, n - i));
}

typedef struct
{
  const char *name;
  LiveSimVadConfig config;
  double level_db;
  guint speech_ms, pause_ms; /* loud, quiet, and the same again */
  guint n_starts, n_ends;
} Row;

static const Row rows[] = {
  { "two-utterances", { 500, 20 }, -20, 600, 800, 2, 2 },
  { "pause-within", { 900, 20 }, -20, 600, 800, 1, 0 },
  { "short-silence", { 100, 20 }, -20, 300, 200, 2, 2 },
  { "click", { 500, 20 }, -20, 40, 800, 0, 0 },
  { "soft-high", { 500, 20 }, -40, 600, 800, 2, 2 },
  { "soft-low", { 500, 20, .is_start_low = TRUE }, -40, 600, 800, 0, 0 },
  { "loud-low", { 500, 20, .is_start_low = TRUE }, -20, 600, 800, 2, 2 },
  { "brief-low", { 500, 20, .is_start_low = TRUE }, -20, 100, 800, 0, 0 },
  { "too-soft", { 500, 20 }, -60, 600, 800, 0, 0 },
  { "no-silence", { 0, 20 }, -20, 300, 100, 2, 2 },
  { "manual-does-nothing", { 500, 20, .is_manual = TRUE }, -20, 600, 800, 0, 0 },
};

/* Whatever the size of the pieces that the sound comes in, the judgement is the same. */
static void
test_row (gconstpointer data)
{
  static const guint pieces[] = { 1, 159, 160, 161, 640, 100000 };
  const Row *row = data;

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      Ear ear = { 0 };

      ear.vad = live_sim_vad_new (&row->config, on_event, &ear);
      push (&ear, 500, -90, pieces[i]);
      for (guint k = 0; k < 2; k++)
        {
          push (&ear, row->speech_ms, row->level_db, pieces[i]);
          push (&ear, row->pause_ms, -90, pieces[i]);
        }
      g_assert_cmpuint (ear.n_starts, ==, row->n_starts);
      g_assert_cmpuint (ear.n_ends, ==, row->n_ends);
      live_sim_vad_free (ear.vad);
    }
}

static void
test_offsets_and_padding (void)
{
  static const guint paddings_ms[] = { 0, 20, 300 };

  for (guint i = 0; i < G_N_ELEMENTS (paddings_ms); i++)
    {
      LiveSimVadConfig config = { 500, paddings_ms[i] };
      Ear ear = { 0 };
      g_autoptr (GArray) speech = NULL;
      guint voiced_ms;

      ear.vad = live_sim_vad_new (&config, on_event, &ear);
      push (&ear, 1000, -90, 640);
      push (&ear, 700, -20, 640);
      g_assert_true (live_sim_vad_is_speaking (ear.vad));
      push (&ear, 600, -90, 640);
      g_assert_false (live_sim_vad_is_speaking (ear.vad));
      g_assert_cmpuint (ear.start_frames, ==, 16000);
      g_assert_cmpuint (ear.end_frames, ==, 16000 + 700 * 16);

      speech = live_sim_vad_take_speech (ear.vad, &voiced_ms);
      g_assert_cmpuint (voiced_ms, ==, 700);
      g_assert_cmpuint (speech->len, ==, (paddings_ms[i] + 700 + 500) * 16);
      live_sim_vad_free (ear.vad);
    }
}

static void
test_end_of_stream (void)
{
  LiveSimVadConfig config = { 800, 20 };
  Ear ear = { 0 };
  g_autoptr (GArray) speech = NULL;
  guint voiced_ms;

  ear.vad = live_sim_vad_new (&config, on_event, &ear);
  live_sim_vad_end_stream (ear.vad);
  g_assert_cmpuint (ear.n_ends, ==, 0);

  push (&ear, 505, -20, 500);
  live_sim_vad_end_stream (ear.vad);
  g_assert_cmpuint (ear.n_ends, ==, 1);
  g_assert_cmpuint (ear.end_frames, ==, 505 * 16);
  speech = live_sim_vad_take_speech (ear.vad, &voiced_ms);
  g_assert_cmpuint (speech->len, ==, 505 * 16);

  /* The stream opens again with the next sound. */
  push (&ear, 500, -20, 500);
  g_assert_cmpuint (ear.n_starts, ==, 2);
  live_sim_vad_free (ear.vad);
}

static void
test_manual (void)
{
  LiveSimVadConfig config = { .silence_ms = 100, .is_manual = TRUE };
  Ear ear = { 0 };
  g_autoptr (GArray) speech = NULL;
  guint voiced_ms;

  ear.vad = live_sim_vad_new (&config, on_event, &ear);
  g_assert_false (live_sim_vad_finish (ear.vad));
  push (&ear, 300, -20, 333); /* before the activity: thrown away */
  g_assert_true (live_sim_vad_begin (ear.vad));
  g_assert_false (live_sim_vad_begin (ear.vad));
  push (&ear, 255, -20, 333);
  push (&ear, 500, -90, 333);
  g_assert_true (live_sim_vad_finish (ear.vad));
  push (&ear, 300, -20, 333);
  g_assert_cmpuint (ear.n_starts + ear.n_ends, ==, 0);

  speech = live_sim_vad_take_speech (ear.vad, &voiced_ms);
  g_assert_cmpuint (speech->len, ==, 755 * 16);
  g_assert_cmpuint (voiced_ms, >=, 250);
  g_assert_cmpuint (voiced_ms, <=, 260);
  live_sim_vad_free (ear.vad);
}

/* A steady noise above the threshold is taken for speech at first, and then for the room. */
static void
test_noise (void)
{
  LiveSimVadConfig config = { 300, 20 };
  Ear ear = { 0 };

  ear.vad = live_sim_vad_new (&config, on_event, &ear);
  push (&ear, 5000, -50, 640);
  g_assert_cmpuint (ear.n_starts, ==, 0);
  push (&ear, 500, -20, 640);
  g_assert_cmpuint (ear.n_starts, ==, 1);
  push (&ear, 500, -50, 640);
  g_assert_cmpuint (ear.n_ends, ==, 1);
  live_sim_vad_free (ear.vad);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/sim-vad/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/sim-vad/offsets-and-padding", test_offsets_and_padding);
  g_test_add_func ("/sim-vad/end-of-stream", test_end_of_stream);
  g_test_add_func ("/sim-vad/manual", test_manual);
  g_test_add_func ("/sim-vad/noise", test_noise);
  return g_test_run ();
}
