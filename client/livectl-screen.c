/* Owns: the conversation as it stands on the screen.
 * Thread: main only.
 * Called by: livectl-dialogue.c, chat and listen. */
#include "livectl-screen.h"

#include <stdio.h>
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"

#define LEFT_CELLS 2
#define GAP_CELLS 2
/* Longer rows are hard to read, however wide the terminal is. */
#define TEXT_MAX_CELLS 88
#define TEXT_MIN_CELLS 4

struct _LivectlScreen
{
  LivectlTerminal *terminal;
  GString *out;
  int gutter;

  /* On a terminal: the row that still grows. It stands above the prompt and is drawn anew. */
  GString *row;
  LivectlSpeaker speaker;
  gboolean is_open;  /* a paragraph is */
  gboolean is_first; /* the row is its first one and carries the name */
  gboolean is_drawn; /* the row stands on the screen */
  gboolean was_note; /* the last thing printed */

  /* Elsewhere: whole paragraphs, one a speaker. */
  GString *paragraphs[LIVECTL_N_SPEAKERS];
};

static const char *
get_name (LivectlSpeaker speaker)
{
  switch (speaker)
    {
    case LIVECTL_SPEAKER_USER:
      return _ ("you");
    case LIVECTL_SPEAKER_MODEL:
      return _ ("live");
    case LIVECTL_SPEAKER_THOUGHT:
      return _ ("thought");
    case LIVECTL_N_SPEAKERS:
      break;
    }
  return "";
}

static LivectlStyle
get_style (LivectlSpeaker speaker)
{
  switch (speaker)
    {
    case LIVECTL_SPEAKER_USER:
      return LIVECTL_STYLE_GREEN;
    case LIVECTL_SPEAKER_MODEL:
      return LIVECTL_STYLE_CYAN;
    case LIVECTL_SPEAKER_THOUGHT:
    case LIVECTL_N_SPEAKERS:
      return LIVECTL_STYLE_DIM;
    }
  return LIVECTL_STYLE_NORMAL;
}

LivectlScreen *
livectl_screen_new (LivectlTerminal *terminal)
{
  LivectlScreen *screen = g_new0 (LivectlScreen, 1);

  screen->terminal = terminal;
  screen->out = g_string_new (NULL);
  screen->row = g_string_new (NULL);
  for (guint i = 0; i < LIVECTL_N_SPEAKERS; i++)
    screen->paragraphs[i] = g_string_new (NULL);
  /* Thoughts are rare; they may stick out. */
  for (guint i = 0; i < LIVECTL_SPEAKER_THOUGHT; i++)
    screen->gutter =
        MAX (screen->gutter, LEFT_CELLS + livectl_out_cells (get_name (i)) + GAP_CELLS);
  return screen;
}

void
livectl_screen_free (LivectlScreen *screen)
{
  for (guint i = 0; i < LIVECTL_N_SPEAKERS; i++)
    g_string_free (screen->paragraphs[i], TRUE);
  g_string_free (screen->row, TRUE);
  g_string_free (screen->out, TRUE);
  g_free (screen);
}

int
livectl_screen_get_gutter (LivectlScreen *screen)
{
  return screen->gutter;
}

char *
livectl_screen_build_label (LivectlScreen *screen, LivectlSpeaker speaker)
{
  const char *name = get_name (speaker);
  int left = MAX (screen->gutter - GAP_CELLS - livectl_out_cells (name), 0);

  return g_strdup_printf ("%*s%s%*s", left, "", name, GAP_CELLS, "");
}

static int
get_width (LivectlScreen *screen)
{
  int width = livectl_terminal_get_columns (screen->terminal) - screen->gutter - 1;

  return CLAMP (width, TEXT_MIN_CELLS, TEXT_MAX_CELLS);
}

static void
begin (LivectlScreen *screen)
{
  g_string_truncate (screen->out, 0);
  livectl_terminal_erase (screen->terminal, screen->out);
  if (screen->is_drawn)
    g_string_append (screen->out, "\033[1A\r\033[J");
  screen->is_drawn = FALSE;
}

static void
put_row (LivectlScreen *screen)
{
  if (screen->is_first)
    {
      g_autofree char *label = livectl_screen_build_label (screen, screen->speaker);

      g_string_append_printf (screen->out, "%s%s%s",
                              livectl_out_style (get_style (screen->speaker)), label,
                              livectl_out_style (LIVECTL_STYLE_NORMAL));
    }
  else
    g_string_append_printf (screen->out, "%*s", screen->gutter, "");

  if (screen->speaker == LIVECTL_SPEAKER_THOUGHT)
    g_string_append (screen->out, livectl_out_style (LIVECTL_STYLE_DIM));
  g_string_append (screen->out, screen->row->str);
  if (screen->speaker == LIVECTL_SPEAKER_THOUGHT)
    g_string_append (screen->out, livectl_out_style (LIVECTL_STYLE_NORMAL));
  g_string_append (screen->out, "\r\n");
}

static void
end (LivectlScreen *screen)
{
  if (screen->is_open)
    {
      put_row (screen);
      screen->is_drawn = TRUE;
    }
  livectl_terminal_draw (screen->terminal, screen->out);
  fwrite (screen->out->str, 1, screen->out->len, stdout);
  fflush (stdout);
}

/* The row is full or finished; the next one begins empty. */
static void
finish_row (LivectlScreen *screen)
{
  g_strchomp (screen->row->str);
  put_row (screen);
  g_string_truncate (screen->row, 0);
  screen->is_first = FALSE;
}

/* Takes the last word along to the next row, where it goes with the character that no longer
 * fits; a word of a whole row is cut. */
static void
wrap_row (LivectlScreen *screen)
{
  char *space = strrchr (screen->row->str, ' ');
  g_autofree char *rest = NULL;

  if (space != NULL)
    {
      rest = g_strdup (space + 1);
      g_string_truncate (screen->row, (gsize) (space - screen->row->str));
    }
  finish_row (screen);
  if (rest != NULL)
    g_string_append (screen->row, rest);
}

static void
add_character (LivectlScreen *screen, gunichar c)
{
  int cells = livectl_out_cells (screen->row->str) + livectl_out_cells_of (c);

  if (c == '\n')
    {
      finish_row (screen);
      return;
    }
  if (c == ' ' && screen->row->len == 0)
    return;
  if (c == ' ' && cells > get_width (screen))
    {
      finish_row (screen);
      return;
    }

  if (cells > get_width (screen))
    wrap_row (screen);
  g_string_append_unichar (screen->row, c);
}

static void
close_paragraph (LivectlScreen *screen)
{
  if (!screen->is_open)
    return;

  if (screen->row->len > 0)
    finish_row (screen);
  screen->is_open = FALSE;
}

static void
open_paragraph (LivectlScreen *screen, LivectlSpeaker speaker)
{
  close_paragraph (screen);
  /* A question begins what belongs together, so it stands apart from what was before. */
  if (speaker == LIVECTL_SPEAKER_USER || screen->was_note)
    g_string_append (screen->out, "\r\n");
  screen->speaker = speaker;
  screen->is_open = TRUE;
  screen->is_first = TRUE;
  screen->was_note = FALSE;
  g_string_truncate (screen->row, 0);
}

void
livectl_screen_append (LivectlScreen *screen, LivectlSpeaker speaker, const char *text)
{
  g_autofree char *clean = livectl_out_clean (text, TRUE);
  const char *p = clean;

  if (screen->terminal == NULL)
    {
      GString *paragraph = screen->paragraphs[speaker];

      g_string_append (paragraph, paragraph->len == 0 ? g_strchug (clean) : clean);
      return;
    }

  if (!screen->is_open || screen->speaker != speaker)
    while (g_ascii_isspace (*p))
      p++;
  if (*p == '\0')
    return;

  begin (screen);
  if (!screen->is_open || screen->speaker != speaker)
    open_paragraph (screen, speaker);
  for (; *p != '\0'; p = g_utf8_next_char (p))
    add_character (screen, g_utf8_get_char (p));
  end (screen);
}

gboolean
livectl_screen_is_open (LivectlScreen *screen, LivectlSpeaker speaker)
{
  if (screen->terminal == NULL)
    return screen->paragraphs[speaker]->len > 0;
  return screen->is_open && screen->speaker == speaker;
}

void
livectl_screen_end (LivectlScreen *screen, LivectlSpeaker speaker)
{
  if (!livectl_screen_is_open (screen, speaker))
    return;

  if (screen->terminal == NULL)
    {
      g_auto (GStrv) lines = NULL;

      lines = g_strsplit (g_strchomp (screen->paragraphs[speaker]->str), "\n", -1);
      for (guint i = 0; lines[i] != NULL; i++)
        livectl_out_line ("%s: %s", get_name (speaker), lines[i]);
      g_string_truncate (screen->paragraphs[speaker], 0);
      return;
    }

  begin (screen);
  close_paragraph (screen);
  end (screen);
}

void
livectl_screen_end_all (LivectlScreen *screen)
{
  for (guint i = 0; i < LIVECTL_N_SPEAKERS; i++)
    livectl_screen_end (screen, i);
}

/* Where a row of the width ends: behind its last word, or in the middle of one that is longer. */
static const char *
find_row_end (const char *text, int width)
{
  const char *end = NULL;
  const char *p = text;
  int cells = 0;

  for (; *p != '\0'; p = g_utf8_next_char (p))
    {
      cells += livectl_out_cells_of (g_utf8_get_char (p));
      if (*p == ' ')
        end = p;
      if (cells > width)
        return end != NULL && end > text ? end : p;
    }
  return p;
}

static void
put_remark (LivectlScreen *screen, const char *text)
{
  do
    {
      const char *end = find_row_end (text, get_width (screen));

      g_string_append_printf (screen->out, "%*s%s%.*s%s\r\n", screen->gutter, "",
                              livectl_out_style (LIVECTL_STYLE_DIM), (int) (end - text), text,
                              livectl_out_style (LIVECTL_STYLE_NORMAL));
      text = *end == ' ' ? end + 1 : end;
    }
  while (*text != '\0');
}

void
livectl_screen_note (LivectlScreen *screen, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;
  g_auto (GStrv) lines = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  clean = livectl_out_clean (text, TRUE);
  lines = g_strsplit (clean, "\n", -1);

  if (screen->terminal == NULL)
    {
      /* Standard output is the conversation, for whatever reads it. */
      for (guint i = 0; lines[i] != NULL; i++)
        fprintf (stderr, "%s%s\n", i == 0 ? "livectl: " : "         ", lines[i]);
      return;
    }

  begin (screen);
  close_paragraph (screen);
  /* A remark belongs to what stands above it; a list or another remark does not. */
  if (screen->was_note || lines[1] != NULL)
    g_string_append (screen->out, "\r\n");
  for (guint i = 0; lines[i] != NULL; i++)
    put_remark (screen, lines[i]);
  screen->was_note = TRUE;
  end (screen);
}

void
livectl_screen_resized (LivectlScreen *screen)
{
  /* The row stays as it is, and what follows begins a new one. */
  if (!screen->is_drawn)
    return;

  screen->is_drawn = FALSE;
  screen->is_first = FALSE;
  g_string_truncate (screen->row, 0);
}
