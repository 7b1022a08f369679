/* The one object on the bus: every interface, kept in step with the engine.
 * Thread: main only. Built by: live-app. */
#pragma once

#include "bus/live-face.h"

G_BEGIN_DECLS

typedef struct
{
  GDBusConnection *connection; /* referenced */
  LiveEngine *engine;          /* referenced */
  LiveSettingsStore *store;    /* this and the following are borrowed and outlive the service */
  LiveProfiles *profiles;
  const LiveClock *clock;
  const LiveFaceHooks *hooks;
  gpointer hooks_data;
} LiveServiceParts;

typedef struct _LiveService LiveService;

/* Exports everything at LIVE_OBJECT_PATH; the name is owned afterwards, so that nobody sees half
 * an object. LIVE_ERROR_FAILED when the path is taken. */
LiveService *live_service_new (const LiveServiceParts *parts, GError **error);
/* Emits what is still owed, and ends calls that wait for a device. Before the engine's end. */
void live_service_shut_down (LiveService *self);
/* After it: no interface is left on the bus. */
void live_service_free (LiveService *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveService, live_service_free)

G_END_DECLS
