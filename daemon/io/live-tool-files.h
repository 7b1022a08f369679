/* Tools that are declared by files: lived/tools.d/NAME.tool below the XDG data directories.
 * Thread: main (files are read in GTask's pool). Owner: bus/live-tools-face.c.
 *
 * A file hides one of the same name in a later directory. A malformed one is named in a warning
 * and skipped. All directories are watched; each change reads all of them again. */
#pragma once

#include "base/live-clock.h"
#include "protocol/live-tool-schema.h"

G_BEGIN_DECLS

#define LIVE_TOOL_FILES_DIR "tools.d"
#define LIVE_TOOL_FILES_SUFFIX ".tool"
#define LIVE_TOOL_FILES_MAX 512
#define LIVE_TOOL_FILES_MAX_BYTES (256 * 1024)

typedef struct
{
  char *path;
  LiveToolDeclaration *declaration;
  char *bus_name, *object_path;
  char *scheduling, *confirm; /* the words of RegisterTool's options, checked; NULL = absent */
  guint timeout_ms;           /* 0 = absent */
} LiveToolFile;

/* LIVE_ERROR_INVALID_ARGUMENT or LIVE_ERROR_INVALID_SCHEMA names group and key. NULL without an
 * error: Hidden=true. */
LiveToolFile *live_tool_files_parse (const char *path, const char *text, GError **error);
void live_tool_file_free (LiveToolFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveToolFile, live_tool_file_free)

typedef struct _LiveToolFiles LiveToolFiles;

/* files: of LiveToolFile, in the order of the file names; borrowed. First soon, then at changes. */
typedef void (*LiveToolFilesRead) (GPtrArray *files, gpointer data);

LiveToolFiles *live_tool_files_new (const LiveClock *clock, LiveToolFilesRead read, gpointer data);
void live_tool_files_free (LiveToolFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveToolFiles, live_tool_files_free)

G_END_DECLS
