/* The a{sv} options that stand last on every method.
 * Thread: main only. Used by: the faces in bus/. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *key;
  char type;          /* 'b', 'u' or 's' */
  gpointer ret_value; /* gboolean *, guint32 * or const char ** (borrowed from options) */
} LiveOption;

/* Reads options (a{sv}) into the table's places; a place whose key is absent keeps its value.
 * Anything that the table does not have is refused by name, a wrong type by name and type, with
 * LIVE_ERROR_INVALID_ARGUMENT, and then no place is touched. */
gboolean
live_options_read (GVariant *options, const LiveOption *table, gsize n_table, GError **error);
/* For methods that have none yet. */
gboolean live_options_refuse (GVariant *options, GError **error);

G_END_DECLS
