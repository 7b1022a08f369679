/* The real LiveTransport: WebSocket by libsoup.
 * Thread: main. Built by: live-app; owned by core/live-link.c. */
#pragma once

#include "base/live-clock.h"
#include "base/live-settings.h"
#include "io/live-transport.h"

G_BEGIN_DECLS

/* link.max-message-bytes and link.keepalive-s are taken from settings. */
LiveTransport *live_transport_soup_new (const LiveClock *clock, LiveSettings *settings);
/* A new snapshot; in force from the next open() on. */
void live_transport_soup_apply (LiveTransport *transport, LiveSettings *settings);

G_END_DECLS
