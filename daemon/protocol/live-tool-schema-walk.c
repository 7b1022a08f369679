/* Owns: the table of keywords and what each of them holds.
 * Thread: any (pure).
 * Called by: live-tool-schema.c. */
#include "protocol/live-tool-schema-walk.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "protocol/live-tool-schema.h"

typedef struct
{
  JsonObject *root;
  GString *place; /* pointer to what is looked at */
  guint depth;
  GError **error;
} Walk;

typedef gboolean (*CheckFunc) (Walk *walk, JsonNode *node);

static gboolean check_schema (Walk *walk, JsonNode *node);

static gboolean
refuse (Walk *walk, const char *what)
{
  g_set_error (walk->error, LIVE_ERROR, LIVE_ERROR_INVALID_SCHEMA, "%s: %s", walk->place->str,
               what);
  return FALSE;
}

/* One step down, "~" and "/" written as RFC 6901 wants it. Returns the length to go back to. */
static gsize
descend (Walk *walk, const char *name)
{
  gsize before = walk->place->len;

  g_string_append_c (walk->place, '/');
  for (const char *at = name; *at != '\0'; at++)
    if (*at == '~')
      g_string_append (walk->place, "~0");
    else if (*at == '/')
      g_string_append (walk->place, "~1");
    else
      g_string_append_c (walk->place, *at);
  return before;
}

static gboolean
check_below (Walk *walk, const char *name, JsonNode *node, CheckFunc check)
{
  gsize before = descend (walk, name);
  gboolean is_good = check (walk, node);

  g_string_truncate (walk->place, before);
  return is_good;
}

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
check_string (Walk *walk, JsonNode *node)
{
  return is_string (node) || refuse (walk, _ ("not a string"));
}

static gboolean
check_boolean (Walk *walk, JsonNode *node)
{
  return (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN) ||
         refuse (walk, _ ("neither true nor false"));
}

static gboolean
check_number (Walk *walk, JsonNode *node)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_NONE;

  return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE || refuse (walk, _ ("not a number"));
}

static gboolean
check_count (Walk *walk, JsonNode *node)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_NONE;

  return (type == G_TYPE_INT64 && json_node_get_int (node) >= 0) ||
         refuse (walk, _ ("not a whole number from 0 on"));
}

static gboolean
check_array_of (Walk *walk, JsonNode *node, CheckFunc check, gboolean may_be_empty)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse (walk, _ ("not an array"));

  array = json_node_get_array (node);
  if (json_array_get_length (array) == 0 && !may_be_empty)
    return refuse (walk, _ ("an empty array"));

  for (guint i = 0; check != NULL && i < json_array_get_length (array); i++)
    {
      char index[16];

      g_snprintf (index, sizeof index, "%u", i);
      if (!check_below (walk, index, json_array_get_element (array, i), check))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_strings (Walk *walk, JsonNode *node)
{
  return check_array_of (walk, node, check_string, TRUE);
}

static gboolean
check_choices (Walk *walk, JsonNode *node)
{
  return check_array_of (walk, node, NULL, FALSE);
}

static gboolean
check_any_array (Walk *walk, JsonNode *node)
{
  return check_array_of (walk, node, NULL, TRUE);
}

static gboolean
check_schemas (Walk *walk, JsonNode *node)
{
  return check_array_of (walk, node, check_schema, FALSE);
}

/* "items" of older drafts may be a list, one schema a place. */
static gboolean
check_items (Walk *walk, JsonNode *node)
{
  return JSON_NODE_HOLDS_ARRAY (node) ? check_array_of (walk, node, check_schema, TRUE)
                                      : check_schema (walk, node);
}

static gboolean
check_map_of (Walk *walk, JsonNode *node, CheckFunc check)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (walk, _ ("not an object"));

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &member))
    if (!check_below (walk, name, member, check))
      return FALSE;
  return TRUE;
}

static gboolean
check_map (Walk *walk, JsonNode *node)
{
  return check_map_of (walk, node, check_schema);
}

static gboolean
check_string_lists (Walk *walk, JsonNode *node)
{
  return check_map_of (walk, node, check_strings);
}

static gboolean
check_type_name (Walk *walk, JsonNode *node)
{
  static const char *const names[] = { "object",  "array", "string", "number",
                                       "integer", "null",  "boolean" };

  if (!is_string (node))
    return refuse (walk, _ ("not a string"));

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (json_node_get_string (node), names[i]) == 0)
      return TRUE;
  return refuse (walk, _ ("none of object, array, string, number, integer, boolean, null"));
}

static gboolean
check_type (Walk *walk, JsonNode *node)
{
  return JSON_NODE_HOLDS_ARRAY (node) ? check_array_of (walk, node, check_type_name, FALSE)
                                      : check_type_name (walk, node);
}

/* The node that a pointer within the schema names; NULL when it leads nowhere. */
static JsonNode *
follow (JsonObject *root, const char *pointer)
{
  g_auto (GStrv) steps = g_strsplit (pointer, "/", -1);
  JsonNode *node = NULL;

  for (guint i = 1; steps[0] != NULL && steps[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (steps[i], "~1", -1);
      g_autofree char *slashes = g_strjoinv ("/", parts);
      g_auto (GStrv) tildes = g_strsplit (slashes, "~0", -1);
      g_autofree char *name = g_strjoinv ("~", tildes);
      guint64 index;

      if (node != NULL && JSON_NODE_HOLDS_ARRAY (node) &&
          g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT, &index, NULL) &&
          index < json_array_get_length (json_node_get_array (node)))
        node = json_array_get_element (json_node_get_array (node), (guint) index);
      else if (node == NULL && i == 1)
        node = json_object_get_member (root, name);
      else if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
        node = json_object_get_member (json_node_get_object (node), name);
      else
        return NULL;
      if (node == NULL)
        return NULL;
    }
  return node;
}

static gboolean
check_reference (Walk *walk, JsonNode *node)
{
  const char *target;

  if (!is_string (node))
    return refuse (walk, _ ("not a string"));

  target = json_node_get_string (node);
  if (target[0] != '#')
    return refuse (walk, _ ("a reference that leaves the schema"));
  /* "#" is the schema itself; "#name" is an anchor, which the service resolves. */
  if (target[1] == '/' && follow (walk->root, target + 1) == NULL)
    return refuse (walk, _ ("a reference to nothing"));
  return TRUE;
}

static const struct
{
  const char *keyword;
  CheckFunc check;
} keywords[] = {
  { "type", check_type },
  { "properties", check_map },
  { "patternProperties", check_map },
  { "dependentSchemas", check_map },
  { "$defs", check_map },
  { "definitions", check_map },
  { "items", check_items },
  { "prefixItems", check_schemas },
  { "additionalItems", check_schema },
  { "additionalProperties", check_schema },
  { "unevaluatedItems", check_schema },
  { "unevaluatedProperties", check_schema },
  { "propertyNames", check_schema },
  { "contains", check_schema },
  { "not", check_schema },
  { "if", check_schema },
  { "then", check_schema },
  { "else", check_schema },
  { "anyOf", check_schemas },
  { "oneOf", check_schemas },
  { "allOf", check_schemas },
  { "required", check_strings },
  { "dependentRequired", check_string_lists },
  { "enum", check_choices },
  { "examples", check_any_array },
  { "minimum", check_number },
  { "maximum", check_number },
  { "exclusiveMinimum", check_number },
  { "exclusiveMaximum", check_number },
  { "multipleOf", check_number },
  { "minLength", check_count },
  { "maxLength", check_count },
  { "minItems", check_count },
  { "maxItems", check_count },
  { "minProperties", check_count },
  { "maxProperties", check_count },
  { "minContains", check_count },
  { "maxContains", check_count },
  { "uniqueItems", check_boolean },
  { "readOnly", check_boolean },
  { "writeOnly", check_boolean },
  { "deprecated", check_boolean },
  { "title", check_string },
  { "description", check_string },
  { "format", check_string },
  { "pattern", check_string },
  { "contentEncoding", check_string },
  { "contentMediaType", check_string },
  { "$comment", check_string },
  { "$id", check_string },
  { "$schema", check_string },
  { "$ref", check_reference },
};

static CheckFunc
find_keyword (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (keywords); i++)
    if (strcmp (keywords[i].keyword, name) == 0)
      return keywords[i].check;

  return NULL;
}

static gboolean
check_schema (Walk *walk, JsonNode *node)
{
  gboolean is_good = TRUE;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (walk, _ ("a schema is an object"));
  if (walk->depth >= LIVE_TOOL_SCHEMA_MAX_DEPTH)
    return refuse (walk, _ ("nested too deep"));

  walk->depth++;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (is_good && json_object_iter_next (&iter, &name, &member))
    {
      CheckFunc check = find_keyword (name);

      is_good = check == NULL || check_below (walk, name, member, check);
    }
  walk->depth--;
  return is_good;
}

gboolean
live_tool_schema_walk (JsonNode *schema, const char *place, GError **error)
{
  Walk walk = { .place = g_string_new (place), .error = error };
  gboolean is_good;

  if (JSON_NODE_HOLDS_OBJECT (schema))
    walk.root = json_node_get_object (schema);
  is_good = check_schema (&walk, schema);
  g_string_free (walk.place, TRUE);
  return is_good;
}
