/* Owns: the WebSocket to the service.
 * Thread: main.
 * Called by: core/live-link.c through io/live-transport.h. */
#include "io/live-transport-soup.h"

#include <string.h>

#include <libsoup/soup.h>

#include "io/live-transport-soup-upgrade.h"

/* A polite close may take this long; then the connection is cut, and after as long again it is
 * given up on, whatever the library still waits for. */
#define CLOSE_MS 1000

/* The library queues without a bound and does not say how much. So it gets this much at a time,
 * or one message, and the rest waits here until it has passed that on. */
#define WINDOW_BYTES (64 * 1024)

typedef enum
{
  IDLE,
  DIALLING,
  OPEN,
  CLOSING, /* by whomever */
} State;

/* What a dial's callback gets: the transport may be freed before it comes. */
typedef struct Dial
{
  struct SoupTransport *self; /* NULL once the transport is gone */
} Dial;

typedef struct SoupTransport
{
  LiveTransport base;
  const LiveClock *clock;
  guint64 max_message_bytes;
  guint keepalive_s;
  State state;
  gboolean is_ours; /* we closed it */
  gboolean is_cut;
  GUri *uri;
  Dial *dial; /* while DIALLING */
  GCancellable *cancellable;
  LiveTransportSoupUpgrade socket;
  SoupWebsocketConnection *connection;
  GSource *writable_source;
  gsize passed_bytes;   /* to the library, since it was last seen idle */
  GQueue outgoing;      /* of GBytes, behind those */
  gsize outgoing_bytes; /* in that queue */
  gboolean is_watched;  /* is_writable() said FALSE: whoever asked wants to know */
  GError *error;        /* what the library complained of before it closed */
  guint timer_id;
  LiveTransportStats stats;
} SoupTransport;

static void arm_cut (SoupTransport *self);

static void
stop_writable_source (SoupTransport *self)
{
  if (self->writable_source != NULL)
    g_source_destroy (self->writable_source);
  g_clear_pointer (&self->writable_source, g_source_unref);
}

/* Back to IDLE. The library's object may live on until its own close is through. */
static void
drop_socket (SoupTransport *self)
{
  live_clock_clear (self->clock, &self->timer_id);
  stop_writable_source (self);
  g_queue_clear_full (&self->outgoing, (GDestroyNotify) g_bytes_unref);
  self->passed_bytes = self->outgoing_bytes = 0;
  self->is_watched = FALSE;
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
  live_transport_soup_upgrade_clear (&self->socket);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_error (&self->error);
  self->is_ours = self->is_cut = FALSE;
  self->state = IDLE;
}

static void
emit_closed (SoupTransport *self, LiveCloseInfo *take_info)
{
  g_auto (LiveCloseInfo) info = *take_info;

  *take_info = (LiveCloseInfo){ 0 };
  if (info.reason == NULL)
    info.reason = g_strdup ("");
  drop_socket (self);
  self->base.events->closed (&info, self->base.events_data);
}

static void
describe_end (SoupTransport *self, LiveCloseInfo *ret_info)
{
  guint16 code = soup_websocket_connection_get_close_code (self->connection);
  const char *words = soup_websocket_connection_get_close_data (self->connection);

  *ret_info = (LiveCloseInfo){ .code = SOUP_WEBSOCKET_CLOSE_ABNORMAL };
  if (self->is_ours)
    {
      ret_info->origin = LIVE_CLOSE_LOCAL;
      ret_info->code = code != 0 ? code : SOUP_WEBSOCKET_CLOSE_ABNORMAL;
      ret_info->reason = g_strdup (words);
    }
  /* A frame of the server counts even when the library did not like it (1012, 1013 …). */
  else if (code != 0 && code != SOUP_WEBSOCKET_CLOSE_ABNORMAL)
    {
      ret_info->origin = LIVE_CLOSE_FRAME;
      ret_info->code = code;
      ret_info->reason = g_strdup (words);
    }
  else if (self->error != NULL && self->error->domain == SOUP_WEBSOCKET_ERROR)
    {
      ret_info->origin = LIVE_CLOSE_PROTOCOL;
      ret_info->code = (guint16) self->error->code;
      ret_info->reason = g_strdup (self->error->message);
    }
  else
    {
      ret_info->origin = LIVE_CLOSE_TRANSPORT;
      ret_info->reason =
          g_strdup (self->error != NULL ? self->error->message
                                        : "the connection ended without a close frame");
    }
}

static void
on_closed (SoupWebsocketConnection *connection, gpointer data)
{
  SoupTransport *self = data;
  LiveCloseInfo info;

  describe_end (self, &info);
  emit_closed (self, &info);
}

static void
on_closing (SoupWebsocketConnection *connection, gpointer data)
{
  SoupTransport *self = data;

  /* The library gives the peer five seconds to hang up; too long for who wants to come back. */
  self->state = CLOSING;
  arm_cut (self);
}

static void
on_error (SoupWebsocketConnection *connection, GError *error, gpointer data)
{
  SoupTransport *self = data;

  if (self->error == NULL)
    self->error = g_error_copy (error);
  self->state = CLOSING;
  arm_cut (self);
}

static void
on_message (SoupWebsocketConnection *connection, int type, GBytes *message, gpointer data)
{
  SoupTransport *self = data;

  self->stats.messages_received++;
  self->stats.bytes_received += g_bytes_get_size (message);
  if (self->state == OPEN)
    self->base.events->message (message, self->base.events_data);
}

/* Ends the stream in both directions; the library reads the end and says closed. Closing the
 * descriptor instead would pull it from under the library's poll. */
static void
cut (SoupTransport *self)
{
  self->is_cut = TRUE;
  g_socket_shutdown (g_socket_connection_get_socket (self->socket.socket), TRUE, TRUE, NULL);
}

static void
on_cut_timer (gpointer data)
{
  SoupTransport *self = data;
  LiveCloseInfo info;

  self->timer_id = 0;
  if (!self->is_cut)
    {
      cut (self);
      arm_cut (self);
      return;
    }

  describe_end (self, &info);
  emit_closed (self, &info);
}

static void
arm_cut (SoupTransport *self)
{
  if (self->timer_id == 0)
    self->timer_id = live_clock_arm (self->clock, CLOSE_MS, on_cut_timer, self);
}

/* libsoup limits a frame; its newer versions can limit a message of many frames too. */
static void
limit_messages (SoupTransport *self)
{
  GObject *connection = G_OBJECT (self->connection);

  soup_websocket_connection_set_max_incoming_payload_size (self->connection,
                                                           self->max_message_bytes);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (connection), "max-total-message-size"))
    g_object_set (connection, "max-total-message-size", self->max_message_bytes, NULL);
}

static void
on_upgraded (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Dial *dial = data;
  SoupTransport *self = dial->self;
  g_auto (LiveTransportSoupUpgrade) socket = { 0 };
  g_auto (LiveCloseInfo) info = { 0 };
  gboolean is_open = live_transport_soup_upgrade_finish (result, &socket, &info);

  if (self == NULL)
    return;

  self->dial = NULL;
  if (self->is_ours)
    {
      /* Closed while it was dialling; a success that came too late ends with its last
       * reference. */
      live_close_info_clear (&info);
      info = (LiveCloseInfo){ .origin = LIVE_CLOSE_LOCAL, .code = SOUP_WEBSOCKET_CLOSE_ABNORMAL };
      is_open = FALSE;
    }
  if (!is_open)
    {
      emit_closed (self, &info);
      return;
    }

  self->socket = socket;
  socket = (LiveTransportSoupUpgrade){ 0 };
  self->connection = soup_websocket_connection_new (
      self->socket.stream, self->uri, SOUP_WEBSOCKET_CONNECTION_CLIENT, NULL, NULL, NULL);
  limit_messages (self);
  soup_websocket_connection_set_keepalive_interval (self->connection, self->keepalive_s);
  g_signal_connect (self->connection, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->connection, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->connection, "closing", G_CALLBACK (on_closing), self);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
  self->state = OPEN;
  self->base.events->opened (self->base.events_data);
}

static void
open_socket (LiveTransport *transport, const LiveTransportTarget *target)
{
  SoupTransport *self = (SoupTransport *) transport;

  g_return_if_fail (self->state == IDLE);

  self->state = DIALLING;
  self->cancellable = g_cancellable_new ();
  self->dial = g_new0 (Dial, 1);
  self->dial->self = self;
  /* A URL that can't be parsed ends the dial with a reason; libsoup only wants to show it. */
  self->uri = g_uri_parse (target->url, G_URI_FLAGS_ENCODED, NULL);
  live_transport_soup_upgrade_async (target, self->cancellable, on_upgraded, self->dial);
}

static gboolean
is_usable (SoupTransport *self)
{
  return self->state == OPEN &&
         soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN;
}

static gboolean
get_open (LiveTransport *transport)
{
  return is_usable ((SoupTransport *) transport);
}

static gboolean on_writable (GObject *stream, gpointer data);

static void
watch_output (SoupTransport *self, GPollableOutputStream *output)
{
  if (self->writable_source != NULL)
    return;

  self->writable_source = g_pollable_output_stream_create_source (output, NULL);
  /* After the library's own source: when this one is served, the library has nothing left. */
  g_source_set_priority (self->writable_source, G_PRIORITY_DEFAULT + 5);
  g_source_set_callback (self->writable_source, G_SOURCE_FUNC (on_writable), self, NULL);
  g_source_attach (self->writable_source, g_main_context_get_thread_default ());
}

static GPollableOutputStream *
get_output (SoupTransport *self)
{
  return G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->socket.stream));
}

static gboolean
fits_window (SoupTransport *self, gsize size)
{
  return self->passed_bytes == 0 || self->passed_bytes + size <= WINDOW_BYTES;
}

static void
pass_on (SoupTransport *self, GBytes *message)
{
  self->passed_bytes += g_bytes_get_size (message);
  soup_websocket_connection_send_message (self->connection, SOUP_WEBSOCKET_DATA_TEXT, message);
  watch_output (self, get_output (self));
}

static void
pass_on_outgoing (SoupTransport *self, gboolean is_last_chance)
{
  GBytes *next;

  while ((next = g_queue_peek_head (&self->outgoing)) != NULL && is_usable (self) &&
         (is_last_chance || fits_window (self, g_bytes_get_size (next))))
    {
      g_autoptr (GBytes) message = g_queue_pop_head (&self->outgoing);

      self->outgoing_bytes -= g_bytes_get_size (message);
      pass_on (self, message);
    }
}

static gboolean
send_text (LiveTransport *transport, const char *text, gssize length)
{
  SoupTransport *self = (SoupTransport *) transport;
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  gsize queued_bytes = self->passed_bytes + self->outgoing_bytes;

  if (!is_usable (self))
    {
      self->stats.late_sends++;
      return FALSE;
    }
  /* The library refuses it with a critical, the service by closing the socket. */
  if (!g_utf8_validate_len (text, size, NULL))
    {
      g_warning ("A message that is not UTF-8 is not sent, ignoring");
      return FALSE;
    }
  if (queued_bytes > 0 && queued_bytes + size > LIVE_TRANSPORT_MAX_QUEUED_BYTES)
    {
      self->stats.refused_sends++;
      return FALSE;
    }

  self->stats.messages_sent++;
  self->stats.bytes_sent += size;
  if (g_queue_is_empty (&self->outgoing) && fits_window (self, size))
    {
      /* The library takes its own copy. */
      g_autoptr (GBytes) message = g_bytes_new_static (text, size);

      pass_on (self, message);
      return TRUE;
    }

  g_queue_push_tail (&self->outgoing, g_bytes_new (text, size));
  self->outgoing_bytes += size;
  return TRUE;
}

static void
close_socket (LiveTransport *transport, guint16 code)
{
  SoupTransport *self = (SoupTransport *) transport;

  switch (self->state)
    {
    case IDLE:
      break;
    case DIALLING:
      self->is_ours = TRUE;
      g_cancellable_cancel (self->cancellable);
      break;
    case OPEN:
      pass_on_outgoing (self, TRUE);
      self->is_ours = TRUE;
      self->state = CLOSING;
      arm_cut (self);
      if (soup_websocket_connection_get_state (self->connection) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_close (self->connection, code, NULL);
      break;
    case CLOSING:
      if (!self->is_cut)
        cut (self);
      break;
    }
}

static gboolean
on_writable (GObject *stream, gpointer data)
{
  SoupTransport *self = data;

  stop_writable_source (self);
  self->passed_bytes = 0;
  pass_on_outgoing (self, FALSE);
  if (!self->is_watched || self->passed_bytes > 0)
    return G_SOURCE_REMOVE;

  self->is_watched = FALSE;
  if (self->state == OPEN && self->base.events->writable != NULL)
    self->base.events->writable (self->base.events_data);
  return G_SOURCE_REMOVE;
}

static gboolean
get_writable (LiveTransport *transport)
{
  SoupTransport *self = (SoupTransport *) transport;

  /* The library may have closed it already, and says so from a later turn of the loop. */
  if (self->state != OPEN ||
      g_socket_is_closed (g_socket_connection_get_socket (self->socket.socket)))
    return FALSE;
  if (g_queue_is_empty (&self->outgoing) &&
      g_pollable_output_stream_is_writable (get_output (self)))
    return TRUE;

  self->is_watched = TRUE;
  watch_output (self, get_output (self));
  return FALSE;
}

static const LiveTransportStats *
get_stats (LiveTransport *transport)
{
  return &((SoupTransport *) transport)->stats;
}

static void
free_transport (LiveTransport *transport)
{
  SoupTransport *self = (SoupTransport *) transport;

  if (self->dial != NULL)
    {
      self->dial->self = NULL;
      g_cancellable_cancel (self->cancellable);
    }
  if (self->socket.socket != NULL)
    cut (self);
  drop_socket (self);
  g_free (self);
}

static const LiveTransportClass soup_class = {
  open_socket, send_text, close_socket, get_open, get_writable, get_stats, free_transport,
};

LiveTransport *
live_transport_soup_new (const LiveClock *clock, LiveSettings *settings)
{
  SoupTransport *self = g_new0 (SoupTransport, 1);

  self->base.class = &soup_class;
  self->clock = clock;
  live_transport_soup_apply (&self->base, settings);
  return &self->base;
}

void
live_transport_soup_apply (LiveTransport *transport, LiveSettings *settings)
{
  SoupTransport *self = (SoupTransport *) transport;

  g_return_if_fail (transport->class == &soup_class);

  self->max_message_bytes = live_settings_get_uint (settings, LIVE_SETTING_LINK_MAX_MESSAGE_BYTES);
  self->keepalive_s = live_settings_get_uint (settings, LIVE_SETTING_LINK_KEEPALIVE_S);
}
