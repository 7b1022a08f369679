/* Owns: the proof that the link keeps the conversation: handles, rotations, held-back settings.
 * Thread: main.
 * Called by: meson test. */
#include <string.h>

#include "fake/link-rig.h"

static gboolean
setup_has (LinkRig *rig, const char *text)
{
  return strstr (fake_transport_sent (rig->wire, 0), text) != NULL;
}

/* The next connection comes up; returns whether its setup held text. */
static gboolean
come_back_with (LinkRig *rig, const char *text)
{
  gboolean has_text;

  if (!fake_transport_is_busy (rig->wire))
    fake_clock_fire_next (rig->clock);
  fake_transport_opened (rig->wire);
  has_text = setup_has (rig, text);
  fake_transport_message (rig->wire, "{\"setupComplete\": {}}");
  return has_text;
}

static void
test_resumes_with_the_newest_handle (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  g_assert_false (link_rig_status (rig).is_resumable);
  link_rig_give_handle (rig, "handle-1");
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-2");
  g_assert_true (link_rig_status (rig).is_resumable);
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  g_assert_cmpstr (link_rig_last (rig), ==, "lost:Network:retry");
  /* A loss with a handle is routine: at once. */
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  g_assert_true (come_back_with (rig, "handle-2"));
  g_assert_cmpstr (link_rig_last (rig), ==, "online:resumed");
  g_assert_cmpuint (link_rig_statistic (rig, "resumes"), ==, 1);
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 1);
}

static void
test_old_handle_is_kept_while_not_resumable (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_give_handle (rig, "handle-1");
  fake_transport_message (rig->wire, "{\"sessionResumptionUpdate\": {}}");
  g_assert_false (link_rig_status (rig).is_resumable);
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  g_assert_true (come_back_with (rig, "handle-1"));
}

static void
test_bad_handle_is_used_once (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
  fake_transport_opened (rig->wire);
  g_assert_true (setup_has (rig, "handle-1"));
  fake_transport_closed (rig->wire, 1008, "BidiGenerateContent session not found");
  g_assert_cmpstr (link_rig_last (rig), ==, "dial-failed:Server");
  g_assert_false (come_back_with (rig, "handle-1"));
  g_assert_cmpstr (link_rig_last (rig), ==, "online:lost");
  g_assert_cmpuint (link_rig_statistic (rig, "closes-stale-handle"), ==, 1);

  /* What was lost is lost once; the next fresh start is only that. */
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  come_back_with (rig, "x");
  g_assert_cmpstr (link_rig_last (rig), ==, "online:new");
}

static void
test_resume_that_dies_twice_is_given_up (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  for (guint i = 0; i < 3; i++)
    {
      gboolean is_used;

      fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
      is_used = come_back_with (rig, "handle-1");
      g_assert_true (is_used == (i < 2));
    }
  g_assert_cmpstr (link_rig_last (rig), ==, "online:lost");
}

static void
test_expired_handle_is_not_tried (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  live_link_want (rig->link, FALSE, "user");
  fake_transport_settle (rig->wire);
  /* Asleep, not awake: it counts all the same. */
  fake_clock_sleep_ms (rig->clock, 120 * 60 * 1000);
  live_link_want (rig->link, TRUE, NULL);
  g_assert_false (come_back_with (rig, "handle-1"));
  g_assert_cmpstr (link_rig_last (rig), ==, "online:lost");
}

static void
test_handle_survives_off_and_on (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_give_handle (rig, "handle-1");
  /* An old session's handle is young as long as its session lives. */
  fake_clock_advance_ms (rig->clock, 1000);
  fake_clock_sleep_ms (rig->clock, 3 * 3600 * 1000);
  live_link_want (rig->link, FALSE, "idle");
  fake_transport_settle (rig->wire);
  g_assert_cmpstr (link_rig_reason (rig), ==, "idle");
  live_link_want (rig->link, TRUE, NULL);
  g_assert_true (come_back_with (rig, "handle-1"));
}

static void
test_forget (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  live_link_forget (rig->link);
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
  g_assert_cmpstr (link_rig_last (rig), ==, "lost:NotConnected:retry");
  /* The old session's last words do not bring it back. */
  link_rig_give_handle (rig, "handle-2");
  fake_transport_settle (rig->wire);
  g_assert_false (come_back_with (rig, "handle-"));
  g_assert_cmpstr (link_rig_last (rig), ==, "online:new");
}

static void
test_go_away_when_quiet (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_give_handle (rig, "handle-1");
  fake_clock_advance_ms (rig->clock, 60 * 1000);
  fake_transport_message (rig->wire, "{\"goAway\": {\"timeLeft\": \"50s\"}}");
  g_assert_true (link_rig_has_said (rig, "event:go-away"));
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
  /* Never two at a time. */
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);
  g_assert_true (fake_transport_settle (rig->wire));
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
  g_assert_true (come_back_with (rig, "handle-1"));
  g_assert_cmpuint (link_rig_statistic (rig, "rotations"), ==, 1);
}

static void
test_go_away_waits_for_quiet (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_give_handle (rig, "handle-1");
  fake_clock_advance_ms (rig->clock, 60 * 1000);
  rig->is_quiet = FALSE;
  fake_transport_message (rig->wire, "{\"goAway\": {\"timeLeft\": \"50s\"}}");
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  g_assert_true (live_link_send (rig->link, "{}", -1));
  fake_clock_advance_ms (rig->clock, 30 * 1000);
  live_link_quiet (rig->link);
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  rig->is_quiet = TRUE;
  live_link_quiet (rig->link);
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
}

static void
test_go_away_deadline (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  fake_clock_advance_ms (rig->clock, 60 * 1000);
  rig->is_quiet = FALSE;
  fake_transport_message (rig->wire, "{\"goAway\": {\"timeLeft\": \"50s\"}}");
  fake_clock_advance_ms (rig->clock, 39999);
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  fake_clock_advance_ms (rig->clock, 1);
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
  g_assert_cmpstr (link_rig_last (rig), ==, "lost:NotConnected:retry");
}

static void
test_rotation_waits_for_a_whole_handle (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  fake_clock_advance_ms (rig->clock, 60 * 1000);
  link_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  fake_clock_advance_ms (rig->clock, 5000);
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  link_rig_give_handle (rig, "handle-1");
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
  fake_transport_settle (rig->wire);
  g_assert_true (come_back_with (rig, "Puck"));
  g_assert_cmpstr (link_rig_last (rig), ==, "online:resumed");
}

static void
test_changes_are_gathered (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  live_link_set_tools (rig->link, "[{\"name\":\"light_on\",\"description\":\"d\"}]");
  link_rig_set (rig, LIVE_SETTING_AUDIO_OUTPUT_VOLUME, g_variant_new_double (0.5));
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  fake_clock_advance_ms (rig->clock, 250);
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
  fake_transport_settle (rig->wire);
  g_assert_true (come_back_with (rig, "Puck"));
  g_assert_true (setup_has (rig, "light_on"));
  fake_clock_advance_ms (rig->clock, 10000);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  /* The same tools again, or a live setting, change nothing. */
  live_link_set_tools (rig->link, "[{\"name\":\"light_on\",\"description\":\"d\"}]");
  link_rig_set (rig, LIVE_SETTING_AUDIO_OUTPUT_VOLUME, g_variant_new_double (0.6));
  fake_clock_advance_ms (rig->clock, 10000);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
}

static void
test_another_model_waits_for_quiet (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  rig->is_quiet = FALSE;
  link_rig_set (rig, LIVE_SETTING_SESSION_MODEL, g_variant_new_string ("gemini-3.1-flash-live"));
  fake_clock_advance_ms (rig->clock, 1000);
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  g_assert_cmpstr (live_link_get_profile (rig->link)->family, ==, "3.8");
  g_assert_false (link_rig_status (rig).is_resumable);

  /* A handle that is behind is no reason to wait: it will not be used. */
  fake_transport_message (rig->wire, "{\"sessionResumptionUpdate\": {}}");
  rig->is_quiet = TRUE;
  live_link_quiet (rig->link);
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
  fake_transport_settle (rig->wire);
  g_assert_true (come_back_with (rig, "gemini-3.1-flash-live"));
  g_assert_false (setup_has (rig, "handle-1"));
  g_assert_cmpstr (link_rig_last (rig), ==, "online:lost");
  g_assert_cmpstr (live_link_get_profile (rig->link)->family, ==, "3.1");
}

/* Nothing was said yet, but the connection is what it is until it ends. */
static void
test_model_of_a_silent_connection (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_set (rig, LIVE_SETTING_SESSION_MODEL, g_variant_new_string ("gemini-3.1-flash-live"));
  g_assert_cmpstr (live_link_get_profile (rig->link)->family, ==, "3.8");
  link_rig_give_handle (rig, "handle-1");
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  g_assert_true (come_back_with (rig, "gemini-3.1-flash-live"));
  g_assert_false (setup_has (rig, "handle-1"));

  /* Lost before there was anything to keep: the newest model at once. */
  link_rig_set (rig, LIVE_SETTING_SESSION_MODEL, g_variant_new_string ("gemini-3.8-live"));
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  g_assert_true (come_back_with (rig, "gemini-3.8-live"));
}

/* A tool that the service refused unblocks by going, but tools do not open a bad key's door. */
static void
test_tools_unblock_only_a_bad_setup (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  live_link_want (rig->link, TRUE, NULL);
  fake_transport_opened (rig->wire);
  fake_transport_closed (rig->wire, 1007, "Invalid JSON payload received. Unknown name \"x\"");
  g_assert_cmpstr (link_rig_reason (rig), ==, "bad-setup");
  live_link_set_tools (rig->link, "[{\"name\":\"light_on\",\"description\":\"d\"}]");
  g_assert_cmpstr (link_rig_state (rig), ==, "connecting");
  fake_transport_opened (rig->wire);
  fake_transport_closed (rig->wire, 1007, "API key not valid. Please pass a valid API key.");
  g_assert_cmpstr (link_rig_reason (rig), ==, "rejected-credentials");
  live_link_set_tools (rig->link, NULL);
  g_assert_cmpstr (link_rig_state (rig), ==, "blocked");
}

static void
test_new_model_unblocks (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  fake_transport_closed (rig->wire, 1008,
                         "models/gemini-3.8-live is not found for API version v1beta");
  g_assert_cmpstr (link_rig_state (rig), ==, "blocked");
  link_rig_set (rig, LIVE_SETTING_SESSION_MODEL, g_variant_new_string ("gemini-3.1-flash-live"));
  g_assert_cmpstr (link_rig_state (rig), ==, "connecting");
  fake_transport_opened (rig->wire);
  g_assert_true (setup_has (rig, "gemini-3.1-flash-live"));
  g_assert_false (setup_has (rig, "handle-1"));
}

/* A change that the service refuses costs the change, not the conversation. */
static void
test_refused_change_is_left_out (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  link_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Nonsense"));
  fake_clock_advance_ms (rig->clock, 250);
  fake_transport_settle (rig->wire);
  fake_transport_opened (rig->wire);
  g_assert_true (setup_has (rig, "Nonsense"));
  fake_transport_closed (rig->wire, 1007, "Request contains an invalid argument.");
  g_assert_cmpstr (link_rig_state (rig), !=, "blocked");
  g_assert_true (come_back_with (rig, "Puck"));
  g_assert_true (setup_has (rig, "handle-1"));
  g_assert_cmpstr (link_rig_last (rig), ==, "online:resumed");
  g_assert_nonnull (strstr (link_rig_status (rig).message, "session.voice"));
  g_assert_nonnull (strstr (link_rig_status (rig).message, "invalid argument"));

  /* A change of something else does not try it again, and a renewal keeps the sentence. */
  link_rig_set (rig, LIVE_SETTING_SESSION_LANGUAGE, g_variant_new_string ("de-DE"));
  fake_clock_advance_ms (rig->clock, 250);
  fake_transport_settle (rig->wire);
  g_assert_true (come_back_with (rig, "Puck"));
  g_assert_nonnull (strstr (link_rig_status (rig).message, "session.voice"));

  link_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Kore"));
  fake_clock_advance_ms (rig->clock, 250);
  fake_transport_settle (rig->wire);
  g_assert_true (come_back_with (rig, "Kore"));
  g_assert_cmpstr (link_rig_status (rig).message, ==, "");
}

/* The same words about a handle that went bad must not cost the change. */
static void
test_bad_handle_is_not_blamed_on_a_change (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  link_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  fake_clock_advance_ms (rig->clock, 250);
  fake_transport_settle (rig->wire);
  for (guint i = 0; i < 2; i++)
    {
      fake_transport_opened (rig->wire);
      g_assert_true (setup_has (rig, "handle-1"));
      g_assert_true (setup_has (rig, "Puck") == (i == 0));
      fake_transport_closed (rig->wire, 1007, "Request contains an invalid argument.");
    }
  g_assert_true (come_back_with (rig, "Puck"));
  g_assert_false (setup_has (rig, "handle-1"));
  g_assert_cmpstr (link_rig_status (rig).message, ==, "");
}

/* What was accepted once may be refused later: then there is nothing to go back to. */
static void
test_refused_without_a_change_blocks (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_set (rig, LIVE_SETTING_SESSION_MODEL, g_variant_new_string ("gemini-none-live"));
  live_link_reconnect (rig->link);
  fake_transport_settle (rig->wire);
  fake_transport_opened (rig->wire);
  fake_transport_closed (rig->wire, 1008, "models/gemini-none-live is not found for API version");
  fake_transport_opened (rig->wire);
  g_assert_true (setup_has (rig, "gemini-3.8-live"));
  fake_transport_closed (rig->wire, 1007, "Request contains an invalid argument.");
  g_assert_cmpstr (link_rig_state (rig), ==, "blocked");
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 3);
}

static void
test_own_age_limit (void)
{
  g_autoptr (LinkRig) rig = link_rig_new ("gemini-3.1-flash-live");

  link_rig_go_online (rig);
  link_rig_answer (rig);
  link_rig_give_handle (rig, "handle-1");
  fake_clock_advance_ms (rig->clock, 540 * 1000 - 1);
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  fake_clock_advance_ms (rig->clock, 251);
  g_assert_cmpstr (link_rig_state (rig), ==, "rotating");
}

static GLogWriterOutput
swallow (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    g_assert_null (strstr (fields[i].length < 0 ? fields[i].value : "", "handle-"));
  return level & G_LOG_LEVEL_CRITICAL ? g_log_writer_default (level, fields, n_fields, NULL)
                                      : G_LOG_WRITER_HANDLED;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (swallow, NULL, NULL);
#define ADD(idea, function) g_test_add_func ("/link-resume/" idea, function)
  ADD ("resumes-with-the-newest-handle", test_resumes_with_the_newest_handle);
  ADD ("old-handle-is-kept-while-not-resumable", test_old_handle_is_kept_while_not_resumable);
  ADD ("bad-handle-is-used-once", test_bad_handle_is_used_once);
  ADD ("resume-that-dies-twice-is-given-up", test_resume_that_dies_twice_is_given_up);
  ADD ("expired-handle-is-not-tried", test_expired_handle_is_not_tried);
  ADD ("handle-survives-off-and-on", test_handle_survives_off_and_on);
  ADD ("forget", test_forget);
  ADD ("go-away-when-quiet", test_go_away_when_quiet);
  ADD ("go-away-waits-for-quiet", test_go_away_waits_for_quiet);
  ADD ("go-away-deadline", test_go_away_deadline);
  ADD ("rotation-waits-for-a-whole-handle", test_rotation_waits_for_a_whole_handle);
  ADD ("changes-are-gathered", test_changes_are_gathered);
  ADD ("another-model-waits-for-quiet", test_another_model_waits_for_quiet);
  ADD ("model-of-a-silent-connection", test_model_of_a_silent_connection);
  ADD ("refused-change-is-left-out", test_refused_change_is_left_out);
  ADD ("bad-handle-is-not-blamed-on-a-change", test_bad_handle_is_not_blamed_on_a_change);
  ADD ("refused-without-a-change-blocks", test_refused_without_a_change_blocks);
  ADD ("tools-unblock-only-a-bad-setup", test_tools_unblock_only_a_bad_setup);
  ADD ("new-model-unblocks", test_new_model_unblocks);
  ADD ("own-age-limit", test_own_age_limit);
  return g_test_run ();
}
