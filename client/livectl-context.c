/* Owns: how a run ends.
 * Thread: main only.
 * Called by: main.c, livectl-proxy.c and the verbs. */
#include "livectl.h"

#include <stdio.h>

#include <glib/gi18n.h>

#include "livectl-error.h"
#include "livectl-out.h"

static void
leave (LivectlContext *ctx)
{
  if (ctx->command != NULL && ctx->command->leave != NULL && ctx->state != NULL)
    ctx->command->leave (ctx->state);
}

void
livectl_context_finish (LivectlContext *ctx, LivectlExit exit_code)
{
  if (ctx->is_finished)
    return;

  leave (ctx);
  ctx->is_finished = TRUE;
  ctx->exit_code = exit_code;
  g_cancellable_cancel (ctx->cancellable);
  if (ctx->loop != NULL)
    g_main_loop_quit (ctx->loop);
}

/* Scripts that read JSON get their error as JSON too, on standard error. */
static void
print_json_error (const char *name, const char *message, LivectlExit exit_code)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  fflush (stdout);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "error");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "message");
  json_builder_add_string_value (builder, message);
  json_builder_set_member_name (builder, "exit-code");
  json_builder_add_int_value (builder, exit_code);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  fprintf (stderr, "%s\n", text);
}

void
livectl_context_fail (LivectlContext *ctx, const GError *error)
{
  const char *cure = livectl_error_cure (error);
  LivectlExit exit_code = livectl_error_exit_code (error);
  g_autofree char *sentence = livectl_error_sentence (error);

  if (ctx->is_finished)
    return;

  leave (ctx);
  if (ctx->is_json)
    print_json_error (livectl_error_name (error), sentence, exit_code);
  else
    livectl_out_error ("%s%s%s", sentence, cure != NULL ? "\n" : "", cure != NULL ? cure : "");
  livectl_context_finish (ctx, exit_code);
}

void
livectl_context_usage (LivectlContext *ctx, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  if (ctx->is_finished)
    return;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  leave (ctx);
  if (ctx->is_json)
    print_json_error ("Usage", text, LIVECTL_EXIT_USAGE);
  else if (ctx->command != NULL)
    livectl_out_error (_ ("%s\nSee: livectl %s --help"), text, ctx->command->name);
  else
    livectl_out_error (_ ("%s\nSee: livectl --help"), text);
  livectl_context_finish (ctx, LIVECTL_EXIT_USAGE);
}

void
livectl_context_flush (LivectlContext *ctx)
{
  if (!livectl_out_flush ())
    livectl_context_finish (ctx, LIVECTL_EXIT_FAILED);
}

int
livectl_context_timeout_ms (LivectlContext *ctx, int fallback_ms)
{
  /* 0 ms would mean the default to those who take it. */
  return ctx->timeout_s > 0 ? MAX ((int) (ctx->timeout_s * 1000), 1) : fallback_ms;
}
