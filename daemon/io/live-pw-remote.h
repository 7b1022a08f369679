/* The connection to PipeWire: loop, context and core; comes back by itself when PipeWire does.
 * Thread: main only. Used by: io/live-pw-core.c. */
#pragma once

#include <glib.h>

#include "base/live-clock.h"

struct pw_core;
struct pw_loop;
struct pw_registry;

G_BEGIN_DECLS

typedef struct _LivePwRemote LivePwRemote;

typedef struct
{
  /* A new connection, before anything was heard over it: the place to listen to the registry. */
  void (*connected) (struct pw_registry *registry, gpointer data);
  /* Everything that existed at that time has been told. */
  void (*up) (gpointer data);
  /* The connection broke: let go of everything that belongs to its core before returning. */
  void (*down) (gpointer data);
} LivePwRemoteEvents;

/* Makes the context, which may ask D-Bus for realtime priority: only once, while the daemon
 * starts. NULL with LIVE_ERROR_AUDIO_UNAVAILABLE when PipeWire's client library cannot work here
 * (no plugins, broken configuration). A server that does not run is no error. */
LivePwRemote *live_pw_remote_new (const LiveClock *clock,
                                  const LivePwRemoteEvents *events,
                                  gpointer data,
                                  GError **error);
/* The first attempt to connect; further ones follow until one succeeds. */
void live_pw_remote_start (LivePwRemote *self);
void live_pw_remote_free (LivePwRemote *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivePwRemote, live_pw_remote_free)

struct pw_loop *live_pw_remote_get_loop (LivePwRemote *self);
/* NULL while not connected; borrowed until "down". */
struct pw_core *live_pw_remote_get_core (LivePwRemote *self);
/* How often a lost connection was made again. */
guint64 live_pw_remote_get_n_reconnects (const LivePwRemote *self);

G_END_DECLS
