/* Owns: the step from a file to an offer.
 * Thread: main.
 * Called by: bus/live-tools-face.c; by io/live-tool-files.c when files were read. */
#include "bus/live-tool-static.h"

#include "bus/live-tool-words.h"

struct _LiveToolStatic
{
  LiveTools *tools;
  LiveToolPeers *peers;
  LiveToolFiles *files;
};

static gboolean
offer (LiveToolStatic *self, const LiveToolFile *file, GError **error)
{
  LiveToolOffer offer = { .declaration = file->declaration,
                          .owner = file->bus_name,
                          .object_path = file->object_path,
                          .file = file->path,
                          .timeout_ms = file->timeout_ms,
                          .scheduling = file->scheduling };

  return live_tool_words_scheduling (&offer.scheduling, error) &&
         live_tool_words_confirm (file->confirm, &offer.confirm, error) &&
         live_tool_peers_watch (self->peers, offer.owner, error) &&
         live_tools_register (self->tools, &offer, error);
}

static void
on_read (GPtrArray *files, gpointer data)
{
  LiveToolStatic *self = data;

  live_tools_begin_files (self->tools);
  for (guint i = 0; i < files->len; i++)
    {
      const LiveToolFile *file = g_ptr_array_index (files, i);
      g_autoptr (GError) error = NULL;

      if (!offer (self, file, &error))
        g_warning ("A tool is left out. %s: %s", file->path, error->message);
    }
  live_tools_end_files (self->tools);
}

LiveToolStatic *
live_tool_static_new (const LiveClock *clock, LiveTools *tools, LiveToolPeers *peers)
{
  LiveToolStatic *self = g_new0 (LiveToolStatic, 1);

  self->tools = tools;
  self->peers = peers;
  self->files = live_tool_files_new (clock, on_read, self);
  return self;
}

void
live_tool_static_free (LiveToolStatic *self)
{
  if (self == NULL)
    return;

  live_tool_files_free (self->files);
  g_free (self);
}
