/* Owns: what is proved of a socket that takes nothing, or is about to go.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include "fake/engine-rig.h"

#define CONTENT "[{\"role\":\"user\",\"parts\":[{\"text\":\"By the way\"}]}]"

/* A model that takes context at any time. */
static EngineRig *
go_online (void)
{
  EngineRig *rig = engine_rig_new (NULL, FALSE);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  return rig;
}

static void
test_full_queue_is_said (void)
{
  g_autoptr (EngineRig) rig = go_online ();
  g_autoptr (EngineCall) context = NULL;
  g_autoptr (EngineCall) content = NULL;
  g_autoptr (EngineCall) text = NULL;
  g_autoptr (EngineCall) ask = NULL;
  g_autoptr (EngineCall) later = NULL;

  fake_transport_set_full (rig->wire, TRUE);
  context = engine_rig_context (rig, "It rains");
  engine_call_assert_error (rig, context, LIVE_ERROR_LIMIT_EXCEEDED);
  content = engine_rig_content (rig, CONTENT, FALSE);
  engine_call_assert_error (rig, content, LIVE_ERROR_LIMIT_EXCEEDED);
  text = engine_rig_send (rig, "Hello");
  engine_call_assert_error (rig, text, LIVE_ERROR_LIMIT_EXCEEDED);
  ask = engine_rig_ask (rig, "Hello?", 0, NULL);
  engine_call_assert_error (rig, ask, LIVE_ERROR_LIMIT_EXCEEDED);
  g_assert_cmpuint (engine_rig_statistic (rig, "refused-sends"), ==, 4);
  g_assert_cmpuint (engine_rig_statistic (rig, "texts-sent"), ==, 0);
  engine_rig_expect_nothing (rig, "turn-started");

  /* Nothing of it stays in the way. */
  fake_transport_set_full (rig->wire, FALSE);
  later = engine_rig_context (rig, "It stopped");
  g_assert_true (later->is_done);
  g_assert_no_error (later->error);
  g_assert_cmpuint (engine_rig_n_sent (rig, "It stopped"), ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (rig, "It rains"), ==, 0);
}

/* The service's close frame has come, but not the end: what is said now is for the next one. */
static void
test_closing_socket_loses_nothing (void)
{
  g_autoptr (EngineRig) rig = go_online ();
  g_autoptr (EngineCall) context = NULL;
  g_autoptr (EngineCall) text = NULL;

  fake_transport_closing (rig->wire);
  context = engine_rig_context (rig, "It rains");
  text = engine_rig_send (rig, "Hello");
  g_assert_false (context->is_done);
  g_assert_false (text->is_done);

  fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
  engine_rig_spin (rig);
  g_assert_false (context->is_done);
  g_free (engine_rig_come_back (rig));
  g_assert_true (context->is_done);
  g_assert_no_error (context->error);
  g_assert_true (text->is_done);
  g_assert_no_error (text->error);
  g_assert_cmpuint (engine_rig_n_sent (rig, "It rains"), ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (rig, "Hello"), ==, 1);
}

static void
on_first_failed (GObject *source, GAsyncResult *result, gpointer data)
{
  live_engine_ask_finish (LIVE_ENGINE (source), result, NULL, NULL);
  g_cancellable_cancel (data);
}

static gboolean
on_time_to_leave (gpointer data)
{
  live_engine_disconnect (data);
  return G_SOURCE_REMOVE;
}

/* Whoever hears that his call failed takes back another one that is failing too. */
static void
test_failing_calls_take_each_other_back (void)
{
  g_autoptr (EngineRig) rig = engine_rig_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (EngineCall) second = NULL;
  g_autoptr (EngineCall) third = NULL;

  live_engine_ask_async (rig->engine, "one", 0, NULL, on_first_failed, cancellable);
  second = engine_rig_ask (rig, "two", 0, cancellable);
  third = engine_rig_ask (rig, "three", 0, NULL);
  /* From a source of the main loop, as over D-Bus: then the callbacks run at once. */
  g_idle_add (on_time_to_leave, rig->engine);
  engine_rig_spin (rig);
  engine_call_assert_error (rig, second, LIVE_ERROR_INTERRUPTED);
  engine_call_assert_error (rig, third, LIVE_ERROR_NOT_CONNECTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-stall/full-queue-is-said", test_full_queue_is_said);
  g_test_add_func ("/engine-stall/closing-socket-loses-nothing", test_closing_socket_loses_nothing);
  g_test_add_func ("/engine-stall/failing-calls-take-each-other-back",
                   test_failing_calls_take_each_other_back);
  return g_test_run ();
}
