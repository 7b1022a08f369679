/* Owns: tests of what the daemon refuses, and of the errors that its callers get.
 * Thread: main.
 * Called by: meson test. */
#include "service-fixture.h"

#include <string.h>

#include "base/live-names.h"

#define WRONG_KEY "bad-AIzaSyThisIsNotTheOne0000000000"

/* The service takes the setup and answers with a close frame. */
#define CLOSING(code, reason)                                                                      \
  "{\"steps\": [{\"on\": \"setup\", \"instead\": true, \"do\": [{\"close\": " code                 \
  ", \"reason\": \"" reason "\"}]}]}"

/* No caller and no argument may be answered with less than the name of what is wrong. */
static void
test_wrong_arguments (Service *service, gconstpointer data)
{
  static const struct
  {
    const char *interface, *method, *parameters, *error, *words;
  } rows[] = {
    { LIVE_IFACE_SESSION, "Connect", "({'now': <true>},)", "InvalidArgument", "now" },
    { LIVE_IFACE_SESSION, "Disconnect", "({'x': <1>},)", "InvalidArgument", "x" },
    { LIVE_IFACE_SESSION, "NewConversation", "({'title': <'x'>},)", "InvalidArgument", "title" },
    { LIVE_IFACE_SESSION, "SendText", "('', @a{sv} {})", "InvalidArgument", "text" },
    { LIVE_IFACE_SESSION, "SendText", "('x', {'contxt': <true>})", "InvalidArgument", "contxt" },
    { LIVE_IFACE_SESSION, "SendText", "('x', {'context': <'yes'>})", "InvalidArgument", "context" },
    { LIVE_IFACE_SESSION, "SendContent", "('', true, @a{sv} {})", "InvalidArgument", "turns_json" },
    { LIVE_IFACE_SESSION, "SendContent", "('{not json', true, @a{sv} {})", "InvalidArgument",
      NULL },
    { LIVE_IFACE_SESSION, "SendContent", "('{}', true, @a{sv} {})", "InvalidArgument", NULL },
    { LIVE_IFACE_SESSION, "Ask", "('', @a{sv} {})", "InvalidArgument", "text" },
    { LIVE_IFACE_SESSION, "Ask", "('x', {'timeout-ms': <5>})", "InvalidArgument", "timeout-ms" },
    { LIVE_IFACE_SESSION, "Ask", "('x', {'timeout': <uint32 5>})", "InvalidArgument", "timeout" },
    { LIVE_IFACE_SESSION, "StartActivity", "({'x': <1>},)", "InvalidArgument", "x" },
    { LIVE_IFACE_SESSION, "EndActivity", "({'x': <1>},)", "InvalidArgument", "x" },
    { LIVE_IFACE_SESSION, "Interrupt", "({'x': <1>},)", "InvalidArgument", "x" },
    { LIVE_IFACE_SESSION, "ListVoices", "({'model': <1>},)", "InvalidArgument", "model" },
    { LIVE_IFACE_SESSION, "Configure", "({'session.voise': <'Kore'>}, @a{sv} {})",
      "InvalidArgument", "session.voise" },
    { LIVE_IFACE_SESSION, "Configure", "({'session.voice': <7>}, @a{sv} {})", "InvalidArgument",
      "session.voice" },
    { LIVE_IFACE_SESSION, "Configure", "({'vad.mode': <'telepathy'>}, @a{sv} {})",
      "InvalidArgument", "vad.mode" },
    { LIVE_IFACE_SESSION, "Configure", "({'audio.output-volume': <7.0>}, @a{sv} {})",
      "InvalidArgument", "audio.output-volume" },
    { LIVE_IFACE_SESSION, "Configure", "(@a{sv} {}, {'now': <true>})", "InvalidArgument", "now" },
    { LIVE_IFACE_AUDIO, "StartListening", "({'why': <'x'>},)", "InvalidArgument", "why" },
    { LIVE_IFACE_AUDIO, "StartListening", "({'detached': <1>},)", "InvalidArgument", "detached" },
    { LIVE_IFACE_AUDIO, "StopListening", "({'everything': <true>},)", "InvalidArgument",
      "everything" },
    { LIVE_IFACE_AUDIO, "StopListening", "(@a{sv} {},)", "NotFound", "hold" },
    { LIVE_IFACE_AUDIO, "ListDevices", "({'x': <1>},)", "InvalidArgument", "x" },
    { LIVE_IFACE_MANAGER, "Reload", "({'x': <1>},)", "InvalidArgument", "x" },
    { LIVE_IFACE_MANAGER, "Dump", "({'x': <1>},)", "InvalidArgument", "x" },
    { LIVE_IFACE_MANAGER, "CheckCredentials", "({'x': <1>},)", "InvalidArgument", "x" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply = service_call (service->connection, rows[i].interface,
                                                 rows[i].method, rows[i].parameters, &error);

      g_test_message ("%s %s", rows[i].method, rows[i].parameters);
      g_assert_null (reply);
      service_assert_error (error, rows[i].error, rows[i].words);
    }

  /* None of them may have begun something. */
  g_assert_cmpstr (live_dbus_session_get_state (service->session), ==, "offline");
}

/* The bus itself answers for these, with its own errors. */
static void
test_wrong_signatures (Service *service, gconstpointer data)
{
  static const struct
  {
    const char *method, *parameters;
    int code;
  } rows[] = {
    { "SendText", "('x',)", G_DBUS_ERROR_INVALID_ARGS },
    { "SendText", "(1, @a{sv} {})", G_DBUS_ERROR_INVALID_ARGS },
    { "Sing", "(@a{sv} {},)", G_DBUS_ERROR_UNKNOWN_METHOD },
    { "ListModels", "(@a{sv} {},)", G_DBUS_ERROR_UNKNOWN_METHOD },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (service_call (service->connection, LIVE_IFACE_SESSION, rows[i].method,
                                   rows[i].parameters, &error));
      g_assert_error (error, G_DBUS_ERROR, rows[i].code);
    }
}

static void
test_text_has_a_limit (Service *service, gconstpointer data)
{
  g_autofree char *text = g_strnfill (LIVE_MAX_TEXT_BYTES + 1, 'x');
  g_autofree char *parameters = g_strdup_printf ("('%s', @a{sv} {})", text);
  g_autoptr (GError) error = NULL;

  g_assert_null (
      service_call (service->connection, LIVE_IFACE_SESSION, "SendText", parameters, &error));
  service_assert_error (error, "LimitExceeded", "text");
}

typedef struct
{
  const char *error, *reason;
} Expected;

/* Each call that waits gets the same classified error, and the state says what is wrong. */
static void
expect_blocked (Service *service, const Expected *expected)
{
  static const struct
  {
    const char *method, *parameters;
  } calls[] = {
    { "Connect", "(@a{sv} {},)" },
    { "SendText", "('hello', @a{sv} {})" },
    { "Ask", "('hello', @a{sv} {})" },
    { "SendContent",
      "('[{\"role\":\"user\",\"parts\":[{\"text\":\"hello\"}]}]', true, @a{sv} {})" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (service_call (service->connection, LIVE_IFACE_SESSION, calls[i].method,
                                   calls[i].parameters, &error));
      g_test_message ("%s", calls[i].method);
      service_assert_error (error, expected->error, NULL);
      g_assert_cmpstr (live_dbus_session_get_state (service->session), ==, "blocked");
      g_assert_cmpstr (live_dbus_session_get_state_reason (service->session), ==, expected->reason);
      g_assert_cmpstr (live_dbus_session_get_state_message (service->session), !=, "");
    }
}

static char *
check_credentials (Service *service, char **ret_message, GError **error)
{
  g_autoptr (GVariant) reply = service_call (service->connection, LIVE_IFACE_MANAGER,
                                             "CheckCredentials", "(@a{sv} {},)", error);
  g_autoptr (GVariant) details = NULL;
  char *verdict = NULL;

  if (reply == NULL)
    return NULL;

  g_variant_get (reply, "(s@a{sv})", &verdict, &details);
  if (ret_message != NULL)
    g_assert_true (g_variant_lookup (details, "message", "s", ret_message));
  return verdict;
}

static void
test_no_key (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;
  g_autofree char *verdict = NULL;

  expect_blocked (service, &(Expected){ "NoCredentials", "no-credentials" });
  /* The sentence says how to give one. */
  g_assert_nonnull (
      strstr (live_dbus_session_get_state_message (service->session), "GEMINI_API_KEY"));

  verdict = check_credentials (service, &message, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (verdict, ==, "missing");
  g_assert_nonnull (strstr (message, "GEMINI_API_KEY"));
}

static void
test_wrong_key (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *verdict = NULL;
  g_autofree char *log = NULL;

  expect_blocked (service, &(Expected){ "CredentialsRejected", "rejected-credentials" });
  verdict = check_credentials (service, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (verdict, ==, "rejected");
  log = service_read_log (service);
  g_assert_null (strstr (log, WRONG_KEY));
}

static void
test_unknown_model (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  expect_blocked (service, &(Expected){ "ModelUnavailable", "model-unavailable" });

  /* Mended by the setting alone. */
  reply = service_call (service->connection, LIVE_IFACE_SESSION, "SetModel",
                        "('gemini-2.5-flash-native-audio-preview-12-2025',)", &error);
  g_assert_no_error (error);
  g_clear_pointer (&reply, g_variant_unref);
  reply = service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error);
  g_assert_no_error (error);
}

static void
test_refused_setup (Service *service, gconstpointer data)
{
  expect_blocked (service, &(Expected){ "BadSetup", "bad-setup" });
}

static void
test_quota (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *verdict = NULL;

  expect_blocked (service, &(Expected){ "QuotaExceeded", "quota" });
  verdict = check_credentials (service, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (verdict, ==, "quota");
}

static void
test_unreachable (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *verdict = NULL;

  verdict = check_credentials (service, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (verdict, ==, "unreachable");
  /* Left as it was found: it does not go on trying. */
  service_wait_state (service, "offline");

  g_assert_null (
      service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error));
  service_assert_error (error, "Network", NULL);
}

static void
test_good_key (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *verdict = check_credentials (service, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (verdict, ==, "ok");
  service_wait_state (service, "offline");
}

static void
test_too_many_calls (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  /* The simulator takes its time, so that all of these wait. */
  for (guint i = 0; i < 32; i++)
    g_dbus_connection_call (service->connection, LIVE_BUS_NAME, LIVE_OBJECT_PATH,
                            LIVE_IFACE_SESSION, "Connect", g_variant_new_parsed ("(@a{sv} {},)"),
                            NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  g_assert_null (
      service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error));
  service_assert_error (error, "LimitExceeded", NULL);
}

static void
test_command_line (Service *service, gconstpointer data)
{
  static const struct
  {
    const char *option, *words;
    int status;
  } rows[] = {
    { "--nonsense", "--nonsense", 2 },
    { "stray", "stray", 2 },
    { "--set=session.voice", "session.voice", 2 },
    { "--set=session.nonsense=1", "session.nonsense", 2 },
    { "--set=audio.chunk-ms=lots", "audio.chunk-ms", 2 },
    { "--set=vad.mode=telepathy", "vad.mode", 2 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *options[] = { rows[i].option, NULL };
      g_autofree char *words = NULL;
      int status = service_run_lived (service, options, &words);

      g_test_message ("%s: %s", rows[i].option, words);
      g_assert_cmpint (status, ==, rows[i].status);
      g_assert_nonnull (strstr (words, rows[i].words));
    }
}

int
main (int argc, char *argv[])
{
  static const char *const unknown_model[] = { "--set=session.model=gemini-9-imaginary", NULL };
  static const char *const dead_end[] = { "--set=endpoint.url=ws://127.0.0.1:1", NULL };
  static const ServiceParts no_key = { .no_key = TRUE };
  /* The simulator tells bad keys by how they begin. */
  static const ServiceParts wrong_key = { .key = WRONG_KEY };
  static const ServiceParts model_parts = { .options = unknown_model };
  static const ServiceParts unreachable = { .no_simulator = TRUE, .options = dead_end };
  static const ServiceParts no_lived = { .no_lived = TRUE };
  static const ServiceParts refused = {
    .scenario = CLOSING ("1007", "Invalid JSON payload received. Unknown name 'x'")
  };
  static const ServiceParts over_quota = { .key = "quota-AIzaSySpentAllOfIt000000000000" };
  static const ServiceParts slow = {
    .scenario = "{\"steps\": [{\"on\": \"setup\", \"instead\": true, \"do\": []}]}"
  };

  g_test_init (&argc, &argv, NULL);
  g_test_dbus_unset ();
#define ADD(name, parts, function)                                                                 \
  g_test_add ("/refusals/" name, Service, parts, service_set_up, function, service_tear_down)
  ADD ("wrong-arguments", NULL, test_wrong_arguments);
  ADD ("wrong-signatures", NULL, test_wrong_signatures);
  ADD ("text-has-a-limit", NULL, test_text_has_a_limit);
  ADD ("no-key", &no_key, test_no_key);
  ADD ("wrong-key", &wrong_key, test_wrong_key);
  ADD ("unknown-model", &model_parts, test_unknown_model);
  ADD ("refused-setup", &refused, test_refused_setup);
  ADD ("quota", &over_quota, test_quota);
  ADD ("unreachable", &unreachable, test_unreachable);
  ADD ("good-key", NULL, test_good_key);
  ADD ("too-many-calls", &slow, test_too_many_calls);
  ADD ("command-line", &no_lived, test_command_line);
#undef ADD
  return g_test_run ();
}
