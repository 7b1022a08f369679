/* Owns: the simulator's JSON text, both directions.
 * Thread: main.
 * Called by: every room of the simulator. */
#include "live-sim-json.h"

#include <math.h>
#include <string.h>

#include <gio/gio.h>

/* json-glib recurses once a level, so the depth is counted before it sees the text. */
static gboolean
check_depth (const char *text, gsize length, GError **error)
{
  gboolean in_string = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (in_string)
        {
          if (c == '\\')
            i++;
          else if (c == '"')
            in_string = FALSE;
        }
      else if (c == '"')
        in_string = TRUE;
      else if (c == '{' || c == '[')
        {
          if (++depth > LIVE_SIM_JSON_MAX_DEPTH)
            {
              g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                                   "Message too deep. Max recursion depth reached");
              return FALSE;
            }
        }
      else if ((c == '}' || c == ']') && depth > 0)
        depth--;
    }

  return TRUE;
}

JsonNode *
live_sim_json_parse (const char *text, gssize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) local = NULL;
  gsize size = length < 0 ? strlen (text) : (gsize) length;

  if (!g_utf8_validate (text, (gssize) size, NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Invalid UTF-8");
      return NULL;
    }
  if (!check_depth (text, size, error))
    return NULL;
  if (!json_parser_load_from_data (parser, text, (gssize) size, &local))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Unexpected token. %s",
                   local->message);
      return NULL;
    }
  if (json_parser_get_root (parser) == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Unexpected end of string");
      return NULL;
    }

  return json_parser_steal_root (parser);
}

static void
print_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const guchar *p = (const guchar *) text; *p != '\0'; p++)
    switch (*p)
      {
      case '"':
        g_string_append (out, "\\\"");
        break;
      case '\\':
        g_string_append (out, "\\\\");
        break;
      case '\n':
        g_string_append (out, "\\n");
        break;
      case '\r':
        g_string_append (out, "\\r");
        break;
      case '\t':
        g_string_append (out, "\\t");
        break;
      default:
        if (*p < 0x20)
          g_string_append_printf (out, "\\u%04x", *p);
        else
          g_string_append_c (out, (char) *p);
      }
  g_string_append_c (out, '"');
}

static void
print_break (GString *out, int indent)
{
  if (indent < 0)
    return;
  g_string_append_c (out, '\n');
  for (int i = 0; i < indent; i++)
    g_string_append (out, "  ");
}

static void
print_value (GString *out, JsonNode *node)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  GType type = json_node_get_value_type (node);

  if (type == G_TYPE_STRING)
    print_string (out, json_node_get_string (node));
  else if (type == G_TYPE_BOOLEAN)
    g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
  else if (type == G_TYPE_DOUBLE && isfinite (json_node_get_double (node)))
    g_string_append (out,
                     g_ascii_formatd (number, sizeof number, "%.15g", json_node_get_double (node)));
  else
    g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
}

/* indent < 0: everything on one line. */
static void
print_node (GString *out, JsonNode *node, int indent)
{
  int inner = indent < 0 ? indent : indent + 1;

  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_NULL:
      g_string_append (out, "null");
      break;

    case JSON_NODE_VALUE:
      print_value (out, node);
      break;

    case JSON_NODE_ARRAY:
      {
        JsonArray *array = json_node_get_array (node);
        guint n = json_array_get_length (array);

        g_string_append_c (out, '[');
        for (guint i = 0; i < n; i++)
          {
            if (i > 0)
              g_string_append_c (out, ',');
            print_break (out, inner);
            print_node (out, json_array_get_element (array, i), inner);
          }
        if (n > 0)
          print_break (out, indent);
        g_string_append_c (out, ']');
        break;
      }

    case JSON_NODE_OBJECT:
      {
        JsonObjectIter iter;
        const char *name;
        JsonNode *member;
        gboolean is_first = TRUE;

        g_string_append_c (out, '{');
        json_object_iter_init_ordered (&iter, json_node_get_object (node));
        while (json_object_iter_next_ordered (&iter, &name, &member))
          {
            if (!is_first)
              g_string_append_c (out, ',');
            is_first = FALSE;
            print_break (out, inner);
            print_string (out, name);
            g_string_append (out, indent < 0 ? ":" : ": ");
            print_node (out, member, inner);
          }
        if (!is_first)
          print_break (out, indent);
        g_string_append_c (out, '}');
        break;
      }
    }
}

char *
live_sim_json_print (JsonNode *node, gsize *ret_length)
{
  GString *out = g_string_sized_new (1024);

  print_node (out, node, 0);
  g_string_append_c (out, '\n');
  if (ret_length != NULL)
    *ret_length = out->len;
  return g_string_free (out, FALSE);
}

char *
live_sim_json_print_line (JsonNode *node)
{
  GString *out = g_string_sized_new (1024);

  print_node (out, node, -1);
  return g_string_free (out, FALSE);
}

static JsonNode *
find_member (JsonObject *object, const char *name, JsonNodeType type)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && json_node_get_node_type (node) == type ? node : NULL;
}

JsonObject *
live_sim_json_object (JsonObject *object, const char *name)
{
  JsonNode *node = find_member (object, name, JSON_NODE_OBJECT);

  return node != NULL ? json_node_get_object (node) : NULL;
}

JsonArray *
live_sim_json_array (JsonObject *object, const char *name)
{
  JsonNode *node = find_member (object, name, JSON_NODE_ARRAY);

  return node != NULL ? json_node_get_array (node) : NULL;
}

const char *
live_sim_json_string (JsonObject *object, const char *name, const char *fallback)
{
  JsonNode *node = find_member (object, name, JSON_NODE_VALUE);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return fallback;
  return json_node_get_string (node);
}

gboolean
live_sim_json_bool (JsonObject *object, const char *name, gboolean fallback)
{
  JsonNode *node = find_member (object, name, JSON_NODE_VALUE);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return fallback;
  return json_node_get_boolean (node);
}

gint64
live_sim_json_int (JsonObject *object, const char *name, gint64 fallback)
{
  JsonNode *node = find_member (object, name, JSON_NODE_VALUE);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return fallback;
  return json_node_get_int (node);
}

double
live_sim_json_double (JsonObject *object, const char *name, double fallback)
{
  JsonNode *node = find_member (object, name, JSON_NODE_VALUE);

  if (node == NULL || (json_node_get_value_type (node) != G_TYPE_DOUBLE &&
                       json_node_get_value_type (node) != G_TYPE_INT64))
    return fallback;
  return json_node_get_double (node);
}

JsonNode *
live_sim_json_node (JsonObject *take_object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, take_object);
  return node;
}

JsonNode *
live_sim_json_wrap (const char *name, JsonObject *take_object)
{
  JsonObject *root = json_object_new ();

  json_object_set_object_member (root, name, take_object);
  return live_sim_json_node (root);
}

JsonObject *
live_sim_json_add_object (JsonObject *object, const char *name)
{
  JsonObject *member = json_object_new ();

  json_object_set_object_member (object, name, member);
  return member;
}

JsonObject *
live_sim_json_copy (JsonObject *object)
{
  g_autoptr (JsonNode) node = live_sim_json_node (json_object_ref (object));
  g_autofree char *text = live_sim_json_print_line (node);
  g_autoptr (JsonNode) copy = live_sim_json_parse (text, -1, NULL);

  return json_node_dup_object (copy);
}
