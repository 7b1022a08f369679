/* Owns: the reading of declarations.
 * Thread: any (pure).
 * Called by: core/live-tools-registry.c and io/live-tool-files.c. */
#include "protocol/live-tool-schema.h"

#include <string.h>

#include <glib/gi18n.h>

#include "protocol/live-json.h"
#include "protocol/live-tool-schema-walk.h"

void
live_tool_declaration_free (LiveToolDeclaration *self)
{
  if (self == NULL)
    return;

  g_free (self->name);
  g_free (self->description);
  g_free (self->parameters);
  g_free (self);
}

static gboolean G_GNUC_PRINTF (2, 3) refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (LIVE_ERROR, LIVE_ERROR_INVALID_SCHEMA, format, arguments);
  va_end (arguments);
  return FALSE;
}

static gboolean
check_name (const char *name, GError **error)
{
  if (name == NULL || *name == '\0')
    return refuse (error, _ ("/name: a tool needs a name"));
  if (strlen (name) > LIVE_TOOL_NAME_MAX)
    return refuse (error, _ ("/name: longer than %d characters"), LIVE_TOOL_NAME_MAX);
  if (!g_ascii_isalpha (name[0]) && name[0] != '_')
    return refuse (error, _ ("/name: “%s” does not begin with a letter or “_”"), name);

  for (const char *at = name; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && *at != '_' && *at != '-')
      return refuse (error,
                     _ ("/name: “%s” has a character that is not a letter, a digit, “_” or "
                        "“-”"),
                     name);

  return TRUE;
}

static gboolean
check_parameters (const char *parameters, GError **error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (JsonNode) root =
      live_json_parse (parameters, strlen (parameters), JSON_NODE_OBJECT, &fault);
  JsonNode *type;

  if (root == NULL)
    return refuse (error, _ ("/parameters: %s"), fault->message);

  type = json_object_get_member (json_node_get_object (root), "type");
  if (type != NULL &&
      (!JSON_NODE_HOLDS_VALUE (type) || g_strcmp0 (json_node_get_string (type), "object") != 0))
    return refuse (error, _ ("/parameters/type: the parameters of a tool are an “object”"));

  return live_tool_schema_walk (root, "/parameters", error);
}

LiveToolDeclaration *
live_tool_schema_build (const char *name,
                        const char *description,
                        const char *parameters,
                        LiveToolBehavior behavior,
                        GError **error)
{
  LiveToolDeclaration *self;

  if (!check_name (name, error))
    return NULL;
  if (description != NULL && strlen (description) > LIVE_TOOL_DESCRIPTION_MAX_BYTES)
    {
      refuse (error, _ ("/description: longer than %d bytes"), LIVE_TOOL_DESCRIPTION_MAX_BYTES);
      return NULL;
    }
  if (parameters != NULL && strlen (parameters) > LIVE_TOOL_DECLARATION_MAX_BYTES)
    {
      refuse (error, _ ("/parameters: longer than %d bytes"), LIVE_TOOL_DECLARATION_MAX_BYTES);
      return NULL;
    }
  if (parameters != NULL && !check_parameters (parameters, error))
    return NULL;

  self = g_new0 (LiveToolDeclaration, 1);
  self->name = g_strdup (name);
  self->description = g_strdup (description != NULL ? description : "");
  self->parameters = g_strdup (parameters);
  self->behavior = behavior;
  return self;
}

/* FALSE for a member of another type. An absent one and null leave *ret_text as it is. */
static gboolean
read_string (JsonObject *object, const char *name, const char **ret_text, GError **error)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (error, _ ("/%s: not a string"), name);

  *ret_text = json_node_get_string (node);
  return TRUE;
}

static gboolean
read_behavior (JsonObject *object, LiveToolBehavior *ret_behavior, GError **error)
{
  const char *word = NULL;

  *ret_behavior = LIVE_TOOL_BEHAVIOR_MODEL;
  if (!read_string (object, "behavior", &word, error))
    return FALSE;

  if (word == NULL || g_ascii_strcasecmp (word, "UNSPECIFIED") == 0)
    return TRUE;
  if (g_ascii_strcasecmp (word, "BLOCKING") == 0)
    *ret_behavior = LIVE_TOOL_BEHAVIOR_BLOCKING;
  else if (g_ascii_strcasecmp (word, "NON_BLOCKING") == 0)
    *ret_behavior = LIVE_TOOL_BEHAVIOR_NON_BLOCKING;
  else
    return refuse (error, _ ("/behavior: “%s” is neither BLOCKING nor NON_BLOCKING"), word);

  return TRUE;
}

static gboolean
check_members (JsonObject *object, GError **error)
{
  static const char *const known[] = { "name", "description", "parameters", "behavior", NULL };
  JsonObjectIter iter;
  const char *name;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, NULL))
    if (!g_strv_contains (known, name))
      return refuse (error, _ ("/%s: a declaration has no such member"), name);

  return TRUE;
}

LiveToolDeclaration *
live_tool_schema_read (const char *json, GError **error)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *parameters = NULL;
  gsize size = strlen (json);
  const char *name = NULL;
  const char *description = NULL;
  LiveToolBehavior behavior;
  LiveJsonSlice raw;
  JsonObject *object;

  if (size > LIVE_TOOL_DECLARATION_MAX_BYTES)
    {
      refuse (error, _ ("The declaration is longer than %d bytes"),
              LIVE_TOOL_DECLARATION_MAX_BYTES);
      return NULL;
    }
  root = live_json_parse (json, size, JSON_NODE_OBJECT, &fault);
  if (root == NULL)
    {
      refuse (error, _ ("The declaration cannot be read: %s"), fault->message);
      return NULL;
    }

  object = json_node_get_object (root);
  if (!check_members (object, error) || !read_string (object, "name", &name, error) ||
      !read_string (object, "description", &description, error) ||
      !read_behavior (object, &behavior, error))
    return NULL;

  if (live_json_member ((LiveJsonSlice){ json, size }, "parameters", &raw) &&
      !JSON_NODE_HOLDS_NULL (json_object_get_member (object, "parameters")))
    parameters = g_strndup (raw.data, raw.size);
  return live_tool_schema_build (name, description, parameters, behavior, error);
}

void
live_tool_schema_append (GString *out, const LiveToolDeclaration *declaration)
{
  g_string_append (out, "{\"name\":");
  live_json_append_string (out, declaration->name);
  if (*declaration->description != '\0')
    {
      g_string_append (out, ",\"description\":");
      live_json_append_string (out, declaration->description);
    }
  if (declaration->parameters != NULL)
    g_string_append_printf (out, ",\"parameters\":%s", declaration->parameters);
  if (declaration->behavior != LIVE_TOOL_BEHAVIOR_MODEL)
    g_string_append_printf (out, ",\"behavior\":\"%s\"",
                            declaration->behavior == LIVE_TOOL_BEHAVIOR_BLOCKING ? "BLOCKING"
                                                                                 : "NON_BLOCKING");
  g_string_append_c (out, '}');
}
