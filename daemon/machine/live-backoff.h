/* How long to wait before the next dial, and when to stop trying.
 * Thread: any (plain values, pure). Used by: machine/live-link-fsm.c.
 *
 * The delay doubles with each attempt up to a cap, with the upper half random, so that many
 * clients do not come back at the same moment. Each failure that reached the service also
 * spends from a budget; both are restored only when a connection has proven itself, never by a
 * mere connect (field experience: a server that accepts and drops makes a busy loop else). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint base_ms, cap_ms;           /* ordinary trouble */
  guint slow_base_ms, slow_cap_ms; /* overload, concurrency */
  guint budget;                    /* failures that reached the service; at least 1 */
} LiveBackoffLimits;

typedef struct
{
  LiveBackoffLimits limits;
  guint attempts; /* since the last proof */
  guint spent;    /* of the budget */
} LiveBackoff;

typedef enum
{
  LIVE_BACKOFF_AT_ONCE, /* routine loss: the first return costs no time */
  LIVE_BACKOFF_NORMAL,
  LIVE_BACKOFF_SLOW,
} LiveBackoffPace;

/* Half a second to a minute; 15 s to 5 min when slow; 20 failures. */
extern const LiveBackoffLimits live_backoff_defaults;

void live_backoff_init (LiveBackoff *self, const LiveBackoffLimits *limits);
/* Counts an attempt and writes its delay. random: 32 random bits, handed in. least_us: what the
 * server asked for (Retry-After), honoured up to an hour. FALSE: the budget is spent. */
gboolean live_backoff_next (LiveBackoff *self,
                            LiveBackoffPace pace,
                            gboolean spends,
                            guint32 random,
                            gint64 least_us,
                            guint *ret_delay_ms);
/* The connection has proven itself, or a human has intervened. */
void live_backoff_restore (LiveBackoff *self);

G_END_DECLS
