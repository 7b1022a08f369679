/* Owns: tests of base/live-log.c: levels, targets, what reaches stderr and what stops.
 * Thread: main.
 * Called by: meson test. */
#include "base/live-log.h"

#include <unistd.h>

static void
test_levels (void)
{
  g_autoptr (LiveLog) log = live_log_new ("lived-test");

  g_assert_cmpstr (live_log_get_level (log), ==, "info");
  g_assert_true (live_log_wants (log, G_LOG_LEVEL_INFO, G_LOG_DOMAIN));
  g_assert_false (live_log_wants (log, G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN));

  g_assert_true (live_log_set_level (log, "debug"));
  g_assert_true (live_log_wants (log, G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN));

  g_assert_true (live_log_set_level (log, "warning"));
  g_assert_true (live_log_wants (log, G_LOG_LEVEL_WARNING, G_LOG_DOMAIN));
  g_assert_true (live_log_wants (log, G_LOG_LEVEL_CRITICAL, "GLib"));
  g_assert_false (live_log_wants (log, G_LOG_LEVEL_MESSAGE, G_LOG_DOMAIN));

  g_assert_false (live_log_set_level (log, "loud"));
  g_assert_false (live_log_set_level (log, ""));
  g_assert_cmpstr (live_log_get_level (log), ==, "warning");
}

static void
test_targets (void)
{
  g_autoptr (LiveLog) log = live_log_new ("lived-test");

  g_assert_true (live_log_set_target (log, "null"));
  g_assert_cmpstr (live_log_get_target (log), ==, "null");
  g_assert_true (live_log_set_target (log, "console"));
  g_assert_false (live_log_set_target (log, "kmsg"));
  g_assert_cmpstr (live_log_get_target (log), ==, "console");
  g_assert_cmpstr (live_log_get_identifier (log), ==, "lived-test");
}

/* Developers of a library see their own debug records only when they ask for them. */
static void
test_foreign_domains (void)
{
  g_autoptr (LiveLog) log = live_log_new ("lived-test");

  g_unsetenv ("G_MESSAGES_DEBUG");
  g_assert_true (live_log_set_level (log, "debug"));
  g_assert_false (live_log_wants (log, G_LOG_LEVEL_DEBUG, "GLib-GIO"));
  g_assert_false (live_log_wants (log, G_LOG_LEVEL_INFO, NULL));
  g_assert_true (live_log_wants (log, G_LOG_LEVEL_MESSAGE, "libsoup"));
}

/* The writer can be set once a process: each way of writing runs in a child. */
static void
test_console (void)
{
  if (g_test_subprocess ())
    {
      LiveLog *log = live_log_new ("lived-test");

      live_log_set_target (log, "console");
      live_log_install (log);
      g_debug ("not this");
      g_message ("the first \033[31mline");
      live_log_set_level (log, "debug");
      g_debug ("this one");
      live_log_set_target (log, "null");
      g_message ("nor this");
      live_log_free (log);
      /* The writer is gone with its log: leave without another record. */
      _exit (0);
    }

  g_test_trap_subprocess (NULL, 20 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout_unmatched ("*line*");
  g_test_trap_assert_stderr ("*the first *line*this one*");
  g_test_trap_assert_stderr_unmatched ("*not this*");
  g_test_trap_assert_stderr_unmatched ("*nor this*");
  /* A record can't steer the terminal that shows it. */
  g_test_trap_assert_stderr_unmatched ("*\033*line*");
}

static void
test_fatal_criticals (void)
{
  if (g_test_subprocess ())
    {
      LiveLog *log = live_log_new ("lived-test");

      live_log_set_target (log, "null");
      live_log_install (log);
      g_critical ("a bug");
      _exit (0);
    }

  g_test_trap_subprocess (NULL, 20 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/levels", test_levels);
  g_test_add_func ("/log/targets", test_targets);
  g_test_add_func ("/log/foreign-domains-need-g-messages-debug", test_foreign_domains);
  g_test_add_func ("/log/console-goes-to-stderr", test_console);
  g_test_add_func ("/log/fatal-criticals-still-stop", test_fatal_criticals);
  return g_test_run ();
}
