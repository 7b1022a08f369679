/* How a lost context is told again, family by family. */
#include "protocol/live-seed.h"

#include <json-glib/json-glib.h>
#include <locale.h>

static const LiveSeedTurn talk[] = {
  { FALSE, "my name is Ada" },
  { TRUE, "hello Ada" },
  { FALSE, "what is the time" },
  { TRUE, "it is noon" },
};

/* "U:…|M:…|" and the value of turnComplete, so that a whole message compares as one string. */
static char *
flatten (GPtrArray *messages)
{
  GString *flat = g_string_new (NULL);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonObject *content;
  JsonArray *turns;

  if (messages == NULL)
    return g_string_free (flat, FALSE);

  g_assert_cmpuint (messages->len, ==, 1);
  g_assert_true (json_parser_load_from_data (parser, messages->pdata[0], -1, NULL));
  content = json_object_get_object_member (json_node_get_object (json_parser_get_root (parser)),
                                           "clientContent");
  turns = json_object_get_array_member (content, "turns");
  for (guint i = 0; i < json_array_get_length (turns); i++)
    {
      JsonObject *turn = json_array_get_object_element (turns, i);
      JsonArray *parts = json_object_get_array_member (turn, "parts");

      g_assert_cmpuint (json_array_get_length (parts), ==, 1);
      g_string_append_printf (
          flat, "%c:%s|",
          g_str_equal (json_object_get_string_member (turn, "role"), "model") ? 'M' : 'U',
          json_object_get_string_member (json_array_get_object_element (parts, 0), "text"));
    }
  g_string_append (flat, json_object_get_boolean_member (content, "turnComplete") ? "!" : ".");
  return g_string_free (flat, FALSE);
}

static char *
build (LiveSeedPath path,
       gboolean needs_user_turn,
       const LiveSeedTurn *turns,
       gsize n,
       gsize max_bytes)
{
  LiveProfile profile = { .seed_path = path, .seed_needs_user_turn = needs_user_turn };
  g_autoptr (GPtrArray) messages = live_seed_build (&profile, turns, n, max_bytes);

  return flatten (messages);
}

static void
test_any_time (void)
{
  g_autofree char *flat = build (LIVE_SEED_CLIENT_CONTENT, FALSE, talk, 4, 1000);

  g_assert_cmpstr (flat, ==, "U:my name is Ada|M:hello Ada|U:what is the time|M:it is noon|.");
}

static void
test_history_config_ends_with_true (void)
{
  g_autofree char *flat = build (LIVE_SEED_HISTORY_CONFIG, FALSE, talk, 4, 1000);

  g_assert_true (g_str_has_suffix (flat, "M:it is noon|!"));
}

static void
test_user_turn_last (void)
{
  g_autofree char *as_turns = build (LIVE_SEED_CLIENT_CONTENT, TRUE, talk, 3, 1000);
  g_autofree char *as_told = build (LIVE_SEED_CLIENT_CONTENT, TRUE, talk, 4, 1000);

  g_assert_cmpstr (as_turns, ==, "U:my name is Ada|M:hello Ada|U:what is the time|.");
  g_assert_true (g_str_has_prefix (as_told, "U:This is what we said"));
  g_assert_nonnull (strstr (as_told, "You: it is noon\n|."));
  g_assert_null (strstr (as_told, "|M:"));
}

static void
test_summary (void)
{
  g_autofree char *flat = build (LIVE_SEED_SUMMARY, FALSE, talk, 2, 1000);

  g_assert_nonnull (strstr (flat, "Me: my name is Ada\nYou: hello Ada\n|."));
}

static void
test_newest_that_fit (void)
{
  /* "it is noon" + "what is the time" = 26 bytes; one more does not fit. */
  g_autofree char *two = build (LIVE_SEED_CLIENT_CONTENT, FALSE, talk, 4, 26);
  /* "hello Ada" fits too, but a history does not begin with the model. */
  g_autofree char *three = build (LIVE_SEED_CLIENT_CONTENT, FALSE, talk, 4, 36);
  g_autofree char *none = build (LIVE_SEED_CLIENT_CONTENT, FALSE, talk, 4, 15);

  g_assert_cmpstr (two, ==, "U:what is the time|M:it is noon|.");
  g_assert_cmpstr (three, ==, two);
  g_assert_cmpstr (none, ==, "");
}

static void
test_neighbours_join_and_blanks_go (void)
{
  static const LiveSeedTurn odd[] = {
    { TRUE, "unasked" }, { FALSE, " " },     { FALSE, "one" }, { FALSE, "two" },
    { TRUE, NULL },      { FALSE, "three" }, { TRUE, "\n" },
  };
  g_autofree char *flat = build (LIVE_SEED_CLIENT_CONTENT, FALSE, odd, G_N_ELEMENTS (odd), 1000);

  g_assert_cmpstr (flat, ==, "U:one\ntwo\nthree|.");
}

static void
test_nothing (void)
{
  g_autofree char *empty = build (LIVE_SEED_CLIENT_CONTENT, FALSE, NULL, 0, 1000);
  g_autofree char *model_only = build (LIVE_SEED_SUMMARY, FALSE, talk + 1, 1, 1000);

  g_assert_cmpstr (empty, ==, "");
  g_assert_cmpstr (model_only, ==, "");
}

static void
test_text_is_escaped (void)
{
  static const LiveSeedTurn odd[] = { { FALSE, "a \"quote\"\\ and ünïcode \x01" } };
  g_autofree char *flat = build (LIVE_SEED_CLIENT_CONTENT, FALSE, odd, 1, 1000);

  g_assert_cmpstr (flat, ==, "U:a \"quote\"\\ and ünïcode \x01|.");
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/seed/any-time", test_any_time);
  g_test_add_func ("/seed/history-config-ends-with-true", test_history_config_ends_with_true);
  g_test_add_func ("/seed/user-turn-last", test_user_turn_last);
  g_test_add_func ("/seed/summary", test_summary);
  g_test_add_func ("/seed/newest-that-fit", test_newest_that_fit);
  g_test_add_func ("/seed/neighbours-join-and-blanks-go", test_neighbours_join_and_blanks_go);
  g_test_add_func ("/seed/nothing", test_nothing);
  g_test_add_func ("/seed/text-is-escaped", test_text_is_escaped);

  return g_test_run ();
}
