/* One connection to the service, kept: executor of machine/live-link-fsm over a transport.
 * Thread: main only. Owner and only user: core/live-engine.c.
 *
 * Dials, sets up, resumes, backs off, classifies every close, and turns messages into typed
 * events. Knows nothing of turns or audio; the engine tells it when a moment is quiet. */
#pragma once

#include "base/live-clock.h"
#include "base/live-settings.h"
#include "io/live-transport.h"
#include "machine/live-link-fsm.h" /* LiveLinkState */
#include "protocol/live-profile.h"
#include "protocol/live-wire-in.h"

G_BEGIN_DECLS

typedef struct _LiveLink LiveLink;

/* ContextOrigin of the contract: how the present connection got its context. */
typedef enum
{
  LIVE_CONTEXT_NEW,
  LIVE_CONTEXT_RESUMED,
  LIVE_CONTEXT_RESEEDED,
  LIVE_CONTEXT_LOST,
} LiveContextOrigin;

typedef struct
{
  /* State, reason, message, RetryAt … changed; read them with live_link_get_status(). */
  void (*changed) (gpointer data);
  /* setupComplete came: messages may be sent. origin says what the server knows. */
  void (*online) (LiveContextOrigin origin, gpointer data);
  /* The connection that was online is gone. error: why (borrowed); will_retry: the link comes
   * back by itself. Sent before any new dial. */
  void (*lost) (const GError *error, gboolean will_retry, gpointer data);
  /* It can't come online without help or gave up: waiting calls fail with error (borrowed). */
  void (*failed) (const GError *error, gpointer data);
  /* NULL is allowed. A dial did not come online; the next one follows by itself at retry_at of
   * the status. Waiting calls may give up by their own deadline, with this error (borrowed). */
  void (*dial_failed) (const GError *error, gpointer data);
  /* A typed server event, only while online (setupComplete itself is not passed on). */
  void (*event) (const LiveWireEvent *event, gpointer data);
  /* The socket takes more, after live_link_is_writable() had said FALSE. */
  void (*writable) (gpointer data);
  /* The link needs a credential; answered by live_link_credential(), later or at once. */
  void (*credential_wanted) (gpointer data);
  /* May the link rotate now? (nobody speaks, no tool runs). Asked again after each
   * live_link_quiet(). */
  gboolean (*is_quiet) (gpointer data);
  /* NULL is allowed. The newest handle came, was dropped, or its life began to run:
   * live_link_peek_handle(). */
  void (*handle_changed) (gpointer data);
  /* NULL is allowed. A dial begins without a handle although something was said: TRUE promises
   * own words at online (LIVE_CONTEXT_RESEEDED), in the way of this profile. */
  gboolean (*prepare_seed) (const LiveProfile *profile, gpointer data);
} LiveLinkEvents;

typedef struct
{
  LiveLinkState state;
  const char *state_name; /* Session.State */
  const char *reason;     /* Session.StateReason */
  const char *message;    /* Session.StateMessage; never a secret */
  LiveContextOrigin origin;
  const char *session_id; /* ours, a new one for each connection, for the journal */
  gboolean is_online, is_resumable, has_socket;
  gint64 connected_since_us, retry_at_us; /* wall clock, 0 = none */
} LiveLinkStatus;

typedef struct
{
  guint64 dials, connects, resumes, rotations, retries;
  guint64 closes_by_category_total;
  guint64 bad_messages; /* malformed or with a known member of the wrong type */
  guint64 empty_messages;
  guint64 late_sends;
  guint64 abandons, reseeds, updates;
} LiveLinkStats;

/* What is kept for the next start of the program. Borrowed. */
typedef struct
{
  const char *handle; /* SECRET; NULL: none */
  const char *fingerprint;
  gint64 age_us;    /* since it came, or since its session ended; time asleep counts */
  gint64 issued_us; /* on the monotonic clock; 0: before this process */
} LiveLinkHandle;

/* transport is owned from here on; profiles borrowed; settings referenced. */
LiveLink *live_link_new (const LiveClock *clock,
                         LiveTransport *transport,
                         LiveProfiles *profiles,
                         LiveSettings *settings,
                         const LiveLinkEvents *events,
                         gpointer events_data);
void live_link_free (LiveLink *self);

/* Wanted on or off (reason "user" or "idle" is shown when off). */
void live_link_want (LiveLink *self, gboolean wanted, const char *reason);
/* Forgets the handle; when online, rotates at once to a fresh context. */
void live_link_forget (LiveLink *self);
/* A handle of an earlier process; before the first dial. Used if it is of the same model and
 * endpoint and young enough. */
void live_link_restore (LiveLink *self, const char *handle, const char *fingerprint, gint64 age_us);
void live_link_peek_handle (LiveLink *self, LiveLinkHandle *ret_handle);
/* The context behind the handle is worth nothing: goes on in a fresh session, at once or at the
 * next quiet point. Handles that still come from this one are not kept. */
void live_link_abandon (LiveLink *self, gboolean is_at_once);
/* The connection seems dead: a new one, with the handle. */
void live_link_reconnect (LiveLink *self);
/* The machine's network, and its sleep. A server on this machine needs no network. */
void live_link_set_network (LiveLink *self, gboolean is_available);
void live_link_set_asleep (LiveLink *self, gboolean is_asleep);
/* A new snapshot; change says whether a rotation is needed: with the context kept, or, for what
 * only a new conversation changes, to a fresh one that is told what was said. */
void live_link_apply_settings (LiveLink *self, LiveSettings *settings, LiveChange change);
/* JSON array of FunctionDeclaration, NULL = none; differing from before = a rotation. */
void live_link_set_tools (LiveLink *self, const char *tools_json);
/* kind is a LiveCredentialKind; secret is copied and wiped after the dial; NULL: error. */
void live_link_credential (LiveLink *self, guint kind, const char *secret, const GError *error);
void live_link_credentials_changed (LiveLink *self);
/* The conversation became quiet: a pending rotation may happen now. */
void live_link_quiet (LiveLink *self);
/* An answer was received whole: the connection is proven. */
void live_link_proven (LiveLink *self);

/* FALSE: counted and dropped, since the socket is gone or going (can_send says FALSE then), or
 * since the service takes nothing and too much waits already. Takes nothing. */
gboolean live_link_send (LiveLink *self, const char *message, gssize length);
/* Online, and no side has begun to close: a short while before the loss is told, messages would
 * go nowhere. */
gboolean live_link_can_send (LiveLink *self);
gboolean live_link_is_writable (LiveLink *self);

const LiveProfile *live_link_get_profile (LiveLink *self);
/* The settings in force: the newest, but of those that only a new conversation changes, the ones
 * with which this conversation began. Borrowed until the next call that changes them. */
LiveSettings *live_link_get_settings (LiveLink *self);
/* What the service was told last; NULL: never anything. Borrowed likewise. */
LiveSettings *live_link_get_sent_settings (LiveLink *self);
void live_link_get_status (LiveLink *self, LiveLinkStatus *ret_status);
const LiveLinkStats *live_link_get_stats (LiveLink *self);
/* Adds "closes-<category>" and the like to an a{st} builder. */
void live_link_add_statistics (LiveLink *self, GVariantBuilder *builder);
void live_link_dump (LiveLink *self, GString *out);
/* Polite close for the end of the process; done_fn when the socket is gone (≤ 1 s). */
void live_link_shut_down (LiveLink *self, GSourceOnceFunc done_fn, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveLink, live_link_free)

G_END_DECLS
