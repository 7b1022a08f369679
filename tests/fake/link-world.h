/* A link machine and what its executor would hold, kept in step by the actions alone; each step
 * is checked against the invariants.
 * Thread: the test's. */
#pragma once

#include "machine/live-link-fsm.h"

G_BEGIN_DECLS

typedef struct
{
  LiveLinkFsm fsm;
  gint64 now_us;
  gboolean has_socket, is_online, has_timer, has_stable_timer;
  guint delay_ms, stable_ms;
  guint n_opens, n_give_ups, n_fails, n_reports;
  LiveLinkActions last;
} LinkWorld;

/* Off, with the usual limits. */
LinkWorld link_world_new (void);
/* Brought there by real events only. */
LinkWorld link_world_in (LiveLinkState state);
void link_world_go_online (LinkWorld *world);

/* All return the actions. now_us is filled in. */
LiveLinkActions link_world_feed (LinkWorld *world, LiveLinkEvent event);
LiveLinkActions link_world_tell (LinkWorld *world, LiveLinkEventKind kind);
LiveLinkActions link_world_end (LinkWorld *world, LiveCloseAction action, gboolean was_resumed);
LiveLinkActions link_world_warn (LinkWorld *world, gint64 left_ms);
void link_world_wait_ms (LinkWorld *world, gint64 ms);

G_END_DECLS
