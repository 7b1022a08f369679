/* Owns: the answer under way on one connection, and its queue.
 * Thread: main.
 * Called by: live-sim-input.c, live-sim-script.c, live-sim-session.c. */
#include "live-sim-turn.h"

#include <string.h>

#include "live-sim-calls.h"
#include "live-sim-content.h"
#include "live-sim-life.h"
#include "live-sim-script.h"
#include "live-sim-speech.h"
#include "live-sim-usage.h"

#define TEXT_STEP_MS 40

typedef enum
{
  STATE_IDLE,
  STATE_WAITING,    /* the model "thinks" */
  STATE_CALLING,    /* a blocking call is open */
  STATE_GENERATING, /* sound leaves, ahead of real time */
  STATE_HOLDING,    /* all of it left; its playback would still go on */
} State;

struct _LiveSimTurn
{
  LiveSimSession *session;
  State state;
  guint timer;
  GQueue prompts; /* LiveSimAnswer: what people asked for */
  GQueue reports; /* LiveSimAnswer: results of tools that wait for a quiet moment */
  LiveSimAnswer *answer;

  /* Of the answer under way. */
  GString *said;
  LiveSimSpeech speech;
};

static void start_next (LiveSimTurn *self);
static void generate (LiveSimTurn *self);

LiveSimTurn *
live_sim_turn_new (LiveSimSession *session)
{
  LiveSimTurn *self = g_new0 (LiveSimTurn, 1);

  self->session = session;
  live_sim_speech_init (&self->speech, session->world);
  self->said = g_string_new (NULL);
  g_queue_init (&self->prompts);
  g_queue_init (&self->reports);
  return self;
}

void
live_sim_turn_stop (LiveSimTurn *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_queue_clear_full (&self->prompts, (GDestroyNotify) live_sim_answer_free);
  g_queue_clear_full (&self->reports, (GDestroyNotify) live_sim_answer_free);
  g_clear_pointer (&self->answer, live_sim_answer_free);
  self->state = STATE_IDLE;
}

void
live_sim_turn_free (LiveSimTurn *self)
{
  if (self == NULL)
    return;
  live_sim_turn_stop (self);
  live_sim_speech_clear (&self->speech);
  g_string_free (self->said, TRUE);
  g_free (self);
}

gboolean
live_sim_turn_is_idle (LiveSimTurn *self)
{
  return self->state == STATE_IDLE;
}

const char *
live_sim_turn_get_state_name (LiveSimTurn *self)
{
  static const char *const names[] = { "idle", "waiting", "calling", "generating", "holding" };

  return names[self->state];
}

static void
arm (LiveSimTurn *self, guint real_ms, GSourceFunc func)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (real_ms, func, self);
}

/* The turn is over: what was said goes into the memory, and the next answer may begin. */
static void
end_turn (LiveSimTurn *self)
{
  LiveSimSession *session = self->session;
  LiveSimConversation *conversation = session->conversation;
  guint64 audio_tokens =
      live_sim_usage_audio_tokens (self->speech.sent_bytes / 2, LIVE_SIM_VOICE_RATE_HZ);
  guint64 text_tokens =
      session->has_audio_answers ? 0 : live_sim_usage_text_tokens (self->said->str);
  JsonObject *content;
  JsonObject *message = live_sim_content_new (&content);

  json_object_set_boolean_member (content, "turnComplete", TRUE);
  if (session->profile->has_interaction_status)
    json_object_set_string_member (
        content, "interactionStatus",
        live_sim_calls_count_open (conversation->calls) > 0 ? "IN_PROGRESS" : "IDLE");
  json_object_set_object_member (message, "usageMetadata",
                                 live_sim_usage_describe (conversation, audio_tokens, text_tokens,
                                                          session->has_vertex_habits));

  self->state = STATE_IDLE;
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->answer, live_sim_answer_free);
  live_sim_speech_clear (&self->speech);
  conversation->audio_tokens += audio_tokens;
  conversation->text_tokens += text_tokens;
  if (self->said->len > 0)
    live_sim_conversation_add (conversation, FALSE, self->said->str);
  conversation->n_turns++;
  session->world->counters.turns++;

  live_sim_link_send (session->link, message);
  live_sim_session_send_handle (session, TRUE);
  live_sim_script_event (session->script, LIVE_SIM_ON_TURN_COMPLETE, NULL, 0);
}

static gboolean
on_playback_over (gpointer data)
{
  LiveSimTurn *self = data;

  self->timer = 0;
  end_turn (self);
  start_next (self);
  return G_SOURCE_REMOVE;
}

static void
finish_generation (LiveSimTurn *self)
{
  LiveSimSession *session = self->session;
  JsonObject *content;
  JsonObject *message = live_sim_content_new (&content);

  self->state = STATE_HOLDING;
  json_object_set_boolean_member (content, "generationComplete", TRUE);
  session->world->counters.generations++;
  arm (self, live_sim_speech_get_rest_ms (&self->speech), on_playback_over);
  live_sim_link_send (session->link, message);
  live_sim_script_event (session->script, LIVE_SIM_ON_GENERATION_COMPLETE, NULL, 0);
}

static void
send_text_part (LiveSimTurn *self, const char *text)
{
  JsonObject *content;
  JsonObject *message = live_sim_content_new (&content);

  json_object_set_string_member (
      live_sim_content_add_part (content, self->session->has_vertex_habits), "text", text);
  g_string_append (self->said, text);
  live_sim_link_send (self->session->link, message);
}

/* Takes the next phrase; its transcript goes out ahead of its sound. FALSE when nothing is left. */
static gboolean
take_phrase (LiveSimTurn *self, JsonObject *content)
{
  LiveSimSession *session = self->session;
  g_autofree char *phrase = g_queue_pop_head (&self->answer->phrases);

  if (phrase == NULL)
    return FALSE;

  live_sim_speech_take_phrase (&self->speech,
                               self->answer->sound != NULL
                                   ? g_steal_pointer (&self->answer->sound)
                                   : live_sim_voice_speak (session->world->voice, phrase,
                                                           session->voice, session->language));
  g_string_append (self->said, phrase);
  if (!session->has_output_transcripts)
    return TRUE;

  if (session->profile->joins_fields)
    live_sim_content_add_transcript (content, "outputTranscription", phrase);
  else
    {
      JsonObject *alone;
      JsonObject *message = live_sim_content_new (&alone);

      live_sim_content_add_transcript (alone, "outputTranscription", phrase);
      live_sim_link_send (session->link, message);
    }
  return TRUE;
}

static void
send_sound (LiveSimTurn *self, JsonObject *message, JsonObject *content)
{
  LiveSimSession *session = self->session;
  JsonObject *data = live_sim_json_add_object (
      live_sim_content_add_part (content, self->session->has_vertex_habits), "inlineData");
  g_autofree char *text = live_sim_speech_cut (&self->speech);

  json_object_set_string_member (data, "mimeType",
                                 session->has_vertex_habits ? "audio/pcm" : "audio/pcm;rate=24000");
  json_object_set_string_member (data, "data", text);
  live_sim_link_send (session->link, message);
  live_sim_script_event (session->script, LIVE_SIM_ON_SOUND, NULL, 0);
}

static gboolean
on_generate (gpointer data)
{
  LiveSimTurn *self = data;

  self->timer = 0;
  generate (self);
  return G_SOURCE_REMOVE;
}

static double
get_generation_speed (LiveSimTurn *self)
{
  double wanted = self->session->world->options.generation_speed;

  return wanted > 0 ? wanted : self->session->profile->generation_speed;
}

static void
generate_text (LiveSimTurn *self)
{
  g_autofree char *phrase = g_queue_pop_head (&self->answer->phrases);

  if (phrase == NULL)
    {
      finish_generation (self);
      return;
    }
  arm (self, live_sim_options_scale_ms (&self->session->world->options, TEXT_STEP_MS), on_generate);
  send_text_part (self, phrase);
}

static void
generate (LiveSimTurn *self)
{
  gboolean has_phrase = live_sim_speech_has_sound (&self->speech);
  JsonObject *content, *message;

  self->state = STATE_GENERATING;
  if (!self->session->has_audio_answers)
    {
      generate_text (self);
      return;
    }

  message = live_sim_content_new (&content);
  if (!has_phrase)
    has_phrase = take_phrase (self, content);
  if (!has_phrase)
    {
      json_object_unref (message);
      finish_generation (self);
      return;
    }
  /* A phrase may hold nothing that sounds. */
  if (!live_sim_speech_has_sound (&self->speech))
    {
      arm (self, 0, on_generate);
      if (json_object_get_size (content) > 0)
        live_sim_link_send (self->session->link, message);
      else
        json_object_unref (message);
      return;
    }
  arm (self, 0, on_generate); /* a scenario's step may stop it again */
  send_sound (self, message, content);
  if (self->timer != 0)
    arm (self, live_sim_speech_get_pause_ms (&self->speech, get_generation_speed (self)),
         on_generate);
}

static gboolean
is_blocking (LiveSimTurn *self, const char *name)
{
  JsonObject *tool = live_sim_companion_find_tool (self->session->tools, name);

  return live_sim_profile_blocks (self->session->profile,
                                  live_sim_json_string (tool, "behavior", "UNSPECIFIED"));
}

static void
send_call (LiveSimTurn *self, const LiveSimCall *call, JsonObject *args)
{
  LiveSimSession *session = self->session;
  JsonObject *message = live_sim_call_describe (call, args);

  if (session->profile->has_interaction_status)
    json_object_set_string_member (message, "interactionStatus", "IN_PROGRESS");
  if (session->world->options.has_duplicate_calls)
    live_sim_link_send (session->link, json_object_ref (message));
  live_sim_session_keep_call (session, message);
  live_sim_link_send (session->link, message);
}

static void
begin_call (LiveSimTurn *self)
{
  LiveSimSession *session = self->session;
  g_autoptr (JsonObject) args = g_steal_pointer (&self->answer->call_args);
  char *name = g_steal_pointer (&self->answer->call_name);
  char *id = session->has_vertex_habits
                 ? g_uuid_string_random ()
                 : g_strdup_printf ("function-call-%u%04u", session->conversation->id,
                                    live_sim_calls_get_last (session->conversation->calls) + 1);
  const LiveSimCall *call =
      live_sim_calls_add (session->conversation->calls, id, name, is_blocking (self, name));

  session->world->counters.tool_calls++;

  if (call->is_blocking)
    {
      self->state = STATE_CALLING;
      send_call (self, call, args);
    }
  else if (session->profile->has_interaction_status)
    {
      /* Extended thinking ends the utterance, says that it goes on, and then calls. */
      end_turn (self);
      send_call (self, call, args);
    }
  else
    {
      /* 3.8 ends the turn without a word and speaks in the next one. */
      send_call (self, call, args);
      end_turn (self);
    }
  live_sim_script_event (session->script, LIVE_SIM_ON_TOOL_CALL, NULL, 0);
  start_next (self);
}

static gboolean
on_thought (gpointer data)
{
  LiveSimTurn *self = data;

  self->timer = 0;
  if (self->answer->call_name != NULL)
    begin_call (self);
  else
    generate (self);
  return G_SOURCE_REMOVE;
}

static void
start_next (LiveSimTurn *self)
{
  LiveSimSession *session = self->session;
  const LiveSimOptions *options = &session->world->options;
  gboolean is_dropped;

  if (self->state != STATE_IDLE || session->phase != LIVE_SIM_PHASE_LIVE)
    return;
  self->answer = g_queue_pop_head (&self->prompts);
  if (self->answer == NULL)
    self->answer = g_queue_pop_head (&self->reports);
  if (self->answer == NULL)
    return;
  if (!live_sim_session_make_room (session))
    return;

  live_sim_life_note_turn (session->life);
  self->state = STATE_WAITING;
  live_sim_speech_start (&self->speech);
  g_string_truncate (self->said, 0);
  arm (self, live_sim_options_scale_ms (options, options->reply_delay_ms), on_thought);
  /* What a scenario says is no occasion for the scenario: it would answer itself for ever. */
  is_dropped = !self->answer->is_scripted &&
               live_sim_script_event (session->script, LIVE_SIM_ON_TURN, NULL, 0);
  if (self->state != STATE_WAITING)
    return; /* a step ended the connection */
  if (is_dropped)
    {
      g_clear_handle_id (&self->timer, g_source_remove);
      g_clear_pointer (&self->answer, live_sim_answer_free);
      self->state = STATE_IDLE;
      start_next (self);
      return;
    }
  session->world->counters.turns_begun++;
  live_sim_session_send_handle (session, FALSE);
}

void
live_sim_turn_answer (LiveSimTurn *self, LiveSimAnswer *take_answer)
{
  if (self->session->conversation->is_mute)
    {
      live_sim_answer_free (take_answer);
      return;
    }
  g_queue_push_tail (&self->prompts, take_answer);
  start_next (self);
}

void
live_sim_turn_interrupt (LiveSimTurn *self)
{
  JsonObject *content, *message, *cancellation;

  if (self->state == STATE_IDLE)
    return;

  g_clear_handle_id (&self->timer, g_source_remove);
  self->session->world->counters.interruptions++;
  message = live_sim_content_new (&content);
  json_object_set_boolean_member (content, "interrupted", TRUE);
  live_sim_link_send (self->session->link, message);
  cancellation = live_sim_calls_cancel_blocking (self->session->conversation->calls);
  if (cancellation != NULL)
    live_sim_link_send (self->session->link, cancellation);
  end_turn (self);
}

gboolean
live_sim_turn_forbids_audio (LiveSimTurn *self)
{
  const LiveSimOptions *options = &self->session->world->options;
  gint64 grace_us = (gint64) options->tool_audio_grace_ms * 1000;

  if (self->state != STATE_CALLING || !self->session->profile->gates_microphone)
    return FALSE;
  /* What was under way when the call left is forgiven. */
  return live_sim_calls_has_blocking_since (self->session->conversation->calls, grace_us);
}

static void
report_later (LiveSimTurn *self, LiveSimAnswer *take_report, const char *scheduling)
{
  if (strcmp (scheduling, "INTERRUPT") == 0)
    {
      live_sim_turn_interrupt (self);
      g_queue_push_head (&self->prompts, take_report);
    }
  else
    g_queue_push_tail (&self->reports, take_report);
  start_next (self);
}

void
live_sim_turn_take_response (LiveSimTurn *self, JsonObject *response)
{
  LiveSimSession *session = self->session;
  LiveSimWorld *world = session->world;
  const char *name = live_sim_json_string (response, "name", "");
  const LiveSimCall *call =
      live_sim_calls_find (session->conversation->calls, live_sim_json_string (response, "id", ""),
                           name, session->has_vertex_habits);
  gboolean was_blocking;
  LiveSimAnswer *report;

  world->counters.received_tool_responses++;
  live_sim_world_note (world->tool_responses, live_sim_json_node (json_object_ref (response)));
  if (call == NULL)
    {
      live_sim_world_note_violation (world, session->id, 0, "an answer to a call that is not open");
      return;
    }
  if (strcmp (call->name, name) != 0)
    live_sim_world_note_violation (world, session->id, 0, "an answer under another tool's name");
  if (live_sim_json_bool (response, "willContinue", FALSE))
    return;

  report = live_sim_companion_report (call->name, live_sim_json_object (response, "response"));
  was_blocking = call->is_blocking;
  live_sim_calls_remove (session->conversation->calls, call);
  if (live_sim_script_event (session->script, LIVE_SIM_ON_TOOL_RESPONSE, name, 0) ||
      (!was_blocking && strcmp (live_sim_calls_read_scheduling (response), "SILENT") == 0))
    live_sim_answer_free (report);
  else if (!was_blocking)
    report_later (self, report, live_sim_calls_read_scheduling (response));
  else if (self->state == STATE_CALLING)
    {
      live_sim_answer_free (self->answer);
      self->answer = report;
      generate (self);
    }
  else
    /* Its connection was lost meanwhile: what it led to is said in a turn of its own. */
    live_sim_turn_answer (self, report);
}
