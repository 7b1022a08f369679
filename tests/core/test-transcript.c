/* Owns: what is proved of the transcript.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include "core/live-transcript.h"

#include <string.h>

static void
test_fragments (void)
{
  g_autoptr (LiveTranscript) transcript = live_transcript_new ();
  g_autofree char *user = NULL;
  g_autofree char *model = NULL;
  g_autofree char *none = NULL;

  g_assert_true (live_transcript_append (transcript, 3, LIVE_SAID_BY_USER, " What"));
  g_assert_true (live_transcript_append (transcript, 3, LIVE_SAID_BY_MODEL, "It is"));
  g_assert_true (live_transcript_append (transcript, 3, LIVE_SAID_BY_USER, " time is it? "));
  g_assert_true (live_transcript_append (transcript, 3, LIVE_SAID_BY_MODEL, " noon."));
  g_assert_true (live_transcript_append (transcript, 3, LIVE_SAID_BY_MODEL, ""));

  user = live_transcript_dup (transcript, 3, LIVE_SAID_BY_USER);
  model = live_transcript_dup (transcript, 3, LIVE_SAID_BY_MODEL);
  none = live_transcript_dup (transcript, 4, LIVE_SAID_BY_MODEL);
  g_assert_cmpstr (user, ==, "What time is it?");
  g_assert_cmpstr (model, ==, "It is noon.");
  g_assert_cmpstr (none, ==, "");
}

static void
test_history_is_in_order (void)
{
  g_autoptr (LiveTranscript) transcript = live_transcript_new ();
  g_autofree LiveSeedTurn *turns = NULL;
  gsize n;

  /* The answer's words come first, as services do. */
  live_transcript_append (transcript, 1, LIVE_SAID_BY_MODEL, "b");
  live_transcript_append (transcript, 1, LIVE_SAID_BY_USER, "a");
  live_transcript_append (transcript, 2, LIVE_SAID_BY_MODEL, "c");
  turns = live_transcript_list (transcript, &n);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpstr (turns[0].text, ==, "a");
  g_assert_false (turns[0].is_model);
  g_assert_cmpstr (turns[1].text, ==, "b");
  g_assert_true (turns[1].is_model);
  g_assert_cmpstr (turns[2].text, ==, "c");

  live_transcript_clear (transcript);
  g_assert_cmpuint (live_transcript_count (transcript, NULL), ==, 0);
}

static void
test_caps (void)
{
  g_autoptr (LiveTranscript) transcript = live_transcript_new ();
  g_autofree char *kib = g_strnfill (1024, 'x');
  g_autofree char *whole = NULL;
  gsize n_bytes;

  for (guint i = 0; i < 64; i++)
    g_assert_true (live_transcript_append (transcript, 1, LIVE_SAID_BY_USER, kib));
  g_assert_false (live_transcript_append (transcript, 1, LIVE_SAID_BY_USER, "x"));
  whole = live_transcript_dup (transcript, 1, LIVE_SAID_BY_USER);
  g_assert_cmpuint (strlen (whole), ==, LIVE_TRANSCRIPT_UTTERANCE_CAP_BYTES);

  for (guint64 turn = 2; turn < 2000; turn++)
    {
      live_transcript_append (transcript, turn, LIVE_SAID_BY_USER, kib);
      g_assert_cmpuint (live_transcript_count (transcript, &n_bytes), <=,
                        LIVE_TRANSCRIPT_HISTORY_CAP_TURNS);
      g_assert_cmpuint (n_bytes, <=, LIVE_TRANSCRIPT_HISTORY_CAP_BYTES);
    }
  for (guint64 turn = 2000; turn < 3000; turn++)
    live_transcript_append (transcript, turn, LIVE_SAID_BY_USER, "x");
  g_assert_cmpuint (live_transcript_count (transcript, &n_bytes), ==,
                    LIVE_TRANSCRIPT_HISTORY_CAP_TURNS);
  g_assert_cmpuint (n_bytes, ==, LIVE_TRANSCRIPT_HISTORY_CAP_TURNS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transcript/fragments", test_fragments);
  g_test_add_func ("/transcript/history-is-in-order", test_history_is_in_order);
  g_test_add_func ("/transcript/caps", test_caps);
  return g_test_run ();
}
