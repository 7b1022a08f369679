/* Owns: the table of client fields.
 * Thread: any; constant data.
 * Called by: live-sim-rules.c. */
#include "live-sim-fields.h"

#define REPEATED LIVE_SIM_FIELD_REPEATED
#define VERTEX LIVE_SIM_FIELD_VERTEX
#define GEMINI LIVE_SIM_FIELD_GEMINI
#define ALPHA LIVE_SIM_FIELD_ALPHA
#define ONE_OF LIVE_SIM_FIELD_ONE_OF

#define F_BOOL(field_name, bits)                                                                   \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_BOOL, bits, NULL, NULL                                               \
  }
#define F_INT32(field_name, bits)                                                                  \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_INT32, bits, NULL, NULL                                              \
  }
#define F_INT64(field_name, bits)                                                                  \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_INT64, bits, NULL, NULL                                              \
  }
#define F_NUMBER(field_name, bits)                                                                 \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_NUMBER, bits, NULL, NULL                                             \
  }
#define F_STRING(field_name, bits)                                                                 \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_STRING, bits, NULL, NULL                                             \
  }
#define F_BYTES(field_name, bits)                                                                  \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_BYTES, bits, NULL, NULL                                              \
  }
#define F_ENUM(field_name, bits, list)                                                             \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_ENUM, bits, NULL, list                                               \
  }
#define F_STRUCT(field_name, bits)                                                                 \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_STRUCT, bits, NULL, NULL                                             \
  }
#define F_VALUE(field_name, bits)                                                                  \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_VALUE, bits, NULL, NULL                                              \
  }
#define F_MESSAGE(field_name, bits, type)                                                          \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_MESSAGE, bits, type, NULL                                            \
  }
#define F_MAP(field_name, bits, type)                                                              \
  {                                                                                                \
    field_name, LIVE_SIM_KIND_MAP, bits, type, NULL                                                \
  }
#define F_END                                                                                      \
  {                                                                                                \
    NULL, 0, 0, NULL, NULL                                                                         \
  }

#define MESSAGE(variable, type_name, ...)                                                          \
  static const LiveSimField variable##_fields[] = { __VA_ARGS__, F_END };                          \
  static const LiveSimMessage variable = { type_name, variable##_fields }

#define VALUES(variable, ...) static const char *const variable[] = { __VA_ARGS__, NULL }

VALUES (values_modality, "MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO");
VALUES (values_level, "THINKING_LEVEL_UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "MINIMAL");
VALUES (values_resolution,
        "MEDIA_RESOLUTION_UNSPECIFIED",
        "MEDIA_RESOLUTION_LOW",
        "MEDIA_RESOLUTION_MEDIUM",
        "MEDIA_RESOLUTION_HIGH");
VALUES (values_behavior, "UNSPECIFIED", "BLOCKING", "NON_BLOCKING");
VALUES (values_scheduling, "SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT");
VALUES (values_start,
        "START_SENSITIVITY_UNSPECIFIED",
        "START_SENSITIVITY_HIGH",
        "START_SENSITIVITY_LOW");
VALUES (values_end, "END_SENSITIVITY_UNSPECIFIED", "END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW");
VALUES (values_handling,
        "ACTIVITY_HANDLING_UNSPECIFIED",
        "START_OF_ACTIVITY_INTERRUPTS",
        "NO_INTERRUPTION");
VALUES (values_coverage,
        "TURN_COVERAGE_UNSPECIFIED",
        "TURN_INCLUDES_ONLY_ACTIVITY",
        "TURN_INCLUDES_ALL_INPUT",
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO");
VALUES (values_schema_type,
        "TYPE_UNSPECIFIED",
        "STRING",
        "NUMBER",
        "INTEGER",
        "BOOLEAN",
        "ARRAY",
        "OBJECT",
        "NULL");
VALUES (values_transcript_mode, "MODE_UNSPECIFIED", "VERBATIM", "SMART");
VALUES (values_language, "LANGUAGE_UNSPECIFIED", "PYTHON");
VALUES (values_outcome,
        "OUTCOME_UNSPECIFIED",
        "OUTCOME_OK",
        "OUTCOME_FAILED",
        "OUTCOME_DEADLINE_EXCEEDED");
VALUES (values_harm,
        "HARM_CATEGORY_UNSPECIFIED",
        "HARM_CATEGORY_DEROGATORY",
        "HARM_CATEGORY_TOXICITY",
        "HARM_CATEGORY_VIOLENCE",
        "HARM_CATEGORY_SEXUAL",
        "HARM_CATEGORY_MEDICAL",
        "HARM_CATEGORY_DANGEROUS",
        "HARM_CATEGORY_HARASSMENT",
        "HARM_CATEGORY_HATE_SPEECH",
        "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_DANGEROUS_CONTENT",
        "HARM_CATEGORY_CIVIC_INTEGRITY",
        "HARM_CATEGORY_JAILBREAK");
VALUES (values_threshold,
        "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
        "BLOCK_LOW_AND_ABOVE",
        "BLOCK_MEDIUM_AND_ABOVE",
        "BLOCK_ONLY_HIGH",
        "BLOCK_NONE",
        "OFF");
VALUES (values_harm_method, "HARM_BLOCK_METHOD_UNSPECIFIED", "SEVERITY", "PROBABILITY");
VALUES (values_calling_mode, "MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED");

MESSAGE (blob,
         "Blob",
         F_STRING ("mimeType", 0),
         F_BYTES ("data", 0),
         F_STRING ("displayName", VERTEX));
MESSAGE (file_data, "FileData", F_STRING ("mimeType", 0), F_STRING ("fileUri", 0));
MESSAGE (function_call,
         "FunctionCall",
         F_STRING ("id", 0),
         F_STRING ("name", 0),
         F_STRUCT ("args", 0));
MESSAGE (response_part,
         "FunctionResponsePart",
         F_MESSAGE ("inlineData", 0, &blob),
         F_MESSAGE ("fileData", 0, &file_data));
MESSAGE (function_response,
         "FunctionResponse",
         F_STRING ("id", 0),
         F_STRING ("name", 0),
         F_STRUCT ("response", 0),
         F_ENUM ("scheduling", 0, values_scheduling),
         F_BOOL ("willContinue", GEMINI),
         F_MESSAGE ("parts", REPEATED, &response_part));
MESSAGE (executable_code,
         "ExecutableCode",
         F_ENUM ("language", 0, values_language),
         F_STRING ("code", 0),
         F_STRING ("id", 0));
MESSAGE (code_result,
         "CodeExecutionResult",
         F_ENUM ("outcome", 0, values_outcome),
         F_STRING ("output", 0),
         F_STRING ("id", 0));
MESSAGE (video_metadata,
         "VideoMetadata",
         F_STRING ("startOffset", 0),
         F_STRING ("endOffset", 0),
         F_NUMBER ("fps", 0));
MESSAGE (part,
         "Part",
         F_STRING ("text", 0),
         F_MESSAGE ("inlineData", 0, &blob),
         F_MESSAGE ("fileData", 0, &file_data),
         F_MESSAGE ("functionCall", 0, &function_call),
         F_MESSAGE ("functionResponse", 0, &function_response),
         F_BOOL ("thought", 0),
         F_BYTES ("thoughtSignature", 0),
         F_MESSAGE ("executableCode", 0, &executable_code),
         F_MESSAGE ("codeExecutionResult", 0, &code_result),
         F_MESSAGE ("videoMetadata", 0, &video_metadata));
MESSAGE (content, "Content", F_STRING ("role", 0), F_MESSAGE ("parts", REPEATED, &part));

/* Schema holds itself, so its table cannot come from the macro. */
static const LiveSimMessage schema;
static const LiveSimField schema_fields[] = {
  F_ENUM ("type", 0, values_schema_type),
  F_STRING ("format", 0),
  F_STRING ("title", 0),
  F_STRING ("description", 0),
  F_BOOL ("nullable", 0),
  F_STRING ("enum", REPEATED),
  F_MESSAGE ("items", 0, &schema),
  F_INT64 ("maxItems", 0),
  F_INT64 ("minItems", 0),
  F_MAP ("properties", 0, &schema),
  F_STRING ("required", REPEATED),
  F_INT64 ("minProperties", 0),
  F_INT64 ("maxProperties", 0),
  F_NUMBER ("minimum", 0),
  F_NUMBER ("maximum", 0),
  F_INT64 ("minLength", 0),
  F_INT64 ("maxLength", 0),
  F_STRING ("pattern", 0),
  F_VALUE ("example", 0),
  F_VALUE ("default", 0),
  F_MESSAGE ("anyOf", REPEATED, &schema),
  F_STRING ("propertyOrdering", REPEATED),
  F_END,
};
static const LiveSimMessage schema = { "Schema", schema_fields };

MESSAGE (declaration,
         "FunctionDeclaration",
         F_STRING ("name", 0),
         F_STRING ("description", 0),
         F_ENUM ("behavior", 0, values_behavior),
         F_MESSAGE ("parameters", 0, &schema),
         F_VALUE ("parametersJsonSchema", 0),
         F_MESSAGE ("response", 0, &schema),
         F_VALUE ("responseJsonSchema", 0));
MESSAGE (tool,
         "Tool",
         F_MESSAGE ("functionDeclarations", REPEATED, &declaration),
         F_STRUCT ("googleSearch", 0),
         F_STRUCT ("googleSearchRetrieval", 0),
         F_STRUCT ("codeExecution", 0),
         F_STRUCT ("urlContext", 0),
         F_STRUCT ("googleMaps", 0),
         F_STRUCT ("fileSearch", GEMINI),
         F_STRUCT ("computerUse", 0),
         F_STRUCT ("retrieval", VERTEX),
         F_STRUCT ("enterpriseWebSearch", VERTEX));

MESSAGE (prebuilt_voice, "PrebuiltVoiceConfig", F_STRING ("voiceName", 0));
MESSAGE (consent, "VoiceConsentSignature", F_STRING ("signature", 0));
MESSAGE (replicated_voice,
         "ReplicatedVoiceConfig",
         F_STRING ("mimeType", 0),
         F_BYTES ("voiceSampleAudio", 0),
         F_BYTES ("consentAudio", 0),
         F_MESSAGE ("voiceConsentSignature", 0, &consent));
MESSAGE (voice_config,
         "VoiceConfig",
         F_MESSAGE ("prebuiltVoiceConfig", 0, &prebuilt_voice),
         F_MESSAGE ("replicatedVoiceConfig", 0, &replicated_voice),
         F_STRING ("voice", 0));
MESSAGE (speech_config,
         "SpeechConfig",
         F_MESSAGE ("voiceConfig", 0, &voice_config),
         F_STRING ("languageCode", 0),
         F_STRUCT ("multiSpeakerVoiceConfig", 0));
MESSAGE (thinking_config,
         "ThinkingConfig",
         F_BOOL ("includeThoughts", 0),
         F_INT32 ("thinkingBudget", 0),
         F_ENUM ("thinkingLevel", 0, values_level));
MESSAGE (translation,
         "TranslationConfig",
         F_STRING ("targetLanguageCode", 0),
         F_BOOL ("echoTargetLanguage", 0));
MESSAGE (generation_config,
         "GenerationConfig",
         F_ENUM ("responseModalities", REPEATED, values_modality),
         F_MESSAGE ("speechConfig", 0, &speech_config),
         F_MESSAGE ("thinkingConfig", 0, &thinking_config),
         F_ENUM ("mediaResolution", 0, values_resolution),
         F_NUMBER ("temperature", 0),
         F_NUMBER ("topP", 0),
         F_NUMBER ("topK", 0),
         F_INT32 ("maxOutputTokens", 0),
         F_INT32 ("seed", 0),
         F_NUMBER ("presencePenalty", 0),
         F_NUMBER ("frequencyPenalty", 0),
         F_INT32 ("candidateCount", 0),
         F_BOOL ("enableAffectiveDialog", ALPHA),
         F_MESSAGE ("translationConfig", 0, &translation),
         /* Known to the type and refused for live sessions: a rule, not an unknown name. */
         F_STRING ("responseMimeType", 0),
         F_MESSAGE ("responseSchema", 0, &schema),
         F_VALUE ("responseJsonSchema", 0),
         F_BOOL ("responseLogprobs", 0),
         F_INT32 ("logprobs", 0),
         F_STRING ("stopSequences", REPEATED));

MESSAGE (detection,
         "AutomaticActivityDetection",
         F_BOOL ("disabled", 0),
         F_ENUM ("startOfSpeechSensitivity", 0, values_start),
         F_ENUM ("endOfSpeechSensitivity", 0, values_end),
         F_INT32 ("prefixPaddingMs", 0),
         F_INT32 ("silenceDurationMs", 0));
MESSAGE (realtime_config,
         "RealtimeInputConfig",
         F_MESSAGE ("automaticActivityDetection", 0, &detection),
         F_ENUM ("activityHandling", 0, values_handling),
         F_ENUM ("turnCoverage", 0, values_coverage),
         F_BOOL ("interimTranscriptTimestampEnabled", 0));
MESSAGE (transcription,
         "AudioTranscriptionConfig",
         F_STRING ("languageCodes", REPEATED),
         F_STRING ("customVocabulary", REPEATED),
         F_BOOL ("wordTimestamp", 0),
         F_BOOL ("diarization", 0),
         F_ENUM ("mode", 0, values_transcript_mode),
         F_BOOL ("sourceText", 0),
         F_BOOL ("languageAuto", 0),
         F_STRING ("languageHints", REPEATED),
         F_STRING ("adaptationPhrases", REPEATED));
MESSAGE (resumption,
         "SessionResumptionConfig",
         F_STRING ("handle", 0),
         F_BOOL ("transparent", VERTEX));
MESSAGE (sliding_window, "SlidingWindow", F_INT64 ("targetTokens", 0));
MESSAGE (compression,
         "ContextWindowCompressionConfig",
         F_INT64 ("triggerTokens", 0),
         F_MESSAGE ("slidingWindow", 0, &sliding_window));
MESSAGE (proactivity,
         "ProactivityConfig",
         F_BOOL ("proactiveAudio", 0),
         F_BOOL ("proactiveVideo", 0));
MESSAGE (history_config, "HistoryConfig", F_BOOL ("initialHistoryInClientContent", 0));
MESSAGE (custom_avatar,
         "CustomizedAvatar",
         F_STRING ("imageMimeType", 0),
         F_BYTES ("imageData", 0));
MESSAGE (avatar,
         "AvatarConfig",
         F_STRING ("avatarName", 0),
         F_MESSAGE ("customizedAvatar", 0, &custom_avatar),
         F_INT32 ("audioBitrateBps", 0),
         F_INT32 ("videoBitrateBps", 0));
MESSAGE (safety,
         "SafetySetting",
         F_ENUM ("category", 0, values_harm),
         F_ENUM ("threshold", 0, values_threshold),
         F_ENUM ("method", VERTEX, values_harm_method));
MESSAGE (calling_config,
         "FunctionCallingConfig",
         F_ENUM ("mode", 0, values_calling_mode),
         F_STRING ("allowedFunctionNames", REPEATED));
MESSAGE (tool_config,
         "ToolConfig",
         F_MESSAGE ("functionCallingConfig", 0, &calling_config),
         F_STRUCT ("retrievalConfig", 0));
MESSAGE (setup,
         "BidiGenerateContentSetup",
         F_STRING ("model", 0),
         F_MESSAGE ("generationConfig", 0, &generation_config),
         F_MESSAGE ("systemInstruction", 0, &content),
         F_MESSAGE ("tools", REPEATED, &tool),
         F_MESSAGE ("realtimeInputConfig", 0, &realtime_config),
         F_MESSAGE ("sessionResumption", 0, &resumption),
         F_MESSAGE ("contextWindowCompression", 0, &compression),
         F_MESSAGE ("inputAudioTranscription", 0, &transcription),
         F_MESSAGE ("outputAudioTranscription", 0, &transcription),
         F_MESSAGE ("proactivity", ALPHA, &proactivity),
         F_MESSAGE ("historyConfig", GEMINI, &history_config),
         F_BOOL ("explicitVadSignal", VERTEX),
         F_MESSAGE ("avatarConfig", VERTEX, &avatar),
         F_MESSAGE ("safetySettings", REPEATED, &safety),
         F_MAP ("labels", 0, NULL),
         F_MESSAGE ("toolConfig", 0, &tool_config));

MESSAGE (client_content,
         "BidiGenerateContentClientContent",
         F_MESSAGE ("turns", REPEATED, &content),
         F_BOOL ("turnComplete", 0));
MESSAGE (nothing, "Empty", F_END);
MESSAGE (realtime_input,
         "BidiGenerateContentRealtimeInput",
         F_MESSAGE ("mediaChunks", REPEATED, &blob),
         F_MESSAGE ("audio", 0, &blob),
         F_MESSAGE ("video", 0, &blob),
         F_STRING ("text", 0),
         F_BOOL ("audioStreamEnd", 0),
         F_MESSAGE ("activityStart", 0, &nothing),
         F_MESSAGE ("activityEnd", 0, &nothing));
MESSAGE (tool_response,
         "BidiGenerateContentToolResponse",
         F_MESSAGE ("functionResponses", REPEATED, &function_response));
MESSAGE (tool_update, "ToolUpdate", F_MESSAGE ("tools", REPEATED, &tool));
MESSAGE (context_update,
         "BidiGenerateContentContextUpdate",
         F_MESSAGE ("systemInstruction", 0, &content),
         F_MESSAGE ("tools", 0, &tool_update));

MESSAGE (client_message,
         "BidiGenerateContentClientMessage",
         F_MESSAGE ("setup", ONE_OF, &setup),
         F_MESSAGE ("clientContent", ONE_OF, &client_content),
         F_MESSAGE ("realtimeInput", ONE_OF, &realtime_input),
         F_MESSAGE ("toolResponse", ONE_OF, &tool_response),
         F_MESSAGE ("contextUpdate", ONE_OF, &context_update));

const LiveSimMessage *
live_sim_fields_client_message (void)
{
  return &client_message;
}
