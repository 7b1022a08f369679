/* Owns: the table of all settings and the frozen snapshot of their values.
 * Thread: any; a snapshot never changes after it was built.
 * Called by: io/live-settings-store.c, which builds snapshots, and everybody who reads one. */
#include "base/live-settings.h"

#include <string.h>

struct _LiveSettings
{
  gatomicrefcount refs;
  GVariant *values[LIVE_N_SETTINGS];
};

static const LiveSettingInfo setting_infos[LIVE_N_SETTINGS] = {
#define LIVE_SETTING(name, group, key, type, fallback, change)                                     \
  [LIVE_SETTING_##name] = { group "." key, group, key, type, fallback, change },
#include "base/live-settings-keys.inc"
#undef LIVE_SETTING
};

const char *
live_change_to_string (LiveChange change)
{
  switch (change)
    {
    case LIVE_CHANGE_NONE:
      return "none";
    case LIVE_CHANGE_LIVE:
      return "live";
    case LIVE_CHANGE_RECONNECT:
      return "reconnect";
    case LIVE_CHANGE_NEXT_CONVERSATION:
      return "next-conversation";
    case LIVE_CHANGE_RESTART:
      return "restart";
    }

  g_return_val_if_reached ("none");
}

const LiveSettingInfo *
live_setting_info (LiveSetting setting)
{
  g_return_val_if_fail ((guint) setting < LIVE_N_SETTINGS, NULL);

  return &setting_infos[setting];
}

gboolean
live_setting_find (const char *name, LiveSetting *ret_setting)
{
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    if (strcmp (setting_infos[i].name, name) == 0)
      {
        *ret_setting = (LiveSetting) i;
        return TRUE;
      }

  return FALSE;
}

static GVariant *
parse_fallback (LiveSetting setting)
{
  const LiveSettingInfo *info = &setting_infos[setting];
  g_autoptr (GError) error = NULL;
  GVariant *value =
      g_variant_parse (G_VARIANT_TYPE (info->type), info->fallback, NULL, NULL, &error);

  /* The table is ours and a test reads all of it: a mistake here is a bug, not a condition. */
  if (value == NULL)
    g_error ("The default of %s cannot be read: %s", info->name, error->message);

  /* A parsed value is not floating: it is ours already. */
  return value;
}

LiveSettings *
live_settings_new_defaults (void)
{
  LiveSettings *self = g_new0 (LiveSettings, 1);

  g_atomic_ref_count_init (&self->refs);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    self->values[i] = parse_fallback ((LiveSetting) i);

  return self;
}

LiveSettings *
live_settings_new_with (LiveSettings *base,
                        const LiveSetting *settings,
                        GVariant *const *values,
                        gsize n)
{
  LiveSettings *self = g_new0 (LiveSettings, 1);

  g_atomic_ref_count_init (&self->refs);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    self->values[i] = g_variant_ref (base->values[i]);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) value = g_variant_ref_sink (values[i]);

      g_return_val_if_fail ((guint) settings[i] < LIVE_N_SETTINGS, self);
      g_return_val_if_fail (
          g_variant_is_of_type (value, G_VARIANT_TYPE (setting_infos[settings[i]].type)), self);
      g_variant_unref (self->values[settings[i]]);
      self->values[settings[i]] = g_steal_pointer (&value);
    }

  return self;
}

LiveSettings *
live_settings_ref (LiveSettings *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
live_settings_unref (LiveSettings *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_variant_unref (self->values[i]);
  g_free (self);
}

GVariant *
live_settings_get (LiveSettings *self, LiveSetting setting)
{
  g_return_val_if_fail ((guint) setting < LIVE_N_SETTINGS, NULL);

  return self->values[setting];
}

const char *
live_settings_get_string (LiveSettings *self, LiveSetting setting)
{
  return g_variant_get_string (live_settings_get (self, setting), NULL);
}

gboolean
live_settings_get_boolean (LiveSettings *self, LiveSetting setting)
{
  return g_variant_get_boolean (live_settings_get (self, setting));
}

gint32
live_settings_get_int (LiveSettings *self, LiveSetting setting)
{
  return g_variant_get_int32 (live_settings_get (self, setting));
}

guint32
live_settings_get_uint (LiveSettings *self, LiveSetting setting)
{
  return g_variant_get_uint32 (live_settings_get (self, setting));
}

gdouble
live_settings_get_double (LiveSettings *self, LiveSetting setting)
{
  return g_variant_get_double (live_settings_get (self, setting));
}

const char **
live_settings_get_strv (LiveSettings *self, LiveSetting setting)
{
  return g_variant_get_strv (live_settings_get (self, setting), NULL);
}

LiveChange
live_settings_diff (LiveSettings *before, LiveSettings *after, gboolean *changed)
{
  LiveChange largest = LIVE_CHANGE_NONE;

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    {
      gboolean differs = !g_variant_equal (before->values[i], after->values[i]);

      if (changed != NULL)
        changed[i] = differs;
      if (differs)
        largest = MAX (largest, setting_infos[i].change);
    }

  return largest;
}
