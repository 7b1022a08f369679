/* When a resumed session is given up, and when it is not. */
#include "machine/live-context-guard.h"

#include <locale.h>
#include <string.h>

/* A story is a string, one letter an event; digits after U are the prompt's tokens in hundreds.
 * F fresh, R resumed, A asked, O output, U usage, L lost, T timer, N forgotten.
 * Expected: one letter an event: - nothing, a arm, d disarm, X abandon, D disarm and abandon. */
typedef struct
{
  const char *name, *events, *expected, *verdict;
} Story;

static const Story stories[] = {
  { "fresh-is-never-judged", "F A O U9 L", "- - - - -", "sound" },
  { "fresh-silence-is-not-ours", "F A T", "- - -", "sound" },
  { "resumed-answers", "F U9 L R A O U9", "- - - - a d -", "sound" },
  { "resumed-silent", "R A T", "- a X", "silent" },
  { "asked-twice-arms-once", "R A A O", "- a - d", "sound" },
  { "asked-after-answer", "R A O A", "- a d -", "sound" },
  { "stale-timer", "R A O T", "- a d -", "sound" },
  { "loss-alone-says-nothing", "R L R L", "- - - -", "sound" },
  { "collapse", "F U40 L R U4", "- - - - X", "collapsed" },
  { "collapse-while-armed", "F U40 L R A U4", "- - - - a D", "collapsed" },
  { "growth", "F U40 L R U42", "- - - - -", "sound" },
  { "mild-shrinking", "F U40 L R U15", "- - - - -", "sound" },
  { "too-small-to-judge", "F U3 L R U0 U0", "- - - - - -", "sound" },
  { "compression-is-no-collapse", "F U250 L R U41", "- - - - -", "sound" },
  { "below-compression", "F U250 L R U20", "- - - - X", "collapsed" },
  { "only-the-first-figure-tells", "F U40 L R U41 U4", "- - - - - -", "sound" },
  { "abandoned-once", "R A T F A T", "- a X - - -", "sound" },
  { "forgotten", "F U40 N L R U4", "- - - - - -", "sound" },
  { "forgotten-while-armed", "R A N T", "- a d -", "sound" },
  { "asked-while-offline", "R L A", "- - -", "sound" },
};

static const char letters[] = "FRAOULTN";

static char
to_letter (LiveContextActions actions)
{
  gboolean disarms = (actions & LIVE_CONTEXT_DO_DISARM) != 0;

  if ((actions & LIVE_CONTEXT_DO_ABANDON) != 0)
    return disarms ? 'D' : 'X';
  if ((actions & LIVE_CONTEXT_DO_ARM) != 0)
    return 'a';
  return disarms ? 'd' : '-';
}

static void
test_story (gconstpointer data)
{
  const Story *story = data;
  g_auto (GStrv) events = g_strsplit (story->events, " ", -1);
  g_autoptr (GString) done = g_string_new (NULL);
  LiveContextGuard guard;

  live_context_guard_init (&guard, &live_context_limits_default);
  for (guint i = 0; events[i] != NULL; i++)
    {
      LiveContextEvent event = { (LiveContextEventKind) (strchr (letters, events[i][0]) - letters),
                                 (guint) g_ascii_strtoull (events[i] + 1, NULL, 10) * 100 };

      if (i > 0)
        g_string_append_c (done, ' ');
      g_string_append_c (done, to_letter (live_context_guard_step (&guard, &event)));
    }

  g_assert_cmpstr (done->str, ==, story->expected);
  g_assert_cmpstr (live_context_guard_verdict (&guard), ==, story->verdict);
}

/* Whatever happens: a timer is armed only while a resumed session is online and unanswered,
 * and nothing is abandoned twice without a resumption in between. */
static void
test_walk (void)
{
  LiveContextGuard guard;
  gboolean may_abandon = FALSE;

  live_context_guard_init (&guard, &live_context_limits_default);
  for (guint i = 0; i < 200000; i++)
    {
      LiveContextEvent event = { (LiveContextEventKind) g_test_rand_int_range (
                                     0, LIVE_CONTEXT_N_EVENTS),
                                 (guint) g_test_rand_int_range (0, 30000) };
      gboolean was_armed = guard.is_armed;
      LiveContextActions actions = live_context_guard_step (&guard, &event);

      if (event.kind == LIVE_CONTEXT_EV_ONLINE_RESUMED)
        may_abandon = TRUE;
      if ((actions & LIVE_CONTEXT_DO_ABANDON) != 0)
        {
          g_assert_true (may_abandon);
          may_abandon = FALSE;
        }
      g_assert_true (!guard.is_armed || (guard.is_online && guard.is_resumed));
      if ((actions & LIVE_CONTEXT_DO_ARM) != 0)
        g_assert_true (guard.is_armed && !was_armed);
      if ((actions & LIVE_CONTEXT_DO_DISARM) != 0)
        g_assert_true (was_armed && !guard.is_armed);
    }
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (stories); i++)
    {
      g_autofree char *path = g_strconcat ("/context-guard/", stories[i].name, NULL);

      g_test_add_data_func (path, &stories[i], test_story);
    }
  g_test_add_func ("/context-guard/walk", test_walk);

  return g_test_run ();
}
