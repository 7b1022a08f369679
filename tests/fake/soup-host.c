/* Owns: the service's side of a WebSocket, and a refusal.
 * Thread: the test's.
 * Called by: tests/core/test-transport-soup*.c. */
#include "fake/soup-host.h"

#include <string.h>

static void
on_host_message (SoupWebsocketConnection *peer, int type, GBytes *message, gpointer data)
{
  SoupHost *host = data;

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
  SoupHost *host = data;
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
  SoupHost *host = data;
  static const char body[] = "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": "
                             "\"You exceeded your current quota.\",\n    \"status\": "
                             "\"RESOURCE_EXHAUSTED\"\n  }\n}\n";

  soup_message_headers_append (soup_server_message_get_response_headers (message), "Retry-After",
                               "7");
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC, body,
                                    sizeof (body) - 1);
  soup_server_message_set_status (message, host->status, NULL);
}

SoupHost *
soup_host_new_with (GTlsCertificate *certificate)
{
  SoupHost *host = g_new0 (SoupHost, 1);
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

SoupHost *
soup_host_new (void)
{
  return soup_host_new_with (NULL);
}

void
soup_host_free (SoupHost *host)
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

void
soup_host_meet (SoupHost *host, TransportRig *rig)
{
  g_autofree char *url = g_strconcat (host->url, "/ws", NULL);
  guint before = host->n_peers;

  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_opened, 1);
  transport_rig_wait_until (&host->n_peers, before + 1);
}
