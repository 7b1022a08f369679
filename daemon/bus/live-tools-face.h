/* org.lived.Live1.Tools over core/live-tools.c.
 * Thread: main only. Owner: bus/live-service.c. */
#pragma once

#include "bus/live-face.h"
#include "live-dbus.h"

G_BEGIN_DECLS

typedef struct _LiveToolsFace LiveToolsFace;

GType live_tools_face_get_type (void);
/* Makes the tools, and takes the engine's calls from here on. */
LiveToolsFace *live_tools_face_new (LiveFace *face, GDBusConnection *connection);
/* Every open call is cancelled, and its provider told. */
void live_tools_face_shut_down (LiveToolsFace *self);

G_END_DECLS
