/* The composition root: builds every object in order, owns the bus name, and takes everything
 * down in reverse.
 * Thread: main only. Owner: main.c. */
#pragma once

#include <glib.h>

#include "base/live-log.h"

G_BEGIN_DECLS

/* What main() returns; keep data/man/lived.1 and the unit's RestartPreventExitStatus in step. */
typedef enum
{
  LIVE_APP_OK = 0,
  LIVE_APP_FAILED = 1,
  LIVE_APP_USAGE = 2, /* wrong options or settings */
  LIVE_APP_NO_BUS = 3,
  LIVE_APP_NAME_TAKEN = 6,
} LiveAppExit;

typedef struct
{
  char **overrides; /* GROUP.KEY=VALUE of --set, NULL-terminated, nullable */
  gboolean is_replacing;
} LiveAppOptions;

/* Runs until a signal, the loss of the name or an error ends it; says on stderr or in the log
 * why. options and log are borrowed. */
LiveAppExit live_app_run (const LiveAppOptions *options, LiveLog *log);

G_END_DECLS
