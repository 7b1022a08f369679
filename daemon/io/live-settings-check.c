/* Owns: nothing; judges values for settings.
 * Thread: any.
 * Called by: live-settings-store.c. */
#include "io/live-settings-check.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "live-config.h"

static const char *
name_type (const GVariantType *type)
{
  switch (g_variant_type_peek_string (type)[0])
    {
    case 'b':
      return "true, false";
    case 's':
      return _ ("a text");
    case 'a':
      return _ ("a list of texts");
    default:
      return _ ("a number");
    }
}

/* Names that go to the service as they are. What cannot be one would only be found out by a
 * connection that is refused. */
static const char *
name_rule (GSettingsSchemaKey *key)
{
  const char *name = g_settings_schema_key_get_name (key);

  if (g_str_equal (name, "model"))
    return _ ("a model's name of letters, digits and . _ - : @, with / only as in models/NAME");
  if (g_str_equal (name, "voice"))
    return _ ("a voice's name of letters, digits and . _ - :, or nothing");

  return NULL;
}

static gboolean
has_only (const char *text, const char *also)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr (also, *text) == NULL)
      return FALSE;

  return TRUE;
}

/* A path names a collection and what is in it, in turn, so its parts are even in number. */
static gboolean
is_model_name (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", -1);
  guint n_parts = g_strv_length (parts);

  for (guint i = 0; i < n_parts; i++)
    if (*parts[i] == '\0' || !has_only (parts[i], "._-:@"))
      return FALSE;

  return n_parts == 1 || (n_parts > 0 && n_parts % 2 == 0);
}

static gboolean
obeys_rule (GSettingsSchemaKey *key, GVariant *value)
{
  const char *name = g_settings_schema_key_get_name (key);

  if (name_rule (key) == NULL)
    return TRUE;
  if (g_str_equal (name, "model"))
    return is_model_name (g_variant_get_string (value, NULL));

  return has_only (g_variant_get_string (value, NULL), "._-:");
}

char *
live_settings_check_allowed (GSettingsSchemaKey *key)
{
  g_autoptr (GVariant) range = g_settings_schema_key_get_range (key);
  g_autoptr (GVariant) limits = NULL;
  const char *kind;

  g_variant_get (range, "(&sv)", &kind, &limits);
  if (g_str_equal (kind, "enum"))
    {
      g_autofree const char **choices = g_variant_get_strv (limits, NULL);

      return g_strjoinv (", ", (char **) choices);
    }
  if (g_str_equal (kind, "range"))
    {
      g_autoptr (GVariant) low = g_variant_get_child_value (limits, 0);
      g_autoptr (GVariant) high = g_variant_get_child_value (limits, 1);
      g_autofree char *low_text = g_variant_print (low, FALSE);
      g_autofree char *high_text = g_variant_print (high, FALSE);

      return g_strdup_printf ("%s…%s", low_text, high_text);
    }

  if (name_rule (key) != NULL)
    return g_strdup (name_rule (key));

  return g_strdup (name_type (g_settings_schema_key_get_value_type (key)));
}

/* Any number as a double; 64-bit ones that do not fit are refused. */
static gboolean
read_number (GVariant *value, double *ret_number)
{
  static const gint64 exact = (gint64) 1 << 53;
  gint64 whole = 0;

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      whole = g_variant_get_byte (value);
      break;
    case G_VARIANT_CLASS_INT16:
      whole = g_variant_get_int16 (value);
      break;
    case G_VARIANT_CLASS_UINT16:
      whole = g_variant_get_uint16 (value);
      break;
    case G_VARIANT_CLASS_INT32:
      whole = g_variant_get_int32 (value);
      break;
    case G_VARIANT_CLASS_UINT32:
      whole = g_variant_get_uint32 (value);
      break;
    case G_VARIANT_CLASS_INT64:
      whole = g_variant_get_int64 (value);
      break;
    case G_VARIANT_CLASS_UINT64:
      if (g_variant_get_uint64 (value) > (guint64) exact)
        return FALSE;
      whole = (gint64) g_variant_get_uint64 (value);
      break;
    case G_VARIANT_CLASS_DOUBLE:
      *ret_number = g_variant_get_double (value);
      return isfinite (*ret_number);
    case G_VARIANT_CLASS_BOOLEAN:
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
    case G_VARIANT_CLASS_VARIANT:
    case G_VARIANT_CLASS_MAYBE:
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
      return FALSE;
    }

  if (whole > exact || whole < -exact)
    return FALSE;
  *ret_number = (double) whole;
  return TRUE;
}

/* Clients in dynamic languages cannot choose between i, u, x and d: what is the same number is
 * the same value. NULL when it is not. */
static GVariant *
convert_number (GVariant *value, const GVariantType *type)
{
  double number;

  if (!read_number (value, &number))
    return NULL;
  if (g_variant_type_equal (type, G_VARIANT_TYPE_DOUBLE))
    return g_variant_new_double (number);
  if (number < rint (number) || number > rint (number))
    return NULL;
  if (g_variant_type_equal (type, G_VARIANT_TYPE_INT32) && number >= G_MININT32 &&
      number <= G_MAXINT32)
    return g_variant_new_int32 ((gint32) number);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_UINT32) && number >= 0 && number <= G_MAXUINT32)
    return g_variant_new_uint32 ((guint32) number);

  return NULL;
}

static GVariant *
fail (LiveSetting setting, GSettingsSchemaKey *key, GError **error)
{
  g_autofree char *allowed = live_settings_check_allowed (key);

  g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
               _ ("%s: not a value of this setting; allowed: %s"),
               live_setting_info (setting)->name, allowed);
  return NULL;
}

static gboolean
is_small (GVariant *value)
{
  return g_variant_get_size (value) <= LIVE_SETTINGS_MAX_STRING_BYTES &&
         (!g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY) ||
          g_variant_n_children (value) <= LIVE_SETTINGS_MAX_LIST);
}

GVariant *
live_settings_check_value (LiveSetting setting,
                           GSettingsSchemaKey *key,
                           GVariant *value,
                           GError **error)
{
  const GVariantType *type = g_settings_schema_key_get_value_type (key);
  g_autoptr (GVariant) wanted = g_variant_ref_sink (value);

  while (g_variant_is_of_type (wanted, G_VARIANT_TYPE_VARIANT))
    {
      GVariant *inner = g_variant_get_variant (wanted);

      g_variant_unref (wanted);
      wanted = inner;
    }

  if (!g_variant_is_of_type (wanted, type))
    {
      GVariant *converted = convert_number (wanted, type);

      if (converted == NULL)
        return fail (setting, key, error);
      g_variant_unref (wanted);
      wanted = g_variant_ref_sink (converted);
    }

  if (!is_small (wanted))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   _ ("%s: longer than %d bytes or %d entries"), live_setting_info (setting)->name,
                   LIVE_SETTINGS_MAX_STRING_BYTES, LIVE_SETTINGS_MAX_LIST);
      return NULL;
    }
  /* A range lets NaN through, because it is neither smaller nor larger. */
  if (!g_settings_schema_key_range_check (key, wanted) ||
      (g_variant_is_of_type (wanted, G_VARIANT_TYPE_DOUBLE) &&
       !isfinite (g_variant_get_double (wanted))) ||
      !obeys_rule (key, wanted))
    return fail (setting, key, error);

  return g_steal_pointer (&wanted);
}

GVariant *
live_settings_check_text (LiveSetting setting,
                          GSettingsSchemaKey *key,
                          const char *text,
                          GError **error)
{
  const GVariantType *type = g_settings_schema_key_get_value_type (key);
  g_autoptr (GVariant) value = g_variant_parse (type, text, NULL, NULL, NULL);

  /* As GIO's backend does it: people forget the quotes. */
  if (value == NULL && g_variant_type_equal (type, G_VARIANT_TYPE_STRING) && *text != '"' &&
      *text != '\'' && g_utf8_validate (text, -1, NULL))
    value = g_variant_ref_sink (g_variant_new_string (text));
  if (value == NULL)
    return fail (setting, key, error);

  return live_settings_check_value (setting, key, value, error);
}
