/* Owns: nothing; proves protocol/live-tool-schema.c and protocol/live-tool-answer.c.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-tool-schema.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/live-error.h"
#include "protocol/live-tool-answer.h"

static void
test_good (void)
{
  static const char *const good[] = {
    "{\"name\":\"a\"}",
    "{\"name\":\"_a-9\",\"description\":\"d\",\"parameters\":null}",
    "{\"name\":\"a\",\"parameters\":{}}",
    "{\"name\":\"a\",\"behavior\":\"non_blocking\"}",
    "{\"name\":\"a\",\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":"
    "[\"string\",\"null\"],\"enum\":[\"a\",null],\"x-own\":1},\"y\":true,\"z\":{\"$ref\":"
    "\"#/$defs/a~1b\"}},\"required\":[\"x\"],\"additionalProperties\":false,"
    "\"$defs\":{\"a/b\":{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":-1.5},"
    "\"minItems\":0,\"uniqueItems\":true}}}}",
    "{\"name\":\"a\",\"parameters\":{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#/anyOf/0\"}]}}",
    /* "properties" may hold a property of any name, also that of a keyword. */
    "{\"name\":\"a\",\"parameters\":{\"properties\":{\"type\":{\"type\":\"string\"}}}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LiveToolDeclaration) declaration = live_tool_schema_read (good[i], &error);

      g_test_message ("%s", good[i]);
      g_assert_no_error (error);
      g_assert_nonnull (declaration);
    }
}

static const struct
{
  const char *json, *place;
} bad[] = {
  { "", "" },
  { "[]", "" },
  { "{\"name\":\"a\"", "" },
  { "{}", "/name: " },
  { "{\"name\":\"\"}", "/name: " },
  { "{\"name\":7}", "/name: " },
  { "{\"name\":\"9a\"}", "/name: " },
  { "{\"name\":\"a.b\"}", "/name: " },
  { "{\"name\":\"ä\"}", "/name: " },
  { "{\"name\":\"a b\"}", "/name: " },
  { "{\"name\":\"a\",\"title\":\"x\"}", "/title: " },
  { "{\"name\":\"a\",\"description\":[]}", "/description: " },
  { "{\"name\":\"a\",\"behavior\":\"maybe\"}", "/behavior: " },
  { "{\"name\":\"a\",\"parameters\":[]}", "/parameters: " },
  { "{\"name\":\"a\",\"parameters\":true}", "/parameters: " },
  { "{\"name\":\"a\",\"parameters\":{\"type\":\"string\"}}", "/parameters/type: " },
  { "{\"name\":\"a\",\"parameters\":{\"type\":[\"object\"]}}", "/parameters/type: " },
  { "{\"name\":\"a\",\"parameters\":{\"properties\":[]}}", "/parameters/properties: " },
  { "{\"name\":\"a\",\"parameters\":{\"properties\":{\"x\":{\"type\":\"strnig\"}}}}",
    "/parameters/properties/x/type: " },
  { "{\"name\":\"a\",\"parameters\":{\"properties\":{\"x/y~\":7}}}",
    "/parameters/properties/x~1y~0: " },
  { "{\"name\":\"a\",\"parameters\":{\"required\":\"x\"}}", "/parameters/required: " },
  { "{\"name\":\"a\",\"parameters\":{\"required\":[\"x\",1]}}", "/parameters/required/1: " },
  { "{\"name\":\"a\",\"parameters\":{\"anyOf\":[]}}", "/parameters/anyOf: " },
  { "{\"name\":\"a\",\"parameters\":{\"anyOf\":[{},{\"enum\":[]}]}}",
    "/parameters/anyOf/1/enum: " },
  { "{\"name\":\"a\",\"parameters\":{\"items\":[{},1]}}", "/parameters/items/1: " },
  { "{\"name\":\"a\",\"parameters\":{\"minLength\":-1}}", "/parameters/minLength: " },
  { "{\"name\":\"a\",\"parameters\":{\"minLength\":1.5}}", "/parameters/minLength: " },
  { "{\"name\":\"a\",\"parameters\":{\"maximum\":\"9\"}}", "/parameters/maximum: " },
  { "{\"name\":\"a\",\"parameters\":{\"uniqueItems\":1}}", "/parameters/uniqueItems: " },
  { "{\"name\":\"a\",\"parameters\":{\"not\":null}}", "/parameters/not: " },
  { "{\"name\":\"a\",\"parameters\":{\"$ref\":\"#/$defs/x\"}}", "/parameters/$ref: " },
  { "{\"name\":\"a\",\"parameters\":{\"$ref\":\"http://x/y\"}}", "/parameters/$ref: " },
};

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", bad[i].json);
      g_assert_null (live_tool_schema_read (bad[i].json, &error));
      g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_SCHEMA);
      g_assert_true (g_str_has_prefix (error->message, bad[i].place));
    }
}

static void
test_caps (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LiveToolDeclaration) longest = NULL;
  g_autofree char *name = g_strnfill (LIVE_TOOL_NAME_MAX + 1, 'a');
  g_autofree char *text = g_strnfill (LIVE_TOOL_DECLARATION_MAX_BYTES + 1, ' ');
  GString *deep = g_string_new (NULL);

  g_assert_null (live_tool_schema_build (name, NULL, NULL, LIVE_TOOL_BEHAVIOR_MODEL, NULL));
  name[LIVE_TOOL_NAME_MAX] = '\0';
  longest = live_tool_schema_build (name, NULL, NULL, LIVE_TOOL_BEHAVIOR_MODEL, &error);
  g_assert_no_error (error);

  g_assert_null (live_tool_schema_build ("a", text, NULL, LIVE_TOOL_BEHAVIOR_MODEL, NULL));
  g_assert_null (live_tool_schema_build ("a", NULL, text, LIVE_TOOL_BEHAVIOR_MODEL, NULL));
  g_assert_null (live_tool_schema_read (text, NULL));

  for (guint i = 0; i < LIVE_TOOL_SCHEMA_MAX_DEPTH + 1; i++)
    g_string_append (deep, "{\"not\":");
  g_string_append (deep, "{}");
  for (guint i = 0; i < LIVE_TOOL_SCHEMA_MAX_DEPTH + 1; i++)
    g_string_append_c (deep, '}');
  g_assert_null (live_tool_schema_build ("a", NULL, deep->str, LIVE_TOOL_BEHAVIOR_MODEL, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_SCHEMA);
  g_string_free (deep, TRUE);
}

/* The schema goes on as it was written, byte by byte. */
static void
test_append (void)
{
  g_autoptr (LiveToolDeclaration) declaration = live_tool_schema_read (
      "{\"behavior\":\"BLOCKING\",\"parameters\": {\"maximum\" : 1.10},\"name\":\"a\","
      "\"description\":\"say \\\"x\\\"\"}",
      NULL);
  GString *out = g_string_new (NULL);

  live_tool_schema_append (out, declaration);
  g_assert_cmpstr (out->str, ==,
                   "{\"name\":\"a\",\"description\":\"say \\\"x\\\"\",\"parameters\":"
                   "{\"maximum\" : 1.10},\"behavior\":\"BLOCKING\"}");
  g_string_free (out, TRUE);
}

static void
test_wrap (void)
{
  static const struct
  {
    const char *result, *answer;
  } cases[] = {
    { "{\"a\":1.10}", "{\"a\":1.10}" },
    { " {} ", " {} " },
    { "[1,2]", "{\"output\":[1,2]}" },
    { "1.10", "{\"output\":1.10}" },
    { "null", "{\"output\":null}" },
    { "\"x\"", "{\"output\":\"x\"}" },
    { "", "{\"output\":\"\"}" },
    { "done: \"x\"\n", "{\"output\":\"done: \\\"x\\\"\\n\"}" },
    { "{\"a\":1", "{\"output\":\"{\\\"a\\\":1\"}" },
    { "{'a':1}", "{\"output\":\"{'a':1}\"}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gboolean is_cut = TRUE;
      g_autofree char *answer = live_tool_answer_wrap (cases[i].result, 100, &is_cut);

      g_assert_cmpstr (answer, ==, cases[i].answer);
      g_assert_false (is_cut);
    }
}

static void
test_cut (void)
{
  for (gsize size = 0; size < 4; size++)
    {
      gboolean is_cut = FALSE;
      g_autofree char *pad = g_strnfill (size, 'x');
      g_autofree char *text = g_strconcat (pad, "äöüäöüäöü€€€", NULL);
      g_autofree char *answer = live_tool_answer_wrap (text, 12, &is_cut);
      g_autoptr (JsonNode) root = json_from_string (answer, NULL);
      JsonObject *object = json_node_get_object (root);
      const char *output = json_object_get_string_member (object, "output");

      g_assert_true (is_cut);
      g_assert_true (json_object_get_boolean_member (object, "truncated"));
      g_assert_nonnull (json_object_get_string_member (object, "note"));
      g_assert_true (g_str_has_prefix (text, output));
      g_assert_cmpuint (strlen (output), <=, 12);
      g_assert_cmpuint (strlen (output), >=, 11);
      g_assert_true (g_utf8_validate (output, -1, NULL));
    }
}

static void
test_error (void)
{
  g_autofree char *plain = live_tool_answer_error ("no \"x\"");
  g_autofree char *none = live_tool_answer_error ("");
  g_autofree char *much = g_strnfill (100000, 'y');
  g_autofree char *cut = live_tool_answer_error (much);

  g_assert_cmpstr (plain, ==, "{\"error\":\"no \\\"x\\\"\"}");
  g_assert_nonnull (strstr (none, "without a word"));
  g_assert_cmpuint (strlen (cut), <, 3000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool-schema/good", test_good);
  g_test_add_func ("/tool-schema/bad", test_bad);
  g_test_add_func ("/tool-schema/caps", test_caps);
  g_test_add_func ("/tool-schema/append", test_append);
  g_test_add_func ("/tool-schema/wrap", test_wrap);
  g_test_add_func ("/tool-schema/cut", test_cut);
  g_test_add_func ("/tool-schema/error", test_error);
  return g_test_run ();
}
