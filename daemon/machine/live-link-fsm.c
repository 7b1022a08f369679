/* Owns: the rules by which the link dials, keeps, renews and gives up its one socket.
 * Thread: any; plain values.
 * Called by: core/live-link.c. */
#include "machine/live-link-fsm.h"

/* A goAway with more time than this is a plan, not a warning (3.8 sends 300 s one second after
 * connecting); half of it is used before a quiet point counts. */
#define LONG_NOTICE_US (120 * (gint64) G_USEC_PER_SEC)
#define LAST_WORDS_US (3 * (gint64) G_USEC_PER_SEC) /* an answer may end before the server acts */

static gint64
to_us (guint ms)
{
  return (gint64) ms * 1000;
}

/* A timer that is never early: the rest of a millisecond counts as one. */
static guint
to_ms (gint64 us)
{
  return us <= 0 ? 0 : (guint) MIN ((us + 999) / 1000, (gint64) G_MAXINT);
}

/* A state that does not rest gets its timer here; the table test insists. */
static LiveLinkActions
enter (LiveLinkFsm *fsm,
       LiveLinkState state,
       LiveLinkActions actions,
       guint delay_ms,
       LiveLinkOut *out)
{
  fsm->state = state;
  out->delay_ms = delay_ms;
  return actions | LIVE_LINK_DO_PUBLISH | (delay_ms > 0 ? LIVE_LINK_DO_ARM : LIVE_LINK_DO_DISARM);
}

static LiveLinkActions
rest (LiveLinkFsm *fsm, LiveLinkState state, LiveLinkActions actions, LiveLinkOut *out)
{
  fsm->is_rotating = FALSE;
  return enter (fsm, state, actions, 0, out);
}

/* The only way to a socket. Whoever calls it has none. */
static LiveLinkActions
dial (LiveLinkFsm *fsm, LiveLinkActions actions, LiveLinkOut *out)
{
  if (!fsm->is_wanted)
    return rest (fsm, LIVE_LINK_OFF, actions, out);
  if (fsm->is_asleep)
    return enter (fsm, LIVE_LINK_SUSPENDED, actions, fsm->limits.sleep_guard_ms, out);
  if (fsm->is_network_down)
    return enter (fsm, LIVE_LINK_WAITING_NETWORK, actions, fsm->limits.network_probe_ms, out);

  fsm->is_slow = FALSE;
  fsm->wants_rotation = FALSE;
  fsm->earliest_us = fsm->deadline_us = 0;
  return enter (fsm, LIVE_LINK_PREPARING, actions | LIVE_LINK_DO_ASK_CREDENTIAL,
                fsm->limits.credential_ms, out);
}

static LiveLinkActions
block (LiveLinkFsm *fsm, LiveLinkActions actions, LiveLinkOut *out)
{
  fsm->is_rotating = FALSE;
  /* A spent budget heals by itself, rarely; everything else needs a human. */
  return enter (fsm, LIVE_LINK_BLOCKED, actions | LIVE_LINK_DO_GIVE_UP,
                fsm->is_budget_spent ? fsm->limits.slow_retry_ms : 0, out);
}

/* Once the socket is gone: where to? */
static LiveLinkActions
proceed (LiveLinkFsm *fsm,
         LiveLinkState next,
         guint delay_ms,
         LiveLinkActions actions,
         LiveLinkOut *out)
{
  if (!fsm->is_wanted)
    return rest (fsm, LIVE_LINK_OFF, actions, out);
  if (next == LIVE_LINK_BLOCKED)
    return block (fsm, actions, out);
  if (next == LIVE_LINK_BACKOFF && delay_ms > 0 && !fsm->is_asleep && !fsm->is_network_down)
    return enter (fsm, LIVE_LINK_BACKOFF, actions, delay_ms, out);

  return dial (fsm, actions, out);
}

/* Asks the old socket to go; nothing else happens before it has gone. */
static LiveLinkActions
close_for (LiveLinkFsm *fsm,
           LiveLinkState next,
           guint delay_ms,
           LiveLinkActions actions,
           LiveLinkOut *out)
{
  fsm->after_close = next;
  fsm->after_close_ms = delay_ms;
  return enter (fsm, LIVE_LINK_CLOSING, actions | LIVE_LINK_DO_CLOSE, fsm->limits.close_ms, out);
}

/* What leaves an online state, by whatever door. */
static LiveLinkActions
go_offline (LiveLinkFsm *fsm)
{
  if (!live_link_fsm_is_online (fsm))
    return 0;

  return LIVE_LINK_DO_FAIL_PENDING | LIVE_LINK_DO_DISARM_STABLE;
}

static LiveLinkActions
restore (LiveLinkFsm *fsm)
{
  fsm->is_proven = TRUE;
  fsm->resume_failures = 0;
  fsm->was_corrected = fsm->was_freshened = FALSE;
  live_backoff_restore (&fsm->backoff);
  return LIVE_LINK_DO_DISARM_STABLE;
}

/* The one reaction to every loss: what to keep, where to go, when. */
static LiveLinkActions
lose (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  const LiveLinkLoss *loss = &event->loss;
  LiveBackoffPace pace = live_link_fsm_choose_pace (fsm, loss->action);
  LiveLinkActions actions =
      live_link_fsm_condemn_handle (fsm, event) ? LIVE_LINK_DO_CLEAR_HANDLE : 0;
  LiveLinkState next = LIVE_LINK_BACKOFF;
  guint delay_ms = 0;

  fsm->is_rotating = FALSE;
  fsm->is_budget_spent = FALSE;
  if (loss->action == LIVE_CLOSE_STOP || (loss->action == LIVE_CLOSE_CORRECT && fsm->was_corrected))
    next = LIVE_LINK_BLOCKED;
  else
    {
      fsm->is_slow = pace == LIVE_BACKOFF_SLOW || loss->retry_after_us > 0;
      fsm->is_budget_spent = !live_backoff_next (&fsm->backoff, pace, loss->reached_service,
                                                 event->random, loss->retry_after_us, &delay_ms);
      if (fsm->is_budget_spent)
        next = LIVE_LINK_BLOCKED;
    }

  if (next == LIVE_LINK_BACKOFF && loss->action == LIVE_CLOSE_CORRECT)
    {
      actions |= LIVE_LINK_DO_CORRECT;
      fsm->was_corrected = TRUE;
    }
  fsm->was_freshened |= loss->action == LIVE_CLOSE_FRESH;
  if (live_link_fsm_is_online (fsm))
    actions |= go_offline (fsm);
  else if (next == LIVE_LINK_BACKOFF && fsm->is_wanted)
    actions |= LIVE_LINK_DO_REPORT;

  if (fsm->has_socket)
    return close_for (fsm, next, delay_ms, actions, out);

  return proceed (fsm, next, delay_ms, actions, out);
}

/* A renewal of our own will. One that comes too soon after the last dial is a loop in the
 * making (a server that says goAway to every newcomer) and costs a delay. */
static LiveLinkActions
rotate (LiveLinkFsm *fsm, const LiveLinkEvent *event, gboolean is_forced_on_us, LiveLinkOut *out)
{
  LiveLinkActions actions = go_offline (fsm);
  LiveLinkState next = LIVE_LINK_PREPARING;
  guint delay_ms = 0;

  fsm->is_rotating = TRUE;
  if (is_forced_on_us && !fsm->is_proven &&
      event->now_us - fsm->online_us < to_us (fsm->limits.proof_ms))
    {
      next = LIVE_LINK_BACKOFF;
      fsm->is_budget_spent = !live_backoff_next (&fsm->backoff, LIVE_BACKOFF_AT_ONCE, TRUE,
                                                 event->random, 0, &delay_ms);
      if (fsm->is_budget_spent)
        next = LIVE_LINK_BLOCKED;
    }

  return close_for (fsm, next, delay_ms, actions, out);
}

/* Into LEAVING, or on within it: the earlier wish wins on both edges. */
static LiveLinkActions
leave_by (LiveLinkFsm *fsm,
          const LiveLinkEvent *event,
          gint64 earliest_us,
          gint64 deadline_us,
          LiveLinkOut *out)
{
  gboolean is_first = fsm->state != LIVE_LINK_LEAVING;

  fsm->earliest_us = is_first ? earliest_us : MIN (fsm->earliest_us, earliest_us);
  fsm->deadline_us = is_first ? deadline_us : MIN (fsm->deadline_us, deadline_us);

  if (event->now_us >= fsm->deadline_us)
    return rotate (fsm, event, TRUE, out);
  if (event->now_us >= fsm->earliest_us)
    return enter (fsm, LIVE_LINK_LEAVING, LIVE_LINK_DO_ASK_QUIET,
                  to_ms (fsm->deadline_us - event->now_us), out);

  return enter (fsm, LIVE_LINK_LEAVING, 0,
                to_ms (MIN (fsm->earliest_us, fsm->deadline_us) - event->now_us), out);
}

static LiveLinkActions
leave_on_go_away (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  gint64 left_us = CLAMP (event->time_left_us, 0, (gint64) 24 * 3600 * G_USEC_PER_SEC);
  /* Ten seconds before the end when there is time, never less than two. */
  gint64 margin_us = CLAMP (left_us / 5, 2 * G_USEC_PER_SEC, 10 * G_USEC_PER_SEC);
  gint64 deadline_us = event->now_us + MAX (left_us - margin_us, LAST_WORDS_US);
  gint64 earliest_us = event->now_us + (left_us > LONG_NOTICE_US ? left_us / 2 : 0);

  earliest_us = MAX (earliest_us, fsm->online_us + to_us (fsm->limits.min_age_ms));
  return leave_by (fsm, event, MIN (earliest_us, deadline_us), deadline_us, out);
}

static LiveLinkActions
leave_on_own_wish (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  return leave_by (fsm, event, event->now_us + to_us (fsm->limits.gather_ms),
                   event->now_us + to_us (fsm->limits.patience_ms), out);
}

static LiveLinkActions
come_online (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  LiveLinkActions actions = LIVE_LINK_DO_ONLINE | LIVE_LINK_DO_ARM_STABLE;

  fsm->online_us = event->now_us;
  fsm->is_proven = fsm->is_answered = FALSE;
  fsm->is_rotating = FALSE;
  out->stable_ms = fsm->limits.idle_proof_ms;

  if (fsm->wants_rotation)
    {
      fsm->wants_rotation = FALSE;
      return actions | leave_on_own_wish (fsm, event, out);
    }

  return enter (fsm, LIVE_LINK_READY, actions, fsm->limits.max_age_ms, out);
}

/* A whole answer proves a connection that has some age; a young one has to reach it first. */
static LiveLinkActions
take_proof (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  gint64 age_us = event->now_us - fsm->online_us;

  if (fsm->is_proven)
    return 0;

  if (event->kind == LIVE_LINK_EV_PROVEN)
    fsm->is_answered = TRUE;
  if (event->kind == LIVE_LINK_EV_STABLE_TIMER || age_us >= to_us (fsm->limits.proof_ms))
    return restore (fsm);

  out->stable_ms = to_ms (to_us (fsm->limits.proof_ms) - age_us);
  return LIVE_LINK_DO_ARM_STABLE;
}

static guint
rest_of_gap_ms (const LiveLinkFsm *fsm, const LiveLinkEvent *event)
{
  return to_ms (fsm->dialled_us + to_us (fsm->limits.dial_gap_ms) - event->now_us);
}

/* An impatient caller, or hope from outside, ends a wait, but not in a burst: in a back-off the
 * dial comes once the gap is over. */
static LiveLinkActions
dial_early (LiveLinkFsm *fsm,
            const LiveLinkEvent *event,
            LiveLinkActions otherwise,
            LiveLinkOut *out)
{
  guint rest_ms = rest_of_gap_ms (fsm, event);

  if (rest_ms > 0 && fsm->state == LIVE_LINK_BACKOFF &&
      event->now_us + to_us (rest_ms) < fsm->timer_us)
    return enter (fsm, LIVE_LINK_BACKOFF, otherwise, rest_ms, out);
  if (rest_ms > 0)
    return otherwise;

  return dial (fsm, 0, out);
}

/* Not wanted, going to sleep, or no network: the same in every state. */
static LiveLinkActions
withdraw (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  LiveLinkActions actions = go_offline (fsm);

  if (event->kind == LIVE_LINK_EV_UNWANT && fsm->state != LIVE_LINK_OFF && actions == 0)
    actions |= LIVE_LINK_DO_GIVE_UP;
  if (fsm->state == LIVE_LINK_OFF ||
      (fsm->state == LIVE_LINK_BLOCKED && event->kind != LIVE_LINK_EV_UNWANT))
    return 0;
  if (fsm->state == LIVE_LINK_CLOSING)
    return actions | LIVE_LINK_DO_PUBLISH;

  fsm->is_rotating = FALSE;
  if (fsm->has_socket)
    return close_for (fsm, LIVE_LINK_PREPARING, 0, actions, out);

  return dial (fsm, actions, out);
}

static LiveLinkActions
step_preparing (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  if (event->kind == LIVE_LINK_EV_CREDENTIAL)
    {
      fsm->has_socket = TRUE;
      fsm->dialled_us = event->now_us;
      return enter (fsm, LIVE_LINK_CONNECTING, LIVE_LINK_DO_OPEN, fsm->limits.connect_ms, out);
    }
  if (event->kind == LIVE_LINK_EV_REFUSED)
    {
      fsm->is_budget_spent = FALSE;
      return block (fsm, 0, out);
    }
  if (event->kind == LIVE_LINK_EV_REPAIRED)
    return dial (fsm, 0, out);
  if (event->kind == LIVE_LINK_EV_TIMER)
    return lose (fsm, event, out);

  return 0;
}

static LiveLinkActions
step_dialling (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  if (event->kind == LIVE_LINK_EV_OPENED && fsm->state == LIVE_LINK_CONNECTING)
    return enter (fsm, LIVE_LINK_SETUP, LIVE_LINK_DO_SEND_SETUP, fsm->limits.setup_ms, out);
  if (event->kind == LIVE_LINK_EV_SETUP_DONE && fsm->state == LIVE_LINK_SETUP)
    return come_online (fsm, event, out);
  if (event->kind == LIVE_LINK_EV_CLOSED || event->kind == LIVE_LINK_EV_FAULT ||
      event->kind == LIVE_LINK_EV_TIMER)
    return lose (fsm, event, out);
  /* What was sent, or is about to be, is not what is wanted any more: one more round. */
  if (event->kind == LIVE_LINK_EV_ROTATE || event->kind == LIVE_LINK_EV_GO_AWAY)
    fsm->wants_rotation = TRUE;
  if (event->kind == LIVE_LINK_EV_ROTATE_NOW)
    return close_for (fsm, LIVE_LINK_PREPARING, 0, 0, out);

  return 0;
}

static LiveLinkActions
step_online (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  gboolean is_leaving = fsm->state == LIVE_LINK_LEAVING;

  if (event->kind == LIVE_LINK_EV_CLOSED || event->kind == LIVE_LINK_EV_FAULT)
    return lose (fsm, event, out);
  if (event->kind == LIVE_LINK_EV_GO_AWAY)
    return leave_on_go_away (fsm, event, out);
  if (event->kind == LIVE_LINK_EV_ROTATE || (event->kind == LIVE_LINK_EV_TIMER && !is_leaving))
    return leave_on_own_wish (fsm, event, out);
  if (event->kind == LIVE_LINK_EV_TIMER)
    return leave_by (fsm, event, fsm->earliest_us, fsm->deadline_us, out);
  if (event->kind == LIVE_LINK_EV_QUIET && is_leaving && event->now_us >= fsm->earliest_us)
    return rotate (fsm, event, FALSE, out);
  if (event->kind == LIVE_LINK_EV_ROTATE_NOW)
    return rotate (fsm, event, FALSE, out);
  if (event->kind == LIVE_LINK_EV_PROVEN || event->kind == LIVE_LINK_EV_STABLE_TIMER)
    return take_proof (fsm, event, out);

  return 0;
}

static LiveLinkActions
step_closing (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  if (event->kind == LIVE_LINK_EV_CLOSED)
    return proceed (fsm, fsm->after_close, fsm->after_close_ms, 0, out);
  /* The second close cuts the connection. */
  if (event->kind == LIVE_LINK_EV_TIMER)
    return enter (fsm, LIVE_LINK_CLOSING, LIVE_LINK_DO_CLOSE, fsm->limits.close_ms, out);
  if (event->kind == LIVE_LINK_EV_WANT && fsm->after_close == LIVE_LINK_BACKOFF && !fsm->is_slow)
    fsm->after_close_ms = MIN (fsm->after_close_ms, rest_of_gap_ms (fsm, event));
  if (event->kind == LIVE_LINK_EV_REPAIRED)
    {
      fsm->after_close = LIVE_LINK_PREPARING;
      fsm->is_budget_spent = FALSE;
      live_backoff_restore (&fsm->backoff);
    }

  return 0;
}

static LiveLinkActions
step_waiting (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *out)
{
  gboolean is_blocked = fsm->state == LIVE_LINK_BLOCKED;

  if (event->kind == LIVE_LINK_EV_TIMER)
    {
      /* The monitor or the sleep signal may be wrong; trying is cheap at this rate. */
      fsm->is_network_down = fsm->is_asleep = FALSE;
      return dial (fsm, 0, out);
    }
  if (event->kind == LIVE_LINK_EV_REPAIRED)
    {
      fsm->is_budget_spent = fsm->is_network_down = FALSE;
      fsm->was_corrected = fsm->was_freshened = FALSE;
      live_backoff_restore (&fsm->backoff);
      return dial (fsm, 0, out);
    }
  if (event->kind == LIVE_LINK_EV_WANT)
    {
      if (fsm->state == LIVE_LINK_WAITING_NETWORK)
        fsm->is_network_down = FALSE;
      if (fsm->is_slow || fsm->is_asleep)
        return is_blocked ? LIVE_LINK_DO_GIVE_UP : 0;
      return dial_early (fsm, event, is_blocked ? LIVE_LINK_DO_GIVE_UP : 0, out);
    }
  if (event->kind == LIVE_LINK_EV_NETWORK_UP || event->kind == LIVE_LINK_EV_WAKE)
    {
      if (fsm->state == LIVE_LINK_WAITING_NETWORK || fsm->state == LIVE_LINK_SUSPENDED)
        return dial (fsm, 0, out);
      if (!fsm->is_slow && (!is_blocked || fsm->is_budget_spent))
        return dial_early (fsm, event, 0, out);
    }

  return 0;
}

static LiveLinkActions
step_any (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *ret_out)
{
  if (event->kind == LIVE_LINK_EV_WANT || event->kind == LIVE_LINK_EV_UNWANT)
    fsm->is_wanted = event->kind == LIVE_LINK_EV_WANT;
  if (event->kind == LIVE_LINK_EV_NETWORK_DOWN || event->kind == LIVE_LINK_EV_NETWORK_UP)
    fsm->is_network_down = event->kind == LIVE_LINK_EV_NETWORK_DOWN;
  if (event->kind == LIVE_LINK_EV_SLEEP || event->kind == LIVE_LINK_EV_WAKE)
    fsm->is_asleep = event->kind == LIVE_LINK_EV_SLEEP;
  if (event->kind == LIVE_LINK_EV_CLOSED)
    fsm->has_socket = FALSE;

  if (event->kind == LIVE_LINK_EV_UNWANT || event->kind == LIVE_LINK_EV_SLEEP ||
      event->kind == LIVE_LINK_EV_NETWORK_DOWN)
    return withdraw (fsm, event, ret_out);

  switch (fsm->state)
    {
    case LIVE_LINK_OFF:
      return event->kind == LIVE_LINK_EV_WANT ? dial (fsm, 0, ret_out) : 0;
    case LIVE_LINK_PREPARING:
      return step_preparing (fsm, event, ret_out);
    case LIVE_LINK_CONNECTING:
    case LIVE_LINK_SETUP:
      return step_dialling (fsm, event, ret_out);
    case LIVE_LINK_READY:
    case LIVE_LINK_LEAVING:
      return step_online (fsm, event, ret_out);
    case LIVE_LINK_CLOSING:
      return step_closing (fsm, event, ret_out);
    case LIVE_LINK_BACKOFF:
    case LIVE_LINK_BLOCKED:
    case LIVE_LINK_WAITING_NETWORK:
    case LIVE_LINK_SUSPENDED:
      return step_waiting (fsm, event, ret_out);
    case LIVE_LINK_N_STATES:
      break;
    }

  return 0;
}

LiveLinkActions
live_link_fsm_step (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *ret_out)
{
  LiveLinkActions actions;

  *ret_out = (LiveLinkOut){ 0 };
  actions = step_any (fsm, event, ret_out);
  if (actions & LIVE_LINK_DO_ARM)
    fsm->timer_us = event->now_us + to_us (ret_out->delay_ms);
  return actions;
}
