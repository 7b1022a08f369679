/* The words of the Tools interface and what they mean to core.
 * Thread: main only. Used by: bus/live-tools-face.c, bus/live-tool-static.c. */
#pragma once

#include "core/live-tools.h"

G_BEGIN_DECLS

/* "interrupt" -> "INTERRUPT" and so on, in place; NULL stays NULL. */
gboolean live_tool_words_scheduling (const char **scheduling, GError **error);
gboolean live_tool_words_confirm (const char *word, LiveConfirm *ret_confirm, GError **error);

G_END_DECLS
