/* A well-behaved WebSocket server in the test's process.
 * Thread: the test's main loop. */
#pragma once

#include <libsoup/soup.h>

#include "fake/transport-rig.h"

G_BEGIN_DECLS

/* A proper server; the newest connection is kept for the test to play with. */
typedef struct
{
  SoupServer *server;
  SoupWebsocketConnection *peer;
  char *url;
  char *key;
  GPtrArray *received;
  guint n_peers, status;
} SoupHost;

SoupHost *soup_host_new (void);
/* Over TLS. */
SoupHost *soup_host_new_with (GTlsCertificate *certificate);
void soup_host_free (SoupHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SoupHost, soup_host_free)

/* Opens the transport and waits until both sides are up. */
void soup_host_meet (SoupHost *host, TransportRig *rig);

G_END_DECLS
