/* Owns: the proof of the real transport against a proper server in this process.
 * Thread: main.
 * Called by: meson test. */
#include "io/live-transport-soup.h"

#include <string.h>

#include <libsoup/soup.h>

#include "fake/transport-rig.h"

/* A proper server; the newest connection is kept for the test to play with. */
typedef struct
{
  SoupServer *server;
  SoupWebsocketConnection *peer;
  char *url;
  char *key;
  GPtrArray *received;
  guint n_peers, status;
} Host;

static void
on_host_message (SoupWebsocketConnection *peer, int type, GBytes *message, gpointer data)
{
  Host *host = data;

  g_assert_cmpint (type, ==, SOUP_WEBSOCKET_DATA_TEXT);
  g_ptr_array_add (host->received,
                   g_strndup (g_bytes_get_data (message, NULL), g_bytes_get_size (message)));
}

static void
on_host_websocket (SoupServer *server,
                   SoupServerMessage *message,
                   const char *path,
                   SoupWebsocketConnection *peer,
                   gpointer data)
{
  Host *host = data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  g_free (host->key);
  host->key = g_strdup (soup_message_headers_get_one (headers, "x-goog-api-key"));
  g_set_object (&host->peer, peer);
  soup_websocket_connection_set_max_incoming_payload_size (peer, 4 * 1024 * 1024);
  g_signal_connect (peer, "message", G_CALLBACK (on_host_message), host);
  host->n_peers++;
}

static void
on_host_refuse (SoupServer *server,
                SoupServerMessage *message,
                const char *path,
                GHashTable *query,
                gpointer data)
{
  Host *host = data;
  static const char body[] = "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": "
                             "\"You exceeded your current quota.\",\n    \"status\": "
                             "\"RESOURCE_EXHAUSTED\"\n  }\n}\n";

  soup_message_headers_append (soup_server_message_get_response_headers (message), "Retry-After",
                               "7");
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC, body,
                                    sizeof (body) - 1);
  soup_server_message_set_status (message, host->status, NULL);
}

static Host *
host_new_with (GTlsCertificate *certificate)
{
  Host *host = g_new0 (Host, 1);
  g_autoptr (GError) error = NULL;
  GSList *uris = NULL;
  SoupServerListenOptions options = SOUP_SERVER_LISTEN_IPV4_ONLY;

  host->received = g_ptr_array_new_with_free_func (g_free);
  host->server = soup_server_new (NULL, NULL);
  soup_server_add_websocket_handler (host->server, "/ws", NULL, NULL, on_host_websocket, host,
                                     NULL);
  soup_server_add_handler (host->server, "/refused", on_host_refuse, host, NULL);
  if (certificate != NULL)
    {
      soup_server_set_tls_certificate (host->server, certificate);
      options |= SOUP_SERVER_LISTEN_HTTPS;
    }
  soup_server_listen_local (host->server, 0, options, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (host->server);
  host->url = g_strdup_printf ("%s://127.0.0.1:%d", certificate != NULL ? "wss" : "ws",
                               g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return host;
}

static Host *
host_new (void)
{
  return host_new_with (NULL);
}

static void
host_free (Host *host)
{
  if (host->peer != NULL)
    g_signal_handlers_disconnect_by_data (host->peer, host);
  g_clear_object (&host->peer);
  soup_server_disconnect (host->server);
  g_object_unref (host->server);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_unref (host->received);
  g_free (host->url);
  g_free (host->key);
  g_free (host);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)

static void
rig_connect (TransportRig *rig, Host *host)
{
  g_autofree char *url = g_strconcat (host->url, "/ws", NULL);
  guint before = host->n_peers;

  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_opened, 1);
  transport_rig_wait_until (&host->n_peers, before + 1);
}

static void
test_text_and_binary (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  rig_connect (rig, host);
  g_assert_cmpstr (host->key, ==, "secret-value");
  soup_websocket_connection_send_text (host->peer, "{\"a\":1}");
  soup_websocket_connection_send_binary (host->peer, "{\n}\n", 4);
  transport_rig_check_message (rig, 0, "{\"a\":1}");
  transport_rig_check_message (rig, 1, "{\n}\n");

  live_transport_send_text (rig->transport, "{\"setup\":{}}", -1);
  live_transport_send_text (rig->transport, "{\"x\":1}and more", 7);
  transport_rig_wait_until (&host->received->len, 2);
  g_assert_cmpstr (g_ptr_array_index (host->received, 0), ==, "{\"setup\":{}}");
  g_assert_cmpstr (g_ptr_array_index (host->received, 1), ==, "{\"x\":1}");
  g_assert_cmpuint (live_transport_stats (rig->transport)->messages_sent, ==, 2);
  g_assert_cmpuint (live_transport_stats (rig->transport)->bytes_received, ==, 11);
}

static void
test_large_message (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  gsize size = 3 * 1024 * 1024;
  g_autofree char *data = g_malloc (size + 1);

  memset (data, 'a', size);
  data[size] = '\0';
  rig_connect (rig, host);
  soup_websocket_connection_send_binary (host->peer, data, size);
  transport_rig_check_message (rig, 0, data);
}

static void
test_message_over_the_limit (void)
{
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  LiveSetting setting = LIVE_SETTING_LINK_MAX_MESSAGE_BYTES;
  GVariant *value = g_variant_new_uint32 (200 * 1024);
  g_autoptr (LiveSettings) settings = live_settings_new_with (defaults, &setting, &value, 1);
  g_autoptr (Host) host = host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (settings);
  g_autofree char *data = g_malloc0 (300 * 1024);

  rig_connect (rig, host);
  soup_websocket_connection_send_binary (host->peer, data, 300 * 1024);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_PROTOCOL);
  g_assert_cmpuint (rig->info.code, ==, 1009);
  g_assert_cmpuint (rig->messages->len, ==, 0);
}

static void
test_close_frames (void)
{
  static const struct
  {
    gushort code;
    const char *words;
  } cases[] = {
    { 1000, "The operation was cancelled." },
    { 1007, "API key not valid. Please pass a valid API key." },
    { 1008, "models/x is not found for API version v1beta" },
    { 1011, "You exceeded your current quota" },
  };
  g_autoptr (Host) host = host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  /* One transport, one connection after the other. */
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      rig_connect (rig, host);
      soup_websocket_connection_close (host->peer, cases[i].code, cases[i].words);
      transport_rig_wait_until (&rig->n_closed, 1);
      g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_FRAME);
      g_assert_cmpuint (rig->info.code, ==, cases[i].code);
      g_assert_cmpstr (rig->info.reason, ==, cases[i].words);
    }
}

static void
test_own_close (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  rig_connect (rig, host);
  live_transport_close (rig->transport, 1000);
  g_assert_cmpuint (rig->n_closed, ==, 0);
  live_transport_send_text (rig->transport, "{}", -1);
  g_assert_cmpuint (live_transport_stats (rig->transport)->late_sends, ==, 1);
  g_assert_false (live_transport_is_writable (rig->transport));
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_LOCAL);
  live_transport_send_text (rig->transport, "{}", -1);
  live_transport_close (rig->transport, 1000);
  g_assert_cmpuint (live_transport_stats (rig->transport)->late_sends, ==, 2);
  rig_connect (rig, host);
}

static void
test_refused_upgrade (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = g_strconcat (host->url, "/refused", NULL);

  host->status = 429;
  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpuint (rig->n_opened, ==, 0);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_HTTP);
  g_assert_cmpuint (rig->info.http_status, ==, 429);
  g_assert_cmpstr (rig->info.reason, ==, "You exceeded your current quota. (RESOURCE_EXHAUSTED)");
  g_assert_cmpint (rig->info.retry_after_us, ==, 7 * G_USEC_PER_SEC);
}

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if (level & G_LOG_LEVEL_WARNING)
    {
      (*(guint *) data)++;
      return G_LOG_WRITER_HANDLED;
    }
  return g_log_writer_default (level, fields, n_fields, NULL);
}

static guint n_warnings;

static void
test_broken_text_is_not_sent (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  rig_connect (rig, host);
  n_warnings = 0;
  live_transport_send_text (rig->transport, "{\"text\":\"\xff\"}", -1);
  g_assert_cmpuint (n_warnings, ==, 1);
  live_transport_send_text (rig->transport, "{}", -1);
  transport_rig_wait_until (&host->received->len, 1);
  g_assert_cmpstr (g_ptr_array_index (host->received, 0), ==, "{}");
}

/* The same over TLS, which has streams of its own below libsoup's. */
static void
test_tls (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("LIVE_TEST_DATA"), "tls", "server.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, &error);
  g_autoptr (GTlsDatabase) trusted = NULL;
  g_autoptr (Host) host = NULL;
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = NULL;
  g_autofree char *large = g_strnfill (1024 * 1024, 'a');

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_test_skip ("glib-networking is not installed");
      return;
    }
  g_assert_no_error (error);

  /* Nobody vouches for this server. */
  host = host_new_with (certificate);
  url = g_strconcat (host->url, "/ws", NULL);
  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpuint (rig->n_opened, ==, 0);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_TRANSPORT);
  g_assert_cmpuint (host->n_peers, ==, 0);

  trusted = g_tls_file_database_new (path, &error);
  g_assert_no_error (error);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), trusted);
  rig_connect (rig, host);
  soup_websocket_connection_send_binary (host->peer, large, 1024 * 1024);
  transport_rig_check_message (rig, 0, large);
  live_transport_send_text (rig->transport, large, -1);
  transport_rig_wait_until (&host->received->len, 1);
  g_assert_cmpstr (g_ptr_array_index (host->received, 0), ==, large);
  g_assert_true (live_transport_is_writable (rig->transport));
  soup_websocket_connection_close (host->peer, 1008, "The operation was aborted.");
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_FRAME);
  g_assert_cmpuint (rig->info.code, ==, 1008);

  rig_connect (rig, host);
  live_transport_close (rig->transport, 1000);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_LOCAL);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, &n_warnings, NULL);
  g_test_add_func ("/transport-soup/text-and-binary", test_text_and_binary);
  g_test_add_func ("/transport-soup/large-message", test_large_message);
  g_test_add_func ("/transport-soup/message-over-the-limit", test_message_over_the_limit);
  g_test_add_func ("/transport-soup/close-frames", test_close_frames);
  g_test_add_func ("/transport-soup/own-close", test_own_close);
  g_test_add_func ("/transport-soup/tls", test_tls);
  g_test_add_func ("/transport-soup/refused-upgrade", test_refused_upgrade);
  g_test_add_func ("/transport-soup/broken-text-is-not-sent", test_broken_text_is_not_sent);
  return g_test_run ();
}
