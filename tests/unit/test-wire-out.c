/* Owns: nothing; proves protocol/live-wire-out.c: each message to the letter.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-wire-out.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/live-error.h"

static void
test_audio (void)
{
  gint16 frames[320];
  g_autofree char *encoded = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    frames[i] = (gint16) (i * 101 - 16000);
  encoded = g_base64_encode ((const guchar *) frames, sizeof frames);
  expected =
      g_strdup_printf ("{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm;rate=16000\","
                       "\"data\":\"%s\"}}}",
                       encoded);
  text = live_wire_out_audio (frames, G_N_ELEMENTS (frames), 16000, &length);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpuint (length, ==, strlen (expected));
}

static void
test_audio_of_every_length (void)
{
  for (guint32 n_frames = 0; n_frames < 40; n_frames++)
    {
      g_autofree gint16 *frames = g_new0 (gint16, MAX (n_frames, 1));
      gsize length = 0;
      g_autofree char *text = live_wire_out_audio (frames, n_frames, 24000, &length);
      g_autoptr (JsonParser) parser = json_parser_new ();

      g_assert_cmpuint (length, ==, strlen (text));
      g_assert_true (json_parser_load_from_data (parser, text, (gssize) length, NULL));
    }
}

static void
test_video (void)
{
  gsize length = 0;
  g_autofree char *text =
      live_wire_out_video ((const guint8 *) "\xff\xd8\xff", 3, "image/jpeg", &length);

  g_assert_cmpstr (
      text, ==, "{\"realtimeInput\":{\"video\":{\"mimeType\":\"image/jpeg\",\"data\":\"/9j/\"}}}");
  g_assert_cmpuint (length, ==, strlen (text));
}

static void
test_realtime (void)
{
  g_autofree char *text = live_wire_out_realtime_text ("say \"hi\"\nnow");
  g_autofree char *stream_end = live_wire_out_audio_stream_end ();
  g_autofree char *start = live_wire_out_activity_start ();
  g_autofree char *end = live_wire_out_activity_end ();

  g_assert_cmpstr (text, ==, "{\"realtimeInput\":{\"text\":\"say \\\"hi\\\"\\nnow\"}}");
  g_assert_cmpstr (stream_end, ==, "{\"realtimeInput\":{\"audioStreamEnd\":true}}");
  g_assert_cmpstr (start, ==, "{\"realtimeInput\":{\"activityStart\":{}}}");
  g_assert_cmpstr (end, ==, "{\"realtimeInput\":{\"activityEnd\":{}}}");
}

static void
test_client_text (void)
{
  g_autofree char *asks = live_wire_out_client_text ("user", "hi", TRUE);
  g_autofree char *tells = live_wire_out_client_text ("model", "ho", FALSE);

  g_assert_cmpstr (
      asks, ==,
      "{\"clientContent\":{\"turns\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}],"
      "\"turnComplete\":true}}");
  g_assert_cmpstr (
      tells, ==,
      "{\"clientContent\":{\"turns\":[{\"role\":\"model\",\"parts\":[{\"text\":\"ho\"}]}]"
      ",\"turnComplete\":false}}");
}

static void
test_client_turns (void)
{
  static const char turns[] = "[{\"role\": \"user\", \"parts\": [{\"text\": \"1.10\"}]},"
                              "{\"parts\":[{\"inlineData\":{}}]}]";
  g_autoptr (GError) error = NULL;
  g_autofree char *text = live_wire_out_client_turns (turns, TRUE, &error);
  g_autofree char *expected =
      g_strdup_printf ("{\"clientContent\":{\"turns\":%s,\"turnComplete\":true}}", turns);
  g_autofree char *nothing = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
  nothing = live_wire_out_client_turns ("[]", TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (nothing, ==, "{\"clientContent\":{\"turns\":[],\"turnComplete\":true}}");
}

static void
test_bad_turns (void)
{
  static const struct
  {
    const char *turns;
    const char *words;
  } rows[] = {
    { "", "JSON" },
    { "{}", "array" },
    { "[", "JSON" },
    { "[]", "none" },
    { "[1]", "turn 0" },
    { "[{}]", "turn 0 has no parts" },
    { "[{\"role\":\"user\"}]", "no parts" },
    { "[{\"role\":\"user\",\"parts\":[]}]", "no parts" },
    { "[{\"role\":\"user\",\"parts\":{}}]", "no parts" },
    { "[{\"role\":\"user\",\"parts\":[1]}]", "part 0 of turn 0" },
    { "[{\"role\":\"user\",\"parts\":[{}]}]", "part 0 of turn 0" },
    { "[{\"parts\":[{\"text\":\"a\"}]},{\"role\":\"system\",\"parts\":[{\"text\":\"a\"}]}]",
      "turn 1 has a role" },
    { "[{\"role\":5,\"parts\":[{\"text\":\"a\"}]}]", "turn 0 has a role" },
    { "[{\"role\":null,\"parts\":[{\"text\":\"a\"}]}]", "turn 0 has a role" },
    { "[{\"rolle\":\"user\",\"parts\":[{\"text\":\"a\"}]}]", "rolle" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (live_wire_out_client_turns (rows[i].turns, FALSE, &error));
      g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
      if (strstr (error->message, rows[i].words) == NULL)
        g_error ("“%s” does not say “%s”", error->message, rows[i].words);
    }
}

static void
test_tool_response (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *plain = live_wire_out_tool_response ("function-call-1", "lamp", "{\"Ok\": 1.10}",
                                                        NULL, FALSE, &error);
  g_autofree char *full = live_wire_out_tool_response ("", "lamp", "{}", "WHEN_IDLE", TRUE, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (plain, ==,
                   "{\"toolResponse\":{\"functionResponses\":[{\"id\":\"function-call-1\","
                   "\"name\":\"lamp\",\"response\":{\"Ok\": 1.10}}]}}");
  g_assert_cmpstr (full, ==,
                   "{\"toolResponse\":{\"functionResponses\":[{\"name\":\"lamp\",\"response\":{},"
                   "\"scheduling\":\"WHEN_IDLE\",\"willContinue\":true}]}}");
  g_assert_null (live_wire_out_tool_response ("1", "lamp", "[]", NULL, FALSE, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "lamp"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire-out/audio", test_audio);
  g_test_add_func ("/wire-out/audio-of-every-length", test_audio_of_every_length);
  g_test_add_func ("/wire-out/video", test_video);
  g_test_add_func ("/wire-out/realtime", test_realtime);
  g_test_add_func ("/wire-out/client-text", test_client_text);
  g_test_add_func ("/wire-out/client-turns", test_client_turns);
  g_test_add_func ("/wire-out/bad-turns", test_bad_turns);
  g_test_add_func ("/wire-out/tool-response", test_tool_response);

  return g_test_run ();
}
