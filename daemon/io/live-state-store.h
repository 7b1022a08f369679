/* What outlives the process: the newest resumption handle with its age and fingerprint.
 * Thread: main; files are read and written in GTask workers. Built by: live-app.
 *
 * The file is private (0600 in a 0700 directory), written atomically, at most once in a few
 * seconds (the service sends handles as often as every 1.2 s), and refused when it is not ours,
 * readable by others, damaged or from the future. A handle is a secret: it is never logged. */
#pragma once

#include <gio/gio.h>

#include "base/live-clock.h"

G_BEGIN_DECLS

typedef struct
{
  char *handle;          /* NULL: no session to resume */
  char *fingerprint;     /* live_setup_fingerprint(): what must not differ */
  char *conversation_id; /* nullable */
  gint64 issued_us;      /* wall clock, µs since the epoch: when the handle was received */
} LiveStoredSession;

void live_stored_session_free (LiveStoredSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveStoredSession, live_stored_session_free)

typedef struct
{
  guint64 writes, write_failures, coalesced;
} LiveStateStoreStats;

typedef struct _LiveStateStore LiveStateStore;

/* directory: usually live_state_store_directory(). */
LiveStateStore *live_state_store_new (const char *directory, const LiveClock *clock);
/* Does not wait: call flush first where the last state matters. NULL is allowed. */
void live_state_store_free (LiveStateStore *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveStateStore, live_state_store_free)

/* $STATE_DIRECTORY (the first of several), else $XDG_STATE_HOME/lived. */
char *live_state_store_directory (void);

/* NULL without an error: there is none yet. NULL with LIVE_ERROR: it is there and cannot be
 * used; the message says why, without its contents. */
void live_state_store_load_async (LiveStateStore *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer data);
LiveStoredSession *
live_state_store_load_finish (LiveStateStore *self, GAsyncResult *result, GError **error);

/* The newest state; copied. Written soon; a newer one in the meantime replaces it. A failed
 * write is counted, warned of once, and tried again with the next state. */
void live_state_store_save (LiveStateStore *self, const LiveStoredSession *session);
/* Removes the file (the conversation is to be forgotten), before any later save. */
void live_state_store_clear (LiveStateStore *self);
/* done_fn when nothing is left to write; at once if nothing is. */
void live_state_store_flush (LiveStateStore *self, GSourceOnceFunc done_fn, gpointer data);

const LiveStateStoreStats *live_state_store_get_stats (LiveStateStore *self);

G_END_DECLS
