/* Owns: a copy of the daemon's properties.
 * Thread: main only.
 * Called by: status, wait, chat and the other verbs that look at state. */
#include "livectl-props.h"

#include <string.h>

#include "base/live-names.h"

struct _LivectlProps
{
  LivectlContext *ctx;
  LivectlPropsFunc changed;
  gpointer data;
  gboolean wants_manager;
  guint n_unread;      /* interfaces whose properties are on the way */
  gboolean was_read;   /* all of them, once */
  gboolean has_failed; /* one of them, this time */
  gboolean is_stale;   /* the daemon came back while they were on the way */
  GHashTable *values;  /* owned name -> owned GVariant */
};

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
take_dictionary (LivectlProps *props, GVariant *dictionary, gboolean tells)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    g_hash_table_replace (props->values, g_strdup (name), value);

  /* Only when all are in, for they belong together. */
  g_variant_iter_init (&iter, dictionary);
  while (tells && g_variant_iter_next (&iter, "{&sv}", &name, NULL))
    if (!props->ctx->is_finished)
      props->changed (props->ctx, name, props->data);
}

static void
on_properties_changed (LivectlContext *ctx,
                       const char *interface,
                       const char *member,
                       GVariant *params,
                       gpointer data)
{
  LivectlProps *props = data;
  g_autoptr (GVariant) dictionary = NULL;
  const char *of;

  if (strcmp (member, "PropertiesChanged") != 0 ||
      !g_variant_is_of_type (params, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;

  g_variant_get (params, "(&s@a{sv}@as)", &of, &dictionary, NULL);
  if (g_str_has_prefix (of, LIVE_BUS_NAME "."))
    take_dictionary (props, dictionary, props->n_unread == 0);
}

static void
on_read (LivectlContext *ctx, GVariant *reply, GUnixFDList *fds, const GError *error, gpointer data)
{
  LivectlProps *props = data;
  g_autoptr (GVariant) dictionary = NULL;

  props->n_unread--;
  if (error != NULL && !props->was_read)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  /* An error in a later reading means that the daemon left again; whoever asked for that reading
   * watches it come and go. */
  if (error != NULL)
    props->has_failed = TRUE;
  else
    {
      dictionary = g_variant_get_child_value (reply, 0);
      take_dictionary (props, dictionary, FALSE);
    }

  if (props->n_unread > 0)
    return;

  if (props->is_stale)
    livectl_props_read (props);
  else if (!props->has_failed)
    {
      props->was_read = TRUE;
      props->changed (ctx, NULL, props->data);
    }
}

void
livectl_props_read (LivectlProps *props)
{
  props->is_stale = props->n_unread > 0;
  if (props->is_stale)
    return;

  g_hash_table_remove_all (props->values);
  props->has_failed = FALSE;
  props->n_unread = props->wants_manager ? 3 : 2;
  livectl_proxy_get_all (props->ctx, LIVECTL_SESSION, on_read, props);
  livectl_proxy_get_all (props->ctx, LIVECTL_AUDIO, on_read, props);
  if (props->wants_manager)
    livectl_proxy_get_all (props->ctx, LIVECTL_MANAGER, on_read, props);
}

LivectlProps *
livectl_props_new (LivectlContext *ctx,
                   gboolean wants_manager,
                   gboolean follows,
                   LivectlPropsFunc changed,
                   gpointer data)
{
  LivectlProps *props = g_new0 (LivectlProps, 1);

  props->ctx = ctx;
  props->changed = changed;
  props->data = data;
  props->wants_manager = wants_manager;
  props->values =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  /* Before the reading, so that no change falls between. */
  if (follows)
    livectl_proxy_subscribe (ctx, on_properties_changed, props);
  return props;
}

void
livectl_props_free (LivectlProps *props)
{
  g_hash_table_unref (props->values);
  g_free (props);
}

GVariant *
livectl_props_get (LivectlProps *props, const char *name)
{
  return g_hash_table_lookup (props->values, name);
}

static GVariant *
get_typed (LivectlProps *props, const char *name, const GVariantType *type)
{
  GVariant *value = livectl_props_get (props, name);

  return value != NULL && g_variant_is_of_type (value, type) ? value : NULL;
}

const char *
livectl_props_get_string (LivectlProps *props, const char *name)
{
  GVariant *value = get_typed (props, name, G_VARIANT_TYPE_STRING);

  return value != NULL ? g_variant_get_string (value, NULL) : "";
}

gboolean
livectl_props_get_boolean (LivectlProps *props, const char *name)
{
  GVariant *value = get_typed (props, name, G_VARIANT_TYPE_BOOLEAN);

  return value != NULL && g_variant_get_boolean (value);
}

gdouble
livectl_props_get_double (LivectlProps *props, const char *name)
{
  GVariant *value = get_typed (props, name, G_VARIANT_TYPE_DOUBLE);

  return value != NULL ? g_variant_get_double (value) : 0.0;
}

guint64
livectl_props_get_uint64 (LivectlProps *props, const char *name)
{
  GVariant *value = get_typed (props, name, G_VARIANT_TYPE_UINT64);

  return value != NULL ? g_variant_get_uint64 (value) : 0;
}

const char **
livectl_props_list (LivectlProps *props)
{
  const char **names = (const char **) g_hash_table_get_keys_as_array (props->values, NULL);
  guint n_names = g_hash_table_size (props->values);

  qsort (names, n_names, sizeof *names, compare_names);
  return names;
}
