/* Owns: a link in a world made of paper.
 * Thread: the test's.
 * Called by: tests/core/test-link*.c. */
#include "fake/link-rig.h"

#include <string.h>

#include "base/live-error.h"
#include "io/live-transport-soup.h"
#include "protocol/live-endpoint.h"

#define WAIT_US (20 * G_USEC_PER_SEC)

static void say (LinkRig *rig, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (LinkRig *rig, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (rig->said, g_strdup_vprintf (format, args));
  va_end (args);
}

static const char *
name_error (LinkRig *rig, const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == LIVE_ERROR);
  g_assert_cmpstr (error->message, !=, "");
  g_clear_error (&rig->error);
  rig->error = g_error_copy (error);
  return live_error_dbus_name (error->code) + strlen ("org.lived.Live1.Error.");
}

static void
on_changed (gpointer data)
{
  LinkRig *rig = data;
  LiveLinkStatus status;

  live_link_get_status (rig->link, &status);
  g_assert_nonnull (status.state_name);
  g_assert_nonnull (status.reason);
  g_assert_nonnull (status.message);
  rig->n_changed++;
}

static void
on_online (LiveContextOrigin origin, gpointer data)
{
  static const char *const names[] = { "new", "resumed", "reseeded", "lost" };
  LinkRig *rig = data;

  g_assert_cmpstr (link_rig_state (rig), ==, "online");
  say (rig, "online:%s", names[origin]);
}

static void
on_lost (const GError *error, gboolean will_retry, gpointer data)
{
  LinkRig *rig = data;

  /* Nothing can be sent any more, and the state says so already. */
  g_assert_false (link_rig_status (rig).is_online);
  say (rig, "lost:%s:%s", name_error (rig, error), will_retry ? "retry" : "end");
}

static void
on_failed (const GError *error, gpointer data)
{
  LinkRig *rig = data;

  say (rig, "failed:%s", name_error (rig, error));
}

static void
on_dial_failed (const GError *error, gpointer data)
{
  LinkRig *rig = data;

  say (rig, "dial-failed:%s", name_error (rig, error));
}

static void
on_event (const LiveWireEvent *event, gpointer data)
{
  LinkRig *rig = data;

  g_assert_true (link_rig_status (rig).is_online);
  say (rig, "event:%s", live_wire_kind_to_string (event->kind));
}

static void
on_writable (gpointer data)
{
  ((LinkRig *) data)->n_writable++;
}

static void
on_credential_wanted (gpointer data)
{
  LinkRig *rig = data;

  rig->n_wanted++;
  if (rig->key != NULL)
    live_link_credential (rig->link, LIVE_CREDENTIAL_API_KEY, rig->key, NULL);
}

static gboolean
on_is_quiet (gpointer data)
{
  return ((LinkRig *) data)->is_quiet;
}

static const LiveLinkEvents rig_events = {
  on_changed,           on_online,  on_lost, on_failed, on_dial_failed, on_event, on_writable,
  on_credential_wanted, on_is_quiet
};

static LinkRig *
create (const char *model, const char *url, const char *key)
{
  LinkRig *rig = g_new0 (LinkRig, 1);
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  const LiveSetting names[] = { LIVE_SETTING_SESSION_MODEL, LIVE_SETTING_ENDPOINT_URL };
  GVariant *values[] = { g_variant_new_string (model != NULL ? model : "gemini-3.8-live"), NULL };
  g_autoptr (GError) error = NULL;

  if (url != NULL)
    values[1] = g_variant_new_string (url);
  rig->profiles = live_profiles_new (NULL, NULL, &error);
  g_assert_no_error (error);
  rig->settings = live_settings_new_with (defaults, names, values, url != NULL ? 2 : 1);
  rig->said = g_ptr_array_new_with_free_func (g_free);
  rig->is_quiet = TRUE;
  rig->key = key;
  return rig;
}

LinkRig *
link_rig_new (const char *model)
{
  LinkRig *rig = create (model, NULL, "test-key");

  rig->clock = fake_clock_new ();
  rig->wire = fake_transport_new ();
  rig->link =
      live_link_new (fake_clock_interface (rig->clock), fake_transport_interface (rig->wire),
                     rig->profiles, rig->settings, &rig_events, rig);
  return rig;
}

LinkRig *
link_rig_new_real (const char *url, const char *model, const char *key)
{
  LinkRig *rig = create (model, url, key);
  const LiveClock *clock = live_clock_system ();

  rig->link = live_link_new (clock, live_transport_soup_new (clock, rig->settings), rig->profiles,
                             rig->settings, &rig_events, rig);
  return rig;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
link_rig_wait (LinkRig *rig, const char *word)
{
  gint64 deadline_us = g_get_monotonic_time () + WAIT_US;
  guint tick = g_timeout_add (50, on_tick, NULL);

  while (TRUE)
    {
      for (; rig->n_awaited < rig->said->len; rig->n_awaited++)
        if (strcmp (g_ptr_array_index (rig->said, rig->n_awaited), word) == 0)
          {
            rig->n_awaited++;
            g_source_remove (tick);
            return;
          }
      if (g_get_monotonic_time () > deadline_us)
        g_error ("never said: %s; last: %s", word, link_rig_last (rig));
      g_main_context_iteration (NULL, TRUE);
    }
}

void
link_rig_free (LinkRig *rig)
{
  live_link_free (rig->link);
  if (rig->wire != NULL)
    g_assert_true (fake_transport_is_freed (rig->wire));
  fake_transport_unref (rig->wire);
  fake_clock_free (rig->clock);
  /* libsoup finishes its own close. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  live_profiles_free (rig->profiles);
  live_settings_unref (rig->settings);
  g_ptr_array_unref (rig->said);
  g_clear_error (&rig->error);
  g_free (rig);
}

void
link_rig_go_online (LinkRig *rig)
{
  if (strcmp (link_rig_state (rig), "offline") == 0)
    live_link_want (rig->link, TRUE, NULL);
  fake_transport_go_online (rig->wire);
  g_assert_cmpstr (link_rig_state (rig), ==, "online");
}

void
link_rig_give_handle (LinkRig *rig, const char *handle)
{
  g_autofree char *json = g_strdup_printf (
      "{\"sessionResumptionUpdate\": {\"newHandle\": \"%s\", \"resumable\": true}}", handle);

  fake_transport_message (rig->wire, json);
}

void
link_rig_answer (LinkRig *rig)
{
  fake_transport_message (rig->wire, "{\"serverContent\": {\"modelTurn\": {\"parts\": [{"
                                     "\"inlineData\": {\"mimeType\": \"audio/pcm;rate=24000\", "
                                     "\"data\": \"AAAA\"}}]}}}");
}

void
link_rig_set (LinkRig *rig, LiveSetting setting, GVariant *take_value)
{
  LiveSettings *before = rig->settings;

  rig->settings = live_settings_new_with (before, &setting, &take_value, 1);
  live_link_apply_settings (rig->link, rig->settings,
                            live_settings_diff (before, rig->settings, NULL));
  live_settings_unref (before);
}

LiveLinkStatus
link_rig_status (LinkRig *rig)
{
  LiveLinkStatus status;

  live_link_get_status (rig->link, &status);
  return status;
}

const char *
link_rig_state (LinkRig *rig)
{
  return link_rig_status (rig).state_name;
}

const char *
link_rig_reason (LinkRig *rig)
{
  return link_rig_status (rig).reason;
}

const char *
link_rig_last (LinkRig *rig)
{
  return rig->said->len > 0 ? g_ptr_array_index (rig->said, rig->said->len - 1) : "";
}

gboolean
link_rig_has_said (LinkRig *rig, const char *word)
{
  for (guint i = 0; i < rig->said->len; i++)
    if (strcmp (g_ptr_array_index (rig->said, i), word) == 0)
      return TRUE;

  return FALSE;
}

guint64
link_rig_statistic (LinkRig *rig, const char *name)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{st}"));
  g_autoptr (GVariant) all = NULL;
  guint64 value = 0;

  live_link_add_statistics (rig->link, &builder);
  all = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_variant_lookup (all, name, "t", &value);
  return value;
}
