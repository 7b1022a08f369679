/* Network monitor and logind, each played by the test: a monitor of our own making, and a logind
 * on a private bus. */
#include "io/live-presence.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <locale.h>
#include <unistd.h>

/* --- a network monitor that the test turns --------------------------------------------- */

#define FAKE_TYPE_MONITOR (fake_monitor_get_type ())
G_DECLARE_FINAL_TYPE (FakeMonitor, fake_monitor, FAKE, MONITOR, GObject)

struct _FakeMonitor
{
  GObject parent;
  gboolean is_available;
};

enum
{
  PROP_NETWORK_AVAILABLE = 1,
  PROP_NETWORK_METERED,
  PROP_CONNECTIVITY,
};

static void
fake_monitor_interface_init (GNetworkMonitorInterface *interface)
{
}

G_DEFINE_TYPE_WITH_CODE (FakeMonitor,
                         fake_monitor,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, NULL)
                             G_IMPLEMENT_INTERFACE (G_TYPE_NETWORK_MONITOR,
                                                    fake_monitor_interface_init))

static void
fake_monitor_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  if (id == PROP_NETWORK_AVAILABLE)
    g_value_set_boolean (value, FAKE_MONITOR (object)->is_available);
  else if (id == PROP_CONNECTIVITY)
    g_value_set_enum (value, G_NETWORK_CONNECTIVITY_FULL);
}

static void
fake_monitor_class_init (FakeMonitorClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = fake_monitor_get_property;
  g_object_class_override_property (object_class, PROP_NETWORK_AVAILABLE, "network-available");
  g_object_class_override_property (object_class, PROP_NETWORK_METERED, "network-metered");
  g_object_class_override_property (object_class, PROP_CONNECTIVITY, "connectivity");
}

static void
fake_monitor_init (FakeMonitor *self)
{
  self->is_available = TRUE;
}

/* --- a logind that the test plays ------------------------------------------------------- */

#define LOGIN_PATH "/org/freedesktop/login1"
#define SESSION_PATH "/org/freedesktop/login1/session/_31"

typedef struct
{
  GTestDBus *test_bus;
  GDBusConnection *server; /* logind's side */
  GDBusConnection *client; /* the presence's side */
  guint name_id;
  guint inhibits;
  int inhibitor_reader; /* end of file when the presence let go */
  FakeMonitor *monitor;
  LivePresence *presence;
  GString *events;
} Fixture;

static const char login_xml[] =
    "<node><interface name='org.freedesktop.login1.Manager'>"
    "<method name='Inhibit'><arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='h' direction='out'/></method>"
    "<method name='GetSession'><arg type='s' direction='in'/><arg type='o' direction='out'/>"
    "</method><signal name='PrepareForSleep'><arg type='b'/></signal></interface>"
    "<interface name='org.freedesktop.login1.Session'>"
    "<property name='Active' type='b' access='read'/>"
    "<property name='LockedHint' type='b' access='read'/></interface></node>";

static void
on_manager_call (GDBusConnection *bus,
                 const char *sender,
                 const char *path,
                 const char *interface,
                 const char *method,
                 GVariant *parameters,
                 GDBusMethodInvocation *call,
                 gpointer data)
{
  Fixture *f = data;

  if (g_str_equal (method, "Inhibit"))
    {
      const char *what, *mode;
      int ends[2];
      g_autoptr (GUnixFDList) fds = NULL;

      g_variant_get (parameters, "(&s&s&s&s)", &what, NULL, NULL, &mode);
      g_assert_cmpstr (what, ==, "sleep");
      g_assert_cmpstr (mode, ==, "delay");
      g_assert_cmpint (pipe2 (ends, O_CLOEXEC | O_NONBLOCK), ==, 0);
      fds = g_unix_fd_list_new_from_array (&ends[1], 1);
      if (f->inhibitor_reader >= 0)
        close (f->inhibitor_reader);
      f->inhibitor_reader = ends[0];
      f->inhibits++;
      g_dbus_method_invocation_return_value_with_unix_fd_list (call, g_variant_new ("(h)", 0), fds);
    }
  else
    g_dbus_method_invocation_return_value (call, g_variant_new ("(o)", SESSION_PATH));
}

static GVariant *
on_session_property (GDBusConnection *bus,
                     const char *sender,
                     const char *path,
                     const char *interface,
                     const char *property,
                     GError **error,
                     gpointer data)
{
  return g_variant_new_boolean (g_str_equal (property, "Active"));
}

static void
on_network (gboolean is_available, gpointer data)
{
  Fixture *f = data;

  g_string_append (f->events, is_available ? "up " : "down ");
}

static void
on_sleep (gboolean is_going_to_sleep, gpointer data)
{
  Fixture *f = data;

  g_string_append (f->events, is_going_to_sleep ? "sleep " : "wake ");
}

static void
on_session (gboolean is_active, gboolean is_locked, gpointer data)
{
  Fixture *f = data;

  g_string_append_printf (f->events, "session-%d%d ", is_active, is_locked);
}

static const LivePresenceEvents events = { on_network, on_sleep, on_session };

static GDBusConnection *
dial (Fixture *f)
{
  GDBusConnectionFlags flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                               G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (f->test_bus), flags, NULL, NULL, &error);

  g_assert_no_error (error);
  return bus;
}

static void
start_login (Fixture *f)
{
  static const GDBusInterfaceVTable manager_vtable = { on_manager_call, NULL, NULL, { 0 } };
  static const GDBusInterfaceVTable session_vtable = { NULL, on_session_property, NULL, { 0 } };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (login_xml, NULL);

  g_dbus_connection_register_object (f->server, LOGIN_PATH, node->interfaces[0], &manager_vtable, f,
                                     NULL, NULL);
  g_dbus_connection_register_object (f->server, SESSION_PATH, node->interfaces[1], &session_vtable,
                                     f, NULL, NULL);
  f->name_id = g_bus_own_name_on_connection (f->server, "org.freedesktop.login1",
                                             G_BUS_NAME_OWNER_FLAGS_NONE, NULL, NULL, NULL, NULL);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->test_bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (f->test_bus);
  f->server = dial (f);
  f->client = dial (f);
  f->inhibitor_reader = -1;
  f->events = g_string_new (NULL);
  f->monitor = g_object_new (FAKE_TYPE_MONITOR, NULL);
  f->presence = live_presence_new (G_NETWORK_MONITOR (f->monitor), f->client, &events, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  live_presence_free (f->presence);
  if (f->name_id != 0)
    g_bus_unown_name (f->name_id);
  if (f->inhibitor_reader >= 0)
    close (f->inhibitor_reader);
  g_string_free (f->events, TRUE);
  g_object_unref (f->monitor);
  g_dbus_connection_close_sync (f->server, NULL, NULL);
  g_dbus_connection_close_sync (f->client, NULL, NULL);
  g_clear_object (&f->server);
  g_clear_object (&f->client);
  g_test_dbus_down (f->test_bus);
  g_object_unref (f->test_bus);
}

static void
wait_for_inhibitor (Fixture *f)
{
  while (!live_presence_holds_inhibitor (f->presence))
    g_main_context_iteration (NULL, TRUE);
}

static void
wait_for_event (Fixture *f, const char *event)
{
  while (strstr (f->events->str, event) == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static void
send_sleep (Fixture *f, gboolean is_start)
{
  g_dbus_connection_emit_signal (f->server, NULL, LOGIN_PATH, "org.freedesktop.login1.Manager",
                                 "PrepareForSleep", g_variant_new ("(b)", is_start), NULL);
}

static gboolean
is_inhibitor_released (Fixture *f)
{
  char byte;

  return read (f->inhibitor_reader, &byte, 1) == 0;
}

static void
test_network_edges (Fixture *f, gconstpointer data)
{
  g_assert_true (live_presence_is_network_available (f->presence));
  g_signal_emit_by_name (f->monitor, "network-changed", TRUE); /* a changed route: no edge */
  f->monitor->is_available = FALSE;
  g_signal_emit_by_name (f->monitor, "network-changed", FALSE);
  g_signal_emit_by_name (f->monitor, "network-changed", FALSE);
  g_signal_emit_by_name (f->monitor, "network-changed", TRUE);
  g_assert_cmpstr (f->events->str, ==, "down up ");
  g_assert_true (live_presence_is_network_available (f->presence));
}

static void
test_no_login (Fixture *f, gconstpointer data)
{
  g_assert_false (live_presence_holds_inhibitor (f->presence));
  g_assert_true (live_presence_is_active (f->presence));
  g_assert_false (live_presence_is_locked (f->presence));
  live_presence_sleep_ready (f->presence);
}

static void
test_sleep_is_delayed_until_ready (Fixture *f, gconstpointer data)
{
  start_login (f);
  wait_for_inhibitor (f);
  send_sleep (f, TRUE);
  wait_for_event (f, "sleep ");
  g_assert_true (live_presence_holds_inhibitor (f->presence));
  g_assert_false (is_inhibitor_released (f));

  live_presence_sleep_ready (f->presence);
  g_assert_false (live_presence_holds_inhibitor (f->presence));
  /* Our own copy of the pipe's end travels in GDBus messages for a moment longer. */
  while (!is_inhibitor_released (f))
    g_main_context_iteration (NULL, FALSE);

  send_sleep (f, FALSE);
  wait_for_event (f, "wake ");
  wait_for_inhibitor (f);
  g_assert_cmpuint (f->inhibits, ==, 2);
}

static void
test_ready_without_sleep_keeps_inhibitor (Fixture *f, gconstpointer data)
{
  start_login (f);
  wait_for_inhibitor (f);
  live_presence_sleep_ready (f->presence);
  g_assert_true (live_presence_holds_inhibitor (f->presence));
}

static void
test_lock_and_switch (Fixture *f, gconstpointer data)
{
  start_login (f);
  wait_for_inhibitor (f);

  /* A change that is sent before the presence follows the session is lost, as in life, so it
   * is repeated until it is seen. */
  while (strstr (f->events->str, "session-11 ") == NULL)
    {
      GVariantBuilder changed;

      g_variant_builder_init (&changed, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&changed, "{sv}", "LockedHint", g_variant_new_boolean (TRUE));
      g_dbus_connection_emit_signal (
          f->server, NULL, SESSION_PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged",
          g_variant_new ("(sa{sv}as)", "org.freedesktop.login1.Session", &changed, NULL), NULL);
      g_dbus_connection_flush_sync (f->server, NULL, NULL);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

static void
test_login_goes_away (Fixture *f, gconstpointer data)
{
  start_login (f);
  wait_for_inhibitor (f);
  g_bus_unown_name (f->name_id);
  f->name_id = 0;
  while (live_presence_holds_inhibitor (f->presence))
    g_main_context_iteration (NULL, TRUE);
}

static void
test_freed_while_asking (Fixture *f, gconstpointer data)
{
  start_login (f);
  g_clear_pointer (&f->presence, live_presence_free);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

#define ADD(name, fn) g_test_add ("/presence/" name, Fixture, NULL, set_up, fn, tear_down)
  ADD ("network-edges", test_network_edges);
  ADD ("no-login", test_no_login);
  ADD ("sleep-is-delayed-until-ready", test_sleep_is_delayed_until_ready);
  ADD ("ready-without-sleep-keeps-inhibitor", test_ready_without_sleep_keeps_inhibitor);
  ADD ("lock-and-switch", test_lock_and_switch);
  ADD ("login-goes-away", test_login_goes_away);
  ADD ("freed-while-asking", test_freed_while_asking);
#undef ADD

  return g_test_run ();
}
