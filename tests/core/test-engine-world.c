/* Owns: what is proved of network, sleep, a silent service and hanging up.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/live-names.h"
#include "fake/engine-rig.h"

#define LOUD 8000

static LiveEngineStatus
status_of (EngineRig *rig)
{
  LiveEngineStatus status;

  live_engine_get_status (rig->engine, &status);
  return status;
}

static void
assert_state (EngineRig *rig, const char *state, const char *reason)
{
  engine_rig_spin (rig);
  g_assert_cmpstr (status_of (rig).state, ==, state);
  g_assert_cmpstr (status_of (rig).state_reason, ==, reason);
}

static EngineRig *
go_online (gboolean has_audio)
{
  EngineRig *rig = engine_rig_new (NULL, has_audio);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  engine_rig_give_handle (rig, "handle-1");
  return rig;
}

static void
mark_done (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
test_network (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "Still there?", 0, NULL);
  g_autofree char *setup = NULL;

  live_engine_set_network (rig->engine, FALSE);
  fake_transport_settle (rig->wire);
  assert_state (rig, "waiting-network", "network");
  engine_rig_pass_ms (rig, 30000);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);
  g_assert_false (ask->is_done);

  /* At once, without waiting for a timer. */
  live_engine_set_network (rig->engine, TRUE);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  g_assert_cmpuint (engine_rig_n_sent (rig, "Still there?"), ==, 1);
  engine_rig_words (rig, "Yes.");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  g_assert_cmpstr (ask->text, ==, "Yes.");
}

static void
test_no_network_at_all (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = NULL;

  rig->allows_warnings = TRUE;
  live_engine_set_network (rig->engine, FALSE);
  call = engine_rig_connect (rig);
  assert_state (rig, "waiting-network", "network");
  engine_rig_pass_ms (rig, 25000);
  engine_call_assert_error (rig, call, LIVE_ERROR_NETWORK);
}

static void
test_server_on_this_machine (void)
{
  static const char *const urls[] = { "ws://127.0.0.1:4711", "ws://[::1]:4711",
                                      "ws://localhost:4711" };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (EngineRig) rig = engine_rig_new_with (NULL, FALSE, NULL, urls[i], NULL);

      rig->allows_warnings = TRUE;
      live_engine_set_network (rig->engine, FALSE);
      engine_rig_go_online (rig);
      live_engine_set_network (rig->engine, TRUE);
      live_engine_set_network (rig->engine, FALSE);
      assert_state (rig, "online", "none");
    }
}

/* Everything is said and written before the machine may sleep; the way back is at once. */
static void
test_sleep (void)
{
  g_autofree char *dir = g_dir_make_tmp ("lived-world-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, LIVE_STATE_FILE, NULL);
  g_autofree char *setup = NULL;
  EngineRig *rig = engine_rig_new_with (NULL, TRUE, dir, NULL, NULL);
  g_autoptr (EngineCall) call = engine_rig_connect (rig);
  gboolean is_ready = FALSE;

  rig->allows_warnings = TRUE;
  while (!fake_transport_is_busy (rig->wire))
    g_main_context_iteration (NULL, TRUE);
  g_free (engine_rig_come_back (rig));
  engine_rig_give_handle (rig, "handle-1");
  live_engine_set_listening (rig->engine, TRUE);
  fake_audio_speak (rig->audio, 400, LOUD);
  live_engine_sleep (rig->engine, mark_done, &is_ready);
  g_assert_false (fake_audio_is_wanted (rig->audio, LIVE_AUDIO_CAPTURE));
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 400 * 16);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "audioStreamEnd"));
  g_assert_cmpuint (fake_transport_last_code (rig->wire), ==, 1000);
  g_assert_false (is_ready);
  fake_transport_settle (rig->wire);
  while (!is_ready)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  assert_state (rig, "suspended", "none");
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);

  fake_clock_sleep_ms (rig->clock, 3600 * 1000);
  live_engine_wake (rig->engine);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  g_assert_true (live_engine_get_listening (rig->engine));
  engine_rig_shut_down (rig);
  engine_rig_free (rig);
  g_remove (path);
  g_rmdir (dir);
}

/* The socket does not go in time: the machine is not kept awake for it. */
static void
test_sleep_does_not_wait (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  gboolean is_ready = FALSE;

  live_engine_sleep (rig->engine, mark_done, &is_ready);
  engine_rig_pass_ms (rig, 3990);
  g_assert_false (is_ready);
  engine_rig_pass_ms (rig, 20);
  g_assert_true (is_ready);
}

static void
test_sleep_while_off (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  gboolean is_ready = FALSE;

  live_engine_sleep (rig->engine, mark_done, &is_ready);
  g_assert_true (is_ready);
  live_engine_wake (rig->engine);
  engine_rig_go_online (rig);
}

/* Time asleep counts for the handle's age. */
static void
test_long_sleep (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autofree char *setup = NULL;
  gboolean is_ready = FALSE;

  live_engine_sleep (rig->engine, mark_done, &is_ready);
  fake_transport_settle (rig->wire);
  g_assert_true (is_ready);
  fake_clock_sleep_ms (rig->clock, 2 * 3600 * 1000);
  live_engine_wake (rig->engine);
  setup = engine_rig_come_back (rig);
  g_assert_null (strstr (setup, "handle-1"));
}

/* We spoke, nothing came. Handles that keep coming say nothing of the model. */
static void
test_dead_to_text (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = NULL;
  g_autofree char *setup = NULL;

  engine_rig_pass_ms (rig, 10);
  ask = engine_rig_ask (rig, "Hello?", 0, NULL);
  for (guint i = 0; i < 30; i++)
    {
      g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
      engine_rig_message (rig, "{\"sessionResumptionUpdate\":{}}");
      engine_rig_message (rig, "{}");
      engine_rig_pass_ms (rig, 1000);
    }
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  g_assert_cmpuint (engine_rig_n_sent (rig, "Hello?"), ==, 1);

  /* Mute there too: it is the context, and a fresh one is tried. */
  engine_rig_pass_ms (rig, 8010);
  g_clear_pointer (&setup, g_free);
  setup = engine_rig_come_back (rig);
  g_assert_null (strstr (setup, "handle-1"));
  g_assert_cmpuint (engine_rig_n_sent (rig, "Hello?"), ==, 1);
  engine_rig_words (rig, "Yes.");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  g_assert_cmpstr (ask->text, ==, "Yes.");
  g_assert_cmpuint (engine_rig_count (rig, "turn-started"), ==, 1);
  engine_rig_assert_balance (rig);
}

static void
speak (EngineRig *rig, guint ms, gint16 value)
{
  for (guint passed = 0; passed < ms; passed += 20)
    {
      fake_audio_speak (rig->audio, 20, value);
      fake_clock_advance_ms (rig->clock, 20);
    }
}

/* A new connection once; the room may have been noisy, so the context is left alone. */
static void
test_dead_to_speech (void)
{
  g_autoptr (EngineRig) rig = go_online (TRUE);
  g_autofree char *setup = NULL;

  live_engine_set_listening (rig->engine, TRUE);
  speak (rig, 2000, LOUD);
  speak (rig, 30000, 0);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  speak (rig, 1000, 0);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  for (guint i = 0; i < 4; i++)
    {
      speak (rig, 2000, LOUD);
      speak (rig, 32000, 0);
    }
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  g_assert_cmpuint (engine_rig_statistic (rig, "service-silences"), ==, 1);
}

/* A monologue is no question, and a quiet room is none either. */
static void
test_alive (void)
{
  g_autoptr (EngineRig) rig = go_online (TRUE);

  live_engine_set_listening (rig->engine, TRUE);
  speak (rig, 60000, 20);
  speak (rig, 300, LOUD);
  speak (rig, 60000, 20);
  speak (rig, 60000, LOUD);
  speak (rig, 5000, 0);
  engine_rig_words (rig, "I see.");
  engine_rig_complete (rig);
  speak (rig, 60000, 0);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
}

/* The level says that somebody speaks: a renewal now would cut the words in two. */
static void
test_no_renewal_while_speaking (void)
{
  g_autoptr (EngineRig) rig = go_online (TRUE);

  live_engine_set_listening (rig->engine, TRUE);
  speak (rig, 30000, 0);
  speak (rig, 1000, LOUD);
  engine_rig_message (rig, "{\"goAway\":{\"timeLeft\":\"60s\"}}");
  speak (rig, 3000, LOUD);
  speak (rig, 2000, 0);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  engine_rig_heard (rig, "Once upon a time");
  engine_rig_words (rig, "Go on.");
  engine_rig_complete (rig);
  engine_rig_give_handle (rig, "handle-2");
  speak (rig, 20, 0);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
}

/* The microphone hears the answer: nobody spoke, nothing is awaited. */
static void
test_own_echo (void)
{
  g_autoptr (EngineRig) rig = go_online (TRUE);

  live_engine_set_listening (rig->engine, TRUE);
  engine_rig_sound (rig, 3000, LOUD);
  engine_rig_generated (rig);
  for (guint passed = 0; passed < 3000; passed += 20)
    {
      fake_audio_speak (rig->audio, 20, LOUD);
      engine_rig_pass_ms (rig, 20);
    }
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 100);
  speak (rig, 60000, 0);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
}

static void
test_idle (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;
  g_autofree char *setup = NULL;

  engine_rig_set (rig, LIVE_SETTING_LINK_IDLE_DISCONNECT_S, g_variant_new_uint32 (60));
  engine_rig_go_online (rig);
  engine_rig_pass_ms (rig, 50000);
  call = engine_rig_send (rig, "Hello");
  engine_rig_pass_ms (rig, 20000);
  engine_rig_words (rig, "Hello");
  engine_rig_complete (rig);
  engine_rig_give_handle (rig, "handle-1");
  engine_rig_pass_ms (rig, 59900);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  engine_rig_pass_ms (rig, 200);
  fake_transport_settle (rig->wire);
  assert_state (rig, "offline", "idle");
  g_assert_true (status_of (rig).is_resumable);
  engine_rig_pass_ms (rig, 600000);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);

  /* The first words are said while the door still opens. */
  live_engine_set_listening (rig->engine, TRUE);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  fake_audio_speak (rig->audio, 1500, LOUD);
  engine_rig_pass_ms (rig, 1500);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  engine_rig_pass_ms (rig, 1000);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 1500 * 16);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 0);

  engine_rig_words (rig, "I heard you.");
  engine_rig_complete (rig);

  /* Who listens is not idle. */
  engine_rig_pass_ms (rig, 300000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  live_engine_set_listening (rig->engine, FALSE);
  engine_rig_pass_ms (rig, 60100);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 2);
}

static void
test_idle_never (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);

  engine_rig_pass_ms (rig, 1000000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
}

static void
test_text_reopens (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) call = NULL;

  engine_rig_set (rig, LIVE_SETTING_LINK_IDLE_DISCONNECT_S, g_variant_new_uint32 (5));
  engine_rig_pass_ms (rig, 5100);
  fake_transport_settle (rig->wire);
  assert_state (rig, "offline", "idle");
  call = engine_rig_send (rig, "Hello");
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "Hello"), ==, 1);
  g_assert_cmpstr (status_of (rig).context_origin, ==, "resumed");
  engine_rig_words (rig, "Hello");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(idea, function) g_test_add_func ("/engine-world/" idea, function)
  ADD ("network", test_network);
  ADD ("no-network-at-all", test_no_network_at_all);
  ADD ("server-on-this-machine", test_server_on_this_machine);
  ADD ("sleep", test_sleep);
  ADD ("sleep-does-not-wait", test_sleep_does_not_wait);
  ADD ("sleep-while-off", test_sleep_while_off);
  ADD ("long-sleep", test_long_sleep);
  ADD ("dead-to-text", test_dead_to_text);
  ADD ("dead-to-speech", test_dead_to_speech);
  ADD ("alive", test_alive);
  ADD ("no-renewal-while-speaking", test_no_renewal_while_speaking);
  ADD ("own-echo", test_own_echo);
  ADD ("idle", test_idle);
  ADD ("idle-never", test_idle_never);
  ADD ("text-reopens", test_text_reopens);
  return g_test_run ();
}
