/* Owns: the reading of a setup into the fields of its session.
 * Thread: main.
 * Called by: live-sim-session.c. */
#include "live-sim-setup.h"

#include <string.h>

#include "live-sim-input.h"
#include "live-sim-usage.h"

static void
read_speech (LiveSimSession *self, JsonObject *setup)
{
  JsonObject *config = live_sim_json_object (setup, "generationConfig");
  JsonObject *speech = live_sim_json_object (config, "speechConfig");
  JsonObject *voice = live_sim_json_object (speech, "voiceConfig");
  JsonArray *modalities = live_sim_json_array (config, "responseModalities");

  self->has_audio_answers = modalities != NULL && json_array_get_length (modalities) > 0 &&
                            strcmp (json_array_get_string_element (modalities, 0), "TEXT") != 0;
  self->voice = g_strdup (live_sim_json_string (live_sim_json_object (voice, "prebuiltVoiceConfig"),
                                                "voiceName", NULL));
  self->language = g_strdup (live_sim_json_string (speech, "languageCode", NULL));
  self->has_input_transcripts = json_object_has_member (setup, "inputAudioTranscription");
  self->has_output_transcripts = json_object_has_member (setup, "outputAudioTranscription");
}

static void
read_listening (LiveSimSession *self, JsonObject *setup)
{
  JsonObject *config = live_sim_json_object (setup, "realtimeInputConfig");
  JsonObject *detection = live_sim_json_object (config, "automaticActivityDetection");
  const char *start = live_sim_json_string (detection, "startOfSpeechSensitivity", "");
  const char *end = live_sim_json_string (detection, "endOfSpeechSensitivity", "");
  LiveSimVadConfig vad = { 0 };

  /* LOW is Vertex's default, HIGH that of the Gemini API. */
  vad.is_start_low = g_str_has_suffix (start, "_LOW") ||
                     (self->has_vertex_habits && !g_str_has_suffix (start, "_HIGH"));
  vad.is_end_low = g_str_has_suffix (end, "_LOW") ||
                   (self->has_vertex_habits && !g_str_has_suffix (end, "_HIGH"));
  vad.silence_ms =
      (guint) live_sim_json_int (detection, "silenceDurationMs", LIVE_SIM_VAD_DEFAULT_SILENCE_MS);
  vad.prefix_ms = (guint) MIN (
      live_sim_json_int (detection, "prefixPaddingMs", LIVE_SIM_VAD_DEFAULT_PREFIX_MS), 10000);
  vad.is_manual = live_sim_json_bool (detection, "disabled", FALSE);

  self->has_manual_activity = vad.is_manual;
  self->can_interrupt =
      strcmp (live_sim_json_string (config, "activityHandling", ""), "NO_INTERRUPTION") != 0;
  self->has_voice_activity =
      self->profile->sends_voice_activity || live_sim_json_bool (setup, "explicitVadSignal", FALSE);
  live_sim_vad_free (self->vad);
  self->vad = live_sim_vad_new (&vad, live_sim_input_on_activity, self);
}

static void
count_instruction (LiveSimSession *self, JsonObject *setup)
{
  JsonArray *parts =
      live_sim_json_array (live_sim_json_object (setup, "systemInstruction"), "parts");

  self->conversation->instruction_tokens = 0;
  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    self->conversation->instruction_tokens += live_sim_usage_text_tokens (
        live_sim_json_string (json_array_get_object_element (parts, i), "text", ""));
}

/* The defaults are those of the reference: four fifths of the window, and half of the trigger. */
static void
read_window (LiveSimSession *self, JsonObject *setup)
{
  JsonObject *compression = live_sim_json_object (setup, "contextWindowCompression");
  guint64 capacity = self->world->options.context_tokens;

  if (capacity == 0)
    capacity = self->profile->defaults_to_text ? 32768 : 131072;
  self->window.capacity = capacity;
  if (compression == NULL)
    return;
  self->window.trigger =
      (guint64) live_sim_json_int (compression, "triggerTokens", (gint64) (capacity * 4 / 5));
  self->window.target =
      (guint64) live_sim_json_int (live_sim_json_object (compression, "slidingWindow"),
                                   "targetTokens", (gint64) (self->window.trigger / 2));
}

void
live_sim_setup_read (LiveSimSession *self, JsonObject *setup)
{
  JsonObject *history = live_sim_json_object (setup, "historyConfig");

  self->has_vertex_habits = self->door.dialect.is_vertex || self->profile->is_vertex;
  self->has_handles =
      json_object_has_member (setup, "sessionResumption") || self->profile->sends_handles_unasked;
  self->takes_history = live_sim_json_bool (history, "initialHistoryInClientContent", FALSE);
  if (json_object_has_member (setup, "tools"))
    self->tools = json_array_ref (live_sim_json_array (setup, "tools"));
  read_speech (self, setup);
  read_listening (self, setup);
  count_instruction (self, setup);
  read_window (self, setup);
}
