/* Owns: a WebSocket server that stands where the service would.
 * Thread: main.
 * Called by: bench-peer.c. */
#include "bench-service.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

#define LOUD 4000
#define PAYLOAD_BYTES (16 * 1024 * 1024)

struct _BenchService
{
  SoupServer *server;
  SoupWebsocketConnection *connection;
  gboolean is_online, is_listening;
  guint64 n_frames;
  gint64 heard_ns;
};

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
send_text (BenchService *self, const char *text)
{
  if (self->connection != NULL &&
      soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
    {
      /* Binary frames, as the service sends them. */
      g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

      soup_websocket_connection_send_message (self->connection, SOUP_WEBSOCKET_DATA_BINARY, bytes);
    }
}

static void
hear (BenchService *self, const char *base64, gint64 came_ns)
{
  gsize n_bytes = 0;
  g_autofree guchar *bytes = g_base64_decode (base64, &n_bytes);
  const gint16 *samples = (const gint16 *) (gpointer) bytes;
  gsize n_frames = n_bytes / sizeof *samples;

  self->n_frames += n_frames;
  for (gsize i = 0; self->is_listening && i < n_frames; i++)
    if (samples[i] > LOUD || samples[i] < -LOUD)
      {
        self->is_listening = FALSE;
        self->heard_ns = came_ns;
      }
}

static void
answer (BenchService *self)
{
  send_text (self, "{\"serverContent\":{\"outputTranscription\":{\"text\":\"Very well.\"}}}");
  bench_service_speak (self, 100);
  bench_service_end_turn (self);
}

static void
on_message (SoupWebsocketConnection *connection,
            SoupWebsocketDataType type,
            GBytes *message,
            gpointer data)
{
  BenchService *self = data;
  gint64 came_ns = now_ns ();
  gsize length = 0;
  const char *text = g_bytes_get_data (message, &length);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonObject *root, *input;

  if (!json_parser_load_from_data (parser, text, (gssize) length, NULL) ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return;
  root = json_node_get_object (json_parser_get_root (parser));

  if (json_object_has_member (root, "setup"))
    {
      self->is_online = TRUE;
      send_text (self, "{\"setupComplete\":{}}");
    }
  else if (json_object_has_member (root, "clientContent"))
    answer (self);
  else if (json_object_has_member (root, "realtimeInput"))
    {
      input = json_object_get_object_member (root, "realtimeInput");
      if (json_object_has_member (input, "audio"))
        hear (
            self,
            json_object_get_string_member (json_object_get_object_member (input, "audio"), "data"),
            came_ns);
      else if (json_object_has_member (input, "text"))
        answer (self);
    }
}

static void
on_closed (SoupWebsocketConnection *connection, gpointer data)
{
  BenchService *self = data;

  if (self->connection == connection)
    {
      self->is_online = FALSE;
      g_clear_object (&self->connection);
    }
}

static void
on_connected (SoupServer *server,
              SoupServerMessage *message,
              const char *path,
              SoupWebsocketConnection *connection,
              gpointer data)
{
  BenchService *self = data;

  self->is_online = FALSE;
  g_set_object (&self->connection, connection);
  soup_websocket_connection_set_max_incoming_payload_size (connection, PAYLOAD_BYTES);
  g_signal_connect (connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), self);
}

BenchService *
bench_service_new (GError **error)
{
  g_autoptr (BenchService) self = g_new0 (BenchService, 1);

  self->server = soup_server_new (NULL, NULL);
  soup_server_add_websocket_handler (self->server, NULL, NULL, NULL, on_connected, self, NULL);
  if (!soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
bench_service_free (BenchService *self)
{
  if (self == NULL)
    return;
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  g_free (self);
}

guint
bench_service_port (BenchService *self)
{
  GSList *uris = soup_server_get_uris (self->server);
  guint port = (guint) g_uri_get_port (uris->data);

  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return port;
}

gboolean
bench_service_is_online (BenchService *self)
{
  return self->is_online;
}

guint64
bench_service_frames (BenchService *self)
{
  return self->n_frames;
}

void
bench_service_listen (BenchService *self)
{
  self->heard_ns = 0;
  self->is_listening = TRUE;
}

gint64
bench_service_heard_ns (BenchService *self)
{
  return self->heard_ns;
}

void
bench_service_speak (BenchService *self, guint length_ms)
{
  guint n_frames = BENCH_RATE_HZ / 1000 * length_ms;
  g_autofree gint16 *samples = g_new (gint16, n_frames);
  g_autofree char *base64 = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; i < n_frames; i++)
    samples[i] = (gint16) (12000 * cos (2 * G_PI * 440 * i / BENCH_RATE_HZ));
  base64 = g_base64_encode ((const guchar *) samples, n_frames * sizeof *samples);
  text = g_strdup_printf ("{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"inlineData\":{"
                          "\"mimeType\":\"audio/pcm;rate=24000\",\"data\":\"%s\"}}]}}}",
                          base64);
  send_text (self, text);
}

void
bench_service_interrupt (BenchService *self)
{
  send_text (self, "{\"serverContent\":{\"interrupted\":true}}");
  send_text (self, "{\"serverContent\":{\"turnComplete\":true}}");
}

void
bench_service_end_turn (BenchService *self)
{
  send_text (self, "{\"serverContent\":{\"generationComplete\":true}}");
  send_text (self, "{\"serverContent\":{\"turnComplete\":true},\"usageMetadata\":{"
                   "\"promptTokenCount\":20,\"responseTokenCount\":5,\"totalTokenCount\":25}}");
}
