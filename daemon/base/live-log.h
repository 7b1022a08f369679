/* Where log records go, and from which level on; both can be changed at run time.
 * Thread: any writes records; level and target are set on main only.
 * Used by: main (install), bus/live-log-control.c (level and target). Knows no object.
 *
 * Records are structured: under systemd all fields reach the journal, elsewhere a line reaches
 * stderr. Nothing said and no key is ever handed to the log, at no level. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LiveLog LiveLog;

/* Starts at "info", and at "journal" when stderr is the journal, else at "console". Read once:
 * the fatal mask of G_DEBUG. identifier is SYSLOG_IDENTIFIER; static. */
LiveLog *live_log_new (const char *identifier);
/* Becomes GLib's writer for the rest of the process; only one log can. self must outlive every
 * record, so it is never freed after this. */
void live_log_install (LiveLog *self);
/* Only for one that was never installed. */
void live_log_free (LiveLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveLog, live_log_free)

/* The names of syslog, as org.freedesktop.LogControl1 wants them: "emerg" "alert" "crit" "err"
 * "warning" "notice" "info" "debug". FALSE for any other. Static. */
gboolean live_log_set_level (LiveLog *self, const char *level);
const char *live_log_get_level (LiveLog *self);
/* "journal", "console" or "null"; FALSE for any other. Static. */
gboolean live_log_set_target (LiveLog *self, const char *target);
const char *live_log_get_target (LiveLog *self);
const char *live_log_get_identifier (LiveLog *self);

/* Whether a record of this level and domain is written. */
gboolean live_log_wants (LiveLog *self, GLogLevelFlags level, const char *domain);

G_END_DECLS
