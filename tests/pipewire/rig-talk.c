/* Owns: the descriptor to rig.py, and the watched audio object of the tests.
 * Thread: main.
 * Called by: tests/pipewire/test-pw*.c. */
#include "rig-talk.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib-unix.h>

#include "io/live-pw-core.h"

#define TONE_AMPLITUDE 16000.0

typedef struct
{
  GString *answer;
  gboolean is_complete;
} Answer;

static gboolean
on_expired (gpointer data)
{
  g_error ("no %s within %d s", (const char *) data, RIG_DEADLINE_S);
  return G_SOURCE_REMOVE;
}

void
rig_wait (const char *what, RigCondition condition, gpointer data)
{
  guint deadline = g_timeout_add_seconds (RIG_DEADLINE_S, on_expired, (gpointer) what);

  while (!condition (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (deadline);
}

static gboolean
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

void
rig_spin (guint ms)
{
  gboolean is_over = FALSE;

  g_timeout_add (ms, set_true, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
}

static int
get_descriptor (void)
{
  const char *text = g_getenv ("LIVE_RIG_FD");

  if (text == NULL)
    g_error ("run me by run-in-rig.py");
  return atoi (text);
}

static gboolean
on_answer (gint fd, GIOCondition condition, gpointer data)
{
  Answer *answer = data;
  char byte = 0;
  ssize_t n = read (fd, &byte, 1);

  if (n < 0 && errno == EINTR)
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    g_error ("the rig is gone");

  answer->is_complete = byte == '\n';
  if (!answer->is_complete)
    g_string_append_c (answer->answer, byte);
  return !answer->is_complete;
}

static gboolean
is_complete (gpointer data)
{
  return ((Answer *) data)->is_complete;
}

char *
rig_ask (const char *verb, ...)
{
  g_autoptr (GString) line = g_string_new (verb);
  Answer answer = { g_string_new (NULL), FALSE };
  const char *word = NULL;
  va_list words;

  va_start (words, verb);
  while ((word = va_arg (words, const char *)) != NULL)
    g_string_append_printf (line, "\t%s", word);
  va_end (words);
  g_string_append_c (line, '\n');

  if (write (get_descriptor (), line->str, line->len) != (ssize_t) line->len)
    g_error ("the rig does not listen: %s", g_strerror (errno));
  g_unix_fd_add (get_descriptor (), G_IO_IN | G_IO_HUP | G_IO_ERR, on_answer, &answer);
  rig_wait (verb, is_complete, &answer);

  if (!g_str_has_prefix (answer.answer->str, "ok"))
    g_error ("%s: %s", verb, answer.answer->str);
  g_string_erase (answer.answer, 0, MIN (3, (gssize) answer.answer->len));
  return g_string_free (answer.answer, FALSE);
}

char *
rig_path (const char *name)
{
  return g_build_filename (g_getenv ("LIVE_RIG_FOLDER"), name, NULL);
}

GArray *
rig_read_wav (const char *path)
{
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (gint16));
  g_autofree char *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_bytes = 0;
  gsize at = 12;

  g_file_get_contents (path, &bytes, &n_bytes, &error);
  g_assert_no_error (error);
  while (at + 8 <= n_bytes)
    {
      guint32 length = 0;

      memcpy (&length, bytes + at + 4, sizeof length);
      if (memcmp (bytes + at, "data", 4) == 0)
        {
          g_array_append_vals (frames, bytes + at + 8,
                               MIN (length, (guint32) (n_bytes - at - 8)) / 2);
          break;
        }
      at += 8 + length + length % 2;
    }

  g_assert_cmpuint (frames->len, >, 0);
  return frames;
}

gboolean
rig_find_sound (const gint16 *frames,
                gsize n_frames,
                gint16 threshold,
                gsize *ret_first,
                gsize *ret_last)
{
  gsize first = 0;
  gsize last = n_frames;

  while (first < n_frames && ABS (frames[first]) <= threshold)
    first++;
  while (last > first && ABS (frames[last - 1]) <= threshold)
    last--;
  *ret_first = first;
  *ret_last = last;
  return last > first;
}

void
rig_assert_sine (const gint16 *frames, gsize n_frames, double hz, double rate_hz, int tolerance)
{
  double factor = 2.0 * cos (2.0 * G_PI * hz / rate_hz);
  double worst = 0.0;
  gsize worst_at = 0;

  g_assert_cmpuint (n_frames, >, rate_hz / 4);
  for (gsize i = 1; i + 1 < n_frames; i++)
    {
      double error = fabs (factor * frames[i] - frames[i - 1] - frames[i + 1]);

      if (error > worst)
        {
          worst = error;
          worst_at = i;
        }
    }

  g_test_message ("%" G_GSIZE_FORMAT " frames of sine, worst deviation %.1f of 32768", n_frames,
                  worst);
  if (worst > tolerance)
    g_error ("no pure sine: off by %.1f at frame %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT, worst,
             worst_at, n_frames);
}

static void
on_state_changed (LiveAudioDirection direction,
                  LiveAudioState state,
                  const char *message,
                  gpointer data)
{
  Ear *ear = data;

  g_assert_true ((state == LIVE_AUDIO_UNAVAILABLE) == (message != NULL));
  g_assert_cmpint (ear->audio->class->state (ear->audio, direction), ==, state);
  ear->states[direction] = state;
  g_free (ear->messages[direction]);
  ear->messages[direction] = g_strdup (message);
  ear->n_state_changes++;
}

static void
on_captured (gpointer data)
{
  Ear *ear = data;
  gint16 frames[1024];
  guint32 n = 0;

  while ((n = ear->audio->class->read (ear->audio, frames, G_N_ELEMENTS (frames))) > 0)
    g_array_append_vals (ear->heard, frames, n);
}

void
ear_top_up (Ear *ear)
{
  gint16 frames[480];
  guint32 n_frames =
      MIN (ear->audio->class->writable_frames (ear->audio), (guint32) G_N_ELEMENTS (frames));

  while (ear->tone_hz > 0.0 && n_frames > 0)
    {
      for (guint32 i = 0; i < n_frames; i++)
        {
          double turns = ear->tone_hz * (double) (ear->tone_position + i) / LIVE_PLAYBACK_RATE_HZ;

          frames[i] = (gint16) lrint (TONE_AMPLITUDE * sin (2.0 * G_PI * turns));
        }
      g_assert_cmpuint (ear->audio->class->write (ear->audio, frames, n_frames), ==, n_frames);
      ear->tone_position += n_frames;
      n_frames =
          MIN (ear->audio->class->writable_frames (ear->audio), (guint32) G_N_ELEMENTS (frames));
    }
}

static void
on_played (gpointer data)
{
  Ear *ear = data;

  ear->n_played++;
  ear_top_up (ear);
}

static void
on_devices_changed (gpointer data)
{
  ((Ear *) data)->n_device_changes++;
}

Ear *
ear_new (const LiveClock *clock)
{
  static const LiveAudioEvents events = { on_state_changed, on_captured, on_played,
                                          on_devices_changed };
  LiveSettings *settings = live_settings_new_defaults ();
  g_autoptr (GError) error = NULL;
  Ear *ear = g_new0 (Ear, 1);

  ear->heard = g_array_new (FALSE, FALSE, sizeof (gint16));
  ear->audio = live_pw_core_new (clock != NULL ? clock : live_clock_system (), settings, &error);
  g_assert_no_error (error);
  live_settings_unref (settings);
  live_audio_listen (ear->audio, &events, ear);
  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    ear->states[i] = ear->audio->class->state (ear->audio, i);
  return ear;
}

void
ear_free (Ear *ear)
{
  live_audio_free (ear->audio);
  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    g_free (ear->messages[i]);
  g_array_unref (ear->heard);
  g_free (ear);
}

void
ear_want (Ear *ear, LiveAudioDirection direction, gboolean wanted)
{
  ear->audio->class->want (ear->audio, direction, wanted);
}

typedef struct
{
  Ear *ear;
  LiveAudioDirection direction;
  LiveAudioState state;
} Expected;

static gboolean
has_state (gpointer data)
{
  Expected *expected = data;

  return expected->ear->states[expected->direction] == expected->state;
}

void
ear_wait_state (Ear *ear, LiveAudioDirection direction, LiveAudioState state)
{
  Expected expected = { ear, direction, state };
  static const char *const names[] = { "unavailable", "idle", "running" };

  rig_wait (names[state], has_state, &expected);
}
