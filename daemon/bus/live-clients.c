/* Owns: a record for each unique name that holds something, and the watch on that name.
 * Thread: main.
 * Called by: bus/live-service.c and the faces; by GDBus when a name leaves. */
#include "bus/live-clients.h"

#include "base/live-error.h"
#include "base/live-names.h"

typedef struct
{
  LiveClients *owner;
  char *name;
  guint watch_id;       /* 0: the name is gone, a detached hold is left */
  GCancellable *asking; /* while the bus is asked for the pid */
  guint32 pid;
  GPtrArray *calls; /* GCancellable of each waiting call */
  gboolean has_hold, is_detached, wants_levels;
  char *reason;
  gint64 since_us; /* wall clock */
} Client;

struct _LiveClients
{
  GDBusConnection *connection;
  const LiveClientsEvents *events;
  gpointer events_data;
  GHashTable *clients; /* name -> Client */
  guint n_subscribers;
};

static void
free_client (gpointer data)
{
  Client *client = data;

  if (client->watch_id != 0)
    g_bus_unwatch_name (client->watch_id);
  g_cancellable_cancel (client->asking);
  g_clear_object (&client->asking);
  g_ptr_array_unref (client->calls);
  g_free (client->reason);
  g_free (client->name);
  g_free (client);
}

static gboolean
is_needed (const Client *client)
{
  return client->has_hold || client->wants_levels || client->calls->len > 0;
}

static void
drop_if_idle (LiveClients *self, Client *client)
{
  if (!is_needed (client))
    g_hash_table_remove (self->clients, client->name);
}

static void
tell_holds (LiveClients *self)
{
  self->events->holds_changed (self->events_data);
}

static void
set_subscribed (LiveClients *self, Client *client, gboolean on)
{
  if (client->wants_levels == on)
    return;

  client->wants_levels = on;
  self->n_subscribers += on ? 1 : -1;
  if (self->n_subscribers == (on ? 1 : 0))
    self->events->levels_wanted (on, self->events_data);
}

static gboolean
end_hold (Client *client)
{
  if (!client->has_hold)
    return FALSE;

  client->has_hold = FALSE;
  client->is_detached = FALSE;
  g_clear_pointer (&client->reason, g_free);
  return TRUE;
}

/* A taker that comes and goes, such as a command line, would gather detached holds that nobody
 * can tell apart: one that is gone yields to a new one of the same reason. */
static void
drop_orphans_like (LiveClients *self, const char *reason)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Client *client = value;

      if (client->watch_id == 0 && g_str_equal (client->reason, reason))
        g_hash_table_iter_remove (&iter);
    }
}

static void
on_name_vanished (GDBusConnection *connection, const char *name, gpointer data)
{
  Client *client = data;
  LiveClients *self = client->owner;
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  gboolean lost_hold = !client->is_detached && end_hold (client);

  g_clear_handle_id (&client->watch_id, g_bus_unwatch_name);
  set_subscribed (self, client, FALSE);

  /* Cancelling runs callbacks that may call leave: walk a copy, and keep client alive by
   * touching it only before that. */
  for (guint i = 0; i < client->calls->len; i++)
    g_ptr_array_add (calls, g_object_ref (g_ptr_array_index (client->calls, i)));
  g_ptr_array_set_size (client->calls, 0);
  drop_if_idle (self, client);

  if (lost_hold)
    tell_holds (self);
  for (guint i = 0; i < calls->len; i++)
    g_cancellable_cancel (g_ptr_array_index (calls, i));
}

/* How many there will be beside a new one of this reason. */
static guint
count_orphans_unlike (LiveClients *self, const char *reason)
{
  GHashTableIter iter;
  gpointer value;
  guint n_orphans = 0;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Client *client = value;

      n_orphans += client->watch_id == 0 && !g_str_equal (client->reason, reason);
    }

  return n_orphans;
}

static Client *
ensure_client (LiveClients *self, const char *name, GError **error)
{
  Client *client = g_hash_table_lookup (self->clients, name);

  if (client != NULL)
    return client;

  if (g_hash_table_size (self->clients) >= LIVE_CLIENTS_MAX)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   "%u callers hold something already", LIVE_CLIENTS_MAX);
      return NULL;
    }

  client = g_new0 (Client, 1);
  client->owner = self;
  client->name = g_strdup (name);
  client->calls = g_ptr_array_new_with_free_func (g_object_unref);
  /* Also tells when the name left before the watch stood. */
  client->watch_id = g_bus_watch_name_on_connection (
      self->connection, name, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_name_vanished, client, NULL);
  g_hash_table_insert (self->clients, client->name, client);
  return client;
}

LiveClients *
live_clients_new (GDBusConnection *connection, const LiveClientsEvents *events, gpointer data)
{
  LiveClients *self = g_new0 (LiveClients, 1);

  self->connection = g_object_ref (connection);
  self->events = events;
  self->events_data = data;
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_client);
  return self;
}

void
live_clients_free (LiveClients *self)
{
  g_autoptr (GPtrArray) calls = NULL;
  GHashTableIter iter;
  gpointer value;

  if (self == NULL)
    return;

  calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Client *client = value;

      g_ptr_array_extend (calls, client->calls, (GCopyFunc) (void (*) (void)) g_object_ref, NULL);
    }

  for (guint i = 0; i < calls->len; i++)
    g_cancellable_cancel (g_ptr_array_index (calls, i));

  g_hash_table_unref (self->clients);
  g_object_unref (self->connection);
  g_free (self);
}

GCancellable *
live_clients_enter (LiveClients *self, const char *name, GError **error)
{
  Client *client = ensure_client (self, name, error);
  GCancellable *cancellable;

  if (client == NULL)
    return NULL;

  if (client->calls->len >= LIVE_CLIENTS_MAX_CALLS)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   "%u calls of this caller wait already", LIVE_CLIENTS_MAX_CALLS);
      return NULL;
    }

  cancellable = g_cancellable_new ();
  g_ptr_array_add (client->calls, g_object_ref (cancellable));
  return cancellable;
}

void
live_clients_leave (LiveClients *self, const char *name, GCancellable *cancellable)
{
  Client *client = g_hash_table_lookup (self->clients, name);

  /* Gone when the name left first. */
  if (client != NULL && g_ptr_array_remove_fast (client->calls, cancellable))
    drop_if_idle (self, client);
}

static void
on_credentials (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) credentials = NULL;
  Client *client = data;

  if (reply == NULL)
    {
      /* Cancelled: the client is gone, data must not be touched. */
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_clear_object (&client->asking);
      return;
    }

  /* A reply may win the race with cancel() by one iteration, but GTask returns the error then,
   * so here the client still stands. */
  g_clear_object (&client->asking);
  credentials = g_variant_get_child_value (reply, 0);
  if (g_variant_lookup (credentials, "ProcessID", "u", &client->pid) && client->has_hold)
    tell_holds (client->owner);
}

static void
ask_pid (LiveClients *self, Client *client)
{
  if (client->pid != 0 || client->asking != NULL)
    return;

  client->asking = g_cancellable_new ();
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionCredentials",
                          g_variant_new ("(s)", client->name), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, -1, client->asking, on_credentials, client);
}

gboolean
live_clients_hold (LiveClients *self,
                   const char *name,
                   const char *reason,
                   gboolean is_detached,
                   GError **error)
{
  Client *client;

  if (reason == NULL)
    reason = "";
  if (strlen (reason) > LIVE_CLIENTS_MAX_REASON_BYTES)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                   "option “reason” is longer than %u bytes", LIVE_CLIENTS_MAX_REASON_BYTES);
      return FALSE;
    }

  client = ensure_client (self, name, error);
  if (client == NULL)
    return FALSE;

  if (is_detached && count_orphans_unlike (self, reason) >= LIVE_CLIENTS_MAX_ORPHANS)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   "%u detached holds exist already; StopListening ends them",
                   LIVE_CLIENTS_MAX_ORPHANS);
      drop_if_idle (self, client);
      return FALSE;
    }

  /* Nothing can fail any more, so what is replaced is not lost. */
  if (is_detached)
    drop_orphans_like (self, reason);
  if (!client->has_hold)
    client->since_us = g_get_real_time ();
  client->has_hold = TRUE;
  client->is_detached = is_detached;
  g_free (client->reason);
  client->reason = g_strdup (reason);
  ask_pid (self, client);
  tell_holds (self);
  return TRUE;
}

static gboolean
release_matching (LiveClients *self, gboolean only_orphans)
{
  GHashTableIter iter;
  gpointer value;
  gboolean any = FALSE;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Client *client = value;

      if (only_orphans && client->watch_id != 0)
        continue;
      any |= end_hold (client);
      if (!is_needed (client))
        g_hash_table_iter_remove (&iter);
    }

  if (any)
    tell_holds (self);
  return any;
}

gboolean
live_clients_release (LiveClients *self, const char *name)
{
  Client *client = g_hash_table_lookup (self->clients, name);

  if (client == NULL || !end_hold (client))
    return release_matching (self, TRUE);

  drop_if_idle (self, client);
  tell_holds (self);
  return TRUE;
}

void
live_clients_release_all (LiveClients *self)
{
  release_matching (self, FALSE);
}

gboolean
live_clients_has_holds (LiveClients *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Client *) value)->has_hold)
      return TRUE;

  return FALSE;
}

static int
compare_since (gconstpointer a, gconstpointer b)
{
  const Client *first = *(const Client *const *) a;
  const Client *second = *(const Client *const *) b;

  return first->since_us < second->since_us ? -1 : first->since_us > second->since_us;
}

GVariant *
live_clients_describe_holds (LiveClients *self)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Client *) value)->has_hold)
      g_ptr_array_add (sorted, value);

  g_ptr_array_sort (sorted, compare_since);
  for (guint i = 0; i < sorted->len; i++)
    {
      const Client *client = g_ptr_array_index (sorted, i);

      g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{sv}"));
      g_variant_builder_add (&builder, "{sv}", "name", g_variant_new_string (client->name));
      g_variant_builder_add (&builder, "{sv}", "pid", g_variant_new_uint32 (client->pid));
      g_variant_builder_add (&builder, "{sv}", "reason", g_variant_new_string (client->reason));
      g_variant_builder_add (&builder, "{sv}", "since",
                             g_variant_new_uint64 ((guint64) client->since_us));
      g_variant_builder_add (&builder, "{sv}", "detached",
                             g_variant_new_boolean (client->is_detached));
      g_variant_builder_close (&builder);
    }

  return g_variant_builder_end (&builder);
}

gboolean
live_clients_subscribe (LiveClients *self, const char *name, gboolean on, GError **error)
{
  Client *client =
      on ? ensure_client (self, name, error) : g_hash_table_lookup (self->clients, name);

  if (client == NULL)
    return !on;

  set_subscribed (self, client, on);
  drop_if_idle (self, client);
  return TRUE;
}

void
live_clients_send_levels (LiveClients *self, GVariant *parameters)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (parameters);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Client *client = value;

      if (client->wants_levels)
        g_dbus_connection_emit_signal (self->connection, client->name, LIVE_OBJECT_PATH,
                                       LIVE_IFACE_AUDIO, "Levels", owned, NULL);
    }
}

void
live_clients_dump (LiveClients *self, GString *out)
{
  GHashTableIter iter;
  gpointer value;

  g_string_append_printf (out, "clients: %u\n", g_hash_table_size (self->clients));
  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Client *client = value;

      g_string_append_printf (out, "  %s: pid %u, waiting calls %u, hold %s, levels %s\n",
                              client->name, client->pid, client->calls->len,
                              !client->has_hold     ? "no"
                              : client->is_detached ? "detached"
                                                    : "yes",
                              client->wants_levels ? "yes" : "no");
    }
}
