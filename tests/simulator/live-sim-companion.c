/* Owns: what the simulator answers when no scenario tells it.
 * Thread: main.
 * Called by: live-sim-input.c, live-sim-turn.c, tests. */
#include "live-sim-companion.h"

#include <string.h>

#define PHRASE_BYTES 48 /* a comma ends a phrase beyond this */

static const char *const story =
    "Once upon a time a small program lived in a quiet computer. It had a microphone for an ear "
    "and a loudspeaker for a mouth. Every morning it listened for a voice. One day it heard "
    "somebody laugh, far away, behind a closed window. The program wondered what was so funny. "
    "It asked the clock, but the clock only knew the time. It asked the disk, but the disk only "
    "remembered old letters. It asked the network, and the network said, come and see. So the "
    "program packed its buffers and set out along the wire. It crossed a bridge with two "
    "hundred arches. It slept in a router, between two blinking lights. In the morning a packet "
    "showed it the way to the sea. The sea was made of all the words that people ever said. The "
    "program swam in it for seven days. At last it met the voice that had laughed. It was a "
    "child, who had told a joke to a cat. The cat had not understood it, and that was the joke. "
    "The program laughed too, for the first time, and went home happy. And if nobody has "
    "switched it off, it is laughing still.";

LiveSimLine *
live_sim_line_new (gboolean is_user, const char *text)
{
  LiveSimLine *line = g_new0 (LiveSimLine, 1);

  line->is_user = is_user;
  line->text = g_strdup (text);
  return line;
}

void
live_sim_line_free (LiveSimLine *line)
{
  g_free (line->text);
  g_free (line);
}

LiveSimAnswer *
live_sim_answer_new (void)
{
  LiveSimAnswer *answer = g_new0 (LiveSimAnswer, 1);

  g_queue_init (&answer->phrases);
  return answer;
}

void
live_sim_answer_free (LiveSimAnswer *answer)
{
  if (answer == NULL)
    return;
  g_queue_clear_full (&answer->phrases, g_free);
  g_clear_pointer (&answer->sound, g_array_unref);
  g_clear_pointer (&answer->call_args, json_object_unref);
  g_free (answer->call_name);
  g_free (answer);
}

static gboolean
ends_phrase (const char *at, gsize length)
{
  if (at[1] != ' ' && at[1] != '\n')
    return FALSE;
  return *at == '.' || *at == '!' || *at == '?' || *at == ';' ||
         ((*at == ',' || *at == ':') && length >= PHRASE_BYTES);
}

void
live_sim_answer_say (LiveSimAnswer *answer, const char *text)
{
  const char *start = text;

  /* Each phrase but the first keeps the blank before it, so that the fragments of the transcript
   * join to the text again. */
  for (const char *p = text; *p != '\0'; p++)
    if (ends_phrase (p, (gsize) (p - start)))
      {
        g_queue_push_tail (&answer->phrases, g_strndup (start, (gsize) (p + 1 - start)));
        start = p + 1;
      }
  if (*start != '\0')
    g_queue_push_tail (&answer->phrases, g_strdup (start));
}

static LiveSimAnswer *
say (const char *format, ...)
{
  LiveSimAnswer *answer = live_sim_answer_new ();
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  live_sim_answer_say (answer, text);
  return answer;
}

/* Walks the declarations of all tools; func returns TRUE to stop. */
static JsonObject *
find_declaration (JsonArray *tools,
                  gboolean (*func) (const char *name, const char *wanted),
                  const char *wanted)
{
  for (guint i = 0; tools != NULL && i < json_array_get_length (tools); i++)
    {
      JsonObject *tool = json_array_get_object_element (tools, i);
      JsonArray *declarations = live_sim_json_array (tool, "functionDeclarations");

      for (guint k = 0; declarations != NULL && k < json_array_get_length (declarations); k++)
        {
          JsonObject *declaration = json_array_get_object_element (declarations, k);

          if (func (live_sim_json_string (declaration, "name", ""), wanted))
            return declaration;
        }
    }
  return NULL;
}

static gboolean
has_name (const char *name, const char *wanted)
{
  return strcmp (name, wanted) == 0;
}

static gboolean
tells_time (const char *name, const char *unused)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  return strstr (lower, "time") != NULL || strstr (lower, "clock") != NULL;
}

JsonObject *
live_sim_companion_find_tool (JsonArray *tools, const char *name)
{
  return find_declaration (tools, has_name, name);
}

static LiveSimAnswer *
answer_time (const LiveSimPrompt *prompt)
{
  JsonObject *tool = find_declaration (prompt->tools, tells_time, NULL);
  g_autoptr (GDateTime) now = NULL;

  if (tool != NULL)
    {
      LiveSimAnswer *answer = live_sim_answer_new ();

      answer->call_name = g_strdup (live_sim_json_string (tool, "name", ""));
      answer->call_args = json_object_new ();
      return answer;
    }

  now = g_date_time_new_now_local ();
  return say ("No clock tool is registered, but my own clock says %02d:%02d.",
              g_date_time_get_hour (now), g_date_time_get_minute (now));
}

/* "call NAME {…}": any tool with any arguments, for tests and for showing a tool at work. */
static LiveSimAnswer *
answer_call (const LiveSimPrompt *prompt, const char *rest)
{
  const char *blank = strpbrk (rest, " {");
  g_autofree char *name =
      blank != NULL ? g_strndup (rest, (gsize) (blank - rest)) : g_strdup (rest);
  g_autoptr (JsonNode) args = NULL;
  LiveSimAnswer *answer;

  if (live_sim_companion_find_tool (prompt->tools, name) == NULL)
    return say ("I know no tool named %s.", name);
  if (blank != NULL)
    args = live_sim_json_parse (blank, -1, NULL);

  answer = live_sim_answer_new ();
  answer->call_name = g_steal_pointer (&name);
  answer->call_args = args != NULL && JSON_NODE_HOLDS_OBJECT (args) ? json_node_dup_object (args)
                                                                    : json_object_new ();
  return answer;
}

static const char *
find_last_said (const LiveSimPrompt *prompt, const char *prefix)
{
  for (guint i = prompt->said->len; i > 0; i--)
    {
      const LiveSimLine *line = g_ptr_array_index (prompt->said, i - 1);

      if (line->is_user &&
          (prefix == NULL || g_ascii_strncasecmp (line->text, prefix, strlen (prefix)) == 0))
        return line->text;
    }
  return NULL;
}

static LiveSimAnswer *
answer_name (const LiveSimPrompt *prompt)
{
  const char *line = find_last_said (prompt, "my name is ");

  if (line == NULL)
    return say ("You have not told me your name in this conversation.");
  return say ("Your name is %s.", line + strlen ("my name is "));
}

static LiveSimAnswer *
answer_last (const LiveSimPrompt *prompt)
{
  const char *line = find_last_said (prompt, NULL);

  if (line == NULL)
    return say ("This conversation has just begun. You had not said anything before.");
  return say ("Before that you said: %s", line);
}

static LiveSimAnswer *
answer_words (const LiveSimPrompt *prompt)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (prompt->text));
  g_autofree char *lower = g_ascii_strdown (trimmed, -1);

  if (*lower == '\0')
    return say ("I am listening.");
  if (g_str_has_prefix (lower, "call "))
    return answer_call (prompt, trimmed + strlen ("call "));
  if (g_str_has_prefix (lower, "repeat ") || g_str_has_prefix (lower, "say "))
    return say ("%s", strchr (trimmed, ' ') + 1);
  if (strstr (lower, "story") != NULL)
    return say ("%s", story);
  if (strstr (lower, "what is my name") != NULL || strstr (lower, "what's my name") != NULL)
    return answer_name (prompt);
  if (strstr (lower, "what did i say") != NULL)
    return answer_last (prompt);
  if (strstr (lower, "how many turns") != NULL)
    return say ("We have finished %u turns in this conversation.", prompt->n_turns);
  if (g_str_has_prefix (lower, "my name is "))
    return say ("Pleased to meet you, %s.", trimmed + strlen ("my name is "));
  if (strstr (lower, "time") != NULL || strstr (lower, "clock") != NULL)
    return answer_time (prompt);
  if (g_regex_match_simple ("\\b(hello|hi|hey|good (morning|evening|day))\\b", lower, 0, 0))
    return say ("Hello! I am the simulator. Ask me for the time or a story, or let me repeat your "
                "words.");
  if (g_regex_match_simple ("\\b(thanks|thank you|bye|goodbye)\\b", lower, 0, 0))
    return say ("You are welcome. It was nice to talk with you.");

  return say ("You said: %s. I am only a simulator, but I am glad that you are here.", trimmed);
}

LiveSimAnswer *
live_sim_companion_answer (const LiveSimPrompt *prompt)
{
  if (prompt->text != NULL)
    return answer_words (prompt);
  if (prompt->heard_ms == 0)
    return say ("I heard no speech.");
  return say ("I heard %u.%u seconds of speech%s.", prompt->heard_ms / 1000,
              prompt->heard_ms % 1000 / 100, prompt->n_images > 0 ? " and saw your pictures" : "");
}

LiveSimAnswer *
live_sim_companion_report (const char *tool, JsonObject *response)
{
  g_autofree char *shown = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonNode *member = NULL;

  if (response == NULL || json_object_get_size (response) == 0)
    return say ("The tool %s is done.", tool);

  if (json_object_has_member (response, "error"))
    {
      shown = live_sim_json_print_line (json_object_get_member (response, "error"));
      return say ("The tool %s failed: %s.", tool, shown);
    }

  member = json_object_get_member (response, "output");
  if (member != NULL && json_node_get_value_type (member) == G_TYPE_STRING)
    return say ("The tool %s says: %s.", tool, json_node_get_string (member));

  node = json_node_new (JSON_NODE_OBJECT);
  json_node_set_object (node, response);
  shown = live_sim_json_print_line (member != NULL ? member : node);
  return say ("The tool %s says: %s.", tool, shown);
}
