/* The terminal that somebody types at: raw mode, the prompt and the line that is being typed.
 * Thread: main only. Used by: livectl-screen.c, chat and listen.
 *
 * The prompt stands below everything else. Whoever prints takes it away with _erase(), writes
 * whole lines and puts it back with _draw(), all into one buffer that reaches the terminal in
 * one piece, so that nothing flickers. */
#pragma once

#include "livectl-line.h"

G_BEGIN_DECLS

typedef struct _LivectlTerminal LivectlTerminal;

typedef struct
{
  /* All nullable; called from the main loop. text is borrowed. */
  void (*entered) (const char *text, gpointer data);
  void (*interrupted) (gpointer data); /* Ctrl-C; the line has been emptied */
  void (*ended) (gpointer data);       /* Ctrl-D, or the terminal is gone */
  void (*tab) (LivectlLine *line, gpointer data);
  void (*resized) (gpointer data);
  gboolean ignores_text; /* nothing can be typed, there are only keys */
  gpointer data;
} LivectlTerminalHooks;

/* NULL when standard input or output is no terminal. Draws nothing yet. */
LivectlTerminal *livectl_terminal_new (const LivectlTerminalHooks *hooks);
/* Takes the prompt away and gives the terminal back as it was; nothing is drawn or read after that.
 * May be called from a hook. */
void livectl_terminal_leave (LivectlTerminal *terminal);
/* Leaves it, too. */
void livectl_terminal_free (LivectlTerminal *terminal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivectlTerminal, livectl_terminal_free)

/* label: what stands before the line, without escape sequences; style: around it. hint: shown dim
 * while the line is empty. Does not draw. */
void livectl_terminal_set_prompt (LivectlTerminal *terminal,
                                  const char *style,
                                  const char *label,
                                  const char *hint);

int livectl_terminal_get_columns (LivectlTerminal *terminal);
int livectl_terminal_get_rows (LivectlTerminal *terminal);
/* What was typed was meant for something else. Does not draw. */
void livectl_terminal_clear_line (LivectlTerminal *terminal);

void livectl_terminal_erase (LivectlTerminal *terminal, GString *out);
void livectl_terminal_draw (LivectlTerminal *terminal, GString *out);
/* Erase and draw at once, to the terminal. */
void livectl_terminal_refresh (LivectlTerminal *terminal);

G_END_DECLS
