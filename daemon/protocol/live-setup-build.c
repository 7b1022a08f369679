/* Owns: what all parts of the setup share: reading wishes and saying what was left out.
 * Thread: any (pure).
 * Called by: live-setup.c and its parts. */
#include "protocol/live-setup-build.h"

#include <string.h>

#include <glib/gi18n.h>

#include "protocol/live-endpoint.h"

const char *
live_setup_build_translate (const LiveSetupWord *words, gsize n_words, const char *ours)
{
  for (gsize i = 0; i < n_words; i++)
    if (strcmp (words[i].ours, ours) == 0)
      return words[i].theirs;

  return NULL;
}

void
live_setup_build_warn (LiveSetupBuild *build, LiveSetting setting, const char *what)
{
  if (build->warnings != NULL)
    g_ptr_array_add (build->warnings,
                     g_strdup_printf ("%s: %s", live_setting_info (setting)->name, what));
}

void
live_setup_build_warn_refused (LiveSetupBuild *build, LiveSetting setting)
{
  g_autofree char *what =
      g_strdup_printf (_ ("left out, because the model %s does not take it"),
                       live_settings_get_string (build->settings, LIVE_SETTING_SESSION_MODEL));

  live_setup_build_warn (build, setting, what);
}

const char *
live_setup_build_string (LiveSetupBuild *build, LiveSetting setting)
{
  return live_settings_get_string (build->settings, setting);
}

gboolean
live_setup_build_is_set (LiveSetupBuild *build, LiveSetting setting)
{
  return live_settings_get_boolean (build->settings, setting);
}

/* A field of previews: the model has to have it, and the version has to know it. */
gboolean
live_setup_build_takes_preview (LiveSetupBuild *build, LiveSetting setting, gboolean has_model)
{
  if (!live_setup_build_is_set (build, setting))
    return FALSE;

  if (!has_model)
    {
      live_setup_build_warn_refused (build, setting);
      return FALSE;
    }
  if (!live_endpoint_has_preview_fields (build->settings))
    {
      g_autofree char *what =
          g_strdup_printf (_ ("left out, because it needs %s = auto or v1alpha"),
                           live_setting_info (LIVE_SETTING_ENDPOINT_API_VERSION)->name);

      live_setup_build_warn (build, setting, what);
      return FALSE;
    }

  return TRUE;
}

void
live_setup_build_write_int (LiveSetupBuild *build, LiveSetting setting, const char *name)
{
  gint32 value = live_settings_get_int (build->settings, setting);

  if (value >= 0)
    live_json_writer_integer (&build->writer, name, value);
}
