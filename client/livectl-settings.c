/* Owns: how settings are typed, printed and changed.
 * Thread: main only.
 * Called by: config, voice and chat. */
#include "livectl-settings.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "livectl-out.h"

const char *
livectl_settings_describe_change (const char *change)
{
  if (strcmp (change, "none") == 0)
    return _ ("it was so already");
  if (strcmp (change, "live") == 0)
    return _ ("in force now");
  if (strcmp (change, "reconnect") == 0)
    return _ ("in force at the next quiet point");
  if (strcmp (change, "next-conversation") == 0)
    return _ ("in force in the next conversation");
  if (strcmp (change, "restart") == 0)
    return _ ("in force when the daemon is started again");

  return change;
}

static void
on_configured (LivectlContext *ctx,
               GVariant *reply,
               GUnixFDList *fds,
               const GError *error,
               gpointer data)
{
  g_autoptr (GVariant) applied = NULL;
  GVariantIter iter;
  const char *key;
  const char *change;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  applied = g_variant_get_child_value (reply, 0);
  if (ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      livectl_out_json_member (builder, "applied", applied);
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    {
      g_variant_iter_init (&iter, applied);
      while (g_variant_iter_next (&iter, "{&s&s}", &key, &change))
        {
          g_autofree char *clean_key = livectl_out_clean (key, FALSE);
          g_autofree char *clean_change =
              livectl_out_clean (livectl_settings_describe_change (change), FALSE);

          livectl_out_line ("%s: %s", clean_key, clean_change);
        }
    }
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

void
livectl_settings_apply (LivectlContext *ctx, GVariant *settings)
{
  livectl_proxy_call (ctx, LIVECTL_SESSION, "Configure",
                      g_variant_new ("(@a{sv}a{sv})", settings, NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_configured, NULL);
}

static void
set_voice (LivectlContext *ctx, const char *voice)
{
  GVariantBuilder settings;

  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "session.voice", g_variant_new_string (voice));
  livectl_settings_apply (ctx, g_variant_builder_end (&settings));
}

/* The name that was meant; NULL when none comes near. Owned. */
static char *
find_voice (GVariant *voices, const char *wanted, gboolean *ret_is_known)
{
  g_autofree char *wanted_folded = g_utf8_casefold (wanted, -1);
  char *best = NULL;
  gsize best_distance = 3;

  *ret_is_known = g_variant_n_children (voices) == 0;
  for (gsize i = 0; i < g_variant_n_children (voices); i++)
    {
      g_autoptr (GVariant) voice = g_variant_get_child_value (voices, i);
      g_autofree char *folded = NULL;
      const char *name = "";
      gsize distance;

      g_variant_lookup (voice, "name", "&s", &name);
      *ret_is_known |= strcmp (name, wanted) == 0;
      folded = g_utf8_casefold (name, -1);
      distance = livectl_out_distance (folded, wanted_folded);
      if (distance >= best_distance)
        continue;
      best_distance = distance;
      g_free (best);
      best = g_strdup (name);
    }

  return best;
}

static void
on_known_voices (LivectlContext *ctx,
                 GVariant *reply,
                 GUnixFDList *fds,
                 const GError *error,
                 gpointer data)
{
  g_autofree char *wanted = data;
  g_autofree char *similar = NULL;
  g_autoptr (GVariant) voices = NULL;
  gboolean is_known = FALSE;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  voices = g_variant_get_child_value (reply, 0);
  similar = find_voice (voices, wanted, &is_known);
  if (is_known)
    set_voice (ctx, wanted);
  else if (similar != NULL)
    livectl_context_usage (
        ctx, _ ("The model is not known to have a voice “%s”. Did you mean “%s”? --force sets it."),
        wanted, similar);
  else
    livectl_context_usage (ctx,
                           _ ("The model is not known to have a voice “%s”; the known ones: "
                              "livectl voice --list. --force sets it."),
                           wanted);
}

void
livectl_settings_apply_voice (LivectlContext *ctx, const char *voice, gboolean is_forced)
{
  if (is_forced || *voice == '\0')
    set_voice (ctx, voice);
  else
    livectl_proxy_call (ctx, LIVECTL_SESSION, "ListVoices", g_variant_new ("(a{sv})", NULL),
                        livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_known_voices,
                        g_strdup (voice));
}

static GVariant *
parse_boolean (const char *text)
{
  const char *const yes[] = { "true", "yes", "on", "1", NULL };
  const char *const no[] = { "false", "no", "off", "0", NULL };

  if (g_strv_contains (yes, text))
    return g_variant_new_boolean (TRUE);
  if (g_strv_contains (no, text))
    return g_variant_new_boolean (FALSE);
  return NULL;
}

/* Words apart by commas; a list in brackets is GVariant text. */
static GVariant *
parse_words (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint i = 0; words[i] != NULL; i++)
    g_strstrip (words[i]);
  return g_variant_new_strv ((const char *const *) words, *text == '\0' ? 0 : -1);
}

static const char *
describe_type (GVariant *like)
{
  switch (g_variant_classify (like))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      return _ ("true or false");
    case G_VARIANT_CLASS_BYTE:
    case G_VARIANT_CLASS_UINT16:
    case G_VARIANT_CLASS_UINT32:
    case G_VARIANT_CLASS_UINT64:
      return _ ("a whole number, not negative");
    case G_VARIANT_CLASS_INT16:
    case G_VARIANT_CLASS_INT32:
    case G_VARIANT_CLASS_INT64:
      return _ ("a whole number");
    case G_VARIANT_CLASS_DOUBLE:
      return _ ("a number");
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
      return g_variant_get_type_string (like);
    }
  return g_variant_get_type_string (like);
}

GVariant *
livectl_settings_parse (const char *text, GVariant *like, GError **error)
{
  const GVariantType *type = g_variant_get_type (like);
  GVariant *value = NULL;

  if (g_variant_type_equal (type, G_VARIANT_TYPE_STRING))
    value = g_variant_new_string (text);
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN))
    value = parse_boolean (text);
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_STRING_ARRAY) && *text != '[')
    value = parse_words (text);
  else
    value = g_variant_parse (type, text, NULL, NULL, NULL);

  if (value == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, _ ("“%s” is not %s"), text,
                   describe_type (like));
      return NULL;
    }
  return g_variant_take_ref (value);
}

char *
livectl_settings_print (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      g_autofree const char **words = g_variant_get_strv (value, NULL);

      return g_strjoinv (", ", (char **) words);
    }

  return g_variant_print (value, FALSE);
}
