/* What went over the wire: JSON lines with monotonic times, and the sound as two WAV files.
 * A key is never recorded (it is not part of any message).
 * Thread: main. Used by: link, input. */
#pragma once

#include <gio/gio.h>

#include "live-sim-json.h"

G_BEGIN_DECLS

typedef struct _LiveSimRecord LiveSimRecord;

/* Both paths may be NULL. The directory is made when it is missing; it gets in.wav (16 kHz mono,
 * all that was received) and out.wav (24 kHz mono, all that was sent), over all connections. */
LiveSimRecord *live_sim_record_new (const char *lines_path, const char *sound_dir, GError **error);
void live_sim_record_free (LiveSimRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimRecord, live_sim_record_free)

/* direction: "in" or "out". text is the frame as it was; kept as JSON where it is JSON. */
void live_sim_record_frame (LiveSimRecord *self,
                            guint connection,
                            const char *direction,
                            gboolean is_text,
                            const char *text,
                            gsize length);
/* An event without a frame: opened, closed, refused … detail may be NULL. */
void live_sim_record_event (LiveSimRecord *self,
                            guint connection,
                            const char *what,
                            guint code,
                            const char *detail);
void live_sim_record_heard (LiveSimRecord *self, const gint16 *frames, gsize n_frames);
void live_sim_record_spoken (LiveSimRecord *self, const gint16 *frames, gsize n_frames);

G_END_DECLS
