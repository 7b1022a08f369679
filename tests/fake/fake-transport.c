/* Owns: a socket that exists only in a test's mind.
 * Thread: the test's.
 * Called by: tests of the link and of the engine. */
#include "fake/fake-transport.h"

#include <string.h>

struct _FakeTransport
{
  LiveTransport base;
  guint references;
  LiveTransportStats stats;
  GPtrArray *sent;
  char *url;
  char **headers;
  guint n_opens, n_closes;
  guint16 last_code;
  gboolean is_busy, is_open, is_closing, is_writable, is_full, is_freed;
};

static void
open_socket (LiveTransport *transport, const LiveTransportTarget *target)
{
  FakeTransport *self = (FakeTransport *) transport;

  g_assert_false (self->is_freed);
  g_assert_false (self->is_busy);

  self->is_busy = TRUE;
  self->is_writable = TRUE;
  self->is_full = FALSE;
  self->n_opens++;
  g_ptr_array_set_size (self->sent, 0);
  g_free (self->url);
  self->url = g_strdup (target->url);
  g_strfreev (self->headers);
  self->headers = g_strdupv (target->headers);
}

static gboolean
send_text (LiveTransport *transport, const char *text, gssize length)
{
  FakeTransport *self = (FakeTransport *) transport;
  gsize size = length < 0 ? strlen (text) : (gsize) length;

  g_assert_false (self->is_freed);
  if (!self->is_open || self->is_closing)
    {
      self->stats.late_sends++;
      return FALSE;
    }
  if (self->is_full)
    {
      self->stats.refused_sends++;
      return FALSE;
    }

  self->stats.messages_sent++;
  self->stats.bytes_sent += size;
  g_ptr_array_add (self->sent, g_strndup (text, size));
  return TRUE;
}

static void
close_socket (LiveTransport *transport, guint16 code)
{
  FakeTransport *self = (FakeTransport *) transport;

  g_assert_false (self->is_freed);
  if (!self->is_busy)
    return;

  self->is_closing = TRUE;
  self->n_closes++;
  self->last_code = code;
}

static gboolean
get_open (LiveTransport *transport)
{
  FakeTransport *self = (FakeTransport *) transport;

  return self->is_open && !self->is_closing;
}

static gboolean
get_writable (LiveTransport *transport)
{
  FakeTransport *self = (FakeTransport *) transport;

  return self->is_open && !self->is_closing && self->is_writable;
}

static const LiveTransportStats *
get_stats (LiveTransport *transport)
{
  return &((FakeTransport *) transport)->stats;
}

static void
free_transport (LiveTransport *transport)
{
  FakeTransport *self = (FakeTransport *) transport;

  g_assert_false (self->is_freed);
  self->is_freed = TRUE;
  self->is_busy = self->is_open = FALSE;
  fake_transport_unref (self);
}

static const LiveTransportClass fake_class = {
  open_socket, send_text, close_socket, get_open, get_writable, get_stats, free_transport,
};

FakeTransport *
fake_transport_new (void)
{
  FakeTransport *self = g_new0 (FakeTransport, 1);

  self->base.class = &fake_class;
  self->references = 2;
  self->sent = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
fake_transport_unref (FakeTransport *self)
{
  if (self == NULL || --self->references > 0)
    return;

  g_ptr_array_unref (self->sent);
  g_free (self->url);
  g_strfreev (self->headers);
  g_free (self);
}

LiveTransport *
fake_transport_interface (FakeTransport *self)
{
  return &self->base;
}

void
fake_transport_opened (FakeTransport *self)
{
  g_assert_true (self->is_busy);
  g_assert_false (self->is_open);
  self->is_open = TRUE;
  self->base.events->opened (self->base.events_data);
}

void
fake_transport_bytes (FakeTransport *self, gconstpointer data, gsize size)
{
  char *copy = g_malloc (size + 1);
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GBytes) message = NULL;

  g_assert_true (self->is_open);
  if (size > 0)
    memcpy (copy, data, size);
  copy[size] = '\0';
  whole = g_bytes_new_take (copy, size + 1);
  message = g_bytes_new_from_bytes (whole, 0, size);
  self->stats.messages_received++;
  self->stats.bytes_received += size;
  self->base.events->message (message, self->base.events_data);
}

void
fake_transport_message (FakeTransport *self, const char *json)
{
  fake_transport_bytes (self, json, strlen (json));
}

static void
emit_closed (FakeTransport *self, LiveCloseInfo *info)
{
  g_assert_true (self->is_busy);
  self->is_busy = self->is_open = self->is_closing = FALSE;
  self->base.events->closed (info, self->base.events_data);
  g_clear_pointer (&info->reason, g_free);
}

void
fake_transport_closed (FakeTransport *self, guint16 code, const char *reason)
{
  LiveCloseInfo info = { .origin = LIVE_CLOSE_FRAME, .code = code, .reason = g_strdup (reason) };

  g_assert_true (self->is_open);
  emit_closed (self, &info);
}

void
fake_transport_lost (FakeTransport *self,
                     LiveCloseOrigin origin,
                     guint http_status,
                     const char *reason,
                     gint64 retry_after_us)
{
  LiveCloseInfo info = { .origin = origin,
                         .code = origin == LIVE_CLOSE_PROTOCOL ? 1009 : 1006,
                         .http_status = http_status,
                         .reason = g_strdup (reason),
                         .retry_after_us = retry_after_us };

  emit_closed (self, &info);
}

gboolean
fake_transport_settle (FakeTransport *self)
{
  LiveCloseInfo info = { .origin = LIVE_CLOSE_LOCAL, .code = 1000, .reason = g_strdup ("") };

  if (!self->is_closing)
    {
      g_free (info.reason);
      return FALSE;
    }

  emit_closed (self, &info);
  return TRUE;
}

void
fake_transport_go_online (FakeTransport *self)
{
  fake_transport_opened (self);
  fake_transport_message (self, "{\n  \"setupComplete\": {}\n}\n");
}

void
fake_transport_set_writable (FakeTransport *self, gboolean is_writable)
{
  gboolean was_writable = self->is_writable;

  self->is_writable = is_writable;
  if (is_writable && !was_writable && self->is_open && self->base.events->writable != NULL)
    self->base.events->writable (self->base.events_data);
}

void
fake_transport_set_full (FakeTransport *self, gboolean is_full)
{
  self->is_full = is_full;
}

void
fake_transport_closing (FakeTransport *self)
{
  g_assert_true (self->is_open);
  self->is_closing = TRUE;
}

gboolean
fake_transport_is_open (FakeTransport *self)
{
  return self->is_open;
}

gboolean
fake_transport_is_busy (FakeTransport *self)
{
  return self->is_busy;
}

gboolean
fake_transport_is_freed (FakeTransport *self)
{
  return self->is_freed;
}

guint
fake_transport_n_opens (FakeTransport *self)
{
  return self->n_opens;
}

guint
fake_transport_n_closes (FakeTransport *self)
{
  return self->n_closes;
}

guint16
fake_transport_last_code (FakeTransport *self)
{
  return self->last_code;
}

const char *
fake_transport_url (FakeTransport *self)
{
  return self->url;
}

const char *
fake_transport_header (FakeTransport *self, const char *name)
{
  for (guint i = 0; self->headers != NULL && self->headers[i] != NULL; i += 2)
    if (g_ascii_strcasecmp (self->headers[i], name) == 0)
      return self->headers[i + 1];

  return NULL;
}

guint
fake_transport_n_sent (FakeTransport *self)
{
  return self->sent->len;
}

const char *
fake_transport_sent (FakeTransport *self, gint index)
{
  if (index < 0)
    index += (gint) self->sent->len;
  if (index < 0 || index >= (gint) self->sent->len)
    return NULL;

  return g_ptr_array_index (self->sent, index);
}
