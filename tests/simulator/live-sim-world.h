/* What all connections of one simulator share, and what GET /simulator/state tells of it.
 * Thread: main. Used by: every room but the pure ones. */
#pragma once

#include "live-sim-chaos.h"
#include "live-sim-ledger.h"
#include "live-sim-memory.h"
#include "live-sim-options.h"
#include "live-sim-record.h"
#include "live-sim-scenario.h"
#include "live-sim-voice.h"

G_BEGIN_DECLS

/* Every counter can be waited for by its name: GET /simulator/wait?turns=2. */
#define LIVE_SIM_COUNTERS(X)                                                                       \
  X (attempts)         /* upgrades asked for */                                                    \
  X (refused)          /* of these answered with an HTTP status */                                 \
  X (connections)      /* of these opened */                                                       \
  X (open)             /* open now */                                                              \
  X (most_open)        /* of these at the same moment, not yet closing */                          \
  X (closed)           /* opened ones that have ended */                                           \
  X (closed_by_client) /* of these begun by the client */                                          \
  X (lost)             /* of these ended without a close frame */                                  \
  X (setups)           /* accepted */                                                              \
  X (resumed)          /* of these with a good handle */                                           \
  X (handles_refused)                                                                              \
  X (received_messages)                                                                            \
  X (received_audio_messages)                                                                      \
  X (received_audio_frames) /* at 16 kHz */                                                        \
  X (received_images)                                                                              \
  X (received_texts)                                                                               \
  X (received_tool_responses)                                                                      \
  X (stream_ends)                                                                                  \
  X (activity_starts)                                                                              \
  X (activity_ends)                                                                                \
  X (speech_starts)                                                                                \
  X (speech_ends)                                                                                  \
  X (turns_begun)                                                                                  \
  X (turns) /* completed, interrupted ones included */                                             \
  X (interruptions)                                                                                \
  X (generations) /* generationComplete sent */                                                    \
  X (tool_calls)                                                                                   \
  X (sent_messages)                                                                                \
  X (sent_audio_frames) /* at 24 kHz */                                                            \
  X (compressions)      /* times that the oldest was dropped from a context */                     \
  X (exhaustions)       /* connections closed because their context was full */                    \
  X (spoilt)            /* resumptions that were not what they seemed */                           \
  X (withheld_pongs)    /* of connections that have ended */                                       \
  X (counted_frames)    /* of the counting signal, see live-sim-ledger.h */                        \
  X (count_breaks)      /* places where it did not go on with the next sample */                   \
  X (faults)            /* of the chaos */                                                         \
  X (violations)

typedef struct
{
#define LIVE_SIM_COUNTER(name) guint64 name;
  LIVE_SIM_COUNTERS (LIVE_SIM_COUNTER)
#undef LIVE_SIM_COUNTER
} LiveSimCounters;

typedef struct
{
  LiveSimOptions options;
  LiveSimScenario *scenario; /* nullable */
  LiveSimMemory *memory;
  LiveSimRecord *record;
  LiveSimVoice *voice;
  LiveSimChaos *chaos; /* nullable */
  LiveSimLedger ledger;
  GQueue hears; /* owned strings: what coming utterances are taken to say */
  gboolean holds_setup, holds_replies;

  LiveSimCounters counters;
  JsonArray *violations;     /* {connection, code, reason}; capped */
  JsonArray *texts;          /* typed by the client; capped */
  JsonArray *tool_responses; /* capped */
  JsonObject *last_setup;    /* nullable; as it was accepted */
  JsonObject *last_close;    /* nullable; {connection, code, reason, by} */

  void (*on_changed) (gpointer data); /* some counter went up */
  gpointer on_changed_data;
} LiveSimWorld;

void live_sim_world_init (LiveSimWorld *self);
void live_sim_world_clear (LiveSimWorld *self);

void live_sim_world_changed (LiveSimWorld *self);
/* code 0: noticed, and not a reason to close. */
void live_sim_world_note_violation (LiveSimWorld *self,
                                    guint connection,
                                    guint code,
                                    const char *reason);
void live_sim_world_note_close (LiveSimWorld *self,
                                guint connection,
                                guint code,
                                const char *reason,
                                const char *by);
/* Appends to one of the capped lists. */
void live_sim_world_note (JsonArray *list, JsonNode *take_node);

/* NULL when there is no counter of that name. */
const guint64 *live_sim_world_find_counter (const LiveSimWorld *self, const char *name);
/* A new object with everything but the connections. */
JsonObject *live_sim_world_describe (const LiveSimWorld *self);

G_END_DECLS
