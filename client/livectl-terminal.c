/* Owns: the terminal's mode, the prompt's place on it, and reading keys.
 * Thread: main only.
 * Called by: livectl-screen.c, chat and listen. */
#include "livectl-terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <glib-unix.h>

#include "livectl-out.h"

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define BUFFER_BYTES 65536
#define ERASE_BELOW "\r\033[J"

struct _LivectlTerminal
{
  LivectlTerminalHooks hooks;
  LivectlLine *line;
  struct termios saved;
  gboolean is_raw;
  gboolean is_left; /* for good */
  guint input_id;
  guint resize_id;
  int columns, rows;

  char *style;
  char *label;
  char *hint;

  gboolean is_drawn;
  int cursor_row; /* of the drawn prompt, 0 = its first row */
  int cursor_column;
};

/* Where the next glyph of the prompt stands. */
typedef struct
{
  GString *out;
  int columns;
  int row, column;
} Pen;

static void
read_size (LivectlTerminal *terminal)
{
  struct winsize size = { 0 };

  terminal->columns = 80;
  terminal->rows = 24;
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0)
    {
      terminal->columns = size.ws_col;
      terminal->rows = size.ws_row;
    }
}

static void
write_out (GString *out)
{
  fwrite (out->str, 1, out->len, stdout);
  fflush (stdout);
}

static void
set_raw (LivectlTerminal *terminal)
{
  struct termios raw = terminal->saved;

  /* Output processing stays on, so "\n" also returns the carriage. */
  raw.c_iflag &= ~(tcflag_t) (ICRNL | INLCR | IGNCR | ISTRIP | IXON | BRKINT);
  raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO | ISIG | IEXTEN);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (tcsetattr (STDIN_FILENO, TCSADRAIN, &raw) != 0)
    return;

  terminal->is_raw = TRUE;
  fputs (PASTE_ON, stdout);
  fflush (stdout);
}

static void
leave_raw (LivectlTerminal *terminal)
{
  if (!terminal->is_raw)
    return;

  terminal->is_raw = FALSE;
  fputs (PASTE_OFF, stdout);
  fflush (stdout);
  tcsetattr (STDIN_FILENO, TCSADRAIN, &terminal->saved);
}

/* We break rows ourselves, for terminals differ in what a full last column does. */
static void
break_row (Pen *pen)
{
  g_string_append (pen->out, "\r\n");
  pen->row++;
  pen->column = 0;
}

static void
put (Pen *pen, const char *glyph, int cells)
{
  if (pen->column + cells > pen->columns)
    break_row (pen);
  g_string_append (pen->out, glyph);
  pen->column += cells;
}

/* Up to stop, or to the end of the text if that is NULL. */
static void
put_text (Pen *pen, const char *text, const char *stop)
{
  for (const char *p = text; p != stop && *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      char glyph[7] = { 0 };

      g_unichar_to_utf8 (c, glyph);
      if (c == '\n')
        put (pen, livectl_out_glyph ("↵", " "), 1);
      else
        put (pen, glyph, livectl_out_cells_of (c));
    }
}

/* A text of more rows than the screen has could not be taken away again: show its end only. */
static const char *
find_first_shown (LivectlTerminal *terminal, const char *text, const char *cursor)
{
  int room = terminal->columns * MAX (terminal->rows - 3, 1) -
             livectl_out_cells (terminal->label != NULL ? terminal->label : "") - 1;
  const char *first = text;
  int cells = 0;

  for (const char *p = cursor; p > text; p = g_utf8_prev_char (p))
    {
      cells += livectl_out_cells_of (g_utf8_get_char (g_utf8_prev_char (p)));
      /* Wide glyphs waste a cell at the end of a row. */
      if (cells > room - terminal->rows)
        {
          first = p;
          break;
        }
    }
  return first;
}

void
livectl_terminal_erase (LivectlTerminal *terminal, GString *out)
{
  if (!terminal->is_drawn)
    return;

  if (terminal->cursor_row > 0)
    g_string_append_printf (out, "\033[%dA", terminal->cursor_row);
  g_string_append (out, ERASE_BELOW);
  terminal->is_drawn = FALSE;
}

void
livectl_terminal_draw (LivectlTerminal *terminal, GString *out)
{
  const char *text = livectl_line_get_text (terminal->line);
  const char *cursor = text + livectl_line_get_cursor (terminal->line);
  const char *first = find_first_shown (terminal, text, cursor);
  Pen pen = { out, terminal->columns, 0, 0 };

  if (terminal->is_left)
    return;

  livectl_terminal_erase (terminal, out);
  /* An empty row sets the prompt apart from what is said. */
  break_row (&pen);
  g_string_append (out, terminal->style != NULL ? terminal->style : "");
  put_text (&pen, terminal->label != NULL ? terminal->label : "", NULL);
  g_string_append (out, livectl_out_style (LIVECTL_STYLE_NORMAL));
  put_text (&pen, first, cursor);
  if (pen.column >= pen.columns)
    break_row (&pen);
  terminal->cursor_row = pen.row;
  terminal->cursor_column = pen.column;

  if (*text != '\0')
    {
      /* Behind the cursor only what still fits on the screen. */
      const char *p = cursor;

      while (*p != '\0' && pen.row < terminal->rows - 2)
        {
          put_text (&pen, p, g_utf8_next_char (p));
          p = g_utf8_next_char (p);
        }
    }
  else if (terminal->hint != NULL && pen.column + livectl_out_cells (terminal->hint) < pen.columns)
    {
      g_string_append (out, livectl_out_style (LIVECTL_STYLE_DIM));
      put_text (&pen, terminal->hint, NULL);
      g_string_append (out, livectl_out_style (LIVECTL_STYLE_NORMAL));
    }

  if (pen.row > terminal->cursor_row)
    g_string_append_printf (out, "\033[%dA", pen.row - terminal->cursor_row);
  g_string_append_c (out, '\r');
  if (terminal->cursor_column > 0)
    g_string_append_printf (out, "\033[%dC", terminal->cursor_column);
  terminal->is_drawn = TRUE;
}

void
livectl_terminal_refresh (LivectlTerminal *terminal)
{
  g_autoptr (GString) out = g_string_new (NULL);

  livectl_terminal_draw (terminal, out);
  write_out (out);
}

static void
suspend (LivectlTerminal *terminal)
{
  g_autoptr (GString) out = g_string_new (NULL);

  livectl_terminal_erase (terminal, out);
  write_out (out);
  leave_raw (terminal);
  /* Stops here, as Ctrl-Z stops any program, and goes on here. */
  kill (0, SIGTSTP);
  set_raw (terminal);
  read_size (terminal);
  livectl_terminal_refresh (terminal);
}

static void
clear_screen (LivectlTerminal *terminal)
{
  g_autoptr (GString) out = g_string_new ("\033[H\033[2J");

  terminal->is_drawn = FALSE;
  livectl_terminal_draw (terminal, out);
  write_out (out);
  if (terminal->hooks.resized != NULL)
    terminal->hooks.resized (terminal->hooks.data);
}

static void
on_key (LivectlKey key, gpointer data)
{
  LivectlTerminal *terminal = data;
  const LivectlTerminalHooks *hooks = &terminal->hooks;

  if (terminal->is_left)
    return;

  switch (key)
    {
    case LIVECTL_KEY_CHANGED:
      if (hooks->ignores_text)
        livectl_line_set_text (terminal->line, "");
      livectl_terminal_refresh (terminal);
      break;
    case LIVECTL_KEY_ENTER:
      {
        g_autofree char *text = livectl_line_take (terminal->line);

        if (hooks->entered != NULL)
          hooks->entered (text, hooks->data);
        livectl_terminal_refresh (terminal);
        break;
      }
    case LIVECTL_KEY_EOF:
      if (hooks->ended != NULL)
        hooks->ended (hooks->data);
      break;
    case LIVECTL_KEY_INTERRUPT:
      livectl_line_set_text (terminal->line, "");
      if (hooks->interrupted != NULL)
        hooks->interrupted (hooks->data);
      livectl_terminal_refresh (terminal);
      break;
    case LIVECTL_KEY_SUSPEND:
      suspend (terminal);
      break;
    case LIVECTL_KEY_REDRAW:
      clear_screen (terminal);
      break;
    case LIVECTL_KEY_TAB:
      if (hooks->tab != NULL)
        hooks->tab (terminal->line, hooks->data);
      livectl_terminal_refresh (terminal);
      break;
    }
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  LivectlTerminal *terminal = data;
  char bytes[4096];
  ssize_t n_bytes = read (fd, bytes, sizeof bytes);

  if (n_bytes < 0 && (errno == EINTR || errno == EAGAIN))
    return G_SOURCE_CONTINUE;

  if (n_bytes <= 0)
    {
      terminal->input_id = 0;
      if (terminal->hooks.ended != NULL)
        terminal->hooks.ended (terminal->hooks.data);
      return G_SOURCE_REMOVE;
    }

  if (!terminal->is_left)
    livectl_line_feed (terminal->line, bytes, (gsize) n_bytes, on_key, terminal);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_resized (gpointer data)
{
  LivectlTerminal *terminal = data;
  int columns_before = terminal->columns;

  if (terminal->is_left)
    return G_SOURCE_CONTINUE;

  read_size (terminal);
  /* A narrower terminal has wrapped what we drew: the empty row stays one, each full row above the
   * cursor became several, and so did the cursor's own. */
  if (terminal->columns < columns_before)
    {
      int full_rows = terminal->cursor_row - 1;
      int rows_each = (columns_before + terminal->columns - 1) / terminal->columns;

      terminal->cursor_row =
          1 + full_rows * rows_each + terminal->cursor_column / terminal->columns;
    }
  if (terminal->hooks.resized != NULL)
    terminal->hooks.resized (terminal->hooks.data);
  if (terminal->is_drawn)
    livectl_terminal_refresh (terminal);
  return G_SOURCE_CONTINUE;
}

LivectlTerminal *
livectl_terminal_new (const LivectlTerminalHooks *hooks)
{
  LivectlTerminal *terminal = NULL;
  struct termios saved;

  if (!isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO) || tcgetattr (STDIN_FILENO, &saved) != 0)
    return NULL;

  terminal = g_new0 (LivectlTerminal, 1);
  terminal->hooks = *hooks;
  terminal->saved = saved;
  terminal->line = livectl_line_new ();
  /* One update of the screen is one write, so that nothing flickers. */
  setvbuf (stdout, NULL, _IOFBF, BUFFER_BYTES);
  read_size (terminal);
  set_raw (terminal);
  terminal->input_id =
      g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, terminal);
  terminal->resize_id = g_unix_signal_add (SIGWINCH, on_resized, terminal);
  return terminal;
}

void
livectl_terminal_leave (LivectlTerminal *terminal)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (terminal->is_left)
    return;

  livectl_terminal_erase (terminal, out);
  write_out (out);
  leave_raw (terminal);
  terminal->is_left = TRUE;
}

void
livectl_terminal_free (LivectlTerminal *terminal)
{
  livectl_terminal_leave (terminal);
  g_clear_handle_id (&terminal->input_id, g_source_remove);
  g_clear_handle_id (&terminal->resize_id, g_source_remove);
  livectl_line_free (terminal->line);
  g_free (terminal->style);
  g_free (terminal->label);
  g_free (terminal->hint);
  g_free (terminal);
}

void
livectl_terminal_set_prompt (LivectlTerminal *terminal,
                             const char *style,
                             const char *label,
                             const char *hint)
{
  g_free (terminal->style);
  g_free (terminal->label);
  g_free (terminal->hint);
  terminal->style = g_strdup (style);
  terminal->label = g_strdup (label);
  terminal->hint = g_strdup (hint);
}

int
livectl_terminal_get_columns (LivectlTerminal *terminal)
{
  return terminal->columns;
}

int
livectl_terminal_get_rows (LivectlTerminal *terminal)
{
  return terminal->rows;
}

void
livectl_terminal_clear_line (LivectlTerminal *terminal)
{
  livectl_line_set_text (terminal->line, "");
}
