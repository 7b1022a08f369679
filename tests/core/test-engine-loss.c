/* Owns: what is proved of lost connections, refusals, settings and the engine's end.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <string.h>

#include "fake/engine-rig.h"

static void
give_handle (EngineRig *rig)
{
  engine_rig_message (
      rig, "{\"sessionResumptionUpdate\":{\"newHandle\":\"secret-handle\",\"resumable\":true}}");
}

static void
test_lost_in_the_middle (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) ask = NULL;
  g_autoptr (EngineCall) behind = NULL;
  const char *error = NULL;

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  ask = engine_rig_ask (rig, "one", 0, NULL);
  behind = engine_rig_send (rig, "two");
  engine_rig_sound (rig, 1000, 1);
  fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
  g_assert_cmpuint (fake_audio_pending (rig->audio), ==, 0);
  engine_call_assert_error (rig, ask, LIVE_ERROR_SERVER);
  engine_rig_expect (rig, "turn-started 1 text", "changed State", "turn-complete 1 failed", NULL);
  engine_rig_expect_nothing (rig, "turn-started 2");
  g_variant_lookup (rig->details, "error", "&s", &error);
  g_assert_cmpstr (error, ==, "org.lived.Live1.Error.Server");
  g_assert_cmpuint (engine_rig_statistic (rig, "turns-failed"), ==, 1);

  /* Of the second nothing was answered yet: it is asked again. */
  while (!fake_transport_is_busy (rig->wire))
    g_assert_true (fake_clock_fire_next (rig->clock));
  fake_transport_go_online (rig->wire);
  engine_rig_expect (rig, "turn-started 2 text", NULL);
  g_assert_cmpuint (engine_rig_n_sent (rig, "\"two\""), ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (rig, "\"one\""), ==, 1);
  engine_rig_words (rig, "Second");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "turn-complete 2 complete", NULL);
  engine_rig_assert_balance (rig);
}

static void
test_lost_after_all_was_here (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;
  gsize n_frames;

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  call = engine_rig_send (rig, "one");
  engine_rig_sound (rig, 1000, 1);
  engine_rig_generated (rig);
  engine_rig_pass_ms (rig, 200);
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "gone", 0);
  engine_rig_pass_ms (rig, 850);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
  g_free (fake_audio_take_sound (rig->audio, &n_frames));
  g_assert_cmpuint (n_frames, ==, 24000);
}

/* Texts that were not handed over wait for the next connection. */
static void
test_text_waits_through_a_loss (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = NULL;

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  give_handle (rig);
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "gone", 0);
  call = engine_rig_send (rig, "still here");
  g_assert_false (call->is_done);
  while (!fake_transport_is_busy (rig->wire))
    g_assert_true (fake_clock_fire_next (rig->clock));
  fake_transport_go_online (rig->wire);
  engine_rig_spin (rig);
  g_assert_no_error (call->error);
  g_assert_cmpuint (engine_rig_n_sent (rig, "still here"), ==, 1);
  engine_rig_expect (rig, "changed ContextOrigin", "turn-started 1 text", NULL);
}

static void
test_microphone_through_a_loss (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  rig->allows_warnings = TRUE;
  live_engine_set_listening (rig->engine, TRUE);
  fake_transport_go_online (rig->wire);
  give_handle (rig);
  fake_audio_speak (rig->audio, 100, 5);
  engine_rig_pass_ms (rig, 100);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 1600);

  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "gone", 0);
  g_assert_true (live_engine_get_listening (rig->engine));
  fake_audio_speak (rig->audio, 500, 6);
  while (!fake_transport_is_busy (rig->wire))
    g_assert_true (fake_clock_fire_next (rig->clock));
  fake_transport_go_online (rig->wire);
  engine_rig_pass_ms (rig, 500);
  g_assert_cmpuint (engine_rig_sent_frames (rig), ==, 8000);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 0);
}

static void
test_no_key (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) first = NULL;
  g_autoptr (EngineCall) second = NULL;
  g_autoptr (EngineCall) third = NULL;
  LiveEngineStatus status;

  rig->allows_warnings = TRUE;
  rig->is_keyless = TRUE;
  live_engine_set_listening (rig->engine, TRUE);
  first = engine_rig_connect (rig);
  engine_call_assert_error (rig, first, LIVE_ERROR_NO_CREDENTIALS);
  /* A blocked link answers again, at once. */
  second = engine_rig_ask (rig, "?", 0, NULL);
  engine_call_assert_error (rig, second, LIVE_ERROR_NO_CREDENTIALS);
  live_engine_get_status (rig->engine, &status);
  g_assert_cmpstr (status.state, ==, "blocked");
  g_assert_cmpstr (status.state_reason, ==, "no-credentials");
  g_assert_false (live_engine_get_listening (rig->engine));

  rig->is_keyless = FALSE;
  live_engine_credentials_changed (rig->engine);
  third = engine_rig_connect (rig);
  fake_transport_go_online (rig->wire);
  engine_rig_spin (rig);
  g_assert_no_error (third->error);
  g_assert_true (live_engine_get_listening (rig->engine));
}

static void
test_refused_setup (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) connect = engine_rig_connect (rig);
  g_autoptr (EngineCall) send = engine_rig_send (rig, "a");
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "b", 0, NULL);

  rig->allows_warnings = TRUE;
  fake_transport_opened (rig->wire);
  fake_transport_closed (rig->wire, 1007, "API key not valid. Please pass a valid API key.");
  engine_call_assert_error (rig, connect, LIVE_ERROR_CREDENTIALS_REJECTED);
  engine_call_assert_error (rig, send, LIVE_ERROR_CREDENTIALS_REJECTED);
  engine_call_assert_error (rig, ask, LIVE_ERROR_CREDENTIALS_REJECTED);
  engine_rig_expect_nothing (rig, "turn-started");
}

/* The network does not come back: the call says so in time. */
static void
test_unreachable (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = engine_rig_connect (rig);

  rig->allows_warnings = TRUE;
  for (guint i = 0; i < 40 && !call->is_done; i++)
    {
      if (fake_transport_is_busy (rig->wire))
        fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "connection refused", 0);
      engine_rig_pass_ms (rig, 1000);
    }
  engine_call_assert_error (rig, call, LIVE_ERROR_NETWORK);
}

static void
test_disconnect (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) waiting = engine_rig_connect (rig);
  g_autoptr (EngineCall) ask = NULL;
  LiveEngineStatus status;

  rig->allows_warnings = TRUE;
  live_engine_disconnect (rig->engine);
  engine_call_assert_error (rig, waiting, LIVE_ERROR_NOT_CONNECTED);
  fake_transport_settle (rig->wire);

  engine_rig_go_online (rig);
  ask = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_sound (rig, 500, 1);
  live_engine_disconnect (rig->engine);
  engine_call_assert_error (rig, ask, LIVE_ERROR_NOT_CONNECTED);
  engine_rig_expect (rig, "turn-complete 1 failed", NULL);
  fake_transport_settle (rig->wire);
  live_engine_get_status (rig->engine, &status);
  g_assert_cmpstr (status.state, ==, "offline");
  g_assert_cmpstr (status.state_reason, ==, "user");
}

static void
mark_done (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static void
test_shut_down (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) ask = NULL;
  g_autoptr (EngineCall) late = NULL;
  gboolean is_done = FALSE;

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  live_engine_set_listening (rig->engine, TRUE);
  ask = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_sound (rig, 500, 1);
  live_engine_shut_down (rig->engine, mark_done, &is_done);
  engine_call_assert_error (rig, ask, LIVE_ERROR_NOT_CONNECTED);
  g_assert_false (fake_audio_is_wanted (rig->audio, LIVE_AUDIO_CAPTURE));
  g_assert_false (fake_audio_is_wanted (rig->audio, LIVE_AUDIO_PLAYBACK));
  g_assert_false (is_done);
  fake_transport_settle (rig->wire);
  g_assert_true (is_done);
  engine_rig_assert_balance (rig);
  late = engine_rig_send (rig, "too late");
  engine_call_assert_error (rig, late, LIVE_ERROR_NOT_CONNECTED);
}

static gboolean
is_pending (EngineRig *rig, const char *name)
{
  g_autoptr (GVariant) pending = g_variant_ref_sink (live_engine_get_pending_changes (rig->engine));
  g_autofree const char **names = g_variant_get_strv (pending, NULL);

  return g_strv_contains (names, name);
}

static void
test_pending_changes (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = NULL;
  LiveEngineStatus status;

  rig->allows_warnings = TRUE;
  /* Nothing waits for anything as long as there is no connection. */
  engine_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Kore"));
  engine_rig_expect (rig, "changed Settings", "changed Voice", NULL);
  g_assert_false (is_pending (rig, "session.voice"));

  engine_rig_go_online (rig);
  give_handle (rig);
  call = engine_rig_send (rig, "hello");
  engine_rig_words (rig, "Hello");
  engine_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  g_assert_true (is_pending (rig, "session.voice"));
  engine_rig_expect (rig, "changed PendingChanges", NULL);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);

  /* At the quiet point the link comes back with the change, and nothing is pending. */
  engine_rig_complete (rig);
  give_handle (rig);
  engine_rig_pass_ms (rig, 3000);
  g_assert_true (fake_transport_settle (rig->wire));
  while (!fake_transport_is_busy (rig->wire))
    g_assert_true (fake_clock_fire_next (rig->clock));
  fake_transport_go_online (rig->wire);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 0), "Puck"));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 0), "secret-handle"));
  g_assert_false (is_pending (rig, "session.voice"));
  engine_rig_expect (rig, "turn-complete 1 complete", "changed PendingChanges", NULL);

  engine_rig_set (rig, LIVE_SETTING_SESSION_MODEL,
                  g_variant_new_string ("gemini-3.1-flash-live-preview"));
  g_assert_true (is_pending (rig, "session.model"));
  live_engine_get_status (rig->engine, &status);
  g_assert_cmpstr (status.profile->family, ==, "3.8");
}

static void
test_restart_settings (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);

  rig->allows_warnings = TRUE;
  engine_rig_set (rig, LIVE_SETTING_SESSION_CONNECT_ON_START, g_variant_new_boolean (TRUE));
  g_assert_true (is_pending (rig, "session.connect-on-start"));
  engine_rig_set (rig, LIVE_SETTING_SESSION_CONNECT_ON_START, g_variant_new_boolean (FALSE));
  g_assert_false (is_pending (rig, "session.connect-on-start"));
}

static void
test_new_conversation (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) ask = NULL;
  g_autofree char *first = NULL;
  LiveEngineStatus status;

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  give_handle (rig);
  live_engine_get_status (rig->engine, &status);
  first = g_strdup (status.conversation_id);
  ask = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_sound (rig, 500, 1);
  g_assert_cmpstr (live_engine_new_conversation (rig->engine), !=, first);
  engine_rig_spin (rig);
  g_assert_true (ask->is_done);
  engine_rig_expect (rig, "turn-complete 1 interrupted", "changed ConversationId", NULL);
  engine_rig_pass_ms (rig, 1000);
  fake_transport_settle (rig->wire);
  while (!fake_transport_is_busy (rig->wire))
    g_assert_true (fake_clock_fire_next (rig->clock));
  fake_transport_go_online (rig->wire);
  g_assert_null (strstr (fake_transport_sent (rig->wire, 0), "secret-handle"));
}

/* For a bug report: everything, but nothing said and nothing secret. */
static void
test_dump (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;
  g_autoptr (GString) out = g_string_new (NULL);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  give_handle (rig);
  call = engine_rig_send (rig, "something private");
  engine_rig_words (rig, "also private");
  live_engine_dump (rig->engine, out);
  g_assert_nonnull (strstr (out->str, "turn machine speaking"));
  g_assert_null (strstr (out->str, "private"));
  g_assert_null (strstr (out->str, "secret-handle"));
  g_assert_null (strstr (out->str, "test-key"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-loss/in-the-middle", test_lost_in_the_middle);
  g_test_add_func ("/engine-loss/after-all-was-here", test_lost_after_all_was_here);
  g_test_add_func ("/engine-loss/text-waits", test_text_waits_through_a_loss);
  g_test_add_func ("/engine-loss/microphone-waits", test_microphone_through_a_loss);
  g_test_add_func ("/engine-loss/no-key", test_no_key);
  g_test_add_func ("/engine-loss/refused-setup", test_refused_setup);
  g_test_add_func ("/engine-loss/unreachable", test_unreachable);
  g_test_add_func ("/engine-loss/disconnect", test_disconnect);
  g_test_add_func ("/engine-loss/shut-down", test_shut_down);
  g_test_add_func ("/engine-loss/pending-changes", test_pending_changes);
  g_test_add_func ("/engine-loss/restart-settings", test_restart_settings);
  g_test_add_func ("/engine-loss/new-conversation", test_new_conversation);
  g_test_add_func ("/engine-loss/dump", test_dump);
  return g_test_run ();
}
