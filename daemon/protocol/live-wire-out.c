/* Owns: the text of every message after setup.
 * Thread: any (pure).
 * Called by: core/live-link.c and core/live-engine.c. */
#include "protocol/live-wire-out.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "protocol/live-base64.h"
#include "protocol/live-json.h"

/* {"realtimeInput":{"<member>":{"mimeType":"<type>","data":"<base64>"}}} in one allocation. The
 * MIME types are ours and need no escapes. */
static char *
build_blob (const char *head, gsize head_size, const guint8 *data, gsize size, gsize *ret_length)
{
  static const char tail[] = "\"}}}";
  gsize length = head_size + LIVE_BASE64_LENGTH (size) + sizeof tail - 1;
  char *text = g_malloc (length + 1);
  char *at = text;

  memcpy (at, head, head_size);
  at = live_base64_encode_to (at + head_size, data, size);
  memcpy (at, tail, sizeof tail);

  if (ret_length != NULL)
    *ret_length = length;
  return text;
}

char *
live_wire_out_audio (const gint16 *frames, guint32 n_frames, guint rate_hz, gsize *ret_length)
{
  char head[96];
  int head_size = g_snprintf (
      head, sizeof head,
      "{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm;rate=%u\",\"data\":\"", rate_hz);

  /* The service wants little-endian samples, and those here are in the machine's order. */
  G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN);
  return build_blob (head, (gsize) head_size, (const guint8 *) frames,
                     (gsize) n_frames * sizeof *frames, ret_length);
}

char *
live_wire_out_video (const guint8 *data, gsize size, const char *mime_type, gsize *ret_length)
{
  g_autoptr (GString) head = g_string_new ("{\"realtimeInput\":{\"video\":{\"mimeType\":");

  live_json_append_string (head, mime_type);
  g_string_append (head, ",\"data\":\"");
  return build_blob (head->str, head->len, data, size, ret_length);
}

char *
live_wire_out_realtime_text (const char *text)
{
  GString *out = g_string_new ("{\"realtimeInput\":{\"text\":");

  live_json_append_string (out, text);
  g_string_append (out, "}}");
  return g_string_free (out, FALSE);
}

char *
live_wire_out_client_interrupt (void)
{
  return g_strdup ("{\"clientContent\":{\"turnComplete\":false}}");
}

char *
live_wire_out_audio_stream_end (void)
{
  return g_strdup ("{\"realtimeInput\":{\"audioStreamEnd\":true}}");
}

char *
live_wire_out_activity_start (void)
{
  return g_strdup ("{\"realtimeInput\":{\"activityStart\":{}}}");
}

char *
live_wire_out_activity_end (void)
{
  return g_strdup ("{\"realtimeInput\":{\"activityEnd\":{}}}");
}

/* turnComplete is always written: an absent one means false to the service and true to people
 * who know its SDKs. */
static void
append_turn_complete (GString *out, gboolean turn_complete)
{
  g_string_append_printf (out, ",\"turnComplete\":%s}}", turn_complete ? "true" : "false");
}

char *
live_wire_out_client_text (const char *role, const char *text, gboolean turn_complete)
{
  GString *out = g_string_new ("{\"clientContent\":{\"turns\":[{\"role\":");

  live_json_append_string (out, role);
  g_string_append (out, ",\"parts\":[{\"text\":");
  live_json_append_string (out, text);
  g_string_append (out, "}]}]");
  append_turn_complete (out, turn_complete);
  return g_string_free (out, FALSE);
}

/* One Content: an object with a role that the service knows and at least one part. An unknown
 * member would close the socket, so it is refused here, where the caller can be told. */
static gboolean
check_turn (JsonNode *turn, guint index, GError **error)
{
  static const char *const known[] = { "role", "parts" };
  JsonObject *object;
  JsonNode *role, *parts;
  JsonObjectIter iter;
  const char *name;

  if (!JSON_NODE_HOLDS_OBJECT (turn))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, _ ("turn %u is not an object"),
                   index);
      return FALSE;
    }

  object = json_node_get_object (turn);
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    if (strcmp (name, known[0]) != 0 && strcmp (name, known[1]) != 0)
      {
        g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                     _ ("turn %u has the unknown member “%s”"), index, name);
        return FALSE;
      }

  role = json_object_get_member (object, "role");
  if (role != NULL &&
      (!JSON_NODE_HOLDS_VALUE (role) || json_node_get_value_type (role) != G_TYPE_STRING ||
       (strcmp (json_node_get_string (role), "user") != 0 &&
        strcmp (json_node_get_string (role), "model") != 0)))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                   _ ("turn %u has a role other than “user” and “model”"), index);
      return FALSE;
    }

  parts = json_object_get_member (object, "parts");
  if (parts == NULL || !JSON_NODE_HOLDS_ARRAY (parts) ||
      json_array_get_length (json_node_get_array (parts)) == 0)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, _ ("turn %u has no parts"),
                   index);
      return FALSE;
    }

  for (guint i = 0; i < json_array_get_length (json_node_get_array (parts)); i++)
    {
      JsonNode *part = json_array_get_element (json_node_get_array (parts), i);

      if (!JSON_NODE_HOLDS_OBJECT (part) || json_object_get_size (json_node_get_object (part)) == 0)
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                       _ ("part %u of turn %u is empty or not an object"), i, index);
          return FALSE;
        }
    }

  return TRUE;
}

char *
live_wire_out_client_turns (const char *turns_json, gboolean turn_complete, GError **error)
{
  g_autoptr (JsonNode) root =
      live_json_parse (turns_json, strlen (turns_json), JSON_NODE_ARRAY, error);
  JsonArray *turns;
  GString *out;

  if (root == NULL)
    {
      g_prefix_error_literal (error, _ ("The turns cannot be sent: "));
      return NULL;
    }

  turns = json_node_get_array (root);
  if (json_array_get_length (turns) == 0 && !turn_complete)
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                           _ ("The turns cannot be sent: there are none"));
      return NULL;
    }
  for (guint i = 0; i < json_array_get_length (turns); i++)
    if (!check_turn (json_array_get_element (turns, i), i, error))
      {
        g_prefix_error_literal (error, _ ("The turns cannot be sent: "));
        return NULL;
      }

  out = g_string_new ("{\"clientContent\":{\"turns\":");
  g_string_append (out, turns_json);
  append_turn_complete (out, turn_complete);
  return g_string_free (out, FALSE);
}

char *
live_wire_out_tool_response (const char *id,
                             const char *name,
                             const char *response_json,
                             const char *scheduling,
                             gboolean will_continue,
                             GError **error)
{
  g_autoptr (JsonNode) root =
      live_json_parse (response_json, strlen (response_json), JSON_NODE_OBJECT, error);
  GString *out;

  if (root == NULL)
    {
      g_prefix_error (error, _ ("The result of “%s” cannot be sent: "), name);
      return NULL;
    }

  out = g_string_new ("{\"toolResponse\":{\"functionResponses\":[{");
  /* Vertex may send calls without an id and takes answers without one. */
  if (*id != '\0')
    {
      g_string_append (out, "\"id\":");
      live_json_append_string (out, id);
      g_string_append_c (out, ',');
    }
  g_string_append (out, "\"name\":");
  live_json_append_string (out, name);
  g_string_append (out, ",\"response\":");
  g_string_append (out, response_json);
  if (scheduling != NULL)
    {
      g_string_append (out, ",\"scheduling\":");
      live_json_append_string (out, scheduling);
    }
  if (will_continue)
    g_string_append (out, ",\"willContinue\":true");
  g_string_append (out, "}]}}");
  return g_string_free (out, FALSE);
}
