/* The sanity of a JSON Schema: every keyword has the shape that the standard gives it.
 * Thread: any (pure). Used by: live-tool-schema.c only. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* place: a JSON pointer to the schema. Keywords that the standard does not know pass, as it says;
 * a reference must stay within the schema. LIVE_ERROR_INVALID_SCHEMA begins with the pointer. */
gboolean live_tool_schema_walk (JsonNode *schema, const char *place, GError **error);

G_END_DECLS
