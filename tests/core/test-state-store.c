/* The state file: round trip, privacy, and every way in which it can be bad.
 * Real files in a private directory; workers are waited for by their callbacks. */
#include "io/live-state-store.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/live-error.h"
#include "base/live-names.h"

typedef struct
{
  char *directory;
  char *path;
  LiveStateStore *store;
  GMainLoop *loop;
  LiveStoredSession *loaded;
  GError *error;
} Fixture;

/* Structured logging passes g_test_expect_message by, so warnings are counted here. */
static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    return g_log_writer_default (level, fields, n_fields, data);

  warnings++;
  return G_LOG_WRITER_HANDLED;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->directory = g_dir_make_tmp ("lived-state-XXXXXX", NULL);
  f->path = g_build_filename (f->directory, LIVE_STATE_FILE, NULL);
  f->store = live_state_store_new (f->directory, live_clock_system ());
  f->loop = g_main_loop_new (NULL, FALSE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  live_state_store_free (f->store);
  live_stored_session_free (f->loaded);
  g_clear_error (&f->error);
  g_remove (f->path);
  g_rmdir (f->path);
  g_rmdir (f->directory);
  g_main_loop_unref (f->loop);
  g_free (f->path);
  g_free (f->directory);
}

static void
on_quit (gpointer loop)
{
  g_main_loop_quit (loop);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *f = data;

  f->loaded = live_state_store_load_finish (f->store, result, &f->error);
  g_main_loop_quit (f->loop);
}

static void
load (Fixture *f)
{
  g_clear_pointer (&f->loaded, live_stored_session_free);
  g_clear_error (&f->error);
  live_state_store_load_async (f->store, NULL, on_loaded, f);
  g_main_loop_run (f->loop);
}

static void
save (Fixture *f, const char *handle)
{
  LiveStoredSession session = { (char *) handle, (char *) "f00d", (char *) "conversation-1",
                                g_get_real_time () };

  live_state_store_save (f->store, &session);
}

static void
flush (Fixture *f)
{
  live_state_store_flush (f->store, on_quit, f->loop);
  g_main_loop_run (f->loop);
}

static void
write_file (Fixture *f, const char *text, gssize length)
{
  g_assert_true (
      g_file_set_contents_full (f->path, text, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static void
on_flushed (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
test_round_trip (Fixture *f, gconstpointer data)
{
  struct stat facts;

  save (f, "handle-1");
  flush (f);
  load (f);
  g_assert_no_error (f->error);
  g_assert_nonnull (f->loaded);
  g_assert_cmpstr (f->loaded->handle, ==, "handle-1");
  g_assert_cmpstr (f->loaded->fingerprint, ==, "f00d");
  g_assert_cmpstr (f->loaded->conversation_id, ==, "conversation-1");
  g_assert_cmpint (f->loaded->issued_us, >, 0);
  g_assert_cmpint (stat (f->path, &facts), ==, 0);
  g_assert_cmpuint (facts.st_mode & 0777, ==, 0600);
}

static void
test_none_yet (Fixture *f, gconstpointer data)
{
  load (f);
  g_assert_no_error (f->error);
  g_assert_null (f->loaded);
}

static void
test_flood_is_coalesced (Fixture *f, gconstpointer data)
{
  const LiveStateStoreStats *stats = live_state_store_get_stats (f->store);

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *handle = g_strdup_printf ("handle-%u", i);

      save (f, handle);
    }
  flush (f);
  load (f);
  g_assert_cmpstr (f->loaded->handle, ==, "handle-99");
  /* The first at once, the newest at the flush. */
  g_assert_cmpuint (stats->writes, ==, 2);
  g_assert_cmpuint (stats->coalesced, ==, 98);
}

static void
test_flush_of_nothing (Fixture *f, gconstpointer data)
{
  gboolean done = FALSE;

  live_state_store_flush (f->store, on_flushed, &done);
  g_assert_true (done);
}

static void
test_clear (Fixture *f, gconstpointer data)
{
  save (f, "handle-1");
  flush (f);
  live_state_store_clear (f->store);
  flush (f);
  g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
  load (f);
  g_assert_no_error (f->error);
  g_assert_null (f->loaded);
}

static void
test_truncated_anywhere (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize length;

  save (f, "handle-1");
  flush (f);
  g_assert_true (g_file_get_contents (f->path, &text, &length, NULL));

  /* All but the last byte, which is a newline. */
  for (gsize cut = 0; cut + 1 < length; cut += 7)
    {
      write_file (f, text, (gssize) cut);
      load (f);
      g_assert_null (f->loaded);
      g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_FAILED);
      g_assert_null (strstr (f->error->message, "handle-1"));
    }
}

static void
test_garbage (Fixture *f, gconstpointer data)
{
  char noise[5000];

  for (guint i = 0; i < sizeof noise; i++)
    noise[i] = (char) g_test_rand_int ();
  write_file (f, noise, sizeof noise);
  load (f);
  g_assert_null (f->loaded);
  g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_FAILED);
}

static void
test_too_large (Fixture *f, gconstpointer data)
{
  g_autofree char *noise = g_strnfill (100 * 1024, 'x');

  write_file (f, noise, -1);
  load (f);
  g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED);
}

static void
test_changed_by_hand (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GString) edited = NULL;

  save (f, "handle-1");
  flush (f);
  g_assert_true (g_file_get_contents (f->path, &text, NULL, NULL));
  edited = g_string_new (text);
  g_assert_cmpuint (g_string_replace (edited, "handle-1", "handle-2", 0), ==, 1);
  write_file (f, edited->str, -1);
  load (f);
  g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_FAILED);
}

static void
test_from_the_future (Fixture *f, gconstpointer data)
{
  LiveStoredSession session = { (char *) "handle-1", NULL, NULL,
                                g_get_real_time () + G_TIME_SPAN_DAY };

  live_state_store_save (f->store, &session);
  flush (f);
  load (f);
  g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_FAILED);
}

static void
test_open_to_others (Fixture *f, gconstpointer data)
{
  save (f, "handle-1");
  flush (f);
  g_assert_cmpint (g_chmod (f->path, 0644), ==, 0);
  load (f);
  g_assert_null (f->loaded);
  g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_PERMISSION_DENIED);
}

static void
test_wrong_owner (Fixture *f, gconstpointer data)
{
  if (geteuid () != 0)
    {
      g_test_message ("only root can give a file away; nothing to show here");
      return;
    }

  save (f, "handle-1");
  flush (f);
  g_assert_cmpint (chown (f->path, 12345, 12345), ==, 0);
  load (f);
  g_assert_null (f->loaded);
  g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_PERMISSION_DENIED);
}

static void
test_symbolic_link (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (symlink ("/etc/hostname", f->path), ==, 0);
  load (f);
  g_assert_error (f->error, LIVE_ERROR, LIVE_ERROR_FAILED);
}

static void
test_unwritable (Fixture *f, gconstpointer data)
{
  const LiveStateStoreStats *stats = live_state_store_get_stats (f->store);

  /* A directory in the file's place can't be replaced by anyone, root included. */
  g_assert_cmpint (g_mkdir (f->path, 0700), ==, 0);
  warnings = 0;
  save (f, "handle-1");
  flush (f);
  save (f, "handle-2");
  flush (f);
  /* Said once, not with every handle. */
  g_assert_cmpuint (warnings, ==, 1);
  g_assert_cmpuint (stats->write_failures, ==, 2);

  /* Mended: the next state is written. */
  g_assert_cmpint (g_rmdir (f->path), ==, 0);
  save (f, "handle-3");
  flush (f);
  load (f);
  g_assert_cmpstr (f->loaded->handle, ==, "handle-3");
}

static void
test_freed_while_writing (Fixture *f, gconstpointer data)
{
  save (f, "handle-1");
  g_clear_pointer (&f->store, live_state_store_free);
  f->store = live_state_store_new (f->directory, live_clock_system ());
  /* The orphaned worker still ends; whether before or after this load is all the same. */
  load (f);
  g_assert_no_error (f->error);
  while (!g_file_test (f->path, G_FILE_TEST_EXISTS))
    g_main_context_iteration (NULL, FALSE);
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, NULL, NULL);

#define ADD(name, fn) g_test_add ("/state-store/" name, Fixture, NULL, set_up, fn, tear_down)
  ADD ("round-trip", test_round_trip);
  ADD ("none-yet", test_none_yet);
  ADD ("flood-is-coalesced", test_flood_is_coalesced);
  ADD ("flush-of-nothing", test_flush_of_nothing);
  ADD ("clear", test_clear);
  ADD ("truncated-anywhere", test_truncated_anywhere);
  ADD ("garbage", test_garbage);
  ADD ("too-large", test_too_large);
  ADD ("changed-by-hand", test_changed_by_hand);
  ADD ("from-the-future", test_from_the_future);
  ADD ("open-to-others", test_open_to_others);
  ADD ("wrong-owner", test_wrong_owner);
  ADD ("symbolic-link", test_symbolic_link);
  ADD ("unwritable", test_unwritable);
  ADD ("freed-while-writing", test_freed_while_writing);
#undef ADD

  return g_test_run ();
}
