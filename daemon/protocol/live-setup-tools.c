/* Owns: the "tools" member of the setup.
 * Thread: any (pure).
 * Called by: live-setup.c. */
#include "protocol/live-setup-tools.h"

#include <string.h>

#include <glib/gi18n.h>

#include "protocol/live-json.h"

static JsonArray *
parse_tools (const LiveSetupInput *input, JsonNode **ret_root)
{
  if (input->tools_json == NULL)
    return NULL;

  *ret_root =
      live_json_parse (input->tools_json, strlen (input->tools_json), JSON_NODE_ARRAY, NULL);
  return *ret_root != NULL ? json_node_get_array (*ret_root) : NULL;
}

static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) &&
                 json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static void G_GNUC_PRINTF (2, 3) warn (GPtrArray *warnings, const char *format, ...)
{
  va_list arguments;

  if (warnings == NULL)
    return;

  va_start (arguments, format);
  g_ptr_array_add (warnings, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

gboolean
live_setup_tools_check (const LiveSetupInput *input, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  JsonArray *tools = parse_tools (input, &root);

  if (input->tools_json == NULL)
    return TRUE;
  if (tools == NULL)
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_BAD_SETUP,
                           _ ("The tools are not a JSON array"));
      return FALSE;
    }
  if (json_array_get_length (tools) > LIVE_SETUP_MAX_TOOLS)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_BAD_SETUP,
                   _ ("There are more tools than the %d that the service takes"),
                   LIVE_SETUP_MAX_TOOLS);
      return FALSE;
    }

  for (guint i = 0; i < json_array_get_length (tools); i++)
    {
      JsonNode *node = json_array_get_element (tools, i);
      JsonNode *parameters;

      if (!JSON_NODE_HOLDS_OBJECT (node) ||
          get_string (json_node_get_object (node), "name") == NULL)
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_BAD_SETUP, _ ("Tool %u has no name"), i);
          return FALSE;
        }
      parameters = json_object_get_member (json_node_get_object (node), "parameters");
      if (parameters != NULL && !JSON_NODE_HOLDS_OBJECT (parameters))
        {
          g_set_error (error, LIVE_ERROR, LIVE_ERROR_BAD_SETUP,
                       _ ("The parameters of the tool “%s” are not an object"),
                       get_string (json_node_get_object (node), "name"));
          return FALSE;
        }
    }

  return TRUE;
}

/* Written only where it differs from what the model does unasked: an explicit word, even the
 * right one, closes the socket on models that do not know the field. */
static void
write_behavior (LiveJsonWriter *writer,
                const LiveSetupInput *input,
                JsonObject *tool,
                GPtrArray *warnings)
{
  const LiveProfile *profile = input->profile;
  const char *wish = get_string (tool, "behavior");
  gboolean is_blocking, is_taken;

  if (wish == NULL)
    return;

  is_blocking = g_ascii_strcasecmp (wish, "blocking") == 0;
  is_taken = is_blocking ? profile->has_blocking : profile->has_non_blocking;
  if (is_blocking == (profile->default_behavior == LIVE_BEHAVIOR_BLOCKING))
    return;

  if (is_taken)
    live_json_writer_string (writer, "behavior", is_blocking ? "BLOCKING" : "NON_BLOCKING");
  else
    warn (warnings,
          _ ("tool “%s”: the behavior %s is left out, because the model %s does not take it"),
          get_string (tool, "name"), wish,
          live_settings_get_string (input->settings, LIVE_SETTING_SESSION_MODEL));
}

/* parametersJsonSchema takes real JSON Schema; "parameters" would close the socket at the first
 * additionalProperties (6.1.2). The schema passes as it was written. */
static void
write_declaration (LiveJsonWriter *writer,
                   const LiveSetupInput *input,
                   JsonObject *tool,
                   LiveJsonSlice raw,
                   GPtrArray *warnings)
{
  const char *description = get_string (tool, "description");
  LiveJsonSlice schema;

  live_json_writer_open (writer, NULL, '{');
  live_json_writer_string (writer, "name", get_string (tool, "name"));
  if (description != NULL)
    live_json_writer_string (writer, "description", description);
  write_behavior (writer, input, tool, warnings);
  if (live_json_member (raw, "parameters", &schema))
    live_json_writer_raw (writer, "parametersJsonSchema", schema.data, (gssize) schema.size);
  live_json_writer_close (writer, '}');
}

static void
write_declarations (LiveJsonWriter *writer,
                    const LiveSetupInput *input,
                    JsonArray *tools,
                    GPtrArray *warnings)
{
  LiveJsonSlice rest = { input->tools_json, strlen (input->tools_json) };
  LiveJsonSlice raw;

  live_json_writer_open (writer, NULL, '{');
  live_json_writer_open (writer, "functionDeclarations", '[');
  for (guint i = 0; i < json_array_get_length (tools) && live_json_each (&rest, &raw); i++)
    write_declaration (writer, input, json_array_get_object_element (tools, i), raw, warnings);
  live_json_writer_close (writer, ']');
  live_json_writer_close (writer, '}');
}

void
live_setup_tools_write (LiveJsonWriter *writer, const LiveSetupInput *input, GPtrArray *warnings)
{
  g_autoptr (JsonNode) root = NULL;
  JsonArray *tools = parse_tools (input, &root);
  const char *model = live_settings_get_string (input->settings, LIVE_SETTING_SESSION_MODEL);
  gboolean has_functions = tools != NULL && json_array_get_length (tools) > 0;
  gboolean has_search =
      live_settings_get_boolean (input->settings, LIVE_SETTING_SESSION_GOOGLE_SEARCH);

  if (has_functions && !input->profile->has_functions)
    {
      warn (warnings, _ ("tools: left out, because the model %s calls none"), model);
      has_functions = FALSE;
    }
  if (has_search && !input->profile->has_search)
    {
      warn (warnings, _ ("session.google-search: left out, because the model %s does not take it"),
            model);
      has_search = FALSE;
    }
  if (has_search && has_functions && !input->profile->search_with_functions)
    {
      warn (warnings,
            _ ("session.google-search: left out, because the model %s does not take it together "
               "with tools"),
            model);
      has_search = FALSE;
    }
  if (!has_functions && !has_search)
    return;

  live_json_writer_open (writer, "tools", '[');
  if (has_functions)
    write_declarations (writer, input, tools, warnings);
  if (has_search)
    {
      live_json_writer_open (writer, NULL, '{');
      live_json_writer_open (writer, "googleSearch", '{');
      live_json_writer_close (writer, '}');
      live_json_writer_close (writer, '}');
    }
  live_json_writer_close (writer, ']');
}
