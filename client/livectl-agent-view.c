/* Owns: the question on the screen.
 * Thread: main only.
 * Called by: cmd-agent.c. */
#include "livectl-agent.h"

#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"

/* The prompt, the empty rows around it, and a row that a terminal may scroll away by itself. */
#define ROWS_BESIDE 6

struct _LivectlAgentView
{
  LivectlTerminal *terminal;
  char *shown; /* id of the question above the prompt */
  int n_rows;  /* that it takes; 0 when it cannot be taken away */
};

void
livectl_question_free (gpointer data)
{
  LivectlQuestion *question = data;

  g_clear_object (&question->invocation);
  g_free (question->id);
  g_free (question->tool);
  g_free (question->arguments);
  g_free (question->owner);
  g_free (question->program);
  g_free (question->description);
  g_free (question);
}

LivectlAgentView *
livectl_agent_view_new (LivectlTerminal *terminal)
{
  LivectlAgentView *view = g_new0 (LivectlAgentView, 1);

  view->terminal = terminal;
  return view;
}

void
livectl_agent_view_free (LivectlAgentView *view)
{
  g_free (view->shown);
  g_free (view);
}

void
livectl_agent_view_resized (LivectlAgentView *view)
{
  view->n_rows = 0;
}

/* Characters that change the order of others, or cannot be seen, are written as JSON may write
 * them: what is approved is what is read. */
static char *
make_visible (const char *text)
{
  GString *visible = g_string_new (NULL);
  g_autofree char *clean = livectl_out_clean (text, FALSE);

  for (const char *p = clean; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      GUnicodeType type = g_unichar_type (c);
      gboolean is_plain = type != G_UNICODE_FORMAT && type != G_UNICODE_LINE_SEPARATOR &&
                          type != G_UNICODE_PARAGRAPH_SEPARATOR && type != G_UNICODE_UNASSIGNED &&
                          type != G_UNICODE_PRIVATE_USE &&
                          (c == ' ' || type != G_UNICODE_SPACE_SEPARATOR);

      if (is_plain)
        g_string_append_unichar (visible, c);
      else if (c < 0x10000)
        g_string_append_printf (visible, "\\u%04x", c);
      else
        g_string_append_printf (visible, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                                0xdc00 + (c & 0x3ff));
    }

  return g_string_free (visible, FALSE);
}

/* One line, broken at the terminal's width; returns the rows it takes. */
static int
put_line (LivectlAgentView *view, GString *out, const char *label, const char *text)
{
  int columns = livectl_terminal_get_columns (view->terminal);
  int column = 2 + livectl_out_cells (label);
  int n_rows = 1;

  g_string_append_printf (out, "  %s%s%s", livectl_out_style (LIVECTL_STYLE_DIM), label,
                          livectl_out_style (LIVECTL_STYLE_NORMAL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      int cells = livectl_out_cells_of (c);

      if (column + cells > columns)
        {
          g_string_append (out, "\r\n");
          column = 0;
          n_rows++;
        }
      g_string_append_unichar (out, c);
      column += cells;
    }
  g_string_append (out, "\r\n");
  return n_rows;
}

static int
put_question (LivectlAgentView *view, GString *out, const LivectlQuestion *question)
{
  g_autofree char *tool = make_visible (question->tool);
  g_autofree char *arguments = make_visible (question->arguments);
  g_autofree char *description = make_visible (question->description);
  g_autofree char *owner = question->program != NULL
                               ? g_strdup_printf ("%s (%s)", question->program, question->owner)
                               : g_strdup (question->owner);
  g_autofree char *program = make_visible (owner);
  int n_rows = 1;

  g_string_append (out, "\r\n");
  n_rows += put_line (view, out, _ ("The model wants to call: "), tool);
  n_rows += put_line (view, out, _ ("Of the program: "), program);
  if (*description != '\0')
    n_rows += put_line (view, out, _ ("Which says of it: "), description);
  n_rows += put_line (view, out, _ ("With: "), arguments);
  return n_rows;
}

static void
set_prompt (LivectlAgentView *view, gboolean is_ready, guint n_more)
{
  g_autofree char *label =
      n_more > 0 ? g_strdup_printf (ngettext ("  Allow? (%u more) ", "  Allow? (%u more) ", n_more),
                                    n_more)
                 : g_strdup (_ ("  Allow? "));

  livectl_terminal_set_prompt (view->terminal, livectl_out_style (LIVECTL_STYLE_YELLOW), label,
                               is_ready ? _ ("y: this once · n: no · a: always") : "…");
}

void
livectl_agent_view_show (LivectlAgentView *view,
                         const char *record,
                         const LivectlQuestion *question,
                         gboolean is_ready,
                         guint n_more,
                         const char *idle_hint)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean is_erased = view->n_rows > 0;

  livectl_terminal_erase (view->terminal, out);
  if (view->n_rows > 0)
    g_string_append_printf (out, "\033[%dA\r\033[J", view->n_rows);
  view->n_rows = 0;
  /* One that has to stay where it is is not written again and again. */
  if (record != NULL)
    {
      g_autofree char *clean = make_visible (record);

      put_line (view, out, "", clean);
    }

  if (question != NULL)
    {
      if (is_erased || g_strcmp0 (view->shown, question->id) != 0)
        {
          int n_rows = put_question (view, out, question);

          if (n_rows + ROWS_BESIDE <= livectl_terminal_get_rows (view->terminal))
            view->n_rows = n_rows;
        }
      set_prompt (view, is_ready, n_more);
    }
  else
    livectl_terminal_set_prompt (view->terminal, livectl_out_style (LIVECTL_STYLE_DIM), "  › ",
                                 idle_hint);

  g_free (view->shown);
  view->shown = question != NULL ? g_strdup (question->id) : NULL;
  livectl_terminal_draw (view->terminal, out);
  fwrite (out->str, 1, out->len, stdout);
  fflush (stdout);
}
