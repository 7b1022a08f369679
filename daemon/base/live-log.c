/* Owns: the log's level and target, and GLib's writer function.
 * Thread: the writer runs on any; level and target are atomics, set on main.
 * Called by: main, bus/live-log-control.c, and GLib for every record. */
#include "base/live-log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct _LiveLog
{
  const char *identifier;
  GLogLevelFlags fatal_mask;
  int level;  /* index of level_names; atomic */
  int target; /* index of target_names; atomic */
};

/* The index is the priority of syslog(3). */
static const char *const level_names[] = { "emerg",   "alert",  "crit", "err",
                                           "warning", "notice", "info", "debug" };

enum
{
  TARGET_JOURNAL,
  TARGET_CONSOLE,
  TARGET_NULL,
};

static const char *const target_names[] = { "journal", "console", "null" };

/* The same mapping that GLib uses for PRIORITY. */
static int
find_priority (GLogLevelFlags level)
{
  if ((level & G_LOG_LEVEL_ERROR) != 0)
    return 3;
  if ((level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) != 0)
    return 4;
  if ((level & G_LOG_LEVEL_MESSAGE) != 0)
    return 5;
  if ((level & G_LOG_LEVEL_INFO) != 0)
    return 6;
  return 7;
}

static const char *
find_domain (const GLogField *fields, gsize n_fields)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "GLIB_DOMAIN") == 0 && fields[i].length == -1)
      return fields[i].value;

  return NULL;
}

static void
write_journal (LiveLog *self, GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autofree GLogField *all = g_new (GLogField, n_fields + 1);

  memcpy (all, fields, n_fields * sizeof *fields);
  all[n_fields].key = "SYSLOG_IDENTIFIER";
  all[n_fields].value = self->identifier;
  all[n_fields].length = -1;

  /* The journal's socket may be missing in a sandbox: a record must not get lost for that. */
  if (g_log_writer_journald (level, all, n_fields + 1, NULL) != G_LOG_WRITER_HANDLED)
    {
      g_autofree char *line = g_log_writer_format_fields (level, fields, n_fields, FALSE);

      fprintf (stderr, "%s\n", line);
    }
}

static void
write_console (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autofree char *line = g_log_writer_format_fields (level, fields, n_fields,
                                                      g_log_writer_supports_color (STDERR_FILENO));

  fprintf (stderr, "%s\n", line);
}

static GLogWriterOutput
on_record (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  LiveLog *self = data;

  if (live_log_wants (self, level, find_domain (fields, n_fields)))
    {
      int target = g_atomic_int_get (&self->target);

      if (target == TARGET_JOURNAL)
        write_journal (self, level, fields, n_fields);
      else if (target == TARGET_CONSOLE)
        write_console (level, fields, n_fields);
    }

  /* GLib honours fatal-criticals only in its own writer. */
  if ((level & self->fatal_mask) != 0)
    abort ();

  return G_LOG_WRITER_HANDLED;
}

LiveLog *
live_log_new (const char *identifier)
{
  LiveLog *self = g_new0 (LiveLog, 1);

  self->identifier = identifier;
  /* There is no getter: setting gives the old mask back. */
  self->fatal_mask = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_log_set_always_fatal (self->fatal_mask);
  self->level = 6;
  self->target = g_log_writer_is_journald (STDERR_FILENO) ? TARGET_JOURNAL : TARGET_CONSOLE;
  return self;
}

void
live_log_install (LiveLog *self)
{
  g_log_set_writer_func (on_record, self, NULL);
}

void
live_log_free (LiveLog *self)
{
  g_free (self);
}

static gboolean
set_by_name (int *value, const char *const *names, int n_names, const char *name)
{
  for (int i = 0; i < n_names; i++)
    if (strcmp (names[i], name) == 0)
      {
        g_atomic_int_set (value, i);
        return TRUE;
      }

  return FALSE;
}

gboolean
live_log_set_level (LiveLog *self, const char *level)
{
  return set_by_name (&self->level, level_names, G_N_ELEMENTS (level_names), level);
}

const char *
live_log_get_level (LiveLog *self)
{
  return level_names[g_atomic_int_get (&self->level)];
}

gboolean
live_log_set_target (LiveLog *self, const char *target)
{
  return set_by_name (&self->target, target_names, G_N_ELEMENTS (target_names), target);
}

const char *
live_log_get_target (LiveLog *self)
{
  return target_names[g_atomic_int_get (&self->target)];
}

const char *
live_log_get_identifier (LiveLog *self)
{
  return self->identifier;
}

gboolean
live_log_wants (LiveLog *self, GLogLevelFlags level, const char *domain)
{
  if (find_priority (level) > g_atomic_int_get (&self->level))
    return FALSE;

  /* What libraries say for their own developers is shown to who asks for it by G_MESSAGES_DEBUG,
   * so that "debug" shows our steps and not theirs. */
  if (g_strcmp0 (domain, G_LOG_DOMAIN) == 0 || find_priority (level) < 6)
    return TRUE;

  return !g_log_writer_default_would_drop (level, domain);
}
