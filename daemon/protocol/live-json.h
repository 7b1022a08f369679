/* JSON from strangers: checked before it is parsed, sliced where it must stay untouched.
 * Thread: any (pure). Used by: live-wire-in.c, live-wire-out.c, live-setup.c, tools.
 *
 * json-glib recurses without a limit, takes more than JSON (comments, hexadecimal, single
 * quotes), wraps numbers beyond 64 bits and turns a lone surrogate into broken UTF-8. So the
 * text is first checked against RFC 8259 with a limit of depth; json-glib sees only what passed. */
#pragma once

#include <json-glib/json-glib.h>

#include "base/live-error.h"

G_BEGIN_DECLS

#define LIVE_JSON_MAX_DEPTH 64

/* A piece of a text that somebody else owns; not NUL-terminated. */
typedef struct
{
  const char *data;
  gsize size;
} LiveJsonSlice;

/* TRUE when the text is one JSON value and nothing else. ret_at (nullable) receives the offset
 * of the first fault. */
gboolean live_json_check (const char *text, gsize size, gsize *ret_at);

/* The root of a text that must be an object (or an array). LIVE_ERROR_INVALID_ARGUMENT says
 * where the fault is and never quotes the text, which may hold what was said. Owned. */
JsonNode *live_json_parse (const char *text, gsize size, JsonNodeType type, GError **error);

/* The raw text of a member of a checked object; FALSE when there is none. When a name stands
 * twice the last one counts, as in json-glib. */
gboolean live_json_member (LiveJsonSlice object, const char *name, LiveJsonSlice *ret_value);
/* One element of a checked array after the other: rest begins as the whole array. */
gboolean live_json_each (LiveJsonSlice *rest, LiveJsonSlice *ret_value);

/* Writers for hand-built messages. Strings get their quotes; invalid UTF-8 is replaced. */
void live_json_append_string (GString *out, const char *text);
/* The shortest text that reads back as the same number: 0.7, not 0.69999999999999996. */
void live_json_append_double (GString *out, double value);

G_END_DECLS
