/* Owns: the judgement when somebody speaks, and the sound of the utterance under way.
 * Thread: main.
 * Called by: live-sim-input.c, tests. */
#include "live-sim-vad.h"

#include <math.h>

#define STEP_FRAMES 160 /* 10 ms */
#define STEP_MS 10
#define MAX_SPEECH_FRAMES (LIVE_SIM_VAD_RATE_HZ * 300)

struct _LiveSimVad
{
  LiveSimVadConfig config;
  LiveSimVadFunc func;
  gpointer data;
  double start_level, end_level; /* RMS of 16-bit samples */
  guint commit_steps;            /* loud steps in a row that make a start */

  GArray *step;  /* samples that do not yet fill a step */
  GArray *sound; /* padding while quiet, the utterance while speaking */
  GArray *ended; /* the last utterance */
  guint ended_voiced_ms;

  gboolean is_speaking;
  guint n_loud;     /* loud steps in a row while quiet */
  guint n_silent;   /* soft steps in a row while speaking */
  guint n_voiced;   /* loud steps of this utterance */
  double noise;     /* running estimate of the room, RMS */
  guint64 n_frames; /* of whole steps so far */
};

static double
level_from_db (double db)
{
  return 32768.0 * pow (10, db / 20);
}

LiveSimVad *
live_sim_vad_new (const LiveSimVadConfig *config, LiveSimVadFunc func, gpointer data)
{
  LiveSimVad *self = g_new0 (LiveSimVad, 1);

  self->config = *config;
  self->func = func;
  self->data = data;
  self->start_level = level_from_db (config->is_start_low ? -35 : -45);
  self->end_level = level_from_db (config->is_end_low ? -55 : -48);
  self->end_level = MIN (self->end_level, self->start_level);
  self->commit_steps = config->is_start_low ? 12 : 6;
  self->step = g_array_new (FALSE, FALSE, sizeof (gint16));
  self->sound = g_array_new (FALSE, FALSE, sizeof (gint16));
  self->ended = g_array_new (FALSE, FALSE, sizeof (gint16));
  return self;
}

void
live_sim_vad_free (LiveSimVad *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->step);
  g_array_unref (self->sound);
  g_array_unref (self->ended);
  g_free (self);
}

static double
measure (const gint16 *frames, guint n_frames)
{
  double sum = 0;

  for (guint i = 0; i < n_frames; i++)
    sum += (double) frames[i] * frames[i];
  return n_frames > 0 ? sqrt (sum / n_frames) : 0;
}

/* While nobody speaks only the padding and the steps that may become a start are kept. */
static void
trim_padding (LiveSimVad *self)
{
  guint keep =
      self->config.prefix_ms * (LIVE_SIM_VAD_RATE_HZ / 1000) + self->commit_steps * STEP_FRAMES;

  if (self->sound->len > keep + LIVE_SIM_VAD_RATE_HZ)
    g_array_remove_range (self->sound, 0, self->sound->len - keep);
}

static void
start_speech (LiveSimVad *self, guint keep_frames)
{
  if (self->sound->len > keep_frames)
    g_array_remove_range (self->sound, 0, self->sound->len - keep_frames);
  self->is_speaking = TRUE;
  self->n_voiced = self->n_loud;
  self->n_silent = 0;
  self->n_loud = 0;
}

static void
end_speech (LiveSimVad *self)
{
  g_array_set_size (self->ended, 0);
  g_array_append_vals (self->ended, self->sound->data, self->sound->len);
  self->ended_voiced_ms = self->n_voiced * STEP_MS;
  g_array_set_size (self->sound, 0);
  self->is_speaking = FALSE;
  self->n_voiced = 0;
  self->n_loud = 0;
  self->n_silent = 0;
}

static void
step_automatic (LiveSimVad *self, double level)
{
  /* A steady room noise lifts both thresholds: speech has to stand 10 dB above it. */
  double start_level = MAX (self->start_level, self->noise * 3.2);
  double end_level = MAX (self->end_level, self->noise * 1.6);

  if (!self->is_speaking)
    {
      self->n_loud = level >= start_level ? self->n_loud + 1 : 0;
      self->noise += (level - self->noise) * (level < self->noise ? 0.1 : 0.002);
      trim_padding (self);
      if (self->n_loud < self->commit_steps)
        return;
      start_speech (self, self->config.prefix_ms * (LIVE_SIM_VAD_RATE_HZ / 1000) +
                              self->n_loud * STEP_FRAMES);
      self->func (LIVE_SIM_VAD_START, self->n_frames - (guint64) self->n_voiced * STEP_FRAMES,
                  self->data);
      return;
    }

  if (level >= end_level)
    {
      self->n_voiced++;
      self->n_silent = 0;
    }
  else
    self->n_silent++;

  if (self->n_silent * STEP_MS >= MAX (self->config.silence_ms, STEP_MS))
    {
      guint64 offset = self->n_frames - (guint64) self->n_silent * STEP_FRAMES;

      end_speech (self);
      self->func (LIVE_SIM_VAD_END, offset, self->data);
    }
}

static void
take_step (LiveSimVad *self, const gint16 *frames)
{
  double level = measure (frames, STEP_FRAMES);

  self->n_frames += STEP_FRAMES;
  if (!self->is_speaking && self->config.is_manual)
    return; /* sound outside an activity is thrown away */

  if (self->sound->len < MAX_SPEECH_FRAMES)
    g_array_append_vals (self->sound, frames, STEP_FRAMES);
  if (!self->config.is_manual)
    step_automatic (self, level);
  else if (level >= self->end_level)
    self->n_voiced++;
}

void
live_sim_vad_push (LiveSimVad *self, const gint16 *frames, gsize n_frames)
{
  gsize used = 0;

  while (used < n_frames)
    {
      gsize n = MIN (n_frames - used, STEP_FRAMES - self->step->len);

      g_array_append_vals (self->step, frames + used, (guint) n);
      used += n;
      if (self->step->len == STEP_FRAMES)
        {
          gint16 step[STEP_FRAMES];

          /* The callback may lead to another push, so the step is emptied first. */
          for (guint i = 0; i < STEP_FRAMES; i++)
            step[i] = g_array_index (self->step, gint16, i);
          g_array_set_size (self->step, 0);
          take_step (self, step);
        }
    }
}

/* The last samples of an utterance may not fill a step. */
static void
keep_rest (LiveSimVad *self)
{
  if (self->is_speaking)
    g_array_append_vals (self->sound, self->step->data, self->step->len);
  self->n_frames += self->step->len;
  g_array_set_size (self->step, 0);
}

void
live_sim_vad_end_stream (LiveSimVad *self)
{
  keep_rest (self);
  if (self->is_speaking)
    {
      end_speech (self);
      self->func (LIVE_SIM_VAD_END, self->n_frames, self->data);
      return;
    }
  /* What was kept as padding belongs to the stream that ended. */
  g_array_set_size (self->sound, 0);
  self->n_loud = 0;
}

gboolean
live_sim_vad_begin (LiveSimVad *self)
{
  if (self->is_speaking)
    return FALSE;
  g_array_set_size (self->step, 0);
  g_array_set_size (self->sound, 0);
  self->n_loud = 0;
  start_speech (self, 0);
  return TRUE;
}

gboolean
live_sim_vad_finish (LiveSimVad *self)
{
  if (!self->is_speaking)
    return FALSE;
  keep_rest (self);
  end_speech (self);
  return TRUE;
}

gboolean
live_sim_vad_is_speaking (LiveSimVad *self)
{
  return self->is_speaking;
}

GArray *
live_sim_vad_take_speech (LiveSimVad *self, guint *ret_voiced_ms)
{
  GArray *taken = self->ended;

  self->ended = g_array_new (FALSE, FALSE, sizeof (gint16));
  *ret_voiced_ms = self->ended_voiced_ms;
  self->ended_voiced_ms = 0;
  return taken;
}
