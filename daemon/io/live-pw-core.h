/* Microphone and speaker by PipeWire: the implementation of live-audio.h.
 * Thread: main only. Built by: live-app. */
#pragma once

#include "base/live-clock.h"
#include "base/live-settings.h"
#include "io/live-audio.h"

G_BEGIN_DECLS

/* Call once, while the daemon starts: it may ask D-Bus for realtime priority. A PipeWire that does
 * not run is no error: both directions are UNAVAILABLE until it does. NULL with
 * LIVE_ERROR_AUDIO_UNAVAILABLE only when its client library is broken; text goes on without.
 *
 * Of settings (a reference is not kept) the devices, the volume and the media roles are taken;
 * devices and volume change later by set_device and set_volume. clock is borrowed.
 * The first connection is attempted at once; its outcome is told by state_changed. */
LiveAudio *live_pw_core_new (const LiveClock *clock, LiveSettings *settings, GError **error);

G_END_DECLS
