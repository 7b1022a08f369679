/* Owns: changes of the setup that the service takes without a new connection.
 * Thread: main.
 * Called by: core/live-link.c.
 *
 * Protocol 6.5: contextUpdate replaces instruction and tools. Not every service that should know
 * it does; one that answers with a close is not asked again, and the change comes by rotation. */
#include "core/live-link-private.h"
#include "protocol/live-setup.h"

/* A refusal comes at once; a close that comes later has other reasons. */
#define REFUSAL_US (10 * (gint64) G_USEC_PER_SEC)

static void
note_sent_instruction (LiveLink *self)
{
  LiveSetting setting = LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION;
  GVariant *value = live_settings_get (self->settings, setting);
  LiveSettings *sent = live_settings_new_with (self->sent_settings, &setting, &value, 1);

  live_settings_unref (self->sent_settings);
  self->sent_settings = sent;
}

gboolean
live_link_update (LiveLink *self, gboolean has_instruction, gboolean has_tools)
{
  LiveSetupInput input = { .settings = self->effective,
                           .profile = live_link_get_profile (self),
                           .tools_json = self->tools_json };
  g_autofree char *message = NULL;

  if (!live_link_fsm_is_online (&self->fsm) || !input.profile->has_context_update ||
      self->is_update_refused)
    return FALSE;

  message = live_setup_build_update (&input, has_instruction, has_tools, NULL);
  if (message == NULL || !live_link_send (self, message, -1))
    return FALSE;

  self->updated_us = live_clock_now_us (self->clock);
  self->stats.updates++;
  if (has_instruction)
    note_sent_instruction (self);
  return TRUE;
}

/* What the close says is of our message, not of the session: it is left with its handle. */
gboolean
live_link_blames_update (LiveLink *self, const LiveCloseInfo *info)
{
  gboolean is_refusal = info->origin == LIVE_CLOSE_FRAME && self->updated_us != 0 &&
                        (info->code == 1007 || info->code == 1008) &&
                        live_clock_now_us (self->clock) - self->updated_us < REFUSAL_US;

  self->updated_us = 0;
  self->is_update_refused |= is_refusal;
  return is_refusal;
}
