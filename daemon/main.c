/* Owns: the process: options, locale, exit codes.
 * Thread: main.
 * Called by: the system. */
#include <locale.h>

#include <glib/gi18n.h>

#include "base/live-log.h"
#include "live-app.h"
#include "live-config.h"

typedef struct
{
  LiveAppOptions app;
  gboolean is_verbose, wants_version;
} Options;

static gboolean
read_options (int argc, char *argv[], Options *ret_options, GError **error)
{
  const GOptionEntry entries[] = {
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &ret_options->app.overrides,
      N_ ("Use this setting for this run"), N_ ("GROUP.KEY=VALUE") },
    { "replace", 0, 0, G_OPTION_ARG_NONE, &ret_options->app.is_replacing,
      N_ ("Take the place of a daemon that runs"), NULL },
    { "verbose", 0, 0, G_OPTION_ARG_NONE, &ret_options->is_verbose,
      N_ ("Log each step; never what is said"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &ret_options->wants_version,
      N_ ("Print the version and exit"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (
      context, _ ("Holds one conversation with the Gemini Live API and offers it on D-Bus."));
  g_option_context_set_description (context,
                                    _ ("Usually systemd and D-Bus start it; livectl talks to it."));
  g_option_context_add_main_entries (context, entries, LIVE_GETTEXT_DOMAIN);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;

  if (argc > 1)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _ ("There is nothing to do with “%s”"), argv[1]);
      return FALSE;
    }

  return TRUE;
}

int
main (int argc, char *argv[])
{
  Options options = { 0 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) overrides = NULL;
  gboolean is_parsed;
  LiveLog *log;

  setlocale (LC_ALL, "");
  bindtextdomain (LIVE_GETTEXT_DOMAIN, LIVE_LOCALEDIR);
  bind_textdomain_codeset (LIVE_GETTEXT_DOMAIN, "UTF-8");
  textdomain (LIVE_GETTEXT_DOMAIN);

  is_parsed = read_options (argc, argv, &options, &error);
  overrides = options.app.overrides;
  if (!is_parsed)
    {
      g_printerr ("lived: %s\n", error->message);
      return LIVE_APP_USAGE;
    }

  if (options.wants_version)
    {
      g_print ("lived %s\n", LIVE_VERSION);
      return LIVE_APP_OK;
    }

  log = live_log_new ("lived");
  if (options.is_verbose)
    live_log_set_level (log, "debug");
  live_log_install (log);

  /* The log stays: a thread of a library may still write a last record. */
  return live_app_run (&options.app, log);
}
