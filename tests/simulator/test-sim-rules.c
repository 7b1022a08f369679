/* Owns: the proof of what is refused and with which words.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include "live-sim-rules.h"

#include <string.h>

typedef struct
{
  const char *name, *text;
  gboolean is_alpha, is_vertex;
  guint code;         /* 0 = accepted */
  const char *reason; /* its beginning, or what comes out when accepted */
} ReadRow;

#define UNKNOWN(name, place)                                                                       \
  "Invalid JSON payload received. Unknown name \"" name "\" at '" place "': Cannot find field."

static const ReadRow read_rows[] = {
  { "setup", "{\"setup\":{\"model\":\"models/m\"}}",
    .reason = "{\"setup\":{\"model\":\"models/m\"}}" },
  { "snake-case", "{\"realtime_input\":{\"audio_stream_end\":true}}",
    .reason = "{\"realtimeInput\":{\"audioStreamEnd\":true}}" },
  { "deep-snake-case",
    "{\"setup\":{\"generation_config\":{\"speech_config\":{\"language_code\":\"de-DE\"}}}}",
    .reason =
        "{\"setup\":{\"generationConfig\":{\"speechConfig\":{\"languageCode\":\"de-DE\"}}}}" },
  { "int64-string", "{\"setup\":{\"contextWindowCompression\":{\"triggerTokens\":\"25000\"}}}",
    .reason = "{\"setup\":{\"contextWindowCompression\":{\"triggerTokens\":25000}}}" },
  { "int64-number", "{\"setup\":{\"contextWindowCompression\":{\"triggerTokens\":25000}}}",
    .reason = "{\"setup\":{\"contextWindowCompression\":{\"triggerTokens\":25000}}}" },
  { "enum-number", "{\"setup\":{\"generationConfig\":{\"responseModalities\":[3]}}}",
    .reason = "{\"setup\":{\"generationConfig\":{\"responseModalities\":[\"AUDIO\"]}}}" },
  { "null-is-absent", "{\"setup\":{\"model\":\"m\",\"tools\":null}}",
    .reason = "{\"setup\":{\"model\":\"m\"}}" },
  { "empty-objects-stay", "{\"setup\":{\"inputAudioTranscription\":{},\"sessionResumption\":{}}}",
    .reason = "{\"setup\":{\"inputAudioTranscription\":{},\"sessionResumption\":{}}}" },
  { "free-keys-stay",
    "{\"toolResponse\":{\"functionResponses\":[{\"id\":\"1\",\"response\":{\"some_key\":{\"aB\":1}}"
    "}]}}",
    .reason = "{\"toolResponse\":{\"functionResponses\":[{\"id\":\"1\",\"response\":{\"some_key\":"
              "{\"aB\":1}}}]}}" },
  { "json-schema-is-free",
    "{\"setup\":{\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parametersJsonSchema\":"
    "{\"additionalProperties\":false}}]}]}}",
    .reason = "{\"setup\":{\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\","
              "\"parametersJsonSchema\":{\"additionalProperties\":false}}]}]}}" },
  { "alpha-field", "{\"setup\":{\"proactivity\":{\"proactiveAudio\":true}}}", .is_alpha = TRUE,
    .reason = "{\"setup\":{\"proactivity\":{\"proactiveAudio\":true}}}" },
  { "vertex-field", "{\"setup\":{\"sessionResumption\":{\"transparent\":true}}}", .is_vertex = TRUE,
    .reason = "{\"setup\":{\"sessionResumption\":{\"transparent\":true}}}" },
  { "url-safe-base64", "{\"realtimeInput\":{\"audio\":{\"data\":\"-_8\"}}}",
    .reason = "{\"realtimeInput\":{\"audio\":{\"data\":\"-_8\"}}}" },

  { "unknown-at-root", "{\"foo\":{}}", .code = 1007,
    .reason = "Invalid JSON payload received. Unknown name \"foo\": Cannot find field." },
  { "unknown-in-setup", "{\"setup\":{\"foo\":1}}", .code = 1007,
    .reason = UNKNOWN ("foo", "setup") },
  { "unknown-deep", "{\"setup\":{\"generationConfig\":{\"foo\":1}}}", .code = 1007,
    .reason = UNKNOWN ("foo", "setup.generation_config") },
  { "unknown-in-array",
    "{\"setup\":{\"tools\":[{},{\"functionDeclarations\":[{\"parameters\":"
    "{\"additionalProperties\":false}}]}]}}",
    .code = 1007,
    .reason =
        UNKNOWN ("additionalProperties", "setup.tools[1].function_declarations[0].parameters") },
  { "unknown-in-map",
    "{\"setup\":{\"tools\":[{\"functionDeclarations\":[{\"parameters\":{\"properties\":{\"a\":"
    "{\"$ref\":\"x\"}}}}]}]}}",
    .code = 1007,
    .reason =
        UNKNOWN ("$ref", "setup.tools[0].function_declarations[0].parameters.properties[a]") },
  { "affective-outside-alpha",
    "{\"setup\":{\"generationConfig\":{\"enableAffectiveDialog\":true}}}", .code = 1007,
    .reason = UNKNOWN ("enableAffectiveDialog", "setup.generation_config") },
  { "transparent-on-gemini", "{\"setup\":{\"sessionResumption\":{\"transparent\":true}}}",
    .code = 1007, .reason = UNKNOWN ("transparent", "setup.session_resumption") },
  { "history-on-vertex", "{\"setup\":{\"historyConfig\":{}}}", .is_vertex = TRUE, .code = 1007,
    .reason = UNKNOWN ("historyConfig", "setup") },
  { "wrong-case", "{\"setup\":{\"Model\":\"m\"}}", .code = 1007,
    .reason = UNKNOWN ("Model", "setup") },
  { "bool-as-string", "{\"realtimeInput\":{\"audioStreamEnd\":\"true\"}}", .code = 1007,
    .reason = "Invalid value at 'realtime_input.audio_stream_end' (TYPE_BOOL), \"true\"" },
  { "string-as-number", "{\"setup\":{\"model\":5}}", .code = 1007,
    .reason = "Invalid value at 'setup.model' (TYPE_STRING), 5" },
  { "int32-too-big",
    "{\"setup\":{\"realtimeInputConfig\":{\"automaticActivityDetection\":{\"silenceDurationMs\":"
    "3000000000}}}}",
    .code = 1007, .reason = "Invalid value at 'setup.realtime_input_config" },
  { "int-with-fraction", "{\"setup\":{\"generationConfig\":{\"seed\":1.5}}}", .code = 1007,
    .reason = "Invalid value at 'setup.generation_config.seed' (TYPE_INT32), 1.5" },
  { "unknown-enum", "{\"setup\":{\"generationConfig\":{\"responseModalities\":[\"SMELL\"]}}}",
    .code = 1007,
    .reason = "Invalid value at 'setup.generation_config.response_modalities[0]' (type." },
  { "enum-out-of-range", "{\"setup\":{\"generationConfig\":{\"responseModalities\":[99]}}}",
    .code = 1007, .reason = "Invalid value at 'setup.generation_config.response_modalities[0]'" },
  { "object-for-array", "{\"clientContent\":{\"turns\":{}}}", .code = 1007,
    .reason = "Invalid value at 'client_content.turns'" },
  { "string-for-object", "{\"setup\":\"x\"}", .code = 1007,
    .reason = "Invalid value at 'setup' (BidiGenerateContentSetup), \"x\"" },
  { "broken-base64", "{\"realtimeInput\":{\"audio\":{\"data\":\"a$b=\"}}}", .code = 1007,
    .reason = "Invalid value at 'realtime_input.audio.data' (TYPE_BYTES), Base64" },
  { "odd-base64", "{\"realtimeInput\":{\"audio\":{\"data\":\"abcde\"}}}", .code = 1007,
    .reason = "Invalid value at 'realtime_input.audio.data' (TYPE_BYTES), Base64" },
  { "no-member", "{}", .code = 1007, .reason = LIVE_SIM_TEXT_INVALID_ARGUMENT },
  { "two-members", "{\"clientContent\":{},\"realtimeInput\":{}}", .code = 1007,
    .reason = "Invalid value (oneof), oneof field 'message_type' is already set." },
  { "not-json", "hello", .code = 1007, .reason = "Invalid JSON payload received. Unexpected" },
  { "truncated", "{\"setup\":{", .code = 1007, .reason = "Invalid JSON payload received." },
  { "empty", "", .code = 1007, .reason = "Invalid JSON payload received." },
  { "array", "[]", .code = 1007, .reason = "Invalid JSON payload received." },
};

static void
test_read (gconstpointer data)
{
  const ReadRow *row = data;
  LiveSimDialect dialect = { row->is_vertex, row->is_alpha };
  g_auto (LiveSimVerdict) verdict = { 0 };
  g_autoptr (JsonObject) message = live_sim_rules_read (row->text, -1, &dialect, &verdict);

  g_assert_cmpuint (verdict.code, ==, row->code);
  if (row->code != 0)
    {
      g_assert_null (message);
      if (!g_str_has_prefix (verdict.reason, row->reason))
        g_assert_cmpstr (verdict.reason, ==, row->reason);
    }
  else
    {
      g_autoptr (JsonNode) node = live_sim_json_node (json_object_ref (message));
      g_autofree char *text = live_sim_json_print_line (node);

      g_assert_cmpstr (text, ==, row->reason);
    }
}

static void
test_read_depth (void)
{
  const LiveSimDialect dialect = { 0 };
  g_autoptr (GString) text = g_string_new ("{\"toolResponse\":");
  g_auto (LiveSimVerdict) verdict = { 0 };

  for (guint i = 0; i < 100000; i++)
    g_string_append (text, "{\"a\":");
  g_assert_null (live_sim_rules_read (text->str, -1, &dialect, &verdict));
  g_assert_cmpuint (verdict.code, ==, 1007);
  g_assert_true (strstr (verdict.reason, "too deep") != NULL);
}

static void
test_read_not_utf8 (void)
{
  const LiveSimDialect dialect = { 0 };
  g_auto (LiveSimVerdict) verdict = { 0 };

  g_assert_null (live_sim_rules_read ("{\"setup\":{\"model\":\"\xff\"}}", -1, &dialect, &verdict));
  g_assert_cmpuint (verdict.code, ==, 1007);
}

#define AUDIO "\"generationConfig\":{\"responseModalities\":[\"AUDIO\"]}"
#define AUDIO_WITH(more) "\"generationConfig\":{\"responseModalities\":[\"AUDIO\"]," more "}"
#define LEVEL(level) AUDIO_WITH ("\"thinkingConfig\":{\"thinkingLevel\":\"" level "\"}")
#define FUNCTION(more) "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"" more "}]}]"
#define VOICE(name)                                                                                \
  AUDIO_WITH ("\"speechConfig\":{\"voiceConfig\":{\"prebuiltVoiceConfig\":{\"voiceName\":"         \
              "\"" name "\"}}}")

typedef struct
{
  const char *name;
  const char *families; /* separated by blanks; "*" = all, "-x" = not this one */
  const char *setup;    /* its members */
  const char *reason;   /* NULL = accepted */
} SetupRow;

#define ARGUMENT LIVE_SIM_TEXT_INVALID_ARGUMENT
#define MODALITY "The requested combination of response modalities (TEXT) is not supported"

static const SetupRow setup_rows[] = {
  { "audio", "* -3.8-et", AUDIO, NULL },
  { "text", "* -half-cascade", "\"generationConfig\":{\"responseModalities\":[\"TEXT\"]}",
    MODALITY },
  { "text-half-cascade", "half-cascade", "\"generationConfig\":{\"responseModalities\":[\"TEXT\"]}",
    NULL },
  { "no-modality", "* -half-cascade", "\"generationConfig\":{}", MODALITY },
  { "nothing", "half-cascade", "", NULL },
  { "text-with-voice", "*",
    "\"generationConfig\":{\"responseModalities\":[\"TEXT\"],\"speechConfig\":{\"voiceConfig\":{}}"
    "}",
    "Cannot extract voices from a non-audio request." },
  { "both-modalities", "*", "\"generationConfig\":{\"responseModalities\":[\"AUDIO\",\"TEXT\"]}",
    ARGUMENT },
  { "budget", "2.5 vertex", AUDIO_WITH ("\"thinkingConfig\":{\"thinkingBudget\":512}"), NULL },
  { "budget-refused", "3.1 3.8", AUDIO_WITH ("\"thinkingConfig\":{\"thinkingBudget\":512}"),
    "Thinking budget is not supported" },
  { "budget-of-nought", "2.5 3.8 vertex", AUDIO_WITH ("\"thinkingConfig\":{\"thinkingBudget\":0}"),
    NULL },
  { "level-low", "3.1 3.8-et", LEVEL ("LOW"), NULL },
  { "level-minimal", "3.1", LEVEL ("MINIMAL"), NULL },
  { "level-minimal-refused", "3.8-et", LEVEL ("MINIMAL"), "Thinking level MINIMAL" },
  { "level-refused", "2.5 3.8 half-cascade", LEVEL ("LOW"),
    "Thinking level is not supported for this model." },
  { "level-missing", "3.8-et", AUDIO, "Thinking level must be specified for this model." },
  { "thoughts", "2.5 3.1 vertex", AUDIO_WITH ("\"thinkingConfig\":{\"includeThoughts\":true}"),
    NULL },
  { "thoughts-refused", "3.8", AUDIO_WITH ("\"thinkingConfig\":{\"includeThoughts\":true}"),
    ARGUMENT },
  { "blocking", "* -3.8-et", AUDIO "," FUNCTION (",\"behavior\":\"BLOCKING\""), NULL },
  { "blocking-refused", "3.8-et", LEVEL ("LOW") "," FUNCTION (",\"behavior\":\"BLOCKING\""),
    "BLOCKING function calls are not supported for this model" },
  { "non-blocking", "* -3.1 -3.8-et", AUDIO "," FUNCTION (",\"behavior\":\"NON_BLOCKING\""), NULL },
  { "non-blocking-refused", "3.1", AUDIO "," FUNCTION (",\"behavior\":\"NON_BLOCKING\""),
    "NON_BLOCKING function calls" },
  { "two-schemas", "3.8", AUDIO "," FUNCTION (",\"parameters\":{},\"parametersJsonSchema\":{}"),
    ARGUMENT },
  { "bad-name", "3.8", AUDIO ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"1x\"}]}]",
    "Invalid function name." },
  { "same-name", "3.8",
    AUDIO ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"a\"},{\"name\":\"a\"}]}]",
    "Duplicate function declaration found: a" },
  { "search", "* -3.8-et", AUDIO ",\"tools\":[{\"googleSearch\":{}}]", NULL },
  { "code", "half-cascade", AUDIO ",\"tools\":[{\"codeExecution\":{}}]", NULL },
  { "code-refused", "2.5 3.1 3.8", AUDIO ",\"tools\":[{\"codeExecution\":{}}]", ARGUMENT },
  { "url-context", "2.5 3.1 3.8", AUDIO ",\"tools\":[{\"urlContext\":{}}]", ARGUMENT },
  { "proactivity", "2.5", AUDIO ",\"proactivity\":{\"proactiveAudio\":true}", NULL },
  { "proactivity-refused", "3.1 3.8 3.8-et",
    LEVEL ("LOW") ",\"proactivity\":{\"proactiveAudio\":false}", UNKNOWN ("proactivity", "setup") },
  { "affective", "2.5", AUDIO_WITH ("\"enableAffectiveDialog\":true"), NULL },
  { "affective-refused", "3.1 3.8", AUDIO_WITH ("\"enableAffectiveDialog\":true"), ARGUMENT },
  { "history", "3.1 3.8", AUDIO ",\"historyConfig\":{\"initialHistoryInClientContent\":true}",
    NULL },
  { "history-refused", "2.5 half-cascade",
    AUDIO ",\"historyConfig\":{\"initialHistoryInClientContent\":true}", ARGUMENT },
  { "voice", "* -3.8-et", VOICE ("Kore"), NULL },
  { "voice-native", "2.5 3.1 3.8", VOICE ("Sulafat"), NULL },
  { "voice-native-refused", "half-cascade", VOICE ("Sulafat"), "Requested voice api_name" },
  { "voice-catalogue", "3.8", VOICE ("en-us-tavi"), NULL },
  { "voice-catalogue-refused", "2.5 3.1", VOICE ("en-us-tavi"), "Requested voice api_name" },
  { "voice-unknown", "2.5 3.1 3.8", VOICE ("Nobody"), "Requested voice api_name 'Nobody'" },
  { "multi-speaker", "3.8", AUDIO_WITH ("\"speechConfig\":{\"multiSpeakerVoiceConfig\":{}}"),
    ARGUMENT },
  { "structured-output", "3.8", AUDIO_WITH ("\"responseMimeType\":\"application/json\""),
    ARGUMENT },
  { "too-hot", "3.8", AUDIO_WITH ("\"temperature\":2.5"), ARGUMENT },
  { "compression", "3.8",
    AUDIO ",\"contextWindowCompression\":{\"triggerTokens\":25000,\"slidingWindow\":"
          "{\"targetTokens\":8000}}",
    NULL },
  { "compression-upside-down", "3.8",
    AUDIO ",\"contextWindowCompression\":{\"triggerTokens\":8000,\"slidingWindow\":"
          "{\"targetTokens\":25000}}",
    ARGUMENT },
  { "negative-silence", "3.8",
    AUDIO ",\"realtimeInputConfig\":{\"automaticActivityDetection\":{\"silenceDurationMs\":-1}}",
    ARGUMENT },
  { "instruction", "3.8", AUDIO ",\"systemInstruction\":{\"parts\":[{\"text\":\"x\"}]}", NULL },
  { "instruction-with-image", "3.8",
    AUDIO ",\"systemInstruction\":{\"parts\":[{\"inlineData\":{}}]}", ARGUMENT },
  { "labels", "3.8", AUDIO ",\"labels\":{\"team\":\"a-1\"}", NULL },
  { "labels-refused", "3.8", AUDIO ",\"labels\":{\"Team\":\"a\"}", ARGUMENT },
};

static gboolean
concerns (const SetupRow *row, const char *family)
{
  g_auto (GStrv) words = g_strsplit (row->families, " ", -1);
  gboolean is_meant = FALSE;

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (strcmp (words[i], "*") == 0 || strcmp (words[i], family) == 0)
        is_meant = TRUE;
      if (words[i][0] == '-' && strcmp (words[i] + 1, family) == 0)
        is_meant = FALSE;
    }
  return is_meant;
}

static void
test_setup (gconstpointer data)
{
  const SetupRow *row = data;
  const LiveSimProfile *const *profiles = live_sim_profile_list ();
  guint n_checked = 0;

  for (guint i = 0; profiles[i] != NULL; i++)
    {
      LiveSimDialect dialect = { profiles[i]->is_vertex, TRUE };
      g_autofree char *text = g_strdup_printf ("{\"setup\":{\"model\":\"models/m\"%s%s}}",
                                               *row->setup != '\0' ? "," : "", row->setup);
      g_auto (LiveSimVerdict) verdict = { 0 };
      g_autoptr (JsonObject) message = NULL;

      if (!concerns (row, profiles[i]->name))
        continue;
      n_checked++;
      g_test_message ("%s", profiles[i]->name);
      message = live_sim_rules_read (text, -1, &dialect, &verdict);
      g_assert_nonnull (message);
      live_sim_rules_check_setup (json_object_get_object_member (message, "setup"), profiles[i],
                                  &dialect, &verdict);
      if (row->reason == NULL)
        g_assert_cmpstr (verdict.reason, ==, NULL);
      else
        {
          g_assert_cmpuint (verdict.code, ==, 1007);
          if (!g_str_has_prefix (verdict.reason, row->reason))
            g_assert_cmpstr (verdict.reason, ==, row->reason);
        }
    }
  g_assert_cmpuint (n_checked, >, 0);
}

typedef struct
{
  const char *model;
  gboolean on_vertex;
  const char *family; /* NULL = unknown */
} ModelRow;

static void
test_models (void)
{
  static const ModelRow rows[] = {
    { "models/gemini-3.8-live", FALSE, "3.8" },
    { "models/gemini-3.8-live-extended-thinking", FALSE, "3.8-et" },
    { "models/gemini-3.1-flash-live-preview", FALSE, "3.1" },
    { "models/gemini-2.5-flash-native-audio-preview-12-2025", FALSE, "2.5" },
    { "models/gemini-2.5-flash-native-audio-latest", FALSE, "2.5" },
    { "models/gemini-live-2.5-flash-preview", FALSE, "half-cascade" },
    { "models/gemini-3.8-live-pro", FALSE, NULL },
    { "models/", FALSE, NULL },
    { "gemini-3.8-live", FALSE, NULL },
    { "", FALSE, NULL },
    { "models/gemini-live-2.5-flash-native-audio", FALSE, NULL },
    { "publishers/google/models/gemini-live-2.5-flash-native-audio", TRUE, "vertex" },
    { "projects/p/locations/l/publishers/google/models/gemini-3.8-live", TRUE, "3.8" },
    { "models/gemini-3.8-live", TRUE, NULL },
    { "publishers/google/models/gemini-3.1-flash-live-preview", TRUE, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const LiveSimProfile *profile = live_sim_profile_for_model (rows[i].model, rows[i].on_vertex);

      g_test_message ("%s", rows[i].model);
      g_assert_cmpstr (profile != NULL ? profile->name : NULL, ==, rows[i].family);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (read_rows); i++)
    {
      g_autofree char *path = g_strconcat ("/sim-rules/read/", read_rows[i].name, NULL);

      g_test_add_data_func (path, &read_rows[i], test_read);
    }
  for (guint i = 0; i < G_N_ELEMENTS (setup_rows); i++)
    {
      g_autofree char *path = g_strconcat ("/sim-rules/setup/", setup_rows[i].name, NULL);

      g_test_add_data_func (path, &setup_rows[i], test_setup);
    }
  g_test_add_func ("/sim-rules/read/depth", test_read_depth);
  g_test_add_func ("/sim-rules/read/not-utf8", test_read_not_utf8);
  g_test_add_func ("/sim-rules/models", test_models);
  return g_test_run ();
}
