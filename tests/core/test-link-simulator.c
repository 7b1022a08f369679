/* Owns: the proof that link and transport together hold against the simulator.
 * Thread: main; the simulator is a process of its own.
 * Called by: meson test. */
#include <string.h>

#include "fake/link-rig.h"
#include "protocol/live-wire-out.h"
#include "sim-rig.h"

static void
inject (SimRig *sim, const char *actions)
{
  json_object_unref (sim_rig_ask (sim, "/simulator/inject", actions, NULL));
}

static LinkRig *
connect_to (SimRig *sim, const char *model, const char *key)
{
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u", sim_rig_get_port (sim));
  LinkRig *rig = link_rig_new_real (url, model, key);

  live_link_want (rig->link, TRUE, NULL);
  return rig;
}

static void
say (LinkRig *rig, const char *text)
{
  const LiveProfile *profile = live_link_get_profile (rig->link);
  g_autofree char *message = profile->text_path == LIVE_TEXT_REALTIME
                                 ? live_wire_out_realtime_text (text)
                                 : live_wire_out_client_text ("user", text, TRUE);

  g_assert_true (live_link_send (rig->link, message, -1));
}

/* Until the server has given a handle that holds the turn. */
static void
wait_resumable (LinkRig *rig)
{
  while (!link_rig_status (rig).is_resumable)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_talks_with_every_family (void)
{
  static const char *const models[] = { "gemini-2.5-flash-native-audio-preview-12-2025",
                                        "gemini-3.1-flash-live-preview", "gemini-3.8-live",
                                        "gemini-3.8-live-extended-thinking" };

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autoptr (SimRig) sim = sim_rig_start (NULL, NULL);
      g_autoptr (LinkRig) rig = connect_to (sim, models[i], "good");

      link_rig_wait (rig, "online:new");
      say (rig, "hello");
      link_rig_wait (rig, "event:audio");
      link_rig_wait (rig, "event:turn-complete");
    }
}

static void
test_resumes_after_each_kind_of_loss (void)
{
  static const struct
  {
    const char *action, *lost;
  } losses[] = {
    { "[{\"abort\":true}]", "lost:Network:retry" },
    { "[{\"close\":1011,\"reason\":\"Internal error encountered.\"}]", "lost:Server:retry" },
    { "[{\"close\":1008,\"reason\":\"The operation was aborted.\"}]", "lost:Server:retry" },
    { "[{\"close\":1000,\"reason\":\"The operation was cancelled.\"}]", "lost:Server:retry" },
    { "[{\"go_away\":\"0s\"}]", "lost:NotConnected:retry" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    {
      g_autoptr (SimRig) sim = sim_rig_start (NULL, NULL);
      g_autoptr (LinkRig) rig = connect_to (sim, NULL, "good");

      link_rig_wait (rig, "online:new");
      say (rig, "hello");
      link_rig_wait (rig, "event:turn-complete");
      wait_resumable (rig);
      inject (sim, losses[i].action);
      link_rig_wait (rig, losses[i].lost);
      link_rig_wait (rig, "online:resumed");
      say (rig, "again");
      link_rig_wait (rig, "event:turn-complete");
    }
}

static void
test_forgotten_handle_starts_afresh (void)
{
  g_autoptr (SimRig) sim = sim_rig_start (NULL, NULL);
  g_autoptr (LinkRig) rig = connect_to (sim, NULL, "good");

  link_rig_wait (rig, "online:new");
  say (rig, "hello");
  link_rig_wait (rig, "event:turn-complete");
  wait_resumable (rig);
  inject (sim, "[{\"forget_handles\":true},{\"abort\":true}]");
  link_rig_wait (rig, "lost:Network:retry");
  link_rig_wait (rig, "online:lost");
}

static void
test_refusals (void)
{
  static const struct
  {
    const char *model, *key, *said;
  } cases[] = {
    { NULL, "bad-key", "failed:CredentialsRejected" },
    { NULL, "expired-key", "failed:CredentialsRejected" },
    { NULL, "quota-key", "failed:QuotaExceeded" },
    { "no-such-model", "good", "failed:ModelUnavailable" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SimRig) sim = sim_rig_start (NULL, NULL);
      g_autoptr (LinkRig) rig = connect_to (sim, cases[i].model, cases[i].key);

      link_rig_wait (rig, cases[i].said);
      g_assert_cmpstr (link_rig_state (rig), ==, "blocked");
      g_test_message ("%s", rig->error->message);
    }
}

static void
test_refused_upgrade_then_well (void)
{
  g_autoptr (SimRig) sim = sim_rig_start (NULL, NULL);
  g_autoptr (LinkRig) rig = NULL;

  json_object_unref (sim_rig_ask (sim, "/simulator/refuse", "{\"status\":503,\"count\":2}", NULL));
  rig = connect_to (sim, NULL, "good");
  link_rig_wait (rig, "dial-failed:Server");
  link_rig_wait (rig, "dial-failed:Server");
  link_rig_wait (rig, "online:new");
}

static void
test_strange_messages (void)
{
  g_autoptr (SimRig) sim = sim_rig_start (NULL, NULL);
  g_autoptr (LinkRig) rig = connect_to (sim, NULL, "good");

  link_rig_wait (rig, "online:new");
  inject (
      sim,
      "[{\"send_raw\":\"{}\"},{\"send_raw\":\"{not\"},{\"send\":{\"fromTomorrow\":{\"a\":1}}}]");
  say (rig, "hello");
  link_rig_wait (rig, "event:turn-complete");
  g_assert_cmpuint (link_rig_statistic (rig, "bad-messages"), ==, 1);
  g_assert_cmpuint (link_rig_statistic (rig, "empty-messages"), >=, 2);
}

static void
test_new_voice_keeps_the_context (void)
{
  g_autoptr (SimRig) sim = sim_rig_start (NULL, NULL);
  g_autoptr (LinkRig) rig = connect_to (sim, NULL, "good");

  link_rig_wait (rig, "online:new");
  say (rig, "hello");
  link_rig_wait (rig, "event:turn-complete");
  wait_resumable (rig);
  link_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  link_rig_wait (rig, "lost:NotConnected:retry");
  link_rig_wait (rig, "online:resumed");
  g_assert_cmpuint (link_rig_statistic (rig, "rotations"), ==, 1);
}

static GLogWriterOutput
swallow_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  return level & G_LOG_LEVEL_WARNING ? G_LOG_WRITER_HANDLED
                                     : g_log_writer_default (level, fields, n_fields, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (swallow_warnings, NULL, NULL);
#define ADD(idea, function) g_test_add_func ("/link-simulator/" idea, function)
  ADD ("talks-with-every-family", test_talks_with_every_family);
  ADD ("resumes-after-each-kind-of-loss", test_resumes_after_each_kind_of_loss);
  ADD ("forgotten-handle-starts-afresh", test_forgotten_handle_starts_afresh);
  ADD ("refusals", test_refusals);
  ADD ("refused-upgrade-then-well", test_refused_upgrade_then_well);
  ADD ("strange-messages", test_strange_messages);
  ADD ("new-voice-keeps-the-context", test_new_voice_keeps_the_context);
  return g_test_run ();
}
