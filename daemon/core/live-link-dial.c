/* Owns: what a dial needs: settings of this conversation, handle, target, setup.
 * Thread: main.
 * Called by: core/live-link.c. */
#include "base/live-redact.h"
#include "core/live-link-private.h"
#include "protocol/live-setup.h"

/* The newest settings, but of those that only a new conversation may change, the ones with
 * which the last dial was made: a handle of one model is refused by another. */
static LiveSettings *
compose (LiveSettings *newest, LiveSettings *pinned)
{
  gboolean changed[LIVE_N_SETTINGS] = { FALSE };
  LiveSetting held[LIVE_N_SETTINGS];
  GVariant *values[LIVE_N_SETTINGS];
  gsize n_held = 0;

  live_settings_diff (newest, pinned, changed);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    if (changed[i] && live_setting_info (i)->change == LIVE_CHANGE_NEXT_CONVERSATION)
      {
        held[n_held] = i;
        values[n_held++] = live_settings_get (pinned, i);
      }

  return live_settings_new_with (newest, held, values, n_held);
}

void
live_link_choose_settings (LiveLink *self)
{
  LiveSettings *effective = NULL;
  const LiveProfile *before = self->profile;

  /* A connection keeps what it was made with, even if nothing was said on it yet. */
  if (!self->fsm.has_socket && !self->has_context && self->handle == NULL)
    g_clear_pointer (&self->pinned, live_settings_unref);
  effective = self->pinned != NULL ? compose (self->settings, self->pinned)
                                   : live_settings_ref (self->settings);
  effective = live_link_hold_refused (self, effective);
  g_clear_pointer (&self->effective, live_settings_unref);
  self->effective = effective;
  self->profile = live_profiles_find (
      self->profiles, live_settings_get_string (effective, LIVE_SETTING_SESSION_MODEL));
  if (self->profile != before)
    self->is_corrected = FALSE;
}

void
live_link_unpin (LiveLink *self)
{
  g_clear_pointer (&self->pinned, live_settings_unref);
  live_link_choose_settings (self);
}

void
live_link_forget_target (LiveLink *self)
{
  g_clear_pointer (&self->url, g_free);
  live_endpoint_clear_headers (&self->headers);
  live_redact_wipe (&self->setup);
}

/* What the model will not get, said once and not at every dial. */
static void
warn_once (LiveLink *self, GPtrArray *warnings)
{
  g_autofree char *text = NULL;

  g_ptr_array_add (warnings, NULL);
  text = g_strjoinv ("; ", (char **) warnings->pdata);
  if (*text != '\0' && g_strcmp0 (text, self->warnings) != 0)
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "LIVE_MODEL",
                      live_settings_get_string (self->effective, LIVE_SETTING_SESSION_MODEL),
                      "MESSAGE", "Left out of the setup: %s", text);
  g_free (self->warnings);
  self->warnings = g_steal_pointer (&text);
}

static gboolean
build_setup (LiveLink *self, GError **error)
{
  g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  LiveSetupInput input = { .settings = self->effective,
                           .profile = live_link_get_profile (self),
                           .tools_json = self->tools_json,
                           .handle = self->is_handle_used ? self->handle : NULL,
                           .seeds_history = self->is_seeding };

  self->setup = live_setup_build (&input, warnings, error);
  if (self->setup == NULL)
    return FALSE;

  warn_once (self, warnings);
  return TRUE;
}

gboolean
live_link_prepare (LiveLink *self, guint kind, const char *secret)
{
  g_autoptr (GError) error = NULL;

  live_link_forget_target (self);
  /* What had to wait for the end of a connection waits no longer. */
  live_link_unpin (self);
  live_link_choose_limits (self);
  live_link_choose_context (self);

  if (live_endpoint_build (self->effective, live_link_get_profile (self), kind, secret, &self->url,
                           &self->headers, &error) &&
      build_setup (self, &error))
    {
      g_clear_pointer (&self->pinned, live_settings_unref);
      self->pinned = live_settings_ref (self->effective);
      g_clear_pointer (&self->sent_settings, live_settings_unref);
      self->sent_settings = live_settings_ref (self->effective);
      self->updated_us = 0;
      return TRUE;
    }

  live_link_forget_target (self);
  live_link_blame_setup (self, error);
  return FALSE;
}

void
live_link_open (LiveLink *self)
{
  LiveTransportTarget target = { self->url, self->headers };
  g_autofree char *uuid = g_uuid_string_random ();

  g_free (self->session_id);
  self->session_id = g_strndup (uuid, 8);
  self->phase = LIVE_PHASE_DIALLING;
  self->opened_us = 0;
  self->stats.dials++;
  live_transport_open (self->transport, &target);
  g_clear_pointer (&self->url, g_free);
  live_endpoint_clear_headers (&self->headers);
}

void
live_link_send_setup (LiveLink *self)
{
  live_transport_send_text (self->transport, self->setup, -1);
  live_redact_wipe (&self->setup);
}

/* The model refused what its profile allows. The service's word is newer than our table, so the
 * profile is corrected until the settings or the model change. */
void
live_link_correct (LiveLink *self)
{
  if (!self->is_corrected)
    self->corrected = *self->profile;
  self->is_corrected = TRUE;

  if (g_strcmp0 (self->category, "thinking-level") == 0)
    {
      self->corrected.thinking = LIVE_THINKING_NONE;
      self->corrected.thinking_required = FALSE;
    }
  else if (g_strcmp0 (self->category, "blocking-calls") == 0)
    {
      self->corrected.has_blocking = FALSE;
      self->corrected.default_behavior = LIVE_BEHAVIOR_NON_BLOCKING;
    }
}
