/* How a C test that runs in the rig talks to it, and a microphone and speaker to test with.
 * Thread: main. The main loop goes on while an answer is awaited. */
#pragma once

#include <glib.h>

#include "base/live-clock.h"
#include "io/live-audio.h"

#define RIG_DEADLINE_S 20

/* Sends a line of words (NULL-terminated; see Control in run-in-rig.py) and returns the answer
 * without its "ok". Ends the test when the answer is an error. */
char *rig_ask (const char *verb, ...) G_GNUC_NULL_TERMINATED;
#define rig_tell(...) g_free (rig_ask (__VA_ARGS__))
/* A file in the rig's folder. */
char *rig_path (const char *name);

/* Runs the main loop until *condition of the test is met; what is for the message. */
typedef gboolean (*RigCondition) (gpointer data);
void rig_wait (const char *what, RigCondition condition, gpointer data);
/* Runs the main loop for a while: only where that nothing happens is to be seen. */
void rig_spin (guint ms);

/* The samples of a WAV that rig.py recorded; element type gint16. */
GArray *rig_read_wav (const char *path);

/* Where the tone begins (|x| > threshold for the first time) and ends; FALSE if there is none. */
gboolean rig_find_sound (const gint16 *frames,
                         gsize n_frames,
                         gint16 threshold,
                         gsize *ret_first,
                         gsize *ret_last);
/* A pure sine obeys x[n+1] = 2·cos(w)·x[n] − x[n−1]: a frame lost or repeated breaks it at once.
 * Asserts that frames do, within tolerance. */
void
rig_assert_sine (const gint16 *frames, gsize n_frames, double hz, double rate_hz, int tolerance);

/* live-audio.h over the rig's PipeWire, watched. */
typedef struct
{
  LiveAudio *audio;
  LiveAudioState states[LIVE_AUDIO_N_DIRECTIONS];
  char *messages[LIVE_AUDIO_N_DIRECTIONS];
  guint n_state_changes;
  guint n_device_changes;
  guint n_played;

  GArray *heard;         /* gint16: all that was captured */
  double tone_hz;        /* > 0: played without end, topped up whenever there is room */
  guint64 tone_position; /* frames written of it */
} Ear;

/* clock NULL: the system's. */
Ear *ear_new (const LiveClock *clock);
void ear_free (Ear *ear);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ear, ear_free)

void ear_want (Ear *ear, LiveAudioDirection direction, gboolean wanted);
void ear_wait_state (Ear *ear, LiveAudioDirection direction, LiveAudioState state);
/* Writes as much of the tone as there is room for. */
void ear_top_up (Ear *ear);
