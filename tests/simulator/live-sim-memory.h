/* What the service remembers between connections: conversations and the handles that lead to them.
 *
 * A handle is a snapshot: who resumes an old one loses what came after it. Source: protocol 8.6.
 * Thread: main. Used by: session, turn, input, control. */
#pragma once

#include "live-sim-conversation.h"

G_BEGIN_DECLS

typedef struct _LiveSimMemory LiveSimMemory;

typedef enum
{
  LIVE_SIM_HANDLE_GOOD,
  LIVE_SIM_HANDLE_MALFORMED, /* never one of ours */
  LIVE_SIM_HANDLE_UNKNOWN,   /* expired, forgotten, or of another run */
  LIVE_SIM_HANDLE_HELD,      /* its conversation is still open on another connection */
  LIVE_SIM_HANDLE_OTHER_MODEL,
} LiveSimHandleState;

/* A handle lives so long from when it was issued and, if that is later, from the end of its
 * conversation's last connection. Real time; 0 = two hours. */
LiveSimMemory *live_sim_memory_new (guint handle_life_ms);
void live_sim_memory_free (LiveSimMemory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimMemory, live_sim_memory_free)

/* Borrowed; lives as long as the memory. owner is the connection. */
LiveSimConversation *live_sim_memory_start (LiveSimMemory *self, const char *model, gpointer owner);
/* GOOD: *ret_conversation is owned by owner from now on, and as old as the handle. */
LiveSimHandleState live_sim_memory_resume (LiveSimMemory *self,
                                           const char *handle,
                                           const char *model,
                                           gpointer owner,
                                           LiveSimConversation **ret_conversation);
/* The connection has ended. Without a handle to it the conversation ends too. */
void live_sim_memory_release (LiveSimMemory *self, LiveSimConversation *conversation);

/* Borrowed until the next call. */
const char *live_sim_memory_issue (LiveSimMemory *self, LiveSimConversation *conversation);
/* As if every handle had expired. */
void live_sim_memory_forget_handles (LiveSimMemory *self);

guint live_sim_memory_count (LiveSimMemory *self);
guint live_sim_memory_count_issued (LiveSimMemory *self);
guint live_sim_memory_count_spoilt (LiveSimMemory *self);

/* What is wrong with the next count good resumptions; 0 = with all from now on. */
void live_sim_memory_spoil_next (LiveSimMemory *self, LiveSimSpoil spoil, guint count);

G_END_DECLS
