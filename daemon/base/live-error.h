/* The one error domain, which is also the D-Bus error list of the contract.
 * Thread: any. Used by: every layer and the client.
 *
 * Adapters translate their library's errors into LIVE_ERROR at the seam, so everything above
 * them matches only this domain. The livectl exit codes follow these (client/livectl.h and
 * data/man/livectl.1.rst; keep them in sync). */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LIVE_ERROR (live_error_quark ())

typedef enum
{
  LIVE_ERROR_FAILED,
  LIVE_ERROR_NOT_CONNECTED,
  LIVE_ERROR_NO_CREDENTIALS,
  LIVE_ERROR_CREDENTIALS_REJECTED,
  LIVE_ERROR_QUOTA_EXCEEDED,
  LIVE_ERROR_MODEL_UNAVAILABLE,
  LIVE_ERROR_BAD_SETUP,
  LIVE_ERROR_NETWORK,
  LIVE_ERROR_SERVER,
  LIVE_ERROR_TIMEOUT,
  LIVE_ERROR_INTERRUPTED,
  LIVE_ERROR_UNSUPPORTED,
  LIVE_ERROR_INVALID_ARGUMENT,
  LIVE_ERROR_INVALID_SCHEMA,
  LIVE_ERROR_NOT_FOUND,
  LIVE_ERROR_NOT_OWNER,
  LIVE_ERROR_TOOL_EXISTS,
  LIVE_ERROR_BUSY,
  LIVE_ERROR_MUTED,
  LIVE_ERROR_LIMIT_EXCEEDED,
  LIVE_ERROR_AUDIO_UNAVAILABLE,
  LIVE_ERROR_VIDEO_UNAVAILABLE,
  LIVE_ERROR_PERMISSION_DENIED,
  LIVE_ERROR_N_CODES, /*< skip >*/
} LiveErrorCode;

GQuark live_error_quark (void);

/* The D-Bus name of a code, e.g. "org.lived.Live1.Error.Busy". Static. */
const char *live_error_dbus_name (LiveErrorCode code);

/* Puts any error into LIVE_ERROR: one of ours (also one that came over D-Bus) stays, a foreign
 * one is replaced by its nearest code, its text kept. Takes a pointer to an owned error. */
void live_error_convert (GError **error);

G_END_DECLS
