/* Tokens of a turn and of the conversation, summed.
 * Thread: any (a value). Used by: core/live-engine*.c.
 *
 * The service counts per generation, not cumulatively (protocol 7.7), and a turn with a tool has
 * several; so everything that comes is added. What was not given counts as zero. */
#pragma once

#include "protocol/live-wire-in.h"

G_BEGIN_DECLS

typedef struct
{
  gboolean is_known; /* at least one count has come */
  guint64 prompt, response, thoughts, tool_use, cached, total;
  guint64 prompt_by[5], response_by[5]; /* in the order of live_wire_modalities */
} LiveUsage;

void live_usage_add (LiveUsage *self, const LiveWireUsage *usage);
/* a{st} with the names of Session.Usage, floating: the six sums always, modalities that are not
 * zero. */
GVariant *live_usage_to_variant (const LiveUsage *self);

G_END_DECLS
