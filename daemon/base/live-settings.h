/* A frozen, reference-counted snapshot of all settings, and what a change of each one costs.
 * Thread: any (immutable); built on main. Used by: every layer.
 *
 * The schema (data/org.lived.Live1.gschema.xml) is where type, range, default and description
 * stand; the table in live-settings.c names each key once more with its class of change and
 * its default, so that pure code can be tested without GIO. A test compares the two. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What has to happen before a changed setting is in force. Ordered: the larger wins. */
typedef enum
{
  LIVE_CHANGE_NONE,
  LIVE_CHANGE_LIVE,              /* at once */
  LIVE_CHANGE_RECONNECT,         /* by one rotation at the next quiet point, context kept */
  LIVE_CHANGE_NEXT_CONVERSATION, /* when the next conversation starts */
  LIVE_CHANGE_RESTART,           /* when the daemon starts the next time */
} LiveChange;

/* "live", "reconnect", "next-conversation", "restart"; "none". Static. */
const char *live_change_to_string (LiveChange change);

/* One row per setting, in the order of the table. live-settings-keys.inc holds the rows as
 * LIVE_SETTING (ENUM_NAME, "group", "key", "type", "default as GVariant text", CHANGE). */
typedef enum
{
#define LIVE_SETTING(name, group, key, type, fallback, change) LIVE_SETTING_##name,
#include "base/live-settings-keys.inc"
#undef LIVE_SETTING
  LIVE_N_SETTINGS,
} LiveSetting;

typedef struct
{
  const char *name;  /* "group.key", as in Configure and --set */
  const char *group; /* "session" */
  const char *key;   /* "voice" */
  const char *type;  /* GVariant type string */
  const char *fallback;
  LiveChange change;
} LiveSettingInfo;

const LiveSettingInfo *live_setting_info (LiveSetting setting);
/* By "group.key"; FALSE when there is no such setting. */
gboolean live_setting_find (const char *name, LiveSetting *ret_setting);

typedef struct _LiveSettings LiveSettings;

/* All defaults. */
LiveSettings *live_settings_new_defaults (void);
/* A copy of base with some values replaced; the arrays are parallel. Types must match the table
 * (programmer's duty: the store has checked them). Floating values are taken. */
LiveSettings *live_settings_new_with (LiveSettings *base, const LiveSetting *settings,
                                      GVariant *const *values, gsize n);
LiveSettings *live_settings_ref (LiveSettings *self);
void live_settings_unref (LiveSettings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSettings, live_settings_unref)

/* Borrowed; valid as long as the snapshot. */
GVariant *live_settings_get (LiveSettings *self, LiveSetting setting);
const char *live_settings_get_string (LiveSettings *self, LiveSetting setting);
gboolean live_settings_get_boolean (LiveSettings *self, LiveSetting setting);
gint32 live_settings_get_int (LiveSettings *self, LiveSetting setting);
guint32 live_settings_get_uint (LiveSettings *self, LiveSetting setting);
gdouble live_settings_get_double (LiveSettings *self, LiveSetting setting);
/* "as" settings: a NULL-terminated array of borrowed strings; free the array with g_free. */
const char **live_settings_get_strv (LiveSettings *self, LiveSetting setting);

/* The largest class among the settings that differ; changed (nullable, LIVE_N_SETTINGS long)
 * is filled with TRUE where they do. */
LiveChange live_settings_diff (LiveSettings *before, LiveSettings *after, gboolean *changed);

G_END_DECLS
