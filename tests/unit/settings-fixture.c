/* Owns: a folder of its own with settings, and what was warned.
 * Thread: main.
 * Called by: the tests of the settings store. */
#include "settings-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define DEADLINE_MS 20000

/* What was logged as a warning since it was last cleared. */
static GString *warnings;

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *log_fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; (level & G_LOG_LEVEL_WARNING) != 0 && i < n_fields; i++)
    if (strcmp (log_fields[i].key, "MESSAGE") == 0)
      g_string_append (warnings, log_fields[i].value);

  return g_log_writer_standard_streams (level, log_fields, n_fields, data);
}

static void
on_changed (LiveSettings *settings, LiveChange largest, gpointer data)
{
  SettingsFixture *fixture = data;

  g_assert_true (settings == live_settings_store_get (fixture->store));
  fixture->n_changes++;
  fixture->largest = largest;
}

void
settings_fixture_set_up (SettingsFixture *fixture, gconstpointer data)
{
  fixture->directory = g_dir_make_tmp ("lived-settings-XXXXXX", NULL);
  fixture->config = g_build_filename (fixture->directory, "config", "lived", NULL);
  fixture->system = g_build_filename (fixture->directory, "etc", NULL);
  fixture->path = g_build_filename (fixture->config, "settings.ini", NULL);
  g_assert_cmpint (g_mkdir (fixture->system, 0755), ==, 0);
  g_string_truncate (warnings, 0);
}

static void
remove_tree (const char *path)
{
  const char *argv[] = { "rm", "-rf", path, NULL };

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                NULL);
}

void
settings_fixture_tear_down (SettingsFixture *fixture, gconstpointer data)
{
  live_settings_store_free (fixture->store);
  remove_tree (fixture->directory);
  g_free (fixture->directory);
  g_free (fixture->config);
  g_free (fixture->system);
  g_free (fixture->path);
}

void
settings_fixture_write_user (SettingsFixture *fixture, const char *text)
{
  g_assert_cmpint (g_mkdir_with_parents (fixture->config, 0700), ==, 0);
  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
}

void
settings_fixture_write_system (SettingsFixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->system, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

char *
settings_fixture_read_user (SettingsFixture *fixture)
{
  char *text = NULL;

  g_assert_true (g_file_get_contents (fixture->path, &text, NULL, NULL));
  return text;
}

LiveSettingsStore *
settings_fixture_try_open (SettingsFixture *fixture, const char *const *overrides, GError **error)
{
  LiveSettingsStoreParts parts = { fixture->config, fixture->system, overrides };

  return live_settings_store_new (&parts, error);
}

void
settings_fixture_open_store (SettingsFixture *fixture, const char *const *overrides)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->store, live_settings_store_free);
  fixture->store = settings_fixture_try_open (fixture, overrides, &error);
  g_assert_no_error (error);
  live_settings_store_listen (fixture->store, on_changed, fixture);
}

const char *
settings_fixture_get_string (SettingsFixture *fixture, LiveSetting setting)
{
  return live_settings_get_string (live_settings_store_get (fixture->store), setting);
}

const char *
settings_fixture_get_origin (SettingsFixture *fixture, LiveSetting setting)
{
  return live_settings_origin_to_string (live_settings_store_get_origin (fixture->store, setting));
}

/* values as GVariant text. */
GVariant *
settings_fixture_apply (SettingsFixture *fixture, const char *values, GError **error)
{
  g_autoptr (GVariant) dictionary =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, values, NULL, NULL, NULL);
  GVariant *applied;

  g_assert_nonnull (dictionary);
  applied = live_settings_store_apply (fixture->store, dictionary, error);
  return applied != NULL ? g_variant_ref_sink (applied) : NULL;
}

void
settings_fixture_apply_good (SettingsFixture *fixture, const char *values)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) applied = settings_fixture_apply (fixture, values, &error);

  g_assert_no_error (error);
  g_assert_nonnull (applied);
}

void
settings_fixture_apply_bad (SettingsFixture *fixture,
                            const char *values,
                            LiveErrorCode code,
                            const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) applied = settings_fixture_apply (fixture, values, &error);

  g_assert_null (applied);
  g_assert_error (error, LIVE_ERROR, (int) code);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
}

static void
on_late (gpointer data)
{
  ((SettingsFixture *) data)->is_late = TRUE;
}

void
settings_fixture_wait_for_changes (SettingsFixture *fixture, guint n_changes)
{
  guint deadline = g_timeout_add_once (DEADLINE_MS, on_late, fixture);

  while (fixture->n_changes < n_changes && !fixture->is_late)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (fixture->is_late);
  g_source_remove (deadline);
}

void
settings_fixture_wait_for_warning (SettingsFixture *fixture, const char *words)
{
  guint deadline = g_timeout_add_once (DEADLINE_MS, on_late, fixture);

  while (strstr (warnings->str, words) == NULL && !fixture->is_late)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (fixture->is_late);
  g_source_remove (deadline);
}

void
settings_fixture_init (void)
{
  warnings = g_string_new (NULL);
  /* Warnings are what is tested here. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (write_log, NULL, NULL);
}

const char *
settings_fixture_warnings (void)
{
  return warnings->str;
}

void
settings_fixture_clear_warnings (void)
{
  g_string_truncate (warnings, 0);
}
