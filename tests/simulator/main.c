/* Owns: the process: options, locale, signals, exit codes.
 * Thread: main.
 * Called by: the system. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <glib-unix.h>

#include "live-config.h"

#define GETTEXT_PACKAGE LIVE_GETTEXT_DOMAIN
#include <glib/gi18n.h>

#include "live-sim-server.h"
#include "live-sim-wav.h"

#define EXIT_USAGE 2
#define NOT_GIVEN G_MININT

typedef struct
{
  int port;
  double speed, generation_speed;
  int setup_delay_ms, reply_delay_ms, first_chunk_bytes;
  char *profile, *scenario, *record, *dump_audio, *speak, *output;
  char *chaos;
  char **hears, **options;
  gboolean is_parrot, has_text_frames, has_tones, wants_version;
} Arguments;

static void
clear_arguments (Arguments *arguments)
{
  g_free (arguments->profile);
  g_free (arguments->scenario);
  g_free (arguments->record);
  g_free (arguments->dump_audio);
  g_free (arguments->speak);
  g_free (arguments->chaos);
  g_strfreev (arguments->options);
  g_free (arguments->output);
  g_strfreev (arguments->hears);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Arguments, clear_arguments)

static gboolean
parse_arguments (Arguments *arguments, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "port", 'p', 0, G_OPTION_ARG_INT, &arguments->port,
      N_ ("Listen on this port of the loopback; 0 lets the kernel choose"), N_ ("N") },
    { "profile", 'm', 0, G_OPTION_ARG_STRING, &arguments->profile,
      N_ ("Be this model family (half-cascade, 2.5, 3.1, 3.8, 3.8-et, vertex) or model, whatever "
          "the client names"),
      N_ ("MODEL") },
    { "scenario", 's', 0, G_OPTION_ARG_FILENAME, &arguments->scenario,
      N_ ("Play the steps of this file"), N_ ("FILE") },
    { "parrot", 0, 0, G_OPTION_ARG_NONE, &arguments->is_parrot,
      N_ ("Say back the very sound that was heard"), NULL },
    { "hears", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->hears,
      N_ ("Take the next spoken words to be TEXT; may be given again"), N_ ("TEXT") },
    { "speed", 0, 0, G_OPTION_ARG_DOUBLE, &arguments->speed,
      N_ ("Let the simulated time run N times as fast"), N_ ("N") },
    { "generation-speed", 0, 0, G_OPTION_ARG_DOUBLE, &arguments->generation_speed,
      N_ ("Generate speech N times faster than it is played"), N_ ("N") },
    { "setup-delay", 0, 0, G_OPTION_ARG_INT, &arguments->setup_delay_ms,
      N_ ("Wait so long with setupComplete"), N_ ("MS") },
    { "reply-delay", 0, 0, G_OPTION_ARG_INT, &arguments->reply_delay_ms,
      N_ ("Think so long before an answer"), N_ ("MS") },
    { "first-chunk", 0, 0, G_OPTION_ARG_INT, &arguments->first_chunk_bytes,
      N_ ("Begin each answer with a piece of sound of this size"), N_ ("BYTES") },
    { "text-frames", 0, 0, G_OPTION_ARG_NONE, &arguments->has_text_frames,
      N_ ("Send text frames instead of binary ones"), NULL },
    { "tones", 0, 0, G_OPTION_ARG_NONE, &arguments->has_tones,
      N_ ("Speak in shaped tones even where espeak-ng is there"), NULL },
    { "option", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->options,
      N_ ("Set one of a scenario's options; may be given again"), N_ ("NAME=VALUE") },
    { "chaos", 0, 0, G_OPTION_ARG_STRING, &arguments->chaos,
      N_ ("Break something at random, and the same things again for the same SEED"),
      N_ ("SEED[:RATE]") },
    { "record", 'r', 0, G_OPTION_ARG_FILENAME, &arguments->record,
      N_ ("Write every message with its time to FILE, one JSON object a line"), N_ ("FILE") },
    { "dump-audio", 'd', 0, G_OPTION_ARG_FILENAME, &arguments->dump_audio,
      N_ ("Write the sound that came (in.wav) and went (out.wav) to this directory"), N_ ("DIR") },
    { "speak", 0, 0, G_OPTION_ARG_STRING, &arguments->speak,
      N_ ("Only write TEXT as speech to the file of --output, 16 kHz mono, and exit"),
      N_ ("TEXT") },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &arguments->output, N_ ("Where --speak writes"),
      N_ ("FILE") },
    { "version", 0, 0, G_OPTION_ARG_NONE, &arguments->wants_version,
      N_ ("Show the version and exit"), NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context =
      g_option_context_new (_ ("- a local stand-in for the Live API service"));

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_set_summary (
      context, _ ("Answers WebSocket clients as the service does, on the loopback only, and prints "
                  "one line when it is ready:\n  listening on ws://127.0.0.1:PORT"));
  g_option_context_set_description (
      context, _ ("Any API key is good, but one that begins with \"bad\", \"expired\" or "
                  "\"quota\" is refused as such.\n"
                  "Tests steer it under http://127.0.0.1:PORT/simulator/ (state, wait, inject, "
                  "hold, refuse)."));
  return g_option_context_parse (context, argc, argv, error);
}

/* NAME=VALUE, with a value as in a scenario. */
static gboolean
set_option (LiveSimOptions *options, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);
  g_autoptr (JsonNode) value = NULL;
  g_autoptr (JsonObject) object = json_object_new ();

  if (parts[0] == NULL || parts[1] == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _ ("\"%s\" is not of the form NAME=VALUE"), text);
      return FALSE;
    }
  value = live_sim_json_parse (parts[1], -1, error);
  if (value == NULL)
    return FALSE;
  json_object_set_member (object, parts[0], g_steal_pointer (&value));
  return live_sim_options_load (options, object, error);
}

/* The scenario's options first, then the command line over them. */
static gboolean
fill_options (LiveSimWorld *world, const Arguments *arguments, GError **error)
{
  LiveSimOptions *options = &world->options;
  const char *profile = arguments->profile;
  g_autoptr (JsonObject) given = json_object_new ();

  if (world->scenario != NULL && world->scenario->options != NULL &&
      !live_sim_options_load (options, world->scenario->options, error))
    return FALSE;
  if (profile == NULL && world->scenario != NULL)
    profile = world->scenario->profile;
  if (profile != NULL)
    {
      options->profile = live_sim_profile_find (profile);
      if (options->profile == NULL)
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       _ ("there is no model \"%s\""), profile);
          return FALSE;
        }
    }

  for (guint i = 0; arguments->options != NULL && arguments->options[i] != NULL; i++)
    if (!set_option (options, arguments->options[i], error))
      return FALSE;
  if (!isnan (arguments->speed))
    json_object_set_double_member (given, "speed", arguments->speed);
  if (!isnan (arguments->generation_speed))
    json_object_set_double_member (given, "generation_speed", arguments->generation_speed);
  if (arguments->setup_delay_ms != NOT_GIVEN)
    json_object_set_int_member (given, "setup_delay_ms", arguments->setup_delay_ms);
  if (arguments->reply_delay_ms != NOT_GIVEN)
    json_object_set_int_member (given, "reply_delay_ms", arguments->reply_delay_ms);
  if (arguments->first_chunk_bytes != NOT_GIVEN)
    json_object_set_int_member (given, "first_chunk_bytes", arguments->first_chunk_bytes);
  if (arguments->is_parrot)
    json_object_set_boolean_member (given, "parrot", TRUE);
  if (arguments->has_text_frames)
    json_object_set_boolean_member (given, "text_frames", TRUE);
  return live_sim_options_load (options, given, error);
}

static void
fill_hears (LiveSimWorld *world, const Arguments *arguments)
{
  for (guint i = 0; world->scenario != NULL && i < world->scenario->hears->len; i++)
    g_queue_push_tail (&world->hears, g_strdup (world->scenario->hears->pdata[i]));
  for (guint i = 0; arguments->hears != NULL && arguments->hears[i] != NULL; i++)
    g_queue_push_tail (&world->hears, g_strdup (arguments->hears[i]));
}

static gboolean
prepare (LiveSimWorld *world, const Arguments *arguments, GError **error)
{
  if (arguments->scenario != NULL)
    {
      world->scenario = live_sim_scenario_load (arguments->scenario, error);
      if (world->scenario == NULL)
        return FALSE;
    }
  if (!fill_options (world, arguments, error))
    return FALSE;
  fill_hears (world, arguments);
  if (arguments->chaos != NULL)
    {
      world->chaos = live_sim_chaos_new (arguments->chaos, error);
      if (world->chaos == NULL)
        return FALSE;
    }
  world->memory = live_sim_memory_new (
      world->options.handle_life_ms == 0
          ? 0
          : MAX (live_sim_options_scale_ms (&world->options, world->options.handle_life_ms), 1));
  world->record = live_sim_record_new (arguments->record, arguments->dump_audio, error);
  world->voice = live_sim_voice_new (arguments->has_tones);
  return world->record != NULL;
}

static gboolean
on_signal (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static int
serve (LiveSimWorld *world, guint port)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (LiveSimServer) server = live_sim_server_new (world, port, &error);
  guint term_id, int_id;

  if (server == NULL)
    {
      g_printerr (_ ("live-simulator: cannot listen on port %u: %s\n"), port, error->message);
      return EXIT_FAILURE;
    }

  term_id = g_unix_signal_add (SIGTERM, on_signal, loop);
  int_id = g_unix_signal_add (SIGINT, on_signal, loop);
  printf ("listening on ws://127.0.0.1:%u\n", live_sim_server_get_port (server));
  fflush (stdout);
  g_main_loop_run (loop);
  g_source_remove (term_id);
  g_source_remove (int_id);
  return EXIT_SUCCESS;
}

static gboolean
speak (const Arguments *arguments, GError **error)
{
  g_autoptr (LiveSimVoice) voice = live_sim_voice_new (arguments->has_tones);
  g_autoptr (GArray) spoken = live_sim_voice_speak (voice, arguments->speak, NULL, NULL);
  g_autoptr (GArray) frames = live_sim_resample ((const gint16 *) (gpointer) spoken->data,
                                                 spoken->len, LIVE_SIM_VOICE_RATE_HZ, 16000);
  g_autoptr (LiveSimWav) wav = live_sim_wav_new (arguments->output, 16000, error);

  return wav != NULL &&
         live_sim_wav_append (wav, (const gint16 *) (gpointer) frames->data, frames->len, error);
}

static int
complain (GError *error, int status)
{
  g_printerr ("live-simulator: %s\n", error->message);
  return status;
}

int
main (int argc, char *argv[])
{
  g_auto (Arguments) arguments = { .speed = NAN,
                                   .generation_speed = NAN,
                                   .setup_delay_ms = NOT_GIVEN,
                                   .reply_delay_ms = NOT_GIVEN,
                                   .first_chunk_bytes = NOT_GIVEN };
  g_autoptr (GError) error = NULL;
  LiveSimWorld world;
  int status;

  /* Standard output holds the one line and nothing else. */
  g_log_writer_default_set_use_stderr (TRUE);
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LIVE_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (!parse_arguments (&arguments, &argc, &argv, &error))
    return complain (error, EXIT_USAGE);
  if (arguments.wants_version)
    {
      printf ("live-simulator %s\n", LIVE_VERSION);
      return EXIT_SUCCESS;
    }
  if (argc > 1)
    {
      g_printerr (_ ("live-simulator: unexpected argument \"%s\"\n"), argv[1]);
      return EXIT_USAGE;
    }
  if (arguments.port < 0 || arguments.port > G_MAXUINT16)
    {
      g_printerr (_ ("live-simulator: %d is no port\n"), arguments.port);
      return EXIT_USAGE;
    }
  if ((arguments.speak == NULL) != (arguments.output == NULL))
    {
      g_printerr (_ ("live-simulator: --speak and --output go together\n"));
      return EXIT_USAGE;
    }
  if (arguments.speak != NULL)
    return speak (&arguments, &error) ? EXIT_SUCCESS : complain (error, EXIT_FAILURE);

  live_sim_world_init (&world);
  status = prepare (&world, &arguments, &error) ? serve (&world, (guint) arguments.port)
                                                : complain (error, EXIT_USAGE);
  live_sim_world_clear (&world);
  return status;
}
