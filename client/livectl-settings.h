/* Changing the daemon's settings, and telling when a change is in force.
 * Thread: main only. Used by: config, voice, chat. */
#pragma once

#include "livectl-proxy.h"

G_BEGIN_DECLS

/* Calls Configure with an a{sv} (floating), prints what came of each key and ends the run. */
void livectl_settings_apply (LivectlContext *ctx, GVariant *settings);

/* The same for the voice alone. Unless is_forced, a name that the daemon does not know for its
 * model ends the run with a usage error that names a similar one; a model without known voices
 * takes any. */
void livectl_settings_apply_voice (LivectlContext *ctx, const char *voice, gboolean is_forced);

/* "at the next quiet point" for "reconnect", and so on. Translated, static. */
const char *livectl_settings_describe_change (const char *change);

/* A value typed by a person, for a setting whose present value is like. Accepts the GVariant text
 * format too. NULL with a LIVE_ERROR_INVALID_ARGUMENT that says what is wanted. Owned. */
GVariant *livectl_settings_parse (const char *text, GVariant *like, GError **error);

/* As a person reads and types it. Owned. */
char *livectl_settings_print (GVariant *value);

G_END_DECLS
