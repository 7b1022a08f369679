/* Owns: the proof of conversations with a live-simulator process.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "sim-rig.h"

#define MODEL_2_5 "gemini-2.5-flash-native-audio-preview-12-2025"
#define MODEL_3_8 "gemini-3.8-live"

static void
expect_counter (SimRig *rig, const char *name, gint64 value)
{
  g_autoptr (JsonObject) state = sim_rig_ask (rig, "/simulator/state", NULL, NULL);

  g_assert_cmpint (json_object_get_int_member (state, name), ==, value);
}

static void
test_layout (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open (rig);

  sim_peer_send (peer, "{\"setup\":{\"model\":\"models/" MODEL_3_8 "\",\"generationConfig\":"
                       "{\"responseModalities\":[\"AUDIO\"]}}}");
  sim_peer_next (peer);
  g_assert_cmpstr (sim_peer_get_text (peer), ==, "{\n  \"setupComplete\": {}\n}\n");
  g_assert_true (sim_peer_was_binary (peer));
  sim_peer_expect (peer, "sessionResumptionUpdate"); /* unasked, as 3.8 does it */
}

static void
test_text_frames (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--text-frames", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_2_5, NULL);

  g_assert_false (sim_peer_was_binary (peer));
  sim_peer_expect_nothing (peer); /* 2.5 gives no handle unasked */
}

static void
test_text_turn (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);
  g_autoptr (GByteArray) sound = NULL;
  JsonObject *usage;
  JsonArray *details;
  gint64 n_tokens;

  sim_peer_type (peer, "repeat one. two. three.");
  sim_peer_expect (peer, "generationComplete");
  sim_peer_expect_spoken (peer, "one. two. three.");
  usage = live_sim_json_object (sim_peer_expect (peer, "turnComplete"), "usageMetadata");
  sound = sim_peer_take_sound (peer);

  n_tokens = (gint64) ceil (sound->len / 2 * 25.0 / 24000);
  g_assert_cmpint (json_object_get_int_member (usage, "responseTokenCount"), ==, n_tokens);
  g_assert_cmpint (json_object_get_int_member (usage, "totalTokenCount"), ==,
                   n_tokens + json_object_get_int_member (usage, "promptTokenCount"));
  details = json_object_get_array_member (usage, "responseTokensDetails");
  g_assert_cmpstr (
      json_object_get_string_member (json_array_get_object_element (details, 0), "modality"), ==,
      "AUDIO");
  sim_peer_expect (peer, "sessionResumptionUpdate");
}

/* 2.5 sends one kind of part a message, its elders' successors join them. */
static void
test_joining (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) old = sim_peer_open_live (rig, MODEL_2_5, NULL);
  g_autoptr (SimPeer) new = sim_peer_open_live (rig, MODEL_3_8, NULL);
  JsonObject *content;

  sim_peer_type (old, "say word");
  content = live_sim_json_object (sim_peer_expect (old, "outputTranscription"), "serverContent");
  g_assert_false (json_object_has_member (content, "modelTurn"));
  sim_peer_type (new, "say word");
  content = live_sim_json_object (sim_peer_expect (new, "outputTranscription"), "serverContent");
  g_assert_true (json_object_has_member (content, "modelTurn"));
}

static void
test_spoken_turn (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--hears", "say what you heard", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);
  g_autofree char *heard = NULL, *heard_again = NULL;

  sim_peer_send_tone (peer, 1200);
  sim_peer_send_silence (peer, 900);
  sim_peer_expect (peer, "turnComplete");
  heard = sim_peer_take_heard (peer);
  g_assert_cmpstr (heard, ==, "say what you heard");
  sim_peer_expect_spoken (peer, "what you heard");

  /* Nothing else is said to be heard: it admits what it cannot know. */
  sim_peer_send_tone (peer, 1200);
  sim_peer_send_silence (peer, 900);
  sim_peer_expect (peer, "turnComplete");
  heard_again = sim_peer_take_heard (peer);
  g_assert_cmpstr (heard_again, ==, "(1.2 seconds of speech)");
  sim_peer_expect_spoken (peer, "I heard 1.2 seconds of speech.");
  expect_counter (rig, "received_audio_frames", 2 * 2100 * 16);
}

static void
test_fragments (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--hears", "say a b", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_2_5, NULL);
  JsonObject *content;

  sim_peer_send_tone (peer, 500);
  sim_peer_send_silence (peer, 900);
  content = live_sim_json_object (sim_peer_expect (peer, "inputTranscription"), "serverContent");
  g_assert_cmpstr (
      live_sim_json_string (live_sim_json_object (content, "inputTranscription"), "text", NULL), ==,
      " say");
}

/* The very sound comes back, one and a half times as many samples, and the files agree. */
static void
test_parrot (void)
{
  g_autofree char *folder = g_dir_make_tmp ("live-sim-XXXXXX", NULL);
  g_autofree char *in_path = g_build_filename (folder, "in.wav", NULL);
  g_autofree char *out_path = g_build_filename (folder, "out.wav", NULL);
  g_autoptr (SimRig) rig = sim_rig_start ("--parrot", "--dump-audio", folder, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);
  g_autoptr (GByteArray) sound = NULL;
  g_autofree char *in = NULL, *out = NULL;
  gsize in_size, out_size;
  double worst = 0;

  sim_peer_send_silence (peer, 500);
  sim_peer_send_tone (peer, 1000);
  sim_peer_send_silence (peer, 1000);
  sim_peer_expect (peer, "turnComplete");
  sound = sim_peer_take_sound (peer);
  g_assert_cmpuint (sound->len, ==, (300 + 1000 + 800) * 24 * 2);

  g_assert_true (g_file_get_contents (in_path, &in, &in_size, NULL));
  g_assert_cmpuint (in_size, ==, 44 + 2500 * 16 * 2);
  g_assert_true (g_file_get_contents (out_path, &out, &out_size, NULL));
  g_assert_cmpmem (out + 44, out_size - 44, sound->data, sound->len);

  /* The tone has 32 samples a wave at 16 kHz and begins after the padding. */
  for (guint i = 300 * 24 + 500; i < 1300 * 24 - 500; i++)
    {
      gint16 frame = (gint16) (sound->data[2 * i] | sound->data[2 * i + 1] << 8);

      worst = MAX (worst, fabs (frame - 8000 * sin ((i - 300 * 24) * G_PI / 24)));
    }
  g_assert_cmpfloat (worst, <, 20);
  g_unlink (in_path);
  g_unlink (out_path);
  g_rmdir (folder);
}

/* Sound in another rate is heard at its own speed. */
static void
test_other_rate (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);
  g_autofree guchar *silence = g_malloc0 (48000 * 2);
  g_autofree char *data = g_base64_encode (silence, 48000 * 2);
  g_autofree char *message = g_strdup_printf (
      "{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm;rate=48000\",\"data\":\"%s\"}}}",
      data);
  g_autoptr (JsonObject) state = NULL;

  sim_peer_send (peer, message);
  state = sim_rig_wait (rig, "received_audio_messages=1");
  g_assert_cmpint (ABS (json_object_get_int_member (state, "received_audio_frames") - 16000), <,
                   100);
}

/* The answer's end is held back for as long as its sound would play: never less. */
static void
test_hold (void)
{
  g_autofree char *path = g_strdup_printf ("%s/live-sim-%d.jsonl", g_get_tmp_dir (), getpid ());
  g_autoptr (SimRig) rig = sim_rig_start ("--record", path, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);
  g_autoptr (GByteArray) sound = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gint64 first_us = 0, end_us = 0;

  sim_peer_type (peer, "story");
  sim_peer_expect (peer, "turnComplete");
  sound = sim_peer_take_sound (peer);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; *lines[i] != '\0'; i++)
    {
      g_autoptr (JsonNode) node = live_sim_json_parse (lines[i], -1, NULL);
      JsonObject *line = json_node_get_object (node);
      JsonObject *content =
          live_sim_json_object (live_sim_json_object (line, "message"), "serverContent");

      g_assert_true (json_object_has_member (line, "direction"));
      if (content != NULL && json_object_has_member (content, "modelTurn") && first_us == 0)
        first_us = json_object_get_int_member (line, "us");
      if (content != NULL && json_object_has_member (content, "turnComplete"))
        end_us = json_object_get_int_member (line, "us");
    }
  /* The first sound may be written down late on a busy machine; generation alone takes a quarter
   * of this. */
  g_assert_cmpint (end_us - first_us, >=, (gint64) sound->len / 48 / 20 * 1000 / 2);
  g_unlink (path);
}

static void
test_first_chunk (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--first-chunk", "3", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);
  g_autoptr (GByteArray) first = NULL, rest = NULL;

  sim_peer_type (peer, "say good");
  sim_peer_expect (peer, "modelTurn");
  first = sim_peer_take_sound (peer);
  g_assert_cmpuint (first->len, ==, 3);
  sim_peer_expect (peer, "turnComplete");
  rest = sim_peer_take_sound (peer);
  g_assert_cmpuint (rest->len % 2, ==, 1); /* half a sample was carried over */
}

static void
test_interruption (gconstpointer data)
{
  const char *how = data;
  gboolean is_forbidden = g_str_has_suffix (how, "forbidden");
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (
      rig, MODEL_3_8,
      is_forbidden ? "\"realtimeInputConfig\":{\"activityHandling\":\"NO_INTERRUPTION\"}" : NULL);
  JsonObject *message;

  sim_peer_type (peer, "story");
  sim_peer_expect (peer, "modelTurn");
  if (g_str_has_prefix (how, "text"))
    sim_peer_type (peer, "say stop");
  else if (g_str_has_prefix (how, "content"))
    sim_peer_send (peer, "{\"clientContent\":{\"turns\":[{\"parts\":[{\"text\":\"say stop\"}]}],"
                         "\"turnComplete\":true}}");
  else
    {
      sim_peer_send_tone (peer, 600);
      sim_peer_send_silence (peer, 900);
    }

  if (is_forbidden)
    {
      sim_peer_expect (peer, "generationComplete");
      sim_peer_expect (peer, "turnComplete");
      expect_counter (rig, "interruptions", 0);
    }
  else
    {
      sim_peer_expect (peer, "interrupted");
      message = sim_peer_next (peer);
      g_assert_true (live_sim_json_bool (live_sim_json_object (message, "serverContent"),
                                         "turnComplete", FALSE));
      expect_counter (rig, "generations", 0);
    }
  g_free (sim_peer_take_spoken (peer));
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, g_str_has_prefix (how, "speech") ? "I heard 0.6 seconds of speech."
                                                                 : "stop");
}

static void
test_manual (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (
      rig, MODEL_3_8,
      "\"realtimeInputConfig\":{\"automaticActivityDetection\":{\"disabled\":true}}");

  sim_peer_send_tone (peer, 500); /* outside: not heard */
  sim_peer_send (peer, "{\"realtimeInput\":{\"activityStart\":{}}}");
  sim_peer_send_tone (peer, 700);
  sim_peer_send (peer, "{\"realtimeInput\":{\"activityEnd\":{}}}");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "I heard 0.7 seconds of speech.");
  sim_peer_send (peer, "{\"realtimeInput\":{\"activityEnd\":{}}}");
  sim_peer_expect_close (peer, 1007, "Request contains an invalid argument.");
}

static void
test_stream_end (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL_3_8, NULL);

  sim_peer_send_tone (peer, 600);
  sim_peer_send (peer, "{\"realtimeInput\":{\"audioStreamEnd\":true}}");
  sim_peer_expect (peer, "turnComplete");
  sim_peer_expect_spoken (peer, "I heard 0.6 seconds of speech.");
}

static void
test_vertex (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer = sim_peer_try (rig, SIM_PATH_VERTEX, "any", NULL);
  JsonObject *message, *content;

  sim_peer_send (peer, "{\"setup\":{\"model\":\"publishers/google/models/"
                       "gemini-live-2.5-flash-native-audio\",\"generationConfig\":"
                       "{\"responseModalities\":[\"AUDIO\"]}}}");
  message = live_sim_json_object (sim_peer_expect (peer, "setupComplete"), "setupComplete");
  g_assert_true (json_object_has_member (message, "sessionId"));
  sim_peer_type (peer, "say good");
  content = live_sim_json_object (sim_peer_expect (peer, "modelTurn"), "serverContent");
  g_assert_cmpstr (live_sim_json_string (live_sim_json_object (content, "modelTurn"), "role", ""),
                   ==, "model");
  message = live_sim_json_object (sim_peer_expect (peer, "turnComplete"), "usageMetadata");
  g_assert_true (json_object_has_member (message, "candidatesTokenCount"));
}

static void
test_models (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (JsonObject) answer = sim_rig_ask (rig, "/v1beta/models", NULL, NULL);
  JsonArray *models = json_object_get_array_member (answer, "models");

  g_assert_cmpuint (json_array_get_length (models), ==, 5);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simulator-talk/layout", test_layout);
  g_test_add_func ("/simulator-talk/text-frames", test_text_frames);
  g_test_add_func ("/simulator-talk/text-turn", test_text_turn);
  g_test_add_func ("/simulator-talk/joining", test_joining);
  g_test_add_func ("/simulator-talk/spoken-turn", test_spoken_turn);
  g_test_add_func ("/simulator-talk/fragments", test_fragments);
  g_test_add_func ("/simulator-talk/parrot", test_parrot);
  g_test_add_func ("/simulator-talk/other-rate", test_other_rate);
  g_test_add_func ("/simulator-talk/hold", test_hold);
  g_test_add_func ("/simulator-talk/first-chunk", test_first_chunk);
  g_test_add_data_func ("/simulator-talk/interruption/text", "text", test_interruption);
  g_test_add_data_func ("/simulator-talk/interruption/content", "content", test_interruption);
  g_test_add_data_func ("/simulator-talk/interruption/speech", "speech", test_interruption);
  g_test_add_data_func ("/simulator-talk/interruption/text-forbidden", "text-forbidden",
                        test_interruption);
  g_test_add_data_func ("/simulator-talk/interruption/speech-forbidden", "speech-forbidden",
                        test_interruption);
  g_test_add_func ("/simulator-talk/manual", test_manual);
  g_test_add_func ("/simulator-talk/stream-end", test_stream_end);
  g_test_add_func ("/simulator-talk/vertex", test_vertex);
  g_test_add_func ("/simulator-talk/models", test_models);
  return g_test_run ();
}
