/* Owns: which event of the turn machine a server's message is.
 * Thread: main only.
 * Called by: core/live-link.c, one typed event after the other. */
#include "core/live-engine-beyond.h"

static LiveEngineTurn *
turn_for_facts (LiveEngine *self)
{
  if (self->turn != NULL)
    return self->turn;
  return g_queue_peek_tail (&self->let_go);
}

/* The server has not yet ended a turn that we closed: what it says is about that one. */
static gboolean
is_of_closed_turn (LiveEngine *self)
{
  return self->fsm.is_dropping || self->fsm.owes_complete;
}

static void
on_usage (LiveEngine *self, const LiveWireUsage *usage)
{
  LiveEngineTurn *turn = turn_for_facts (self);

  live_usage_add (&self->usage, usage);
  if (turn != NULL && !is_of_closed_turn (self))
    live_usage_add (&turn->usage, usage);
  live_engine_emit_changed (self, "Usage");
  live_engine_guard (self, LIVE_CONTEXT_EV_USAGE, (guint) CLAMP (usage->prompt, 0, G_MAXINT));
}

/* Anything of an answer shows that the service is there. */
static void
note_sign (LiveEngine *self, const LiveWireEvent *event)
{
  switch (event->kind)
    {
    case LIVE_WIRE_AUDIO:
    case LIVE_WIRE_TEXT:
    case LIVE_WIRE_EXECUTABLE_CODE:
    case LIVE_WIRE_CODE_RESULT:
    case LIVE_WIRE_OUTPUT_TRANSCRIPT:
    case LIVE_WIRE_GROUNDING:
    case LIVE_WIRE_TOOL_CALL:
    case LIVE_WIRE_GENERATION_COMPLETE:
    case LIVE_WIRE_INTERRUPTED:
    case LIVE_WIRE_TURN_COMPLETE:
    case LIVE_WIRE_INTERACTION_STATUS:
      live_engine_note_output (self);
      return;
    case LIVE_WIRE_INPUT_TRANSCRIPT:
    case LIVE_WIRE_VOICE_ACTIVITY:
    case LIVE_WIRE_TOOL_CANCEL:
    case LIVE_WIRE_INTERIM_TRANSCRIPT:
    case LIVE_WIRE_WAITING_FOR_INPUT:
    case LIVE_WIRE_USAGE:
    case LIVE_WIRE_GO_AWAY:
    case LIVE_WIRE_SETUP_COMPLETE:
    case LIVE_WIRE_RESUMPTION:
    case LIVE_WIRE_SERVER_ERROR:
    case LIVE_WIRE_MALFORMED:
      return;
    }
}

static void
on_turn_complete (LiveEngine *self, const LiveWireEvent *event)
{
  if (self->turn != NULL && event->text != NULL && !is_of_closed_turn (self))
    {
      g_free (self->turn->server_reason);
      self->turn->server_reason = g_strdup (event->text);
    }
  /* An answer that came whole proves the connection, also when generationComplete is missing. */
  if (self->fsm.has_media)
    live_link_proven (self->link);
  live_engine_step (self, LIVE_TURN_EV_TURN_COMPLETE, event);
}

static void
on_grounding (LiveEngine *self, const char *json)
{
  const LiveEngineTurn *turn = turn_for_facts (self);

  if (is_of_closed_turn (self))
    return;

  g_signal_emit_by_name (self, "grounding", turn != NULL ? turn->number : (guint64) 0, json);
}

static void
on_input_transcript (LiveEngine *self, const LiveWireEvent *event)
{
  /* A transcription without words says nothing of who speaks. */
  if (event->transcript.text == NULL || *event->transcript.text == '\0')
    return;

  live_engine_step (self, LIVE_TURN_EV_INPUT_TEXT, event);
}

static void
on_output_transcript (LiveEngine *self, const LiveWireEvent *event)
{
  if (event->transcript.text == NULL || *event->transcript.text == '\0')
    return;

  live_engine_step (self, LIVE_TURN_EV_TEXT, event);
}

static void
on_voice_activity (LiveEngine *self, const LiveWireEvent *event)
{
  LiveEngineTurn *turn = self->turn;

  if (!event->is_start && turn != NULL && !turn->has_answer)
    {
      turn->has_speech_end = TRUE;
      turn->begun_us = live_clock_now_us (self->clock);
    }
  live_engine_step (self, event->is_start ? LIVE_TURN_EV_SPEECH_START : LIVE_TURN_EV_SPEECH_END,
                    event);
}

void
live_engine_on_wire_event (const LiveWireEvent *event, gpointer data)
{
  LiveEngine *self = data;

  note_sign (self, event);
  switch (event->kind)
    {
    case LIVE_WIRE_AUDIO:
      live_engine_step (self, LIVE_TURN_EV_AUDIO, event);
      return;
    case LIVE_WIRE_TEXT:
      live_engine_step (self, event->is_thought ? LIVE_TURN_EV_THOUGHT : LIVE_TURN_EV_TEXT, event);
      return;
    case LIVE_WIRE_EXECUTABLE_CODE:
    case LIVE_WIRE_CODE_RESULT:
      live_engine_step (self, LIVE_TURN_EV_THOUGHT, event);
      return;
    case LIVE_WIRE_INPUT_TRANSCRIPT:
      on_input_transcript (self, event);
      live_engine_note_heard (self);
      return;
    case LIVE_WIRE_OUTPUT_TRANSCRIPT:
      on_output_transcript (self, event);
      return;
    case LIVE_WIRE_GROUNDING:
      on_grounding (self, event->json);
      return;
    case LIVE_WIRE_TOOL_CALL:
      live_engine_on_tool_call (self, &event->call);
      return;
    case LIVE_WIRE_TOOL_CANCEL:
      live_engine_on_tool_cancel (self, event->text);
      return;
    case LIVE_WIRE_GENERATION_COMPLETE:
      live_engine_step (self, LIVE_TURN_EV_GENERATION_COMPLETE, event);
      return;
    case LIVE_WIRE_INTERRUPTED:
      live_engine_step (self, LIVE_TURN_EV_INTERRUPTED, event);
      return;
    case LIVE_WIRE_TURN_COMPLETE:
      on_turn_complete (self, event);
      return;
    case LIVE_WIRE_INTERACTION_STATUS:
      live_engine_step (self, event->is_in_progress ? LIVE_TURN_EV_IN_PROGRESS : LIVE_TURN_EV_IDLE,
                        event);
      return;
    case LIVE_WIRE_VOICE_ACTIVITY:
      on_voice_activity (self, event);
      live_engine_note_heard (self);
      return;
    case LIVE_WIRE_USAGE:
      on_usage (self, &event->usage);
      return;
    case LIVE_WIRE_GO_AWAY:
      g_signal_emit_by_name (self, "go-away", (guint64) MAX (event->time_left_us, 0) / 1000);
      return;
    case LIVE_WIRE_INTERIM_TRANSCRIPT:
      /* It is replaced by what follows, and the contract's fragments are to be appended. */
    case LIVE_WIRE_WAITING_FOR_INPUT:
    case LIVE_WIRE_SETUP_COMPLETE:
    case LIVE_WIRE_RESUMPTION:
    case LIVE_WIRE_SERVER_ERROR:
    case LIVE_WIRE_MALFORMED:
      self->counters.events_ignored++;
      return;
    }
}
