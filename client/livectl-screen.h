/* The conversation on the screen: paragraphs that grow while somebody speaks, and notes between
 * them. On a terminal they are wrapped by words above the prompt; elsewhere each paragraph is one
 * line when it is whole, which the caller flushes.
 * Thread: main only. Used by: livectl-dialogue.c, chat and listen. */
#pragma once

#include "livectl-terminal.h"

G_BEGIN_DECLS

typedef enum
{
  LIVECTL_SPEAKER_USER,
  LIVECTL_SPEAKER_MODEL,
  LIVECTL_SPEAKER_THOUGHT,
  LIVECTL_N_SPEAKERS,
} LivectlSpeaker;

typedef struct _LivectlScreen LivectlScreen;

/* terminal: borrowed, outlives the screen; NULL for plain lines on standard output. */
LivectlScreen *livectl_screen_new (LivectlTerminal *terminal);
void livectl_screen_free (LivectlScreen *screen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivectlScreen, livectl_screen_free)

/* Adds to the speaker's paragraph; on a terminal that ends everybody else's. */
void livectl_screen_append (LivectlScreen *screen, LivectlSpeaker speaker, const char *text);
gboolean livectl_screen_is_open (LivectlScreen *screen, LivectlSpeaker speaker);
void livectl_screen_end (LivectlScreen *screen, LivectlSpeaker speaker);
void livectl_screen_end_all (LivectlScreen *screen);

/* A remark about the conversation, dim; new lines stay. */
void livectl_screen_note (LivectlScreen *screen, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The terminal has another width, or was cleared: what is drawn can no longer be drawn over. */
void livectl_screen_resized (LivectlScreen *screen);

/* Columns before the text of a paragraph; the prompt is set under the same column. */
int livectl_screen_get_gutter (LivectlScreen *screen);
/* The name, right-aligned in the gutter. Owned. */
char *livectl_screen_build_label (LivectlScreen *screen, LivectlSpeaker speaker);

G_END_DECLS
