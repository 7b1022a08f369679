/* Owns: the invariants of the link machine.
 * Thread: the test's.
 * Called by: tests/unit/test-link-fsm*.c. */
#include "fake/link-world.h"

#define START_US (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)

static void
check_step (LinkWorld *world, gboolean was_online)
{
  const LiveLinkFsm *fsm = &world->fsm;
  LiveLinkActions did = world->last;
  gboolean is_online = live_link_fsm_is_online (fsm);

  g_assert_true (fsm->has_socket == world->has_socket);
  g_assert_true (is_online == world->is_online);
  g_assert_false ((did & LIVE_LINK_DO_ARM) && (did & LIVE_LINK_DO_DISARM));
  /* Every loss is told, once, and only losses are. */
  g_assert_true (!!(did & LIVE_LINK_DO_FAIL_PENDING) == (was_online && !is_online));
  g_assert_true (!!(did & LIVE_LINK_DO_ONLINE) == (!was_online && is_online));

  switch (fsm->state)
    {
    case LIVE_LINK_OFF:
      g_assert_false (fsm->is_wanted);
      g_assert_false (world->has_timer);
      g_assert_false (world->has_socket);
      break;
    case LIVE_LINK_BLOCKED:
      g_assert_true (fsm->is_wanted);
      g_assert_false (world->has_socket);
      g_assert_true (world->has_timer == fsm->is_budget_spent);
      break;
    case LIVE_LINK_READY:
      /* Woken from outside by its socket; by a timer too when it has an age limit. */
      g_assert_true (world->has_socket);
      break;
    case LIVE_LINK_CONNECTING:
    case LIVE_LINK_SETUP:
    case LIVE_LINK_LEAVING:
    case LIVE_LINK_CLOSING:
      g_assert_true (world->has_socket);
      g_assert_true (world->has_timer);
      break;
    case LIVE_LINK_PREPARING:
    case LIVE_LINK_BACKOFF:
    case LIVE_LINK_WAITING_NETWORK:
    case LIVE_LINK_SUSPENDED:
      g_assert_false (world->has_socket);
      g_assert_true (world->has_timer);
      break;
    case LIVE_LINK_N_STATES:
      g_assert_not_reached ();
    }
  if (!is_online)
    g_assert_false (world->has_stable_timer);
}

LiveLinkActions
link_world_feed (LinkWorld *world, LiveLinkEvent event)
{
  gboolean was_online = world->is_online;
  LiveLinkOut out;

  event.now_us = world->now_us;
  if (event.kind == LIVE_LINK_EV_CLOSED)
    world->has_socket = FALSE;
  if (event.kind == LIVE_LINK_EV_TIMER)
    world->has_timer = FALSE;
  if (event.kind == LIVE_LINK_EV_STABLE_TIMER)
    world->has_stable_timer = FALSE;

  world->last = live_link_fsm_step (&world->fsm, &event, &out);
  if (world->last & LIVE_LINK_DO_FAIL_PENDING)
    {
      world->is_online = FALSE;
      world->n_fails++;
    }
  if (world->last & LIVE_LINK_DO_ONLINE)
    world->is_online = TRUE;
  if (world->last & LIVE_LINK_DO_DISARM)
    world->has_timer = FALSE;
  if (world->last & LIVE_LINK_DO_ARM)
    {
      g_assert_cmpuint (out.delay_ms, >, 0);
      world->has_timer = TRUE;
      world->delay_ms = out.delay_ms;
    }
  if (world->last & LIVE_LINK_DO_DISARM_STABLE)
    world->has_stable_timer = FALSE;
  if (world->last & LIVE_LINK_DO_ARM_STABLE)
    {
      world->has_stable_timer = TRUE;
      world->stable_ms = out.stable_ms;
    }
  if (world->last & LIVE_LINK_DO_OPEN)
    {
      /* The rule above all others: never a second socket. */
      g_assert_false (world->has_socket);
      world->has_socket = TRUE;
      world->n_opens++;
    }
  if (world->last & LIVE_LINK_DO_CLOSE)
    g_assert_true (world->has_socket);
  world->n_give_ups += !!(world->last & LIVE_LINK_DO_GIVE_UP);
  world->n_reports += !!(world->last & LIVE_LINK_DO_REPORT);
  check_step (world, was_online);
  return world->last;
}

LiveLinkActions
link_world_tell (LinkWorld *world, LiveLinkEventKind kind)
{
  return link_world_feed (
      world, (LiveLinkEvent){ .kind = kind,
                              .loss = { .action = LIVE_CLOSE_RETRY, .reached_service = TRUE } });
}

LiveLinkActions
link_world_end (LinkWorld *world, LiveCloseAction action, gboolean was_resumed)
{
  return link_world_feed (world, (LiveLinkEvent){ .kind = LIVE_LINK_EV_CLOSED,
                                                  .loss = { .action = action,
                                                            .was_resumed = was_resumed,
                                                            .reached_service = TRUE } });
}

LiveLinkActions
link_world_warn (LinkWorld *world, gint64 left_ms)
{
  return link_world_feed (
      world, (LiveLinkEvent){ .kind = LIVE_LINK_EV_GO_AWAY, .time_left_us = left_ms * 1000 });
}

void
link_world_wait_ms (LinkWorld *world, gint64 ms)
{
  world->now_us += ms * 1000;
}

LinkWorld
link_world_new (void)
{
  LinkWorld world = { .now_us = START_US };

  live_link_fsm_init (&world.fsm, &live_link_limits_default);
  return world;
}

void
link_world_go_online (LinkWorld *world)
{
  if (world->fsm.state == LIVE_LINK_OFF)
    link_world_tell (world, LIVE_LINK_EV_WANT);
  if (world->fsm.state == LIVE_LINK_BACKOFF)
    link_world_tell (world, LIVE_LINK_EV_TIMER);
  link_world_tell (world, LIVE_LINK_EV_CREDENTIAL);
  link_world_tell (world, LIVE_LINK_EV_OPENED);
  link_world_tell (world, LIVE_LINK_EV_SETUP_DONE);
  g_assert_true (live_link_fsm_is_online (&world->fsm));
}

LinkWorld
link_world_in (LiveLinkState state)
{
  LinkWorld world = link_world_new ();

  switch (state)
    {
    case LIVE_LINK_OFF:
      break;
    case LIVE_LINK_PREPARING:
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      break;
    case LIVE_LINK_CONNECTING:
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      link_world_tell (&world, LIVE_LINK_EV_CREDENTIAL);
      break;
    case LIVE_LINK_SETUP:
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      link_world_tell (&world, LIVE_LINK_EV_CREDENTIAL);
      link_world_tell (&world, LIVE_LINK_EV_OPENED);
      break;
    case LIVE_LINK_READY:
      link_world_go_online (&world);
      break;
    case LIVE_LINK_LEAVING:
      link_world_go_online (&world);
      link_world_tell (&world, LIVE_LINK_EV_ROTATE);
      break;
    case LIVE_LINK_CLOSING:
      link_world_go_online (&world);
      link_world_tell (&world, LIVE_LINK_EV_ROTATE_NOW);
      break;
    case LIVE_LINK_BACKOFF:
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      link_world_tell (&world, LIVE_LINK_EV_CREDENTIAL);
      link_world_end (&world, LIVE_CLOSE_RETRY, FALSE);
      break;
    case LIVE_LINK_BLOCKED:
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      link_world_tell (&world, LIVE_LINK_EV_REFUSED);
      break;
    case LIVE_LINK_WAITING_NETWORK:
      link_world_tell (&world, LIVE_LINK_EV_NETWORK_DOWN);
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      break;
    case LIVE_LINK_SUSPENDED:
      link_world_tell (&world, LIVE_LINK_EV_WANT);
      link_world_tell (&world, LIVE_LINK_EV_SLEEP);
      break;
    case LIVE_LINK_N_STATES:
      g_assert_not_reached ();
    }

  g_assert_cmpint (world.fsm.state, ==, state);
  return world;
}
