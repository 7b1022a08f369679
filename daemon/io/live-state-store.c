/* Owns: the state file and the one write that may be under way.
 * Thread: main; the file itself is touched in GTask workers, which own copies.
 * Called by: live-app and the link's owner. */
#include "io/live-state-store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/live-error.h"
#include "base/live-names.h"

#define STATE_GROUP "session"
#define SUM_GROUP "integrity"
#define STATE_VERSION 1
#define WRITE_INTERVAL_MS 3000
#define STATE_MAX_BYTES (64 * 1024)
/* A clock that was set back a little is no reason to lose a conversation. */
#define FUTURE_TOLERANCE_US (5 * 60 * G_USEC_PER_SEC)

struct _LiveStateStore
{
  const LiveClock *clock;
  char *directory;
  LiveStoredSession *waiting; /* newest state not yet handed to a worker */
  gboolean has_waiting;       /* waiting may be NULL: remove the file */
  gboolean is_writing;
  gboolean has_warned;
  gint64 last_write_us;
  guint timer;
  GCancellable *lifetime;
  GSourceOnceFunc flushed_fn;
  gpointer flushed_data;
  LiveStateStoreStats stats;
};

typedef struct
{
  char *directory;
  LiveStoredSession *session; /* NULL: remove */
} WriteJob;

static void write_when_due (LiveStateStore *self);

void
live_stored_session_free (LiveStoredSession *session)
{
  if (session == NULL)
    return;

  if (session->handle != NULL)
    explicit_bzero (session->handle, strlen (session->handle));
  g_free (session->handle);
  g_free (session->fingerprint);
  g_free (session->conversation_id);
  g_free (session);
}

static LiveStoredSession *
copy_session (const LiveStoredSession *session)
{
  LiveStoredSession *copy = g_new0 (LiveStoredSession, 1);

  copy->handle = g_strdup (session->handle);
  copy->fingerprint = g_strdup (session->fingerprint);
  copy->conversation_id = g_strdup (session->conversation_id);
  copy->issued_us = session->issued_us;
  return copy;
}

static void
free_job (WriteJob *job)
{
  g_free (job->directory);
  live_stored_session_free (job->session);
  g_free (job);
}

char *
live_state_store_directory (void)
{
  const char *given = g_getenv (LIVE_ENV_STATE_DIRECTORY);

  if (given != NULL && *given != '\0')
    {
      /* systemd separates several directories with colons; ours is the first. */
      g_auto (GStrv) parts = g_strsplit (given, ":", 2);

      return g_strdup (parts[0]);
    }

  return g_build_filename (g_get_user_state_dir (), LIVE_PROGRAM_DIR, NULL);
}

/* The sum guards against a file cut short by a full disk or a crash, not against an attacker:
 * whoever can write the file is the user. */
static char *
sum_of (const LiveStoredSession *session)
{
  g_autofree char *text = g_strdup_printf (
      "%d\n%s\n%s\n%s\n%" G_GINT64_FORMAT, STATE_VERSION, session->handle,
      session->fingerprint != NULL ? session->fingerprint : "",
      session->conversation_id != NULL ? session->conversation_id : "", session->issued_us);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/* worker thread */
static void
write_in_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const WriteJob *job = task_data;
  g_autofree char *path = g_build_filename (job->directory, LIVE_STATE_FILE, NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  g_autofree char *sum = NULL;
  GError *error = NULL;
  gsize length;
  gboolean ok;

  if (job->session == NULL)
    {
      if (g_unlink (path) != 0 && errno != ENOENT)
        g_task_return_new_error (task, LIVE_ERROR, LIVE_ERROR_FAILED, "can't remove %s: %s", path,
                                 g_strerror (errno));
      else
        g_task_return_boolean (task, TRUE);
      return;
    }

  if (g_mkdir_with_parents (job->directory, 0700) != 0)
    {
      g_task_return_new_error (task, LIVE_ERROR, LIVE_ERROR_FAILED, "can't create %s: %s",
                               job->directory, g_strerror (errno));
      return;
    }

  sum = sum_of (job->session);
  g_key_file_set_integer (file, STATE_GROUP, "version", STATE_VERSION);
  g_key_file_set_string (file, STATE_GROUP, "handle", job->session->handle);
  g_key_file_set_int64 (file, STATE_GROUP, "issued-us", job->session->issued_us);
  if (job->session->fingerprint != NULL)
    g_key_file_set_string (file, STATE_GROUP, "fingerprint", job->session->fingerprint);
  if (job->session->conversation_id != NULL)
    g_key_file_set_string (file, STATE_GROUP, "conversation", job->session->conversation_id);
  g_key_file_set_string (file, SUM_GROUP, "sha256", sum);
  text = g_key_file_to_data (file, &length, NULL);

  ok = g_file_set_contents_full (path, text, (gssize) length, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                 &error);
  explicit_bzero (text, length);
  if (ok)
    g_task_return_boolean (task, TRUE);
  else
    {
      live_error_convert (&error);
      g_task_return_error (task, error);
    }
}

static void
report_flushed (LiveStateStore *self)
{
  GSourceOnceFunc fn = self->flushed_fn;

  if (fn == NULL || self->has_waiting || self->is_writing)
    return;

  self->flushed_fn = NULL;
  fn (self->flushed_data);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  LiveStateStore *self;

  g_task_propagate_boolean (G_TASK (result), &error);
  /* The store may be gone: its cancellable is the only thing that outlives it. */
  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    return;

  self = data;
  self->is_writing = FALSE;
  if (error == NULL)
    {
      self->stats.writes++;
      self->has_warned = FALSE;
    }
  else
    {
      self->stats.write_failures++;
      if (!self->has_warned)
        g_warning ("The conversation can't be kept for the next start: %s, going on without",
                   error->message);
      self->has_warned = TRUE;
    }

  write_when_due (self);
  report_flushed (self);
}

static void
start_write (LiveStateStore *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, self->lifetime, on_written, self);
  WriteJob *job = g_new0 (WriteJob, 1);

  job->directory = g_strdup (self->directory);
  job->session = g_steal_pointer (&self->waiting);
  self->has_waiting = FALSE;
  self->is_writing = TRUE;
  self->last_write_us = live_clock_now_us (self->clock);

  g_task_set_source_tag (task, start_write);
  g_task_set_task_data (task, job, (GDestroyNotify) free_job);
  /* A write that began must reach the disk even when the store is freed meanwhile. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, write_in_worker);
}

static void
on_due (gpointer data)
{
  LiveStateStore *self = data;

  self->timer = 0;
  write_when_due (self);
}

static void
write_when_due (LiveStateStore *self)
{
  gint64 wait_us;

  if (!self->has_waiting || self->is_writing)
    return;

  wait_us = self->last_write_us + WRITE_INTERVAL_MS * G_TIME_SPAN_MILLISECOND -
            live_clock_now_us (self->clock);
  if (self->flushed_fn != NULL || self->waiting == NULL || self->last_write_us == 0 || wait_us <= 0)
    {
      live_clock_clear (self->clock, &self->timer);
      start_write (self);
    }
  else if (self->timer == 0)
    self->timer = live_clock_arm (self->clock, (guint) (wait_us / 1000 + 1), on_due, self);
}

LiveStateStore *
live_state_store_new (const char *directory, const LiveClock *clock)
{
  LiveStateStore *self = g_new0 (LiveStateStore, 1);

  self->clock = clock;
  self->directory = g_strdup (directory);
  self->lifetime = g_cancellable_new ();
  return self;
}

void
live_state_store_free (LiveStateStore *self)
{
  if (self == NULL)
    return;

  g_cancellable_cancel (self->lifetime);
  live_clock_clear (self->clock, &self->timer);
  g_clear_object (&self->lifetime);
  live_stored_session_free (self->waiting);
  g_free (self->directory);
  g_free (self);
}

void
live_state_store_save (LiveStateStore *self, const LiveStoredSession *session)
{
  g_return_if_fail (session->handle != NULL);

  if (self->has_waiting)
    self->stats.coalesced++;
  live_stored_session_free (self->waiting);
  self->waiting = copy_session (session);
  self->has_waiting = TRUE;
  write_when_due (self);
}

void
live_state_store_clear (LiveStateStore *self)
{
  g_clear_pointer (&self->waiting, live_stored_session_free);
  self->has_waiting = TRUE;
  write_when_due (self);
}

void
live_state_store_flush (LiveStateStore *self, GSourceOnceFunc done_fn, gpointer data)
{
  self->flushed_fn = done_fn;
  self->flushed_data = data;
  write_when_due (self);
  report_flushed (self);
}

/* worker thread */
static char *
read_private_file (const char *path, gsize *ret_length, GError **error)
{
  struct stat facts;
  g_autofree char *text = NULL;
  gsize length = 0;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  if (fd < 0)
    {
      g_set_error (error, LIVE_ERROR, errno == ENOENT ? LIVE_ERROR_NOT_FOUND : LIVE_ERROR_FAILED,
                   "can't open %s: %s", path, g_strerror (errno));
      return NULL;
    }

  if (fstat (fd, &facts) != 0 || !S_ISREG (facts.st_mode))
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED, "%s is not a regular file", path);
  else if (facts.st_uid != geteuid ())
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_PERMISSION_DENIED, "%s belongs to another user",
                 path);
  else if ((facts.st_mode & 077) != 0)
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_PERMISSION_DENIED,
                 "%s can be read or written by others", path);
  else if (facts.st_size > STATE_MAX_BYTES)
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED, "%s is too large", path);
  else
    {
      text = g_malloc (STATE_MAX_BYTES + 1);
      for (;;)
        {
          ssize_t got = read (fd, text + length, STATE_MAX_BYTES - length);

          if (got < 0 && errno == EINTR)
            continue;
          if (got < 0)
            {
              g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED, "can't read %s: %s", path,
                           g_strerror (errno));
              g_clear_pointer (&text, g_free);
            }
          if (got <= 0)
            break;
          length += (gsize) got;
        }
    }

  close (fd);
  if (text != NULL)
    text[length] = '\0';
  *ret_length = length;
  return g_steal_pointer (&text);
}

/* worker thread */
static LiveStoredSession *
parse_state (const char *path, const char *text, gsize length, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (LiveStoredSession) session = g_new0 (LiveStoredSession, 1);
  g_autofree char *sum = NULL;
  g_autofree char *expected = NULL;

  /* GKeyFile's own messages quote the line at fault, which may hold the handle. */
  if (!g_key_file_load_from_data (file, text, length, G_KEY_FILE_NONE, NULL) ||
      g_key_file_get_integer (file, STATE_GROUP, "version", NULL) != STATE_VERSION)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED, "%s is damaged or of another version",
                   path);
      return NULL;
    }

  session->handle = g_key_file_get_string (file, STATE_GROUP, "handle", NULL);
  session->fingerprint = g_key_file_get_string (file, STATE_GROUP, "fingerprint", NULL);
  session->conversation_id = g_key_file_get_string (file, STATE_GROUP, "conversation", NULL);
  session->issued_us = g_key_file_get_int64 (file, STATE_GROUP, "issued-us", NULL);
  sum = g_key_file_get_string (file, SUM_GROUP, "sha256", NULL);
  if (session->handle != NULL)
    expected = sum_of (session);

  if (session->handle == NULL || *session->handle == '\0' || g_strcmp0 (sum, expected) != 0)
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED, "%s is damaged", path);
  else if (session->issued_us <= 0 || session->issued_us > g_get_real_time () + FUTURE_TOLERANCE_US)
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED, "%s claims to come from the future", path);
  else
    return g_steal_pointer (&session);

  return NULL;
}

/* worker thread */
static void
load_in_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const char *path = task_data;
  GError *error = NULL;
  gsize length = 0;
  g_autofree char *text = read_private_file (path, &length, &error);
  LiveStoredSession *session = NULL;

  if (text != NULL)
    {
      session = parse_state (path, text, length, &error);
      explicit_bzero (text, length);
    }

  if (error != NULL && !g_error_matches (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND))
    {
      g_task_return_error (task, error);
      return;
    }

  g_clear_error (&error);
  g_task_return_pointer (task, session, (GDestroyNotify) live_stored_session_free);
}

void
live_state_store_load_async (LiveStateStore *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);

  g_task_set_source_tag (task, live_state_store_load_async);
  g_task_set_task_data (task, g_build_filename (self->directory, LIVE_STATE_FILE, NULL), g_free);
  g_task_run_in_thread (task, load_in_worker);
}

LiveStoredSession *
live_state_store_load_finish (LiveStateStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

const LiveStateStoreStats *
live_state_store_get_stats (LiveStateStore *self)
{
  return &self->stats;
}
