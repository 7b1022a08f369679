/* What the service manager is told: ready, status, reloading, stopping, still alive.
 * Thread: main only. Owner: live-app. Does nothing when no manager listens. */
#pragma once

#include "base/live-clock.h"

G_BEGIN_DECLS

typedef struct _LiveSd LiveSd;

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. When a watchdog is asked for, it is fed
 * from the main loop at half its interval from live_sd_ready() on: a loop that hangs is seen. */
LiveSd *live_sd_new (const LiveClock *clock);
void live_sd_free (LiveSd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSd, live_sd_free)

void live_sd_ready (LiveSd *self);
/* One line for a person, shown by systemctl; sent only when it differs from the last one. */
void live_sd_status (LiveSd *self, const char *status);
/* A reload begins; the next live_sd_ready() ends it. */
void live_sd_reloading (LiveSd *self);
/* No watchdog any more: the polite end may take its time within TimeoutStopSec. */
void live_sd_stopping (LiveSd *self);

/* The interval of the manager, µs; 0 when there is no watchdog. */
guint64 live_sd_get_watchdog_us (LiveSd *self);

G_END_DECLS
