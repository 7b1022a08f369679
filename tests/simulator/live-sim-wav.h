/* A 16-bit mono WAV file that is valid after every append, so that a test may read it while the
 * simulator still writes.
 * Thread: main. Used by: record. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _LiveSimWav LiveSimWav;

LiveSimWav *live_sim_wav_new (const char *path, guint rate_hz, GError **error);
void live_sim_wav_free (LiveSimWav *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimWav, live_sim_wav_free)

gboolean
live_sim_wav_append (LiveSimWav *self, const gint16 *frames, gsize n_frames, GError **error);

G_END_DECLS
