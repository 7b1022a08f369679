/* Owns: livectl config: settings as the daemon has them.
 * Thread: main only.
 * Called by: main.c. */
#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "livectl-out.h"
#include "livectl-props.h"
#include "livectl-rows.h"
#include "livectl-settings.h"

typedef struct
{
  LivectlProps *props;
  gboolean is_forced;
} State;

static void
add_options (gpointer data, GOptionContext *options)
{
  State *state = data;
  GOptionEntry entries[] = {
    { "force", 'f', 0, G_OPTION_ARG_NONE, &state->is_forced,
      N_ ("Set a voice that the model is not known to have"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names of the dictionary in order; strings borrowed from it. */
static GPtrArray *
list_names (GVariant *settings)
{
  GPtrArray *names = g_ptr_array_new ();
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, settings);
  while (g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    g_ptr_array_add (names, (gpointer) name);
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
print_json (GVariant *settings, const char *prefix)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) names = list_names (settings);

  json_builder_begin_object (builder);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autoptr (GVariant) value = g_variant_lookup_value (settings, name, NULL);

      if (g_str_has_prefix (name, prefix))
        livectl_out_json_member (builder, name, value);
    }
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
list (LivectlContext *ctx, GVariant *settings)
{
  const char *prefix = ctx->args[1] != NULL ? ctx->args[1] : "";
  g_autoptr (LivectlTable) table = livectl_out_table_new (2);
  g_autoptr (GPtrArray) names = list_names (settings);

  if (ctx->is_json)
    print_json (settings, prefix);

  for (guint i = 0; !ctx->is_json && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autoptr (GVariant) value = g_variant_lookup_value (settings, name, NULL);
      g_autofree char *text = livectl_settings_print (value);

      if (g_str_has_prefix (name, prefix))
        livectl_out_table_add (table, name, text);
    }
  livectl_out_table_print (table, LIVECTL_STYLE_NORMAL);
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

/* The setting that was meant, or NULL. Borrowed. */
static const char *
find_similar (GVariant *settings, const char *wanted)
{
  g_autoptr (GPtrArray) names = list_names (settings);
  const char *best = NULL;
  gsize best_distance = 4;

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      const char *dot = strchr (name, '.');
      /* "voice" for "session.voice" is no misspelling, but as clear. */
      gsize distance =
          dot != NULL && strcmp (dot + 1, wanted) == 0 ? 0 : livectl_out_distance (name, wanted);

      if (distance < best_distance)
        {
          best = name;
          best_distance = distance;
        }
    }

  return best;
}

static GVariant *
find_setting (LivectlContext *ctx, GVariant *settings, const char *name)
{
  GVariant *value = g_variant_lookup_value (settings, name, NULL);
  const char *similar = NULL;

  if (value != NULL)
    return value;

  similar = find_similar (settings, name);
  if (similar != NULL)
    livectl_context_usage (ctx, _ ("There is no setting “%s”. Did you mean “%s”?"), name, similar);
  else
    livectl_context_usage (ctx, _ ("There is no setting “%s”; see: livectl config list"), name);
  return NULL;
}

static void
get (LivectlContext *ctx, GVariant *settings)
{
  g_autoptr (GVariant) value = find_setting (ctx, settings, ctx->args[1]);

  if (value == NULL)
    return;

  if (ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      livectl_out_json_member (builder, ctx->args[1], value);
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    {
      g_autofree char *text = livectl_settings_print (value);
      g_autofree char *clean =
          livectl_out_is_terminal () ? livectl_out_clean (text, TRUE) : g_strdup (text);

      livectl_out_line ("%s", clean);
    }
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
set (LivectlContext *ctx, GVariant *settings, gboolean is_forced)
{
  g_autoptr (GVariant) present = find_setting (ctx, settings, ctx->args[1]);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = NULL;
  GVariantBuilder wanted;

  if (present == NULL)
    return;

  value = livectl_settings_parse (ctx->args[2], present, &error);
  if (value == NULL)
    {
      livectl_context_usage (ctx, "%s: %s.", ctx->args[1], error->message);
      return;
    }

  if (strcmp (ctx->args[1], "session.voice") == 0)
    {
      livectl_settings_apply_voice (ctx, ctx->args[2], is_forced);
      return;
    }

  g_variant_builder_init (&wanted, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&wanted, "{sv}", ctx->args[1], value);
  livectl_settings_apply (ctx, g_variant_builder_end (&wanted));
}

static void
on_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;
  GVariant *settings = livectl_props_get (state->props, "Settings");
  g_autoptr (GVariant) none = NULL;

  if (settings == NULL || !g_variant_is_of_type (settings, G_VARIANT_TYPE_VARDICT))
    settings = none = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  if (strcmp (ctx->args[0], "list") == 0)
    list (ctx, settings);
  else if (strcmp (ctx->args[0], "get") == 0)
    get (ctx, settings);
  else
    set (ctx, settings, state->is_forced);
}

static gboolean
check (LivectlContext *ctx, gpointer data)
{
  const char *action = ctx->args[0];
  guint n_args = g_strv_length (ctx->args);

  if ((strcmp (action, "list") == 0 && n_args <= 2) ||
      (strcmp (action, "get") == 0 && n_args == 2) || (strcmp (action, "set") == 0 && n_args == 3))
    return TRUE;

  livectl_context_usage (
      ctx, _ ("It is: config list [GROUP], config get KEY, or config set KEY VALUE."));
  return FALSE;
}

static void
run (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  state->props = livectl_props_new (ctx, FALSE, FALSE, on_props, state);
  livectl_props_read (state->props);
}

static void
clear (gpointer data)
{
  State *state = data;

  g_clear_pointer (&state->props, livectl_props_free);
}

const LivectlCommand livectl_config = {
  .name = "config",
  .args = N_ ("list [GROUP] | get KEY | set KEY VALUE"),
  .summary = N_ ("List, tell and change settings"),
  .description =
      N_ ("Keys are written as “session.voice”; lived-settings(5) describes them all. A change\n"
          "is kept, and the answer tells when it is in force. Lists are written with commas."),
  .min_args = 1,
  .max_args = 3,
  .state_bytes = sizeof (State),
  .add_options = add_options,
  .check = check,
  .run = run,
  .clear = clear,
};
