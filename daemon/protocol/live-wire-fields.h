/* Single members of a JSON object by proto3's rules: absent and null mean the default, int64 may
 * be a string, a wrong type is noted and read as absent.
 * Thread: any (pure). Used by: live-wire-in.c. Source: protocol section 4. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What was wrong in one message: static names of members. More than these are not told. */
typedef struct
{
  const char *malformed[16];
  guint n_malformed;
} LiveWireFields;

void live_wire_fields_note (LiveWireFields *fields, const char *name);

/* All take a NULL object for "absent"; what they return is borrowed from the tree. */
JsonNode *live_wire_fields_member (JsonObject *object, const char *name);
JsonObject *live_wire_fields_object (LiveWireFields *fields, JsonObject *object, const char *name);
JsonArray *live_wire_fields_array (LiveWireFields *fields, JsonObject *object, const char *name);
guint live_wire_fields_length (JsonArray *array);
/* name is the array's, for the note. */
JsonObject *
live_wire_fields_element (LiveWireFields *fields, JsonArray *array, guint index, const char *name);
/* NULL for an absent or empty string. */
const char *live_wire_fields_string (LiveWireFields *fields, JsonObject *object, const char *name);
gboolean live_wire_fields_flag (LiveWireFields *fields, JsonObject *object, const char *name);
/* Never negative, unless fallback is. */
gint64 live_wire_fields_count (LiveWireFields *fields,
                               JsonObject *object,
                               const char *name,
                               gint64 fallback);
/* Duration, "9.500s". */
gint64 live_wire_fields_duration_us (LiveWireFields *fields, JsonObject *object, const char *name);

G_END_DECLS
