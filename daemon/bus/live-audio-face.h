/* org.lived.Live1.Audio: microphone and speaker on the bus.
 * Thread: main only. Built by: bus/live-service.c. */
#pragma once

#include "bus/live-face.h"

G_BEGIN_DECLS

typedef struct _LiveAudioFace LiveAudioFace;

GType live_audio_face_get_type (void);

/* A GDBusInterfaceSkeleton, not yet exported. face is borrowed and outlives it. */
LiveAudioFace *live_audio_face_new (LiveFace *face);
/* Makes every property what engine and clients say; GDBus tells only what differs. */
void live_audio_face_refresh (LiveAudioFace *self);
/* Sends Levels while wanted. */
void live_audio_face_want_levels (LiveAudioFace *self, gboolean wanted);
/* Ends what waits: calls for a microphone, and a volume that is not yet kept. */
void live_audio_face_shut_down (LiveAudioFace *self);

G_END_DECLS
