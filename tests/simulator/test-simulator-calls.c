/* Owns: the proof of tool calls and of context that is handed in.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include <string.h>

#include "sim-rig.h"

#define MODEL_3_1 "gemini-3.1-flash-live-preview"
#define MODEL_3_8 "gemini-3.8-live"
#define MODEL_ET "gemini-3.8-live-extended-thinking"

#define TOOL(name, behavior)                                                                       \
  "\"tools\":[{\"functionDeclarations\":[{\"name\":\"" name "\"" behavior "}]}]"
#define BLOCKING ",\"behavior\":\"BLOCKING\""
#define NON_BLOCKING ",\"behavior\":\"NON_BLOCKING\""

static void
expect_counter (SimRig *rig, const char *name, gint64 value)
{
  g_autoptr (JsonObject) state = sim_rig_ask (rig, "/simulator/state", NULL, NULL);

  g_assert_cmpint (json_object_get_int_member (state, name), ==, value);
}

/* The id of the call that comes next: owned. */
static char *
expect_call (SimPeer *peer, const char *name)
{
  JsonObject *call = live_sim_json_object (sim_peer_expect (peer, "toolCall"), "toolCall");
  JsonArray *list = json_object_get_array_member (call, "functionCalls");

  g_assert_cmpuint (json_array_get_length (list), ==, 1);
  call = json_array_get_object_element (list, 0);
  g_assert_cmpstr (json_object_get_string_member (call, "name"), ==, name);
  return g_strdup (json_object_get_string_member (call, "id"));
}

static void
answer_call (SimPeer *peer,
             const char *id,
             const char *name,
             const char *response,
             const char *more)
{
  g_autofree char *message =
      g_strdup_printf ("{\"toolResponse\":{\"functionResponses\":[{\"id\":\"%s\",\"name\":"
                       "\"%s\",\"response\":%s%s}]}}",
                       id, name, response, more);

  sim_peer_send (peer, message);
}

static void
test_blocking_call (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, TOOL ("lamp", BLOCKING));
  g_autofree char *id = NULL, *second_id = NULL;

  sim_peer_type (peer, "call lamp {\\\"on\\\":true}");
  id = expect_call (peer, "lamp");
  sim_peer_expect_nothing (peer);
  answer_call (peer, id, "lamp", "{\"output\":\"ok\"}", "");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "The tool lamp says: ok.");

  /* Answered twice, or by a stranger: noticed, and nothing said about it. */
  answer_call (peer, id, "lamp", "{}", "");
  answer_call (peer, "nobody", "lamp", "{}", "");
  json_object_unref (sim_rig_wait (rig, "violations=2"));

  sim_peer_type (peer, "call lamp");
  second_id = expect_call (peer, "lamp");
  g_assert_cmpstr (second_id, !=, id);
  answer_call (peer, second_id, "lamp", "{\"error\":\"no bulb\"}", "");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "The tool lamp failed: \"no bulb\".");
}

static void
test_scheduling (gconstpointer data)
{
  const char *scheduling = data;
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, TOOL ("job", NON_BLOCKING));
  g_autofree char *id = NULL;
  g_autofree char *more = g_strdup_printf (",\"scheduling\":\"%s\"", scheduling);

  sim_peer_type (peer, "call job");
  id = expect_call (peer, "job");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_type (peer, "say meanwhile");
  sim_peer_expect (peer, "modelTurn");
  answer_call (peer, id, "job", "{\"output\":\"done\"}", more);
  if (strcmp (scheduling, "INTERRUPT") == 0)
    sim_peer_expect (peer, "interrupted");
  else
    sim_peer_expect (peer, "generationComplete");
  sim_peer_expect (peer, "turnComplete");
  g_free (sim_peer_take_spoken (peer));

  if (strcmp (scheduling, "SILENT") == 0)
    {
      json_object_unref (sim_rig_wait (rig, "received_tool_responses=1"));
      sim_peer_expect (peer, "sessionResumptionUpdate");
      sim_peer_expect_nothing (peer);
      return;
    }
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "The tool job says: done.");
}

/* The handle of the message that comes next with one: owned. */
static char *
expect_handle (SimPeer *peer)
{
  for (;;)
    {
      JsonObject *update = live_sim_json_object (sim_peer_expect (peer, "sessionResumptionUpdate"),
                                                 "sessionResumptionUpdate");

      if (live_sim_json_bool (update, "resumable", FALSE))
        return g_strdup (json_object_get_string_member (update, "newHandle"));
    }
}

/* A call that does not block is answered on the next connection; one that does is lost with its
 * connection, because the last handle is older than it. */
static void
test_answer_after_resumption (gconstpointer data)
{
  gboolean is_blocking = GPOINTER_TO_INT (data);
  const char *tools = is_blocking ? TOOL ("job", BLOCKING) : TOOL ("job", NON_BLOCKING);
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) first = sim_peer_open_live (rig, MODEL_3_8, tools);
  g_autoptr (SimPeer) second = NULL;
  g_autofree char *handle = expect_handle (first);
  g_autofree char *id = NULL, *setup = NULL;

  sim_peer_type (first, "call job");
  id = expect_call (first, "job");
  if (!is_blocking)
    {
      g_free (handle);
      handle = expect_handle (first);
    }
  sim_peer_close (first);
  json_object_unref (sim_rig_wait (rig, "closed=1"));

  setup = g_strdup_printf ("\"sessionResumption\":{\"handle\":\"%s\"},%s", handle, tools);
  second = sim_peer_open_live (rig, MODEL_3_8, setup);
  answer_call (second, id, "job", "{\"output\":\"done\"}", "");
  if (is_blocking)
    {
      json_object_unref (sim_rig_wait (rig, "violations=1"));
      return;
    }
  sim_peer_expect (second, "turnComplete");
  sim_peer_expect_spoken (second, "The tool job says: done.");
}

static void
test_cancellation (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, TOOL ("lamp", BLOCKING));
  g_autofree char *id = NULL;
  JsonObject *cancellation;

  sim_peer_type (peer, "call lamp");
  id = expect_call (peer, "lamp");
  sim_peer_type (peer, "say never mind");
  sim_peer_expect (peer, "interrupted");
  cancellation =
      live_sim_json_object (sim_peer_expect (peer, "toolCallCancellation"), "toolCallCancellation");
  g_assert_cmpstr (
      json_array_get_string_element (json_object_get_array_member (cancellation, "ids"), 0), ==,
      id);
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "never mind");
}

static void
test_extended_thinking (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open (rig);
  g_autofree char *id = NULL;
  JsonObject *content;

  sim_peer_send (peer, "{\"setup\":{\"model\":\"models/" MODEL_ET "\",\"generationConfig\":"
                       "{\"responseModalities\":[\"AUDIO\"],\"thinkingConfig\":{\"thinkingLevel\":"
                       "\"LOW\"}}," TOOL ("job", "") "}}");
  sim_peer_expect (peer, "setupComplete");
  sim_peer_type (peer, "call job");
  content = live_sim_json_object (sim_peer_expect (peer, "turnComplete"), "serverContent");
  g_assert_cmpstr (json_object_get_string_member (content, "interactionStatus"), ==, "IN_PROGRESS");
  id = expect_call (peer, "job");
  answer_call (peer, id, "job", "{}", "");
  content = live_sim_json_object (sim_peer_expect (peer, "turnComplete"), "serverContent");
  g_assert_cmpstr (json_object_get_string_member (content, "interactionStatus"), ==, "IDLE");

  sim_peer_send_tone (peer, 500);
  sim_peer_expect (peer, "voiceActivity");
  sim_peer_send_silence (peer, 900);
  sim_peer_expect (peer, "voiceActivity");
}

static void
test_history (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (
      rig, MODEL_3_1, "\"historyConfig\":{\"initialHistoryInClientContent\":true}");

  sim_peer_send (peer, "{\"clientContent\":{\"turns\":[{\"role\":\"user\",\"parts\":[{\"text\":"
                       "\"my name is Ada\"}]},{\"role\":\"model\",\"parts\":[{\"text\":\"hi\"}]}],"
                       "\"turnComplete\":true}}");
  sim_peer_type (peer, "what is my name");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "Your name is Ada.");
  expect_counter (rig, "turns", 1);

  /* Once only: later content ends the connection on 3.1. */
  sim_peer_send (peer, "{\"clientContent\":{\"turnComplete\":true}}");
  sim_peer_expect_close (peer, 1007, "Request contains an invalid argument.");
}

/* Pieces without turnComplete wait; a bare turnComplete asks for the answer. */
static void
test_content_in_pieces (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);

  sim_peer_send (peer, "{\"client_content\":{\"turns\":[{\"parts\":[{\"text\":\"say later\"}]}]}}");
  json_object_unref (sim_rig_wait (rig, "received_messages=2"));
  expect_counter (rig, "turns_begun", 0);
  sim_peer_send (peer, "{\"client_content\":{\"turn_complete\":true}}");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "later");
}

static void
test_context_update (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);
  g_autofree char *id = NULL;

  sim_peer_send (peer, "{\"contextUpdate\":{\"tools\":{" TOOL ("lamp", "") "}}}");
  sim_peer_type (peer, "call lamp");
  id = expect_call (peer, "lamp");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulator-calls/blocking", test_blocking_call);
  g_test_add_data_func ("/simulator-calls/silent", "SILENT", test_scheduling);
  g_test_add_data_func ("/simulator-calls/when-idle", "WHEN_IDLE", test_scheduling);
  g_test_add_data_func ("/simulator-calls/interrupt", "INTERRUPT", test_scheduling);
  g_test_add_func ("/simulator-calls/cancellation", test_cancellation);
  g_test_add_func ("/simulator-calls/extended-thinking", test_extended_thinking);
  g_test_add_func ("/simulator-calls/history", test_history);
  g_test_add_func ("/simulator-calls/content-in-pieces", test_content_in_pieces);
  g_test_add_func ("/simulator-calls/context-update", test_context_update);
  g_test_add_data_func ("/simulator-calls/answer-after-resumption", GINT_TO_POINTER (FALSE),
                        test_answer_after_resumption);
  g_test_add_data_func ("/simulator-calls/lost-with-its-connection", GINT_TO_POINTER (TRUE),
                        test_answer_after_resumption);
  return g_test_run ();
}
