/* Owns: the error domain and its D-Bus names.
 * Thread: any.
 * Called by: everybody; registered with GDBus at first use of the quark. */
#include "base/live-error.h"

#include "base/live-names.h"

static const GDBusErrorEntry live_error_entries[] = {
  { LIVE_ERROR_FAILED, LIVE_ERROR_PREFIX "Failed" },
  { LIVE_ERROR_NOT_CONNECTED, LIVE_ERROR_PREFIX "NotConnected" },
  { LIVE_ERROR_NO_CREDENTIALS, LIVE_ERROR_PREFIX "NoCredentials" },
  { LIVE_ERROR_CREDENTIALS_REJECTED, LIVE_ERROR_PREFIX "CredentialsRejected" },
  { LIVE_ERROR_QUOTA_EXCEEDED, LIVE_ERROR_PREFIX "QuotaExceeded" },
  { LIVE_ERROR_MODEL_UNAVAILABLE, LIVE_ERROR_PREFIX "ModelUnavailable" },
  { LIVE_ERROR_BAD_SETUP, LIVE_ERROR_PREFIX "BadSetup" },
  { LIVE_ERROR_NETWORK, LIVE_ERROR_PREFIX "Network" },
  { LIVE_ERROR_SERVER, LIVE_ERROR_PREFIX "Server" },
  { LIVE_ERROR_TIMEOUT, LIVE_ERROR_PREFIX "Timeout" },
  { LIVE_ERROR_INTERRUPTED, LIVE_ERROR_PREFIX "Interrupted" },
  { LIVE_ERROR_UNSUPPORTED, LIVE_ERROR_PREFIX "Unsupported" },
  { LIVE_ERROR_INVALID_ARGUMENT, LIVE_ERROR_PREFIX "InvalidArgument" },
  { LIVE_ERROR_INVALID_SCHEMA, LIVE_ERROR_PREFIX "InvalidSchema" },
  { LIVE_ERROR_NOT_FOUND, LIVE_ERROR_PREFIX "NotFound" },
  { LIVE_ERROR_NOT_OWNER, LIVE_ERROR_PREFIX "NotOwner" },
  { LIVE_ERROR_TOOL_EXISTS, LIVE_ERROR_PREFIX "ToolExists" },
  { LIVE_ERROR_BUSY, LIVE_ERROR_PREFIX "Busy" },
  { LIVE_ERROR_MUTED, LIVE_ERROR_PREFIX "Muted" },
  { LIVE_ERROR_LIMIT_EXCEEDED, LIVE_ERROR_PREFIX "LimitExceeded" },
  { LIVE_ERROR_AUDIO_UNAVAILABLE, LIVE_ERROR_PREFIX "AudioUnavailable" },
  { LIVE_ERROR_VIDEO_UNAVAILABLE, LIVE_ERROR_PREFIX "VideoUnavailable" },
  { LIVE_ERROR_PERMISSION_DENIED, LIVE_ERROR_PREFIX "PermissionDenied" },
};

G_STATIC_ASSERT (G_N_ELEMENTS (live_error_entries) == LIVE_ERROR_N_CODES);

GQuark
live_error_quark (void)
{
  static gsize quark = 0;

  g_dbus_error_register_error_domain ("live-error-quark", &quark, live_error_entries,
                                      G_N_ELEMENTS (live_error_entries));
  return (GQuark) quark;
}

const char *
live_error_dbus_name (LiveErrorCode code)
{
  for (guint i = 0; i < G_N_ELEMENTS (live_error_entries); i++)
    if (live_error_entries[i].error_code == (gint) code)
      return live_error_entries[i].dbus_error_name;

  return live_error_entries[LIVE_ERROR_FAILED].dbus_error_name;
}

void
live_error_convert (GError **error)
{
  LiveErrorCode code = LIVE_ERROR_FAILED;
  g_autoptr (GError) old = NULL;

  if (*error == NULL || (*error)->domain == LIVE_ERROR)
    return;

  old = g_steal_pointer (error);
  g_dbus_error_strip_remote_error (old);

  if (g_error_matches (old, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
      g_error_matches (old, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
      g_error_matches (old, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT))
    code = LIVE_ERROR_TIMEOUT;
  else if (g_error_matches (old, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ||
           g_error_matches (old, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    code = LIVE_ERROR_PERMISSION_DENIED;
  else if (g_error_matches (old, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
           g_error_matches (old, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    code = LIVE_ERROR_NOT_FOUND;
  else if (g_error_matches (old, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) ||
           g_error_matches (old, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS))
    code = LIVE_ERROR_INVALID_ARGUMENT;
  else if (g_error_matches (old, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) ||
           g_error_matches (old, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
           g_error_matches (old, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
           old->domain == G_RESOLVER_ERROR || old->domain == G_TLS_ERROR)
    code = LIVE_ERROR_NETWORK;

  *error = g_error_new_literal (LIVE_ERROR, code, old->message);
}
