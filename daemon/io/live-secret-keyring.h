/* The Secret Service, if the build has it.
 * Thread: main. Used by: io/live-secret.c. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* may_ask: a locked keyring may put up its prompt. The answer is owned and to be wiped; NULL
 * without an error when nothing is stored (or there is no Secret Service). */
void live_secret_keyring_async (gboolean may_ask,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer data);
char *live_secret_keyring_finish (GAsyncResult *result, GError **error);

G_END_DECLS
