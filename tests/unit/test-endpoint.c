/* Owns: nothing; proves protocol/live-endpoint.c.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-endpoint.h"

#include <string.h>

#include "base/live-error.h"

#define SECRET "AIza-secret"

/* Settings as "group.key=value" lines; all of them strings or booleans. */
static LiveSettings *
settings_of (const char *const *lines)
{
  LiveSettings *settings = live_settings_new_defaults ();

  for (guint i = 0; i < 4 && lines[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (lines[i], "=", 2);
      LiveSettings *next;
      LiveSetting setting;
      GVariant *value;

      g_assert_true (live_setting_find (pair[0], &setting));
      value = strcmp (live_setting_info (setting)->type, "b") == 0
                  ? g_variant_new_boolean (strcmp (pair[1], "true") == 0)
                  : g_variant_new_string (pair[1]);
      next = live_settings_new_with (settings, &setting, &value, 1);
      live_settings_unref (settings);
      settings = next;
    }

  return settings;
}

static gboolean
build (LiveSettings *settings,
       LiveCredentialKind kind,
       const char *secret,
       char **ret_url,
       char ***ret_headers,
       GError **error)
{
  g_autoptr (LiveProfiles) profiles = live_profiles_new (NULL, NULL, NULL);
  const char *model = live_settings_get_string (settings, LIVE_SETTING_SESSION_MODEL);

  return live_endpoint_build (settings, live_profiles_find (profiles, model), kind, secret, ret_url,
                              ret_headers, error);
}

#define GEMINI "/ws/google.ai.generativelanguage."
#define BIDI ".GenerativeService.BidiGenerateContent"
#define VERTEX "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"
#define KEY LIVE_CREDENTIAL_API_KEY
#define TOKEN LIVE_CREDENTIAL_EPHEMERAL
#define BEARER LIVE_CREDENTIAL_BEARER

static void
test_urls (void)
{
  static const struct
  {
    const char *lines[4];
    LiveCredentialKind kind;
    const char *url;
  } rows[] = {
    { { NULL }, KEY, "wss://generativelanguage.googleapis.com" GEMINI "v1beta" BIDI },
    { { NULL },
      TOKEN,
      "wss://generativelanguage.googleapis.com" GEMINI "v1alpha" BIDI "Constrained" },
    { { "endpoint.api-version=v1beta" },
      TOKEN,
      "wss://generativelanguage.googleapis.com" GEMINI "v1beta" BIDI "Constrained" },
    { { "endpoint.api-version=v1alpha" },
      KEY,
      "wss://generativelanguage.googleapis.com" GEMINI "v1alpha" BIDI },
    /* A wish for a preview field takes the version that has it, if the model does. */
    { { "session.model=gemini-2.5-flash-native-audio-latest", "session.affective-dialog=true" },
      KEY,
      "wss://generativelanguage.googleapis.com" GEMINI "v1alpha" BIDI },
    { { "session.model=gemini-2.5-flash-native-audio-latest", "session.proactive-audio=true" },
      KEY,
      "wss://generativelanguage.googleapis.com" GEMINI "v1alpha" BIDI },
    { { "session.affective-dialog=true" },
      KEY,
      "wss://generativelanguage.googleapis.com" GEMINI "v1beta" BIDI },
    /* Hosts of one's own. */
    { { "endpoint.url=ws://127.0.0.1:8080" }, KEY, "ws://127.0.0.1:8080" GEMINI "v1beta" BIDI },
    { { "endpoint.url=http://localhost:8080/" }, KEY, "ws://localhost:8080" GEMINI "v1beta" BIDI },
    { { "endpoint.url=https://example.org/live/api//" },
      KEY,
      "wss://example.org/live/api" GEMINI "v1beta" BIDI },
    { { "endpoint.url=WSS://Example.org" }, KEY, "wss://Example.org" GEMINI "v1beta" BIDI },
    { { "endpoint.url=ws://[::1]:9" }, KEY, "ws://[::1]:9" GEMINI "v1beta" BIDI },
    /* Vertex. */
    { { "endpoint.backend=vertex", "endpoint.project=p" },
      BEARER,
      "wss://aiplatform.googleapis.com" VERTEX },
    { { "endpoint.backend=vertex", "endpoint.project=p", "endpoint.location=europe-west4" },
      BEARER,
      "wss://europe-west4-aiplatform.googleapis.com" VERTEX },
    { { "endpoint.backend=vertex", "endpoint.project=p", "endpoint.location=eu" },
      BEARER,
      "wss://aiplatform.eu.rep.googleapis.com" VERTEX },
    { { "endpoint.backend=vertex" }, KEY, "wss://aiplatform.googleapis.com" VERTEX },
    { { "endpoint.backend=vertex", "endpoint.project=p", "endpoint.url=ws://127.0.0.1:1" },
      BEARER,
      "ws://127.0.0.1:1" VERTEX },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LiveSettings) settings = settings_of (rows[i].lines);
      g_autoptr (GError) error = NULL;
      g_autofree char *url = NULL;
      char **headers = NULL;

      g_assert_true (build (settings, rows[i].kind, SECRET, &url, &headers, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (url, ==, rows[i].url);
      g_assert_null (strstr (url, SECRET));
      live_endpoint_clear_headers (&headers);
      g_assert_null (headers);
    }
}

static const char *
find_header (char **headers, const char *name)
{
  for (guint i = 0; headers[i] != NULL; i += 2)
    if (g_ascii_strcasecmp (headers[i], name) == 0)
      return headers[i + 1];

  return NULL;
}

static void
test_headers (void)
{
  static const struct
  {
    LiveCredentialKind kind;
    const char *secret, *key, *authorization;
  } rows[] = {
    { KEY, SECRET, SECRET, NULL },
    { TOKEN, "auth_tokens/abc", NULL, "Token auth_tokens/abc" },
    { BEARER, "ya29.x", NULL, "Bearer ya29.x" },
  };
  g_autoptr (LiveSettings) settings = live_settings_new_defaults ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *url = NULL;
      char **headers = NULL;

      g_assert_true (build (settings, rows[i].kind, rows[i].secret, &url, &headers, NULL));
      g_assert_cmpstr (find_header (headers, "x-goog-api-key"), ==, rows[i].key);
      g_assert_cmpstr (find_header (headers, "Authorization"), ==, rows[i].authorization);
      g_assert_true (g_str_has_prefix (find_header (headers, "User-Agent"), "lived/"));
      live_endpoint_clear_headers (&headers);
    }
}

static void
test_refused (void)
{
  static const struct
  {
    const char *lines[4];
    LiveCredentialKind kind;
    const char *secret;
    LiveErrorCode code;
    const char *words;
  } rows[] = {
    { { "endpoint.url=" }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.url=localhost:80" }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.url=ftp://example.org" }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.url=wss://" }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.url=wss://host:port" }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.url=wss://h?key=" SECRET }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.url=wss://h/#x" }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.url=wss://" SECRET "@h" }, KEY, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.url" },
    { { "endpoint.backend=vertex" }, BEARER, SECRET, LIVE_ERROR_BAD_SETUP, "endpoint.project" },
    { { "endpoint.backend=vertex", "endpoint.project=a/b" },
      BEARER,
      SECRET,
      LIVE_ERROR_BAD_SETUP,
      "endpoint.project" },
    { { "endpoint.backend=vertex", "endpoint.project=p", "endpoint.location=evil.org/" },
      BEARER,
      SECRET,
      LIVE_ERROR_BAD_SETUP,
      "endpoint.location" },
    { { "endpoint.backend=vertex", "endpoint.project=p", "endpoint.location=" },
      BEARER,
      SECRET,
      LIVE_ERROR_BAD_SETUP,
      "endpoint.location" },
    { { "endpoint.backend=vertex", "endpoint.project=p" },
      TOKEN,
      SECRET,
      LIVE_ERROR_BAD_SETUP,
      "endpoint.backend" },
    { { NULL }, KEY, NULL, LIVE_ERROR_NO_CREDENTIALS, "" },
    { { NULL }, KEY, "", LIVE_ERROR_NO_CREDENTIALS, "" },
    { { NULL }, KEY, SECRET "\r\nHost: x", LIVE_ERROR_CREDENTIALS_REJECTED, "" },
    { { NULL }, KEY, SECRET " x", LIVE_ERROR_CREDENTIALS_REJECTED, "" },
    { { NULL }, KEY, SECRET "ß", LIVE_ERROR_CREDENTIALS_REJECTED, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LiveSettings) settings = settings_of (rows[i].lines);
      g_autoptr (GError) error = NULL;
      char *url = NULL;
      char **headers = NULL;

      g_assert_false (build (settings, rows[i].kind, rows[i].secret, &url, &headers, &error));
      g_assert_error (error, LIVE_ERROR, (int) rows[i].code);
      g_assert_nonnull (strstr (error->message, rows[i].words));
      g_assert_null (strstr (error->message, SECRET));
      g_assert_null (url);
      g_assert_null (headers);
    }
}

static void
test_model_names (void)
{
  static const struct
  {
    const char *lines[4];
    const char *name;
  } rows[] = {
    { { NULL }, "models/gemini-3.8-live" },
    { { "session.model=models/gemini-x" }, "models/gemini-x" },
    { { "session.model=tunedModels/x" }, "tunedModels/x" },
    { { "endpoint.backend=vertex", "endpoint.project=p", "endpoint.location=us-central1" },
      "projects/p/locations/us-central1/publishers/google/models/gemini-3.8-live" },
    { { "endpoint.backend=vertex", "session.model=models/x" }, "publishers/google/models/x" },
    { { "endpoint.backend=vertex", "session.model=projects/a/b/c" }, "projects/a/b/c" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LiveSettings) settings = settings_of (rows[i].lines);
      g_autofree char *name = live_endpoint_model_name (settings);

      g_assert_cmpstr (name, ==, rows[i].name);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/endpoint/urls", test_urls);
  g_test_add_func ("/endpoint/headers", test_headers);
  g_test_add_func ("/endpoint/refused", test_refused);
  g_test_add_func ("/endpoint/model-names", test_model_names);

  return g_test_run ();
}
