/* The line that is being typed: keys in, text and events out. Pure: no terminal, no loop.
 * Thread: main only. Used by: livectl-terminal.c and its test.
 *
 * Why not libedit or readline: both read from the terminal themselves and block on a lone Escape,
 * after Ctrl-V and in a history search, and while they block no transcript appears and no
 * D-Bus message is answered; readline's licence would also bind the whole program. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LIVECTL_KEY_CHANGED,   /* text or cursor did */
  LIVECTL_KEY_ENTER,     /* text is complete; call livectl_line_take() */
  LIVECTL_KEY_EOF,       /* Ctrl-D on an empty line */
  LIVECTL_KEY_INTERRUPT, /* Ctrl-C */
  LIVECTL_KEY_SUSPEND,   /* Ctrl-Z */
  LIVECTL_KEY_REDRAW,    /* Ctrl-L: clear the screen */
  LIVECTL_KEY_TAB,
} LivectlKey;

typedef struct _LivectlLine LivectlLine;

LivectlLine *livectl_line_new (void);
void livectl_line_free (LivectlLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivectlLine, livectl_line_free)

/* Takes what the terminal sent, in any cuts; func is called for each thing that happened. */
typedef void (*LivectlKeyFunc) (LivectlKey key, gpointer data);
void livectl_line_feed (LivectlLine *line,
                        const char *bytes,
                        gsize n_bytes,
                        LivectlKeyFunc func,
                        gpointer data);

/* Borrowed. A pasted text may hold new lines. */
const char *livectl_line_get_text (LivectlLine *line);
/* In bytes. */
gsize livectl_line_get_cursor (LivectlLine *line);
/* The cursor goes to the end. */
void livectl_line_set_text (LivectlLine *line, const char *text);
/* Empties the line and remembers the text in the history, unless it is blank. Owned. */
char *livectl_line_take (LivectlLine *line);

G_END_DECLS
