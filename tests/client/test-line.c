/* Owns: the test of the line editor, keys in and text out.
 * Thread: main.
 * Called by: meson test. */
#include "livectl-line.h"

#include <string.h>

#define UP "\033[A"
#define DOWN "\033[B"
#define RIGHT "\033[C"
#define LEFT "\033[D"
#define WORD_LEFT "\033[1;5D"
#define WORD_RIGHT "\033[1;5C"
#define PASTE "\033[200~"
#define PASTE_END "\033[201~"

/* Everything that was entered, each line in brackets, and the letters of the other keys. */
typedef struct
{
  LivectlLine *line;
  GString *log;
} Seen;

static void
on_key (LivectlKey key, gpointer data)
{
  Seen *seen = data;
  const char *const letters[] = { "", "", "D", "C", "Z", "L", "T" };

  if (key == LIVECTL_KEY_ENTER)
    {
      g_autofree char *text = livectl_line_take (seen->line);

      g_string_append_printf (seen->log, "[%s]", text);
    }
  else
    g_string_append (seen->log, letters[key]);
}

/* keys, the log, the text that is left, and the cursor as "|" in it. */
static const struct
{
  const char *name;
  const char *keys;
  const char *log;
  const char *line;
} rows[] = {
  { "types", "abc", "", "abc|" },
  { "enter", "abc\rd", "[abc]", "d|" },
  { "newline", "abc\n", "[abc]", "|" },
  { "backspace", "abc\177\bx", "", "ax|" },
  { "backspace-at-start", "\177a", "", "a|" },
  { "utf8", "gr\xc3\xbcn\177\177x", "", "grx|" },
  { "combining", "ae\xcc\x81\177", "", "a|" },
  { "wide", "\xe6\x97\xa5\xe6\x9c\xac" LEFT "x", "", "日x|本" },
  { "left-right", "abc" LEFT LEFT "x" RIGHT "y", "", "axby|c" },
  { "left-at-start", LEFT LEFT "a", "", "a|" },
  { "right-at-end", "a" RIGHT RIGHT "b", "", "ab|" },
  { "application-arrows", "ab\033ODx", "", "ax|b" },
  { "home-end", "bc\001a\005d", "", "abcd|" },
  { "home-end-keys", "bc\033[Ha\033[Fd\033[1~x\033[4~y", "", "xabcdy|" },
  { "words", "one two" WORD_LEFT "x" WORD_RIGHT "y", "", "one xtwoy|" },
  { "alt-words", "one two\033bx\033fy", "", "one xtwoy|" },
  { "delete", "abc\001\033[3~\004", "", "|c" },
  { "kill-end", "abc" LEFT "\013x", "", "abx|" },
  { "kill-start", "abc" LEFT "\025", "", "|c" },
  { "kill-word", "one  two.x \027", "", "one  |" },
  { "kill-word-right", "one two\001\033d", "", "| two" },
  { "yank", "one two\027\001\031 ", "", "two |one " },
  { "yank-nothing", "a\031", "", "a|" },
  { "eof", "\004", "D", "|" },
  { "no-eof", "a\004", "", "a|" },
  { "control", "a\003b\032c\014\t", "CZLT", "abc|" },
  { "history", "one\rtwo\rdr" UP UP "x" DOWN DOWN, "[one][two]", "dr|" },
  { "history-enter", "one\rtwo\r" UP UP "!\r" UP, "[one][two][one!]", "one!|" },
  { "history-once", "one\rone\r \rtwo" UP UP, "[one][one][ ]", "one|" },
  { "history-empty", UP DOWN "a", "", "a|" },
  { "paste", PASTE "one\rtwo\t\003\033[Ax" PASTE_END "\r", "[one\ntwo x]", "|" },
  { "lone-escape", "\033\033[Da\033\033x", "", "a|" },
  { "escape-utf8", "\033\xc3\xbc", "", "ü|" },
  { "unknown-sequences", "\033[99z\033[5;3R\033[?1;2c\033Pa", "", "a|" },
  { "invalid-utf8", "a\xff\xc3(b", "", "a(b|" },
  { "nul-and-controls", "a\034\036b", "", "ab|" },
};

static void
check_row (gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  /* However the terminal cuts the bytes, the keys are the same. */
  const gsize cuts[] = { 1, 2, 3, 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++)
    {
      g_autoptr (LivectlLine) line = livectl_line_new ();
      g_autoptr (GString) log = g_string_new (NULL);
      g_autoptr (GString) text = NULL;
      Seen seen = { line, log };
      const char *keys = rows[row].keys;

      for (gsize at = 0; at < strlen (keys); at += cuts[i])
        livectl_line_feed (line, keys + at, MIN (cuts[i], strlen (keys) - at), on_key, &seen);

      text = g_string_new (livectl_line_get_text (line));
      g_string_insert_c (text, (gssize) livectl_line_get_cursor (line), '|');
      g_assert_cmpstr (log->str, ==, rows[row].log);
      g_assert_cmpstr (text->str, ==, rows[row].line);
    }
}

static void
count_changes (LivectlKey key, gpointer data)
{
  guint *n_changes = data;

  g_assert_cmpint (key, ==, LIVECTL_KEY_CHANGED);
  (*n_changes)++;
}

/* A paste is drawn once, and one that is too long is cut and does no harm. */
static void
test_long_paste (void)
{
  g_autoptr (LivectlLine) line = livectl_line_new ();
  g_autofree char *much = g_strnfill (200000, 'x');
  guint n_changes = 0;

  livectl_line_feed (line, "one two", 7, count_changes, &n_changes);
  g_assert_cmpuint (n_changes, ==, 1);
  livectl_line_feed (line, much, strlen (much), count_changes, &n_changes);
  g_assert_cmpuint (n_changes, ==, 2);
  g_assert_cmpuint (strlen (livectl_line_get_text (line)), ==, 65536);
}

static void
ignore (LivectlKey key, gpointer data)
{
  LivectlLine *line = data;

  if (key == LIVECTL_KEY_ENTER)
    g_free (livectl_line_take (line));
}

/* Whatever is typed, the text stays valid and the cursor in it, between two characters. */
static void
test_garbage (void)
{
  g_autoptr (LivectlLine) line = livectl_line_new ();
  const char pool[] = "\033\033[[OABCD~;123\r\t\177\001\002\004\005\006\013\025\027\031bdf a"
                      "\xc3\xbc\xe6\x97\xa5\xcc\x81\xf0\x9f\x98\x80\xff";

  for (guint i = 0; i < 200000; i++)
    {
      char byte = pool[g_test_rand_int_range (0, sizeof pool - 1)];
      const char *text;
      gsize cursor;

      livectl_line_feed (line, &byte, 1, ignore, line);
      text = livectl_line_get_text (line);
      cursor = livectl_line_get_cursor (line);
      g_assert_cmpuint (cursor, <=, strlen (text));
      g_assert_true (g_utf8_validate (text, -1, NULL));
      g_assert_true (g_utf8_validate (text, (gssize) cursor, NULL));
      if (strlen (text) > 2000)
        livectl_line_set_text (line, "");
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/line/", rows[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), check_row);
    }
  g_test_add_func ("/line/long-paste", test_long_paste);
  g_test_add_func ("/line/garbage", test_garbage);
  return g_test_run ();
}
