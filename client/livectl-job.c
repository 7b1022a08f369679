/* Owns: the processes of one run of a command, and what they say.
 * Thread: main only; livectl_job_set_up_child() runs in the child, between fork and exec.
 * Called by: livectl-tool-run.c. */
#include "livectl-job.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CHUNK_BYTES 65536
/* From the request to end to the end by force. */
#define GRACE_MS 2000
/* For the streams of a command that is over: something that it left running may hold them open. */
#define DRAIN_MS 500

typedef struct
{
  LivectlJob *job;
  GInputStream *input;
  GString *text;
  gsize limit;
  gboolean keeps_end; /* else the beginning */
  gboolean is_cut;
  gboolean is_open;
} Stream;

struct _LivectlJob
{
  LivectlContext *ctx;
  GSubprocess *process;
  int pid;                   /* and the group's number */
  GCancellable *cancellable; /* of the streams */
  char *input;
  Stream output;
  Stream errors;
  LivectlJobFunc func; /* NULL once it is stopped */
  gpointer data;
  guint n_open; /* asynchronous calls that have not come back */
  gboolean is_over;
  guint kill_id;
  guint drain_id;
};

void
livectl_job_set_up_child (gpointer data)
{
  /* Only calls that are safe after a fork. */
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

int
livectl_job_pid (GSubprocess *process)
{
  const char *identifier = g_subprocess_get_identifier (process);

  return identifier != NULL ? atoi (identifier) : 0;
}

void
livectl_job_signal_group (int pid, int signal_number)
{
  /* 0 and 1 would mean our own group and everybody. */
  if (pid > 1)
    kill (-pid, signal_number);
}

/* The tail may begin within a character and within a line. */
static char *
build_errors (GString *text, gboolean is_cut)
{
  g_autofree char *valid = NULL;
  const char *first = text->str;
  const char *newline = strchr (text->str, '\n');

  if (is_cut && newline != NULL && newline[1] != '\0')
    first = newline + 1;
  valid = g_utf8_make_valid (first, (gssize) (text->len - (gsize) (first - text->str)));
  return g_strdup (g_strstrip (valid));
}

static void
report (LivectlJob *job)
{
  g_autofree char *errors = build_errors (job->errors.text, job->errors.is_cut);
  gboolean has_exited = g_subprocess_get_if_exited (job->process);
  LivectlJobResult result = {
    .has_exited = has_exited,
    .code = has_exited ? g_subprocess_get_exit_status (job->process)
                       : g_subprocess_get_term_sig (job->process),
    .output = job->output.text,
    .errors = errors,
    .is_cut = job->output.is_cut,
  };

  job->func (&result, job->data);
}

static void
free_job (LivectlJob *job)
{
  g_clear_handle_id (&job->kill_id, g_source_remove);
  g_clear_handle_id (&job->drain_id, g_source_remove);
  g_string_free (job->output.text, TRUE);
  g_string_free (job->errors.text, TRUE);
  g_object_unref (job->cancellable);
  g_object_unref (job->process);
  g_free (job->input);
  job->ctx->n_pending--;
  g_free (job);
}

static void
end_if_over (LivectlJob *job)
{
  if (!job->is_over || job->n_open > 0)
    return;

  if (job->func != NULL && !job->ctx->is_finished)
    report (job);
  free_job (job);
}

static void
keep (Stream *stream, const char *bytes, gsize n_bytes)
{
  gsize room = stream->limit - MIN (stream->text->len, stream->limit);

  if (!stream->keeps_end)
    {
      g_string_append_len (stream->text, bytes, (gssize) MIN (n_bytes, room));
      stream->is_cut = stream->is_cut || n_bytes > room;
      return;
    }

  g_string_append_len (stream->text, bytes, (gssize) n_bytes);
  if (stream->text->len > stream->limit)
    {
      g_string_erase (stream->text, 0, (gssize) (stream->text->len - stream->limit));
      stream->is_cut = TRUE;
    }
}

static void
on_chunk_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Stream *stream = data;
  LivectlJob *job = stream->job;
  g_autoptr (GBytes) chunk =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  gsize n_bytes = chunk != NULL ? g_bytes_get_size (chunk) : 0;

  if (n_bytes > 0)
    {
      keep (stream, g_bytes_get_data (chunk, NULL), n_bytes);
      g_input_stream_read_bytes_async (stream->input, CHUNK_BYTES, G_PRIORITY_DEFAULT,
                                       job->cancellable, on_chunk_read, stream);
      return;
    }

  job->n_open--;
  end_if_over (job);
}

static void
start_reading (LivectlJob *job, Stream *stream, GInputStream *input, gsize limit)
{
  stream->job = job;
  stream->input = input;
  stream->limit = limit;
  stream->text = g_string_new (NULL);
  job->n_open++;
  g_input_stream_read_bytes_async (input, CHUNK_BYTES, G_PRIORITY_DEFAULT, job->cancellable,
                                   on_chunk_read, stream);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  LivectlJob *job = data;

  g_output_stream_close_finish (G_OUTPUT_STREAM (source), result, NULL);
  job->n_open--;
  end_if_over (job);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  LivectlJob *job = data;

  /* A command need not read what it is given. */
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_output_stream_close_async (G_OUTPUT_STREAM (source), G_PRIORITY_DEFAULT, NULL, on_closed, job);
}

static gboolean
on_drained (gpointer data)
{
  LivectlJob *job = data;

  job->drain_id = 0;
  g_cancellable_cancel (job->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_over (GObject *source, GAsyncResult *result, gpointer data)
{
  LivectlJob *job = data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  job->is_over = TRUE;
  if (job->func == NULL)
    {
      /* Who of the group still lives did not obey. The number is free for others as soon as the
       * group is empty, so this is the last moment to use it. */
      livectl_job_signal_group (job->pid, SIGKILL);
      g_cancellable_cancel (job->cancellable);
    }
  else
    job->drain_id = g_timeout_add (DRAIN_MS, on_drained, job);
  job->n_open--;
  end_if_over (job);
}

LivectlJob *
livectl_job_start (LivectlContext *ctx,
                   const char *const *argv,
                   const char *const *envp,
                   const char *input,
                   LivectlJobFunc func,
                   gpointer data,
                   GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                 G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  LivectlJob *job = NULL;

  g_subprocess_launcher_set_child_setup (launcher, livectl_job_set_up_child, NULL, NULL);
  g_subprocess_launcher_set_environ (launcher, (char **) envp);
  process = g_subprocess_launcher_spawnv (launcher, argv, error);
  if (process == NULL)
    return NULL;

  job = g_new0 (LivectlJob, 1);
  job->ctx = ctx;
  job->ctx->n_pending++;
  job->process = g_steal_pointer (&process);
  job->pid = livectl_job_pid (job->process);
  job->cancellable = g_cancellable_new ();
  job->input = g_strdup (input);
  job->func = func;
  job->data = data;
  job->errors.keeps_end = TRUE;
  start_reading (job, &job->output, g_subprocess_get_stdout_pipe (job->process),
                 LIVECTL_JOB_OUTPUT_BYTES);
  start_reading (job, &job->errors, g_subprocess_get_stderr_pipe (job->process),
                 LIVECTL_JOB_ERRORS_BYTES);
  job->n_open += 2;
  g_output_stream_write_all_async (g_subprocess_get_stdin_pipe (job->process), job->input,
                                   strlen (job->input), G_PRIORITY_DEFAULT, job->cancellable,
                                   on_written, job);
  g_subprocess_wait_async (job->process, NULL, on_over, job);
  return job;
}

static gboolean
on_grace_over (gpointer data)
{
  LivectlJob *job = data;

  job->kill_id = 0;
  livectl_job_signal_group (job->pid, SIGKILL);
  return G_SOURCE_REMOVE;
}

void
livectl_job_stop (LivectlJob *job)
{
  if (job->func == NULL)
    return;

  job->func = NULL;
  if (job->is_over)
    {
      g_cancellable_cancel (job->cancellable);
      return;
    }

  livectl_job_signal_group (job->pid, SIGTERM);
  job->kill_id = g_timeout_add (GRACE_MS, on_grace_over, job);
}
