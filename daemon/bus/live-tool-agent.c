/* Owns: the agents, newest last, and the questions that are open with them.
 * Thread: main.
 * Called by: bus/live-tools-face.c; by GDBus when an agent decides or leaves. */
#include "bus/live-tool-agent.h"

#include <string.h>

#include "base/live-error.h"
#include "base/live-names.h"

/* The ledger's own limit comes first. */
#define SLACK_MS 1000

typedef struct
{
  LiveToolAgents *agents;
  char *name, *object_path;
  guint watch_id;
} Agent;

struct _LiveToolAgents
{
  GDBusConnection *connection;
  LiveTools *tools;
  GPtrArray *agents;     /* of Agent */
  GHashTable *questions; /* call -> Question */
};

typedef struct
{
  LiveToolAgents *agents; /* NULL: nobody waits for it any more */
  char *call, *agent, *object_path;
  GVariant *parameters; /* of Request, to ask somebody else */
  guint timeout_ms;
  GCancellable *cancellable;
} Question;

static void
free_agent (gpointer data)
{
  Agent *agent = data;

  g_bus_unwatch_name (agent->watch_id);
  g_free (agent->name);
  g_free (agent->object_path);
  g_free (agent);
}

static void
free_question (Question *question)
{
  g_clear_object (&question->cancellable);
  g_variant_unref (question->parameters);
  g_free (question->call);
  g_free (question->agent);
  g_free (question->object_path);
  g_free (question);
}

LiveToolAgents *
live_tool_agents_new (GDBusConnection *connection)
{
  LiveToolAgents *self = g_new0 (LiveToolAgents, 1);

  self->connection = g_object_ref (connection);
  self->agents = g_ptr_array_new_with_free_func (free_agent);
  self->questions = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
live_tool_agents_free (LiveToolAgents *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self == NULL)
    return;

  g_hash_table_iter_init (&iter, self->questions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ((Question *) value)->agents = NULL;
      g_cancellable_cancel (((Question *) value)->cancellable);
    }
  g_hash_table_unref (self->questions);
  g_ptr_array_unref (self->agents);
  g_object_unref (self->connection);
  g_free (self);
}

void
live_tool_agents_bind (LiveToolAgents *self, LiveTools *tools)
{
  self->tools = tools;
}

static gboolean
find_agent (LiveToolAgents *self, const char *name, guint *ret_index)
{
  for (guint i = 0; i < self->agents->len; i++)
    if (strcmp (((Agent *) g_ptr_array_index (self->agents, i))->name, name) == 0)
      {
        *ret_index = i;
        return TRUE;
      }

  return FALSE;
}

static void
drop_agent (LiveToolAgents *self, const char *name)
{
  guint index;

  if (find_agent (self, name, &index))
    g_ptr_array_remove_index (self->agents, index);
}

static void put_question (LiveToolAgents *self, Question *question);

/* The agent left: somebody else is asked, else nobody is there. */
static void
pass_on (LiveToolAgents *self, Question *question)
{
  drop_agent (self, question->agent);
  if (self->agents->len > 0)
    {
      put_question (self, question);
      return;
    }

  g_hash_table_remove (self->questions, question->call);
  live_tools_decide (self->tools, question->call, FALSE, FALSE);
  free_question (question);
}

static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
on_decided (GObject *source, GAsyncResult *result, gpointer data)
{
  Question *question = data;
  LiveToolAgents *self = question->agents;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const char *decision = "deny";

  if (self == NULL)
    {
      free_question (question);
      return;
    }
  /* Cancelled, but still wanted: its agent took itself back. */
  if (reply == NULL && is_gone (error))
    {
      pass_on (self, question);
      return;
    }

  if (reply != NULL)
    g_variant_get (reply, "(&s)", &decision);
  else
    g_message ("The agent %s could not ask: %s", question->agent, error->message);
  g_hash_table_remove (self->questions, question->call);
  live_tools_decide (self->tools, question->call, strcmp (decision, "allow") == 0, TRUE);
  free_question (question);
}

static void
put_question (LiveToolAgents *self, Question *question)
{
  const Agent *agent = g_ptr_array_index (self->agents, self->agents->len - 1);

  g_free (question->agent);
  g_free (question->object_path);
  question->agent = g_strdup (agent->name);
  question->object_path = g_strdup (agent->object_path);
  g_clear_object (&question->cancellable);
  question->cancellable = g_cancellable_new ();
  g_dbus_connection_call (
      self->connection, question->agent, question->object_path, LIVE_IFACE_TOOL_AGENT, "Request",
      question->parameters, G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
      (int) question->timeout_ms + SLACK_MS, question->cancellable, on_decided, question);
}

static GVariant *
describe (const LiveToolsCall *call)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_variant_builder_add (&builder, "{sv}", "owner", g_variant_new_string (call->owner));
  g_variant_builder_add (&builder, "{sv}", "description", g_variant_new_string (call->description));
  g_variant_builder_add (&builder, "{sv}", "confirm", g_variant_new_string (call->confirm));
  g_variant_builder_add (&builder, "{sv}", "timeout-ms", g_variant_new_uint32 (call->timeout_ms));
  return g_variant_new ("(sss@a{sv})", call->call, call->name, call->arguments,
                        g_variant_builder_end (&builder));
}

gboolean
live_tool_agents_ask (LiveToolAgents *self, const LiveToolsCall *call)
{
  Question *question;

  if (self->agents->len == 0)
    return FALSE;

  question = g_new0 (Question, 1);
  question->agents = self;
  question->call = g_strdup (call->call);
  question->parameters = g_variant_ref_sink (describe (call));
  question->timeout_ms = call->timeout_ms;
  g_hash_table_insert (self->questions, question->call, question);
  put_question (self, question);
  return TRUE;
}

static void
tell_cancel (LiveToolAgents *self, const Question *question, const char *reason)
{
  g_dbus_connection_call (self->connection, question->agent, question->object_path,
                          LIVE_IFACE_TOOL_AGENT, "Cancel",
                          g_variant_new ("(ss)", question->call, reason), NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

void
live_tool_agents_withdraw (LiveToolAgents *self, const char *call, const char *reason)
{
  Question *question = g_hash_table_lookup (self->questions, call);

  if (question == NULL)
    return;

  tell_cancel (self, question, reason);
  g_hash_table_remove (self->questions, question->call);
  question->agents = NULL;
  g_cancellable_cancel (question->cancellable);
}

static void
on_agent_vanished (GDBusConnection *connection, const char *name, gpointer data)
{
  Agent *agent = data;

  /* Its questions end with an error of their own. */
  drop_agent (agent->agents, name);
}

gboolean
live_tool_agents_add (LiveToolAgents *self,
                      const char *name,
                      const char *object_path,
                      GError **error)
{
  Agent *agent;

  drop_agent (self, name);
  if (self->agents->len >= LIVE_TOOL_AGENTS_MAX)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED, "there are %u agents already",
                   LIVE_TOOL_AGENTS_MAX);
      return FALSE;
    }

  agent = g_new0 (Agent, 1);
  agent->agents = self;
  agent->name = g_strdup (name);
  agent->object_path = g_strdup (object_path);
  agent->watch_id = g_bus_watch_name_on_connection (
      self->connection, name, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_agent_vanished, agent, NULL);
  g_ptr_array_add (self->agents, agent);
  return TRUE;
}

gboolean
live_tool_agents_remove (LiveToolAgents *self,
                         const char *name,
                         const char *object_path,
                         GError **error)
{
  GHashTableIter iter;
  gpointer value;
  guint index;

  if (!find_agent (self, name, &index) ||
      strcmp (((Agent *) g_ptr_array_index (self->agents, index))->object_path, object_path) != 0)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND, "“%s” is no agent of the caller",
                   object_path);
      return FALSE;
    }

  drop_agent (self, name);
  g_hash_table_iter_init (&iter, self->questions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (strcmp (((Question *) value)->agent, name) == 0)
      {
        tell_cancel (self, value, "removed");
        g_cancellable_cancel (((Question *) value)->cancellable);
      }
  return TRUE;
}
