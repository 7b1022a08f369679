/* Tools of files, offered in the name of programs that may not run yet.
 * Thread: main only. Owner and only user: bus/live-tools-face.c. */
#pragma once

#include "bus/live-tool-peer.h"
#include "core/live-tools.h"
#include "io/live-tool-files.h"

G_BEGIN_DECLS

typedef struct _LiveToolStatic LiveToolStatic;

/* Both are borrowed. */
LiveToolStatic *
live_tool_static_new (const LiveClock *clock, LiveTools *tools, LiveToolPeers *peers);
void live_tool_static_free (LiveToolStatic *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveToolStatic, live_tool_static_free)

G_END_DECLS
