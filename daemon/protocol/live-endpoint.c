/* Owns: the making of URL, headers and model name.
 * Thread: any (pure).
 * Called by: core/live-link.c before each dial; live-setup.c for the model's name. */
#include "protocol/live-endpoint.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "live-config.h"

#define GEMINI_SERVICE "/ws/google.ai.generativelanguage.%s.GenerativeService.%s"
#define VERTEX_SERVICE "/ws/google.cloud.aiplatform.%s.LlmBidiService/BidiGenerateContent"

static gboolean
is_vertex (LiveSettings *settings)
{
  return strcmp (live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_BACKEND), "vertex") == 0;
}

static gboolean
fail (GError **error, LiveSetting setting, const char *what)
{
  g_set_error (error, LIVE_ERROR, LIVE_ERROR_BAD_SETUP, "%s: %s", live_setting_info (setting)->name,
               what);
  return FALSE;
}

/* A wish for these fields, if the model has them, needs the version that knows them (1.1). */
static gboolean
wants_preview (LiveSettings *settings, const LiveProfile *profile)
{
  return (profile->has_affective_dialog &&
          live_settings_get_boolean (settings, LIVE_SETTING_SESSION_AFFECTIVE_DIALOG)) ||
         (profile->has_proactive_audio &&
          live_settings_get_boolean (settings, LIVE_SETTING_SESSION_PROACTIVE_AUDIO));
}

/* Ephemeral tokens: the SDKs use v1alpha, the documents say v1beta, both work (section 14). */
static const char *
choose_version (LiveSettings *settings, const LiveProfile *profile, LiveCredentialKind kind)
{
  const char *version = live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_API_VERSION);

  if (strcmp (version, "auto") != 0)
    return version;
  if (is_vertex (settings))
    return "v1beta1";

  return kind == LIVE_CREDENTIAL_EPHEMERAL || wants_preview (settings, profile) ? "v1alpha"
                                                                                : "v1beta";
}

gboolean
live_endpoint_has_preview_fields (LiveSettings *settings)
{
  const char *version = live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_API_VERSION);

  return is_vertex (settings) || strcmp (version, "auto") == 0 || strcmp (version, "v1alpha") == 0;
}

static gboolean
is_plain_name (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr ("-_.:", *text) == NULL)
      return FALSE;

  return TRUE;
}

/* Scheme, host, port and path of the setting, with a WebSocket scheme and no slash at the end. */
static char *
build_base (LiveSettings *settings, GError **error)
{
  static const struct
  {
    const char *scheme, *socket_scheme;
  } schemes[] = { { "wss", "wss" }, { "https", "wss" }, { "ws", "ws" }, { "http", "ws" } };
  const char *text = live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_URL);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_ENCODED, NULL);
  const char *scheme = NULL;
  char *base;

  for (guint i = 0; uri != NULL && i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strcasecmp (g_uri_get_scheme (uri), schemes[i].scheme) == 0)
      scheme = schemes[i].socket_scheme;

  if (scheme == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    {
      fail (error, LIVE_SETTING_ENDPOINT_URL,
            _ ("not an address that begins with wss, ws, https or http and names a host"));
      return NULL;
    }
  /* Queries end up in logs; whoever writes a key there must hear of it. */
  if (g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL ||
      g_uri_get_userinfo (uri) != NULL)
    {
      fail (error, LIVE_SETTING_ENDPOINT_URL, _ ("no user name, query or fragment belongs here"));
      return NULL;
    }

  base = g_uri_join (G_URI_FLAGS_ENCODED, scheme, NULL, g_uri_get_host (uri), g_uri_get_port (uri),
                     g_uri_get_path (uri), NULL, NULL);
  while (g_str_has_suffix (base, "/"))
    base[strlen (base) - 1] = '\0';
  return base;
}

/* The default URL is Gemini's; with Vertex it stands for the host of the location (2.1). */
static char *
build_vertex_base (LiveSettings *settings, GError **error)
{
  const char *location = live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_LOCATION);
  GVariant *url = live_settings_get (settings, LIVE_SETTING_ENDPOINT_URL);
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();

  if (!g_variant_equal (url, live_settings_get (defaults, LIVE_SETTING_ENDPOINT_URL)))
    return build_base (settings, error);

  if (*location == '\0' || !is_plain_name (location))
    {
      fail (error, LIVE_SETTING_ENDPOINT_LOCATION, _ ("not the name of a location"));
      return NULL;
    }
  if (strcmp (location, "global") == 0)
    return g_strdup ("wss://aiplatform.googleapis.com");
  if (strcmp (location, "us") == 0 || strcmp (location, "eu") == 0)
    return g_strdup_printf ("wss://aiplatform.%s.rep.googleapis.com", location);

  return g_strdup_printf ("wss://%s-aiplatform.googleapis.com", location);
}

static gboolean
check_secret (const char *secret, GError **error)
{
  if (secret == NULL || *secret == '\0')
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS, _ ("No key was given"));
      return FALSE;
    }

  /* A header ends at a line break: what follows would be a header of its own. */
  for (; *secret != '\0'; secret++)
    if (!g_ascii_isgraph (*secret))
      {
        g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_CREDENTIALS_REJECTED,
                             _ ("The key holds a space, a line break or another character that no "
                                "key has"));
        return FALSE;
      }

  return TRUE;
}

static char **
build_headers (LiveCredentialKind kind, const char *secret)
{
  GPtrArray *headers = g_ptr_array_new ();

  g_ptr_array_add (headers, g_strdup ("User-Agent"));
  g_ptr_array_add (headers, g_strdup ("lived/" LIVE_VERSION));
  switch (kind)
    {
    case LIVE_CREDENTIAL_API_KEY:
      g_ptr_array_add (headers, g_strdup ("x-goog-api-key"));
      g_ptr_array_add (headers, g_strdup (secret));
      break;
    case LIVE_CREDENTIAL_EPHEMERAL:
      g_ptr_array_add (headers, g_strdup ("Authorization"));
      g_ptr_array_add (headers, g_strconcat ("Token ", secret, NULL));
      break;
    case LIVE_CREDENTIAL_BEARER:
      g_ptr_array_add (headers, g_strdup ("Authorization"));
      g_ptr_array_add (headers, g_strconcat ("Bearer ", secret, NULL));
      break;
    }
  g_ptr_array_add (headers, NULL);

  return (char **) g_ptr_array_free (headers, FALSE);
}

static gboolean
check_vertex (LiveSettings *settings, LiveCredentialKind kind, GError **error)
{
  const char *project = live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_PROJECT);

  if (kind == LIVE_CREDENTIAL_EPHEMERAL)
    return fail (error, LIVE_SETTING_ENDPOINT_BACKEND,
                 _ ("ephemeral tokens belong to the gemini backend"));
  /* With a key (express mode) the project is known by the key. */
  if (*project == '\0' && kind == LIVE_CREDENTIAL_BEARER)
    return fail (error, LIVE_SETTING_ENDPOINT_PROJECT, _ ("the vertex backend needs a project"));
  if (!is_plain_name (project))
    return fail (error, LIVE_SETTING_ENDPOINT_PROJECT, _ ("not the name of a project"));

  return TRUE;
}

gboolean
live_endpoint_build (LiveSettings *settings,
                     const LiveProfile *profile,
                     LiveCredentialKind kind,
                     const char *secret,
                     char **ret_url,
                     char ***ret_headers,
                     GError **error)
{
  const char *version = choose_version (settings, profile, kind);
  g_autofree char *base = NULL;
  g_autofree char *service = NULL;

  if (is_vertex (settings))
    {
      if (!check_vertex (settings, kind, error))
        return FALSE;
      base = build_vertex_base (settings, error);
      service = g_strdup_printf (VERTEX_SERVICE, version);
    }
  else
    {
      base = build_base (settings, error);
      service =
          g_strdup_printf (GEMINI_SERVICE, version,
                           kind == LIVE_CREDENTIAL_EPHEMERAL ? "BidiGenerateContentConstrained"
                                                             : "BidiGenerateContent");
    }

  if (base == NULL || !check_secret (secret, error))
    return FALSE;

  *ret_url = g_strconcat (base, service, NULL);
  *ret_headers = build_headers (kind, secret);
  return TRUE;
}

void
live_endpoint_clear_headers (char ***headers)
{
  if (*headers == NULL)
    return;

  for (char **at = *headers; *at != NULL; at++)
    explicit_bzero (*at, strlen (*at));
  g_clear_pointer (headers, g_strfreev);
}

char *
live_endpoint_model_name (LiveSettings *settings)
{
  const char *model = live_settings_get_string (settings, LIVE_SETTING_SESSION_MODEL);
  const char *project = live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_PROJECT);
  const char *location = live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_LOCATION);

  if (!is_vertex (settings))
    return strchr (model, '/') != NULL ? g_strdup (model) : g_strconcat ("models/", model, NULL);

  if (g_str_has_prefix (model, "models/"))
    model += strlen ("models/");
  if (strchr (model, '/') != NULL)
    return g_strdup (model);
  if (*project == '\0')
    return g_strconcat ("publishers/google/models/", model, NULL);

  return g_strdup_printf ("projects/%s/locations/%s/publishers/google/models/%s", project, location,
                          model);
}
