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
print_json_error (const GError *error)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *sentence = livectl_error_sentence (error);
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "error");
  json_builder_add_string_value (builder, livectl_error_name (error));
  json_builder_set_member_name (builder, "message");
  json_builder_add_string_value (builder, sentence);
  json_builder_set_member_name (builder, "exit-code");
  json_builder_add_int_value (builder, livectl_error_exit_code (error));
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  fprintf (stderr, "%s\n", text);
}

void
livectl_context_fail (LivectlContext *ctx, const GError *error)
{
  const char *cure = livectl_error_cure (error);

  if (ctx->is_finished)
    return;

  leave (ctx);
  if (ctx->is_json)
    {
      fflush (stdout);
      print_json_error (error);
    }
  else
    {
      g_autofree char *sentence = livectl_error_sentence (error);

      livectl_out_error ("%s%s%s", sentence, cure != NULL ? "\n" : "", cure != NULL ? cure : "");
    }
  livectl_context_finish (ctx, livectl_error_exit_code (error));
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
  if (ctx->command != NULL)
    livectl_out_error (_ ("%s\nSee: livectl %s --help"), text, ctx->command->name);
  else
    livectl_out_error (_ ("%s\nSee: livectl --help"), text);
  livectl_context_finish (ctx, LIVECTL_EXIT_USAGE);
}

int
livectl_context_timeout_ms (LivectlContext *ctx, int fallback_ms)
{
  return ctx->timeout_s > 0 ? (int) (ctx->timeout_s * 1000) : fallback_ms;
}
