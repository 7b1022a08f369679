/* Owns: the connection to the session bus and every call on it.
 * Thread: main only.
 * Called by: main.c (open, close) and the verbs. */
#include "livectl-proxy.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "live-dbus.h"
#include "livectl-error.h"

#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define OPEN_MS 10000

typedef struct
{
  LivectlContext *ctx;
  LivectlReplyFunc func;
  gpointer data;
  gboolean is_optional; /* an unknown interface reads as one without properties */
} Call;

typedef struct
{
  LivectlContext *ctx;
  LivectlSignalFunc func;
  gpointer data;
} Subscription;

typedef struct
{
  LivectlContext *ctx;
  LivectlPresenceFunc func;
  gpointer data;
  gboolean was_present;
} Watch;

typedef struct
{
  LivectlContext *ctx;
  void (*ready) (LivectlContext *ctx);
  GCancellable *cancellable;
  guint timeout_id;
} Opening;

static GDBusInterfaceInfo *
get_info (LivectlInterface interface)
{
  switch (interface)
    {
    case LIVECTL_SESSION:
      return live_dbus_session_interface_info ();
    case LIVECTL_AUDIO:
      return live_dbus_audio_interface_info ();
    case LIVECTL_MANAGER:
      return live_dbus_manager_interface_info ();
    case LIVECTL_TOOLS:
      return live_dbus_tools_interface_info ();
    }
  g_assert_not_reached ();
}

const char *
livectl_proxy_interface_name (LivectlInterface interface)
{
  return get_info (interface)->name;
}

const GDBusSignalInfo *
livectl_proxy_signal_info (const char *interface, const char *member)
{
  for (guint i = LIVECTL_SESSION; i <= LIVECTL_TOOLS; i++)
    if (strcmp (get_info (i)->name, interface) == 0)
      return g_dbus_interface_info_lookup_signal (get_info (i), member);

  return NULL;
}

static void
on_bus_closed (GDBusConnection *bus, gboolean remote_peer_vanished, GError *error, gpointer data)
{
  g_autoptr (GError) closed = g_error_new_literal (LIVECTL_ERROR, LIVECTL_ERROR_NO_BUS,
                                                   _ ("the bus closed the connection"));

  livectl_context_fail (data, closed);
}

static void
free_opening (Opening *opening)
{
  g_clear_handle_id (&opening->timeout_id, g_source_remove);
  g_clear_object (&opening->cancellable);
  g_free (opening);
}

static gboolean
on_open_timeout (gpointer data)
{
  Opening *opening = data;
  g_autoptr (GError) error =
      g_error_new_literal (LIVECTL_ERROR, LIVECTL_ERROR_NO_BUS, _ ("the bus does not answer"));

  opening->timeout_id = 0;
  livectl_context_fail (opening->ctx, error);
  return G_SOURCE_REMOVE;
}

static void
on_bus_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  Opening *opening = data;
  LivectlContext *ctx = opening->ctx;
  void (*ready) (LivectlContext *) = opening->ready;
  g_autoptr (GError) error = NULL;

  ctx->bus = g_bus_get_finish (result, &error);
  ctx->n_pending--;
  free_opening (opening);

  if (ctx->bus != NULL)
    {
      /* GIO would kill the process without a word. */
      g_dbus_connection_set_exit_on_close (ctx->bus, FALSE);
      g_signal_connect (ctx->bus, "closed", G_CALLBACK (on_bus_closed), ctx);
    }
  if (ctx->is_finished)
    return;

  if (ctx->bus == NULL)
    {
      g_autoptr (GError) no_bus =
          g_error_new_literal (LIVECTL_ERROR, LIVECTL_ERROR_NO_BUS, error->message);

      livectl_context_fail (ctx, no_bus);
      return;
    }

  ready (ctx);
}

void
livectl_proxy_open (LivectlContext *ctx, void (*ready) (LivectlContext *ctx))
{
  Opening *opening = g_new0 (Opening, 1);

  live_error_quark (); /* registers the daemon's error names with GDBus */
  opening->ctx = ctx;
  opening->ready = ready;
  opening->cancellable = g_object_ref (ctx->cancellable);
  opening->timeout_id = g_timeout_add (OPEN_MS, on_open_timeout, opening);
  ctx->n_pending++;
  g_bus_get (G_BUS_TYPE_SESSION, ctx->cancellable, on_bus_opened, opening);
}

/* The type of the tuple that a method returns, as the contract has it. */
static GVariantType *
get_reply_type (LivectlInterface interface, const char *method)
{
  GDBusMethodInfo *info = g_dbus_interface_info_lookup_method (get_info (interface), method);
  g_autoptr (GString) type = g_string_new ("(");

  g_assert (info != NULL);
  for (guint i = 0; info->out_args != NULL && info->out_args[i] != NULL; i++)
    g_string_append (type, info->out_args[i]->signature);
  g_string_append_c (type, ')');
  return g_variant_type_new (type->str);
}

static gboolean
is_unknown_interface (const GError *error)
{
  /* Before GLib 2.80 an object without the interface says InvalidArgs. */
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
}

static void
on_call_replied (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Call *call = data;
  LivectlContext *ctx = call->ctx;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), &fds, result, &error);

  ctx->n_pending--;
  if (ctx->is_finished)
    return;

  if (reply == NULL && call->is_optional && is_unknown_interface (error))
    {
      g_clear_error (&error);
      reply = g_variant_ref_sink (g_variant_new ("(@a{sv})", g_variant_new ("a{sv}", NULL)));
    }

  call->func (ctx, reply, fds, error, call->data);
}

static void
start_call (Call *call,
            const char *interface,
            const char *method,
            GVariant *args,
            const GVariantType *reply_type,
            int timeout_ms)
{
  LivectlContext *ctx = call->ctx;

  ctx->n_pending++;
  g_dbus_connection_call_with_unix_fd_list (
      ctx->bus, LIVE_BUS_NAME, LIVE_OBJECT_PATH, interface, method, args, reply_type,
      ctx->no_autostart ? G_DBUS_CALL_FLAGS_NO_AUTO_START : G_DBUS_CALL_FLAGS_NONE, timeout_ms,
      NULL, ctx->cancellable, on_call_replied, call);
}

static Call *
call_new (LivectlContext *ctx, LivectlReplyFunc func, gpointer data)
{
  Call *call = g_new0 (Call, 1);

  call->ctx = ctx;
  call->func = func;
  call->data = data;
  return call;
}

void
livectl_proxy_call (LivectlContext *ctx,
                    LivectlInterface interface,
                    const char *method,
                    GVariant *args,
                    int timeout_ms,
                    LivectlReplyFunc func,
                    gpointer data)
{
  g_autoptr (GVariantType) reply_type = get_reply_type (interface, method);

  start_call (call_new (ctx, func, data), livectl_proxy_interface_name (interface), method, args,
              reply_type, timeout_ms);
}

void
livectl_proxy_get_all (LivectlContext *ctx,
                       LivectlInterface interface,
                       LivectlReplyFunc func,
                       gpointer data)
{
  Call *call = call_new (ctx, func, data);

  call->is_optional = TRUE;
  start_call (call, PROPERTIES_INTERFACE, "GetAll",
              g_variant_new ("(s)", livectl_proxy_interface_name (interface)),
              G_VARIANT_TYPE ("(a{sv})"), livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS));
}

void
livectl_proxy_set (LivectlContext *ctx,
                   LivectlInterface interface,
                   const char *property,
                   GVariant *value,
                   LivectlReplyFunc func,
                   gpointer data)
{
  g_assert (g_dbus_interface_info_lookup_property (get_info (interface), property) != NULL);
  start_call (call_new (ctx, func, data), PROPERTIES_INTERFACE, "Set",
              g_variant_new ("(ssv)", livectl_proxy_interface_name (interface), property, value),
              G_VARIANT_TYPE_UNIT, livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS));
}

void
livectl_proxy_done (LivectlContext *ctx,
                    GVariant *reply,
                    GUnixFDList *fds,
                    const GError *error,
                    gpointer data)
{
  if (error != NULL)
    livectl_context_fail (ctx, error);
  else
    livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
on_signal (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *member,
           GVariant *params,
           gpointer data)
{
  Subscription *subscription = data;

  if (!subscription->ctx->is_finished)
    subscription->func (subscription->ctx, interface, member, params, subscription->data);
}

void
livectl_proxy_subscribe (LivectlContext *ctx, LivectlSignalFunc func, gpointer data)
{
  Subscription *subscription = g_new0 (Subscription, 1);
  guint id;

  subscription->ctx = ctx;
  subscription->func = func;
  subscription->data = data;
  id = g_dbus_connection_signal_subscribe (ctx->bus, LIVE_BUS_NAME, NULL, NULL, LIVE_OBJECT_PATH,
                                           NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, subscription,
                                           g_free);
  if (ctx->subscriptions == NULL)
    ctx->subscriptions = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_append_val (ctx->subscriptions, id);
}

static void
tell_presence (Watch *watch, gboolean is_present)
{
  gboolean was_present = watch->was_present;

  watch->was_present = is_present;
  if (watch->ctx->is_finished)
    return;

  if (watch->func != NULL)
    watch->func (watch->ctx, is_present, watch->data);
  else if (was_present && !is_present)
    {
      g_autoptr (GError) error = g_error_new_literal (LIVECTL_ERROR, LIVECTL_ERROR_GONE, "");

      livectl_context_fail (watch->ctx, error);
    }
}

static void
on_name_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer data)
{
  Watch *watch = data;

  g_free (watch->ctx->daemon);
  watch->ctx->daemon = g_strdup (owner);
  tell_presence (data, TRUE);
}

static void
on_name_vanished (GDBusConnection *bus, const char *name, gpointer data)
{
  Watch *watch = data;

  g_clear_pointer (&watch->ctx->daemon, g_free);
  tell_presence (data, FALSE);
}

void
livectl_proxy_watch (LivectlContext *ctx, LivectlPresenceFunc func, gpointer data)
{
  Watch *watch = g_new0 (Watch, 1);

  g_assert (ctx->watch_id == 0);
  watch->ctx = ctx;
  watch->func = func;
  watch->data = data;
  ctx->watch_id =
      g_bus_watch_name_on_connection (ctx->bus, LIVE_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                      on_name_appeared, on_name_vanished, watch, g_free);
}

void
livectl_proxy_close (LivectlContext *ctx)
{
  if (ctx->bus == NULL)
    return;

  g_clear_handle_id (&ctx->watch_id, g_bus_unwatch_name);
  g_clear_pointer (&ctx->daemon, g_free);
  for (guint i = 0; ctx->subscriptions != NULL && i < ctx->subscriptions->len; i++)
    g_dbus_connection_signal_unsubscribe (ctx->bus, g_array_index (ctx->subscriptions, guint, i));
  g_clear_pointer (&ctx->subscriptions, g_array_unref);
  g_signal_handlers_disconnect_by_data (ctx->bus, ctx);
  g_clear_object (&ctx->bus);
}
