/* Owns: what is proved of Interrupt, of tool calls, and of a service that breaks its own rules
 * (protocol 8.3 to 8.5, field failures C).
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <string.h>

#include "core/live-engine-calls.h"
#include "fake/engine-rig.h"

static EngineRig *
begin_answer (const char *model, guint ms)
{
  EngineRig *rig = engine_rig_new (model, TRUE);
  g_autoptr (EngineCall) call = NULL;

  engine_rig_go_online (rig);
  call = engine_rig_send (rig, "A story");
  engine_rig_sound (rig, ms, 1);
  engine_rig_expect (rig, "turn-started 1 text", NULL);
  return rig;
}

static void
test_interrupt (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 5000);
  g_autoptr (EngineCall) ask = NULL;

  engine_rig_pass_ms (rig, 1000);
  live_engine_interrupt (rig->engine);
  g_assert_cmpuint (fake_audio_pending (rig->audio), ==, 0);
  engine_rig_expect (rig, "changed Activity", "interrupted 1", "turn-complete 1 interrupted", NULL);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 1000);
  /* Told without asking for an answer. */
  g_assert_cmpstr (fake_transport_sent (rig->wire, -1), ==,
                   "{\"clientContent\":{\"turnComplete\":false}}");
  g_assert_cmpuint (engine_rig_n_sent (rig, "\"turnComplete\":true"), ==, 0);

  /* The rest of it is not heard, and is nobody's turn. */
  engine_rig_sound (rig, 500, 1);
  engine_rig_words (rig, "and then");
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 100);
  engine_rig_expect_nothing (rig, "turn-started");
  engine_rig_expect_nothing (rig, "output-transcript");
  engine_rig_expect_nothing (rig, "interrupted");

  ask = engine_rig_ask (rig, "Now?", 0, NULL);
  engine_rig_words (rig, "Now.");
  engine_rig_generated (rig);
  g_assert_cmpstr (ask->text, ==, "Now.");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_assert_balance (rig);
}

/* A new question is asked before the cut turn's end has come: its end, and its tokens, are not
 * the new one's. */
static void
test_question_right_after_interrupt (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 5000);
  g_autoptr (EngineCall) ask = NULL;

  live_engine_interrupt (rig->engine);
  ask = engine_rig_ask (rig, "Now?", 0, NULL);
  engine_rig_sound (rig, 200, 1);
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  g_assert_false (ask->is_done);
  engine_rig_words (rig, "Now.");
  engine_rig_message (rig, "{\"serverContent\":{\"turnComplete\":true}}");
  engine_rig_pass_ms (rig, 10);
  g_assert_cmpstr (ask->text, ==, "Now.");
  engine_rig_expect (rig, "turn-complete 1 interrupted", "turn-started 2 text",
                     "turn-complete 2 complete", NULL);
  g_assert_false (g_variant_lookup (rig->details, "tokens", "@a{st}", NULL));
}

/* 3.1 cannot be told: what it goes on saying is dropped until its turn is over. */
static void
test_interrupt_untold (void)
{
  g_autoptr (EngineRig) rig = begin_answer ("gemini-3.1-flash-live-preview", 1000);
  guint n_sent = fake_transport_n_sent (rig->wire);

  live_engine_interrupt (rig->engine);
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, n_sent);
  for (guint i = 0; i < 20; i++)
    {
      engine_rig_sound (rig, 1000, 1);
      engine_rig_pass_ms (rig, 1000);
    }
  g_assert_cmpuint (fake_audio_pending (rig->audio), ==, 0);
  engine_rig_complete (rig);
  engine_rig_sound (rig, 100, 2);
  engine_rig_expect (rig, "turn-complete 1 interrupted", "turn-started 2 model", NULL);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 200);
  engine_rig_assert_balance (rig);
}

static void
test_interrupt_manual (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new ("gemini-3.1-flash-live-preview", TRUE);
  g_autoptr (EngineCall) call = NULL;
  g_autoptr (EngineCall) next = NULL;

  engine_rig_set (rig, LIVE_SETTING_VAD_MODE, g_variant_new_string ("manual"));
  engine_rig_go_online (rig);
  call = engine_rig_send (rig, "A story");
  engine_rig_sound (rig, 1000, 1);
  live_engine_interrupt (rig->engine);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "activityStart"));
  /* Its end would ask for an answer; the user's own activity takes it over. */
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  g_assert_cmpuint (engine_rig_n_sent (rig, "activityEnd"), ==, 0);
  g_assert_true (live_engine_start_activity (rig->engine, NULL));
  g_assert_cmpuint (engine_rig_n_sent (rig, "activityStart"), ==, 1);
  g_assert_true (live_engine_end_activity (rig->engine, NULL));
  g_assert_cmpuint (engine_rig_n_sent (rig, "activityEnd"), ==, 1);
  engine_rig_sound (rig, 1000, 1);

  /* A text ends it too, before it is sent. */
  live_engine_interrupt (rig->engine);
  next = engine_rig_send (rig, "Next");
  g_assert_cmpuint (engine_rig_n_sent (rig, "activityStart"), ==, 2);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -2), "activityEnd"));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "Next"));
}

static void
test_interrupt_nothing (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  guint n_sent;

  live_engine_interrupt (rig->engine);
  engine_rig_go_online (rig);
  n_sent = fake_transport_n_sent (rig->wire);
  live_engine_interrupt (rig->engine);
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, n_sent);
  engine_rig_expect_nothing (rig, "interrupted");
}

static void
test_spurious_pair (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) ask = NULL;

  engine_rig_go_online (rig);
  ask = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  g_assert_false (ask->is_done);
  engine_rig_words (rig, "Answer");
  engine_rig_generated (rig);
  g_assert_cmpstr (ask->text, ==, "Answer");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
  g_assert_cmpuint (engine_rig_count (rig, "interrupted"), ==, 0);
}

static void
test_interrupted_after_complete (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 2000);

  engine_rig_generated (rig);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 500);
  engine_rig_interrupted (rig);
  g_assert_cmpuint (fake_audio_pending (rig->audio), ==, 0);
  engine_rig_expect (rig, "interrupted 1", "turn-complete 1 interrupted", NULL);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 500);
  engine_rig_complete (rig);
  engine_rig_expect_nothing (rig, "turn-");
}

static void
test_interrupted_without_an_answer (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);

  engine_rig_go_online (rig);
  engine_rig_interrupted (rig);
  engine_rig_complete (rig);
  engine_rig_generated (rig);
  engine_rig_expect_nothing (rig, "turn-");
  engine_rig_expect_nothing (rig, "interrupted");
}

static void
test_interrupted_never_completed (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 2000);

  engine_rig_interrupted (rig);
  engine_rig_pass_ms (rig, 2100);
  engine_rig_expect (rig, "turn-complete 1 interrupted", NULL);
  engine_rig_sound (rig, 100, 2);
  engine_rig_expect (rig, "turn-started 2 model", NULL);
}

static void
test_premature_turn_complete (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 300);

  engine_rig_words (rig, "I was going to");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 350);
  engine_rig_expect (rig, "output-transcript 1 final I was going to", "turn-complete 1 complete",
                     NULL);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 300);
}

static void
test_missing_turn_complete (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 60000);

  engine_rig_generated (rig);
  engine_rig_pass_ms (rig, 60100);
  engine_rig_expect_nothing (rig, "turn-complete");
  engine_rig_pass_ms (rig, 5100);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 60000);
}

/* A long answer with neither flag until the end: silence of the server is no reason to cut what
 * is still sounding. */
static void
test_missing_flags (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 60000);

  engine_rig_pass_ms (rig, 60100);
  engine_rig_expect_nothing (rig, "turn-complete");
  engine_rig_pass_ms (rig, 15000);
  engine_rig_expect (rig, "turn-complete 1 failed", NULL);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 60000);
  g_assert_cmpuint (engine_rig_count (rig, "interrupted"), ==, 0);
}

static void
test_tiny_first_chunk (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) call = NULL;

  engine_rig_go_online (rig);
  call = engine_rig_send (rig, "?");
  engine_rig_message (rig, "{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"inlineData\":"
                           "{\"mimeType\":\"audio/pcm;rate=24000\",\"data\":\"AQA=\"}}]}}}");
  engine_rig_pass_ms (rig, 3000);
  engine_rig_expect_nothing (rig, "turn-complete");
  engine_rig_sound (rig, 500, 1);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 600);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 500);
}

static void
test_audio_after_generation_complete (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 300);

  engine_rig_generated (rig);
  engine_rig_sound (rig, 300, 2);
  engine_rig_pass_ms (rig, 700);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 50);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
  g_assert_cmpuint (engine_rig_detail (rig, "heard-ms"), ==, 600);
  g_assert_cmpuint (engine_rig_count (rig, "generation-complete"), ==, 1);
}

static void
test_next_answer_overtakes (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 1000);
  g_autoptr (EngineCall) call = NULL;
  gsize n_frames;

  engine_rig_complete (rig);
  call = engine_rig_send (rig, "Next");
  engine_rig_sound (rig, 500, 2);
  engine_rig_complete (rig);
  engine_rig_expect (rig, "turn-started 2 text", NULL);
  engine_rig_pass_ms (rig, 990);
  engine_rig_expect_nothing (rig, "turn-complete");
  engine_rig_pass_ms (rig, 600);
  engine_rig_expect (rig, "turn-complete 1 complete", "turn-complete 2 complete", NULL);
  g_free (fake_audio_take_sound (rig->audio, &n_frames));
  g_assert_cmpuint (n_frames, ==, 1500 * 24);
  engine_rig_assert_balance (rig);
}

static void
test_server_reason (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) ask = NULL;

  engine_rig_go_online (rig);
  ask = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_message (rig, "{\"serverContent\":{\"turnComplete\":true,"
                           "\"turnCompleteReason\":\"RESPONSE_REJECTED\"}}");
  g_assert_cmpstr (ask->text, ==, "");
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "turn-complete 1 response-rejected", NULL);
}

/* 3.8 extended thinking: several utterances, one turn (8.4). */
static void
test_several_utterances (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new ("gemini-3.8-live-extended-thinking", TRUE);
  g_autoptr (EngineCall) ask = NULL;

  engine_rig_go_online (rig);
  ask = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_words (rig, "Let me see.");
  engine_rig_sound (rig, 200, 1);
  engine_rig_message (rig, "{\"serverContent\":{\"generationComplete\":true,"
                           "\"turnComplete\":true,\"interactionStatus\":\"IN_PROGRESS\"}}");
  engine_rig_pass_ms (rig, 20000);
  g_assert_false (ask->is_done);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "thinking");
  engine_rig_words (rig, " Four.");
  engine_rig_message (rig, "{\"serverContent\":{\"turnComplete\":true,"
                           "\"interactionStatus\":\"IDLE\"}}");
  g_assert_cmpstr (ask->text, ==, "Let me see. Four.");
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
  engine_rig_assert_balance (rig);
}

static void
test_unknown_tool (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (EngineCall) ask = NULL;

  engine_rig_go_online (rig);
  ask = engine_rig_ask (rig, "?", 0, NULL);
  engine_rig_words (rig, "One moment.");
  engine_rig_sound (rig, 200, 1);
  engine_rig_call_tool (rig, "call-1", "set_lamp");
  g_assert_cmpuint (engine_rig_n_sent (rig, "toolResponse"), ==, 1);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "\"call-1\""));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "\"error\""));
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 300);
  g_assert_false (ask->is_done);
  engine_rig_words (rig, " I can't.");
  engine_rig_generated (rig);
  g_assert_cmpstr (ask->text, ==, "One moment. I can't.");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "turn-started 1 text", "turn-complete 1 complete", NULL);
  engine_rig_assert_balance (rig);
}

typedef struct
{
  guint n_called, n_cancelled, n_lost;
} ToolLog;

static void
on_called (const LiveWireCall *call, gpointer data)
{
  ((ToolLog *) data)->n_called++;
}

static void
on_call_cancelled (const char *id, gpointer data)
{
  ((ToolLog *) data)->n_cancelled++;
}

static void
on_calls_lost (gpointer data)
{
  ((ToolLog *) data)->n_lost++;
}

static const LiveEngineToolEvents tool_events = { on_called, on_call_cancelled, on_calls_lost };

static void
test_tool_seam (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, TRUE);
  g_autoptr (GError) error = NULL;
  ToolLog log = { 0 };

  rig->allows_warnings = TRUE;
  live_engine_set_tools (rig->engine, &tool_events, &log);
  engine_rig_go_online (rig);
  engine_rig_call_tool (rig, "a", "lamp");
  engine_rig_call_tool (rig, "a", "lamp");
  engine_rig_call_tool (rig, "b", "lamp");
  engine_rig_call_tool (rig, "c", "lamp");
  g_assert_cmpuint (log.n_called, ==, 3);
  g_assert_cmpstr (engine_rig_activity (rig), ==, "tool");

  g_assert_true (
      live_engine_respond (rig->engine, "a", "lamp", "{\"output\":1}", NULL, FALSE, &error));
  g_assert_no_error (error);
  g_assert_false (live_engine_respond (rig->engine, "a", "lamp", "{}", NULL, FALSE, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND);
  g_clear_error (&error);

  engine_rig_message (rig, "{\"toolCallCancellation\":{\"ids\":[\"b\",\"unknown\"]}}");
  g_assert_cmpuint (log.n_cancelled, ==, 1);
  g_assert_false (live_engine_respond (rig->engine, "b", "lamp", "{}", NULL, FALSE, &error));
  g_clear_error (&error);

  g_assert_cmpuint (engine_rig_n_sent (rig, "toolResponse"), ==, 1);

  /* A connection that comes back may bring the calls back; one that does not, ends them. */
  fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
  engine_rig_spin (rig);
  g_assert_cmpuint (log.n_lost, ==, 0);
  live_engine_disconnect (rig->engine);
  g_assert_cmpuint (log.n_lost, ==, 1);
  engine_rig_assert_balance (rig);
}

static void
test_facts (void)
{
  g_autoptr (EngineRig) rig = begin_answer (NULL, 100);

  engine_rig_message (rig, "{\"serverContent\":{\"groundingMetadata\":"
                           "{\"webSearchQueries\":[\"x\"]}}}");
  engine_rig_message (rig, "{\"goAway\":{\"timeLeft\":\"300s\"}}");
  g_assert_cmpuint (engine_rig_count (rig, "grounding 1 {"), ==, 1);
  engine_rig_expect (rig, "go-away 300000", NULL);
  engine_rig_message (rig, "{}");
  engine_rig_message (rig, "{\"somethingNew\":{\"a\":1}}");
  engine_rig_message (rig, "{\"serverContent\":{\"waitingForInput\":true}}");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 200);
  engine_rig_expect (rig, "turn-complete 1 complete", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-odd/interrupt", test_interrupt);
  g_test_add_func ("/engine-odd/question-after-interrupt", test_question_right_after_interrupt);
  g_test_add_func ("/engine-odd/interrupt-untold", test_interrupt_untold);
  g_test_add_func ("/engine-odd/interrupt-manual", test_interrupt_manual);
  g_test_add_func ("/engine-odd/interrupt-nothing", test_interrupt_nothing);
  g_test_add_func ("/engine-odd/spurious-pair", test_spurious_pair);
  g_test_add_func ("/engine-odd/interrupted-after-complete", test_interrupted_after_complete);
  g_test_add_func ("/engine-odd/interrupted-without-answer", test_interrupted_without_an_answer);
  g_test_add_func ("/engine-odd/interrupted-never-complete", test_interrupted_never_completed);
  g_test_add_func ("/engine-odd/premature-turn-complete", test_premature_turn_complete);
  g_test_add_func ("/engine-odd/missing-turn-complete", test_missing_turn_complete);
  g_test_add_func ("/engine-odd/missing-flags", test_missing_flags);
  g_test_add_func ("/engine-odd/tiny-first-chunk", test_tiny_first_chunk);
  g_test_add_func ("/engine-odd/audio-after-generation", test_audio_after_generation_complete);
  g_test_add_func ("/engine-odd/next-answer-overtakes", test_next_answer_overtakes);
  g_test_add_func ("/engine-odd/server-reason", test_server_reason);
  g_test_add_func ("/engine-odd/several-utterances", test_several_utterances);
  g_test_add_func ("/engine-odd/unknown-tool", test_unknown_tool);
  g_test_add_func ("/engine-odd/tool-seam", test_tool_seam);
  g_test_add_func ("/engine-odd/facts", test_facts);
  return g_test_run ();
}
