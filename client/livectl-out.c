/* Owns: standard output and standard error of livectl.
 * Thread: main only.
 * Called by: main.c and the verbs. */
#include "livectl-out.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

struct _LivectlTable
{
  guint n_columns;
  GPtrArray *cells; /* owned strings, row after row */
};

gboolean
livectl_out_is_terminal (void)
{
  return isatty (STDOUT_FILENO);
}

static gboolean
is_coloured (void)
{
  const char *no_color = g_getenv ("NO_COLOR");

  if (no_color != NULL && *no_color != '\0')
    return FALSE;

  return isatty (STDOUT_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

const char *
livectl_out_style (LivectlStyle style)
{
  if (!is_coloured ())
    return "";

  switch (style)
    {
    case LIVECTL_STYLE_NORMAL:
      return "\033[0m";
    case LIVECTL_STYLE_BOLD:
      return "\033[1m";
    case LIVECTL_STYLE_DIM:
      return "\033[2m";
    case LIVECTL_STYLE_RED:
      return "\033[31m";
    case LIVECTL_STYLE_GREEN:
      return "\033[32m";
    case LIVECTL_STYLE_YELLOW:
      return "\033[33m";
    case LIVECTL_STYLE_CYAN:
      return "\033[36m";
    }
  return "";
}

const char *
livectl_out_glyph (const char *good, const char *plain)
{
  return g_get_charset (NULL) ? good : plain;
}

char *
livectl_out_clean (const char *text, gboolean keeps_newlines)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_sized_new (strlen (valid));

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n' && keeps_newlines)
        g_string_append_c (clean, '\n');
      else if (c == '\n' || c == '\t')
        g_string_append_c (clean, ' ');
      else if (c == '\r')
        continue;
      else if (g_unichar_iscntrl (c))
        g_string_append (clean, "\357\277\275");
      else
        g_string_append_unichar (clean, c);
    }

  return g_string_free (clean, FALSE);
}

int
livectl_out_cells_of (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

int
livectl_out_cells (const char *text)
{
  int cells = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    cells += livectl_out_cells_of (g_utf8_get_char (p));
  return cells;
}

void
livectl_out_line (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vfprintf (stdout, format, args);
  va_end (args);
  fputc ('\n', stdout);
}

void
livectl_out_error (const char *format, ...)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  /* What was printed stands before what went wrong, wherever the two streams go. */
  fflush (stdout);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *clean = livectl_out_clean (lines[i], FALSE);

      fprintf (stderr, "%s%s\n", i == 0 ? "livectl: " : "         ", clean);
    }
}

LivectlTable *
livectl_out_table_new (guint n_columns)
{
  LivectlTable *table = g_new0 (LivectlTable, 1);

  table->n_columns = n_columns;
  table->cells = g_ptr_array_new_with_free_func (g_free);
  return table;
}

void
livectl_out_table_add (LivectlTable *table, ...)
{
  va_list args;

  va_start (args, table);
  for (guint i = 0; i < table->n_columns; i++)
    {
      const char *cell = va_arg (args, const char *);

      g_ptr_array_add (table->cells, livectl_out_clean (cell != NULL ? cell : "", FALSE));
    }
  va_end (args);
}

void
livectl_out_table_print (LivectlTable *table, LivectlStyle style)
{
  g_autofree int *widths = g_new0 (int, table->n_columns);

  for (guint i = 0; i < table->cells->len; i++)
    {
      int cells = livectl_out_cells (g_ptr_array_index (table->cells, i));

      widths[i % table->n_columns] = MAX (widths[i % table->n_columns], cells);
    }

  for (guint i = 0; i < table->cells->len; i += table->n_columns)
    {
      g_autoptr (GString) line = g_string_new (livectl_out_style (style));

      for (guint column = 0; column < table->n_columns; column++)
        {
          const char *cell = g_ptr_array_index (table->cells, i + column);
          int gap = widths[column] - livectl_out_cells (cell) + 2;

          g_string_append (line, cell);
          if (column == 0)
            g_string_append (line, livectl_out_style (LIVECTL_STYLE_NORMAL));
          if (widths[column] > 0)
            g_string_append_printf (line, "%*s", gap, "");
        }
      while (line->len > 0 && line->str[line->len - 1] == ' ')
        g_string_truncate (line, line->len - 1);
      livectl_out_line ("%s", line->str);
    }

  g_ptr_array_set_size (table->cells, 0);
}

void
livectl_out_table_free (LivectlTable *table)
{
  g_ptr_array_unref (table->cells);
  g_free (table);
}

void
livectl_out_json (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  fputs (text, stdout);
  fputc ('\n', stdout);
}

void
livectl_out_json_builder (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  livectl_out_json (root);
}

static void
add_value (JsonBuilder *builder, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inner = g_variant_get_variant (value);

      add_value (builder, inner);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY) &&
           g_variant_type_equal (
               g_variant_type_key (g_variant_type_element (g_variant_get_type (value))),
               G_VARIANT_TYPE_STRING))
    {
      json_builder_begin_object (builder);
      for (gsize i = 0; i < g_variant_n_children (value); i++)
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
          g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
          g_autoptr (GVariant) member = g_variant_get_child_value (entry, 1);

          livectl_out_json_member (builder, g_variant_get_string (key, NULL), member);
        }
      json_builder_end_object (builder);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY) ||
           g_variant_is_of_type (value, G_VARIANT_TYPE_TUPLE))
    {
      json_builder_begin_array (builder);
      for (gsize i = 0; i < g_variant_n_children (value); i++)
        {
          g_autoptr (GVariant) item = g_variant_get_child_value (value, i);

          add_value (builder, item);
        }
      json_builder_end_array (builder);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE) &&
           !isfinite (g_variant_get_double (value)))
    json_builder_add_null_value (builder);
  else
    json_builder_add_value (builder, json_gvariant_serialize (value));
}

void
livectl_out_json_member (JsonBuilder *builder, const char *name, GVariant *value)
{
  json_builder_set_member_name (builder, name);
  add_value (builder, value);
}

char *
livectl_out_key (const char *member)
{
  GString *key = g_string_new (NULL);

  for (const char *p = member; *p != '\0'; p++)
    {
      if (g_ascii_isupper (*p) && p != member)
        g_string_append_c (key, '-');
      g_string_append_c (key, *p == '_' ? '-' : g_ascii_tolower (*p));
    }

  return g_string_free (key, FALSE);
}

gsize
livectl_out_distance (const char *a, const char *b)
{
  gsize n = strlen (b);
  g_autofree gsize *row = g_new (gsize, n + 1);

  for (gsize i = 0; i <= n; i++)
    row[i] = i;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      gsize diagonal = row[0];

      row[0] = i;
      for (gsize j = 1; j <= n; j++)
        {
          gsize changed = diagonal + (a[i - 1] != b[j - 1]);

          diagonal = row[j];
          row[j] = MIN (changed, MIN (row[j], row[j - 1]) + 1);
        }
    }

  return row[n];
}

gboolean
livectl_out_flush (void)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return TRUE;

  clearerr (stdout);
  if (errno == EPIPE)
    return FALSE;

  livectl_out_error (_ ("The output could not be written: %s."), g_strerror (errno));
  return FALSE;
}
