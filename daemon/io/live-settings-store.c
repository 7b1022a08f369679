/* Owns: the snapshot in force, the overrides of this run and the watch on the file.
 * Thread: main.
 * Called by: live-app, which builds it and hands snapshots out; bus (Configure, Settings). */
#include "io/live-settings-store.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "io/live-settings-check.h"
#include "live-config.h"

struct _LiveSettingsStore
{
  LiveSettingsFile *file;
  GFileMonitor *monitor;
  guint refresh_source;
  char *complaints; /* what was last said about the file, so that it is said once */
  LiveSettings *current;
  LiveSettingsChangedFn changed_fn;
  gpointer changed_data;
  GVariant *overrides[LIVE_N_SETTINGS]; /* nullable */
  LiveSettingsOrigin origins[LIVE_N_SETTINGS];
};

/* An open setting by its name. */
static gboolean
find_setting (LiveSettingsStore *self, const char *name, LiveSetting *ret_setting, GError **error)
{
  if (!live_setting_find (name, ret_setting))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, _ ("There is no setting “%s”"),
                   name);
      return FALSE;
    }
  if (live_settings_file_is_locked (self->file, *ret_setting))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_PERMISSION_DENIED, _ ("%s is fixed by the system"),
                   name);
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_override (LiveSettingsStore *self, const char *text, GError **error)
{
  const char *equals = strchr (text, '=');
  g_autofree char *name = equals != NULL ? g_strndup (text, (gsize) (equals - text)) : NULL;
  LiveSetting setting;
  GVariant *value;

  if (equals == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” is not of the form GROUP.KEY=VALUE"), text);
      return FALSE;
    }
  if (!find_setting (self, name, &setting, error))
    return FALSE;

  value = live_settings_check_text (setting, live_settings_file_get_key (self->file, setting),
                                    equals + 1, error);
  if (value == NULL)
    return FALSE;

  g_clear_pointer (&self->overrides[setting], g_variant_unref);
  self->overrides[setting] = value;
  return TRUE;
}

/* Takes the text. */
static void
complain (LiveSettingsStore *self, char *complaints)
{
  const char *path = live_settings_file_get_path (self->file);
  gboolean is_new = g_strcmp0 (self->complaints, complaints) != 0;

  g_free (self->complaints);
  self->complaints = complaints;
  if (is_new && *complaints != '\0')
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "LIVE_FILE", path, "MESSAGE", "%s: %s",
                      path, complaints);
}

static void
build_snapshot (LiveSettingsStore *self, GKeyFile *file)
{
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  g_autoptr (LiveSettings) before = g_steal_pointer (&self->current);
  LiveSetting settings[LIVE_N_SETTINGS];
  GVariant *values[LIVE_N_SETTINGS];
  LiveChange largest;

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    {
      settings[i] = (LiveSetting) i;
      if (self->overrides[i] == NULL)
        values[i] = live_settings_file_read (self->file, file, (LiveSetting) i, &self->origins[i]);
      else
        {
          values[i] = g_variant_ref (self->overrides[i]);
          self->origins[i] = LIVE_ORIGIN_OVERRIDE;
        }
    }
  self->current = live_settings_new_with (defaults, settings, values, LIVE_N_SETTINGS);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_variant_unref (values[i]);

  largest = before != NULL ? live_settings_diff (before, self->current, NULL) : LIVE_CHANGE_NONE;
  if (largest != LIVE_CHANGE_NONE && self->changed_fn != NULL)
    self->changed_fn (self->current, largest, self->changed_data);
}

/* A file that is just being repaired keeps what was in force; one that is broken from the start
 * gives the defaults. */
static void
refresh (LiveSettingsStore *self)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GKeyFile) file = live_settings_file_load (self->file, &fault);

  if (file != NULL)
    complain (self, live_settings_file_check (self->file, file));
  else
    {
      complain (self, g_strdup_printf ("%s; going on with what was in force", fault->message));
      if (self->current != NULL)
        return;
      file = g_key_file_new ();
    }

  build_snapshot (self, file);
}

static void
on_refresh (gpointer data)
{
  LiveSettingsStore *self = data;

  self->refresh_source = 0;
  refresh (self);
}

/* Editors make several events of one edit; one look after them is enough. */
static void
on_file_changed (LiveSettingsStore *self)
{
  if (self->refresh_source == 0)
    self->refresh_source = g_idle_add_once (on_refresh, self);
}

static void
watch_file (LiveSettingsStore *self)
{
  g_autoptr (GFile) file = g_file_new_for_path (live_settings_file_get_path (self->file));

  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (self->monitor != NULL)
    g_signal_connect_swapped (self->monitor, "changed", G_CALLBACK (on_file_changed), self);
}

LiveSettingsStore *
live_settings_store_new (const LiveSettingsStoreParts *parts, GError **error)
{
  static const LiveSettingsStoreParts usual = { NULL, NULL, NULL };
  g_autoptr (LiveSettingsStore) self = g_new0 (LiveSettingsStore, 1);
  g_autofree char *user_directory =
      g_build_filename (g_get_user_config_dir (), LIVE_PROGRAM_DIR, NULL);

  parts = parts != NULL ? parts : &usual;
  self->file = live_settings_file_new (
      parts->directory != NULL ? parts->directory : user_directory,
      parts->system_directory != NULL ? parts->system_directory : LIVE_SETTINGS_SYSTEM_DIR, error);
  if (self->file == NULL)
    return NULL;

  for (guint i = 0; parts->overrides != NULL && parts->overrides[i] != NULL; i++)
    if (!read_override (self, parts->overrides[i], error))
      return NULL;

  watch_file (self);
  refresh (self);
  return g_steal_pointer (&self);
}

void
live_settings_store_free (LiveSettingsStore *self)
{
  if (self == NULL)
    return;

  g_clear_handle_id (&self->refresh_source, g_source_remove);
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  g_clear_pointer (&self->file, live_settings_file_free);
  g_clear_pointer (&self->current, live_settings_unref);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_clear_pointer (&self->overrides[i], g_variant_unref);
  g_free (self->complaints);
  g_free (self);
}

void
live_settings_store_listen (LiveSettingsStore *self,
                            LiveSettingsChangedFn changed_fn,
                            gpointer data)
{
  self->changed_fn = changed_fn;
  self->changed_data = data;
}

LiveSettings *
live_settings_store_get (LiveSettingsStore *self)
{
  return self->current;
}

const char *
live_settings_store_get_path (LiveSettingsStore *self)
{
  return live_settings_file_get_path (self->file);
}

LiveSettingsOrigin
live_settings_store_get_origin (LiveSettingsStore *self, LiveSetting setting)
{
  g_return_val_if_fail ((guint) setting < LIVE_N_SETTINGS, LIVE_ORIGIN_DEFAULT);

  return self->origins[setting];
}

gboolean
live_settings_store_is_locked (LiveSettingsStore *self, LiveSetting setting)
{
  return live_settings_file_is_locked (self->file, setting);
}

void
live_settings_store_reload (LiveSettingsStore *self)
{
  refresh (self);
}

GVariant *
live_settings_store_to_variant (LiveSettingsStore *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_variant_builder_add (&builder, "{sv}", live_setting_info ((LiveSetting) i)->name,
                           live_settings_get (self->current, (LiveSetting) i));

  return g_variant_builder_end (&builder);
}

/* Checks all of values into wanted (LIVE_N_SETTINGS long, NULL = untouched). */
static gboolean
check_values (LiveSettingsStore *self, GVariant *values, GVariant **wanted, GError **error)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) held = value;
      LiveSetting setting;

      if (!find_setting (self, name, &setting, error))
        return FALSE;

      g_clear_pointer (&wanted[setting], g_variant_unref);
      wanted[setting] = live_settings_check_value (
          setting, live_settings_file_get_key (self->file, setting), held, error);
      if (wanted[setting] == NULL)
        return FALSE;
    }

  return TRUE;
}

static GVariant *
describe_changes (GVariant *const *wanted, const gboolean *changed)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    if (wanted[i] != NULL)
      {
        const LiveSettingInfo *info = live_setting_info ((LiveSetting) i);

        g_variant_builder_add (
            &builder, "{ss}", info->name,
            live_change_to_string (changed[i] ? info->change : LIVE_CHANGE_LIVE));
      }

  return g_variant_builder_end (&builder);
}

GVariant *
live_settings_store_apply (LiveSettingsStore *self, GVariant *values, GError **error)
{
  GVariant *wanted[LIVE_N_SETTINGS] = { NULL };
  g_autoptr (LiveSettings) before = live_settings_ref (self->current);
  gboolean changed[LIVE_N_SETTINGS];
  GVariant *applied = NULL;

  if (check_values (self, values, wanted, error) &&
      live_settings_file_write (self->file, wanted, error))
    {
      /* Whoever changes a setting now means now: the override of the start has had its day. */
      for (guint i = 0; i < LIVE_N_SETTINGS; i++)
        if (wanted[i] != NULL)
          g_clear_pointer (&self->overrides[i], g_variant_unref);
      refresh (self);
      live_settings_diff (before, self->current, changed);
      applied = describe_changes (wanted, changed);
    }

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_clear_pointer (&wanted[i], g_variant_unref);
  return applied;
}
