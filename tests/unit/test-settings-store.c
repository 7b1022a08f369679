/* Owns: nothing; proves io/live-settings-store.c: overrides, snapshots and changes.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "settings-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_defaults (SettingsFixture *fixture, gconstpointer data)
{
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  struct stat info;

  settings_fixture_open_store (fixture, NULL);
  g_assert_cmpint (live_settings_diff (defaults, live_settings_store_get (fixture->store), NULL),
                   ==, LIVE_CHANGE_NONE);
  g_assert_cmpstr (settings_fixture_get_origin (fixture, LIVE_SETTING_SESSION_MODEL), ==,
                   "default");
  g_assert_cmpint (stat (fixture->config, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  g_assert_cmpstr (settings_fixture_warnings (), ==, "");
}

static void
test_bad_overrides (SettingsFixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *text;
    LiveErrorCode code;
    const char *words;
  } rows[] = {
    { "session.voice", LIVE_ERROR_INVALID_ARGUMENT, "session.voice" },
    { "session.voices=Kore", LIVE_ERROR_INVALID_ARGUMENT, "session.voices" },
    { "vad.mode=sometimes", LIVE_ERROR_INVALID_ARGUMENT, "server, manual" },
    { "session.temperature=3", LIVE_ERROR_INVALID_ARGUMENT, "2" },
    { "session.temperature=nan", LIVE_ERROR_INVALID_ARGUMENT, "session.temperature" },
    { "session.top-k=many", LIVE_ERROR_INVALID_ARGUMENT, "1000" },
    { "session.compression=perhaps", LIVE_ERROR_INVALID_ARGUMENT, "true, false" },
    { "session.model=x", LIVE_ERROR_PERMISSION_DENIED, "session.model" },
    { "=", LIVE_ERROR_INVALID_ARGUMENT, "“”" },
  };

  settings_fixture_write_system (fixture, "locks", "/org/lived/Live1/session/model\n");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *overrides[] = { rows[i].text, NULL };
      g_autoptr (GError) error = NULL;

      g_assert_null (settings_fixture_try_open (fixture, overrides, &error));
      g_assert_error (error, LIVE_ERROR, (int) rows[i].code);
      if (strstr (error->message, rows[i].words) == NULL)
        g_error ("“%s” does not say “%s”", error->message, rows[i].words);
    }
}

static void
test_override_text (SettingsFixture *fixture, gconstpointer data)
{
  const char *overrides[] = { "session.voice='Kore'",
                              "session.system-instruction=Don't be \"terse\" = please",
                              "session.input-transcription-languages=['de-DE', 'en-US']",
                              "session.temperature=1",
                              "session.compression=false",
                              NULL };
  LiveSettings *settings;
  g_autofree const char **languages = NULL;

  settings_fixture_open_store (fixture, overrides);
  settings = live_settings_store_get (fixture->store);
  languages = live_settings_get_strv (settings, LIVE_SETTING_SESSION_INPUT_TRANSCRIPTION_LANGUAGES);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION),
                   ==, "Don't be \"terse\" = please");
  g_assert_cmpstr (languages[1], ==, "en-US");
  g_assert_cmpfloat (live_settings_get_double (settings, LIVE_SETTING_SESSION_TEMPERATURE), ==, 1);
  g_assert_false (live_settings_get_boolean (settings, LIVE_SETTING_SESSION_COMPRESSION));
}

static void
test_apply (SettingsFixture *fixture, gconstpointer data)
{
  const char *overrides[] = { "session.voice=Orus", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) applied = NULL;
  g_autofree char *text = NULL;
  const char *change;
  struct stat info;

  settings_fixture_write_user (fixture, "# mine\n[session]\n# my voice\nvoice='Puck'\n");
  settings_fixture_open_store (fixture, overrides);
  applied =
      settings_fixture_apply (fixture,
                              "{'session.voice': <'Kore'>, 'audio.output-volume': <1>, "
                              "'session.model': <'gemini-x'>, 'session.top-k': <int64 40>, "
                              "'vad.prefix-padding-ms': <20.0>, 'session.connect-on-start': <true>,"
                              "'session.input-transcription-languages': <['de-DE']>, "
                              "'session.temperature': <<0.5>>}",
                              &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_is_of_type (applied, G_VARIANT_TYPE ("a{ss}")));
  g_assert_true (g_variant_lookup (applied, "session.voice", "&s", &change));
  g_assert_cmpstr (change, ==, "reconnect");
  g_assert_true (g_variant_lookup (applied, "audio.output-volume", "&s", &change));
  g_assert_cmpstr (change, ==, "live");
  g_assert_true (g_variant_lookup (applied, "session.model", "&s", &change));
  g_assert_cmpstr (change, ==, "next-conversation");
  g_assert_true (g_variant_lookup (applied, "session.connect-on-start", "&s", &change));
  g_assert_cmpstr (change, ==, "restart");

  /* In force at once, told once, and the override of the start is over. */
  g_assert_cmpuint (fixture->n_changes, ==, 1);
  g_assert_cmpint (fixture->largest, ==, LIVE_CHANGE_RESTART);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");
  g_assert_cmpstr (settings_fixture_get_origin (fixture, LIVE_SETTING_SESSION_VOICE), ==, "file");
  g_assert_cmpuint (
      live_settings_get_uint (live_settings_store_get (fixture->store), LIVE_SETTING_SESSION_TOP_K),
      ==, 40);

  /* On disk, for us only, with the user's words. */
  g_assert_cmpint (stat (fixture->path, &info), ==, 0);
  text = settings_fixture_read_user (fixture);
  g_assert_nonnull (strstr (text, "# mine"));
  g_assert_nonnull (strstr (text, "# my voice"));
  g_assert_nonnull (strstr (text, "voice='Kore'"));
  settings_fixture_open_store (fixture, NULL);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_MODEL), ==,
                   "gemini-x");
  g_assert_cmpstr (settings_fixture_warnings (), ==, "");
}

static void
test_apply_again_changes_nothing (SettingsFixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) applied = NULL;
  const char *change;

  settings_fixture_open_store (fixture, NULL);
  settings_fixture_apply_good (fixture, "{'session.voice': <'Kore'>}");
  applied = settings_fixture_apply (fixture, "{'session.voice': <'Kore'>}", NULL);
  g_assert_true (g_variant_lookup (applied, "session.voice", "&s", &change));
  g_assert_cmpstr (change, ==, "live");
  g_assert_cmpuint (fixture->n_changes, ==, 1);
  settings_fixture_apply_good (fixture, "@a{sv} {}");
  g_assert_cmpuint (fixture->n_changes, ==, 1);
}

static void
test_all_or_none (SettingsFixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *value;
    LiveErrorCode code;
    const char *words;
  } rows[] = {
    { "'session.nothing': <1>", LIVE_ERROR_INVALID_ARGUMENT, "session.nothing" },
    { "'voice': <'Kore'>", LIVE_ERROR_INVALID_ARGUMENT, "“voice”" },
    { "'vad.mode': <'sometimes'>", LIVE_ERROR_INVALID_ARGUMENT, "server, manual" },
    { "'vad.mode': <1>", LIVE_ERROR_INVALID_ARGUMENT, "vad.mode" },
    { "'session.temperature': <2.5>", LIVE_ERROR_INVALID_ARGUMENT, "2.0" },
    { "'session.temperature': <'hot'>", LIVE_ERROR_INVALID_ARGUMENT, "session.temperature" },
    { "'session.top-k': <-1>", LIVE_ERROR_INVALID_ARGUMENT, "1000" },
    { "'session.top-k': <1.5>", LIVE_ERROR_INVALID_ARGUMENT, "session.top-k" },
    { "'session.top-k': <uint64 18446744073709551615>", LIVE_ERROR_INVALID_ARGUMENT, "1000" },
    { "'session.model': <''>", LIVE_ERROR_INVALID_ARGUMENT, "models/NAME" },
    { "'session.model': <'x y'>", LIVE_ERROR_INVALID_ARGUMENT, "models/NAME" },
    { "'session.model': <'models/'>", LIVE_ERROR_INVALID_ARGUMENT, "session.model" },
    { "'session.model': <'/x'>", LIVE_ERROR_INVALID_ARGUMENT, "session.model" },
    { "'session.model': <'a/b/c'>", LIVE_ERROR_INVALID_ARGUMENT, "session.model" },
    { "'session.voice': <'K ore'>", LIVE_ERROR_INVALID_ARGUMENT, "session.voice" },
    { "'session.voice': <'a/b'>", LIVE_ERROR_INVALID_ARGUMENT, "session.voice" },
    { "'session.compression': <1>", LIVE_ERROR_INVALID_ARGUMENT, "true, false" },
    { "'session.input-transcription-languages': <'de'>", LIVE_ERROR_INVALID_ARGUMENT,
      "session.input-transcription-languages" },
  };

  settings_fixture_open_store (fixture, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *values = g_strdup_printf ("{'session.language': <'de'>, %s}", rows[i].value);

      settings_fixture_apply_bad (fixture, values, rows[i].code, rows[i].words);
      g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_LANGUAGE), ==,
                       "");
    }
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (fixture->n_changes, ==, 0);
}

static void
test_names_of_models_and_voices (SettingsFixture *fixture, gconstpointer data)
{
  static const char *const good[] = {
    "'session.model': <'models/gemini-3.8-live'>",
    "'session.model': <'publishers/google/models/gemini_x@001'>",
    "'session.model': <'projects/a.com:p/locations/global/publishers/google/models/m'>",
    "'session.voice': <'en-US-Chirp3_HD'>",
    "'session.voice': <''>",
  };

  settings_fixture_open_store (fixture, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *values = g_strdup_printf ("{%s}", good[i]);

      settings_fixture_apply_good (fixture, values);
    }
}

static void
test_too_long (SettingsFixture *fixture, gconstpointer data)
{
  g_autofree char *novel = g_strnfill (100 * 1024, 'a');
  g_autofree char *values = g_strdup_printf ("{'session.system-instruction': <'%s'>}", novel);

  settings_fixture_open_store (fixture, NULL);
  settings_fixture_apply_bad (fixture, values, LIVE_ERROR_LIMIT_EXCEEDED,
                              "session.system-instruction");
}

static void
test_to_variant (SettingsFixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) all = NULL;
  const char *model;
  guint32 chunk_ms;

  settings_fixture_open_store (fixture, NULL);
  all = g_variant_ref_sink (live_settings_store_to_variant (fixture->store));
  g_assert_cmpuint (g_variant_n_children (all), ==, LIVE_N_SETTINGS);
  g_assert_true (g_variant_lookup (all, "session.model", "&s", &model));
  g_assert_cmpstr (model, ==, "gemini-3.8-live");
  g_assert_true (g_variant_lookup (all, "audio.chunk-ms", "u", &chunk_ms));
  g_assert_cmpuint (chunk_ms, ==, 20);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  settings_fixture_init ();

  SETTINGS_FIXTURE_ADD ("/settings-store/defaults", test_defaults);
  SETTINGS_FIXTURE_ADD ("/settings-store/bad-overrides", test_bad_overrides);
  SETTINGS_FIXTURE_ADD ("/settings-store/override-text", test_override_text);
  SETTINGS_FIXTURE_ADD ("/settings-store/apply", test_apply);
  SETTINGS_FIXTURE_ADD ("/settings-store/apply-again-changes-nothing",
                        test_apply_again_changes_nothing);
  SETTINGS_FIXTURE_ADD ("/settings-store/all-or-none", test_all_or_none);
  SETTINGS_FIXTURE_ADD ("/settings-store/names-of-models-and-voices",
                        test_names_of_models_and_voices);
  SETTINGS_FIXTURE_ADD ("/settings-store/too-long", test_too_long);
  SETTINGS_FIXTURE_ADD ("/settings-store/to-variant", test_to_variant);

  return g_test_run ();
}
