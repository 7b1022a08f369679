/* What the tests of the settings store share: a folder of their own, a store in it, and ears for
 * warnings.
 * Thread: main. Used by: test-settings-store.c, test-settings-file.c. */
#pragma once

#include "base/live-error.h"
#include "io/live-settings-store.h"

G_BEGIN_DECLS

typedef struct
{
  char *directory;
  char *config; /* directory/config/lived */
  char *system; /* directory/etc */
  char *path;   /* the settings file */
  LiveSettingsStore *store;
  guint n_changes;
  LiveChange largest;
  gboolean is_late;
} SettingsFixture;

void settings_fixture_set_up (SettingsFixture *fixture, gconstpointer data);
void settings_fixture_tear_down (SettingsFixture *fixture, gconstpointer data);
void settings_fixture_write_user (SettingsFixture *fixture, const char *text);
void settings_fixture_write_system (SettingsFixture *fixture, const char *name, const char *text);
char *settings_fixture_read_user (SettingsFixture *fixture);
LiveSettingsStore *
settings_fixture_try_open (SettingsFixture *fixture, const char *const *overrides, GError **error);
void settings_fixture_open_store (SettingsFixture *fixture, const char *const *overrides);
const char *settings_fixture_get_string (SettingsFixture *fixture, LiveSetting setting);
const char *settings_fixture_get_origin (SettingsFixture *fixture, LiveSetting setting);
GVariant *settings_fixture_apply (SettingsFixture *fixture, const char *values, GError **error);
void settings_fixture_apply_good (SettingsFixture *fixture, const char *values);
void settings_fixture_apply_bad (SettingsFixture *fixture,
                                 const char *values,
                                 LiveErrorCode code,
                                 const char *words);
void settings_fixture_wait_for_changes (SettingsFixture *fixture, guint n_changes);
void settings_fixture_wait_for_warning (SettingsFixture *fixture, const char *words);
void settings_fixture_init (void);
const char *settings_fixture_warnings (void);
void settings_fixture_clear_warnings (void);

/* One idea each, on a fresh folder. */
#define SETTINGS_FIXTURE_ADD(path, function)                                                       \
  g_test_add (path, SettingsFixture, NULL, settings_fixture_set_up, function,                      \
              settings_fixture_tear_down)

G_END_DECLS
