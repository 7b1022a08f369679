/* Owns: livectl devices: microphones and speakers.
 * Thread: main only.
 * Called by: main.c. */
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-proxy.h"
#include "livectl-rows.h"

typedef struct
{
  char *input;
  char *output;
} State;

static void
add_options (gpointer data, GOptionContext *options)
{
  State *state = data;
  GOptionEntry entries[] = {
    { "input", 0, 0, G_OPTION_ARG_STRING, &state->input,
      N_ ("Listen to this microphone; “default” follows the desktop's choice"), N_ ("NAME") },
    { "output", 0, 0, G_OPTION_ARG_STRING, &state->output,
      N_ ("Speak through this speaker; “default” follows the desktop's choice"), N_ ("NAME") },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

static void
print_json (GVariant *devices)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  livectl_out_json_member (builder, "devices", devices);
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
on_listed (LivectlContext *ctx,
           GVariant *reply,
           GUnixFDList *fds,
           const GError *error,
           gpointer data)
{
  g_autoptr (LivectlTable) table = livectl_out_table_new (4);
  g_autoptr (GVariant) devices = NULL;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  devices = g_variant_get_child_value (reply, 0);
  if (ctx->is_json)
    print_json (devices);

  for (gsize i = 0; !ctx->is_json && i < g_variant_n_children (devices); i++)
    {
      g_autoptr (GVariant) device = g_variant_get_child_value (devices, i);
      const char *name = "";
      const char *description = "";
      const char *direction = "";
      gboolean is_default = FALSE;

      g_variant_lookup (device, "name", "&s", &name);
      g_variant_lookup (device, "description", "&s", &description);
      g_variant_lookup (device, "direction", "&s", &direction);
      g_variant_lookup (device, "default", "b", &is_default);
      livectl_out_table_add (table,
                             strcmp (direction, "output") == 0 ? _ ("speaker") : _ ("microphone"),
                             name, description, is_default ? _ ("default") : "");
    }
  if (!ctx->is_json && g_variant_n_children (devices) == 0)
    livectl_out_line (_ ("There is neither a microphone nor a speaker."));
  livectl_out_table_print (table, LIVECTL_STYLE_NORMAL);
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void set_next (LivectlContext *ctx, State *state);

static void
on_set (LivectlContext *ctx, GVariant *reply, GUnixFDList *fds, const GError *error, gpointer data)
{
  if (error != NULL)
    livectl_context_fail (ctx, error);
  else
    set_next (ctx, data);
}

static void
set_next (LivectlContext *ctx, State *state)
{
  gboolean is_input = state->input != NULL;
  char **slot = is_input ? &state->input : &state->output;
  g_autofree char *name = g_steal_pointer (slot);

  if (name == NULL)
    {
      livectl_context_finish (ctx, LIVECTL_EXIT_OK);
      return;
    }

  livectl_proxy_set (ctx, LIVECTL_AUDIO, is_input ? "InputDevice" : "OutputDevice",
                     g_variant_new_string (strcmp (name, "default") == 0 ? "" : name), on_set,
                     state);
}

static void
run (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  if (state->input != NULL || state->output != NULL)
    set_next (ctx, state);
  else
    livectl_proxy_call (ctx, LIVECTL_AUDIO, "ListDevices", g_variant_new ("(a{sv})", NULL),
                        livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_listed, NULL);
}

static void
clear (gpointer data)
{
  State *state = data;

  g_free (state->input);
  g_free (state->output);
}

const LivectlCommand livectl_devices = {
  .name = "devices",
  .summary = N_ ("List microphones and speakers, or choose them"),
  .description = N_ ("A device that is chosen and not there is waited for; the desktop's choice\n"
                     "serves in its place meanwhile."),
  .state_bytes = sizeof (State),
  .add_options = add_options,
  .run = run,
  .clear = clear,
};
