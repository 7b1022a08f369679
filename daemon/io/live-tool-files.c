/* Owns: the watches on the directories, and the reading of their files.
 * Thread: main; read_all() and what it calls run in GTask's pool and touch nothing of ours.
 * Called by: bus/live-tools-face.c; by GIO when a file changes. */
#include "io/live-tool-files.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"

#define GROUP "Tool"
#define MAX_TIMEOUT_MS 600000
/* An editor writes a file in several steps. */
#define REST_MS 200

struct _LiveToolFiles
{
  const LiveClock *clock;
  LiveToolFilesRead read;
  gpointer read_data;
  GPtrArray *monitors;
  GCancellable *reading;
  guint timer;
};

typedef struct
{
  GPtrArray *files, *warnings;
} Found;

void
live_tool_file_free (LiveToolFile *file)
{
  if (file == NULL)
    return;

  live_tool_declaration_free (file->declaration);
  g_free (file->path);
  g_free (file->bus_name);
  g_free (file->object_path);
  g_free (file->scheduling);
  g_free (file->confirm);
  g_free (file);
}

static gboolean
refuse (GError **error, const char *key, const char *what)
{
  g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, "[%s] %s: %s", GROUP, key, what);
  return FALSE;
}

static gboolean
check_keys (GKeyFile *file, GError **error)
{
  static const char *const known[] = { "Name",       "Description", "Parameters", "BusName",
                                       "ObjectPath", "TimeoutMs",   "Scheduling", "Blocking",
                                       "Confirm",    "Hidden",      NULL };
  g_auto (GStrv) keys = g_key_file_get_keys (file, GROUP, NULL, error);

  if (keys == NULL)
    return FALSE;
  for (guint i = 0; keys[i] != NULL; i++)
    if (!g_strv_contains (known, keys[i]))
      return refuse (error, keys[i], _ ("there is no such key"));

  return TRUE;
}

/* One of the words, or absent. */
static gboolean
read_word (GKeyFile *file,
           const char *key,
           const char *const *words,
           char **ret_word,
           GError **error)
{
  *ret_word = g_key_file_get_string (file, GROUP, key, NULL);
  return *ret_word == NULL || g_strv_contains (words, *ret_word) ||
         refuse (error, key, _ ("not one of the words that it takes"));
}

static gboolean
read_place (GKeyFile *file, LiveToolFile *tool, GError **error)
{
  tool->bus_name = g_key_file_get_string (file, GROUP, "BusName", NULL);
  if (tool->bus_name == NULL || !g_dbus_is_name (tool->bus_name) ||
      g_dbus_is_unique_name (tool->bus_name))
    return refuse (error, "BusName", _ ("not a well-known bus name"));

  tool->object_path = g_key_file_get_string (file, GROUP, "ObjectPath", NULL);
  if (tool->object_path == NULL || !g_variant_is_object_path (tool->object_path))
    return refuse (error, "ObjectPath", _ ("not an object path"));

  return TRUE;
}

static gboolean
read_manner (GKeyFile *file, LiveToolFile *tool, LiveToolBehavior *ret_behavior, GError **error)
{
  static const char *const schedulings[] = { "interrupt", "when-idle", "silent", NULL };
  static const char *const confirms[] = { "none", "first", "always", NULL };
  g_autoptr (GError) fault = NULL;
  gboolean is_blocking;
  int timeout_ms;

  if (!read_word (file, "Scheduling", schedulings, &tool->scheduling, error) ||
      !read_word (file, "Confirm", confirms, &tool->confirm, error))
    return FALSE;

  if (g_key_file_has_key (file, GROUP, "TimeoutMs", NULL))
    {
      timeout_ms = g_key_file_get_integer (file, GROUP, "TimeoutMs", &fault);
      if (fault != NULL || timeout_ms < 1 || timeout_ms > MAX_TIMEOUT_MS)
        return refuse (error, "TimeoutMs", _ ("not a number from 1 to 600000"));
      tool->timeout_ms = (guint) timeout_ms;
    }

  *ret_behavior = LIVE_TOOL_BEHAVIOR_MODEL;
  if (!g_key_file_has_key (file, GROUP, "Blocking", NULL))
    return TRUE;
  is_blocking = g_key_file_get_boolean (file, GROUP, "Blocking", &fault);
  if (fault != NULL)
    return refuse (error, "Blocking", _ ("neither true nor false"));
  *ret_behavior = is_blocking ? LIVE_TOOL_BEHAVIOR_BLOCKING : LIVE_TOOL_BEHAVIOR_NON_BLOCKING;
  return TRUE;
}

LiveToolFile *
live_tool_files_parse (const char *path, const char *text, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (LiveToolFile) tool = g_new0 (LiveToolFile, 1);
  g_autofree char *name = NULL;
  g_autofree char *description = NULL;
  g_autofree char *parameters = NULL;
  LiveToolBehavior behavior;

  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, error) ||
      !check_keys (file, error))
    {
      live_error_convert (error);
      return NULL;
    }
  if (g_key_file_get_boolean (file, GROUP, "Hidden", NULL))
    return NULL;
  if (!read_place (file, tool, error) || !read_manner (file, tool, &behavior, error))
    return NULL;

  name = g_key_file_get_string (file, GROUP, "Name", NULL);
  description = g_key_file_get_string (file, GROUP, "Description", NULL);
  /* Raw: backslashes belong to the JSON, and are none of the key file's business. */
  parameters = g_key_file_get_value (file, GROUP, "Parameters", NULL);
  tool->declaration = live_tool_schema_build (name, description, parameters, behavior, error);
  if (tool->declaration == NULL)
    return NULL;

  tool->path = g_strdup (path);
  return g_steal_pointer (&tool);
}

static void
free_found (gpointer data)
{
  Found *found = data;

  g_ptr_array_unref (found->files);
  g_ptr_array_unref (found->warnings);
  g_free (found);
}

static void
read_file (Found *found, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize size = 0;
  LiveToolFile *file = NULL;

  if (g_file_get_contents (path, &text, &size, &error))
    {
      if (size > LIVE_TOOL_FILES_MAX_BYTES || strlen (text) != size)
        g_set_error_literal (&error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                             "it is too long, or no text");
      else
        file = live_tool_files_parse (path, text, &error);
    }

  if (error != NULL)
    g_ptr_array_add (found->warnings, g_strdup_printf ("%s: %s", path, error->message));
  if (file != NULL)
    g_ptr_array_add (found->files, file);
}

/* The first directory that has a file name wins. */
static void
collect_paths (const char *directory, GTree *paths)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, LIVE_TOOL_FILES_SUFFIX) && g_tree_lookup (paths, name) == NULL &&
        g_tree_nnodes (paths) < LIVE_TOOL_FILES_MAX)
      g_tree_insert (paths, g_strdup (name), g_build_filename (directory, name, NULL));
}

static int
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

static gboolean
on_path (gpointer key, gpointer value, gpointer data)
{
  read_file (data, value);
  return FALSE;
}

static void
read_all (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *const *directories = data;
  g_autoptr (GTree) paths = g_tree_new_full (compare_names, NULL, g_free, g_free);
  Found *found = g_new0 (Found, 1);

  found->files = g_ptr_array_new_with_free_func ((GDestroyNotify) live_tool_file_free);
  found->warnings = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; directories[i] != NULL; i++)
    collect_paths (directories[i], paths);
  g_tree_foreach (paths, on_path, found);
  g_task_return_pointer (task, found, free_found);
}

static char **
list_directories (void)
{
  const char *const *system = g_get_system_data_dirs ();
  GPtrArray *list = g_ptr_array_new ();

  g_ptr_array_add (
      list, g_build_filename (g_get_user_data_dir (), LIVE_PROGRAM_DIR, LIVE_TOOL_FILES_DIR, NULL));
  for (guint i = 0; system[i] != NULL; i++)
    g_ptr_array_add (list,
                     g_build_filename (system[i], LIVE_PROGRAM_DIR, LIVE_TOOL_FILES_DIR, NULL));
  g_ptr_array_add (list, NULL);
  return (char **) g_ptr_array_free (list, FALSE);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  Found *found = g_task_propagate_pointer (G_TASK (result), &error);
  LiveToolFiles *self = data;

  /* Cancelled: replaced by a newer reading, or self is gone. */
  if (found == NULL)
    return;

  g_clear_object (&self->reading);
  for (guint i = 0; i < found->warnings->len; i++)
    g_warning ("A tool is left out. %s", (const char *) g_ptr_array_index (found->warnings, i));
  self->read (found->files, self->read_data);
  free_found (found);
}

static void
begin_reading (LiveToolFiles *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  self->reading = g_cancellable_new ();
  task = g_task_new (NULL, self->reading, on_read, self);
  g_task_set_task_data (task, list_directories (), (GDestroyNotify) g_strfreev);
  g_task_run_in_thread (task, read_all);
}

static void
on_rested (gpointer data)
{
  LiveToolFiles *self = data;

  self->timer = 0;
  begin_reading (self);
}

static void
on_directory_changed (GFileMonitor *monitor,
                      GFile *file,
                      GFile *other,
                      GFileMonitorEvent event,
                      LiveToolFiles *self)
{
  live_clock_clear (self->clock, &self->timer);
  self->timer = live_clock_arm (self->clock, REST_MS, on_rested, self);
}

LiveToolFiles *
live_tool_files_new (const LiveClock *clock, LiveToolFilesRead read, gpointer data)
{
  LiveToolFiles *self = g_new0 (LiveToolFiles, 1);
  g_auto (GStrv) directories = list_directories ();

  self->clock = clock;
  self->read = read;
  self->read_data = data;
  self->monitors = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autoptr (GFile) directory = g_file_new_for_path (directories[i]);
      GFileMonitor *monitor =
          g_file_monitor_directory (directory, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);

      if (monitor == NULL)
        continue;
      g_signal_connect (monitor, "changed", G_CALLBACK (on_directory_changed), self);
      g_ptr_array_add (self->monitors, monitor);
    }

  begin_reading (self);
  return self;
}

void
live_tool_files_free (LiveToolFiles *self)
{
  if (self == NULL)
    return;

  live_clock_clear (self->clock, &self->timer);
  for (guint i = 0; i < self->monitors->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->monitors, i), self);
  g_ptr_array_unref (self->monitors);
  if (self->reading != NULL)
    g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_free (self);
}
