/* The control channel for tests: /simulator/state, wait, inject, hold and refuse.
 * README.md describes it.
 * Thread: main. Used by: server. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct _LiveSimControl LiveSimControl;
struct _LiveSimServer;

LiveSimControl *live_sim_control_new (struct _LiveSimServer *server, SoupServer *soup);
/* Answers whoever still waits. */
void live_sim_control_free (LiveSimControl *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimControl, live_sim_control_free)

G_END_DECLS
