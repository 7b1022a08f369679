/* One conversation as the service keeps it: what was said, what that costs, and what is wrong with
 * it. Lines and tokens have absolute numbers, counted from its start, so that a handle still fits
 * when the oldest part has been dropped.
 * Source: protocol 8.6 and 8.8.
 * Thread: main (pure). Used by: memory, session, input, turn, usage. */
#pragma once

#include "live-sim-calls.h"
#include "live-sim-companion.h"

G_BEGIN_DECLS

/* What a resumption finds that looks good and is not. */
typedef enum
{
  LIVE_SIM_SPOIL_NOTHING,
  LIVE_SIM_SPOIL_POISON,  /* 1011 at the first utterance, and again after each resumption */
  LIVE_SIM_SPOIL_MUTE,    /* it never answers */
  LIVE_SIM_SPOIL_CONTEXT, /* all of it is gone */
  LIVE_SIM_SPOIL_PREFILL, /* what clientContent had brought is gone */
  LIVE_SIM_SPOIL_SOUND,   /* seven eighths of what was heard and spoken are gone */
} LiveSimSpoil;

/* "nothing", "poison", "mute", "context", "prefill", "sound"; ret_spoil may be NULL. */
gboolean live_sim_spoil_parse (const char *name, LiveSimSpoil *ret_spoil);

typedef struct
{
  guint64 text, audio, image;
} LiveSimTokens;

/* Where everything stands at one moment, in absolute numbers. */
typedef struct
{
  guint n_lines, n_turns, n_calls;
  LiveSimTokens tokens;
} LiveSimMark;

typedef struct
{
  guint64 capacity; /* tokens that the model can hold */
  guint64 trigger;  /* 0 = no compression was asked for */
  guint64 target;
} LiveSimWindow;

typedef enum
{
  LIVE_SIM_ROOM_THERE,
  LIVE_SIM_ROOM_MADE,
  LIVE_SIM_ROOM_NONE,
} LiveSimRoom;

typedef struct
{
  guint id;
  char *model;
  guint n_turns; /* finished ones */
  LiveSimCalls *calls;
  GPtrArray *said;                                 /* LiveSimLine */
  guint64 text_tokens, audio_tokens, image_tokens; /* of the context, billed again every turn */
  guint64 instruction_tokens;                      /* of this connection's setup; never dropped */
  gpointer owner; /* the connection that holds it now; NULL = nobody */

  gboolean is_poisoned, is_mute;
  guint n_prefilled; /* lines at the beginning that clientContent brought */
  guint n_dropped;   /* lines */
  LiveSimTokens dropped;
  GArray *turn_starts; /* LiveSimMark, one before each thing a person said */
} LiveSimConversation;

LiveSimConversation *live_sim_conversation_new (guint id, const char *model, gpointer owner);
void live_sim_conversation_free (LiveSimConversation *self);

/* A line for the companion's memory; what it costs is counted by whoever knows how it came. */
void live_sim_conversation_add (LiveSimConversation *self, gboolean is_user, const char *text);
/* A line of history, with its cost. */
void live_sim_conversation_prefill (LiveSimConversation *self, gboolean is_user, const char *text);
/* A person begins to be heard or read: compression cuts at such places only. */
void live_sim_conversation_note_turn_start (LiveSimConversation *self);

void live_sim_conversation_mark (const LiveSimConversation *self, LiveSimMark *ret_mark);
/* Back to where it stood; what was dropped since then stays dropped. */
void live_sim_conversation_rewind (LiveSimConversation *self, const LiveSimMark *mark);
void live_sim_conversation_spoil (LiveSimConversation *self, LiveSimSpoil spoil);

guint64 live_sim_conversation_count_tokens (const LiveSimConversation *self);
/* Before a turn: drops the oldest turns when the trigger is reached. NONE: it is full. */
LiveSimRoom live_sim_conversation_make_room (LiveSimConversation *self,
                                             const LiveSimWindow *window);

G_END_DECLS
