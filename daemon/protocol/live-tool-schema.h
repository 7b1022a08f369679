/* A tool's declaration, as a program hands it in: checked before the model may see it.
 * Thread: any (pure). Used by: core/live-tools-registry.c, io/live-tool-files.c.
 *
 * One bad declaration closes the socket for everybody with 1007 (protocol 6.1.2), so the fault is
 * found here, and the error says where it is, by JSON pointer. The schema itself reaches the
 * service as it was written. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Every model takes names like these (protocol 6.1.2); dots and colons only some. */
#define LIVE_TOOL_NAME_MAX 64
#define LIVE_TOOL_DESCRIPTION_MAX_BYTES (8 * 1024)
#define LIVE_TOOL_DECLARATION_MAX_BYTES (64 * 1024)
#define LIVE_TOOL_SCHEMA_MAX_DEPTH 32

typedef enum
{
  LIVE_TOOL_BEHAVIOR_MODEL, /* as the model does it */
  LIVE_TOOL_BEHAVIOR_BLOCKING,
  LIVE_TOOL_BEHAVIOR_NON_BLOCKING,
} LiveToolBehavior;

typedef struct
{
  char *name;
  char *description; /* "" for none */
  char *parameters;  /* JSON Schema as it was written, or NULL */
  LiveToolBehavior behavior;
} LiveToolDeclaration;

void live_tool_declaration_free (LiveToolDeclaration *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveToolDeclaration, live_tool_declaration_free)

/* LIVE_ERROR_INVALID_SCHEMA with the place of the fault. */
LiveToolDeclaration *live_tool_schema_read (const char *json, GError **error);
/* The same from parts that already stand alone; parameters is nullable. */
LiveToolDeclaration *live_tool_schema_build (const char *name,
                                             const char *description,
                                             const char *parameters,
                                             LiveToolBehavior behavior,
                                             GError **error);
/* One element of the array that live_link_set_tools() takes. */
void live_tool_schema_append (GString *out, const LiveToolDeclaration *declaration);

G_END_DECLS
