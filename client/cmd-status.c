/* Owns: livectl status: what the daemon is, once or as it changes.
 * Thread: main only.
 * Called by: main.c. */
#include <math.h>
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-error.h"
#include "livectl-out.h"
#include "livectl-props.h"
#include "livectl-rows.h"

typedef struct
{
  gboolean follows;
  LivectlContext *ctx;
  LivectlProps *props;
  gboolean is_present;
  gboolean was_told; /* whether it is */
  guint idle_id;     /* one report for all changes of one message and its neighbours */
  char *last;        /* the line that was printed last */
} State;

static void
add_options (gpointer data, GOptionContext *options)
{
  State *state = data;
  GOptionEntry entries[] = {
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &state->follows,
      N_ ("Go on and print a line at every change; outlives the daemon"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

/* Settings have a verb of their own and may hold a long text. */
static gboolean
is_shown (const char *name)
{
  const char *const hidden[] = { "Settings", "SystemInstruction", "ModelFeatures", NULL };

  return !g_strv_contains (hidden, name);
}

static char *
build_json (State *state)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree const char **names = livectl_props_list (state->props);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "running");
  json_builder_add_boolean_value (builder, state->is_present);
  for (guint i = 0; state->is_present && names[i] != NULL; i++)
    {
      g_autofree char *key = livectl_out_key (names[i]);

      if (is_shown (names[i]))
        livectl_out_json_member (builder, key, livectl_props_get (state->props, names[i]));
    }
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

static const char *
describe_state (const char *state)
{
  if (strcmp (state, "offline") == 0)
    return _ ("offline");
  if (strcmp (state, "connecting") == 0)
    return _ ("connecting");
  if (strcmp (state, "online") == 0)
    return _ ("online");
  if (strcmp (state, "rotating") == 0)
    return _ ("online, renewing the connection");
  if (strcmp (state, "backoff") == 0)
    return _ ("waiting before the next attempt");
  if (strcmp (state, "waiting-network") == 0)
    return _ ("waiting for the network");
  if (strcmp (state, "suspended") == 0)
    return _ ("suspended");
  if (strcmp (state, "blocked") == 0)
    return _ ("blocked, needs you");
  return state;
}

static const char *
describe_activity (const char *activity)
{
  if (strcmp (activity, "listening") == 0)
    return _ ("listening");
  if (strcmp (activity, "thinking") == 0)
    return _ ("thinking");
  if (strcmp (activity, "speaking") == 0)
    return _ ("speaking");
  if (strcmp (activity, "tool") == 0)
    return _ ("using a tool");
  return _ ("idle");
}

static LivectlStyle
style_of_state (const char *state)
{
  if (strcmp (state, "online") == 0 || strcmp (state, "rotating") == 0)
    return LIVECTL_STYLE_GREEN;
  if (strcmp (state, "blocked") == 0)
    return LIVECTL_STYLE_RED;
  if (strcmp (state, "offline") == 0)
    return LIVECTL_STYLE_DIM;
  return LIVECTL_STYLE_YELLOW;
}

static char *
describe_holds (LivectlProps *props)
{
  GVariant *holds = livectl_props_get (props, "Holds");
  GString *text = g_string_new (NULL);

  if (holds == NULL || !g_variant_is_of_type (holds, G_VARIANT_TYPE ("aa{sv}")))
    return g_string_free (text, FALSE);

  for (gsize i = 0; i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);
      const char *reason = "";
      const char *name = "";
      guint32 pid = 0;

      g_variant_lookup (hold, "reason", "&s", &reason);
      g_variant_lookup (hold, "name", "&s", &name);
      g_variant_lookup (hold, "pid", "u", &pid);
      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", *reason != '\0' ? reason : name);
      if (pid != 0)
        g_string_append_printf (text, " [%u]", pid);
    }

  return g_string_free (text, FALSE);
}

static char *
describe_microphone (LivectlProps *props)
{
  g_autofree char *holds = describe_holds (props);
  const char *state = livectl_props_get_string (props, "InputState");

  if (livectl_props_get (props, "Muted") == NULL || strcmp (state, "unavailable") == 0)
    return g_strdup (_ ("not available"));
  if (livectl_props_get_boolean (props, "Muted"))
    return *holds != '\0' ? g_strdup_printf (_ ("muted; wanted by %s"), holds)
                          : g_strdup (_ ("muted"));
  if (*holds == '\0')
    return g_strdup (_ ("closed"));
  if (!livectl_props_get_boolean (props, "Listening"))
    return g_strdup_printf (_ ("about to open for %s"), holds);
  return g_strdup_printf (_ ("open for %s"), holds);
}

static char *
describe_speaker (LivectlProps *props)
{
  const char *state = livectl_props_get_string (props, "OutputState");
  int percent = (int) lround (livectl_props_get_double (props, "OutputVolume") * 100);

  if (livectl_props_get (props, "OutputVolume") == NULL || strcmp (state, "unavailable") == 0)
    return g_strdup (_ ("not available"));
  return g_strdup_printf (_ ("volume %d %%"), percent);
}

static char *
describe_tokens (LivectlProps *props)
{
  GVariant *usage = livectl_props_get (props, "Usage");
  guint64 total = 0;
  guint64 prompt = 0;
  guint64 response = 0;
  g_autofree char *total_text = NULL;
  g_autofree char *prompt_text = NULL;
  g_autofree char *response_text = NULL;

  if (usage == NULL || !g_variant_is_of_type (usage, G_VARIANT_TYPE ("a{st}")) ||
      !g_variant_lookup (usage, "total", "t", &total))
    return g_strdup (_ ("none yet"));

  g_variant_lookup (usage, "prompt", "t", &prompt);
  g_variant_lookup (usage, "response", "t", &response);
  /* As texts: gettext cannot read the macros that print 64 bits. */
  total_text = g_strdup_printf ("%" G_GUINT64_FORMAT, total);
  prompt_text = g_strdup_printf ("%" G_GUINT64_FORMAT, prompt);
  response_text = g_strdup_printf ("%" G_GUINT64_FORMAT, response);
  return g_strdup_printf (_ ("%s (%s in, %s out)"), total_text, prompt_text, response_text);
}

static char *
describe_conversation (LivectlProps *props)
{
  const char *id = livectl_props_get_string (props, "ConversationId");
  const char *origin = livectl_props_get_string (props, "ContextOrigin");
  const char *how = "";

  if (*id == '\0')
    return g_strdup (_ ("none yet"));
  if (strcmp (origin, "resumed") == 0)
    how = _ (", resumed");
  else if (strcmp (origin, "reseeded") == 0)
    how = _ (", told again from the transcript");
  else if (strcmp (origin, "lost") == 0)
    how = _ (", its earlier part is lost");
  return g_strdup_printf ("%s%s", id, how);
}

/* "3 min", for a time in µs since the epoch. */
static char *
describe_span (gint64 us)
{
  gint64 seconds = us / G_USEC_PER_SEC;

  if (seconds < 120)
    return g_strdup_printf (_ ("%d s"), (int) MAX (seconds, 0));
  if (seconds < 7200)
    return g_strdup_printf (_ ("%d min"), (int) (seconds / 60));
  return g_strdup_printf (_ ("%d h"), (int) (seconds / 3600));
}

/* "● online, thinking" and why, with what is known of since and until when. */
static char *
build_headline (LivectlProps *props)
{
  const char *state = livectl_props_get_string (props, "State");
  const char *activity = livectl_props_get_string (props, "Activity");
  guint64 since_us = livectl_props_get_uint64 (props, "ConnectedSince");
  guint64 retry_us = livectl_props_get_uint64 (props, "RetryAt");
  gint64 now_us = g_get_real_time ();
  g_autofree char *clean = livectl_out_clean (describe_state (state), FALSE);
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, "%s%s%s %s", livectl_out_style (style_of_state (state)),
                          livectl_out_glyph ("●", "*"), livectl_out_style (LIVECTL_STYLE_NORMAL),
                          clean);
  if (strcmp (activity, "idle") != 0 && *activity != '\0')
    g_string_append_printf (line, ", %s", describe_activity (activity));
  if (since_us != 0)
    {
      g_autofree char *span = describe_span (now_us - (gint64) since_us);

      g_string_append (line, livectl_out_style (LIVECTL_STYLE_DIM));
      g_string_append_printf (line, _ (", connected for %s"), span);
      g_string_append (line, livectl_out_style (LIVECTL_STYLE_NORMAL));
    }
  else if (retry_us != 0)
    {
      g_autofree char *span = describe_span ((gint64) retry_us - now_us);

      g_string_append_printf (line, _ (", trying again in %s"), span);
    }

  return g_string_free (line, FALSE);
}

/* Why things are as they are, and what to do about it. */
static void
print_reason (LivectlProps *props)
{
  const char *state = livectl_props_get_string (props, "State");
  const char *message = livectl_props_get_string (props, "StateMessage");
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) lines = NULL;

  if (strcmp (state, "blocked") == 0)
    {
      g_autofree char *sentence = NULL;
      const char *cure;

      error = livectl_error_from_state (livectl_props_get_string (props, "StateReason"), message);
      sentence = livectl_error_sentence (error);
      cure = livectl_error_cure (error);
      g_string_append_printf (text, "%s%s%s", sentence, cure != NULL ? "\n" : "",
                              cure != NULL ? cure : "");
    }
  else if (*message != '\0')
    g_string_append (text, message);

  lines = g_strsplit (text->str, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *clean = livectl_out_clean (lines[i], FALSE);

      livectl_out_line ("  %s", clean);
    }
}

static void
print_report (State *state)
{
  LivectlProps *props = state->props;
  g_autoptr (LivectlTable) table = livectl_out_table_new (2);
  g_autofree char *headline = build_headline (props);
  g_autofree char *microphone = describe_microphone (props);
  g_autofree char *speaker = describe_speaker (props);
  g_autofree char *tokens = describe_tokens (props);
  g_autofree char *conversation = describe_conversation (props);
  const char *voice = livectl_props_get_string (props, "Voice");
  const char *language = livectl_props_get_string (props, "Language");

  livectl_out_line ("%s", headline);
  print_reason (props);
  livectl_out_table_add (table, _ ("Model"), livectl_props_get_string (props, "Model"));
  livectl_out_table_add (table, _ ("Voice"), *voice != '\0' ? voice : _ ("the model's own"));
  if (*language != '\0')
    livectl_out_table_add (table, _ ("Language"), language);
  livectl_out_table_add (table, _ ("Microphone"), microphone);
  livectl_out_table_add (table, _ ("Speaker"), speaker);
  livectl_out_table_add (table, _ ("Conversation"), conversation);
  livectl_out_table_add (table, _ ("Tokens"), tokens);
  livectl_out_table_add (table, _ ("Daemon"), livectl_props_get_string (props, "Version"));
  livectl_out_table_print (table, LIVECTL_STYLE_DIM);
}

/* One line for --follow: what a status bar has room for. */
static char *
build_line (State *state)
{
  LivectlProps *props = state->props;
  g_autoptr (GString) line = NULL;

  if (!state->is_present)
    return g_strdup (_ ("not running"));

  line = g_string_new (describe_state (livectl_props_get_string (props, "State")));
  g_string_append_printf (line, " · %s",
                          describe_activity (livectl_props_get_string (props, "Activity")));
  if (livectl_props_get_boolean (props, "Muted"))
    g_string_append_printf (line, " · %s", _ ("muted"));
  else if (livectl_props_get_boolean (props, "Listening"))
    g_string_append_printf (line, " · %s", _ ("microphone open"));
  return livectl_out_clean (line->str, FALSE);
}

static void
report (State *state)
{
  g_autofree char *line = NULL;

  if (!state->follows && !state->ctx->is_json)
    {
      print_report (state);
      return;
    }

  line = state->ctx->is_json ? build_json (state) : build_line (state);
  if (g_strcmp0 (line, state->last) == 0)
    return;

  livectl_out_line ("%s", line);
  livectl_context_flush (state->ctx);
  g_free (state->last);
  state->last = g_steal_pointer (&line);
}

static gboolean
on_idle (gpointer data)
{
  State *state = data;

  state->idle_id = 0;
  report (state);
  return G_SOURCE_REMOVE;
}

static void
on_props (LivectlContext *ctx, const char *property, gpointer data)
{
  State *state = data;

  if (!state->follows)
    {
      report (state);
      livectl_context_finish (ctx, LIVECTL_EXIT_OK);
    }
  else if (state->idle_id == 0)
    state->idle_id = g_idle_add (on_idle, state);
}

static void
on_presence (LivectlContext *ctx, gboolean is_present, gpointer data)
{
  State *state = data;

  state->is_present = is_present;
  /* Reading starts a daemon that was never there; one that left is left alone. */
  if (is_present || (!state->was_told && !ctx->no_autostart))
    livectl_props_read (state->props);
  else
    report (state);
  state->was_told = TRUE;
}

static void
run (LivectlContext *ctx, gpointer data)
{
  State *state = data;

  state->ctx = ctx;
  state->props = livectl_props_new (ctx, TRUE, state->follows, on_props, state);
  if (state->follows)
    livectl_proxy_watch (ctx, on_presence, state);
  else
    {
      state->is_present = TRUE; /* or reading says that it is not */
      livectl_props_read (state->props);
    }
}

static void
clear (gpointer data)
{
  State *state = data;

  g_clear_handle_id (&state->idle_id, g_source_remove);
  g_clear_pointer (&state->props, livectl_props_free);
  g_free (state->last);
}

const LivectlCommand livectl_status = {
  .name = "status",
  .summary = N_ ("Tell what the daemon is doing"),
  .description =
      N_ ("With --follow the verb goes on and prints one line at every change, in a shape that\n"
          "suits a status bar; it tells when the daemon goes and when it comes back. With --json\n"
          "each line is one object whose members are the properties on D-Bus."),
  .state_bytes = sizeof (State),
  .add_options = add_options,
  .run = run,
  .clear = clear,
};
