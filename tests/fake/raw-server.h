/* A server on the loopback that misbehaves on request: one thread a connection, blocking.
 * Thread: made and freed on main; the behaviour runs in its own threads. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _RawServer RawServer;

typedef enum
{
  RAW_SERVER_SILENT,     /* accepts TCP and says nothing */
  RAW_SERVER_SAYS,       /* answers the request with the text given, then hangs up */
  RAW_SERVER_SAYS_STAYS, /* the same, but stays */
  RAW_SERVER_DEAF,       /* upgrades, sends one text frame in the same write, reads nothing more
                            until raw_server_listen() */
  RAW_SERVER_UPGRADES,   /* upgrades, sends the text given as it is, then waits for the end */
  RAW_SERVER_DROPS,      /* upgrades and drops the connection */
} RawBehaviour;

RawServer *raw_server_new (RawBehaviour behaviour, const char *says);
void raw_server_free (RawServer *self);
/* ws://127.0.0.1:PORT/; owned. */
char *raw_server_url (RawServer *self);
/* A deaf server reads from now on. */
void raw_server_listen (RawServer *self);
/* Bytes read since then. */
gsize raw_server_n_read (RawServer *self);
/* The head of the newest request; owned, NULL when there was none. */
char *raw_server_request (RawServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawServer, raw_server_free)

G_END_DECLS
