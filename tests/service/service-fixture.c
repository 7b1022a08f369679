/* Owns: the processes, the bus and the directories of one test.
 * Thread: the test's.
 * Called by: tests/service/test-*.c. */
#include "service-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/live-error.h"
#include "base/live-names.h"

static char *
find_program (const char *variable)
{
  const char *path = g_getenv (variable);

  g_assert_nonnull (path);
  return g_strdup (path);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }

  g_rmdir (path);
}

static void
print_log (Service *self)
{
  g_autofree char *text = service_read_log (self);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    g_printerr ("# lived: %s\n", lines[i]);
  for (guint i = 0; i < self->events->len; i++)
    g_printerr ("# event: %s\n", (const char *) g_ptr_array_index (self->events, i));
}

G_GNUC_NORETURN static void
give_up (Service *self, const char *what)
{
  print_log (self);
  g_error ("waited %d s for: %s", SERVICE_DEADLINE_S, what);
}

static gboolean
on_deadline (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

void
service_wait (Service *self, const char *what, gboolean (*test) (Service *self))
{
  gboolean is_over = FALSE;
  guint id = g_timeout_add_seconds (SERVICE_DEADLINE_S, on_deadline, &is_over);

  while (!test (self) && !is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
  if (is_over)
    give_up (self, what);
}

int
service_find_event (Service *self, guint from, const char *prefix)
{
  for (guint i = from; i < self->events->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (self->events, i), prefix))
      return (int) i;

  return -1;
}

const char *
service_wait_event (Service *self, guint *index, const char *prefix)
{
  gboolean is_over = FALSE;
  guint id = g_timeout_add_seconds (SERVICE_DEADLINE_S, on_deadline, &is_over);
  int found;

  while ((found = service_find_event (self, *index, prefix)) < 0 && !is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
  if (found < 0)
    give_up (self, prefix);

  *index = (guint) found + 1;
  return g_ptr_array_index (self->events, (guint) found);
}

void
service_wait_state (Service *self, const char *state)
{
  gboolean is_over = FALSE;
  guint id = g_timeout_add_seconds (SERVICE_DEADLINE_S, on_deadline, &is_over);

  while (g_strcmp0 (live_dbus_session_get_state (self->session), state) != 0 && !is_over)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
  if (is_over)
    give_up (self, state);
}

static char *
print_values (GVariant *parameters)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (parameters); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (parameters, i);
      g_autofree char *text = g_variant_is_of_type (child, G_VARIANT_TYPE_STRING)
                                  ? g_variant_dup_string (child, NULL)
                                  : g_variant_print (child, FALSE);

      g_string_append_printf (out, " %s", text);
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
record_properties (Service *self, GVariant *parameters)
{
  g_autoptr (GVariant) changed = g_variant_get_child_value (parameters, 1);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, changed);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) owned = value;
      g_autofree char *text = g_variant_is_of_type (owned, G_VARIANT_TYPE_STRING)
                                  ? g_variant_dup_string (owned, NULL)
                                  : g_variant_print (owned, FALSE);

      g_ptr_array_add (self->events, g_strdup_printf ("%s=%s", name, text));
    }
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *object_path,
           const char *interface_name,
           const char *signal_name,
           GVariant *parameters,
           gpointer data)
{
  Service *self = data;
  g_autofree char *values = NULL;

  if (g_str_equal (signal_name, "PropertiesChanged"))
    {
      record_properties (self, parameters);
      return;
    }

  values = print_values (parameters);
  g_ptr_array_add (self->events, g_strconcat (signal_name, values, NULL));
}

/* A test that is aborted leaves nothing behind. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static GSubprocessLauncher *
new_launcher (Service *self, GSubprocessFlags flags)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  static const char *const private_variables[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                                   "XDG_STATE_HOME", "XDG_CACHE_HOME",
                                                   "XDG_RUNTIME_DIR" };

  for (guint i = 0; i < G_N_ELEMENTS (private_variables); i++)
    {
      g_autofree char *path = g_build_filename (self->dir, private_variables[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
      g_subprocess_launcher_setenv (launcher, private_variables[i], path, TRUE);
    }

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS",
                                g_test_dbus_get_bus_address (self->bus), TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_subprocess_launcher_unsetenv (launcher, "LANGUAGE");
  g_subprocess_launcher_unsetenv (launcher, "GEMINI_API_KEY");
  g_subprocess_launcher_unsetenv (launcher, "GOOGLE_API_KEY");
  g_subprocess_launcher_unsetenv (launcher, "CREDENTIALS_DIRECTORY");
  g_subprocess_launcher_unsetenv (launcher, "STATE_DIRECTORY");
  g_subprocess_launcher_unsetenv (launcher, "NOTIFY_SOCKET");
  return g_steal_pointer (&launcher);
}

static void
start_simulator (Service *self, const ServiceParts *parts)
{
  g_autofree char *program = find_program ("LIVE_SIMULATOR");
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (self, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDataInputStream) output = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  g_ptr_array_add (argv, g_steal_pointer (&program));
  /* Its own clock runs faster, so that nobody waits for speech to be over. */
  g_ptr_array_add (argv, g_strdup ("--speed=20"));
  if (parts != NULL && parts->scenario != NULL)
    {
      char *path = g_build_filename (self->dir, "scenario.json", NULL);

      g_assert_true (g_file_set_contents (path, parts->scenario, -1, NULL));
      g_ptr_array_add (argv, g_strdup ("--scenario"));
      g_ptr_array_add (argv, path);
    }
  g_ptr_array_add (argv, NULL);

  self->simulator =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->simulator));
  line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  g_assert_true (g_str_has_prefix (line, "listening on ws://"));
  self->url = g_strdup (line + strlen ("listening on "));
}

static GPtrArray *
build_lived (Service *self, const char *const *options)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, find_program ("LIVED"));
  g_ptr_array_add (argv, g_strdup ("--verbose"));
  if (self->url != NULL)
    g_ptr_array_add (argv, g_strdup_printf ("--set=endpoint.url=%s", self->url));
  for (guint i = 0; options != NULL && options[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (options[i]));
  g_ptr_array_add (argv, NULL);
  return argv;
}

/* Each proxy follows the name by itself, and has no properties without an owner. */
static gboolean
has_new_owner (Service *self)
{
  GDBusProxy *const proxies[] = { G_DBUS_PROXY (self->session), G_DBUS_PROXY (self->audio),
                                  G_DBUS_PROXY (self->manager) };

  for (guint i = 0; i < G_N_ELEMENTS (proxies); i++)
    {
      g_autofree char *owner = g_dbus_proxy_get_name_owner (proxies[i]);

      if (owner == NULL || g_strcmp0 (owner, self->old_owner) == 0)
        return FALSE;
    }

  return live_dbus_session_get_state (self->session) != NULL &&
         live_dbus_audio_get_input_state (self->audio) != NULL &&
         live_dbus_manager_get_version (self->manager) != NULL;
}

void
service_start_lived (Service *self, const ServiceParts *parts)
{
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (self, G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GPtrArray) argv = build_lived (self, parts != NULL ? parts->options : NULL);
  g_autoptr (GError) error = NULL;

  g_clear_object (&self->lived);
  g_free (self->old_owner);
  self->old_owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (self->session));
  g_subprocess_launcher_set_stderr_file_path (launcher, self->log_path);
  if (parts == NULL || !parts->no_key)
    g_subprocess_launcher_setenv (launcher, "GEMINI_API_KEY",
                                  parts != NULL && parts->key != NULL ? parts->key : SERVICE_KEY,
                                  TRUE);
  self->lived = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  service_wait (self, "lived on the bus", has_new_owner);
}

int
service_run_lived (Service *self, const char *const *options, char **ret_stderr)
{
  g_autoptr (GSubprocessLauncher) launcher =
      new_launcher (self, G_SUBPROCESS_FLAGS_STDERR_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GPtrArray) argv = build_lived (self, options);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, ret_stderr, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  return g_subprocess_get_exit_status (process);
}

int
service_stop_lived (Service *self)
{
  g_autoptr (GSubprocess) lived = g_steal_pointer (&self->lived);
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (lived, SIGTERM);
  g_subprocess_wait (lived, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_if_exited (lived) || g_subprocess_get_exit_status (lived) != 0)
    print_log (self);
  if (!g_subprocess_get_if_exited (lived))
    g_error ("lived was ended by signal %d", g_subprocess_get_term_sig (lived));

  return g_subprocess_get_exit_status (lived);
}

char *
service_read_log (Service *self)
{
  char *text = NULL;

  if (!g_file_get_contents (self->log_path, &text, NULL, NULL))
    text = g_strdup ("");

  return text;
}

void
service_set_up (Service *self, gconstpointer data)
{
  const ServiceParts *parts = data;
  g_autoptr (GError) error = NULL;

  /* Registers the domain, so that errors of the daemon arrive as ours. */
  g_assert_cmpuint (LIVE_ERROR, !=, 0);
  self->events = g_ptr_array_new_with_free_func (g_free);
  self->dir = g_dir_make_tmp ("lived-service-XXXXXX", &error);
  g_assert_no_error (error);
  self->log_path = g_build_filename (self->dir, "lived.log", NULL);
  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  self->connection = service_connect (self);
  self->subscription_id = g_dbus_connection_signal_subscribe (
      self->connection, LIVE_BUS_NAME, NULL, NULL, LIVE_OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_signal, self, NULL);
  self->session =
      live_dbus_session_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                        LIVE_BUS_NAME, LIVE_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  self->audio =
      live_dbus_audio_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                      LIVE_BUS_NAME, LIVE_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  self->manager =
      live_dbus_manager_proxy_new_sync (self->connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START,
                                        LIVE_BUS_NAME, LIVE_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);

  if (parts == NULL || !parts->no_simulator)
    start_simulator (self, parts);
  if (parts == NULL || !parts->no_lived)
    service_start_lived (self, parts);
}

void
service_tear_down (Service *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  if (g_test_failed ())
    print_log (self);
  if (self->lived != NULL)
    g_assert_cmpint (service_stop_lived (self), ==, 0);
  if (self->simulator != NULL)
    {
      g_subprocess_force_exit (self->simulator);
      g_subprocess_wait (self->simulator, NULL, &error);
      g_assert_no_error (error);
    }

  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription_id);
  g_clear_object (&self->session);
  g_clear_object (&self->audio);
  g_clear_object (&self->manager);
  g_clear_object (&self->simulator);
  if (!g_dbus_connection_is_closed (self->connection))
    g_dbus_connection_close_sync (self->connection, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&self->connection);
  g_test_dbus_down (self->bus);
  g_clear_object (&self->bus);
  g_ptr_array_unref (self->events);
  remove_tree (self->dir);
  g_free (self->dir);
  g_free (self->old_owner);
  g_free (self->url);
  g_free (self->log_path);
  memset (self, 0, sizeof *self);
}
