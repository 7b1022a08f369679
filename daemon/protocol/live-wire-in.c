/* Owns: the reading of server messages: JSON text -> list of typed events.
 * Thread: any (pure).
 * Called by: core/live-link.c, once a message. */
#include "protocol/live-wire-in.h"

#include <string.h>

#include <glib/gi18n.h>

#include "protocol/live-base64.h"
#include "protocol/live-json.h"
#include "protocol/live-wire-fields.h"

#define DEFAULT_RATE_HZ 24000

const char *const live_wire_modalities[5] = { "text", "image", "video", "audio", "document" };

static const char *const kind_names[] = {
  [LIVE_WIRE_SETUP_COMPLETE] = "setup-complete",
  [LIVE_WIRE_AUDIO] = "audio",
  [LIVE_WIRE_TEXT] = "text",
  [LIVE_WIRE_EXECUTABLE_CODE] = "executable-code",
  [LIVE_WIRE_CODE_RESULT] = "code-result",
  [LIVE_WIRE_INPUT_TRANSCRIPT] = "input-transcript",
  [LIVE_WIRE_INTERIM_TRANSCRIPT] = "interim-transcript",
  [LIVE_WIRE_OUTPUT_TRANSCRIPT] = "output-transcript",
  [LIVE_WIRE_GROUNDING] = "grounding",
  [LIVE_WIRE_TOOL_CALL] = "tool-call",
  [LIVE_WIRE_TOOL_CANCEL] = "tool-cancel",
  [LIVE_WIRE_GENERATION_COMPLETE] = "generation-complete",
  [LIVE_WIRE_INTERRUPTED] = "interrupted",
  [LIVE_WIRE_TURN_COMPLETE] = "turn-complete",
  [LIVE_WIRE_WAITING_FOR_INPUT] = "waiting-for-input",
  [LIVE_WIRE_INTERACTION_STATUS] = "interaction-status",
  [LIVE_WIRE_VOICE_ACTIVITY] = "voice-activity",
  [LIVE_WIRE_USAGE] = "usage",
  [LIVE_WIRE_RESUMPTION] = "resumption",
  [LIVE_WIRE_GO_AWAY] = "go-away",
  [LIVE_WIRE_SERVER_ERROR] = "server-error",
  [LIVE_WIRE_MALFORMED] = "malformed",
};

typedef struct
{
  GPtrArray *events;
  LiveWireFields *fields;
} Reading;

static void
transcript_clear (LiveWireTranscript *transcript)
{
  g_clear_pointer (&transcript->text, g_free);
  g_clear_pointer (&transcript->language, g_free);
  g_clear_pointer (&transcript->speaker, g_free);
}

void
live_wire_event_free (LiveWireEvent *event)
{
  if (event == NULL)
    return;

  g_clear_pointer (&event->pcm, g_bytes_unref);
  g_free (event->text);
  g_free (event->json);
  transcript_clear (&event->transcript);
  g_free (event->call.id);
  g_free (event->call.name);
  g_free (event->call.args_json);
  g_free (event);
}

/* The new event, or NULL when the message already gave too many. */
static LiveWireEvent *
add_event (Reading *reading, LiveWireKind kind)
{
  LiveWireEvent *event;

  if (reading->events->len >= LIVE_WIRE_MAX_EVENTS)
    return NULL;

  event = g_new0 (LiveWireEvent, 1);
  event->kind = kind;
  g_ptr_array_add (reading->events, event);
  return event;
}

static void
add_flag (Reading *reading, LiveWireKind kind, gboolean is_set)
{
  if (is_set)
    add_event (reading, kind);
}

/* "MAX_REGENERATION_REACHED" -> "max-regeneration-reached". */
static char *
dash_enum (const char *value)
{
  char *text = g_ascii_strdown (value, -1);

  return g_strdelimit (text, "_", '-');
}

static guint
parse_rate (const char *mime_type)
{
  const char *rate = strstr (mime_type, "rate=");
  guint64 rate_hz = rate != NULL ? g_ascii_strtoull (rate + strlen ("rate="), NULL, 10) : 0;

  return rate_hz >= 1000 && rate_hz <= 384000 ? (guint) rate_hz : DEFAULT_RATE_HZ;
}

static void
read_blob (Reading *reading, JsonObject *blob)
{
  const char *mime_type = live_wire_fields_string (reading->fields, blob, "mimeType");
  const char *data = live_wire_fields_string (reading->fields, blob, "data");
  g_autoptr (GBytes) pcm = NULL;
  LiveWireEvent *event;

  /* Pictures and films of avatars are not for us; sound without a type is (section 7.2). */
  if (data == NULL || (mime_type != NULL && !g_str_has_prefix (mime_type, "audio/")))
    return;

  pcm = live_base64_decode (data, strlen (data));
  if (pcm == NULL)
    live_wire_fields_note (reading->fields, "data");
  else if ((event = add_event (reading, LIVE_WIRE_AUDIO)) != NULL)
    {
      event->pcm = g_steal_pointer (&pcm);
      event->rate_hz = mime_type != NULL ? parse_rate (mime_type) : DEFAULT_RATE_HZ;
    }
}

static void
add_json (Reading *reading, LiveWireKind kind, LiveJsonSlice parent, const char *name)
{
  LiveJsonSlice value;
  LiveWireEvent *event;

  if (live_json_member (parent, name, &value) && (event = add_event (reading, kind)) != NULL)
    event->json = g_strndup (value.data, value.size);
}

static void
read_part (Reading *reading, JsonObject *part, LiveJsonSlice raw)
{
  const char *text = live_wire_fields_string (reading->fields, part, "text");
  JsonObject *blob = live_wire_fields_object (reading->fields, part, "inlineData");
  LiveWireEvent *event;

  if (text != NULL && (event = add_event (reading, LIVE_WIRE_TEXT)) != NULL)
    {
      event->text = g_strdup (text);
      event->is_thought = live_wire_fields_flag (reading->fields, part, "thought");
    }
  if (blob != NULL)
    read_blob (reading, blob);
  if (live_wire_fields_object (reading->fields, part, "executableCode") != NULL)
    add_json (reading, LIVE_WIRE_EXECUTABLE_CODE, raw, "executableCode");
  if (live_wire_fields_object (reading->fields, part, "codeExecutionResult") != NULL)
    add_json (reading, LIVE_WIRE_CODE_RESULT, raw, "codeExecutionResult");
}

static void
read_parts (Reading *reading, JsonObject *content, LiveJsonSlice raw)
{
  JsonArray *parts = live_wire_fields_array (
      reading->fields, live_wire_fields_object (reading->fields, content, "modelTurn"), "parts");
  LiveJsonSlice rest = { "", 0 }, piece;

  if (parts == NULL || !live_json_member (raw, "modelTurn", &rest) ||
      !live_json_member (rest, "parts", &rest))
    return;

  for (guint i = 0; i < live_wire_fields_length (parts) && live_json_each (&rest, &piece); i++)
    {
      JsonObject *part = live_wire_fields_element (reading->fields, parts, i, "parts");

      if (part != NULL)
        read_part (reading, part, piece);
    }
}

static void
read_transcript (Reading *reading, JsonObject *content, const char *name, LiveWireKind kind)
{
  JsonObject *object = live_wire_fields_object (reading->fields, content, name);
  const char *text = live_wire_fields_string (reading->fields, object, "text");
  gboolean is_finished = live_wire_fields_flag (reading->fields, object, "finished");
  LiveWireEvent *event;

  /* "outputTranscription": {} comes often and says nothing. */
  if ((text == NULL && !is_finished) || (event = add_event (reading, kind)) == NULL)
    return;

  event->transcript.text = g_strdup (text != NULL ? text : "");
  event->transcript.language =
      g_strdup (live_wire_fields_string (reading->fields, object, "languageCode"));
  event->transcript.speaker =
      g_strdup (live_wire_fields_string (reading->fields, object, "speakerLabel"));
  event->transcript.is_finished = is_finished;
}

static void
read_content (Reading *reading, JsonObject *content, LiveJsonSlice raw)
{
  read_parts (reading, content, raw);
  read_transcript (reading, content, "inputTranscription", LIVE_WIRE_INPUT_TRANSCRIPT);
  read_transcript (reading, content, "interimInputTranscription", LIVE_WIRE_INTERIM_TRANSCRIPT);
  read_transcript (reading, content, "outputTranscription", LIVE_WIRE_OUTPUT_TRANSCRIPT);
  if (live_wire_fields_object (reading->fields, content, "groundingMetadata") != NULL)
    add_json (reading, LIVE_WIRE_GROUNDING, raw, "groundingMetadata");
  if (live_wire_fields_object (reading->fields, content, "urlContextMetadata") != NULL)
    add_json (reading, LIVE_WIRE_GROUNDING, raw, "urlContextMetadata");
}

static void
read_cancellations (Reading *reading, JsonObject *root)
{
  JsonArray *ids = live_wire_fields_array (
      reading->fields, live_wire_fields_object (reading->fields, root, "toolCallCancellation"),
      "ids");

  for (guint i = 0; i < live_wire_fields_length (ids); i++)
    {
      JsonNode *id = json_array_get_element (ids, i);
      LiveWireEvent *event;

      if (!(JSON_NODE_HOLDS_VALUE (id) && json_node_get_value_type (id) == G_TYPE_STRING))
        live_wire_fields_note (reading->fields, "ids");
      else if ((event = add_event (reading, LIVE_WIRE_TOOL_CANCEL)) != NULL)
        event->text = g_strdup (json_node_get_string (id));
    }
}

/* The arguments are cut out of the message as they stand: keys keep their case and numbers
 * their digits. */
static void
read_call (Reading *reading, JsonObject *call, LiveJsonSlice raw)
{
  const char *id = live_wire_fields_string (reading->fields, call, "id");
  const char *name = live_wire_fields_string (reading->fields, call, "name");
  LiveJsonSlice args = { "{}", 2 };
  LiveWireEvent *event;

  if (live_wire_fields_member (call, "args") != NULL &&
      (live_wire_fields_object (reading->fields, call, "args") == NULL ||
       !live_json_member (raw, "args", &args)))
    return;

  event = add_event (reading, LIVE_WIRE_TOOL_CALL);
  if (event == NULL)
    return;

  event->call.id = g_strdup (id != NULL ? id : "");
  event->call.name = g_strdup (name != NULL ? name : "");
  event->call.args_json = g_strndup (args.data, args.size);
}

static void
read_calls (Reading *reading, JsonObject *root, LiveJsonSlice raw)
{
  JsonArray *calls = live_wire_fields_array (
      reading->fields, live_wire_fields_object (reading->fields, root, "toolCall"),
      "functionCalls");
  LiveJsonSlice rest = { "", 0 }, piece;

  if (calls == NULL || !live_json_member (raw, "toolCall", &rest) ||
      !live_json_member (rest, "functionCalls", &rest))
    return;

  for (guint i = 0; i < live_wire_fields_length (calls) && live_json_each (&rest, &piece); i++)
    {
      JsonObject *call = live_wire_fields_element (reading->fields, calls, i, "functionCalls");

      if (call != NULL)
        read_call (reading, call, piece);
    }
}

static void
read_voice_activity (Reading *reading, JsonObject *root)
{
  JsonObject *activity = live_wire_fields_object (reading->fields, root, "voiceActivity");
  JsonObject *signal =
      live_wire_fields_object (reading->fields, root, "voiceActivityDetectionSignal");
  const char *type = live_wire_fields_string (reading->fields, activity, "type");
  LiveWireEvent *event;

  if (type == NULL)
    type = live_wire_fields_string (reading->fields, signal, "vadSignalType");
  if (type == NULL)
    return;

  if (g_str_has_suffix (type, "_START") || g_str_has_suffix (type, "_SOS") ||
      g_str_has_suffix (type, "_END") || g_str_has_suffix (type, "_EOS"))
    if ((event = add_event (reading, LIVE_WIRE_VOICE_ACTIVITY)) != NULL)
      {
        event->is_start = g_str_has_suffix (type, "_START") || g_str_has_suffix (type, "_SOS");
        event->offset_us = live_wire_fields_duration_us (reading->fields, activity, "audioOffset");
      }
}

/* Stands in serverContent by the types, at top level in the guide. REQUIRES_ACTION is the old
 * word for a turn that goes on. */
static void
read_interaction (Reading *reading, JsonObject *root, JsonObject *content)
{
  const char *status = live_wire_fields_string (reading->fields, content, "interactionStatus");
  LiveWireEvent *event;
  gboolean is_in_progress;

  if (status == NULL)
    status = live_wire_fields_string (reading->fields, root, "interactionStatus");
  if (status == NULL)
    return;

  is_in_progress =
      g_str_has_suffix (status, "IN_PROGRESS") || g_str_has_suffix (status, "REQUIRES_ACTION");
  if (!is_in_progress && !g_str_has_suffix (status, "IDLE"))
    return;

  event = add_event (reading, LIVE_WIRE_INTERACTION_STATUS);
  if (event != NULL)
    event->is_in_progress = is_in_progress;
}

static void
read_details (Reading *reading, JsonObject *usage, const char *name, gint64 *by_modality)
{
  JsonArray *details = live_wire_fields_array (reading->fields, usage, name);

  for (guint i = 0; i < live_wire_fields_length (details); i++)
    {
      JsonObject *detail = live_wire_fields_element (reading->fields, details, i, name);
      const char *modality = live_wire_fields_string (reading->fields, detail, "modality");
      gint64 count = live_wire_fields_count (reading->fields, detail, "tokenCount", 0);

      for (guint m = 0; modality != NULL && m < G_N_ELEMENTS (live_wire_modalities); m++)
        if (g_ascii_strcasecmp (modality, live_wire_modalities[m]) == 0)
          by_modality[m] = MAX (by_modality[m], 0) + MIN (count, G_MAXINT32);
    }
}

/* Vertex says candidates where Gemini says response. */
static void
read_usage (Reading *reading, JsonObject *root)
{
  JsonObject *object = live_wire_fields_object (reading->fields, root, "usageMetadata");
  LiveWireEvent *event = object != NULL ? add_event (reading, LIVE_WIRE_USAGE) : NULL;
  LiveWireUsage *usage;

  if (event == NULL)
    return;

  usage = &event->usage;
  usage->prompt = live_wire_fields_count (reading->fields, object, "promptTokenCount", -1);
  usage->response = live_wire_fields_count (reading->fields, object, "responseTokenCount", -1);
  if (usage->response < 0)
    usage->response = live_wire_fields_count (reading->fields, object, "candidatesTokenCount", -1);
  usage->thoughts = live_wire_fields_count (reading->fields, object, "thoughtsTokenCount", -1);
  usage->tool_use = live_wire_fields_count (reading->fields, object, "toolUsePromptTokenCount", -1);
  usage->cached = live_wire_fields_count (reading->fields, object, "cachedContentTokenCount", -1);
  usage->total = live_wire_fields_count (reading->fields, object, "totalTokenCount", -1);
  for (guint i = 0; i < G_N_ELEMENTS (live_wire_modalities); i++)
    usage->prompt_by[i] = usage->response_by[i] = -1;
  read_details (reading, object, "promptTokensDetails", usage->prompt_by);
  read_details (reading, object,
                json_object_has_member (object, "responseTokensDetails")
                    ? "responseTokensDetails"
                    : "candidatesTokensDetails",
                usage->response_by);
}

static void
read_flags (Reading *reading, JsonObject *content)
{
  const char *reason = live_wire_fields_string (reading->fields, content, "turnCompleteReason");
  LiveWireEvent *event;

  add_flag (reading, LIVE_WIRE_GENERATION_COMPLETE,
            live_wire_fields_flag (reading->fields, content, "generationComplete"));
  add_flag (reading, LIVE_WIRE_INTERRUPTED,
            live_wire_fields_flag (reading->fields, content, "interrupted"));
  add_flag (reading, LIVE_WIRE_WAITING_FOR_INPUT,
            live_wire_fields_flag (reading->fields, content, "waitingForInput"));

  if (live_wire_fields_flag (reading->fields, content, "turnComplete") &&
      (event = add_event (reading, LIVE_WIRE_TURN_COMPLETE)) != NULL)
    event->text =
        reason != NULL && !g_str_has_suffix (reason, "UNSPECIFIED") ? dash_enum (reason) : NULL;
}

static void
read_session_facts (Reading *reading, JsonObject *root)
{
  JsonObject *resumption =
      live_wire_fields_object (reading->fields, root, "sessionResumptionUpdate");
  JsonObject *go_away = live_wire_fields_object (reading->fields, root, "goAway");
  JsonObject *fault = live_wire_fields_object (reading->fields, root, "error");
  LiveWireEvent *event;

  if (resumption != NULL && (event = add_event (reading, LIVE_WIRE_RESUMPTION)) != NULL)
    {
      event->text = g_strdup (live_wire_fields_string (reading->fields, resumption, "newHandle"));
      event->is_resumable = live_wire_fields_flag (reading->fields, resumption, "resumable");
    }

  if (go_away != NULL && (event = add_event (reading, LIVE_WIRE_GO_AWAY)) != NULL)
    event->time_left_us = live_wire_fields_duration_us (reading->fields, go_away, "timeLeft");

  /* {"code": …} at top level is the other form that the clients of the service know. */
  if (fault == NULL && live_wire_fields_member (root, "code") != NULL)
    fault = root;
  if (fault != NULL && (event = add_event (reading, LIVE_WIRE_SERVER_ERROR)) != NULL)
    {
      const char *message = live_wire_fields_string (reading->fields, fault, "message");

      event->text = g_strdup (message != NULL ? message : "");
      event->code =
          (gint) MIN (live_wire_fields_count (reading->fields, fault, "code", 0), G_MAXINT);
    }
}

static void
read_message (Reading *reading, JsonObject *root, LiveJsonSlice raw)
{
  JsonObject *setup = live_wire_fields_object (reading->fields, root, "setupComplete");
  JsonObject *content = live_wire_fields_object (reading->fields, root, "serverContent");
  LiveJsonSlice raw_content = { "", 0 };
  LiveWireEvent *event;

  if (setup != NULL && (event = add_event (reading, LIVE_WIRE_SETUP_COMPLETE)) != NULL)
    event->text = g_strdup (live_wire_fields_string (reading->fields, setup, "sessionId"));

  read_cancellations (reading, root);
  if (content != NULL && live_json_member (raw, "serverContent", &raw_content))
    read_content (reading, content, raw_content);
  read_calls (reading, root, raw);
  read_voice_activity (reading, root);
  read_interaction (reading, root, content);
  read_usage (reading, root);
  read_flags (reading, content);
  read_session_facts (reading, root);
}

const char *
live_wire_kind_to_string (LiveWireKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kind_names), "unknown");

  return kind_names[kind];
}

GPtrArray *
live_wire_in_parse (GBytes *message, GError **error)
{
  g_autoptr (GPtrArray) events =
      g_ptr_array_new_with_free_func ((GDestroyNotify) live_wire_event_free);
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) fault = NULL;
  LiveWireFields fields = { 0 };
  Reading reading = { events, &fields };
  LiveJsonSlice raw;

  raw.data = g_bytes_get_data (message, &raw.size);
  root = live_json_parse (raw.data != NULL ? raw.data : "", raw.size, JSON_NODE_OBJECT, &fault);
  if (root == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_SERVER, _ ("A message of the service is %s"),
                   fault->message);
      return NULL;
    }

  read_message (&reading, json_node_get_object (root), raw);
  for (guint i = 0; i < fields.n_malformed; i++)
    {
      LiveWireEvent *event = add_event (&reading, LIVE_WIRE_MALFORMED);

      if (event != NULL)
        event->text = g_strdup (fields.malformed[i]);
    }

  return g_steal_pointer (&events);
}
