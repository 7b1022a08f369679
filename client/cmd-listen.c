/* Owns: livectl listen: the microphone, held for as long as somebody wants it.
 * Thread: main only.
 * Called by: main.c. */
#include <math.h>
#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "livectl-dialogue.h"
#include "livectl-event.h"
#include "livectl-out.h"
#include "livectl-props.h"
#include "livectl-rows.h"

#define METER_CELLS 20
/* Below this a room is silent. */
#define METER_FLOOR_DB (-60.0)

typedef struct
{
  gboolean wants_levels;
  gboolean wants_all;
  char *reason;

  LivectlTerminal *terminal; /* NULL unless there is one to hold at */
  LivectlScreen *screen;
  LivectlDialogue *dialogue;
  LivectlProps *props;
  gdouble input_peak;
  gboolean is_holding;
  gboolean has_started; /* the properties are read */
} State;

static void
add_options (gpointer data, GOptionContext *options)
{
  State *state = data;
  GOptionEntry entries[] = {
    { "levels", 0, 0, G_OPTION_ARG_NONE, &state->wants_levels,
      N_ ("With hold: show how loud the microphone is"), NULL },
    { "reason", 0, 0, G_OPTION_ARG_STRING, &state->reason,
      N_ ("What to show to those who ask who listens"), N_ ("TEXT") },
    { "all", 0, 0, G_OPTION_ARG_NONE, &state->wants_all,
      N_ ("With off: take the microphone from everybody who holds it"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

static void
print_json (State *state)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const char *const shown[] = { "Listening", "Muted", "Holds" };

  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (shown); i++)
    {
      g_autofree char *key = livectl_out_key (shown[i]);
      GVariant *value = livectl_props_get (state->props, shown[i]);

      if (value != NULL)
        livectl_out_json_member (builder, key, value);
    }
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static gboolean
is_held (State *state)
{
  GVariant *holds = livectl_props_get (state->props, "Holds");

  return holds != NULL && g_variant_is_container (holds) && g_variant_n_children (holds) > 0;
}

static void
on_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;

  if (ctx->is_json)
    print_json (state);
  else if (!is_held (state))
    livectl_out_line (_ ("The microphone is closed."));
  else if (livectl_props_get_boolean (state->props, "Muted"))
    livectl_out_line (_ ("The microphone is held, but muted; unmute it with: livectl mute off"));
  else if (strcmp (ctx->args[0], "off") == 0)
    livectl_out_line (_ ("Other programs still hold the microphone; see: livectl status"));
  else
    livectl_out_line (_ ("The microphone is open until: livectl listen off"));
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
on_changed (LivectlContext *ctx,
            GVariant *reply,
            GUnixFDList *fds,
            const GError *error,
            gpointer data)
{
  State *state = data;

  /* Nothing was held by "listen on": then it is off. */
  if (error != NULL && !g_error_matches (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND))
    {
      livectl_context_fail (ctx, error);
      return;
    }

  state->props = livectl_props_new (ctx, FALSE, FALSE, on_props, state);
  livectl_props_read (state->props);
}

/* "▕██████▏      ▏-23 dB": linear in decibels, as ears are. */
static char *
build_meter (State *state)
{
  gdouble db = state->input_peak > 0 ? 20 * log10 (state->input_peak) : METER_FLOOR_DB;
  int filled = (int) lround ((1 - db / METER_FLOOR_DB) * METER_CELLS);
  GString *meter = g_string_new (NULL);

  filled = CLAMP (filled, 0, METER_CELLS);
  for (int i = 0; i < METER_CELLS; i++)
    g_string_append (meter,
                     i < filled ? livectl_out_glyph ("█", "#") : livectl_out_glyph ("░", "."));
  g_string_append_printf (meter, " %3.0f dB", MAX (db, METER_FLOOR_DB));
  return g_string_free (meter, FALSE);
}

static void
update_prompt (State *state)
{
  gboolean is_open = livectl_props_get_boolean (state->props, "Listening");
  gboolean is_muted = livectl_props_get_boolean (state->props, "Muted");
  g_autofree char *meter = state->wants_levels && is_open ? build_meter (state) : NULL;
  g_autofree char *label = NULL;
  const char *hint = is_muted        ? _ ("muted")
                     : !is_open      ? _ ("opening the microphone …")
                     : meter != NULL ? _ ("Enter or Ctrl-C ends")
                                     : _ ("listening; Enter or Ctrl-C ends");

  if (state->terminal == NULL)
    return;

  label = g_strdup_printf ("%*s%s %s%s", livectl_screen_get_gutter (state->screen) - 2, "",
                           livectl_out_glyph ("●", "*"), meter != NULL ? meter : "",
                           meter != NULL ? "  " : "");
  livectl_terminal_set_prompt (
      state->terminal,
      livectl_out_style (is_open && !is_muted ? LIVECTL_STYLE_RED : LIVECTL_STYLE_DIM), label,
      hint);
  livectl_terminal_refresh (state->terminal);
}

static void
on_hold_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;

  if (property == NULL && ctx->is_json)
    livectl_event_print_start (ctx, livectl_props_get_string (state->props, "State"));
  if (property == NULL)
    state->has_started = TRUE;
  update_prompt (state);
}

static void
on_hold_signal (LivectlContext *ctx,
                const char *interface,
                const char *member,
                GVariant *params,
                gpointer data)
{
  State *state = data;

  if (!state->is_holding)
    return;

  if (ctx->is_json && state->has_started)
    livectl_event_print (ctx, interface, member, params, FALSE);
  livectl_dialogue_signal (state->dialogue, member, params);
  livectl_context_flush (ctx);
  if (strcmp (member, "Levels") == 0 && g_variant_is_of_type (params, G_VARIANT_TYPE ("(dddd)")))
    {
      g_variant_get (params, "(dddd)", NULL, &state->input_peak, NULL, NULL);
      update_prompt (state);
    }
}

static void
on_levels (LivectlContext *ctx,
           GVariant *reply,
           GUnixFDList *fds,
           const GError *error,
           gpointer data)
{
  if (error != NULL)
    livectl_context_fail (ctx, error);
}

static void
on_held (LivectlContext *ctx, GVariant *reply, GUnixFDList *fds, const GError *error, gpointer data)
{
  State *state = data;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  state->is_holding = TRUE;
  if (state->wants_levels)
    livectl_proxy_call (ctx, LIVECTL_AUDIO, "SubscribeLevels", g_variant_new ("(b)", TRUE),
                        livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_levels, NULL);
  livectl_props_read (state->props);
}

static void
on_entered (const char *text, gpointer data)
{
  livectl_context_finish (data, LIVECTL_EXIT_OK);
}

static void
on_ended (gpointer data)
{
  livectl_context_finish (data, LIVECTL_EXIT_OK);
}

static void
on_interrupted (gpointer data)
{
  livectl_context_finish (data, LIVECTL_EXIT_INTERRUPTED);
}

static void
on_resized (gpointer data)
{
  LivectlContext *ctx = data;
  State *state = ctx->state;

  livectl_screen_resized (state->screen);
}

static void
start (LivectlContext *ctx, State *state, gboolean is_detached, LivectlReplyFunc func)
{
  const char *reason = state->reason != NULL ? state->reason
                       : is_detached         ? "livectl listen on"
                                             : "livectl listen hold";
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "reason", g_variant_new_string (reason));
  if (is_detached)
    g_variant_builder_add (&options, "{sv}", "detached", g_variant_new_boolean (TRUE));
  livectl_proxy_watch (ctx, NULL, NULL);
  livectl_proxy_call (ctx, LIVECTL_AUDIO, "StartListening", g_variant_new ("(a{sv})", &options),
                      livectl_context_timeout_ms (ctx, LIVECTL_CONNECT_MS), func, state);
}

static void
stop (LivectlContext *ctx, State *state)
{
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (state->wants_all)
    g_variant_builder_add (&options, "{sv}", "all", g_variant_new_boolean (TRUE));
  livectl_proxy_call (ctx, LIVECTL_AUDIO, "StopListening", g_variant_new ("(a{sv})", &options),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_changed, state);
}

static void
hold (LivectlContext *ctx, State *state)
{
  LivectlTerminalHooks hooks = {
    .entered = on_entered,
    .interrupted = on_interrupted,
    .ended = on_ended,
    .resized = on_resized,
    .ignores_text = TRUE,
    .data = ctx,
  };

  state->terminal = ctx->is_json ? NULL : livectl_terminal_new (&hooks);
  state->screen = livectl_screen_new (state->terminal);
  state->dialogue = livectl_dialogue_new (ctx->is_json ? NULL : state->screen, FALSE, FALSE);
  state->props = livectl_props_new (ctx, FALSE, TRUE, on_hold_props, state);
  livectl_proxy_subscribe (ctx, on_hold_signal, state);
  update_prompt (state);
  start (ctx, state, FALSE, on_held);
}

static gboolean
check (LivectlContext *ctx, gpointer data)
{
  State *state = data;
  const char *const actions[] = { "on", "off", "hold", NULL };
  const char *action = ctx->args[0];

  if (!g_strv_contains (actions, action))
    livectl_context_usage (ctx, _ ("“%s” is not one of: on, off, hold."), action);
  else if (state->wants_levels && strcmp (action, "hold") != 0)
    livectl_context_usage (ctx, _ ("--levels goes with hold only."));
  else if (state->wants_all && strcmp (action, "off") != 0)
    livectl_context_usage (ctx, _ ("--all goes with off only."));
  return !ctx->is_finished;
}

static void
run (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  if (strcmp (ctx->args[0], "on") == 0)
    start (ctx, state, TRUE, on_changed);
  else if (strcmp (ctx->args[0], "off") == 0)
    stop (ctx, state);
  else
    hold (ctx, state);
}

static void
leave (gpointer data)
{
  State *state = data;

  if (state->screen != NULL)
    livectl_screen_end_all (state->screen);
  if (state->terminal != NULL)
    livectl_terminal_leave (state->terminal);
}

static void
clear (gpointer data)
{
  State *state = data;

  leave (state);
  g_clear_pointer (&state->screen, livectl_screen_free);
  g_clear_pointer (&state->terminal, livectl_terminal_free);
  g_clear_pointer (&state->dialogue, livectl_dialogue_free);
  g_clear_pointer (&state->props, livectl_props_free);
  g_free (state->reason);
}

const LivectlCommand livectl_listen = {
  .name = "listen",
  .args = N_ ("on|off|hold"),
  .summary = N_ ("Open the microphone, or give it back"),
  .description =
      N_ ("hold keeps the microphone open and shows what is said, until Enter or Ctrl-C; it is\n"
          "given back however livectl ends. on leaves it open after livectl has ended, until\n"
          "off. The daemon connects by itself."),
  .min_args = 1,
  .max_args = 1,
  .state_bytes = sizeof (State),
  .add_options = add_options,
  .check = check,
  .run = run,
  .leave = leave,
  .clear = clear,
};
