/* Base64 for sound: written straight into a message, read from both alphabets.
 * Thread: any (pure). Used by: live-wire-in.c, live-wire-out.c.
 *
 * GLib's decoder skips what it does not know, so URL-safe text would come out as noise, and its
 * encoder makes one more copy of every chunk. Source: protocol section 4. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Length of the padded text of size bytes. */
#define LIVE_BASE64_LENGTH(size) (((size) + 2) / 3 * 4)

/* Writes exactly LIVE_BASE64_LENGTH (size) characters, no NUL; returns the end. */
char *live_base64_encode_to (char *out, const guint8 *data, gsize size);

/* Standard or URL-safe, padded or not. NULL when a character does not belong or the length
 * cannot be; empty text gives empty bytes. Owned. */
GBytes *live_base64_decode (const char *text, gsize length);

G_END_DECLS
