/* What a good setup means for its connection.
 * Thread: main. Used by: session. */
#pragma once

#include "live-sim-session.h"

G_BEGIN_DECLS

/* The setup was checked, and the profile and the conversation are there. */
void live_sim_setup_read (LiveSimSession *session, JsonObject *setup);

G_END_DECLS
