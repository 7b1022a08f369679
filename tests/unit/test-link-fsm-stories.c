/* Owns: the stories from the field that made the link machine's rules.
 * Thread: main.
 * Called by: meson test. */
#include "fake/link-world.h"

#define HOUR_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* A server that lets everybody in and throws everybody out. */
static void
test_hostile_server_bounds_the_dial_rate (void)
{
  LinkWorld world = link_world_new ();
  gint64 started_us = world.now_us;

  link_world_tell (&world, LIVE_LINK_EV_WANT);
  while (world.now_us - started_us < HOUR_US)
    {
      if (world.fsm.state == LIVE_LINK_PREPARING)
        {
          link_world_go_online (&world);
          link_world_wait_ms (&world, 50);
          /* Even an answer does not prove so young a connection. */
          link_world_tell (&world, LIVE_LINK_EV_PROVEN);
          link_world_end (&world, LIVE_CLOSE_RESUME, FALSE);
        }
      else
        {
          g_assert_true (world.has_timer);
          link_world_wait_ms (&world, world.delay_ms);
          link_world_tell (&world, LIVE_LINK_EV_TIMER);
        }
    }

  g_assert_cmpuint (world.n_opens, <=, live_backoff_defaults.budget + 4);
  g_assert_cmpuint (world.n_give_ups, >, 0);
}

/* goAway with 300 s, one second after each connect (seen on 3.8): no rotation a second. */
static void
test_go_away_loop_is_slow (void)
{
  LinkWorld world = link_world_new ();
  gint64 started_us = world.now_us;

  link_world_go_online (&world);
  while (world.now_us - started_us < HOUR_US)
    {
      link_world_wait_ms (&world, 1000);
      link_world_warn (&world, 300 * 1000);
      g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_LEAVING);
      /* Always quiet: it asks when the time has come, and is answered. */
      g_assert_false (world.last & LIVE_LINK_DO_ASK_QUIET);
      link_world_wait_ms (&world, world.delay_ms);
      link_world_tell (&world, LIVE_LINK_EV_TIMER);
      g_assert_true (world.last & LIVE_LINK_DO_ASK_QUIET);
      link_world_tell (&world, LIVE_LINK_EV_QUIET);
      g_assert_cmpstr (live_link_fsm_public_name (&world.fsm), ==, "rotating");
      link_world_end (&world, LIVE_CLOSE_DONE, FALSE);
      link_world_go_online (&world);
    }
  g_assert_cmpuint (world.n_opens, <=, 25);
}

static void
test_go_away_waits_for_quiet (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_READY);

  link_world_wait_ms (&world, 9 * 60 * 1000);
  g_assert_true (link_world_warn (&world, 50 * 1000) & LIVE_LINK_DO_ASK_QUIET);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_LEAVING);
  g_assert_cmpstr (live_link_fsm_public_name (&world.fsm), ==, "online");
  g_assert_cmpuint (world.delay_ms, ==, 40 * 1000);
  link_world_wait_ms (&world, 20 * 1000);
  g_assert_true (link_world_tell (&world, LIVE_LINK_EV_QUIET) & LIVE_LINK_DO_CLOSE);
  g_assert_false (link_world_tell (&world, LIVE_LINK_EV_CREDENTIAL) & LIVE_LINK_DO_OPEN);
  link_world_end (&world, LIVE_CLOSE_DONE, FALSE);
  g_assert_true (link_world_tell (&world, LIVE_LINK_EV_CREDENTIAL) & LIVE_LINK_DO_OPEN);
}

static void
test_go_away_deadline_comes_first (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_READY);

  link_world_wait_ms (&world, 60 * 1000);
  link_world_warn (&world, 50 * 1000);
  /* A second, shorter notice wins; a longer one does not. */
  link_world_warn (&world, 20 * 1000);
  g_assert_cmpuint (world.delay_ms, ==, 16 * 1000);
  link_world_warn (&world, 300 * 1000);
  g_assert_cmpuint (world.delay_ms, <=, 16 * 1000);
  link_world_wait_ms (&world, 16 * 1000);
  g_assert_true (link_world_tell (&world, LIVE_LINK_EV_TIMER) & LIVE_LINK_DO_FAIL_PENDING);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_CLOSING);
}

static void
test_go_away_without_time (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_READY);

  /* Who is quiet goes at once; an answer under way may use what is left. */
  link_world_wait_ms (&world, 60 * 1000);
  g_assert_true (link_world_warn (&world, 0) & LIVE_LINK_DO_ASK_QUIET);
  g_assert_cmpuint (world.delay_ms, ==, 3000);
  g_assert_true (link_world_tell (&world, LIVE_LINK_EV_QUIET) & LIVE_LINK_DO_CLOSE);
  link_world_end (&world, LIVE_CLOSE_DONE, FALSE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);

  /* To every newcomer: the second time costs a wait. */
  for (guint i = 0; i < 2; i++)
    {
      link_world_go_online (&world);
      link_world_warn (&world, 0);
      g_assert_cmpuint (world.delay_ms, ==, 3000);
      link_world_wait_ms (&world, 3000);
      g_assert_true (link_world_tell (&world, LIVE_LINK_EV_TIMER) & LIVE_LINK_DO_CLOSE);
      link_world_end (&world, LIVE_CLOSE_DONE, FALSE);
    }
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BACKOFF);
}

static void
test_own_changes_are_gathered (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_READY);

  link_world_tell (&world, LIVE_LINK_EV_ROTATE);
  g_assert_cmpuint (world.delay_ms, ==, 250);
  link_world_wait_ms (&world, 100);
  link_world_tell (&world, LIVE_LINK_EV_ROTATE);
  /* Not yet: another change may follow. */
  g_assert_cmpint (link_world_tell (&world, LIVE_LINK_EV_QUIET), ==, 0);
  link_world_wait_ms (&world, 150);
  g_assert_true (link_world_tell (&world, LIVE_LINK_EV_TIMER) & LIVE_LINK_DO_ASK_QUIET);
  link_world_tell (&world, LIVE_LINK_EV_QUIET);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_CLOSING);
}

static void
test_change_during_setup_is_not_lost (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_SETUP);

  link_world_tell (&world, LIVE_LINK_EV_ROTATE);
  link_world_tell (&world, LIVE_LINK_EV_SETUP_DONE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_LEAVING);
}

static void
test_bad_handle_is_used_once (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_SETUP);

  g_assert_true (link_world_end (&world, LIVE_CLOSE_FRESH, TRUE) & LIVE_LINK_DO_CLEAR_HANDLE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);
  link_world_tell (&world, LIVE_LINK_EV_CREDENTIAL);
  link_world_tell (&world, LIVE_LINK_EV_OPENED);
  /* The same verdict again is not free any more. */
  link_world_end (&world, LIVE_CLOSE_FRESH, FALSE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BACKOFF);
}

static void
test_resume_that_dies_twice_is_given_up (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_READY);

  link_world_wait_ms (&world, 60 * 1000);
  link_world_tell (&world, LIVE_LINK_EV_STABLE_TIMER);
  g_assert_false (link_world_end (&world, LIVE_CLOSE_RESUME, TRUE) & LIVE_LINK_DO_CLEAR_HANDLE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);
  link_world_go_online (&world);
  g_assert_false (link_world_end (&world, LIVE_CLOSE_RESUME, TRUE) & LIVE_LINK_DO_CLEAR_HANDLE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BACKOFF);
  link_world_go_online (&world);
  g_assert_true (link_world_end (&world, LIVE_CLOSE_RESUME, TRUE) & LIVE_LINK_DO_CLEAR_HANDLE);
}

static void
test_correction_happens_once (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_SETUP);

  g_assert_true (link_world_end (&world, LIVE_CLOSE_CORRECT, FALSE) & LIVE_LINK_DO_CORRECT);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);
  link_world_tell (&world, LIVE_LINK_EV_CREDENTIAL);
  link_world_tell (&world, LIVE_LINK_EV_OPENED);
  g_assert_true (link_world_end (&world, LIVE_CLOSE_CORRECT, FALSE) & LIVE_LINK_DO_GIVE_UP);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BLOCKED);
}

static void
test_permanent_stops_at_once (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_SETUP);

  g_assert_true (link_world_end (&world, LIVE_CLOSE_STOP, FALSE) & LIVE_LINK_DO_GIVE_UP);
  g_assert_false (world.has_timer);
  /* No hope from outside counts, only a human. */
  link_world_wait_ms (&world, 60 * 1000);
  link_world_tell (&world, LIVE_LINK_EV_NETWORK_UP);
  link_world_tell (&world, LIVE_LINK_EV_WAKE);
  link_world_tell (&world, LIVE_LINK_EV_ROTATE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BLOCKED);
  link_world_tell (&world, LIVE_LINK_EV_WANT);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);
}

static void
test_overload_is_left_alone (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_SETUP);

  link_world_end (&world, LIVE_CLOSE_RETRY_SLOWLY, FALSE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BACKOFF);
  g_assert_cmpuint (world.delay_ms, >=, 7500);
  /* Impatience does not hit an overloaded service. */
  link_world_wait_ms (&world, 5000);
  g_assert_cmpint (link_world_tell (&world, LIVE_LINK_EV_WANT), ==, 0);
}

/* Somebody asks in the middle of a wait: one dial, at once or as soon as the gap allows. */
static void
test_impatience_ends_a_wait (void)
{
  static const struct
  {
    gint64 wait_ms;      /* after the loss, which came 100 ms after the dial */
    guint left_ms;       /* of the wait, after Connect; 0: it dials */
    gboolean is_closing; /* the old socket was still there */
  } cases[] = {
    { 0, 900, FALSE },  { 300, 600, FALSE }, { 899, 1, FALSE },  { 900, 0, FALSE },
    { 5000, 0, FALSE }, { 0, 900, TRUE },    { 300, 600, TRUE }, { 5000, 0, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LinkWorld world = link_world_in (LIVE_LINK_CONNECTING);
      LiveLinkEvent fault = { .kind = LIVE_LINK_EV_FAULT, .loss.action = LIVE_CLOSE_RETRY };

      world.fsm.backoff.limits.base_ms = world.fsm.backoff.limits.cap_ms = 30 * 1000;
      world.fsm.dialled_us = world.now_us;
      link_world_wait_ms (&world, 100);
      if (cases[i].is_closing)
        link_world_feed (&world, fault);
      else
        link_world_end (&world, LIVE_CLOSE_RETRY, FALSE);
      link_world_wait_ms (&world, cases[i].wait_ms);
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      if (cases[i].is_closing)
        link_world_end (&world, LIVE_CLOSE_DONE, FALSE);

      g_test_message ("%u: %s, %u ms", i, live_link_fsm_public_name (&world.fsm), world.delay_ms);
      if (cases[i].left_ms > 0)
        {
          g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BACKOFF);
          g_assert_cmpuint (world.delay_ms, ==, cases[i].left_ms);
          /* Asking again does not put it off. */
          link_world_tell (&world, LIVE_LINK_EV_WANT);
          g_assert_cmpint (world.last, ==, 0);
          link_world_wait_ms (&world, world.delay_ms);
          link_world_tell (&world, LIVE_LINK_EV_TIMER);
        }
      g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);
    }
}

/* A wait that is over before the gap is not made longer by asking. */
static void
test_impatience_never_delays (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_CONNECTING);

  world.fsm.backoff.limits.base_ms = world.fsm.backoff.limits.cap_ms = 200;
  world.fsm.dialled_us = world.now_us;
  link_world_end (&world, LIVE_CLOSE_RETRY, FALSE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_BACKOFF);
  g_assert_cmpuint (world.delay_ms, <=, 200);
  g_assert_cmpint (link_world_tell (&world, LIVE_LINK_EV_WANT), ==, 0);
}

static void
test_fault_with_open_socket_closes_it_first (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_READY);
  LiveLinkEvent fault = { .kind = LIVE_LINK_EV_FAULT, .loss.action = LIVE_CLOSE_STOP };

  g_assert_true (link_world_feed (&world, fault) & LIVE_LINK_DO_CLOSE);
  g_assert_false (world.last & LIVE_LINK_DO_GIVE_UP);
  g_assert_cmpstr (live_link_fsm_public_name (&world.fsm), ==, "blocked");
  g_assert_true (link_world_end (&world, LIVE_CLOSE_DONE, FALSE) & LIVE_LINK_DO_GIVE_UP);
}

static void
test_sleep_closes_and_wake_returns (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_READY);

  g_assert_true (link_world_tell (&world, LIVE_LINK_EV_SLEEP) & LIVE_LINK_DO_CLOSE);
  link_world_end (&world, LIVE_CLOSE_DONE, FALSE);
  g_assert_cmpstr (live_link_fsm_public_name (&world.fsm), ==, "suspended");
  link_world_tell (&world, LIVE_LINK_EV_WAKE);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);

  /* A sleep that never happened does not leave it dead. */
  link_world_tell (&world, LIVE_LINK_EV_SLEEP);
  link_world_wait_ms (&world, world.delay_ms);
  link_world_tell (&world, LIVE_LINK_EV_TIMER);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_PREPARING);
}

static void
test_age_limit_rotates (void)
{
  LinkWorld world = link_world_new ();

  world.fsm.limits.max_age_ms = 540 * 1000;
  link_world_go_online (&world);
  g_assert_cmpuint (world.delay_ms, ==, 540 * 1000);
  link_world_wait_ms (&world, world.delay_ms);
  link_world_tell (&world, LIVE_LINK_EV_TIMER);
  g_assert_cmpint (world.fsm.state, ==, LIVE_LINK_LEAVING);
}

static void
test_proof_needs_age (void)
{
  LinkWorld world = link_world_in (LIVE_LINK_BACKOFF);

  link_world_go_online (&world);
  g_assert_cmpuint (world.fsm.backoff.attempts, ==, 1);
  link_world_wait_ms (&world, 4000);
  link_world_tell (&world, LIVE_LINK_EV_PROVEN);
  g_assert_cmpuint (world.fsm.backoff.attempts, ==, 1);
  g_assert_cmpuint (world.stable_ms, ==, 6000);
  link_world_wait_ms (&world, 6000);
  link_world_tell (&world, LIVE_LINK_EV_STABLE_TIMER);
  g_assert_cmpuint (world.fsm.backoff.attempts, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-fsm-stories/hostile-server-bounds-the-dial-rate",
                   test_hostile_server_bounds_the_dial_rate);
  g_test_add_func ("/link-fsm-stories/go-away-loop-is-slow", test_go_away_loop_is_slow);
  g_test_add_func ("/link-fsm-stories/go-away-waits-for-quiet", test_go_away_waits_for_quiet);
  g_test_add_func ("/link-fsm-stories/go-away-deadline-comes-first",
                   test_go_away_deadline_comes_first);
  g_test_add_func ("/link-fsm-stories/go-away-without-time", test_go_away_without_time);
  g_test_add_func ("/link-fsm-stories/own-changes-are-gathered", test_own_changes_are_gathered);
  g_test_add_func ("/link-fsm-stories/change-during-setup-is-not-lost",
                   test_change_during_setup_is_not_lost);
  g_test_add_func ("/link-fsm-stories/bad-handle-is-used-once", test_bad_handle_is_used_once);
  g_test_add_func ("/link-fsm-stories/resume-that-dies-twice-is-given-up",
                   test_resume_that_dies_twice_is_given_up);
  g_test_add_func ("/link-fsm-stories/correction-happens-once", test_correction_happens_once);
  g_test_add_func ("/link-fsm-stories/permanent-stops-at-once", test_permanent_stops_at_once);
  g_test_add_func ("/link-fsm-stories/overload-is-left-alone", test_overload_is_left_alone);
  g_test_add_func ("/link-fsm-stories/impatience-ends-a-wait", test_impatience_ends_a_wait);
  g_test_add_func ("/link-fsm-stories/impatience-never-delays", test_impatience_never_delays);
  g_test_add_func ("/link-fsm-stories/fault-with-open-socket-closes-it-first",
                   test_fault_with_open_socket_closes_it_first);
  g_test_add_func ("/link-fsm-stories/sleep-closes-and-wake-returns",
                   test_sleep_closes_and_wake_returns);
  g_test_add_func ("/link-fsm-stories/age-limit-rotates", test_age_limit_rotates);
  g_test_add_func ("/link-fsm-stories/proof-needs-age", test_proof_needs_age);
  return g_test_run ();
}
