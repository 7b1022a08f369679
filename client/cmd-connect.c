/* Owns: livectl connect, disconnect and new: the session's coming and going.
 * Thread: main only.
 * Called by: main.c. */
#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-props.h"
#include "livectl-rows.h"

static const char *const shown[] = { "State", "Model", "Voice", "ConversationId", "ContextOrigin" };

typedef struct
{
  LivectlProps *props;
} State;

static void
print_json (LivectlProps *props)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    {
      g_autofree char *key = livectl_out_key (shown[i]);
      GVariant *value = livectl_props_get (props, shown[i]);

      if (value != NULL)
        livectl_out_json_member (builder, key, value);
    }
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
on_connected_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;
  g_autofree char *model =
      livectl_out_clean (livectl_props_get_string (state->props, "Model"), FALSE);

  if (ctx->is_json)
    print_json (state->props);
  else
    livectl_out_line (_ ("Online with %s."), model);
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
on_connected (LivectlContext *ctx,
              GVariant *reply,
              GUnixFDList *fds,
              const GError *error,
              gpointer data)
{
  State *state = data;

  if (error != NULL)
    livectl_context_fail (ctx, error);
  else
    {
      state->props = livectl_props_new (ctx, FALSE, FALSE, on_connected_props, state);
      livectl_props_read (state->props);
    }
}

static void
on_disconnected (LivectlContext *ctx,
                 GVariant *reply,
                 GUnixFDList *fds,
                 const GError *error,
                 gpointer data)
{
  if (error == NULL && ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "state");
      json_builder_add_string_value (builder, "offline");
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  livectl_proxy_done (ctx, reply, fds, error, data);
}

static void
on_renewed (LivectlContext *ctx,
            GVariant *reply,
            GUnixFDList *fds,
            const GError *error,
            gpointer data)
{
  g_autoptr (GVariant) id = NULL;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  id = g_variant_get_child_value (reply, 0);
  if (ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      livectl_out_json_member (builder, "conversation-id", id);
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    {
      g_autofree char *clean = livectl_out_clean (g_variant_get_string (id, NULL), FALSE);

      livectl_out_line (_ ("A new conversation: %s"), clean);
    }
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
run_connect (LivectlContext *ctx, gpointer state)
{
  livectl_proxy_watch (ctx, NULL, NULL);
  livectl_proxy_call (ctx, LIVECTL_SESSION, "Connect", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CONNECT_MS), on_connected, state);
}

static void
run_disconnect (LivectlContext *ctx, gpointer state)
{
  livectl_proxy_call (ctx, LIVECTL_SESSION, "Disconnect", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_disconnected, state);
}

static void
run_new (LivectlContext *ctx, gpointer state)
{
  livectl_proxy_call (ctx, LIVECTL_SESSION, "NewConversation", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_renewed, state);
}

static void
clear (gpointer data)
{
  State *state = data;

  g_clear_pointer (&state->props, livectl_props_free);
}

const LivectlCommand livectl_connect = {
  .name = "connect",
  .summary = N_ ("Connect to the service and wait until that is done"),
  .description = N_ ("Returns when the session is online, or with the reason why it is not.\n"
                     "Verbs that need the session connect by themselves."),
  .state_bytes = sizeof (State),
  .run = run_connect,
  .clear = clear,
};

const LivectlCommand livectl_disconnect = {
  .name = "disconnect",
  .summary = N_ ("Close the connection; the conversation can go on later"),
  .description = N_ ("The daemon stays off until somebody connects, sends or listens. It still\n"
                     "knows the conversation. “livectl new” forgets it."),
  .run = run_disconnect,
};

const LivectlCommand livectl_new = {
  .name = "new",
  .summary = N_ ("Forget the conversation and begin a new one"),
  .run = run_new,
};
