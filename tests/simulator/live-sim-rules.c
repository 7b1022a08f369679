/* Owns: the check of a client message against the table of fields.
 * Thread: main; pure.
 * Called by: live-sim-session.c, tests. */
#include "live-sim-rules.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "live-sim-fields.h"

typedef struct
{
  const LiveSimDialect *dialect;
  LiveSimVerdict *verdict;
  GString *path; /* as the service writes it: snake_case, dots, [n] */
} Reader;

static JsonObject *read_message (Reader *reader, JsonObject *object, const LiveSimMessage *message);

void
live_sim_verdict_clear (LiveSimVerdict *verdict)
{
  verdict->code = 0;
  g_clear_pointer (&verdict->reason, g_free);
}

gboolean
live_sim_verdict_refuse (LiveSimVerdict *verdict, guint code, const char *format, ...)
{
  va_list args;

  if (verdict->code != 0)
    return FALSE; /* the first fault is the one that is told */

  va_start (args, format);
  verdict->code = code;
  verdict->reason = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

static char *
to_snake_case (const char *name)
{
  GString *out = g_string_new (NULL);

  for (const char *p = name; *p != '\0'; p++)
    if (g_ascii_isupper (*p))
      g_string_append_printf (out, "_%c", g_ascii_tolower (*p));
    else
      g_string_append_c (out, *p);
  return g_string_free (out, FALSE);
}

static gboolean
is_named (const LiveSimField *field, const char *name)
{
  g_autofree char *snake = NULL;

  if (strcmp (field->name, name) == 0)
    return TRUE;
  if (strchr (name, '_') == NULL)
    return FALSE;
  snake = to_snake_case (field->name);
  return strcmp (snake, name) == 0;
}

static const LiveSimField *
find_field (Reader *reader, const LiveSimMessage *message, const char *name)
{
  const LiveSimDialect *dialect = reader->dialect;

  for (const LiveSimField *field = message->fields; field->name != NULL; field++)
    {
      if (!is_named (field, name))
        continue;
      if ((field->flags & LIVE_SIM_FIELD_VERTEX) != 0 && !dialect->is_vertex)
        return NULL;
      if ((field->flags & LIVE_SIM_FIELD_GEMINI) != 0 && dialect->is_vertex)
        return NULL;
      if ((field->flags & LIVE_SIM_FIELD_ALPHA) != 0 && !dialect->is_vertex && !dialect->is_alpha)
        return NULL;
      return field;
    }
  return NULL;
}

static void
refuse_unknown (Reader *reader, const char *name)
{
  if (reader->path->len == 0)
    live_sim_verdict_refuse (reader->verdict, LIVE_SIM_CLOSE_INVALID,
                             "Invalid JSON payload received. Unknown name \"%s\": "
                             "Cannot find field.",
                             name);
  else
    live_sim_verdict_refuse (reader->verdict, LIVE_SIM_CLOSE_INVALID,
                             "Invalid JSON payload received. Unknown name \"%s\" at '%s': "
                             "Cannot find field.",
                             name, reader->path->str);
}

static JsonNode *
refuse_value (Reader *reader, const char *type, JsonNode *node)
{
  g_autofree char *text = live_sim_json_print_line (node);

  live_sim_verdict_refuse (reader->verdict, LIVE_SIM_CLOSE_INVALID,
                           "Invalid value at '%s' (%s), %s", reader->path->str, type, text);
  return NULL;
}

static gboolean
is_number (JsonNode *node)
{
  return json_node_get_value_type (node) == G_TYPE_INT64 ||
         json_node_get_value_type (node) == G_TYPE_DOUBLE;
}

static JsonNode *
make_int (gint64 value)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);

  json_node_set_int (node, value);
  return node;
}

static JsonNode *
read_int (Reader *reader, JsonNode *node, gboolean is_wide)
{
  gint64 value = 0;
  gboolean is_good = FALSE;

  if (json_node_get_value_type (node) == G_TYPE_STRING)
    {
      const char *text = json_node_get_string (node);

      is_good = g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &value, NULL);
    }
  else if (is_number (node))
    {
      double number = json_node_get_double (node);

      value = json_node_get_int (node);
      is_good = json_node_get_value_type (node) == G_TYPE_INT64 || trunc (number) == number;
    }

  if (!is_wide && (value < G_MININT32 || value > G_MAXINT32))
    is_good = FALSE;
  return is_good ? make_int (value)
                 : refuse_value (reader, is_wide ? "TYPE_INT64" : "TYPE_INT32", node);
}

static JsonNode *
read_enum (Reader *reader, const LiveSimField *field, JsonNode *node)
{
  guint n_values = g_strv_length ((char **) field->values);
  g_autofree char *type = NULL;

  if (json_node_get_value_type (node) == G_TYPE_STRING &&
      g_strv_contains (field->values, json_node_get_string (node)))
    return json_node_copy (node);
  if (json_node_get_value_type (node) == G_TYPE_INT64 && json_node_get_int (node) >= 0 &&
      json_node_get_int (node) < n_values)
    return json_node_init_string (json_node_alloc (), field->values[json_node_get_int (node)]);

  type = g_strdup_printf ("type.googleapis.com/google.ai.generativelanguage.%c%s",
                          g_ascii_toupper (field->name[0]), field->name + 1);
  return refuse_value (reader, type, node);
}

/* Standard or URL-safe alphabet, padding optional: what protobuf's reader takes. */
static gboolean
is_base64 (const char *text)
{
  gsize n = strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");
  gsize n_padding = strspn (text + n, "=");

  if (text[n + n_padding] != '\0' || n_padding > 2 || n % 4 == 1)
    return FALSE;
  return n_padding == 0 || (n + n_padding) % 4 == 0;
}

static JsonNode *
read_map (Reader *reader, const LiveSimField *field, JsonObject *object)
{
  g_autoptr (JsonObject) out = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;
  gsize length = reader->path->len;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      g_string_append_printf (reader->path, "[%s]", name);
      if (field->message == NULL)
        {
          if (json_node_get_value_type (member) != G_TYPE_STRING)
            return refuse_value (reader, "TYPE_STRING", member);
          json_object_set_string_member (out, name, json_node_get_string (member));
        }
      else
        {
          JsonObject *inner;

          if (!JSON_NODE_HOLDS_OBJECT (member))
            return refuse_value (reader, field->message->name, member);
          inner = read_message (reader, json_node_get_object (member), field->message);
          if (inner == NULL)
            return NULL;
          json_object_set_object_member (out, name, inner);
        }
      g_string_truncate (reader->path, length);
    }
  return live_sim_json_node (g_steal_pointer (&out));
}

static JsonNode *
read_value (Reader *reader, const LiveSimField *field, JsonNode *node)
{
  GType type = json_node_get_value_type (node);

  switch (field->kind)
    {
    case LIVE_SIM_KIND_BOOL:
      return type == G_TYPE_BOOLEAN ? json_node_copy (node)
                                    : refuse_value (reader, "TYPE_BOOL", node);
    case LIVE_SIM_KIND_INT32:
      return read_int (reader, node, FALSE);
    case LIVE_SIM_KIND_INT64:
      return read_int (reader, node, TRUE);
    case LIVE_SIM_KIND_NUMBER:
      return is_number (node) ? json_node_copy (node) : refuse_value (reader, "TYPE_FLOAT", node);
    case LIVE_SIM_KIND_STRING:
      return type == G_TYPE_STRING ? json_node_copy (node)
                                   : refuse_value (reader, "TYPE_STRING", node);
    case LIVE_SIM_KIND_BYTES:
      if (type != G_TYPE_STRING)
        return refuse_value (reader, "TYPE_BYTES", node);
      if (!is_base64 (json_node_get_string (node)))
        {
          live_sim_verdict_refuse (reader->verdict, LIVE_SIM_CLOSE_INVALID,
                                   "Invalid value at '%s' (TYPE_BYTES), Base64 decoding failed",
                                   reader->path->str);
          return NULL;
        }
      return json_node_copy (node);
    case LIVE_SIM_KIND_ENUM:
      return read_enum (reader, field, node);
    case LIVE_SIM_KIND_STRUCT:
      return JSON_NODE_HOLDS_OBJECT (node) ? json_node_copy (node)
                                           : refuse_value (reader, "Struct", node);
    case LIVE_SIM_KIND_VALUE:
      return json_node_copy (node);
    case LIVE_SIM_KIND_MAP:
      return JSON_NODE_HOLDS_OBJECT (node) ? read_map (reader, field, json_node_get_object (node))
                                           : refuse_value (reader, "Map", node);
    case LIVE_SIM_KIND_MESSAGE:
      {
        JsonObject *inner;

        if (!JSON_NODE_HOLDS_OBJECT (node))
          return refuse_value (reader, field->message->name, node);
        inner = read_message (reader, json_node_get_object (node), field->message);
        return inner != NULL ? live_sim_json_node (inner) : NULL;
      }
    }

  return NULL;
}

static JsonNode *
read_repeated (Reader *reader, const LiveSimField *field, JsonNode *node)
{
  g_autoptr (JsonArray) out = NULL;
  JsonArray *array;
  JsonNode *result;
  gsize length = reader->path->len;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse_value (reader, "repeated", node);

  array = json_node_get_array (node);
  out = json_array_sized_new (json_array_get_length (array));
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element;

      g_string_append_printf (reader->path, "[%u]", i);
      element = read_value (reader, field, json_array_get_element (array, i));
      if (element == NULL)
        return NULL;
      json_array_add_element (out, element);
      g_string_truncate (reader->path, length);
    }
  result = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (result, g_steal_pointer (&out));
  return result;
}

static JsonObject *
read_message (Reader *reader, JsonObject *object, const LiveSimMessage *message)
{
  g_autoptr (JsonObject) out = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      const LiveSimField *field = find_field (reader, message, name);
      gsize length = reader->path->len;
      g_autofree char *snake = NULL;
      JsonNode *value;

      if (field == NULL)
        {
          refuse_unknown (reader, name);
          return NULL;
        }
      if (JSON_NODE_HOLDS_NULL (member) && field->kind != LIVE_SIM_KIND_VALUE)
        continue;

      snake = to_snake_case (field->name);
      g_string_append_printf (reader->path, "%s%s", length > 0 ? "." : "", snake);
      value = (field->flags & LIVE_SIM_FIELD_REPEATED) != 0 ? read_repeated (reader, field, member)
                                                            : read_value (reader, field, member);
      if (value == NULL)
        return NULL;
      json_object_set_member (out, field->name, value);
      g_string_truncate (reader->path, length);
    }

  return g_steal_pointer (&out);
}

JsonObject *
live_sim_rules_read (const char *text,
                     gssize length,
                     const LiveSimDialect *dialect,
                     LiveSimVerdict *verdict)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = live_sim_json_parse (text, length, &error);
  g_autoptr (GString) path = g_string_new (NULL);
  g_autoptr (JsonObject) message = NULL;
  Reader reader = { dialect, verdict, path };

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      live_sim_verdict_refuse (verdict, LIVE_SIM_CLOSE_INVALID, "Invalid JSON payload received. %s",
                               error != NULL ? error->message : "Unexpected token.");
      return NULL;
    }

  message = read_message (&reader, json_node_get_object (root), live_sim_fields_client_message ());
  if (message == NULL)
    return NULL;

  if (json_object_get_size (message) != 1)
    {
      live_sim_verdict_refuse (verdict, LIVE_SIM_CLOSE_INVALID,
                               json_object_get_size (message) == 0
                                   ? LIVE_SIM_TEXT_INVALID_ARGUMENT
                                   : "Invalid value (oneof), oneof field 'message_type' is already "
                                     "set. Cannot set it twice.");
      return NULL;
    }
  return g_steal_pointer (&message);
}
