/* Owns: nothing; proves protocol/live-setup.c and its parts, with an own idea of what each family
 * takes.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-setup.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "base/live-error.h"
#include "base/live-names.h"

#define M25 "gemini-2.5-flash-native-audio-latest"
#define M31 "gemini-3.1-flash-live-preview"
#define M38 "gemini-3.8-live"
#define MET "gemini-3.8-live-extended-thinking"
#define MHC "gemini-2.0-flash-live-001"
#define MNEW "gemini-9-live"

static const char *const models[] = { M25, M31, M38, MET, MHC, MNEW };

static const char tools[] =
    "[{\"name\":\"set_lamp\",\"description\":\"Switch a \\\"lamp\\\"\",\"parameters\":"
    "{\"type\":\"object\",\"properties\":{\"level\":{\"type\":\"number\",\"maximum\":1.10}},"
    "\"additionalProperties\":false}},{\"name\":\"tell_time\"}]";

static LiveProfiles *profiles;

/* Text is GVariant notation, strings with quotes. */
static LiveSettings *
change (LiveSettings *take_base, const char *name, GVariant *value)
{
  LiveSettings *next;
  LiveSetting setting;

  g_assert_true (live_setting_find (name, &setting));
  next = live_settings_new_with (take_base, &setting, &value, 1);
  live_settings_unref (take_base);
  return next;
}

static LiveSettings *
settings_of (const char *model, const char *const *lines)
{
  LiveSettings *settings =
      change (live_settings_new_defaults (), "session.model", g_variant_new_string (model));

  for (guint i = 0; i < 4 && lines != NULL && lines[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (lines[i], "=", 2);
      LiveSetting setting;

      g_assert_true (live_setting_find (pair[0], &setting));
      settings = change (settings, pair[0],
                         g_variant_parse (G_VARIANT_TYPE (live_setting_info (setting)->type),
                                          pair[1], NULL, NULL, NULL));
    }

  return settings;
}

static char *
build (LiveSettings *settings, const char *tools_json, const char *handle, GPtrArray *warnings)
{
  LiveSetupInput input = {
    .settings = settings,
    .profile = live_profiles_find (profiles,
                                   live_settings_get_string (settings, LIVE_SETTING_SESSION_MODEL)),
    .tools_json = tools_json,
    .handle = handle,
  };
  g_autoptr (GError) error = NULL;
  char *text = live_setup_build (&input, warnings, &error);

  g_assert_no_error (error);
  return text;
}

/* What stands at a path such as "$.setup.model", as compact JSON; "" for nothing. */
static char *
query (const char *text, const char *path)
{
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  g_autoptr (JsonNode) found = NULL;
  g_autofree char *list = NULL;

  g_assert_nonnull (root);
  found = json_path_query (path, root, NULL);
  g_assert_nonnull (found);
  list = json_to_string (found, FALSE);
  return g_strndup (list + 1, strlen (list) - 2);
}

#define GENERATION "$.setup.generationConfig"
#define DETECTION "$.setup.realtimeInputConfig.automaticActivityDetection"

static void
test_default (void)
{
  g_autoptr (LiveSettings) settings = live_settings_new_defaults ();
  g_autofree char *text = build (settings, NULL, NULL, NULL);

  g_assert_cmpstr (
      text, ==,
      "{\"setup\":{\"model\":\"models/gemini-3.8-live\","
      "\"generationConfig\":{\"responseModalities\":[\"AUDIO\"]},"
      "\"realtimeInputConfig\":{\"automaticActivityDetection\":{\"silenceDurationMs\":600},"
      "\"turnCoverage\":\"TURN_INCLUDES_ONLY_ACTIVITY\"},"
      "\"sessionResumption\":{},"
      "\"contextWindowCompression\":{\"triggerTokens\":\"25000\","
      "\"slidingWindow\":{\"targetTokens\":\"8000\"}},"
      "\"inputAudioTranscription\":{},\"outputAudioTranscription\":{}}}");
}

/* One wish, where it goes, and whether its refusal is told. */
static void
test_wishes (void)
{
  static const struct
  {
    const char *model;
    const char *lines[4];
    const char *path;
    const char *expected; /* "" = absent */
    const char *warning;  /* nullable: no warning */
  } rows[] = {
    { M38,
      { "session.voice='Kore'" },
      GENERATION ".speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName",
      "\"Kore\"",
      NULL },
    { M38,
      { "session.voice='kore'" },
      GENERATION ".speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName",
      "\"Kore\"",
      NULL },
    { M38,
      { "session.voice='Nobody'" },
      GENERATION ".speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName",
      "\"Nobody\"",
      "session.voice" },
    { MHC,
      { "session.voice='Sulafat'" },
      GENERATION ".speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName",
      "\"Sulafat\"",
      "session.voice" },
    { M38,
      { "session.language='de-DE'" },
      GENERATION ".speechConfig",
      "{\"languageCode\":\"de-DE\"}",
      NULL },
    { M38,
      { "session.system-instruction='Be “brief”.\\nPlease.'" },
      "$.setup.systemInstruction.parts[0].text",
      "\"Be “brief”.\\nPlease.\"",
      NULL },
    { M38, { "session.temperature=0.0" }, GENERATION ".temperature", "0", NULL },
    { M38, { "session.top-p=0.5" }, GENERATION ".topP", "0.5", NULL },
    { M38, { "session.top-k=40" }, GENERATION ".topK", "40", NULL },
    { M38, { "session.max-output-tokens=100" }, GENERATION ".maxOutputTokens", "100", NULL },
    { M38, { "session.seed=0" }, GENERATION ".seed", "0", NULL },
    { M38, { "session.seed=-1" }, GENERATION ".seed", "", NULL },
    { M38, { "session.presence-penalty=-0.5" }, GENERATION ".presencePenalty", "-0.5", NULL },
    { M38, { "session.frequency-penalty=1.5" }, GENERATION ".frequencyPenalty", "1.5", NULL },
    { M38,
      { "session.media-resolution='low'" },
      GENERATION ".mediaResolution",
      "\"MEDIA_RESOLUTION_LOW\"",
      NULL },

    /* Thinking: each family has its own knob. */
    { M25,
      { "session.thinking-budget=0" },
      GENERATION ".thinkingConfig",
      "{\"thinkingBudget\":0}",
      NULL },
    { M25,
      { "session.thinking-level='low'" },
      GENERATION ".thinkingConfig",
      "",
      "session.thinking-level" },
    { M25,
      { "session.include-thoughts=true" },
      GENERATION ".thinkingConfig",
      "{\"includeThoughts\":true}",
      NULL },
    { M31,
      { "session.thinking-level='minimal'" },
      GENERATION ".thinkingConfig",
      "{\"thinkingLevel\":\"MINIMAL\"}",
      NULL },
    { M31,
      { "session.thinking-budget=5" },
      GENERATION ".thinkingConfig",
      "",
      "session.thinking-budget" },
    { M38,
      { "session.thinking-level='low'" },
      GENERATION ".thinkingConfig",
      "",
      "session.thinking-level" },
    { M38,
      { "session.thinking-budget=5" },
      GENERATION ".thinkingConfig",
      "",
      "session.thinking-budget" },
    { M38,
      { "session.include-thoughts=true" },
      GENERATION ".thinkingConfig",
      "",
      "session.include-thoughts" },
    { MET, { NULL }, GENERATION ".thinkingConfig", "{\"thinkingLevel\":\"MEDIUM\"}", NULL },
    { MET,
      { "session.thinking-level='high'" },
      GENERATION ".thinkingConfig",
      "{\"thinkingLevel\":\"HIGH\"}",
      NULL },
    { MET,
      { "session.thinking-level='minimal'" },
      GENERATION ".thinkingConfig",
      "{\"thinkingLevel\":\"MEDIUM\"}",
      "session.thinking-level" },

    /* Fields of previews. */
    { M25, { "session.affective-dialog=true" }, GENERATION ".enableAffectiveDialog", "true", NULL },
    { M25,
      { "session.proactive-audio=true" },
      "$.setup.proactivity",
      "{\"proactiveAudio\":true}",
      NULL },
    { M25,
      { "session.proactive-audio=true", "endpoint.api-version='v1beta'" },
      "$.setup.proactivity",
      "",
      "endpoint.api-version" },
    { M38,
      { "session.affective-dialog=true" },
      GENERATION ".enableAffectiveDialog",
      "",
      "session.affective-dialog" },
    { M38,
      { "session.proactive-audio=true" },
      "$.setup.proactivity",
      "",
      "session.proactive-audio" },
    { M31,
      { "session.proactive-audio=true" },
      "$.setup.proactivity",
      "",
      "session.proactive-audio" },

    /* Text. */
    { M38,
      { "session.modality='text'" },
      GENERATION ".responseModalities",
      "[\"AUDIO\"]",
      "session.modality" },
    { M38,
      { "session.modality='text'", "session.output-transcription=false" },
      "$.setup.outputAudioTranscription",
      "{}",
      "session.modality" },
    { MHC, { "session.modality='text'" }, GENERATION ".responseModalities", "[\"TEXT\"]", NULL },
    { MHC,
      { "session.modality='text'", "session.voice='Kore'" },
      GENERATION ".speechConfig",
      "",
      "session.voice" },
    { MHC, { "session.modality='text'" }, "$.setup.outputAudioTranscription", "", NULL },
    { M38, { "session.output-transcription=false" }, "$.setup.outputAudioTranscription", "", NULL },
    { M38, { "session.input-transcription=false" }, "$.setup.inputAudioTranscription", "", NULL },
    { M38,
      { "session.input-transcription-languages=['de-DE','en-US']" },
      "$.setup.inputAudioTranscription",
      "{\"languageCodes\":[\"de-DE\",\"en-US\"]}",
      NULL },

    /* Context. */
    { M38, { "session.compression=false" }, "$.setup.contextWindowCompression", "", NULL },
    { M38,
      { "session.compression-trigger-tokens=10000", "session.compression-target-tokens=10000" },
      "$.setup.contextWindowCompression.slidingWindow",
      "{\"targetTokens\":\"5000\"}",
      "session.compression-target-tokens" },
    { MHC,
      { "session.compression-trigger-tokens=100000" },
      "$.setup.contextWindowCompression.triggerTokens",
      "\"26208\"",
      "session.compression-trigger-tokens" },
    { M38, { "session.google-search=true" }, "$.setup.tools", "[{\"googleSearch\":{}}]", NULL },

    /* Turns. */
    { M38,
      { "session.activity-handling='no-interruption'" },
      "$.setup.realtimeInputConfig.activityHandling",
      "\"NO_INTERRUPTION\"",
      NULL },
    { M38,
      { "session.turn-coverage='all-input'" },
      "$.setup.realtimeInputConfig.turnCoverage",
      "\"TURN_INCLUDES_ALL_INPUT\"",
      NULL },
    { M38,
      { "session.turn-coverage='activity-and-video'" },
      "$.setup.realtimeInputConfig.turnCoverage",
      "\"TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO\"",
      NULL },
    { M25,
      { "session.turn-coverage='activity-and-video'" },
      "$.setup.realtimeInputConfig.turnCoverage",
      "\"TURN_INCLUDES_ONLY_ACTIVITY\"",
      "session.turn-coverage" },
    { M38,
      { "session.turn-coverage='activity-and-video'", "endpoint.backend='vertex'",
        "endpoint.project='p'" },
      "$.setup.realtimeInputConfig.turnCoverage",
      "\"TURN_INCLUDES_ONLY_ACTIVITY\"",
      "session.turn-coverage" },
    { M38,
      { "vad.start-sensitivity='high'", "vad.end-sensitivity='low'", "vad.prefix-padding-ms=0",
        "vad.silence-duration-ms=-1" },
      DETECTION,
      "{\"startOfSpeechSensitivity\":\"START_SENSITIVITY_HIGH\","
      "\"endOfSpeechSensitivity\":\"END_SENSITIVITY_LOW\",\"prefixPaddingMs\":0}",
      NULL },
    { M38,
      { "vad.mode='manual'", "vad.start-sensitivity='high'" },
      DETECTION,
      "{\"disabled\":true}",
      NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LiveSettings) settings = settings_of (rows[i].model, rows[i].lines);
      g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *text = build (settings, NULL, NULL, warnings);
      g_autofree char *found = query (text, rows[i].path);

      g_test_message ("row %u: %s %s", i, rows[i].model,
                      rows[i].lines[0] != NULL ? rows[i].lines[0] : "");
      g_assert_cmpstr (found, ==, rows[i].expected);
      g_assert_cmpuint (warnings->len, ==, rows[i].warning != NULL ? 1 : 0);
      if (rows[i].warning != NULL)
        g_assert_nonnull (strstr (g_ptr_array_index (warnings, 0), rows[i].warning));
    }
}

static void
test_handle_and_history (void)
{
  g_autoptr (LiveSettings) settings = settings_of (M31, NULL);
  LiveSetupInput input = {
    .settings = settings,
    .profile = live_profiles_find (profiles, M31),
    .handle = "h-\"1\"",
    .seeds_history = TRUE,
  };
  g_autofree char *text = live_setup_build (&input, NULL, NULL);
  g_autofree char *resumption = query (text, "$.setup.sessionResumption");
  g_autofree char *history = query (text, "$.setup.historyConfig");
  g_autofree char *other_text = NULL;
  g_autofree char *other_history = NULL;

  g_assert_cmpstr (resumption, ==, "{\"handle\":\"h-\\\"1\\\"\"}");
  g_assert_cmpstr (history, ==, "{\"initialHistoryInClientContent\":true}");

  input.profile = live_profiles_find (profiles, M38);
  other_text = live_setup_build (&input, NULL, NULL);
  other_history = query (other_text, "$.setup.historyConfig");
  g_assert_cmpstr (other_history, ==, "");
}

static void
test_refused (void)
{
  static const struct
  {
    const char *model, *tools_json, *words;
  } rows[] = {
    { "", NULL, "session.model" },
    { M38, "{}", "array" },
    { M38, "[", "array" },
    { M38, "[1]", "Tool 0" },
    { M38, "[{\"name\":\"a\"},{\"description\":\"b\"}]", "Tool 1" },
    { M38, "[{\"name\":\"a\",\"parameters\":[]}]", "“a”" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LiveSettings) settings = settings_of (rows[i].model, NULL);
      g_autoptr (GError) error = NULL;
      LiveSetupInput input = { .settings = settings,
                               .profile = live_profiles_find (profiles, rows[i].model),
                               .tools_json = rows[i].tools_json };

      g_assert_null (live_setup_build (&input, NULL, &error));
      g_assert_error (error, LIVE_ERROR, LIVE_ERROR_BAD_SETUP);
      g_assert_nonnull (strstr (error->message, rows[i].words));
    }
}

/* The rules of the service, written down independently of the profiles. */
static void
check_legal (const char *model, const char *text)
{
  gboolean is_25 = strcmp (model, M25) == 0, is_31 = strcmp (model, M31) == 0;
  gboolean is_et = strcmp (model, MET) == 0, is_half = strcmp (model, MHC) == 0;
  g_autofree char *modalities = query (text, GENERATION ".responseModalities");
  g_autofree char *level = query (text, GENERATION ".thinkingConfig.thinkingLevel");
  g_autofree char *budget = query (text, GENERATION ".thinkingConfig.thinkingBudget");
  g_autofree char *thoughts = query (text, GENERATION ".thinkingConfig.includeThoughts");
  g_autofree char *affective = query (text, GENERATION ".enableAffectiveDialog");
  g_autofree char *proactivity = query (text, "$.setup.proactivity");
  g_autofree char *coverage = query (text, "$.setup.realtimeInputConfig.turnCoverage");
  g_autofree char *voice = query (text, GENERATION ".speechConfig");

  g_assert_true (strcmp (modalities, "[\"AUDIO\"]") == 0 ||
                 (is_half && strcmp (modalities, "[\"TEXT\"]") == 0));
  g_assert_true (strcmp (modalities, "[\"AUDIO\"]") == 0 || *voice == '\0');
  g_assert_true (*budget == '\0' || is_25);
  g_assert_true (*level == '\0' || is_31 || is_et);
  if (is_et)
    g_assert_true (strstr ("\"LOW\" \"MEDIUM\" \"HIGH\"", level) != NULL && *level != '\0');
  g_assert_true (*thoughts == '\0' || is_25 || is_31 || is_et);
  g_assert_true (*affective == '\0' || is_25);
  g_assert_true (*proactivity == '\0' || is_25);
  g_assert_cmpstr (coverage, !=, "");
  g_assert_true (strstr (coverage, "VIDEO") == NULL || (!is_25 && !is_half));
}

static void
check_value (const char *model, const char *name, GVariant *value)
{
  g_autoptr (LiveSettings) settings = change (settings_of (model, NULL), name, value);
  g_autofree char *text = NULL;

  /* Another model is another family. */
  if (strcmp (name, "session.model") == 0)
    return;
  text = build (settings, tools, NULL, NULL);
  check_legal (model, text);
}

/* Every family with every setting at each of its choices or at both ends of its range. */
static void
test_every_setting_with_every_family (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();

  for (guint i = 0; i < LIVE_N_SETTINGS * G_N_ELEMENTS (models); i++)
    {
      const LiveSettingInfo *info = live_setting_info ((LiveSetting) (i % LIVE_N_SETTINGS));
      const char *model = models[i / LIVE_N_SETTINGS];
      g_autofree char *id = g_strconcat (LIVE_SCHEMA_ID ".", info->group, NULL);
      g_autoptr (GSettingsSchema) schema = g_settings_schema_source_lookup (source, id, TRUE);
      g_autoptr (GSettingsSchemaKey) key = g_settings_schema_get_key (schema, info->key);
      g_autoptr (GVariant) range = g_settings_schema_key_get_range (key);
      g_autoptr (GVariant) limits = NULL;
      const char *kind;

      g_variant_get (range, "(&sv)", &kind, &limits);
      if (strcmp (kind, "enum") == 0 || strcmp (kind, "range") == 0)
        for (gsize n = 0; n < g_variant_n_children (limits); n++)
          {
            g_autoptr (GVariant) value = g_variant_get_child_value (limits, n);

            check_value (model, info->name, value);
          }
      else if (strcmp (info->type, "b") == 0)
        {
          check_value (model, info->name, g_variant_new_boolean (TRUE));
          check_value (model, info->name, g_variant_new_boolean (FALSE));
        }
      else if (strcmp (info->type, "s") == 0)
        check_value (model, info->name, g_variant_new_string ("wss://example.org"));
    }
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  profiles = live_profiles_new (NULL, NULL, NULL);

  g_test_add_func ("/setup/default", test_default);
  g_test_add_func ("/setup/wishes", test_wishes);
  g_test_add_func ("/setup/handle-and-history", test_handle_and_history);
  g_test_add_func ("/setup/refused", test_refused);
  g_test_add_func ("/setup/every-setting-with-every-family", test_every_setting_with_every_family);

  result = g_test_run ();
  live_profiles_free (profiles);
  return result;
}
