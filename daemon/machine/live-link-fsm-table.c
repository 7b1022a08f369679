/* Owns: the link machine's start and usual limits, its verdict on a loss, and its words.
 * Thread: any.
 * Called by: core/live-link.c and tests. */
#include "machine/live-link-fsm.h"

/* Two quick deaths of a resumed session: the handle leads into a broken state. */
#define RESUME_FAILURES_MAX 2

#define SECOND_MS 1000u
#define MINUTE_MS (60 * SECOND_MS)

const LiveLinkLimits live_link_limits_default = {
  .credential_ms = 15 * SECOND_MS,
  .connect_ms = 10 * SECOND_MS,
  .setup_ms = 15 * SECOND_MS,
  .close_ms = 3 * SECOND_MS,
  .gather_ms = 250,
  .patience_ms = 2 * MINUTE_MS,
  .max_age_ms = 0,
  .min_age_ms = 20 * SECOND_MS,
  .proof_ms = 10 * SECOND_MS,
  .idle_proof_ms = MINUTE_MS,
  .dial_gap_ms = 1 * SECOND_MS,
  .slow_retry_ms = 15 * MINUTE_MS,
  .network_probe_ms = MINUTE_MS,
  .sleep_guard_ms = MINUTE_MS,
  .backoff = { .base_ms = 500,
               .cap_ms = MINUTE_MS,
               .slow_base_ms = 15 * SECOND_MS,
               .slow_cap_ms = 5 * MINUTE_MS,
               .budget = 20 },
};

void
live_link_fsm_init (LiveLinkFsm *fsm, const LiveLinkLimits *limits)
{
  *fsm = (LiveLinkFsm){ .state = LIVE_LINK_OFF, .limits = *limits };
  live_backoff_init (&fsm->backoff, &limits->backoff);
}

gboolean
live_link_fsm_is_online (const LiveLinkFsm *fsm)
{
  return fsm->state == LIVE_LINK_READY || fsm->state == LIVE_LINK_LEAVING;
}

const char *
live_link_fsm_state_to_string (LiveLinkState state)
{
  static const char *const names[] = {
    [LIVE_LINK_OFF] = "off",
    [LIVE_LINK_PREPARING] = "preparing",
    [LIVE_LINK_CONNECTING] = "connecting",
    [LIVE_LINK_SETUP] = "setup",
    [LIVE_LINK_READY] = "ready",
    [LIVE_LINK_LEAVING] = "leaving",
    [LIVE_LINK_CLOSING] = "closing",
    [LIVE_LINK_BACKOFF] = "backoff",
    [LIVE_LINK_BLOCKED] = "blocked",
    [LIVE_LINK_WAITING_NETWORK] = "waiting-network",
    [LIVE_LINK_SUSPENDED] = "suspended",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == LIVE_LINK_N_STATES);
  return (guint) state < G_N_ELEMENTS (names) ? names[state] : "unknown";
}

const char *
live_link_fsm_event_to_string (LiveLinkEventKind kind)
{
  static const char *const names[] = {
    [LIVE_LINK_EV_WANT] = "want",
    [LIVE_LINK_EV_UNWANT] = "unwant",
    [LIVE_LINK_EV_CREDENTIAL] = "credential",
    [LIVE_LINK_EV_REFUSED] = "refused",
    [LIVE_LINK_EV_OPENED] = "opened",
    [LIVE_LINK_EV_SETUP_DONE] = "setup-done",
    [LIVE_LINK_EV_CLOSED] = "closed",
    [LIVE_LINK_EV_FAULT] = "fault",
    [LIVE_LINK_EV_TIMER] = "timer",
    [LIVE_LINK_EV_STABLE_TIMER] = "stable-timer",
    [LIVE_LINK_EV_PROVEN] = "proven",
    [LIVE_LINK_EV_GO_AWAY] = "go-away",
    [LIVE_LINK_EV_ROTATE] = "rotate",
    [LIVE_LINK_EV_ROTATE_NOW] = "rotate-now",
    [LIVE_LINK_EV_QUIET] = "quiet",
    [LIVE_LINK_EV_REPAIRED] = "repaired",
    [LIVE_LINK_EV_NETWORK_DOWN] = "network-down",
    [LIVE_LINK_EV_NETWORK_UP] = "network-up",
    [LIVE_LINK_EV_SLEEP] = "sleep",
    [LIVE_LINK_EV_WAKE] = "wake",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == LIVE_LINK_N_EVENTS);
  return (guint) kind < G_N_ELEMENTS (names) ? names[kind] : "unknown";
}

/* How soon the next dial follows a loss. */
LiveBackoffPace
live_link_fsm_choose_pace (const LiveLinkFsm *fsm, LiveCloseAction action)
{
  if (action == LIVE_CLOSE_RETRY_SLOWLY)
    return LIVE_BACKOFF_SLOW;
  if (action == LIVE_CLOSE_RESUME || action == LIVE_CLOSE_CORRECT ||
      (action == LIVE_CLOSE_FRESH && !fsm->was_freshened))
    return LIVE_BACKOFF_AT_ONCE;
  /* A connection that had worked deserves one immediate return even if the reason is unclear. */
  if (fsm->is_proven && live_link_fsm_is_online (fsm))
    return LIVE_BACKOFF_AT_ONCE;

  return LIVE_BACKOFF_NORMAL;
}

/* Two quick deaths of a resumed session and its handle is given up: the state behind it is
 * broken, and it would be tried for ever. */
gboolean
live_link_fsm_condemn_handle (LiveLinkFsm *fsm, const LiveLinkEvent *event)
{
  const LiveLinkLoss *loss = &event->loss;
  gboolean is_young = !live_link_fsm_is_online (fsm) ||
                      event->now_us - fsm->online_us < (gint64) fsm->limits.proof_ms * 1000;

  if (loss->action == LIVE_CLOSE_FRESH)
    fsm->resume_failures = RESUME_FAILURES_MAX;
  else if (loss->was_resumed && loss->reached_service && is_young && !fsm->is_answered &&
           loss->action != LIVE_CLOSE_RETRY_SLOWLY)
    fsm->resume_failures++;

  if (fsm->resume_failures < RESUME_FAILURES_MAX)
    return FALSE;

  fsm->resume_failures = 0;
  return TRUE;
}

/* While the old socket goes, what matters to people is what comes after. */
static const char *
name_closing (const LiveLinkFsm *fsm)
{
  if (!fsm->is_wanted)
    return "offline";
  if (fsm->after_close == LIVE_LINK_BLOCKED)
    return "blocked";
  if (fsm->is_asleep)
    return "suspended";
  if (fsm->is_network_down)
    return "waiting-network";
  if (fsm->is_rotating)
    return "rotating";

  return fsm->after_close == LIVE_LINK_BACKOFF ? "backoff" : "connecting";
}

const char *
live_link_fsm_public_name (const LiveLinkFsm *fsm)
{
  switch (fsm->state)
    {
    case LIVE_LINK_OFF:
      return "offline";
    case LIVE_LINK_PREPARING:
    case LIVE_LINK_CONNECTING:
    case LIVE_LINK_SETUP:
      return fsm->is_rotating ? "rotating" : "connecting";
    case LIVE_LINK_READY:
    case LIVE_LINK_LEAVING:
      return "online";
    case LIVE_LINK_CLOSING:
      return name_closing (fsm);
    case LIVE_LINK_BACKOFF:
      return "backoff";
    case LIVE_LINK_BLOCKED:
      return "blocked";
    case LIVE_LINK_WAITING_NETWORK:
      return "waiting-network";
    case LIVE_LINK_SUSPENDED:
      return "suspended";
    case LIVE_LINK_N_STATES:
      break;
    }

  return "offline";
}
