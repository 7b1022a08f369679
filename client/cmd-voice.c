/* Owns: livectl voice: tells, lists and sets the voice.
 * Thread: main only.
 * Called by: main.c. */
#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-props.h"
#include "livectl-rows.h"
#include "livectl-settings.h"

typedef struct
{
  gboolean wants_list, is_forced;
  LivectlProps *props;
} State;

static void
add_options (gpointer data, GOptionContext *options)
{
  State *state = data;
  GOptionEntry entries[] = {
    { "list", 'l', 0, G_OPTION_ARG_NONE, &state->wants_list,
      N_ ("List the voices that the model is known to have"), NULL },
    { "force", 'f', 0, G_OPTION_ARG_NONE, &state->is_forced,
      N_ ("Set a voice that the model is not known to have"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

static void
print_json_voices (GVariant *voices)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  livectl_out_json_member (builder, "voices", voices);
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
on_voices (LivectlContext *ctx,
           GVariant *reply,
           GUnixFDList *fds,
           const GError *error,
           gpointer data)
{
  g_autoptr (GVariant) voices = NULL;
  g_autoptr (LivectlTable) table = livectl_out_table_new (2);

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  voices = g_variant_get_child_value (reply, 0);
  if (ctx->is_json)
    print_json_voices (voices);

  for (gsize i = 0; !ctx->is_json && i < g_variant_n_children (voices); i++)
    {
      g_autoptr (GVariant) voice = g_variant_get_child_value (voices, i);
      const char *name = "";
      gboolean is_current = FALSE;

      g_variant_lookup (voice, "name", "&s", &name);
      g_variant_lookup (voice, "current", "b", &is_current);
      livectl_out_table_add (table, name, is_current ? _ ("current") : "");
    }
  livectl_out_table_print (table, LIVECTL_STYLE_NORMAL);
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
on_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;
  const char *voice = livectl_props_get_string (state->props, "Voice");

  if (ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "voice");
      json_builder_add_string_value (builder, voice);
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    {
      g_autofree char *clean = livectl_out_clean (voice, FALSE);

      livectl_out_line ("%s", *clean != '\0' ? clean : _ ("The model's own choice"));
    }
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static gboolean
check (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  if (state->wants_list && ctx->args[0] != NULL)
    livectl_context_usage (ctx, _ ("--list takes no name."));
  return !ctx->is_finished;
}

static void
run (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  if (state->wants_list)
    {
      livectl_proxy_call (ctx, LIVECTL_SESSION, "ListVoices", g_variant_new ("(a{sv})", NULL),
                          livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_voices, NULL);
      return;
    }
  if (ctx->args[0] == NULL)
    {
      state->props = livectl_props_new (ctx, FALSE, FALSE, on_props, state);
      livectl_props_read (state->props);
      return;
    }

  /* Configure and not SetVoice: its answer tells when the change is in force. */
  livectl_settings_apply_voice (ctx, ctx->args[0], state->is_forced);
}

static void
clear (gpointer data)
{
  State *state = data;

  g_clear_pointer (&state->props, livectl_props_free);
}

const LivectlCommand livectl_voice = {
  .name = "voice",
  .args = N_ ("[NAME]"),
  .summary = N_ ("Set or tell the voice that speaks"),
  .description =
      N_ ("An empty NAME ('') leaves the choice to the model. A new voice is in force at\n"
          "the next quiet point of the conversation, which keeps its context."),
  .max_args = 1,
  .state_bytes = sizeof (State),
  .add_options = add_options,
  .check = check,
  .run = run,
  .clear = clear,
};
