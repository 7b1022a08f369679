/* Owns: what is proved of the reply queue.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include "core/live-speaker.h"
#include "fake/fake-audio.h"
#include "fake/fake-clock.h"

typedef struct
{
  FakeClock *clock;
  FakeAudio *audio; /* NULL: no sound at all */
  LiveSpeaker *speaker;
  GArray *played_out; /* of guint64 */
} Fixture;

static void
on_played_out (guint64 turn, gpointer data)
{
  Fixture *f = data;

  g_array_append_val (f->played_out, turn);
}

static const LiveSpeakerEvents events = { .played_out = on_played_out };

/* The owner's part: forwards what the device says. */
static void
on_state_changed (LiveAudioDirection direction,
                  LiveAudioState state,
                  const char *message,
                  gpointer data)
{
  Fixture *f = data;

  if (direction == LIVE_AUDIO_PLAYBACK && f->speaker != NULL)
    live_speaker_on_state (f->speaker, state);
}

static void
on_played (gpointer data)
{
  live_speaker_on_played (((Fixture *) data)->speaker);
}

static const LiveAudioEvents audio_events = { .state_changed = on_state_changed,
                                              .played = on_played };

static void
set_up (Fixture *f, gconstpointer has_audio)
{
  f->clock = fake_clock_new ();
  f->played_out = g_array_new (FALSE, FALSE, sizeof (guint64));
  if (has_audio != NULL)
    {
      f->audio = fake_audio_new ();
      live_audio_listen (fake_audio_interface (f->audio), &audio_events, f);
    }
  f->speaker =
      live_speaker_new (fake_clock_interface (f->clock),
                        f->audio != NULL ? fake_audio_interface (f->audio) : NULL, &events, f);
  live_speaker_set_start_ms (f->speaker, 40);
}

static void
tear_down (Fixture *f, gconstpointer has_audio)
{
  g_clear_pointer (&f->speaker, live_speaker_free);
  if (f->audio != NULL)
    {
      live_audio_free (fake_audio_interface (f->audio));
      fake_audio_unref (f->audio);
    }
  g_array_unref (f->played_out);
  fake_clock_free (f->clock);
}

static gboolean
push (Fixture *f, guint64 turn, guint ms, gint16 value)
{
  gsize n_frames = (gsize) ms * 24;
  gint16 *frames = g_new (gint16, n_frames);
  g_autoptr (GBytes) pcm = NULL;

  for (gsize i = 0; i < n_frames; i++)
    frames[i] = value;
  pcm = g_bytes_new_take (frames, n_frames * sizeof *frames);
  return live_speaker_push (f->speaker, turn, pcm, 24000);
}

/* The device and the clock go on together. */
static void
pass_ms (Fixture *f, guint ms)
{
  for (guint i = 0; i < ms; i += 10)
    {
      fake_clock_advance_ms (f->clock, 10);
      if (f->audio != NULL)
        fake_audio_play_ms (f->audio, 10);
    }
  fake_clock_advance_ms (f->clock, 1);
}

static gsize
take_sounded_ms (Fixture *f)
{
  gsize n_frames;
  g_autofree gint16 *frames = fake_audio_take_sound (f->audio, &n_frames);

  return n_frames / 24;
}

static void
test_start_threshold (Fixture *f, gconstpointer data)
{
  push (f, 1, 20, 1);
  pass_ms (f, 100);
  g_assert_cmpuint (take_sounded_ms (f), ==, 0);

  push (f, 1, 20, 1);
  g_assert_true (fake_audio_expects_more (f->audio));
  pass_ms (f, 100);
  g_assert_cmpuint (take_sounded_ms (f), ==, 40);
}

static void
test_short_answer_is_not_held_back (Fixture *f, gconstpointer data)
{
  push (f, 1, 5, 1);
  live_speaker_end (f->speaker, 1);
  g_assert_false (fake_audio_expects_more (f->audio));
  pass_ms (f, 20);
  g_assert_cmpuint (take_sounded_ms (f), ==, 5);
}

static void
test_rebuffers_after_running_dry (Fixture *f, gconstpointer data)
{
  push (f, 1, 60, 1);
  pass_ms (f, 80);
  g_assert_cmpuint (live_speaker_get_stats (f->speaker)->rebuffers, ==, 1);
  g_assert_false (fake_audio_expects_more (f->audio));

  push (f, 1, 20, 1);
  pass_ms (f, 50);
  g_assert_cmpuint (take_sounded_ms (f), ==, 60);
  push (f, 1, 20, 1);
  pass_ms (f, 50);
  g_assert_cmpuint (take_sounded_ms (f), ==, 40);
}

static void
test_minutes_in_order (Fixture *f, gconstpointer data)
{
  gsize n_frames;
  g_autofree gint16 *frames = NULL;

  for (gint16 second = 1; second <= 120; second++)
    g_assert_true (push (f, 1, 1000, second));
  live_speaker_end (f->speaker, 1);
  live_speaker_expect_played (f->speaker, 1);
  pass_ms (f, 119900);
  g_assert_cmpuint (f->played_out->len, ==, 0);
  pass_ms (f, 200);
  g_assert_cmpuint (f->played_out->len, ==, 1);

  frames = fake_audio_take_sound (f->audio, &n_frames);
  g_assert_cmpuint (n_frames, ==, 120 * 24000);
  for (gsize i = 0; i < n_frames; i++)
    g_assert_cmpint (frames[i], ==, (gint16) (i / 24000 + 1));
}

static void
test_cap_drops_and_says_so (Fixture *f, gconstpointer data)
{
  fake_audio_set_slow (f->audio, TRUE);
  for (guint i = 0; i < 5 * 60 + 2; i++)
    push (f, 1, 1000, 1); /* two seconds are in the ring */
  g_assert_cmpuint (live_speaker_get_stats (f->speaker)->dropped_frames, ==, 0);
  g_assert_false (push (f, 1, 1000, 1));
  g_assert_cmpuint (live_speaker_get_stats (f->speaker)->dropped_frames, ==, 24000);
}

static void
test_foreign_rate (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) pcm = g_bytes_new_static ("abcd", 4);

  g_assert_false (live_speaker_push (f->speaker, 1, pcm, 8000));
  g_assert_cmpuint (live_speaker_get_stats (f->speaker)->dropped_frames, ==, 2);
}

static void
test_odd_bytes (Fixture *f, gconstpointer data)
{
  static const guint8 bytes[] = { 0x34, 0x12, 0x78, 0x56 };
  gsize n_frames;
  g_autofree gint16 *frames = NULL;

  for (guint i = 0; i < sizeof bytes; i++)
    {
      g_autoptr (GBytes) pcm = g_bytes_new_static (bytes + i, 1);

      g_assert_true (live_speaker_push (f->speaker, 1, pcm, 24000));
    }
  live_speaker_end (f->speaker, 1);
  pass_ms (f, 10);
  frames = fake_audio_take_sound (f->audio, &n_frames);
  g_assert_cmpuint (n_frames, ==, 2);
  g_assert_cmpint (frames[0], ==, 0x1234);
  g_assert_cmpint (frames[1], ==, 0x5678);
}

static void
test_discard_counts_what_was_heard (Fixture *f, gconstpointer data)
{
  LiveSpeakerFigures figures;

  push (f, 1, 1000, 1);
  pass_ms (f, 300);
  live_speaker_discard (f->speaker);
  g_assert_cmpuint (fake_audio_pending (f->audio), ==, 0);
  pass_ms (f, 500);
  g_assert_cmpuint (take_sounded_ms (f), ==, 300);

  live_speaker_settle (f->speaker, 1, &figures);
  g_assert_cmpuint (figures.audio_frames, ==, 24000);
  g_assert_cmpuint (figures.heard_frames, ==, 300 * 24);
  g_assert_cmpuint (live_speaker_get_stats (f->speaker)->discarded_frames, ==, 700 * 24);

  /* The next turn begins with a clean account. */
  push (f, 2, 100, 2);
  live_speaker_expect_played (f->speaker, 2);
  pass_ms (f, 110);
  g_assert_cmpuint (f->played_out->len, ==, 1);
  live_speaker_settle (f->speaker, 2, &figures);
  g_assert_cmpuint (figures.heard_frames, ==, 2400);
}

static void
test_two_turns_in_one_ring (Fixture *f, gconstpointer data)
{
  LiveSpeakerFigures figures;

  push (f, 1, 100, 1);
  live_speaker_expect_played (f->speaker, 1);
  push (f, 2, 100, 2);
  live_speaker_expect_played (f->speaker, 2);
  pass_ms (f, 100);
  g_assert_cmpuint (f->played_out->len, ==, 1);
  g_assert_cmpuint (g_array_index (f->played_out, guint64, 0), ==, 1);
  live_speaker_settle (f->speaker, 1, &figures);
  g_assert_cmpuint (figures.heard_frames, ==, 2400);

  pass_ms (f, 100);
  g_assert_cmpuint (f->played_out->len, ==, 2);
  g_assert_cmpuint (g_array_index (f->played_out, guint64, 1), ==, 2);
}

static void
test_first_audio_time (Fixture *f, gconstpointer data)
{
  gint64 start_us = live_clock_now_us (fake_clock_interface (f->clock));
  LiveSpeakerFigures figures;

  pass_ms (f, 199);
  push (f, 1, 100, 1);
  pass_ms (f, 50);
  live_speaker_get_figures (f->speaker, 1, &figures);
  g_assert_cmpint ((figures.first_audio_us - start_us) / 1000, >=, 200);
  g_assert_cmpint ((figures.first_audio_us - start_us) / 1000, <=, 212);
}

static void
test_never_tells_from_inside (Fixture *f, gconstpointer data)
{
  live_speaker_expect_played (f->speaker, 7);
  g_assert_cmpuint (f->played_out->len, ==, 0);
  fake_clock_advance_ms (f->clock, 0);
  g_assert_cmpuint (f->played_out->len, ==, 1);
  fake_clock_advance_ms (f->clock, 1000);
  g_assert_cmpuint (f->played_out->len, ==, 1);
}

/* Without a device the turn ends when it would have. */
static void
test_virtual_clock (Fixture *f, gconstpointer data)
{
  LiveSpeakerFigures figures;

  push (f, 1, 3000, 1);
  live_speaker_expect_played (f->speaker, 1);
  pass_ms (f, 2900);
  g_assert_cmpuint (f->played_out->len, ==, 0);
  pass_ms (f, 200);
  g_assert_cmpuint (f->played_out->len, ==, 1);
  live_speaker_settle (f->speaker, 1, &figures);
  g_assert_cmpuint (figures.audio_frames, ==, 72000);
  g_assert_cmpuint (figures.heard_frames, ==, 0);
}

static void
test_device_goes_and_comes (Fixture *f, gconstpointer data)
{
  LiveSpeakerFigures figures;

  push (f, 1, 4000, 1);
  live_speaker_expect_played (f->speaker, 1);
  pass_ms (f, 1000);
  fake_audio_set_state (f->audio, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_UNAVAILABLE);
  pass_ms (f, 2000);
  g_assert_cmpuint (f->played_out->len, ==, 0);
  fake_audio_set_state (f->audio, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_IDLE);
  pass_ms (f, 1100);
  g_assert_cmpuint (f->played_out->len, ==, 1);

  live_speaker_settle (f->speaker, 1, &figures);
  g_assert_cmpuint (figures.heard_frames, >=, 1000 * 24);
  g_assert_cmpuint (figures.heard_frames, <=, 2000 * 24);
}

static void
test_stalled_device (Fixture *f, gconstpointer data)
{
  fake_audio_set_slow (f->audio, TRUE);
  push (f, 1, 500, 1);
  live_speaker_expect_played (f->speaker, 1);
  pass_ms (f, 4500);
  g_assert_cmpuint (f->played_out->len, ==, 0);
  pass_ms (f, 1500);
  g_assert_cmpuint (f->played_out->len, ==, 1);
  g_assert_cmpuint (live_speaker_get_stats (f->speaker)->stalls, ==, 1);

  /* It wakes up silent, and takes the next answer. */
  fake_audio_set_slow (f->audio, FALSE);
  pass_ms (f, 100);
  g_assert_cmpuint (take_sounded_ms (f), ==, 0);
  push (f, 2, 100, 2);
  pass_ms (f, 110);
  g_assert_cmpuint (take_sounded_ms (f), ==, 100);
}

static void
test_device_is_released (Fixture *f, gconstpointer data)
{
  live_speaker_keep_open (f->speaker, TRUE);
  g_assert_true (fake_audio_is_wanted (f->audio, LIVE_AUDIO_PLAYBACK));
  push (f, 1, 100, 1);
  live_speaker_end (f->speaker, 1);
  pass_ms (f, 30000);
  g_assert_true (fake_audio_is_wanted (f->audio, LIVE_AUDIO_PLAYBACK));

  live_speaker_keep_open (f->speaker, FALSE);
  pass_ms (f, 14000);
  g_assert_true (fake_audio_is_wanted (f->audio, LIVE_AUDIO_PLAYBACK));
  pass_ms (f, 2000);
  g_assert_false (fake_audio_is_wanted (f->audio, LIVE_AUDIO_PLAYBACK));
  g_assert_cmpuint (fake_clock_n_armed (f->clock), ==, 0);
}

#define ADD(name, has_audio, test)                                                                 \
  g_test_add ("/speaker/" name, Fixture, GINT_TO_POINTER (has_audio), set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("start-threshold", TRUE, test_start_threshold);
  ADD ("short-answer-is-not-held-back", TRUE, test_short_answer_is_not_held_back);
  ADD ("rebuffers-after-running-dry", TRUE, test_rebuffers_after_running_dry);
  ADD ("minutes-in-order", TRUE, test_minutes_in_order);
  ADD ("cap-drops-and-says-so", TRUE, test_cap_drops_and_says_so);
  ADD ("foreign-rate", TRUE, test_foreign_rate);
  ADD ("odd-bytes", TRUE, test_odd_bytes);
  ADD ("discard-counts-what-was-heard", TRUE, test_discard_counts_what_was_heard);
  ADD ("two-turns-in-one-ring", TRUE, test_two_turns_in_one_ring);
  ADD ("first-audio-time", TRUE, test_first_audio_time);
  ADD ("never-tells-from-inside", TRUE, test_never_tells_from_inside);
  ADD ("virtual-clock", FALSE, test_virtual_clock);
  ADD ("device-goes-and-comes", TRUE, test_device_goes_and_comes);
  ADD ("stalled-device", TRUE, test_stalled_device);
  ADD ("device-is-released", TRUE, test_device_is_released);
  return g_test_run ();
}
