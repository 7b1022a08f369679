/* Owns: nothing; reads option dictionaries by a table.
 * Thread: main.
 * Called by: the faces in bus/. */
#include "bus/live-options.h"

#include <string.h>

#include "base/live-error.h"

static const LiveOption *
find_option (const LiveOption *table, gsize n_table, const char *key)
{
  for (gsize i = 0; i < n_table; i++)
    if (strcmp (table[i].key, key) == 0)
      return &table[i];

  return NULL;
}

static gboolean
check_option (const LiveOption *option, const char *key, GVariant *value, GError **error)
{
  if (option == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, "unknown option “%s”", key);
      return FALSE;
    }

  if (g_variant_get_type_string (value)[0] != option->type ||
      g_variant_get_type_string (value)[1] != '\0')
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                   "option “%s” has the type “%s”, not “%c”", key,
                   g_variant_get_type_string (value), option->type);
      return FALSE;
    }

  return TRUE;
}

static void
store_option (const LiveOption *option, GVariant *value)
{
  if (option->type == 'b')
    *(gboolean *) option->ret_value = g_variant_get_boolean (value);
  else if (option->type == 'u')
    *(guint32 *) option->ret_value = g_variant_get_uint32 (value);
  else
    *(const char **) option->ret_value = g_variant_get_string (value, NULL);
}

gboolean
live_options_read (GVariant *options, const LiveOption *table, gsize n_table, GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;

      if (!check_option (find_option (table, n_table, key), key, owned, error))
        return FALSE;
    }

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) owned = value;

      /* A string lives in the message's own bytes, which options keeps. */
      store_option (find_option (table, n_table, key), owned);
    }

  return TRUE;
}

gboolean
live_options_refuse (GVariant *options, GError **error)
{
  return live_options_read (options, NULL, 0, error);
}
