/* Owns: the record of what a transport said, and the rules of its interface.
 * Thread: the test's.
 * Called by: tests/core/test-transport-soup*.c. */
#include "fake/transport-rig.h"

#include <string.h>

#include "io/live-transport-soup.h"

#define DEADLINE_US (20 * G_USEC_PER_SEC)

static void
on_opened (gpointer data)
{
  TransportRig *rig = data;

  g_assert_cmpuint (rig->n_opened, ==, 0);
  g_assert_cmpuint (rig->n_closed, ==, 0);
  rig->n_opened++;
}

static void
on_message (GBytes *message, gpointer data)
{
  TransportRig *rig = data;

  g_assert_cmpuint (rig->n_opened, ==, 1);
  g_assert_cmpuint (rig->n_closed, ==, 0);
  g_ptr_array_add (rig->messages, g_bytes_ref (message));
}

static void
on_closed (const LiveCloseInfo *info, gpointer data)
{
  TransportRig *rig = data;

  g_assert_cmpuint (rig->n_closed, ==, 0);
  g_assert_nonnull (info->reason);
  rig->n_closed++;
  live_close_info_clear (&rig->info);
  rig->info = *info;
  rig->info.reason = g_strdup (info->reason);
}

static void
on_writable (gpointer data)
{
  ((TransportRig *) data)->n_writable++;
}

static const LiveTransportEvents rig_events = { on_opened, on_message, on_closed, on_writable };

TransportRig *
transport_rig_new (LiveSettings *settings)
{
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  TransportRig *rig = g_new0 (TransportRig, 1);

  rig->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  rig->transport =
      live_transport_soup_new (live_clock_system (), settings != NULL ? settings : defaults);
  live_transport_listen (rig->transport, &rig_events, rig);
  return rig;
}

void
transport_rig_free (TransportRig *rig)
{
  g_clear_pointer (&rig->transport, live_transport_free);
  /* The library finishes its own close. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_unref (rig->messages);
  live_close_info_clear (&rig->info);
  g_free (rig);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Runs the main loop until *value reaches least. */
void
transport_rig_wait_until (const guint *value, guint least)
{
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  guint tick = g_timeout_add (50, on_tick, NULL);

  while (*value < least)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
}

void
transport_rig_open (TransportRig *rig, const char *url)
{
  char name[] = "x-goog-api-key", value[] = "secret-value";
  char *headers[] = { name, value, NULL };
  char *copy = g_strdup (url);
  LiveTransportTarget target = { copy, headers };

  rig->n_opened = rig->n_closed = 0;
  live_transport_open (rig->transport, &target);
  /* It was copied: the caller may wipe at once. */
  memset (copy, 'x', strlen (copy));
  g_free (copy);
  memset (value, 'x', strlen (value));
  g_assert_cmpuint (rig->n_opened + rig->n_closed, ==, 0);
}

void
transport_rig_check_message (TransportRig *rig, guint index, const char *expected)
{
  GBytes *message = NULL;
  gsize size = 0;
  const char *text = NULL;

  transport_rig_wait_until (&rig->messages->len, index + 1);
  message = g_ptr_array_index (rig->messages, index);
  text = g_bytes_get_data (message, &size);
  g_assert_cmpmem (text, size, expected, strlen (expected));
  g_assert_cmpint (text[size], ==, '\0');
}
