/* Owns: every object of the daemon, the bus name, the signals of the process.
 * Thread: main.
 * Called by: main. */
#include "live-app.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdlib.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "bus/live-log-control.h"
#include "bus/live-service.h"
#include "core/live-engine.h"
#include "io/live-presence.h"
#include "io/live-pw-core.h"
#include "io/live-sd.h"
#include "io/live-secret.h"
#include "io/live-settings-store.h"
#include "io/live-transport-soup.h"
#include "live-config.h"
#include "live-status-words.h"

/* The socket has a second to close and the bus a moment to take the last replies; whatever is
 * not done by now waits for something that does not come. The unit's TimeoutStopSec is longer. */
#define END_TIMEOUT_MS 4000

typedef struct
{
  const LiveAppOptions *options;
  LiveLog *log;
  const LiveClock *clock;
  GMainLoop *loop;
  LiveAppExit exit;
  GCancellable *cancellable; /* of what waits when the end comes */
  gboolean is_ending;
  guint end_timer;

  LiveSd *sd;
  LiveSettingsStore *store;
  LiveProfiles *profiles;
  LiveSecret *secret;
  LiveTransport *transport; /* owned by engine */
  LiveEngine *engine;
  LivePresence *presence;
  GDBusConnection *connection;
  gulong closed_id;
  LiveService *service;
  guint log_control_id, name_id;
  gboolean owns_name;
  guint signal_ids[3];
} App;

static void
on_engine_changed (LiveEngine *engine, const char *property, gpointer data)
{
  App *app = data;
  LiveEngineStatus status;
  g_autofree char *words = NULL;

  live_engine_get_status (engine, &status);
  words = live_status_words_describe (&status);
  live_sd_status (app->sd, words);
}

static void
on_flushed (GObject *source, GAsyncResult *result, gpointer data)
{
  App *app = data;

  /* Nothing can be done about a bus that does not take the last words. */
  g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_main_loop_quit (app->loop);
}

static void
on_engine_down (gpointer data)
{
  App *app = data;

  if (app->connection != NULL && !g_dbus_connection_is_closed (app->connection))
    g_dbus_connection_flush (app->connection, NULL, on_flushed, app);
  else
    g_main_loop_quit (app->loop);
}

static void
on_end_timeout (gpointer data)
{
  App *app = data;

  app->end_timer = 0;
  g_message ("the polite end takes too long, ending without it");
  g_main_loop_quit (app->loop);
}

/* Polite: no new callers, every waiting call gets its error, the socket is closed with a frame,
 * the streams are destroyed, and the bus gets all of it. */
static void
end (App *app, LiveAppExit exit_code)
{
  if (app->is_ending)
    return;

  app->is_ending = TRUE;
  app->exit = exit_code;
  live_sd_stopping (app->sd);
  app->end_timer = live_clock_arm (app->clock, END_TIMEOUT_MS, on_end_timeout, app);
  g_cancellable_cancel (app->cancellable);
  g_clear_handle_id (&app->name_id, g_bus_unown_name);
  if (app->service != NULL)
    live_service_shut_down (app->service);
  live_engine_shut_down (app->engine, on_engine_down, app);
}

static gboolean
on_end_signal (gpointer data)
{
  App *app = data;

  /* Who asks twice does not want to wait. */
  if (app->is_ending)
    _Exit (LIVE_APP_FAILED);

  g_message ("asked to stop");
  end (app, LIVE_APP_OK);
  return G_SOURCE_CONTINUE;
}

static gboolean
reload (gpointer data, GError **error)
{
  App *app = data;

  live_settings_store_reload (app->store);
  live_secret_forget (app->secret);
  live_engine_credentials_changed (app->engine);
  return TRUE;
}

static void
forget_credentials (gpointer data)
{
  App *app = data;

  live_secret_forget (app->secret);
}

static gboolean
on_reload_signal (gpointer data)
{
  App *app = data;
  g_autoptr (GError) error = NULL;

  live_sd_reloading (app->sd);
  if (!reload (app, &error))
    g_warning ("the settings cannot be read again, keeping the old ones: %s", error->message);
  live_sd_ready (app->sd);
  return G_SOURCE_CONTINUE;
}

static void
on_settings_changed (LiveSettings *settings, LiveChange largest, gpointer data)
{
  App *app = data;

  live_transport_soup_apply (app->transport, settings);
  live_engine_apply_settings (app->engine, settings);
}

static void
on_secret_found (GObject *source, GAsyncResult *result, gpointer data)
{
  g_auto (LiveSecretFound) found = { 0 };
  g_autoptr (GError) error = NULL;
  App *app = data;

  if (live_secret_lookup_finish (result, &found, &error))
    g_debug ("the credential comes from %s", found.source);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  live_engine_credential (app->engine, found.kind, found.secret, error);
}

static void
on_credential_wanted (LiveEngine *engine, gpointer data)
{
  App *app = data;

  live_secret_lookup_async (app->secret, app->cancellable, on_secret_found, app);
}

static void
on_connection_closed (GDBusConnection *connection,
                      gboolean remote_peer_vanished,
                      GError *error,
                      gpointer data)
{
  g_message ("the bus is gone: %s", error != NULL ? error->message : "closed");
  end (data, LIVE_APP_NO_BUS);
}

static void
on_first_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  /* The link says the same with more detail; here it is only told that nobody waits for it. */
  if (!live_engine_connect_finish (LIVE_ENGINE (source), result, &error))
    g_debug ("connecting on start ended: %s", error->message);
}

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer data)
{
  App *app = data;
  LiveSettings *settings = live_settings_store_get (app->store);

  app->owns_name = TRUE;
  g_message ("ready as %s, version %s", name, LIVE_VERSION);
  live_sd_ready (app->sd);
  on_engine_changed (app->engine, NULL, app);
  if (live_settings_get_boolean (settings, LIVE_SETTING_SESSION_CONNECT_ON_START))
    live_engine_connect_async (app->engine, NULL, on_first_connected, NULL);
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer data)
{
  App *app = data;

  /* The connection's own end is told by its "closed". */
  if (connection == NULL || g_dbus_connection_is_closed (connection))
    return;

  if (app->owns_name)
    {
      g_message ("replaced by another daemon");
      end (app, LIVE_APP_OK);
      return;
    }

  /* GDBus would ask the bus to release what was never given. */
  app->name_id = 0;
  g_printerr (_ ("lived: another daemon owns %s; --replace takes its place\n"), name);
  end (app, LIVE_APP_NAME_TAKEN);
}

static void
own_name (App *app)
{
  GBusNameOwnerFlags flags =
      G_BUS_NAME_OWNER_FLAGS_ALLOW_REPLACEMENT | G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE;

  if (app->options->is_replacing)
    flags |= G_BUS_NAME_OWNER_FLAGS_REPLACE;
  app->name_id = g_bus_own_name_on_connection (app->connection, LIVE_BUS_NAME, flags,
                                               on_name_acquired, on_name_lost, app, NULL);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  static const LiveFaceHooks hooks = { reload, forget_credentials };
  App *app = data;
  g_autoptr (GError) error = NULL;
  LiveServiceParts parts;

  app->connection = g_bus_get_finish (result, &error);
  if (app->connection == NULL)
    {
      g_printerr (_ ("lived: there is no session bus: %s\n"), error->message);
      end (app, LIVE_APP_NO_BUS);
      return;
    }
  if (app->is_ending)
    return;

  g_dbus_connection_set_exit_on_close (app->connection, FALSE);
  app->closed_id =
      g_signal_connect (app->connection, "closed", G_CALLBACK (on_connection_closed), app);

  parts = (LiveServiceParts){
    .connection = app->connection,
    .engine = app->engine,
    .store = app->store,
    .profiles = app->profiles,
    .clock = app->clock,
    .hooks = &hooks,
    .hooks_data = app,
  };
  app->service = live_service_new (&parts, &error);
  if (app->service != NULL)
    app->log_control_id = live_log_control_export (app->connection, app->log, &error);
  if (error != NULL)
    {
      g_warning ("the object cannot be exported: %s", error->message);
      end (app, LIVE_APP_FAILED);
      return;
    }

  own_name (app);
}

static void
add_signals (App *app)
{
  app->signal_ids[0] = g_unix_signal_add (SIGTERM, on_end_signal, app);
  app->signal_ids[1] = g_unix_signal_add (SIGINT, on_end_signal, app);
  app->signal_ids[2] = g_unix_signal_add (SIGHUP, on_reload_signal, app);
}

/* What the user or the administrator knows of a model that this version does not. */
static LiveProfiles *
load_profiles (GError **error)
{
  g_autofree char *system_path =
      g_build_filename (LIVE_SETTINGS_SYSTEM_DIR, LIVE_PROFILES_FILE, NULL);
  g_autofree char *user_path =
      g_build_filename (g_get_user_config_dir (), LIVE_PROGRAM_DIR, LIVE_PROFILES_FILE, NULL);
  const char *const paths[] = { system_path, user_path };
  g_auto (GStrv) overrides = g_new0 (char *, G_N_ELEMENTS (paths) + 1);
  guint n_overrides = 0;

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) read_error = NULL;

      if (g_file_get_contents (paths[i], &overrides[n_overrides], NULL, &read_error))
        n_overrides++;
      else if (!g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_warning ("%s, ignoring", read_error->message);
    }

  return live_profiles_new (NULL, (const char *const *) overrides, error);
}

static LiveAudio *
open_audio (App *app)
{
  g_autoptr (GError) error = NULL;
  LiveAudio *audio = live_pw_core_new (app->clock, live_settings_store_get (app->store), &error);

  if (audio == NULL)
    g_warning ("there will be no sound: %s", error->message);

  return audio;
}

static void
on_network_changed (gboolean is_available, gpointer data)
{
  App *app = data;

  live_engine_set_network (app->engine, is_available);
}

static void
on_sleep_ready (gpointer data)
{
  App *app = data;

  live_presence_sleep_ready (app->presence);
}

static void
on_sleep_changed (gboolean is_going_to_sleep, gpointer data)
{
  App *app = data;

  if (is_going_to_sleep)
    live_engine_sleep (app->engine, on_sleep_ready, app);
  else
    live_engine_wake (app->engine);
}

static LiveStateStore *
open_state (App *app)
{
  g_autofree char *directory = live_state_store_directory ();

  return live_state_store_new (directory, app->clock);
}

static gboolean
build (App *app, GError **error)
{
  static const LivePresenceEvents presence_events = { on_network_changed, on_sleep_changed, NULL };
  static const LiveEngineCredentials credentials = { on_credential_wanted, NULL };
  LiveEngineParts parts;

  const LiveSettingsStoreParts store_parts = { .overrides =
                                                   (const char *const *) app->options->overrides };

  app->store = live_settings_store_new (&store_parts, error);
  if (app->store == NULL)
    return FALSE;

  app->profiles = load_profiles (error);
  if (app->profiles == NULL)
    return FALSE;

  app->secret = live_secret_new (app->clock);
  app->transport = live_transport_soup_new (app->clock, live_settings_store_get (app->store));
  parts = (LiveEngineParts){
    .clock = app->clock,
    .transport = app->transport,
    .audio = open_audio (app),
    .profiles = app->profiles,
    .settings = live_settings_store_get (app->store),
    .store = open_state (app),
    .credentials = credentials,
  };
  parts.credentials.data = app;
  app->engine = live_engine_new (&parts);
  g_signal_connect (app->engine, "changed", G_CALLBACK (on_engine_changed), app);
  live_settings_store_listen (app->store, on_settings_changed, app);
  app->presence = live_presence_new (NULL, NULL, &presence_events, app);
  live_engine_set_network (app->engine, live_presence_is_network_available (app->presence));
  return TRUE;
}

static void
take_down (App *app)
{
  for (guint i = 0; i < G_N_ELEMENTS (app->signal_ids); i++)
    g_clear_handle_id (&app->signal_ids[i], g_source_remove);
  live_clock_clear (app->clock, &app->end_timer);
  g_clear_pointer (&app->service, live_service_free);
  if (app->log_control_id != 0)
    g_dbus_connection_unregister_object (app->connection, app->log_control_id);
  if (app->closed_id != 0)
    g_clear_signal_handler (&app->closed_id, app->connection);
  g_clear_object (&app->connection);
  g_clear_pointer (&app->presence, live_presence_free);
  if (app->engine != NULL)
    g_signal_handlers_disconnect_by_data (app->engine, app);
  g_clear_object (&app->engine);
  g_clear_pointer (&app->secret, live_secret_free);
  g_clear_pointer (&app->profiles, live_profiles_free);
  g_clear_pointer (&app->store, live_settings_store_free);
  g_clear_pointer (&app->sd, live_sd_free);
  g_clear_object (&app->cancellable);
  g_clear_pointer (&app->loop, g_main_loop_unref);
}

LiveAppExit
live_app_run (const LiveAppOptions *options, LiveLog *log)
{
  App app = { .options = options, .log = log, .clock = live_clock_system () };
  g_autoptr (GError) error = NULL;

  app.loop = g_main_loop_new (NULL, FALSE);
  app.cancellable = g_cancellable_new ();
  app.sd = live_sd_new (app.clock);
  if (build (&app, &error))
    {
      add_signals (&app);
      g_bus_get (G_BUS_TYPE_SESSION, NULL, on_bus, &app);
      g_main_loop_run (app.loop);
    }
  else
    {
      g_printerr ("lived: %s\n", error->message);
      app.exit = LIVE_APP_USAGE;
    }

  take_down (&app);
  return app.exit;
}
