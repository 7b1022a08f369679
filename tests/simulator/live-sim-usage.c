/* Owns: the arithmetic of tokens.
 * Thread: main.
 * Called by: live-sim-turn.c, tests. */
#include "live-sim-usage.h"

#include <string.h>

#define AUDIO_TOKENS_PER_SECOND 25

guint64
live_sim_usage_audio_tokens (guint64 n_frames, guint rate_hz)
{
  return (n_frames * AUDIO_TOKENS_PER_SECOND + rate_hz - 1) / rate_hz;
}

guint64
live_sim_usage_text_tokens (const char *text)
{
  return (strlen (text) + 3) / 4;
}

static void
add_detail (JsonArray *details, const char *modality, guint64 n_tokens)
{
  JsonObject *detail;

  if (n_tokens == 0)
    return; /* the service leaves out what is at its default */
  detail = json_object_new ();
  json_object_set_string_member (detail, "modality", modality);
  json_object_set_int_member (detail, "tokenCount", (gint64) n_tokens);
  json_array_add_object_element (details, detail);
}

static void
add_count (JsonObject *usage, const char *name, guint64 n_tokens)
{
  if (n_tokens > 0)
    json_object_set_int_member (usage, name, (gint64) n_tokens);
}

JsonObject *
live_sim_usage_describe (const LiveSimConversation *conversation,
                         guint64 response_audio_tokens,
                         guint64 response_text_tokens,
                         gboolean has_vertex_habits)
{
  JsonObject *usage = json_object_new ();
  JsonArray *prompt_details = json_array_new ();
  JsonArray *response_details = json_array_new ();
  guint64 prompt = live_sim_conversation_count_tokens (conversation);
  guint64 response = response_audio_tokens + response_text_tokens;

  add_count (usage, "promptTokenCount", prompt);
  add_count (usage, has_vertex_habits ? "candidatesTokenCount" : "responseTokenCount", response);
  add_count (usage, "totalTokenCount", prompt + response);

  add_detail (prompt_details, "TEXT", conversation->instruction_tokens + conversation->text_tokens);
  add_detail (prompt_details, "AUDIO", conversation->audio_tokens);
  add_detail (prompt_details, "IMAGE", conversation->image_tokens);
  add_detail (response_details, "TEXT", response_text_tokens);
  add_detail (response_details, "AUDIO", response_audio_tokens);
  json_object_set_array_member (usage, "promptTokensDetails", prompt_details);
  json_object_set_array_member (
      usage, has_vertex_habits ? "candidatesTokensDetails" : "responseTokensDetails",
      response_details);
  return usage;
}
