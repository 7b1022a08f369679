/* Energy-based voice activity detection at 16 kHz, driven by the samples alone: no clock.
 * Source: protocol 6.1.3. Of the two readings of prefixPaddingMs this takes the guide's: sound kept
 * from before the detected start.
 * Thread: main. Used by: input. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LIVE_SIM_VAD_RATE_HZ 16000
#define LIVE_SIM_VAD_DEFAULT_SILENCE_MS 800
#define LIVE_SIM_VAD_DEFAULT_PREFIX_MS 300

typedef struct
{
  guint silence_ms;
  guint prefix_ms;
  gboolean is_start_low; /* START_SENSITIVITY_LOW: louder and longer before it counts */
  gboolean is_end_low;   /* END_SENSITIVITY_LOW: a fading voice still counts */
  gboolean is_manual;    /* activityStart and activityEnd decide, energy only measures */
} LiveSimVadConfig;

typedef enum
{
  LIVE_SIM_VAD_START,
  LIVE_SIM_VAD_END,
} LiveSimVadEvent;

/* offset_frames counts from the first sample of the connection. */
typedef void (*LiveSimVadFunc) (LiveSimVadEvent event, guint64 offset_frames, gpointer data);

typedef struct _LiveSimVad LiveSimVad;

LiveSimVad *live_sim_vad_new (const LiveSimVadConfig *config, LiveSimVadFunc func, gpointer data);
void live_sim_vad_free (LiveSimVad *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimVad, live_sim_vad_free)

void live_sim_vad_push (LiveSimVad *self, const gint16 *frames, gsize n_frames);
/* audioStreamEnd: speech under way is over now. */
void live_sim_vad_end_stream (LiveSimVad *self);
/* Manual activity. FALSE when out of order. No event is emitted. */
gboolean live_sim_vad_begin (LiveSimVad *self);
gboolean live_sim_vad_finish (LiveSimVad *self);

gboolean live_sim_vad_is_speaking (LiveSimVad *self);

/* The utterance that ended last, with its padding: owned gint16, and how much of it was voice. */
GArray *live_sim_vad_take_speech (LiveSimVad *self, guint *ret_voiced_ms);

G_END_DECLS
