/* A refused upgrade, put into words.
 * Thread: any. Used by: io/live-transport-soup-upgrade.c. */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The service's own words out of its JSON error, else the beginning of the body on one line,
 * else the status line's phrase (nullable). Owned, valid UTF-8. */
char *live_transport_soup_refusal_words (const char *body, const char *phrase);
/* Retry-After in seconds or as a date; 0 = none. */
gint64 live_transport_soup_refusal_patience_us (SoupMessageHeaders *headers);

G_END_DECLS
