/* Owns: whether the service still answers, whether the connection is still needed, and sleep.
 * Thread: main only.
 * Called by: the other files of the engine, live-app (network and sleep). */
#include "core/live-engine-beyond.h"

#include <glib/gi18n.h>

/* Long thinkers answer after up to 30 s (protocol 8.4). */
#define THINKERS_EXTRA_MS 10000

/* logind lets a delay last 5 s by default; the socket needs 3 at most. */
#define SLEEP_DELAY_MS 4000

/* Speech is what is louder than about -36 dB for 400 ms and then pauses; good enough to expect an
 * answer, and too little to judge a context by. */
#define LOUD_LEVEL 500
#define SPEECH_FRAMES (400 * LIVE_CAPTURE_RATE_HZ / 1000)
#define UTTERANCE_FRAMES (100 * LIVE_CAPTURE_RATE_HZ / 1000)
#define PAUSE_FRAMES (800 * LIVE_CAPTURE_RATE_HZ / 1000)

guint
live_engine_rest_of (LiveEngine *self, guint wait_ms)
{
  gint64 passed_ms = (live_clock_now_us (self->clock) - self->asked_us) / 1000;

  return passed_ms < (gint64) wait_ms ? (guint) (wait_ms - passed_ms) : 0;
}

static guint
reply_timeout_ms (LiveEngine *self)
{
  return live_settings_get_uint (self->settings, LIVE_SETTING_LINK_REPLY_TIMEOUT_MS) +
         (self->fsm.has_status ? THINKERS_EXTRA_MS : 0);
}

void
live_engine_blame_silence (LiveEngine *self)
{
  g_clear_error (&self->leaving);
  self->leaving =
      g_error_new_literal (LIVE_ERROR, LIVE_ERROR_TIMEOUT, _ ("The model did not answer in time"));
}

static gboolean
is_typed (LiveEngine *self)
{
  return self->turn != NULL && self->turn->message != NULL;
}

/* We spoke and nothing came. Pongs and handles say that a machine is there, not that it listens,
 * so only words count. First a new connection to the same context; if that is mute for a typed
 * question too, a fresh one. Sound may have been noise, and is doubted once. */
static void
on_reply_timer (gpointer data)
{
  LiveEngine *self = data;
  guint rest_ms = live_engine_rest_of (self, reply_timeout_ms (self));
  LiveLinkStatus status;

  self->reply_timer = 0;
  if (rest_ms > 0)
    {
      self->reply_timer = live_clock_arm (self->clock, rest_ms, on_reply_timer, self);
      return;
    }
  live_link_get_status (self->link, &status);
  /* A fresh session that is mute as well leaves the turn to its own watchdog. */
  if (!status.is_online || self->fsm.n_tools > 0 ||
      (self->has_doubted && (!is_typed (self) || status.origin != LIVE_CONTEXT_RESUMED)))
    {
      live_link_quiet (self->link);
      return;
    }

  self->counters.silences++;
  g_message ("The service does not answer, renewing the connection%s",
             self->has_doubted ? " and the context" : "");
  live_engine_blame_silence (self);
  if (self->has_doubted)
    live_link_abandon (self->link, TRUE);
  else
    {
      self->has_doubted = TRUE;
      live_link_reconnect (self->link);
    }
}

static void
expect_reply (LiveEngine *self)
{
  self->asked_us = live_clock_now_us (self->clock);
  if (self->reply_timer == 0 && live_engine_is_online (self))
    self->reply_timer = live_clock_arm (self->clock, reply_timeout_ms (self), on_reply_timer, self);
}

void
live_engine_note_asked (LiveEngine *self)
{
  expect_reply (self);
  live_engine_guard (self, LIVE_CONTEXT_EV_ASKED, 0);
}

/* The service hears the user: it is there. Whether it will answer is judged only of a context
 * that was resumed; speech that is not meant for it may rightly go without an answer. */
void
live_engine_note_heard (LiveEngine *self)
{
  live_clock_clear (self->clock, &self->reply_timer);
  self->asked_us = live_clock_now_us (self->clock);
  if ((self->fsm.state == LIVE_TURN_HEARING || self->fsm.state == LIVE_TURN_PENDING) &&
      !self->fsm.has_media &&
      !live_settings_get_boolean (self->settings, LIVE_SETTING_SESSION_PROACTIVE_AUDIO))
    live_engine_guard (self, LIVE_CONTEXT_EV_ASKED, 0);
}

void
live_engine_note_output (LiveEngine *self)
{
  live_clock_clear (self->clock, &self->reply_timer);
  live_clock_clear (self->clock, &self->grace_timer);
  self->has_doubted = FALSE;
  self->loud_frames = self->still_frames = 0;
  live_engine_guard (self, LIVE_CONTEXT_EV_OUTPUT, 0);
}

void
live_engine_note_speech (LiveEngine *self, const gint16 *frames, guint32 n_frames)
{
  guint64 sum = 0;

  for (guint32 i = 0; i < n_frames; i++)
    sum += (guint64) ABS ((gint) frames[i]);
  if (n_frames == 0)
    return;
  /* The microphone may hear the answer itself; whoever cuts in is noticed by the service. */
  if (self->fsm.state == LIVE_TURN_SPEAKING || self->fsm.state == LIVE_TURN_TAIL ||
      !g_queue_is_empty (&self->let_go))
    {
      self->loud_frames = self->still_frames = 0;
      return;
    }

  if (sum / n_frames >= LOUD_LEVEL)
    {
      self->loud_frames += n_frames;
      self->still_frames = 0;
      if (self->reply_timer != 0 || self->silence_timer != 0)
        self->asked_us = live_clock_now_us (self->clock);
      return;
    }

  self->still_frames += n_frames;
  if (self->still_frames >= PAUSE_FRAMES)
    live_engine_note_pause (self);
}

/* The user speaks, as far as the level tells, or waits for an answer to that. A renewal now would
 * cut the utterance in two: what was said since the last handle is not in it. */
gboolean
live_engine_is_listened_to (LiveEngine *self)
{
  return self->loud_frames >= UTTERANCE_FRAMES || self->reply_timer != 0;
}

/* The microphone fell silent, or was shut. Models that decide for themselves whether they answer
 * are not pressed. */
void
live_engine_note_pause (LiveEngine *self)
{
  gboolean was_speech = self->loud_frames >= SPEECH_FRAMES;

  self->loud_frames = self->still_frames = 0;
  if (was_speech && !self->has_doubted && self->reply_timer == 0 &&
      !live_settings_get_boolean (self->settings, LIVE_SETTING_SESSION_PROACTIVE_AUDIO))
    expect_reply (self);
  live_link_quiet (self->link);
}

void
live_engine_stop_vigil (LiveEngine *self)
{
  live_clock_clear (self->clock, &self->reply_timer);
  live_clock_clear (self->clock, &self->grace_timer);
  live_clock_clear (self->clock, &self->silence_timer);
  live_clock_clear (self->clock, &self->idle_timer);
  self->loud_frames = self->still_frames = 0;
}

static gboolean
is_needed (LiveEngine *self)
{
  return (self->is_listening_wanted && !self->is_muted) || !live_turn_fsm_is_quiet (&self->fsm) ||
         !g_queue_is_empty (&self->requests) || !g_queue_is_empty (&self->kept) ||
         live_uplink_is_in_activity (self->uplink);
}

/* What ends by itself, and without a word to anybody. */
static gboolean
is_finishing (LiveEngine *self)
{
  return !g_queue_is_empty (&self->let_go) || !live_uplink_is_empty (self->uplink) ||
         live_engine_is_listened_to (self);
}

static void
on_idle_timer (gpointer data)
{
  LiveEngine *self = data;

  self->idle_timer = 0;
  if (is_needed (self) || is_finishing (self) || !live_engine_is_online (self))
    {
      live_engine_heed_idle (self, TRUE);
      return;
    }

  g_info ("Nobody needs the connection, hanging up");
  live_link_want (self->link, FALSE, "idle");
}

void
live_engine_heed_idle (LiveEngine *self, gboolean was_active)
{
  guint idle_s = live_settings_get_uint (self->settings, LIVE_SETTING_LINK_IDLE_DISCONNECT_S);
  gboolean is_waiting =
      idle_s > 0 && !self->is_down && !is_needed (self) && live_engine_is_online (self);

  if (was_active || !is_waiting)
    live_clock_clear (self->clock, &self->idle_timer);
  if (is_waiting && self->idle_timer == 0)
    self->idle_timer = live_clock_arm (self->clock, idle_s * 1000, on_idle_timer, self);
}

void
live_engine_set_network (LiveEngine *self, gboolean is_available)
{
  live_link_set_network (self->link, is_available);
}

static void
say_sleep_ready (LiveEngine *self)
{
  GSourceOnceFunc fn = g_steal_pointer (&self->sleep_ready_fn);

  live_clock_clear (self->clock, &self->sleep_timer);
  if (fn != NULL)
    fn (self->sleep_ready_data);
}

static void
on_sleep_flushed (gpointer data)
{
  say_sleep_ready (data);
}

static void
on_sleep_timer (gpointer data)
{
  LiveEngine *self = data;

  self->sleep_timer = 0;
  say_sleep_ready (self);
}

/* The socket is gone and the disk has all: the machine may sleep. */
void
live_engine_check_sleep (LiveEngine *self)
{
  LiveLinkStatus status;

  live_link_get_status (self->link, &status);
  if (self->sleep_ready_fn == NULL || status.has_socket || self->is_flushing)
    return;

  if (self->store == NULL)
    {
      say_sleep_ready (self);
      return;
    }

  self->is_flushing = TRUE;
  live_state_store_flush (self->store, on_sleep_flushed, self);
}

void
live_engine_sleep (LiveEngine *self, GSourceOnceFunc ready_fn, gpointer data)
{
  self->is_asleep = TRUE;
  self->is_flushing = FALSE;
  self->sleep_ready_fn = ready_fn;
  self->sleep_ready_data = data;
  live_clock_clear (self->clock, &self->sleep_timer);
  self->sleep_timer = live_clock_arm (self->clock, SLEEP_DELAY_MS, on_sleep_timer, self);

  /* What was said before belongs to the server, with the mark of its end. */
  live_engine_update_capture (self);
  live_uplink_finish (self->uplink);
  live_link_set_asleep (self->link, TRUE);
  live_engine_check_sleep (self);
}

void
live_engine_wake (LiveEngine *self)
{
  self->is_asleep = FALSE;
  self->sleep_ready_fn = NULL;
  live_clock_clear (self->clock, &self->sleep_timer);
  live_link_set_asleep (self->link, FALSE);
  live_engine_update_capture (self);
}
