/* Owns: one connection: its phase, what its setup said, and the dispatch of messages.
 * Thread: main.
 * Called by: live-sim-server.c, live-sim-control.c, live-sim-script.c. */
#include "live-sim-session.h"

#include <string.h>

#include "live-sim-input.h"
#include "live-sim-life.h"
#include "live-sim-script.h"
#include "live-sim-setup.h"
#include "live-sim-turn.h"

void
live_sim_session_free (LiveSimSession *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->setup_timer, g_source_remove);
  g_clear_handle_id (&self->handle_timer, g_source_remove);
  live_sim_life_free (self->life);
  live_sim_script_free (self->script);
  live_sim_turn_free (self->turn);
  live_sim_link_free (self->link);
  if (self->conversation != NULL)
    live_sim_memory_release (self->world->memory, self->conversation);
  live_sim_vad_free (self->vad);
  live_sim_resampler_free (self->hearing);
  g_clear_pointer (&self->tools, json_array_unref);
  g_clear_pointer (&self->last_call, json_object_unref);
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
  g_clear_pointer (&self->life, live_sim_life_free);
  live_sim_turn_stop (self->turn);
}

void
live_sim_session_end (LiveSimSession *self, guint code, const char *reason)
{
  live_sim_session_stop (self);
  live_sim_link_close (self->link, code, reason);
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
      self->world->counters.spoilt = live_sim_memory_count_spoilt (memory);
      if (self->world->options.has_poisonous_video && self->conversation->image_tokens > 0)
        self->conversation->is_poisoned = TRUE;
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

  live_sim_setup_read (self, setup);

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
  if (is_resumable && !self->withholds_handles)
    {
      json_object_set_string_member (
          update, "newHandle", live_sim_memory_issue (self->world->memory, self->conversation));
      json_object_set_boolean_member (update, "resumable", TRUE);
    }
  live_sim_link_send (self->link, message);
}

void
live_sim_session_set_resumable (LiveSimSession *self, gboolean is_resumable)
{
  self->withholds_handles = !is_resumable;
  live_sim_session_send_handle (self, is_resumable);
}

void
live_sim_session_keep_call (LiveSimSession *self, JsonObject *message)
{
  g_clear_pointer (&self->last_call, json_object_unref);
  self->last_call = live_sim_json_copy (message);
}

gboolean
live_sim_session_begin_utterance (LiveSimSession *self)
{
  if (!self->conversation->is_poisoned)
    {
      live_sim_conversation_note_turn_start (self->conversation);
      return TRUE;
    }
  live_sim_session_end (self, LIVE_SIM_CLOSE_INTERNAL, "Internal error encountered.");
  return FALSE;
}

gboolean
live_sim_session_make_room (LiveSimSession *self)
{
  switch (live_sim_conversation_make_room (self->conversation, &self->window))
    {
    case LIVE_SIM_ROOM_THERE:
      return TRUE;
    case LIVE_SIM_ROOM_MADE:
      self->world->counters.compressions++;
      return TRUE;
    case LIVE_SIM_ROOM_NONE:
      self->world->counters.exhaustions++;
      live_sim_session_end (self, LIVE_SIM_CLOSE_INVALID, LIVE_SIM_TEXT_INVALID_ARGUMENT);
      return FALSE;
    }
  return TRUE;
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
  self->life = live_sim_life_new (self);
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
                      LiveSimStream *stream,
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
  self->link = live_sim_link_new (world, id, socket, stream, raw, &funcs, self);
  self->script = live_sim_script_new (self);
  self->turn = live_sim_turn_new (self);
  if (world->options.has_no_pongs || world->options.pong_delay_ms > 0)
    live_sim_link_delay_pongs (
        self->link,
        world->options.has_no_pongs
            ? LIVE_SIM_PONGS_NEVER
            : live_sim_options_scale_ms (&world->options, world->options.pong_delay_ms));
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
      json_object_set_int_member (object, "tokens",
                                  (gint64) live_sim_conversation_count_tokens (self->conversation));
    }
  json_object_set_string_member (object, "turn", live_sim_turn_get_state_name (self->turn));
  json_object_set_boolean_member (object, "hears_speech",
                                  self->vad != NULL && live_sim_vad_is_speaking (self->vad));
  return object;
}
