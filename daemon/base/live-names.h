/* Every literal that crosses a border: bus names, paths, fields, environment, file names.
 * Read this first and you know the daemon's whole outer surface.
 * Thread: none. Used by: everybody, the client included. */
#pragma once

/* D-Bus: the contract, never changed. */
#define LIVE_BUS_NAME "org.lived.Live1"
#define LIVE_OBJECT_PATH "/org/lived/Live1"
#define LIVE_IFACE_SESSION "org.lived.Live1.Session"
#define LIVE_IFACE_AUDIO "org.lived.Live1.Audio"
#define LIVE_IFACE_VIDEO "org.lived.Live1.Video"
#define LIVE_IFACE_TOOLS "org.lived.Live1.Tools"
#define LIVE_IFACE_TOOL_PROVIDER "org.lived.Live1.ToolProvider"
#define LIVE_IFACE_TOOL_AGENT "org.lived.Live1.ToolAgent"
#define LIVE_IFACE_MANAGER "org.lived.Live1.Manager"
#define LIVE_ERROR_PREFIX "org.lived.Live1.Error."
#define LIVE_LOG_CONTROL_PATH "/org/freedesktop/LogControl1"

/* No text or content of one call is longer; the client refuses it before the daemon does. */
#define LIVE_MAX_TEXT_BYTES (256 * 1024)

/* Settings: one GSettings schema with child groups, kept in a key file. */
#define LIVE_SCHEMA_ID "org.lived.Live1"
#define LIVE_SCHEMA_PATH "/org/lived/Live1/"
#define LIVE_SETTINGS_FILE "settings.ini"     /* in $XDG_CONFIG_HOME/lived */
#define LIVE_SETTINGS_SYSTEM_DIR "/etc/lived" /* defaults and locks */
#define LIVE_PROGRAM_DIR "lived"              /* below the XDG directories */
#define LIVE_PROFILES_FILE "model-profiles.conf"

/* Credentials, in the order in which they are looked for. */
#define LIVE_ENV_CREDENTIALS_DIRECTORY "CREDENTIALS_DIRECTORY"
#define LIVE_CREDENTIAL_FILE "gemini-api-key"
#define LIVE_SECRET_SCHEMA "org.lived.Live1.ApiKey"
#define LIVE_ENV_GEMINI_API_KEY "GEMINI_API_KEY"
#define LIVE_ENV_GOOGLE_API_KEY "GOOGLE_API_KEY"
#define LIVE_EPHEMERAL_TOKEN_PREFIX "auth_tokens/"

/* State. */
#define LIVE_ENV_STATE_DIRECTORY "STATE_DIRECTORY"
#define LIVE_STATE_FILE "session.state"

/* What PipeWire and the desktop's mixers show. */
#define LIVE_APP_ID "org.lived.Live1"
#define LIVE_NODE_CAPTURE "lived.capture"
#define LIVE_NODE_PLAYBACK "lived.playback"
