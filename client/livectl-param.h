/* The parameters of a tool that is a command: written as NAME:TYPE:DESCRIPTION, declared as a JSON
 * Schema, handed over as environment variables. Pure.
 * Thread: main only. Used by: livectl-tool-run.c and its test. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LIVECTL_PARAM_PREFIX "LIVED_ARG_"

/* Reads NAME[?]:TYPE[:DESCRIPTION]; "?" is for one that may be left out. TYPE is string, integer,
 * number, boolean, array (of strings), object, or a choice of words, ONE|OTHER. A fault is
 * LIVE_ERROR_INVALID_ARGUMENT, for the one who typed it. Free with g_ptr_array_unref. */
GPtrArray *livectl_param_parse (const char *const *texts, GError **error);

/* For RegisterTool. Owned. */
char *
livectl_param_build_declaration (const char *tool, const char *description, GPtrArray *params);

/* The environment with one variable for each declared parameter that was given, LIVED_ARG_ and its
 * name in capitals: strings as they are, everything else as JSON. Inherited variables of that kind
 * are left out. LIVE_ERROR_INVALID_ARGUMENT says, for the model, what does not fit the declaration.
 * Free with g_strfreev. */
char **livectl_param_build_environ (GPtrArray *params,
                                    const char *const *inherited,
                                    const char *arguments_json,
                                    GError **error);

G_END_DECLS
