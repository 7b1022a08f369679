/* Owns: the object with org.lived.Live1.ToolProvider, and which tools and calls there are.
 * Thread: main only.
 * Called by: cmd-tool's and cmd-mcp's parts. */
#include "livectl-provider.h"

#include <string.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "live-dbus.h"

#define PROVIDER_PATH "/org/lived/livectl/provider"
/* The daemon's own limit comes first; ours is for a daemon that forgot the call. */
#define LIMIT_SLACK_MS 5000
#define LIMIT_MS 20000

typedef struct
{
  char *declaration;
  GVariant *options;
} Tool;

typedef struct
{
  LivectlCall public; /* first, for the casts */
  LivectlProvider *provider;
  GDBusMethodInvocation *invocation;
  guint limit_ms;
  guint limit_id;
  gboolean is_running; /* else it waits for its turn */
} Call;

struct _LivectlProvider
{
  LivectlContext *ctx;
  LivectlProviderHooks hooks;
  guint object_id;
  GHashTable *tools; /* name -> Tool */
  GPtrArray *calls;  /* of Call, in the order in which they came */
  guint n_running;
  GPtrArray *registrations; /* of Registration, that have not come back */
  gboolean has_started;     /* the daemon was there, or was asked to come */
};

typedef struct
{
  LivectlProvider *provider;
  char *name;
} Registration;

static void
free_tool (gpointer data)
{
  Tool *tool = data;

  g_free (tool->declaration);
  g_variant_unref (tool->options);
  g_free (tool);
}

static void
free_registration (gpointer data)
{
  Registration *registration = data;

  g_free (registration->name);
  g_free (registration);
}

static void
free_call (gpointer data)
{
  Call *call = data;

  g_clear_handle_id (&call->limit_id, g_source_remove);
  g_clear_object (&call->invocation);
  g_free ((char *) call->public.id);
  g_free ((char *) call->public.tool);
  g_free ((char *) call->public.arguments_json);
  g_free (call);
}

static void
start_waiting (LivectlProvider *provider)
{
  for (guint i = 0; i < provider->calls->len; i++)
    {
      Call *call = g_ptr_array_index (provider->calls, i);

      if (provider->n_running >= LIVECTL_PROVIDER_MAX_RUNNING)
        return;
      if (call->is_running)
        continue;

      call->is_running = TRUE;
      provider->n_running++;
      provider->hooks.start (&call->public, provider->hooks.data);
      /* It may have ended at once, and others with it. */
      i = (guint) -1;
    }
}

/* Takes the call off the list and lets the next one in; the reply has been given. */
static void
end_call (LivectlProvider *provider, Call *call)
{
  if (call->is_running)
    provider->n_running--;
  g_ptr_array_remove (provider->calls, call);
  if (!provider->ctx->is_finished)
    start_waiting (provider);
}

static void
stop_call (LivectlProvider *provider, Call *call, const char *reason)
{
  if (call->is_running)
    provider->hooks.stop (&call->public, reason, provider->hooks.data);
  g_dbus_method_invocation_return_error (g_steal_pointer (&call->invocation), LIVE_ERROR,
                                         LIVE_ERROR_INTERRUPTED, "The call is over: %s", reason);
  end_call (provider, call);
}

void
livectl_provider_stop_all (LivectlProvider *provider, const char *reason)
{
  /* From the end, so that none that waits is started by the end of one before it. */
  while (provider->calls->len > 0)
    stop_call (provider, g_ptr_array_index (provider->calls, provider->calls->len - 1), reason);
}

void
livectl_provider_return (LivectlProvider *provider, LivectlCall *public, const char *result_json)
{
  Call *call = (Call *) public;

  g_dbus_method_invocation_return_value (g_steal_pointer (&call->invocation),
                                         g_variant_new ("(s)", result_json));
  end_call (provider, call);
}

void
livectl_provider_fail (LivectlProvider *provider, LivectlCall *public, const char *message)
{
  Call *call = (Call *) public;

  g_dbus_method_invocation_return_error_literal (g_steal_pointer (&call->invocation), LIVE_ERROR,
                                                 LIVE_ERROR_FAILED, message);
  end_call (provider, call);
}

static void
on_part_sent (LivectlContext *ctx,
              GVariant *reply,
              GUnixFDList *fds,
              const GError *error,
              gpointer data)
{
  /* A part that came too late is no loss: the call's end tells the rest. */
}

static gboolean
on_limit (gpointer data)
{
  Call *call = data;

  call->limit_id = 0;
  stop_call (call->provider, call, "timeout");
  return G_SOURCE_REMOVE;
}

static void
arm_limit (Call *call)
{
  g_clear_handle_id (&call->limit_id, g_source_remove);
  call->limit_id = g_timeout_add (call->limit_ms + LIMIT_SLACK_MS, on_limit, call);
}

void
livectl_provider_part (LivectlProvider *provider, LivectlCall *public, const char *result_json)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "will-continue", g_variant_new_boolean (TRUE));
  livectl_proxy_call (provider->ctx, LIVECTL_TOOLS, "Respond",
                      g_variant_new ("(ssa{sv})", public->id, result_json, &options),
                      LIVECTL_CALL_MS, on_part_sent, NULL);
  arm_limit ((Call *) public);
}

static Call *
find_call (LivectlProvider *provider, const char *id)
{
  for (guint i = 0; i < provider->calls->len; i++)
    {
      Call *call = g_ptr_array_index (provider->calls, i);

      if (strcmp (call->public.id, id) == 0)
        return call;
    }

  return NULL;
}

static void
invoke (LivectlProvider *provider, GVariant *params, GDBusMethodInvocation *invocation)
{
  g_autoptr (GVariant) context = NULL;
  const char *id = NULL;
  const char *name = NULL;
  const char *arguments = NULL;
  Call *call = NULL;

  g_variant_get (params, "(&s&s&s@a{sv})", &id, &name, &arguments, &context);
  if (!g_hash_table_contains (provider->tools, name))
    {
      g_dbus_method_invocation_return_error (invocation, LIVE_ERROR, LIVE_ERROR_NOT_FOUND,
                                             "There is no tool %s here", name);
      return;
    }
  if (provider->calls->len >= LIVECTL_PROVIDER_MAX_RUNNING + LIVECTL_PROVIDER_MAX_WAITING)
    {
      g_dbus_method_invocation_return_error (invocation, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                                             "Too many calls of this program at a time");
      return;
    }

  call = g_new0 (Call, 1);
  call->provider = provider;
  call->invocation = invocation;
  call->public.id = g_strdup (id);
  call->public.tool = g_strdup (name);
  call->public.arguments_json = g_strdup (arguments);
  call->limit_ms = LIMIT_MS;
  g_variant_lookup (context, "timeout-ms", "u", &call->limit_ms);
  call->limit_ms = MIN (call->limit_ms, 600000);
  arm_limit (call);
  g_ptr_array_add (provider->calls, call);
  start_waiting (provider);
}

static void
on_method_call (GDBusConnection *bus,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *params,
                GDBusMethodInvocation *invocation,
                gpointer data)
{
  LivectlProvider *provider = data;

  if (provider->ctx->is_finished || g_strcmp0 (sender, provider->ctx->daemon) != 0)
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                             "Only %s may call tools", LIVE_BUS_NAME);
      return;
    }

  if (strcmp (method, "Invoke") == 0)
    invoke (provider, params, invocation);
  else
    {
      const char *id = NULL;
      const char *reason = NULL;
      Call *call = NULL;

      g_variant_get (params, "(&s&s)", &id, &reason);
      call = find_call (provider, id);
      g_dbus_method_invocation_return_value (invocation, NULL);
      if (call != NULL)
        stop_call (provider, call, reason);
    }
}

static void
on_registered (LivectlContext *ctx,
               GVariant *reply,
               GUnixFDList *fds,
               const GError *error,
               gpointer data)
{
  Registration *registration = data;
  LivectlProvider *provider = registration->provider;

  provider->hooks.registered (registration->name, error, provider->hooks.data);
  g_ptr_array_remove_fast (provider->registrations, registration);
}

static GVariant *
build_options (GVariant *own)
{
  GVariantBuilder options;
  GVariantIter iter;
  GVariant *entry = NULL;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "object-path",
                         g_variant_new_object_path (PROVIDER_PATH));
  g_variant_iter_init (&iter, own);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_variant_builder_add_value (&options, entry);
      g_variant_unref (entry);
    }

  return g_variant_builder_end (&options);
}

static void
register_tool (LivectlProvider *provider, const char *name, Tool *tool)
{
  Registration *registration = NULL;

  if (provider->ctx->daemon == NULL)
    return;

  registration = g_new0 (Registration, 1);
  registration->provider = provider;
  registration->name = g_strdup (name);
  g_ptr_array_add (provider->registrations, registration);
  livectl_proxy_call (provider->ctx, LIVECTL_TOOLS, "RegisterTool",
                      g_variant_new ("(s@a{sv})", tool->declaration, build_options (tool->options)),
                      LIVECTL_CALL_MS, on_registered, registration);
}

static void
register_all (LivectlProvider *provider)
{
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer tool = NULL;

  g_hash_table_iter_init (&iter, provider->tools);
  while (g_hash_table_iter_next (&iter, &name, &tool))
    register_tool (provider, name, tool);
}

static void
on_woken (LivectlContext *ctx,
          GVariant *reply,
          GUnixFDList *fds,
          const GError *error,
          gpointer data)
{
  if (error != NULL)
    livectl_context_fail (ctx, error);
}

static void
on_presence (LivectlContext *ctx, gboolean is_present, gpointer data)
{
  LivectlProvider *provider = data;
  gboolean is_first = !provider->has_started;

  provider->has_started = TRUE;
  if (!is_present)
    livectl_provider_stop_all (provider, "daemon-gone");

  if (is_present)
    register_all (provider);
  else if (is_first && !ctx->no_autostart)
    {
      /* Any call starts it. Later it is left alone: somebody may have stopped it on purpose. */
      livectl_proxy_call (ctx, LIVECTL_TOOLS, "ListTools", g_variant_new ("(a{sv})", NULL),
                          LIVECTL_CALL_MS, on_woken, NULL);
      return;
    }

  if (provider->hooks.presence != NULL)
    provider->hooks.presence (is_present, provider->hooks.data);
}

LivectlProvider *
livectl_provider_new (LivectlContext *ctx, const LivectlProviderHooks *hooks)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  LivectlProvider *provider = g_new0 (LivectlProvider, 1);
  g_autoptr (GError) error = NULL;

  provider->ctx = ctx;
  provider->hooks = *hooks;
  provider->tools = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_tool);
  provider->calls = g_ptr_array_new_with_free_func (free_call);
  provider->registrations = g_ptr_array_new_with_free_func (free_registration);
  provider->object_id = g_dbus_connection_register_object (
      ctx->bus, PROVIDER_PATH, live_dbus_tool_provider_interface_info (), &vtable, provider, NULL,
      &error);
  if (provider->object_id == 0)
    livectl_context_fail (ctx, error);
  else
    livectl_proxy_watch (ctx, on_presence, provider);
  return provider;
}

void
livectl_provider_free (LivectlProvider *provider)
{
  if (provider->object_id != 0)
    g_dbus_connection_unregister_object (provider->ctx->bus, provider->object_id);
  g_ptr_array_unref (provider->calls);
  g_ptr_array_unref (provider->registrations);
  g_hash_table_unref (provider->tools);
  g_free (provider);
}

void
livectl_provider_add (LivectlProvider *provider,
                      const char *name,
                      const char *declaration_json,
                      GVariant *options)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (options);
  Tool *tool = g_hash_table_lookup (provider->tools, name);

  if (tool != NULL && strcmp (tool->declaration, declaration_json) == 0 &&
      g_variant_equal (tool->options, sunk))
    return;

  tool = g_new0 (Tool, 1);
  tool->declaration = g_strdup (declaration_json);
  tool->options = g_steal_pointer (&sunk);
  g_hash_table_insert (provider->tools, g_strdup (name), tool);
  register_tool (provider, name, tool);
}

static void
on_unregistered (LivectlContext *ctx,
                 GVariant *reply,
                 GUnixFDList *fds,
                 const GError *error,
                 gpointer data)
{
  /* NotFound: it was never taken. */
}

void
livectl_provider_remove (LivectlProvider *provider, const char *name)
{
  g_autofree char *kept = g_strdup (name);

  if (!g_hash_table_remove (provider->tools, name) || provider->ctx->daemon == NULL)
    return;

  livectl_proxy_call (provider->ctx, LIVECTL_TOOLS, "UnregisterTool", g_variant_new ("(s)", kept),
                      LIVECTL_CALL_MS, on_unregistered, NULL);
}

const char **
livectl_provider_list (LivectlProvider *provider)
{
  return (const char **) g_hash_table_get_keys_as_array (provider->tools, NULL);
}
