/* The tools of a setup: declarations as registered -> what this model takes.
 * Thread: any (pure). Used by: live-setup.c. Source: protocol 6.1.2. */
#pragma once

#include "protocol/live-json-writer.h"
#include "protocol/live-setup.h"

G_BEGIN_DECLS

#define LIVE_SETUP_MAX_TOOLS 512

/* LIVE_ERROR_BAD_SETUP names the declaration at fault. */
gboolean live_setup_tools_check (const LiveSetupInput *input, GError **error);

/* The member "tools", or nothing when there are none. The input has passed the check. */
void
live_setup_tools_write (LiveJsonWriter *writer, const LiveSetupInput *input, GPtrArray *warnings);

G_END_DECLS
