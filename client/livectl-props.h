/* A copy of the daemon's properties that follows them.
 * Thread: main only. Used by: the verbs that show or wait for state. */
#pragma once

#include "livectl-proxy.h"

G_BEGIN_DECLS

typedef struct _LivectlProps LivectlProps;

/* changed: with property NULL when everything has been read, then for each change. */
typedef void (*LivectlPropsFunc) (LivectlContext *ctx, const char *property, gpointer data);

/* Of Session and Audio, and of Manager if wanted. follows: keep up with changes. Reads nothing
 * yet. */
LivectlProps *livectl_props_new (LivectlContext *ctx,
                                 gboolean wants_manager,
                                 gboolean follows,
                                 LivectlPropsFunc changed,
                                 gpointer data);
/* Reads everything, which starts the daemon unless --no-autostart. If the first reading fails, the
 * run ends; a later one, after the daemon came back, fails only if it left again. */
void livectl_props_read (LivectlProps *props);
void livectl_props_free (LivectlProps *props);

/* By the property's name, which is unique over the interfaces. Borrowed; NULL when the daemon has
 * no such property. */
GVariant *livectl_props_get (LivectlProps *props, const char *name);
/* "" and FALSE and 0 when absent or of another type. */
const char *livectl_props_get_string (LivectlProps *props, const char *name);
gboolean livectl_props_get_boolean (LivectlProps *props, const char *name);
gdouble livectl_props_get_double (LivectlProps *props, const char *name);
guint64 livectl_props_get_uint64 (LivectlProps *props, const char *name);

/* All names in order; free the array with g_free, the strings are borrowed. */
const char **livectl_props_list (LivectlProps *props);

G_END_DECLS
