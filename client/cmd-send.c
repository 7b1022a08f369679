/* Owns: livectl send: one message, no waiting for the answer.
 * Thread: main only.
 * Called by: main.c. */
#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-proxy.h"
#include "livectl-rows.h"
#include "livectl-text.h"

typedef struct
{
  gboolean is_context;
} State;

static void
add_options (gpointer data, GOptionContext *options)
{
  State *state = data;
  GOptionEntry entries[] = {
    { "context", 0, 0, G_OPTION_ARG_NONE, &state->is_context,
      N_ ("Only add the text to what the model knows; no answer is wanted"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

static void
on_sent (LivectlContext *ctx, GVariant *reply, GUnixFDList *fds, const GError *error, gpointer data)
{
  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  if (ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      g_autoptr (GVariant) turn = g_variant_get_child_value (reply, 0);

      json_builder_begin_object (builder);
      livectl_out_json_member (builder, "turn", turn);
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
on_text (LivectlContext *ctx, const char *text, gpointer data)
{
  State *state = data;
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (state->is_context)
    g_variant_builder_add (&options, "{sv}", "context", g_variant_new_boolean (TRUE));
  livectl_proxy_watch (ctx, NULL, NULL);
  livectl_proxy_call (ctx, LIVECTL_SESSION, "SendText", g_variant_new ("(sa{sv})", text, &options),
                      livectl_context_timeout_ms (ctx, LIVECTL_CONNECT_MS), on_sent, NULL);
}

static void
run (LivectlContext *ctx, gpointer state)
{
  livectl_text_get (ctx, on_text, state);
}

const LivectlCommand livectl_send = {
  .name = "send",
  .args = N_ ("TEXT…"),
  .summary = N_ ("Send a message without waiting for the answer"),
  .description =
      N_ ("TEXT becomes one message of the user; “-” reads it from standard input. Returns when\n"
          "the message was handed to the service; the answer sounds from the speaker, and its\n"
          "text goes to those who listen, such as “livectl chat” and “livectl monitor”.\n"
          "Prints nothing; with --json the number of the turn."),
  .min_args = 1,
  .max_args = G_MAXUINT,
  .state_bytes = sizeof (State),
  .add_options = add_options,
  .run = run,
};
