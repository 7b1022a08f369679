/* Owns: generationConfig, the part of the setup that says how answers are made.
 * Thread: any (pure).
 * Called by: live-setup.c. */
#include "protocol/live-setup-build.h"

#include <string.h>

#include <glib/gi18n.h>

/* A negative wish is none. */
static void
write_double (LiveSetupBuild *build, LiveSetting setting, const char *name)
{
  double value = live_settings_get_double (build->settings, setting);

  if (value >= 0)
    live_json_writer_double (&build->writer, name, value);
}

static void
write_penalty (LiveSetupBuild *build, LiveSetting setting, const char *name)
{
  double value = live_settings_get_double (build->settings, setting);

  if (value < 0 || value > 0)
    live_json_writer_double (&build->writer, name, value);
}

static void
write_uint (LiveSetupBuild *build, LiveSetting setting, const char *name)
{
  guint32 value = live_settings_get_uint (build->settings, setting);

  if (value > 0)
    live_json_writer_integer (&build->writer, name, value);
}

static void
write_sampling (LiveSetupBuild *build)
{
  static const LiveSetupWord resolutions[] = {
    { "low", "MEDIA_RESOLUTION_LOW" },
    { "medium", "MEDIA_RESOLUTION_MEDIUM" },
    { "high", "MEDIA_RESOLUTION_HIGH" },
  };
  const char *resolution = live_setup_build_translate (
      resolutions, G_N_ELEMENTS (resolutions),
      live_setup_build_string (build, LIVE_SETTING_SESSION_MEDIA_RESOLUTION));

  write_double (build, LIVE_SETTING_SESSION_TEMPERATURE, "temperature");
  write_double (build, LIVE_SETTING_SESSION_TOP_P, "topP");
  write_uint (build, LIVE_SETTING_SESSION_TOP_K, "topK");
  write_uint (build, LIVE_SETTING_SESSION_MAX_OUTPUT_TOKENS, "maxOutputTokens");
  live_setup_build_write_int (build, LIVE_SETTING_SESSION_SEED, "seed");
  write_penalty (build, LIVE_SETTING_SESSION_PRESENCE_PENALTY, "presencePenalty");
  write_penalty (build, LIVE_SETTING_SESSION_FREQUENCY_PENALTY, "frequencyPenalty");
  if (resolution != NULL)
    live_json_writer_string (&build->writer, "mediaResolution", resolution);
}

/* The service ends a session for a voice that it does not know, and it knows "Kore" only. */
static void
write_voice (LiveSetupBuild *build, const char *voice)
{
  const char *known = live_profile_find_voice (build->profile, voice);
  LiveJsonWriter *writer = &build->writer;

  if (known == NULL)
    {
      g_autofree char *what = g_strdup_printf (
          _ ("the model %s is not known to have the voice “%s”; sent all the same"),
          live_setup_build_string (build, LIVE_SETTING_SESSION_MODEL), voice);

      live_setup_build_warn (build, LIVE_SETTING_SESSION_VOICE, what);
    }

  live_json_writer_open (writer, "voiceConfig", '{');
  live_json_writer_open (writer, "prebuiltVoiceConfig", '{');
  live_json_writer_string (writer, "voiceName", known != NULL ? known : voice);
  live_json_writer_close (writer, '}');
  live_json_writer_close (writer, '}');
}

static void
write_speech (LiveSetupBuild *build)
{
  const char *voice = live_setup_build_string (build, LIVE_SETTING_SESSION_VOICE);
  const char *language = live_setup_build_string (build, LIVE_SETTING_SESSION_LANGUAGE);
  LiveJsonWriter *writer = &build->writer;

  /* A voice in a written session closes it: "Cannot extract voices from a non-audio request". */
  if (build->is_text)
    {
      if (*voice != '\0')
        live_setup_build_warn (build, LIVE_SETTING_SESSION_VOICE,
                               _ ("left out, because the answers are written"));
      return;
    }
  if (*voice == '\0' && *language == '\0')
    return;

  live_json_writer_open (writer, "speechConfig", '{');
  if (*voice != '\0')
    write_voice (build, voice);
  if (*language != '\0')
    live_json_writer_string (writer, "languageCode", language);
  live_json_writer_close (writer, '}');
}

/* The level to send, or NULL for none. */
static const char *
choose_level (LiveSetupBuild *build)
{
  const LiveProfile *profile = build->profile;
  const char *level = live_setup_build_string (build, LIVE_SETTING_SESSION_THINKING_LEVEL);
  const char *fallback = profile->thinking_required ? profile->thinking_level_default : NULL;

  if (strcmp (level, "auto") == 0)
    return profile->thinking == LIVE_THINKING_LEVEL ? fallback : NULL;
  if (profile->thinking == LIVE_THINKING_LEVEL && live_profile_has_thinking_level (profile, level))
    return level;

  live_setup_build_warn_refused (build, LIVE_SETTING_SESSION_THINKING_LEVEL);
  return profile->thinking == LIVE_THINKING_LEVEL ? fallback : NULL;
}

static void
write_thinking (LiveSetupBuild *build)
{
  gint32 budget = live_settings_get_int (build->settings, LIVE_SETTING_SESSION_THINKING_BUDGET);
  gboolean has_thoughts = live_setup_build_is_set (build, LIVE_SETTING_SESSION_INCLUDE_THOUGHTS);
  const char *level = choose_level (build);
  LiveJsonWriter *writer = &build->writer;

  if (budget >= 0 && build->profile->thinking != LIVE_THINKING_BUDGET)
    {
      live_setup_build_warn_refused (build, LIVE_SETTING_SESSION_THINKING_BUDGET);
      budget = -1;
    }
  if (has_thoughts && !build->profile->has_include_thoughts)
    {
      live_setup_build_warn_refused (build, LIVE_SETTING_SESSION_INCLUDE_THOUGHTS);
      has_thoughts = FALSE;
    }
  if (budget < 0 && level == NULL && !has_thoughts)
    return;

  live_json_writer_open (writer, "thinkingConfig", '{');
  if (budget >= 0)
    live_json_writer_integer (writer, "thinkingBudget", budget);
  if (level != NULL)
    {
      g_autofree char *upper = g_ascii_strup (level, -1);

      live_json_writer_string (writer, "thinkingLevel", upper);
    }
  if (has_thoughts)
    live_json_writer_boolean (writer, "includeThoughts", TRUE);
  live_json_writer_close (writer, '}');
}

/* responseModalities is always written: what an absent one means differs by model (6.1.1). */
void
live_setup_generation_write (LiveSetupBuild *build)
{
  LiveJsonWriter *writer = &build->writer;

  live_json_writer_open (writer, "generationConfig", '{');
  live_json_writer_open (writer, "responseModalities", '[');
  live_json_writer_string (writer, NULL, build->is_text ? "TEXT" : "AUDIO");
  live_json_writer_close (writer, ']');
  write_sampling (build);
  write_speech (build);
  write_thinking (build);
  if (live_setup_build_takes_preview (build, LIVE_SETTING_SESSION_AFFECTIVE_DIALOG,
                                      build->profile->has_affective_dialog))
    live_json_writer_boolean (writer, "enableAffectiveDialog", TRUE);
  live_json_writer_close (writer, '}');
}
