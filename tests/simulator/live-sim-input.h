/* What the client sends after setup: text, sound, pictures, tool answers.
 * Thread: main. Used by: session. All parameters are normalised by live_sim_rules_read. */
#pragma once

#include "live-sim-session.h"

G_BEGIN_DECLS

void live_sim_input_content (LiveSimSession *session, JsonObject *content);
void live_sim_input_realtime (LiveSimSession *session, JsonObject *input);
void live_sim_input_tool_response (LiveSimSession *session, JsonObject *response);
void live_sim_input_context_update (LiveSimSession *session, JsonObject *update);

/* A LiveSimVadFunc; data is the session. */
void live_sim_input_on_activity (LiveSimVadEvent event, guint64 offset_frames, gpointer data);

G_END_DECLS
