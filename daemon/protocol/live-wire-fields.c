/* Owns: the reading of single members of a server message, with proto3's rules.
 * Thread: any (pure).
 * Called by: live-wire-in.c. */
#include "protocol/live-wire-fields.h"

#include <string.h>

void
live_wire_fields_note (LiveWireFields *fields, const char *name)
{
  if (fields->n_malformed < G_N_ELEMENTS (fields->malformed))
    fields->malformed[fields->n_malformed++] = name;
}

/* Absent and null mean the default everywhere (proto3 JSON). */
JsonNode *
live_wire_fields_member (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? NULL : node;
}

JsonObject *
live_wire_fields_object (LiveWireFields *fields, JsonObject *object, const char *name)
{
  JsonNode *node = live_wire_fields_member (object, name);

  if (node == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_node_get_object (node);

  live_wire_fields_note (fields, name);
  return NULL;
}

JsonArray *
live_wire_fields_array (LiveWireFields *fields, JsonObject *object, const char *name)
{
  JsonNode *node = live_wire_fields_member (object, name);

  if (node == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_ARRAY (node))
    return json_node_get_array (node);

  live_wire_fields_note (fields, name);
  return NULL;
}

guint
live_wire_fields_length (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}

JsonObject *
live_wire_fields_element (LiveWireFields *fields, JsonArray *array, guint index, const char *name)
{
  JsonNode *node = json_array_get_element (array, index);

  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_node_get_object (node);

  live_wire_fields_note (fields, name);
  return NULL;
}

static gboolean
holds (JsonNode *node, GType type)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

/* NULL for an absent or empty string. */
const char *
live_wire_fields_string (LiveWireFields *fields, JsonObject *object, const char *name)
{
  JsonNode *node = live_wire_fields_member (object, name);
  const char *text;

  if (node == NULL)
    return NULL;
  if (!holds (node, G_TYPE_STRING))
    {
      live_wire_fields_note (fields, name);
      return NULL;
    }

  text = json_node_get_string (node);
  return text != NULL && *text != '\0' ? text : NULL;
}

gboolean
live_wire_fields_flag (LiveWireFields *fields, JsonObject *object, const char *name)
{
  JsonNode *node = live_wire_fields_member (object, name);

  if (node == NULL)
    return FALSE;
  if (holds (node, G_TYPE_BOOLEAN))
    return json_node_get_boolean (node);

  live_wire_fields_note (fields, name);
  return FALSE;
}

/* int32 comes as a number, int64 as a string; both are read everywhere. */
gint64
live_wire_fields_count (LiveWireFields *fields,
                        JsonObject *object,
                        const char *name,
                        gint64 fallback)
{
  JsonNode *node = live_wire_fields_member (object, name);
  gint64 count = -1;

  if (node == NULL)
    return fallback;

  if (holds (node, G_TYPE_INT64))
    count = json_node_get_int (node);
  else if (holds (node, G_TYPE_DOUBLE))
    {
      double number = json_node_get_double (node);

      count = number >= 0 && number < 9e15 ? (gint64) number : -1;
    }
  else if (holds (node, G_TYPE_STRING) &&
           !g_ascii_string_to_signed (json_node_get_string (node), 10, 0, G_MAXINT64, &count, NULL))
    count = -1;

  if (count >= 0)
    return count;

  live_wire_fields_note (fields, name);
  return fallback;
}

/* Seconds with up to nine decimals and an "s": "9.500s". Source: protocol section 4. */
gint64
live_wire_fields_duration_us (LiveWireFields *fields, JsonObject *object, const char *name)
{
  const char *text = live_wire_fields_string (fields, object, name);
  const char *at = text;
  gint64 whole_s = 0, fraction_us = 0;
  gint64 unit_us = G_USEC_PER_SEC / 10;

  if (text == NULL)
    return 0;

  for (; g_ascii_isdigit (*at) && whole_s < G_MAXINT32; at++)
    whole_s = whole_s * 10 + (*at - '0');
  if (at > text && *at == '.')
    for (at++; g_ascii_isdigit (*at); at++, unit_us /= 10)
      fraction_us += (*at - '0') * unit_us;

  if (at == text || strcmp (at, "s") != 0)
    {
      live_wire_fields_note (fields, name);
      return 0;
    }

  return whole_s * G_USEC_PER_SEC + fraction_us;
}
