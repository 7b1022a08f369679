/* Owns: the schema's keys and the knowledge of the three files that hold values.
 * Thread: main. The files are small and are read and written where they are asked for.
 * Called by: live-settings-store.c. */
/* The keyfile backend is public, but its header wants to be asked for. */
#define G_SETTINGS_ENABLE_BACKEND

#include "io/live-settings-file.h"

#include <errno.h>
#include <stdlib.h>

#include <gio/gsettingsbackend.h>
#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "io/live-settings-check.h"
#include "live-config.h"

struct _LiveSettingsFile
{
  char *path;
  char *system_directory;
  GSettingsSchema *schema;
  GSettingsSchemaKey *keys[LIVE_N_SETTINGS];
  GKeyFile *system;  /* defaults of the system */
  GHashTable *locks; /* paths of keys, "/org/lived/Live1/session/model" */
};

const char *
live_settings_origin_to_string (LiveSettingsOrigin origin)
{
  switch (origin)
    {
    case LIVE_ORIGIN_DEFAULT:
      return "default";
    case LIVE_ORIGIN_SYSTEM:
      return "system";
    case LIVE_ORIGIN_FILE:
      return "file";
    case LIVE_ORIGIN_OVERRIDE:
      return "override";
    }

  g_return_val_if_reached ("default");
}

/* The schema of this build, wherever GLib finds it, or where the installation put it: a prefix
 * of one's own is often not in XDG_DATA_DIRS. */
static GSettingsSchemaSource *
find_source (void)
{
  g_autofree char *installed =
      g_build_filename (LIVE_PKGDATADIR, "..", "glib-2.0", "schemas", NULL);
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema =
      source != NULL ? g_settings_schema_source_lookup (source, LIVE_SCHEMA_ID, TRUE) : NULL;

  if (schema != NULL)
    return g_settings_schema_source_ref (source);

  return g_settings_schema_source_new_from_directory (installed, source, TRUE, NULL);
}

/* GSettings aborts on a missing schema or key, so all are looked up before it is asked. */
static gboolean
find_keys (LiveSettingsFile *self, GError **error)
{
  g_autoptr (GSettingsSchemaSource) source = find_source ();

  self->schema =
      source != NULL ? g_settings_schema_source_lookup (source, LIVE_SCHEMA_ID, TRUE) : NULL;
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    {
      const LiveSettingInfo *info = live_setting_info ((LiveSetting) i);
      g_autofree char *id = g_strconcat (LIVE_SCHEMA_ID ".", info->group, NULL);
      g_autoptr (GSettingsSchema) schema =
          self->schema != NULL ? g_settings_schema_source_lookup (source, id, TRUE) : NULL;

      if (schema != NULL && g_settings_schema_has_key (schema, info->key))
        self->keys[i] = g_settings_schema_get_key (schema, info->key);
      if (self->keys[i] == NULL ||
          !g_variant_type_equal (g_settings_schema_key_get_value_type (self->keys[i]),
                                 G_VARIANT_TYPE (info->type)))
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED,
                       _ ("The settings schema %s with the key %s is not installed or is of "
                          "another version; install lived again, or set GSETTINGS_SCHEMA_DIR"),
                       id, info->key);
          return FALSE;
        }
    }

  return TRUE;
}

/* A link to the true file, as people who keep their configuration elsewhere have it, must not be
 * replaced by a file. */
static char *
find_path (const char *directory)
{
  char *path = g_build_filename (directory, LIVE_SETTINGS_FILE, NULL);
  char *target = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? realpath (path, NULL) : NULL;

  if (target != NULL)
    {
      g_free (path);
      path = g_strdup (target);
      free (target);
    }

  return path;
}

void
live_settings_file_free (LiveSettingsFile *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_clear_pointer (&self->keys[i], g_settings_schema_key_unref);
  g_clear_pointer (&self->schema, g_settings_schema_unref);
  g_clear_pointer (&self->system, g_key_file_unref);
  g_clear_pointer (&self->locks, g_hash_table_unref);
  g_free (self->system_directory);
  g_free (self->path);
  g_free (self);
}

const char *
live_settings_file_get_path (LiveSettingsFile *self)
{
  return self->path;
}

GSettingsSchemaKey *
live_settings_file_get_key (LiveSettingsFile *self, LiveSetting setting)
{
  return self->keys[setting];
}

gboolean
live_settings_file_is_locked (LiveSettingsFile *self, LiveSetting setting)
{
  const LiveSettingInfo *info = live_setting_info (setting);
  g_autofree char *path = g_strconcat (LIVE_SCHEMA_PATH, info->group, "/", info->key, NULL);

  return g_hash_table_contains (self->locks, path);
}

GKeyFile *
live_settings_file_load (LiveSettingsFile *self, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) fault = NULL;

  /* A path below something that is no directory holds no file either. */
  if (!g_key_file_load_from_file (file, self->path, G_KEY_FILE_NONE, &fault) &&
      !g_error_matches (fault, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
      !g_error_matches (fault, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
    {
      g_propagate_error (error, g_steal_pointer (&fault));
      return NULL;
    }

  return g_steal_pointer (&file);
}

static GVariant *
parse_key (LiveSettingsFile *self, GKeyFile *file, LiveSetting setting, GError **error)
{
  const LiveSettingInfo *info = live_setting_info (setting);
  g_autofree char *text = g_key_file_get_value (file, info->group, info->key, NULL);

  return text != NULL ? live_settings_check_text (setting, self->keys[setting], text, error) : NULL;
}

static void
check_key (LiveSettingsFile *self,
           GKeyFile *file,
           const char *group,
           const char *key,
           GString *complaints)
{
  g_autofree char *name = g_strconcat (group, ".", key, NULL);
  g_autoptr (GVariant) value = NULL;
  g_autofree char *allowed = NULL;
  LiveSetting setting;

  if (!live_setting_find (name, &setting))
    {
      g_string_append_printf (complaints, "[%s] %s is not a setting, ignoring; ", group, key);
      return;
    }

  value = parse_key (self, file, setting, NULL);
  allowed = live_settings_check_allowed (self->keys[setting]);
  if (value == NULL)
    g_string_append_printf (complaints,
                            "[%s] %s has a value other than the allowed (%s), ignoring; ", group,
                            key, allowed);
  else if (file != self->system && live_settings_file_is_locked (self, setting))
    g_string_append_printf (complaints, "[%s] %s is fixed by the system, ignoring; ", group, key);
}

char *
live_settings_file_check (LiveSettingsFile *self, GKeyFile *file)
{
  GString *complaints = g_string_new (NULL);
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (guint g = 0; groups[g] != NULL; g++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file, groups[g], NULL, NULL);

      for (guint k = 0; keys != NULL && keys[k] != NULL; k++)
        check_key (self, file, groups[g], keys[k], complaints);
    }

  if (complaints->len > 0)
    g_string_truncate (complaints, complaints->len - 2);
  return g_string_free (complaints, FALSE);
}

static void
warn (const char *path, const char *what)
{
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "LIVE_FILE", path, "MESSAGE", "%s: %s", path,
                    what);
}

static void
load_defaults (LiveSettingsFile *self)
{
  g_autofree char *path = g_build_filename (self->system_directory, "defaults", NULL);
  g_autofree char *complaints = NULL;
  g_autoptr (GError) fault = NULL;

  self->system = g_key_file_new ();
  if (!g_key_file_load_from_file (self->system, path, G_KEY_FILE_NONE, &fault))
    {
      if (!g_error_matches (fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        warn (path, fault->message);
      return;
    }

  complaints = live_settings_file_check (self, self->system);
  if (*complaints != '\0')
    warn (path, complaints);
}

/* One path of a key a line, as in dconf. A lock that locks nothing is worth a word: somebody
 * relies on it. */
static void
load_locks (LiveSettingsFile *self)
{
  g_autofree char *path = g_build_filename (self->system_directory, "locks", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) fault = NULL;
  guint n_used = 0;

  self->locks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!g_file_get_contents (path, &text, NULL, &fault))
    {
      if (!g_error_matches (fault, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        warn (path, fault->message);
      return;
    }

  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) == '/')
      g_hash_table_add (self->locks, g_strdup (lines[i]));

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    n_used += live_settings_file_is_locked (self, (LiveSetting) i) ? 1 : 0;
  if (n_used < g_hash_table_size (self->locks))
    warn (path, "a line names no setting, ignoring it");
}

LiveSettingsFile *
live_settings_file_new (const char *directory, const char *system_directory, GError **error)
{
  g_autoptr (LiveSettingsFile) self = g_new0 (LiveSettingsFile, 1);

  if (!find_keys (self, error))
    return NULL;

  if (g_mkdir_with_parents (directory, 0700) != 0)
    {
      g_autofree char *what =
          g_strdup_printf ("cannot be made (%s), settings cannot be kept", g_strerror (errno));

      warn (directory, what);
    }
  self->path = find_path (directory);
  self->system_directory = g_strdup (system_directory);
  load_locks (self);
  load_defaults (self);
  return g_steal_pointer (&self);
}

GVariant *
live_settings_file_read (LiveSettingsFile *self,
                         GKeyFile *file,
                         LiveSetting setting,
                         LiveSettingsOrigin *ret_origin)
{
  GVariant *value = NULL;

  if (!live_settings_file_is_locked (self, setting))
    value = parse_key (self, file, setting, NULL);
  *ret_origin = LIVE_ORIGIN_FILE;

  if (value == NULL)
    {
      value = parse_key (self, self->system, setting, NULL);
      *ret_origin = LIVE_ORIGIN_SYSTEM;
    }
  if (value == NULL)
    {
      value = g_settings_schema_key_get_default_value (self->keys[setting]);
      *ret_origin = LIVE_ORIGIN_DEFAULT;
    }

  return value;
}

/* GIO's constructor knows no directory of defaults, but its extension point knows the type; it
 * is there since the first GFile was made. */
static GSettingsBackend *
build_backend (LiveSettingsFile *self)
{
  g_autoptr (GFile) first = g_file_new_for_path (self->path);
  GIOExtensionPoint *point = g_io_extension_point_lookup (G_SETTINGS_BACKEND_EXTENSION_POINT_NAME);
  GIOExtension *extension =
      point != NULL ? g_io_extension_point_get_extension_by_name (point, "keyfile") : NULL;

  if (extension == NULL)
    return g_keyfile_settings_backend_new (self->path, LIVE_SCHEMA_PATH, NULL);

  return g_object_new (g_io_extension_get_type (extension), "filename", self->path, "root-path",
                       LIVE_SCHEMA_PATH, "defaults-dir", self->system_directory, NULL);
}

/* The backend is opened for each write: one that lives on would write what it remembers over an
 * edit that it has not yet heard of, and bring back a file that was deleted. All groups share
 * one delayed backend, so many keys are one write. */
static void
write_all (LiveSettingsFile *self, GVariant *const *wanted)
{
  g_autoptr (GSettingsBackend) backend = build_backend (self);
  g_autoptr (GSettings) root = g_settings_new_full (self->schema, backend, NULL);

  g_settings_delay (root);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    if (wanted[i] != NULL)
      {
        const LiveSettingInfo *info = live_setting_info ((LiveSetting) i);
        g_autoptr (GSettings) group = g_settings_get_child (root, info->group);

        g_settings_set_value (group, info->key, wanted[i]);
      }
  g_settings_apply (root);
}

/* The backend tells nobody whether it could write, so the file is asked. */
static gboolean
is_written (LiveSettingsFile *self, GVariant *const *wanted)
{
  g_autoptr (GKeyFile) file = live_settings_file_load (self, NULL);

  for (guint i = 0; file != NULL && i < LIVE_N_SETTINGS; i++)
    if (wanted[i] != NULL)
      {
        g_autoptr (GVariant) value = parse_key (self, file, (LiveSetting) i, NULL);

        if (value == NULL || !g_variant_equal (value, wanted[i]))
          return FALSE;
      }

  return file != NULL;
}

gboolean
live_settings_file_write (LiveSettingsFile *self, GVariant *const *wanted, GError **error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (GKeyFile) file = live_settings_file_load (self, &fault);

  if (file == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED,
                   _ ("%s is broken and has to be repaired first: %s"), self->path, fault->message);
      return FALSE;
    }

  write_all (self, wanted);
  if (is_written (self, wanted))
    return TRUE;

  g_set_error (error, LIVE_ERROR, LIVE_ERROR_PERMISSION_DENIED,
               _ ("%s cannot be written; nothing was changed"), self->path);
  return FALSE;
}
