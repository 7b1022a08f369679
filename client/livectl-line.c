/* Owns: decoding of keys, the text that is typed, its cursor, its history.
 * Thread: main only; pure.
 * Called by: livectl-terminal.c. */
#include "livectl-line.h"

#include <string.h>

#define HISTORY_MAX 500
#define TEXT_MAX_BYTES 65536
/* No key is longer; what is, is garbage. */
#define PENDING_MAX_BYTES 32

#define ESCAPE 0x1b
#define CONTROL(letter) ((letter) &0x1f)

struct _LivectlLine
{
  GString *text;
  gsize cursor;
  char *killed;

  GPtrArray *history; /* owned strings, oldest first */
  guint position;     /* in history; its length means the line being typed */
  char *draft;        /* that line, while another one is shown */

  GString *pending; /* the beginning of a key */
  gboolean is_pasting;
};

LivectlLine *
livectl_line_new (void)
{
  LivectlLine *line = g_new0 (LivectlLine, 1);

  line->text = g_string_new (NULL);
  line->pending = g_string_new (NULL);
  line->history = g_ptr_array_new_with_free_func (g_free);
  return line;
}

void
livectl_line_free (LivectlLine *line)
{
  g_string_free (line->text, TRUE);
  g_string_free (line->pending, TRUE);
  g_ptr_array_unref (line->history);
  g_free (line->draft);
  g_free (line->killed);
  g_free (line);
}

const char *
livectl_line_get_text (LivectlLine *line)
{
  return line->text->str;
}

gsize
livectl_line_get_cursor (LivectlLine *line)
{
  return line->cursor;
}

void
livectl_line_set_text (LivectlLine *line, const char *text)
{
  g_string_assign (line->text, text);
  line->cursor = line->text->len;
}

char *
livectl_line_take (LivectlLine *line)
{
  char *text = g_strdup (line->text->str);
  g_autofree char *trimmed = g_strstrip (g_strdup (text));
  const char *newest =
      line->history->len > 0 ? g_ptr_array_index (line->history, line->history->len - 1) : NULL;

  if (*trimmed != '\0' && g_strcmp0 (newest, text) != 0)
    {
      g_ptr_array_add (line->history, g_strdup (text));
      if (line->history->len > HISTORY_MAX)
        g_ptr_array_remove_index (line->history, 0);
    }

  line->position = line->history->len;
  g_clear_pointer (&line->draft, g_free);
  livectl_line_set_text (line, "");
  return text;
}

/* One step takes the marks that combine with a letter along with it. */
static gsize
step_left (LivectlLine *line, gsize from)
{
  const char *start = line->text->str;
  const char *p = start + from;

  while (p > start)
    {
      p = g_utf8_prev_char (p);
      if (!g_unichar_iszerowidth (g_utf8_get_char (p)))
        break;
    }
  return p - start;
}

static gsize
step_right (LivectlLine *line, gsize from)
{
  const char *p = line->text->str + from;

  if (*p == '\0')
    return from;

  do
    p = g_utf8_next_char (p);
  while (*p != '\0' && g_unichar_iszerowidth (g_utf8_get_char (p)));
  return p - line->text->str;
}

static gboolean
is_word_at (LivectlLine *line, gsize at)
{
  return g_unichar_isalnum (g_utf8_get_char (line->text->str + at));
}

static gsize
word_left (LivectlLine *line)
{
  gsize at = line->cursor;

  while (at > 0 && !is_word_at (line, step_left (line, at)))
    at = step_left (line, at);
  while (at > 0 && is_word_at (line, step_left (line, at)))
    at = step_left (line, at);
  return at;
}

static gsize
word_right (LivectlLine *line)
{
  gsize at = line->cursor;

  while (at < line->text->len && !is_word_at (line, at))
    at = step_right (line, at);
  while (at < line->text->len && is_word_at (line, at))
    at = step_right (line, at);
  return at;
}

/* What Ctrl-W takes: back to the space before. */
static gsize
blank_left (LivectlLine *line)
{
  gsize at = line->cursor;

  while (at > 0 && g_ascii_isspace (line->text->str[at - 1]))
    at--;
  while (at > 0 && !g_ascii_isspace (line->text->str[at - 1]))
    at--;
  return at;
}

static void
erase (LivectlLine *line, gsize from, gsize to, gboolean keeps)
{
  if (keeps && to > from)
    {
      g_free (line->killed);
      line->killed = g_strndup (line->text->str + from, to - from);
    }
  g_string_erase (line->text, from, to - from);
  line->cursor = from;
}

static void
insert (LivectlLine *line, const char *text)
{
  if (line->text->len + strlen (text) > TEXT_MAX_BYTES)
    return;

  g_string_insert (line->text, line->cursor, text);
  line->cursor += strlen (text);
}

static void
recall (LivectlLine *line, int direction)
{
  guint wanted = line->position + direction;

  if ((direction < 0 && line->position == 0) || wanted > line->history->len)
    return;

  if (line->position == line->history->len)
    {
      g_free (line->draft);
      line->draft = g_strdup (line->text->str);
    }
  line->position = wanted;
  livectl_line_set_text (
      line, wanted == line->history->len ? line->draft : g_ptr_array_index (line->history, wanted));
}

static LivectlKey
handle_control (LivectlLine *line, char key)
{
  switch (key)
    {
    case CONTROL ('A'):
      line->cursor = 0;
      break;
    case CONTROL ('B'):
      line->cursor = step_left (line, line->cursor);
      break;
    case CONTROL ('C'):
      return LIVECTL_KEY_INTERRUPT;
    case CONTROL ('D'):
      if (line->text->len == 0)
        return LIVECTL_KEY_EOF;
      erase (line, line->cursor, step_right (line, line->cursor), FALSE);
      break;
    case CONTROL ('E'):
      line->cursor = line->text->len;
      break;
    case CONTROL ('F'):
      line->cursor = step_right (line, line->cursor);
      break;
    case CONTROL ('H'):
    case 0x7f:
      erase (line, step_left (line, line->cursor), line->cursor, FALSE);
      break;
    case '\t':
      return LIVECTL_KEY_TAB;
    case '\n':
    case '\r':
      return LIVECTL_KEY_ENTER;
    case CONTROL ('K'):
      erase (line, line->cursor, line->text->len, TRUE);
      break;
    case CONTROL ('L'):
      return LIVECTL_KEY_REDRAW;
    case CONTROL ('N'):
      recall (line, 1);
      break;
    case CONTROL ('P'):
      recall (line, -1);
      break;
    case CONTROL ('U'):
      erase (line, 0, line->cursor, TRUE);
      break;
    case CONTROL ('W'):
      erase (line, blank_left (line), line->cursor, TRUE);
      break;
    case CONTROL ('Y'):
      insert (line, line->killed != NULL ? line->killed : "");
      break;
    case CONTROL ('Z'):
      return LIVECTL_KEY_SUSPEND;
    default:
      break;
    }
  return LIVECTL_KEY_CHANGED;
}

/* Escape and one letter: what Alt does. */
static void
handle_alt (LivectlLine *line, char key)
{
  if (key == 'b' || key == 'B')
    line->cursor = word_left (line);
  else if (key == 'f' || key == 'F')
    line->cursor = word_right (line);
  else if (key == 'd' || key == 'D')
    erase (line, line->cursor, word_right (line), TRUE);
  else if (key == 0x7f || key == CONTROL ('H'))
    erase (line, word_left (line), line->cursor, TRUE);
}

/* What stands between "Escape [" and its final letter tells modifiers and, before "~", the key. */
static void
handle_sequence (LivectlLine *line, const char *parameters, char last)
{
  gboolean has_modifier = strchr (parameters, ';') != NULL;
  int number = (int) g_ascii_strtoll (parameters, NULL, 10);

  if (last == 'A')
    recall (line, -1);
  else if (last == 'B')
    recall (line, 1);
  else if (last == 'C')
    line->cursor = has_modifier ? word_right (line) : step_right (line, line->cursor);
  else if (last == 'D')
    line->cursor = has_modifier ? word_left (line) : step_left (line, line->cursor);
  else if (last == 'H' || (last == '~' && (number == 1 || number == 7)))
    line->cursor = 0;
  else if (last == 'F' || (last == '~' && (number == 4 || number == 8)))
    line->cursor = line->text->len;
  else if (last == '~' && number == 3)
    erase (line, line->cursor, step_right (line, line->cursor), FALSE);
  else if (last == '~' && number == 200)
    line->is_pasting = TRUE;
  else if (last == '~' && number == 201)
    line->is_pasting = FALSE;
}

/* Takes one whole key from the front of pending. 0 when its end is still to come. */
static gsize
take_escape (LivectlLine *line)
{
  const char *bytes = line->pending->str;
  gsize n_bytes = line->pending->len;
  gsize end = 2;

  if (n_bytes < 2)
    return 0;
  if (bytes[1] == ESCAPE)
    return 1; /* Escape, then another key that begins with one */
  if (bytes[1] == 'O')
    {
      if (n_bytes < 3)
        return 0;
      handle_sequence (line, "", bytes[2]);
      return 3;
    }
  if (bytes[1] != '[')
    {
      handle_alt (line, bytes[1]);
      return (guchar) bytes[1] < 0x80 ? 2 : 1;
    }

  while (end < n_bytes && (guchar) bytes[end] >= 0x20 && (guchar) bytes[end] < 0x40)
    end++;
  if (end == n_bytes)
    return n_bytes < PENDING_MAX_BYTES ? 0 : n_bytes;

  {
    g_autofree char *parameters = g_strndup (bytes + 2, end - 2);

    handle_sequence (line, parameters, bytes[end]);
  }
  return end + 1;
}

static gsize
take_character (LivectlLine *line)
{
  gunichar c = g_utf8_get_char_validated (line->pending->str, line->pending->len);
  char text[7] = { 0 };
  gsize n_bytes;

  if (c == (gunichar) -2 && line->pending->len < 6)
    return 0;
  if (c == (gunichar) -1 || c == (gunichar) -2)
    return 1;

  n_bytes = g_unichar_to_utf8 (c, text);
  if (!g_unichar_iscntrl (c))
    insert (line, text);
  return n_bytes;
}

static gsize
take_key (LivectlLine *line, LivectlKey *ret_key)
{
  guchar first = (guchar) line->pending->str[0];

  *ret_key = LIVECTL_KEY_CHANGED;
  if (first == ESCAPE)
    return take_escape (line);
  if (first >= 0x20 && first != 0x7f)
    return take_character (line);

  /* In a pasted text Enter is a new line, and nothing is a command. */
  if (!line->is_pasting)
    *ret_key = handle_control (line, (char) first);
  else if (first == '\r' || first == '\n')
    insert (line, "\n");
  else if (first == '\t')
    insert (line, " ");
  return 1;
}

void
livectl_line_feed (LivectlLine *line,
                   const char *bytes,
                   gsize n_bytes,
                   LivectlKeyFunc func,
                   gpointer data)
{
  gboolean has_changed = FALSE;

  g_string_append_len (line->pending, bytes, n_bytes);
  while (line->pending->len > 0)
    {
      LivectlKey key;
      gsize n_taken = take_key (line, &key);

      if (n_taken == 0)
        break;

      g_string_erase (line->pending, 0, n_taken);
      if (key == LIVECTL_KEY_CHANGED)
        has_changed = TRUE;
      else
        {
          has_changed = FALSE;
          func (key, data);
        }
    }

  /* Once for a whole paste. */
  if (has_changed)
    func (LIVECTL_KEY_CHANGED, data);
}
