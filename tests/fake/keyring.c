/* Owns: just enough of org.freedesktop.secrets for one lookup.
 * Thread: main.
 * Called by: tests/core/test-secret.c. */
#include "fake/keyring.h"

#include <string.h>

#define SERVICE_PATH "/org/freedesktop/secrets"
#define ITEM_PATH SERVICE_PATH "/collection/test/1"
#define SESSION_PATH SERVICE_PATH "/session/1"
#define PROMPT_PATH SERVICE_PATH "/prompt/1"

static const char xml[] =
    "<node>"
    "<interface name='org.freedesktop.Secret.Service'>"
    "<method name='OpenSession'><arg type='s' direction='in'/><arg type='v' direction='in'/>"
    "<arg type='v' direction='out'/><arg type='o' direction='out'/></method>"
    "<method name='SearchItems'><arg type='a{ss}' direction='in'/>"
    "<arg type='ao' direction='out'/><arg type='ao' direction='out'/></method>"
    "<method name='Unlock'><arg type='ao' direction='in'/>"
    "<arg type='ao' direction='out'/><arg type='o' direction='out'/></method>"
    "<method name='GetSecrets'><arg type='ao' direction='in'/><arg type='o' direction='in'/>"
    "<arg type='a{o(oayays)}' direction='out'/></method>"
    "<property name='Collections' type='ao' access='read'/>"
    "</interface>"
    "<interface name='org.freedesktop.Secret.Item'>"
    "<method name='GetSecret'><arg type='o' direction='in'/>"
    "<arg type='(oayays)' direction='out'/></method>"
    "<property name='Locked' type='b' access='read'/>"
    "<property name='Attributes' type='a{ss}' access='read'/>"
    "<property name='Label' type='s' access='read'/>"
    "<property name='Created' type='t' access='read'/>"
    "<property name='Modified' type='t' access='read'/>"
    "</interface>"
    "<interface name='org.freedesktop.Secret.Prompt'>"
    "<method name='Prompt'><arg type='s' direction='in'/></method>"
    "<method name='Dismiss'/>"
    "<signal name='Completed'><arg type='b'/><arg type='v'/></signal>"
    "</interface>"
    "</node>";

struct _Keyring
{
  GDBusConnection *connection;
  GDBusNodeInfo *node;
  KeyringMood mood;
  gboolean is_locked;
  char *secret, *schema;
  guint n_prompts;
};

static GVariant *
build_secret (Keyring *self)
{
  return g_variant_new (
      "(o@ay@ays)", SESSION_PATH, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, NULL, 0, 1),
      g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, self->secret, strlen (self->secret), 1),
      "text/plain");
}

static void
search (Keyring *self, GVariant *parameters, GDBusMethodInvocation *call)
{
  g_autoptr (GVariant) attributes = g_variant_get_child_value (parameters, 0);
  g_auto (GVariantBuilder) open = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ao"));
  g_auto (GVariantBuilder) locked = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ao"));

  g_clear_pointer (&self->schema, g_free);
  g_variant_lookup (attributes, "xdg:schema", "s", &self->schema);
  if (self->secret != NULL)
    g_variant_builder_add (self->is_locked ? &locked : &open, "o", ITEM_PATH);
  g_dbus_method_invocation_return_value (
      call,
      g_variant_new ("(@ao@ao)", g_variant_builder_end (&open), g_variant_builder_end (&locked)));
}

static void
give_secrets (Keyring *self, GDBusMethodInvocation *call)
{
  g_auto (GVariantBuilder) secrets = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{o(oayays)}"));

  if (!self->is_locked)
    g_variant_builder_add (&secrets, "{o@(oayays)}", ITEM_PATH, build_secret (self));
  g_dbus_method_invocation_return_value (
      call, g_variant_new ("(@a{o(oayays)})", g_variant_builder_end (&secrets)));
}

static void
prompt (Keyring *self, GDBusMethodInvocation *call)
{
  const char *const opened[] = { ITEM_PATH, NULL };

  self->n_prompts++;
  self->is_locked = FALSE;
  g_dbus_method_invocation_return_value (call, NULL);
  g_dbus_connection_emit_signal (
      self->connection, NULL, PROMPT_PATH, "org.freedesktop.Secret.Prompt", "Completed",
      g_variant_new ("(bv)", FALSE, g_variant_new_objv (opened, -1)), NULL);
}

static void
on_call (GDBusConnection *connection,
         const char *sender,
         const char *path,
         const char *interface,
         const char *method,
         GVariant *parameters,
         GDBusMethodInvocation *call,
         gpointer data)
{
  Keyring *self = data;
  const char *algorithm = NULL;
  const char *const none[] = { NULL };

  if (self->mood == KEYRING_SILENT)
    {
      /* The caller waits for ever. */
      g_object_unref (call);
      return;
    }

  if (strcmp (method, "OpenSession") == 0)
    {
      g_variant_get (parameters, "(&s@v)", &algorithm, NULL);
      if (strcmp (algorithm, "plain") == 0)
        g_dbus_method_invocation_return_value (
            call, g_variant_new ("(vo)", g_variant_new_string (""), SESSION_PATH));
      else
        g_dbus_method_invocation_return_dbus_error (call, "org.freedesktop.DBus.Error.NotSupported",
                                                    "only plain");
    }
  else if (strcmp (method, "SearchItems") == 0)
    search (self, parameters, call);
  else if (strcmp (method, "GetSecrets") == 0)
    give_secrets (self, call);
  else if (strcmp (method, "GetSecret") == 0)
    g_dbus_method_invocation_return_value (call,
                                           g_variant_new ("(@(oayays))", build_secret (self)));
  else if (strcmp (method, "Unlock") == 0)
    g_dbus_method_invocation_return_value (
        call, g_variant_new ("(@aoo)", g_variant_new_objv (none, -1), PROMPT_PATH));
  else if (strcmp (method, "Prompt") == 0)
    prompt (self, call);
  else
    g_dbus_method_invocation_return_value (call, NULL);
}

static GVariant *
on_get_property (GDBusConnection *connection,
                 const char *sender,
                 const char *path,
                 const char *interface,
                 const char *name,
                 GError **error,
                 gpointer data)
{
  Keyring *self = data;
  const char *const none[] = { NULL };

  if (strcmp (name, "Locked") == 0)
    return g_variant_new_boolean (self->is_locked);
  if (strcmp (name, "Attributes") == 0)
    return g_variant_new ("a{ss}", NULL);
  if (strcmp (name, "Label") == 0)
    return g_variant_new_string ("key");
  if (strcmp (name, "Collections") == 0)
    return g_variant_new_objv (none, -1);

  return g_variant_new_uint64 (0);
}

Keyring *
keyring_new (const char *address, KeyringMood mood, const char *secret)
{
  static const GDBusInterfaceVTable table = { on_call, on_get_property, NULL, { NULL } };
  static const char *const paths[] = { SERVICE_PATH, ITEM_PATH, PROMPT_PATH };
  Keyring *self = g_new0 (Keyring, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  self->mood = mood;
  self->is_locked = mood == KEYRING_LOCKED;
  self->secret = g_strdup (secret);
  self->node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  self->connection =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_dbus_connection_register_object (self->connection, paths[i], self->node->interfaces[i],
                                         &table, self, NULL, &error);
      g_assert_no_error (error);
    }
  reply = g_dbus_connection_call_sync (
      self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", "org.freedesktop.secrets", 0), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  return self;
}

void
keyring_free (Keyring *self)
{
  if (self == NULL)
    return;

  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  g_dbus_node_info_unref (self->node);
  g_free (self->secret);
  g_free (self->schema);
  g_free (self);
}

void
keyring_lock (Keyring *self)
{
  self->is_locked = TRUE;
}

guint
keyring_n_prompts (Keyring *self)
{
  return self->n_prompts;
}

const char *
keyring_schema (Keyring *self)
{
  return self->schema;
}
