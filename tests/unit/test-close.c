/* Owns: nothing; proves protocol/live-close.c with every row of the service's closes.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-close.h"

#include <string.h>

typedef struct
{
  LiveCloseOrigin origin;
  guint code; /* the status for LIVE_CLOSE_HTTP */
  const char *reason;
  LiveClosePhase phase;
  gboolean handle_used;
  LiveCloseAction action;
  LiveErrorCode error;
  const char *state_reason;
  const char *category;
} Row;

#define DIAL LIVE_PHASE_DIALLING
#define SETUP LIVE_PHASE_SETUP
#define BEFORE LIVE_PHASE_BEFORE_TURN
#define TALK LIVE_PHASE_CONVERSATION
#define FRAME LIVE_CLOSE_FRAME
#define HTTP LIVE_CLOSE_HTTP

/* Reasons are written as they arrive: cut at 123 bytes where they are longer. */
static const Row rows[] = {
  /* 1000 */
  { LIVE_CLOSE_LOCAL, 1000, "", TALK, TRUE, LIVE_CLOSE_DONE, LIVE_ERROR_NOT_CONNECTED, "user",
    "local" },
  { FRAME, 1000, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server", "server-closed" },
  { FRAME, 1000, "The operation was cancelled.", TALK, TRUE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER,
    "server", "lifetime" },
  { FRAME, 1000, "", SETUP, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server", "server-closed" },
  { FRAME, 1001, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server", "going-away" },
  { FRAME, 1005, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server", "server-closed" },

  /* 1006: no close frame */
  { LIVE_CLOSE_TRANSPORT, 1006, "Connection reset by peer", TALK, TRUE, LIVE_CLOSE_RESUME,
    LIVE_ERROR_NETWORK, "network", "network" },
  { LIVE_CLOSE_TRANSPORT, 1006, "Connection refused", DIAL, TRUE, LIVE_CLOSE_RETRY,
    LIVE_ERROR_NETWORK, "network", "network" },
  { LIVE_CLOSE_TRANSPORT, 1006, "", SETUP, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_NETWORK, "network",
    "network" },
  { FRAME, 1006, "", BEFORE, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_NETWORK, "network", "network" },

  /* 1007: credentials */
  { FRAME, 1007, "API key not valid. Please pass a valid API key.", SETUP, FALSE, LIVE_CLOSE_STOP,
    LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials", "credentials" },
  { FRAME, 1007, "API key not valid. Please pass a valid API key.", SETUP, TRUE, LIVE_CLOSE_STOP,
    LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials", "credentials" },
  { FRAME, 1007, "API key expired. Please renew the API key.", TALK, FALSE, LIVE_CLOSE_STOP,
    LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials", "credentials" },
  { FRAME, 1007, "API Key not found. Please pass a valid API key.", SETUP, FALSE, LIVE_CLOSE_STOP,
    LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials", "credentials" },
  { FRAME, 1008,
    "Method doesn't allow unregistered callers (callers without established identity). Please use "
    "API Key or other form of API c",
    SETUP, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials",
    "credentials" },

  /* 1007: what we sent */
  { FRAME, 1007,
    "Invalid JSON payload received. Unknown name \"proactivity\" at 'setup': Cannot find field.",
    SETUP, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", "unknown-field" },
  { FRAME, 1007,
    "Invalid JSON payload received. Unknown name \"additionalProperties\" at 'setup.tools[0]",
    SETUP, TRUE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", "unknown-field" },
  { FRAME, 1007,
    "Invalid JSON payload received. Unknown name \"foo\" at 'client_content.turns[0]': Cannot find",
    TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_INVALID_ARGUMENT, "server", "bad-message" },
  { FRAME, 1007, "Request contains an invalid argument.", SETUP, FALSE, LIVE_CLOSE_STOP,
    LIVE_ERROR_BAD_SETUP, "bad-setup", "invalid-argument" },
  { FRAME, 1007, "Request contains an invalid argument.", BEFORE, FALSE, LIVE_CLOSE_STOP,
    LIVE_ERROR_BAD_SETUP, "bad-setup", "invalid-argument" },
  { FRAME, 1007, "Request contains an invalid argument.", SETUP, TRUE, LIVE_CLOSE_FRESH,
    LIVE_ERROR_SERVER, "server", "invalid-argument" },
  { FRAME, 1007, "Request contains an invalid argument.", TALK, FALSE, LIVE_CLOSE_FRESH,
    LIVE_ERROR_SERVER, "server", "used-up-context" },
  { FRAME, 1007, "Request contains an invalid argument.", TALK, TRUE, LIVE_CLOSE_FRESH,
    LIVE_ERROR_SERVER, "server", "used-up-context" },
  { FRAME, 1007, "Precondition check failed.", SETUP, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP,
    "bad-setup", "invalid-argument" },
  { FRAME, 1007, "Precondition check failed.", TALK, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP,
    "bad-setup", "precondition" },
  { FRAME, 1007, "Precondition check failed.", SETUP, TRUE, LIVE_CLOSE_FRESH, LIVE_ERROR_SERVER,
    "server", "invalid-argument" },
  { FRAME, 1007, "Cannot extract voices from a non-audio request.", SETUP, TRUE, LIVE_CLOSE_STOP,
    LIVE_ERROR_BAD_SETUP, "bad-setup", "modality" },
  { FRAME, 1007,
    "The requested combination of response modalities (TEXT) is not supported by the model. models"
    "/gemini-2.5-flash-native-audio",
    BEFORE, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", "modality" },
  { FRAME, 1007, "Thinking level is not supported for this model", SETUP, FALSE, LIVE_CLOSE_CORRECT,
    LIVE_ERROR_BAD_SETUP, "bad-setup", "thinking-level" },
  { FRAME, 1007, "Thinking level must be specified for this model.", SETUP, TRUE,
    LIVE_CLOSE_CORRECT, LIVE_ERROR_BAD_SETUP, "bad-setup", "thinking-level" },
  { FRAME, 1007, "BLOCKING function calls are not supported for this model", SETUP, FALSE,
    LIVE_CLOSE_CORRECT, LIVE_ERROR_BAD_SETUP, "bad-setup", "blocking-calls" },
  { FRAME, 1007, "Invalid session handle", SETUP, TRUE, LIVE_CLOSE_FRESH, LIVE_ERROR_SERVER,
    "server", "stale-handle" },

  /* 1008 */
  { FRAME, 1008,
    "models/gemini-9-live is not found for API version v1beta, or is not supported for bidiGenerat"
    "eContent. Call ListModels to s",
    SETUP, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_MODEL_UNAVAILABLE, "model-unavailable", "model" },
  { FRAME, 1008,
    "models/a-name-that-is-so-long-that-the-service-has-no-room-left-for-its-sentence-about-the-ver"
    "sion-and-the-method-is-not-f",
    SETUP, TRUE, LIVE_CLOSE_STOP, LIVE_ERROR_MODEL_UNAVAILABLE, "model-unavailable", "model" },
  { FRAME, 1008,
    "Publisher Model `projects/p/locations/us-central1/publishers/google/models/x` was", SETUP,
    FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_MODEL_UNAVAILABLE, "model-unavailable", "model" },
  { FRAME, 1008, "BidiGenerateContent session not found", SETUP, TRUE, LIVE_CLOSE_FRESH,
    LIVE_ERROR_SERVER, "server", "stale-handle" },
  { FRAME, 1008, "Requested entity was not found.", SETUP, TRUE, LIVE_CLOSE_FRESH,
    LIVE_ERROR_SERVER, "server", "stale-handle" },
  { FRAME, 1008, "Requested entity was not found.", TALK, FALSE, LIVE_CLOSE_FRESH,
    LIVE_ERROR_SERVER, "server", "lost-state" },
  { FRAME, 1008, "Requested entity was not found.", SETUP, FALSE, LIVE_CLOSE_STOP,
    LIVE_ERROR_MODEL_UNAVAILABLE, "model-unavailable", "model" },
  { FRAME, 1008, "Operation is not implemented, or supported, or enabled.", TALK, TRUE,
    LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server", "not-implemented" },
  { FRAME, 1008, "Operation is not implemented, or supported, or enabled.", SETUP, FALSE,
    LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", "not-implemented" },
  { FRAME, 1008, "Operation is not implemented, or supported, or enabled.", SETUP, TRUE,
    LIVE_CLOSE_FRESH, LIVE_ERROR_SERVER, "server", "not-implemented" },
  { FRAME, 1008, "The operation was aborted.", TALK, TRUE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER,
    "server", "aborted" },
  { FRAME, 1008, "something new", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server",
    "policy" },
  { FRAME, 1008, "something new", SETUP, TRUE, LIVE_CLOSE_FRESH, LIVE_ERROR_SERVER, "server",
    "policy" },
  { FRAME, 1008, "something new", SETUP, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup",
    "policy" },

  /* 1009 */
  { LIVE_CLOSE_PROTOCOL, 1009, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_LIMIT_EXCEEDED,
    "server", "too-large" },
  { FRAME, 1009, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_LIMIT_EXCEEDED, "server",
    "too-large" },
  { LIVE_CLOSE_PROTOCOL, 1002, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server",
    "protocol" },

  /* 1011 */
  { FRAME, 1011, "Internal error encountered.", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER,
    "server", "internal" },
  { FRAME, 1011, "Internal error occurred.", SETUP, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER,
    "server", "internal" },
  { FRAME, 1011, "Internal error encountered.", SETUP, TRUE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER,
    "server", "resume-refused" },
  { FRAME, 1011, "", BEFORE, TRUE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server",
    "resume-refused" },
  { FRAME, 1011, "Deadline expired before operation could complete.", TALK, FALSE,
    LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server", "deadline" },
  { FRAME, 1011,
    "You exceeded your current quota, please check your plan and billing details. For more informa"
    "tion on this error, head to: h",
    SETUP, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_QUOTA_EXCEEDED, "quota", "quota" },
  { FRAME, 1011, "You exceeded your current quota, please check your plan and billing details.",
    TALK, TRUE, LIVE_CLOSE_STOP, LIVE_ERROR_QUOTA_EXCEEDED, "quota", "quota" },
  { FRAME, 1011, "RESOURCE_EXHAUSTED: too many concurrent sessions", SETUP, TRUE,
    LIVE_CLOSE_RETRY_SLOWLY, LIVE_ERROR_SERVER, "server", "overload" },
  { FRAME, 1011, "Request failed: OVERLOADED_TOO_MANY_RETRIES_PER_REQUEST", TALK, FALSE,
    LIVE_CLOSE_RETRY_SLOWLY, LIVE_ERROR_SERVER, "server", "overload" },
  { FRAME, 1011, "Token has been used too many times", SETUP, FALSE, LIVE_CLOSE_STOP,
    LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials", "token" },
  { FRAME, 1011, "auth token has expired", SETUP, TRUE, LIVE_CLOSE_STOP,
    LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials", "token" },
  { FRAME, 1011, "Token has expired", TALK, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_CREDENTIALS_REJECTED,
    "rejected-credentials", "token" },

  /* What others in between say */
  { FRAME, 1012, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server", "restart" },
  { FRAME, 1013, "", SETUP, FALSE, LIVE_CLOSE_RETRY_SLOWLY, LIVE_ERROR_SERVER, "server",
    "overload" },
  { FRAME, 1014, "", TALK, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server", "gateway" },
  { FRAME, 1015, "", DIAL, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_NETWORK, "network", "tls" },
  { FRAME, 4321, "from the future", TALK, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server",
    "unknown" },

  /* The upgrade was refused */
  { HTTP, 101, "", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", "endpoint" },
  { HTTP, 200, "", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", "endpoint" },
  { HTTP, 302, "", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", "endpoint" },
  { HTTP, 400, "Bad Request", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup",
    "endpoint" },
  { HTTP, 400, "API key not valid", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_CREDENTIALS_REJECTED,
    "rejected-credentials", "credentials" },
  { HTTP, 401, "", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_CREDENTIALS_REJECTED,
    "rejected-credentials", "credentials" },
  { HTTP, 403, "", DIAL, TRUE, LIVE_CLOSE_STOP, LIVE_ERROR_CREDENTIALS_REJECTED,
    "rejected-credentials", "credentials" },
  { HTTP, 404, "", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_MODEL_UNAVAILABLE, "model-unavailable",
    "model" },
  { HTTP, 407, "", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_NETWORK, "network", "proxy" },
  { HTTP, 408, "", DIAL, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server", "http" },
  { HTTP, 429, "", DIAL, FALSE, LIVE_CLOSE_STOP, LIVE_ERROR_QUOTA_EXCEEDED, "quota", "quota" },
  { HTTP, 500, "", DIAL, TRUE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server", "http" },
  { HTTP, 502, "", DIAL, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server", "http" },
  { HTTP, 503, "", DIAL, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_SERVER, "server", "http" },

  /* Our own timers */
  { LIVE_CLOSE_TIMEOUT, 1006, "", DIAL, FALSE, LIVE_CLOSE_RETRY, LIVE_ERROR_TIMEOUT, "network",
    "timeout" },
  { LIVE_CLOSE_TIMEOUT, 1006, "", SETUP, TRUE, LIVE_CLOSE_RETRY, LIVE_ERROR_TIMEOUT, "server",
    "timeout" },
  { LIVE_CLOSE_TIMEOUT, 1006, "", TALK, FALSE, LIVE_CLOSE_RESUME, LIVE_ERROR_TIMEOUT, "server",
    "timeout" },
};

static LiveCloseInfo
info_of (const Row *row)
{
  LiveCloseInfo info = {
    .origin = row->origin,
    .code = row->origin == HTTP ? 1006 : (guint16) row->code,
    .http_status = row->origin == HTTP ? row->code : 0,
    .reason = (char *) row->reason,
    .phase = row->phase,
    .handle_used = row->handle_used,
  };

  return info;
}

static void
test_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];
      LiveCloseInfo info = info_of (row);
      LiveCloseVerdict verdict = live_close_classify (&info);

      if (row->origin == FRAME)
        g_assert_cmpuint (strlen (row->reason), <=, 123);
      g_test_message ("row %u: %u “%s” %s %d", i, row->code, row->reason,
                      live_close_phase_to_string (row->phase), row->handle_used);
      g_assert_cmpstr (live_close_action_to_string (verdict.action), ==,
                       live_close_action_to_string (row->action));
      g_assert_cmpstr (live_error_dbus_name (verdict.error), ==, live_error_dbus_name (row->error));
      g_assert_cmpstr (verdict.reason, ==, row->state_reason);
      g_assert_cmpstr (verdict.category, ==, row->category);
    }
}

static void
test_retry_after (void)
{
  LiveCloseInfo info = {
    .origin = HTTP, .http_status = 429, .reason = (char *) "", .retry_after_us = 5000000
  };
  LiveCloseVerdict verdict = live_close_classify (&info);

  g_assert_cmpint (verdict.action, ==, LIVE_CLOSE_RETRY_SLOWLY);
  g_assert_cmpint (verdict.error, ==, LIVE_ERROR_QUOTA_EXCEEDED);
  g_assert_cmpstr (verdict.reason, ==, "quota");
}

/* Whatever comes, there is a whole verdict, and coming back at once needs a connection that
 * once stood. */
static void
test_every_combination (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (LiveCloseOrigin origin = LIVE_CLOSE_LOCAL; origin <= LIVE_CLOSE_TIMEOUT; origin++)
      for (LiveClosePhase phase = DIAL; phase <= TALK; phase++)
        for (guint code = 999; code <= 1016; code++)
          {
            LiveCloseInfo info = info_of (&rows[i]);
            LiveCloseVerdict verdict;

            info.origin = origin;
            info.phase = phase;
            info.code = (guint16) code;
            verdict = live_close_classify (&info);
            g_assert_nonnull (verdict.reason);
            g_assert_nonnull (verdict.category);
            if (verdict.action == LIVE_CLOSE_RESUME)
              g_assert_cmpint (phase, >, SETUP);
            if (verdict.action == LIVE_CLOSE_DONE)
              g_assert_cmpint (origin, ==, LIVE_CLOSE_LOCAL);
          }
}

static void
test_names (void)
{
  for (LiveCloseAction action = LIVE_CLOSE_DONE; action <= LIVE_CLOSE_STOP; action++)
    for (LiveCloseAction other = LIVE_CLOSE_DONE; other < action; other++)
      g_assert_cmpstr (live_close_action_to_string (action), !=,
                       live_close_action_to_string (other));
  g_assert_cmpstr (live_close_origin_to_string (LIVE_CLOSE_HTTP), ==, "http");
  g_assert_cmpstr (live_close_phase_to_string (BEFORE), ==, "before-turn");
}

static void
test_clear (void)
{
  g_auto (LiveCloseInfo) info = { .reason = g_strdup ("gone") };

  live_close_info_clear (&info);
  g_assert_null (info.reason);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/close/rows", test_rows);
  g_test_add_func ("/close/retry-after", test_retry_after);
  g_test_add_func ("/close/every-combination", test_every_combination);
  g_test_add_func ("/close/names", test_names);
  g_test_add_func ("/close/clear", test_clear);

  return g_test_run ();
}
