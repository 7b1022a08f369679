/* Owns: nothing; proves which settings make a handle useless (protocol/live-setup.c).
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-setup.h"

#include <string.h>

static char *
print_with (LiveSetting setting, const char *value)
{
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  GVariant *const values[] = { g_variant_new_string (value) };
  g_autoptr (LiveSettings) settings = live_settings_new_with (defaults, &setting, values, 1);

  return live_setup_fingerprint (settings);
}

static void
test_what_counts (void)
{
  static const struct
  {
    LiveSetting setting;
    const char *value;
    gboolean is_same;
  } rows[] = {
    { LIVE_SETTING_SESSION_VOICE, "Kore", TRUE },
    { LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION, "Be brief.", TRUE },
    { LIVE_SETTING_SESSION_LANGUAGE, "de-DE", TRUE },
    { LIVE_SETTING_ENDPOINT_API_VERSION, "v1alpha", TRUE },
    { LIVE_SETTING_SESSION_MODEL, "models/gemini-3.8-live", TRUE },
    { LIVE_SETTING_SESSION_MODEL, "gemini-3.1-flash-live-preview", FALSE },
    { LIVE_SETTING_ENDPOINT_URL, "ws://127.0.0.1:1", FALSE },
    { LIVE_SETTING_ENDPOINT_BACKEND, "vertex", FALSE },
  };
  g_autofree char *usual = print_with (LIVE_SETTING_SESSION_VOICE, "");

  g_assert_cmpuint (strlen (usual), ==, 64);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *print = print_with (rows[i].setting, rows[i].value);

      g_test_message ("%s", live_setting_info (rows[i].setting)->name);
      g_assert_cmpint (g_str_equal (print, usual), ==, rows[i].is_same);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/setup-fingerprint/what-counts", test_what_counts);

  return g_test_run ();
}
