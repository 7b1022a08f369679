/* Owns: livectl monitor: everything that the daemon tells, as lines.
 * Thread: main only.
 * Called by: main.c. */
#include <glib/gi18n.h>

#include "livectl-event.h"
#include "livectl-props.h"
#include "livectl-rows.h"

typedef struct
{
  gboolean hides_content;
  gboolean wants_levels;
  gboolean has_started;
  LivectlProps *props;
} State;

static void
add_options (gpointer data, GOptionContext *options)
{
  State *state = data;
  GOptionEntry entries[] = {
    { "no-content", 0, 0, G_OPTION_ARG_NONE, &state->hides_content,
      N_ ("Leave out what is said and written; tell only how much it is"), NULL },
    { "levels", 0, 0, G_OPTION_ARG_NONE, &state->wants_levels,
      N_ ("Show the loudness too, up to 20 lines a second"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

static void
on_signal (LivectlContext *ctx,
           const char *interface,
           const char *member,
           GVariant *params,
           gpointer data)
{
  State *state = data;

  /* What happened before the first line would not be all that happened. */
  if (state->has_started)
    livectl_event_print (ctx, interface, member, params, state->hides_content);
}

static void
on_subscribed (LivectlContext *ctx,
               GVariant *reply,
               GUnixFDList *fds,
               const GError *error,
               gpointer data)
{
  if (error != NULL)
    livectl_context_fail (ctx, error);
}

static void
on_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;

  if (state->has_started)
    return;

  state->has_started = TRUE;
  livectl_event_print_start (ctx, livectl_props_get_string (state->props, "State"));
  if (state->wants_levels)
    livectl_proxy_call (ctx, LIVECTL_AUDIO, "SubscribeLevels", g_variant_new ("(b)", TRUE),
                        livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_subscribed, NULL);
}

static void
run (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  livectl_proxy_watch (ctx, NULL, NULL);
  livectl_proxy_subscribe (ctx, on_signal, state);
  state->props = livectl_props_new (ctx, FALSE, FALSE, on_props, state);
  livectl_props_read (state->props);
}

static void
clear (gpointer data)
{
  State *state = data;

  g_clear_pointer (&state->props, livectl_props_free);
}

const LivectlCommand livectl_monitor = {
  .name = "monitor",
  .summary = N_ ("Print everything that happens, as it happens"),
  .description =
      N_ ("Transcripts are printed too: they go to everybody on the user's bus who listens. Use\n"
          "--no-content for a log that may be shown around. The first line, “watching”, means\n"
          "that nothing after it is missed. With --json each line is one object.\n"
          "Ends when the daemon goes away, with exit code 3, or with Ctrl-C."),
  .state_bytes = sizeof (State),
  .add_options = add_options,
  .run = run,
  .clear = clear,
};
