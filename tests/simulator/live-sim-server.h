/* The HTTP side: WebSocket upgrades, refusals, the list of models, the control channel.
 * Thread: main. Used by: main, tests. */
#pragma once

#include "live-sim-session.h"

G_BEGIN_DECLS

typedef struct _LiveSimServer LiveSimServer;

/* Listens on the loopback; port 0 lets the kernel choose. world is borrowed and ready for use. */
LiveSimServer *live_sim_server_new (LiveSimWorld *world, guint port, GError **error);
/* Cuts every connection. */
void live_sim_server_free (LiveSimServer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimServer, live_sim_server_free)

guint live_sim_server_get_port (LiveSimServer *self);

/* For the control channel. Open connections, oldest first; borrowed. */
GPtrArray *live_sim_server_get_sessions (LiveSimServer *self);
LiveSimWorld *live_sim_server_get_world (LiveSimServer *self);
/* The next count upgrades get this answer. headers may be NULL. */
void live_sim_server_refuse_next (LiveSimServer *self,
                                  guint count,
                                  guint status,
                                  const char *body,
                                  JsonObject *headers);

G_END_DECLS
