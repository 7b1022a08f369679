/* One value against one key of the schema: type, range or choices, and the words for a mistake.
 * Thread: any. Used by: live-settings-store.c. */
#pragma once

#include <gio/gio.h>

#include "base/live-settings.h"

G_BEGIN_DECLS

/* No string of a setting is longer. */
#define LIVE_SETTINGS_MAX_STRING_BYTES (64 * 1024)
#define LIVE_SETTINGS_MAX_LIST 64

/* "low, high" or "0…2", or the type in words where the schema has no limits. Owned. */
char *live_settings_check_allowed (GSettingsSchemaKey *key);

/* value (possibly wrapped in a variant) as the key wants it: numbers change their type where
 * nothing is lost. LIVE_ERROR_INVALID_ARGUMENT names the setting and what is allowed. A full
 * reference. */
GVariant *live_settings_check_value (LiveSetting setting,
                                     GSettingsSchemaKey *key,
                                     GVariant *value,
                                     GError **error);

/* The same for text: GVariant notation as in the file; a string needs no quotes. */
GVariant *live_settings_check_text (LiveSetting setting,
                                    GSettingsSchemaKey *key,
                                    const char *text,
                                    GError **error);

G_END_DECLS
