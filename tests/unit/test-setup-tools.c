/* Owns: nothing; proves protocol/live-setup-tools.c.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-setup.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define M25 "gemini-2.5-flash-native-audio-latest"
#define M31 "gemini-3.1-flash-live-preview"
#define M38 "gemini-3.8-live"
#define MET "gemini-3.8-live-extended-thinking"
#define TRANSCRIBE "gemini-3.5-transcribe-live"

static const char tools[] =
    "[{\"name\":\"set_lamp\",\"description\":\"Switch a \\\"lamp\\\"\",\"parameters\":"
    "{\"type\":\"object\",\"properties\":{\"level\":{\"type\":\"number\",\"maximum\":1.10}},"
    "\"additionalProperties\":false}},{\"name\":\"tell_time\"}]";

static LiveProfiles *profiles;

static LiveSettings *
settings_of (const char *model, gboolean wants_search)
{
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  static const LiveSetting which[] = { LIVE_SETTING_SESSION_MODEL,
                                       LIVE_SETTING_SESSION_GOOGLE_SEARCH };
  GVariant *const values[] = { g_variant_new_string (model), g_variant_new_boolean (wants_search) };

  return live_settings_new_with (defaults, which, values, G_N_ELEMENTS (which));
}

static char *
build (LiveSettings *settings, const char *tools_json, GPtrArray *warnings)
{
  LiveSetupInput input = {
    .settings = settings,
    .profile = live_profiles_find (profiles,
                                   live_settings_get_string (settings, LIVE_SETTING_SESSION_MODEL)),
    .tools_json = tools_json,
  };
  g_autoptr (GError) error = NULL;
  char *text = live_setup_build (&input, warnings, &error);

  g_assert_no_error (error);
  return text;
}

/* What stands at a path such as "$.setup.model", as compact JSON; "" for nothing. */
static char *
query (const char *text, const char *path)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  g_autoptr (JsonNode) found = NULL;
  g_autofree char *list = NULL;

  g_assert_nonnull (root);
  found = json_path_query (path, root, NULL);
  g_assert_nonnull (found);
  list = json_to_string (found, FALSE);
  return g_strndup (list + 1, strlen (list) - 2);
}

static void
test_tools (void)
{
  g_autoptr (LiveSettings) settings = settings_of (M38, FALSE);
  g_autofree char *text = build (settings, tools, NULL);
  g_autofree char *found = query (text, "$.setup.tools");

  /* Untouched: 1.10 stays 1.10. */
  g_assert_nonnull (strstr (text, "\"parametersJsonSchema\":{\"type\":\"object\",\"properties\":"
                                  "{\"level\":{\"type\":\"number\",\"maximum\":1.10}},"
                                  "\"additionalProperties\":false}"));
  g_assert_null (strstr (text, "\"parameters\""));
  g_assert_nonnull (strstr (found, "\"name\":\"tell_time\"}"));
}

static void
test_behaviors (void)
{
  static const struct
  {
    const char *model, *wish, *written;
    gboolean warns;
  } rows[] = {
    { M25, "BLOCKING", "", FALSE },
    { M25, "NON_BLOCKING", "\"NON_BLOCKING\"", FALSE },
    { M31, "BLOCKING", "", FALSE },
    { M31, "NON_BLOCKING", "", TRUE },
    { M38, "blocking", "\"BLOCKING\"", FALSE },
    { M38, "NON_BLOCKING", "", FALSE },
    { MET, "BLOCKING", "", TRUE },
    { MET, "NON_BLOCKING", "", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LiveSettings) settings = settings_of (rows[i].model, FALSE);
      g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *declared =
          g_strdup_printf ("[{\"name\":\"f\",\"behavior\":\"%s\"}]", rows[i].wish);
      g_autofree char *text = build (settings, declared, warnings);
      g_autofree char *found = query (text, "$.setup.tools[0].functionDeclarations[0].behavior");

      g_assert_cmpstr (found, ==, rows[i].written);
      g_assert_cmpuint (warnings->len, ==, rows[i].warns ? 1 : 0);
    }
}

static void
test_search_and_tools (void)
{
  g_autoptr (LiveSettings) new_model = settings_of (M38, TRUE);
  g_autoptr (LiveSettings) old_model = settings_of (M25, TRUE);
  g_autoptr (LiveSettings) deaf_model = settings_of (TRANSCRIBE, TRUE);
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *both = build (new_model, tools, warnings);
  g_autofree char *one = NULL;
  g_autofree char *none = NULL;

  g_assert_cmpuint (warnings->len, ==, 0);
  g_assert_nonnull (strstr (both, "{\"googleSearch\":{}}"));
  one = build (old_model, tools, warnings);
  g_assert_cmpuint (warnings->len, ==, 1);
  g_assert_null (strstr (one, "googleSearch"));
  g_assert_nonnull (strstr (one, "functionDeclarations"));
  none = build (deaf_model, tools, warnings);
  g_assert_cmpuint (warnings->len, ==, 3);
  g_assert_null (strstr (none, "\"tools\""));
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  profiles = live_profiles_new (NULL, NULL, NULL);

  g_test_add_func ("/setup-tools/declarations", test_tools);
  g_test_add_func ("/setup-tools/behaviors", test_behaviors);
  g_test_add_func ("/setup-tools/search", test_search_and_tools);

  result = g_test_run ();
  live_profiles_free (profiles);
  return result;
}
