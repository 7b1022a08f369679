/* The daemon's signals as lines, for people and for programs.
 * Thread: main only. Used by: monitor, and chat and listen with --json. */
#pragma once

#include "livectl-proxy.h"

G_BEGIN_DECLS

/* Prints one signal, or one line for each property that PropertiesChanged brings. hides_content:
 * in place of what was said or written stands only how much it was. */
void livectl_event_print (LivectlContext *ctx,
                          const char *interface,
                          const char *member,
                          GVariant *params,
                          gboolean hides_content);

/* A first line that says that whatever comes from now on will be seen. */
void livectl_event_print_start (LivectlContext *ctx, const char *state);

/* An event of livectl's own: pairs of name and string, ended by NULL. */
void livectl_event_tell (LivectlContext *ctx, const char *event, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS
