/* The programs that ask the user whether a tool may run.
 * Thread: main only. Owner and only user: bus/live-tools-face.c. */
#pragma once

#include <gio/gio.h>

#include "core/live-tools.h"

G_BEGIN_DECLS

#define LIVE_TOOL_AGENTS_MAX 16

typedef struct _LiveToolAgents LiveToolAgents;

LiveToolAgents *live_tool_agents_new (GDBusConnection *connection);
void live_tool_agents_free (LiveToolAgents *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveToolAgents, live_tool_agents_free)
void live_tool_agents_bind (LiveToolAgents *self, LiveTools *tools);

gboolean live_tool_agents_add (LiveToolAgents *self,
                               const char *name,
                               const char *object_path,
                               GError **error);
/* LIVE_ERROR_NOT_FOUND when it is not his. */
gboolean live_tool_agents_remove (LiveToolAgents *self,
                                  const char *name,
                                  const char *object_path,
                                  GError **error);

/* Asks the newest; FALSE: there is none. Ends with live_tools_decide(). */
gboolean live_tool_agents_ask (LiveToolAgents *self, const LiveToolsCall *call);
void live_tool_agents_withdraw (LiveToolAgents *self, const char *call, const char *reason);

G_END_DECLS
