/* Owns: nothing; proves core/live-tools*.c over a real engine and link.
 * Thread: main.
 * Called by: meson test, suite core. */
#include "base/live-error.h"
#include "fake/tools-world.h"

#define M25 "gemini-2.5-flash-native-audio-latest"

static void
test_result (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  g_assert_cmpuint (engine_rig_n_sent (world->rig, "\"name\":\"lamp\""), ==, 1);
  engine_rig_call_tool (world->rig, "a", "lamp");
  tools_world_expect (world, "invoke a lamp {}; ");
  tools_world_expect_refused (world, "a", ":1.8", LIVE_ERROR_NOT_OWNER);
  tools_world_expect_refused (world, "b", TOOLS_OWNER, LIVE_ERROR_NOT_FOUND);
  tools_world_give (world, "a", "{\"x\":1}");
  tools_world_expect (world, "finished a ok; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "\"id\":\"a\",\"name\":\"lamp\",\"response\":"
                                                   "{\"x\":1}}"),
                    ==, 1);
  tools_world_expect_refused (world, "a", TOOLS_OWNER, LIVE_ERROR_NOT_FOUND);
  /* The service says it twice: it was answered on this connection. */
  engine_rig_call_tool (world->rig, "a", "lamp");
  tools_world_expect (world, "");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 1);
}

static void
test_words (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);
  g_autoptr (GError) error = NULL;

  engine_rig_call_tool (world->rig, "a", "nobody");
  tools_world_expect (world, "finished a error; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "no tool of this name"), ==, 1);
  engine_rig_call_tool (world->rig, "b", "lamp");
  g_assert_true (live_tools_fail (world->tools, "b", TOOLS_OWNER, "bulb is broken", NULL, &error));
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "{\"error\":\"bulb is broken\"}"), ==, 1);
  engine_rig_call_tool (world->rig, "c", "lamp");
  tools_world_give (world, "c", "not json");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "{\"output\":\"not json\"}"), ==, 1);
  tools_world_expect (world,
                      "invoke b lamp {}; finished b error; invoke c lamp {}; finished c ok; ");
}

static void
test_timeout (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  tools_world_offer (world, "slow", LIVE_CONFIRM_NONE, 1000);
  engine_rig_call_tool (world->rig, "a", "slow");
  engine_rig_pass_ms (world->rig, 990);
  tools_world_expect (world, "invoke a slow {}; ");
  engine_rig_pass_ms (world->rig, 20);
  tools_world_expect (world, "cancel a timeout; finished a timeout; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "did not answer in time"), ==, 1);
  tools_world_expect_refused (world, "a", TOOLS_OWNER, LIVE_ERROR_NOT_FOUND);
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 1);
  g_assert_cmpuint (engine_rig_statistic (world->rig, "tool-timeouts"), ==, 1);
}

static void
test_vanished (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  engine_rig_call_tool (world->rig, "a", "lamp");
  engine_rig_call_tool (world->rig, "b", "lamp");
  live_tools_drop_owner (world->tools, TOOLS_OWNER);
  tools_world_expect (world, "invoke a lamp {}; invoke b lamp {}; finished a vanished; finished b "
                             "vanished; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "program behind the tool is gone"), ==, 2);
  engine_rig_call_tool (world->rig, "c", "lamp");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "no tool of this name"), ==, 1);
}

static void
test_removed (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);
  g_autoptr (GError) error = NULL;

  engine_rig_call_tool (world->rig, "a", "lamp");
  g_assert_false (live_tools_unregister (world->tools, ":1.8", "lamp", &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_NOT_OWNER);
  g_assert_true (live_tools_unregister (world->tools, TOOLS_OWNER, "lamp", NULL));
  tools_world_expect (world, "invoke a lamp {}; cancel a removed; finished a error; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "tool was taken away"), ==, 1);
}

static void
test_consent (void)
{
  g_autoptr (ToolsWorld) world = tools_world_new (NULL);

  tools_world_offer (world, "once", LIVE_CONFIRM_FIRST, 0);
  tools_world_offer (world, "ever", LIVE_CONFIRM_ALWAYS, 0);
  engine_rig_go_online (world->rig);

  engine_rig_call_tool (world->rig, "a", "once");
  tools_world_expect (world, "ask a first; finished a error; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "nobody is there"), ==, 1);

  world->has_agent = TRUE;
  engine_rig_call_tool (world->rig, "b", "once");
  live_tools_decide (world->tools, "b", FALSE, TRUE);
  tools_world_expect (world, "ask b first; finished b error; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "did not allow"), ==, 1);

  engine_rig_call_tool (world->rig, "c", "once");
  live_tools_decide (world->tools, "c", TRUE, TRUE);
  tools_world_give (world, "c", "{}");
  engine_rig_call_tool (world->rig, "d", "once");
  tools_world_expect (world, "ask c first; invoke c once {}; finished c ok; invoke d once {}; ");
  tools_world_give (world, "d", "{}");
  tools_world_expect (world, "finished d ok; ");

  for (char id[] = "e"; *id < 'g'; ++*id)
    {
      engine_rig_call_tool (world->rig, id, "ever");
      live_tools_decide (world->tools, id, TRUE, TRUE);
      tools_world_give (world, id, "{}");
    }
  tools_world_expect (world, "ask e always; invoke e ever {}; finished e ok; "
                             "ask f always; invoke f ever {}; finished f ok; ");

  /* Taken back, and not answered by the user. */
  engine_rig_call_tool (world->rig, "g", "ever");
  engine_rig_message (world->rig, "{\"toolCallCancellation\":{\"ids\":[\"g\"]}}");
  live_tools_decide (world->tools, "g", TRUE, TRUE);
  tools_world_expect (world, "ask g always; withdraw g interrupted; finished g cancelled; ");
  engine_rig_call_tool (world->rig, "h", "ever");
  engine_rig_pass_ms (world->rig, 30100);
  tools_world_expect (world, "ask h always; withdraw h timeout; finished h error; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 7);
}

static void
on_done (const char *answer, const GError *error, gpointer data)
{
  ToolsWorld *world = data;

  g_assert_null (world->answer);
  g_assert_no_error (world->error);
  world->answer = g_strdup (answer);
  world->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
test_by_hand (void)
{
  g_autoptr (ToolsWorld) world = tools_world_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *call = NULL;
  g_autofree char *other = NULL;

  tools_world_offer (world, "lamp", LIVE_CONFIRM_NONE, 1000);
  g_assert_null (live_tools_call (world->tools, "no", "{}", on_done, world, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (live_tools_call (world->tools, "lamp", "[]", on_done, world, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);

  call = live_tools_call (world->tools, "lamp", "{\"a\":1}", on_done, world, NULL);
  tools_world_give (world, call, "7");
  g_assert_cmpstr (world->answer, ==, "{\"output\":7}");
  g_clear_pointer (&world->answer, g_free);

  other = live_tools_call (world->tools, "lamp", "{}", on_done, world, NULL);
  g_assert_cmpstr (call, !=, other);
  engine_rig_pass_ms (world->rig, 1100);
  g_assert_error (world->error, LIVE_ERROR, LIVE_ERROR_TIMEOUT);
  g_clear_error (&world->error);

  g_free (other);
  other = live_tools_call (world->tools, "lamp", "{}", on_done, world, NULL);
  live_tools_abandon (world->tools, other);
  g_assert_error (world->error, LIVE_ERROR, LIVE_ERROR_INTERRUPTED);
}

/* Many registrations, one setup; what comes back unchanged costs none. */
static void
test_gathering (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);
  g_autoptr (GError) error = NULL;
  guint64 n_setups = engine_rig_statistic (world->rig, "tool-setups");

  for (guint i = 0; i < LIVE_TOOLS_MAX - 1; i++)
    {
      g_autofree char *name = g_strdup_printf ("tool_%u", i);
      g_autofree char *owner = g_strdup_printf (":1.%u", 100 + i / 16);

      tools_world_offer_to (world, owner, name, LIVE_CONFIRM_NONE, 0, LIVE_TOOL_BEHAVIOR_MODEL,
                            &error);
      g_assert_no_error (error);
    }
  g_assert_false (tools_world_offer_to (world, TOOLS_OWNER, "more", LIVE_CONFIRM_NONE, 0,
                                        LIVE_TOOL_BEHAVIOR_MODEL, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED);
  g_clear_error (&error);
  g_assert_false (tools_world_offer_to (world, ":1.9", "lamp", LIVE_CONFIRM_NONE, 0,
                                        LIVE_TOOL_BEHAVIOR_MODEL, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_TOOL_EXISTS);

  g_assert_cmpuint (engine_rig_statistic (world->rig, "tool-setups"), ==, n_setups);
  engine_rig_pass_ms (world->rig, 300);
  g_assert_cmpuint (engine_rig_statistic (world->rig, "tool-setups"), ==, n_setups + 1);

  live_tools_drop_owner (world->tools, TOOLS_OWNER);
  tools_world_offer (world, "lamp", LIVE_CONFIRM_NONE, 0);
  engine_rig_pass_ms (world->rig, 300);
  g_assert_cmpuint (engine_rig_statistic (world->rig, "tool-setups"), ==, n_setups + 1);
}

/* Parts are answers where the model takes several, and time. */
static void
test_parts (void)
{
  g_autoptr (ToolsWorld) world = tools_world_new (NULL);

  tools_world_offer (world, "watch", LIVE_CONFIRM_NONE, 1000);
  engine_rig_go_online (world->rig);
  engine_rig_call_tool (world->rig, "a", "watch");
  for (guint i = 0; i < 3; i++)
    {
      engine_rig_pass_ms (world->rig, 900);
      g_assert_true (
          live_tools_result (world->tools, "a", TOOLS_OWNER, "{\"p\":1}", "SILENT", TRUE, NULL));
    }
  g_assert_cmpuint (
      engine_rig_n_sent (world->rig, "\"scheduling\":\"SILENT\",\"willContinue\":true"), ==, 3);
  tools_world_give (world, "a", "{}");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 4);
  tools_world_expect (world, "invoke a watch {}; finished a ok; ");
}

static void
test_parts_of_blocking (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (M25);

  engine_rig_call_tool (world->rig, "a", "lamp");
  g_assert_true (
      live_tools_result (world->tools, "a", TOOLS_OWNER, "{\"p\":1}", "SILENT", TRUE, NULL));
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 0);
  tools_world_give (world, "a", "{}");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "scheduling"), ==, 0);
}

/* 2.5 bears no sound while it waits for a tool. */
static void
test_gate (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (M25);
  gsize n_frames;

  live_engine_set_listening (world->rig->engine, TRUE);
  fake_audio_set_state (world->rig->audio, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  engine_rig_spin (world->rig);
  fake_audio_speak (world->rig->audio, 100, 9);
  engine_rig_pass_ms (world->rig, 100);
  n_frames = engine_rig_sent_frames (world->rig);
  g_assert_cmpuint (n_frames, >, 0);

  engine_rig_call_tool (world->rig, "a", "lamp");
  fake_audio_speak (world->rig->audio, 100, 9);
  engine_rig_pass_ms (world->rig, 100);
  g_assert_cmpuint (engine_rig_sent_frames (world->rig), ==, n_frames);
  tools_world_give (world, "a", "{}");
  fake_audio_speak (world->rig->audio, 100, 9);
  engine_rig_pass_ms (world->rig, 100);
  g_assert_cmpuint (engine_rig_sent_frames (world->rig), ==, n_frames + 1600);

  /* Never longer than the call. */
  engine_rig_call_tool (world->rig, "b", "lamp");
  engine_rig_pass_ms (world->rig, 20100);
  n_frames = engine_rig_sent_frames (world->rig);
  fake_audio_speak (world->rig->audio, 100, 9);
  engine_rig_pass_ms (world->rig, 100);
  g_assert_cmpuint (engine_rig_sent_frames (world->rig), ==, n_frames + 1600);
}

static void
test_crowd (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  for (guint i = 0; i < 130; i++)
    {
      g_autofree char *id = g_strdup_printf ("c%u", i);

      engine_rig_call_tool (world->rig, id, "lamp");
    }
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "Too many calls"), ==, 2);
  for (guint i = 0; i < 128; i++)
    {
      g_autofree char *id = g_strdup_printf ("c%u", 127 - i);

      tools_world_give (world, id, "{}");
    }
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 130);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tools/result", test_result);
  g_test_add_func ("/tools/words", test_words);
  g_test_add_func ("/tools/timeout", test_timeout);
  g_test_add_func ("/tools/vanished", test_vanished);
  g_test_add_func ("/tools/removed", test_removed);
  g_test_add_func ("/tools/consent", test_consent);
  g_test_add_func ("/tools/by-hand", test_by_hand);
  g_test_add_func ("/tools/gathering", test_gathering);
  g_test_add_func ("/tools/parts", test_parts);
  g_test_add_func ("/tools/parts-of-blocking", test_parts_of_blocking);
  g_test_add_func ("/tools/gate", test_gate);
  g_test_add_func ("/tools/crowd", test_crowd);
  return g_test_run ();
}
