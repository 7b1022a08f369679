/* What each caller holds, by unique bus name: the microphone, level signals, calls that wait.
 * Thread: main only. Owner: bus/live-service.c. Used by: the faces in bus/.
 *
 * A name that leaves the bus loses all of it: holds end (unless detached), subscriptions end,
 * waiting calls are cancelled. Everything has a cap and LIVE_ERROR_LIMIT_EXCEEDED. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Names known at a time, waiting calls of one name, and detached holds whose taker is gone. */
#define LIVE_CLIENTS_MAX 256
#define LIVE_CLIENTS_MAX_CALLS 32
#define LIVE_CLIENTS_MAX_ORPHANS 16
#define LIVE_CLIENTS_MAX_REASON_BYTES 200

typedef struct
{
  /* Somebody took or lost a hold, or more became known of one. */
  void (*holds_changed) (gpointer data);
  /* The first subscriber came or the last one went. */
  void (*levels_wanted) (gboolean wanted, gpointer data);
} LiveClientsEvents;

typedef struct _LiveClients LiveClients;

LiveClients *
live_clients_new (GDBusConnection *connection, const LiveClientsEvents *events, gpointer data);
/* Cancels every waiting call; no event follows. */
void live_clients_free (LiveClients *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveClients, live_clients_free)

/* A call of name begins to wait: the cancellable (owned by the caller) is cancelled when the
 * name leaves. NULL with error at the cap. Each enter has one leave, with the same two. */
GCancellable *live_clients_enter (LiveClients *self, const char *name, GError **error);
void live_clients_leave (LiveClients *self, const char *name, GCancellable *cancellable);

/* Takes or renews the hold of name. reason may be NULL. */
gboolean live_clients_hold (LiveClients *self,
                            const char *name,
                            const char *reason,
                            gboolean is_detached,
                            GError **error);
/* Ends the hold of name, else those of takers that are gone; FALSE when there is none. */
gboolean live_clients_release (LiveClients *self, const char *name);
void live_clients_release_all (LiveClients *self);
gboolean live_clients_has_holds (LiveClients *self);
/* Audio.Holds, aa{sv}, floating. */
GVariant *live_clients_describe_holds (LiveClients *self);

gboolean live_clients_subscribe (LiveClients *self, const char *name, gboolean on, GError **error);
/* Sends a signal of LIVE_IFACE_AUDIO to each subscriber; parameters are sunk. */
void live_clients_send_levels (LiveClients *self, GVariant *parameters);

/* For the dump: counts and holds, no words of anybody. */
void live_clients_dump (LiveClients *self, GString *out);

G_END_DECLS
