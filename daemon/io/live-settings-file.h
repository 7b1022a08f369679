/* The settings on disk: the schema's keys, the system's defaults and locks, the user's file.
 * Thread: main only. Used by: live-settings-store.c.
 *
 * Values are read with GLib's key file and GVariant parsers exactly as GIO's keyfile backend
 * reads them, but into something that can be asked where a value came from and what was wrong
 * with it. Writing is that backend's own business. */
#pragma once

#include <gio/gio.h>

#include "base/live-settings.h"

G_BEGIN_DECLS

/* Where an effective value comes from. */
typedef enum
{
  LIVE_ORIGIN_DEFAULT,
  LIVE_ORIGIN_SYSTEM,
  LIVE_ORIGIN_FILE,
  LIVE_ORIGIN_OVERRIDE, /* of this run; the file knows nothing of it */
} LiveSettingsOrigin;

/* "default", "system", "file", "override". Static. */
const char *live_settings_origin_to_string (LiveSettingsOrigin origin);

typedef struct _LiveSettingsFile LiveSettingsFile;

/* directory is made with mode 0700; when it cannot be, the log says so and writes will fail.
 * LIVE_ERROR_FAILED: the schema is not installed or is of another version. */
LiveSettingsFile *
live_settings_file_new (const char *directory, const char *system_directory, GError **error);
void live_settings_file_free (LiveSettingsFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSettingsFile, live_settings_file_free)

/* Borrowed. */
const char *live_settings_file_get_path (LiveSettingsFile *self);
GSettingsSchemaKey *live_settings_file_get_key (LiveSettingsFile *self, LiveSetting setting);

gboolean live_settings_file_is_locked (LiveSettingsFile *self, LiveSetting setting);

/* The user's file as it is on disk now; an absent one is empty. NULL and an error of GLib when
 * it cannot be read or parsed. Owned. */
GKeyFile *live_settings_file_load (LiveSettingsFile *self, GError **error);
/* Everything in a loaded file that has no effect, in words for the log; "" when all is well. */
char *live_settings_file_check (LiveSettingsFile *self, GKeyFile *file);
/* The value that is in force by a loaded file. A full reference. */
GVariant *live_settings_file_read (LiveSettingsFile *self,
                                   GKeyFile *file,
                                   LiveSetting setting,
                                   LiveSettingsOrigin *ret_origin);
/* Writes all that is not NULL in wanted (LIVE_N_SETTINGS long, values checked) in one stroke,
 * and looks whether it is there. LIVE_ERROR_FAILED: the file is broken and would lose what
 * cannot be parsed; LIVE_ERROR_PERMISSION_DENIED: it could not be written. */
gboolean live_settings_file_write (LiveSettingsFile *self, GVariant *const *wanted, GError **error);

G_END_DECLS
