/* org.freedesktop.LogControl1, so that `systemctl --user service-log-level lived` works.
 * Thread: main only. Built by: live-app; systemctl finds it by BusName= in the unit. */
#pragma once

#include <gio/gio.h>

#include "base/live-log.h"

G_BEGIN_DECLS

/* Exports at LIVE_LOG_CONTROL_PATH; returns the registration's id, 0 with error. log is borrowed
 * and outlives the connection. */
guint live_log_control_export (GDBusConnection *connection, LiveLog *log, GError **error);

G_END_DECLS
