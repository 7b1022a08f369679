/* Why a connection ended, and what to do about it: a pure table.
 * Thread: any. Used by: transports (fill LiveCloseInfo), core/live-link.c (asks).
 *
 * Rule of the protocol (section 5): a code alone never classifies; the code, the reason's
 * prefix or substring (reasons are cut at 123 bytes), the phase and the use of a handle do. */
#pragma once

#include "base/live-error.h"

G_BEGIN_DECLS

typedef enum
{
  LIVE_CLOSE_LOCAL,     /* we closed, and that was what we wanted */
  LIVE_CLOSE_FRAME,     /* the server sent a close frame */
  LIVE_CLOSE_HTTP,      /* the upgrade was refused with an HTTP status */
  LIVE_CLOSE_TRANSPORT, /* DNS, TCP, TLS failed, or the stream ended without a close frame */
  LIVE_CLOSE_PROTOCOL,  /* our own limit or a broken frame: size, UTF-8, bad opcode */
  LIVE_CLOSE_TIMEOUT,   /* one of the link's own timers ran out */
} LiveCloseOrigin;

typedef enum
{
  LIVE_PHASE_DIALLING,     /* before the upgrade was accepted */
  LIVE_PHASE_SETUP,        /* setup sent, setupComplete not yet seen */
  LIVE_PHASE_BEFORE_TURN,  /* set up, nothing answered yet */
  LIVE_PHASE_CONVERSATION, /* at least one answer has begun */
} LiveClosePhase;

typedef struct
{
  LiveCloseOrigin origin;
  guint16 code;          /* WebSocket close code; 1006 where there was no frame */
  guint http_status;     /* LIVE_CLOSE_HTTP only, else 0 */
  char *reason;          /* the server's words, or the library's; never a secret; not NULL */
  gint64 retry_after_us; /* from a Retry-After header, else 0 */
  LiveClosePhase phase;
  gboolean handle_used;
  gint64 age_us; /* since the socket opened; logged as a first-class number */
} LiveCloseInfo;

void live_close_info_clear (LiveCloseInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LiveCloseInfo, live_close_info_clear)

typedef enum
{
  LIVE_CLOSE_DONE,         /* nothing: it was we who wanted it */
  LIVE_CLOSE_RESUME,       /* routine: come back with the handle, at once or by back-off */
  LIVE_CLOSE_RETRY,        /* transient: back off, keep the handle */
  LIVE_CLOSE_RETRY_SLOWLY, /* overload or concurrency: long back-off, keep the handle */
  LIVE_CLOSE_FRESH,        /* once, without the handle, then re-seed */
  LIVE_CLOSE_CORRECT,      /* a setting that the model refuses: correct it and try once */
  LIVE_CLOSE_STOP,         /* needs a human: key, quota, model, configuration */
} LiveCloseAction;

typedef struct
{
  LiveCloseAction action;
  LiveErrorCode error;  /* what waiting calls get */
  const char *reason;   /* StateReason of the contract; static */
  const char *category; /* for counters and the journal, e.g. "stale-handle"; static */
} LiveCloseVerdict;

LiveCloseVerdict live_close_classify (const LiveCloseInfo *info);

const char *live_close_origin_to_string (LiveCloseOrigin origin);
const char *live_close_phase_to_string (LiveClosePhase phase);
const char *live_close_action_to_string (LiveCloseAction action);

G_END_DECLS
