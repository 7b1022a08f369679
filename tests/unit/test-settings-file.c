/* Owns: nothing; proves io/live-settings-file.c against real files, edits and mishaps.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "settings-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_layers (SettingsFixture *fixture, gconstpointer data)
{
  const char *overrides[] = { "session.language=fr-FR", "vad.silence-duration-ms=900", NULL };

  settings_fixture_write_system (fixture, "defaults",
                                 "[session]\nvoice='Puck'\nmodel='of-the-system'\n"
                                 "[vad]\nprefix-padding-ms=50\n");
  settings_fixture_write_system (fixture, "locks", "# comment\n/org/lived/Live1/session/model\n");
  settings_fixture_write_user (fixture,
                               "[session]\nvoice=Kore\nmodel='of-the-user'\nlanguage='de-DE'\n"
                               "system-instruction='first\\nsecond “quoted”'\n");
  settings_fixture_open_store (fixture, overrides);

  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");
  g_assert_cmpstr (settings_fixture_get_origin (fixture, LIVE_SETTING_SESSION_VOICE), ==, "file");
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_MODEL), ==,
                   "of-the-system");
  g_assert_cmpstr (settings_fixture_get_origin (fixture, LIVE_SETTING_SESSION_MODEL), ==, "system");
  g_assert_true (live_settings_store_is_locked (fixture->store, LIVE_SETTING_SESSION_MODEL));
  g_assert_false (live_settings_store_is_locked (fixture->store, LIVE_SETTING_SESSION_VOICE));
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_LANGUAGE), ==,
                   "fr-FR");
  g_assert_cmpstr (settings_fixture_get_origin (fixture, LIVE_SETTING_SESSION_LANGUAGE), ==,
                   "override");
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION),
                   ==, "first\nsecond “quoted”");
  g_assert_cmpint (live_settings_get_int (live_settings_store_get (fixture->store),
                                          LIVE_SETTING_VAD_PREFIX_PADDING_MS),
                   ==, 50);
  /* The lock is told, because the user's value has no effect. */
  g_assert_nonnull (
      strstr (settings_fixture_warnings (), "[session] model is fixed by the system"));
  settings_fixture_apply_bad (fixture, "{'session.voice': <'Orus'>, 'session.model': <'x'>}",
                              LIVE_ERROR_PERMISSION_DENIED, "session.model");
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");
}

static void
test_hand_edit (SettingsFixture *fixture, gconstpointer data)
{
  settings_fixture_open_store (fixture, NULL);
  settings_fixture_write_user (fixture, "[session]\nvoice=Kore\n");
  settings_fixture_wait_for_changes (fixture, 1);
  g_assert_cmpint (fixture->largest, ==, LIVE_CHANGE_RECONNECT);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");

  settings_fixture_write_user (fixture, "[session]\nvoice=Kore\n[audio]\noutput-volume=0.5\n");
  settings_fixture_wait_for_changes (fixture, 2);
  g_assert_cmpint (fixture->largest, ==, LIVE_CHANGE_LIVE);
}

/* A write must not undo an edit that the watch has not yet told. */
static void
test_edit_and_apply (SettingsFixture *fixture, gconstpointer data)
{
  settings_fixture_open_store (fixture, NULL);
  settings_fixture_apply_good (fixture, "{'session.voice': <'Puck'>}");
  settings_fixture_write_user (fixture, "[session]\nvoice=Puck\nlanguage=de-DE\n");
  settings_fixture_apply_good (fixture, "{'session.voice': <'Kore'>}");
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_LANGUAGE), ==,
                   "de-DE");
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");
}

static void
test_deleted_file (SettingsFixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  settings_fixture_write_user (fixture, "[session]\nvoice=Kore\n");
  settings_fixture_open_store (fixture, NULL);
  g_assert_cmpint (g_unlink (fixture->path), ==, 0);
  settings_fixture_wait_for_changes (fixture, 1);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "");
  settings_fixture_apply_good (fixture, "{'session.language': <'de-DE'>}");
  text = settings_fixture_read_user (fixture);
  g_assert_null (strstr (text, "voice"));
}

static void
test_useless_lines_are_named (SettingsFixture *fixture, gconstpointer data)
{
  settings_fixture_write_user (fixture,
                               "[session]\nvoise=Kore\ntemperature=hot\n[vads]\nmode=server\n"
                               "[vad]\nmode=never\n");
  settings_fixture_open_store (fixture, NULL);
  g_assert_nonnull (strstr (settings_fixture_warnings (), fixture->path));
  g_assert_nonnull (strstr (settings_fixture_warnings (), "[session] voise"));
  g_assert_nonnull (strstr (settings_fixture_warnings (), "[session] temperature"));
  g_assert_nonnull (strstr (settings_fixture_warnings (), "[vads] mode"));
  g_assert_nonnull (strstr (settings_fixture_warnings (), "(server, manual)"));
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_VAD_MODE), ==, "server");
  g_assert_cmpstr (settings_fixture_get_origin (fixture, LIVE_SETTING_VAD_MODE), ==, "default");

  /* The same again is not worth a second word; something new is. */
  settings_fixture_clear_warnings ();
  live_settings_store_reload (fixture->store);
  g_assert_cmpstr (settings_fixture_warnings (), ==, "");
  settings_fixture_write_user (fixture, "[session]\nnew-mistake=1\n");
  settings_fixture_wait_for_warning (fixture, "[session] new-mistake");
}

static void
test_broken_file (SettingsFixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  settings_fixture_write_user (fixture, "[session]\nvoice=Kore\n");
  settings_fixture_open_store (fixture, NULL);
  settings_fixture_write_user (fixture,
                               "[session]\nvoice=Puck\nthis is no key file\nlanguage=de-DE\n");
  settings_fixture_wait_for_warning (fixture, fixture->path);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");
  settings_fixture_apply_bad (fixture, "{'session.voice': <'Orus'>}", LIVE_ERROR_FAILED,
                              fixture->path);
  text = settings_fixture_read_user (fixture);
  g_assert_nonnull (strstr (text, "language=de-DE"));

  settings_fixture_write_user (fixture, "[session]\nvoice=Puck\nlanguage=de-DE\n");
  settings_fixture_wait_for_changes (fixture, 1);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Puck");
}

static void
test_broken_from_the_start (SettingsFixture *fixture, gconstpointer data)
{
  settings_fixture_write_user (fixture, "[session\nvoice=Puck\n");
  settings_fixture_open_store (fixture, NULL);
  g_assert_nonnull (strstr (settings_fixture_warnings (), fixture->path));
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "");
}

/* Root may write everywhere, but not below a file. */
static void
test_unwritable (SettingsFixture *fixture, gconstpointer data)
{
  g_autofree char *parent = g_path_get_dirname (fixture->config);

  g_assert_true (g_file_set_contents (parent, "", 0, NULL));
  settings_fixture_open_store (fixture, NULL);
  g_assert_nonnull (strstr (settings_fixture_warnings (), "settings cannot be kept"));
  settings_fixture_apply_bad (fixture, "{'session.voice': <'Orus'>}", LIVE_ERROR_PERMISSION_DENIED,
                              fixture->path);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "");
  g_assert_cmpuint (fixture->n_changes, ==, 0);
}

static void
test_system_mistakes_are_named (SettingsFixture *fixture, gconstpointer data)
{
  settings_fixture_write_system (fixture, "defaults",
                                 "[session]\nvoise='Kore'\ntemperature=9\nmodel='m'\n");
  settings_fixture_write_system (fixture, "locks",
                                 "/org/lived/Live1/session/model \n/org/lived/Live1/modell\n");
  settings_fixture_open_store (fixture, NULL);
  g_assert_nonnull (strstr (settings_fixture_warnings (), "[session] voise"));
  g_assert_nonnull (strstr (settings_fixture_warnings (), "[session] temperature"));
  g_assert_null (strstr (settings_fixture_warnings (), "[session] model"));
  g_assert_nonnull (strstr (settings_fixture_warnings (), "locks: a line names no setting"));
  g_assert_true (live_settings_store_is_locked (fixture->store, LIVE_SETTING_SESSION_MODEL));
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_MODEL), ==, "m");
}

static void
test_symlink_stays (SettingsFixture *fixture, gconstpointer data)
{
  g_autofree char *target = g_build_filename (fixture->directory, "dotfiles.ini", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_set_contents (target, "[session]\nvoice=Kore\n", -1, NULL));
  g_assert_cmpint (g_mkdir_with_parents (fixture->config, 0700), ==, 0);
  g_assert_cmpint (symlink (target, fixture->path), ==, 0);
  settings_fixture_open_store (fixture, NULL);
  g_assert_cmpstr (settings_fixture_get_string (fixture, LIVE_SETTING_SESSION_VOICE), ==, "Kore");
  settings_fixture_apply_good (fixture, "{'session.voice': <'Puck'>}");
  g_assert_true (g_file_test (fixture->path, G_FILE_TEST_IS_SYMLINK));
  g_assert_true (g_file_get_contents (target, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "Puck"));
}

static void
test_new_file_is_private (SettingsFixture *fixture, gconstpointer data)
{
  struct stat info;

  settings_fixture_open_store (fixture, NULL);
  settings_fixture_apply_good (fixture, "{'session.voice': <'Kore'>}");
  g_assert_cmpint (stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

/* GLib looks for schemas once a process, so this needs one of its own. */
static void
test_missing_schema (SettingsFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }

  g_setenv ("GSETTINGS_SCHEMA_DIR", fixture->system, TRUE);
  g_setenv ("XDG_DATA_DIRS", fixture->system, TRUE);
  fixture->store = settings_fixture_try_open (fixture, NULL, &error);
  /* An installation of this very version is found without help. */
  if (fixture->store == NULL)
    {
      g_assert_error (error, LIVE_ERROR, LIVE_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, "GSETTINGS_SCHEMA_DIR"));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  settings_fixture_init ();

  SETTINGS_FIXTURE_ADD ("/settings-file/layers", test_layers);
  SETTINGS_FIXTURE_ADD ("/settings-file/hand-edit", test_hand_edit);
  SETTINGS_FIXTURE_ADD ("/settings-file/edit-and-apply", test_edit_and_apply);
  SETTINGS_FIXTURE_ADD ("/settings-file/deleted-file", test_deleted_file);
  SETTINGS_FIXTURE_ADD ("/settings-file/useless-lines-are-named", test_useless_lines_are_named);
  SETTINGS_FIXTURE_ADD ("/settings-file/broken-file", test_broken_file);
  SETTINGS_FIXTURE_ADD ("/settings-file/broken-from-the-start", test_broken_from_the_start);
  SETTINGS_FIXTURE_ADD ("/settings-file/unwritable", test_unwritable);
  SETTINGS_FIXTURE_ADD ("/settings-file/system-mistakes-are-named", test_system_mistakes_are_named);
  SETTINGS_FIXTURE_ADD ("/settings-file/symlink-stays", test_symlink_stays);
  SETTINGS_FIXTURE_ADD ("/settings-file/new-file-is-private", test_new_file_is_private);
  SETTINGS_FIXTURE_ADD ("/settings-file/missing-schema", test_missing_schema);

  return g_test_run ();
}
