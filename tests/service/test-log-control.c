/* Owns: tests of bus/live-log-control.c on a private bus.
 * Thread: main.
 * Called by: meson test, whose deadline holds for every wait. */
#include "bus/live-log-control.h"

#include <string.h>

#include "base/live-names.h"

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *ours, *caller;
} Fixture;

static GDBusConnection *
join_bus (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (fixture->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->bus);
  fixture->ours = join_bus (fixture);
  fixture->caller = join_bus (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_dbus_connection_close_sync (fixture->caller, NULL, NULL);
  g_dbus_connection_close_sync (fixture->ours, NULL, NULL);
  g_object_unref (fixture->caller);
  g_object_unref (fixture->ours);
  g_test_dbus_down (fixture->bus);
  g_object_unref (fixture->bus);
}

typedef struct
{
  GVariant *reply;
  GError *error;
  gboolean is_done;
} Reply;

static void
on_reply (GObject *source, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;

  reply->reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &reply->error);
  reply->is_done = TRUE;
}

static GVariant *
call_properties (Fixture *fixture, const char *method, GVariant *parameters, GError **error)
{
  Reply reply = { 0 };

  g_dbus_connection_call (fixture->caller, g_dbus_connection_get_unique_name (fixture->ours),
                          LIVE_LOG_CONTROL_PATH, "org.freedesktop.DBus.Properties", method,
                          parameters, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_reply, &reply);
  while (!reply.is_done)
    g_main_context_iteration (NULL, TRUE);
  if (reply.error != NULL)
    g_propagate_error (error, reply.error);
  return reply.reply;
}

static void
test_log_control (Fixture *fixture, gconstpointer data)
{
  g_autoptr (LiveLog) log = live_log_new ("lived-test");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) set = NULL;
  guint id = live_log_control_export (fixture->ours, log, &error);
  const char *text;

  g_assert_no_error (error);
  g_assert_cmpuint (id, !=, 0);

  set = call_properties (fixture, "Set",
                         g_variant_new ("(ssv)", "org.freedesktop.LogControl1", "LogLevel",
                                        g_variant_new_string ("debug")),
                         &error);
  g_assert_no_error (error);
  g_assert_cmpstr (live_log_get_level (log), ==, "debug");

  g_assert_null (call_properties (fixture, "Set",
                                  g_variant_new ("(ssv)", "org.freedesktop.LogControl1",
                                                 "LogTarget", g_variant_new_string ("kmsg")),
                                  &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  g_assert_nonnull (strstr (error->message, "kmsg"));
  g_clear_error (&error);
  g_assert_null (call_properties (fixture, "Set",
                                  g_variant_new ("(ssv)", "org.freedesktop.LogControl1",
                                                 "SyslogIdentifier", g_variant_new_string ("x")),
                                  &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  all = call_properties (fixture, "GetAll", g_variant_new ("(s)", "org.freedesktop.LogControl1"),
                         &error);
  g_assert_no_error (error);
  {
    g_autoptr (GVariant) properties = g_variant_get_child_value (all, 0);

    g_assert_true (g_variant_lookup (properties, "LogLevel", "&s", &text));
    g_assert_cmpstr (text, ==, "debug");
    g_assert_true (g_variant_lookup (properties, "LogTarget", "&s", &text));
    g_assert_cmpstr (text, ==, live_log_get_target (log));
    g_assert_true (g_variant_lookup (properties, "SyslogIdentifier", "&s", &text));
    g_assert_cmpstr (text, ==, "lived-test");
  }

  g_assert_true (g_dbus_connection_unregister_object (fixture->ours, id));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_dbus_unset ();
  g_test_add ("/log-control/properties", Fixture, NULL, set_up, test_log_control, tear_down);
  return g_test_run ();
}
