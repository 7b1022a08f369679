/* The tool calls of one conversation that wait for an answer.
 * Source: protocol 8.5.
 * Thread: main (pure but for the clock). Used by: memory, turn. */
#pragma once

#include "live-sim-json.h"

G_BEGIN_DECLS

typedef struct
{
  char *id, *name;
  guint number; /* of the conversation, from 1 */
  gboolean is_blocking;
  gint64 sent_us;
} LiveSimCall;

typedef struct _LiveSimCalls LiveSimCalls;

LiveSimCalls *live_sim_calls_new (void);
void live_sim_calls_free (LiveSimCalls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimCalls, live_sim_calls_free)

/* Borrowed until it is removed. */
const LiveSimCall *
live_sim_calls_add (LiveSimCalls *self, char *take_id, char *take_name, gboolean is_blocking);
/* By id; by name where the id is empty and the platform bears that. NULL when none is open. */
const LiveSimCall *
live_sim_calls_find (LiveSimCalls *self, const char *id, const char *name, gboolean by_name);
/* How many were ever made; the number of the next one is one more. */
guint live_sim_calls_get_last (LiveSimCalls *self);
guint live_sim_calls_count_open (LiveSimCalls *self);
/* Forgets those after that number: the context is an older one. */
void live_sim_calls_truncate (LiveSimCalls *self, guint last);
void live_sim_calls_remove (LiveSimCalls *self, const LiveSimCall *call);

/* Forgets the blocking ones; a toolCallCancellation message, or NULL when there were none. */
JsonObject *live_sim_calls_cancel_blocking (LiveSimCalls *self);
/* A blocking call has been open for longer than that. */
gboolean live_sim_calls_has_blocking_since (LiveSimCalls *self, gint64 age_us);

/* "WHEN_IDLE" where a functionResponse says nothing; it may stand beside the response or in it. */
const char *live_sim_calls_read_scheduling (JsonObject *response);

/* A toolCall message. */
JsonObject *live_sim_call_describe (const LiveSimCall *call, JsonObject *args);

G_END_DECLS
