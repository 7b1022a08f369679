/* Owns: nothing; proves protocol/live-json.c and live-json-writer.c.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-json.h"

#include <string.h>

#include "protocol/live-json-writer.h"

static gboolean
is_json (const char *text)
{
  /* Without the NUL, so that the sanitizer sees a byte too far. */
  g_autofree char *copy = g_memdup2 (text, strlen (text));

  return live_json_check (copy, strlen (text), NULL);
}

static void
test_good (void)
{
  static const char *const texts[] = {
    "{}",
    "[]",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1.5",
    "1e5",
    "1E+5",
    "-1.25e-7",
    "\"\"",
    " { } ",
    "\t[\r\n]\n",
    "[1,2,3]",
    "[[],[[]],{}]",
    "{\"a\":1,\"b\":[true,null],\"c\":{\"d\":\"e\"}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
    "\"\\ud83d\\ude00\"",
    "{\"a\" : 1 , \"b\" : 2}",
    "\"a\\\"b\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (!is_json (texts[i]))
      g_error ("refused: %s", texts[i]);
}

static void
test_bad (void)
{
  static const char *const texts[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "{]",
    "[}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "[1,]",
    "[,1]",
    "{,}",
    "{a:1}",
    "{'a':1}",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "0x10",
    "NaN",
    "Infinity",
    "nul",
    "truex",
    "\"",
    "\"\\\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\u0000\"",
    "\"\\ud83d\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ude00\"",
    "\"\\ud83dx\"",
    "{} {}",
    "[] x",
    "// c\n{}",
    "[1 2]",
    "{\"a\":1 \"b\":2}",
    "{\"a\" 1}",
    "{1:2}",
    "[\"a\":1]",
    "--1",
    "\"\\",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (is_json (texts[i]))
      g_error ("taken: %s", texts[i]);
}

static char *
nest (guint depth, gboolean in_objects)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, in_objects && i % 2 == 1 ? "{\"a\":" : "[");
  g_string_append (text, "1");
  for (guint i = depth; i > 0; i--)
    g_string_append_c (text, in_objects && i % 2 == 0 ? '}' : ']');
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  for (guint mixed = 0; mixed < 2; mixed++)
    {
      g_autofree char *deepest = nest (LIVE_JSON_MAX_DEPTH, mixed == 1);
      g_autofree char *deeper = nest (LIVE_JSON_MAX_DEPTH + 1, mixed == 1);

      g_assert_true (is_json (deepest));
      g_assert_false (is_json (deeper));
    }
}

static void
test_place_of_the_fault (void)
{
  gsize at = 0;

  g_assert_false (live_json_check ("[1, x]", 6, &at));
  g_assert_cmpuint (at, ==, 4);
}

static void
test_parse (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) object = live_json_parse ("{\"a\":1}", 7, JSON_NODE_OBJECT, &error);

  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (object), "a"), ==, 1);

  g_assert_null (live_json_parse ("[]", 2, JSON_NODE_OBJECT, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (live_json_parse ("{}", 2, JSON_NODE_ARRAY, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (live_json_parse ("{\"a\":\"\xff\"}", 9, JSON_NODE_OBJECT, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (live_json_parse ("{secret}", 8, JSON_NODE_OBJECT, &error));
  g_assert_null (strstr (error->message, "secret"));
}

static void
assert_slice (LiveJsonSlice slice, const char *expected)
{
  g_autofree char *text = g_strndup (slice.data, slice.size);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_slices (void)
{
  static const char text[] =
      "{ \"a\" : [ 1.10 , {\"x\": \"},\"} ,\"\\\"\" ], \"b\":{}, \"a2\":0, \"b\" : null }";
  LiveJsonSlice root = { text, sizeof text - 1 };
  LiveJsonSlice array, value;

  g_assert_true (live_json_member (root, "a", &array));
  assert_slice (array, "[ 1.10 , {\"x\": \"},\"} ,\"\\\"\" ]");
  g_assert_true (live_json_each (&array, &value));
  assert_slice (value, "1.10");
  g_assert_true (live_json_each (&array, &value));
  assert_slice (value, "{\"x\": \"},\"}");
  g_assert_true (live_json_each (&array, &value));
  assert_slice (value, "\"\\\"\"");
  g_assert_false (live_json_each (&array, &value));

  /* Of two the last one, as json-glib reads it. */
  g_assert_true (live_json_member (root, "b", &value));
  assert_slice (value, "null");
  g_assert_false (live_json_member (root, "c", &value));
  g_assert_false (live_json_member (value, "x", &value));

  array = (LiveJsonSlice){ "[ ]", 3 };
  g_assert_false (live_json_each (&array, &value));
}

static void
test_strings (void)
{
  static const struct
  {
    const char *text, *expected;
  } rows[] = {
    { "", "\"\"" },
    { "plain", "\"plain\"" },
    { "a\"b\\c", "\"a\\\"b\\\\c\"" },
    { "line\nnext\ttab\r\x01\x1f\x7f", "\"line\\nnext\\u0009tab\\u000d\\u0001\\u001f\\u007f\"" },
    { "Größe 👋", "\"Größe 👋\"" },
    { "bad\xff", "\"bad\xef\xbf\xbd\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      live_json_append_string (out, rows[i].text);
      g_assert_cmpstr (out->str, ==, rows[i].expected);
      g_assert_true (is_json (out->str));
    }
}

static void
test_doubles (void)
{
  static const struct
  {
    double value;
    const char *expected;
  } rows[] = {
    { 0.7, "0.7" },
    { 0.1, "0.1" },
    { 1, "1" },
    { -2, "-2" },
    { 1.0 / 3, "0.3333333333333333" },
    { 1e-7, "1e-07" },
    { 0, "0" },
    { 2, "2" },
    { 1.25, "1.25" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);

      live_json_append_double (out, rows[i].value);
      g_assert_cmpstr (out->str, ==, rows[i].expected);
      g_assert_true (is_json (out->str));
    }
}

static void
test_writer (void)
{
  LiveJsonWriter writer;
  g_autofree char *text = NULL;

  live_json_writer_init (&writer);
  live_json_writer_open (&writer, NULL, '{');
  live_json_writer_open (&writer, "empty", '{');
  live_json_writer_close (&writer, '}');
  live_json_writer_open (&writer, "list", '[');
  live_json_writer_string (&writer, NULL, "a");
  live_json_writer_integer (&writer, NULL, -5);
  live_json_writer_open (&writer, NULL, '{');
  live_json_writer_boolean (&writer, "yes", TRUE);
  live_json_writer_double (&writer, "half", 0.5);
  live_json_writer_close (&writer, '}');
  live_json_writer_close (&writer, ']');
  live_json_writer_raw (&writer, "raw", "{ \"n\": 1.10 }xxx", 13);
  live_json_writer_close (&writer, '}');
  text = live_json_writer_end (&writer);
  g_assert_cmpstr (text, ==,
                   "{\"empty\":{},\"list\":[\"a\",-5,{\"yes\":true,\"half\":0.5}],"
                   "\"raw\":{ \"n\": 1.10 }}");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json/good", test_good);
  g_test_add_func ("/json/bad", test_bad);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/place-of-the-fault", test_place_of_the_fault);
  g_test_add_func ("/json/parse", test_parse);
  g_test_add_func ("/json/slices", test_slices);
  g_test_add_func ("/json/strings", test_strings);
  g_test_add_func ("/json/doubles", test_doubles);
  g_test_add_func ("/json/writer", test_writer);

  return g_test_run ();
}
