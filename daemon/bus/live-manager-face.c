/* Owns: the methods of org.lived.Live1.Manager.
 * Thread: main.
 * Called by: bus/live-service.c, and GDBus for each call. */
#include "bus/live-manager-face.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gi18n.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/live-error.h"
#include "base/live-redact.h"
#include "bus/live-options.h"
#include "live-config.h"
#include "live-dbus.h"

#define HANDLED TRUE

static gboolean
on_handle_reload (LiveDbusManager *skeleton,
                  GDBusMethodInvocation *invocation,
                  GVariant *options,
                  gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;

  if (!live_options_refuse (options, &error) || !face->hooks->reload (face->hooks_data, &error))
    return live_face_fail (face, invocation, error);

  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static int
fail_errno (int fd, const char *what, GError **error)
{
  int number = errno;

  if (fd >= 0)
    close (fd);
  g_set_error (error, LIVE_ERROR, LIVE_ERROR_FAILED, "%s: %s", what, g_strerror (number));
  return -1;
}

/* A file that nobody can change any more, so that its reader may map it. */
static int
seal_text (const char *text, gsize n_bytes, GError **error)
{
  int fd = memfd_create ("lived-dump", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  gsize n_written = 0;

  if (fd < 0)
    return fail_errno (fd, "memfd_create", error);

  while (n_written < n_bytes)
    {
      gssize n = write (fd, text + n_written, n_bytes - n_written);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail_errno (fd, "write to memfd", error);
      n_written += (gsize) n;
    }

  if (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0 ||
      lseek (fd, 0, SEEK_SET) != 0)
    return fail_errno (fd, "seal memfd", error);

  return fd;
}

static void
dump_settings (LiveFace *face, GString *out)
{
  LiveSettings *settings = live_settings_store_get (face->store);

  g_string_append (out, "settings:\n");
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    {
      g_autofree char *value = g_variant_print (live_settings_get (settings, i), FALSE);

      /* What the user told the model to be is the user's own affair. */
      if (i == LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION)
        g_string_append_printf (out, "  %s = (%zu bytes)\n", live_setting_info (i)->name,
                                strlen (live_settings_get_string (settings, i)));
      else
        g_string_append_printf (out, "  %s = %s\n", live_setting_info (i)->name, value);
    }
}

static char *
describe_all (LiveFace *face)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format_iso8601 (now);

  g_string_append_printf (out, "lived " LIVE_VERSION "\ntime: %s\n", time);
  g_string_append_printf (out, "glib: %u.%u.%u\n", glib_major_version, glib_minor_version,
                          glib_micro_version);
  live_engine_dump (face->engine, out);
  live_clients_dump (face->clients, out);
  dump_settings (face, out);

  /* Once more over everything: a dump is what people paste in public. */
  return live_redact (out->str, NULL);
}

static gboolean
on_handle_dump (LiveDbusManager *skeleton,
                GDBusMethodInvocation *invocation,
                GUnixFDList *fds,
                GVariant *options,
                gpointer data)
{
  LiveFace *face = data;
  g_autofree char *text = NULL;
  g_autoptr (GUnixFDList) reply_fds = NULL;
  GError *error = NULL;
  int fd;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  text = describe_all (face);
  fd = seal_text (text, strlen (text), &error);
  if (fd < 0)
    return live_face_fail (face, invocation, error);

  reply_fds = g_unix_fd_list_new_from_array (&fd, 1);
  live_face_flush (face);
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0),
                                                           reply_fds);
  return HANDLED;
}

/* NULL: the check failed for a reason that says nothing of the key. */
static const char *
find_verdict (const GError *error)
{
  if (error->code == LIVE_ERROR_NO_CREDENTIALS)
    return "missing";
  if (error->code == LIVE_ERROR_CREDENTIALS_REJECTED)
    return "rejected";
  if (error->code == LIVE_ERROR_QUOTA_EXCEEDED)
    return "quota";
  if (error->code == LIVE_ERROR_NETWORK || error->code == LIVE_ERROR_SERVER ||
      error->code == LIVE_ERROR_TIMEOUT)
    return "unreachable";
  return NULL;
}

typedef struct
{
  LiveCall *call;
  GCancellable *cancellable; /* ends with the caller, or when the outcome is known */
  gulong cancelled_id, changed_id;
  gboolean was_off;
  char *trouble; /* the link failed and tries again by itself */
} Check;

static void
on_caller_left (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

static void
on_cancel_idle (gpointer data)
{
  g_autoptr (GCancellable) cancellable = data;

  g_cancellable_cancel (cancellable);
}

/* A call that wants the session would wait for the next attempt; a check has its answer. */
static void
on_link_changed (LiveEngine *engine, const char *property, gpointer data)
{
  Check *check = data;
  LiveEngineStatus status;

  live_engine_get_status (engine, &status);
  if (check->trouble != NULL ||
      (!g_str_equal (status.state, "backoff") && !g_str_equal (status.state, "waiting-network")))
    return;

  check->trouble = g_strdup (status.state_message);
  /* Later: the engine is in the middle of something. */
  g_idle_add_once (on_cancel_idle, g_object_ref (check->cancellable));
}

static LiveCall *
end_check (Check *check, LiveEngine *engine)
{
  LiveCall *call = check->call;

  g_signal_handler_disconnect (engine, check->changed_id);
  g_cancellable_disconnect (live_call_get_cancellable (call), check->cancelled_id);
  g_object_unref (check->cancellable);
  g_free (check->trouble);
  g_free (check);
  return call;
}

/* The session is left as it was found, unless somebody has begun to use it. */
static void
restore_link (LiveFace *face)
{
  LiveEngineStatus status;

  live_engine_get_status (face->engine, &status);
  if (face->clients != NULL && !live_clients_has_holds (face->clients) &&
      g_str_equal (status.activity, "idle"))
    live_engine_disconnect (face->engine);
}

static GVariant *
describe_check (const char *verdict, const GError *error)
{
  GVariantBuilder details = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  if (error == NULL)
    g_variant_builder_add (&details, "{sv}", "message",
                           g_variant_new_string (_ ("The service accepts the key")));
  else
    {
      g_autofree char *message = live_redact (error->message, NULL);

      g_variant_builder_add (&details, "{sv}", "message", g_variant_new_string (message));
      g_variant_builder_add (
          &details, "{sv}", "error",
          g_variant_new_string (live_error_dbus_name ((LiveErrorCode) error->code)));
    }

  return g_variant_new ("(sa{sv})", verdict, &details);
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer data)
{
  Check *check = data;
  LiveFace *face = live_call_get_face (check->call);
  LiveCall *call;
  GError *error = NULL;
  const char *verdict = "ok";

  if (!live_engine_connect_finish (LIVE_ENGINE (source), result, &error))
    {
      if (check->trouble != NULL)
        {
          g_clear_error (&error);
          g_set_error_literal (&error, LIVE_ERROR, LIVE_ERROR_NETWORK, check->trouble);
        }
      live_error_convert (&error);
      verdict = find_verdict (error);
    }

  if (check->was_off)
    restore_link (face);
  call = end_check (check, LIVE_ENGINE (source));
  if (verdict == NULL)
    {
      live_call_fail (call, error);
      return;
    }

  live_call_return (call, describe_check (verdict, error));
  g_clear_error (&error);
}

static gboolean
on_handle_check_credentials (LiveDbusManager *skeleton,
                             GDBusMethodInvocation *invocation,
                             GVariant *options,
                             gpointer data)
{
  LiveFace *face = data;
  LiveEngineStatus status;
  GError *error = NULL;
  LiveCall *call;
  Check *check;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  call = live_call_begin (face, invocation);
  if (call == NULL)
    return HANDLED;

  live_engine_get_status (face->engine, &status);
  check = g_new0 (Check, 1);
  check->call = call;
  check->was_off = g_str_equal (status.state, "offline");
  check->cancellable = g_cancellable_new ();
  check->cancelled_id =
      g_cancellable_connect (live_call_get_cancellable (call), G_CALLBACK (on_caller_left),
                             g_object_ref (check->cancellable), g_object_unref);
  face->hooks->forget_credentials (face->hooks_data);
  live_engine_credentials_changed (face->engine);
  live_engine_connect_async (face->engine, check->cancellable, on_checked, check);
  check->changed_id =
      g_signal_connect (face->engine, "changed", G_CALLBACK (on_link_changed), check);
  return HANDLED;
}

GDBusInterfaceSkeleton *
live_manager_face_new (LiveFace *face)
{
  static const char *const features[] = {
    "pipewire",
#if LIVE_HAVE_SECRET
    "secret-service",
#endif
    NULL,
  };
  LiveDbusManager *manager = live_dbus_manager_skeleton_new ();

  live_dbus_manager_set_version (manager, LIVE_VERSION);
  live_dbus_manager_set_features (manager, features);
  g_signal_connect (manager, "handle-reload", G_CALLBACK (on_handle_reload), face);
  g_signal_connect (manager, "handle-dump", G_CALLBACK (on_handle_dump), face);
  g_signal_connect (manager, "handle-check-credentials", G_CALLBACK (on_handle_check_credentials),
                    face);
  return G_DBUS_INTERFACE_SKELETON (manager);
}
