/* Owns: nothing; proves base/live-settings.c and that its table and the schema say the same.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "base/live-settings.h"

#include <gio/gio.h>
#include <string.h>

#include "base/live-names.h"

static GSettingsSchema *
lookup_group (const char *group)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autofree char *id = g_strconcat (LIVE_SCHEMA_ID ".", group, NULL);

  g_assert_nonnull (source);
  return g_settings_schema_source_lookup (source, id, TRUE);
}

static void
test_table_is_in_schema (void)
{
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    {
      const LiveSettingInfo *info = live_setting_info ((LiveSetting) i);
      g_autoptr (GSettingsSchema) schema = lookup_group (info->group);
      g_autoptr (GSettingsSchemaKey) key = NULL;
      g_autoptr (GVariant) schema_default = NULL;
      g_autoptr (GVariant) table_default = NULL;
      g_autofree char *full = g_strconcat (info->group, ".", info->key, NULL);

      g_assert_cmpstr (info->name, ==, full);
      g_assert_nonnull (schema);
      if (!g_settings_schema_has_key (schema, info->key))
        {
          g_test_message ("%s is missing in the schema", info->name);
          g_test_fail ();
          continue;
        }

      key = g_settings_schema_get_key (schema, info->key);
      g_assert_cmpstr (info->type, ==,
                       g_variant_type_peek_string (g_settings_schema_key_get_value_type (key)));
      schema_default = g_settings_schema_key_get_default_value (key);
      table_default =
          g_variant_parse (G_VARIANT_TYPE (info->type), info->fallback, NULL, NULL, NULL);
      g_assert_nonnull (table_default);
      if (!g_variant_equal (schema_default, table_default))
        {
          g_test_message ("%s: the defaults differ", info->name);
          g_test_fail ();
        }
      g_assert_cmpint (info->change, >, LIVE_CHANGE_NONE);
      g_assert_cmpint (info->change, <=, LIVE_CHANGE_RESTART);
    }
}

static void
test_schema_is_in_table (void)
{
  g_autoptr (GSettingsSchema) root = g_settings_schema_source_lookup (
      g_settings_schema_source_get_default (), LIVE_SCHEMA_ID, TRUE);
  g_auto (GStrv) groups = NULL;
  guint n_keys = 0;

  g_assert_nonnull (root);
  g_assert_cmpstr (g_settings_schema_get_path (root), ==, LIVE_SCHEMA_PATH);
  groups = g_settings_schema_list_children (root);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_autoptr (GSettingsSchema) schema = lookup_group (groups[i]);
      g_autofree char *path = g_strconcat (LIVE_SCHEMA_PATH, groups[i], "/", NULL);
      g_auto (GStrv) keys = g_settings_schema_list_keys (schema);

      g_assert_cmpstr (g_settings_schema_get_path (schema), ==, path);
      for (guint j = 0; keys[j] != NULL; j++)
        {
          g_autofree char *name = g_strconcat (groups[i], ".", keys[j], NULL);
          g_autoptr (GSettingsSchemaKey) key = g_settings_schema_get_key (schema, keys[j]);
          LiveSetting setting;

          if (!live_setting_find (name, &setting))
            {
              g_test_message ("%s is missing in the table", name);
              g_test_fail ();
            }
          /* The man page and `livectl config list` are made of these. */
          g_assert_nonnull (g_settings_schema_key_get_summary (key));
          g_assert_nonnull (g_settings_schema_key_get_description (key));
          n_keys++;
        }
    }
  g_assert_cmpuint (n_keys, ==, LIVE_N_SETTINGS);
}

static void
test_defaults (void)
{
  g_autoptr (LiveSettings) settings = live_settings_new_defaults ();
  g_autofree const char **languages = NULL;

  g_assert_cmpstr (live_settings_get_string (settings, LIVE_SETTING_SESSION_MODEL), ==,
                   "gemini-3.8-live");
  g_assert_true (live_settings_get_boolean (settings, LIVE_SETTING_SESSION_COMPRESSION));
  g_assert_cmpint (live_settings_get_int (settings, LIVE_SETTING_VAD_SILENCE_DURATION_MS), ==, 600);
  g_assert_cmpuint (live_settings_get_uint (settings, LIVE_SETTING_AUDIO_CHUNK_MS), ==, 20);
  g_assert_cmpfloat (live_settings_get_double (settings, LIVE_SETTING_AUDIO_OUTPUT_VOLUME), ==,
                     1.0);
  languages = live_settings_get_strv (settings, LIVE_SETTING_SESSION_INPUT_TRANSCRIPTION_LANGUAGES);
  g_assert_nonnull (languages);
  g_assert_null (languages[0]);
}

static void
test_find (void)
{
  LiveSetting setting = LIVE_N_SETTINGS;

  g_assert_true (live_setting_find ("session.voice", &setting));
  g_assert_cmpint (setting, ==, LIVE_SETTING_SESSION_VOICE);
  g_assert_false (live_setting_find ("session.voices", &setting));
  g_assert_false (live_setting_find ("voice", &setting));
  g_assert_false (live_setting_find ("", &setting));
  g_assert_cmpint (setting, ==, LIVE_SETTING_SESSION_VOICE);
}

static void
test_copy_leaves_the_original (void)
{
  g_autoptr (LiveSettings) before = live_settings_new_defaults ();
  const LiveSetting which[] = { LIVE_SETTING_SESSION_VOICE, LIVE_SETTING_AUDIO_OUTPUT_VOLUME };
  GVariant *const values[] = { g_variant_new_string ("Kore"), g_variant_new_double (0.5) };
  g_autoptr (LiveSettings) after =
      live_settings_new_with (before, which, values, G_N_ELEMENTS (which));

  g_assert_cmpstr (live_settings_get_string (before, which[0]), ==, "");
  g_assert_cmpstr (live_settings_get_string (after, which[0]), ==, "Kore");
  g_assert_cmpfloat (live_settings_get_double (after, which[1]), ==, 0.5);
}

static void
test_diff (void)
{
  static const struct
  {
    LiveSetting setting;
    const char *value;
    LiveChange change;
  } rows[] = {
    { LIVE_SETTING_AUDIO_OUTPUT_VOLUME, "0.25", LIVE_CHANGE_LIVE },
    { LIVE_SETTING_SESSION_VOICE, "'Puck'", LIVE_CHANGE_RECONNECT },
    { LIVE_SETTING_SESSION_MODEL, "'gemini-x'", LIVE_CHANGE_NEXT_CONVERSATION },
    { LIVE_SETTING_SESSION_CONNECT_ON_START, "true", LIVE_CHANGE_RESTART },
    { LIVE_SETTING_LINK_KEEPALIVE_S, "7", LIVE_CHANGE_RESTART },
  };
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  g_autoptr (LiveSettings) settings = live_settings_ref (defaults);
  gboolean changed[LIVE_N_SETTINGS];

  g_assert_cmpint (live_settings_diff (defaults, settings, changed), ==, LIVE_CHANGE_NONE);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_assert_false (changed[i]);

  /* The rows add up: the larger class wins. */
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const LiveSettingInfo *info = live_setting_info (rows[i].setting);
      GVariant *value =
          g_variant_parse (G_VARIANT_TYPE (info->type), rows[i].value, NULL, NULL, NULL);
      LiveSettings *next = live_settings_new_with (settings, &rows[i].setting, &value, 1);

      live_settings_unref (settings);
      settings = next;
      g_assert_cmpint (live_settings_diff (defaults, settings, changed), ==, rows[i].change);
      g_assert_true (changed[rows[i].setting]);
    }
  g_assert_cmpint (live_settings_diff (defaults, settings, NULL), ==, LIVE_CHANGE_RESTART);
}

static void
test_change_names (void)
{
  g_assert_cmpstr (live_change_to_string (LIVE_CHANGE_NONE), ==, "none");
  g_assert_cmpstr (live_change_to_string (LIVE_CHANGE_LIVE), ==, "live");
  g_assert_cmpstr (live_change_to_string (LIVE_CHANGE_RECONNECT), ==, "reconnect");
  g_assert_cmpstr (live_change_to_string (LIVE_CHANGE_NEXT_CONVERSATION), ==, "next-conversation");
  g_assert_cmpstr (live_change_to_string (LIVE_CHANGE_RESTART), ==, "restart");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/settings/table-is-in-schema", test_table_is_in_schema);
  g_test_add_func ("/settings/schema-is-in-table", test_schema_is_in_table);
  g_test_add_func ("/settings/defaults", test_defaults);
  g_test_add_func ("/settings/find", test_find);
  g_test_add_func ("/settings/copy-leaves-the-original", test_copy_leaves_the_original);
  g_test_add_func ("/settings/diff", test_diff);
  g_test_add_func ("/settings/change-names", test_change_names);

  return g_test_run ();
}
