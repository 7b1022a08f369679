/* The pieces of a serverContent message.
 * Source: protocol 7.2.
 * Thread: main (pure). Used by: turn, input. */
#pragma once

#include "live-sim-json.h"

G_BEGIN_DECLS

/* A new message; *ret_content is its serverContent, borrowed. */
JsonObject *live_sim_content_new (JsonObject **ret_content);

/* name: "inputTranscription" or "outputTranscription". */
void live_sim_content_add_transcript (JsonObject *content, const char *name, const char *text);

/* The one part of a new modelTurn, borrowed. */
JsonObject *live_sim_content_add_part (JsonObject *content, gboolean has_role);

G_END_DECLS
