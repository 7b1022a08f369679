/* Owns: the rules of the audio machine.
 * Thread: any; no state of its own.
 * Called by: io/live-pw-channel.c, one machine a direction. */
#include "machine/live-audio-fsm.h"

/* Generous: Bluetooth headsets take seconds to change their profile. */
#define CONNECT_MS 5000
/* How often running frames are looked at. A cycle is at most 8192/48000 s = 171 ms. */
#define CHECK_MS 1000
#define CHECK_SOON_MS 250
#define RETRY_FIRST_MS 500
#define RETRY_CAP_MS 5000

static guint
arm (LiveAudioFsm *fsm, guint timer_ms)
{
  fsm->timer_ms = timer_ms;
  return LIVE_AUDIO_DO_ARM;
}

static guint
drop_stream (LiveAudioFsm *fsm)
{
  gboolean had_stream = fsm->has_stream;

  fsm->has_stream = FALSE;
  fsm->is_flowing = FALSE;
  fsm->is_peer_good = FALSE;
  return had_stream ? LIVE_AUDIO_DO_DESTROY : 0;
}

static guint
detach (LiveAudioFsm *fsm)
{
  fsm->state = LIVE_AUDIO_FSM_DETACHED;
  fsm->reason = LIVE_AUDIO_REASON_NONE;
  fsm->is_pinned = FALSE;
  fsm->retry_ms = 0;
  return drop_stream (fsm) | LIVE_AUDIO_DO_DISARM;
}

/* The stream stays when it may come back to life by itself. */
static guint
lose (LiveAudioFsm *fsm, LiveAudioReason reason)
{
  fsm->state = LIVE_AUDIO_FSM_LOST;
  fsm->reason = reason;
  fsm->is_flowing = FALSE;
  fsm->retry_ms = CLAMP (fsm->retry_ms * 2, RETRY_FIRST_MS, RETRY_CAP_MS);
  return arm (fsm, fsm->retry_ms);
}

static guint
stall (LiveAudioFsm *fsm)
{
  return lose (fsm, fsm->has_device ? LIVE_AUDIO_REASON_STALLED : LIVE_AUDIO_REASON_NO_DEVICE);
}

/* Nothing but an event from outside can help: no timer. */
static guint
lose_until_event (LiveAudioFsm *fsm, LiveAudioReason reason)
{
  fsm->state = LIVE_AUDIO_FSM_LOST;
  fsm->reason = reason;
  fsm->is_pinned = FALSE;
  return drop_stream (fsm) | LIVE_AUDIO_DO_DISARM;
}

/* A new stream in place of the old one, if there is anything to connect it to. */
static guint
attach (LiveAudioFsm *fsm)
{
  guint actions = drop_stream (fsm);

  if (!fsm->is_server_up)
    return actions | lose_until_event (fsm, LIVE_AUDIO_REASON_NO_SERVER);
  if (!fsm->has_device)
    return actions | lose_until_event (fsm, LIVE_AUDIO_REASON_NO_DEVICE);

  fsm->state = LIVE_AUDIO_FSM_CONNECTING;
  fsm->has_stream = TRUE;
  return actions | LIVE_AUDIO_DO_CREATE | arm (fsm, CONNECT_MS);
}

static guint
run (LiveAudioFsm *fsm)
{
  fsm->state = LIVE_AUDIO_FSM_RUNNING;
  fsm->reason = LIVE_AUDIO_REASON_NONE;
  fsm->retry_ms = 0;
  return arm (fsm, fsm->is_wanted ? CHECK_MS : fsm->idle_ms);
}

static guint
run_if_complete (LiveAudioFsm *fsm)
{
  if (fsm->is_flowing && (fsm->is_peer_good || !fsm->needs_peer))
    return run (fsm);

  return 0;
}

static guint
refuse_peer (LiveAudioFsm *fsm)
{
  guint actions = 0;

  if (!fsm->is_wanted)
    return detach (fsm);
  if (fsm->is_pinned)
    return lose_until_event (fsm, LIVE_AUDIO_REASON_MONITOR);

  /* The session manager preferred a monitor to a real source; ask for one by name, once. */
  actions = attach (fsm);
  if ((actions & LIVE_AUDIO_DO_CREATE) != 0)
    {
      fsm->is_pinned = TRUE;
      actions |= LIVE_AUDIO_DO_PIN;
    }
  return actions;
}

static guint
fail (LiveAudioFsm *fsm, LiveAudioReason reason)
{
  if (!fsm->is_wanted)
    return detach (fsm);

  return drop_stream (fsm) | lose (fsm, reason);
}

static guint
step_detached (LiveAudioFsm *fsm, LiveAudioEvent event)
{
  return event == LIVE_AUDIO_EVENT_WANT ? attach (fsm) : 0;
}

static guint
step_connecting (LiveAudioFsm *fsm, LiveAudioEvent event, gboolean flag)
{
  switch (event)
    {
    case LIVE_AUDIO_EVENT_UNWANT:
      /* A kept stream may still hold words to be said; the timer decides. */
      return fsm->is_kept ? 0 : detach (fsm);
    case LIVE_AUDIO_EVENT_SERVER_DOWN:
      return fsm->is_wanted ? lose_until_event (fsm, LIVE_AUDIO_REASON_NO_SERVER) : detach (fsm);
    case LIVE_AUDIO_EVENT_DEVICES:
      if (flag)
        return 0;
      return fsm->is_wanted ? lose_until_event (fsm, LIVE_AUDIO_REASON_NO_DEVICE) : detach (fsm);
    case LIVE_AUDIO_EVENT_DEVICE_CHOSEN:
      return fsm->is_wanted ? attach (fsm) : detach (fsm);
    case LIVE_AUDIO_EVENT_FLOWING:
    case LIVE_AUDIO_EVENT_PEER_GOOD:
      return run_if_complete (fsm);
    case LIVE_AUDIO_EVENT_STREAM_FAILED:
      return fail (fsm, LIVE_AUDIO_REASON_FAILED);
    case LIVE_AUDIO_EVENT_PEER_REFUSED:
      return refuse_peer (fsm);
    case LIVE_AUDIO_EVENT_TIMER:
      if (!fsm->is_wanted)
        return detach (fsm);
      /* Frames without a link that we may see: somebody forbade us the view of the graph, not the
       * microphone. Refusing it for good would help nobody. */
      return fsm->is_flowing ? run (fsm) : stall (fsm);
    case LIVE_AUDIO_EVENT_WANT:
    case LIVE_AUDIO_EVENT_SERVER_UP:
    case LIVE_AUDIO_EVENT_PAUSED:
    case LIVE_AUDIO_EVENT_N:
      return 0;
    }
  return 0;
}

static guint
step_idle (LiveAudioFsm *fsm, LiveAudioEvent event)
{
  switch (event)
    {
    case LIVE_AUDIO_EVENT_WANT:
      fsm->state = LIVE_AUDIO_FSM_CONNECTING;
      fsm->is_flowing = FALSE;
      return LIVE_AUDIO_DO_ACTIVATE | arm (fsm, CONNECT_MS);
    case LIVE_AUDIO_EVENT_SERVER_DOWN:
    case LIVE_AUDIO_EVENT_DEVICE_CHOSEN:
    case LIVE_AUDIO_EVENT_STREAM_FAILED:
      return detach (fsm);
    case LIVE_AUDIO_EVENT_UNWANT:
    case LIVE_AUDIO_EVENT_SERVER_UP:
    case LIVE_AUDIO_EVENT_DEVICES: /* the session manager moves a sleeping stream, too */
    case LIVE_AUDIO_EVENT_PAUSED:
    case LIVE_AUDIO_EVENT_FLOWING: /* the last cycle before it fell asleep */
    case LIVE_AUDIO_EVENT_PEER_GOOD:
    case LIVE_AUDIO_EVENT_PEER_REFUSED:
    case LIVE_AUDIO_EVENT_TIMER:
    case LIVE_AUDIO_EVENT_N:
      return 0;
    }
  return 0;
}

static guint
step_running_timer (LiveAudioFsm *fsm, gboolean was_flowing)
{
  if (!fsm->is_wanted)
    {
      fsm->state = LIVE_AUDIO_FSM_IDLE;
      fsm->is_flowing = FALSE;
      return LIVE_AUDIO_DO_DEACTIVATE;
    }
  if (was_flowing)
    return arm (fsm, CHECK_MS);

  return stall (fsm);
}

static guint
step_running (LiveAudioFsm *fsm, LiveAudioEvent event, gboolean flag)
{
  switch (event)
    {
    case LIVE_AUDIO_EVENT_WANT:
      return arm (fsm, CHECK_MS);
    case LIVE_AUDIO_EVENT_UNWANT:
      return fsm->is_kept ? arm (fsm, fsm->idle_ms) : detach (fsm);
    case LIVE_AUDIO_EVENT_SERVER_DOWN:
      return fsm->is_wanted ? lose_until_event (fsm, LIVE_AUDIO_REASON_NO_SERVER) : detach (fsm);
    case LIVE_AUDIO_EVENT_DEVICES:
      if (flag || !fsm->is_wanted)
        return 0;
      /* Without a source the session manager may turn to a monitor. A sink comes back, and the
       * stream with its place in the mixers is better kept. */
      if (fsm->needs_peer)
        return lose_until_event (fsm, LIVE_AUDIO_REASON_NO_DEVICE);
      return arm (fsm, CHECK_SOON_MS);
    case LIVE_AUDIO_EVENT_DEVICE_CHOSEN:
      return fsm->is_wanted ? attach (fsm) : detach (fsm);
    case LIVE_AUDIO_EVENT_STREAM_FAILED:
      return fail (fsm, LIVE_AUDIO_REASON_FAILED);
    case LIVE_AUDIO_EVENT_PEER_REFUSED:
      return refuse_peer (fsm);
    case LIVE_AUDIO_EVENT_TIMER:
      return step_running_timer (fsm, flag);
    case LIVE_AUDIO_EVENT_SERVER_UP:
    case LIVE_AUDIO_EVENT_PAUSED:
    case LIVE_AUDIO_EVENT_FLOWING:
    case LIVE_AUDIO_EVENT_PEER_GOOD:
    case LIVE_AUDIO_EVENT_N:
      return 0;
    }
  return 0;
}

static guint
step_lost (LiveAudioFsm *fsm, LiveAudioEvent event, gboolean flag)
{
  switch (event)
    {
    case LIVE_AUDIO_EVENT_UNWANT:
      return detach (fsm);
    case LIVE_AUDIO_EVENT_SERVER_UP:
    case LIVE_AUDIO_EVENT_DEVICE_CHOSEN:
      return attach (fsm);
    case LIVE_AUDIO_EVENT_SERVER_DOWN:
      return lose_until_event (fsm, LIVE_AUDIO_REASON_NO_SERVER);
    case LIVE_AUDIO_EVENT_DEVICES:
      if (!flag)
        return fsm->needs_peer ? lose_until_event (fsm, LIVE_AUDIO_REASON_NO_DEVICE) : 0;
      if (!fsm->is_server_up)
        return 0;
      /* A stream that waits is moved to the new device by the session manager; give it a moment
       * before it is made anew. */
      return fsm->has_stream ? arm (fsm, RETRY_FIRST_MS) : attach (fsm);
    case LIVE_AUDIO_EVENT_FLOWING:
    case LIVE_AUDIO_EVENT_PEER_GOOD:
      return run_if_complete (fsm);
    case LIVE_AUDIO_EVENT_STREAM_FAILED:
      return fail (fsm, LIVE_AUDIO_REASON_FAILED);
    case LIVE_AUDIO_EVENT_PEER_REFUSED:
      return refuse_peer (fsm);
    case LIVE_AUDIO_EVENT_TIMER:
      return attach (fsm);
    case LIVE_AUDIO_EVENT_WANT:
    case LIVE_AUDIO_EVENT_PAUSED:
    case LIVE_AUDIO_EVENT_N:
      return 0;
    }
  return 0;
}

/* What an event tells of the world is true in every state. */
static void
note_facts (LiveAudioFsm *fsm, LiveAudioEvent event, gboolean flag)
{
  switch (event)
    {
    case LIVE_AUDIO_EVENT_WANT:
      fsm->is_wanted = TRUE;
      break;
    case LIVE_AUDIO_EVENT_UNWANT:
      fsm->is_wanted = FALSE;
      break;
    case LIVE_AUDIO_EVENT_SERVER_UP:
      fsm->is_server_up = TRUE;
      fsm->has_device = flag;
      break;
    case LIVE_AUDIO_EVENT_SERVER_DOWN:
      fsm->is_server_up = FALSE;
      fsm->has_device = FALSE;
      break;
    case LIVE_AUDIO_EVENT_DEVICES:
      fsm->has_device = flag;
      break;
    case LIVE_AUDIO_EVENT_DEVICE_CHOSEN:
      fsm->is_pinned = FALSE;
      break;
    case LIVE_AUDIO_EVENT_FLOWING:
      fsm->is_flowing = TRUE;
      break;
    case LIVE_AUDIO_EVENT_PEER_GOOD:
      fsm->is_peer_good = TRUE;
      break;
    case LIVE_AUDIO_EVENT_PEER_REFUSED:
      fsm->is_peer_good = FALSE;
      break;
    case LIVE_AUDIO_EVENT_PAUSED:
    case LIVE_AUDIO_EVENT_STREAM_FAILED:
    case LIVE_AUDIO_EVENT_TIMER:
    case LIVE_AUDIO_EVENT_N:
      break;
    }
}

static gboolean
is_from_stream (LiveAudioEvent event)
{
  return event == LIVE_AUDIO_EVENT_PAUSED || event == LIVE_AUDIO_EVENT_FLOWING ||
         event == LIVE_AUDIO_EVENT_STREAM_FAILED || event == LIVE_AUDIO_EVENT_PEER_GOOD ||
         event == LIVE_AUDIO_EVENT_PEER_REFUSED;
}

guint
live_audio_fsm_step (LiveAudioFsm *fsm, LiveAudioEvent event, gboolean flag)
{
  /* The last words of a stream that is gone already. */
  if (is_from_stream (event) && !fsm->has_stream)
    return 0;

  note_facts (fsm, event, flag);

  switch (fsm->state)
    {
    case LIVE_AUDIO_FSM_DETACHED:
      return step_detached (fsm, event);
    case LIVE_AUDIO_FSM_CONNECTING:
      return step_connecting (fsm, event, flag);
    case LIVE_AUDIO_FSM_IDLE:
      return step_idle (fsm, event);
    case LIVE_AUDIO_FSM_RUNNING:
      return step_running (fsm, event, flag);
    case LIVE_AUDIO_FSM_LOST:
      return step_lost (fsm, event, flag);
    case LIVE_AUDIO_FSM_N_STATES:
      return 0;
    }
  return 0;
}

LiveAudioReason
live_audio_fsm_get_reason (const LiveAudioFsm *fsm)
{
  if (fsm->state == LIVE_AUDIO_FSM_RUNNING)
    return LIVE_AUDIO_REASON_NONE;
  if (!fsm->is_server_up)
    return LIVE_AUDIO_REASON_NO_SERVER;
  /* A refused monitor says more than that no microphone is left. */
  if (fsm->reason != LIVE_AUDIO_REASON_NONE)
    return fsm->reason;

  return fsm->has_device ? LIVE_AUDIO_REASON_NONE : LIVE_AUDIO_REASON_NO_DEVICE;
}

const char *
live_audio_fsm_state_to_string (LiveAudioFsmState state)
{
  static const char *const names[LIVE_AUDIO_FSM_N_STATES] = { "detached", "connecting", "idle",
                                                              "running", "lost" };

  return state < LIVE_AUDIO_FSM_N_STATES ? names[state] : "?";
}

const char *
live_audio_reason_to_string (LiveAudioReason reason)
{
  static const char *const names[LIVE_AUDIO_REASON_N] = { "none",    "no-server", "no-device",
                                                          "monitor", "stalled",   "failed" };

  return reason < LIVE_AUDIO_REASON_N ? names[reason] : "?";
}
