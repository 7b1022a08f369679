/* Owns: one connection: its phase, what its setup said, and the dispatch of messages.
 * Thread: main.
 * Called by: live-sim-server.c, live-sim-control.c, live-sim-script.c. */
#include "live-sim-session.h"

#include <string.h>

#include "live-sim-input.h"
#include "live-sim-script.h"
#include "live-sim-turn.h"
#include "live-sim-usage.h"

void
live_sim_session_free (LiveSimSession *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->setup_timer, g_source_remove);
  g_clear_handle_id (&self->handle_timer, g_source_remove);
  live_sim_script_free (self->script);
  live_sim_turn_free (self->turn);
  live_sim_link_free (self->link);
  if (self->conversation != NULL)
    live_sim_memory_release (self->world->memory, self->conversation);
  live_sim_vad_free (self->vad);
  live_sim_resampler_free (self->hearing);
  g_clear_pointer (&self->tools, json_array_unref);
  g_free (self->model);
  g_free (self->voice);
  g_free (self->language);
  g_free (self);
}

void
live_sim_session_stop (LiveSimSession *self)
{
  self->phase = LIVE_SIM_PHASE_REFUSED;
  g_clear_handle_id (&self->setup_timer, g_source_remove);
  g_clear_handle_id (&self->handle_timer, g_source_remove);
  live_sim_turn_stop (self->turn);
}

void
live_sim_session_refuse (LiveSimSession *self, guint code, const char *reason)
{
  if (self->phase == LIVE_SIM_PHASE_REFUSED)
    return;
  live_sim_session_stop (self);
  live_sim_world_note_violation (self->world, self->id, code, reason);
  live_sim_link_close (self->link, code, reason);
}

/* The service opens the door to everybody and looks at the key when it has read the setup. */
static gboolean
check_key (LiveSimSession *self)
{
  switch (self->door.key)
    {
    case LIVE_SIM_KEY_GOOD:
      return TRUE;
    case LIVE_SIM_KEY_MISSING:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_INVALID,
                               "API Key not found. Please pass a valid API key.");
      return FALSE;
    case LIVE_SIM_KEY_BAD:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_INVALID,
                               "API key not valid. Please pass a valid API key.");
      return FALSE;
    case LIVE_SIM_KEY_EXPIRED:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_INVALID,
                               "API key expired. Please renew the API key.");
      return FALSE;
    case LIVE_SIM_KEY_OVER_QUOTA:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_INTERNAL, LIVE_SIM_TEXT_QUOTA);
      return FALSE;
    }
  return FALSE;
}

static gboolean
choose_profile (LiveSimSession *self, JsonObject *setup)
{
  const char *model = live_sim_json_string (setup, "model", "");
  g_autofree char *reason = NULL;

  self->profile = self->world->options.profile;
  if (self->profile == NULL)
    self->profile = live_sim_profile_for_model (model, self->door.dialect.is_vertex);
  if (self->profile != NULL)
    return TRUE;

  if (self->door.dialect.is_vertex)
    reason = g_strdup_printf ("Publisher Model `%s` was not found or your project does not have "
                              "access to it.",
                              model);
  else
    reason = g_strdup_printf ("%s is not found for API version %s, or is not supported for "
                              "bidiGenerateContent. Call ListModels to see the list of available "
                              "models and their supported methods.",
                              model, self->door.api_version);
  live_sim_session_refuse (self, LIVE_SIM_CLOSE_POLICY, reason);
  return FALSE;
}

/* Source: protocol section 5 for the words of each refusal. */
static gboolean
open_conversation (LiveSimSession *self, JsonObject *setup)
{
  LiveSimMemory *memory = self->world->memory;
  const char *handle =
      live_sim_json_string (live_sim_json_object (setup, "sessionResumption"), "handle", "");
  LiveSimHandleState state = LIVE_SIM_HANDLE_GOOD;

  if (*handle == '\0')
    {
      self->conversation = live_sim_memory_start (memory, self->model, self);
      return TRUE;
    }

  state = live_sim_memory_resume (memory, handle, self->model, self, &self->conversation);
  if (state == LIVE_SIM_HANDLE_GOOD)
    {
      self->world->counters.resumed++;
      return TRUE;
    }

  self->world->counters.handles_refused++;
  switch (state)
    {
    case LIVE_SIM_HANDLE_MALFORMED:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_INVALID, "Invalid session handle");
      break;
    case LIVE_SIM_HANDLE_UNKNOWN:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_POLICY,
                               "BidiGenerateContent session not found");
      break;
    case LIVE_SIM_HANDLE_HELD:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_INTERNAL, "Internal error encountered.");
      break;
    case LIVE_SIM_HANDLE_OTHER_MODEL:
      live_sim_session_refuse (self, LIVE_SIM_CLOSE_INVALID, LIVE_SIM_TEXT_INVALID_ARGUMENT);
      break;
    case LIVE_SIM_HANDLE_GOOD:
      break;
    }
  return FALSE;
}

static void
read_speech (LiveSimSession *self, JsonObject *setup)
{
  JsonObject *config = live_sim_json_object (setup, "generationConfig");
  JsonObject *speech = live_sim_json_object (config, "speechConfig");
  JsonObject *voice = live_sim_json_object (speech, "voiceConfig");
  JsonArray *modalities = live_sim_json_array (config, "responseModalities");

  self->has_audio_answers = modalities != NULL && json_array_get_length (modalities) > 0 &&
                            strcmp (json_array_get_string_element (modalities, 0), "TEXT") != 0;
  self->voice = g_strdup (live_sim_json_string (live_sim_json_object (voice, "prebuiltVoiceConfig"),
                                                "voiceName", NULL));
  self->language = g_strdup (live_sim_json_string (speech, "languageCode", NULL));
  self->has_input_transcripts = json_object_has_member (setup, "inputAudioTranscription");
  self->has_output_transcripts = json_object_has_member (setup, "outputAudioTranscription");
}

static void
read_listening (LiveSimSession *self, JsonObject *setup)
{
  JsonObject *config = live_sim_json_object (setup, "realtimeInputConfig");
  JsonObject *detection = live_sim_json_object (config, "automaticActivityDetection");
  const char *start = live_sim_json_string (detection, "startOfSpeechSensitivity", "");
  const char *end = live_sim_json_string (detection, "endOfSpeechSensitivity", "");
  LiveSimVadConfig vad = { 0 };

  /* LOW is Vertex's default, HIGH that of the Gemini API. */
  vad.is_start_low = g_str_has_suffix (start, "_LOW") ||
                     (self->has_vertex_habits && !g_str_has_suffix (start, "_HIGH"));
  vad.is_end_low = g_str_has_suffix (end, "_LOW") ||
                   (self->has_vertex_habits && !g_str_has_suffix (end, "_HIGH"));
  vad.silence_ms =
      (guint) live_sim_json_int (detection, "silenceDurationMs", LIVE_SIM_VAD_DEFAULT_SILENCE_MS);
  vad.prefix_ms = (guint) MIN (
      live_sim_json_int (detection, "prefixPaddingMs", LIVE_SIM_VAD_DEFAULT_PREFIX_MS), 10000);
  vad.is_manual = live_sim_json_bool (detection, "disabled", FALSE);

  self->has_manual_activity = vad.is_manual;
  self->can_interrupt =
      strcmp (live_sim_json_string (config, "activityHandling", ""), "NO_INTERRUPTION") != 0;
  self->has_voice_activity =
      self->profile->sends_voice_activity || live_sim_json_bool (setup, "explicitVadSignal", FALSE);
  live_sim_vad_free (self->vad);
  self->vad = live_sim_vad_new (&vad, live_sim_input_on_activity, self);
}

static void
count_instruction (LiveSimSession *self, JsonObject *setup)
{
  JsonArray *parts =
      live_sim_json_array (live_sim_json_object (setup, "systemInstruction"), "parts");

  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    self->conversation->text_tokens += live_sim_usage_text_tokens (
        live_sim_json_string (json_array_get_object_element (parts, i), "text", ""));
}

static gboolean
on_setup_delay (gpointer data)
{
  LiveSimSession *self = data;

  self->setup_timer = 0;
  if (!self->world->holds_setup)
    live_sim_session_complete_setup (self);
  return G_SOURCE_REMOVE;
}

static void
take_setup (LiveSimSession *self, JsonObject *setup)
{
  g_auto (LiveSimVerdict) verdict = { 0 };
  LiveSimWorld *world = self->world;
  JsonObject *history = live_sim_json_object (setup, "historyConfig");

  if (!check_key (self) || !choose_profile (self, setup))
    return;
  if (!live_sim_rules_check_setup (setup, self->profile, &self->door.dialect, &verdict))
    {
      live_sim_session_refuse (self, verdict.code, verdict.reason);
      return;
    }

  self->model = g_strdup (live_sim_json_string (setup, "model", ""));
  if (!open_conversation (self, setup))
    return;

  self->has_vertex_habits = self->door.dialect.is_vertex || self->profile->is_vertex;
  self->has_handles =
      json_object_has_member (setup, "sessionResumption") || self->profile->sends_handles_unasked;
  self->takes_history = live_sim_json_bool (history, "initialHistoryInClientContent", FALSE);
  if (json_object_has_member (setup, "tools"))
    self->tools = json_array_ref (live_sim_json_array (setup, "tools"));
  read_speech (self, setup);
  read_listening (self, setup);
  count_instruction (self, setup);

  self->phase = LIVE_SIM_PHASE_SETUP;
  g_clear_pointer (&world->last_setup, json_object_unref);
  world->last_setup = json_object_ref (setup);
  world->counters.setups++;
  live_sim_world_changed (world);
  if (!live_sim_script_event (self->script, LIVE_SIM_ON_SETUP, NULL, 0))
    self->setup_timer =
        g_timeout_add (live_sim_options_scale_ms (&world->options, world->options.setup_delay_ms),
                       on_setup_delay, self);
}

void
live_sim_session_send_handle (LiveSimSession *self, gboolean is_resumable)
{
  JsonObject *message, *update;

  if (!self->has_handles || self->phase != LIVE_SIM_PHASE_LIVE)
    return;

  message = json_object_new ();
  update = live_sim_json_add_object (message, "sessionResumptionUpdate");
  if (is_resumable)
    {
      json_object_set_string_member (
          update, "newHandle", live_sim_memory_issue (self->world->memory, self->conversation));
      json_object_set_boolean_member (update, "resumable", TRUE);
    }
  live_sim_link_send (self->link, message);
}

static gboolean
on_handle_interval (gpointer data)
{
  LiveSimSession *self = data;

  live_sim_session_send_handle (self, live_sim_turn_is_idle (self->turn));
  return G_SOURCE_CONTINUE;
}

void
live_sim_session_complete_setup (LiveSimSession *self)
{
  const LiveSimOptions *options = &self->world->options;
  JsonObject *message, *complete;

  if (self->phase != LIVE_SIM_PHASE_SETUP)
    return;

  self->phase = LIVE_SIM_PHASE_LIVE;
  message = json_object_new ();
  complete = live_sim_json_add_object (message, "setupComplete");
  if (self->has_vertex_habits)
    {
      g_autofree char *uuid = g_uuid_string_random ();

      json_object_set_string_member (complete, "sessionId", uuid);
    }
  live_sim_link_send (self->link, message);
  live_sim_session_send_handle (self, TRUE);
  if (options->handle_interval_ms > 0)
    self->handle_timer =
        g_timeout_add (MAX (live_sim_options_scale_ms (options, options->handle_interval_ms), 1),
                       on_handle_interval, self);
  live_sim_script_event (self->script, LIVE_SIM_ON_READY, NULL, 0);
}

void
live_sim_session_update_hold (LiveSimSession *self)
{
  if (!self->world->holds_setup && self->setup_timer == 0 &&
      !live_sim_script_suppresses_setup (self->script))
    live_sim_session_complete_setup (self);
  live_sim_link_update_hold (self->link);
}

static void
dispatch (LiveSimSession *self, JsonObject *message)
{
  JsonObject *member;

  if ((member = live_sim_json_object (message, "setup")) != NULL)
    {
      if (self->phase == LIVE_SIM_PHASE_FIRST)
        take_setup (self, member);
      else
        live_sim_session_refuse (self, LIVE_SIM_CLOSE_INVALID, LIVE_SIM_TEXT_INVALID_ARGUMENT);
      return;
    }

  if (self->phase == LIVE_SIM_PHASE_FIRST)
    {
      if (check_key (self))
        live_sim_session_refuse (self, LIVE_SIM_CLOSE_INVALID,
                                 "setup must be the first message and only the first message.");
      return;
    }
  if (self->phase == LIVE_SIM_PHASE_SETUP)
    {
      /* The reference leaves this undefined; a client that does it has a fault to be seen. */
      live_sim_world_note_violation (self->world, self->id, 0, "a message before setupComplete");
      return;
    }

  if ((member = live_sim_json_object (message, "clientContent")) != NULL)
    live_sim_input_content (self, member);
  else if ((member = live_sim_json_object (message, "realtimeInput")) != NULL)
    live_sim_input_realtime (self, member);
  else if ((member = live_sim_json_object (message, "toolResponse")) != NULL)
    live_sim_input_tool_response (self, member);
  else if ((member = live_sim_json_object (message, "contextUpdate")) != NULL)
    live_sim_input_context_update (self, member);
}

static void
on_link_message (const char *text, gsize length, gboolean is_text, gpointer data)
{
  LiveSimSession *self = data;
  g_auto (LiveSimVerdict) verdict = { 0 };
  g_autoptr (JsonObject) message = NULL;

  if (self->phase == LIVE_SIM_PHASE_REFUSED)
    return;

  message = live_sim_rules_read (text, (gssize) length, &self->door.dialect, &verdict);
  if (message == NULL)
    {
      live_sim_session_refuse (self, verdict.code, verdict.reason);
      return;
    }
  if (!live_sim_script_event (self->script, LIVE_SIM_ON_MESSAGE, text, 0))
    dispatch (self, message);
  live_sim_world_changed (self->world);
}

static void
on_link_closed (gpointer data)
{
  LiveSimSession *self = data;

  self->on_ended (self, self->on_ended_data);
}

LiveSimSession *
live_sim_session_new (LiveSimWorld *world,
                      guint id,
                      const LiveSimDoor *door,
                      SoupWebsocketConnection *socket,
                      GSocket *raw,
                      void (*on_ended) (LiveSimSession *self, gpointer data),
                      gpointer data)
{
  static const LiveSimLinkFuncs funcs = { on_link_message, on_link_closed };
  LiveSimSession *self = g_new0 (LiveSimSession, 1);

  self->world = world;
  self->id = id;
  self->door = *door;
  self->on_ended = on_ended;
  self->on_ended_data = data;
  self->link = live_sim_link_new (world, id, socket, raw, &funcs, self);
  self->script = live_sim_script_new (self);
  self->turn = live_sim_turn_new (self);
  live_sim_script_event (self->script, LIVE_SIM_ON_CONNECT, NULL, 0);
  return self;
}

JsonObject *
live_sim_session_describe (LiveSimSession *self)
{
  static const char *const phases[] = { "first", "setup", "live", "refused" };
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "connection", self->id);
  json_object_set_string_member (object, "phase", phases[self->phase]);
  json_object_set_string_member (object, "api_version", self->door.api_version);
  if (self->profile != NULL)
    json_object_set_string_member (object, "profile", self->profile->name);
  if (self->model != NULL)
    json_object_set_string_member (object, "model", self->model);
  if (self->conversation != NULL)
    {
      json_object_set_int_member (object, "conversation", self->conversation->id);
      json_object_set_int_member (object, "turns", self->conversation->n_turns);
      json_object_set_int_member (object, "lines", self->conversation->said->len);
    }
  json_object_set_string_member (object, "turn", live_sim_turn_get_state_name (self->turn));
  json_object_set_boolean_member (object, "hears_speech",
                                  self->vad != NULL && live_sim_vad_is_speaking (self->vad));
  return object;
}
