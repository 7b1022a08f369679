/* What every part of livectl shares: the row of a verb, the context of one run, the exit codes.
 * Thread: main only. Used by: all of client/.
 *
 * A run is asynchronous: main() parses, connects to the bus, hands over to the verb's run(), and
 * sits in the one main loop until somebody calls livectl_context_finish(). Nothing else ends it,
 * and output functions never exit. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What scripts rely on. Keep data/man/livectl.1.rst in step. */
typedef enum
{
  LIVECTL_EXIT_OK = 0,
  LIVECTL_EXIT_FAILED = 1,        /* the daemon or the service said no */
  LIVECTL_EXIT_USAGE = 2,         /* a wrong verb, option, argument or value */
  LIVECTL_EXIT_UNREACHABLE = 3,   /* no bus, no daemon, or it went away */
  LIVECTL_EXIT_CONFIGURATION = 4, /* credentials, model or setup need a human */
  LIVECTL_EXIT_TIMEOUT = 5,
  LIVECTL_EXIT_BUSY = 6,          /* busy, or somebody else's */
  LIVECTL_EXIT_INTERRUPTED = 130, /* Ctrl-C */
} LivectlExit;

typedef struct _LivectlContext LivectlContext;

/* One row per verb. `livectl --help`, the parser, the manual's and the completions' tests all
 * follow from these. */
typedef struct
{
  const char *name;
  const char *args;        /* translatable, e.g. "TEXT"; NULL for none */
  const char *summary;     /* translatable, one line */
  const char *description; /* translatable, paragraphs */
  guint min_args, max_args;

  gsize state_bytes; /* of the verb's own zeroed struct, given to the functions below */
  void (*add_options) (gpointer state, GOptionContext *options); /* nullable */
  /* Looks at arguments and options before the bus is asked for anything; nullable. FALSE after
   * livectl_context_usage(). */
  gboolean (*check) (LivectlContext *ctx, gpointer state);
  void (*run) (LivectlContext *ctx, gpointer state);
  void (*clear) (gpointer state); /* nullable; frees what state holds, not state itself */
  /* Puts the terminal back before an error is printed and when the run ends; nullable, may be
   * called twice and before run(). */
  void (*leave) (gpointer state);
  /* SIGINT; nullable. TRUE when the verb dealt with it, else the run ends with 130. */
  gboolean (*interrupt) (LivectlContext *ctx, gpointer state);
} LivectlCommand;

/* All rows, by name; NULL-terminated. */
extern const LivectlCommand *const livectl_commands[];

struct _LivectlContext
{
  const LivectlCommand *command;
  gpointer state;
  char **args; /* what is left after the options, valid UTF-8, between min_args and max_args */

  /* Options that every verb knows. */
  gboolean is_json;
  gboolean no_autostart;
  gdouble timeout_s; /* 0: the verb's own limit */

  GMainLoop *loop;
  GCancellable *cancellable;
  GDBusConnection *bus;
  GArray *subscriptions; /* of guint, D-Bus signal subscriptions */
  guint watch_id;        /* of the daemon's name */
  char *daemon;          /* its unique name while it is watched and there, else NULL */
  guint n_pending;       /* calls that have not come back */
  gboolean is_finished;
  LivectlExit exit_code;
};

/* Ends the run; the first call wins. Pending calls are cancelled and their functions not called. */
void livectl_context_finish (LivectlContext *ctx, LivectlExit exit_code);

/* Tells the error on standard error, with its cure, and ends the run with its code. */
void livectl_context_fail (LivectlContext *ctx, const GError *error);

/* The same for a fault of the one who typed the command: exit code 2 and a hint at --help. */
void livectl_context_usage (LivectlContext *ctx, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Flushes standard output; ends the run when nobody can read it any more. For verbs that go on. */
void livectl_context_flush (LivectlContext *ctx);

/* The limit of --timeout, or the given one, in ms. */
int livectl_context_timeout_ms (LivectlContext *ctx, int fallback_ms);

G_END_DECLS
