/* The state of the daemon in words, for systemd's STATUS=.
 * Thread: main (gettext). Used by: live-app. */
#pragma once

#include "core/live-engine.h"

G_BEGIN_DECLS

/* Owned, translated; one line without a secret. */
char *live_status_words_describe (const LiveEngineStatus *status);

G_END_DECLS
