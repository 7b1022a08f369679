/* Owns: the methods, property and signals of org.lived.Live1.Tools, and the tools behind them.
 * Thread: main.
 * Called by: bus/live-service.c, GDBus for each call, core/live-tools*.c for each event. */
#include "bus/live-tools-face.h"

#include <string.h>

#include "base/live-error.h"
#include "bus/live-options.h"
#include "bus/live-tool-agent.h"
#include "bus/live-tool-peer.h"
#include "bus/live-tool-static.h"
#include "bus/live-tool-words.h"
#include "machine/live-tool-ledger.h"

#define HANDLED TRUE

struct _LiveToolsFace
{
  LiveDbusToolsSkeleton parent;
  LiveFace *face; /* borrowed */
  LiveTools *tools;
  LiveToolPeers *peers;
  LiveToolAgents *agents;
  LiveToolStatic *files;
};

typedef LiveDbusToolsSkeletonClass LiveToolsFaceClass;

G_DEFINE_TYPE (LiveToolsFace, live_tools_face, LIVE_DBUS_TYPE_TOOLS_SKELETON)

/* A CallTool in progress. */
typedef struct
{
  LiveToolsFace *face;
  LiveCall *call;
  char *name; /* of the ledger's call; NULL while it is being begun */
  gulong cancelled_id;
  gboolean is_done;
} ByHand;

static void
on_invoke (const LiveToolsCall *call, gpointer data)
{
  LiveToolsFace *self = data;

  live_face_flush (self->face);
  live_tool_peers_invoke (self->peers, call);
}

static void
on_cancel (const LiveToolsCall *call, const char *reason, gpointer data)
{
  live_tool_peers_cancel (((LiveToolsFace *) data)->peers, call, reason);
}

static gboolean
on_ask (const LiveToolsCall *call, gpointer data)
{
  return live_tool_agents_ask (((LiveToolsFace *) data)->agents, call);
}

static void
on_withdraw (const char *call, const char *reason, gpointer data)
{
  live_tool_agents_withdraw (((LiveToolsFace *) data)->agents, call, reason);
}

static void
on_finished (const char *call,
             const char *name,
             const char *outcome,
             guint64 duration_us,
             gpointer data)
{
  LiveToolsFace *self = data;

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "LIVE_CALL", call, "LIVE_TOOL", name,
                    "LIVE_OUTCOME", outcome, "MESSAGE",
                    "A call of the tool “%s” ends: %s, after %" G_GUINT64_FORMAT " ms", name,
                    outcome, duration_us / 1000);
  live_face_flush (self->face);
  live_dbus_tools_emit_tool_call_finished (LIVE_DBUS_TOOLS (self), call, name, outcome,
                                           duration_us);
}

static void
on_changed (gpointer data)
{
  LiveToolsFace *self = data;
  g_auto (GStrv) names = live_tools_list_names (self->tools);

  live_dbus_tools_set_tools (LIVE_DBUS_TOOLS (self), (const char *const *) names);
}

static const char *
on_runs_as (const char *owner, gpointer data)
{
  return live_tool_peers_runs_as (((LiveToolsFace *) data)->peers, owner);
}

static const LiveToolsEvents tools_events = {
  .invoke = on_invoke,
  .cancel = on_cancel,
  .ask = on_ask,
  .withdraw = on_withdraw,
  .finished = on_finished,
  .changed = on_changed,
  .runs_as = on_runs_as,
};

static gboolean
read_blocking (int blocking, LiveToolDeclaration *declaration, GError **error)
{
  LiveToolBehavior wish = blocking ? LIVE_TOOL_BEHAVIOR_BLOCKING : LIVE_TOOL_BEHAVIOR_NON_BLOCKING;

  if (blocking < 0)
    return TRUE;
  if (declaration->behavior != LIVE_TOOL_BEHAVIOR_MODEL && declaration->behavior != wish)
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                           "option “blocking” and the declaration's “behavior” differ");
      return FALSE;
    }

  declaration->behavior = wish;
  return TRUE;
}

static gboolean
read_offer (GVariant *options,
            LiveToolDeclaration *declaration,
            LiveToolOffer *offer,
            GError **error)
{
  const char *confirm = NULL;
  guint32 timeout_ms = 0;
  gboolean blocking = -1;
  gboolean has_timeout = g_variant_lookup (options, "timeout-ms", "u", &timeout_ms);
  const LiveOption table[] = { { "object-path", 'o', &offer->object_path },
                               { "timeout-ms", 'u', &timeout_ms },
                               { "scheduling", 's', &offer->scheduling },
                               { "blocking", 'b', &blocking },
                               { "confirm", 's', &confirm } };

  if (!live_options_read (options, table, G_N_ELEMENTS (table), error) ||
      !live_tool_words_scheduling (&offer->scheduling, error) ||
      !live_tool_words_confirm (confirm, &offer->confirm, error) ||
      !read_blocking (blocking, declaration, error))
    return FALSE;

  if (has_timeout && (timeout_ms == 0 || timeout_ms > LIVE_TOOL_MAX_MS))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                   "option “timeout-ms” is %u, not in 1 to %u", timeout_ms, LIVE_TOOL_MAX_MS);
      return FALSE;
    }
  offer->timeout_ms = timeout_ms;
  return TRUE;
}

static gboolean
on_handle_register_tool (LiveDbusTools *skeleton,
                         GDBusMethodInvocation *invocation,
                         const char *declaration_json,
                         GVariant *options,
                         gpointer data)
{
  LiveToolsFace *self = (LiveToolsFace *) skeleton;
  GError *error = NULL;
  g_autoptr (LiveToolDeclaration) declaration = live_tool_schema_read (declaration_json, &error);
  LiveToolOffer offer = { .declaration = declaration,
                          .owner = g_dbus_method_invocation_get_sender (invocation) };

  if (declaration == NULL || !read_offer (options, declaration, &offer, &error) ||
      !live_tool_peers_watch (self->peers, offer.owner, &error) ||
      !live_tools_register (self->tools, &offer, &error))
    return live_face_fail (self->face, invocation, error);

  live_face_return (self->face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_unregister_tool (LiveDbusTools *skeleton,
                           GDBusMethodInvocation *invocation,
                           const char *name,
                           gpointer data)
{
  LiveToolsFace *self = (LiveToolsFace *) skeleton;
  GError *error = NULL;

  if (!live_tools_unregister (self->tools, g_dbus_method_invocation_get_sender (invocation), name,
                              &error))
    return live_face_fail (self->face, invocation, error);

  live_face_return (self->face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_respond (LiveDbusTools *skeleton,
                   GDBusMethodInvocation *invocation,
                   const char *call,
                   const char *result_json,
                   GVariant *options,
                   gpointer data)
{
  LiveToolsFace *self = (LiveToolsFace *) skeleton;
  const char *scheduling = NULL;
  gboolean will_continue = FALSE;
  const LiveOption table[] = { { "scheduling", 's', &scheduling },
                               { "will-continue", 'b', &will_continue } };
  GError *error = NULL;

  if (!live_options_read (options, table, G_N_ELEMENTS (table), &error) ||
      !live_tool_words_scheduling (&scheduling, &error) ||
      !live_tools_result (self->tools, call, g_dbus_method_invocation_get_sender (invocation),
                          result_json, scheduling, will_continue, &error))
    return live_face_fail (self->face, invocation, error);

  live_face_return (self->face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_fail (LiveDbusTools *skeleton,
                GDBusMethodInvocation *invocation,
                const char *call,
                const char *message,
                GVariant *options,
                gpointer data)
{
  LiveToolsFace *self = (LiveToolsFace *) skeleton;
  const char *scheduling = NULL;
  const LiveOption table[] = { { "scheduling", 's', &scheduling } };
  GError *error = NULL;

  if (!live_options_read (options, table, G_N_ELEMENTS (table), &error) ||
      !live_tool_words_scheduling (&scheduling, &error) ||
      !live_tools_fail (self->tools, call, g_dbus_method_invocation_get_sender (invocation),
                        message, scheduling, &error))
    return live_face_fail (self->face, invocation, error);

  live_face_return (self->face, invocation, NULL);
  return HANDLED;
}

static void
free_by_hand (ByHand *by_hand)
{
  g_free (by_hand->name);
  g_free (by_hand);
}

static void
on_done (const char *answer, const GError *error, gpointer data)
{
  ByHand *by_hand = data;

  /* Not g_cancellable_disconnect(), which would wait for the handler that we may be in. */
  if (by_hand->cancelled_id != 0)
    g_signal_handler_disconnect (live_call_get_cancellable (by_hand->call), by_hand->cancelled_id);
  if (error != NULL)
    live_call_fail (by_hand->call, g_error_copy (error));
  else
    live_call_return (by_hand->call, g_variant_new ("(s)", answer));

  by_hand->is_done = TRUE;
  if (by_hand->name != NULL)
    free_by_hand (by_hand);
}

static void
on_caller_gone (GCancellable *cancellable, ByHand *by_hand)
{
  live_tools_abandon (by_hand->face->tools, by_hand->name);
}

static gboolean
on_handle_call_tool (LiveDbusTools *skeleton,
                     GDBusMethodInvocation *invocation,
                     const char *name,
                     const char *arguments_json,
                     GVariant *options,
                     gpointer data)
{
  LiveToolsFace *self = (LiveToolsFace *) skeleton;
  GError *error = NULL;
  ByHand *by_hand;
  LiveCall *call;
  char *began;

  if (!live_options_refuse (options, &error))
    return live_face_fail (self->face, invocation, error);
  call = live_call_begin (self->face, invocation);
  if (call == NULL)
    return HANDLED;

  by_hand = g_new0 (ByHand, 1);
  by_hand->face = self;
  by_hand->call = call;
  began = live_tools_call (self->tools, name, arguments_json, on_done, by_hand, &error);
  by_hand->name = began;
  if (began == NULL)
    live_call_fail (call, error);
  if (began == NULL || by_hand->is_done)
    free_by_hand (by_hand);
  else
    by_hand->cancelled_id = g_signal_connect (live_call_get_cancellable (call), "cancelled",
                                              G_CALLBACK (on_caller_gone), by_hand);
  return HANDLED;
}

static gboolean
return_list (LiveToolsFace *self,
             GDBusMethodInvocation *invocation,
             GVariant *options,
             GVariant *(*list) (LiveTools *tools))
{
  GError *error = NULL;

  if (!live_options_refuse (options, &error))
    return live_face_fail (self->face, invocation, error);

  live_face_return (self->face, invocation, g_variant_new ("(@aa{sv})", list (self->tools)));
  return HANDLED;
}

static gboolean
on_handle_list_tools (LiveDbusTools *skeleton,
                      GDBusMethodInvocation *invocation,
                      GVariant *options,
                      gpointer data)
{
  return return_list ((LiveToolsFace *) skeleton, invocation, options, live_tools_list);
}

static gboolean
on_handle_list_calls (LiveDbusTools *skeleton,
                      GDBusMethodInvocation *invocation,
                      GVariant *options,
                      gpointer data)
{
  return return_list ((LiveToolsFace *) skeleton, invocation, options, live_tools_list_calls);
}

static gboolean
on_handle_register_agent (LiveDbusTools *skeleton,
                          GDBusMethodInvocation *invocation,
                          const char *agent,
                          gpointer data)
{
  LiveToolsFace *self = (LiveToolsFace *) skeleton;
  GError *error = NULL;

  if (!live_tool_agents_add (self->agents, g_dbus_method_invocation_get_sender (invocation), agent,
                             &error))
    return live_face_fail (self->face, invocation, error);

  live_face_return (self->face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_unregister_agent (LiveDbusTools *skeleton,
                            GDBusMethodInvocation *invocation,
                            const char *agent,
                            gpointer data)
{
  LiveToolsFace *self = (LiveToolsFace *) skeleton;
  GError *error = NULL;

  if (!live_tool_agents_remove (self->agents, g_dbus_method_invocation_get_sender (invocation),
                                agent, &error))
    return live_face_fail (self->face, invocation, error);

  live_face_return (self->face, invocation, NULL);
  return HANDLED;
}

void
live_tools_face_shut_down (LiveToolsFace *self)
{
  g_clear_pointer (&self->files, live_tool_static_free);
  live_tools_shut_down (self->tools);
}

static void
live_tools_face_dispose (GObject *object)
{
  LiveToolsFace *self = (LiveToolsFace *) object;

  g_clear_pointer (&self->files, live_tool_static_free);
  g_clear_pointer (&self->peers, live_tool_peers_free);
  g_clear_pointer (&self->agents, live_tool_agents_free);
  g_clear_pointer (&self->tools, live_tools_free);
  G_OBJECT_CLASS (live_tools_face_parent_class)->dispose (object);
}

static void
live_tools_face_class_init (LiveToolsFaceClass *class)
{
  G_OBJECT_CLASS (class)->dispose = live_tools_face_dispose;
}

static void
live_tools_face_init (LiveToolsFace *self)
{
}

LiveToolsFace *
live_tools_face_new (LiveFace *face, GDBusConnection *connection)
{
  LiveToolsFace *self = g_object_new (live_tools_face_get_type (), NULL);
  const struct
  {
    const char *signal;
    GCallback handler;
  } methods[] = {
    { "handle-register-tool", G_CALLBACK (on_handle_register_tool) },
    { "handle-unregister-tool", G_CALLBACK (on_handle_unregister_tool) },
    { "handle-respond", G_CALLBACK (on_handle_respond) },
    { "handle-fail", G_CALLBACK (on_handle_fail) },
    { "handle-call-tool", G_CALLBACK (on_handle_call_tool) },
    { "handle-list-tools", G_CALLBACK (on_handle_list_tools) },
    { "handle-list-calls", G_CALLBACK (on_handle_list_calls) },
    { "handle-register-agent", G_CALLBACK (on_handle_register_agent) },
    { "handle-unregister-agent", G_CALLBACK (on_handle_unregister_agent) },
  };

  self->face = face;
  self->peers = live_tool_peers_new (connection);
  self->agents = live_tool_agents_new (connection);
  self->tools = live_tools_new (face->clock, face->engine, &tools_events, self);
  live_tool_peers_bind (self->peers, self->tools);
  live_tool_agents_bind (self->agents, self->tools);
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    g_signal_connect (self, methods[i].signal, methods[i].handler, face);
  self->files = live_tool_static_new (face->clock, self->tools, self->peers);
  on_changed (self);
  return self;
}
