/* Owns: the cursor in the sound of an answer and its two clocks, generation and playback.
 * Thread: main.
 * Called by: live-sim-turn.c. */
#include "live-sim-speech.h"

#define RATE_HZ LIVE_SIM_VOICE_RATE_HZ
#define FRAME_BYTES sizeof (gint16)

void
live_sim_speech_init (LiveSimSpeech *self, LiveSimWorld *world)
{
  *self = (LiveSimSpeech){ .world = world };
}

void
live_sim_speech_clear (LiveSimSpeech *self)
{
  g_clear_pointer (&self->phrase, g_array_unref);
  self->phrase_bytes = 0;
}

void
live_sim_speech_start (LiveSimSpeech *self)
{
  live_sim_speech_clear (self);
  self->sent_bytes = 0;
  self->first_us = g_get_monotonic_time ();
}

void
live_sim_speech_take_phrase (LiveSimSpeech *self, GArray *take_frames)
{
  live_sim_speech_clear (self);
  self->phrase = take_frames;
}

gboolean
live_sim_speech_has_sound (const LiveSimSpeech *self)
{
  return self->phrase != NULL && self->phrase_bytes < self->phrase->len * FRAME_BYTES;
}

/* Whole frames only: one that is cut in two counts when its second half leaves. */
static void
record (LiveSimSpeech *self, gsize piece_bytes)
{
  gsize begin = self->phrase_bytes / FRAME_BYTES;
  gsize end = (self->phrase_bytes + piece_bytes) / FRAME_BYTES;

  live_sim_record_spoken (self->world->record, &g_array_index (self->phrase, gint16, begin),
                          end - begin);
  self->world->counters.sent_audio_frames += end - begin;
}

char *
live_sim_speech_cut (LiveSimSpeech *self)
{
  const LiveSimOptions *options = &self->world->options;
  gsize left = self->phrase->len * FRAME_BYTES - self->phrase_bytes;
  gsize piece = (gsize) options->chunk_ms * RATE_HZ / 1000 * FRAME_BYTES;
  char *text;

  if (self->sent_bytes == 0)
    {
      self->first_us = g_get_monotonic_time ();
      if (options->first_chunk_bytes > 0)
        piece = options->first_chunk_bytes;
    }
  piece = MIN (piece, left);
  text = g_base64_encode ((const guchar *) self->phrase->data + self->phrase_bytes, piece);
  record (self, piece);
  self->phrase_bytes += piece;
  self->sent_bytes += piece;
  return text;
}

static guint
get_pause_until (const LiveSimSpeech *self, double simulated_ms)
{
  gint64 due_us = (gint64) live_sim_options_scale_ms (&self->world->options, simulated_ms) * 1000;
  gint64 elapsed_us = g_get_monotonic_time () - self->first_us;

  return due_us > elapsed_us ? (guint) ((due_us - elapsed_us + 999) / 1000) : 0;
}

static double
get_sent_ms (const LiveSimSpeech *self)
{
  return (double) self->sent_bytes * 1000 / (RATE_HZ * FRAME_BYTES);
}

guint
live_sim_speech_get_pause_ms (const LiveSimSpeech *self, double generation_speed)
{
  return get_pause_until (self, get_sent_ms (self) / generation_speed);
}

guint
live_sim_speech_get_rest_ms (const LiveSimSpeech *self)
{
  return self->sent_bytes > 0 ? get_pause_until (self, get_sent_ms (self)) : 0;
}
