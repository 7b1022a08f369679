/* The link machine: one socket to the service, kept. Pure: events in, action bits out.
 * Thread: any (plain values). Used by: core/live-link.c, which carries the actions out.
 *
 * No clock is read and no random number drawn here; events carry both. An action that causes an
 * event posts it; the executor drains its queue to the end, so step() is never entered twice.
 * Two timers exist: the state's own (ARM replaces it, each change of state stops it) and the
 * one that proves a connection stable. */
#pragma once

#include "machine/live-backoff.h"
#include "protocol/live-close.h"

G_BEGIN_DECLS

typedef enum
{
  LIVE_LINK_OFF,             /* not wanted */
  LIVE_LINK_PREPARING,       /* the credential is being looked up; no socket yet */
  LIVE_LINK_CONNECTING,      /* the socket is opening */
  LIVE_LINK_SETUP,           /* setup sent, setupComplete awaited */
  LIVE_LINK_READY,           /* usable */
  LIVE_LINK_LEAVING,         /* usable, but to be renewed at the next quiet point */
  LIVE_LINK_CLOSING,         /* the old socket must be gone before anything else happens */
  LIVE_LINK_BACKOFF,         /* waiting before the next dial */
  LIVE_LINK_BLOCKED,         /* needs a human, or the budget is spent */
  LIVE_LINK_WAITING_NETWORK, /* the machine has no network */
  LIVE_LINK_SUSPENDED,       /* the machine goes to sleep */
  LIVE_LINK_N_STATES,
} LiveLinkState;

typedef enum
{
  LIVE_LINK_EV_WANT, /* somebody asks for the session, now */
  LIVE_LINK_EV_UNWANT,
  LIVE_LINK_EV_CREDENTIAL, /* found, and the target and setup could be built */
  LIVE_LINK_EV_REFUSED,    /* no credential, or no legal setup: dialling is pointless */
  LIVE_LINK_EV_OPENED,
  LIVE_LINK_EV_SETUP_DONE,
  LIVE_LINK_EV_CLOSED, /* loss says why; the socket is gone */
  LIVE_LINK_EV_FAULT,  /* loss says why; the socket is still there (in-band error) */
  LIVE_LINK_EV_TIMER,  /* the state's timer; loss is filled in CONNECTING and SETUP */
  LIVE_LINK_EV_STABLE_TIMER,
  LIVE_LINK_EV_PROVEN,     /* an answer came whole */
  LIVE_LINK_EV_GO_AWAY,    /* time_left_us */
  LIVE_LINK_EV_ROTATE,     /* our own wish: settings or tools changed */
  LIVE_LINK_EV_ROTATE_NOW, /* the context is to be forgotten: nothing worth waiting for */
  LIVE_LINK_EV_QUIET,      /* nobody speaks and no tool runs */
  LIVE_LINK_EV_REPAIRED,   /* settings or credentials changed: what blocked may be gone */
  LIVE_LINK_EV_NETWORK_DOWN,
  LIVE_LINK_EV_NETWORK_UP,
  LIVE_LINK_EV_SLEEP,
  LIVE_LINK_EV_WAKE,
  LIVE_LINK_N_EVENTS,
} LiveLinkEventKind;

typedef struct
{
  LiveCloseAction action;
  gboolean was_resumed;     /* a handle was used */
  gboolean reached_service; /* the service answered: spends from the budget */
  gint64 retry_after_us;
} LiveLinkLoss;

typedef struct
{
  LiveLinkEventKind kind;
  gint64 now_us;
  guint32 random;
  gint64 time_left_us;
  LiveLinkLoss loss;
} LiveLinkEvent;

typedef enum
{
  LIVE_LINK_DO_ASK_CREDENTIAL = 1 << 0,
  LIVE_LINK_DO_OPEN = 1 << 1,
  LIVE_LINK_DO_SEND_SETUP = 1 << 2,
  LIVE_LINK_DO_CLOSE = 1 << 3,
  LIVE_LINK_DO_ARM = 1 << 4, /* out.delay_ms */
  LIVE_LINK_DO_DISARM = 1 << 5,
  LIVE_LINK_DO_ARM_STABLE = 1 << 6, /* out.stable_ms */
  LIVE_LINK_DO_DISARM_STABLE = 1 << 7,
  LIVE_LINK_DO_CLEAR_HANDLE = 1 << 8,
  LIVE_LINK_DO_CORRECT = 1 << 9, /* learn from the refusal before the next setup */
  LIVE_LINK_DO_ONLINE = 1 << 10,
  LIVE_LINK_DO_FAIL_PENDING = 1 << 11, /* it was online and is no more */
  LIVE_LINK_DO_REPORT = 1 << 12,       /* a dial failed, another one follows */
  LIVE_LINK_DO_GIVE_UP = 1 << 13,      /* nothing follows without help */
  LIVE_LINK_DO_ASK_QUIET = 1 << 14,
  LIVE_LINK_DO_PUBLISH = 1 << 15,
} LiveLinkActions;

typedef struct
{
  guint delay_ms;
  guint stable_ms;
} LiveLinkOut;

typedef struct
{
  guint credential_ms, connect_ms, setup_ms, close_ms;
  guint gather_ms;     /* our own changes are collected this long before a rotation */
  guint patience_ms;   /* and are carried out after this long even if it is never quiet */
  guint max_age_ms;    /* our own rotation; 0 = only when asked */
  guint min_age_ms;    /* a goAway with time to spare does not rotate a younger connection */
  guint proof_ms;      /* this age and a whole answer prove a connection … */
  guint idle_proof_ms; /* … and so does this age alone */
  guint dial_gap_ms;   /* impatient callers do not dial more often than this */
  guint slow_retry_ms; /* after the budget is spent */
  guint network_probe_ms, sleep_guard_ms;
  LiveBackoffLimits backoff;
} LiveLinkLimits;

typedef struct
{
  LiveLinkState state;
  LiveLinkLimits limits;
  LiveBackoff backoff;
  LiveLinkState after_close; /* PREPARING, BACKOFF or BLOCKED; the flags below come first */
  guint after_close_ms;
  gboolean is_wanted, is_asleep, is_network_down;
  gboolean has_socket;
  gboolean is_rotating;    /* shown as "rotating" until online again */
  gboolean wants_rotation; /* came while it could not be done */
  gboolean is_proven, is_answered;
  gboolean is_slow; /* the service asked for patience: impatience does not count */
  gboolean is_budget_spent;
  gboolean was_corrected, was_freshened;
  guint resume_failures;
  gint64 dialled_us, online_us;
  gint64 timer_us;                 /* when the state's timer runs out, if it has one */
  gint64 earliest_us, deadline_us; /* of the rotation; 0 = none */
} LiveLinkFsm;

extern const LiveLinkLimits live_link_limits_default;

void live_link_fsm_init (LiveLinkFsm *fsm, const LiveLinkLimits *limits);
LiveLinkActions
live_link_fsm_step (LiveLinkFsm *fsm, const LiveLinkEvent *event, LiveLinkOut *ret_out);
gboolean live_link_fsm_is_online (const LiveLinkFsm *fsm);
/* How soon the next dial follows a loss with this verdict. */
LiveBackoffPace live_link_fsm_choose_pace (const LiveLinkFsm *fsm, LiveCloseAction action);
/* Whether this loss is the handle's fault; counts. */
gboolean live_link_fsm_condemn_handle (LiveLinkFsm *fsm, const LiveLinkEvent *event);
/* Session.State of the contract. Static. */
const char *live_link_fsm_public_name (const LiveLinkFsm *fsm);
const char *live_link_fsm_state_to_string (LiveLinkState state);
const char *live_link_fsm_event_to_string (LiveLinkEventKind kind);

G_END_DECLS
