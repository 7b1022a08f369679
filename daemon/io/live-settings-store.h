/* Settings on disk -> frozen snapshots; changes back to disk.
 * Thread: main only. Used by: live-app (builds it, hands snapshots out), bus (Configure).
 *
 * Schema defaults < system defaults (/etc/lived/defaults) < settings.ini < overrides of this
 * run. What /etc/lived/locks names is fixed by the system. The file is in the form of GIO's
 * keyfile backend, which writes it; it is watched, so an edit by hand is the same event as
 * Configure. */
#pragma once

#include <gio/gio.h>

#include "base/live-settings.h"
#include "io/live-settings-file.h"

G_BEGIN_DECLS

typedef struct _LiveSettingsStore LiveSettingsStore;

/* A new snapshot is in force; largest is the class of change between it and the one before. */
typedef void (*LiveSettingsChangedFn) (LiveSettings *settings, LiveChange largest, gpointer data);

typedef struct
{
  const char *directory;        /* nullable: $XDG_CONFIG_HOME/lived; made with mode 0700 */
  const char *system_directory; /* nullable: /etc/lived */
  const char *const *overrides; /* nullable: "group.key=value", …, NULL, as from --set */
} LiveSettingsStoreParts;

/* parts may be NULL. A wrong file is a warning in the log, a wrong override an error:
 * LIVE_ERROR_INVALID_ARGUMENT names it, LIVE_ERROR_PERMISSION_DENIED says that it is locked.
 * LIVE_ERROR_FAILED: the schema is not installed or is of another version. */
LiveSettingsStore *live_settings_store_new (const LiveSettingsStoreParts *parts, GError **error);
void live_settings_store_free (LiveSettingsStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSettingsStore, live_settings_store_free)

/* One listener; called from the main loop after edits and from inside of apply(). */
void live_settings_store_listen (LiveSettingsStore *self,
                                 LiveSettingsChangedFn changed_fn,
                                 gpointer data);

/* The snapshot in force. Borrowed. */
LiveSettings *live_settings_store_get (LiveSettingsStore *self);
/* The file. Borrowed. */
const char *live_settings_store_get_path (LiveSettingsStore *self);

/* values is a{sv} with "group.key" names. All are checked, then all or none are written to the
 * file and are in force when this returns; an override of the same key ends. Returns a{ss}
 * (floating): the class of change of each key, "live" where nothing changed.
 * LIVE_ERROR_INVALID_ARGUMENT names key and what is allowed; LIVE_ERROR_LIMIT_EXCEEDED a value
 * that is too long; LIVE_ERROR_PERMISSION_DENIED a locked key or a file that cannot be written;
 * LIVE_ERROR_FAILED a file that is broken and has to be repaired by hand first. */
GVariant *live_settings_store_apply (LiveSettingsStore *self, GVariant *values, GError **error);

/* Session.Settings: a{sv}, floating; all effective values. */
GVariant *live_settings_store_to_variant (LiveSettingsStore *self);
LiveSettingsOrigin live_settings_store_get_origin (LiveSettingsStore *self, LiveSetting setting);
gboolean live_settings_store_is_locked (LiveSettingsStore *self, LiveSetting setting);

/* Reads the file again now (Reload, SIGHUP); the watch does it by itself otherwise. */
void live_settings_store_reload (LiveSettingsStore *self);

G_END_DECLS
