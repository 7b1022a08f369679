/* Writes JSON member by member, in the order of the calls.
 * Thread: any (pure). Used by: live-setup.c.
 *
 * json-glib's builder writes 0.7 as 0.69999999999999996 and cannot take a finished piece of
 * JSON as it is; schemas of tools have to pass untouched. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  GString *out;
  gboolean needs_comma;
} LiveJsonWriter;

void live_json_writer_init (LiveJsonWriter *self);
/* The text; the writer is empty after it. Owned. */
char *live_json_writer_end (LiveJsonWriter *self);

/* name is NULL inside of an array and for the root. bracket is '{' or '['. */
void live_json_writer_open (LiveJsonWriter *self, const char *name, char bracket);
void live_json_writer_close (LiveJsonWriter *self, char bracket);

void live_json_writer_string (LiveJsonWriter *self, const char *name, const char *value);
void live_json_writer_integer (LiveJsonWriter *self, const char *name, gint64 value);
void live_json_writer_double (LiveJsonWriter *self, const char *name, double value);
void live_json_writer_boolean (LiveJsonWriter *self, const char *name, gboolean value);
/* value is JSON already. */
void
live_json_writer_raw (LiveJsonWriter *self, const char *name, const char *value, gssize length);

G_END_DECLS
