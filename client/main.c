/* Owns: livectl's command line: finds the verb's row, parses its options, runs it.
 * Thread: main only.
 * Called by: the operating system. */
#include "livectl.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "live-config.h"
#include "livectl-out.h"
#include "livectl-proxy.h"
#include "livectl-rows.h"

#define PROGRAM "livectl"
#define TIMEOUT_MAX_S 86400.0

const LivectlCommand *const livectl_commands[] = {
  &livectl_agent,
  &livectl_ask,
  &livectl_chat,
  &livectl_check,
  &livectl_config,
  &livectl_connect,
  &livectl_devices,
  &livectl_disconnect,
  &livectl_dump,
  &livectl_interrupt,
  &livectl_listen,
  &livectl_monitor,
  &livectl_mute,
  &livectl_new,
  &livectl_send,
  &livectl_status,
  &livectl_tool,
  &livectl_voice,
  &livectl_volume,
  &livectl_wait,
  NULL,
};

static const LivectlCommand *
find_command (const char *name)
{
  for (guint i = 0; livectl_commands[i] != NULL; i++)
    if (strcmp (livectl_commands[i]->name, name) == 0)
      return livectl_commands[i];

  return NULL;
}

static char *
build_overview (void)
{
  GString *text = g_string_new (_ ("Verbs:"));
  int width = 0;

  for (guint i = 0; livectl_commands[i] != NULL; i++)
    width = MAX (width, (int) strlen (livectl_commands[i]->name));
  for (guint i = 0; livectl_commands[i] != NULL; i++)
    g_string_append_printf (text, "\n  %-*s  %s", width, livectl_commands[i]->name,
                            _ (livectl_commands[i]->summary));

  g_string_append (text, "\n\n");
  g_string_append (text, _ ("What a verb does and takes: livectl VERB --help"));
  g_string_append_c (text, '\n');
  g_string_append (text, _ ("Exit codes: 0 ok, 1 failed, 2 usage, 3 daemon unreachable,\n"
                            "4 credentials or configuration, 5 timeout, 6 busy or not owner,\n"
                            "130 interrupted."));
  return g_string_free (text, FALSE);
}

static GOptionContext *
new_options (LivectlContext *ctx, char ***rest, gboolean *wants_help, gboolean *wants_version)
{
  const LivectlCommand *command = ctx->command;
  GOptionContext *options = NULL;
  GOptionEntry common[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &ctx->is_json,
      N_ ("Print JSON, one value a line, in the same shape in every locale"), NULL },
    { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &ctx->timeout_s,
      N_ ("Give up when the daemon takes longer than this"), N_ ("SECONDS") },
    { "no-autostart", 0, 0, G_OPTION_ARG_NONE, &ctx->no_autostart,
      N_ ("Do not start the daemon if it is not running"), NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, wants_help, N_ ("Show this help"), NULL },
    /* As bytes, for GOption would refuse what the C locale cannot say. */
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, rest, NULL,
      command == NULL ? N_ ("VERB …") : command->args },
    { NULL },
  };
  GOptionEntry version[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, wants_version, N_ ("Show livectl's version"), NULL },
    { NULL },
  };

  if (command == NULL)
    {
      g_autofree char *overview = build_overview ();

      options = g_option_context_new (NULL);
      g_option_context_set_summary (options, _ ("Talk to lived, the voice conversation daemon."));
      g_option_context_set_description (options, overview);
      /* What follows the verb belongs to the verb. */
      g_option_context_set_strict_posix (options, TRUE);
    }
  else
    {
      options = g_option_context_new (NULL);
      g_option_context_set_summary (options, _ (command->summary));
      if (command->description != NULL)
        g_option_context_set_description (options, _ (command->description));
      if (command->add_options != NULL)
        command->add_options (ctx->state, options);
    }

  g_option_context_set_translation_domain (options, LIVE_GETTEXT_DOMAIN);
  /* Ours instead of GOption's, which would exit by itself. */
  g_option_context_set_help_enabled (options, FALSE);
  g_option_context_add_main_entries (options, common, LIVE_GETTEXT_DOMAIN);
  if (command == NULL)
    g_option_context_add_main_entries (options, version, LIVE_GETTEXT_DOMAIN);
  return options;
}

static void
print_help (GOptionContext *options)
{
  g_autofree char *help = g_option_context_get_help (options, TRUE, NULL);

  g_print ("%s", help);
}

/* The verb of the least edits, if it is near enough to be meant. */
static const char *
find_similar (const char *name)
{
  const char *best = NULL;
  gsize best_distance = 3;

  for (guint i = 0; livectl_commands[i] != NULL; i++)
    {
      gsize distance = livectl_out_distance (name, livectl_commands[i]->name);

      if (distance < best_distance && distance < strlen (livectl_commands[i]->name))
        {
          best = livectl_commands[i]->name;
          best_distance = distance;
        }
    }

  return best;
}

static void
refuse_verb (LivectlContext *ctx, const char *name)
{
  const char *similar = NULL;

  for (guint i = 0; similar == NULL && livectl_commands[i] != NULL; i++)
    if (strlen (name) >= 2 && g_str_has_prefix (livectl_commands[i]->name, name))
      similar = livectl_commands[i]->name;
  if (similar == NULL)
    similar = find_similar (name);

  if (similar != NULL)
    livectl_context_usage (ctx, _ ("There is no verb “%s”. Did you mean “%s”?"), name, similar);
  else
    livectl_context_usage (ctx, _ ("There is no verb “%s”."), name);
}

/* D-Bus carries valid UTF-8 only; a terminal of another character set is converted. */
static gboolean
convert_args (LivectlContext *ctx)
{
  for (guint i = 0; ctx->args[i] != NULL; i++)
    {
      char *text = NULL;

      if (g_utf8_validate (ctx->args[i], -1, NULL))
        continue;
      text = g_locale_to_utf8 (ctx->args[i], -1, NULL, NULL, NULL);
      if (text == NULL)
        {
          livectl_context_usage (ctx, _ ("Argument %u is not valid text."), i + 1);
          return FALSE;
        }
      g_free (ctx->args[i]);
      ctx->args[i] = text;
    }

  return TRUE;
}

static gboolean
check_args (LivectlContext *ctx)
{
  guint n_args = g_strv_length (ctx->args);

  if (n_args < ctx->command->min_args)
    {
      livectl_context_usage (ctx, _ ("Something is missing: livectl %s %s"), ctx->command->name,
                             _ (ctx->command->args));
      return FALSE;
    }
  if (n_args > ctx->command->max_args)
    {
      livectl_context_usage (ctx, _ ("“%s” is one argument too many."),
                             ctx->args[ctx->command->max_args]);
      return FALSE;
    }
  if (!(ctx->timeout_s >= 0 && ctx->timeout_s <= TIMEOUT_MAX_S))
    {
      livectl_context_usage (ctx, _ ("--timeout takes seconds, at most %.0f."), TIMEOUT_MAX_S);
      return FALSE;
    }

  return convert_args (ctx) &&
         (ctx->command->check == NULL || ctx->command->check (ctx, ctx->state));
}

/* "-0.5" is a value and no option: we have none that begin with a digit. GOption would refuse it,
 * so it passes through behind a character that no argument begins with. */
#define NUMBER_MARK '\001'

static void
mark_numbers (char **args)
{
  for (guint i = 1; args[0] != NULL && args[i] != NULL; i++)
    if (args[i][0] == '-' && (g_ascii_isdigit (args[i][1]) || args[i][1] == '.') &&
        !g_str_has_prefix (args[i - 1], "--"))
      {
        char *marked = g_strdup_printf ("%c%s", NUMBER_MARK, args[i]);

        g_free (args[i]);
        args[i] = marked;
      }
}

static void
unmark_numbers (char **args)
{
  for (guint i = 0; args[i] != NULL; i++)
    if (args[i][0] == NUMBER_MARK)
      memmove (args[i], args[i] + 1, strlen (args[i]));
}

/* Fills ctx->args with what stands after the options; FALSE when the run is over already. */
static gboolean
parse (LivectlContext *ctx, char **argv)
{
  gboolean wants_help = FALSE;
  gboolean wants_version = FALSE;
  g_auto (GStrv) rest = NULL;
  g_auto (GStrv) unparsed = g_strdupv (argv);
  g_autoptr (GOptionContext) options = new_options (ctx, &rest, &wants_help, &wants_version);
  g_autoptr (GError) error = NULL;

  mark_numbers (unparsed);
  if (!g_option_context_parse_strv (options, &unparsed, &error))
    {
      livectl_context_usage (ctx, "%s.", error->message);
      return FALSE;
    }

  if (wants_help)
    {
      print_help (options);
      livectl_context_finish (ctx, LIVECTL_EXIT_OK);
      return FALSE;
    }
  if (wants_version)
    {
      livectl_out_line ("%s %s", PROGRAM, LIVE_VERSION);
      livectl_context_finish (ctx, LIVECTL_EXIT_OK);
      return FALSE;
    }

  ctx->args = rest != NULL ? g_steal_pointer (&rest) : g_new0 (char *, 1);
  unmark_numbers (ctx->args);
  return TRUE;
}

/* livectl help VERB is livectl VERB --help, and livectl help is livectl --help. */
static char **
translate_help (char **args)
{
  const char *const top[] = { PROGRAM, "--help", NULL };
  const char *const verb[] = { args[1], "--help", NULL };

  return g_strdupv ((char **) (args[1] != NULL ? verb : top));
}

static gboolean
parse_verb (LivectlContext *ctx)
{
  g_auto (GStrv) args = g_steal_pointer (&ctx->args);
  g_autofree char *name = NULL;

  if (strcmp (args[0], "help") == 0)
    {
      char **translated = translate_help (args);

      g_strfreev (args);
      args = translated;
      if (strcmp (args[0], PROGRAM) == 0)
        return parse (ctx, args);
    }

  ctx->command = find_command (args[0]);
  if (ctx->command == NULL)
    {
      refuse_verb (ctx, args[0]);
      return FALSE;
    }

  name = g_strdup_printf ("%s %s", PROGRAM, args[0]);
  g_set_prgname (name);
  ctx->state = g_malloc0 (MAX (ctx->command->state_bytes, 1));
  return parse (ctx, args) && check_args (ctx);
}

static gboolean
on_interrupt (gpointer data)
{
  LivectlContext *ctx = data;

  if (ctx->command->interrupt == NULL || !ctx->command->interrupt (ctx, ctx->state))
    livectl_context_finish (ctx, LIVECTL_EXIT_INTERRUPTED);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer data)
{
  livectl_context_finish (data, LIVECTL_EXIT_INTERRUPTED);
  return G_SOURCE_CONTINUE;
}

static void
on_bus_ready (LivectlContext *ctx)
{
  ctx->command->run (ctx, ctx->state);
}

static void
run (LivectlContext *ctx)
{
  guint sources[] = {
    g_unix_signal_add (SIGINT, on_interrupt, ctx),
    g_unix_signal_add (SIGTERM, on_terminate, ctx),
    g_unix_signal_add (SIGHUP, on_terminate, ctx),
  };

  ctx->loop = g_main_loop_new (NULL, FALSE);
  livectl_proxy_open (ctx, on_bus_ready);
  if (!ctx->is_finished)
    g_main_loop_run (ctx->loop);

  /* The cancelled calls come back at once and let go of what they hold. */
  while (ctx->n_pending > 0)
    g_main_context_iteration (NULL, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);
}

int
main (int argc, char **argv)
{
  LivectlContext ctx = { 0 };

  setlocale (LC_ALL, "");
  bindtextdomain (LIVE_GETTEXT_DOMAIN, LIVE_LOCALEDIR);
  bind_textdomain_codeset (LIVE_GETTEXT_DOMAIN, "UTF-8");
  textdomain (LIVE_GETTEXT_DOMAIN);
  g_set_prgname (PROGRAM);

  ctx.cancellable = g_cancellable_new ();
  if (parse (&ctx, argv))
    {
      if (ctx.args[0] == NULL)
        livectl_context_usage (&ctx, _ ("What is to be done? A verb is missing."));
      else if (parse_verb (&ctx))
        run (&ctx);
    }

  if (ctx.command != NULL && ctx.state != NULL && ctx.command->clear != NULL)
    ctx.command->clear (ctx.state);
  livectl_proxy_close (&ctx);
  if (!livectl_out_flush () && ctx.exit_code == LIVECTL_EXIT_OK)
    ctx.exit_code = LIVECTL_EXIT_FAILED;

  g_clear_pointer (&ctx.loop, g_main_loop_unref);
  g_clear_object (&ctx.cancellable);
  g_clear_pointer (&ctx.args, g_strfreev);
  g_free (ctx.state);
  return ctx.exit_code;
}
