/* Output: plain lines, aligned tables and JSON lines; colour only where somebody looks at it.
 * Thread: main only. Used by: main.c and the verbs. Nothing here ends the program.
 *
 * Text that came from the daemon, and so perhaps from the service or its model, goes through
 * livectl_out_clean() before it reaches a terminal. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  LIVECTL_STYLE_NORMAL,
  LIVECTL_STYLE_BOLD,
  LIVECTL_STYLE_DIM,
  LIVECTL_STYLE_RED,
  LIVECTL_STYLE_GREEN,
  LIVECTL_STYLE_YELLOW,
  LIVECTL_STYLE_CYAN,
} LivectlStyle;

/* The escape sequence for a style, or "" where output is no terminal, NO_COLOR is set or the
 * terminal is dumb. Static. */
const char *livectl_out_style (LivectlStyle style);

gboolean livectl_out_is_terminal (void);

/* "good" if the locale can show it, else "plain": for bullets and the like. */
const char *livectl_out_glyph (const char *good, const char *plain);

/* Control characters become visible, so that no text can steer the terminal; tabs become spaces.
 * New lines stay if wanted, else they become spaces. Invalid UTF-8 is replaced. Owned. */
char *livectl_out_clean (const char *text, gboolean keeps_newlines);

/* Columns that the text takes on a terminal. */
int livectl_out_cells_of (gunichar c);
int livectl_out_cells (const char *text);

/* A line on standard output, without cleaning. */
void livectl_out_line (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* A sentence on standard error, after "livectl: "; further lines are set under the first. */
void livectl_out_error (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Rows of cells, columns aligned to the widest; cells are cleaned. */
typedef struct _LivectlTable LivectlTable;

LivectlTable *livectl_out_table_new (guint n_columns);
/* n_columns strings, NULL reads as "". */
void livectl_out_table_add (LivectlTable *table, ...);
/* style: of the first column. Prints and empties the table. */
void livectl_out_table_print (LivectlTable *table, LivectlStyle style);
void livectl_out_table_free (LivectlTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivectlTable, livectl_out_table_free)

/* One JSON value on a line of its own, written at once. */
void livectl_out_json (JsonNode *node);
/* What the builder built. */
void livectl_out_json_builder (JsonBuilder *builder);
/* A member of any D-Bus type; dictionaries become objects, numbers that JSON cannot say null. */
void livectl_out_json_member (JsonBuilder *builder, const char *name, GVariant *value);

/* "StateReason" -> "state-reason": members in JSON follow D-Bus option keys. Owned. */
char *livectl_out_key (const char *member);

/* How many letters have to change to make one word the other (Levenshtein). */
gsize livectl_out_distance (const char *a, const char *b);

/* FALSE when standard output could not be written, which is told once on standard error; not
 * when it is a pipe whose reader has left, for that is the reader's business. */
gboolean livectl_out_flush (void);

G_END_DECLS
