/* The parts of livectl tool, one for each action.
 * Thread: main only. Used by: cmd-tool.c. */
#pragma once

#include "livectl-provider.h"

G_BEGIN_DECLS

typedef struct
{
  /* Options of run. */
  char *description;
  char **params;
  char *confirm;
  gboolean is_background;
  /* Of log. */
  gboolean follows;
  gboolean has_started; /* what was before has been printed */

  /* While run runs. */
  GPtrArray *declared; /* see livectl_param_parse() */
  LivectlProvider *provider;
} LivectlTool;

/* tool run: ctx->args is "run", NAME, COMMAND, its arguments. */
gboolean livectl_tool_run_check (LivectlContext *ctx, LivectlTool *tool);
void livectl_tool_run (LivectlContext *ctx, LivectlTool *tool);

void livectl_tool_list (LivectlContext *ctx, LivectlTool *tool);
void livectl_tool_call (LivectlContext *ctx, LivectlTool *tool);
void livectl_tool_log (LivectlContext *ctx, LivectlTool *tool);

/* A command's output as a result: a JSON object stays as it is, everything else becomes text in
 * the member "output" of one. Owned. */
char *livectl_tool_build_result (const GString *output, gboolean is_cut);

G_END_DECLS
