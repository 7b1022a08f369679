/* Owns: the rules of who is talking, as values and steps.
 * Thread: any; no clock, no I/O, no pointer.
 * Called by: core/live-engine-turns.c and the table test. */
#include "machine/live-turn-fsm-private.h"

gboolean
live_turn_fsm_has_turn (const LiveTurnFsm *fsm)
{
  return fsm->state != LIVE_TURN_QUIET && fsm->state != LIVE_TURN_LISTENING;
}

gboolean
live_turn_fsm_is_quiet (const LiveTurnFsm *fsm)
{
  return !live_turn_fsm_has_turn (fsm) && fsm->n_tools == 0 && !fsm->is_dropping;
}

guint
live_turn_fsm_arm (LiveTurnOut *out, guint delay_ms)
{
  out->watchdog_ms = delay_ms;
  return LIVE_TURN_DO_ARM_WATCHDOG;
}

guint
live_turn_fsm_arm_drop (LiveTurnOut *out, guint delay_ms)
{
  out->drop_ms = delay_ms;
  return LIVE_TURN_DO_ARM_DROP;
}

/* The timer of PENDING depends on what is awaited. */
guint
live_turn_fsm_enter_pending (LiveTurnFsm *fsm, LiveTurnOut *out)
{
  fsm->state = LIVE_TURN_PENDING;

  if (fsm->n_tools > 0)
    return live_turn_fsm_arm (out, LIVE_TURN_TOOL_MS);
  if (fsm->is_busy)
    return live_turn_fsm_arm (out, LIVE_TURN_BUSY_MS);
  if (fsm->is_complete)
    return live_turn_fsm_arm (out, LIVE_TURN_AFTER_TOOL_MS);
  if (fsm->is_voice && !fsm->has_media && !fsm->has_status)
    return live_turn_fsm_arm (out, LIVE_TURN_UNANSWERED_MS);
  return live_turn_fsm_arm (out, LIVE_TURN_PENDING_MS);
}

/* The text of the answer is whole. Where the model tells its status, only that says so: one
 * request may give several utterances (protocol 8.4). */
guint
live_turn_fsm_answered (LiveTurnFsm *fsm)
{
  if (fsm->is_answered || fsm->is_cut || (fsm->has_status && !fsm->is_idle))
    return 0;

  fsm->is_answered = TRUE;
  return LIVE_TURN_DO_NOTIFY_GENERATED | LIVE_TURN_DO_ANSWERED;
}

guint
live_turn_fsm_enter_tail (LiveTurnFsm *fsm)
{
  fsm->state = LIVE_TURN_TAIL;
  fsm->is_complete = TRUE;
  return LIVE_TURN_DO_END_OF_AUDIO | LIVE_TURN_DO_EXPECT_PLAYED | LIVE_TURN_DO_DISARM_WATCHDOG |
         live_turn_fsm_answered (fsm);
}

/* Clears what belongs to one turn; a turn begins after this. */
guint
live_turn_fsm_begin_turn (LiveTurnFsm *fsm, gboolean is_voice, LiveTurnOut *out)
{
  fsm->is_voice = is_voice;
  fsm->has_input = FALSE;
  fsm->has_media = FALSE;
  fsm->is_generated = FALSE;
  fsm->is_complete = FALSE;
  fsm->is_busy = FALSE;
  fsm->is_idle = FALSE;
  fsm->is_answered = FALSE;
  fsm->awaits_tool_answer = FALSE;
  fsm->is_drained = FALSE;
  fsm->is_cut = FALSE;

  /* New input makes the server end what it was still generating; whatever is dropped for longer
   * than that could be the new answer. */
  return fsm->is_dropping ? live_turn_fsm_arm_drop (out, LIVE_TURN_DROP_LAST_MS) : 0;
}

guint
live_turn_fsm_open_turn (LiveTurnFsm *fsm, LiveTurnOrigin origin, LiveTurnOut *out)
{
  out->origin = origin;
  return live_turn_fsm_begin_turn (fsm, origin == LIVE_TURN_BY_VOICE, out) | LIVE_TURN_DO_OPEN;
}

/* What comes after a turn: a message that waits, words that were spoken over it, or rest. */
static guint
go_on (LiveTurnFsm *fsm, LiveTurnReason reason, LiveTurnOut *out)
{
  if (fsm->n_waiting > 0)
    {
      fsm->n_waiting--;
      return LIVE_TURN_DO_NEXT | live_turn_fsm_begin_turn (fsm, FALSE, out) |
             live_turn_fsm_enter_pending (fsm, out);
    }

  if (fsm->has_next_speech || (fsm->is_overlapped && reason == LIVE_TURN_INTERRUPTED))
    {
      guint actions = live_turn_fsm_open_turn (fsm, LIVE_TURN_BY_VOICE, out);

      fsm->has_input = fsm->has_next_speech;
      fsm->is_overlapped = FALSE;
      fsm->has_next_speech = FALSE;
      return actions | live_turn_fsm_enter_pending (fsm, out);
    }

  fsm->is_overlapped = FALSE;
  fsm->state = fsm->is_listening ? LIVE_TURN_LISTENING : LIVE_TURN_QUIET;
  return LIVE_TURN_DO_DISARM_WATCHDOG;
}

guint
live_turn_fsm_close_turn (LiveTurnFsm *fsm,
                          const LiveTurnEvent *event,
                          LiveTurnReason reason,
                          LiveTurnOut *out)
{
  fsm->can_be_late = fsm->is_voice && !fsm->has_input && reason == LIVE_TURN_COMPLETE;
  fsm->closed_at_us = event->now_us;
  out->reason = reason;
  return LIVE_TURN_DO_CLOSE | go_on (fsm, reason, out);
}

/* The turn and all that wait behind it end together. */
guint
live_turn_fsm_close_all (LiveTurnFsm *fsm,
                         const LiveTurnEvent *event,
                         LiveTurnReason reason,
                         LiveTurnOut *out)
{
  guint actions = fsm->n_waiting > 0 ? LIVE_TURN_DO_CLOSE_WAITING : 0;

  fsm->n_waiting = 0;
  return actions | live_turn_fsm_close_turn (fsm, event, reason, out);
}

static guint
on_mic (LiveTurnFsm *fsm, gboolean is_on, LiveTurnOut *out)
{
  fsm->is_listening = is_on;

  switch (fsm->state)
    {
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
      fsm->state = is_on ? LIVE_TURN_LISTENING : LIVE_TURN_QUIET;
      return 0;
    case LIVE_TURN_HEARING:
      /* The end of the stream is the end of the words. */
      return is_on ? 0 : live_turn_fsm_enter_pending (fsm, out);
    case LIVE_TURN_PENDING:
    case LIVE_TURN_SPEAKING:
    case LIVE_TURN_TAIL:
    case LIVE_TURN_CUT:
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

static guint
on_text_sent (LiveTurnFsm *fsm, LiveTurnOut *out)
{
  if (live_turn_fsm_has_turn (fsm))
    {
      fsm->n_waiting++;
      return 0;
    }

  return LIVE_TURN_DO_NEXT | live_turn_fsm_begin_turn (fsm, FALSE, out) |
         live_turn_fsm_enter_pending (fsm, out);
}

static guint
on_speech_start (LiveTurnFsm *fsm, LiveTurnOut *out)
{
  guint actions = 0;

  switch (fsm->state)
    {
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
      actions = live_turn_fsm_open_turn (fsm, LIVE_TURN_BY_VOICE, out);
      fsm->state = LIVE_TURN_HEARING;
      return actions | live_turn_fsm_arm (out, LIVE_TURN_HEARING_MS);
    case LIVE_TURN_HEARING:
      return live_turn_fsm_arm (out, LIVE_TURN_HEARING_MS);
    case LIVE_TURN_PENDING:
      if (fsm->is_voice && !fsm->has_media && fsm->n_tools == 0)
        {
          /* The user goes on before the model began: one utterance, one turn. */
          fsm->state = LIVE_TURN_HEARING;
          return live_turn_fsm_arm (out, LIVE_TURN_HEARING_MS);
        }
      fsm->is_overlapped = TRUE;
      return 0;
    case LIVE_TURN_SPEAKING:
    case LIVE_TURN_TAIL:
    case LIVE_TURN_CUT:
      fsm->is_overlapped = TRUE;
      return 0;
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

static guint
on_played_out (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  if (fsm->state == LIVE_TURN_TAIL)
    return live_turn_fsm_close_turn (fsm, event,
                                     fsm->is_cut ? LIVE_TURN_INTERRUPTED : LIVE_TURN_COMPLETE, out);

  if (fsm->state == LIVE_TURN_SPEAKING)
    {
      fsm->is_drained = TRUE;
      if (fsm->n_tools > 0)
        return live_turn_fsm_arm (out, LIVE_TURN_TOOL_MS);
      return live_turn_fsm_arm (out,
                                fsm->is_generated ? LIVE_TURN_GENERATED_MS : LIVE_TURN_DRAINED_MS);
    }

  return 0;
}

static guint
on_user_cut (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  guint actions = LIVE_TURN_DO_DISCARD | LIVE_TURN_DO_NOTIFY_INTERRUPTED;

  out->waiting_reason = LIVE_TURN_INTERRUPTED;
  switch (fsm->state)
    {
    case LIVE_TURN_PENDING:
    case LIVE_TURN_SPEAKING:
      fsm->is_dropping = TRUE;
      fsm->owes_complete = TRUE;
      fsm->drop_ms = event->is_tellable ? LIVE_TURN_DROP_TOLD_MS : LIVE_TURN_DROP_UNTOLD_MS;
      actions |= live_turn_fsm_arm_drop (out, fsm->drop_ms);
      if (event->is_tellable)
        actions |= LIVE_TURN_DO_TELL_SERVER;
      return actions | live_turn_fsm_close_all (fsm, event, LIVE_TURN_INTERRUPTED, out);
    case LIVE_TURN_TAIL:
      if (fsm->is_cut)
        return LIVE_TURN_DO_DISCARD;
      return actions | live_turn_fsm_close_turn (fsm, event, LIVE_TURN_INTERRUPTED, out);
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
    case LIVE_TURN_HEARING:
    case LIVE_TURN_CUT:
      /* Nothing of a turn sounds; what was let go may. */
      return LIVE_TURN_DO_DISCARD;
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

static guint
on_link_lost (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  guint actions = LIVE_TURN_DO_DISARM_DROP;
  gboolean is_whole = fsm->is_generated && !fsm->is_busy && !fsm->awaits_tool_answer;

  out->waiting_reason = LIVE_TURN_FAILED;
  fsm->is_dropping = FALSE;
  fsm->owes_complete = FALSE;
  fsm->has_next_speech = FALSE;
  fsm->is_overlapped = FALSE;
  fsm->n_tools = 0;
  fsm->is_busy = FALSE;

  switch (fsm->state)
    {
    case LIVE_TURN_HEARING:
    case LIVE_TURN_PENDING:
    case LIVE_TURN_SPEAKING:
      if (fsm->state == LIVE_TURN_SPEAKING && is_whole)
        break;
      /* The sound of an earlier turn, which is whole, is not this one's to cut. */
      if (fsm->has_media)
        actions |= LIVE_TURN_DO_DISCARD;
      return actions | live_turn_fsm_close_all (fsm, event, LIVE_TURN_FAILED, out);
    case LIVE_TURN_CUT:
      return actions | live_turn_fsm_close_all (fsm, event, LIVE_TURN_INTERRUPTED, out);
    case LIVE_TURN_TAIL:
      break;
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
    case LIVE_TURN_N_STATES:
      return actions;
    }

  /* All of the answer is here: it is played to its end, only what waits behind it has failed. */
  if (fsm->n_waiting > 0)
    actions |= LIVE_TURN_DO_CLOSE_WAITING;
  fsm->n_waiting = 0;
  return actions | live_turn_fsm_enter_tail (fsm);
}

/* Nothing more comes of it. What it had said may still sound, if it had said anything. */
static guint
give_up (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  LiveTurnReason reason = LIVE_TURN_FAILED;
  guint actions = fsm->has_media ? LIVE_TURN_DO_DISCARD : 0;

  if (fsm->is_generated)
    reason = LIVE_TURN_COMPLETE;
  else if (fsm->is_voice && !fsm->has_media && fsm->n_tools == 0)
    reason = LIVE_TURN_UNANSWERED;
  fsm->owes_complete = TRUE;
  fsm->n_tools = 0;
  return actions | live_turn_fsm_close_turn (fsm, event, reason, out);
}

static guint
on_watchdog (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  switch (fsm->state)
    {
    case LIVE_TURN_PENDING:
      if (!fsm->is_complete)
        return give_up (fsm, event, out);
      fsm->n_tools = 0;
      fsm->is_busy = FALSE;
      return live_turn_fsm_enter_tail (fsm);
    case LIVE_TURN_HEARING:
      return give_up (fsm, event, out);
    case LIVE_TURN_SPEAKING:
      /* A stall of the server, or a forgotten flag: what has come is played first. */
      if (!fsm->is_drained)
        return LIVE_TURN_DO_END_OF_AUDIO | LIVE_TURN_DO_EXPECT_PLAYED;
      return give_up (fsm, event, out);
    case LIVE_TURN_CUT:
      fsm->owes_complete = TRUE;
      return live_turn_fsm_close_turn (fsm, event, LIVE_TURN_INTERRUPTED, out);
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
    case LIVE_TURN_TAIL:
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

guint
live_turn_fsm_step (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  switch (event->kind)
    {
    case LIVE_TURN_EV_MIC_ON:
    case LIVE_TURN_EV_MIC_OFF:
      return on_mic (fsm, event->kind == LIVE_TURN_EV_MIC_ON, out);
    case LIVE_TURN_EV_TEXT_SENT:
      return on_text_sent (fsm, out);
    case LIVE_TURN_EV_SPEECH_START:
      return on_speech_start (fsm, out);
    case LIVE_TURN_EV_SPEECH_END:
      return fsm->state == LIVE_TURN_HEARING ? live_turn_fsm_enter_pending (fsm, out) : 0;
    case LIVE_TURN_EV_INPUT_TEXT:
      return live_turn_fsm_on_input_text (fsm, event, out);
    case LIVE_TURN_EV_AUDIO:
    case LIVE_TURN_EV_TEXT:
    case LIVE_TURN_EV_THOUGHT:
      return live_turn_fsm_on_media (fsm, event, out);
    case LIVE_TURN_EV_GENERATION_COMPLETE:
      return live_turn_fsm_on_generation_complete (fsm, out);
    case LIVE_TURN_EV_INTERRUPTED:
      return live_turn_fsm_on_interrupted (fsm, event, out);
    case LIVE_TURN_EV_TURN_COMPLETE:
      return live_turn_fsm_on_turn_complete (fsm, event, out);
    case LIVE_TURN_EV_IN_PROGRESS:
      return live_turn_fsm_on_in_progress (fsm, out);
    case LIVE_TURN_EV_IDLE:
      return live_turn_fsm_on_idle (fsm);
    case LIVE_TURN_EV_TOOL_CALL:
      return live_turn_fsm_on_tool_call (fsm, event, out);
    case LIVE_TURN_EV_TOOL_DONE:
      return live_turn_fsm_on_tool_ended (fsm, !event->is_silent, out);
    case LIVE_TURN_EV_TOOL_CANCELLED:
      return live_turn_fsm_on_tool_ended (fsm, FALSE, out);
    case LIVE_TURN_EV_PLAYED_OUT:
      return on_played_out (fsm, event, out);
    case LIVE_TURN_EV_USER_CUT:
      return on_user_cut (fsm, event, out);
    case LIVE_TURN_EV_LINK_LOST:
      return on_link_lost (fsm, event, out);
    case LIVE_TURN_EV_WATCHDOG:
      return on_watchdog (fsm, event, out);
    case LIVE_TURN_EV_DROP_TIMER:
      fsm->is_dropping = FALSE;
      return 0;
    case LIVE_TURN_N_EVENTS:
      break;
    }

  return 0;
}

const char *
live_turn_fsm_activity (const LiveTurnFsm *fsm)
{
  if (fsm->n_tools > 0 && fsm->state != LIVE_TURN_SPEAKING)
    return "tool";

  switch (fsm->state)
    {
    case LIVE_TURN_HEARING:
    case LIVE_TURN_LISTENING:
      return "listening";
    case LIVE_TURN_PENDING:
      return "thinking";
    case LIVE_TURN_SPEAKING:
      return "speaking";
    case LIVE_TURN_TAIL:
    case LIVE_TURN_CUT:
      if (fsm->state == LIVE_TURN_TAIL && !fsm->is_cut)
        return "speaking";
      return fsm->is_listening ? "listening" : "idle";
    case LIVE_TURN_QUIET:
    case LIVE_TURN_N_STATES:
      break;
    }

  return "idle";
}

const char *
live_turn_state_to_string (LiveTurnState state)
{
  static const char *const names[LIVE_TURN_N_STATES] = { "quiet",   "listening", "hearing",
                                                         "pending", "speaking",  "tail",
                                                         "cut" };

  return state < LIVE_TURN_N_STATES ? names[state] : "unknown";
}

const char *
live_turn_origin_to_string (LiveTurnOrigin origin)
{
  static const char *const names[] = { "text", "voice", "tool", "model" };

  return names[origin];
}

const char *
live_turn_reason_to_string (LiveTurnReason reason)
{
  static const char *const names[] = { "complete", "interrupted", "failed", "unanswered" };

  return names[reason];
}
