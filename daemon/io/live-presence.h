/* The world outside, as events: network up and down, sleep and wake, screen lock, user switch.
 * Thread: main. Built by: live-app, which hands the events on.
 *
 * Sources: GNetworkMonitor, and logind on the system bus (PrepareForSleep with a delay
 * inhibitor, the session's Active and LockedHint). Each may be missing; then its events never
 * come and the world counts as up, awake, active and unlocked. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  void (*network_changed) (gboolean is_available, gpointer data);
  /* TRUE: the machine waits for live_presence_sleep_ready(), at most logind's InhibitDelayMaxSec
   * (5 s by default). FALSE: it is awake again. */
  void (*sleep_changed) (gboolean is_going_to_sleep, gpointer data);
  void (*session_changed) (gboolean is_active, gboolean is_locked, gpointer data);
} LivePresenceEvents;

typedef struct _LivePresence LivePresence;

/* monitor and system_bus: NULL takes the machine's own (the bus asynchronously). The monitor's
 * first use may talk to NetworkManager, so this is called before the daemon says READY. */
LivePresence *live_presence_new (GNetworkMonitor *monitor,
                                 GDBusConnection *system_bus,
                                 const LivePresenceEvents *events,
                                 gpointer data);
void live_presence_free (LivePresence *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivePresence, live_presence_free)

gboolean live_presence_is_network_available (LivePresence *self);
gboolean live_presence_is_active (LivePresence *self);
gboolean live_presence_is_locked (LivePresence *self);
/* TRUE while a delay inhibitor is held. */
gboolean live_presence_holds_inhibitor (LivePresence *self);

/* All that had to be done before sleep is done: lets the machine sleep. */
void live_presence_sleep_ready (LivePresence *self);

G_END_DECLS
