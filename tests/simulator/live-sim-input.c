/* Owns: the meaning of each client message after setup.
 * Thread: main.
 * Called by: live-sim-session.c. */
#include "live-sim-input.h"

#include <string.h>

#include "live-sim-content.h"
#include "live-sim-script.h"
#include "live-sim-turn.h"
#include "live-sim-usage.h"

#define IMAGE_TOKENS 256

static void
send_activity (LiveSimSession *session, gboolean is_start, guint64 offset_frames)
{
  JsonObject *message, *activity;
  char offset[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *text = NULL;

  if (!session->has_voice_activity)
    return;

  message = json_object_new ();
  activity = live_sim_json_add_object (message, "voiceActivity");
  g_ascii_formatd (offset, sizeof offset, "%.3f", (double) offset_frames / LIVE_SIM_VAD_RATE_HZ);
  text = g_strconcat (offset, "s", NULL);
  json_object_set_string_member (activity, "type", is_start ? "ACTIVITY_START" : "ACTIVITY_END");
  json_object_set_string_member (activity, "audioOffset", text);
  live_sim_link_send (session->link, message);
}

static void
send_input_fragment (LiveSimSession *session, const char *text)
{
  JsonObject *content;
  JsonObject *message = live_sim_content_new (&content);

  live_sim_content_add_transcript (content, "inputTranscription", text);
  live_sim_link_send (session->link, message);
}

/* 3.1 and later deliver the utterance whole, 2.5 word by word, each with a blank before it. */
static void
send_input_transcript (LiveSimSession *session, const char *text)
{
  g_auto (GStrv) words = NULL;

  if (!session->has_input_transcripts)
    return;
  if (session->profile->whole_transcripts)
    {
      send_input_fragment (session, text);
      return;
    }

  words = g_strsplit (text, " ", -1);
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autofree char *fragment = g_strconcat (" ", words[i], NULL);

      send_input_fragment (session, fragment);
    }
}

static void
answer_prompt (LiveSimSession *session, const char *text, guint heard_ms)
{
  LiveSimPrompt prompt = {
    .text = text,
    .heard_ms = heard_ms,
    .n_images = session->n_images,
    .n_turns = session->conversation->n_turns,
    .said = session->conversation->said,
    .tools = session->tools,
  };
  LiveSimAnswer *answer = live_sim_companion_answer (&prompt);

  session->n_images = 0;
  if (text != NULL)
    live_sim_conversation_add (session->conversation, TRUE, text);
  live_sim_turn_answer (session->turn, answer);
}

/* The words of a person, typed or spoken in a scenario. */
static void
take_text (LiveSimSession *session, const char *text)
{
  LiveSimWorld *world = session->world;
  JsonNode *node = json_node_init_string (json_node_alloc (), text);

  if (!live_sim_session_begin_utterance (session))
    return;
  world->counters.received_texts++;
  session->conversation->text_tokens += live_sim_usage_text_tokens (text);
  live_sim_world_note (world->texts, node);
  if (live_sim_script_event (session->script, LIVE_SIM_ON_TEXT, text, 0))
    live_sim_conversation_add (session->conversation, TRUE, text);
  else
    answer_prompt (session, text, 0);
}

static void
answer_parrot (LiveSimSession *session, GArray *speech, guint voiced_ms)
{
  LiveSimAnswer *answer = live_sim_answer_new ();

  answer->sound = live_sim_resample ((const gint16 *) (gpointer) speech->data, speech->len,
                                     LIVE_SIM_VAD_RATE_HZ, LIVE_SIM_VOICE_RATE_HZ);
  g_queue_push_tail (&answer->phrases, g_strdup_printf ("(your own voice, %u.%u seconds)",
                                                        voiced_ms / 1000, voiced_ms % 1000 / 100));
  live_sim_turn_answer (session->turn, answer);
}

static void
finish_utterance (LiveSimSession *session, guint64 offset_frames)
{
  LiveSimWorld *world = session->world;
  guint voiced_ms = 0;
  g_autoptr (GArray) speech = live_sim_vad_take_speech (session->vad, &voiced_ms);
  g_autofree char *words = g_queue_pop_head (&world->hears);
  g_autofree char *transcript = NULL;

  world->counters.speech_ends++;
  session->conversation->audio_tokens +=
      live_sim_usage_audio_tokens (speech->len, LIVE_SIM_VAD_RATE_HZ);
  send_activity (session, FALSE, offset_frames);

  transcript = words != NULL ? g_strdup (words)
                             : g_strdup_printf ("(%u.%u seconds of speech)", voiced_ms / 1000,
                                                voiced_ms % 1000 / 100);
  send_input_transcript (session, transcript);
  if (live_sim_script_event (session->script, LIVE_SIM_ON_SPEECH_END, transcript, 0))
    return;
  if (world->options.is_parrot)
    answer_parrot (session, speech, voiced_ms);
  else
    answer_prompt (session, words, voiced_ms);
}

static void
begin_utterance (LiveSimSession *session, guint64 offset_frames)
{
  if (!live_sim_session_begin_utterance (session))
    return;
  session->world->counters.speech_starts++;
  send_activity (session, TRUE, offset_frames);
  if (session->can_interrupt)
    live_sim_turn_interrupt (session->turn);
  live_sim_script_event (session->script, LIVE_SIM_ON_SPEECH_START, NULL, 0);
}

void
live_sim_input_on_activity (LiveSimVadEvent event, guint64 offset_frames, gpointer data)
{
  LiveSimSession *session = data;

  if (event == LIVE_SIM_VAD_START)
    begin_utterance (session, offset_frames);
  else
    finish_utterance (session, offset_frames);
}

/* "audio/pcm;rate=16000": 0 when there is a rate that makes no sense. */
static guint
read_rate (const char *mime_type)
{
  const char *rate = strstr (mime_type, "rate=");
  guint64 value = LIVE_SIM_VAD_RATE_HZ;

  if (rate != NULL)
    value = g_ascii_strtoull (rate + strlen ("rate="), NULL, 10);
  return value >= 4000 && value <= 192000 ? (guint) value : 0;
}

/* The client's frames at 16 kHz, whatever rate they came in. */
static GArray *
hear_frames (LiveSimSession *session, const guchar *data, gsize size, guint rate_hz)
{
  gsize n_frames = size / sizeof (gint16);
  g_autofree gint16 *frames = g_new (gint16, MAX (n_frames, 1));
  GArray *heard = g_array_new (FALSE, FALSE, sizeof (gint16));

  for (gsize i = 0; i < n_frames; i++)
    frames[i] = (gint16) (data[2 * i] | data[2 * i + 1] << 8);

  if (rate_hz == LIVE_SIM_VAD_RATE_HZ)
    {
      g_array_append_vals (heard, frames, (guint) n_frames);
      return heard;
    }
  if (session->hearing == NULL || live_sim_resampler_get_in_hz (session->hearing) != rate_hz)
    {
      live_sim_resampler_free (session->hearing);
      session->hearing = live_sim_resampler_new (rate_hz, LIVE_SIM_VAD_RATE_HZ);
    }
  live_sim_resampler_push (session->hearing, frames, n_frames, heard);
  return heard;
}

static void
hear (LiveSimSession *session, const GArray *heard)
{
  const gint16 *frames = (const gint16 *) (gpointer) heard->data;

  session->world->counters.received_audio_frames += heard->len;
  session->n_heard_frames += heard->len;
  if (session->world->options.counts_samples)
    {
      live_sim_ledger_check (&session->world->ledger, frames, heard->len);
      session->world->counters.counted_frames = session->world->ledger.n_frames;
      session->world->counters.count_breaks = session->world->ledger.n_breaks;
    }
  live_sim_record_heard (session->world->record, frames, heard->len);
  live_sim_vad_push (session->vad, frames, heard->len);
  live_sim_script_event (session->script, LIVE_SIM_ON_AUDIO, NULL,
                         session->n_heard_frames * 1000 / LIVE_SIM_VAD_RATE_HZ);
}

static void
take_audio (LiveSimSession *session, JsonObject *blob)
{
  LiveSimWorld *world = session->world;
  guint rate_hz = read_rate (live_sim_json_string (blob, "mimeType", ""));
  const char *text = live_sim_json_string (blob, "data", "");
  g_autofree char *standard = g_strdelimit (g_strdup (text), "-", '+');
  gsize size = 0;
  g_autofree guchar *data = NULL;
  g_autoptr (GArray) heard = NULL;

  if (rate_hz == 0)
    {
      live_sim_session_refuse (session, LIVE_SIM_CLOSE_INVALID, LIVE_SIM_TEXT_INVALID_ARGUMENT);
      return;
    }
  if (live_sim_turn_forbids_audio (session->turn))
    {
      live_sim_session_refuse (session, LIVE_SIM_CLOSE_POLICY,
                               "Operation is not implemented, or supported, or enabled.");
      return;
    }

  data = g_base64_decode (g_strdelimit (standard, "_", '/'), &size);
  if (size % sizeof (gint16) != 0)
    live_sim_world_note_violation (world, session->id, 0, "half a sample in an audio message");
  heard = hear_frames (session, data, size, rate_hz);
  world->counters.received_audio_messages++;
  hear (session, heard);
}

static void
take_image (LiveSimSession *session)
{
  session->world->counters.received_images++;
  session->n_images++;
  session->conversation->image_tokens += IMAGE_TOKENS;
}

/* Only the first element counts, and 3.8 does not listen to sound that comes this way. */
static void
take_media_chunks (LiveSimSession *session, JsonArray *chunks)
{
  JsonObject *blob;
  const char *mime_type;

  if (json_array_get_length (chunks) == 0)
    return;
  blob = json_array_get_object_element (chunks, 0);
  mime_type = live_sim_json_string (blob, "mimeType", "");
  if (g_str_has_prefix (mime_type, "image/"))
    take_image (session);
  else if (!session->profile->takes_media_chunks)
    live_sim_world_note_violation (session->world, session->id, 0,
                                   "sound in mediaChunks, which this model ignores");
  else if (g_str_has_prefix (mime_type, "audio/pcm"))
    take_audio (session, blob);
  else
    live_sim_session_refuse (session, LIVE_SIM_CLOSE_INVALID, LIVE_SIM_TEXT_INVALID_ARGUMENT);
}

static void
take_activity_start (LiveSimSession *session)
{
  session->world->counters.activity_starts++;
  if (live_sim_vad_begin (session->vad))
    begin_utterance (session, session->n_heard_frames);
  else
    live_sim_session_refuse (session, LIVE_SIM_CLOSE_INVALID, LIVE_SIM_TEXT_INVALID_ARGUMENT);
}

static void
take_activity_end (LiveSimSession *session)
{
  session->world->counters.activity_ends++;
  if (live_sim_vad_finish (session->vad))
    finish_utterance (session, session->n_heard_frames);
  else
    live_sim_session_refuse (session, LIVE_SIM_CLOSE_INVALID, LIVE_SIM_TEXT_INVALID_ARGUMENT);
}

static void
end_stream (LiveSimSession *session)
{
  session->world->counters.stream_ends++;
  if (session->hearing != NULL)
    {
      g_autoptr (GArray) rest = g_array_new (FALSE, FALSE, sizeof (gint16));

      live_sim_resampler_flush (session->hearing, rest);
      hear (session, rest);
    }
  live_sim_vad_end_stream (session->vad);
}

void
live_sim_input_realtime (LiveSimSession *session, JsonObject *input)
{
  g_auto (LiveSimVerdict) verdict = { 0 };
  const char *text = live_sim_json_string (input, "text", NULL);

  if (!live_sim_rules_check_realtime (input, session->has_manual_activity, &verdict))
    {
      live_sim_session_refuse (session, verdict.code, verdict.reason);
      return;
    }

  if (json_object_has_member (input, "activityStart"))
    take_activity_start (session);
  if (json_object_has_member (input, "mediaChunks"))
    take_media_chunks (session, live_sim_json_array (input, "mediaChunks"));
  if (json_object_has_member (input, "audio"))
    take_audio (session, live_sim_json_object (input, "audio"));
  if (json_object_has_member (input, "video"))
    take_image (session);
  if (json_object_has_member (input, "activityEnd"))
    take_activity_end (session);
  if (live_sim_json_bool (input, "audioStreamEnd", FALSE))
    end_stream (session);
  if (text != NULL)
    {
      if (session->can_interrupt)
        live_sim_turn_interrupt (session->turn);
      take_text (session, text);
    }
}

static char *
join_parts (LiveSimSession *session, JsonArray *parts)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    {
      JsonObject *part = json_array_get_object_element (parts, i);

      g_string_append (text, live_sim_json_string (part, "text", ""));
      if (json_object_has_member (part, "inlineData"))
        take_image (session);
    }
  return g_string_free (text, FALSE);
}

/* A bare turnComplete asks for the answer to what was sent without one: owned, nullable. */
static char *
take_open_line (LiveSimSession *session)
{
  GPtrArray *said = session->conversation->said;
  LiveSimLine *line = said->len > 0 ? g_ptr_array_index (said, said->len - 1) : NULL;
  char *text;

  if (line == NULL || !line->is_user)
    return NULL;
  text = g_strdup (line->text);
  session->conversation->text_tokens -= live_sim_usage_text_tokens (text);
  g_ptr_array_set_size (said, (gint) said->len - 1);
  return text;
}

void
live_sim_input_content (LiveSimSession *session, JsonObject *content)
{
  g_auto (LiveSimVerdict) verdict = { 0 };
  gboolean is_complete = live_sim_json_bool (content, "turnComplete", FALSE);
  JsonArray *turns = live_sim_json_array (content, "turns");
  guint n = turns != NULL ? json_array_get_length (turns) : 0;
  g_autofree char *last = NULL;

  if (!live_sim_rules_check_content (content, session->profile, &session->door.dialect,
                                     session->takes_history, &verdict))
    {
      live_sim_session_refuse (session, verdict.code, verdict.reason);
      return;
    }
  /* Any clientContent stops what is being said, NO_INTERRUPTION or not: that setting is about
   * activity. */
  live_sim_turn_interrupt (session->turn);

  for (guint i = 0; i < n; i++)
    {
      JsonObject *turn = json_array_get_object_element (turns, i);
      gboolean is_user = strcmp (live_sim_json_string (turn, "role", "user"), "user") == 0;
      g_autofree char *text = join_parts (session, live_sim_json_array (turn, "parts"));

      if (i + 1 == n && is_user && is_complete && !session->takes_history)
        last = g_steal_pointer (&text);
      else
        {
          live_sim_conversation_prefill (session->conversation, is_user, text);
        }
    }

  if (session->takes_history)
    {
      session->takes_history = !is_complete;
      return;
    }
  if (last == NULL && is_complete && n == 0)
    last = take_open_line (session);
  if (last != NULL)
    take_text (session, last);
}

void
live_sim_input_tool_response (LiveSimSession *session, JsonObject *response)
{
  g_auto (LiveSimVerdict) verdict = { 0 };
  JsonArray *items = live_sim_json_array (response, "functionResponses");

  if (!live_sim_rules_check_tool_response (response, session->profile, &session->door.dialect,
                                           &verdict))
    {
      live_sim_session_refuse (session, verdict.code, verdict.reason);
      return;
    }
  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    live_sim_turn_take_response (session->turn, json_array_get_object_element (items, i));
}

void
live_sim_input_context_update (LiveSimSession *session, JsonObject *update)
{
  JsonObject *tools = live_sim_json_object (update, "tools");

  if (!session->profile->has_context_update)
    {
      live_sim_session_refuse (session, LIVE_SIM_CLOSE_INVALID,
                               "Invalid JSON payload received. Unknown name \"contextUpdate\": "
                               "Cannot find field.");
      return;
    }
  if (tools != NULL)
    {
      g_clear_pointer (&session->tools, json_array_unref);
      if (live_sim_json_array (tools, "tools") != NULL)
        session->tools = json_array_ref (live_sim_json_array (tools, "tools"));
    }
}
