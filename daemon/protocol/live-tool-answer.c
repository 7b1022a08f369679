/* Owns: nothing; wraps results.
 * Thread: any (pure).
 * Called by: core/live-tools*.c. */
#include "protocol/live-tool-answer.h"

#include <string.h>

#include "protocol/live-json.h"

#define MAX_MESSAGE_BYTES 2048

/* At most max_bytes, never half a character. */
static char *
cut (const char *text, gsize max_bytes)
{
  const char *end = text + max_bytes;

  /* The byte behind the cut may go on with a character that began before it. */
  while (end > text && ((guchar) *end & 0xC0) == 0x80)
    end--;
  return g_strndup (text, (gsize) (end - text));
}

static char *
wrap_cut (const char *result, gsize size, gsize max_bytes)
{
  g_autofree char *head = cut (result, max_bytes);
  g_autofree char *note =
      g_strdup_printf ("The result was cut: these are the first %" G_GSIZE_FORMAT
                       " of %" G_GSIZE_FORMAT " bytes. Say so, or ask for less.",
                       strlen (head), size);
  GString *out = g_string_new ("{\"output\":");

  live_json_append_string (out, head);
  g_string_append (out, ",\"truncated\":true,\"note\":");
  live_json_append_string (out, note);
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

/* A lone surrogate or a depth that json-glib would choke on is no JSON for us either. */
static gboolean
is_object (const char *text, gsize size)
{
  g_autoptr (JsonNode) root = live_json_parse (text, size, JSON_NODE_OBJECT, NULL);

  return root != NULL;
}

char *
live_tool_answer_wrap (const char *result, gsize max_bytes, gboolean *ret_is_cut)
{
  gsize size = strlen (result);
  GString *out;

  *ret_is_cut = size > max_bytes;
  if (*ret_is_cut)
    return wrap_cut (result, size, max_bytes);
  if (is_object (result, size))
    return g_strdup (result);

  out = g_string_new ("{\"output\":");
  if (live_json_check (result, size, NULL))
    g_string_append (out, result);
  else
    live_json_append_string (out, result);
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

char *
live_tool_answer_error (const char *message)
{
  g_autofree char *head =
      strlen (message) > MAX_MESSAGE_BYTES ? cut (message, MAX_MESSAGE_BYTES) : g_strdup (message);
  GString *out = g_string_new ("{\"error\":");

  live_json_append_string (out, *head != '\0' ? head : "The tool failed without a word.");
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}
