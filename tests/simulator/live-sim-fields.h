/* The messages that a client may send: every field, its kind and where it is legal.
 * Source: protocol sections 4 and 6.
 * Thread: any (constant data). Used by: rules. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LIVE_SIM_KIND_BOOL,
  LIVE_SIM_KIND_INT32,
  LIVE_SIM_KIND_INT64,
  LIVE_SIM_KIND_NUMBER,
  LIVE_SIM_KIND_STRING,
  LIVE_SIM_KIND_BYTES,
  LIVE_SIM_KIND_ENUM,
  LIVE_SIM_KIND_MESSAGE,
  LIVE_SIM_KIND_STRUCT, /* a free JSON object; its keys are not touched */
  LIVE_SIM_KIND_VALUE,  /* free JSON */
  LIVE_SIM_KIND_MAP,    /* string -> message, or string -> string without one */
} LiveSimKind;

typedef enum
{
  LIVE_SIM_FIELD_REPEATED = 1 << 0,
  LIVE_SIM_FIELD_VERTEX = 1 << 1, /* unknown on the Gemini API */
  LIVE_SIM_FIELD_GEMINI = 1 << 2, /* unknown on Vertex */
  LIVE_SIM_FIELD_ALPHA = 1 << 3,  /* unknown outside v1alpha on the Gemini API */
  LIVE_SIM_FIELD_ONE_OF = 1 << 4, /* of all such fields exactly one */
} LiveSimFieldFlags;

typedef struct _LiveSimMessage LiveSimMessage;

typedef struct
{
  const char *name; /* lowerCamelCase */
  LiveSimKind kind;
  guint flags;
  const LiveSimMessage *message; /* of MESSAGE and MAP */
  const char *const *values;     /* of ENUM, by number, NULL-terminated */
} LiveSimField;

struct _LiveSimMessage
{
  const char *name;           /* for the type in error texts */
  const LiveSimField *fields; /* ended by a NULL name */
};

const LiveSimMessage *live_sim_fields_client_message (void);

G_END_DECLS
