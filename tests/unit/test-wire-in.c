/* Owns: nothing; proves protocol/live-wire-in.c with the service's messages, one quirk a file,
 * and with what becomes of them when they are broken.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-wire-in.h"

#include <string.h>

#include "base/live-error.h"

#define FLIPS_PER_FILE 400

/* Set by meson; see tests/meson.build. */
static char *
get_folder (void)
{
  const char *data = g_getenv ("LIVE_TEST_DATA");

  g_assert_nonnull (data);
  return g_build_filename (data, "wire", NULL);
}

static GBytes *
load (const char *name)
{
  g_autofree char *folder = get_folder ();
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *data;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (data, size);
}

/* Names of all message files, sorted. */
static GPtrArray *
list_files (void)
{
  g_autofree char *folder = get_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".json"))
      g_ptr_array_add (names, g_strndup (name, strlen (name) - strlen (".json")));
  return names;
}

static void
append_quoted (GString *out, const char *text)
{
  g_string_append (out, " \"");
  for (; *text != '\0'; text++)
    {
      if (*text == '"' || *text == '\\')
        g_string_append_c (out, '\\');
      if (*text == '\n')
        g_string_append (out, "\\n");
      else
        g_string_append_c (out, *text);
    }
  g_string_append_c (out, '"');
}

/* JSON that was cut out of a message, with its white space squeezed. */
static void
append_json (GString *out, const char *json)
{
  gboolean is_gap = FALSE;

  for (; *json != '\0'; json++)
    if (g_ascii_isspace (*json))
      is_gap = TRUE;
    else
      {
        if (is_gap)
          g_string_append_c (out, ' ');
        is_gap = FALSE;
        g_string_append_c (out, *json);
      }
}

static void
append_count (GString *out, const char *name, const char *of, gint64 count)
{
  if (count >= 0)
    g_string_append_printf (out, " %s%s=%" G_GINT64_FORMAT, name, of, count);
}

static void
append_usage (GString *out, const LiveWireUsage *usage)
{
  append_count (out, "prompt", "", usage->prompt);
  append_count (out, "response", "", usage->response);
  append_count (out, "thoughts", "", usage->thoughts);
  append_count (out, "tool-use", "", usage->tool_use);
  append_count (out, "cached", "", usage->cached);
  append_count (out, "total", "", usage->total);
  for (guint i = 0; i < G_N_ELEMENTS (live_wire_modalities); i++)
    append_count (out, "prompt-", live_wire_modalities[i], usage->prompt_by[i]);
  for (guint i = 0; i < G_N_ELEMENTS (live_wire_modalities); i++)
    append_count (out, "response-", live_wire_modalities[i], usage->response_by[i]);
}

static void
append_transcript (GString *out, const LiveWireTranscript *transcript)
{
  if (transcript->is_finished)
    g_string_append (out, " finished");
  if (transcript->language != NULL)
    g_string_append_printf (out, " language=%s", transcript->language);
  if (transcript->speaker != NULL)
    g_string_append_printf (out, " speaker=%s", transcript->speaker);
  append_quoted (out, transcript->text);
}

static void
append_event (GString *out, const LiveWireEvent *event)
{
  g_string_append (out, live_wire_kind_to_string (event->kind));
  switch (event->kind)
    {
    case LIVE_WIRE_AUDIO:
      g_string_append_printf (out, " rate=%u bytes=%zu", event->rate_hz,
                              g_bytes_get_size (event->pcm));
      break;
    case LIVE_WIRE_EXECUTABLE_CODE:
    case LIVE_WIRE_CODE_RESULT:
    case LIVE_WIRE_GROUNDING:
      g_string_append_c (out, ' ');
      append_json (out, event->json);
      break;
    case LIVE_WIRE_INPUT_TRANSCRIPT:
    case LIVE_WIRE_INTERIM_TRANSCRIPT:
    case LIVE_WIRE_OUTPUT_TRANSCRIPT:
      append_transcript (out, &event->transcript);
      break;
    case LIVE_WIRE_TOOL_CALL:
      g_string_append_printf (out, " id=\"%s\" name=\"%s\" args=", event->call.id,
                              event->call.name);
      append_json (out, event->call.args_json);
      break;
    case LIVE_WIRE_INTERACTION_STATUS:
      g_string_append (out, event->is_in_progress ? " in-progress" : " idle");
      break;
    case LIVE_WIRE_VOICE_ACTIVITY:
      g_string_append_printf (out, " %s offset=%" G_GINT64_FORMAT,
                              event->is_start ? "start" : "end", event->offset_us);
      break;
    case LIVE_WIRE_USAGE:
      append_usage (out, &event->usage);
      break;
    case LIVE_WIRE_GO_AWAY:
      g_string_append_printf (out, " left=%" G_GINT64_FORMAT, event->time_left_us);
      break;
    case LIVE_WIRE_SERVER_ERROR:
      g_string_append_printf (out, " code=%d", event->code);
      break;
    case LIVE_WIRE_RESUMPTION:
      g_string_append (out, event->is_resumable ? " resumable" : "");
      break;
    case LIVE_WIRE_TEXT:
      g_string_append (out, event->is_thought ? " thought" : "");
      break;
    case LIVE_WIRE_SETUP_COMPLETE:
    case LIVE_WIRE_TOOL_CANCEL:
    case LIVE_WIRE_GENERATION_COMPLETE:
    case LIVE_WIRE_INTERRUPTED:
    case LIVE_WIRE_TURN_COMPLETE:
    case LIVE_WIRE_WAITING_FOR_INPUT:
    case LIVE_WIRE_MALFORMED:
      break;
    }
  if (event->text != NULL)
    append_quoted (out, event->text);
  g_string_append_c (out, '\n');
}

/* The file says what came of it, one event a line; "error" for a message that is refused. */
static char *
describe (GBytes *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = live_wire_in_parse (message, &error);
  GString *out = g_string_new (NULL);

  if (events == NULL)
    {
      g_assert_error (error, LIVE_ERROR, LIVE_ERROR_SERVER);
      g_string_append (out, "error\n");
    }
  else
    g_assert_no_error (error);
  for (guint i = 0; events != NULL && i < events->len; i++)
    append_event (out, g_ptr_array_index (events, i));
  return g_string_free (out, FALSE);
}

static void
test_file (gconstpointer data)
{
  const char *name = data;
  g_autofree char *message_name = g_strconcat (name, ".json", NULL);
  g_autofree char *events_name = g_strconcat (name, ".events", NULL);
  g_autoptr (GBytes) message = load (message_name);
  g_autoptr (GBytes) expected = load (events_name);
  g_autofree char *wanted =
      g_strndup (g_bytes_get_data (expected, NULL), g_bytes_get_size (expected));
  g_autofree char *got = describe (message);

  g_assert_cmpstr (got, ==, wanted);
}

static void
test_enough_files (void)
{
  g_autoptr (GPtrArray) names = list_files ();

  g_assert_cmpuint (names->len, >=, 60);
}

/* The place of each kind in the order that the header promises. */
static guint
rank_kind (LiveWireKind kind)
{
  switch (kind)
    {
    case LIVE_WIRE_SETUP_COMPLETE:
      return 0;
    case LIVE_WIRE_TOOL_CANCEL:
      return 1;
    case LIVE_WIRE_AUDIO:
    case LIVE_WIRE_TEXT:
    case LIVE_WIRE_EXECUTABLE_CODE:
    case LIVE_WIRE_CODE_RESULT:
      return 2;
    case LIVE_WIRE_INPUT_TRANSCRIPT:
    case LIVE_WIRE_INTERIM_TRANSCRIPT:
    case LIVE_WIRE_OUTPUT_TRANSCRIPT:
      return 3;
    case LIVE_WIRE_GROUNDING:
      return 4;
    case LIVE_WIRE_TOOL_CALL:
      return 5;
    case LIVE_WIRE_VOICE_ACTIVITY:
      return 6;
    case LIVE_WIRE_INTERACTION_STATUS:
      return 7;
    case LIVE_WIRE_USAGE:
      return 8;
    case LIVE_WIRE_GENERATION_COMPLETE:
      return 9;
    case LIVE_WIRE_INTERRUPTED:
      return 10;
    case LIVE_WIRE_WAITING_FOR_INPUT:
      return 11;
    case LIVE_WIRE_TURN_COMPLETE:
      return 12;
    case LIVE_WIRE_RESUMPTION:
      return 13;
    case LIVE_WIRE_GO_AWAY:
      return 14;
    case LIVE_WIRE_SERVER_ERROR:
      return 15;
    case LIVE_WIRE_MALFORMED:
      return 16;
    }

  g_assert_not_reached ();
}

static void
check_text (const char *text)
{
  if (text != NULL)
    g_assert_true (g_utf8_validate (text, -1, NULL));
}

/* Whatever was sent: a result or an error, in order, and only text that D-Bus can carry. */
static void
check_broken (const char *data, gsize size)
{
  /* A copy of the very size, so that a read beyond it is seen by the sanitizer. */
  g_autoptr (GBytes) message = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = live_wire_in_parse (message, &error);
  guint rank = 0;

  g_assert_true ((events == NULL) == (error != NULL));
  for (guint i = 0; events != NULL && i < events->len; i++)
    {
      const LiveWireEvent *event = g_ptr_array_index (events, i);

      g_assert_cmpuint (rank_kind (event->kind), >=, rank);
      rank = rank_kind (event->kind);
      check_text (event->text);
      check_text (event->json);
      check_text (event->transcript.text);
      check_text (event->transcript.language);
      check_text (event->call.id);
      check_text (event->call.name);
      check_text (event->call.args_json);
    }
}

static void
test_truncated (void)
{
  g_autoptr (GPtrArray) names = list_files ();

  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *name = g_strconcat (g_ptr_array_index (names, i), ".json", NULL);
      g_autoptr (GBytes) message = load (name);
      gsize size;
      const char *data = g_bytes_get_data (message, &size);

      for (gsize length = 0; length < size; length++)
        check_broken (data, length);
    }
}

static void
test_flipped (void)
{
  static const char interesting[] = "{}[]\",:\\u0dD/-.eE+*\0\n\x7f\xff";
  g_autoptr (GPtrArray) names = list_files ();

  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *name = g_strconcat (g_ptr_array_index (names, i), ".json", NULL);
      g_autoptr (GBytes) message = load (name);
      gsize size;
      const char *data = g_bytes_get_data (message, &size);

      for (guint flip = 0; size > 0 && flip < FLIPS_PER_FILE; flip++)
        {
          g_autofree char *copy = g_memdup2 (data, size);

          for (gint n = g_test_rand_int_range (1, 5); n > 0; n--)
            copy[g_test_rand_int_range (0, (gint32) size)] =
                g_test_rand_bit ()
                    ? (char) g_test_rand_int_range (0, 256)
                    : interesting[g_test_rand_int_range (0, (gint32) sizeof interesting - 1)];
          check_broken (copy, size);
        }
    }
}

static void
test_depth (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  /* Deep enough for a stack, if anything recursed. */
  for (guint i = 0; i < 1000000; i++)
    g_string_append (text, "[");
  check_broken (text->str, text->len);
  g_string_prepend (text, "{\"a\":");
  check_broken (text->str, text->len);
}

static void
test_too_many_events (void)
{
  g_autoptr (GString) text = g_string_new ("{\"toolCallCancellation\":{\"ids\":[\"0\"");
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GBytes) message = NULL;

  for (guint i = 1; i < 2 * LIVE_WIRE_MAX_EVENTS; i++)
    g_string_append_printf (text, ",\"%u\"", i);
  g_string_append (text, "]}}");
  message = g_bytes_new (text->str, text->len);
  events = live_wire_in_parse (message, NULL);
  g_assert_cmpuint (events->len, ==, LIVE_WIRE_MAX_EVENTS);
}

/* Many escapes before one far quote must not cost their square. The test's own time limit is
 * the judge. */
static void
test_many_escapes (void)
{
  g_autoptr (GString) text =
      g_string_new ("{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"text\":\"");

  for (guint i = 0; i < 2000000; i++)
    g_string_append (text, "\\n");
  g_string_append (text, "\"}]}}}");
  check_broken (text->str, text->len);
}

/* The error must not carry what was said into a log. */
static void
test_errors_quote_nothing (void)
{
  static const char said[] = "{\"serverContent\": secret-words}";
  g_autoptr (GBytes) message = g_bytes_new_static (said, sizeof said - 1);
  g_autoptr (GError) error = NULL;

  g_assert_null (live_wire_in_parse (message, &error));
  g_assert_null (strstr (error->message, "secret"));
}

static void
test_not_utf8 (void)
{
  static const char text[] =
      "{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"text\":\"\xff\"}]}}}";
  g_autoptr (GBytes) message = g_bytes_new_static (text, sizeof text - 1);
  g_autoptr (GError) error = NULL;

  g_assert_null (live_wire_in_parse (message, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_SERVER);
}

static void
test_sound_is_exact (void)
{
  g_autoptr (GString) text = g_string_new ("{\"serverContent\":{\"modelTurn\":{\"parts\":["
                                           "{\"inlineData\":{\"data\":\"");
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GBytes) message = NULL;
  const LiveWireEvent *event;
  guint8 sound[480];
  g_autofree char *encoded = NULL;

  for (guint i = 0; i < sizeof sound; i++)
    sound[i] = (guint8) (i * 7);
  encoded = g_base64_encode (sound, sizeof sound);
  g_string_append_printf (text, "%s\"}}]}}}", encoded);
  message = g_bytes_new (text->str, text->len);
  events = live_wire_in_parse (message, NULL);
  g_assert_cmpuint (events->len, ==, 1);
  event = g_ptr_array_index (events, 0);
  g_assert_cmpmem (g_bytes_get_data (event->pcm, NULL), g_bytes_get_size (event->pcm), sound,
                   sizeof sound);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GPtrArray) names = NULL;

  g_test_init (&argc, &argv, NULL);
  names = list_files ();
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path =
          g_strconcat ("/wire-in/file/", (char *) g_ptr_array_index (names, i), NULL);

      g_test_add_data_func (path, g_ptr_array_index (names, i), test_file);
    }
  g_test_add_func ("/wire-in/enough-files", test_enough_files);
  g_test_add_func ("/wire-in/truncated", test_truncated);
  g_test_add_func ("/wire-in/flipped", test_flipped);
  g_test_add_func ("/wire-in/depth", test_depth);
  g_test_add_func ("/wire-in/too-many-events", test_too_many_events);
  g_test_add_func ("/wire-in/many-escapes", test_many_escapes);
  g_test_add_func ("/wire-in/errors-quote-nothing", test_errors_quote_nothing);
  g_test_add_func ("/wire-in/not-utf8", test_not_utf8);
  g_test_add_func ("/wire-in/sound-is-exact", test_sound_is_exact);

  return g_test_run ();
}
