/* Owns: the proof that the credential is found where the contract says, and that nothing hangs.
 * Thread: main.
 * Called by: meson test. */
#include "io/live-secret.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "base/live-error.h"
#include "base/live-redact.h"
#include "fake/fake-clock.h"
#include "fake/keyring.h"
#include "live-config.h"

#define DEADLINE_US (20 * G_USEC_PER_SEC)

/* libsecret keeps its connection to the bus, so all tests share one. */
static const char *bus_address;

/* A private credentials directory, a clean environment. */
typedef struct
{
  FakeClock *clock;
  LiveSecret *secret;
  char *directory, *file;
  gboolean is_done;
  LiveSecretFound found;
  GError *error;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_unsetenv ("GEMINI_API_KEY");
  g_unsetenv ("GOOGLE_API_KEY");
  fixture->clock = fake_clock_new ();
  fixture->secret = live_secret_new (fake_clock_interface (fixture->clock));
  fixture->directory = g_dir_make_tmp ("lived-secret-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->file = g_build_filename (fixture->directory, "gemini-api-key", NULL);
  g_setenv ("CREDENTIALS_DIRECTORY", fixture->directory, TRUE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  live_secret_free (fixture->secret);
  live_secret_found_clear (&fixture->found);
  g_clear_error (&fixture->error);
  g_unlink (fixture->file);
  g_rmdir (fixture->directory);
  g_free (fixture->file);
  g_free (fixture->directory);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  fake_clock_free (fixture->clock);
}

static void
write_file (Fixture *fixture, const char *text, gssize size)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (fixture->file, text, size, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *fixture = data;

  g_assert_false (fixture->is_done);
  fixture->is_done = TRUE;
  live_secret_lookup_finish (result, &fixture->found, &fixture->error);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
start (Fixture *fixture)
{
  fixture->is_done = FALSE;
  live_secret_found_clear (&fixture->found);
  fixture->found = (LiveSecretFound){ 0 };
  g_clear_error (&fixture->error);
  live_secret_lookup_async (fixture->secret, NULL, on_found, fixture);
  g_assert_false (fixture->is_done);
}

static void
finish (Fixture *fixture)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  guint tick = g_timeout_add (20, on_tick, NULL);

  while (!fixture->is_done)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
}

static void
look (Fixture *fixture)
{
  start (fixture);
  finish (fixture);
}

static void
check (Fixture *fixture, const char *secret, const char *source)
{
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (fixture->found.secret, ==, secret);
  g_assert_cmpstr (fixture->found.source, ==, source);
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "  file-key \n", -1);
  g_setenv ("GEMINI_API_KEY", "gemini-key\n", TRUE);
  g_setenv ("GOOGLE_API_KEY", "google-key", TRUE);
  look (fixture);
  check (fixture, "file-key", "credentials-directory");
  g_assert_cmpint (fixture->found.kind, ==, LIVE_CREDENTIAL_API_KEY);

  g_unlink (fixture->file);
  look (fixture);
  check (fixture, "gemini-key", "GEMINI_API_KEY");
  g_setenv ("GEMINI_API_KEY", " ", TRUE);
  look (fixture);
  check (fixture, "google-key", "GOOGLE_API_KEY");
  g_unsetenv ("CREDENTIALS_DIRECTORY");
  look (fixture);
  check (fixture, "google-key", "GOOGLE_API_KEY");
}

static void
test_ephemeral (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "auth_tokens/abc\n", -1);
  look (fixture);
  check (fixture, "auth_tokens/abc", "credentials-directory");
  g_assert_cmpint (fixture->found.kind, ==, LIVE_CREDENTIAL_EPHEMERAL);
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  g_autofree char *shown = NULL;

  look (fixture);
  g_assert_error (fixture->error, LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS);
  g_assert_nonnull (strstr (fixture->error->message, "GEMINI_API_KEY"));
  g_assert_null (fixture->found.secret);
  /* Everything that leaves on the bus goes through it, and the advice is to arrive whole. */
  shown = live_redact (fixture->error->message, NULL);
  g_assert_cmpstr (shown, ==, fixture->error->message);
}

static guint n_warnings;

/* A file that holds no key is passed over with a warning, and the sentence tells of it. */
static void
test_bad_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_strnfill (1024 * 1024, 'k');
  const struct
  {
    const char *text;
    gssize size;
  } files[] = { { "", 0 }, { " \n\n", 3 }, { "key\0rest", 8 }, { large, 1024 * 1024 } };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      write_file (fixture, files[i].text, files[i].size);
      n_warnings = 0;
      look (fixture);
      g_assert_error (fixture->error, LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS);
      g_assert_nonnull (strstr (fixture->error->message, "the file"));
      g_assert_cmpuint (n_warnings, ==, 1);
    }

  g_unlink (fixture->file);
  g_mkdir (fixture->file, 0700);
  g_setenv ("GEMINI_API_KEY", "gemini-key", TRUE);
  look (fixture);
  check (fixture, "gemini-key", "GEMINI_API_KEY");
  g_rmdir (fixture->file);
}

static void
test_careless_file (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "file-key", -1);
  g_chmod (fixture->file, 0644);
  n_warnings = 0;
  look (fixture);
  check (fixture, "file-key", "credentials-directory");
  look (fixture);
  g_assert_cmpuint (n_warnings, ==, 1);
}

/* Opening it blocks a worker until somebody writes: the lookup goes on without it. */
static void
test_hanging_file (Fixture *fixture, gconstpointer data)
{
  int fd;

  g_assert_cmpint (mkfifo (fixture->file, 0600), ==, 0);
  g_setenv ("GEMINI_API_KEY", "gemini-key", TRUE);
  start (fixture);
  g_assert_cmpint (fake_clock_next_ms (fixture->clock), ==, 5000);
  fake_clock_advance_ms (fixture->clock, 5000);
  finish (fixture);
  check (fixture, "gemini-key", "GEMINI_API_KEY");
  /* Lets the worker go. */
  fd = g_open (fixture->file, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  for (guint i = 0; i < 50; i++)
    g_main_context_iteration (NULL, FALSE);
  g_close (fd, NULL);
}

static void
test_freed_while_looking (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  g_clear_pointer (&fixture->secret, live_secret_free);
  finish (fixture);
  g_assert_error (fixture->error, LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS);
}

#if LIVE_HAVE_SECRET

static void
test_keyring (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Keyring) keyring = keyring_new (bus_address, KEYRING_OPEN, "keyring-key\n");

  g_setenv ("GEMINI_API_KEY", "gemini-key", TRUE);
  look (fixture);
  check (fixture, "keyring-key", "secret-service");
  g_assert_cmpstr (keyring_schema (keyring), ==, "org.lived.Live1.ApiKey");
}

static void
test_empty_keyring (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Keyring) keyring = keyring_new (bus_address, KEYRING_OPEN, NULL);

  g_setenv ("GEMINI_API_KEY", "gemini-key", TRUE);
  look (fixture);
  check (fixture, "gemini-key", "GEMINI_API_KEY");
}

static void
test_hanging_keyring (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Keyring) keyring = keyring_new (bus_address, KEYRING_SILENT, "x");

  g_setenv ("GEMINI_API_KEY", "gemini-key", TRUE);
  g_unsetenv ("CREDENTIALS_DIRECTORY");
  start (fixture);
  for (guint i = 0; i < 50; i++)
    g_main_context_iteration (NULL, FALSE);
  g_assert_false (fixture->is_done);
  n_warnings = 0;
  fake_clock_advance_ms (fixture->clock, 5000);
  finish (fixture);
  check (fixture, "gemini-key", "GEMINI_API_KEY");
  g_assert_cmpuint (n_warnings, ==, 1);
}

static void
test_locked_keyring_is_asked_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Keyring) keyring = keyring_new (bus_address, KEYRING_LOCKED, "keyring-key");

  look (fixture);
  check (fixture, "keyring-key", "secret-service");
  g_assert_cmpuint (keyring_n_prompts (keyring), ==, 1);

  /* A back-off that dials again and again does not pester. */
  keyring_lock (keyring);
  look (fixture);
  g_assert_error (fixture->error, LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS);
  g_assert_cmpuint (keyring_n_prompts (keyring), ==, 1);
  live_secret_forget (fixture->secret);
  look (fixture);
  check (fixture, "keyring-key", "secret-service");
  g_assert_cmpuint (keyring_n_prompts (keyring), ==, 2);
}

#endif

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    g_assert_null (strstr (fields[i].length < 0 ? fields[i].value : "", "-key "));
  if (level & G_LOG_LEVEL_WARNING)
    {
      n_warnings++;
      return G_LOG_WRITER_HANDLED;
    }
  return g_log_writer_default (level, fields, n_fields, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr (GTestDBus) bus = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  bus_address = g_test_dbus_get_bus_address (bus);
  g_log_set_writer_func (count_warnings, NULL, NULL);
#define ADD(idea, function) g_test_add ("/secret/" idea, Fixture, NULL, set_up, function, tear_down)
  ADD ("order", test_order);
  ADD ("ephemeral", test_ephemeral);
  ADD ("none", test_none);
  ADD ("bad-files", test_bad_files);
  ADD ("careless-file", test_careless_file);
  ADD ("hanging-file", test_hanging_file);
  ADD ("freed-while-looking", test_freed_while_looking);
#if LIVE_HAVE_SECRET
  ADD ("keyring", test_keyring);
  ADD ("empty-keyring", test_empty_keyring);
  ADD ("hanging-keyring", test_hanging_keyring);
  ADD ("locked-keyring-is-asked-once", test_locked_keyring_is_asked_once);
#endif
  status = g_test_run ();
  /* down() would wait for that connection to go. */
  g_test_dbus_stop (bus);
  return status;
}
