/* One WebSocket of the simulator: ordered sending with the faults that a scenario asks for.
 * Thread: main. Used by: session, turn, script. */
#pragma once

#include <libsoup/soup.h>

#include "live-sim-stream.h"
#include "live-sim-world.h"

G_BEGIN_DECLS

typedef struct _LiveSimLink LiveSimLink;

typedef struct
{
  void (*on_message) (const char *text, gsize length, gboolean is_text, gpointer data);
  /* Once, from a fresh main loop turn: the owner may free everything in it. */
  void (*on_closed) (gpointer data);
} LiveSimLinkFuncs;

LiveSimLink *live_sim_link_new (LiveSimWorld *world,
                                guint id,
                                SoupWebsocketConnection *socket,
                                LiveSimStream *stream,
                                GSocket *raw,
                                const LiveSimLinkFuncs *funcs,
                                gpointer data);
void live_sim_link_free (LiveSimLink *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimLink, live_sim_link_free)

/* A server message. Strips and decorates as told, then prints it the way the service does. */
void live_sim_link_send (LiveSimLink *self, JsonObject *take_message);
/* Bytes as they are; is_text chooses the frame's kind. */
void live_sim_link_send_raw (LiveSimLink *self, const char *text, gsize length, gboolean is_text);
/* After everything that waits. reason is cut to the 123 bytes of a close frame. */
void live_sim_link_close (LiveSimLink *self, guint code, const char *reason);
/* At once and without a close frame. */
void live_sim_link_abort (LiveSimLink *self);

/* Nothing leaves for so long; it then leaves at once and in order. */
void live_sim_link_stall (LiveSimLink *self, guint real_ms);
/* Nothing is read for so long: the peer's own buffers fill. Its pings wait as well. */
void live_sim_link_stall_reads (LiveSimLink *self, guint real_ms);
void live_sim_link_delay_pongs (LiveSimLink *self, guint real_ms);
/* The same until live_sim_world's holds_replies is FALSE again and this is called. */
void live_sim_link_update_hold (LiveSimLink *self);
/* Takes the member out of the next count messages that hold it, at the top or in serverContent. A
 * message that is empty after that is not sent. */
void live_sim_link_strip (LiveSimLink *self, const char *member, guint count);

gboolean live_sim_link_is_open (LiveSimLink *self);

G_END_DECLS
