/* Owns: one socket on its way from a URL to a WebSocket.
 * Thread: main.
 * Called by: io/live-transport-soup.c. */
#include "io/live-transport-soup-upgrade.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <libsoup/soup.h>

#include "io/live-transport-soup-refusal.h"

/* RFC 6455, section 1.3. */
#define ACCEPT_SALT "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

#define HEADERS_MAX_BYTES (16 * 1024)
#define BODY_MAX_BYTES (4 * 1024)
/* A refusal's words are worth this wait and no more. */
#define BODY_TIMEOUT_MS 1000

/* What the kernel may hold before it calls the socket full: a third of a second of speech. With
 * its usual megabytes, half a minute of speech would wait where nobody can drop it. */
#define UNSENT_MAX_BYTES (16 * 1024)
/* A peer that acknowledges nothing for so long is gone. Pongs are no measure: the service's come
 * up to 30 s late (protocol section 3). */
#define USER_TIMEOUT_MS (60 * 1000)

typedef struct
{
  GUri *uri;
  GString *request; /* holds the credential; wiped */
  char *expected;   /* Sec-WebSocket-Accept */
  LiveTransportSoupUpgrade upgrade;
  GSource *input, *timeout;
  GString *head, *body;
  SoupMessageHeaders *headers;
  gint64 body_left_bytes; /* -1 = until the end */
  guint status;
  char *phrase;
  LiveCloseInfo info;
} Dial;

void
live_transport_soup_upgrade_clear (LiveTransportSoupUpgrade *upgrade)
{
  g_clear_object (&upgrade->stream);
  g_clear_object (&upgrade->socket);
}

static void
stop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
wipe_request (Dial *dial)
{
  if (dial->request == NULL)
    return;

  explicit_bzero (dial->request->str, dial->request->allocated_len);
  g_string_free (g_steal_pointer (&dial->request), TRUE);
}

static void
dial_free (gpointer data)
{
  Dial *dial = data;

  stop_source (&dial->input);
  stop_source (&dial->timeout);
  wipe_request (dial);
  /* A stream that nobody took is closed by its last reference. */
  live_transport_soup_upgrade_clear (&dial->upgrade);
  g_clear_pointer (&dial->uri, g_uri_unref);
  g_clear_pointer (&dial->headers, soup_message_headers_unref);
  if (dial->head != NULL)
    g_string_free (dial->head, TRUE);
  if (dial->body != NULL)
    g_string_free (dial->body, TRUE);
  g_free (dial->expected);
  g_free (dial->phrase);
  live_close_info_clear (&dial->info);
  g_free (dial);
}

/* The one way out without a stream. */
static void
fail (GTask *task, LiveCloseOrigin origin, guint16 code, const char *reason)
{
  Dial *dial = g_task_get_task_data (task);

  stop_source (&dial->input);
  stop_source (&dial->timeout);
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    {
      origin = LIVE_CLOSE_LOCAL;
      reason = "";
    }
  dial->info.origin = origin;
  dial->info.code = code;
  g_free (dial->info.reason);
  dial->info.reason = g_strdup (reason);
  live_transport_soup_upgrade_clear (&dial->upgrade);
  g_task_return_boolean (task, FALSE);
  g_object_unref (task);
}

static void
succeed (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);

  stop_source (&dial->input);
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
fail_with (GTask *task, const GError *error)
{
  fail (task, LIVE_CLOSE_TRANSPORT, SOUP_WEBSOCKET_CLOSE_ABNORMAL, error->message);
}

static void
finish_refusal (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  g_autofree char *words = live_transport_soup_refusal_words (dial->body->str, dial->phrase);

  dial->info.http_status = dial->status;
  dial->info.retry_after_us = live_transport_soup_refusal_patience_us (dial->headers);
  fail (task, LIVE_CLOSE_HTTP, SOUP_WEBSOCKET_CLOSE_ABNORMAL, words);
}

static gboolean
on_body_timeout (gpointer data)
{
  finish_refusal (data);
  return G_SOURCE_REMOVE;
}

static gboolean
is_accepted (Dial *dial)
{
  const char *accept = soup_message_headers_get_one (dial->headers, "Sec-WebSocket-Accept");

  return soup_message_headers_header_contains (dial->headers, "Upgrade", "websocket") &&
         soup_message_headers_header_contains (dial->headers, "Connection", "Upgrade") &&
         g_strcmp0 (accept, dial->expected) == 0
         /* Nothing was offered, so nothing may be chosen. */
         && soup_message_headers_get_one (dial->headers, "Sec-WebSocket-Extensions") == NULL;
}

/* FALSE: the task is over. */
static gboolean
take_head (GTask *task)
{
  Dial *dial = g_task_get_task_data (task);
  gint64 length = -1;

  dial->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  /* The parser wants the text without its empty line. */
  if (!soup_headers_parse_response (dial->head->str, (int) dial->head->len - 2, dial->headers, NULL,
                                    &dial->status, &dial->phrase))
    {
      fail (task, LIVE_CLOSE_TRANSPORT, SOUP_WEBSOCKET_CLOSE_ABNORMAL,
            "the answer to the upgrade is not HTTP");
      return FALSE;
    }
  if (dial->status == SOUP_STATUS_SWITCHING_PROTOCOLS)
    {
      if (is_accepted (dial))
        succeed (task);
      else
        fail (task, LIVE_CLOSE_TRANSPORT, SOUP_WEBSOCKET_CLOSE_ABNORMAL,
              "the server agreed to the upgrade but not to this WebSocket");
      return FALSE;
    }

  if (soup_message_headers_get_encoding (dial->headers) == SOUP_ENCODING_CONTENT_LENGTH)
    length = soup_message_headers_get_content_length (dial->headers);
  dial->body = g_string_new (NULL);
  dial->body_left_bytes = length < 0 || length > BODY_MAX_BYTES ? BODY_MAX_BYTES : length;
  if (dial->body_left_bytes == 0)
    {
      finish_refusal (task);
      return FALSE;
    }

  dial->timeout = g_timeout_source_new (BODY_TIMEOUT_MS);
  g_source_set_callback (dial->timeout, on_body_timeout, task, NULL);
  g_source_attach (dial->timeout, g_main_context_get_thread_default ());
  return TRUE;
}

typedef enum
{
  READ_MORE,
  READ_BLOCKED,
  READ_OVER, /* so is the task */
} ReadResult;

/* One byte at a time, so that not one byte of the first frame is swallowed; a few hundred cheap
 * calls once a connection. */
static ReadResult
read_head (GTask *task, GPollableInputStream *stream)
{
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  char byte;
  gssize got = g_pollable_input_stream_read_nonblocking (stream, &byte, 1,
                                                         g_task_get_cancellable (task), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return READ_BLOCKED;
  if (got < 0)
    {
      fail_with (task, error);
      return READ_OVER;
    }
  if (got == 0)
    {
      fail (task, LIVE_CLOSE_TRANSPORT, SOUP_WEBSOCKET_CLOSE_ABNORMAL,
            "the server hung up before it answered the upgrade");
      return READ_OVER;
    }

  g_string_append_c (dial->head, byte);
  if (byte == '\n' && g_str_has_suffix (dial->head->str, "\r\n\r\n"))
    return take_head (task) ? READ_MORE : READ_OVER;
  if (dial->head->len >= HEADERS_MAX_BYTES)
    {
      fail (task, LIVE_CLOSE_TRANSPORT, SOUP_WEBSOCKET_CLOSE_ABNORMAL,
            "the answer to the upgrade is too long");
      return READ_OVER;
    }

  return READ_MORE;
}

static ReadResult
read_body (GTask *task, GPollableInputStream *stream)
{
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  char bytes[512];
  gssize got = g_pollable_input_stream_read_nonblocking (
      stream, bytes, MIN (sizeof (bytes), (gsize) dial->body_left_bytes),
      g_task_get_cancellable (task), &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return READ_BLOCKED;
  if (got > 0)
    {
      g_string_append_len (dial->body, bytes, got);
      dial->body_left_bytes -= got;
    }
  if (got > 0 && dial->body_left_bytes > 0)
    return READ_MORE;

  finish_refusal (task);
  return READ_OVER;
}

static gboolean
on_input (GObject *stream, gpointer data)
{
  GTask *task = data;
  Dial *dial = g_task_get_task_data (task);
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (stream);
  ReadResult result = READ_MORE;

  while (result == READ_MORE)
    result = dial->body == NULL ? read_head (task, input) : read_body (task, input);

  return result == READ_BLOCKED ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
on_request_written (GObject *stream, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Dial *dial = g_task_get_task_data (task);
  GInputStream *input = g_io_stream_get_input_stream (dial->upgrade.stream);
  g_autoptr (GError) error = NULL;

  wipe_request (dial);
  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, &error))
    {
      fail_with (task, error);
      return;
    }

  dial->head = g_string_new (NULL);
  dial->input = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (input),
                                                       g_task_get_cancellable (task));
  g_source_set_callback (dial->input, G_SOURCE_FUNC (on_input), task, NULL);
  g_source_attach (dial->input, g_main_context_get_thread_default ());
}

static void
tune_socket (GSocketConnection *connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);

  /* Each is a wish: a socket that is not TCP (a test's, a tunnel's) works without. */
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_MAX_BYTES, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS, NULL);
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer data)
{
  GTask *task = data;
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  GIOStream *stream = NULL;

  dial->upgrade.socket =
      g_socket_client_connect_to_uri_finish (G_SOCKET_CLIENT (client), result, &error);
  if (dial->upgrade.socket == NULL)
    {
      fail_with (task, error);
      return;
    }

  tune_socket (dial->upgrade.socket);
  stream = G_IO_STREAM (dial->upgrade.socket);
  if (G_IS_TCP_WRAPPER_CONNECTION (stream))
    stream = g_tcp_wrapper_connection_get_base_io_stream (G_TCP_WRAPPER_CONNECTION (stream));
  dial->upgrade.stream = g_object_ref (stream);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (stream), dial->request->str,
                                   dial->request->len, G_PRIORITY_DEFAULT,
                                   g_task_get_cancellable (task), on_request_written, task);
}

static void
write_key (Dial *dial)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree char *key = NULL;
  guint32 nonce[4];
  guint8 digest[20];
  gsize size = sizeof (digest);

  for (guint i = 0; i < G_N_ELEMENTS (nonce); i++)
    nonce[i] = g_random_int ();
  key = g_base64_encode ((const guint8 *) nonce, sizeof (nonce));
  g_string_append_printf (dial->request, "Sec-WebSocket-Key: %s\r\n", key);
  g_checksum_update (checksum, (const guint8 *) key, -1);
  g_checksum_update (checksum, (const guint8 *) ACCEPT_SALT, -1);
  g_checksum_get_digest (checksum, digest, &size);
  dial->expected = g_base64_encode (digest, size);
}

static gboolean
is_header_safe (const char *text)
{
  for (; *text != '\0'; text++)
    if (g_ascii_iscntrl (*text))
      return FALSE;

  return TRUE;
}

/* FALSE: a header would break out of its line. */
static gboolean
write_request (Dial *dial, const LiveTransportTarget *target)
{
  const char *path = g_uri_get_path (dial->uri);
  const char *query = g_uri_get_query (dial->uri);
  const char *host = g_uri_get_host (dial->uri);
  gboolean is_bracketed = strchr (host, ':') != NULL;

  /* Grown once, so that no copy of the credential stays behind in a freed block. */
  dial->request = g_string_sized_new (HEADERS_MAX_BYTES);
  g_string_append_printf (dial->request, "GET %s%s%s HTTP/1.1\r\nHost: %s%s%s",
                          *path == '\0' ? "/" : path, query != NULL ? "?" : "",
                          query != NULL ? query : "", is_bracketed ? "[" : "", host,
                          is_bracketed ? "]" : "");
  if (g_uri_get_port (dial->uri) > 0)
    g_string_append_printf (dial->request, ":%d", g_uri_get_port (dial->uri));
  g_string_append (dial->request, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Version: 13\r\n");
  write_key (dial);
  for (guint i = 0;
       target->headers != NULL && target->headers[i] != NULL && target->headers[i + 1] != NULL;
       i += 2)
    {
      if (!is_header_safe (target->headers[i]) || !is_header_safe (target->headers[i + 1]))
        return FALSE;
      g_string_append (dial->request, target->headers[i]);
      g_string_append (dial->request, ": ");
      g_string_append (dial->request, target->headers[i + 1]);
      g_string_append (dial->request, "\r\n");
    }
  g_string_append (dial->request, "\r\n");
  return TRUE;
}

static void
start (GTask *task, const LiveTransportTarget *target)
{
  Dial *dial = g_task_get_task_data (task);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *place = NULL;
  gboolean is_secure = g_str_has_prefix (target->url, "wss:");

  dial->uri = g_uri_parse (target->url, G_URI_FLAGS_ENCODED, &error);
  if (dial->uri == NULL || g_uri_get_host (dial->uri) == NULL ||
      *g_uri_get_host (dial->uri) == '\0' || (!is_secure && !g_str_has_prefix (target->url, "ws:")))
    {
      fail (task, LIVE_CLOSE_PROTOCOL, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR,
            error != NULL ? error->message : "the URL is not one of a WebSocket");
      return;
    }
  if (!write_request (dial, target))
    {
      fail (task, LIVE_CLOSE_PROTOCOL, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR,
            "a header holds a control character");
      return;
    }

  /* Proxies are chosen by scheme, and the desktop's settings know only HTTP's. */
  place = g_uri_join (G_URI_FLAGS_ENCODED, is_secure ? "https" : "http", NULL,
                      g_uri_get_host (dial->uri), g_uri_get_port (dial->uri), "/", NULL, NULL);
  g_socket_client_set_tls (client, is_secure);
  g_socket_client_connect_to_uri_async (client, place, is_secure ? 443 : 80,
                                        g_task_get_cancellable (task), on_connected, task);
}

void
live_transport_soup_upgrade_async (const LiveTransportTarget *target,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, data);

  g_task_set_source_tag (task, live_transport_soup_upgrade_async);
  /* The result says itself whether it was cancelled; a stream must not be lost on the way. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_new0 (Dial, 1), dial_free);
  start (task, target);
}

gboolean
live_transport_soup_upgrade_finish (GAsyncResult *result,
                                    LiveTransportSoupUpgrade *ret_upgrade,
                                    LiveCloseInfo *ret_info)
{
  Dial *dial = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    {
      *ret_info = dial->info;
      dial->info = (LiveCloseInfo){ 0 };
      return FALSE;
    }

  *ret_upgrade = dial->upgrade;
  dial->upgrade = (LiveTransportSoupUpgrade){ 0 };
  return TRUE;
}
