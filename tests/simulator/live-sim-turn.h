/* The answering side of a connection: generation ahead of real time, the hold until playback would
 * have ended, interruption, tool calls, usage.
 * Source: protocol 8.2 to 8.5.
 * Thread: main. Used by: session, input, script. */
#pragma once

#include "live-sim-companion.h"
#include "live-sim-session.h"

G_BEGIN_DECLS

LiveSimTurn *live_sim_turn_new (LiveSimSession *session);
void live_sim_turn_free (LiveSimTurn *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimTurn, live_sim_turn_free)

/* Begins now, or when what is being said has ended. */
void live_sim_turn_answer (LiveSimTurn *self, LiveSimAnswer *take_answer);
/* interrupted and turnComplete if anything was going on. */
void live_sim_turn_interrupt (LiveSimTurn *self);
/* Drops everything without a word: the connection is ending. */
void live_sim_turn_stop (LiveSimTurn *self);
/* One functionResponse. */
void live_sim_turn_take_response (LiveSimTurn *self, JsonObject *response);

gboolean live_sim_turn_is_idle (LiveSimTurn *self);
/* A blocking call is open and this model does not bear sound meanwhile (protocol 8.5). */
gboolean live_sim_turn_forbids_audio (LiveSimTurn *self);
/* "idle", "waiting", "calling", "generating", "holding". */
const char *live_sim_turn_get_state_name (LiveSimTurn *self);

G_END_DECLS
