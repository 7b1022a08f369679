/* Owns: the newest handle, and what else decides how a connection gets its context.
 * Thread: main.
 * Called by: core/live-link*.c, and core/live-engine*.c for restoring and abandoning. */
#include "base/live-redact.h"
#include "core/live-link-private.h"
#include "protocol/live-setup.h"

static void
tell_handle (LiveLink *self)
{
  if (self->events.handle_changed != NULL)
    self->events.handle_changed (self->events_data);
}

void
live_link_drop_handle (LiveLink *self)
{
  if (self->handle == NULL)
    return;

  live_redact_wipe (&self->handle);
  g_clear_pointer (&self->handle_fingerprint, g_free);
  self->is_handle_dirty = FALSE;
  tell_handle (self);
}

/* What belongs to another model or endpoint is of no use there, so the newest wish decides. */
static gboolean
is_of_wanted_target (LiveLink *self)
{
  g_autofree char *fingerprint = live_setup_fingerprint (self->settings);

  return g_strcmp0 (fingerprint, self->handle_fingerprint) == 0;
}

gboolean
live_link_can_resume (LiveLink *self)
{
  gint64 life_us =
      (gint64) live_settings_get_uint (self->settings, LIVE_SETTING_LINK_HANDLE_VALIDITY_S) *
      G_USEC_PER_SEC;

  if (self->handle == NULL)
    return FALSE;
  if (live_clock_boot_us (self->clock) - self->handle_boot_us >= life_us &&
      !live_link_fsm_is_online (&self->fsm))
    return FALSE;

  return is_of_wanted_target (self);
}

/* Nothing is lost by leaving now: the newest handle holds everything, or will not be used. */
gboolean
live_link_is_safe_to_leave (LiveLink *self)
{
  if (!self->has_context || self->is_abandoned)
    return TRUE;
  if (self->handle != NULL && !is_of_wanted_target (self))
    return TRUE;

  return self->handle != NULL && !self->is_handle_dirty;
}

/* Each update supersedes the one before (protocol 7.6). Not resumable just now: the last good
 * handle still works and loses what came since. */
void
live_link_keep_handle (LiveLink *self, const LiveWireEvent *event)
{
  gboolean was_clean = self->handle != NULL && !self->is_handle_dirty;

  /* The way back into what was given up stays shut. */
  if (self->is_abandoned)
    return;

  if (event->is_resumable && event->text != NULL && *event->text != '\0')
    {
      live_redact_wipe (&self->handle);
      self->handle = g_strdup (event->text);
      g_free (self->handle_fingerprint);
      self->handle_fingerprint = live_setup_fingerprint (self->effective);
      self->handle_boot_us = live_clock_boot_us (self->clock);
      self->handle_issued_us = live_clock_now_us (self->clock);
      self->is_handle_dirty = FALSE;
      tell_handle (self);
    }
  else
    self->is_handle_dirty = TRUE;

  if (was_clean != (self->handle != NULL && !self->is_handle_dirty))
    {
      self->events.changed (self->events_data);
      /* A rotation may have waited for nothing else. */
      live_link_ask_quiet (self);
    }
}

/* The handle's life is counted from the end of its session (protocol 8.6). */
void
live_link_age_handle (LiveLink *self)
{
  if (self->handle == NULL)
    return;

  self->handle_boot_us = live_clock_boot_us (self->clock);
  tell_handle (self);
}

void
live_link_peek_handle (LiveLink *self, LiveLinkHandle *ret_handle)
{
  *ret_handle = (LiveLinkHandle){ 0 };
  if (self->handle == NULL)
    return;

  *ret_handle = (LiveLinkHandle){
    .handle = self->handle,
    .fingerprint = self->handle_fingerprint,
    .age_us = MAX (live_clock_boot_us (self->clock) - self->handle_boot_us, 0),
    .issued_us = self->handle_issued_us,
  };
}

void
live_link_restore (LiveLink *self, const char *handle, const char *fingerprint, gint64 age_us)
{
  live_redact_wipe (&self->handle);
  self->handle = g_strdup (handle);
  g_free (self->handle_fingerprint);
  self->handle_fingerprint = g_strdup (fingerprint);
  self->handle_boot_us = live_clock_boot_us (self->clock) - age_us;
  self->handle_issued_us = 0;
  self->is_handle_dirty = FALSE;
  self->has_context = TRUE;
  self->events.changed (self->events_data);
}

void
live_link_abandon (LiveLink *self, gboolean is_at_once)
{
  self->is_abandoned = TRUE;
  live_link_drop_handle (self);
  self->stats.abandons++;
  live_link_post (self, is_at_once ? LIVE_LINK_EV_ROTATE_NOW : LIVE_LINK_EV_ROTATE);
}

void
live_link_reconnect (LiveLink *self)
{
  live_link_post (self, LIVE_LINK_EV_ROTATE_NOW);
}

/* Before each dial: is there a way back, and if not, can own words stand in for it? */
void
live_link_choose_context (LiveLink *self)
{
  self->is_handle_used = live_link_can_resume (self);
  if (!self->is_handle_used)
    live_link_drop_handle (self);

  self->is_seeding = !self->is_handle_used && self->has_context && !self->is_seed_refused &&
                     self->events.prepare_seed != NULL &&
                     self->events.prepare_seed (live_link_get_profile (self), self->events_data);
}

void
live_link_settle_context (LiveLink *self)
{
  self->is_abandoned = FALSE;
  if (self->is_handle_used)
    self->origin = LIVE_CONTEXT_RESUMED;
  else if (self->is_seeding)
    self->origin = LIVE_CONTEXT_RESEEDED;
  else
    {
      self->origin = self->has_context ? LIVE_CONTEXT_LOST : LIVE_CONTEXT_NEW;
      /* A fresh session knows nothing; what was lost is lost once. */
      self->has_context = FALSE;
    }
  self->stats.resumes += self->is_handle_used;
  self->stats.reseeds += self->is_seeding;
}

/* Something was answered, so there is something to lose; and a seed that was answered was taken. */
void
live_link_note_answer (LiveLink *self)
{
  self->phase = LIVE_PHASE_CONVERSATION;
  self->has_context = TRUE;
  self->is_seed_refused = FALSE;
}
