/* Rational resampling of 16-bit mono: a windowed sinc, evaluated per phase.
 * Thread: any, one object one thread. Used by: voice (22050 -> 24000), hearing (any -> 16000),
 * parrot (16000 -> 24000). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LiveSimResampler LiveSimResampler;

/* Rates from 1000 to 384000 Hz. Equal rates are a plain copy. */
LiveSimResampler *live_sim_resampler_new (guint in_hz, guint out_hz);
void live_sim_resampler_free (LiveSimResampler *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimResampler, live_sim_resampler_free)

guint live_sim_resampler_get_in_hz (LiveSimResampler *self);

/* Appends to out (gint16). The filter's own delay is taken away: output frame k stands for input
 * time k / out_hz. */
void
live_sim_resampler_push (LiveSimResampler *self, const gint16 *frames, gsize n_frames, GArray *out);
/* The rest, as if silence followed; the object then starts anew. */
void live_sim_resampler_flush (LiveSimResampler *self, GArray *out);

/* All at once: a new array of gint16. */
GArray *live_sim_resample (const gint16 *frames, gsize n_frames, guint in_hz, guint out_hz);

G_END_DECLS
