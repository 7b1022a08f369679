/* The audio machine: one stream's way from not existing to flowing frames and back.
 * Thread: any; pure values, no clock, no pointers to objects. Executor: io/live-pw-channel.c.
 *
 * What is wanted and what is are kept apart. That frames flow is believed of the realtime callback
 * alone: PipeWire reports PAUSED after a flush although callbacks go on, and never takes it back,
 * so PAUSED means nothing here. A stream counts as gone when its callbacks stay away. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LIVE_AUDIO_FSM_DETACHED,   /* no stream, none wanted (or, kept kind, none made yet) */
  LIVE_AUDIO_FSM_CONNECTING, /* stream made or woken, no frames yet */
  LIVE_AUDIO_FSM_IDLE,       /* negotiated and asleep; only streams that are kept */
  LIVE_AUDIO_FSM_RUNNING,    /* frames flow */
  LIVE_AUDIO_FSM_LOST,       /* wanted and not to be had; reason says why */
  LIVE_AUDIO_FSM_N_STATES,   /*< skip >*/
} LiveAudioFsmState;

typedef enum
{
  LIVE_AUDIO_REASON_NONE,
  LIVE_AUDIO_REASON_NO_SERVER, /* PipeWire cannot be reached */
  LIVE_AUDIO_REASON_NO_DEVICE, /* nothing to record from or to play to */
  LIVE_AUDIO_REASON_MONITOR,   /* would have recorded a loudspeaker */
  LIVE_AUDIO_REASON_STALLED,   /* no frames come although all seems well */
  LIVE_AUDIO_REASON_FAILED,    /* the stream reported an error */
  LIVE_AUDIO_REASON_N,         /*< skip >*/
} LiveAudioReason;

typedef enum
{
  LIVE_AUDIO_EVENT_WANT,
  LIVE_AUDIO_EVENT_UNWANT,
  LIVE_AUDIO_EVENT_SERVER_UP,     /* connected, all devices known; flag as for DEVICES */
  LIVE_AUDIO_EVENT_SERVER_DOWN,   /* the connection broke */
  LIVE_AUDIO_EVENT_DEVICES,       /* flag: there is a fitting device */
  LIVE_AUDIO_EVENT_DEVICE_CHOSEN, /* another device is to be used */
  LIVE_AUDIO_EVENT_PAUSED,        /* reported by the stream; believed by nobody */
  LIVE_AUDIO_EVENT_FLOWING,       /* the realtime callback ran */
  LIVE_AUDIO_EVENT_STREAM_FAILED, /* error or unconnected */
  LIVE_AUDIO_EVENT_PEER_GOOD,     /* linked to what it should be linked to */
  LIVE_AUDIO_EVENT_PEER_REFUSED,  /* capture linked to a sink's monitor */
  LIVE_AUDIO_EVENT_TIMER,         /* flag: callbacks ran since the timer was armed */
  LIVE_AUDIO_EVENT_N,             /*< skip >*/
} LiveAudioEvent;

typedef enum
{
  LIVE_AUDIO_DO_DESTROY = 1 << 0,
  LIVE_AUDIO_DO_PIN = 1 << 1,    /* choose a real source by name before CREATE */
  LIVE_AUDIO_DO_CREATE = 1 << 2, /* make the stream, active */
  LIVE_AUDIO_DO_ACTIVATE = 1 << 3,
  LIVE_AUDIO_DO_DEACTIVATE = 1 << 4,
  LIVE_AUDIO_DO_ARM = 1 << 5, /* the machine's one timer, timer_ms; replaces what is armed */
  LIVE_AUDIO_DO_DISARM = 1 << 6,
} LiveAudioAction; /* carried out in this order */

typedef struct
{
  /* Set once. */
  gboolean is_kept;    /* playback: outlives not being wanted */
  gboolean needs_peer; /* capture: flows only after PEER_GOOD */
  guint idle_ms;       /* kept: asleep after this long unwanted */

  LiveAudioFsmState state;
  LiveAudioReason reason; /* of the last failure, until frames flow or nobody wants any */
  gboolean is_wanted;
  gboolean is_server_up;
  gboolean has_device;
  gboolean has_stream;
  gboolean is_flowing; /* since CREATE or ACTIVATE */
  gboolean is_peer_good;
  gboolean is_pinned;
  guint retry_ms;

  guint timer_ms; /* out: with ARM */
} LiveAudioFsm;

/* A returned mask of 0 and an unchanged state: the event means nothing there. */
guint live_audio_fsm_step (LiveAudioFsm *fsm, LiveAudioEvent event, gboolean flag);

/* Why there is no sound to be had now, wanted or not; NONE when there is or could be. */
LiveAudioReason live_audio_fsm_get_reason (const LiveAudioFsm *fsm);

/* "detached" …, static; for logs and the dump. */
const char *live_audio_fsm_state_to_string (LiveAudioFsmState state);
const char *live_audio_reason_to_string (LiveAudioReason reason);

G_END_DECLS
