/* Owns: nothing.
 * Thread: any.
 * Called by: io/live-transport-soup-upgrade.c. */
#include "io/live-transport-soup-refusal.h"

#include <json-glib/json-glib.h>

#define REASON_MAX_CHARS 300

/* {"error": {…}}, or a list that begins with one; NULL for anything else. Borrowed. */
static JsonObject *
find_error (JsonNode *root)
{
  JsonNode *member = NULL;

  if (root != NULL && JSON_NODE_HOLDS_ARRAY (root) &&
      json_array_get_length (json_node_get_array (root)) > 0)
    root = json_array_get_element (json_node_get_array (root), 0);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    member = json_object_get_member (json_node_get_object (root), "error");

  return member != NULL && JSON_NODE_HOLDS_OBJECT (member) ? json_node_get_object (member) : NULL;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return "";

  return json_node_get_string (node);
}

static char *
shorten (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  glong chars = MIN (g_utf8_strlen (valid, -1), REASON_MAX_CHARS);
  char *line = g_utf8_substring (valid, 0, chars);

  for (char *c = line; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';

  return g_strstrip (line);
}

char *
live_transport_soup_refusal_words (const char *body, const char *phrase)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *error = NULL;
  g_autofree char *words = NULL;

  if (json_parser_load_from_data (parser, body, -1, NULL))
    error = find_error (json_parser_get_root (parser));
  if (error != NULL && *get_text (error, "message") != '\0')
    {
      const char *status = get_text (error, "status");

      if (*status == '\0')
        return shorten (get_text (error, "message"));
      words = g_strdup_printf ("%s (%s)", get_text (error, "message"), status);
      return shorten (words);
    }

  words = shorten (body);
  return *words != '\0' || phrase == NULL ? g_steal_pointer (&words) : shorten (phrase);
}

gint64
live_transport_soup_refusal_patience_us (SoupMessageHeaders *headers)
{
  const char *text = soup_message_headers_get_one (headers, "Retry-After");
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds = 0;

  if (text == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (text, 10, 0, 24 * 3600, &seconds, NULL))
    return (gint64) seconds * G_USEC_PER_SEC;

  date = soup_date_time_new_from_http_string (text);
  if (date == NULL)
    return 0;

  return MAX (g_date_time_to_unix (date) * G_USEC_PER_SEC - g_get_real_time (), 0);
}
