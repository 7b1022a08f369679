/* Owns: the record file and the two sound files.
 * Thread: main.
 * Called by: live-sim-link.c, live-sim-input.c, live-sim-server.c. */
#include "live-sim-record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib/gstdio.h>

#include "live-sim-wav.h"

struct _LiveSimRecord
{
  FILE *lines;
  LiveSimWav *heard, *spoken;
};

LiveSimRecord *
live_sim_record_new (const char *lines_path, const char *sound_dir, GError **error)
{
  g_autoptr (LiveSimRecord) self = g_new0 (LiveSimRecord, 1);

  if (lines_path != NULL)
    {
      self->lines = g_fopen (lines_path, "we");
      if (self->lines == NULL)
        {
          int code = errno;

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot open %s: %s",
                       lines_path, g_strerror (code));
          return NULL;
        }
    }

  if (sound_dir != NULL)
    {
      g_autofree char *in_path = g_build_filename (sound_dir, "in.wav", NULL);
      g_autofree char *out_path = g_build_filename (sound_dir, "out.wav", NULL);

      if (g_mkdir_with_parents (sound_dir, 0700) != 0)
        {
          int code = errno;

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot make %s: %s",
                       sound_dir, g_strerror (code));
          return NULL;
        }
      self->heard = live_sim_wav_new (in_path, 16000, error);
      if (self->heard == NULL)
        return NULL;
      self->spoken = live_sim_wav_new (out_path, 24000, error);
      if (self->spoken == NULL)
        return NULL;
    }

  return g_steal_pointer (&self);
}

void
live_sim_record_free (LiveSimRecord *self)
{
  if (self == NULL)
    return;
  if (self->lines != NULL)
    fclose (self->lines);
  live_sim_wav_free (self->heard);
  live_sim_wav_free (self->spoken);
  g_free (self);
}

static void
write_line (LiveSimRecord *self, guint connection, JsonObject *take_object)
{
  g_autoptr (JsonObject) object = take_object;
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *line = NULL;

  json_object_set_int_member (object, "us", g_get_monotonic_time ());
  json_object_set_int_member (object, "connection", connection);
  json_node_set_object (node, object);
  line = live_sim_json_print_line (node);
  fprintf (self->lines, "%s\n", line);
  fflush (self->lines); /* a test reads the file while it grows */
}

void
live_sim_record_frame (LiveSimRecord *self,
                       guint connection,
                       const char *direction,
                       gboolean is_text,
                       const char *text,
                       gsize length)
{
  JsonObject *object;
  JsonNode *message;

  if (self->lines == NULL)
    return;

  object = json_object_new ();
  json_object_set_string_member (object, "direction", direction);
  json_object_set_string_member (object, "frame", is_text ? "text" : "binary");
  json_object_set_int_member (object, "bytes", (gint64) length);
  message = live_sim_json_parse (text, (gssize) length, NULL);
  if (message != NULL)
    json_object_set_member (object, "message", message);
  else
    {
      g_autofree char *raw = g_base64_encode ((const guchar *) text, length);

      json_object_set_string_member (object, "raw_base64", raw);
    }
  write_line (self, connection, object);
}

void
live_sim_record_event (LiveSimRecord *self,
                       guint connection,
                       const char *what,
                       guint code,
                       const char *detail)
{
  JsonObject *object;

  if (self->lines == NULL)
    return;

  object = json_object_new ();
  json_object_set_string_member (object, "direction", "event");
  json_object_set_string_member (object, "event", what);
  if (code != 0)
    json_object_set_int_member (object, "code", code);
  if (detail != NULL)
    json_object_set_string_member (object, "detail", detail);
  write_line (self, connection, object);
}

static void
append_sound (LiveSimWav *wav, const gint16 *frames, gsize n_frames)
{
  g_autoptr (GError) error = NULL;

  if (wav != NULL && !live_sim_wav_append (wav, frames, n_frames, &error))
    g_warning ("%s", error->message);
}

void
live_sim_record_heard (LiveSimRecord *self, const gint16 *frames, gsize n_frames)
{
  append_sound (self->heard, frames, n_frames);
}

void
live_sim_record_spoken (LiveSimRecord *self, const gint16 *frames, gsize n_frames)
{
  append_sound (self->spoken, frames, n_frames);
}
