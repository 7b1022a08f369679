/* Owns: the search in the Secret Service.
 * Thread: main.
 * Called by: io/live-secret.c. */
#include "io/live-secret-keyring.h"

#include "live-config.h"

#if LIVE_HAVE_SECRET

#include <libsecret/secret.h>

#include "base/live-names.h"
#include "base/live-redact.h"

static void
free_secret (gpointer data)
{
  char *secret = data;

  live_redact_wipe (&secret);
}

/* There is nothing that would tell apart one key from another but its being there. */
static const SecretSchema *
get_schema (void)
{
  static const SecretSchema schema = { LIVE_SECRET_SCHEMA,
                                       SECRET_SCHEMA_NONE,
                                       { { NULL, SECRET_SCHEMA_ATTRIBUTE_STRING } } };

  return &schema;
}

static char *
take_text (GList *items)
{
  for (GList *at = items; at != NULL; at = at->next)
    {
      g_autoptr (SecretValue) value = secret_item_get_secret (at->data);
      const char *text = value != NULL ? secret_value_get_text (value) : NULL;

      if (text != NULL && *text != '\0')
        return g_strdup (text);
    }

  return NULL;
}

/* No service on this bus, or no bus: that is an answer, not a failure. */
static gboolean
is_absent (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
on_searched (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  g_autoptr (GError) error = NULL;
  GList *items = secret_service_search_finish (NULL, result, &error);

  if (error != NULL && !is_absent (error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, take_text (items), free_secret);
  g_list_free_full (items, g_object_unref);
}

void
live_secret_keyring_async (gboolean may_ask,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, data);
  g_autoptr (GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  SecretSearchFlags flags = SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS;

  g_task_set_source_tag (task, live_secret_keyring_async);
  if (may_ask)
    flags |= SECRET_SEARCH_UNLOCK;
  secret_service_search (NULL, get_schema (), attributes, flags, cancellable, on_searched, task);
}

#else

void
live_secret_keyring_async (gboolean may_ask,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);

  g_task_set_source_tag (task, live_secret_keyring_async);
  g_task_return_pointer (task, NULL, NULL);
}

#endif

char *
live_secret_keyring_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
