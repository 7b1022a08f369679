/* Owns: the command line of livectl tool.
 * Thread: main only.
 * Called by: main.c. */
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-rows.h"
#include "livectl-tool.h"
#include "protocol/live-json.h"

static void
add_options (gpointer data, GOptionContext *options)
{
  LivectlTool *tool = data;
  GOptionEntry entries[] = {
    { "description", 0, 0, G_OPTION_ARG_STRING, &tool->description,
      N_ ("With run: what the tool does and when to call it, for the model"), N_ ("TEXT") },
    { "param", 0, 0, G_OPTION_ARG_STRING_ARRAY, &tool->params,
      N_ ("With run: an argument of the tool; may stand several times"),
      N_ ("NAME:TYPE[:DESCRIPTION]") },
    { "confirm", 0, 0, G_OPTION_ARG_STRING, &tool->confirm,
      N_ ("With run: ask before the first call, or always"), N_ ("first|always") },
    { "background", 0, 0, G_OPTION_ARG_NONE, &tool->is_background,
      N_ ("With run: the model talks on while the command runs"), NULL },
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &tool->follows,
      N_ ("With log: go on and print each call as it ends"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

static gboolean
is_action (LivectlContext *ctx, const char *action)
{
  return strcmp (ctx->args[0], action) == 0;
}

static gboolean
check_options (LivectlContext *ctx, LivectlTool *tool)
{
  if (!is_action (ctx, "run") && (tool->description != NULL || tool->params != NULL ||
                                  tool->confirm != NULL || tool->is_background))
    livectl_context_usage (ctx, _ ("--description, --param, --confirm and --background go with run "
                                   "only."));
  else if (!is_action (ctx, "log") && tool->follows)
    livectl_context_usage (ctx, _ ("--follow goes with log only."));
  return !ctx->is_finished;
}

static gboolean
check_call (LivectlContext *ctx)
{
  const char *text = ctx->args[2] != NULL ? ctx->args[2] : "{}";
  g_autoptr (JsonNode) root = live_json_parse (text, strlen (text), JSON_NODE_OBJECT, NULL);

  if (root == NULL)
    livectl_context_usage (ctx, _ ("The arguments have to be a JSON object, like '%s'."),
                           "{\"city\": \"Oslo\"}");
  return root != NULL;
}

static gboolean
check (LivectlContext *ctx, gpointer data)
{
  LivectlTool *tool = data;
  guint n_args = g_strv_length (ctx->args);

  if ((is_action (ctx, "list") || is_action (ctx, "log")) && n_args == 1)
    return check_options (ctx, tool);
  if (is_action (ctx, "call") && (n_args == 2 || n_args == 3))
    return check_options (ctx, tool) && check_call (ctx);
  if (is_action (ctx, "run") && n_args >= 3)
    return check_options (ctx, tool) && livectl_tool_run_check (ctx, tool);

  livectl_context_usage (ctx, _ ("It is: tool list, tool run NAME [OPTION…] -- COMMAND…, "
                                 "tool call NAME [JSON], or tool log."));
  return FALSE;
}

static void
run (LivectlContext *ctx, gpointer data)
{
  LivectlTool *tool = data;

  if (is_action (ctx, "list"))
    livectl_tool_list (ctx, tool);
  else if (is_action (ctx, "call"))
    livectl_tool_call (ctx, tool);
  else if (is_action (ctx, "log"))
    livectl_tool_log (ctx, tool);
  else
    livectl_tool_run (ctx, tool);
}

/* Here and not in clear(), for the commands that run have to end while the main loop turns. */
static void
leave (gpointer data)
{
  LivectlTool *tool = data;

  if (tool->provider != NULL)
    livectl_provider_stop_all (tool->provider, "shutdown");
}

static void
clear (gpointer data)
{
  LivectlTool *tool = data;

  g_clear_pointer (&tool->provider, livectl_provider_free);
  g_clear_pointer (&tool->declared, g_ptr_array_unref);
  g_strfreev (tool->params);
  g_free (tool->description);
  g_free (tool->confirm);
}

const LivectlCommand livectl_tool = {
  .name = "tool",
  .args = N_ ("list | run NAME -- COMMAND… | call NAME [JSON] | log"),
  .summary = N_ ("List, add and try what the model may call"),
  .description =
      N_ ("run makes a command a tool for as long as livectl runs. It gets its arguments as JSON\n"
          "on standard input and as environment variables, LIVED_ARG_ and the name in capitals.\n"
          "What it prints is the result; an exit code other than 0 is an error, told to the\n"
          "model with the end of standard error. --timeout limits one call.\n"
          "TYPE is string, integer, number, boolean, array, object, or words with “|” between\n"
          "them; “NAME?” may be left out. call runs a tool without the model."),
  .min_args = 1,
  .max_args = G_MAXUINT,
  .state_bytes = sizeof (LivectlTool),
  .add_options = add_options,
  .check = check,
  .run = run,
  .clear = clear,
  .leave = leave,
};
