/* Owns: the proof that a thousand renewals of the connection lose neither a sample nor a turn.
 * Thread: main; the simulator is a process of its own.
 * Called by: meson test, suite soak (30 renewals), and tests/soak/run (1,000). */
#include <malloc.h>
#include <string.h>

#include "soak-rig.h"

#define SPEED 50
/* A younger connection has not proven itself, and the next dial would wait. */
#define AGE_MS 11000
#define SHORT_ROTATIONS 30
#define LONG_ROTATIONS 1000
#define LIMIT_MS 500000
#define HEAP_GROWTH_BYTES (256 * 1024)

static gboolean is_long;

static void
ask (SoakRig *rig, guint n)
{
  g_autofree char *question = g_strdup_printf ("say %u", n);
  g_autofree char *answer = g_strdup_printf ("%u", n);
  g_autoptr (SoakAsk) ask = soak_rig_ask (rig, question);

  if (!soak_rig_finish_ask (rig, ask, LIMIT_MS))
    g_error ("no answer to question %u", n);
  g_assert_no_error (ask->error);
  g_assert_cmpstr (g_strstrip (ask->text), ==, answer);
}

/* goAway without any time left, over and over: the worst that a server may do and call it polite.
 * Somebody speaks all the time, and types a question on each connection. */
static void
rotate (SoakRig *rig, guint n)
{
  guint n_gaps = rig->gaps_us->len;

  soak_rig_pass_ms (rig, AGE_MS);
  soak_rig_inject (rig, "{\"go_away\":\"0s\"}");
  while (rig->gaps_us->len == n_gaps)
    g_main_context_iteration (NULL, TRUE);
  ask (rig, n);
}

static void
test_rotations (void)
{
  guint n_rotations = is_long ? LONG_ROTATIONS : SHORT_ROTATIONS;
  g_autoptr (SoakRig) rig = soak_rig_new (SPEED, NULL, NULL);
  gsize heap_bytes = 0;

  rig->is_talking = TRUE;
  live_engine_set_listening (rig->engine, TRUE);
  soak_rig_wait_state (rig, "online", LIMIT_MS);
  ask (rig, 0);
  for (guint i = 1; i <= n_rotations; i++)
    {
      rotate (rig, i);
      if (i == n_rotations / 5)
        heap_bytes = mallinfo2 ().uordblks;
    }
  g_assert_cmpuint (mallinfo2 ().uordblks, <, heap_bytes + HEAP_GROWTH_BYTES);

  /* Silence; then whatever was said has to be there, once and in order. */
  rig->is_deaf = TRUE;
  for (guint i = 0; soak_rig_count (rig, "counted_frames") < (gint64) rig->n_spoken ||
                    rig->n_completed < rig->n_started;
       i++)
    {
      g_assert_cmpuint (i, <, LIMIT_MS / 1000);
      soak_rig_pass_ms (rig, 1000);
    }
  g_assert_cmpint (soak_rig_count (rig, "counted_frames"), ==, rig->n_spoken);
  g_assert_cmpint (soak_rig_count (rig, "count_breaks"), ==, 0);
  g_assert_cmpint (soak_rig_count (rig, "resumed"), ==, n_rotations);
  g_assert_cmpint (soak_rig_count (rig, "conversations"), ==, 1);
  g_assert_cmpint (soak_rig_count (rig, "most_open"), ==, 1);
  g_assert_cmpint (soak_rig_count (rig, "received_texts"), ==, n_rotations + 1);
  g_assert_cmpint (soak_rig_count (rig, "violations"), ==, 0);
  g_assert_cmpuint (rig->n_started, ==, rig->n_completed);

  g_test_message ("%u rotations, %.0f s of sound, gap: p95 %.1f ms, worst %.1f ms", n_rotations,
                  (double) rig->n_spoken / LIVE_CAPTURE_RATE_HZ,
                  (double) soak_rig_gap_us (rig, 95) / 1000,
                  (double) soak_rig_gap_us (rig, 100) / 1000);
}

int
main (int argc, char **argv)
{
  is_long = soak_is_long (argc, argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/soak-rotations/thousand", test_rotations);
  return g_test_run ();
}
