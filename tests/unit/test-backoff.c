/* Owns: the proof that waiting grows, is spread, is capped and ends.
 * Thread: main.
 * Called by: meson test. */
#include "machine/live-backoff.h"

static const guint32 LEAST = 0;
static const guint32 MOST = G_MAXUINT32;

static guint
next_ms (LiveBackoff *backoff, LiveBackoffPace pace, guint32 random)
{
  guint delay_ms = G_MAXUINT;

  live_backoff_next (backoff, pace, FALSE, random, 0, &delay_ms);
  return delay_ms;
}

static void
test_grows_to_its_cap (void)
{
  static const guint expected_ms[] = { 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
  LiveBackoff backoff;

  live_backoff_init (&backoff, &live_backoff_defaults);
  for (guint i = 0; i < G_N_ELEMENTS (expected_ms); i++)
    {
      LiveBackoff twin = backoff;
      guint least_ms = next_ms (&twin, LIVE_BACKOFF_NORMAL, LEAST);
      guint most_ms = next_ms (&backoff, LIVE_BACKOFF_NORMAL, MOST);

      g_assert_cmpuint (least_ms, ==, expected_ms[i] / 2);
      g_assert_cmpuint (most_ms, >=, expected_ms[i] - 1);
      g_assert_cmpuint (most_ms, <=, expected_ms[i]);
    }

  /* Days of trouble neither overflow nor fall back to short delays. */
  for (guint i = 0; i < 100000; i++)
    g_assert_cmpuint (next_ms (&backoff, LIVE_BACKOFF_NORMAL, MOST), >=, 59999);
}

static void
test_first_return_is_free (void)
{
  LiveBackoff backoff;

  live_backoff_init (&backoff, &live_backoff_defaults);
  g_assert_cmpuint (next_ms (&backoff, LIVE_BACKOFF_AT_ONCE, MOST), ==, 0);
  /* A loop of routine losses is not free. */
  g_assert_cmpuint (next_ms (&backoff, LIVE_BACKOFF_AT_ONCE, LEAST), ==, 250);
  g_assert_cmpuint (next_ms (&backoff, LIVE_BACKOFF_AT_ONCE, LEAST), ==, 500);
}

static void
test_slow_is_slow (void)
{
  LiveBackoff backoff;

  live_backoff_init (&backoff, &live_backoff_defaults);
  g_assert_cmpuint (next_ms (&backoff, LIVE_BACKOFF_SLOW, LEAST), ==, 7500);
  for (guint i = 0; i < 20; i++)
    g_assert_cmpuint (next_ms (&backoff, LIVE_BACKOFF_SLOW, MOST), <=, 300 * 1000);
  g_assert_cmpuint (next_ms (&backoff, LIVE_BACKOFF_SLOW, LEAST), ==, 150 * 1000);
}

static void
test_server_wish_is_kept (void)
{
  LiveBackoff backoff;
  guint delay_ms = 0;

  live_backoff_init (&backoff, &live_backoff_defaults);
  live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, FALSE, LEAST, 30000001, &delay_ms);
  g_assert_cmpuint (delay_ms, ==, 30001);
  /* Absurd wishes are bounded, negative ones are none. */
  live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, FALSE, LEAST, G_MAXINT64, &delay_ms);
  g_assert_cmpuint (delay_ms, ==, 3600 * 1000);
  live_backoff_restore (&backoff);
  live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, FALSE, LEAST, G_MININT64, &delay_ms);
  g_assert_cmpuint (delay_ms, ==, 250);
}

static void
test_budget_ends_and_comes_back_by_proof (void)
{
  LiveBackoff backoff;
  guint delay_ms = 0;

  live_backoff_init (&backoff, &live_backoff_defaults);
  /* What never reached the service costs it nothing. */
  for (guint i = 0; i < 1000; i++)
    g_assert_true (live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, FALSE, LEAST, 0, &delay_ms));
  for (guint i = 1; i < live_backoff_defaults.budget; i++)
    g_assert_true (live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, TRUE, LEAST, 0, &delay_ms));
  g_assert_false (live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, TRUE, LEAST, 0, &delay_ms));
  g_assert_false (live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, TRUE, LEAST, 0, &delay_ms));

  live_backoff_restore (&backoff);
  g_assert_true (live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, TRUE, LEAST, 0, &delay_ms));
  g_assert_cmpuint (delay_ms, ==, 250);
}

static void
test_absurd_limits_are_bounded (void)
{
  LiveBackoffLimits zero = { 0 };
  LiveBackoff backoff;
  guint delay_ms = G_MAXUINT;

  live_backoff_init (&backoff, &zero);
  g_assert_false (live_backoff_next (&backoff, LIVE_BACKOFF_NORMAL, TRUE, MOST, 0, &delay_ms));
  g_assert_cmpuint (delay_ms, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backoff/grows-to-its-cap", test_grows_to_its_cap);
  g_test_add_func ("/backoff/first-return-is-free", test_first_return_is_free);
  g_test_add_func ("/backoff/slow-is-slow", test_slow_is_slow);
  g_test_add_func ("/backoff/server-wish-is-kept", test_server_wish_is_kept);
  g_test_add_func ("/backoff/budget-ends-and-comes-back-by-proof",
                   test_budget_ends_and_comes_back_by_proof);
  g_test_add_func ("/backoff/absurd-limits-are-bounded", test_absurd_limits_are_bounded);
  return g_test_run ();
}
