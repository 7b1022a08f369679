/* Owns: the proof that the link connects, refuses, survives and reports.
 * Thread: main.
 * Called by: meson test. */
#include <string.h>

#include "base/live-error.h"
#include "fake/link-rig.h"
#include "protocol/live-endpoint.h"

static void
test_connects (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  g_assert_cmpstr (link_rig_state (rig), ==, "offline");
  live_link_want (rig->link, TRUE, NULL);
  g_assert_cmpstr (link_rig_state (rig), ==, "connecting");
  g_assert_cmpstr (fake_transport_header (rig->wire, "x-goog-api-key"), ==, "test-key");
  g_assert_null (strstr (fake_transport_url (rig->wire), "test-key"));
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 0);

  fake_transport_opened (rig->wire);
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 1);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 0), "\"setup\""));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 0), "models/gemini-3.8-live"));
  g_assert_false (live_link_send (rig->link, "{}", -1));

  fake_transport_message (rig->wire, "{\n  \"setupComplete\": {}\n}\n");
  g_assert_cmpstr (link_rig_last (rig), ==, "online:new");
  g_assert_cmpstr (link_rig_reason (rig), ==, "none");
  g_assert_cmpint (link_rig_status (rig).connected_since_us, >, 0);
  g_assert_true (live_link_send (rig->link, "{\"x\":1}", -1));
  g_assert_cmpstr (fake_transport_sent (rig->wire, -1), ==, "{\"x\":1}");
  g_assert_cmpuint (link_rig_statistic (rig, "late-sends"), ==, 1);

  live_link_want (rig->link, FALSE, "user");
  g_assert_cmpstr (link_rig_last (rig), ==, "lost:NotConnected:end");
  g_assert_cmpuint (fake_transport_last_code (rig->wire), ==, 1000);
  g_assert_true (fake_transport_settle (rig->wire));
  g_assert_cmpstr (link_rig_state (rig), ==, "offline");
  g_assert_cmpstr (link_rig_reason (rig), ==, "user");
}

static void
test_no_credentials (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);
  g_autoptr (GError) error =
      g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS, "Give one so and so");

  rig->key = NULL;
  live_link_want (rig->link, TRUE, NULL);
  g_assert_cmpstr (link_rig_state (rig), ==, "connecting");
  live_link_credential (rig->link, 0, NULL, error);
  g_assert_cmpstr (link_rig_last (rig), ==, "failed:NoCredentials");
  g_assert_cmpstr (link_rig_state (rig), ==, "blocked");
  g_assert_cmpstr (link_rig_reason (rig), ==, "no-credentials");
  g_assert_cmpstr (link_rig_status (rig).message, ==, "Give one so and so");
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 0);

  /* Another caller is told again; a key ends it. */
  live_link_want (rig->link, TRUE, NULL);
  live_link_credential (rig->link, 0, NULL, error);
  g_assert_cmpuint (rig->said->len, ==, 2);
  rig->key = "test-key";
  live_link_credentials_changed (rig->link);
  link_rig_go_online (rig);
}

static void
test_unanswered_credential (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  rig->key = NULL;
  live_link_want (rig->link, TRUE, NULL);
  fake_clock_advance_ms (rig->clock, 15000);
  g_assert_cmpstr (link_rig_last (rig), ==, "dial-failed:Timeout");
  g_assert_cmpstr (link_rig_state (rig), ==, "backoff");
  /* The late answer is nobody's. */
  live_link_credential (rig->link, LIVE_CREDENTIAL_API_KEY, "late", NULL);
  g_assert_cmpstr (link_rig_state (rig), ==, "backoff");
}

static void
test_credential_that_is_none (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  rig->key = "two words";
  live_link_want (rig->link, TRUE, NULL);
  g_assert_cmpstr (link_rig_last (rig), ==, "failed:CredentialsRejected");
  g_assert_cmpstr (link_rig_reason (rig), ==, "rejected-credentials");
  g_assert_null (strstr (link_rig_status (rig).message, "two words"));
}

static void
test_bad_url (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_set (rig, LIVE_SETTING_ENDPOINT_URL, g_variant_new_string ("nonsense"));
  live_link_want (rig->link, TRUE, NULL);
  g_assert_cmpstr (link_rig_last (rig), ==, "failed:BadSetup");
  g_assert_nonnull (strstr (rig->error->message, "endpoint.url"));
  link_rig_set (rig, LIVE_SETTING_ENDPOINT_URL, g_variant_new_string ("ws://127.0.0.1:9"));
  g_assert_cmpstr (link_rig_state (rig), ==, "connecting");
  g_assert_true (g_str_has_prefix (fake_transport_url (rig->wire), "ws://127.0.0.1:9/"));
}

/* What the service says to a bad setup, and what becomes of it. */
static void
test_refusals (void)
{
  static const struct
  {
    guint16 code;
    const char *words, *said, *reason;
  } cases[] = {
    { 1007, "API key not valid. Please pass a valid API key.", "failed:CredentialsRejected",
      "rejected-credentials" },
    { 1008,
      "models/x is not found for API version v1beta, or is not supported for "
      "bidiGenerateContent. Call ListMod",
      "failed:ModelUnavailable", "model-unavailable" },
    { 1011, "You exceeded your current quota, please check your plan and billing details. F",
      "failed:QuotaExceeded", "quota" },
    { 1007, "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.",
      "failed:BadSetup", "bad-setup" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LinkRig) rig = link_rig_new (NULL);

      live_link_want (rig->link, TRUE, NULL);
      fake_transport_opened (rig->wire);
      fake_transport_closed (rig->wire, cases[i].code, cases[i].words);
      g_assert_cmpstr (link_rig_last (rig), ==, cases[i].said);
      g_assert_cmpstr (link_rig_state (rig), ==, "blocked");
      g_assert_cmpstr (link_rig_reason (rig), ==, cases[i].reason);
      g_assert_cmpstr (link_rig_status (rig).message, ==, cases[i].words);
      g_assert_nonnull (strstr (rig->error->message, cases[i].words));
      /* Stop means stop. */
      fake_clock_advance_ms (rig->clock, 24 * 3600 * 1000);
      g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);
    }
}

static void
test_refused_upgrade (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  live_link_want (rig->link, TRUE, NULL);
  fake_transport_lost (rig->wire, LIVE_CLOSE_HTTP, 429, "You exceeded your current quota", 0);
  g_assert_cmpstr (link_rig_last (rig), ==, "failed:QuotaExceeded");
  g_assert_cmpstr (link_rig_reason (rig), ==, "quota");
}

static void
test_overload_keeps_the_servers_time (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  live_link_want (rig->link, TRUE, NULL);
  fake_transport_lost (rig->wire, LIVE_CLOSE_HTTP, 429, "busy", 40 * G_USEC_PER_SEC);
  g_assert_cmpstr (link_rig_state (rig), ==, "backoff");
  g_assert_cmpint (link_rig_status (rig).retry_at_us, >, 0);
  live_link_want (rig->link, TRUE, NULL);
  fake_clock_advance_ms (rig->clock, 39999);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);
  fake_clock_advance_ms (rig->clock, 1);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
}

static void
test_timeouts (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  live_link_want (rig->link, TRUE, NULL);
  fake_clock_advance_ms (rig->clock, 10000);
  g_assert_cmpstr (link_rig_last (rig), ==, "dial-failed:Timeout");
  /* The old socket first. */
  fake_clock_advance_ms (rig->clock, 2000);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);
  g_assert_true (fake_transport_settle (rig->wire));
  g_assert_cmpstr (link_rig_state (rig), ==, "backoff");
  fake_clock_fire_next (rig->clock);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);

  fake_transport_opened (rig->wire);
  fake_clock_advance_ms (rig->clock, 15000);
  g_assert_cmpstr (link_rig_last (rig), ==, "dial-failed:Timeout");
  g_assert_true (fake_transport_settle (rig->wire));
}

static void
test_stubborn_socket_is_closed_twice (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  live_link_want (rig->link, FALSE, "idle");
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  fake_clock_advance_ms (rig->clock, 3000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 2);
  /* Wanted again meanwhile: not before the old one is gone. */
  live_link_want (rig->link, TRUE, NULL);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 1);
  g_assert_true (fake_transport_settle (rig->wire));
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
}

static void
test_closed_before_setup_complete (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  live_link_want (rig->link, TRUE, NULL);
  fake_transport_opened (rig->wire);
  fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
  g_assert_cmpstr (link_rig_last (rig), ==, "dial-failed:Server");
  g_assert_cmpstr (link_rig_state (rig), ==, "backoff");
  g_assert_cmpstr (link_rig_reason (rig), ==, "server");
  fake_clock_fire_next (rig->clock);
  fake_transport_go_online (rig->wire);
  g_assert_cmpstr (link_rig_last (rig), ==, "online:new");
  g_assert_cmpstr (link_rig_reason (rig), ==, "none");
}

static void
test_network_failures_never_give_up (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);
  gint64 longest_ms = 0;

  live_link_want (rig->link, TRUE, NULL);
  for (guint i = 0; i < 200; i++)
    {
      fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "Connection refused", 0);
      g_assert_cmpstr (link_rig_last (rig), ==, "dial-failed:Network");
      g_assert_cmpstr (link_rig_state (rig), ==, "backoff");
      longest_ms = MAX (longest_ms, fake_clock_next_ms (rig->clock));
      g_assert_true (fake_clock_fire_next (rig->clock));
    }
  g_assert_cmpint (longest_ms, <=, 30000);
  g_assert_cmpint (longest_ms, >=, 15000);
}

static void
test_budget_ends_a_flapping_service (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);
  guint n_opens = 0;

  live_link_want (rig->link, TRUE, NULL);
  while (strcmp (link_rig_state (rig), "blocked") != 0)
    {
      if (!fake_transport_is_busy (rig->wire))
        fake_clock_fire_next (rig->clock);
      fake_transport_opened (rig->wire);
      fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
      g_assert_cmpuint (++n_opens, <, 50);
    }
  g_assert_cmpstr (link_rig_reason (rig), ==, "budget");
  g_assert_cmpstr (link_rig_last (rig), ==, "failed:Server");
  g_assert_cmpint (link_rig_status (rig).retry_at_us, >, 0);
  /* Rarely, it looks again by itself. */
  n_opens = fake_transport_n_opens (rig->wire);
  fake_clock_advance_ms (rig->clock, 16 * 60 * 1000);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, n_opens + 1);
  fake_transport_go_online (rig->wire);
}

static GLogWriterOutput
swallow_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    g_assert_null (strstr (fields[i].length < 0 ? fields[i].value : "", "SECRET"));
  return level & G_LOG_LEVEL_CRITICAL ? g_log_writer_default (level, fields, n_fields, NULL)
                                      : G_LOG_WRITER_HANDLED;
}

static void
test_bad_messages_are_survived (void)
{
  static const char *const bad[] = { "not json", "[1,2]", "{\"serverContent\": 7}", "",
                                     "{\"serverContent\": {\"modelTurn\": \"x\"}}" };
  static const char *const empty[] = { "{}", "{ }\n", "{\"somethingNew\": {\"a\": [1]}}" };
  g_autoptr (LinkRig) rig = link_rig_new (NULL);
  guint n_said;

  link_rig_go_online (rig);
  n_said = rig->said->len;
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    fake_transport_message (rig->wire, bad[i]);
  fake_transport_bytes (rig->wire, "{\"a\":\"\xff\xfe\"}\0\0", 11);
  for (guint i = 0; i < G_N_ELEMENTS (empty); i++)
    fake_transport_message (rig->wire, empty[i]);
  g_assert_cmpuint (rig->said->len, ==, n_said);
  g_assert_cmpuint (link_rig_statistic (rig, "bad-messages"), >=, G_N_ELEMENTS (bad));
  g_assert_cmpuint (link_rig_statistic (rig, "empty-messages"), ==, 3);

  link_rig_answer (rig);
  g_assert_cmpstr (link_rig_last (rig), ==, "event:audio");
}

static void
test_oversized_message_is_survived (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  link_rig_give_handle (rig, "SECRET-handle-1");
  fake_transport_lost (rig->wire, LIVE_CLOSE_PROTOCOL, 0, "larger than configured", 0);
  g_assert_cmpstr (link_rig_last (rig), ==, "lost:LimitExceeded:retry");
  g_assert_cmpuint (link_rig_statistic (rig, "closes-too-large"), ==, 1);
  fake_transport_go_online (rig->wire);
  g_assert_cmpstr (link_rig_last (rig), ==, "online:resumed");
}

static void
test_in_band_error (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  link_rig_go_online (rig);
  fake_transport_message (rig->wire, "{\"error\": {\"code\": 401, \"message\": \"API key "
                                     "expired. Please renew the API key.\"}}");
  g_assert_cmpstr (link_rig_last (rig), ==, "lost:CredentialsRejected:end");
  g_assert_true (fake_transport_settle (rig->wire));
  g_assert_cmpstr (link_rig_last (rig), ==, "failed:CredentialsRejected");
  g_assert_cmpstr (link_rig_reason (rig), ==, "rejected-credentials");
}

static void
test_unsupported_thinking_level_is_corrected_once (void)
{
  static const char refusal[] = "Thinking level MINIMAL is not supported for this model.";
  g_autoptr (LinkRig) rig = link_rig_new ("gemini-3.1-flash-live");

  link_rig_set (rig, LIVE_SETTING_SESSION_THINKING_LEVEL, g_variant_new_string ("minimal"));
  live_link_want (rig->link, TRUE, NULL);
  fake_transport_opened (rig->wire);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 0), "thinkingLevel"));
  fake_transport_closed (rig->wire, 1007, refusal);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
  fake_transport_opened (rig->wire);
  g_assert_null (strstr (fake_transport_sent (rig->wire, 0), "thinkingLevel"));
  fake_transport_closed (rig->wire, 1007, refusal);
  g_assert_cmpstr (link_rig_last (rig), ==, "failed:BadSetup");
}

static void
test_secrets_stay_inside (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);
  g_autoptr (GString) dump = g_string_new (NULL);

  rig->key = "AIzaSECRETSECRETSECRETSECRETSECRET";
  link_rig_go_online (rig);
  link_rig_give_handle (rig, "SECRET-handle-1");
  /* A service that says it all back. */
  fake_transport_closed (rig->wire, 1011,
                         "bad SECRET-handle-1 with AIzaSECRETSECRETSECRETSECRETSECRET");
  live_link_dump (rig->link, dump);
  g_assert_null (strstr (dump->str, "SECRET"));
  g_assert_null (strstr (link_rig_status (rig).message, "SECRET"));
  g_assert_null (strstr (rig->error->message, "SECRET"));
  g_assert_null (strstr (fake_transport_url (rig->wire), "SECRET"));
}

static guint n_done;

static void
on_done (gpointer data)
{
  n_done++;
}

static void
test_shut_down (void)
{
  g_autoptr (LinkRig) rig = link_rig_new (NULL);

  n_done = 0;
  link_rig_go_online (rig);
  live_link_shut_down (rig->link, on_done, NULL);
  g_assert_cmpuint (n_done, ==, 0);
  g_assert_true (fake_transport_settle (rig->wire));
  g_assert_cmpuint (n_done, ==, 1);
  /* With nothing to close it is done at once. */
  live_link_shut_down (rig->link, on_done, NULL);
  g_assert_cmpuint (n_done, ==, 2);
}

static void
test_freed_in_any_state (void)
{
  for (guint stage = 0; stage < 6; stage++)
    {
      g_autoptr (LinkRig) rig = link_rig_new (NULL);

      rig->key = stage == 0 ? NULL : rig->key;
      live_link_want (rig->link, TRUE, NULL);
      if (stage >= 2)
        fake_transport_opened (rig->wire);
      if (stage >= 3)
        fake_transport_message (rig->wire, "{\"setupComplete\": {}}");
      if (stage == 4)
        live_link_want (rig->link, FALSE, NULL);
      if (stage == 5)
        fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "gone", 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (swallow_warnings, NULL, NULL);
#define ADD(idea, function) g_test_add_func ("/link/" idea, function)
  ADD ("connects", test_connects);
  ADD ("no-credentials", test_no_credentials);
  ADD ("unanswered-credential", test_unanswered_credential);
  ADD ("credential-that-is-none", test_credential_that_is_none);
  ADD ("bad-url", test_bad_url);
  ADD ("refusals", test_refusals);
  ADD ("refused-upgrade", test_refused_upgrade);
  ADD ("overload-keeps-the-servers-time", test_overload_keeps_the_servers_time);
  ADD ("timeouts", test_timeouts);
  ADD ("stubborn-socket-is-closed-twice", test_stubborn_socket_is_closed_twice);
  ADD ("closed-before-setup-complete", test_closed_before_setup_complete);
  ADD ("network-failures-never-give-up", test_network_failures_never_give_up);
  ADD ("budget-ends-a-flapping-service", test_budget_ends_a_flapping_service);
  ADD ("bad-messages-are-survived", test_bad_messages_are_survived);
  ADD ("oversized-message-is-survived", test_oversized_message_is_survived);
  ADD ("in-band-error", test_in_band_error);
  ADD ("unsupported-thinking-level-is-corrected-once",
       test_unsupported_thinking_level_is_corrected_once);
  ADD ("secrets-stay-inside", test_secrets_stay_inside);
  ADD ("shut-down", test_shut_down);
  ADD ("freed-in-any-state", test_freed_in_any_state);
  return g_test_run ();
}
