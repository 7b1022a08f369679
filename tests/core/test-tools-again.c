/* Owns: nothing; proves core/live-tools*.c where calls are taken back, lost or asked again.
 * Thread: main.
 * Called by: meson test, suite core. */
#include <string.h>

#include "base/live-error.h"
#include "fake/tools-world.h"

/* Taken back by the server: nothing is sent, and the same call again is not run twice. */
static void
test_cancelled (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  engine_rig_call_tool (world->rig, "a", "lamp");
  engine_rig_message (world->rig, "{\"toolCallCancellation\":{\"ids\":[\"a\"]}}");
  tools_world_expect (world, "invoke a lamp {}; cancel a interrupted; finished a cancelled; ");
  /* Asked again while the provider still works: its result serves. */
  engine_rig_call_tool (world->rig, "b", "lamp");
  tools_world_expect (world, "");
  tools_world_expect_refused (world, "b", TOOLS_OWNER, LIVE_ERROR_NOT_FOUND);
  tools_world_expect_refused (world, "a", TOOLS_OWNER, LIVE_ERROR_NOT_FOUND);
  tools_world_expect (world, "finished b ok; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "\"id\":\"b\""), ==, 1);
}

static void
test_cancelled_undone (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  engine_rig_call_tool (world->rig, "a", "lamp");
  engine_rig_message (world->rig, "{\"toolCallCancellation\":{\"ids\":[\"a\"]}}");
  g_assert_false (live_tools_fail (world->tools, "a", TOOLS_OWNER, "stopped", NULL, NULL));
  /* The provider did not do it, so it is to be done. */
  engine_rig_call_tool (world->rig, "b", "lamp");
  tools_world_expect (world, "invoke a lamp {}; cancel a interrupted; finished a cancelled; "
                             "invoke b lamp {}; ");
  tools_world_give (world, "b", "{}");
  engine_rig_message (world->rig, "{\"toolCallCancellation\":{\"ids\":[\"b\"]}}");
  tools_world_expect (world, "finished b ok; ");
  /* Twice in a row on purpose is twice. */
  engine_rig_call_tool (world->rig, "c", "lamp");
  tools_world_expect (world, "invoke c lamp {}; ");
}

static void
test_follower_runs (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  engine_rig_call_tool (world->rig, "a", "lamp");
  engine_rig_message (world->rig, "{\"toolCallCancellation\":{\"ids\":[\"a\"]}}");
  engine_rig_call_tool (world->rig, "b", "lamp");
  g_string_truncate (world->log, 0);
  g_assert_false (live_tools_fail (world->tools, "a", TOOLS_OWNER, "stopped", NULL, NULL));
  tools_world_expect (world, "invoke b lamp {}; ");
  tools_world_give (world, "b", "{}");
  tools_world_expect (world, "finished b ok; ");
}

static void
handle (ToolsWorld *world, const char *name)
{
  g_autofree char *json = g_strdup_printf (
      "{\"sessionResumptionUpdate\":{\"newHandle\":\"%s\",\"resumable\":true}}", name);

  engine_rig_pass_ms (world->rig, 10);
  engine_rig_message (world->rig, json);
}

static void
lose_and_return (ToolsWorld *world)
{
  fake_transport_closed (world->rig->wire, 1011, "Internal error encountered.");
  engine_rig_spin (world->rig);
}

static void
come_back (ToolsWorld *world)
{
  while (!fake_transport_is_busy (world->rig->wire))
    g_assert_true (fake_clock_fire_next (world->rig->clock));
  fake_transport_go_online (world->rig->wire);
  engine_rig_spin (world->rig);
}

/* A call that the handle knows stands on the next connection. */
static void
test_kept_over_loss (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  tools_world_offer (world, "slow", LIVE_CONFIRM_NONE, 600000);
  engine_rig_call_tool (world->rig, "a", "slow");
  engine_rig_call_tool (world->rig, "b", "slow");
  handle (world, "h1");
  engine_rig_call_tool (world->rig, "c", "slow");
  g_string_truncate (world->log, 0);
  lose_and_return (world);
  tools_world_give (world, "a", "{\"while\":\"offline\"}");
  tools_world_expect (world, "");
  come_back (world);
  tools_world_expect (world, "cancel c connection-lost; finished c cancelled; finished a ok; ");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "offline"), ==, 1);
  g_assert_cmpstr (engine_rig_activity (world->rig), ==, "tool");
  tools_world_give (world, "b", "{}");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "\"id\":\"b\""), ==, 1);
  tools_world_expect (world, "finished b ok; ");
}

/* Another context: nobody waits any more, and the loss is told. */
static void
test_dropped_after_loss (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  tools_world_offer (world, "slow", LIVE_CONFIRM_NONE, 600000);
  engine_rig_call_tool (world->rig, "a", "slow");
  engine_rig_call_tool (world->rig, "b", "slow");
  g_string_truncate (world->log, 0);
  lose_and_return (world);
  tools_world_give (world, "a", "{}");
  come_back (world);
  g_assert_nonnull (strstr (world->log->str, "finished a cancelled; "));
  g_assert_nonnull (strstr (world->log->str, "cancel b connection-lost; finished b cancelled; "));
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 0);
  g_assert_cmpuint (engine_rig_statistic (world->rig, "tool-answers-dropped"), ==, 1);
}

/* The server lost our answer with the connection and asks again, with a new id or the old. */
static void
test_asked_again_after_loss (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  engine_rig_call_tool (world->rig, "a", "lamp");
  handle (world, "h1");
  tools_world_give (world, "a", "{\"n\":7}");
  lose_and_return (world);
  g_string_truncate (world->log, 0);
  come_back (world);
  engine_rig_call_tool (world->rig, "z", "lamp");
  tools_world_expect (world, "");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "\"id\":\"z\",\"name\":\"lamp\",\"response\":"
                                                   "{\"n\":7}}"),
                    ==, 1);
  g_assert_cmpuint (engine_rig_statistic (world->rig, "tool-calls-repeated"), ==, 1);
  /* The next one is another wish. */
  engine_rig_call_tool (world->rig, "y", "lamp");
  tools_world_expect (world, "invoke y lamp {}; ");
}

static void
test_adopted_after_loss (void)
{
  g_autoptr (ToolsWorld) world = tools_world_online (NULL);

  tools_world_offer (world, "slow", LIVE_CONFIRM_NONE, 600000);
  engine_rig_call_tool (world->rig, "a", "slow");
  handle (world, "h1");
  lose_and_return (world);
  come_back (world);
  engine_rig_call_tool (world->rig, "z", "slow");
  tools_world_expect (world, "invoke a slow {}; ");
  tools_world_give (world, "a", "{}");
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "\"id\":\"z\""), ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (world->rig, "toolResponse"), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tools-again/cancelled", test_cancelled);
  g_test_add_func ("/tools-again/cancelled-undone", test_cancelled_undone);
  g_test_add_func ("/tools-again/follower-runs", test_follower_runs);
  g_test_add_func ("/tools-again/kept-over-loss", test_kept_over_loss);
  g_test_add_func ("/tools-again/dropped-after-loss", test_dropped_after_loss);
  g_test_add_func ("/tools-again/asked-again-after-loss", test_asked_again_after_loss);
  g_test_add_func ("/tools-again/adopted-after-loss", test_adopted_after_loss);
  return g_test_run ();
}
