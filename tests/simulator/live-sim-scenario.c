/* Owns: the reading of scenario files and of injected actions.
 * Thread: main.
 * Called by: main, live-sim-script.c, live-sim-control.c, tests. */
#include "live-sim-scenario.h"

#include <string.h>

#include <gio/gio.h>

#include "live-sim-conversation.h"

typedef enum
{
  VALUE_ANY,
  VALUE_OBJECT,
  VALUE_STRING,
  VALUE_STRINGS,
  VALUE_UINT,
  VALUE_BOOL,
  VALUE_TRUE,
} ValueKind;

typedef struct
{
  const char *key;
  LiveSimActionKind kind;
  ValueKind value;
  const char *extra[3]; /* further keys that the action may hold */
} ActionRow;

static const ActionRow action_table[] = {
  { "send", LIVE_SIM_DO_SEND, VALUE_OBJECT, { NULL } },
  { "send_raw", LIVE_SIM_DO_SEND_RAW, VALUE_STRING, { "frame", NULL } },
  { "send_base64", LIVE_SIM_DO_SEND_BASE64, VALUE_STRING, { "frame", NULL } },
  { "send_padded", LIVE_SIM_DO_SEND_PADDED, VALUE_UINT, { NULL } },
  { "setup_complete", LIVE_SIM_DO_SETUP_COMPLETE, VALUE_TRUE, { NULL } },
  { "say", LIVE_SIM_DO_SAY, VALUE_STRING, { NULL } },
  { "call", LIVE_SIM_DO_CALL, VALUE_STRING, { "args", NULL } },
  { "hears", LIVE_SIM_DO_HEARS, VALUE_STRINGS, { NULL } },
  { "go_away", LIVE_SIM_DO_GO_AWAY, VALUE_STRING, { NULL } },
  { "close", LIVE_SIM_DO_CLOSE, VALUE_UINT, { "reason", NULL } },
  { "abort", LIVE_SIM_DO_ABORT, VALUE_TRUE, { NULL } },
  { "http", LIVE_SIM_DO_HTTP, VALUE_UINT, { "body", "headers", NULL } },
  { "stall_ms", LIVE_SIM_DO_STALL, VALUE_UINT, { NULL } },
  { "strip", LIVE_SIM_DO_STRIP, VALUE_STRING, { "count", NULL } },
  { "wait_ms", LIVE_SIM_DO_WAIT, VALUE_UINT, { NULL } },
  { "forget_handles", LIVE_SIM_DO_FORGET_HANDLES, VALUE_TRUE, { NULL } },
  { "spoil_resume", LIVE_SIM_DO_SPOIL_RESUME, VALUE_STRING, { "count", NULL } },
  { "resumable", LIVE_SIM_DO_RESUMABLE, VALUE_BOOL, { NULL } },
  { "stall_reads_ms", LIVE_SIM_DO_STALL_READS, VALUE_UINT, { NULL } },
  { "pong_delay_ms", LIVE_SIM_DO_PONG_DELAY, VALUE_UINT, { NULL } },
  { "no_pongs", LIVE_SIM_DO_NO_PONGS, VALUE_TRUE, { NULL } },
  { "repeat_call", LIVE_SIM_DO_REPEAT_CALL, VALUE_TRUE, { NULL } },
};

G_STATIC_ASSERT (G_N_ELEMENTS (action_table) == LIVE_SIM_N_ACTIONS);

static const char *const trigger_names[] = {
  "upgrade",
  "connect",
  "setup",
  "ready",
  "text",
  "audio",
  "speech-start",
  "speech-end",
  "turn",
  "sound",
  "tool-call",
  "tool-response",
  "generation-complete",
  "turn-complete",
  "message",
};

G_STATIC_ASSERT (G_N_ELEMENTS (trigger_names) == LIVE_SIM_N_TRIGGERS);

const char *
live_sim_trigger_to_string (LiveSimTrigger trigger)
{
  return trigger_names[trigger];
}

static gpointer
fail (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, text);
  return NULL;
}

static void
free_action (gpointer data)
{
  LiveSimAction *action = data;

  g_clear_pointer (&action->value, json_node_unref);
  g_clear_pointer (&action->object, json_object_unref);
  g_free (action);
}

static void
free_step (gpointer data)
{
  LiveSimStep *step = data;

  g_clear_pointer (&step->match, g_regex_unref);
  g_clear_pointer (&step->actions, g_ptr_array_unref);
  g_free (step);
}

void
live_sim_scenario_free (LiveSimScenario *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->options, json_object_unref);
  g_clear_pointer (&self->hears, g_ptr_array_unref);
  g_clear_pointer (&self->steps, g_ptr_array_unref);
  g_free (self->profile);
  g_free (self);
}

static gboolean
holds_strings (JsonNode *node)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (json_node_get_value_type (json_array_get_element (array, i)) != G_TYPE_STRING)
      return FALSE;
  return TRUE;
}

static gboolean
has_kind (JsonNode *node, ValueKind kind)
{
  GType type = json_node_get_value_type (node);

  switch (kind)
    {
    case VALUE_ANY:
      return TRUE;
    case VALUE_OBJECT:
      return JSON_NODE_HOLDS_OBJECT (node);
    case VALUE_STRING:
      return type == G_TYPE_STRING;
    case VALUE_STRINGS:
      return holds_strings (node);
    case VALUE_UINT:
      return type == G_TYPE_INT64 && json_node_get_int (node) >= 0 &&
             json_node_get_int (node) <= G_MAXINT;
    case VALUE_BOOL:
      return type == G_TYPE_BOOLEAN;
    case VALUE_TRUE:
      return type == G_TYPE_BOOLEAN && json_node_get_boolean (node);
    }
  return FALSE;
}

static const ActionRow *
find_row (JsonObject *object)
{
  for (guint i = 0; i < G_N_ELEMENTS (action_table); i++)
    if (json_object_has_member (object, action_table[i].key))
      return &action_table[i];
  return NULL;
}

static gboolean
check_extra_keys (JsonObject *object, const ActionRow *row, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *link = names; link != NULL; link = link->next)
    if (strcmp (link->data, row->key) != 0 && !g_strv_contains (row->extra, link->data))
      {
        fail (error, "the action \"%s\" has no key \"%s\"", row->key, (char *) link->data);
        return FALSE;
      }
  return TRUE;
}

/* What libsoup can put into a close frame. 1005 stands for a frame without a code. */
static gboolean
is_close_code (gint64 code)
{
  return code == 1005 ||
         (code >= 1000 && code <= 4999 && code != 1006 && code != 1010 && code != 1015);
}

static LiveSimAction *
parse_action (JsonNode *node, GError **error)
{
  JsonObject *object;
  const ActionRow *row;
  LiveSimAction *action;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "an action is an object");
  object = json_node_get_object (node);
  row = find_row (object);
  if (row == NULL)
    return fail (error, "an action without a known key");
  value = json_object_get_member (object, row->key);
  if (!has_kind (value, row->value))
    return fail (error, "the action \"%s\" has a value of the wrong type", row->key);
  if (row->kind == LIVE_SIM_DO_CLOSE && !is_close_code (json_node_get_int (value)))
    return fail (error, "%" G_GINT64_FORMAT " is no close code that can be sent",
                 json_node_get_int (value));
  if (row->kind == LIVE_SIM_DO_HTTP &&
      (json_node_get_int (value) < 200 || json_node_get_int (value) > 599))
    return fail (error, "%" G_GINT64_FORMAT " is no HTTP status", json_node_get_int (value));
  if (row->kind == LIVE_SIM_DO_SPOIL_RESUME &&
      !live_sim_spoil_parse (json_node_get_string (value), NULL))
    return fail (error, "\"%s\" is nothing that a resumption can suffer",
                 json_node_get_string (value));
  if (!check_extra_keys (object, row, error))
    return NULL;

  action = g_new0 (LiveSimAction, 1);
  action->kind = row->kind;
  action->value = json_node_copy (value);
  action->object = json_object_ref (object);
  return action;
}

GPtrArray *
live_sim_scenario_parse_actions (JsonNode *node, GError **error)
{
  g_autoptr (GPtrArray) actions = g_ptr_array_new_with_free_func (free_action);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = array != NULL ? json_array_get_length (array) : 1;

  for (guint i = 0; i < n; i++)
    {
      LiveSimAction *action =
          parse_action (array != NULL ? json_array_get_element (array, i) : node, error);

      if (action == NULL)
        return NULL;
      g_ptr_array_add (actions, action);
    }
  return g_steal_pointer (&actions);
}

static gboolean
parse_trigger (const char *name, LiveSimTrigger *ret_trigger)
{
  for (guint i = 0; i < LIVE_SIM_N_TRIGGERS; i++)
    if (g_strcmp0 (trigger_names[i], name) == 0)
      {
        *ret_trigger = i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
check_keys (JsonObject *object, const char *const *known, const ValueKind *kinds, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      guint i = 0;

      while (known[i] != NULL && strcmp (known[i], name) != 0)
        i++;
      if (known[i] == NULL)
        {
          fail (error, "unknown key \"%s\"", name);
          return FALSE;
        }
      if (!has_kind (node, kinds[i]))
        {
          fail (error, "\"%s\" has the wrong type", name);
          return FALSE;
        }
    }
  return TRUE;
}

static LiveSimStep *
parse_step (JsonNode *node, GError **error)
{
  static const char *const known[] = { "on",      "connection", "nth",  "from_ms", "match",
                                       "instead", "do",         "note", NULL };
  static const ValueKind kinds[] = { VALUE_STRING, VALUE_UINT, VALUE_UINT, VALUE_UINT,
                                     VALUE_STRING, VALUE_TRUE, VALUE_ANY,  VALUE_STRING };
  LiveSimStep *step;
  JsonObject *object;
  const char *on, *match;
  LiveSimTrigger trigger;
  g_autoptr (GPtrArray) actions = NULL;
  g_autoptr (GRegex) regex = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "a step is an object");
  object = json_node_get_object (node);
  if (!check_keys (object, known, kinds, error))
    return NULL;

  on = live_sim_json_string (object, "on", NULL);
  if (!parse_trigger (on, &trigger))
    return fail (error, "\"on\" names no trigger: %s", on != NULL ? on : "(absent)");
  if (json_object_has_member (object, "do"))
    actions = live_sim_scenario_parse_actions (json_object_get_member (object, "do"), error);
  else
    actions = g_ptr_array_new_with_free_func (free_action);
  if (actions == NULL)
    return NULL;
  for (guint i = 0; i < actions->len; i++)
    if ((((LiveSimAction *) actions->pdata[i])->kind == LIVE_SIM_DO_HTTP) !=
        (trigger == LIVE_SIM_ON_UPGRADE))
      return fail (error, "\"http\" goes with \"on\": \"upgrade\", and nothing else does");

  match = live_sim_json_string (object, "match", NULL);
  if (match != NULL)
    {
      regex = g_regex_new (match, G_REGEX_CASELESS, 0, error);
      if (regex == NULL)
        return NULL;
    }

  step = g_new0 (LiveSimStep, 1);
  step->on = trigger;
  step->connection = (guint) live_sim_json_int (object, "connection", 0);
  step->nth = (guint) live_sim_json_int (object, "nth", 0);
  step->from_ms = (guint) live_sim_json_int (object, "from_ms", 0);
  step->is_instead = live_sim_json_bool (object, "instead", FALSE);
  step->match = g_steal_pointer (&regex);
  step->actions = g_steal_pointer (&actions);
  return step;
}

static gboolean
parse_steps (LiveSimScenario *self, JsonArray *steps, GError **error)
{
  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++)
    {
      LiveSimStep *step = parse_step (json_array_get_element (steps, i), error);

      if (step == NULL)
        {
          g_prefix_error (error, "step %u: ", i + 1);
          return FALSE;
        }
      g_ptr_array_add (self->steps, step);
    }
  return TRUE;
}

LiveSimScenario *
live_sim_scenario_parse (const char *text, gssize length, GError **error)
{
  static const char *const known[] = { "title", "profile", "options", "hears", "steps", NULL };
  static const ValueKind kinds[] = { VALUE_STRING, VALUE_STRING, VALUE_OBJECT, VALUE_STRINGS,
                                     VALUE_ANY };
  g_autoptr (LiveSimScenario) self = g_new0 (LiveSimScenario, 1);
  g_autoptr (JsonNode) root = live_sim_json_parse (text, length, error);
  JsonObject *object;
  JsonArray *hears;

  if (root == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    return fail (error, "a scenario is an object");
  object = json_node_get_object (root);
  if (!check_keys (object, known, kinds, error))
    return NULL;
  if (json_object_has_member (object, "steps") && live_sim_json_array (object, "steps") == NULL)
    return fail (error, "\"steps\" has the wrong type");

  self->hears = g_ptr_array_new_with_free_func (g_free);
  self->steps = g_ptr_array_new_with_free_func (free_step);
  self->profile = g_strdup (live_sim_json_string (object, "profile", NULL));
  if (json_object_has_member (object, "options"))
    self->options = json_object_ref (live_sim_json_object (object, "options"));
  hears = live_sim_json_array (object, "hears");
  for (guint i = 0; hears != NULL && i < json_array_get_length (hears); i++)
    g_ptr_array_add (self->hears, g_strdup (json_array_get_string_element (hears, i)));
  if (!parse_steps (self, live_sim_json_array (object, "steps"), error))
    return NULL;
  return g_steal_pointer (&self);
}

LiveSimScenario *
live_sim_scenario_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;
  LiveSimScenario *self;

  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  self = live_sim_scenario_parse (text, (gssize) length, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", path);
  return self;
}

const LiveSimAction *
live_sim_scenario_find_refusal (const LiveSimScenario *self, guint connection)
{
  for (guint i = 0; self != NULL && i < self->steps->len; i++)
    {
      const LiveSimStep *step = g_ptr_array_index (self->steps, i);

      if (step->on == LIVE_SIM_ON_UPGRADE && step->actions->len > 0 &&
          (step->connection == 0 || step->connection == connection))
        return g_ptr_array_index (step->actions, 0);
    }
  return NULL;
}
