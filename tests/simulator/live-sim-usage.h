/* usageMetadata of one turn.
 * Source: protocol 7.7.
 * Thread: main (pure). Used by: turn. */
#pragma once

#include "live-sim-memory.h"

G_BEGIN_DECLS

/* The count of tokens for so much sound; live audio is 25 a second in both directions. */
guint64 live_sim_usage_audio_tokens (guint64 n_frames, guint rate_hz);

/* About four letters make a token. */
guint64 live_sim_usage_text_tokens (const char *text);

/* A new object. The prompt is the whole context, as the service bills it again every turn. */
JsonObject *live_sim_usage_describe (const LiveSimConversation *conversation,
                                     guint64 response_audio_tokens,
                                     guint64 response_text_tokens,
                                     gboolean has_vertex_habits);

G_END_DECLS
