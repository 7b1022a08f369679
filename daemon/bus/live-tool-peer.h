/* The programs behind the tools, as D-Bus sees them: called, told to stop, watched.
 * Thread: main only. Owner and only user: bus/live-tools-face.c. */
#pragma once

#include <gio/gio.h>

#include "core/live-tools.h"

G_BEGIN_DECLS

#define LIVE_TOOL_PEERS_MAX 256

typedef struct _LiveToolPeers LiveToolPeers;

LiveToolPeers *live_tool_peers_new (GDBusConnection *connection);
/* Pending calls are forgotten; nothing is told any more. */
void live_tool_peers_free (LiveToolPeers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveToolPeers, live_tool_peers_free)
/* Where answers and ends go; borrowed. */
void live_tool_peers_bind (LiveToolPeers *self, LiveTools *tools);

/* A name that leaves the bus loses its tools. A well-known one only stops running. */
gboolean live_tool_peers_watch (LiveToolPeers *self, const char *name, GError **error);
/* The unique name behind a watched well-known one, or NULL. Borrowed. */
const char *live_tool_peers_runs_as (LiveToolPeers *self, const char *name);

void live_tool_peers_invoke (LiveToolPeers *self, const LiveToolsCall *call);
void live_tool_peers_cancel (LiveToolPeers *self, const LiveToolsCall *call, const char *reason);

G_END_DECLS
