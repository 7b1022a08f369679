/* Does a resumed session still know what was said? Pure: events in, one verdict out.
 * Thread: any (plain values). Used by: core/live-engine.c, which carries the verdict out.
 *
 * A handle can be accepted and yet be worthless (field-failures 6 and 7): the session stays
 * silent, or answers from an empty context. Either is abandoned once, by going on in a fresh
 * session that is told what was said. (Sessions that die young are the link machine's.) */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LIVE_CONTEXT_EV_ONLINE_FRESH,   /* setupComplete without a handle */
  LIVE_CONTEXT_EV_ONLINE_RESUMED, /* setupComplete with one */
  LIVE_CONTEXT_EV_ASKED,          /* something was sent that the model has to answer */
  LIVE_CONTEXT_EV_OUTPUT,         /* anything of an answer came, a tool call too */
  LIVE_CONTEXT_EV_USAGE,          /* prompt_tokens of a finished turn */
  LIVE_CONTEXT_EV_LOST,           /* the connection ended, not by our wish */
  LIVE_CONTEXT_EV_TIMER,          /* the timer that ARM asked for */
  LIVE_CONTEXT_EV_FORGOTTEN,      /* a new conversation: nothing to compare with */
  LIVE_CONTEXT_N_EVENTS,
} LiveContextEventKind;

typedef struct
{
  LiveContextEventKind kind;
  guint prompt_tokens;
} LiveContextEvent;

typedef enum
{
  LIVE_CONTEXT_DO_ARM = 1 << 0, /* LiveContextLimits.silence_ms from now */
  LIVE_CONTEXT_DO_DISARM = 1 << 1,
  LIVE_CONTEXT_DO_ABANDON = 1 << 2, /* drop the handle, go on fresh and tell what was said */
} LiveContextActions;

/* Why; for the journal and the counters. */
typedef enum
{
  LIVE_CONTEXT_SOUND,
  LIVE_CONTEXT_SILENT,
  LIVE_CONTEXT_COLLAPSED,
} LiveContextVerdict;

typedef struct
{
  guint silence_ms;        /* a resumed session must begin to answer within this */
  guint least_tokens;      /* a context below this is too small to judge */
  guint collapse_divisor;  /* fallen below the last known size divided by this: collapsed */
  guint compressed_tokens; /* compression leaves about this many: never a collapse; 0 = off */
} LiveContextLimits;

typedef struct
{
  LiveContextLimits limits;
  gboolean is_online, is_resumed, is_answered, is_armed;
  guint known_tokens; /* prompt size of the last finished turn, 0 = unknown */
  LiveContextVerdict verdict;
} LiveContextGuard;

extern const LiveContextLimits live_context_limits_default;

void live_context_guard_init (LiveContextGuard *guard, const LiveContextLimits *limits);
LiveContextActions live_context_guard_step (LiveContextGuard *guard, const LiveContextEvent *event);
/* "sound", "silent", "collapsed". Static. */
const char *live_context_guard_verdict (const LiveContextGuard *guard);

G_END_DECLS
