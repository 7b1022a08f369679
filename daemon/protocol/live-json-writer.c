/* Owns: the commas and brackets of a JSON text that is being written.
 * Thread: any (pure).
 * Called by: live-setup.c. */
#include "protocol/live-json-writer.h"

#include "protocol/live-json.h"

void
live_json_writer_init (LiveJsonWriter *self)
{
  self->out = g_string_new (NULL);
  self->needs_comma = FALSE;
}

char *
live_json_writer_end (LiveJsonWriter *self)
{
  return g_string_free (g_steal_pointer (&self->out), FALSE);
}

static void
begin_value (LiveJsonWriter *self, const char *name)
{
  if (self->needs_comma)
    g_string_append_c (self->out, ',');
  self->needs_comma = TRUE;

  if (name != NULL)
    {
      live_json_append_string (self->out, name);
      g_string_append_c (self->out, ':');
    }
}

void
live_json_writer_open (LiveJsonWriter *self, const char *name, char bracket)
{
  begin_value (self, name);
  g_string_append_c (self->out, bracket);
  self->needs_comma = FALSE;
}

void
live_json_writer_close (LiveJsonWriter *self, char bracket)
{
  g_string_append_c (self->out, bracket);
  self->needs_comma = TRUE;
}

void
live_json_writer_string (LiveJsonWriter *self, const char *name, const char *value)
{
  begin_value (self, name);
  live_json_append_string (self->out, value);
}

void
live_json_writer_integer (LiveJsonWriter *self, const char *name, gint64 value)
{
  begin_value (self, name);
  g_string_append_printf (self->out, "%" G_GINT64_FORMAT, value);
}

void
live_json_writer_double (LiveJsonWriter *self, const char *name, double value)
{
  begin_value (self, name);
  live_json_append_double (self->out, value);
}

void
live_json_writer_boolean (LiveJsonWriter *self, const char *name, gboolean value)
{
  begin_value (self, name);
  g_string_append (self->out, value ? "true" : "false");
}

void
live_json_writer_raw (LiveJsonWriter *self, const char *name, const char *value, gssize length)
{
  begin_value (self, name);
  g_string_append_len (self->out, value, length);
}
