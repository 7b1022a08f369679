/* Owns: livectl tool list, call and log.
 * Thread: main only.
 * Called by: cmd-tool.c. */
#include "livectl-tool.h"

#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"
#include "protocol/live-json.h"

/* A tool may take ten minutes, after somebody was asked. */
#define CALL_MS 720000

static const char *
get_string (GVariant *dictionary, const char *name)
{
  const char *text = "";

  g_variant_lookup (dictionary, name, "&s", &text);
  return text;
}

static guint64
get_uint64 (GVariant *dictionary, const char *name)
{
  guint64 value = 0;

  g_variant_lookup (dictionary, name, "t", &value);
  return value;
}

static void
print_array (const char *name, GVariant *array)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  livectl_out_json_member (builder, name, array);
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static char *
describe_calls (GVariant *tool)
{
  guint calls = (guint) get_uint64 (tool, "calls");
  guint failures = (guint) get_uint64 (tool, "failures");

  if (failures > 0)
    return g_strdup_printf (_ ("%u calls, %u failed"), calls, failures);
  return g_strdup_printf (ngettext ("%u call", "%u calls", calls), calls);
}

static const char *
describe_confirm (GVariant *tool)
{
  const char *confirm = get_string (tool, "confirm");

  if (strcmp (confirm, "first") == 0)
    return _ ("asks first");
  return strcmp (confirm, "always") == 0 ? _ ("asks always") : "";
}

static const char *
describe_state (GVariant *tool)
{
  const char *state = get_string (tool, "state");

  if (strcmp (state, "available") == 0)
    return _ ("available");
  if (strcmp (state, "activatable") == 0)
    return _ ("starts when called");
  if (strcmp (state, "staged") == 0)
    return _ ("the model will hear of it");
  return state;
}

static void
on_listed (LivectlContext *ctx,
           GVariant *reply,
           GUnixFDList *fds,
           const GError *error,
           gpointer data)
{
  g_autoptr (LivectlTable) table = livectl_out_table_new (5);
  g_autoptr (GVariant) tools = NULL;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  tools = g_variant_get_child_value (reply, 0);
  if (ctx->is_json)
    print_array ("tools", tools);
  else if (g_variant_n_children (tools) == 0)
    livectl_out_line (_ ("There are no tools. Add one with: livectl tool run"));

  for (gsize i = 0; !ctx->is_json && i < g_variant_n_children (tools); i++)
    {
      g_autoptr (GVariant) tool = g_variant_get_child_value (tools, i);
      g_autofree char *calls = describe_calls (tool);

      livectl_out_table_add (table, get_string (tool, "name"), describe_state (tool), calls,
                             describe_confirm (tool), get_string (tool, "description"));
    }
  livectl_out_table_print (table, LIVECTL_STYLE_BOLD);
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

void
livectl_tool_list (LivectlContext *ctx, LivectlTool *tool)
{
  livectl_proxy_call (ctx, LIVECTL_TOOLS, "ListTools", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_listed, NULL);
}

/* The text of a result that is nothing but a text, else NULL. Owned. */
static char *
get_plain_text (const char *result_json)
{
  g_autoptr (JsonNode) root =
      live_json_parse (result_json, strlen (result_json), JSON_NODE_OBJECT, NULL);
  JsonObject *object = root != NULL ? json_node_get_object (root) : NULL;
  JsonNode *output = object != NULL && json_object_get_size (object) == 1
                         ? json_object_get_member (object, "output")
                         : NULL;

  if (output == NULL || !JSON_NODE_HOLDS_VALUE (output) ||
      json_node_get_value_type (output) != G_TYPE_STRING)
    return NULL;

  return json_node_dup_string (output);
}

static void
on_called (LivectlContext *ctx,
           GVariant *reply,
           GUnixFDList *fds,
           const GError *error,
           gpointer data)
{
  const char *result = NULL;
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  g_variant_get (reply, "(&s)", &result);
  text = ctx->is_json ? NULL : get_plain_text (result);
  if (text == NULL)
    text = g_strdup (result);
  clean = livectl_out_is_terminal () ? livectl_out_clean (text, TRUE) : g_strdup (text);
  livectl_out_line ("%s", clean);
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

void
livectl_tool_call (LivectlContext *ctx, LivectlTool *tool)
{
  const char *arguments = ctx->args[2] != NULL ? ctx->args[2] : "{}";

  livectl_proxy_call (ctx, LIVECTL_TOOLS, "CallTool",
                      g_variant_new ("(ssa{sv})", ctx->args[1], arguments, NULL),
                      livectl_context_timeout_ms (ctx, CALL_MS), on_called, NULL);
}

static void
print_call (LivectlContext *ctx,
            gint64 ended_us,
            const char *call,
            const char *name,
            const char *outcome,
            const char *cause,
            guint64 duration_us)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (ended_us / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = utc != NULL ? g_date_time_to_local (utc) : NULL;
  g_autofree char *time = local != NULL ? g_date_time_format (local, "%F %T") : g_strdup ("?");
  g_autofree char *line = g_strdup_printf ("%s  %-8s %9.3f s  %s%s%s", time, outcome,
                                           (gdouble) duration_us / G_USEC_PER_SEC, name,
                                           *cause != '\0' ? "  " : "", cause);
  g_autofree char *clean = livectl_out_clean (line, FALSE);
  g_autoptr (JsonBuilder) builder = NULL;

  if (!ctx->is_json)
    {
      livectl_out_line ("%s", clean);
      return;
    }

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "ended");
  json_builder_add_int_value (builder, ended_us);
  json_builder_set_member_name (builder, "call");
  json_builder_add_string_value (builder, call);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "outcome");
  json_builder_add_string_value (builder, outcome);
  json_builder_set_member_name (builder, "cause");
  json_builder_add_string_value (builder, cause);
  json_builder_set_member_name (builder, "duration-us");
  json_builder_add_int_value (builder, (gint64) duration_us);
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
on_log_signal (LivectlContext *ctx,
               const char *interface,
               const char *member,
               GVariant *params,
               gpointer data)
{
  const char *call = NULL;
  const char *name = NULL;
  const char *outcome = NULL;
  guint64 duration_us = 0;

  LivectlTool *tool = data;

  /* What comes before the list is in the list. */
  if (!tool->has_started || strcmp (member, "ToolCallFinished") != 0 ||
      !g_variant_is_of_type (params, G_VARIANT_TYPE ("(ssst)")))
    return;

  g_variant_get (params, "(&s&s&st)", &call, &name, &outcome, &duration_us);
  print_call (ctx, g_get_real_time (), call, name, outcome, "", duration_us);
  livectl_context_flush (ctx);
}

static void
on_log_read (LivectlContext *ctx,
             GVariant *reply,
             GUnixFDList *fds,
             const GError *error,
             gpointer data)
{
  LivectlTool *tool = data;
  g_autoptr (GVariant) calls = NULL;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  calls = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (calls); i++)
    {
      g_autoptr (GVariant) call = g_variant_get_child_value (calls, i);
      const char *outcome = get_string (call, "outcome");
      const char *cause = get_string (call, "cause");
      guint64 duration_us = get_uint64 (call, "duration-us");

      if (*outcome != '\0')
        print_call (ctx, (gint64) (get_uint64 (call, "started") + duration_us),
                    get_string (call, "call"), get_string (call, "name"), outcome,
                    strcmp (cause, "none") == 0 ? "" : cause, duration_us);
    }

  if (!tool->follows)
    {
      livectl_context_finish (ctx, LIVECTL_EXIT_OK);
      return;
    }

  tool->has_started = TRUE;
  livectl_context_flush (ctx);
}

void
livectl_tool_log (LivectlContext *ctx, LivectlTool *tool)
{
  if (tool->follows)
    {
      livectl_proxy_watch (ctx, NULL, NULL);
      livectl_proxy_subscribe (ctx, on_log_signal, tool);
    }
  livectl_proxy_call (ctx, LIVECTL_TOOLS, "ListCalls", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_log_read, tool);
}
