/* Owns: what is proved of the sums of tokens.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include "core/live-usage.h"

#define NONE                                                                                       \
  {                                                                                                \
    -1, -1, -1, -1, -1                                                                             \
  }

static guint64
look_up (GVariant *sums, const char *name)
{
  guint64 count = G_MAXUINT64;

  g_variant_lookup (sums, name, "t", &count);
  return count;
}

static void
test_sums (void)
{
  static const LiveWireUsage first = {
    310, 41, -1, -1, -1, 351, { 248, -1, -1, 62, -1 }, { -1, -1, -1, 41, -1 }
  };
  static const LiveWireUsage second = { 402, 58, 7, 3, 100, 460, NONE, NONE };
  LiveUsage usage = { 0 };
  g_autoptr (GVariant) sums = NULL;

  live_usage_add (&usage, &first);
  live_usage_add (&usage, &second);
  sums = g_variant_ref_sink (live_usage_to_variant (&usage));

  g_assert_true (g_variant_is_of_type (sums, G_VARIANT_TYPE ("a{st}")));
  g_assert_cmpuint (look_up (sums, "prompt"), ==, 712);
  g_assert_cmpuint (look_up (sums, "response"), ==, 99);
  g_assert_cmpuint (look_up (sums, "thoughts"), ==, 7);
  g_assert_cmpuint (look_up (sums, "tool-use"), ==, 3);
  g_assert_cmpuint (look_up (sums, "cached"), ==, 100);
  g_assert_cmpuint (look_up (sums, "total"), ==, 811);
  g_assert_cmpuint (look_up (sums, "prompt-text"), ==, 248);
  g_assert_cmpuint (look_up (sums, "prompt-audio"), ==, 62);
  g_assert_cmpuint (look_up (sums, "response-audio"), ==, 41);
  g_assert_cmpuint (look_up (sums, "response-text"), ==, G_MAXUINT64);
}

static void
test_nothing_known (void)
{
  static const LiveWireUsage empty = { -1, -1, -1, -1, -1, -1, NONE, NONE };
  LiveUsage usage = { 0 };
  g_autoptr (GVariant) sums = NULL;

  live_usage_add (&usage, &empty);
  g_assert_false (usage.is_known);
  sums = g_variant_ref_sink (live_usage_to_variant (&usage));
  g_assert_cmpuint (g_variant_n_children (sums), ==, 6);
  g_assert_cmpuint (look_up (sums, "total"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/usage/sums", test_sums);
  g_test_add_func ("/usage/nothing-known", test_nothing_known);
  return g_test_run ();
}
