/* Tool calls: one answer each, always, and none run twice. Pure.
 * Thread: any (values). Used by: core/live-tools*.c, which carries out the actions.
 *
 * The machine of one call, and the book of all of them: what runs, and the newest that ended.
 * A server that lost an answer, or took a call back too early, asks again (field failures 44):
 * with the same id, or with a new one and the same name and arguments. The book knows. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LIVE_TOOL_MAX_OPEN 128
#define LIVE_TOOL_MAX_ENDED 100
#define LIVE_TOOL_MAX_MS 600000 /* a call with all of its parts */
/* For so long after it was taken back, or its connection was lost, the same call again is taken
 * for a repeat; and for so long an answer is kept. */
#define LIVE_TOOL_REPEAT_US (30 * G_USEC_PER_SEC)
/* An answer that was sent so shortly before a loss may not have arrived. */
#define LIVE_TOOL_UNSURE_US (5 * G_USEC_PER_SEC)

typedef enum
{
  LIVE_TOOL_PENDING,    /* nobody was asked yet */
  LIVE_TOOL_ASKING,     /* the user is asked */
  LIVE_TOOL_DISPATCHED, /* the provider works */
  LIVE_TOOL_OWED,       /* answered while there was no connection */
  LIVE_TOOL_DONE,       /* this and the rest are entered once and never left */
  LIVE_TOOL_FAILED,
  LIVE_TOOL_TIMED_OUT,
  LIVE_TOOL_CANCELLED, /* no answer was given */
  LIVE_TOOL_VANISHED,  /* the provider left */
  LIVE_TOOL_N_STATES,  /*< skip >*/
} LiveToolState;

typedef enum
{
  LIVE_TOOL_EV_ASK,
  LIVE_TOOL_EV_DISPATCH,
  LIVE_TOOL_EV_RESULT,
  LIVE_TOOL_EV_PART,  /* of a result that will continue */
  LIVE_TOOL_EV_ERROR, /* of the provider; or the user refused, or there is no such tool */
  LIVE_TOOL_EV_REMOVE,
  LIVE_TOOL_EV_CANCEL, /* by the server, or by who called by hand */
  LIVE_TOOL_EV_VANISH,
  LIVE_TOOL_EV_TIMER,
  LIVE_TOOL_EV_LINK_LOST,
  LIVE_TOOL_EV_LINK_BACK,    /* and the call still stands */
  LIVE_TOOL_EV_CONTEXT_LOST, /* nobody waits for the answer any more */
  LIVE_TOOL_N_EVENTS,        /*< skip >*/
} LiveToolEventKind;

typedef struct
{
  LiveToolEventKind kind;
  gint64 now_us;
  guint limit_ms; /* ASK, DISPATCH, PART: from now on */
} LiveToolEvent;

/* In the order in which the executor carries them out. */
typedef enum
{
  LIVE_TOOL_DO_WITHDRAW = 1 << 0,      /* the question to the user is void */
  LIVE_TOOL_DO_TELL_PROVIDER = 1 << 1, /* no answer is wanted any more */
  LIVE_TOOL_DO_SEND_PART = 1 << 2,
  LIVE_TOOL_DO_SEND = 1 << 3,   /* the answer, to who asked */
  LIVE_TOOL_DO_DROP = 1 << 4,   /* an answer is lost: count it */
  LIVE_TOOL_DO_FINISH = 1 << 5, /* the call is over, in this state */
} LiveToolActions;

/* Zero is a call that just came; began_us is the executor's. */
typedef struct
{
  LiveToolState state;
  LiveToolState owed; /* in OWED: what it will be when it was sent */
  gboolean is_offline;
  gint64 began_us, ended_us;
  gint64 deadline_us, last_us; /* 0 = none; of this state, and of all parts together */
} LiveToolFsm;

guint live_tool_fsm_step (LiveToolFsm *fsm, const LiveToolEvent *event);
gboolean live_tool_fsm_is_open (const LiveToolFsm *fsm);
/* "pending", "asking", "running", "owed", "finished". Static. */
const char *live_tool_fsm_name (const LiveToolFsm *fsm);
/* Tools.ToolCallFinished: "ok", "error" …; "" while it is open. Static. */
const char *live_tool_fsm_outcome (const LiveToolFsm *fsm);

typedef struct
{
  LiveToolFsm fsm;
  char *call;      /* ours, unique over the daemon's life */
  char *server_id; /* NULL: called by hand, or its session is gone */
  char *name, *owner;
  char *digest;  /* of name and arguments */
  char *follows; /* waits for what that call's provider still does; NULL = runs itself */
  gint64 wall_us;
  guint64 arguments_bytes, result_bytes;
  const char *cause; /* static; "none" unless something explains the outcome */
  guint n_repeats;
  gboolean is_by_hand, is_cut;

  /* For repeats. */
  guint64 connection;  /* on which its answer was sent; 0 = none was */
  gint64 suspect_us;   /* since when the server may ask again; 0 = it should not */
  gboolean is_running; /* over for the server, but the provider has not returned */
  char *answer;        /* as it was sent, or would have been */
} LiveToolEntry;

typedef struct
{
  GPtrArray *entries; /* of LiveToolEntry, oldest first */
  guint64 connection; /* which one this is, from 1 */
  guint64 last_number;
} LiveToolLedger;

void live_tool_ledger_init (LiveToolLedger *self);
void live_tool_ledger_clear (LiveToolLedger *self);

typedef enum
{
  LIVE_TOOL_NEW,
  LIVE_TOOL_STANDS, /* it runs; its answer will come */
  LIVE_TOOL_STALE,  /* it was answered on this connection: nothing more is owed */
  LIVE_TOOL_ADOPT,  /* it runs for the old id; its answer goes to the new one */
  LIVE_TOOL_AGAIN,  /* it has run: send entry->answer again, if it is kept */
  LIVE_TOOL_FOLLOW, /* it was taken back, but runs on: wait for it */
} LiveToolVerdict;

/* Is it a repeat, and of what? A repeat by name and arguments counts once. */
LiveToolVerdict live_tool_ledger_judge (LiveToolLedger *self,
                                        const char *server_id,
                                        const char *name,
                                        const char *arguments,
                                        gint64 now_us,
                                        LiveToolEntry **ret_entry);
/* server_id NULL: by hand. NULL when too many are open. Borrowed. */
LiveToolEntry *live_tool_ledger_add (LiveToolLedger *self,
                                     const char *server_id,
                                     const char *name,
                                     const char *arguments,
                                     gint64 now_us,
                                     gint64 wall_us);
LiveToolEntry *live_tool_ledger_find (LiveToolLedger *self, const char *call);
LiveToolEntry *live_tool_ledger_find_server_id (LiveToolLedger *self, const char *server_id);
guint live_tool_ledger_count_open (LiveToolLedger *self);

/* Its answer may be asked for again. */
void live_tool_ledger_suspect (LiveToolEntry *entry, gint64 now_us);
/* The connection is gone: marks what the server may ask for again. */
void live_tool_ledger_on_lost (LiveToolLedger *self, gint64 now_us);
/* A connection is there; has_context: the server knows what was. */
void live_tool_ledger_on_online (LiveToolLedger *self, gboolean has_context, gint64 now_us);
/* Wipes what need not be kept. When to come again: deadlines and wipes; 0 = never. */
gint64 live_tool_ledger_sweep (LiveToolLedger *self, gint64 now_us);

G_END_DECLS
