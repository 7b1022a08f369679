/* What the interfaces share, and one method call in progress.
 * Thread: main only. Owner: bus/live-service.c. Used by: live-*-face.c.
 *
 * Every reply leaves through here, so that three things hold everywhere: what changed is told
 * before the reply (or signal) that follows from it; an error is converted, redacted and logged
 * in one place; a call whose caller left the bus ends. */
#pragma once

#include <gio/gio.h>

#include "base/live-clock.h"
#include "bus/live-clients.h"
#include "core/live-engine.h"
#include "io/live-settings-store.h"
#include "protocol/live-profile.h"

G_BEGIN_DECLS

/* What only the composition root can do. */
typedef struct
{
  /* Reads settings and credentials again. */
  gboolean (*reload) (gpointer data, GError **error);
  /* The next dial looks for the key as if it were the first. */
  void (*forget_credentials) (gpointer data);
} LiveFaceHooks;

#define LIVE_FACE_MAX_INTERFACES 8

/* Plain values, filled by live-service.c; references are held by the calls in progress. */
typedef struct
{
  LiveEngine *engine;
  LiveSettingsStore *store; /* borrowed */
  LiveProfiles *profiles;   /* borrowed */
  const LiveClock *clock;   /* borrowed */
  const LiveFaceHooks *hooks;
  gpointer hooks_data;
  LiveClients *clients;
  GDBusInterfaceSkeleton *interfaces[LIVE_FACE_MAX_INTERFACES];
  guint n_interfaces;
} LiveFace;

/* Zeroed. */
LiveFace *live_face_new (void);
LiveFace *live_face_ref (LiveFace *self);
void live_face_unref (LiveFace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveFace, live_face_unref)

/* Emits what PropertiesChanged still owes; before each signal and reply. */
void live_face_flush (LiveFace *self);
/* Replies with parameters (floating, NULL for none); takes invocation. */
void
live_face_return (LiveFace *self, GDBusMethodInvocation *take_invocation, GVariant *parameters);
/* Converts, redacts, logs once, replies; takes both. Returns TRUE, which handlers return. */
gboolean
live_face_fail (LiveFace *self, GDBusMethodInvocation *take_invocation, GError *take_error);

/* A call that waits. */
typedef struct _LiveCall LiveCall;

/* Takes invocation; NULL when the call was refused (its caller has too many), which was then
 * already replied. The time limit is the engine's. */
LiveCall *live_call_begin (LiveFace *face, GDBusMethodInvocation *take_invocation);
LiveFace *live_call_get_face (LiveCall *self);
/* Cancelled when the caller leaves the bus. */
GCancellable *live_call_get_cancellable (LiveCall *self);
/* Each ends the call; call is freed. */
void live_call_return (LiveCall *take_call, GVariant *parameters);
void live_call_fail (LiveCall *take_call, GError *take_error);

G_END_DECLS
