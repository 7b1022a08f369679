/* Owns: livectl wait: returns when the session is as wanted.
 * Thread: main only.
 * Called by: main.c. */
#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "livectl-error.h"
#include "livectl-out.h"
#include "livectl-props.h"
#include "livectl-rows.h"

#define WAIT_MS 60000

static const char *const states[] = { "offline",   "connecting", "online",
                                      "rotating",  "backoff",    "waiting-network",
                                      "suspended", "blocked",    NULL };
static const char *const activities[] = {
  "idle", "listening", "thinking", "speaking", "tool", NULL
};

typedef struct
{
  LivectlContext *ctx;
  LivectlProps *props;
  guint timeout_id;
} State;

static void
print (LivectlContext *ctx, LivectlProps *props)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (!ctx->is_json)
    return;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "state");
  json_builder_add_string_value (builder, livectl_props_get_string (props, "State"));
  json_builder_set_member_name (builder, "activity");
  json_builder_add_string_value (builder, livectl_props_get_string (props, "Activity"));
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
on_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;
  const char *wanted = ctx->args[0];
  const char *now = livectl_props_get_string (state->props, "State");
  const char *activity = livectl_props_get_string (state->props, "Activity");

  if (strcmp (wanted, now) == 0 || strcmp (wanted, activity) == 0)
    {
      print (ctx, state->props);
      livectl_context_finish (ctx, LIVECTL_EXIT_OK);
    }
  /* It would wait for a human; let the human know. */
  else if (strcmp (now, "blocked") == 0 && strcmp (wanted, "online") == 0)
    {
      g_autoptr (GError) error =
          livectl_error_from_state (livectl_props_get_string (state->props, "StateReason"),
                                    livectl_props_get_string (state->props, "StateMessage"));

      livectl_context_fail (ctx, error);
    }
}

static gboolean
on_timeout (gpointer data)
{
  State *state = data;
  g_autoptr (GError) error = NULL;

  state->timeout_id = 0;
  error = g_error_new (LIVE_ERROR, LIVE_ERROR_TIMEOUT, _ ("the session did not become “%s”"),
                       state->ctx->args[0]);
  livectl_context_fail (state->ctx, error);
  return G_SOURCE_REMOVE;
}

static gboolean
check (LivectlContext *ctx, gpointer data)
{
  g_autofree char *state_list = g_strjoinv (", ", (char **) states);
  g_autofree char *activity_list = g_strjoinv (", ", (char **) activities);

  if (g_strv_contains (states, ctx->args[0]) || g_strv_contains (activities, ctx->args[0]))
    return TRUE;

  livectl_context_usage (ctx, _ ("“%s” is not one of: %s, %s."), ctx->args[0], state_list,
                         activity_list);
  return FALSE;
}

static void
run (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  state->ctx = ctx;
  state->timeout_id = g_timeout_add (livectl_context_timeout_ms (ctx, WAIT_MS), on_timeout, state);
  livectl_proxy_watch (ctx, NULL, NULL);
  state->props = livectl_props_new (ctx, FALSE, TRUE, on_props, state);
  livectl_props_read (state->props);
}

static void
clear (gpointer data)
{
  State *state = data;

  g_clear_handle_id (&state->timeout_id, g_source_remove);
  g_clear_pointer (&state->props, livectl_props_free);
}

const LivectlCommand livectl_wait = {
  .name = "wait",
  .args = N_ ("STATE"),
  .summary = N_ ("Wait until the session is in a state"),
  .description =
      N_ ("STATE is what “livectl status” shows: offline, connecting, online, rotating, backoff,\n"
          "waiting-network, suspended or blocked; or what goes on in it: idle, listening,\n"
          "thinking, speaking or tool. Waits 60 seconds, or --timeout. A blocked session that\n"
          "should become online is told at once. Prints nothing, unless with --json."),
  .min_args = 1,
  .max_args = 1,
  .state_bytes = sizeof (State),
  .check = check,
  .run = run,
  .clear = clear,
};
