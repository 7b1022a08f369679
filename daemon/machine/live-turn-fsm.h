/* Who is talking: the turn machine, pure.
 * Thread: any (a value). Used by: core/live-engine-turns.c, which executes its actions.
 *
 * One turn is one user's message (typed or spoken) and its whole answer. The machine follows the
 * turn that is being answered; messages sent meanwhile wait behind it and are only counted here.
 * Protocol 8.2–8.5 say what the server promises; what it is seen to break is written at the
 * place that copes with it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LIVE_TURN_QUIET,     /* no turn, microphone shut */
  LIVE_TURN_LISTENING, /* no turn, microphone open */
  LIVE_TURN_HEARING,   /* a spoken turn has begun and the user still speaks */
  LIVE_TURN_PENDING,   /* the model's answer, or its next part, is awaited */
  LIVE_TURN_SPEAKING,  /* the answer is arriving or sounding */
  LIVE_TURN_TAIL,      /* the server's turn is complete, its sound is not yet */
  LIVE_TURN_CUT,       /* interrupted by the server; its turnComplete is awaited */
  LIVE_TURN_N_STATES,  /*< skip >*/
} LiveTurnState;

typedef enum
{
  LIVE_TURN_EV_MIC_ON,
  LIVE_TURN_EV_MIC_OFF,
  LIVE_TURN_EV_TEXT_SENT,    /* a message that wants an answer was handed to the server */
  LIVE_TURN_EV_SPEECH_START, /* voiceActivity or our own activityStart */
  LIVE_TURN_EV_SPEECH_END,
  LIVE_TURN_EV_INPUT_TEXT, /* what the user was heard to say */
  LIVE_TURN_EV_AUDIO,
  LIVE_TURN_EV_TEXT, /* answer text or output transcription */
  LIVE_TURN_EV_THOUGHT,
  LIVE_TURN_EV_GENERATION_COMPLETE,
  LIVE_TURN_EV_INTERRUPTED,
  LIVE_TURN_EV_TURN_COMPLETE,
  LIVE_TURN_EV_IN_PROGRESS, /* interactionStatus */
  LIVE_TURN_EV_IDLE,
  LIVE_TURN_EV_TOOL_CALL,
  LIVE_TURN_EV_TOOL_DONE,      /* its response was sent */
  LIVE_TURN_EV_TOOL_CANCELLED, /* or nobody will ever answer it */
  LIVE_TURN_EV_PLAYED_OUT,     /* asked for by EXPECT_PLAYED: nothing of this turn sounds */
  LIVE_TURN_EV_USER_CUT,       /* Session.Interrupt */
  LIVE_TURN_EV_LINK_LOST,
  LIVE_TURN_EV_WATCHDOG,
  LIVE_TURN_EV_DROP_TIMER,
  LIVE_TURN_N_EVENTS, /*< skip >*/
} LiveTurnEventKind;

typedef enum
{
  LIVE_TURN_BY_TEXT,
  LIVE_TURN_BY_VOICE,
  LIVE_TURN_BY_TOOL,
  LIVE_TURN_BY_MODEL,
} LiveTurnOrigin;

typedef enum
{
  LIVE_TURN_COMPLETE,
  LIVE_TURN_INTERRUPTED,
  LIVE_TURN_FAILED,
  LIVE_TURN_UNANSWERED, /* spoken, and the model kept silent, as it may (proactive audio) */
} LiveTurnReason;

typedef struct
{
  LiveTurnEventKind kind;
  gint64 now_us;
  LiveTurnOrigin origin; /* whose turn it is if AUDIO, TEXT, THOUGHT or TOOL_CALL opens one */
  gboolean is_tellable;  /* USER_CUT: the server can be told */
  gboolean is_silent;    /* TOOL_DONE: no spoken answer will follow */
} LiveTurnEvent;

/* In the order in which the executor carries them out. */
typedef enum
{
  LIVE_TURN_DO_DISCARD = 1 << 0,     /* silence at once */
  LIVE_TURN_DO_TELL_SERVER = 1 << 1, /* make the server stop generating */
  LIVE_TURN_DO_NOTIFY_INTERRUPTED = 1 << 2,
  LIVE_TURN_DO_NOTIFY_GENERATED = 1 << 3,
  LIVE_TURN_DO_ANSWERED = 1 << 4,       /* the answer's text is whole: Ask returns */
  LIVE_TURN_DO_LET_GO = 1 << 5,         /* the turn ends by itself when its sound has been played */
  LIVE_TURN_DO_CLOSE = 1 << 6,          /* TurnComplete with out.reason */
  LIVE_TURN_DO_CLOSE_WAITING = 1 << 7,  /* all that wait behind it, with out.waiting_reason */
  LIVE_TURN_DO_NEXT = 1 << 8,           /* the first of those that wait becomes the turn */
  LIVE_TURN_DO_OPEN = 1 << 9,           /* a new turn with out.origin */
  LIVE_TURN_DO_ACCEPT = 1 << 10,        /* this event's content belongs to the turn */
  LIVE_TURN_DO_DROP = 1 << 11,          /* … belongs to a turn that was cut */
  LIVE_TURN_DO_KEEP_FOR_NEXT = 1 << 12, /* the words belong to the turn that will follow */
  LIVE_TURN_DO_LATE = 1 << 13,          /* the words belong to the turn that was closed last */
  LIVE_TURN_DO_END_OF_AUDIO = 1 << 14,  /* no more sound is expected: play what there is */
  LIVE_TURN_DO_EXPECT_PLAYED = 1 << 15, /* tell PLAYED_OUT, later, never from inside */
  LIVE_TURN_DO_ARM_WATCHDOG = 1 << 16,  /* out.watchdog_ms; replaces a running one */
  LIVE_TURN_DO_DISARM_WATCHDOG = 1 << 17,
  LIVE_TURN_DO_ARM_DROP = 1 << 18, /* out.drop_ms */
  LIVE_TURN_DO_DISARM_DROP = 1 << 19,
} LiveTurnActions;

typedef struct
{
  LiveTurnOrigin origin;
  LiveTurnReason reason, waiting_reason;
  guint watchdog_ms, drop_ms;
} LiveTurnOut;

/* All values; zero is the beginning. Set has_status from the model's profile. */
typedef struct
{
  LiveTurnState state;
  gboolean is_listening;
  gboolean has_status; /* the model tells interactionStatus: busy until IDLE (protocol 8.4) */
  guint n_waiting;     /* messages sent behind the turn in hand */
  guint n_tools;       /* calls without an answer */

  /* The turn in hand. */
  gboolean is_voice, has_input, has_media;
  gboolean is_generated, is_complete, is_answered;
  gboolean is_busy, is_idle;   /* interactionStatus; both FALSE: not told since the last words */
  gboolean awaits_tool_answer; /* a call was made, nothing was said since */
  gboolean is_drained;         /* everything that came has sounded */
  gboolean is_cut;             /* TAIL of an interrupted turn: only its last facts are awaited */

  /* What reaches beyond it. */
  gboolean is_overlapped;   /* the user began to speak over the answer */
  gboolean has_next_speech; /* and words of that have come */
  gboolean is_dropping;     /* media of a turn that we closed may still come */
  gboolean owes_complete;   /* and its turnComplete */
  gboolean can_be_late;     /* the last turn was spoken and its words never came */
  gint64 closed_at_us;
  guint drop_ms; /* how long without its media until the cut turn is taken for over */
} LiveTurnFsm;

guint live_turn_fsm_step (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out);

gboolean live_turn_fsm_has_turn (const LiveTurnFsm *fsm);
/* Nothing is said, awaited, called or sounding: the link may rotate. */
gboolean live_turn_fsm_is_quiet (const LiveTurnFsm *fsm);
/* Session.Activity. Static. */
const char *live_turn_fsm_activity (const LiveTurnFsm *fsm);

const char *live_turn_state_to_string (LiveTurnState state);
const char *live_turn_origin_to_string (LiveTurnOrigin origin);
const char *live_turn_reason_to_string (LiveTurnReason reason);

G_END_DECLS
