/* Owns: the proof of what the companion says.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include "live-sim-companion.h"

#include <string.h>

typedef struct
{
  const char *name, *text;
  guint heard_ms;
  const char *said;      /* by the user before; nullable */
  const char *call;      /* the tool that is called, or NULL */
  const char *beginning; /* of the words, or the arguments of the call */
} Row;

static const Row rows[] = {
  { "hello", "Hello there", 0, NULL, NULL, "Hello! I am the simulator." },
  { "not-hello", "this is nothing", 0, NULL, NULL, "You said: this is nothing." },
  { "repeat", "Repeat after me", 0, NULL, NULL, "after me" },
  { "say", "say  cheese ", 0, NULL, NULL, " cheese" },
  { "story", "tell me a STORY", 0, NULL, NULL, "Once upon a time" },
  { "time", "What time is it?", 0, NULL, "get_time", "{}" },
  { "call", "call lamp {\"on\":true}", 0, NULL, "lamp", "{\"on\":true}" },
  { "call-without", "call lamp", 0, NULL, "lamp", "{}" },
  { "call-broken", "call lamp {\"on\":", 0, NULL, "lamp", "{}" },
  { "call-unknown", "call moon", 0, NULL, NULL, "I know no tool named moon." },
  { "name", "what is my name?", 0, "My name is Ada", NULL, "Your name is Ada." },
  { "no-name", "what is my name?", 0, "hello", NULL, "You have not told me" },
  { "last", "what did I say", 0, "good bread", NULL, "Before that you said: good bread" },
  { "first", "what did I say", 0, NULL, NULL, "This conversation has just begun." },
  { "turns", "how many turns", 0, NULL, NULL, "We have finished 3 turns" },
  { "empty", "  ", 0, NULL, NULL, "I am listening." },
  { "heard", NULL, 1849, NULL, NULL, "I heard 1.8 seconds of speech." },
  { "heard-nothing", NULL, 0, NULL, NULL, "I heard no speech." },
  { "percent", "repeat 100%s %n", 0, NULL, NULL, "100%s %n" },
};

static char *
join (LiveSimAnswer *answer)
{
  GString *text = g_string_new (NULL);

  for (GList *link = answer->phrases.head; link != NULL; link = link->next)
    g_string_append (text, link->data);
  return g_string_free (text, FALSE);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (JsonNode) tools =
      live_sim_json_parse ("[{\"googleSearch\":{}},{\"functionDeclarations\":[{\"name\":\"lamp\"},{"
                           "\"name\":\"get_time\"}]}]",
                           -1, NULL);
  g_autoptr (GPtrArray) said = g_ptr_array_new_with_free_func ((GDestroyNotify) live_sim_line_free);
  LiveSimPrompt prompt = { .text = row->text,
                           .heard_ms = row->heard_ms,
                           .n_turns = 3,
                           .said = said,
                           .tools = json_node_get_array (tools) };
  g_autoptr (LiveSimAnswer) answer = NULL;

  if (row->said != NULL)
    {
      g_ptr_array_add (said, live_sim_line_new (TRUE, row->said));
      g_ptr_array_add (said, live_sim_line_new (FALSE, "my name is Simulator"));
    }
  answer = live_sim_companion_answer (&prompt);
  g_assert_cmpstr (answer->call_name, ==, row->call);
  if (row->call != NULL)
    {
      g_autoptr (JsonNode) args = live_sim_json_node (json_object_ref (answer->call_args));
      g_autofree char *text = live_sim_json_print_line (args);

      g_assert_cmpstr (text, ==, row->beginning);
    }
  else
    {
      g_autofree char *text = join (answer);

      if (!g_str_has_prefix (text, row->beginning))
        g_assert_cmpstr (text, ==, row->beginning);
    }
}

static void
test_time_without_tool (void)
{
  g_autoptr (GPtrArray) said = g_ptr_array_new ();
  LiveSimPrompt prompt = { .text = "time", .said = said };
  g_autoptr (LiveSimAnswer) answer = live_sim_companion_answer (&prompt);
  g_autofree char *text = join (answer);

  g_assert_null (answer->call_name);
  g_assert_true (g_regex_match_simple ("says [0-2][0-9]:[0-5][0-9]\\.$", text, 0, 0));
}

static void
test_report (void)
{
  static const char *const report_rows[][2] = {
    { "{}", "The tool t is done." },
    { "{\"output\":\"x\"}", "The tool t says: x." },
    { "{\"output\":{\"a\":1.5}}", "The tool t says: {\"a\":1.5}." },
    { "{\"result\":0.1}", "The tool t says: {\"result\":0.1}." },
    { "{\"error\":\"no\"}", "The tool t failed: \"no\"." },
  };

  for (guint i = 0; i < G_N_ELEMENTS (report_rows); i++)
    {
      g_autoptr (JsonNode) node = live_sim_json_parse (report_rows[i][0], -1, NULL);
      g_autoptr (LiveSimAnswer) answer =
          live_sim_companion_report ("t", json_node_get_object (node));
      g_autofree char *text = join (answer);

      g_assert_cmpstr (text, ==, report_rows[i][1]);
    }
}

/* The fragments of a transcript join to the text, none is empty, and long texts are cut. */
static void
test_phrases (void)
{
  static const char *const texts[] = {
    "One. Two! Three? Four; five",
    "3.14 is pi",
    "a.b.c",
    "Trailing. ",
    "…",
    "ä. ö. ü.",
    "A rather long beginning that goes on and on without an end, and then a comma: like this, yes.",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (LiveSimAnswer) answer = live_sim_answer_new ();
      g_autofree char *text = NULL;

      live_sim_answer_say (answer, texts[i]);
      text = join (answer);
      g_assert_cmpstr (text, ==, texts[i]);
      for (GList *link = answer->phrases.head; link != NULL; link = link->next)
        g_assert_cmpstr (link->data, !=, "");
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/sim-companion/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/sim-companion/time-without-tool", test_time_without_tool);
  g_test_add_func ("/sim-companion/report", test_report);
  g_test_add_func ("/sim-companion/phrases", test_phrases);
  return g_test_run ();
}
