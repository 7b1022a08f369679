/* The daemon's signals as a conversation on the screen.
 * Thread: main only. Used by: chat and listen. */
#pragma once

#include "livectl-proxy.h"
#include "livectl-screen.h"

G_BEGIN_DECLS

typedef struct _LivectlDialogue LivectlDialogue;

/* screen is borrowed; NULL only keeps count of the turns. shows_thoughts: of models that write
 * them. shows_figures: a note after each turn with its tokens and times. */
LivectlDialogue *
livectl_dialogue_new (LivectlScreen *screen, gboolean shows_thoughts, gboolean shows_figures);
void livectl_dialogue_free (LivectlDialogue *dialogue);

/* Takes signals of Session; all others are ignored. */
void livectl_dialogue_signal (LivectlDialogue *dialogue, const char *member, GVariant *params);

/* The last turn whose TurnComplete was seen. */
guint64 livectl_dialogue_get_completed (LivectlDialogue *dialogue);

G_END_DECLS
