/* Owns: the listening socket and the list of connections.
 * Thread: main.
 * Called by: main, live-sim-control.c. */
#include "live-sim-server.h"

#include <string.h>

#include "live-sim-control.h"
#include "live-sim-stream.h"

#define ATTEMPT_KEY "live-sim-attempt"
#define GEMINI_PREFIX "google.ai.generativelanguage."
#define VERTEX_PREFIX "google.cloud.aiplatform."

typedef struct
{
  guint count, status;
  char *body;
  JsonObject *headers;
} Refusal;

struct _LiveSimServer
{
  LiveSimWorld *world;
  SoupServer *soup;
  LiveSimControl *control;
  GPtrArray *sessions;
  guint port;
  Refusal refusal;
};

/* The rest after prefix, or NULL. */
static const char *
skip_prefix (const char *text, const char *prefix)
{
  return g_str_has_prefix (text, prefix) ? text + strlen (prefix) : NULL;
}

/* Version and method from the path; FALSE when the service has no such door. The method stands
 * after a dot on the Gemini API and after a slash on Vertex. */
static gboolean
read_path (const char *path, LiveSimDoor *door)
{
  static const struct
  {
    const char *path, *version;
    gboolean is_vertex, is_alpha, is_constrained;
  } doors[] = {
    { GEMINI_PREFIX "v1beta.GenerativeService.BidiGenerateContent", "v1beta", FALSE, FALSE, FALSE },
    { GEMINI_PREFIX "v1alpha.GenerativeService.BidiGenerateContent", "v1alpha", FALSE, TRUE,
      FALSE },
    { GEMINI_PREFIX "v1.GenerativeService.BidiGenerateContent", "v1", FALSE, FALSE, FALSE },
    { GEMINI_PREFIX "v1beta.GenerativeService.BidiGenerateContentConstrained", "v1beta", FALSE,
      FALSE, TRUE },
    { GEMINI_PREFIX "v1alpha.GenerativeService.BidiGenerateContentConstrained", "v1alpha", FALSE,
      TRUE, TRUE },
    { VERTEX_PREFIX "v1beta1.LlmBidiService/BidiGenerateContent", "v1beta1", TRUE, FALSE, FALSE },
    { VERTEX_PREFIX "v1.LlmBidiService/BidiGenerateContent", "v1", TRUE, FALSE, FALSE },
  };
  const char *rest = path;

  while (*rest == '/')
    rest++;
  rest = skip_prefix (rest, "ws/");
  for (guint i = 0; rest != NULL && i < G_N_ELEMENTS (doors); i++)
    if (strcmp (doors[i].path, rest) == 0)
      {
        door->api_version = doors[i].version;
        door->dialect.is_vertex = doors[i].is_vertex;
        door->dialect.is_alpha = doors[i].is_alpha;
        door->is_constrained = doors[i].is_constrained;
        return TRUE;
      }
  return FALSE;
}

/* Any key opens the door but those that say themselves what is wrong with them, so no test ever
 * needs a secret. */
static LiveSimKey
judge_key (const char *key)
{
  if (key == NULL || *key == '\0')
    return LIVE_SIM_KEY_MISSING;
  if (g_str_has_prefix (key, "bad"))
    return LIVE_SIM_KEY_BAD;
  if (g_str_has_prefix (key, "expired"))
    return LIVE_SIM_KEY_EXPIRED;
  if (g_str_has_prefix (key, "quota"))
    return LIVE_SIM_KEY_OVER_QUOTA;
  return LIVE_SIM_KEY_GOOD;
}

static LiveSimKey
read_key (SoupServerMessage *message, const LiveSimDoor *door)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *query_text = g_uri_get_query (soup_server_message_get_uri (message));
  g_autoptr (GHashTable) query =
      query_text != NULL ? soup_form_decode (query_text) : g_hash_table_new (NULL, NULL);
  const char *authorization = soup_message_headers_get_one (headers, "Authorization");
  const char *key = soup_message_headers_get_one (headers, "x-goog-api-key");
  const char *token = NULL;

  if (authorization == NULL)
    authorization = "";
  if (key == NULL && query_text != NULL)
    key = g_hash_table_lookup (query, "key");
  if (door->dialect.is_vertex)
    {
      token = skip_prefix (authorization, "Bearer ");
      return judge_key (token != NULL ? token : key);
    }

  token = skip_prefix (authorization, "Token ");
  if (token == NULL && query_text != NULL)
    token = g_hash_table_lookup (query, "access_token");
  if (token == NULL)
    return door->is_constrained && key == NULL ? LIVE_SIM_KEY_MISSING : judge_key (key);
  if (!door->is_constrained || skip_prefix (token, "auth_tokens/") == NULL)
    return LIVE_SIM_KEY_BAD; /* the plain method refuses every form of a token */
  return judge_key (skip_prefix (token, "auth_tokens/"));
}

static void
set_headers (SoupServerMessage *message, JsonObject *headers)
{
  g_autoptr (GList) names = headers != NULL ? json_object_get_members (headers) : NULL;

  for (GList *link = names; link != NULL; link = link->next)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), link->data,
                                  live_sim_json_string (headers, link->data, ""));
}

static void
refuse (LiveSimServer *self,
        SoupServerMessage *message,
        guint attempt,
        guint status,
        const char *body,
        JsonObject *headers)
{
  self->world->counters.refused++;
  live_sim_record_event (self->world->record, attempt, "refused", status, body);
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, body,
                                    strlen (body));
  set_headers (message, headers);
  live_sim_world_changed (self->world);
}

static void
on_session_ended (LiveSimSession *session, gpointer data)
{
  LiveSimServer *self = data;

  g_ptr_array_remove (self->sessions, session);
  live_sim_world_changed (self->world);
}

/* Where a client has said that it ends, it may dial again, though its socket is still there. */
static void
note_most_open (LiveSimServer *self)
{
  guint64 n_open = 0;

  for (guint i = 0; i < self->sessions->len; i++)
    n_open += live_sim_link_is_open (((LiveSimSession *) self->sessions->pdata[i])->link);
  self->world->counters.most_open = MAX (self->world->counters.most_open, n_open);
}

static void
on_upgraded (SoupServerMessage *message, gpointer data)
{
  LiveSimServer *self = data;
  g_autoptr (SoupServerMessage) kept = g_object_ref (message);
  guint attempt = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (message), ATTEMPT_KEY));
  GUri *uri = soup_server_message_get_uri (message);
  GSocket *socket = soup_server_message_get_socket (message);
  LiveSimDoor door = { 0 };
  g_autoptr (GIOStream) base = NULL;
  g_autoptr (LiveSimStream) stream = NULL;
  g_autoptr (SoupWebsocketConnection) connection = NULL;

  if (!read_path (g_uri_get_path (uri), &door))
    return;
  door.key = read_key (message, &door);
  base = soup_server_message_steal_connection (message);
  stream = live_sim_stream_new (base, socket);
  /* Without extensions: the service was never seen to compress. */
  connection = soup_websocket_connection_new (G_IO_STREAM (stream), uri,
                                              SOUP_WEBSOCKET_CONNECTION_SERVER, NULL, NULL, NULL);
  self->world->counters.connections++;
  self->world->counters.open++;
  live_sim_record_event (self->world->record, attempt, "opened", 0, g_uri_get_path (uri));
  g_ptr_array_add (self->sessions, live_sim_session_new (self->world, attempt, &door, connection,
                                                         stream, socket, on_session_ended, self));
  note_most_open (self);
  live_sim_world_changed (self->world);
}

static gboolean
refuse_by_chaos (LiveSimServer *self, SoupServerMessage *message, guint attempt)
{
  LiveSimWorld *world = self->world;
  g_autoptr (GPtrArray) actions = NULL;
  const LiveSimAction *action;
  gboolean is_instead;

  if (world->chaos != NULL)
    actions = live_sim_chaos_pick (world->chaos, attempt, LIVE_SIM_ON_UPGRADE, 1, &is_instead);
  if (actions == NULL)
    return FALSE;
  world->counters.faults = live_sim_chaos_count (world->chaos);
  action = g_ptr_array_index (actions, 0);
  refuse (self, message, attempt, (guint) json_node_get_int (action->value),
          live_sim_json_string (action->object, "body", ""),
          live_sim_json_object (action->object, "headers"));
  return TRUE;
}

/* libsoup's own WebSocket handler would own the stream, and with it when a pong leaves. */
static void
on_upgrade_asked (SoupServer *soup,
                  SoupServerMessage *message,
                  const char *path,
                  GHashTable *query,
                  gpointer data)
{
  LiveSimServer *self = data;
  guint attempt = (guint) ++self->world->counters.attempts;
  const LiveSimAction *action = live_sim_scenario_find_refusal (self->world->scenario, attempt);
  LiveSimDoor door = { 0 };

  g_object_set_data (G_OBJECT (message), ATTEMPT_KEY, GUINT_TO_POINTER (attempt));
  if (self->refusal.count > 0)
    {
      self->refusal.count--;
      refuse (self, message, attempt, self->refusal.status, self->refusal.body,
              self->refusal.headers);
    }
  else if (action != NULL)
    refuse (self, message, attempt, (guint) json_node_get_int (action->value),
            live_sim_json_string (action->object, "body", ""),
            live_sim_json_object (action->object, "headers"));
  else if (refuse_by_chaos (self, message, attempt))
    return;
  else if (!read_path (path, &door))
    refuse (self, message, attempt, SOUP_STATUS_NOT_FOUND, "", NULL);
  else if (door.dialect.is_vertex && read_key (message, &door) != LIVE_SIM_KEY_GOOD)
    refuse (self, message, attempt, SOUP_STATUS_UNAUTHORIZED, "", NULL);
  else if (soup_websocket_server_process_handshake (message, NULL, NULL, NULL, NULL))
    g_signal_connect (message, "wrote-informational", G_CALLBACK (on_upgraded), self);
  live_sim_world_changed (self->world);
}

/* What models.list tells of the models that a session can be opened with. */
static void
on_models_asked (SoupServer *soup,
                 SoupServerMessage *message,
                 const char *path,
                 GHashTable *query,
                 gpointer data)
{
  const LiveSimProfile *const *profiles = live_sim_profile_list ();
  g_autoptr (JsonObject) answer = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonArray *models = json_array_new ();
  gsize length;
  char *text;

  for (guint i = 0; profiles[i] != NULL; i++)
    {
      JsonObject *model;
      JsonArray *methods;
      g_autofree char *name = g_strconcat ("models/", profiles[i]->default_model, NULL);

      if (!profiles[i]->is_known_on_gemini)
        continue;
      model = json_object_new ();
      methods = json_array_new ();
      json_array_add_string_element (methods, "bidiGenerateContent");
      json_object_set_string_member (model, "name", name);
      json_object_set_string_member (model, "displayName", profiles[i]->default_model);
      json_object_set_array_member (model, "supportedGenerationMethods", methods);
      json_array_add_object_element (models, model);
    }
  json_object_set_array_member (answer, "models", models);
  json_node_set_object (node, answer);
  text = live_sim_json_print (node, &length);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_TAKE, text, length);
}

LiveSimServer *
live_sim_server_new (LiveSimWorld *world, guint port, GError **error)
{
  /* The SDK joins a base URL that ends in a slash with a path that begins with one. */
  static const char *const ws_paths[] = { "/ws", "//ws" };
  g_autoptr (LiveSimServer) self = g_new0 (LiveSimServer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, (guint16) port);
  GSList *uris;

  self->world = world;
  self->sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) live_sim_session_free);
  self->soup = soup_server_new ("server-header", "live-simulator ", NULL);
  self->control = live_sim_control_new (self, self->soup);

  for (guint i = 0; i < G_N_ELEMENTS (ws_paths); i++)
    soup_server_add_handler (self->soup, ws_paths[i], on_upgrade_asked, self, NULL);
  soup_server_add_handler (self->soup, "/v1beta/models", on_models_asked, self, NULL);
  soup_server_add_handler (self->soup, "/v1alpha/models", on_models_asked, self, NULL);
  if (!soup_server_listen (self->soup, address, 0, error))
    return NULL;

  uris = soup_server_get_uris (self->soup);
  self->port = (guint) g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return g_steal_pointer (&self);
}

void
live_sim_server_free (LiveSimServer *self)
{
  if (self == NULL)
    return;
  live_sim_control_free (self->control);
  g_clear_pointer (&self->sessions, g_ptr_array_unref);
  soup_server_disconnect (self->soup);
  g_object_unref (self->soup);
  g_clear_pointer (&self->refusal.headers, json_object_unref);
  g_free (self->refusal.body);
  g_free (self);
}

guint
live_sim_server_get_port (LiveSimServer *self)
{
  return self->port;
}

GPtrArray *
live_sim_server_get_sessions (LiveSimServer *self)
{
  return self->sessions;
}

LiveSimWorld *
live_sim_server_get_world (LiveSimServer *self)
{
  return self->world;
}

void
live_sim_server_refuse_next (LiveSimServer *self,
                             guint count,
                             guint status,
                             const char *body,
                             JsonObject *headers)
{
  g_clear_pointer (&self->refusal.headers, json_object_unref);
  g_free (self->refusal.body);
  self->refusal.count = count;
  self->refusal.status = status;
  self->refusal.body = g_strdup (body);
  self->refusal.headers = headers != NULL ? json_object_ref (headers) : NULL;
}
