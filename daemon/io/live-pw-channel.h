/* One direction of sound: runs the audio machine over one stream.
 * Thread: main only. Used by: io/live-pw-core.c. */
#pragma once

#include <glib.h>

#include "base/live-clock.h"
#include "io/live-audio.h"
#include "io/live-pw-devices.h"
#include "io/live-pw-remote.h"
#include "io/live-pw-stream.h"

G_BEGIN_DECLS

typedef struct _LivePwChannel LivePwChannel;

typedef struct
{
  /* As in live-audio.h. */
  void (*state_changed) (LiveAudioDirection direction,
                         LiveAudioState state,
                         const char *message,
                         gpointer data);
  /* A cycle of interest while RUNNING. */
  void (*cycled) (LiveAudioDirection direction, gpointer data);
} LivePwChannelEvents;

/* remote and devices are borrowed and outlive the channel; role is media.role, copied. */
LivePwChannel *live_pw_channel_new (const LiveClock *clock,
                                    LivePwRemote *remote,
                                    LivePwDevices *devices,
                                    LiveAudioDirection direction,
                                    const char *role,
                                    const LivePwChannelEvents *events,
                                    gpointer data);
void live_pw_channel_free (LivePwChannel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivePwChannel, live_pw_channel_free)

void live_pw_channel_want (LivePwChannel *self, gboolean wanted);
/* node.name; NULL or "" follows the default. */
void live_pw_channel_set_device (LivePwChannel *self, const char *node_name);
/* Up: all devices are known. Down: the stream is destroyed before this returns. */
void live_pw_channel_set_server (LivePwChannel *self, gboolean is_up);
void live_pw_channel_on_devices (LivePwChannel *self, gboolean devices, gboolean links);

LiveAudioState live_pw_channel_get_state (LivePwChannel *self);
/* For frames, counters, levels and volume; borrowed. */
LivePwStream *live_pw_channel_get_stream (LivePwChannel *self);
/* FALSE while it is not certain yet that what was captured came from a microphone. */
gboolean live_pw_channel_may_read (LivePwChannel *self);

G_END_DECLS
