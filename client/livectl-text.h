/* The TEXT of a verb: its arguments joined, or standard input for "-".
 * Thread: main only. Used by: ask, send. */
#pragma once

#include "livectl.h"

G_BEGIN_DECLS

/* Calls func with the text, trimmed at its end, once it is there. An empty text, one that is no
 * UTF-8 or more than LIVE_MAX_TEXT_BYTES ends the run with 2. text is borrowed. */
typedef void (*LivectlTextFunc) (LivectlContext *ctx, const char *text, gpointer data);
void livectl_text_get (LivectlContext *ctx, LivectlTextFunc func, gpointer data);

G_END_DECLS
