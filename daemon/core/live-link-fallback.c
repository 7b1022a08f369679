/* Owns: the way back from settings that the service refuses.
 * Thread: main.
 * Called by: core/live-link*.c.
 *
 * A change is tried by a rotation, which has left a connection that worked. When the service
 * refuses the new setup, the conversation is worth more than the change: what differs from the
 * last setup that was accepted is held back until somebody changes it again. */
#include <glib/gi18n.h>

#include "base/live-error.h"
#include "core/live-link-private.h"

#include "live-config.h"

void
live_link_accept (LiveLink *self)
{
  if (self->sent_settings == NULL)
    return;

  g_clear_pointer (&self->accepted, live_settings_unref);
  self->accepted = live_settings_ref (self->sent_settings);
  self->is_refusal_unsure = FALSE;
}

LiveSettings *
live_link_hold_refused (LiveLink *self, LiveSettings *take_settings)
{
  LiveSetting held[LIVE_N_SETTINGS];
  GVariant *values[LIVE_N_SETTINGS];
  LiveSettings *result;
  gsize n_held = 0;

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    if (self->is_refused[i])
      {
        held[n_held] = i;
        values[n_held++] = live_settings_get (self->accepted, i);
      }
  if (n_held == 0)
    return take_settings;

  result = live_settings_new_with (take_settings, held, values, n_held);
  live_settings_unref (take_settings);
  return result;
}

static void
let_go (LiveLink *self)
{
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    self->is_refused[i] = FALSE;
  self->is_refusal_unsure = FALSE;
  g_clear_pointer (&self->refusal, g_free);
}

void
live_link_retry_refused (LiveLink *self, const gboolean *changed)
{
  gboolean is_touched = FALSE;

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    is_touched |= changed[i] && self->is_refused[i];
  /* Which one of several was at fault is not known, so all have another chance. */
  if (is_touched)
    let_go (self);
}

/* Do these words speak of what we sent? With a handle the same words may speak of the handle. */
static gboolean
is_about_setup (const LiveCloseInfo *info, const LiveCloseVerdict *verdict)
{
  if (info->phase != LIVE_PHASE_SETUP)
    return FALSE;
  if (verdict->action == LIVE_CLOSE_FRESH)
    return info->handle_used && !g_str_equal (verdict->category, "stale-handle");

  return verdict->action == LIVE_CLOSE_STOP &&
         (verdict->error == LIVE_ERROR_BAD_SETUP || verdict->error == LIVE_ERROR_MODEL_UNAVAILABLE);
}

/* What the refused setup had and the accepted one had not; NULL when that is nothing, or when it
 * is the service itself, to which nobody is sent back. Owned. */
static char *
list_suspects (LiveLink *self, gboolean *changed)
{
  g_autoptr (GString) names = g_string_new (NULL);

  live_settings_diff (self->accepted, self->sent_settings, changed);
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    {
      const LiveSettingInfo *info = live_setting_info (i);

      changed[i] = changed[i] && (info->change == LIVE_CHANGE_RECONNECT ||
                                  info->change == LIVE_CHANGE_NEXT_CONVERSATION);
      if (changed[i] && g_str_equal (info->group, "endpoint"))
        return NULL;
      if (changed[i])
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", info->name);
    }

  return names->len > 0 ? g_string_free (g_steal_pointer (&names), FALSE) : NULL;
}

gboolean
live_link_fall_back (LiveLink *self,
                     const LiveCloseInfo *info,
                     const LiveCloseVerdict *verdict,
                     const char *words)
{
  gboolean changed[LIVE_N_SETTINGS] = { FALSE };
  g_autofree char *suspects = NULL;

  if (!is_about_setup (info, verdict) || self->accepted == NULL || self->sent_settings == NULL)
    return FALSE;

  suspects = list_suspects (self, changed);
  if (suspects == NULL)
    {
      /* The same without the change: it was the handle, and the change was blamed wrongly. */
      if (self->is_refusal_unsure)
        let_go (self);
      return FALSE;
    }

  self->is_refusal_unsure = verdict->action == LIVE_CLOSE_FRESH;

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    self->is_refused[i] |= changed[i];
  g_free (self->refusal);
  self->refusal =
      g_strdup_printf (_ ("The service refused %s, which stays as it was: %s"), suspects, words);
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "LIVE_SESSION", self->session_id, "MESSAGE",
                    "The service refused %s, going on with what it accepted before: %s", suspects,
                    words);
  return TRUE;
}
