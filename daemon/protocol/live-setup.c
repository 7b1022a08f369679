/* Owns: the making of the setup message.
 * Thread: any (pure).
 * Called by: core/live-link.c, once a connection. */
#include "protocol/live-setup.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "protocol/live-endpoint.h"
#include "protocol/live-setup-build.h"
#include "protocol/live-setup-tools.h"

static void
write_instruction (LiveSetupBuild *build)
{
  const char *text = live_setup_build_string (build, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION);
  LiveJsonWriter *writer = &build->writer;

  live_json_writer_open (writer, "systemInstruction", '{');
  live_json_writer_open (writer, "parts", '[');
  live_json_writer_open (writer, NULL, '{');
  live_json_writer_string (writer, "text", text);
  live_json_writer_close (writer, '}');
  live_json_writer_close (writer, ']');
  live_json_writer_close (writer, '}');
}

static void
write_detection (LiveSetupBuild *build)
{
  static const LiveSetupWord starts[] = { { "high", "START_SENSITIVITY_HIGH" },
                                          { "low", "START_SENSITIVITY_LOW" } };
  static const LiveSetupWord ends[] = { { "high", "END_SENSITIVITY_HIGH" },
                                        { "low", "END_SENSITIVITY_LOW" } };
  const char *start = live_setup_build_translate (
      starts, G_N_ELEMENTS (starts),
      live_setup_build_string (build, LIVE_SETTING_VAD_START_SENSITIVITY));
  const char *end = live_setup_build_translate (
      ends, G_N_ELEMENTS (ends), live_setup_build_string (build, LIVE_SETTING_VAD_END_SENSITIVITY));
  LiveJsonWriter *writer = &build->writer;

  live_json_writer_open (writer, "automaticActivityDetection", '{');
  if (strcmp (live_setup_build_string (build, LIVE_SETTING_VAD_MODE), "manual") == 0)
    live_json_writer_boolean (writer, "disabled", TRUE);
  else
    {
      if (start != NULL)
        live_json_writer_string (writer, "startOfSpeechSensitivity", start);
      if (end != NULL)
        live_json_writer_string (writer, "endOfSpeechSensitivity", end);
      live_setup_build_write_int (build, LIVE_SETTING_VAD_PREFIX_PADDING_MS, "prefixPaddingMs");
      live_setup_build_write_int (build, LIVE_SETTING_VAD_SILENCE_DURATION_MS, "silenceDurationMs");
    }
  live_json_writer_close (writer, '}');
}

/* Always explicit: the default of newer models bills every frame and leaves turns of push to
 * talk without sound (6.1.3). */
static const char *
choose_coverage (LiveSetupBuild *build)
{
  static const LiveSetupWord coverages[] = {
    { "activity", "TURN_INCLUDES_ONLY_ACTIVITY" },
    { "all-input", "TURN_INCLUDES_ALL_INPUT" },
    { "activity-and-video", "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO" },
  };
  const char *wanted = live_setup_build_string (build, LIVE_SETTING_SESSION_TURN_COVERAGE);

  if (strcmp (wanted, "activity-and-video") == 0 &&
      (build->is_vertex || !build->profile->has_video_coverage))
    {
      live_setup_build_warn_refused (build, LIVE_SETTING_SESSION_TURN_COVERAGE);
      wanted = "activity";
    }

  return live_setup_build_translate (coverages, G_N_ELEMENTS (coverages), wanted);
}

static void
write_realtime_input (LiveSetupBuild *build)
{
  const char *handling = live_setup_build_string (build, LIVE_SETTING_SESSION_ACTIVITY_HANDLING);
  LiveJsonWriter *writer = &build->writer;

  live_json_writer_open (writer, "realtimeInputConfig", '{');
  write_detection (build);
  if (strcmp (handling, "no-interruption") == 0)
    live_json_writer_string (writer, "activityHandling", "NO_INTERRUPTION");
  live_json_writer_string (writer, "turnCoverage", choose_coverage (build));
  live_json_writer_close (writer, '}');
}

/* {} begins a session that can be resumed; always asked for. */
static void
write_resumption (LiveSetupBuild *build)
{
  LiveJsonWriter *writer = &build->writer;

  live_json_writer_open (writer, "sessionResumption", '{');
  if (build->input->handle != NULL && *build->input->handle != '\0')
    live_json_writer_string (writer, "handle", build->input->handle);
  live_json_writer_close (writer, '}');
}

static void
write_token_count (LiveSetupBuild *build, const char *name, guint32 tokens)
{
  char text[16];

  /* int64 is a string in proto3 JSON. */
  g_snprintf (text, sizeof text, "%u", tokens);
  live_json_writer_string (&build->writer, name, text);
}

static void
write_compression (LiveSetupBuild *build)
{
  guint32 trigger =
      live_settings_get_uint (build->settings, LIVE_SETTING_SESSION_COMPRESSION_TRIGGER_TOKENS);
  guint32 target =
      live_settings_get_uint (build->settings, LIVE_SETTING_SESSION_COMPRESSION_TARGET_TOKENS);
  guint window = build->profile->context_window_tokens;
  LiveJsonWriter *writer = &build->writer;

  if (!live_setup_build_is_set (build, LIVE_SETTING_SESSION_COMPRESSION))
    return;

  if (window > 0 && trigger >= window)
    {
      trigger = window / 10 * 8; /* the service's own default */
      live_setup_build_warn (build, LIVE_SETTING_SESSION_COMPRESSION_TRIGGER_TOKENS,
                             _ ("lowered, because the context of the model is smaller"));
    }
  if (target >= trigger)
    {
      target = trigger / 2;
      live_setup_build_warn (
          build, LIVE_SETTING_SESSION_COMPRESSION_TARGET_TOKENS,
          _ ("lowered to half of compression-trigger-tokens, because it is not smaller"));
    }

  live_json_writer_open (writer, "contextWindowCompression", '{');
  write_token_count (build, "triggerTokens", trigger);
  live_json_writer_open (writer, "slidingWindow", '{');
  write_token_count (build, "targetTokens", target);
  live_json_writer_close (writer, '}');
  live_json_writer_close (writer, '}');
}

static void
write_transcription (LiveSetupBuild *build)
{
  g_autofree const char **languages =
      live_settings_get_strv (build->settings, LIVE_SETTING_SESSION_INPUT_TRANSCRIPTION_LANGUAGES);
  gboolean wants_text =
      strcmp (live_setup_build_string (build, LIVE_SETTING_SESSION_MODALITY), "text") == 0;
  LiveJsonWriter *writer = &build->writer;

  if (live_setup_build_is_set (build, LIVE_SETTING_SESSION_INPUT_TRANSCRIPTION))
    {
      live_json_writer_open (writer, "inputAudioTranscription", '{');
      if (languages[0] != NULL)
        {
          live_json_writer_open (writer, "languageCodes", '[');
          for (guint i = 0; languages[i] != NULL; i++)
            live_json_writer_string (writer, NULL, languages[i]);
          live_json_writer_close (writer, ']');
        }
      live_json_writer_close (writer, '}');
    }

  /* Text from a model that can only speak is the transcript of its speech. */
  if (!build->is_text &&
      (wants_text || live_setup_build_is_set (build, LIVE_SETTING_SESSION_OUTPUT_TRANSCRIPTION)))
    {
      live_json_writer_open (writer, "outputAudioTranscription", '{');
      live_json_writer_close (writer, '}');
    }
}

static void
write_proactivity (LiveSetupBuild *build)
{
  LiveJsonWriter *writer = &build->writer;

  if (!live_setup_build_takes_preview (build, LIVE_SETTING_SESSION_PROACTIVE_AUDIO,
                                       build->profile->has_proactive_audio))
    return;

  live_json_writer_open (writer, "proactivity", '{');
  live_json_writer_boolean (writer, "proactiveAudio", TRUE);
  live_json_writer_close (writer, '}');
}

static void
write_history (LiveSetupBuild *build)
{
  LiveJsonWriter *writer = &build->writer;

  if (!build->input->seeds_history || build->profile->seed_path != LIVE_SEED_HISTORY_CONFIG)
    return;

  live_json_writer_open (writer, "historyConfig", '{');
  live_json_writer_boolean (writer, "initialHistoryInClientContent", TRUE);
  live_json_writer_close (writer, '}');
}

static void
write_setup (LiveSetupBuild *build, const char *model)
{
  LiveJsonWriter *writer = &build->writer;

  live_json_writer_open (writer, NULL, '{');
  live_json_writer_open (writer, "setup", '{');
  live_json_writer_string (writer, "model", model);
  live_setup_generation_write (build);
  if (*live_setup_build_string (build, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION) != '\0')
    write_instruction (build);
  live_setup_tools_write (writer, build->input, build->warnings);
  write_realtime_input (build);
  write_resumption (build);
  write_compression (build);
  write_transcription (build);
  write_proactivity (build);
  write_history (build);
  live_json_writer_close (writer, '}');
  live_json_writer_close (writer, '}');
}

char *
live_setup_build (const LiveSetupInput *input, GPtrArray *warnings, GError **error)
{
  LiveSetupBuild build = {
    .input = input,
    .settings = input->settings,
    .profile = input->profile,
    .warnings = warnings,
  };
  const char *model = live_setup_build_string (&build, LIVE_SETTING_SESSION_MODEL);
  g_autofree char *model_name = NULL;

  if (*model == '\0')
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_BAD_SETUP, _ ("%s names no model"),
                   live_setting_info (LIVE_SETTING_SESSION_MODEL)->name);
      return NULL;
    }
  if (!live_setup_tools_check (input, error))
    return NULL;

  build.is_vertex =
      strcmp (live_setup_build_string (&build, LIVE_SETTING_ENDPOINT_BACKEND), "vertex") == 0;
  if (strcmp (live_setup_build_string (&build, LIVE_SETTING_SESSION_MODALITY), "text") == 0)
    {
      build.is_text = input->profile->has_text_output;
      if (!build.is_text)
        {
          g_autofree char *what = g_strdup_printf (
              _ ("the model %s can only speak; its transcript is the text"), model);

          live_setup_build_warn (&build, LIVE_SETTING_SESSION_MODALITY, what);
        }
    }

  model_name = live_endpoint_model_name (input->settings);
  live_json_writer_init (&build.writer);
  write_setup (&build, model_name);
  return live_json_writer_end (&build.writer);
}

char *
live_setup_build_update (const LiveSetupInput *input,
                         gboolean has_instruction,
                         gboolean has_tools,
                         GError **error)
{
  LiveSetupBuild build = { .input = input, .settings = input->settings, .profile = input->profile };
  LiveJsonWriter *writer = &build.writer;

  if (has_tools && !live_setup_tools_check (input, error))
    return NULL;

  live_json_writer_init (writer);
  live_json_writer_open (writer, NULL, '{');
  live_json_writer_open (writer, "contextUpdate", '{');
  if (has_instruction)
    write_instruction (&build);
  if (has_tools)
    {
      live_json_writer_open (writer, "tools", '{');
      live_setup_tools_write (writer, input, NULL);
      live_json_writer_close (writer, '}');
    }
  live_json_writer_close (writer, '}');
  live_json_writer_close (writer, '}');
  return live_json_writer_end (writer);
}

char *
live_setup_fingerprint (LiveSettings *settings)
{
  g_autofree char *model = live_endpoint_model_name (settings);
  g_autofree char *text =
      g_strjoin ("\n", live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_BACKEND),
                 live_settings_get_string (settings, LIVE_SETTING_ENDPOINT_URL), model, NULL);

  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}
