/* org.lived.Live1.Manager: the daemon itself on the bus.
 * Thread: main only. Built by: bus/live-service.c. */
#pragma once

#include "bus/live-face.h"

G_BEGIN_DECLS

/* Not yet exported. face is borrowed and outlives it. */
GDBusInterfaceSkeleton *live_manager_face_new (LiveFace *face);

G_END_DECLS
