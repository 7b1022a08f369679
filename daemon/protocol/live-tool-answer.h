/* What a provider gave back -> the object that the model gets.
 * Thread: any (pure). Used by: core/live-tools*.c. Source: protocol 6.4. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A JSON object passes as it is, any other JSON value and any other text as the member "output".
 * More than max_bytes are cut at a character and go as text, with "truncated" and "note" beside
 * them that tell the model so. Owned JSON text of an object. */
char *live_tool_answer_wrap (const char *result, gsize max_bytes, gboolean *ret_is_cut);

/* {"error": message}; a message longer than a few lines is cut. */
char *live_tool_answer_error (const char *message);

G_END_DECLS
