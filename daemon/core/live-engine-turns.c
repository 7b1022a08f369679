/* Owns: carrying out what the turn machine decides.
 * Thread: main only.
 * Called by: the other files of the engine, the speaker and the clock. */
#include "core/live-engine-beyond.h"

#include <string.h>

#include "protocol/live-wire-out.h"

LiveEngineTurn *
live_engine_turn_new (LiveEngine *self, LiveTurnOrigin origin)
{
  LiveEngineTurn *turn = g_new0 (LiveEngineTurn, 1);

  turn->number = ++self->last_number;
  turn->origin = origin;
  turn->begun_us = live_clock_now_us (self->clock);
  turn->answer = g_string_new (NULL);
  turn->written = g_string_new (NULL);
  turn->thoughts = g_string_new (NULL);
  return turn;
}

void
live_engine_turn_free (LiveEngineTurn *turn)
{
  if (turn == NULL)
    return;

  g_free (turn->typed);
  g_free (turn->message);
  g_string_free (turn->answer, TRUE);
  g_string_free (turn->written, TRUE);
  g_string_free (turn->thoughts, TRUE);
  g_free (turn->server_reason);
  g_free (turn->input_language);
  g_free (turn->output_language);
  g_free (turn);
}

static void
on_watchdog (gpointer data)
{
  LiveEngine *self = data;

  self->watchdog_timer = 0;
  live_engine_step (self, LIVE_TURN_EV_WATCHDOG, NULL);
}

static void
on_drop_timer (gpointer data)
{
  LiveEngine *self = data;

  self->drop_timer = 0;
  live_engine_step (self, LIVE_TURN_EV_DROP_TIMER, NULL);
}

void
live_engine_on_played_out (guint64 number, gpointer data)
{
  LiveEngine *self = data;

  if (self->turn != NULL && self->turn->number == number)
    {
      live_engine_step (self, LIVE_TURN_EV_PLAYED_OUT, NULL);
      return;
    }

  for (GList *link = self->let_go.head; link != NULL; link = link->next)
    {
      LiveEngineTurn *turn = link->data;

      if (turn->number != number)
        continue;
      g_queue_delete_link (&self->let_go, link);
      live_engine_turn_end (self, turn, turn->reason);
      return;
    }
}

/* Whose turn it is when the model begins to speak of itself: the answer to a tool's result, to
 * what was heard, or to nothing. */
static LiveTurnOrigin
guess_origin (LiveEngine *self)
{
  if (self->has_tool_result)
    return LIVE_TURN_BY_TOOL;
  return live_uplink_has_sent (self->uplink) ? LIVE_TURN_BY_VOICE : LIVE_TURN_BY_MODEL;
}

/* clientContent interrupts the generation unconditionally (protocol 6.2) and, with nothing in it
 * and turnComplete false, asks for no new answer; models that take it only as initial history
 * don't get it. With manual activity, the beginning of an activity interrupts. Otherwise the
 * server can't be told and speaks on, unheard. */
static gboolean
can_tell_by_activity (LiveEngine *self)
{
  LiveSettings *settings = live_link_get_sent_settings (self->link);

  return settings != NULL &&
         g_str_equal (live_settings_get_string (settings, LIVE_SETTING_VAD_MODE), "manual") &&
         g_str_equal (live_settings_get_string (settings, LIVE_SETTING_SESSION_ACTIVITY_HANDLING),
                      "interrupts");
}

static gboolean
is_server_tellable (LiveEngine *self)
{
  return live_engine_is_online (self) &&
         (live_engine_takes_content (self) || can_tell_by_activity (self));
}

static void
tell_server (LiveEngine *self)
{
  g_autofree char *message = NULL;

  if (!live_engine_takes_content (self))
    {
      live_uplink_cut_in (self->uplink);
      return;
    }

  message = live_wire_out_client_interrupt ();
  live_link_send (self->link, message, -1);
}

/* Words that were spoken over the last turn open this one. */
static void
take_next_words (LiveEngine *self)
{
  g_autofree char *words = NULL;

  if (self->turn->origin != LIVE_TURN_BY_VOICE || self->next_words->len == 0)
    return;

  words = g_strdup (self->next_words->str);
  g_string_truncate (self->next_words, 0);
  live_engine_turn_hear (self, self->turn->number, self->turn, words, NULL, NULL);
}

static void
begin_turn (LiveEngine *self, LiveEngineTurn *turn)
{
  self->turn = turn;
  self->has_tool_result = FALSE;
  live_uplink_forget_sent (self->uplink);
  live_engine_turn_begin (self, turn);
  take_next_words (self);
}

static void
end_waiting (LiveEngine *self, LiveTurnReason reason)
{
  LiveEngineTurn *turn;

  while ((turn = g_queue_pop_head (&self->waiting)) != NULL)
    {
      live_engine_turn_begin (self, turn);
      live_engine_turn_end (self, turn, reason);
    }
}

/* What was let go was sounding, and has been cut with the rest. */
static void
end_let_go (LiveEngine *self)
{
  LiveEngineTurn *turn;

  while ((turn = g_queue_pop_head (&self->let_go)) != NULL)
    live_engine_turn_end (self, turn, LIVE_TURN_INTERRUPTED);
}

static void
keep_for_next (LiveEngine *self, const LiveWireEvent *wire)
{
  if (wire == NULL || wire->transcript.text == NULL)
    return;
  if (self->next_words->len + strlen (wire->transcript.text) > LIVE_TRANSCRIPT_UTTERANCE_CAP_BYTES)
    self->counters.words_over_cap++;
  else
    g_string_append (self->next_words, wire->transcript.text);
}

static void
tell_activity (LiveEngine *self)
{
  const char *activity = live_turn_fsm_activity (&self->fsm);

  if (g_strcmp0 (activity, self->activity) == 0)
    return;

  self->activity = activity;
  live_engine_emit_changed (self, "Activity");
}

/* The properties of a moment are told before its signals; silence comes before everything. */
static void
carry_out_ends (LiveEngine *self, guint actions, const LiveTurnOut *out)
{
  if ((actions & LIVE_TURN_DO_DISCARD) != 0)
    live_speaker_discard (self->speaker);
  tell_activity (self);
  if ((actions & LIVE_TURN_DO_TELL_SERVER) != 0)
    tell_server (self);
  if ((actions & LIVE_TURN_DO_DISCARD) != 0)
    end_let_go (self);
  if ((actions & LIVE_TURN_DO_NOTIFY_INTERRUPTED) != 0 && self->turn != NULL)
    {
      self->turn->was_cut = TRUE;
      live_engine_turn_tell_finals (self, self->turn);
      g_signal_emit_by_name (self, "interrupted", self->turn->number);
    }
  if ((actions & LIVE_TURN_DO_NOTIFY_GENERATED) != 0 && self->turn != NULL)
    {
      live_engine_turn_tell_finals (self, self->turn);
      live_link_proven (self->link);
      g_signal_emit_by_name (self, "generation-complete", self->turn->number);
    }
  if ((actions & LIVE_TURN_DO_ANSWERED) != 0 && self->turn != NULL)
    live_engine_turn_answered (self, self->turn);
  if ((actions & LIVE_TURN_DO_LET_GO) != 0)
    {
      self->turn->reason = out->reason;
      live_engine_turn_answered (self, self->turn);
      g_queue_push_tail (&self->let_go, g_steal_pointer (&self->turn));
    }
  /* A turn that will be handed over again is not closed with the machine's. */
  if ((actions & LIVE_TURN_DO_CLOSE) != 0 && self->turn != NULL)
    live_engine_turn_end (self, g_steal_pointer (&self->turn), out->reason);
  if ((actions & LIVE_TURN_DO_CLOSE_WAITING) != 0)
    end_waiting (self, out->waiting_reason);
}

static void
carry_out_content (LiveEngine *self, guint actions, const LiveWireEvent *wire)
{
  if ((actions & LIVE_TURN_DO_ACCEPT) != 0 && wire != NULL)
    live_engine_turn_accept (self, self->turn, wire);
  if ((actions & LIVE_TURN_DO_DROP) != 0)
    self->counters.media_after_cut++;
  if ((actions & LIVE_TURN_DO_KEEP_FOR_NEXT) != 0)
    keep_for_next (self, wire);
  if ((actions & LIVE_TURN_DO_LATE) != 0 && wire != NULL)
    live_engine_turn_hear (self, self->late_number, NULL, wire->transcript.text,
                           wire->transcript.language, wire->transcript.speaker);
}

static void
carry_out_timers (LiveEngine *self, guint actions, const LiveTurnOut *out)
{
  if ((actions & (LIVE_TURN_DO_ARM_WATCHDOG | LIVE_TURN_DO_DISARM_WATCHDOG)) != 0)
    live_clock_clear (self->clock, &self->watchdog_timer);
  if ((actions & LIVE_TURN_DO_ARM_WATCHDOG) != 0)
    self->watchdog_timer = live_clock_arm (self->clock, out->watchdog_ms, on_watchdog, self);
  if ((actions & (LIVE_TURN_DO_ARM_DROP | LIVE_TURN_DO_DISARM_DROP)) != 0)
    live_clock_clear (self->clock, &self->drop_timer);
  if ((actions & LIVE_TURN_DO_ARM_DROP) != 0)
    self->drop_timer = live_clock_arm (self->clock, out->drop_ms, on_drop_timer, self);
}

static void
run_event (LiveEngine *self, LiveTurnEventKind kind, const LiveWireEvent *wire)
{
  LiveTurnEvent event = { .kind = kind,
                          .now_us = live_clock_now_us (self->clock),
                          .origin = guess_origin (self),
                          .is_tellable = is_server_tellable (self) };
  LiveTurnOut out = { 0 };
  guint actions = live_turn_fsm_step (&self->fsm, &event, &out);

  carry_out_ends (self, actions, &out);
  if ((actions & LIVE_TURN_DO_NEXT) != 0)
    begin_turn (self, g_queue_pop_head (&self->waiting));
  if ((actions & LIVE_TURN_DO_OPEN) != 0)
    begin_turn (self, live_engine_turn_new (self, out.origin));
  carry_out_content (self, actions, wire);
  if ((actions & LIVE_TURN_DO_END_OF_AUDIO) != 0 && self->turn != NULL)
    live_speaker_end (self->speaker, self->turn->number);
  if ((actions & LIVE_TURN_DO_EXPECT_PLAYED) != 0 && self->turn != NULL)
    live_speaker_expect_played (self->speaker, self->turn->number);
  carry_out_timers (self, actions, &out);
}

static void
tell_quiet (LiveEngine *self)
{
  gboolean is_quiet = live_turn_fsm_is_quiet (&self->fsm);
  gboolean became_quiet = is_quiet && !self->was_quiet;

  self->was_quiet = is_quiet;
  live_speaker_keep_open (self->speaker, !self->is_down && (!is_quiet || self->is_listening));
  if (became_quiet && !self->is_down)
    live_link_quiet (self->link);
  live_engine_heed_idle (self, FALSE);
}

void
live_engine_step (LiveEngine *self, LiveTurnEventKind kind, const LiveWireEvent *wire)
{
  if (self->is_stepping)
    {
      /* Only what carries no message can come from inside: the link speaks from the main loop. */
      g_return_if_fail (wire == NULL);
      g_queue_push_tail (&self->posted, GUINT_TO_POINTER (kind));
      return;
    }

  g_object_ref (self);
  self->is_stepping = TRUE;
  run_event (self, kind, wire);
  while (!g_queue_is_empty (&self->posted))
    run_event (self, GPOINTER_TO_UINT (g_queue_pop_head (&self->posted)), NULL);
  self->is_stepping = FALSE;
  tell_quiet (self);
  g_object_unref (self);
}

void
live_engine_free_turns (LiveEngine *self)
{
  live_clock_clear (self->clock, &self->watchdog_timer);
  live_clock_clear (self->clock, &self->drop_timer);
  live_clock_clear (self->clock, &self->kept_timer);
  g_queue_clear (&self->posted);
  g_clear_pointer (&self->turn, live_engine_turn_free);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) live_engine_turn_free);
  g_queue_clear_full (&self->kept, (GDestroyNotify) live_engine_turn_free);
  g_queue_clear_full (&self->let_go, (GDestroyNotify) live_engine_turn_free);
}
