/* Owns: the exported interfaces and the order in which the bus learns of things.
 * Thread: main.
 * Called by: live-app; by the engine and the clients when something changes. */
#include "bus/live-service.h"

#include "base/live-error.h"
#include "base/live-names.h"
#include "bus/live-audio-face.h"
#include "bus/live-manager-face.h"
#include "bus/live-session-face.h"
#include "bus/live-tools-face.h"

struct _LiveService
{
  LiveFace *face;
  LiveSessionFace *session; /* owned by face */
  LiveAudioFace *audio;     /* owned by face */
  LiveToolsFace *tools;     /* owned by face */
  gulong changed_id;
};

/* The faces read everything anew: an engine that forgets to name one of two properties that
 * changed together does not leave the bus with half the truth. */
static void
on_engine_changed (LiveEngine *engine, const char *property, gpointer data)
{
  LiveService *self = data;

  live_session_face_refresh (self->session);
  live_audio_face_refresh (self->audio);
}

static void
on_holds_changed (gpointer data)
{
  LiveService *self = data;

  live_engine_set_listening (self->face->engine, live_clients_has_holds (self->face->clients));
  live_audio_face_refresh (self->audio);
}

static void
on_levels_wanted (gboolean wanted, gpointer data)
{
  LiveService *self = data;

  live_audio_face_want_levels (self->audio, wanted);
}

static gboolean
export_all (LiveService *self, GDBusConnection *connection, GError **error)
{
  for (guint i = 0; i < self->face->n_interfaces; i++)
    if (!g_dbus_interface_skeleton_export (self->face->interfaces[i], connection, LIVE_OBJECT_PATH,
                                           error))
      {
        live_error_convert (error);
        return FALSE;
      }

  return TRUE;
}

LiveService *
live_service_new (const LiveServiceParts *parts, GError **error)
{
  static const LiveClientsEvents clients_events = { on_holds_changed, on_levels_wanted };
  g_autoptr (LiveService) self = g_new0 (LiveService, 1);
  LiveFace *face = live_face_new ();

  self->face = face;
  face->engine = g_object_ref (parts->engine);
  face->store = parts->store;
  face->profiles = parts->profiles;
  face->clock = parts->clock;
  face->hooks = parts->hooks;
  face->hooks_data = parts->hooks_data;
  face->clients = live_clients_new (parts->connection, &clients_events, self);

  self->session = live_session_face_new (face);
  face->interfaces[face->n_interfaces++] = G_DBUS_INTERFACE_SKELETON (self->session);
  self->audio = live_audio_face_new (face);
  face->interfaces[face->n_interfaces++] = G_DBUS_INTERFACE_SKELETON (self->audio);
  self->tools = live_tools_face_new (face, parts->connection);
  face->interfaces[face->n_interfaces++] = G_DBUS_INTERFACE_SKELETON (self->tools);
  face->interfaces[face->n_interfaces++] = live_manager_face_new (face);
  self->changed_id =
      g_signal_connect (face->engine, "changed", G_CALLBACK (on_engine_changed), self);

  if (!export_all (self, parts->connection, error))
    return NULL;

  return g_steal_pointer (&self);
}

void
live_service_shut_down (LiveService *self)
{
  live_audio_face_shut_down (self->audio);
  live_tools_face_shut_down (self->tools);
  live_face_flush (self->face);
}

void
live_service_free (LiveService *self)
{
  if (self == NULL)
    return;

  g_clear_signal_handler (&self->changed_id, self->face->engine);
  for (guint i = 0; i < self->face->n_interfaces; i++)
    if (g_dbus_interface_skeleton_get_connection (self->face->interfaces[i]) != NULL)
      g_dbus_interface_skeleton_unexport (self->face->interfaces[i]);
  /* A call that still waits keeps the face, but may not reach this service any more. */
  g_clear_pointer (&self->face->clients, live_clients_free);
  live_face_unref (self->face);
  g_free (self);
}
