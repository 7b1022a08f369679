/* Owns: the misbehaviour of a peer, byte by byte.
 * Thread: its own threads; state behind one lock.
 * Called by: tests of the transport. */
#include "fake/raw-server.h"

#include <string.h>

struct _RawServer
{
  GSocketService *service;
  GCancellable *over;
  RawBehaviour behaviour;
  char *says;
  guint16 port;

  GMutex lock;
  GCond changed;
  gboolean listens, is_over;
  guint n_running;
  gsize n_read;
  char *request;
};

static char *
read_request (RawServer *self, GInputStream *input)
{
  g_autoptr (GString) head = g_string_new (NULL);
  char byte;

  while (g_input_stream_read (input, &byte, 1, self->over, NULL) == 1)
    {
      g_string_append_c (head, byte);
      if (g_str_has_suffix (head->str, "\r\n\r\n"))
        return g_strdup (head->str);
    }

  return NULL;
}

static char *
find_header (const char *head, const char *name)
{
  g_auto (GStrv) lines = g_strsplit (head, "\r\n", -1);
  gsize length = strlen (name);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_ascii_strncasecmp (lines[i], name, length) == 0 && lines[i][length] == ':')
      return g_strstrip (g_strdup (lines[i] + length + 1));

  return g_strdup ("");
}

static char *
accept_key (const char *head)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree char *key = find_header (head, "Sec-WebSocket-Key");
  guint8 digest[20];
  gsize size = sizeof (digest);

  g_checksum_update (checksum, (const guint8 *) key, -1);
  g_checksum_update (checksum, (const guint8 *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (checksum, digest, &size);
  return g_base64_encode (digest, size);
}

static void
write_upgrade (GOutputStream *output, const char *head, const char *rest, gsize rest_size)
{
  g_autofree char *accept = accept_key (head);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                          accept);
  g_string_append_len (text, rest, rest_size);
  g_output_stream_write_all (output, text->str, text->len, NULL, NULL, NULL);
}

static void
wait_for (RawServer *self, gboolean *flag)
{
  g_mutex_lock (&self->lock);
  while (!*flag && !self->is_over)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

static void
be_deaf (RawServer *self, GInputStream *input)
{
  char bytes[4096];
  gssize got;

  wait_for (self, &self->listens);
  while ((got = g_input_stream_read (input, bytes, sizeof (bytes), self->over, NULL)) > 0)
    {
      g_mutex_lock (&self->lock);
      self->n_read += got;
      g_mutex_unlock (&self->lock);
    }
}

static void
behave (RawServer *self, GIOStream *stream)
{
  GInputStream *input = g_io_stream_get_input_stream (stream);
  GOutputStream *output = g_io_stream_get_output_stream (stream);
  g_autofree char *head = read_request (self, input);

  if (head == NULL)
    return;

  g_mutex_lock (&self->lock);
  g_free (self->request);
  self->request = g_strdup (head);
  g_mutex_unlock (&self->lock);

  switch (self->behaviour)
    {
    case RAW_SERVER_SILENT:
      wait_for (self, &self->is_over);
      break;
    case RAW_SERVER_SAYS:
      g_output_stream_write_all (output, self->says, strlen (self->says), NULL, NULL, NULL);
      break;
    case RAW_SERVER_SAYS_STAYS:
      g_output_stream_write_all (output, self->says, strlen (self->says), NULL, NULL, NULL);
      wait_for (self, &self->is_over);
      break;
    case RAW_SERVER_DEAF:
      write_upgrade (output, head, "\x81\x02{}", 4);
      be_deaf (self, input);
      break;
    case RAW_SERVER_UPGRADES:
      write_upgrade (output, head, self->says, strlen (self->says));
      raw_server_listen (self);
      be_deaf (self, input);
      break;
    case RAW_SERVER_DROPS:
      write_upgrade (output, head, NULL, 0);
      break;
    }
}

static gboolean
on_run (GThreadedSocketService *service,
        GSocketConnection *connection,
        GObject *source,
        gpointer data)
{
  RawServer *self = data;

  g_mutex_lock (&self->lock);
  self->n_running++;
  g_mutex_unlock (&self->lock);

  behave (self, G_IO_STREAM (connection));
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);

  g_mutex_lock (&self->lock);
  self->n_running--;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

RawServer *
raw_server_new (RawBehaviour behaviour, const char *says)
{
  RawServer *self = g_new0 (RawServer, 1);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->behaviour = behaviour;
  self->says = g_strdup (says);
  self->over = g_cancellable_new ();
  self->service = g_threaded_socket_service_new (4);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &effective, &error);
  g_assert_no_error (error);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_signal_connect (self->service, "run", G_CALLBACK (on_run), self);
  g_socket_service_start (self->service);
  return self;
}

void
raw_server_free (RawServer *self)
{
  if (self == NULL)
    return;

  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_mutex_lock (&self->lock);
  self->is_over = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  g_cancellable_cancel (self->over);

  g_mutex_lock (&self->lock);
  while (self->n_running > 0)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);

  g_object_unref (self->service);
  g_object_unref (self->over);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->says);
  g_free (self->request);
  g_free (self);
}

char *
raw_server_url (RawServer *self)
{
  return g_strdup_printf ("ws://127.0.0.1:%u/", self->port);
}

void
raw_server_listen (RawServer *self)
{
  g_mutex_lock (&self->lock);
  self->listens = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

gsize
raw_server_n_read (RawServer *self)
{
  gsize n_read;

  g_mutex_lock (&self->lock);
  n_read = self->n_read;
  g_mutex_unlock (&self->lock);
  return n_read;
}

char *
raw_server_request (RawServer *self)
{
  char *request;

  g_mutex_lock (&self->lock);
  request = g_strdup (self->request);
  g_mutex_unlock (&self->lock);
  return request;
}
