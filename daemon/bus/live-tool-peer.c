/* Owns: the calls of Invoke that have not returned, and the watches on the names of providers.
 * Thread: main.
 * Called by: bus/live-tools-face.c; by GDBus when an answer comes or a name leaves. */
#include "bus/live-tool-peer.h"

#include <string.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "machine/live-tool-ledger.h"

struct _LiveToolPeers
{
  GDBusConnection *connection;
  LiveTools *tools;
  GHashTable *watches; /* name -> Watch */
  GHashTable *pending; /* call -> Pending */
};

typedef struct
{
  LiveToolPeers *peers;
  char *name, *unique;
  guint watch_id;
} Watch;

typedef struct
{
  LiveToolPeers *peers; /* NULL: they are gone */
  char *call, *owner;
  GCancellable *cancellable;
} Pending;

static void
free_watch (gpointer data)
{
  Watch *watch = data;

  g_bus_unwatch_name (watch->watch_id);
  g_free (watch->name);
  g_free (watch->unique);
  g_free (watch);
}

static void
free_pending (Pending *pending)
{
  g_object_unref (pending->cancellable);
  g_free (pending->call);
  g_free (pending->owner);
  g_free (pending);
}

LiveToolPeers *
live_tool_peers_new (GDBusConnection *connection)
{
  LiveToolPeers *self = g_new0 (LiveToolPeers, 1);

  self->connection = g_object_ref (connection);
  self->watches = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_watch);
  self->pending = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
live_tool_peers_free (LiveToolPeers *self)
{
  GHashTableIter iter;
  gpointer value;

  if (self == NULL)
    return;

  g_hash_table_iter_init (&iter, self->pending);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ((Pending *) value)->peers = NULL;
      g_cancellable_cancel (((Pending *) value)->cancellable);
    }
  g_hash_table_unref (self->pending);
  g_hash_table_unref (self->watches);
  g_object_unref (self->connection);
  g_free (self);
}

void
live_tool_peers_bind (LiveToolPeers *self, LiveTools *tools)
{
  self->tools = tools;
}

static void
on_name_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer data)
{
  Watch *watch = data;

  g_free (watch->unique);
  watch->unique = g_strdup (owner);
}

static void
on_name_vanished (GDBusConnection *connection, const char *name, gpointer data)
{
  Watch *watch = data;
  LiveToolPeers *self = watch->peers;
  g_autofree char *owner = g_strdup (watch->name);

  g_clear_pointer (&watch->unique, g_free);
  if (owner[0] != ':')
    return;

  g_hash_table_remove (self->watches, owner);
  live_tools_drop_owner (self->tools, owner);
}

gboolean
live_tool_peers_watch (LiveToolPeers *self, const char *name, GError **error)
{
  Watch *watch;

  if (g_hash_table_contains (self->watches, name))
    return TRUE;
  if (g_hash_table_size (self->watches) >= LIVE_TOOL_PEERS_MAX)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED, "%u programs offer tools already",
                   LIVE_TOOL_PEERS_MAX);
      return FALSE;
    }

  watch = g_new0 (Watch, 1);
  watch->peers = self;
  watch->name = g_strdup (name);
  /* Also tells when the name left before the watch stood. */
  watch->watch_id =
      g_bus_watch_name_on_connection (self->connection, name, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                      on_name_appeared, on_name_vanished, watch, NULL);
  g_hash_table_insert (self->watches, watch->name, watch);
  return TRUE;
}

const char *
live_tool_peers_runs_as (LiveToolPeers *self, const char *name)
{
  const Watch *watch = g_hash_table_lookup (self->watches, name);

  return watch != NULL ? watch->unique : NULL;
}

/* The end of the other side, as opposed to its answer. */
static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED);
}

/* Also what GLib has no code for: "org.freedesktop.systemd1.…" of a unit that fails. */
static gboolean
is_start_failure (const GError *error)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  return name != NULL && (g_str_has_prefix (name, "org.freedesktop.DBus.Error.Spawn.") ||
                          g_str_has_prefix (name, "org.freedesktop.systemd1."));
}

static void
take_failure (LiveToolPeers *self, const Pending *pending, GError *error)
{
  const char *words = NULL;

  if (is_gone (error))
    {
      live_tools_vanish (self->tools, pending->call);
      return;
    }

  if (is_start_failure (error))
    words = "The program behind the tool could not be started.";
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
    words = "The tool answered in a form that cannot be read.";
  g_dbus_error_strip_remote_error (error);
  live_tools_fail (self->tools, pending->call, pending->owner,
                   words != NULL ? words : error->message, NULL, NULL);
}

static void
on_invoked (GObject *source, GAsyncResult *result, gpointer data)
{
  Pending *pending = data;
  LiveToolPeers *self = pending->peers;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  const char *answer;

  if (self != NULL)
    g_hash_table_remove (self->pending, pending->call);

  if (self != NULL && reply != NULL)
    {
      g_variant_get (reply, "(&s)", &answer);
      live_tools_result (self->tools, pending->call, pending->owner, answer, NULL, FALSE, NULL);
    }
  else if (self != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    take_failure (self, pending, error);
  free_pending (pending);
}

static GVariant *
describe (const LiveToolsCall *call)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_variant_builder_add (&builder, "{sv}", "origin", g_variant_new_string (call->origin));
  g_variant_builder_add (&builder, "{sv}", "timeout-ms", g_variant_new_uint32 (call->timeout_ms));
  g_variant_builder_add (&builder, "{sv}", "blocking", g_variant_new_boolean (call->is_blocking));
  g_variant_builder_add (&builder, "{sv}", "turn", g_variant_new_uint64 (call->turn));
  return g_variant_new ("(sss@a{sv})", call->call, call->name, call->arguments,
                        g_variant_builder_end (&builder));
}

static void
send_signal (LiveToolPeers *self, const char *owner, const char *name, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;

  if (!g_dbus_connection_emit_signal (self->connection, owner, LIVE_OBJECT_PATH, LIVE_IFACE_TOOLS,
                                      name, parameters, &error))
    g_message ("%s does not reach %s: %s", name, owner, error->message);
}

void
live_tool_peers_invoke (LiveToolPeers *self, const LiveToolsCall *call)
{
  Pending *pending;

  if (call->object_path == NULL)
    {
      send_signal (self, call->owner, "ToolCall", describe (call));
      return;
    }

  pending = g_new0 (Pending, 1);
  pending->peers = self;
  pending->call = g_strdup (call->call);
  pending->owner = g_strdup (call->owner);
  pending->cancellable = g_cancellable_new ();
  g_hash_table_insert (self->pending, pending->call, pending);
  /* The ledger has the deadline, which parts prolong; this is only the end of all patience. */
  g_dbus_connection_call (self->connection, call->owner, call->object_path,
                          LIVE_IFACE_TOOL_PROVIDER, "Invoke", describe (call),
                          G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, LIVE_TOOL_MAX_MS,
                          pending->cancellable, on_invoked, pending);
}

/* A call that the server took back goes on being listened to, for the server may ask again; one
 * that was too slow is done with. */
void
live_tool_peers_cancel (LiveToolPeers *self, const LiveToolsCall *call, const char *reason)
{
  GVariant *parameters = g_variant_new ("(ss)", call->call, reason);
  Pending *pending = g_hash_table_lookup (self->pending, call->call);

  if (call->object_path == NULL)
    {
      send_signal (self, call->owner, "ToolCallCancelled", parameters);
      return;
    }

  /* Nobody is started only to be told that he is not needed. */
  g_dbus_connection_call (self->connection, call->owner, call->object_path,
                          LIVE_IFACE_TOOL_PROVIDER, "Cancel", parameters, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
  if (pending != NULL && strcmp (reason, "timeout") == 0)
    g_cancellable_cancel (pending->cancellable);
}
