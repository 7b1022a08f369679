/* Owns: the proof of the link machine: every state with every event, and random abuse.
 * Thread: main.
 * Called by: meson test. */
#include "fake/link-world.h"

/* One letter a target state; '.' = the event is ignored there on purpose (no action, no change),
 * '=' = acts but stays. Columns in the order of LiveLinkEventKind:
 * Want Unwant Credential Refused Opened SetupDone Closed Fault Timer Stable Proven GoAway Rotate
 * rotateNow Quiet rePaired Down Up Sleep waKe. The clock stands 5 s after the state was reached. */
static const char letters[] = "OPCSRLXBKWZ";
static const char *const table[LIVE_LINK_N_STATES] = {
  /* clang-format off */
  /*                              WUCROSCFTSPGRNQPDUSK */
  [LIVE_LINK_OFF] =             "P...................",
  [LIVE_LINK_PREPARING] =       ".OCK....B......=W.Z.",
  [LIVE_LINK_CONNECTING] =      ".X..S.BXX....X..X.X.",
  [LIVE_LINK_SETUP] =           ".X...RBXX....X..X.X.",
  [LIVE_LINK_READY] =           ".X....BXL==LLX..X.X.",
  [LIVE_LINK_LEAVING] =         ".X....BX=====XX.X.X.",
  [LIVE_LINK_CLOSING] =         ".=....P.=.......=.=.",
  [LIVE_LINK_BACKOFF] =         "PO......P......PWPZP",
  [LIVE_LINK_BLOCKED] =         "PO......P......P....",
  [LIVE_LINK_WAITING_NETWORK] = "PO......P......P=PZ=",
  [LIVE_LINK_SUSPENDED] =       ".O......P......====P",
  /* clang-format on */
};

static void
test_every_state_with_every_event (void)
{
  for (guint s = 0; s < LIVE_LINK_N_STATES; s++)
    for (guint e = 0; e < LIVE_LINK_N_EVENTS; e++)
      {
        LinkWorld world = link_world_in (s);
        LiveLinkFsm before;
        char expected = table[s][e];

        link_world_wait_ms (&world, 5000);
        before = world.fsm;
        link_world_tell (&world, e);
        g_test_message ("%s + %s -> %s", live_link_fsm_state_to_string (s),
                        live_link_fsm_event_to_string (e),
                        live_link_fsm_state_to_string (world.fsm.state));
        if (expected == '.')
          {
            g_assert_cmpint (world.last, ==, 0);
            g_assert_cmpint (world.fsm.state, ==, before.state);
          }
        else if (expected == '=')
          {
            g_assert_cmpint (world.last, !=, 0);
            g_assert_cmpint (world.fsm.state, ==, before.state);
          }
        else
          {
            g_assert_true (world.last & LIVE_LINK_DO_PUBLISH);
            g_assert_cmpint (letters[world.fsm.state], ==, expected);
          }
      }
}

/* What leads on; pure chance would hardly ever come online. */
static LiveLinkEventKind
step_on (const LinkWorld *world)
{
  if (!world->fsm.is_wanted)
    return LIVE_LINK_EV_WANT;
  if (world->fsm.is_asleep)
    return LIVE_LINK_EV_WAKE;
  if (world->fsm.is_network_down)
    return LIVE_LINK_EV_NETWORK_UP;
  if (world->fsm.state == LIVE_LINK_PREPARING)
    return LIVE_LINK_EV_CREDENTIAL;
  if (world->fsm.state == LIVE_LINK_CONNECTING)
    return LIVE_LINK_EV_OPENED;
  if (world->fsm.state == LIVE_LINK_SETUP)
    return LIVE_LINK_EV_SETUP_DONE;
  return world->fsm.state == LIVE_LINK_CLOSING ? LIVE_LINK_EV_CLOSED : LIVE_LINK_EV_TIMER;
}

static LiveLinkEvent
draw_event (GRand *rand, LinkWorld *world)
{
  LiveLinkEvent event = { .kind = g_rand_int_range (rand, 0, LIVE_LINK_N_EVENTS),
                          .random = g_rand_int (rand) };

  if (g_rand_boolean (rand))
    event.kind = step_on (world);
  event.loss.action = g_rand_int_range (rand, 0, LIVE_CLOSE_STOP + 1);
  event.loss.was_resumed = g_rand_boolean (rand);
  event.loss.reached_service = g_rand_boolean (rand);
  event.loss.retry_after_us = g_rand_int_range (rand, 0, 8) == 0 ? 5000000 : 0;
  event.time_left_us = g_rand_int_range (rand, -1, 400) * G_USEC_PER_SEC;
  return event;
}

/* What can't happen in the world is not asked of the machine: the executor drops stale timers,
 * and a transport says nothing while there is no socket. */
static gboolean
is_possible (const LinkWorld *world, LiveLinkEventKind kind)
{
  if (kind == LIVE_LINK_EV_TIMER)
    return world->has_timer;
  if (kind == LIVE_LINK_EV_STABLE_TIMER)
    return world->has_stable_timer;
  if (kind == LIVE_LINK_EV_CLOSED || kind == LIVE_LINK_EV_OPENED ||
      kind == LIVE_LINK_EV_SETUP_DONE || kind == LIVE_LINK_EV_FAULT || kind == LIVE_LINK_EV_GO_AWAY)
    return world->has_socket;

  return TRUE;
}

static void
test_random_abuse (void)
{
  for (guint32 seed = 1; seed <= 20; seed++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      LinkWorld world = link_world_new ();
      guint seen[LIVE_LINK_N_STATES] = { 0 };

      for (guint i = 0; i < 50000; i++)
        {
          LiveLinkEvent event = draw_event (rand, &world);

          if (!is_possible (&world, event.kind))
            continue;
          link_world_wait_ms (&world, g_rand_int_range (rand, 0, 3000));
          link_world_feed (&world, event);
          seen[world.fsm.state]++;
        }
      for (guint s = 0; s < LIVE_LINK_N_STATES; s++)
        g_assert_cmpuint (seen[s], >, 0);
    }
}

static void
test_words_are_complete (void)
{
  for (guint s = 0; s < LIVE_LINK_N_STATES; s++)
    {
      LinkWorld world = link_world_in (s);

      g_assert_cmpstr (live_link_fsm_state_to_string (s), !=, "unknown");
      g_assert_nonnull (live_link_fsm_public_name (&world.fsm));
    }
  for (guint e = 0; e < LIVE_LINK_N_EVENTS; e++)
    g_assert_cmpstr (live_link_fsm_event_to_string (e), !=, "unknown");
  g_assert_cmpstr (live_link_fsm_event_to_string (LIVE_LINK_N_EVENTS), ==, "unknown");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-fsm/every-state-with-every-event", test_every_state_with_every_event);
  g_test_add_func ("/link-fsm/random-abuse", test_random_abuse);
  g_test_add_func ("/link-fsm/words-are-complete", test_words_are_complete);
  return g_test_run ();
}
