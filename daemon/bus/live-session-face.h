/* org.lived.Live1.Session: the conversation on the bus.
 * Thread: main only. Built by: bus/live-service.c. */
#pragma once

#include "bus/live-face.h"

G_BEGIN_DECLS

typedef struct _LiveSessionFace LiveSessionFace;

GType live_session_face_get_type (void);

/* A GDBusInterfaceSkeleton, not yet exported, that forwards the engine's events as signals.
 * face is borrowed and outlives it. */
LiveSessionFace *live_session_face_new (LiveFace *face);
/* Makes every property what the engine says; GDBus tells only what differs. */
void live_session_face_refresh (LiveSessionFace *self);
/* The methods; live-session-face.c. */
void live_session_face_connect_methods (LiveSessionFace *self, LiveFace *face);

G_END_DECLS
