/* One run of somebody's command: fed, listened to, and ended with all its children.
 * Thread: main only. Used by: livectl-tool-run.c.
 *
 * The command leads a process group of its own, so that ending it ends what it started too.
 * Standard input gets one text; of standard output and standard error as much is kept as is worth
 * keeping, and the rest is read and forgotten, so that the command never stands still. */
#pragma once

#include "livectl.h"

G_BEGIN_DECLS

#define LIVECTL_JOB_OUTPUT_BYTES (1024 * 1024)
/* The end of what was said on standard error. */
#define LIVECTL_JOB_ERRORS_BYTES 2048

typedef struct
{
  gboolean has_exited; /* else a signal ended it */
  int code;            /* of the exit, or the signal's number */
  const GString *output;
  const char *errors; /* valid UTF-8, trimmed, from the beginning of a line */
  gboolean is_cut;    /* there was more output */
} LivectlJobResult;

typedef struct _LivectlJob LivectlJob;

/* Called once, unless the job was stopped; job and result are gone afterwards. */
typedef void (*LivectlJobFunc) (const LivectlJobResult *result, gpointer data);

/* envp: the whole environment. The run of livectl does not end before the job has. NULL and error
 * when the command cannot be started. */
LivectlJob *livectl_job_start (LivectlContext *ctx,
                               const char *const *argv,
                               const char *const *envp,
                               const char *input,
                               LivectlJobFunc func,
                               gpointer data,
                               GError **error);

/* Ends the whole group: asks at first, after two seconds no longer. func is not called any more,
 * and the job frees itself. */
void livectl_job_stop (LivectlJob *job);

/* setpgid() and a death with the parent, for g_subprocess_launcher_set_child_setup(). */
void livectl_job_set_up_child (gpointer data);
/* 0 when it is over already; a process that was set up like that leads the group of its number. */
int livectl_job_pid (GSubprocess *process);
/* A signal for all who are in the group of that process. */
void livectl_job_signal_group (int pid, int signal_number);

G_END_DECLS
