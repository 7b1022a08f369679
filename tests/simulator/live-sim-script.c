/* Owns: the running steps of one connection.
 * Thread: main.
 * Called by: live-sim-session.c, live-sim-input.c, live-sim-turn.c, live-sim-control.c. */
#include "live-sim-script.h"

#include <string.h>

#include "live-sim-turn.h"

/* One list of actions under way; a wait may stand between two of them. */
typedef struct
{
  LiveSimScript *script;
  GPtrArray *actions;
  guint next;
  guint timer;
} Run;

struct _LiveSimScript
{
  LiveSimSession *session;
  guint *n_matched; /* of each step of the scenario */
  GPtrArray *runs;
  gboolean suppresses_setup;
  guint n_occasions[LIVE_SIM_N_TRIGGERS];
};

static void
free_run (gpointer data)
{
  Run *run = data;

  g_clear_handle_id (&run->timer, g_source_remove);
  g_ptr_array_unref (run->actions);
  g_free (run);
}

LiveSimScript *
live_sim_script_new (LiveSimSession *session)
{
  LiveSimScript *self = g_new0 (LiveSimScript, 1);
  const LiveSimScenario *scenario = session->world->scenario;

  self->session = session;
  self->n_matched = g_new0 (guint, scenario != NULL ? MAX (scenario->steps->len, 1) : 1);
  self->runs = g_ptr_array_new_with_free_func (free_run);
  return self;
}

void
live_sim_script_free (LiveSimScript *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->runs);
  g_free (self->n_matched);
  g_free (self);
}

static void
send_padded (LiveSimSession *session, gsize n_bytes)
{
  JsonObject *message = json_object_new ();
  g_autofree char *padding = g_malloc (n_bytes + 1);

  memset (padding, 'x', n_bytes);
  padding[n_bytes] = '\0';
  json_object_set_string_member (live_sim_json_add_object (message, "padding"), "text", padding);
  live_sim_link_send (session->link, message);
}

/* Bytes that no JSON string can hold. */
static void
send_base64 (LiveSimSession *session, const char *text, gboolean is_text)
{
  gsize length;
  g_autofree guchar *data = g_base64_decode (text, &length);

  live_sim_link_send_raw (session->link, (const char *) data, length, is_text);
}

static void
begin_answer (LiveSimSession *session, const LiveSimAction *action)
{
  LiveSimAnswer *answer = live_sim_answer_new ();
  JsonObject *args = live_sim_json_object (action->object, "args");

  if (action->kind == LIVE_SIM_DO_SAY)
    live_sim_answer_say (answer, json_node_get_string (action->value));
  else
    {
      answer->call_name = json_node_dup_string (action->value);
      answer->call_args = args != NULL ? json_object_ref (args) : json_object_new ();
    }
  answer->is_scripted = TRUE;
  live_sim_turn_answer (session->turn, answer);
}

static void
send_go_away (LiveSimSession *session, const char *time_left)
{
  JsonObject *message = json_object_new ();

  json_object_set_string_member (live_sim_json_add_object (message, "goAway"), "timeLeft",
                                 time_left);
  live_sim_link_send (session->link, message);
}

static void
hear_strings (LiveSimWorld *world, JsonArray *strings)
{
  for (guint i = 0; i < json_array_get_length (strings); i++)
    g_queue_push_tail (&world->hears, g_strdup (json_array_get_string_element (strings, i)));
}

gboolean
live_sim_script_act_without_session (LiveSimWorld *world, const LiveSimAction *action)
{
  if (action->kind == LIVE_SIM_DO_HEARS)
    hear_strings (world, json_node_get_array (action->value));
  else if (action->kind == LIVE_SIM_DO_FORGET_HANDLES)
    live_sim_memory_forget_handles (world->memory);
  else if (action->kind == LIVE_SIM_DO_SPOIL_RESUME)
    {
      LiveSimSpoil spoil = LIVE_SIM_SPOIL_NOTHING;

      live_sim_spoil_parse (json_node_get_string (action->value), &spoil);
      live_sim_memory_spoil_next (world->memory, spoil,
                                  (guint) live_sim_json_int (action->object, "count", 1));
    }
  else
    return FALSE;
  return TRUE;
}

static guint
scale (LiveSimSession *session, const LiveSimAction *action)
{
  return live_sim_options_scale_ms (&session->world->options,
                                    (double) json_node_get_int (action->value));
}

static void
act (LiveSimSession *session, const LiveSimAction *action)
{
  const char *frame = live_sim_json_string (action->object, "frame", "binary");

  switch (action->kind)
    {
    case LIVE_SIM_DO_SEND:
      /* The scenario keeps its own: sending may strip and decorate. */
      live_sim_link_send (session->link, live_sim_json_copy (json_node_get_object (action->value)));
      break;
    case LIVE_SIM_DO_SEND_RAW:
      live_sim_link_send_raw (session->link, json_node_get_string (action->value),
                              strlen (json_node_get_string (action->value)),
                              strcmp (frame, "text") == 0);
      break;
    case LIVE_SIM_DO_SEND_BASE64:
      send_base64 (session, json_node_get_string (action->value), strcmp (frame, "text") == 0);
      break;
    case LIVE_SIM_DO_SEND_PADDED:
      send_padded (session, (gsize) json_node_get_int (action->value));
      break;
    case LIVE_SIM_DO_SETUP_COMPLETE:
      live_sim_session_complete_setup (session);
      break;
    case LIVE_SIM_DO_SAY:
    case LIVE_SIM_DO_CALL:
      if (session->phase == LIVE_SIM_PHASE_LIVE)
        begin_answer (session, action);
      break;
    case LIVE_SIM_DO_GO_AWAY:
      send_go_away (session, json_node_get_string (action->value));
      break;
    case LIVE_SIM_DO_CLOSE:
      live_sim_session_end (session, (guint) json_node_get_int (action->value),
                            live_sim_json_string (action->object, "reason", ""));
      break;
    case LIVE_SIM_DO_ABORT:
      live_sim_session_stop (session);
      live_sim_link_abort (session->link);
      break;
    case LIVE_SIM_DO_STALL:
      live_sim_link_stall (session->link, scale (session, action));
      break;
    case LIVE_SIM_DO_STRIP:
      live_sim_link_strip (session->link, json_node_get_string (action->value),
                           (guint) live_sim_json_int (action->object, "count", 1));
      break;
    case LIVE_SIM_DO_HEARS:
    case LIVE_SIM_DO_FORGET_HANDLES:
    case LIVE_SIM_DO_SPOIL_RESUME:
      live_sim_script_act_without_session (session->world, action);
      break;
    case LIVE_SIM_DO_RESUMABLE:
      live_sim_session_set_resumable (session, json_node_get_boolean (action->value));
      break;
    case LIVE_SIM_DO_STALL_READS:
      live_sim_link_stall_reads (session->link, scale (session, action));
      break;
    case LIVE_SIM_DO_PONG_DELAY:
      live_sim_link_delay_pongs (session->link, scale (session, action));
      break;
    case LIVE_SIM_DO_NO_PONGS:
      live_sim_link_delay_pongs (session->link, LIVE_SIM_PONGS_NEVER);
      break;
    case LIVE_SIM_DO_REPEAT_CALL:
      if (session->last_call != NULL)
        live_sim_link_send (session->link, live_sim_json_copy (session->last_call));
      break;
    case LIVE_SIM_DO_WAIT: /* of the run, not of the session */
    case LIVE_SIM_DO_HTTP: /* of the upgrade, before there is a session */
    case LIVE_SIM_N_ACTIONS:
      break;
    }
}

static gboolean on_wait_over (gpointer data);

static void
continue_run (Run *run)
{
  LiveSimScript *self = run->script;

  while (run->next < run->actions->len)
    {
      const LiveSimAction *action = g_ptr_array_index (run->actions, run->next++);

      if (action->kind == LIVE_SIM_DO_WAIT)
        {
          run->timer = g_timeout_add (scale (self->session, action), on_wait_over, run);
          return;
        }
      act (self->session, action);
    }
  g_ptr_array_remove_fast (self->runs, run);
}

static gboolean
on_wait_over (gpointer data)
{
  Run *run = data;

  run->timer = 0;
  continue_run (run);
  return G_SOURCE_REMOVE;
}

void
live_sim_script_run (LiveSimScript *self, GPtrArray *actions)
{
  Run *run = g_new0 (Run, 1);

  run->script = self;
  run->actions = g_ptr_array_ref (actions);
  g_ptr_array_add (self->runs, run);
  continue_run (run);
}

static gboolean
is_met (LiveSimScript *self, guint index, LiveSimTrigger trigger, const char *text, guint64 amount)
{
  const LiveSimStep *step = g_ptr_array_index (self->session->world->scenario->steps, index);

  if (step->on != trigger || (step->connection != 0 && step->connection != self->session->id))
    return FALSE;
  if (step->match != NULL && !g_regex_match (step->match, text != NULL ? text : "", 0, NULL))
    return FALSE;
  if (step->from_ms > 0)
    return amount >= step->from_ms && self->n_matched[index]++ == 0;
  self->n_matched[index]++;
  return step->nth == 0 || self->n_matched[index] == step->nth;
}

static gboolean
run_chaos (LiveSimScript *self, LiveSimTrigger trigger)
{
  LiveSimWorld *world = self->session->world;
  g_autoptr (GPtrArray) actions = NULL;
  gboolean is_instead = FALSE;

  if (world->chaos == NULL)
    return FALSE;
  actions = live_sim_chaos_pick (world->chaos, self->session->id, trigger,
                                 ++self->n_occasions[trigger], &is_instead);
  world->counters.faults = live_sim_chaos_count (world->chaos);
  if (actions != NULL)
    live_sim_script_run (self, actions);
  return is_instead;
}

gboolean
live_sim_script_event (LiveSimScript *self,
                       LiveSimTrigger trigger,
                       const char *text,
                       guint64 amount)
{
  const LiveSimScenario *scenario = self->session->world->scenario;
  gboolean is_instead = FALSE;

  for (guint i = 0; scenario != NULL && i < scenario->steps->len; i++)
    {
      const LiveSimStep *step = g_ptr_array_index (scenario->steps, i);

      if (!is_met (self, i, trigger, text, amount))
        continue;
      is_instead |= step->is_instead;
      live_sim_script_run (self, step->actions);
    }
  is_instead |= run_chaos (self, trigger);
  if (trigger == LIVE_SIM_ON_SETUP)
    self->suppresses_setup = is_instead;
  return is_instead;
}

gboolean
live_sim_script_suppresses_setup (LiveSimScript *self)
{
  return self->suppresses_setup;
}
