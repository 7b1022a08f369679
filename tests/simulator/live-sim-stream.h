/* The bytes under a WebSocket, with two faults that libsoup cannot be told to have: a reader that
 * stops reading, so that the peer's own buffers fill up, and pongs that come late or never.
 * Thread: main. Used by: server, link. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LIVE_TYPE_SIM_STREAM (live_sim_stream_get_type ())
G_DECLARE_FINAL_TYPE (LiveSimStream, live_sim_stream, LIVE, SIM_STREAM, GIOStream)

#define LIVE_SIM_PONGS_NEVER G_MAXUINT

/* base is the connection that libsoup let go, socket the one below it; references are taken. */
LiveSimStream *live_sim_stream_new (GIOStream *base, GSocket *socket);

/* Nothing is read until it is FALSE again. */
void live_sim_stream_stop_reading (LiveSimStream *self, gboolean is_stopped);
/* Every pong from now on waits so long; 0 = none does. */
void live_sim_stream_delay_pongs (LiveSimStream *self, guint real_ms);
guint live_sim_stream_get_withheld_pongs (LiveSimStream *self);

G_END_DECLS
