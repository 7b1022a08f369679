/* Owns: the calls in progress and the one place from where replies leave.
 * Thread: main.
 * Called by: bus/live-service.c and the faces. */
#include "bus/live-face.h"

#include "base/live-error.h"
#include "base/live-redact.h"

struct _LiveCall
{
  LiveFace *face;
  GDBusMethodInvocation *invocation;
  GCancellable *cancellable;
};

LiveFace *
live_face_new (void)
{
  return g_rc_box_new0 (LiveFace);
}

LiveFace *
live_face_ref (LiveFace *self)
{
  return g_rc_box_acquire (self);
}

static void
clear_face (gpointer data)
{
  LiveFace *self = data;

  for (guint i = 0; i < self->n_interfaces; i++)
    g_clear_object (&self->interfaces[i]);
  g_clear_pointer (&self->clients, live_clients_free);
  g_clear_object (&self->engine);
}

void
live_face_unref (LiveFace *self)
{
  g_rc_box_release_full (self, clear_face);
}

void
live_face_flush (LiveFace *self)
{
  for (guint i = 0; i < self->n_interfaces; i++)
    g_dbus_interface_skeleton_flush (self->interfaces[i]);
}

void
live_face_return (LiveFace *self, GDBusMethodInvocation *take_invocation, GVariant *parameters)
{
  live_face_flush (self);
  g_dbus_method_invocation_return_value (take_invocation, parameters);
}

gboolean
live_face_fail (LiveFace *self, GDBusMethodInvocation *take_invocation, GError *take_error)
{
  g_autofree char *message = NULL;

  live_error_convert (&take_error);
  message = live_redact (take_error->message, NULL);
  /* Not the message: it may quote what the caller wanted to be said. */
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "LIVE_CALLER",
                    g_dbus_method_invocation_get_sender (take_invocation), "LIVE_METHOD",
                    g_dbus_method_invocation_get_method_name (take_invocation), "LIVE_ERROR",
                    live_error_dbus_name (take_error->code), "MESSAGE", "%s of %s ends with %s",
                    g_dbus_method_invocation_get_method_name (take_invocation),
                    g_dbus_method_invocation_get_sender (take_invocation),
                    live_error_dbus_name (take_error->code));

  live_face_flush (self);
  g_dbus_method_invocation_return_dbus_error (take_invocation,
                                              live_error_dbus_name (take_error->code), message);
  g_error_free (take_error);
  return TRUE;
}

LiveCall *
live_call_begin (LiveFace *face, GDBusMethodInvocation *take_invocation)
{
  const char *sender = g_dbus_method_invocation_get_sender (take_invocation);
  g_autoptr (GCancellable) cancellable = NULL;
  GError *error = NULL;
  LiveCall *self;

  cancellable = live_clients_enter (face->clients, sender, &error);
  if (cancellable == NULL)
    {
      live_face_fail (face, take_invocation, error);
      return NULL;
    }

  self = g_new0 (LiveCall, 1);
  self->face = live_face_ref (face);
  self->invocation = take_invocation;
  self->cancellable = g_steal_pointer (&cancellable);
  return self;
}

LiveFace *
live_call_get_face (LiveCall *self)
{
  return self->face;
}

GCancellable *
live_call_get_cancellable (LiveCall *self)
{
  return self->cancellable;
}

/* Gives the invocation back, which the reply takes. */
static GDBusMethodInvocation *
end_call (LiveCall *self)
{
  GDBusMethodInvocation *invocation = self->invocation;

  /* NULL: the service is gone, and the engine ends what still waited. */
  if (self->face->clients != NULL)
    live_clients_leave (self->face->clients, g_dbus_method_invocation_get_sender (invocation),
                        self->cancellable);
  g_object_unref (self->cancellable);
  g_free (self);
  return invocation;
}

void
live_call_return (LiveCall *take_call, GVariant *parameters)
{
  g_autoptr (LiveFace) face = take_call->face;

  live_face_return (face, end_call (take_call), parameters);
}

void
live_call_fail (LiveCall *take_call, GError *take_error)
{
  g_autoptr (LiveFace) face = take_call->face;

  live_face_fail (face, end_call (take_call), take_error);
}
