/* Owns: the table from error to exit code, sentence and cure.
 * Thread: main only.
 * Called by: main.c when a run fails, and the verbs that go on after an error. */
#include "livectl-error.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"

typedef struct
{
  LiveErrorCode code;
  LivectlExit exit_code;
  const char *sentence;
  const char *cure;
} Row;

/* In the order of the enum, which a static assertion and the test rely on. */
static const Row rows[] = {
  { LIVE_ERROR_FAILED, LIVECTL_EXIT_FAILED, N_ ("That did not work"), NULL },
  { LIVE_ERROR_NOT_CONNECTED, LIVECTL_EXIT_FAILED, N_ ("There is no connection to the service"),
    N_ ("Connect with: livectl connect") },
  { LIVE_ERROR_NO_CREDENTIALS, LIVECTL_EXIT_CONFIGURATION,
    N_ ("There is no API key for the service"),
    N_ ("lived(1) tells where a key can be kept; then try it with: livectl check") },
  { LIVE_ERROR_CREDENTIALS_REJECTED, LIVECTL_EXIT_CONFIGURATION,
    N_ ("The service refused the API key"),
    N_ ("Store a valid key, then try it with: livectl check") },
  { LIVE_ERROR_QUOTA_EXCEEDED, LIVECTL_EXIT_FAILED, N_ ("The service's quota is used up"),
    N_ ("Wait for it to be renewed, or raise it in the account that the API key belongs to.") },
  { LIVE_ERROR_MODEL_UNAVAILABLE, LIVECTL_EXIT_CONFIGURATION,
    N_ ("The service does not offer this model"),
    N_ ("Choose another with: livectl config set session.model NAME") },
  { LIVE_ERROR_BAD_SETUP, LIVECTL_EXIT_CONFIGURATION,
    N_ ("The service refused the session's settings"),
    N_ ("Look through them with: livectl config list") },
  { LIVE_ERROR_NETWORK, LIVECTL_EXIT_FAILED, N_ ("The network does not reach the service"),
    N_ ("Check the connection to the internet; the daemon tries again by itself.") },
  { LIVE_ERROR_SERVER, LIVECTL_EXIT_FAILED, N_ ("The service had a fault of its own"),
    N_ ("Try again in a while.") },
  { LIVE_ERROR_TIMEOUT, LIVECTL_EXIT_TIMEOUT, N_ ("It took too long"),
    N_ ("Give it more time with --timeout, or look at: livectl status") },
  { LIVE_ERROR_INTERRUPTED, LIVECTL_EXIT_FAILED, N_ ("The answer was interrupted"), NULL },
  { LIVE_ERROR_UNSUPPORTED, LIVECTL_EXIT_FAILED, N_ ("This is not supported here"), NULL },
  { LIVE_ERROR_INVALID_ARGUMENT, LIVECTL_EXIT_USAGE, N_ ("The daemon refused a value"), NULL },
  { LIVE_ERROR_INVALID_SCHEMA, LIVECTL_EXIT_USAGE, N_ ("The tool's schema is not valid"), NULL },
  { LIVE_ERROR_NOT_FOUND, LIVECTL_EXIT_FAILED, N_ ("There is no such thing"), NULL },
  { LIVE_ERROR_NOT_OWNER, LIVECTL_EXIT_BUSY, N_ ("This belongs to another program"), NULL },
  { LIVE_ERROR_TOOL_EXISTS, LIVECTL_EXIT_BUSY, N_ ("Another program has a tool of this name"),
    NULL },
  { LIVE_ERROR_BUSY, LIVECTL_EXIT_BUSY, N_ ("The daemon is busy with just this"),
    N_ ("Try again in a moment.") },
  { LIVE_ERROR_MUTED, LIVECTL_EXIT_FAILED, N_ ("The microphone is muted"),
    N_ ("Unmute it with: livectl mute off") },
  { LIVE_ERROR_LIMIT_EXCEEDED, LIVECTL_EXIT_FAILED, N_ ("That is more than the daemon allows"),
    NULL },
  { LIVE_ERROR_AUDIO_UNAVAILABLE, LIVECTL_EXIT_FAILED, N_ ("There is no sound"),
    N_ ("See whether PipeWire runs: systemctl --user status pipewire wireplumber") },
  { LIVE_ERROR_VIDEO_UNAVAILABLE, LIVECTL_EXIT_FAILED, N_ ("There is no camera or screen"), NULL },
  { LIVE_ERROR_PERMISSION_DENIED, LIVECTL_EXIT_FAILED, N_ ("This is not permitted"), NULL },
};

G_STATIC_ASSERT (G_N_ELEMENTS (rows) == LIVE_ERROR_N_CODES);

static const Row no_bus_row = {
  LIVE_ERROR_FAILED,
  LIVECTL_EXIT_UNREACHABLE,
  N_ ("The session bus cannot be reached"),
  N_ ("livectl talks to lived over the user's D-Bus session bus; see whether\n"
      "DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR is set."),
};

static const Row no_daemon_row = {
  LIVE_ERROR_FAILED,
  LIVECTL_EXIT_UNREACHABLE,
  N_ ("The daemon, lived, is not running"),
  N_ ("Start it with: systemctl --user start lived\n"
      "and see why it does not run with: journalctl --user -u lived"),
};

static const Row gone_row = {
  LIVE_ERROR_FAILED,
  LIVECTL_EXIT_UNREACHABLE,
  N_ ("The daemon, lived, went away"),
  N_ ("See why with: journalctl --user -u lived"),
};

static const Row old_row = {
  LIVE_ERROR_FAILED,
  LIVECTL_EXIT_FAILED,
  N_ ("The running daemon does not know this"),
  N_ ("It may be of another version than livectl; restart it with:\n"
      "systemctl --user restart lived"),
};

/* What belongs to a connection that ends in mid-call. */
static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static gboolean
is_absent (const GError *error)
{
  if (error->domain != G_DBUS_ERROR)
    return FALSE;

  if (error->code >= G_DBUS_ERROR_SPAWN_EXEC_FAILED && error->code <= G_DBUS_ERROR_SPAWN_NO_MEMORY)
    return TRUE;

  return error->code == G_DBUS_ERROR_SERVICE_UNKNOWN ||
         error->code == G_DBUS_ERROR_NAME_HAS_NO_OWNER;
}

static gboolean
is_unknown_member (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY);
}

static const Row *
find_row (const GError *error)
{
  g_autoptr (GError) copy = NULL;

  if (g_error_matches (error, LIVECTL_ERROR, LIVECTL_ERROR_NO_BUS))
    return &no_bus_row;
  if (g_error_matches (error, LIVECTL_ERROR, LIVECTL_ERROR_GONE) || is_gone (error))
    return &gone_row;
  if (is_absent (error))
    return &no_daemon_row;
  if (is_unknown_member (error))
    return &old_row;

  copy = g_error_copy (error);
  live_error_convert (&copy);
  return &rows[copy->code >= 0 && copy->code < LIVE_ERROR_N_CODES ? copy->code : 0];
}

GQuark
livectl_error_quark (void)
{
  return g_quark_from_static_string ("livectl-error-quark");
}

LivectlExit
livectl_error_exit_code (const GError *error)
{
  return find_row (error)->exit_code;
}

/* The daemon's words are sentences where it knows more than the error's name; then ours would only
 * say the same once more. */
static gboolean
is_sentence (const char *text)
{
  gunichar first = g_utf8_get_char (text);

  return g_unichar_isalpha (first) && !g_unichar_islower (first);
}

char *
livectl_error_sentence (const GError *error)
{
  const Row *row = find_row (error);
  g_autoptr (GError) copy = g_error_copy (error);
  const char *dot;

  g_dbus_error_strip_remote_error (copy);
  g_strstrip (copy->message);
  dot = g_str_has_suffix (copy->message, ".") ? "" : ".";

  /* What the bus or GIO says of a daemon that is not there helps nobody. */
  if (*copy->message == '\0' || row == &gone_row ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    return g_strdup_printf ("%s.", _ (row->sentence));

  if (error->domain == LIVE_ERROR && is_sentence (copy->message))
    return g_strdup_printf ("%s%s", copy->message, dot);

  return g_strdup_printf ("%s: %s%s", _ (row->sentence), copy->message, dot);
}

const char *
livectl_error_cure (const GError *error)
{
  const char *cure = find_row (error)->cure;

  return cure != NULL ? _ (cure) : NULL;
}

const char *
livectl_error_name (const GError *error)
{
  const Row *row = find_row (error);

  if (row == &no_bus_row || row == &no_daemon_row || row == &gone_row)
    return "Unreachable";

  return live_error_dbus_name (row->code) + strlen (LIVE_ERROR_PREFIX);
}

GError *
livectl_error_from_state (const char *reason, const char *message)
{
  const struct
  {
    const char *reason;
    LiveErrorCode code;
  } reasons[] = {
    { "no-credentials", LIVE_ERROR_NO_CREDENTIALS },
    { "rejected-credentials", LIVE_ERROR_CREDENTIALS_REJECTED },
    { "quota", LIVE_ERROR_QUOTA_EXCEEDED },
    { "model-unavailable", LIVE_ERROR_MODEL_UNAVAILABLE },
    { "bad-setup", LIVE_ERROR_BAD_SETUP },
    { "network", LIVE_ERROR_NETWORK },
    { "server", LIVE_ERROR_SERVER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (strcmp (reasons[i].reason, reason) == 0)
      return g_error_new_literal (LIVE_ERROR, reasons[i].code, message);

  return g_error_new_literal (LIVE_ERROR, LIVE_ERROR_FAILED, message);
}
