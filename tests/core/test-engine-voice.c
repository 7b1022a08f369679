/* Owns: what is proved of spoken turns, the microphone and barge-in.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <string.h>

#include "fake/engine-rig.h"

/* The capture callback comes every 20 ms while the clock goes on. */
static void
speak_ms (EngineRig *rig, guint ms, gint16 value)
{
  for (guint i = 0; i < ms; i += 20)
    {
      fake_audio_speak (rig->audio, 20, value);
      engine_rig_pass_ms (rig, 20);
    }
}

static void
listen_online (EngineRig *rig)
{
  engine_rig_go_online (rig);
  live_engine_set_listening (rig->engine, TRUE);
  engine_rig_spin (rig);
}

static void
test_spoken_turn (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  listen_online (rig);
  engine_rig_expect (rig, "changed InputState", "changed Listening", "changed Activity", NULL);
  g_assert_true (live_engine_get_listening (rig->engine));
  g_assert_cmpstr (engine_rig_activity (rig), ==, "listening");

  speak_ms (rig, 1000, 5);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 16000);
  g_assert_cmpuint (engine_rig_n_sent (rig, "audio/pcm;rate=16000"), ==, 50);

  engine_rig_heard (rig, " What is");
  engine_rig_heard (rig, " the time?");
  engine_rig_sound (rig, 200, 1);
  engine_rig_words (rig, "Noon.");
  engine_rig_generated (rig);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 250);
  engine_rig_expect (rig, "turn-started 1 voice", "input-transcript 1  What is",
                     "input-transcript 1  the time?", "input-transcript 1 final What is the time?",
                     "output-transcript 1 Noon.", "output-transcript 1 final Noon.",
                     "generation-complete 1", "turn-complete 1 complete", NULL);
  g_assert_cmpuint (engine_rig_count (rig, "input-transcript 1 final"), ==, 1);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "listening");
  engine_rig_assert_balance (rig);
}

/* Transcriptions come when they like (protocol 8.2). */
static void
test_words_during_and_after_the_answer (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  listen_online (rig);
  speak_ms (rig, 100, 5);
  engine_rig_sound (rig, 100, 1);
  engine_rig_expect (rig, "turn-started 1 voice", NULL);
  engine_rig_heard (rig, "Hello");
  engine_rig_generated (rig);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 150);
  engine_rig_expect (rig, "input-transcript 1 Hello", "input-transcript 1 final Hello",
                     "turn-complete 1 complete", NULL);

  speak_ms (rig, 100, 5);
  engine_rig_sound (rig, 100, 1);
  engine_rig_generated (rig);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 1000);
  engine_rig_heard (rig, "too");
  engine_rig_heard (rig, " late");
  engine_rig_expect (rig, "turn-started 2 voice", "turn-complete 2 complete",
                     "input-transcript 2 too", "input-transcript 2 final too",
                     "input-transcript 2  late", "input-transcript 2 final too late", NULL);
  engine_rig_expect_nothing (rig, "turn-started");
  engine_rig_assert_balance (rig);
}

static void
test_voice_activity (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new ("gemini-3.8-live-extended-thinking", TRUE);

  listen_online (rig);
  engine_rig_message (rig, "{\"voiceActivity\":{\"type\":\"ACTIVITY_START\","
                           "\"audioOffset\":\"0.840s\"}}");
  engine_rig_expect (rig, "turn-started 1 voice", NULL);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "listening");
  engine_rig_message (rig, "{\"voiceActivity\":{\"type\":\"ACTIVITY_END\","
                           "\"audioOffset\":\"2.610s\"}}");
  g_assert_cmpstr (engine_rig_activity (rig), ==, "thinking");
  engine_rig_heard (rig, "Lamp on");
  engine_rig_sound (rig, 50, 1);
  engine_rig_message (rig, "{\"serverContent\":{\"turnComplete\":true,"
                           "\"interactionStatus\":\"IDLE\"}}");
  engine_rig_pass_ms (rig, 100);
  engine_rig_expect (rig, "input-transcript 1 Lamp on", "turn-complete 1 complete", NULL);
  engine_rig_assert_balance (rig);
}

static void
test_barge_in (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;
  g_autofree gint16 *sound = NULL;
  gsize n_frames;

  listen_online (rig);
  call = engine_rig_send (rig, "A story");
  for (guint i = 0; i < 10; i++)
    engine_rig_sound (rig, 1000, 1);
  engine_rig_words (rig, "Once upon a time");
  engine_rig_pass_ms (rig, 1500);
  g_assert_cmpuint (fake_audio_pending (rig->audio), >, 0);

  /* Empty in the very dispatch of the message; the rig checks it in the signal too. */
  fake_transport_message (rig->wire, "{\"serverContent\":{\"interrupted\":true}}");
  g_assert_cmpuint (fake_audio_pending (rig->audio), ==, 0);
  engine_rig_expect (rig, "turn-started 1 text", "changed Activity",
                     "output-transcript 1 final Once upon a time", "interrupted 1", NULL);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "listening");

  /* What still comes of the old answer is not played. */
  engine_rig_sound (rig, 500, 9);
  engine_rig_words (rig, " there was");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 500);
  engine_rig_expect (rig, "turn-complete 1 interrupted", NULL);
  g_assert_cmpuint (engine_rig_count (rig, "output-transcript 1  there"), ==, 0);
  g_assert_cmpuint (engine_rig_statistic (rig, "media-after-cut"), ==, 2);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 1500);
  g_assert_cmpuint (engine_rig_detail (rig, "audio-ms"), ==, 10000);
  g_assert_true (g_variant_lookup (rig->details, "tokens", "@a{st}", NULL));
  sound = fake_audio_take_sound (rig->audio, &n_frames);
  g_assert_cmpuint (n_frames, ==, 1500 * 24);
  g_assert_cmpint (sound[n_frames - 1], ==, 1);

  engine_rig_heard (rig, "Stop.");
  engine_rig_sound (rig, 50, 2);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 100);
  engine_rig_expect (rig, "turn-started 2 voice", "input-transcript 2 Stop.",
                     "turn-complete 2 complete", NULL);
  engine_rig_assert_balance (rig);
}

/* The words of the barge-in arrive before the server says that it stopped. */
static void
test_barge_in_words_first (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;

  listen_online (rig);
  call = engine_rig_send (rig, "A story");
  engine_rig_sound (rig, 1000, 1);
  engine_rig_heard (rig, "Stop");
  engine_rig_heard (rig, " it.");
  engine_rig_expect_nothing (rig, "input-transcript");
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "turn-complete 1 interrupted", "turn-started 2 voice",
                     "input-transcript 2 Stop it.", NULL);
}

static void
test_mute_and_end_of_stream (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  listen_online (rig);
  speak_ms (rig, 200, 5);
  /* Half a slice and what the ring holds go out before the end of the stream. */
  fake_audio_put (rig->audio, 50, 6);
  live_engine_set_muted (rig->engine, TRUE);
  engine_rig_pass_ms (rig, 100);
  g_assert_false (live_engine_get_listening (rig->engine));
  g_assert_false (fake_audio_is_wanted (rig->audio, LIVE_AUDIO_CAPTURE));
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 250 * 16);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "audioStreamEnd"));
  engine_rig_expect (rig, "changed Muted", "changed InputState", "changed Listening", NULL);

  live_engine_set_muted (rig->engine, FALSE);
  g_assert_true (live_engine_get_listening (rig->engine));
  live_engine_set_listening (rig->engine, FALSE);
  engine_rig_pass_ms (rig, 100);
  /* Nothing was said in between: one end is enough. */
  g_assert_cmpuint (engine_rig_n_sent (rig, "audioStreamEnd"), ==, 1);
}

/* First words are never lost to a cold socket. */
static void
test_audio_before_the_connection (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  live_engine_set_listening (rig->engine, TRUE);
  g_assert_true (live_engine_get_listening (rig->engine));
  speak_ms (rig, 3000, 5);
  fake_transport_go_online (rig->wire);
  speak_ms (rig, 2000, 5);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 5000 * 16);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 0);
}

static void
test_audio_waits_ten_seconds (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  live_engine_set_listening (rig->engine, TRUE);
  for (guint i = 0; i < 8; i++)
    {
      fake_audio_speak (rig->audio, 1500, 5);
      engine_rig_pass_ms (rig, 1000);
    }
  fake_transport_go_online (rig->wire);
  engine_rig_pass_ms (rig, 5000);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 10000 * 16);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 2000 * 16);
  g_assert_cmpuint (engine_rig_take_warnings (rig), ==, 1);
}

/* What waited is not sent all at once: four times real time. */
static void
test_catching_up_is_paced (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  live_engine_set_listening (rig->engine, TRUE);
  speak_ms (rig, 2000, 5);
  fake_transport_go_online (rig->wire);
  engine_rig_pass_ms (rig, 100);
  g_assert_cmpuint (engine_rig_sent_frames (rig), <=, 500 * 16);
  engine_rig_pass_ms (rig, 500);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 2000 * 16);
}

static void
test_slow_socket (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  listen_online (rig);
  fake_transport_set_writable (rig->wire, FALSE);
  speak_ms (rig, 1000, 5);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 0);
  speak_ms (rig, 500, 6);
  g_assert_cmpuint (engine_rig_take_warnings (rig), ==, 1);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 500 * 16);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 0);

  fake_transport_set_writable (rig->wire, TRUE);
  engine_rig_pass_ms (rig, 1000);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 1000 * 16);
}

static void
test_chunk_size_is_a_setting (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  listen_online (rig);
  engine_rig_set (rig, LIVE_SETTING_AUDIO_CHUNK_MS, g_variant_new_uint32 (40));
  speak_ms (rig, 400, 5);
  g_assert_cmpuint (engine_rig_n_sent (rig, "audio/pcm"), ==, 10);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);
}

static void
test_manual_activity (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (GError) error = NULL;

  g_assert_false (live_engine_start_activity (rig->engine, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "vad.mode"));
  g_clear_error (&error);

  engine_rig_set (rig, LIVE_SETTING_VAD_MODE, g_variant_new_string ("manual"));
  g_assert_false (live_engine_end_activity (rig->engine, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  listen_online (rig);
  /* Outside of an activity nothing is sent; the newest half second is its pre-roll. */
  speak_ms (rig, 2000, 5);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 0);
  g_assert_true (live_engine_start_activity (rig->engine, &error));
  engine_rig_expect (rig, "turn-started 1 voice", NULL);
  g_assert_false (live_engine_start_activity (rig->engine, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_BUSY);
  g_clear_error (&error);
  speak_ms (rig, 1000, 5);
  g_assert_true (live_engine_end_activity (rig->engine, &error));
  speak_ms (rig, 500, 5);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 1500 * 16);
  g_assert_cmpuint (engine_rig_n_sent (rig, "activityStart"), ==, 1);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "activityEnd"));
  live_engine_set_listening (rig->engine, FALSE);
  g_assert_cmpuint (engine_rig_n_sent (rig, "audioStreamEnd"), ==, 0);

  engine_rig_sound (rig, 50, 1);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 100);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
}

/* What was said for an activity that is over is no pre-roll of the next one. */
static void
test_pre_roll_is_fresh (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  engine_rig_set (rig, LIVE_SETTING_VAD_MODE, g_variant_new_string ("manual"));
  listen_online (rig);
  speak_ms (rig, 500, 5);
  live_engine_set_listening (rig->engine, FALSE);
  live_engine_set_listening (rig->engine, TRUE);
  g_assert_true (live_engine_start_activity (rig->engine, NULL));
  speak_ms (rig, 100, 6);
  g_assert_true (live_engine_end_activity (rig->engine, NULL));
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 1600);
}

/* The model may keep silent on what was not for it. */
static void
test_unanswered (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  listen_online (rig);
  engine_rig_heard (rig, "Pass me the salt.");
  engine_rig_pass_ms (rig, 21000);
  engine_rig_expect (rig, "turn-started 1 voice", "changed Activity",
                     "input-transcript 1 final Pass me the salt.", "turn-complete 1 unanswered",
                     NULL);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "listening");
  g_assert_cmpuint (engine_rig_statistic (rig, "turns-failed"), ==, 0);
}

static void
test_stale_question (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  rig->allows_warnings = TRUE;
  live_engine_set_listening (rig->engine, TRUE);
  fake_audio_speak (rig->audio, 500, 5);
  live_engine_set_listening (rig->engine, FALSE);
  for (guint i = 0; i < 31; i++)
    {
      if (fake_transport_is_busy (rig->wire))
        fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "gone", 0);
      engine_rig_pass_ms (rig, 1000);
    }
  while (!fake_transport_is_busy (rig->wire))
    g_assert_true (fake_clock_fire_next (rig->clock));
  fake_transport_go_online (rig->wire);
  engine_rig_pass_ms (rig, 1000);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 0);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 8000);
}

/* Whoever holds the key dies: the model must not wait for ever. */
static void
test_microphone_ends_the_activity (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  engine_rig_set (rig, LIVE_SETTING_VAD_MODE, g_variant_new_string ("manual"));
  listen_online (rig);
  g_assert_true (live_engine_start_activity (rig->engine, NULL));
  speak_ms (rig, 100, 5);
  live_engine_set_listening (rig->engine, FALSE);
  g_assert_cmpuint (engine_rig_n_sent (rig, "activityEnd"), ==, 1);
}

static void
test_listening_without_microphone (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineRig) silent = engine_rig_new (NULL, FALSE);

  fake_audio_set_state (rig->audio, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_UNAVAILABLE);
  listen_online (rig);
  g_assert_false (live_engine_get_listening (rig->engine));
  g_assert_cmpint (live_engine_get_audio_state (rig->engine, LIVE_AUDIO_CAPTURE), ==,
                   LIVE_AUDIO_UNAVAILABLE);
  /* It is plugged in. */
  fake_audio_set_state (rig->audio, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_IDLE);
  g_assert_true (live_engine_get_listening (rig->engine));

  live_engine_set_listening (silent->engine, TRUE);
  g_assert_false (live_engine_get_listening (silent->engine));
  g_assert_cmpint (live_engine_get_audio_state (silent->engine, LIVE_AUDIO_PLAYBACK), ==,
                   LIVE_AUDIO_UNAVAILABLE);
}

static void
test_microphone_is_shut_when_offline (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  listen_online (rig);
  g_assert_true (fake_audio_is_wanted (rig->audio, LIVE_AUDIO_CAPTURE));
  live_engine_disconnect (rig->engine);
  fake_transport_settle (rig->wire);
  g_assert_false (fake_audio_is_wanted (rig->audio, LIVE_AUDIO_CAPTURE));
  g_assert_false (live_engine_get_listening (rig->engine));
  /* The hold stands: with the session the microphone comes back. */
  engine_rig_go_online (rig);
  g_assert_true (live_engine_get_listening (rig->engine));
}

static void
test_volume_and_devices (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  LiveAudioLevels levels;

  live_engine_set_output_volume (rig->engine, 0.25);
  engine_rig_expect (rig, "changed OutputVolume", NULL);
  g_assert_cmpfloat (fake_audio_volume (rig->audio), ==, 0.25);
  engine_rig_set (rig, LIVE_SETTING_AUDIO_INPUT_DEVICE, g_variant_new_string ("mic"));
  engine_rig_expect (rig, "changed Settings", "changed InputDevice", NULL);
  g_assert_cmpstr (fake_audio_device (rig->audio, LIVE_AUDIO_CAPTURE), ==, "mic");
  live_engine_get_levels (rig->engine, &levels);
  g_assert_cmpfloat (levels.input_peak, ==, 0.5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-voice/spoken-turn", test_spoken_turn);
  g_test_add_func ("/engine-voice/words-during-and-after", test_words_during_and_after_the_answer);
  g_test_add_func ("/engine-voice/voice-activity", test_voice_activity);
  g_test_add_func ("/engine-voice/barge-in", test_barge_in);
  g_test_add_func ("/engine-voice/barge-in-words-first", test_barge_in_words_first);
  g_test_add_func ("/engine-voice/mute-and-end-of-stream", test_mute_and_end_of_stream);
  g_test_add_func ("/engine-voice/audio-before-the-connection", test_audio_before_the_connection);
  g_test_add_func ("/engine-voice/audio-waits-ten-seconds", test_audio_waits_ten_seconds);
  g_test_add_func ("/engine-voice/catching-up-is-paced", test_catching_up_is_paced);
  g_test_add_func ("/engine-voice/slow-socket", test_slow_socket);
  g_test_add_func ("/engine-voice/chunk-size-is-a-setting", test_chunk_size_is_a_setting);
  g_test_add_func ("/engine-voice/manual-activity", test_manual_activity);
  g_test_add_func ("/engine-voice/pre-roll-is-fresh", test_pre_roll_is_fresh);
  g_test_add_func ("/engine-voice/unanswered", test_unanswered);
  g_test_add_func ("/engine-voice/stale-question", test_stale_question);
  g_test_add_func ("/engine-voice/microphone-ends-activity", test_microphone_ends_the_activity);
  g_test_add_func ("/engine-voice/without-microphone", test_listening_without_microphone);
  g_test_add_func ("/engine-voice/shut-when-offline", test_microphone_is_shut_when_offline);
  g_test_add_func ("/engine-voice/volume-and-devices", test_volume_and_devices);
  return g_test_run ();
}
