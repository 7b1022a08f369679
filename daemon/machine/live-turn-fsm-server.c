/* Owns: what the server's messages mean to the turn machine.
 * Thread: any; pure like the rest of the machine.
 * Called by: live-turn-fsm.c. */
#include "machine/live-turn-fsm-private.h"

/* Transcriptions come in any order (protocol 7.2). Before and during the answer they are the
 * question's; once the user has spoken over the answer, or all of it was made, they are the next
 * one's — unless the question's own words have never come. */
static gboolean
belongs_to_turn (const LiveTurnFsm *fsm)
{
  return fsm->is_voice && !fsm->is_cut && !fsm->is_overlapped &&
         (!fsm->is_generated || !fsm->has_input);
}

guint
live_turn_fsm_on_input_text (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  guint actions = LIVE_TURN_DO_ACCEPT;

  switch (fsm->state)
    {
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
      if (fsm->can_be_late && event->now_us - fsm->closed_at_us < LIVE_TURN_LATE_US)
        return LIVE_TURN_DO_LATE;
      actions |= live_turn_fsm_open_turn (fsm, LIVE_TURN_BY_VOICE, out);
      fsm->has_input = TRUE;
      return actions | live_turn_fsm_enter_pending (fsm, out);
    case LIVE_TURN_HEARING:
      fsm->has_input = TRUE;
      return actions | live_turn_fsm_arm (out, LIVE_TURN_HEARING_MS);
    case LIVE_TURN_PENDING:
    case LIVE_TURN_SPEAKING:
    case LIVE_TURN_TAIL:
      if (!belongs_to_turn (fsm))
        break;
      fsm->has_input = TRUE;
      if (fsm->state == LIVE_TURN_PENDING)
        actions |= live_turn_fsm_enter_pending (fsm, out);
      return actions;
    case LIVE_TURN_CUT:
    case LIVE_TURN_N_STATES:
      break;
    }

  fsm->has_next_speech = TRUE;
  return LIVE_TURN_DO_KEEP_FOR_NEXT;
}

static guint
accept_media (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  fsm->owes_complete = FALSE;
  fsm->awaits_tool_answer = FALSE;
  fsm->is_drained = FALSE;
  fsm->is_idle = FALSE;
  /* The next utterance of the same turn will be generated and completed by itself. */
  if (fsm->is_complete)
    fsm->is_generated = FALSE;

  /* A thought is a sign of life, not yet an answer. */
  if (event->kind == LIVE_TURN_EV_THOUGHT && fsm->state != LIVE_TURN_SPEAKING)
    return LIVE_TURN_DO_ACCEPT | live_turn_fsm_enter_pending (fsm, out);

  fsm->has_media = TRUE;
  fsm->state = LIVE_TURN_SPEAKING;
  return LIVE_TURN_DO_ACCEPT | live_turn_fsm_arm (out, LIVE_TURN_STALL_MS);
}

guint
live_turn_fsm_on_media (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  guint actions = 0;

  if (fsm->is_dropping)
    return LIVE_TURN_DO_DROP |
           (live_turn_fsm_has_turn (fsm) ? 0 : live_turn_fsm_arm_drop (out, fsm->drop_ms));

  switch (fsm->state)
    {
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
      actions = live_turn_fsm_open_turn (fsm, event->origin, out);
      return actions | accept_media (fsm, event, out);
    case LIVE_TURN_HEARING:
    case LIVE_TURN_PENDING:
    case LIVE_TURN_SPEAKING:
      return accept_media (fsm, event, out);
    case LIVE_TURN_TAIL:
      /* The next answer is here before the last one has been played to its end. */
      fsm->can_be_late = FALSE;
      out->reason = fsm->is_cut ? LIVE_TURN_INTERRUPTED : LIVE_TURN_COMPLETE;
      actions = LIVE_TURN_DO_LET_GO;
      if (fsm->n_waiting > 0)
        {
          fsm->n_waiting--;
          actions |= LIVE_TURN_DO_NEXT | live_turn_fsm_begin_turn (fsm, FALSE, out);
        }
      else
        {
          actions |= live_turn_fsm_open_turn (
              fsm, fsm->has_next_speech ? LIVE_TURN_BY_VOICE : event->origin, out);
          fsm->has_input = fsm->has_next_speech;
          fsm->has_next_speech = FALSE;
          fsm->is_overlapped = FALSE;
        }
      return actions | accept_media (fsm, event, out);
    case LIVE_TURN_CUT:
      return LIVE_TURN_DO_DROP;
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

guint
live_turn_fsm_on_generation_complete (LiveTurnFsm *fsm, LiveTurnOut *out)
{
  guint actions = LIVE_TURN_DO_END_OF_AUDIO;

  if (fsm->is_dropping)
    return live_turn_fsm_arm_drop (out, LIVE_TURN_DROP_LAST_MS);
  /* Some models send one after a tool call too (protocol 8.5): the answer is yet to come. So it
   * is, when nothing has been said at all. */
  if (fsm->state != LIVE_TURN_SPEAKING || fsm->n_tools > 0 || fsm->awaits_tool_answer ||
      fsm->is_generated)
    return 0;

  /* turnComplete is held back for as long as the sound lasts (8.2), so only the speaker knows
   * when to start worrying about it. */
  fsm->is_generated = TRUE;
  return actions | live_turn_fsm_answered (fsm) | LIVE_TURN_DO_EXPECT_PLAYED |
         LIVE_TURN_DO_DISARM_WATCHDOG;
}

guint
live_turn_fsm_on_interrupted (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  guint actions = LIVE_TURN_DO_DISCARD | LIVE_TURN_DO_NOTIFY_INTERRUPTED;

  switch (fsm->state)
    {
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
    case LIVE_TURN_HEARING:
      fsm->owes_complete = TRUE;
      return LIVE_TURN_DO_DISCARD;
    case LIVE_TURN_PENDING:
      /* The spurious pair at the beginning of a turn (8.3): nothing of it was heard, so nothing
       * was interrupted. With a message waiting behind it, it is the message that did it. */
      if (!fsm->has_media && fsm->n_waiting == 0 && fsm->n_tools == 0)
        {
          fsm->owes_complete = TRUE;
          return LIVE_TURN_DO_DISCARD;
        }
      fsm->state = LIVE_TURN_CUT;
      return actions | live_turn_fsm_arm (out, LIVE_TURN_CUT_MS);
    case LIVE_TURN_SPEAKING:
      fsm->state = LIVE_TURN_CUT;
      return actions | live_turn_fsm_arm (out, LIVE_TURN_CUT_MS);
    case LIVE_TURN_TAIL:
      if (fsm->is_cut)
        return 0;
      /* interrupted after turnComplete (8.3); a second turnComplete may follow. */
      fsm->owes_complete = TRUE;
      return actions | live_turn_fsm_close_turn (fsm, event, LIVE_TURN_INTERRUPTED, out);
    case LIVE_TURN_CUT:
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

guint
live_turn_fsm_on_turn_complete (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  if (fsm->is_dropping)
    {
      fsm->is_dropping = FALSE;
      fsm->owes_complete = FALSE;
      return LIVE_TURN_DO_DISARM_DROP;
    }

  switch (fsm->state)
    {
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
      fsm->owes_complete = FALSE;
      return 0;
    case LIVE_TURN_HEARING:
    case LIVE_TURN_PENDING:
    case LIVE_TURN_SPEAKING:
      if (fsm->owes_complete)
        {
          fsm->owes_complete = FALSE;
          return 0;
        }
      if (fsm->n_tools > 0 || fsm->awaits_tool_answer || fsm->is_busy)
        {
          /* 3.8 ends the turn of the call and speaks in the next one (8.5), 3.8-ET ends each
           * utterance (8.4): for the user it is still one turn. */
          fsm->is_complete = TRUE;
          return LIVE_TURN_DO_END_OF_AUDIO | live_turn_fsm_enter_pending (fsm, out);
        }
      return live_turn_fsm_enter_tail (fsm);
    case LIVE_TURN_CUT:
      /* Its token counts stand in the rest of this message. */
      fsm->is_cut = TRUE;
      return live_turn_fsm_enter_tail (fsm);
    case LIVE_TURN_TAIL:
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

guint
live_turn_fsm_on_in_progress (LiveTurnFsm *fsm, LiveTurnOut *out)
{
  switch (fsm->state)
    {
    case LIVE_TURN_HEARING:
    case LIVE_TURN_SPEAKING:
      fsm->is_busy = TRUE;
      fsm->is_idle = FALSE;
      return 0;
    case LIVE_TURN_PENDING:
    case LIVE_TURN_TAIL:
      if (fsm->is_cut)
        return 0;
      fsm->is_busy = TRUE;
      fsm->is_idle = FALSE;
      return live_turn_fsm_enter_pending (fsm, out);
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
    case LIVE_TURN_CUT:
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

guint
live_turn_fsm_on_idle (LiveTurnFsm *fsm)
{
  fsm->is_busy = FALSE;
  fsm->is_idle = TRUE;
  if (fsm->n_tools == 0)
    fsm->awaits_tool_answer = FALSE;

  if (fsm->state == LIVE_TURN_PENDING && fsm->is_complete && fsm->n_tools == 0)
    return live_turn_fsm_enter_tail (fsm);

  /* In one message with turnComplete, before it or after it. */
  return fsm->state == LIVE_TURN_TAIL ? live_turn_fsm_answered (fsm) : 0;
}

guint
live_turn_fsm_on_tool_call (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out)
{
  guint actions = 0;

  fsm->n_tools++;

  switch (fsm->state)
    {
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
      actions = live_turn_fsm_open_turn (fsm, event->origin, out);
      fsm->awaits_tool_answer = TRUE;
      return actions | live_turn_fsm_enter_pending (fsm, out);
    case LIVE_TURN_HEARING:
    case LIVE_TURN_PENDING:
    case LIVE_TURN_TAIL:
      if (fsm->is_cut)
        return 0;
      fsm->awaits_tool_answer = TRUE;
      return live_turn_fsm_enter_pending (fsm, out);
    case LIVE_TURN_SPEAKING:
      /* Its sound goes on (8.5); only the watchdog has to be patient. */
      fsm->awaits_tool_answer = TRUE;
      return live_turn_fsm_arm (out, LIVE_TURN_TOOL_MS);
    case LIVE_TURN_CUT:
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}

guint
live_turn_fsm_on_tool_ended (LiveTurnFsm *fsm, gboolean has_answer, LiveTurnOut *out)
{
  if (fsm->n_tools > 0)
    fsm->n_tools--;
  if (fsm->n_tools > 0)
    return 0;
  if (!has_answer)
    fsm->awaits_tool_answer = FALSE;

  switch (fsm->state)
    {
    case LIVE_TURN_PENDING:
      if (fsm->is_complete && !fsm->awaits_tool_answer && !fsm->is_busy)
        return live_turn_fsm_enter_tail (fsm);
      return live_turn_fsm_enter_pending (fsm, out);
    case LIVE_TURN_SPEAKING:
      return live_turn_fsm_arm (out, LIVE_TURN_STALL_MS);
    case LIVE_TURN_QUIET:
    case LIVE_TURN_LISTENING:
    case LIVE_TURN_HEARING:
    case LIVE_TURN_TAIL:
    case LIVE_TURN_CUT:
    case LIVE_TURN_N_STATES:
      break;
    }

  return 0;
}
