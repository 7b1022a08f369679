/* Own transcript -> the messages that give a fresh session its context back.
 * Thread: any (pure). Used by: core/live-engine.c, when no handle can be used.
 *
 * Protocol 6.1 (historyConfig), 6.2 and field-failures 6, 13: each family wants its history in
 * its own way, and a seed is sent once, directly after setupComplete, never on a healthy
 * resumption. */
#pragma once

#include "protocol/live-profile.h"

G_BEGIN_DECLS

typedef struct
{
  gboolean is_model; /* else the user */
  const char *text;
} LiveSeedTurn;

/* The newest turns that fit into max_bytes of text, beginning with the user; neighbours of one
 * role are joined. Owned messages for the socket, in order; NULL when there is nothing to say. */
GPtrArray *live_seed_build (const LiveProfile *profile,
                            const LiveSeedTurn *turns,
                            gsize n_turns,
                            gsize max_bytes);

G_END_DECLS
