/* A LiveTransport without a network: records what is asked of it, says what the test wants.
 * Thread: the test's.
 *
 * The link owns the transport and frees it; the test's own reference keeps the record. */
#pragma once

#include "io/live-transport.h"

G_BEGIN_DECLS

typedef struct _FakeTransport FakeTransport;

/* One reference for the test, one for whoever takes fake_transport_interface(). */
FakeTransport *fake_transport_new (void);
void fake_transport_unref (FakeTransport *self);
/* To be handed to exactly one owner, once. */
LiveTransport *fake_transport_interface (FakeTransport *self);

/* What the server does. Each is an assertion failure when the socket can't do it now. */
void fake_transport_opened (FakeTransport *self);
void fake_transport_message (FakeTransport *self, const char *json);
void fake_transport_bytes (FakeTransport *self, gconstpointer data, gsize size);
/* A close frame. */
void fake_transport_closed (FakeTransport *self, guint16 code, const char *reason);
/* Any other end. */
void fake_transport_lost (FakeTransport *self,
                          LiveCloseOrigin origin,
                          guint http_status,
                          const char *reason,
                          gint64 retry_after_us);
/* The answer to our own close(); needed after each. FALSE: no close is waiting for it. */
gboolean fake_transport_settle (FakeTransport *self);
/* opened, setupComplete. */
void fake_transport_go_online (FakeTransport *self);
void fake_transport_set_writable (FakeTransport *self, gboolean is_writable);
/* As much waits as may wait. */
void fake_transport_set_full (FakeTransport *self, gboolean is_full);
/* The server's close frame has come, closed has not yet been said; that comes by closed(). */
void fake_transport_closing (FakeTransport *self);

/* What was asked. */
gboolean fake_transport_is_open (FakeTransport *self); /* opened and not yet closed */
gboolean fake_transport_is_busy (FakeTransport *self); /* open() called, closed not yet sent */
gboolean fake_transport_is_freed (FakeTransport *self);
guint fake_transport_n_opens (FakeTransport *self);
guint fake_transport_n_closes (FakeTransport *self);
guint16 fake_transport_last_code (FakeTransport *self);
const char *fake_transport_url (FakeTransport *self); /* of the last open() */
const char *fake_transport_header (FakeTransport *self, const char *name);

/* Messages sent since the last open(), setup first; index from the end when negative. NULL when
 * there is none. */
guint fake_transport_n_sent (FakeTransport *self);
const char *fake_transport_sent (FakeTransport *self, gint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeTransport, fake_transport_unref)

G_END_DECLS
