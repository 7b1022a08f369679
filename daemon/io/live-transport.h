/* Interface: one WebSocket to the service at a time.
 * Thread: main only. Implemented by: live-transport-soup.c and tests/fake/fake-transport.c.
 * Used by: core/live-link.c.
 *
 * Promises of every implementation:
 *  - each open() is followed by exactly one closed event, whatever happens, and never from
 *    inside open() or close() themselves;
 *  - opened comes before the first message; nothing comes after closed;
 *  - closed is only sent when the socket is really gone, so the next open() can never stand
 *    beside an old connection (the service refuses a resumption then: 1011);
 *  - send_text() outside of opened..closed, or once either side closes, is dropped and counted,
 *    never a crash (libsoup has a CRITICAL there);
 *  - what the peer does not take is kept up to LIVE_TRANSPORT_MAX_QUEUED_BYTES, in order; a
 *    message beyond that is refused and counted. A single message is never too long for it. */
#pragma once

#include "protocol/live-close.h"

G_BEGIN_DECLS

#define LIVE_TRANSPORT_MAX_QUEUED_BYTES (4 * 1024 * 1024)

typedef struct
{
  char *url;      /* ws: or wss: */
  char **headers; /* name, value, name, value, NULL; secrets live here, never in the URL */
} LiveTransportTarget;

typedef struct
{
  void (*opened) (gpointer data);
  /* A whole message, text or binary, unparsed; NUL-terminated beyond its size. Borrowed. */
  void (*message) (GBytes *message, gpointer data);
  /* phase, handle_used and age_us are filled by the link, the rest here. Borrowed. */
  void (*closed) (const LiveCloseInfo *info, gpointer data);
  /* The socket can take more, after is_writable() had said FALSE. */
  void (*writable) (gpointer data);
} LiveTransportEvents;

typedef struct
{
  guint64 messages_sent;
  guint64 bytes_sent;
  guint64 messages_received;
  guint64 bytes_received;
  guint64 late_sends;    /* dropped because the socket was not open */
  guint64 refused_sends; /* dropped because too much waits already */
} LiveTransportStats;

typedef struct _LiveTransport LiveTransport;

typedef struct
{
  /* Only while closed. target is copied; its secrets are wiped after use. */
  void (*open) (LiveTransport *self, const LiveTransportTarget *target);
  /* FALSE: dropped, see above; is_open() says which of the two. text is copied. */
  gboolean (*send_text) (LiveTransport *self, const char *text, gssize length);
  /* Polite close; the TCP connection is cut after 1 s without an answer. */
  void (*close) (LiveTransport *self, guint16 code);
  /* FALSE before opened, and from the moment that either side closes. */
  gboolean (*is_open) (LiveTransport *self);
  /* FALSE while earlier messages still wait for the kernel: the back-pressure signal. */
  gboolean (*is_writable) (LiveTransport *self);
  const LiveTransportStats *(*stats) (LiveTransport *self);
  void (*free) (LiveTransport *self);
} LiveTransportClass;

/* First member of every implementation. */
struct _LiveTransport
{
  const LiveTransportClass *class;
  const LiveTransportEvents *events;
  gpointer events_data;
};

static inline void
live_transport_listen (LiveTransport *self, const LiveTransportEvents *events, gpointer data)
{
  self->events = events;
  self->events_data = data;
}

static inline void
live_transport_open (LiveTransport *self, const LiveTransportTarget *target)
{
  self->class->open (self, target);
}

static inline gboolean
live_transport_send_text (LiveTransport *self, const char *text, gssize length)
{
  return self->class->send_text (self, text, length);
}

static inline void
live_transport_close (LiveTransport *self, guint16 code)
{
  self->class->close (self, code);
}

static inline gboolean
live_transport_is_open (LiveTransport *self)
{
  return self->class->is_open (self);
}

static inline gboolean
live_transport_is_writable (LiveTransport *self)
{
  return self->class->is_writable (self);
}

static inline const LiveTransportStats *
live_transport_stats (LiveTransport *self)
{
  return self->class->stats (self);
}

/* Cuts the connection at once when one is open; no event follows. NULL is allowed. */
static inline void
live_transport_free (LiveTransport *self)
{
  if (self != NULL)
    self->class->free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveTransport, live_transport_free)

G_END_DECLS
