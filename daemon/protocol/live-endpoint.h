/* URL and headers for the Gemini API, ephemeral tokens and Vertex: the one tested place.
 * Thread: any (pure). Used by: core/live-link.c. Source: protocol section 2. */
#pragma once

#include "base/live-settings.h"
#include "protocol/live-profile.h"

G_BEGIN_DECLS

typedef enum
{
  LIVE_CREDENTIAL_API_KEY,
  LIVE_CREDENTIAL_EPHEMERAL, /* begins with auth_tokens/ */
  LIVE_CREDENTIAL_BEARER,    /* Vertex */
} LiveCredentialKind;

/* Writes url (no secret in it, ever) and headers (name, value, …, NULL; the caller wipes them:
 * live_endpoint_clear_headers). LIVE_ERROR_BAD_SETUP names the setting at fault,
 * LIVE_ERROR_NO_CREDENTIALS and LIVE_ERROR_CREDENTIALS_REJECTED speak of the secret. */
gboolean live_endpoint_build (LiveSettings *settings,
                              const LiveProfile *profile,
                              LiveCredentialKind kind,
                              const char *secret,
                              char **ret_url,
                              char ***ret_headers,
                              GError **error);
void live_endpoint_clear_headers (char ***headers);

/* FALSE when the user pinned a version that does not know the fields of previews. */
gboolean live_endpoint_has_preview_fields (LiveSettings *settings);

/* "models/…" or "projects/…/publishers/google/models/…" as the setup wants it. */
char *live_endpoint_model_name (LiveSettings *settings);

G_END_DECLS
