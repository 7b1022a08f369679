/* Owns: what each model family refuses: setup, content, realtime input, tool answers.
 * Thread: main; pure.
 * Called by: live-sim-session.c, live-sim-input.c, tests. */
#include "live-sim-rules.h"

#include <string.h>

#define INVALID LIVE_SIM_CLOSE_INVALID
#define MAX_DECLARATIONS 512

static gboolean
refuse_argument (LiveSimVerdict *verdict)
{
  return live_sim_verdict_refuse (verdict, INVALID, "%s", LIVE_SIM_TEXT_INVALID_ARGUMENT);
}

static gboolean
check_modality (JsonObject *setup,
                JsonObject *config,
                const LiveSimProfile *profile,
                const LiveSimDialect *dialect,
                LiveSimVerdict *verdict)
{
  JsonArray *modalities = live_sim_json_array (config, "responseModalities");
  JsonObject *speech = live_sim_json_object (config, "speechConfig");
  /* Absent means text on every model when nothing stands between the client and the service. */
  const char *modality = "TEXT";

  if (modalities != NULL && json_array_get_length (modalities) > 1)
    return refuse_argument (verdict);
  if (modalities != NULL && json_array_get_length (modalities) == 1)
    modality = json_array_get_string_element (modalities, 0);

  if (strcmp (modality, "AUDIO") == 0)
    return TRUE;
  if (strcmp (modality, "VIDEO") == 0 && dialect->is_vertex &&
      live_sim_json_object (setup, "avatarConfig") != NULL)
    return TRUE;
  if (strcmp (modality, "TEXT") != 0)
    return refuse_argument (verdict);
  if (live_sim_json_object (speech, "voiceConfig") != NULL)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Cannot extract voices from a non-audio request.");
  if (!profile->has_text_output)
    return live_sim_verdict_refuse (
        verdict, INVALID,
        "The requested combination of response modalities (TEXT) is not supported by the model. "
        "%s accepts the following combination of response modalities: * AUDIO",
        live_sim_json_string (setup, "model", ""));
  return TRUE;
}

static gboolean
check_thinking (JsonObject *config, const LiveSimProfile *profile, LiveSimVerdict *verdict)
{
  JsonObject *thinking = live_sim_json_object (config, "thinkingConfig");
  const char *level = live_sim_json_string (thinking, "thinkingLevel", NULL);
  gboolean has_budget = thinking != NULL && json_object_has_member (thinking, "thinkingBudget");

  if (level != NULL && profile->level == LIVE_SIM_LEVEL_REFUSED)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Thinking level is not supported for this model.");
  if (level == NULL && profile->level == LIVE_SIM_LEVEL_MANDATORY)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Thinking level must be specified for this model.");
  if (g_strcmp0 (level, "MINIMAL") == 0 && !profile->has_minimal_level)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Thinking level MINIMAL is not supported for this model.");
  /* A budget of nought was seen to pass where budgets are refused. */
  if (has_budget && !profile->has_thinking_budget &&
      live_sim_json_int (thinking, "thinkingBudget", 0) != 0)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Thinking budget is not supported for this model.");
  if (live_sim_json_bool (thinking, "includeThoughts", FALSE) && !profile->has_include_thoughts)
    return refuse_argument (verdict);
  return TRUE;
}

static gboolean
check_generation (JsonObject *setup,
                  const LiveSimProfile *profile,
                  const LiveSimDialect *dialect,
                  LiveSimVerdict *verdict)
{
  static const char *const refused[] = { "responseMimeType",
                                         "responseSchema",
                                         "responseJsonSchema",
                                         "responseLogprobs",
                                         "logprobs",
                                         "stopSequences",
                                         NULL };
  JsonObject *config = live_sim_json_object (setup, "generationConfig");
  JsonObject *speech = live_sim_json_object (config, "speechConfig");
  JsonObject *voice = live_sim_json_object (speech, "voiceConfig");
  const char *name =
      live_sim_json_string (live_sim_json_object (voice, "prebuiltVoiceConfig"), "voiceName", NULL);
  double temperature = live_sim_json_double (config, "temperature", 1);

  for (guint i = 0; config != NULL && refused[i] != NULL; i++)
    if (json_object_has_member (config, refused[i]))
      return refuse_argument (verdict);

  if (temperature < 0 || temperature > 2)
    return refuse_argument (verdict);
  if (speech != NULL && json_object_has_member (speech, "multiSpeakerVoiceConfig"))
    return refuse_argument (verdict);
  if (config != NULL && json_object_has_member (config, "enableAffectiveDialog") &&
      !profile->has_v1alpha_dialogue)
    return refuse_argument (verdict);
  if (!check_modality (setup, config, profile, dialect, verdict) ||
      !check_thinking (config, profile, verdict))
    return FALSE;
  if (name != NULL && !live_sim_profile_has_voice (profile, name))
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Requested voice api_name '%s' is not available for model %s",
                                    name, live_sim_json_string (setup, "model", ""));
  return TRUE;
}

static gboolean
check_declaration (JsonObject *declaration,
                   const LiveSimProfile *profile,
                   GHashTable *names,
                   LiveSimVerdict *verdict)
{
  const char *name = live_sim_json_string (declaration, "name", "");
  const char *behavior = live_sim_json_string (declaration, "behavior", "UNSPECIFIED");

  if (!g_regex_match_simple ("^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$", name, G_REGEX_DOLLAR_ENDONLY, 0))
    return live_sim_verdict_refuse (
        verdict, INVALID,
        "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric "
        "(a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), at most 128.");
  if (!g_hash_table_add (names, (gpointer) name))
    return live_sim_verdict_refuse (verdict, INVALID, "Duplicate function declaration found: %s",
                                    name);
  if (json_object_has_member (declaration, "parameters") &&
      json_object_has_member (declaration, "parametersJsonSchema"))
    return refuse_argument (verdict);
  if (strcmp (behavior, "BLOCKING") == 0 && profile->calls == LIVE_SIM_CALLS_NON_BLOCKING_ONLY)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "BLOCKING function calls are not supported for this model");
  if (strcmp (behavior, "NON_BLOCKING") == 0 && profile->calls == LIVE_SIM_CALLS_BLOCKING_ONLY)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "NON_BLOCKING function calls are not supported for this "
                                    "model");
  return TRUE;
}

static gboolean
check_tools (JsonArray *tools, const LiveSimProfile *profile, LiveSimVerdict *verdict)
{
  static const char *const refused[] = { "urlContext", "googleMaps", "fileSearch", "computerUse",
                                         NULL };
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; tools != NULL && i < json_array_get_length (tools); i++)
    {
      JsonObject *tool = json_array_get_object_element (tools, i);
      JsonArray *declarations = live_sim_json_array (tool, "functionDeclarations");

      for (guint k = 0; refused[k] != NULL; k++)
        if (json_object_has_member (tool, refused[k]))
          return refuse_argument (verdict);
      if (json_object_has_member (tool, "codeExecution") && !profile->has_code_execution)
        return refuse_argument (verdict);

      for (guint k = 0; declarations != NULL && k < json_array_get_length (declarations); k++)
        if (!check_declaration (json_array_get_object_element (declarations, k), profile, names,
                                verdict))
          return FALSE;
    }

  if (g_hash_table_size (names) > MAX_DECLARATIONS)
    return refuse_argument (verdict);
  return TRUE;
}

static gboolean
check_realtime_config (JsonObject *config, const LiveSimDialect *dialect, LiveSimVerdict *verdict)
{
  JsonObject *detection = live_sim_json_object (config, "automaticActivityDetection");
  const char *coverage = live_sim_json_string (config, "turnCoverage", "");

  if (live_sim_json_int (detection, "prefixPaddingMs", 0) < 0 ||
      live_sim_json_int (detection, "silenceDurationMs", 0) < 0)
    return refuse_argument (verdict);
  if (dialect->is_vertex && strcmp (coverage, "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO") == 0)
    return refuse_argument (verdict);
  return TRUE;
}

static gboolean
check_compression (JsonObject *compression, LiveSimVerdict *verdict)
{
  JsonObject *window = live_sim_json_object (compression, "slidingWindow");
  gint64 trigger = live_sim_json_int (compression, "triggerTokens", 0);
  gint64 target = live_sim_json_int (window, "targetTokens", 0);

  if (trigger < 0 || target < 0 || (trigger > 0 && target >= trigger))
    return refuse_argument (verdict);
  return TRUE;
}

static gboolean
check_instruction (JsonObject *instruction, LiveSimVerdict *verdict)
{
  JsonArray *parts = live_sim_json_array (instruction, "parts");

  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    if (!json_object_has_member (json_array_get_object_element (parts, i), "text"))
      return refuse_argument (verdict);
  return TRUE;
}

static gboolean
check_labels (JsonObject *labels, LiveSimVerdict *verdict)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (labels == NULL)
    return TRUE;
  json_object_iter_init_ordered (&iter, labels);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    if (!g_regex_match_simple ("^[a-z0-9_-]{1,63}$", name, G_REGEX_DOLLAR_ENDONLY, 0) ||
        !g_regex_match_simple ("^[a-z0-9_-]{0,63}$", json_node_get_string (member),
                               G_REGEX_DOLLAR_ENDONLY, 0))
      return refuse_argument (verdict);
  return TRUE;
}

gboolean
live_sim_rules_check_setup (JsonObject *setup,
                            const LiveSimProfile *profile,
                            const LiveSimDialect *dialect,
                            LiveSimVerdict *verdict)
{
  if (json_object_has_member (setup, "proactivity") && !profile->has_v1alpha_dialogue)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Invalid JSON payload received. Unknown name \"proactivity\" "
                                    "at 'setup': Cannot find field.");
  if (json_object_has_member (setup, "historyConfig") && !profile->has_history_config)
    return refuse_argument (verdict);

  return check_generation (setup, profile, dialect, verdict) &&
         check_tools (live_sim_json_array (setup, "tools"), profile, verdict) &&
         check_realtime_config (live_sim_json_object (setup, "realtimeInputConfig"), dialect,
                                verdict) &&
         check_compression (live_sim_json_object (setup, "contextWindowCompression"), verdict) &&
         check_instruction (live_sim_json_object (setup, "systemInstruction"), verdict) &&
         check_labels (live_sim_json_object (setup, "labels"), verdict);
}

gboolean
live_sim_rules_check_content (JsonObject *content,
                              const LiveSimProfile *profile,
                              const LiveSimDialect *dialect,
                              gboolean takes_history,
                              LiveSimVerdict *verdict)
{
  JsonArray *turns = live_sim_json_array (content, "turns");
  guint n_turns = turns != NULL ? json_array_get_length (turns) : 0;
  const char *role = "user";

  if (profile->content_is_history_only && !takes_history)
    return refuse_argument (verdict);

  for (guint i = 0; i < n_turns; i++)
    {
      JsonObject *turn = json_array_get_object_element (turns, i);

      role = live_sim_json_string (turn, "role", "user");
      if (strcmp (role, "user") != 0 && strcmp (role, "model") != 0 &&
          !(dialect->is_vertex && strcmp (role, "system") == 0))
        return live_sim_verdict_refuse (verdict, INVALID, "Please use a valid role: user, model.");
      if (live_sim_json_array (turn, "parts") == NULL)
        return refuse_argument (verdict);
    }

  /* 2.5 and its elders answer at once, and there is nothing to answer after the model's turn. */
  if (!profile->has_history_config && strcmp (role, "model") == 0 &&
      live_sim_json_bool (content, "turnComplete", FALSE))
    return refuse_argument (verdict);
  return TRUE;
}

gboolean
live_sim_rules_check_realtime (JsonObject *input, gboolean is_manual, LiveSimVerdict *verdict)
{
  JsonObject *audio = live_sim_json_object (input, "audio");
  JsonObject *video = live_sim_json_object (input, "video");
  gboolean has_signal = json_object_has_member (input, "activityStart") ||
                        json_object_has_member (input, "activityEnd");

  if (has_signal && !is_manual)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "Explicit activity control is not supported when automatic "
                                    "activity detection is enabled.");
  if (live_sim_json_bool (input, "audioStreamEnd", FALSE) && is_manual)
    return live_sim_verdict_refuse (verdict, INVALID,
                                    "audio_stream_end is not supported when automatic activity "
                                    "detection is disabled.");
  if (audio != NULL &&
      !g_str_has_prefix (live_sim_json_string (audio, "mimeType", ""), "audio/pcm"))
    return refuse_argument (verdict);
  if (video != NULL && strcmp (live_sim_json_string (video, "mimeType", ""), "image/jpeg") != 0 &&
      strcmp (live_sim_json_string (video, "mimeType", ""), "image/png") != 0)
    return refuse_argument (verdict);
  return TRUE;
}

gboolean
live_sim_rules_check_tool_response (JsonObject *response,
                                    const LiveSimProfile *profile,
                                    const LiveSimDialect *dialect,
                                    LiveSimVerdict *verdict)
{
  JsonArray *responses = live_sim_json_array (response, "functionResponses");

  for (guint i = 0; responses != NULL && i < json_array_get_length (responses); i++)
    {
      JsonObject *item = json_array_get_object_element (responses, i);

      if (dialect->is_vertex)
        continue; /* answers need no id there, and scheduling is ignored */
      if (*live_sim_json_string (item, "id", "") == '\0')
        return refuse_argument (verdict);
      if (json_object_has_member (item, "scheduling") && !profile->has_scheduling)
        return refuse_argument (verdict);
    }
  return TRUE;
}
