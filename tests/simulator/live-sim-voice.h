/* Words to sound: libespeak-ng where it is built in, shaped tones otherwise. Never plays anything.
 * Thread: main only (espeak-ng keeps its state in the process). Used by: turn. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LIVE_SIM_VOICE_RATE_HZ 24000

typedef struct _LiveSimVoice LiveSimVoice;

/* Never NULL: where espeak-ng has no data the tones speak. At most one at a time. */
LiveSimVoice *live_sim_voice_new (gboolean wants_tones);
void live_sim_voice_free (LiveSimVoice *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimVoice, live_sim_voice_free)

/* "espeak-ng" or "tones". */
const char *live_sim_voice_get_engine (LiveSimVoice *self);

/* Owned gint16 frames, 24 kHz mono. name is a voice of the service ("Kore"; nullable): each sounds
 * a little different. language is BCP-47 (nullable = English). */
GArray *
live_sim_voice_speak (LiveSimVoice *self, const char *text, const char *name, const char *language);

G_END_DECLS
