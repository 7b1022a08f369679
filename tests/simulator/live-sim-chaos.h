/* Random faults, the same ones for the same seed: what happens at an occasion depends on the seed,
 * the connection, the kind of the occasion and how many of this kind the connection has had, and on
 * nothing else, so neither on the clock nor on what happened elsewhere.
 * Thread: main (pure but for its log). Used by: script, server, control. */
#pragma once

#include "live-sim-scenario.h"

G_BEGIN_DECLS

typedef struct _LiveSimChaos LiveSimChaos;

/* "SEED" or "SEED:RATE": two numbers; rate is the chance of a fault at an occasion, 0 to 1, and
 * 0.2 unless given. */
LiveSimChaos *live_sim_chaos_new (const char *text, GError **error);
void live_sim_chaos_free (LiveSimChaos *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimChaos, live_sim_chaos_free)

/* The actions of the fault that happens now (a new reference), or NULL. nth counts the occasions of
 * this kind on this connection from 1. */
GPtrArray *live_sim_chaos_pick (LiveSimChaos *self,
                                guint connection,
                                LiveSimTrigger trigger,
                                guint nth,
                                gboolean *ret_is_instead);

guint live_sim_chaos_count (LiveSimChaos *self);
/* A new object: seed, rate, and the log of {connection, on, nth, fault}. */
JsonObject *live_sim_chaos_describe (LiveSimChaos *self);

G_END_DECLS
