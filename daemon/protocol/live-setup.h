/* Settings + profile + tools + handle -> the setup message.
 * Thread: any (pure). Used by: core/live-link.c.
 *
 * What the model refuses never reaches the wire (protocol 1.2): it is left out and named in
 * warnings. A field is only written when it is wanted: unknown or needless ones close the
 * socket with 1007. */
#pragma once

#include "base/live-settings.h"
#include "protocol/live-profile.h"

G_BEGIN_DECLS

typedef struct
{
  LiveSettings *settings;
  const LiveProfile *profile;
  const char *tools_json; /* nullable: a JSON array of FunctionDeclaration as registered, i.e.
                             name, description, parameters (JSON Schema), behavior */
  const char *handle;     /* nullable: resume */
  gboolean seeds_history; /* the first clientContent is history (LIVE_SEED_HISTORY_CONFIG) */
} LiveSetupInput;

/* The text of the message. warnings (nullable) receives owned, translated sentences, one per
 * setting that was left out. LIVE_ERROR_BAD_SETUP when no legal setup can be built. */
char *live_setup_build (const LiveSetupInput *input, GPtrArray *warnings, GError **error);

/* contextUpdate (protocol 6.5): the instruction, the tools, or both, anew for a session that
 * runs. An empty list clears the tools, an empty instruction that. NULL as above. */
char *live_setup_build_update (const LiveSetupInput *input,
                               gboolean has_instruction,
                               gboolean has_tools,
                               GError **error);

/* A hex digest of what cannot change when a handle is used (model, backend, endpoint). Holds
 * no secret. */
char *live_setup_fingerprint (LiveSettings *settings);

G_END_DECLS
