/* Owns: the proof of who is let in, what is refused, the control channel and the command line.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include <string.h>

#include <gio/gio.h>

#include "sim-rig.h"

#define MODEL "gemini-3.8-live"
#define SETUP                                                                                      \
  "{\"setup\":{\"model\":\"models/" MODEL "\",\"generationConfig\":"                               \
  "{\"responseModalities\":[\"AUDIO\"]}}}"

typedef struct
{
  const char *name, *path, *key;
  guint status; /* of the upgrade; 101 = let in */
  guint code;   /* 0 = setupComplete */
  const char *reason;
} KeyRow;

static const KeyRow key_rows[] = {
  { "any", SIM_PATH_BETA, "whatever", 101, 0, NULL },
  { "missing", SIM_PATH_BETA, NULL, 101, 1007, "API Key not found." },
  { "bad", SIM_PATH_BETA, "bad-one", 101, 1007, "API key not valid. Please pass a valid API key." },
  { "expired", SIM_PATH_BETA, "expired-one", 101, 1007, "API key expired." },
  { "quota", SIM_PATH_BETA, "quota-is-gone", 101, 1011, "You exceeded your current quota" },
  { "query", SIM_PATH_BETA "?key=whatever", NULL, 101, 0, NULL },
  { "bad-query", SIM_PATH_BETA "?key=bad", NULL, 101, 1007, "API key not valid." },
  { "alpha", SIM_PATH_ALPHA, "whatever", 101, 0, NULL },
  { "token", SIM_PATH_ALPHA "Constrained?access_token=auth_tokens/x", NULL, 101, 0, NULL },
  { "token-bad", SIM_PATH_ALPHA "Constrained?access_token=auth_tokens/bad", NULL, 101, 1007,
    "API key not valid." },
  { "token-malformed", SIM_PATH_ALPHA "Constrained?access_token=x", NULL, 101, 1007, "API key" },
  { "token-on-plain", SIM_PATH_BETA "?access_token=auth_tokens/x", NULL, 101, 1007,
    "API key not valid." },
  { "vertex-without", SIM_PATH_VERTEX, NULL, 401, 0, NULL },
  { "vertex-bad", SIM_PATH_VERTEX, "bad", 401, 0, NULL },
  { "no-such-version", "/ws/google.ai.generativelanguage.v2.GenerativeService.BidiGenerateContent",
    "whatever", 404, 0, NULL },
  { "no-such-path", "/ws/other", "whatever", 404, 0, NULL },
};

static void
test_key (gconstpointer data)
{
  const KeyRow *row = data;
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  guint status = 0;
  g_autoptr (SimPeer) peer = sim_peer_try (rig, row->path, row->key, &status);

  g_assert_cmpuint (status, ==, row->status);
  g_assert_true ((peer != NULL) == (status == 101));
  if (peer == NULL)
    return;
  sim_peer_send (peer, SETUP);
  if (row->code == 0)
    sim_peer_expect (peer, "setupComplete");
  else
    sim_peer_expect_close (peer, row->code, row->reason);
}

typedef struct
{
  const char *name;
  const char *messages[3];
  guint code;
  const char *reason;
} WrongRow;

static const WrongRow wrong_rows[] = {
  { "unknown-model",
    { "{\"setup\":{\"model\":\"models/gemini-9\"}}" },
    1008,
    "models/gemini-9 is not found for API version v1beta, or is not supported for "
    "bidiGenerateContent. Call ListMod" },
  { "unknown-field",
    { "{\"setup\":{\"modle\":\"x\"}}" },
    1007,
    "Invalid JSON payload received. Unknown name \"modle\" at 'setup': Cannot find field." },
  { "text-modality",
    { "{\"setup\":{\"model\":\"models/" MODEL "\",\"generationConfig\":{\"responseModalities\":"
      "[\"TEXT\"]}}}" },
    1007,
    "The requested combination of response modalities (TEXT) is not supported by the model." },
  { "not-setup-first",
    { "{\"realtimeInput\":{\"text\":\"x\"}}" },
    1007,
    "setup must be the first" },
  { "setup-twice", { SETUP, SETUP }, 1007, "Request contains an invalid argument." },
  { "no-json", { "hello" }, 1007, "Invalid JSON payload received." },
  { "empty", { "{}" }, 1007, "Request contains an invalid argument." },
  { "two-members",
    { SETUP, "{\"clientContent\":{},\"toolResponse\":{}}" },
    1007,
    "Invalid value (oneof)" },
  { "activity-with-automatic",
    { SETUP, "{\"realtimeInput\":{\"activityStart\":{}}}" },
    1007,
    "Explicit activity control is not supported" },
  { "wrong-mime",
    { SETUP, "{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/mp3\",\"data\":\"AAAA\"}}}" },
    1007,
    "Request contains an invalid argument." },
  { "wrong-rate",
    { SETUP,
      "{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm;rate=7\",\"data\":\"AAAA\"}}}" },
    1007,
    "Request contains an invalid argument." },
  { "wrong-image",
    { SETUP, "{\"realtimeInput\":{\"video\":{\"mimeType\":\"image/gif\",\"data\":\"AAAA\"}}}" },
    1007,
    "Request contains an invalid argument." },
  { "wrong-role",
    { SETUP, "{\"clientContent\":{\"turns\":[{\"role\":\"system\",\"parts\":[]}]}}" },
    1007,
    "Please use a valid role: user, model." },
  { "answer-without-id",
    { SETUP, "{\"toolResponse\":{\"functionResponses\":[{\"name\":\"x\",\"response\":{}}]}}" },
    1007,
    "Request contains an invalid argument." },
};

static void
test_wrong (gconstpointer data)
{
  const WrongRow *row = data;
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open (rig);
  g_autoptr (JsonObject) state = NULL;

  for (guint i = 0; row->messages[i] != NULL; i++)
    {
      sim_peer_send (peer, row->messages[i]);
      if (row->messages[i + 1] != NULL)
        sim_peer_expect (peer, "setupComplete");
    }
  sim_peer_expect_close (peer, row->code, row->reason);
  state = sim_rig_wait (rig, "closed=1");
  g_assert_cmpint (json_object_get_int_member (state, "violations"), ==, 1);
}

static void
test_http_refusal (void)
{
  g_autoptr (SimRig) rig = sim_rig_start_scenario (
      "{\"steps\":[{\"on\":\"upgrade\",\"connection\":1,\"do\":{\"http\":429,\"body\":\"full\","
      "\"headers\":{\"Retry-After\":\"7\"}}}]}");
  guint status = 0;
  g_autoptr (SimPeer) peer = NULL;

  g_assert_null (sim_peer_try (rig, SIM_PATH_BETA, "k", &status));
  g_assert_cmpuint (status, ==, 429);

  json_object_unref (sim_rig_ask (rig, "/simulator/refuse", "{\"status\":503,\"count\":2}", NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_assert_null (sim_peer_try (rig, SIM_PATH_BETA, "k", &status));
      g_assert_cmpuint (status, ==, 503);
    }
  peer = sim_peer_open_live (rig, MODEL, NULL);
  json_object_unref (sim_rig_wait (rig, "refused=3&connections=1"));
}

static void
test_control (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  static const struct
  {
    const char *path, *body;
    guint status;
  } rows[] = {
    { "/simulator/wait", NULL, 400 },
    { "/simulator/wait?moons=1", NULL, 400 },
    { "/simulator/wait?turns=1&timeout_ms=1", NULL, 408 },
    { "/simulator/wait?turns=0", NULL, 200 },
    { "/simulator/inject", NULL, 405 },
    { "/simulator/inject", "{", 400 },
    { "/simulator/inject", "{\"explode\":true}", 400 },
    { "/simulator/inject", "{\"abort\":true}", 409 },
    { "/simulator/inject", "[{\"hears\":[\"x\"]},{\"forget_handles\":true}]", 200 },
    { "/simulator/hold", "[]", 400 },
    { "/simulator/refuse", "{}", 400 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint status = 0;

      g_test_message ("%s %s", rows[i].path, rows[i].body != NULL ? rows[i].body : "");
      json_object_unref (sim_rig_ask (rig, rows[i].path, rows[i].body, &status));
      g_assert_cmpuint (status, ==, rows[i].status);
    }
}

static void
test_command_line (void)
{
  static const struct
  {
    const char *arguments[4];
    int status;
    const char *said;
  } rows[] = {
    { { "--help" }, 0, "--scenario" },
    { { "--version" }, 0, "live-simulator " },
    { { "--moon" }, 2, "--moon" },
    { { "extra" }, 2, "extra" },
    { { "--port", "70000" }, 2, "70000" },
    { { "--profile", "moon" }, 2, "moon" },
    { { "--speed", "0" }, 2, "speed" },
    { { "--speed", "-3" }, 2, "speed" },
    { { "--reply-delay", "-1" }, 2, "reply_delay_ms" },
    { { "--scenario", "/nonexistent" }, 2, "/nonexistent" },
    { { "--record", "/nonexistent/x" }, 2, "/nonexistent/x" },
    { { "--dump-audio", "/proc/x" }, 2, "/proc/x" },
    { { "--speak", "x" }, 2, "--output" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
      g_autoptr (GSubprocess) process = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *said = NULL;

      g_ptr_array_add (arguments, (gpointer) g_getenv ("LIVE_SIMULATOR"));
      for (guint k = 0; k < 4; k++)
        g_ptr_array_add (arguments, (gpointer) rows[i].arguments[k]);
      g_ptr_array_add (arguments, NULL);
      process = g_subprocess_newv ((const char *const *) arguments->pdata,
                                   G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
                                   &error);
      g_assert_no_error (error);
      g_subprocess_communicate_utf8 (process, NULL, NULL, &said, NULL, &error);
      g_assert_no_error (error);
      g_test_message ("%s: %s", rows[i].arguments[0], said);
      g_assert_cmpint (g_subprocess_get_exit_status (process), ==, rows[i].status);
      g_assert_nonnull (strstr (said, rows[i].said));
    }
}

/* --port takes that port, and a second one cannot have it. */
static void
test_port (void)
{
  g_autoptr (GSubprocess) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *port = NULL, *said = NULL;
  SimRig *rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimRig) again = NULL;

  port = g_strdup_printf ("%u", sim_rig_get_port (rig));
  second = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
                             &error, g_getenv ("LIVE_SIMULATOR"), "--port", port, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (second, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (second), ==, 1);
  g_assert_nonnull (strstr (said, port));
  sim_rig_stop (rig);

  again = sim_rig_start ("--port", port, NULL);
  g_assert_cmpuint (sim_rig_get_port (again), ==, g_ascii_strtoull (port, NULL, 10));
}

static void
test_statuses (void)
{
  static const guint statuses[] = { 401, 403, 404, 429, 503 };
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (JsonObject) state = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *body = g_strdup_printf (
          "{\"status\":%u,\"body\":\"{}\",\"headers\":{\"Retry-After\":\"2\"}}", statuses[i]);
      guint status = 0;

      json_object_unref (sim_rig_ask (rig, "/simulator/refuse", body, NULL));
      g_assert_null (sim_peer_try (rig, SIM_PATH_BETA, "good", &status));
      g_assert_cmpuint (status, ==, statuses[i]);
    }
  state = sim_rig_ask (rig, "/simulator/state", NULL, NULL);
  g_assert_cmpint (json_object_get_int_member (state, "refused"), ==, G_N_ELEMENTS (statuses));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (key_rows); i++)
    {
      g_autofree char *path = g_strconcat ("/simulator-doors/key/", key_rows[i].name, NULL);

      g_test_add_data_func (path, &key_rows[i], test_key);
    }
  for (guint i = 0; i < G_N_ELEMENTS (wrong_rows); i++)
    {
      g_autofree char *path = g_strconcat ("/simulator-doors/wrong/", wrong_rows[i].name, NULL);

      g_test_add_data_func (path, &wrong_rows[i], test_wrong);
    }
  g_test_add_func ("/simulator-doors/http-refusal", test_http_refusal);
  g_test_add_func ("/simulator-doors/control", test_control);
  g_test_add_func ("/simulator-doors/command-line", test_command_line);
  g_test_add_func ("/simulator-doors/port", test_port);
  g_test_add_func ("/simulator-doors/statuses", test_statuses);
  return g_test_run ();
}
