/* Owns: what is proved of a context that is resumed, doubted, given up and told anew.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <string.h>

#include "fake/engine-rig.h"

static LiveEngineStatus
status_of (EngineRig *rig)
{
  LiveEngineStatus status;

  live_engine_get_status (rig->engine, &status);
  return status;
}

/* One whole exchange, so that there is something to lose. */
static void
talk (EngineRig *rig, const char *question, const char *answer, guint prompt_tokens)
{
  g_autoptr (EngineCall) call = engine_rig_send (rig, question);
  g_autofree char *json = g_strdup_printf (
      "{\"serverContent\":{\"turnComplete\":true},\"usageMetadata\":{\"promptTokenCount\":%u}}",
      prompt_tokens);

  engine_rig_words (rig, answer);
  engine_rig_message (rig, json);
  engine_rig_pass_ms (rig, 10);
}

static EngineRig *
talk_and_resume (const char *model, gboolean has_audio)
{
  EngineRig *rig = engine_rig_new (model, has_audio);
  g_autofree char *setup = NULL;

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  talk (rig, "I am Ada.", "Hello Ada.", 20000);
  engine_rig_give_handle (rig, "handle-1");
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  g_assert_cmpstr (status_of (rig).context_origin, ==, "resumed");
  /* Nothing is said again on a healthy resumption. */
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 1);
  return rig;
}

static void
test_silent (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "Who am I?", 0, NULL);
  g_autofree char *setup = NULL;

  engine_rig_pass_ms (rig, 7990);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  engine_rig_pass_ms (rig, 20);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  setup = engine_rig_come_back (rig);
  g_assert_null (strstr (setup, "handle-1"));
  g_assert_cmpstr (status_of (rig).context_origin, ==, "reseeded");
  g_assert_cmpuint (engine_rig_statistic (rig, "contexts-silent"), ==, 1);
  g_assert_cmpuint (engine_rig_statistic (rig, "reseeds"), ==, 1);

  /* First what was said, then the question, each once. */
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 3);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), "I am Ada."));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), "Hello Ada."));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), "\"turnComplete\":false"));
  g_assert_null (strstr (fake_transport_sent (rig->wire, 1), "Who am I?"));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 2), "Who am I?"));

  engine_rig_words (rig, "You are Ada.");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  g_assert_no_error (ask->error);
  g_assert_cmpstr (ask->text, ==, "You are Ada.");
  engine_rig_assert_balance (rig);
}

/* The fresh session is mute as well: that is not the context's fault, and nothing loops. */
static void
test_silent_for_ever (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "Who am I?", 0, NULL);
  guint n_opens;

  engine_rig_pass_ms (rig, 8010);
  g_free (engine_rig_come_back (rig));
  n_opens = fake_transport_n_opens (rig->wire);
  for (guint i = 0; i < 8 && !ask->is_done; i++)
    {
      engine_rig_pass_ms (rig, 30010);
      if (fake_transport_settle (rig->wire))
        g_free (engine_rig_come_back (rig));
    }
  engine_call_assert_error (rig, ask, LIVE_ERROR_TIMEOUT);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire) - n_opens, <=, 1);
  g_assert_cmpuint (engine_rig_statistic (rig, "contexts-silent"), ==, 1);
  engine_rig_assert_balance (rig);
}

/* A single sign of an answer and the session is left alone, however long the rest takes. */
static void
test_slow_is_not_silent (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "Who am I?", 0, NULL);

  engine_rig_pass_ms (rig, 7000);
  engine_rig_words (rig, "You");
  engine_rig_pass_ms (rig, 12000);
  engine_rig_words (rig, " are Ada.");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  g_assert_cmpstr (ask->text, ==, "You are Ada.");
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  g_assert_cmpuint (engine_rig_statistic (rig, "reseeds"), ==, 0);
}

/* Models that think for long get four times the patience. */
static void
test_thinkers (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume ("gemini-3.8-live-extended-thinking", FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "Who am I?", 0, NULL);

  engine_rig_pass_ms (rig, 31000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  engine_rig_words (rig, "Ada.");
  engine_rig_message (rig, "{\"serverContent\":{\"turnComplete\":true,"
                           "\"interactionStatus\":\"IDLE\"}}");
  engine_rig_pass_ms (rig, 10);
  g_assert_true (ask->is_done);
}

/* A spoken question is reported as failed, and answered all the same: its words are the end of
 * what is told, and a nudge makes the model speak. */
static void
test_silent_to_speech (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, TRUE);

  live_engine_set_listening (rig->engine, TRUE);
  engine_rig_heard (rig, "Who am I?");
  engine_rig_pass_ms (rig, 8010);
  engine_rig_expect (rig, "turn-complete 2 failed", NULL);
  g_free (engine_rig_come_back (rig));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), "Who am I?"));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 2), "{\"text\":\" \"}"));
  engine_rig_words (rig, "Ada.");
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
  engine_rig_expect (rig, "output-transcript 3 Ada.", "turn-complete 3 complete", NULL);
  engine_rig_assert_balance (rig);
}

/* Who still speaks is not waiting for an answer yet. */
static void
test_long_question (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, TRUE);

  for (guint i = 0; i < 5; i++)
    {
      engine_rig_heard (rig, " and then");
      engine_rig_pass_ms (rig, 5000);
    }
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
}

/* The prompt shrinks from 20,000 tokens to 350: an answer out of nothing. */
static void
test_collapsed (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, FALSE);
  g_autofree char *setup = NULL;

  talk (rig, "Who am I?", "I don't know.", 350);
  /* Handles of the collapsed session lead back into it. */
  engine_rig_give_handle (rig, "handle-2");
  engine_rig_pass_ms (rig, 300);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  setup = engine_rig_come_back (rig);
  g_assert_null (strstr (setup, "handle-"));
  g_assert_cmpstr (status_of (rig).context_origin, ==, "reseeded");
  g_assert_cmpuint (engine_rig_n_sent (rig, "I am Ada."), ==, 1);
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 2);
  g_assert_cmpuint (engine_rig_statistic (rig, "contexts-collapsed"), ==, 1);
  engine_rig_assert_balance (rig);

  /* Small from now on, and sound. */
  talk (rig, "And now?", "Ada.", 400);
  engine_rig_pass_ms (rig, 1000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
}

static void
test_healthy (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, FALSE);

  talk (rig, "Who am I?", "Ada.", 20100);
  engine_rig_pass_ms (rig, 60000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  g_assert_cmpuint (engine_rig_statistic (rig, "contexts-abandoned"), ==, 0);
}

static const struct
{
  const char *model, *setup, *seed;
} families[] = {
  { "gemini-3.1-flash-live-preview", "\"initialHistoryInClientContent\":true",
    "\"turnComplete\":true" },
  { "gemini-2.5-flash-native-audio-latest", "2.5", "Me: I am Ada." },
  { "gemini-3.8-live", "3.8", "\"role\":\"model\"" },
  { "some-new-model", "some-new-model", "Me: I am Ada." },
};

/* Lost before any handle came: each family is told in its own way. */
static void
test_families (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      g_autoptr (EngineRig) rig = engine_rig_new (families[i].model, FALSE);
      g_autofree char *setup = NULL;

      rig->allows_warnings = TRUE;
      engine_rig_go_online (rig);
      g_assert_null (strstr (fake_transport_sent (rig->wire, 0), "historyConfig"));
      talk (rig, "I am Ada.", "Hello.", 500);
      fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
      setup = engine_rig_come_back (rig);
      g_assert_nonnull (strstr (setup, families[i].setup));
      g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 2);
      g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), families[i].seed));
      g_assert_cmpstr (status_of (rig).context_origin, ==, "reseeded");
    }
}

/* The service closes on what it is told: the next session is told nothing, and says so. */
static void
test_refused_seed (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new ("gemini-3.1-flash-live-preview", FALSE);
  g_autofree char *setup = NULL;

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  talk (rig, "I am Ada.", "Hello.", 500);
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  g_free (engine_rig_come_back (rig));
  fake_transport_closed (rig->wire, 1007, "Request contains an invalid argument.");
  setup = engine_rig_come_back (rig);
  g_assert_null (strstr (setup, "historyConfig"));
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 1);
  g_assert_cmpstr (status_of (rig).context_origin, ==, "lost");
  g_assert_cmpuint (engine_rig_statistic (rig, "closes-seed-refused"), ==, 1);
}

/* The network fails again before the fresh session could answer: it is told again. */
static void
test_seed_lost_on_the_way (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  talk (rig, "I am Ada.", "Hello.", 500);
  for (guint i = 0; i < 2; i++)
    {
      fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
      g_free (engine_rig_come_back (rig));
      g_assert_cmpuint (engine_rig_n_sent (rig, "I am Ada."), ==, 1);
      g_assert_cmpstr (status_of (rig).context_origin, ==, "reseeded");
    }
}

/* An end that comes late is not the seed's fault. */
static void
test_seeded_session_ends (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  talk (rig, "I am Ada.", "Hello.", 500);
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  g_free (engine_rig_come_back (rig));
  engine_rig_pass_ms (rig, 600000);
  fake_transport_closed (rig->wire, 1008, "The operation was aborted.");
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "I am Ada."), ==, 1);
  g_assert_cmpstr (status_of (rig).context_origin, ==, "reseeded");
}

static void
test_another_model (void)
{
  g_autoptr (EngineRig) rig = talk_and_resume (NULL, FALSE);
  g_autofree char *id = g_strdup (status_of (rig).conversation_id);
  g_autofree char *setup = NULL;

  engine_rig_set (rig, LIVE_SETTING_SESSION_MODEL,
                  g_variant_new_string ("gemini-3.1-flash-live-preview"));
  engine_rig_expect (rig, "changed PendingChanges", NULL);
  engine_rig_pass_ms (rig, 300);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "gemini-3.1-flash-live-preview"));
  g_assert_null (strstr (setup, "handle-1"));
  g_assert_cmpuint (engine_rig_n_sent (rig, "I am Ada."), ==, 1);
  g_assert_cmpstr (status_of (rig).context_origin, ==, "reseeded");
  g_assert_cmpstr (status_of (rig).conversation_id, !=, id);
  engine_rig_expect (rig, "changed ConversationId", "changed PendingChanges", NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-context/silent", test_silent);
  g_test_add_func ("/engine-context/silent-for-ever", test_silent_for_ever);
  g_test_add_func ("/engine-context/slow-is-not-silent", test_slow_is_not_silent);
  g_test_add_func ("/engine-context/thinkers", test_thinkers);
  g_test_add_func ("/engine-context/silent-to-speech", test_silent_to_speech);
  g_test_add_func ("/engine-context/long-question", test_long_question);
  g_test_add_func ("/engine-context/collapsed", test_collapsed);
  g_test_add_func ("/engine-context/healthy", test_healthy);
  g_test_add_func ("/engine-context/families", test_families);
  g_test_add_func ("/engine-context/refused-seed", test_refused_seed);
  g_test_add_func ("/engine-context/seed-lost-on-the-way", test_seed_lost_on_the_way);
  g_test_add_func ("/engine-context/seeded-session-ends", test_seeded_session_ends);
  g_test_add_func ("/engine-context/another-model", test_another_model);
  return g_test_run ();
}
