/* Owns: what is proved of typed turns, of Ask, and of what waits for the connection.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <string.h>

#include "fake/engine-rig.h"

static void
test_typed_turn (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;
  g_autofree gint16 *sound = NULL;
  gsize n_frames;

  engine_rig_go_online (rig);
  call = engine_rig_send (rig, "How are you?");
  g_assert_true (call->is_done);
  g_assert_no_error (call->error);
  g_assert_cmpuint (call->turn, ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (rig, "How are you?"), ==, 1);
  engine_rig_expect (rig, "changed State", "changed Activity", "turn-started 1 text", NULL);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "thinking");

  engine_rig_pass_ms (rig, 300);
  engine_rig_words (rig, "I am");
  engine_rig_sound (rig, 500, 7);
  engine_rig_words (rig, " well.");
  engine_rig_expect (rig, "changed Activity", "output-transcript 1 I am",
                     "output-transcript 1  well.", NULL);
  engine_rig_generated (rig);
  engine_rig_expect (rig, "output-transcript 1 final I am well.", "generation-complete 1", NULL);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "speaking");

  engine_rig_pass_ms (rig, 490);
  engine_rig_complete (rig);
  engine_rig_expect (rig, "changed Usage", NULL);
  engine_rig_expect_nothing (rig, "turn-complete");
  engine_rig_pass_ms (rig, 30);
  engine_rig_expect (rig, "changed Activity", "turn-complete 1 complete", NULL);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "idle");
  g_assert_cmpuint (engine_rig_detail (rig, "audio-ms"), ==, 500);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 500);
  g_assert_cmpuint (engine_rig_detail (rig, "first-audio-ms"), >=, 300);
  g_assert_cmpuint (engine_rig_detail (rig, "first-audio-ms"), <=, 310);

  sound = fake_audio_take_sound (rig->audio, &n_frames);
  g_assert_cmpuint (n_frames, ==, 12000);
  engine_rig_assert_balance (rig);
}

static void
test_tokens (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;
  g_autoptr (GVariant) tokens = NULL;
  g_autoptr (GVariant) sums = NULL;
  guint64 total = 0;

  engine_rig_go_online (rig);
  for (guint i = 0; i < 2; i++)
    {
      g_clear_pointer (&call, engine_call_free);
      call = engine_rig_send (rig, "Hello");
      engine_rig_sound (rig, 50, 1);
      engine_rig_complete (rig);
      engine_rig_pass_ms (rig, 100);
    }
  tokens = g_variant_lookup_value (rig->details, "tokens", G_VARIANT_TYPE ("a{st}"));
  g_assert_nonnull (tokens);
  g_variant_lookup (tokens, "total", "t", &total);
  g_assert_cmpuint (total, ==, 351);
  sums = g_variant_ref_sink (live_engine_get_usage (rig->engine));
  g_variant_lookup (sums, "total", "t", &total);
  g_assert_cmpuint (total, ==, 702);

  live_engine_new_conversation (rig->engine);
  g_clear_pointer (&sums, g_variant_unref);
  sums = g_variant_ref_sink (live_engine_get_usage (rig->engine));
  g_variant_lookup (sums, "total", "t", &total);
  g_assert_cmpuint (total, ==, 0);
}

static void
test_path_follows_the_model (void)
{
  static const struct
  {
    const char *model, *part;
  } cases[] = {
    { "gemini-2.5-flash-native-audio-preview", "\"clientContent\"" },
    { "gemini-3.1-flash-live-preview", "\"realtimeInput\":{\"text\"" },
    { "gemini-3.8-live", "\"realtimeInput\":{\"text\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (EngineRig) rig = engine_rig_new (cases[i].model, FALSE);
      g_autoptr (EngineCall) call = NULL;

      engine_rig_go_online (rig);
      call = engine_rig_send (rig, "Hello");
      g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), cases[i].part));
    }
}

static void
test_connects_on_demand (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) first = engine_rig_send (rig, "one");
  g_autoptr (EngineCall) second = engine_rig_send (rig, "two");

  g_assert_false (first->is_done);
  g_assert_true (fake_transport_is_busy (rig->wire));
  fake_transport_go_online (rig->wire);
  engine_rig_spin (rig);
  g_assert_cmpuint (first->turn, ==, 1);
  g_assert_cmpuint (second->turn, ==, 2);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), "one"));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 2), "two"));
  /* Turns are begun one after the other. */
  engine_rig_expect (rig, "turn-started 1 text", NULL);
  engine_rig_expect_nothing (rig, "turn-started");
}

static void
test_ask (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = engine_rig_ask (rig, "What is the time?", 0, NULL);
  gboolean was_interrupted = TRUE;
  guint64 turn = 0;

  fake_transport_go_online (rig->wire);
  engine_rig_sound (rig, 4000, 1);
  engine_rig_words (rig, "It is");
  engine_rig_words (rig, " noon. ");
  g_assert_false (call->is_done);
  engine_rig_generated (rig);

  /* Whole, though it will sound for four seconds. */
  g_assert_true (call->is_done);
  g_assert_no_error (call->error);
  g_assert_cmpstr (call->text, ==, "It is noon.");
  g_variant_lookup (call->details, "turn", "t", &turn);
  g_variant_lookup (call->details, "interrupted", "b", &was_interrupted);
  g_assert_cmpuint (turn, ==, 1);
  g_assert_false (was_interrupted);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 4100);
  engine_rig_assert_balance (rig);
}

/* A model that writes: its thoughts are no part of the answer. */
static void
test_ask_written (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = NULL;
  const char *thoughts = NULL;

  engine_rig_go_online (rig);
  call = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_message (rig, "{\"serverContent\":{\"modelTurn\":{\"parts\":["
                           "{\"text\":\"Hm.\",\"thought\":true},{\"text\":\"Four\"},"
                           "{\"text\":\"teen\"}]}}}");
  engine_rig_expect (rig, "text-received 1 thought Hm.", "text-received 1 Four",
                     "text-received 1 teen", NULL);
  g_assert_false (call->is_done);
  engine_rig_complete (rig);
  g_assert_cmpstr (call->text, ==, "Fourteen");
  g_variant_lookup (call->details, "thoughts", "&s", &thoughts);
  g_assert_cmpstr (thoughts, ==, "Hm.");
}

static void
test_ask_interrupted (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;
  gboolean was_interrupted = FALSE;

  engine_rig_go_online (rig);
  call = engine_rig_ask (rig, "A long story", 0, NULL);
  engine_rig_sound (rig, 1000, 1);
  engine_rig_words (rig, "Once upon");
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  g_assert_true (call->is_done);
  g_assert_no_error (call->error);
  g_assert_cmpstr (call->text, ==, "Once upon");
  g_variant_lookup (call->details, "interrupted", "b", &was_interrupted);
  g_assert_true (was_interrupted);
}

static void
test_ask_timeout (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = NULL;

  engine_rig_go_online (rig);
  call = engine_rig_ask (rig, "?", 5000, NULL);
  engine_rig_pass_ms (rig, 4990);
  g_assert_false (call->is_done);
  engine_rig_pass_ms (rig, 20);
  engine_call_assert_error (rig, call, LIVE_ERROR_TIMEOUT);

  /* The call has ended, the turn has not. */
  engine_rig_words (rig, "Late");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "output-transcript 1 Late", "turn-complete 1 complete", NULL);
  engine_rig_assert_balance (rig);
}

static void
test_ask_timeout_offline (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = engine_rig_ask (rig, "?", 3000, NULL);

  engine_rig_pass_ms (rig, 3010);
  engine_call_assert_error (rig, call, LIVE_ERROR_TIMEOUT);
}

static void
test_ask_nobody_answers (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) call = NULL;

  engine_rig_go_online (rig);
  call = engine_rig_ask (rig, "?", 0, NULL);
  /* The connection may be the culprit, so it is renewed and the question put again; then the
   * silence is the service's own. */
  engine_rig_pass_ms (rig, 30010);
  g_assert_true (fake_transport_settle (rig->wire));
  fake_transport_go_online (rig->wire);
  g_assert_cmpuint (engine_rig_n_sent (rig, "\"?\""), ==, 1);
  engine_rig_pass_ms (rig, 46000);
  engine_call_assert_error (rig, call, LIVE_ERROR_TIMEOUT);
  engine_rig_expect (rig, "turn-complete 1 failed", NULL);
  g_assert_cmpuint (engine_rig_count (rig, "turn-started"), ==, 1);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  g_assert_cmpuint (engine_rig_statistic (rig, "service-silences"), ==, 1);
}

static void
test_caller_goes_away (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (GCancellable) early = g_cancellable_new ();
  g_autoptr (GCancellable) late = g_cancellable_new ();
  g_autoptr (EngineCall) first = engine_rig_ask (rig, "never sent", 0, early);
  g_autoptr (EngineCall) second = NULL;

  g_cancellable_cancel (early);
  engine_call_assert_error (rig, first, LIVE_ERROR_INTERRUPTED);
  fake_transport_go_online (rig->wire);
  g_assert_cmpuint (engine_rig_n_sent (rig, "never sent"), ==, 0);

  second = engine_rig_ask (rig, "sent", 0, late);
  g_cancellable_cancel (late);
  engine_call_assert_error (rig, second, LIVE_ERROR_INTERRUPTED);
  engine_rig_words (rig, "Yes");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_assert_balance (rig);
}

static void
test_limits (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify) engine_call_free);
  g_autofree char *long_text = g_strnfill (256 * 1024 + 1, 'x');
  g_autoptr (EngineCall) empty = engine_rig_send (rig, "");
  g_autoptr (EngineCall) too_long = engine_rig_send (rig, long_text);
  g_autoptr (EngineCall) too_many = NULL;

  engine_call_assert_error (rig, empty, LIVE_ERROR_INVALID_ARGUMENT);
  engine_call_assert_error (rig, too_long, LIVE_ERROR_LIMIT_EXCEEDED);

  for (guint i = 0; i < 64; i++)
    g_ptr_array_add (calls, engine_rig_send (rig, "wait"));
  too_many = engine_rig_send (rig, "too many");
  engine_call_assert_error (rig, too_many, LIVE_ERROR_LIMIT_EXCEEDED);

  fake_transport_go_online (rig->wire);
  engine_rig_spin (rig);
  g_assert_cmpuint (engine_rig_n_sent (rig, "wait"), ==, 64);
  live_engine_disconnect (rig->engine);
  engine_rig_assert_balance (rig);
  g_assert_cmpuint (engine_rig_count (rig, "turn-started"), ==, 64);
}

static void
test_context (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineRig) other = engine_rig_new ("gemini-3.1-flash-live-preview", FALSE);
  g_autoptr (EngineCall) call = NULL;
  g_autoptr (EngineCall) refused = NULL;

  engine_rig_go_online (rig);
  call = engine_rig_context (rig, "It rains.");
  g_assert_no_error (call->error);
  g_assert_cmpuint (call->turn, ==, 0);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "It rains."));
  g_assert_null (strstr (fake_transport_sent (rig->wire, -1), "\"turnComplete\":true"));
  engine_rig_expect_nothing (rig, "turn-started");

  engine_rig_go_online (other);
  refused = engine_rig_context (other, "It rains.");
  engine_call_assert_error (other, refused, LIVE_ERROR_UNSUPPORTED);
  g_assert_cmpuint (engine_rig_n_sent (other, "rains"), ==, 0);
}

static void
test_content (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (EngineCall) wrong = engine_rig_content (rig, "{\"role\":\"user\"}", TRUE);
  g_autoptr (EngineCall) append = NULL;
  g_autoptr (EngineCall) turn = NULL;

  engine_call_assert_error (rig, wrong, LIVE_ERROR_INVALID_ARGUMENT);
  engine_rig_go_online (rig);
  append = engine_rig_content (rig, "[{\"role\":\"user\",\"parts\":[{\"text\":\"a\"}]}]", FALSE);
  g_assert_cmpuint (append->turn, ==, 0);
  turn = engine_rig_content (rig, "[{\"role\":\"user\",\"parts\":[{\"text\":\"b\"}]}]", TRUE);
  g_assert_cmpuint (turn->turn, ==, 1);
  engine_rig_expect (rig, "turn-started 1 text", NULL);
}

/* Typed over an answer: the service ends the one and answers the other (protocol 8.3). */
static void
test_text_over_an_answer (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) first = NULL;
  g_autoptr (EngineCall) second = NULL;

  engine_rig_go_online (rig);
  first = engine_rig_ask (rig, "one", 0, NULL);
  engine_rig_words (rig, "First");
  engine_rig_sound (rig, 1000, 1);
  second = engine_rig_ask (rig, "two", 0, NULL);
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  engine_rig_words (rig, "Second");
  engine_rig_generated (rig);
  g_assert_cmpstr (first->text, ==, "First");
  g_assert_cmpstr (second->text, ==, "Second");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "turn-started 1 text", "interrupted 1", "turn-started 2 text",
                     "turn-complete 2 complete", NULL);
  engine_rig_assert_balance (rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-text/typed-turn", test_typed_turn);
  g_test_add_func ("/engine-text/tokens", test_tokens);
  g_test_add_func ("/engine-text/path-follows-the-model", test_path_follows_the_model);
  g_test_add_func ("/engine-text/connects-on-demand", test_connects_on_demand);
  g_test_add_func ("/engine-text/ask", test_ask);
  g_test_add_func ("/engine-text/ask-written", test_ask_written);
  g_test_add_func ("/engine-text/ask-interrupted", test_ask_interrupted);
  g_test_add_func ("/engine-text/ask-timeout", test_ask_timeout);
  g_test_add_func ("/engine-text/ask-timeout-offline", test_ask_timeout_offline);
  g_test_add_func ("/engine-text/ask-nobody-answers", test_ask_nobody_answers);
  g_test_add_func ("/engine-text/caller-goes-away", test_caller_goes_away);
  g_test_add_func ("/engine-text/limits", test_limits);
  g_test_add_func ("/engine-text/context", test_context);
  g_test_add_func ("/engine-text/content", test_content);
  g_test_add_func ("/engine-text/text-over-an-answer", test_text_over_an_answer);
  return g_test_run ();
}
