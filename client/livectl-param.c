/* Owns: what the parameters of a command's tool are called and of which type they are.
 * Thread: main only (pure).
 * Called by: livectl-tool-run.c. */
#include "livectl-param.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "protocol/live-json.h"

#define NAME_MAX_BYTES 64

typedef struct
{
  char *name;
  char *variable;
  const char *type; /* as JSON Schema has it; static */
  char **choices;   /* NULL for any value of the type */
  char *description;
  gboolean is_optional;
} Param;

static void
free_param (gpointer data)
{
  Param *param = data;

  g_free (param->name);
  g_free (param->variable);
  g_strfreev (param->choices);
  g_free (param->description);
  g_free (param);
}

static char *
build_variable (const char *name)
{
  g_autofree char *upper = g_ascii_strup (name, -1);

  return g_strconcat (LIVECTL_PARAM_PREFIX, g_strdelimit (upper, "-", '_'), NULL);
}

static gboolean
is_name (const char *name)
{
  if (!g_ascii_isalpha (*name) && *name != '_')
    return FALSE;
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && *p != '_' && *p != '-')
      return FALSE;

  return strlen (name) <= NAME_MAX_BYTES;
}

static gboolean
read_type (Param *param, const char *text)
{
  const char *const types[] = { "string", "integer", "number", "boolean", "array", "object" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i], text) == 0)
      {
        param->type = types[i];
        return TRUE;
      }

  if (strchr (text, '|') == NULL)
    return FALSE;

  param->type = "string";
  param->choices = g_strsplit (text, "|", -1);
  for (guint i = 0; param->choices[i] != NULL; i++)
    if (*param->choices[i] == '\0')
      return FALSE;
  return TRUE;
}

static Param *
parse_one (const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 3);
  Param *param = g_new0 (Param, 1);

  if (parts[0] != NULL && g_str_has_suffix (parts[0], "?"))
    {
      param->is_optional = TRUE;
      parts[0][strlen (parts[0]) - 1] = '\0';
    }

  if (parts[0] == NULL || !is_name (parts[0]))
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                 _ ("“%s” does not begin with a parameter's name: letters, digits, “_” and “-”"),
                 text);
  else if (parts[1] == NULL || !read_type (param, parts[1]))
    g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                 _ ("“%s” needs a type: string, integer, number, boolean, array, object, or "
                    "words with “|” between them"),
                 text);
  else
    {
      param->name = g_strdup (parts[0]);
      param->variable = build_variable (param->name);
      param->description = g_strdup (parts[2]);
      return param;
    }

  free_param (param);
  return NULL;
}

static Param *
find_variable (GPtrArray *params, const char *variable)
{
  for (guint i = 0; i < params->len; i++)
    {
      Param *param = g_ptr_array_index (params, i);

      if (strcmp (param->variable, variable) == 0)
        return param;
    }

  return NULL;
}

GPtrArray *
livectl_param_parse (const char *const *texts, GError **error)
{
  g_autoptr (GPtrArray) params = g_ptr_array_new_with_free_func (free_param);

  for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
    {
      Param *param = parse_one (texts[i], error);
      Param *same = NULL;

      if (param == NULL)
        return NULL;

      same = find_variable (params, param->variable);
      if (same != NULL)
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                       _ ("“%s” and “%s” would both be the variable %s"), same->name, param->name,
                       param->variable);
          free_param (param);
          return NULL;
        }
      g_ptr_array_add (params, param);
    }

  return g_steal_pointer (&params);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_param (JsonBuilder *builder, const Param *param)
{
  json_builder_set_member_name (builder, param->name);
  json_builder_begin_object (builder);
  add_string (builder, "type", param->type);
  if (param->description != NULL && *param->description != '\0')
    add_string (builder, "description", param->description);
  if (strcmp (param->type, "array") == 0)
    {
      json_builder_set_member_name (builder, "items");
      json_builder_begin_object (builder);
      add_string (builder, "type", "string");
      json_builder_end_object (builder);
    }
  if (param->choices != NULL)
    {
      json_builder_set_member_name (builder, "enum");
      json_builder_begin_array (builder);
      for (guint i = 0; param->choices[i] != NULL; i++)
        json_builder_add_string_value (builder, param->choices[i]);
      json_builder_end_array (builder);
    }
  json_builder_end_object (builder);
}

static void
add_schema (JsonBuilder *builder, GPtrArray *params)
{
  json_builder_set_member_name (builder, "parameters");
  json_builder_begin_object (builder);
  add_string (builder, "type", "object");

  json_builder_set_member_name (builder, "properties");
  json_builder_begin_object (builder);
  for (guint i = 0; i < params->len; i++)
    add_param (builder, g_ptr_array_index (params, i));
  json_builder_end_object (builder);

  json_builder_set_member_name (builder, "required");
  json_builder_begin_array (builder);
  for (guint i = 0; i < params->len; i++)
    {
      const Param *param = g_ptr_array_index (params, i);

      if (!param->is_optional)
        json_builder_add_string_value (builder, param->name);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

char *
livectl_param_build_declaration (const char *tool, const char *description, GPtrArray *params)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_string (builder, "name", tool);
  add_string (builder, "description", description);
  if (params->len > 0)
    add_schema (builder, params);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* Models write 5.0 where they mean 5. */
static gboolean
is_integral (JsonNode *node)
{
  gdouble value = json_node_get_double (node);

  return json_node_get_value_type (node) == G_TYPE_INT64 ||
         (json_node_get_value_type (node) == G_TYPE_DOUBLE && value == floor (value) &&
          fabs (value) < 1e15);
}

static gboolean
fits (const Param *param, JsonNode *node)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (strcmp (param->type, "array") == 0)
    return JSON_NODE_HOLDS_ARRAY (node);
  if (strcmp (param->type, "object") == 0)
    return JSON_NODE_HOLDS_OBJECT (node);
  if (strcmp (param->type, "boolean") == 0)
    return type == G_TYPE_BOOLEAN;
  if (strcmp (param->type, "number") == 0)
    return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
  if (strcmp (param->type, "integer") == 0)
    return type != G_TYPE_INVALID && is_integral (node);

  return type == G_TYPE_STRING &&
         (param->choices == NULL ||
          g_strv_contains ((const char *const *) param->choices, json_node_get_string (node)));
}

/* raw: the value's own text, for numbers keep their digits only there. */
static char *
print_value (const Param *param, JsonNode *node, LiveJsonSlice raw)
{
  if (strcmp (param->type, "string") == 0)
    return json_node_dup_string (node);
  if (strcmp (param->type, "integer") == 0 && json_node_get_value_type (node) == G_TYPE_DOUBLE)
    return g_strdup_printf ("%.0f", json_node_get_double (node));
  return g_strndup (raw.data, raw.size);
}

static char **
inherit (const char *const *inherited)
{
  GPtrArray *kept = g_ptr_array_new ();

  for (guint i = 0; inherited[i] != NULL; i++)
    if (!g_str_has_prefix (inherited[i], LIVECTL_PARAM_PREFIX))
      g_ptr_array_add (kept, g_strdup (inherited[i]));
  g_ptr_array_add (kept, NULL);
  return (char **) g_ptr_array_free (kept, FALSE);
}

char **
livectl_param_build_environ (GPtrArray *params,
                             const char *const *inherited,
                             const char *arguments_json,
                             GError **error)
{
  LiveJsonSlice all = { arguments_json, strlen (arguments_json) };
  g_autoptr (JsonNode) root = live_json_parse (all.data, all.size, JSON_NODE_OBJECT, error);
  g_auto (GStrv) envp = NULL;

  if (root == NULL)
    return NULL;

  envp = inherit (inherited);
  for (guint i = 0; i < params->len; i++)
    {
      const Param *param = g_ptr_array_index (params, i);
      JsonNode *node = json_object_get_member (json_node_get_object (root), param->name);
      g_autofree char *value = NULL;
      LiveJsonSlice raw;

      if ((node == NULL || JSON_NODE_HOLDS_NULL (node)) && param->is_optional)
        continue;

      if (node == NULL || !live_json_member (all, param->name, &raw))
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                       "The parameter \"%s\" is missing", param->name);
          return NULL;
        }
      if (!fits (param, node))
        {
          g_autofree char *choices =
              param->choices != NULL ? g_strjoinv ("\", \"", param->choices) : NULL;

          g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                       "The parameter \"%s\" must be %s%s%s%s", param->name,
                       choices != NULL ? "one of " : "of type ", choices != NULL ? "\"" : "",
                       choices != NULL ? choices : param->type, choices != NULL ? "\"" : "");
          return NULL;
        }
      value = print_value (param, node, raw);
      envp = g_environ_setenv (envp, param->variable, value, TRUE);
    }

  return g_steal_pointer (&envp);
}
