/* A real transport whose every word is written down.
 * Thread: the test's, which runs the main loop by transport_rig_wait_until(). */
#pragma once

#include "base/live-settings.h"
#include "io/live-transport.h"

G_BEGIN_DECLS

/* Everything a transport said. */
typedef struct
{
  LiveTransport *transport;
  GPtrArray *messages; /* GBytes */
  LiveCloseInfo info;
  guint n_opened, n_closed, n_writable;
} TransportRig;

/* settings: NULL for the defaults. */
TransportRig *transport_rig_new (LiveSettings *settings);
void transport_rig_free (TransportRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TransportRig, transport_rig_free)

/* With the header x-goog-api-key: secret-value. Checks that nothing is said from inside. */
void transport_rig_open (TransportRig *rig, const char *url);
/* Runs the main loop until *value reaches least; fails the test after 20 s. */
void transport_rig_wait_until (const guint *value, guint least);
/* Waits for the message and compares it. */
void transport_rig_check_message (TransportRig *rig, guint index, const char *expected);

G_END_DECLS
