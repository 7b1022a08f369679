/* Owns: nothing; decides what an event means for one tool call.
 * Thread: any (pure).
 * Called by: core/live-tools*.c. */
#include "machine/live-tool-ledger.h"

gboolean
live_tool_fsm_is_open (const LiveToolFsm *fsm)
{
  return fsm->state <= LIVE_TOOL_OWED;
}

static void
set_deadline (LiveToolFsm *fsm, gint64 now_us, guint limit_ms)
{
  fsm->deadline_us = now_us + (gint64) limit_ms * 1000;
  if (fsm->last_us != 0)
    fsm->deadline_us = MIN (fsm->deadline_us, fsm->last_us);
}

static guint
finish (LiveToolFsm *fsm, LiveToolState state, gint64 now_us)
{
  fsm->state = state;
  fsm->deadline_us = 0;
  if (fsm->ended_us == 0)
    fsm->ended_us = now_us;
  return LIVE_TOOL_DO_FINISH;
}

/* There is an answer: now, or when the connection is back. */
static guint
answer (LiveToolFsm *fsm, LiveToolState state, gint64 now_us)
{
  if (!fsm->is_offline)
    return LIVE_TOOL_DO_SEND | finish (fsm, state, now_us);

  fsm->state = LIVE_TOOL_OWED;
  fsm->owed = state;
  fsm->ended_us = now_us;
  fsm->last_us = 0;
  set_deadline (fsm, now_us, LIVE_TOOL_MAX_MS);
  return 0;
}

/* Whoever is busy with it need not be. */
static guint
call_off (const LiveToolFsm *fsm)
{
  if (fsm->state == LIVE_TOOL_ASKING)
    return LIVE_TOOL_DO_WITHDRAW;
  return fsm->state == LIVE_TOOL_DISPATCHED ? LIVE_TOOL_DO_TELL_PROVIDER : 0;
}

static guint
on_timer (LiveToolFsm *fsm, gint64 now_us)
{
  guint actions = call_off (fsm);

  if (fsm->deadline_us == 0 || now_us < fsm->deadline_us)
    return 0;

  switch (fsm->state)
    {
    case LIVE_TOOL_ASKING:
      /* Who does not answer does not allow. */
      return actions | answer (fsm, LIVE_TOOL_FAILED, now_us);
    case LIVE_TOOL_PENDING:
    case LIVE_TOOL_DISPATCHED:
      return actions | answer (fsm, LIVE_TOOL_TIMED_OUT, now_us);
    case LIVE_TOOL_OWED:
      return LIVE_TOOL_DO_DROP | finish (fsm, LIVE_TOOL_CANCELLED, now_us);
    case LIVE_TOOL_DONE:
    case LIVE_TOOL_FAILED:
    case LIVE_TOOL_TIMED_OUT:
    case LIVE_TOOL_CANCELLED:
    case LIVE_TOOL_VANISHED:
    case LIVE_TOOL_N_STATES:
      break;
    }

  return 0;
}

static guint
on_dispatch (LiveToolFsm *fsm, const LiveToolEvent *event)
{
  if (fsm->state != LIVE_TOOL_PENDING && fsm->state != LIVE_TOOL_ASKING)
    return 0;

  fsm->state = LIVE_TOOL_DISPATCHED;
  fsm->last_us = event->now_us + (gint64) LIVE_TOOL_MAX_MS * 1000;
  set_deadline (fsm, event->now_us, event->limit_ms);
  return 0;
}

static guint
on_part (LiveToolFsm *fsm, const LiveToolEvent *event)
{
  if (fsm->state != LIVE_TOOL_DISPATCHED)
    return 0;

  set_deadline (fsm, event->now_us, event->limit_ms);
  return fsm->is_offline ? LIVE_TOOL_DO_DROP : LIVE_TOOL_DO_SEND_PART;
}

static guint
on_link_back (LiveToolFsm *fsm, gint64 now_us)
{
  fsm->is_offline = FALSE;
  return fsm->state == LIVE_TOOL_OWED ? LIVE_TOOL_DO_SEND | finish (fsm, fsm->owed, now_us) : 0;
}

guint
live_tool_fsm_step (LiveToolFsm *fsm, const LiveToolEvent *event)
{
  gboolean is_answered = fsm->state >= LIVE_TOOL_OWED;
  guint actions = call_off (fsm);

  if (!live_tool_fsm_is_open (fsm))
    return 0;

  switch (event->kind)
    {
    case LIVE_TOOL_EV_ASK:
      if (fsm->state != LIVE_TOOL_PENDING)
        return 0;
      fsm->state = LIVE_TOOL_ASKING;
      set_deadline (fsm, event->now_us, event->limit_ms);
      return 0;
    case LIVE_TOOL_EV_DISPATCH:
      return on_dispatch (fsm, event);
    case LIVE_TOOL_EV_RESULT:
      return fsm->state == LIVE_TOOL_DISPATCHED ? answer (fsm, LIVE_TOOL_DONE, event->now_us) : 0;
    case LIVE_TOOL_EV_PART:
      return on_part (fsm, event);
    case LIVE_TOOL_EV_ERROR:
      return is_answered ? 0 : answer (fsm, LIVE_TOOL_FAILED, event->now_us);
    case LIVE_TOOL_EV_REMOVE:
      return is_answered ? 0 : actions | answer (fsm, LIVE_TOOL_FAILED, event->now_us);
    case LIVE_TOOL_EV_VANISH:
      if (is_answered)
        return 0;
      return (actions & LIVE_TOOL_DO_WITHDRAW) | answer (fsm, LIVE_TOOL_VANISHED, event->now_us);
    case LIVE_TOOL_EV_CANCEL:
      return actions | finish (fsm, LIVE_TOOL_CANCELLED, event->now_us);
    case LIVE_TOOL_EV_TIMER:
      return on_timer (fsm, event->now_us);
    case LIVE_TOOL_EV_LINK_LOST:
      fsm->is_offline = TRUE;
      return 0;
    case LIVE_TOOL_EV_LINK_BACK:
      return on_link_back (fsm, event->now_us);
    case LIVE_TOOL_EV_CONTEXT_LOST:
      return (is_answered ? LIVE_TOOL_DO_DROP : actions) |
             finish (fsm, LIVE_TOOL_CANCELLED, event->now_us);
    case LIVE_TOOL_N_EVENTS:
      break;
    }

  return 0;
}

const char *
live_tool_fsm_name (const LiveToolFsm *fsm)
{
  static const char *const names[] = { "pending", "asking", "running", "owed" };

  return live_tool_fsm_is_open (fsm) ? names[fsm->state] : "finished";
}

const char *
live_tool_fsm_outcome (const LiveToolFsm *fsm)
{
  switch (fsm->state)
    {
    case LIVE_TOOL_DONE:
      return "ok";
    case LIVE_TOOL_FAILED:
      return "error";
    case LIVE_TOOL_TIMED_OUT:
      return "timeout";
    case LIVE_TOOL_CANCELLED:
      return "cancelled";
    case LIVE_TOOL_VANISHED:
      return "vanished";
    case LIVE_TOOL_PENDING:
    case LIVE_TOOL_ASKING:
    case LIVE_TOOL_DISPATCHED:
    case LIVE_TOOL_OWED:
    case LIVE_TOOL_N_STATES:
      break;
    }

  return "";
}
