/* The sound of the answer under way: phrase by phrase, cut into messages, paced ahead of time.
 * Source: protocol 8.2.
 * Thread: main. Used by: turn. */
#pragma once

#include "live-sim-world.h"

G_BEGIN_DECLS

typedef struct
{
  LiveSimWorld *world;
  GArray *phrase;     /* gint16: the phrase at hand; nullable */
  gsize phrase_bytes; /* of it that were cut off */
  guint64 sent_bytes; /* of the whole answer */
  gint64 first_us;    /* when its first sound left */
} LiveSimSpeech;

void live_sim_speech_init (LiveSimSpeech *self, LiveSimWorld *world);
void live_sim_speech_clear (LiveSimSpeech *self);
/* A new answer begins. */
void live_sim_speech_start (LiveSimSpeech *self);

void live_sim_speech_take_phrase (LiveSimSpeech *self, GArray *take_frames);
gboolean live_sim_speech_has_sound (const LiveSimSpeech *self);
/* The next piece in base64, recorded as sent. Only when there is sound. A piece may end in the
 * middle of a sample, as the service's do. */
char *live_sim_speech_cut (LiveSimSpeech *self);

/* Real time until the next piece is due, at so many times the speed of playback. */
guint live_sim_speech_get_pause_ms (const LiveSimSpeech *self, double generation_speed);
/* Real time until all that was sent would have been played. */
guint live_sim_speech_get_rest_ms (const LiveSimSpeech *self);

G_END_DECLS
