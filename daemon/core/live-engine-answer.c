/* Owns: what a turn tells the outside: its beginning, words, sound, answer and end.
 * Thread: main only.
 * Called by: live-engine-turns.c. */
#include "core/live-engine-private.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-pcm.h"

void
live_engine_turn_begin (LiveEngine *self, LiveEngineTurn *turn)
{
  if (turn->typed != NULL &&
      !live_transcript_append (self->transcript, turn->number, LIVE_SAID_BY_USER, turn->typed))
    self->counters.words_over_cap++;
  g_clear_pointer (&turn->typed, g_free);
  if (turn->is_begun)
    return;

  turn->is_begun = TRUE;
  self->counters.turns_started++;
  g_signal_emit_by_name (self, "turn-started", turn->number,
                         live_turn_origin_to_string (turn->origin));
}

static void
replace_string (char **string, const char *value)
{
  if (value == NULL || g_strcmp0 (*string, value) == 0)
    return;

  g_free (*string);
  *string = g_strdup (value);
}

static GVariant *
make_details (const char *language, const char *speaker, gboolean was_cut)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  if (language != NULL)
    g_variant_dict_insert (&dict, "language", "s", language);
  if (speaker != NULL)
    g_variant_dict_insert (&dict, "speaker", "s", speaker);
  if (was_cut)
    g_variant_dict_insert (&dict, "interrupted", "b", TRUE);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
emit_words (LiveEngine *self,
            LiveSaid by,
            guint64 number,
            const char *text,
            gboolean is_final,
            GVariant *details)
{
  g_signal_emit_by_name (self, by == LIVE_SAID_BY_USER ? "input-transcript" : "output-transcript",
                         number, text, is_final, details);
}

static void
keep_words (LiveEngine *self, guint64 number, LiveSaid by, const char *text)
{
  if (!live_transcript_append (self->transcript, number, by, text))
    self->counters.words_over_cap++;
}

/* The whole utterance, once; a second time only when more of it has come since. */
static void
tell_final (LiveEngine *self, LiveEngineTurn *turn, LiveSaid by)
{
  g_autofree char *text = live_transcript_dup (self->transcript, turn->number, by);
  gboolean is_input = by == LIVE_SAID_BY_USER;
  gsize *told_bytes = is_input ? &turn->input_told_bytes : &turn->output_told_bytes;
  g_autoptr (GVariant) details = NULL;

  if (*text == '\0' || strlen (text) == *told_bytes)
    return;

  *told_bytes = strlen (text);
  details = make_details (is_input ? turn->input_language : turn->output_language, NULL,
                          !is_input && turn->was_cut);
  emit_words (self, by, turn->number, text, TRUE, details);
}

void
live_engine_turn_tell_finals (LiveEngine *self, LiveEngineTurn *turn)
{
  if (turn->has_input)
    tell_final (self, turn, LIVE_SAID_BY_USER);
  if (turn->has_output)
    tell_final (self, turn, LIVE_SAID_BY_MODEL);
}

void
live_engine_turn_hear (LiveEngine *self,
                       guint64 number,
                       LiveEngineTurn *turn,
                       const char *text,
                       const char *language,
                       const char *speaker)
{
  g_autoptr (GVariant) details = NULL;

  if (text == NULL || *text == '\0')
    return;

  keep_words (self, number, LIVE_SAID_BY_USER, text);
  details = make_details (language, speaker, FALSE);
  if (turn == NULL)
    {
      /* The words of a turn that is over: nothing else will say that they are whole. */
      g_autofree char *whole = live_transcript_dup (self->transcript, number, LIVE_SAID_BY_USER);

      emit_words (self, LIVE_SAID_BY_USER, number, text, FALSE, details);
      emit_words (self, LIVE_SAID_BY_USER, number, whole, TRUE, details);
      return;
    }

  turn->has_input = TRUE;
  replace_string (&turn->input_language, language);
  /* Words lag behind the voice; the end of speech is the better beginning, where it is told. */
  if (!turn->has_answer && !turn->has_speech_end)
    turn->begun_us = live_clock_now_us (self->clock);
  emit_words (self, LIVE_SAID_BY_USER, number, text, FALSE, details);
}

static void
accept_spoken (LiveEngine *self, LiveEngineTurn *turn, const LiveWireTranscript *transcript)
{
  g_autoptr (GVariant) details = NULL;

  if (transcript->text == NULL || *transcript->text == '\0')
    return;

  turn->has_output = TRUE;
  replace_string (&turn->output_language, transcript->language);
  if (turn->answer->len + strlen (transcript->text) <= LIVE_TRANSCRIPT_UTTERANCE_CAP_BYTES)
    g_string_append (turn->answer, transcript->text);
  keep_words (self, turn->number, LIVE_SAID_BY_MODEL, transcript->text);
  details = make_details (transcript->language, transcript->speaker, FALSE);
  emit_words (self, LIVE_SAID_BY_MODEL, turn->number, transcript->text, FALSE, details);
}

static void
accept_written (LiveEngine *self, LiveEngineTurn *turn, const LiveWireEvent *wire)
{
  GString *text = wire->is_thought ? turn->thoughts : turn->written;

  if (wire->text == NULL || *wire->text == '\0')
    return;

  if (text->len + strlen (wire->text) <= LIVE_TRANSCRIPT_UTTERANCE_CAP_BYTES)
    g_string_append (text, wire->text);
  else
    self->counters.words_over_cap++;
  if (!wire->is_thought)
    keep_words (self, turn->number, LIVE_SAID_BY_MODEL, wire->text);
  g_signal_emit_by_name (self, "text-received", turn->number, wire->text, wire->is_thought);
}

static void
accept_audio (LiveEngine *self, LiveEngineTurn *turn, const LiveWireEvent *wire)
{
  if (live_speaker_push (self->speaker, turn->number, wire->pcm, wire->rate_hz))
    return;

  if (self->counters.sound_over_cap++ == 0)
    g_warning ("The service sent sound that cannot be played (more than five minutes ahead, or "
               "at %u Hz), dropping it",
               wire->rate_hz);
}

/* The next speaker's turn: the question is taken for whole. What of it comes later is told as
 * more fragments and a second whole. */
static void
begin_answer (LiveEngine *self, LiveEngineTurn *turn)
{
  if (turn->has_answer)
    return;

  turn->has_answer = TRUE;
  if (turn->has_input)
    tell_final (self, turn, LIVE_SAID_BY_USER);
}

void
live_engine_turn_accept (LiveEngine *self, LiveEngineTurn *turn, const LiveWireEvent *wire)
{
  if (wire->kind != LIVE_WIRE_INPUT_TRANSCRIPT)
    begin_answer (self, turn);

  /* Kinds that are not named here carry no content of a turn. */
  if (wire->kind == LIVE_WIRE_AUDIO)
    accept_audio (self, turn, wire);
  else if (wire->kind == LIVE_WIRE_TEXT)
    accept_written (self, turn, wire);
  else if (wire->kind == LIVE_WIRE_OUTPUT_TRANSCRIPT)
    accept_spoken (self, turn, &wire->transcript);
  else if (wire->kind == LIVE_WIRE_INPUT_TRANSCRIPT)
    {
      live_engine_turn_hear (self, turn->number, turn, wire->transcript.text,
                             wire->transcript.language, wire->transcript.speaker);
      /* "finished" is not always sent and never waited for (protocol 7.2); when it comes, the
       * utterance need not wait for the answer's end. */
      if (wire->transcript.is_finished)
        tell_final (self, turn, LIVE_SAID_BY_USER);
    }
}

static void
reply_to_ask (LiveEngine *self, LiveEngineTurn *turn)
{
  GVariantDict dict;
  const GString *answer = turn->answer->len > 0 ? turn->answer : turn->written;
  LiveRequest *ask = g_steal_pointer (&turn->ask);

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "turn", "t", turn->number);
  g_variant_dict_insert (&dict, "interrupted", "b", turn->was_cut);
  if (turn->usage.is_known)
    g_variant_dict_insert_value (&dict, "tokens", live_usage_to_variant (&turn->usage));
  if (turn->thoughts->len > 0)
    g_variant_dict_insert (&dict, "thoughts", "s", turn->thoughts->str);
  live_engine_request_reply (ask, g_strstrip (g_strdup (answer->str)), g_variant_dict_end (&dict));
}

void
live_engine_turn_answered (LiveEngine *self, LiveEngineTurn *turn)
{
  live_engine_turn_tell_finals (self, turn);
  if (turn->ask != NULL)
    reply_to_ask (self, turn);
}

static GVariant *
make_end_details (LiveEngine *self, const LiveEngineTurn *turn, LiveTurnReason reason)
{
  LiveSpeakerFigures figures;
  GVariantDict dict;

  live_speaker_settle (self->speaker, turn->number, &figures);
  g_variant_dict_init (&dict, NULL);
  if (turn->usage.is_known)
    g_variant_dict_insert_value (&dict, "tokens", live_usage_to_variant (&turn->usage));
  g_variant_dict_insert (
      &dict, "audio-ms", "u",
      (guint32) live_pcm_frames_to_ms (figures.audio_frames, LIVE_PLAYBACK_RATE_HZ));
  g_variant_dict_insert (
      &dict, "heard-ms", "u",
      (guint32) live_pcm_frames_to_ms (figures.heard_frames, LIVE_PLAYBACK_RATE_HZ));
  if (figures.first_audio_us != 0)
    g_variant_dict_insert (&dict, "first-audio-ms", "u",
                           (guint32) (MAX (figures.first_audio_us - turn->begun_us, 0) / 1000));
  if (reason == LIVE_TURN_FAILED)
    {
      const GError *loss = self->loss;

      g_variant_dict_insert (
          &dict, "error", "s",
          live_error_dbus_name (loss != NULL ? (LiveErrorCode) loss->code : LIVE_ERROR_TIMEOUT));
      if (loss != NULL)
        g_variant_dict_insert (&dict, "message", "s", loss->message);
    }
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
end_ask (LiveEngine *self, LiveEngineTurn *turn, LiveTurnReason reason)
{
  g_autoptr (GError) error = NULL;

  if (turn->ask == NULL)
    return;

  if (reason != LIVE_TURN_FAILED)
    {
      reply_to_ask (self, turn);
      return;
    }

  error = self->loss != NULL ? g_error_copy (self->loss)
                             : g_error_new_literal (LIVE_ERROR, LIVE_ERROR_TIMEOUT,
                                                    _ ("The model did not answer in time"));
  live_engine_request_fail (g_steal_pointer (&turn->ask), error);
}

static const char *
choose_reason (LiveEngine *self, const LiveEngineTurn *turn, LiveTurnReason reason)
{
  switch (reason)
    {
    case LIVE_TURN_COMPLETE:
      self->counters.turns_complete++;
      return turn->server_reason != NULL ? turn->server_reason : "complete";
    case LIVE_TURN_INTERRUPTED:
      self->counters.turns_interrupted++;
      break;
    case LIVE_TURN_FAILED:
      self->counters.turns_failed++;
      break;
    case LIVE_TURN_UNANSWERED:
      self->counters.turns_unanswered++;
      break;
    }

  return live_turn_reason_to_string (reason);
}

void
live_engine_turn_end (LiveEngine *self, LiveEngineTurn *turn, LiveTurnReason reason)
{
  g_autoptr (GVariant) details = NULL;

  if (reason == LIVE_TURN_INTERRUPTED)
    turn->was_cut = TRUE;
  live_engine_turn_tell_finals (self, turn);
  end_ask (self, turn, reason);
  self->late_number = turn->number;

  details = make_end_details (self, turn, reason);
  g_signal_emit_by_name (self, "turn-complete", turn->number, choose_reason (self, turn, reason),
                         details);
  live_engine_turn_free (turn);
}
