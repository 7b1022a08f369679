/* Owns: the proof of every fault that a scenario or the control channel can cause.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include <string.h>

#include "sim-rig.h"

#define MODEL "gemini-3.8-live"
#define SETUP                                                                                      \
  "{\"setup\":{\"model\":\"models/" MODEL "\",\"generationConfig\":"                               \
  "{\"responseModalities\":[\"AUDIO\"]}}}"
#define CLOSE "{\"close\":1011,\"reason\":\"as told\"}"

/* A close frame and an abort at each point where something can happen. */
static void
test_at (gconstpointer data)
{
  const char *trigger = data;
  static const char *const actions[] = { CLOSE, "{\"abort\":true}" };

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      g_autofree char *scenario = g_strdup_printf (
          "{\"steps\":[{\"on\":\"%s\",\"connection\":1,\"do\":%s}]}", trigger, actions[i]);
      g_autoptr (SimRig) rig = sim_rig_start_scenario (scenario);
      g_autoptr (SimPeer) peer = sim_peer_open (rig);
      g_autoptr (SimPeer) next = NULL;

      sim_peer_send (peer, "{\"setup\":{\"model\":\"models/" MODEL "\",\"generationConfig\":"
                           "{\"responseModalities\":[\"AUDIO\"]},\"tools\":[{\"functionDeclarations"
                           "\":[{\"name\":\"lamp\",\"behavior\":\"BLOCKING\"}]}]}}");
      if (strcmp (trigger, "connect") != 0 && strcmp (trigger, "message") != 0 &&
          strcmp (trigger, "setup") != 0)
        sim_peer_expect (peer, "setupComplete");
      if (g_str_has_prefix (trigger, "tool-"))
        sim_peer_type (peer, "call lamp");
      else if (strcmp (trigger, "audio") == 0 || g_str_has_prefix (trigger, "speech"))
        {
          sim_peer_send_tone (peer, 500);
          sim_peer_send_silence (peer, 1000);
        }
      else
        sim_peer_type (peer, "hello");
      if (strcmp (trigger, "tool-response") == 0)
        {
          JsonObject *call = live_sim_json_object (sim_peer_expect (peer, "toolCall"), "toolCall");
          JsonObject *item = json_array_get_object_element (
              json_object_get_array_member (call, "functionCalls"), 0);
          g_autofree char *answer = g_strdup_printf (
              "{\"toolResponse\":{\"functionResponses\":[{\"id\":\"%s\",\"name\":\"lamp\"}]}}",
              json_object_get_string_member (item, "id"));

          sim_peer_send (peer, answer);
        }

      if (i == 0)
        sim_peer_expect_close (peer, 1011, "as told");
      else
        sim_peer_expect_close (peer, 1006, "");
      /* The next connection is a good one. */
      next = sim_peer_open_live (rig, MODEL, NULL);
    }
}

static void
inject (SimRig *rig, const char *actions)
{
  json_object_unref (sim_rig_ask (rig, "/simulator/inject", actions, NULL));
}

static void
test_messages (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--profile", "2.5", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, "whatever", NULL);

  inject (rig, "[{\"send\":{}},{\"send_raw\":\"{not\"},{\"send_base64\":\"//"
               "8=\"},{\"send_raw\":\"{}\",\"frame\":\"text\"},"
               "{\"send\":{\"fromTomorrow\":{\"a\":[1,2]}}},{\"go_away\":\"9.5s\"}]");
  g_assert_null (sim_peer_next (peer));
  g_assert_cmpstr (sim_peer_get_text (peer), ==, "{not");
  g_assert_null (sim_peer_next (peer));
  g_assert_cmpstr (sim_peer_get_text (peer), ==, "\xff\xff");
  sim_peer_next (peer);
  g_assert_cmpstr (sim_peer_get_text (peer), ==, "{}");
  g_assert_false (sim_peer_was_binary (peer));
  sim_peer_expect (peer, "fromTomorrow");
  sim_peer_expect (peer, "goAway");

  inject (rig, "{\"send_padded\":200000}");
  sim_peer_expect (peer, "padding");
  g_assert_cmpuint (strlen (sim_peer_get_text (peer)), >, 200000);
  inject (rig, "{\"send_padded\":20000000}");
  sim_peer_expect (peer, "padding");
  g_assert_cmpuint (strlen (sim_peer_get_text (peer)), >, 20000000);
}

static void
test_decorations (void)
{
  g_autoptr (SimRig) rig =
      sim_rig_start_scenario ("{\"options\":{\"empty_frames\":true,\"unknown_fields\":true}}");
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  JsonObject *message;

  sim_peer_type (peer, "say x");
  message = sim_peer_expect (peer, "modelTurn");
  g_assert_true (json_object_has_member (message, "futureNotice"));
  message = sim_peer_next (peer);
  g_assert_cmpuint (json_object_get_size (message), ==, 0);
}

static void
test_strip (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  JsonObject *message;

  sim_peer_expect (peer, "sessionResumptionUpdate");
  inject (rig, "[{\"strip\":\"generationComplete\"},{\"strip\":\"usageMetadata\"},"
               "{\"strip\":\"sessionResumptionUpdate\",\"count\":2}]");
  sim_peer_type (peer, "say x");
  do
    {
      message = sim_peer_next (peer);
      g_assert_true (json_object_has_member (message, "serverContent"));
      g_assert_false (json_object_has_member (message, "usageMetadata"));
      message = json_object_get_object_member (message, "serverContent");
      g_assert_false (json_object_has_member (message, "generationComplete"));
    }
  while (!json_object_has_member (message, "turnComplete"));
  sim_peer_type (peer, "say x");
  sim_peer_expect (peer, "generationComplete");
}

/* A scenario may answer in the talker's stead, every time, and its own words are not an occasion.
 */
static void
test_other_words (void)
{
  g_autoptr (SimRig) rig = sim_rig_start_scenario (
      "{\"steps\":[{\"on\":\"turn\",\"instead\":true,\"do\":{\"say\":\"other words\"}}]}");
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);

  for (guint i = 0; i < 3; i++)
    {
      sim_peer_type (peer, "say x");
      sim_peer_expect (peer, "turnComplete");
      sim_peer_expect_spoken (peer, "other words");
    }
}

static void
test_withheld_setup (void)
{
  g_autoptr (SimRig) rig =
      sim_rig_start_scenario ("{\"steps\":[{\"on\":\"setup\",\"connection\":1,\"instead\":true}]}");
  g_autoptr (SimPeer) first = sim_peer_open (rig);
  g_autoptr (SimPeer) second = NULL;

  sim_peer_send (first, SETUP);
  json_object_unref (sim_rig_wait (rig, "setups=1"));
  /* Impatient: noticed. */
  sim_peer_type (first, "hello");
  json_object_unref (sim_rig_wait (rig, "violations=1"));
  sim_peer_expect_nothing (first);
  inject (rig, "{\"setup_complete\":true}");
  sim_peer_expect (first, "setupComplete");

  json_object_unref (sim_rig_ask (rig, "/simulator/hold", "{\"setup\":true}", NULL));
  second = sim_peer_open (rig);
  sim_peer_send (second, SETUP);
  json_object_unref (sim_rig_wait (rig, "setups=2"));
  sim_peer_expect_nothing (second);
  json_object_unref (sim_rig_ask (rig, "/simulator/hold", "{\"setup\":false}", NULL));
  sim_peer_expect (second, "setupComplete");
}

static void
test_hold_and_stall (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  JsonObject *message;

  sim_peer_expect (peer, "sessionResumptionUpdate");
  json_object_unref (sim_rig_ask (rig, "/simulator/hold", "{\"replies\":true}", NULL));
  sim_peer_type (peer, "say x");
  json_object_unref (sim_rig_wait (rig, "turns=1"));
  inject (rig, CLOSE);
  sim_peer_expect_nothing (peer);
  json_object_unref (sim_rig_ask (rig, "/simulator/hold", "{\"replies\":false}", NULL));
  message = sim_peer_expect (peer, "modelTurn"); /* in order, and the close frame last */
  g_assert_nonnull (message);
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_close (peer, 1011, "as told");
}

/* Longer than a close frame can hold: cut, in the middle of a word, never of a letter. */
static void
test_long_reason (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  g_autoptr (GString) body = g_string_new ("{\"close\":1008,\"reason\":\"");

  for (guint i = 0; i < 100; i++)
    g_string_append (body, "ä€");
  g_string_append (body, "\"}");
  inject (rig, body->str);
  sim_peer_expect_close (peer, 1008, "ä€ä€ä€");
}

/* The first handle of a talk and the last: who resumes the first loses what came after. */
static void
test_handles (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) first = sim_peer_open_live (rig, MODEL, NULL);
  g_autoptr (SimPeer) second = NULL, third = NULL;
  g_autofree char *early = NULL, *late = NULL, *resume_early = NULL, *resume_late = NULL;
  g_autofree char *spoken = NULL, *spoken_again = NULL;
  static const struct
  {
    const char *handle;
    guint code;
    const char *reason;
  } refusals[] = {
    { "never-ours", 1007, "Invalid session handle" },
    { "sim-of-another-day", 1008, "BidiGenerateContent session not found" },
  };

  early = g_strdup (live_sim_json_string (
      live_sim_json_object (sim_peer_expect (first, "sessionResumptionUpdate"),
                            "sessionResumptionUpdate"),
      "newHandle", NULL));
  sim_peer_type (first, "my name is Ada");
  sim_peer_expect (first, "turnComplete");
  late = g_strdup (live_sim_json_string (
      live_sim_json_object (sim_peer_expect (first, "sessionResumptionUpdate"),
                            "sessionResumptionUpdate"),
      "newHandle", NULL));
  g_assert_nonnull (early);
  g_assert_nonnull (late);
  resume_early = g_strdup_printf ("\"sessionResumption\":{\"handle\":\"%s\"}", early);
  resume_late = g_strdup_printf ("\"sessionResumption\":{\"handle\":\"%s\"}", late);

  {
    /* Its owner is still here. */
    g_autoptr (SimPeer) greedy = sim_peer_open (rig);
    g_autofree char *setup = g_strdup_printf ("{\"setup\":{\"model\":\"models/" MODEL
                                              "\",\"generationConfig\":{\"responseModalities\":"
                                              "[\"AUDIO\"]},%s}}",
                                              resume_late);

    sim_peer_send (greedy, setup);
    sim_peer_expect_close (greedy, 1011, "Internal error encountered.");
  }
  sim_peer_close (first);
  json_object_unref (sim_rig_wait (rig, "closed=2"));

  second = sim_peer_open_live (rig, MODEL, g_strdelimit (resume_late, "\n", ' '));
  sim_peer_type (second, "what is my name");
  sim_peer_expect (second, "turnComplete");
  spoken = sim_peer_take_spoken (second);
  g_assert_cmpstr (spoken, ==, "Your name is Ada.");
  sim_peer_close (second);
  json_object_unref (sim_rig_wait (rig, "closed=3&resumed=1"));

  third = sim_peer_open_live (rig, MODEL, resume_early);
  sim_peer_type (third, "what is my name");
  sim_peer_expect (third, "turnComplete");
  spoken_again = sim_peer_take_spoken (third);
  g_assert_true (g_str_has_prefix (spoken_again, "You have not told me"));

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr (SimPeer) peer = sim_peer_open (rig);
      g_autofree char *setup = g_strdup_printf (
          "{\"setup\":{\"model\":\"models/" MODEL "\",\"generationConfig\":"
          "{\"responseModalities\":[\"AUDIO\"]},\"sessionResumption\":{\"handle\":\"%s\"}}}",
          refusals[i].handle);

      sim_peer_send (peer, setup);
      sim_peer_expect_close (peer, refusals[i].code, refusals[i].reason);
    }
}

/* Sound while a blocking call is open: 3.1 does not bear it, 3.8 does. */
static void
test_microphone_gate (void)
{
  g_autoptr (SimRig) rig = sim_rig_start_scenario ("{\"options\":{\"tool_audio_grace_ms\":0}}");
  static const char *const tools =
      "\"tools\":[{\"functionDeclarations\":[{\"name\":\"lamp\",\"behavior\":\"BLOCKING\"}]}]";
  g_autoptr (SimPeer) old = sim_peer_open_live (rig, "gemini-3.1-flash-live-preview", tools);
  g_autoptr (SimPeer) new = sim_peer_open_live (rig, MODEL, tools);

  sim_peer_type (new, "call lamp");
  sim_peer_expect (new, "toolCall");
  sim_peer_send_silence (new, 100);
  json_object_unref (sim_rig_wait (rig, "received_audio_messages=5"));
  sim_peer_type (old, "call lamp");
  sim_peer_expect (old, "toolCall");
  sim_peer_send_silence (old, 20);
  sim_peer_expect_close (old, 1008, "Operation is not implemented, or supported, or enabled.");
  sim_peer_type (new, "say fine");
  sim_peer_expect (new, "toolCallCancellation");
}

int
main (int argc, char *argv[])
{
  static const char *const triggers[] = { "connect",
                                          "message",
                                          "setup",
                                          "ready",
                                          "text",
                                          "turn",
                                          "sound",
                                          "audio",
                                          "speech-start",
                                          "speech-end",
                                          "tool-call",
                                          "tool-response",
                                          "generation-complete",
                                          "turn-complete" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (triggers); i++)
    {
      g_autofree char *path = g_strconcat ("/simulator-faults/end-at/", triggers[i], NULL);

      g_test_add_data_func (path, triggers[i], test_at);
    }
  g_test_add_func ("/simulator-faults/messages", test_messages);
  g_test_add_func ("/simulator-faults/decorations", test_decorations);
  g_test_add_func ("/simulator-faults/strip", test_strip);
  g_test_add_func ("/simulator-faults/other-words", test_other_words);
  g_test_add_func ("/simulator-faults/withheld-setup", test_withheld_setup);
  g_test_add_func ("/simulator-faults/hold", test_hold_and_stall);
  g_test_add_func ("/simulator-faults/long-reason", test_long_reason);
  g_test_add_func ("/simulator-faults/handles", test_handles);
  g_test_add_func ("/simulator-faults/microphone-gate", test_microphone_gate);
  return g_test_run ();
}
