/* Looks for the credential: systemd's credentials directory, the Secret Service, GEMINI_API_KEY,
 * GOOGLE_API_KEY, in this order.
 * Thread: main; files are read in GIO's workers. Built by: live-app.
 *
 * Nothing is kept: each dial looks again, so a new key counts at once. A source that does not
 * answer within five seconds is passed over. No secret is logged. */
#pragma once

#include <gio/gio.h>

#include "base/live-clock.h"
#include "protocol/live-endpoint.h"

G_BEGIN_DECLS

typedef struct
{
  LiveCredentialKind kind; /* API_KEY or EPHEMERAL */
  char *secret;
  const char *source; /* "credentials-directory", "secret-service", the variable's name; static */
} LiveSecretFound;

/* Wipes. */
void live_secret_found_clear (LiveSecretFound *found);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LiveSecretFound, live_secret_found_clear)

typedef struct _LiveSecret LiveSecret;

LiveSecret *live_secret_new (const LiveClock *clock);
/* Lookups under way end by themselves. NULL is allowed. */
void live_secret_free (LiveSecret *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSecret, live_secret_free)

/* A locked keyring is asked to open once; after this, once more. */
void live_secret_forget (LiveSecret *self);

void live_secret_lookup_async (LiveSecret *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer data);
/* LIVE_ERROR_NO_CREDENTIALS: a sentence that says how to give one. */
gboolean
live_secret_lookup_finish (GAsyncResult *result, LiveSecretFound *ret_found, GError **error);

G_END_DECLS
