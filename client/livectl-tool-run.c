/* Owns: livectl tool run: a command as a tool.
 * Thread: main only.
 * Called by: cmd-tool.c. */
#include "livectl-tool.h"

#include <signal.h>
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-error.h"
#include "livectl-event.h"
#include "livectl-job.h"
#include "livectl-param.h"
#include "protocol/live-json.h"

/* As the daemon has it. */
#define TIMEOUT_MAX_MS 600000

/* A call that runs. */
typedef struct
{
  LivectlContext *ctx;
  LivectlTool *tool;
  LivectlCall *call;
  LivectlJob *job;
  gint64 started_us;
} Running;

char *
livectl_tool_build_result (const GString *output, gboolean is_cut)
{
  g_autofree char *valid = g_utf8_make_valid (output->str, (gssize) output->len);
  GString *result = NULL;

  g_strchomp (valid);
  if (!is_cut && valid[strspn (valid, " \t\r\n")] == '{' &&
      live_json_check (valid, strlen (valid), NULL))
    return g_steal_pointer (&valid);

  result = g_string_new ("{\"output\":");
  live_json_append_string (result, valid);
  if (is_cut)
    g_string_append (result, ",\"truncated\":true,"
                             "\"note\":\"This is only the beginning of the output.\"");
  g_string_append_c (result, '}');
  return g_string_free (result, FALSE);
}

/* For the model, so in one language. */
static char *
build_failure (const LivectlJobResult *result)
{
  g_autofree char *output = g_utf8_make_valid (
      result->output->str, (gssize) MIN (result->output->len, LIVECTL_JOB_ERRORS_BYTES));
  const char *words = *result->errors != '\0' ? result->errors : g_strstrip (output);
  g_autofree char *end =
      result->has_exited
          ? g_strdup_printf ("The command failed with exit code %d", result->code)
          : g_strdup_printf ("The command was ended by %s", strsignal (result->code));

  return *words != '\0' ? g_strdup_printf ("%s: %s", end, words) : g_strdup (end);
}

static void
tell_end (Running *running, const char *outcome, const char *message)
{
  gint64 duration_ms = (g_get_monotonic_time () - running->started_us) / 1000;
  g_autofree char *duration = g_strdup_printf ("%" G_GINT64_FORMAT, duration_ms);

  if (running->ctx->is_finished)
    return;

  if (message != NULL)
    livectl_event_tell (running->ctx, "ended", "call", running->call->id, "outcome", outcome,
                        "duration-ms", duration, "message", message, NULL);
  else
    livectl_event_tell (running->ctx, "ended", "call", running->call->id, "outcome", outcome,
                        "duration-ms", duration, NULL);
}

static void
fail (Running *running, const char *message)
{
  tell_end (running, "error", message);
  livectl_provider_fail (running->tool->provider, running->call, message);
  g_free (running);
}

static void
on_job_done (const LivectlJobResult *result, gpointer data)
{
  Running *running = data;
  g_autofree char *text = NULL;

  if (!result->has_exited || result->code != 0)
    {
      text = build_failure (result);
      fail (running, text);
      return;
    }

  text = livectl_tool_build_result (result->output, result->is_cut);
  tell_end (running, "ok", NULL);
  livectl_provider_return (running->tool->provider, running->call, text);
  g_free (running);
}

static void
on_start (LivectlCall *call, gpointer data)
{
  LivectlContext *ctx = data;
  LivectlTool *tool = ctx->state;
  Running *running = g_new0 (Running, 1);
  g_auto (GStrv) inherited = g_get_environ ();
  g_auto (GStrv) envp = NULL;
  g_autoptr (GError) error = NULL;

  running->ctx = ctx;
  running->tool = tool;
  running->call = call;
  running->started_us = g_get_monotonic_time ();
  call->data = running;
  livectl_event_tell (ctx, "called", "call", call->id, "name", call->tool, NULL);

  envp = livectl_param_build_environ (tool->declared, (const char *const *) inherited,
                                      call->arguments_json, &error);
  if (envp != NULL)
    running->job =
        livectl_job_start (ctx, (const char *const *) ctx->args + 2, (const char *const *) envp,
                           call->arguments_json, on_job_done, running, &error);
  if (running->job == NULL)
    fail (running, error->message);
}

static void
on_stop (LivectlCall *call, const char *reason, gpointer data)
{
  Running *running = call->data;

  livectl_job_stop (running->job);
  tell_end (running, "stopped", reason);
  g_free (running);
}

static void
on_registered (const char *name, const GError *error, gpointer data)
{
  LivectlContext *ctx = data;

  if (error == NULL)
    livectl_event_tell (ctx, "offered", "name", name, NULL);
  else if (livectl_error_exit_code (error) != LIVECTL_EXIT_UNREACHABLE)
    livectl_context_fail (ctx, error);
  /* Else the daemon went away meanwhile, and is waited for. */
}

static void
on_presence (gboolean is_present, gpointer data)
{
  if (!is_present)
    livectl_event_tell (data, "waiting", "for", "lived", NULL);
}

static GVariant *
build_options (LivectlContext *ctx, LivectlTool *tool)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (ctx->timeout_s > 0)
    g_variant_builder_add (&options, "{sv}", "timeout-ms",
                           g_variant_new_uint32 ((guint32) livectl_context_timeout_ms (ctx, 0)));
  if (tool->confirm != NULL)
    g_variant_builder_add (&options, "{sv}", "confirm", g_variant_new_string (tool->confirm));
  if (tool->is_background)
    g_variant_builder_add (&options, "{sv}", "blocking", g_variant_new_boolean (FALSE));
  return g_variant_builder_end (&options);
}

gboolean
livectl_tool_run_check (LivectlContext *ctx, LivectlTool *tool)
{
  const char *const confirmations[] = { "none", "first", "always", NULL };
  g_autofree char *program = NULL;
  g_autoptr (GError) error = NULL;

  if (tool->confirm != NULL && !g_strv_contains (confirmations, tool->confirm))
    {
      livectl_context_usage (ctx, _ ("“%s” is not one of: none, first, always."), tool->confirm);
      return FALSE;
    }
  if (livectl_context_timeout_ms (ctx, 1) > TIMEOUT_MAX_MS)
    {
      livectl_context_usage (ctx, _ ("A call may take 600 seconds at most."));
      return FALSE;
    }
  /* Better now than at the first call. */
  program = g_find_program_in_path (ctx->args[2]);
  if (program == NULL)
    {
      livectl_context_usage (ctx, _ ("There is no program “%s”."), ctx->args[2]);
      return FALSE;
    }

  tool->declared = livectl_param_parse ((const char *const *) tool->params, &error);
  if (tool->declared == NULL)
    livectl_context_usage (ctx, "--param: %s.", error->message);
  return tool->declared != NULL;
}

void
livectl_tool_run (LivectlContext *ctx, LivectlTool *tool)
{
  const LivectlProviderHooks hooks = {
    .start = on_start,
    .stop = on_stop,
    .registered = on_registered,
    .presence = on_presence,
    .data = ctx,
  };
  g_autofree char *program = g_path_get_basename (ctx->args[2]);
  g_autofree char *fallback =
      g_strdup_printf ("Runs the command \"%s\" on the user's computer.", program);
  g_autofree char *declaration = livectl_param_build_declaration (
      ctx->args[1], tool->description != NULL ? tool->description : fallback, tool->declared);

  tool->provider = livectl_provider_new (ctx, &hooks);
  if (!ctx->is_finished)
    livectl_provider_add (tool->provider, ctx->args[1], declaration, build_options (ctx, tool));
}
