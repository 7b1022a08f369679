/* Reading and writing JSON as the service does: two-space indent, a newline at the end.
 * Thread: main. Used by: every room of the simulator. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Deeper nesting than this is refused, as protobuf's JSON reader refuses it. */
#define LIVE_SIM_JSON_MAX_DEPTH 100

/* NULL with G_IO_ERROR_INVALID_DATA for text that is not one JSON value, is not UTF-8 or nests
 * deeper than the limit. length -1 means NUL-terminated. */
JsonNode *live_sim_json_parse (const char *text, gssize length, GError **error);

/* Owned, NUL-terminated text; ret_length may be NULL. */
char *live_sim_json_print (JsonNode *node, gsize *ret_length);
/* The same on one line without spaces: for JSON lines. */
char *live_sim_json_print_line (JsonNode *node);

/* Readers that take a NULL object, an absent member or a wrong type as the fallback. */
JsonObject *live_sim_json_object (JsonObject *object, const char *name);
JsonArray *live_sim_json_array (JsonObject *object, const char *name);
const char *live_sim_json_string (JsonObject *object, const char *name, const char *fallback);
gboolean live_sim_json_bool (JsonObject *object, const char *name, gboolean fallback);
gint64 live_sim_json_int (JsonObject *object, const char *name, gint64 fallback);
double live_sim_json_double (JsonObject *object, const char *name, double fallback);

/* Writers. take_ parameters are consumed. */
JsonNode *live_sim_json_wrap (const char *name, JsonObject *take_object);
JsonNode *live_sim_json_node (JsonObject *take_object);
/* A deep copy; owned. */
JsonObject *live_sim_json_copy (JsonObject *object);
/* Returns the new member object, borrowed. */
JsonObject *live_sim_json_add_object (JsonObject *object, const char *name);

G_END_DECLS
