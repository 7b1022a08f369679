/* Owns: livectl mute and volume: the two knobs of the sound.
 * Thread: main only.
 * Called by: main.c. */
#include <math.h>
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-props.h"
#include "livectl-rows.h"

typedef struct
{
  LivectlProps *props;
  gboolean is_muted;
  gdouble volume;
  gdouble percent; /* as typed */
  char sign;       /* of a step, '+' or '-'; else 0 */
} State;

static void
print_member (const char *name, GVariant *value)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);

  json_builder_begin_object (builder);
  livectl_out_json_member (builder, name, owned);
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
print_muted (LivectlContext *ctx, gboolean is_muted)
{
  if (ctx->is_json)
    print_member ("muted", g_variant_new_boolean (is_muted));
  else if (is_muted)
    livectl_out_line (_ ("The microphone is muted."));
  else
    livectl_out_line (_ ("The microphone is not muted."));
}

static void
on_muted (LivectlContext *ctx,
          GVariant *reply,
          GUnixFDList *fds,
          const GError *error,
          gpointer data)
{
  State *state = data;

  if (error == NULL)
    print_muted (ctx, state->is_muted);
  livectl_proxy_done (ctx, reply, fds, error, data);
}

static void
set_muted (LivectlContext *ctx, State *state, gboolean is_muted)
{
  state->is_muted = is_muted;
  livectl_proxy_set (ctx, LIVECTL_AUDIO, "Muted", g_variant_new_boolean (is_muted), on_muted,
                     state);
}

static gboolean
has_audio (LivectlContext *ctx, State *state, const char *property)
{
  g_autoptr (GError) error = NULL;

  if (livectl_props_get (state->props, property) != NULL)
    return TRUE;

  error = g_error_new (G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY, "%s", property);
  livectl_context_fail (ctx, error);
  return FALSE;
}

static void
on_mute_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;

  if (!has_audio (ctx, state, "Muted"))
    return;

  if (ctx->args[0] != NULL)
    {
      set_muted (ctx, state, !livectl_props_get_boolean (state->props, "Muted"));
      return;
    }

  print_muted (ctx, livectl_props_get_boolean (state->props, "Muted"));
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static gboolean
check_mute (LivectlContext *ctx, gpointer data)
{
  const char *const wishes[] = { "on", "off", "toggle", NULL };

  if (ctx->args[0] == NULL || g_strv_contains (wishes, ctx->args[0]))
    return TRUE;

  livectl_context_usage (ctx, _ ("“%s” is not one of: on, off, toggle."), ctx->args[0]);
  return FALSE;
}

static void
run_mute (LivectlContext *ctx, gpointer data)
{
  State *state = data;
  const char *wish = ctx->args[0];

  if (wish != NULL && strcmp (wish, "toggle") != 0)
    {
      set_muted (ctx, state, strcmp (wish, "on") == 0);
      return;
    }

  state->props = livectl_props_new (ctx, FALSE, FALSE, on_mute_props, state);
  livectl_props_read (state->props);
}

static void
print_volume (LivectlContext *ctx, gdouble volume)
{
  if (ctx->is_json)
    print_member ("output-volume", g_variant_new_double (volume));
  else
    livectl_out_line (_ ("Volume %.0f %%"), volume * 100);
}

static void
on_volume_set (LivectlContext *ctx,
               GVariant *reply,
               GUnixFDList *fds,
               const GError *error,
               gpointer data)
{
  State *state = data;

  if (error == NULL)
    print_volume (ctx, state->volume);
  livectl_proxy_done (ctx, reply, fds, error, data);
}

/* "50", "50%", "10%+", "10%-": the number, and which way it goes; FALSE for anything else. Less
 * than one percent is meant as a part of one. */
static gboolean
parse_volume (const char *text, gdouble *ret_percent, char *ret_sign)
{
  char *end = NULL;
  gdouble percent = g_ascii_strtod (text, &end);

  if (end == text || !g_ascii_isdigit (*text) || !isfinite (percent) || percent > 100 ||
      (percent > 0 && percent < 1))
    return FALSE;
  if (*end == '%')
    end++;
  *ret_sign = '\0';
  if (*end == '+' || *end == '-')
    *ret_sign = *end++;
  if (*end != '\0')
    return FALSE;

  *ret_percent = percent;
  return TRUE;
}

static void
set_volume (LivectlContext *ctx, State *state, gdouble volume)
{
  state->volume = CLAMP (volume, 0.0, 1.0);
  livectl_proxy_set (ctx, LIVECTL_AUDIO, "OutputVolume", g_variant_new_double (state->volume),
                     on_volume_set, state);
}

static void
on_volume_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;
  gdouble volume = livectl_props_get_double (state->props, "OutputVolume");
  gdouble step = (state->sign == '+' ? state->percent : -state->percent) / 100;

  if (!has_audio (ctx, state, "OutputVolume"))
    return;

  if (ctx->args[0] != NULL)
    {
      set_volume (ctx, state, volume + step);
      return;
    }

  print_volume (ctx, volume);
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static gboolean
check_volume (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  if (ctx->args[0] == NULL || parse_volume (ctx->args[0], &state->percent, &state->sign))
    return TRUE;

  livectl_context_usage (
      ctx, _ ("“%s” is not a volume in percent: 0 to 100, or a step as 10+ or 10-."), ctx->args[0]);
  return FALSE;
}

static void
run_volume (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  if (ctx->args[0] != NULL && state->sign == '\0')
    {
      set_volume (ctx, state, state->percent / 100);
      return;
    }

  state->props = livectl_props_new (ctx, FALSE, FALSE, on_volume_props, state);
  livectl_props_read (state->props);
}

static void
clear (gpointer data)
{
  State *state = data;

  g_clear_pointer (&state->props, livectl_props_free);
}

const LivectlCommand livectl_mute = {
  .name = "mute",
  .args = N_ ("[on|off|toggle]"),
  .summary = N_ ("Mute the microphone, unmute it, or tell whether it is muted"),
  .description =
      N_ ("Muting takes the microphone away from the daemon altogether; whoever held it\n"
          "gets it back when it is unmuted."),
  .max_args = 1,
  .state_bytes = sizeof (State),
  .check = check_mute,
  .run = run_mute,
  .clear = clear,
};

const LivectlCommand livectl_volume = {
  .name = "volume",
  .args = N_ ("[PERCENT|STEP+|STEP-]"),
  .summary = N_ ("Set or tell the loudness of the answers"),
  .max_args = 1,
  .state_bytes = sizeof (State),
  .check = check_volume,
  .run = run_volume,
  .clear = clear,
};
