/* Owns: livectl ask: one question, the whole answer on standard output.
 * Thread: main only.
 * Called by: main.c. */
#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-proxy.h"
#include "livectl-rows.h"
#include "livectl-text.h"

#define ANSWER_MS 120000

static void
print_json (const char *reply, GVariant *details)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  GVariantIter iter;
  const char *key;
  GVariant *value;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "reply");
  json_builder_add_string_value (builder, reply);
  g_variant_iter_init (&iter, details);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    livectl_out_json_member (builder, key, value);
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
on_answered (LivectlContext *ctx,
             GVariant *reply,
             GUnixFDList *fds,
             const GError *error,
             gpointer data)
{
  g_autoptr (GVariant) details = NULL;
  gboolean is_interrupted = FALSE;
  const char *text;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  g_variant_get (reply, "(&s@a{sv})", &text, &details);
  if (ctx->is_json)
    print_json (text, details);
  else
    {
      /* A script gets the very bytes, a terminal gets nothing that could steer it. */
      g_autofree char *clean =
          livectl_out_is_terminal () ? livectl_out_clean (text, TRUE) : g_strdup (text);

      livectl_out_line ("%s", clean);
      if (g_variant_lookup (details, "interrupted", "b", &is_interrupted) && is_interrupted)
        livectl_out_error (_ ("The answer was cut off."));
    }
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
on_text (LivectlContext *ctx, const char *text, gpointer data)
{
  int answer_ms = livectl_context_timeout_ms (ctx, ANSWER_MS);
  /* The daemon keeps the time itself and knows better why; this only guards against a daemon
   * that hangs. */
  int guard_ms = ctx->timeout_s > 0 ? answer_ms + 2000 : ANSWER_MS + LIVECTL_CONNECT_MS;
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "timeout-ms",
                         g_variant_new_uint32 ((guint32) answer_ms));
  livectl_proxy_watch (ctx, NULL, NULL);
  livectl_proxy_call (ctx, LIVECTL_SESSION, "Ask", g_variant_new ("(sa{sv})", text, &options),
                      guard_ms, on_answered, NULL);
}

static void
run (LivectlContext *ctx, gpointer state)
{
  livectl_text_get (ctx, on_text, state);
}

const LivectlCommand livectl_ask = {
  .name = "ask",
  .args = N_ ("TEXT…"),
  .summary = N_ ("Ask something and print the whole answer"),
  .description =
      N_ ("TEXT becomes one message of the user; “-” reads it from standard input. The answer\n"
          "is printed as soon as its text is whole, while it may still be sounding. The daemon\n"
          "connects by itself. --timeout limits the wait for the answer (120 s without it)."),
  .min_args = 1,
  .max_args = G_MAXUINT,
  .run = run,
};
