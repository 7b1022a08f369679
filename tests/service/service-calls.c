/* Owns: nothing; calls and what comes back from them.
 * Thread: the test's.
 * Called by: tests/service/test-*.c. */
#include "service-fixture.h"

#include <string.h>

#include "base/live-error.h"
#include "base/live-names.h"

GDBusConnection *
service_connect (Service *self)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (self->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
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

GVariant *
service_call (GDBusConnection *connection,
              const char *interface,
              const char *method,
              const char *parameters,
              GError **error)
{
  GVariant *arguments = NULL;
  Reply reply = { 0 };

  if (parameters != NULL)
    {
      g_autoptr (GError) parse_error = NULL;

      arguments = g_variant_parse (NULL, parameters, NULL, NULL, &parse_error);
      g_assert_no_error (parse_error);
    }

  /* Not the synchronous twin: signals that came before the reply are then handled before it. */
  g_dbus_connection_call (connection, LIVE_BUS_NAME, LIVE_OBJECT_PATH, interface, method, arguments,
                          NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, SERVICE_DEADLINE_S * 1000, NULL,
                          on_reply, &reply);
  g_clear_pointer (&arguments, g_variant_unref);
  while (!reply.is_done)
    g_main_context_iteration (NULL, TRUE);
  if (reply.error != NULL)
    g_propagate_error (error, reply.error);

  return reply.reply;
}

GVariant *
service_get (GDBusConnection *connection, const char *interface, const char *property)
{
  g_autofree char *parameters = g_strdup_printf ("('%s', '%s')", interface, property);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      service_call (connection, "org.freedesktop.DBus.Properties", "Get", parameters, &error);
  GVariant *value;

  g_assert_no_error (error);
  g_variant_get (reply, "(v)", &value);
  return value;
}

guint64
service_get_statistic (Service *self, const char *name)
{
  g_autoptr (GVariant) statistics =
      service_get (self->connection, LIVE_IFACE_SESSION, "Statistics");
  guint64 count = 0;

  g_assert_true (g_variant_is_of_type (statistics, G_VARIANT_TYPE ("a{st}")));
  if (!g_variant_lookup (statistics, name, "t", &count))
    g_error ("Statistics has no “%s”", name);

  return count;
}

void
service_assert_error (GError *error, const char *name, const char *words)
{
  g_autofree char *full = g_strconcat (LIVE_ERROR_PREFIX, name, NULL);

  g_assert_nonnull (error);
  if (error->domain != LIVE_ERROR ||
      !g_str_equal (live_error_dbus_name ((LiveErrorCode) error->code), full))
    g_error ("expected %s, got %s: %s", full, g_quark_to_string (error->domain), error->message);
  if (words != NULL && strstr (error->message, words) == NULL)
    g_error ("expected “%s” in “%s”", words, error->message);
}
