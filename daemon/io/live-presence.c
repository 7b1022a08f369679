/* Owns: the network monitor's handler, the logind subscriptions, the delay inhibitor's fd.
 * Thread: main.
 * Called by: live-app. */
#include "io/live-presence.h"

#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <unistd.h>

#include "base/live-names.h"

#define LOGIN_NAME "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_MANAGER "org.freedesktop.login1.Manager"
#define LOGIN_SESSION "org.freedesktop.login1.Session"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define CALL_TIMEOUT_MS 10000

struct _LivePresence
{
  const LivePresenceEvents *events;
  gpointer events_data;

  GNetworkMonitor *monitor;
  gulong monitor_handler;
  gboolean is_network_available;

  GCancellable *lifetime;
  GDBusConnection *bus;
  guint name_watch;
  guint sleep_subscription;
  guint session_subscription;
  char *session_path;
  int inhibitor_fd;
  gboolean is_inhibiting; /* a call is under way */
  gboolean is_going_to_sleep;
  gboolean is_active, is_locked;
};

/* Every reply may come after the end of the presence: only its cancellable is known to live. */
static GVariant *
take_reply (GObject *source, GAsyncResult *result, const char *what)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (reply == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_debug ("logind: %s: %s", what, error->message);

  return reply;
}

static void
release_inhibitor (LivePresence *self)
{
  if (self->inhibitor_fd >= 0)
    close (self->inhibitor_fd);
  self->inhibitor_fd = -1;
}

static void
on_inhibited (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), &fds, result, &error);
  LivePresence *self = data;
  gint32 index = -1;

  if (reply == NULL)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      self->is_inhibiting = FALSE;
      g_debug ("logind: no delay inhibitor: %s", error->message);
      return;
    }

  self->is_inhibiting = FALSE;
  g_variant_get (reply, "(h)", &index);
  release_inhibitor (self);
  if (fds != NULL && index >= 0 && index < g_unix_fd_list_get_length (fds))
    self->inhibitor_fd = g_unix_fd_list_get (fds, index, NULL);
  /* Sleep began while we asked: there is nothing left to delay. */
  if (self->is_going_to_sleep)
    release_inhibitor (self);
}

static void
take_inhibitor (LivePresence *self)
{
  if (self->inhibitor_fd >= 0 || self->is_inhibiting)
    return;

  self->is_inhibiting = TRUE;
  g_dbus_connection_call_with_unix_fd_list (
      self->bus, LOGIN_NAME, LOGIN_PATH, LOGIN_MANAGER, "Inhibit",
      g_variant_new ("(ssss)", "sleep", "lived", _ ("Closing the live conversation politely"),
                     "delay"),
      G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_TIMEOUT_MS, NULL,
      self->lifetime, on_inhibited, self);
}

static void
on_prepare_for_sleep (GDBusConnection *bus,
                      const char *sender,
                      const char *path,
                      const char *interface,
                      const char *signal,
                      GVariant *parameters,
                      gpointer data)
{
  LivePresence *self = data;
  gboolean is_start;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;

  g_variant_get (parameters, "(b)", &is_start);
  if (is_start == self->is_going_to_sleep)
    return;

  self->is_going_to_sleep = is_start;
  if (!is_start)
    take_inhibitor (self);
  if (self->events->sleep_changed != NULL)
    self->events->sleep_changed (is_start, self->events_data);
}

static void
set_session (LivePresence *self, gboolean is_active, gboolean is_locked)
{
  if (is_active == self->is_active && is_locked == self->is_locked)
    return;

  self->is_active = is_active;
  self->is_locked = is_locked;
  if (self->events->session_changed != NULL)
    self->events->session_changed (is_active, is_locked, self->events_data);
}

static void
read_session_facts (LivePresence *self, GVariant *facts)
{
  gboolean is_active = self->is_active;
  gboolean is_locked = self->is_locked;

  g_variant_lookup (facts, "Active", "b", &is_active);
  g_variant_lookup (facts, "LockedHint", "b", &is_locked);
  set_session (self, is_active, is_locked);
}

static void
on_session_properties (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = take_reply (source, result, "session properties");
  g_autoptr (GVariant) facts = NULL;

  if (reply == NULL)
    return;

  facts = g_variant_get_child_value (reply, 0);
  read_session_facts (data, facts);
}

static void
on_session_changed (GDBusConnection *bus,
                    const char *sender,
                    const char *path,
                    const char *interface,
                    const char *signal,
                    GVariant *parameters,
                    gpointer data)
{
  g_autoptr (GVariant) facts = NULL;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;

  facts = g_variant_get_child_value (parameters, 1);
  read_session_facts (data, facts);
}

static void
follow_session (LivePresence *self, const char *path)
{
  if (g_strcmp0 (self->session_path, path) == 0)
    return;

  if (self->session_subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->session_subscription);
  g_free (self->session_path);
  self->session_path = g_strdup (path);
  self->session_subscription = g_dbus_connection_signal_subscribe (
      self->bus, LOGIN_NAME, PROPERTIES, "PropertiesChanged", path, LOGIN_SESSION,
      G_DBUS_SIGNAL_FLAGS_NONE, on_session_changed, self, NULL);
  g_dbus_connection_call (self->bus, LOGIN_NAME, path, PROPERTIES, "GetAll",
                          g_variant_new ("(s)", LOGIN_SESSION), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_TIMEOUT_MS, self->lifetime,
                          on_session_properties, self);
}

static void
on_session_found (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = take_reply (source, result, "no session of this user");
  const char *path;

  if (reply == NULL)
    return;

  g_variant_get (reply, "(&o)", &path);
  follow_session (data, path);
}

static void
on_login_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
  LivePresence *self = data;

  take_inhibitor (self);
  /* A user service stands in no session; logind resolves "auto" to the user's display session. */
  g_dbus_connection_call (self->bus, LOGIN_NAME, LOGIN_PATH, LOGIN_MANAGER, "GetSession",
                          g_variant_new ("(s)", "auto"), G_VARIANT_TYPE ("(o)"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, CALL_TIMEOUT_MS, self->lifetime,
                          on_session_found, self);
}

static void
on_login_vanished (GDBusConnection *bus, const char *name, gpointer data)
{
  LivePresence *self = data;

  release_inhibitor (self);
  g_clear_pointer (&self->session_path, g_free);
  set_session (self, TRUE, FALSE);
}

static void
watch_login (LivePresence *self, GDBusConnection *bus)
{
  self->bus = g_object_ref (bus);
  self->sleep_subscription = g_dbus_connection_signal_subscribe (
      bus, LOGIN_NAME, LOGIN_MANAGER, "PrepareForSleep", LOGIN_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_prepare_for_sleep, self, NULL);
  self->name_watch =
      g_bus_watch_name_on_connection (bus, LOGIN_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                      on_login_appeared, on_login_vanished, self, NULL);
}

static void
on_system_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &error);

  if (bus != NULL)
    /* A bus that was found after the end was cancelled, so this one is ours. */
    watch_login (data, bus);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_info ("No system bus, sleep and screen lock go unnoticed: %s", error->message);
}

static void
on_network_changed (GNetworkMonitor *monitor, gboolean is_available, gpointer data)
{
  LivePresence *self = data;

  /* The monitor also tells of changed routes; only the edge is news. */
  if (is_available == self->is_network_available)
    return;

  self->is_network_available = is_available;
  if (self->events->network_changed != NULL)
    self->events->network_changed (is_available, self->events_data);
}

LivePresence *
live_presence_new (GNetworkMonitor *monitor,
                   GDBusConnection *system_bus,
                   const LivePresenceEvents *events,
                   gpointer data)
{
  LivePresence *self = g_new0 (LivePresence, 1);

  self->events = events;
  self->events_data = data;
  self->inhibitor_fd = -1;
  self->is_active = TRUE;
  self->lifetime = g_cancellable_new ();

  self->monitor = g_object_ref (monitor != NULL ? monitor : g_network_monitor_get_default ());
  self->is_network_available = g_network_monitor_get_network_available (self->monitor);
  self->monitor_handler =
      g_signal_connect (self->monitor, "network-changed", G_CALLBACK (on_network_changed), self);

  if (system_bus != NULL)
    watch_login (self, system_bus);
  else
    g_bus_get (G_BUS_TYPE_SYSTEM, self->lifetime, on_system_bus, self);

  return self;
}

void
live_presence_free (LivePresence *self)
{
  if (self == NULL)
    return;

  g_cancellable_cancel (self->lifetime);
  g_clear_signal_handler (&self->monitor_handler, self->monitor);
  if (self->name_watch != 0)
    g_bus_unwatch_name (self->name_watch);
  if (self->sleep_subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->sleep_subscription);
  if (self->session_subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->session_subscription);
  release_inhibitor (self);
  g_clear_object (&self->bus);
  g_clear_object (&self->monitor);
  g_clear_object (&self->lifetime);
  g_free (self->session_path);
  g_free (self);
}

gboolean
live_presence_is_network_available (LivePresence *self)
{
  return self->is_network_available;
}

gboolean
live_presence_is_active (LivePresence *self)
{
  return self->is_active;
}

gboolean
live_presence_is_locked (LivePresence *self)
{
  return self->is_locked;
}

gboolean
live_presence_holds_inhibitor (LivePresence *self)
{
  return self->inhibitor_fd >= 0;
}

void
live_presence_sleep_ready (LivePresence *self)
{
  if (self->is_going_to_sleep)
    release_inhibitor (self);
}
