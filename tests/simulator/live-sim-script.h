/* Plays a scenario on one connection, and whatever the control channel injects.
 * Thread: main. Used by: session, input, turn, control. */
#pragma once

#include "live-sim-session.h"

G_BEGIN_DECLS

LiveSimScript *live_sim_script_new (LiveSimSession *session);
void live_sim_script_free (LiveSimScript *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimScript, live_sim_script_free)

/* Tells that something happened. text is what "match" looks at (nullable), amount what "from_ms"
 * looks at. TRUE when a step says that the built-in behaviour is to be left out. */
gboolean live_sim_script_event (LiveSimScript *self,
                                LiveSimTrigger trigger,
                                const char *text,
                                guint64 amount);
/* Runs actions now, in order; the array is kept as long as needed. */
void live_sim_script_run (LiveSimScript *self, GPtrArray *actions);

/* For actions that need no connection; FALSE when this one does. */
gboolean live_sim_script_act_without_session (LiveSimWorld *world, const LiveSimAction *action);

/* A step stands in for setupComplete. */
gboolean live_sim_script_suppresses_setup (LiveSimScript *self);

G_END_DECLS
