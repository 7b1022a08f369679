/* Owns: one growing WAV file.
 * Thread: main.
 * Called by: live-sim-record.c. */
#include "live-sim-wav.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES 44

struct _LiveSimWav
{
  int fd;
  guint rate_hz;
  guint64 n_bytes;
};

static gboolean
write_at (int fd, const void *data, gsize size, goffset offset, GError **error)
{
  const char *bytes = data;

  while (size > 0)
    {
      gssize n = pwrite (fd, bytes, size, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          int code = errno;

          g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                       "cannot write the sound file: %s", g_strerror (code));
          return FALSE;
        }
      bytes += n;
      size -= (gsize) n;
      offset += n;
    }
  return TRUE;
}

static void
put_u32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static gboolean
write_header (LiveSimWav *self, GError **error)
{
  guint8 header[HEADER_BYTES] = "RIFF....WAVEfmt ";
  guint32 size = (guint32) MIN (self->n_bytes, (guint64) G_MAXUINT32 - HEADER_BYTES);

  put_u32 (header + 4, size + HEADER_BYTES - 8);
  put_u32 (header + 16, 16);
  header[20] = 1; /* PCM */
  header[22] = 1; /* mono */
  put_u32 (header + 24, self->rate_hz);
  put_u32 (header + 28, self->rate_hz * 2);
  header[32] = 2;
  header[34] = 16;
  memcpy (header + 36, "data", 4);
  put_u32 (header + 40, size);
  return write_at (self->fd, header, sizeof header, 0, error);
}

LiveSimWav *
live_sim_wav_new (const char *path, guint rate_hz, GError **error)
{
  g_autoptr (LiveSimWav) self = g_new0 (LiveSimWav, 1);

  self->rate_hz = rate_hz;
  self->fd = open (path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (self->fd < 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot open %s: %s", path,
                   g_strerror (code));
      return NULL;
    }
  if (!write_header (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
live_sim_wav_free (LiveSimWav *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

gboolean
live_sim_wav_append (LiveSimWav *self, const gint16 *frames, gsize n_frames, GError **error)
{
  gsize size = n_frames * sizeof (gint16);

  if (!write_at (self->fd, frames, size, (goffset) (HEADER_BYTES + self->n_bytes), error))
    return FALSE;
  self->n_bytes += size;
  return write_header (self, error);
}
