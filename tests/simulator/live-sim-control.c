/* Owns: the control requests and those that wait for something to happen.
 * Thread: main.
 * Called by: live-sim-server.c. */
#include "live-sim-control.h"

#include <string.h>

#include "live-sim-script.h"
#include "live-sim-server.h"

#define DEFAULT_TIMEOUT_MS 10000
#define MAX_TIMEOUT_MS 600000
#define MAX_WAITERS 64

typedef struct
{
  LiveSimControl *control;
  SoupServerMessage *message;
  GHashTable *query; /* counter -> the least value */
  guint timer;
  gulong finished_id;
} Waiter;

struct _LiveSimControl
{
  LiveSimServer *server;
  LiveSimWorld *world;
  GPtrArray *waiters;
  guint check_source;
};

static void
reply (SoupServerMessage *message, guint status, JsonObject *take_object)
{
  g_autoptr (JsonNode) node = live_sim_json_node (take_object);
  gsize length;
  char *text = live_sim_json_print (node, &length);

  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_TAKE, text, length);
}

static void
reply_fault (SoupServerMessage *message, guint status, const char *format, ...)
{
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  json_object_set_string_member (object, "error", text);
  reply (message, status, object);
}

static JsonObject *
describe (LiveSimControl *self)
{
  JsonObject *object = live_sim_world_describe (self->world);
  GPtrArray *sessions = live_sim_server_get_sessions (self->server);
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < sessions->len; i++)
    json_array_add_object_element (list, live_sim_session_describe (sessions->pdata[i]));
  json_object_set_array_member (object, "sessions", list);
  return object;
}

static void
free_waiter (gpointer data)
{
  Waiter *waiter = data;

  g_clear_handle_id (&waiter->timer, g_source_remove);
  g_clear_signal_handler (&waiter->finished_id, waiter->message);
  g_hash_table_unref (waiter->query);
  g_object_unref (waiter->message);
  g_free (waiter);
}

static gboolean
is_met (LiveSimControl *self, GHashTable *query)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const guint64 *counter = live_sim_world_find_counter (self->world, name);

      if (counter != NULL && *counter < g_ascii_strtoull (value, NULL, 10))
        return FALSE;
    }
  return TRUE;
}

static void
answer_waiter (Waiter *waiter, guint status)
{
  LiveSimControl *self = waiter->control;

  reply (waiter->message, status, describe (self));
  soup_server_message_unpause (waiter->message);
  g_ptr_array_remove_fast (self->waiters, waiter);
}

static gboolean
on_check (gpointer data)
{
  LiveSimControl *self = data;

  self->check_source = 0;
  for (guint i = self->waiters->len; i > 0; i--)
    {
      Waiter *waiter = g_ptr_array_index (self->waiters, i - 1);

      if (is_met (self, waiter->query))
        answer_waiter (waiter, SOUP_STATUS_OK);
    }
  return G_SOURCE_REMOVE;
}

/* Counters change in the middle of things, so the look at them is put off for a moment. */
static void
on_world_changed (gpointer data)
{
  LiveSimControl *self = data;

  if (self->waiters->len > 0 && self->check_source == 0)
    self->check_source = g_idle_add (on_check, self);
}

static gboolean
on_waited_too_long (gpointer data)
{
  Waiter *waiter = data;

  waiter->timer = 0;
  answer_waiter (waiter, SOUP_STATUS_REQUEST_TIMEOUT);
  return G_SOURCE_REMOVE;
}

static void
on_waiter_gone (SoupServerMessage *message, gpointer data)
{
  Waiter *waiter = data;

  g_ptr_array_remove_fast (waiter->control->waiters, waiter);
}

static void
on_state_asked (SoupServer *soup,
                SoupServerMessage *message,
                const char *path,
                GHashTable *query,
                gpointer data)
{
  reply (message, SOUP_STATUS_OK, describe (data));
}

static const char *
find_unknown_counter (LiveSimControl *self, GHashTable *query)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (strcmp (name, "timeout_ms") != 0 && live_sim_world_find_counter (self->world, name) == NULL)
      return name;
  return NULL;
}

static void
on_wait_asked (SoupServer *soup,
               SoupServerMessage *message,
               const char *path,
               GHashTable *query,
               gpointer data)
{
  LiveSimControl *self = data;
  const char *timeout;
  guint64 timeout_ms;
  Waiter *waiter;

  if (query == NULL)
    {
      reply_fault (message, SOUP_STATUS_BAD_REQUEST, "name a counter to wait for");
      return;
    }
  if (find_unknown_counter (self, query) != NULL)
    {
      reply_fault (message, SOUP_STATUS_BAD_REQUEST, "there is no counter \"%s\"",
                   find_unknown_counter (self, query));
      return;
    }
  if (is_met (self, query))
    {
      reply (message, SOUP_STATUS_OK, describe (self));
      return;
    }
  if (self->waiters->len >= MAX_WAITERS)
    {
      reply_fault (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "too many wait already");
      return;
    }

  timeout = g_hash_table_lookup (query, "timeout_ms");
  timeout_ms = timeout != NULL ? g_ascii_strtoull (timeout, NULL, 10) : DEFAULT_TIMEOUT_MS;
  waiter = g_new0 (Waiter, 1);
  waiter->control = self;
  waiter->message = g_object_ref (message);
  waiter->query = g_hash_table_ref (query);
  waiter->timer =
      g_timeout_add ((guint) MIN (timeout_ms, MAX_TIMEOUT_MS), on_waited_too_long, waiter);
  waiter->finished_id = g_signal_connect (message, "finished", G_CALLBACK (on_waiter_gone), waiter);
  g_ptr_array_add (self->waiters, waiter);
  soup_server_message_pause (message);
}

/* The body of a POST as an object; NULL after having refused it. */
static JsonNode *
read_body (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GError) error = NULL;
  JsonNode *node;

  if (strcmp (soup_server_message_get_method (message), "POST") != 0)
    {
      reply_fault (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "this wants a POST");
      return NULL;
    }
  node = live_sim_json_parse (body->data != NULL ? body->data : "", (gssize) body->length, &error);
  if (node == NULL)
    reply_fault (message, SOUP_STATUS_BAD_REQUEST, "%s", error->message);
  return node;
}

static LiveSimSession *
find_session (LiveSimControl *self, guint id)
{
  GPtrArray *sessions = live_sim_server_get_sessions (self->server);

  for (guint i = sessions->len; i > 0; i--)
    {
      LiveSimSession *session = g_ptr_array_index (sessions, i - 1);

      if (id == 0 ? live_sim_link_is_open (session->link) : session->id == id)
        return session;
    }
  return NULL;
}

static void
on_inject_asked (SoupServer *soup,
                 SoupServerMessage *message,
                 const char *path,
                 GHashTable *query,
                 gpointer data)
{
  LiveSimControl *self = data;
  const char *id = query != NULL ? g_hash_table_lookup (query, "connection") : NULL;
  g_autoptr (JsonNode) body = read_body (message);
  g_autoptr (GPtrArray) actions = NULL;
  g_autoptr (GError) error = NULL;
  LiveSimSession *session;

  if (body == NULL)
    return;
  actions = live_sim_scenario_parse_actions (body, &error);
  if (actions == NULL)
    {
      reply_fault (message, SOUP_STATUS_BAD_REQUEST, "%s", error->message);
      return;
    }

  session = find_session (self, id != NULL ? (guint) g_ascii_strtoull (id, NULL, 10) : 0);
  if (session != NULL)
    live_sim_script_run (session->script, actions);
  for (guint i = 0; session == NULL && i < actions->len; i++)
    if (!live_sim_script_act_without_session (self->world, actions->pdata[i]))
      {
        reply_fault (message, SOUP_STATUS_CONFLICT, "no such connection is open");
        return;
      }
  reply (message, SOUP_STATUS_OK, describe (self));
}

static void
on_hold_asked (SoupServer *soup,
               SoupServerMessage *message,
               const char *path,
               GHashTable *query,
               gpointer data)
{
  LiveSimControl *self = data;
  GPtrArray *sessions = live_sim_server_get_sessions (self->server);
  g_autoptr (JsonNode) body = read_body (message);
  JsonObject *object;

  if (body == NULL)
    return;
  if (!JSON_NODE_HOLDS_OBJECT (body))
    {
      reply_fault (message, SOUP_STATUS_BAD_REQUEST, "hold takes an object");
      return;
    }

  object = json_node_get_object (body);
  self->world->holds_setup = live_sim_json_bool (object, "setup", self->world->holds_setup);
  self->world->holds_replies = live_sim_json_bool (object, "replies", self->world->holds_replies);
  for (guint i = 0; i < sessions->len; i++)
    live_sim_session_update_hold (sessions->pdata[i]);
  reply (message, SOUP_STATUS_OK, describe (self));
}

static void
on_refuse_asked (SoupServer *soup,
                 SoupServerMessage *message,
                 const char *path,
                 GHashTable *query,
                 gpointer data)
{
  LiveSimControl *self = data;
  g_autoptr (JsonNode) body = read_body (message);
  JsonObject *object;
  gint64 status;

  if (body == NULL)
    return;
  object = JSON_NODE_HOLDS_OBJECT (body) ? json_node_get_object (body) : NULL;
  status = live_sim_json_int (object, "status", 0);
  if (status < 200 || status > 599)
    {
      reply_fault (message, SOUP_STATUS_BAD_REQUEST, "refuse wants a \"status\" of HTTP");
      return;
    }
  live_sim_server_refuse_next (self->server, (guint) live_sim_json_int (object, "count", 1),
                               (guint) status, live_sim_json_string (object, "body", ""),
                               live_sim_json_object (object, "headers"));
  reply (message, SOUP_STATUS_OK, describe (self));
}

LiveSimControl *
live_sim_control_new (LiveSimServer *server, SoupServer *soup)
{
  LiveSimControl *self = g_new0 (LiveSimControl, 1);

  self->server = server;
  self->world = live_sim_server_get_world (server);
  self->waiters = g_ptr_array_new_with_free_func (free_waiter);
  self->world->on_changed = on_world_changed;
  self->world->on_changed_data = self;
  soup_server_add_handler (soup, "/simulator/state", on_state_asked, self, NULL);
  soup_server_add_handler (soup, "/simulator/wait", on_wait_asked, self, NULL);
  soup_server_add_handler (soup, "/simulator/inject", on_inject_asked, self, NULL);
  soup_server_add_handler (soup, "/simulator/hold", on_hold_asked, self, NULL);
  soup_server_add_handler (soup, "/simulator/refuse", on_refuse_asked, self, NULL);
  return self;
}

void
live_sim_control_free (LiveSimControl *self)
{
  if (self == NULL)
    return;
  self->world->on_changed = NULL;
  g_clear_handle_id (&self->check_source, g_source_remove);
  while (self->waiters->len > 0)
    answer_waiter (g_ptr_array_index (self->waiters, 0), SOUP_STATUS_SERVICE_UNAVAILABLE);
  g_ptr_array_unref (self->waiters);
  g_free (self);
}
