/* Owns: the capability table, read from data.
 * Thread: any; immutable after loading.
 * Called by: live-app, which loads it; live-setup.c, core and bus, which ask it. */
#include "protocol/live-profile.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"

#define FALLBACK_GROUP "fallback"

/* data/model-profiles.conf as string literals, made at build time. */
static const char builtin_table[] =
#include "model-profiles.inc"
    ;

struct _LiveProfiles
{
  GPtrArray *profiles; /* LiveProfile; the fallback is the first */
};

typedef enum
{
  KIND_BOOLEAN,
  KIND_UINT,
  KIND_STRING,
  KIND_LIST,
  KIND_CHOICE, /* an enum; choices are in its order */
} Kind;

typedef struct
{
  const char *key;
  Kind kind;
  gsize offset;
  const char *const *choices;
} Field;

static const char *const knob_names[] = { "none", "budget", "level", NULL };
static const char *const behavior_names[] = { "blocking", "non-blocking", NULL };
static const char *const text_path_names[] = { "client-content", "realtime", NULL };
static const char *const seed_path_names[] = { "client-content", "history-config", "summary",
                                               NULL };

#define FIELD(key, kind, member)                                                                   \
  {                                                                                                \
    key, kind, G_STRUCT_OFFSET (LiveProfile, member), NULL                                         \
  }
#define CHOICE(key, member, names)                                                                 \
  {                                                                                                \
    key, KIND_CHOICE, G_STRUCT_OFFSET (LiveProfile, member), names                                 \
  }

static const Field fields[] = {
  FIELD ("prefixes", KIND_LIST, prefixes),
  FIELD ("text-output", KIND_BOOLEAN, has_text_output),
  CHOICE ("thinking", thinking, knob_names),
  FIELD ("thinking-required", KIND_BOOLEAN, thinking_required),
  FIELD ("thinking-levels", KIND_LIST, thinking_levels),
  FIELD ("thinking-level-default", KIND_STRING, thinking_level_default),
  FIELD ("include-thoughts", KIND_BOOLEAN, has_include_thoughts),
  FIELD ("functions", KIND_BOOLEAN, has_functions),
  CHOICE ("default-behavior", default_behavior, behavior_names),
  FIELD ("blocking", KIND_BOOLEAN, has_blocking),
  FIELD ("non-blocking", KIND_BOOLEAN, has_non_blocking),
  FIELD ("scheduling", KIND_BOOLEAN, has_scheduling),
  FIELD ("gates-microphone", KIND_BOOLEAN, gates_microphone),
  FIELD ("proactive-audio", KIND_BOOLEAN, has_proactive_audio),
  FIELD ("affective-dialog", KIND_BOOLEAN, has_affective_dialog),
  FIELD ("video-coverage", KIND_BOOLEAN, has_video_coverage),
  CHOICE ("text-path", text_path, text_path_names),
  CHOICE ("seed-path", seed_path, seed_path_names),
  FIELD ("seed-needs-user-turn", KIND_BOOLEAN, seed_needs_user_turn),
  FIELD ("seed-needs-nudge", KIND_BOOLEAN, seed_needs_nudge),
  FIELD ("interaction-status", KIND_BOOLEAN, has_interaction_status),
  FIELD ("google-search", KIND_BOOLEAN, has_search),
  FIELD ("search-with-functions", KIND_BOOLEAN, search_with_functions),
  FIELD ("code-execution", KIND_BOOLEAN, has_code_execution),
  FIELD ("url-context", KIND_BOOLEAN, has_url_context),
  FIELD ("context-update", KIND_BOOLEAN, has_context_update),
  FIELD ("context-window-tokens", KIND_UINT, context_window_tokens),
  FIELD ("connection-limit-s", KIND_UINT, connection_limit_s),
  FIELD ("voices", KIND_LIST, voices),
  FIELD ("price-row", KIND_STRING, price_row),
};

static void
profile_free (LiveProfile *profile)
{
  g_free (profile->family);
  g_strfreev (profile->prefixes);
  g_strfreev (profile->thinking_levels);
  g_free (profile->thinking_level_default);
  g_strfreev (profile->voices);
  g_free (profile->price_row);
  g_free (profile);
}

/* The enums have only small values and no negative one, so all are unsigned int. */
G_STATIC_ASSERT (sizeof (LiveThinkingKnob) == sizeof (guint));
G_STATIC_ASSERT (sizeof (LiveTextPath) == sizeof (guint));
G_STATIC_ASSERT (sizeof (LiveSeedPath) == sizeof (guint));
G_STATIC_ASSERT (sizeof (LiveBehavior) == sizeof (guint));

static gboolean
parse_choice (const Field *field, const char *text, guint *ret_index)
{
  for (guint i = 0; field->choices[i] != NULL; i++)
    if (strcmp (field->choices[i], text) == 0)
      {
        *ret_index = i;
        return TRUE;
      }

  return FALSE;
}

/* Reads one key of one group into its member; expected says what would have been right. */
static gboolean
read_field (GKeyFile *file,
            const char *group,
            const Field *field,
            gpointer member,
            char **ret_expected)
{
  g_autofree char *text = g_key_file_get_string (file, group, field->key, NULL);
  g_autoptr (GError) fault = NULL;
  guint64 number;

  switch (field->kind)
    {
    case KIND_BOOLEAN:
      *(gboolean *) member = g_key_file_get_boolean (file, group, field->key, &fault);
      *ret_expected = fault != NULL ? g_strdup ("true, false") : NULL;
      break;
    case KIND_UINT:
      if (text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT, &number, NULL))
        *(guint *) member = (guint) number;
      else
        *ret_expected = g_strdup_printf ("0…%u", G_MAXUINT);
      break;
    case KIND_STRING:
      if (text != NULL)
        *(char **) member = g_steal_pointer (&text);
      else
        *ret_expected = g_strdup ("UTF-8");
      break;
    case KIND_LIST:
      *(char ***) member = g_key_file_get_string_list (file, group, field->key, NULL, &fault);
      *ret_expected = fault != NULL ? g_strdup ("a;b;c") : NULL;
      break;
    case KIND_CHOICE:
      if (text == NULL || !parse_choice (field, text, member))
        *ret_expected = g_strjoinv (", ", (char **) field->choices);
      break;
    }

  return *ret_expected == NULL;
}

static LiveProfile *
read_profile (GKeyFile *file, const char *group, GError **error)
{
  LiveProfile *profile = g_new0 (LiveProfile, 1);

  profile->family = g_strdup (group);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      gboolean is_own = g_key_file_has_key (file, group, fields[i].key, NULL);
      const char *from = is_own ? group : FALLBACK_GROUP;
      g_autofree char *expected = NULL;

      if (!read_field (file, from, &fields[i], G_STRUCT_MEMBER_P (profile, fields[i].offset),
                       &expected))
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                       _ ("[%s] %s is missing or wrong; expected: %s"), from, fields[i].key,
                       expected);
          profile_free (profile);
          return NULL;
        }
    }

  return profile;
}

static gboolean
check_keys (GKeyFile *file, const char *group, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      gboolean is_known = FALSE;

      for (guint f = 0; f < G_N_ELEMENTS (fields) && !is_known; f++)
        is_known = strcmp (fields[f].key, keys[i]) == 0;
      if (!is_known)
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                       _ ("[%s] has the unknown key “%s”"), group, keys[i]);
          return FALSE;
        }
    }

  return TRUE;
}

static GKeyFile *
load_text (const char *text, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) fault = NULL;

  if (g_key_file_load_from_data (file, text, (gsize) -1, G_KEY_FILE_NONE, &fault))
    return g_steal_pointer (&file);

  g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, fault->message);
  return NULL;
}

static void
merge (GKeyFile *into, GKeyFile *from)
{
  g_auto (GStrv) groups = g_key_file_get_groups (from, NULL);

  for (guint g = 0; groups[g] != NULL; g++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (from, groups[g], NULL, NULL);

      for (guint k = 0; keys != NULL && keys[k] != NULL; k++)
        {
          g_autofree char *value = g_key_file_get_value (from, groups[g], keys[k], NULL);

          g_key_file_set_value (into, groups[g], keys[k], value);
        }
    }
}

static gboolean
add_profile (LiveProfiles *self, GKeyFile *file, const char *group, GError **error)
{
  LiveProfile *profile;

  if (!check_keys (file, group, error))
    return FALSE;
  profile = read_profile (file, group, error);
  if (profile == NULL)
    return FALSE;

  g_ptr_array_add (self->profiles, profile);
  return TRUE;
}

LiveProfiles *
live_profiles_new (const char *builtin, const char *const *overrides, GError **error)
{
  g_autoptr (LiveProfiles) self = g_new0 (LiveProfiles, 1);
  g_autoptr (GKeyFile) file = load_text (builtin != NULL ? builtin : builtin_table, error);
  g_auto (GStrv) groups = NULL;

  self->profiles = g_ptr_array_new_with_free_func ((GDestroyNotify) profile_free);
  if (file == NULL)
    return NULL;

  for (guint i = 0; overrides != NULL && overrides[i] != NULL; i++)
    {
      g_autoptr (GKeyFile) layer = load_text (overrides[i], error);

      if (layer == NULL)
        return NULL;
      merge (file, layer);
    }

  if (!add_profile (self, file, FALLBACK_GROUP, error))
    return NULL;
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    if (strcmp (groups[i], FALLBACK_GROUP) != 0 && !add_profile (self, file, groups[i], error))
      return NULL;

  return g_steal_pointer (&self);
}

void
live_profiles_free (LiveProfiles *self)
{
  if (self == NULL)
    return;

  g_ptr_array_unref (self->profiles);
  g_free (self);
}

const LiveProfile *
live_profiles_find (LiveProfiles *self, const char *model)
{
  const char *slash = strrchr (model, '/');
  const LiveProfile *best = g_ptr_array_index (self->profiles, 0);
  gsize best_length = 0;

  if (slash != NULL)
    model = slash + 1;

  for (guint p = 1; p < self->profiles->len; p++)
    {
      const LiveProfile *profile = g_ptr_array_index (self->profiles, p);

      for (guint i = 0; profile->prefixes[i] != NULL; i++)
        if (strlen (profile->prefixes[i]) > best_length &&
            g_str_has_prefix (model, profile->prefixes[i]))
          {
            best = profile;
            best_length = strlen (profile->prefixes[i]);
          }
    }

  return best;
}

const char *
live_profile_find_voice (const LiveProfile *profile, const char *voice)
{
  for (guint i = 0; profile->voices[i] != NULL; i++)
    if (g_ascii_strcasecmp (profile->voices[i], voice) == 0)
      return profile->voices[i];

  return NULL;
}

gboolean
live_profile_has_thinking_level (const LiveProfile *profile, const char *level)
{
  return g_strv_contains ((const char *const *) profile->thinking_levels, level);
}

static GVariant *
field_to_variant (const Field *field, gconstpointer member)
{
  switch (field->kind)
    {
    case KIND_BOOLEAN:
      return g_variant_new_boolean (*(const gboolean *) member);
    case KIND_UINT:
      return g_variant_new_uint32 (*(const guint *) member);
    case KIND_STRING:
      return g_variant_new_string (*(char *const *) member);
    case KIND_LIST:
      return g_variant_new_strv (*(const char *const *const *) member, -1);
    case KIND_CHOICE:
      return g_variant_new_string (field->choices[*(const guint *) member]);
    }

  g_return_val_if_reached (g_variant_new_string (""));
}

GVariant *
live_profile_to_variant (const LiveProfile *profile)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "family", g_variant_new_string (profile->family));
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    g_variant_builder_add (
        &builder, "{sv}", fields[i].key,
        field_to_variant (&fields[i], G_STRUCT_MEMBER_P (profile, fields[i].offset)));

  return g_variant_builder_end (&builder);
}
