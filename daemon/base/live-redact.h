/* Takes secrets out of words that others wrote, before they reach a log, a property or a dump.
 * Thread: any (pure). Used by: core/live-link*.c, bus/, base/live-log.
 *
 * Removed: Google's API keys (AIza…, AQ.…), ephemeral tokens (auth_tokens/…), OAuth tokens
 * (ya29.…, Bearer, Token), the query part of every URL, values of key=, token= and the like,
 * UUIDs and long runs that look random (resumption handles are opaque), and the secrets that
 * the caller knows. What remains readable: sentences, model names, addresses. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* secrets: nullable, NULL-terminated, each removed wherever it stands. Owned, never NULL; a NULL
 * text gives "". */
char *live_redact (const char *text, const char *const *secrets);

/* Overwrites and frees a secret, and sets the variable to NULL. */
void live_redact_wipe (char **secret);

G_END_DECLS
