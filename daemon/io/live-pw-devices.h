/* What PipeWire's registry knows of microphones and loudspeakers, and who is linked to whom.
 * Read-only: nothing in the graph is changed from here.
 * Thread: main only. Used by: io/live-pw-core.c, io/live-pw-channel.c. */
#pragma once

#include <glib.h>

#include "io/live-audio.h"

struct pw_registry;

G_BEGIN_DECLS

typedef struct _LivePwDevices LivePwDevices;

typedef enum
{
  LIVE_PW_PEER_NONE,    /* linked to nothing yet */
  LIVE_PW_PEER_GOOD,    /* a microphone, or another program's stream that the user linked */
  LIVE_PW_PEER_MONITOR, /* a loudspeaker's own sound */
} LivePwPeer;

/* Called from an idle, once for any number of changes: devices or defaults, links. */
typedef void (*LivePwDevicesChanged) (gboolean devices, gboolean links, gpointer data);

LivePwDevices *live_pw_devices_new (LivePwDevicesChanged changed, gpointer data);
void live_pw_devices_free (LivePwDevices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivePwDevices, live_pw_devices_free)

/* registry is borrowed until detach, which has to come before its connection ends. */
void live_pw_devices_attach (LivePwDevices *self, struct pw_registry *registry);
void live_pw_devices_detach (LivePwDevices *self);

gboolean live_pw_devices_has (LivePwDevices *self, LiveAudioDirection direction);
/* A real source to ask for by name: the default one if it is real, else that of the highest
 * priority. NULL when there is none; borrowed until the next main-loop turn. */
const char *live_pw_devices_find_source (LivePwDevices *self);
/* What feeds this node. */
LivePwPeer live_pw_devices_get_peer (LivePwDevices *self, guint32 input_node_id);
/* As in live-audio.h. */
GVariant *live_pw_devices_list (LivePwDevices *self);

G_END_DECLS
