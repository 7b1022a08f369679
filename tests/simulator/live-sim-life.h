/* How long a connection lives: goAway, the end at a fixed age, and the reaping of idle ones.
 * Source: protocol 3, 7.5, 8.7 and 8.9.
 * Thread: main. Used by: session, turn. */
#pragma once

#include "live-sim-session.h"

G_BEGIN_DECLS

/* From setupComplete on, by the options. */
LiveSimLife *live_sim_life_new (LiveSimSession *session);
void live_sim_life_free (LiveSimLife *self);
/* A turn begins: the connection is not idle. */
void live_sim_life_note_turn (LiveSimLife *self);

G_END_DECLS
