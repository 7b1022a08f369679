/* Owns: the link: its machine, the queue of its events, its timers.
 * Thread: main.
 * Called by: core/live-engine.c. */
#include "core/live-link.h"

#include "base/live-error.h"
#include "base/live-redact.h"
#include "core/live-link-private.h"

/* A renewal shortly before the service would end the connection (protocol 8.9): nine tenths of
 * its usual life. */
#define AGE_TENTHS 9

typedef struct
{
  LiveLinkEvent event;
  guint generation; /* of timer events */
} QueuedEvent;

static void drain (LiveLink *self);

static void
push (LiveLink *self, const LiveLinkEvent *event, guint generation)
{
  QueuedEvent queued = { *event, generation };

  g_array_append_val (self->queue, queued);
  drain (self);
}

void
live_link_post_event (LiveLink *self, const LiveLinkEvent *event)
{
  push (self, event, 0);
}

void
live_link_post (LiveLink *self, LiveLinkEventKind kind)
{
  LiveLinkEvent event = { .kind = kind };

  push (self, &event, 0);
}

static void
on_state_timer (gpointer data)
{
  LiveLink *self = data;
  LiveLinkEvent event = { .kind = LIVE_LINK_EV_TIMER };

  self->state_timer_id = 0;
  push (self, &event, self->generation);
}

static void
on_stable_timer (gpointer data)
{
  LiveLink *self = data;
  LiveLinkEvent event = { .kind = LIVE_LINK_EV_STABLE_TIMER };

  self->stable_timer_id = 0;
  push (self, &event, self->stable_generation);
}

/* An event may have waited behind one that stopped its timer. */
static gboolean
is_stale (LiveLink *self, const QueuedEvent *queued)
{
  return (queued->event.kind == LIVE_LINK_EV_TIMER && queued->generation != self->generation) ||
         (queued->event.kind == LIVE_LINK_EV_STABLE_TIMER &&
          queued->generation != self->stable_generation);
}

/* A timer that ran out while dialling is a loss like any other. */
static void
note_timeout (LiveLink *self, LiveLinkEvent *event)
{
  LiveCloseInfo info = { .origin = LIVE_CLOSE_TIMEOUT, .code = 1006 };

  if (event->kind != LIVE_LINK_EV_TIMER || self->fsm.state < LIVE_LINK_PREPARING ||
      self->fsm.state > LIVE_LINK_SETUP)
    return;

  info.reason = g_strdup (self->fsm.state == LIVE_LINK_PREPARING ? "no credential in time"
                          : self->fsm.state == LIVE_LINK_SETUP   ? "no setupComplete in time"
                                                                 : "no connection in time");
  live_link_note_end (self, &info, &event->loss);
  live_close_info_clear (&info);
}

static void
arm_timers (LiveLink *self, LiveLinkActions actions, const LiveLinkOut *out)
{
  if (actions & (LIVE_LINK_DO_ARM | LIVE_LINK_DO_DISARM))
    {
      live_clock_clear (self->clock, &self->state_timer_id);
      self->generation++;
    }
  if (actions & LIVE_LINK_DO_ARM)
    self->state_timer_id = live_clock_arm (self->clock, out->delay_ms, on_state_timer, self);
  if (actions & (LIVE_LINK_DO_ARM_STABLE | LIVE_LINK_DO_DISARM_STABLE))
    {
      live_clock_clear (self->clock, &self->stable_timer_id);
      self->stable_generation++;
    }
  if (actions & LIVE_LINK_DO_ARM_STABLE)
    self->stable_timer_id = live_clock_arm (self->clock, out->stable_ms, on_stable_timer, self);
}

static void
update_facts (LiveLink *self, LiveLinkActions actions, const LiveLinkOut *out)
{
  LiveLinkState state = self->fsm.state;

  /* What changes nothing leaves the timer alone. */
  if (state != LIVE_LINK_BACKOFF && state != LIVE_LINK_BLOCKED)
    self->retry_wall_us = 0;
  else if (actions & (LIVE_LINK_DO_ARM | LIVE_LINK_DO_DISARM))
    self->retry_wall_us =
        out->delay_ms > 0 ? g_get_real_time () + (gint64) out->delay_ms * 1000 : 0;
  if (state == LIVE_LINK_OFF)
    {
      self->reason = self->off_reason;
      g_clear_pointer (&self->message, g_free);
    }
  if (actions & LIVE_LINK_DO_ONLINE)
    {
      self->connected_wall_us = g_get_real_time ();
      self->reason = "none";
      g_clear_pointer (&self->message, g_free);
      g_clear_error (&self->error);
      self->message = g_strdup (self->refusal);
      live_link_settle_context (self);
      live_link_accept (self);
      self->stats.connects++;
    }
  if (actions & LIVE_LINK_DO_FAIL_PENDING)
    {
      self->connected_wall_us = 0;
      live_link_age_handle (self);
      /* Left in peace, so what it was told on the way was taken as well. */
      if (self->fsm.is_rotating)
        live_link_accept (self);
      self->stats.rotations += self->fsm.is_rotating;
    }
  self->stats.retries += !!(actions & LIVE_LINK_DO_REPORT);
}

static gboolean
will_retry (const LiveLinkFsm *fsm)
{
  return fsm->is_wanted && fsm->state != LIVE_LINK_BLOCKED &&
         !(fsm->state == LIVE_LINK_CLOSING && fsm->after_close == LIVE_LINK_BLOCKED);
}

/* What those who wait are told: the loss itself, or why we left by ourselves. */
static GError *
choose_error (LiveLink *self, LiveLinkActions actions, LiveLinkEventKind event)
{
  gboolean is_loss = event == LIVE_LINK_EV_CLOSED || event == LIVE_LINK_EV_FAULT;
  gboolean is_left = (actions & LIVE_LINK_DO_FAIL_PENDING) && !is_loss;

  if (self->error == NULL || is_left || event == LIVE_LINK_EV_UNWANT)
    return live_link_explain_leave (self, event);

  return g_error_copy (self->error);
}

/* State first, then what follows from it; and all of it before any new dial. */
static void
tell (LiveLink *self, LiveLinkActions actions, LiveLinkEventKind event)
{
  g_autoptr (GError) error = choose_error (self, actions, event);

  if (actions & LIVE_LINK_DO_PUBLISH)
    self->events.changed (self->events_data);
  if (actions & LIVE_LINK_DO_FAIL_PENDING)
    self->events.lost (error, will_retry (&self->fsm), self->events_data);
  if ((actions & LIVE_LINK_DO_REPORT) && self->events.dial_failed != NULL)
    self->events.dial_failed (error, self->events_data);
  if (actions & LIVE_LINK_DO_GIVE_UP)
    self->events.failed (error, self->events_data);
  if (actions & LIVE_LINK_DO_ONLINE)
    self->events.online (self->origin, self->events_data);
}

/* A rotation keeps the context only if the newest handle holds all of it; where there is
 * nothing to lose, any quiet moment will do. */
void
live_link_ask_quiet (LiveLink *self)
{
  if (self->fsm.state == LIVE_LINK_LEAVING && live_link_is_safe_to_leave (self) &&
      self->events.is_quiet (self->events_data))
    live_link_post (self, LIVE_LINK_EV_QUIET);
}

static void
perform (LiveLink *self, LiveLinkActions actions, const LiveLinkOut *out, LiveLinkEventKind event)
{
  if (actions & LIVE_LINK_DO_CLEAR_HANDLE)
    live_link_drop_handle (self);
  if (actions & LIVE_LINK_DO_CORRECT)
    live_link_correct (self);
  arm_timers (self, actions, out);
  update_facts (self, actions, out);
  if (actions & LIVE_LINK_DO_CLOSE)
    live_transport_close (self->transport, 1000);
  tell (self, actions, event);

  if (actions & LIVE_LINK_DO_ASK_CREDENTIAL)
    self->events.credential_wanted (self->events_data);
  if (actions & LIVE_LINK_DO_OPEN)
    live_link_open (self);
  if (actions & LIVE_LINK_DO_SEND_SETUP)
    live_link_send_setup (self);
  if (actions & LIVE_LINK_DO_ASK_QUIET)
    live_link_ask_quiet (self);
}

static void
step (LiveLink *self, LiveLinkEvent *event)
{
  LiveLinkState from = self->fsm.state;
  LiveLinkActions actions;
  LiveLinkOut out;

  note_timeout (self, event);
  event->now_us = live_clock_now_us (self->clock);
  event->random = g_random_int ();
  actions = live_link_fsm_step (&self->fsm, event, &out);
  if (self->fsm.state != from)
    live_link_log_state (self, from, event->kind);
  if (self->fsm.state != LIVE_LINK_PREPARING && self->fsm.state != LIVE_LINK_CONNECTING &&
      self->fsm.state != LIVE_LINK_SETUP)
    live_link_forget_target (self);
  perform (self, actions, &out, event->kind);
}

/* To the end, in order; what an action or a listener posts waits for its turn. */
static void
drain (LiveLink *self)
{
  if (self->is_draining)
    return;

  self->is_draining = TRUE;
  while (self->queue->len > 0)
    {
      QueuedEvent queued = g_array_index (self->queue, QueuedEvent, 0);

      g_array_remove_index (self->queue, 0);
      if (!is_stale (self, &queued))
        step (self, &queued.event);
    }
  self->is_draining = FALSE;

  if (self->shut_down_fn != NULL && self->fsm.state == LIVE_LINK_OFF)
    {
      GSourceOnceFunc fn = g_steal_pointer (&self->shut_down_fn);

      fn (self->shut_down_data);
    }
}

void
live_link_choose_limits (LiveLink *self)
{
  LiveLinkLimits *limits = &self->fsm.limits;
  LiveSettings *settings = self->settings;

  limits->connect_ms = live_settings_get_uint (settings, LIVE_SETTING_LINK_CONNECT_TIMEOUT_MS);
  limits->setup_ms = live_settings_get_uint (settings, LIVE_SETTING_LINK_SETUP_TIMEOUT_MS);
  limits->backoff.base_ms = live_settings_get_uint (settings, LIVE_SETTING_LINK_BACKOFF_FIRST_MS);
  limits->backoff.cap_ms = live_settings_get_uint (settings, LIVE_SETTING_LINK_BACKOFF_CAP_MS);
  limits->max_age_ms = self->profile->connection_limit_s * 1000 / 10 * AGE_TENTHS;
  self->fsm.backoff.limits.base_ms = MAX (limits->backoff.base_ms, 1);
  self->fsm.backoff.limits.cap_ms = limits->backoff.cap_ms;
}

LiveLink *
live_link_new (const LiveClock *clock,
               LiveTransport *transport,
               LiveProfiles *profiles,
               LiveSettings *settings,
               const LiveLinkEvents *events,
               gpointer events_data)
{
  LiveLink *self = g_new0 (LiveLink, 1);

  self->clock = clock;
  self->transport = transport;
  self->profiles = profiles;
  self->settings = live_settings_ref (settings);
  self->events = *events;
  self->events_data = events_data;
  self->queue = g_array_new (FALSE, FALSE, sizeof (QueuedEvent));
  self->closes = g_hash_table_new (g_str_hash, g_str_equal);
  self->session_id = g_strdup ("");
  self->reason = self->off_reason = self->category = "none";
  live_link_fsm_init (&self->fsm, &live_link_limits_default);
  live_link_choose_settings (self);
  live_link_choose_limits (self);
  live_transport_listen (transport, &live_link_transport_events, self);
  return self;
}

void
live_link_free (LiveLink *self)
{
  if (self == NULL)
    return;

  live_clock_clear (self->clock, &self->state_timer_id);
  live_clock_clear (self->clock, &self->stable_timer_id);
  live_transport_free (self->transport);
  live_link_forget_target (self);
  live_redact_wipe (&self->handle);
  g_free (self->handle_fingerprint);
  g_free (self->tools_json);
  g_free (self->warnings);
  g_free (self->session_id);
  g_free (self->message);
  g_free (self->refusal);
  g_clear_error (&self->error);
  g_clear_pointer (&self->accepted, live_settings_unref);
  g_clear_pointer (&self->pinned, live_settings_unref);
  g_clear_pointer (&self->effective, live_settings_unref);
  g_clear_pointer (&self->sent_settings, live_settings_unref);
  g_clear_pointer (&self->settings, live_settings_unref);
  g_hash_table_unref (self->closes);
  g_array_unref (self->queue);
  g_free (self);
}

void
live_link_want (LiveLink *self, gboolean wanted, const char *reason)
{
  if (!wanted)
    self->off_reason = g_intern_string (reason != NULL ? reason : "user");
  live_link_post (self, wanted ? LIVE_LINK_EV_WANT : LIVE_LINK_EV_UNWANT);
}

void
live_link_forget (LiveLink *self)
{
  live_link_drop_handle (self);
  self->has_context = FALSE;
  self->is_seed_refused = FALSE;
  self->is_abandoned = TRUE;
  live_link_unpin (self);
  live_link_choose_limits (self);
  live_link_post (self, LIVE_LINK_EV_ROTATE_NOW);
}

void
live_link_apply_settings (LiveLink *self, LiveSettings *settings, LiveChange change)
{
  gboolean changed[LIVE_N_SETTINGS] = { FALSE };
  gboolean needs_rotation = FALSE;
  gboolean has_instruction;
  LiveSettings *before = self->settings;

  live_settings_diff (before, settings, changed);
  self->settings = live_settings_ref (settings);
  live_settings_unref (before);
  live_link_retry_refused (self, changed);
  has_instruction = changed[LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION];
  changed[LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION] = FALSE;
  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    needs_rotation |=
        changed[i] && (live_setting_info (i)->change == LIVE_CHANGE_RECONNECT ||
                       live_setting_info (i)->change == LIVE_CHANGE_NEXT_CONVERSATION);

  /* What was learnt from a refusal holds for the settings that were refused. */
  if (change >= LIVE_CHANGE_RECONNECT)
    self->is_corrected = FALSE;
  /* Whoever changes the model because the conversation's own is gone wants it now. */
  if (change >= LIVE_CHANGE_NEXT_CONVERSATION && self->fsm.state == LIVE_LINK_BLOCKED)
    live_link_unpin (self);
  live_link_choose_settings (self);
  live_link_choose_limits (self);
  live_link_heed_network (self);
  if (changed[LIVE_SETTING_ENDPOINT_URL] || changed[LIVE_SETTING_SESSION_MODEL])
    self->is_update_refused = FALSE;

  /* One rotation carries everything; alone, the instruction may do without. */
  if (has_instruction && !needs_rotation)
    needs_rotation = !live_link_update (self, TRUE, FALSE);
  if (needs_rotation)
    live_link_post (self, LIVE_LINK_EV_ROTATE);
  if (change >= LIVE_CHANGE_RECONNECT && !live_link_fsm_is_online (&self->fsm))
    live_link_post (self, LIVE_LINK_EV_REPAIRED);
}

void
live_link_set_tools (LiveLink *self, const char *tools_json)
{
  if (g_strcmp0 (self->tools_json, tools_json) == 0)
    return;

  g_free (self->tools_json);
  self->tools_json = g_strdup (tools_json);
  if (live_link_update (self, FALSE, TRUE))
    return;
  live_link_post (self, LIVE_LINK_EV_ROTATE);
  /* The tool that the service refused may be the one that went. */
  if (self->fsm.state == LIVE_LINK_BLOCKED && g_str_equal (self->reason, "bad-setup"))
    live_link_post (self, LIVE_LINK_EV_REPAIRED);
}

void
live_link_credential (LiveLink *self, guint kind, const char *secret, const GError *error)
{
  if (self->fsm.state != LIVE_LINK_PREPARING)
    return;

  if (error != NULL)
    {
      live_link_blame_setup (self, error);
      live_link_post (self, LIVE_LINK_EV_REFUSED);
      return;
    }

  live_link_post (self, live_link_prepare (self, kind, secret) ? LIVE_LINK_EV_CREDENTIAL
                                                               : LIVE_LINK_EV_REFUSED);
}

void
live_link_credentials_changed (LiveLink *self)
{
  live_link_post (self, LIVE_LINK_EV_REPAIRED);
}

void
live_link_quiet (LiveLink *self)
{
  live_link_ask_quiet (self);
}

void
live_link_proven (LiveLink *self)
{
  live_link_post (self, LIVE_LINK_EV_PROVEN);
}

gboolean
live_link_send (LiveLink *self, const char *message, gssize length)
{
  if (!live_link_fsm_is_online (&self->fsm))
    {
      self->stats.late_sends++;
      return FALSE;
    }

  return live_transport_send_text (self->transport, message, length);
}

gboolean
live_link_can_send (LiveLink *self)
{
  return live_link_fsm_is_online (&self->fsm) && live_transport_is_open (self->transport);
}

gboolean
live_link_is_writable (LiveLink *self)
{
  return live_link_fsm_is_online (&self->fsm) && live_transport_is_writable (self->transport);
}

const LiveProfile *
live_link_get_profile (LiveLink *self)
{
  return self->is_corrected ? &self->corrected : self->profile;
}

LiveSettings *
live_link_get_settings (LiveLink *self)
{
  return self->effective;
}

LiveSettings *
live_link_get_sent_settings (LiveLink *self)
{
  return self->sent_settings;
}

void
live_link_shut_down (LiveLink *self, GSourceOnceFunc done_fn, gpointer data)
{
  self->shut_down_fn = done_fn;
  self->shut_down_data = data;
  live_link_want (self, FALSE, "user");
}
