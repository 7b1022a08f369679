/* Owns: nothing; one D-Bus interface over base/live-log.
 * Thread: main.
 * Called by: live-app, and GDBus for each access of a property. */
#include "bus/live-log-control.h"

#include "base/live-names.h"

static const char introspection_xml[] =
    "<node><interface name='org.freedesktop.LogControl1'>"
    "<property name='LogLevel' type='s' access='readwrite'>"
    "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='false'/>"
    "</property>"
    "<property name='LogTarget' type='s' access='readwrite'>"
    "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='false'/>"
    "</property>"
    "<property name='SyslogIdentifier' type='s' access='read'>"
    "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='const'/>"
    "</property>"
    "</interface></node>";

static GVariant *
on_get_property (GDBusConnection *connection,
                 const char *sender,
                 const char *object_path,
                 const char *interface_name,
                 const char *property_name,
                 GError **error,
                 gpointer data)
{
  LiveLog *log = data;

  if (g_str_equal (property_name, "LogLevel"))
    return g_variant_new_string (live_log_get_level (log));
  if (g_str_equal (property_name, "LogTarget"))
    return g_variant_new_string (live_log_get_target (log));
  return g_variant_new_string (live_log_get_identifier (log));
}

static gboolean
on_set_property (GDBusConnection *connection,
                 const char *sender,
                 const char *object_path,
                 const char *interface_name,
                 const char *property_name,
                 GVariant *value,
                 GError **error,
                 gpointer data)
{
  LiveLog *log = data;
  const char *name = g_variant_get_string (value, NULL);
  gboolean is_level = g_str_equal (property_name, "LogLevel");

  if (is_level ? live_log_set_level (log, name) : live_log_set_target (log, name))
    return TRUE;

  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "%s: “%s” is not one of %s",
               property_name, name,
               is_level ? "emerg, alert, crit, err, warning, notice, info, debug"
                        : "journal, console, null");
  return FALSE;
}

guint
live_log_control_export (GDBusConnection *connection, LiveLog *log, GError **error)
{
  static const GDBusInterfaceVTable vtable = { NULL, on_get_property, on_set_property, { 0 } };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (introspection_xml, error);

  if (node == NULL)
    return 0;

  /* The registration keeps its own reference to the interface's description. */
  return g_dbus_connection_register_object (connection, LIVE_LOG_CONTROL_PATH, node->interfaces[0],
                                            &vtable, log, NULL, error);
}
