/* Owns: the simulator's voice; the one file that knows espeak-ng.
 * Thread: main.
 * Called by: live-sim-turn.c, tests. */
#include "live-sim-voice.h"

#include <math.h>
#include <string.h>

#include "live-config.h"

#if LIVE_SIM_HAVE_ESPEAK
#include <espeak-ng/speak_lib.h>
#endif

#include "live-sim-resampler.h"

#define TONE_MS_PER_LETTER 60
#define TONE_AMPLITUDE 7000.0

struct _LiveSimVoice
{
  gboolean has_espeak;
  guint espeak_hz;
};

/* One syllable-like tone a letter, with a soft edge; blanks are silence. Two words never sound
 * alike, so a test can tell which of them it hears. */
static GArray *
speak_tones (const char *text, const char *name)
{
  GArray *out = g_array_new (FALSE, FALSE, sizeof (gint16));
  double base = 140 + (name != NULL ? g_str_hash (name) % 80 : 0);
  double phase = 0;
  guint n_letter_frames = LIVE_SIM_VOICE_RATE_HZ / 1000 * TONE_MS_PER_LETTER;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar letter = g_unichar_tolower (g_utf8_get_char (p));
      gboolean is_voiced = g_unichar_isalnum (letter);
      double frequency = base + (letter % 32) * 23.0;

      for (guint i = 0; i < n_letter_frames; i++)
        {
          double edge = MIN (i, n_letter_frames - 1 - i) / (0.2 * n_letter_frames);
          gint16 frame = 0;

          phase += 2 * G_PI * frequency / LIVE_SIM_VOICE_RATE_HZ;
          if (is_voiced)
            frame = (gint16) lrint (TONE_AMPLITUDE * MIN (edge, 1.0) *
                                    (0.7 * sin (phase) + 0.3 * sin (2 * phase)));
          g_array_append_val (out, frame);
        }
      phase = fmod (phase, 2 * G_PI);
    }
  return out;
}

#if LIVE_SIM_HAVE_ESPEAK
static int
on_espeak_sound (short *frames, int n_frames, espeak_EVENT *events)
{
  GArray *sound = events->user_data;

  if (frames != NULL && n_frames > 0 && sound != NULL)
    g_array_append_vals (sound, frames, (guint) n_frames);
  return 0;
}

static void
choose_espeak_voice (const char *name, const char *language)
{
  static const char *const variants[] = { "",    "+f1", "+f2", "+f3", "+f4", "+m1",
                                          "+m2", "+m3", "+m4", "+m5", "+m7" };
  const char *variant = name != NULL ? variants[g_str_hash (name) % G_N_ELEMENTS (variants)] : "";
  g_autofree char *wanted = g_ascii_strdown (language != NULL ? language : "en", -1);
  g_autofree char *full = g_strconcat (wanted, variant, NULL);
  char *dash = strchr (wanted, '-');

  if (espeak_SetVoiceByName (full) == EE_OK)
    return;
  if (dash != NULL)
    *dash = '\0';
  g_free (full);
  full = g_strconcat (wanted, variant, NULL);
  if (espeak_SetVoiceByName (full) == EE_OK || espeak_SetVoiceByName (wanted) == EE_OK)
    return;
  espeak_SetVoiceByName ("en");
}

static GArray *
speak_espeak (LiveSimVoice *self, const char *text, const char *name, const char *language)
{
  g_autoptr (GArray) sound = g_array_new (FALSE, FALSE, sizeof (gint16));

  choose_espeak_voice (name, language);
  if (espeak_Synth (text, strlen (text) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL, sound) !=
      EE_OK)
    return speak_tones (text, name);
  espeak_Synchronize ();
  return live_sim_resample ((const gint16 *) (gpointer) sound->data, sound->len, self->espeak_hz,
                            LIVE_SIM_VOICE_RATE_HZ);
}
#endif

LiveSimVoice *
live_sim_voice_new (gboolean wants_tones)
{
  LiveSimVoice *self = g_new0 (LiveSimVoice, 1);

#if LIVE_SIM_HAVE_ESPEAK
  if (!wants_tones)
    {
      /* SYNCHRONOUS hands the sound to the callback and opens no device. */
      int rate = espeak_Initialize (AUDIO_OUTPUT_SYNCHRONOUS, 0, NULL, espeakINITIALIZE_DONT_EXIT);

      if (rate > 0)
        {
          espeak_SetSynthCallback (on_espeak_sound);
          self->has_espeak = TRUE;
          self->espeak_hz = (guint) rate;
        }
    }
#endif
  return self;
}

void
live_sim_voice_free (LiveSimVoice *self)
{
  if (self == NULL)
    return;
#if LIVE_SIM_HAVE_ESPEAK
  if (self->has_espeak)
    espeak_Terminate ();
#endif
  g_free (self);
}

const char *
live_sim_voice_get_engine (LiveSimVoice *self)
{
  return self->has_espeak ? "espeak-ng" : "tones";
}

GArray *
live_sim_voice_speak (LiveSimVoice *self, const char *text, const char *name, const char *language)
{
#if LIVE_SIM_HAVE_ESPEAK
  if (self->has_espeak)
    return speak_espeak (self, text, name, language);
#endif
  return speak_tones (text, name);
}
