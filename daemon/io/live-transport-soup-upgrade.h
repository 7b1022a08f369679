/* One dial: TCP, TLS, proxy, HTTP upgrade; ends with a stream that speaks WebSocket, or with
 * the reason why not, down to the status and the words of a refusal.
 * Thread: main. Used by: io/live-transport-soup.c.
 *
 * libsoup's own client handshake hides the body of a refused upgrade, and that is where the
 * service says whether it was the quota or the key (protocol 2.3). It also keeps the headers
 * for as long as the message lives; here they are wiped as soon as they are sent. */
#pragma once

#include <gio/gio.h>

#include "io/live-transport.h"

G_BEGIN_DECLS

/* Both owned. stream is what to speak over (TLS or plain), socket the TCP connection below. */
typedef struct
{
  GIOStream *stream;
  GSocketConnection *socket;
} LiveTransportSoupUpgrade;

void live_transport_soup_upgrade_clear (LiveTransportSoupUpgrade *upgrade);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LiveTransportSoupUpgrade, live_transport_soup_upgrade_clear)

/* target is read before this returns. callback is never called from inside. */
void live_transport_soup_upgrade_async (const LiveTransportTarget *target,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer data);
/* FALSE: ret_info says why (owned; LIVE_CLOSE_LOCAL when it was cancelled). */
gboolean live_transport_soup_upgrade_finish (GAsyncResult *result,
                                             LiveTransportSoupUpgrade *ret_upgrade,
                                             LiveCloseInfo *ret_info);

G_END_DECLS
