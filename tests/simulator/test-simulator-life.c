/* Owns: the proof of everything that happens to a connection with time, of resumptions that are not
 * what they seem, of full contexts, and of the chaos.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include <string.h>

#include "live-sim-ledger.h"
#include "sim-rig.h"

#define MODEL "gemini-3.8-live"
#define INSTRUCTED                                                                                 \
  "\"systemInstruction\":{\"parts\":[{\"text\":\"You are the four letters made a token kind.\"}]}"

static void
inject (SimRig *rig, const char *actions)
{
  guint status;

  json_object_unref (sim_rig_ask (rig, "/simulator/inject", actions, &status));
  g_assert_cmpuint (status, ==, 200);
}

static gint64
count (SimRig *rig, const char *counter)
{
  g_autoptr (JsonObject) state = sim_rig_ask (rig, "/simulator/state", NULL, NULL);

  g_assert_true (json_object_has_member (state, counter));
  return json_object_get_int_member (state, counter);
}

/* The setup member that resumes with the next handle that comes; owned. */
static char *
take_handle (SimPeer *peer)
{
  const char *handle;

  do
    handle = live_sim_json_string (
        live_sim_json_object (sim_peer_expect (peer, "sessionResumptionUpdate"),
                              "sessionResumptionUpdate"),
        "newHandle", NULL);
  while (handle == NULL);
  return g_strdup_printf ("\"sessionResumption\":{\"handle\":\"%s\"}", handle);
}

static gint64
read_prompt_tokens (JsonObject *message)
{
  return live_sim_json_int (live_sim_json_object (message, "usageMetadata"), "promptTokenCount", 0);
}

/* The times of each family, a thousand times as fast. */
static void
test_families (void)
{
  static const struct
  {
    const char *profile, *left;
    guint code;
    const char *reason;
  } rows[] = {
    { "2.5", NULL, 1006, "" }, /* reaped: nobody has said a word */
    { "3.1", "50s", 1008, "The operation was aborted." },
    { "3.8", NULL, 1011, "Deadline expired before operation could complete." },
    { "vertex", "60s", 1000, "The operation was cancelled." },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (SimRig) fast = sim_rig_start ("--profile", rows[i].profile, "--option",
                                               "lifetimes=true", "--speed=1000", NULL);
      g_autoptr (SimPeer) peer = sim_peer_open_live (fast, MODEL, NULL);

      if (rows[i].left != NULL)
        {
          JsonObject *message = live_sim_json_object (sim_peer_expect (peer, "goAway"), "goAway");

          g_assert_cmpstr (json_object_get_string_member (message, "timeLeft"), ==, rows[i].left);
        }
      sim_peer_expect_close (peer, rows[i].code, rows[i].reason);
    }
}

/* Whoever has had a turn is not idle. */
static void
test_reaping (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--option", "idle_reap_ms=2000", "--option",
                                          "life_ms=10000", "--profile", "2.5", NULL);
  g_autoptr (SimPeer) idle = sim_peer_open_live (rig, MODEL, NULL);
  g_autoptr (SimPeer) busy = sim_peer_open_live (rig, MODEL, NULL);

  sim_peer_type (busy, "say x");
  sim_peer_expect_close (idle, 1006, "");
  sim_peer_expect (busy, "turnComplete");
  sim_peer_expect_close (busy, 1008, "The operation was aborted.");
}

static void
test_go_away (void)
{
  static const struct
  {
    const char *at, *left, *life, *said;
    guint code;
  } rows[] = {
    { "go_away_ms=1000", "go_away_left_ms=300000", "life_ms=5000", "300s", 1011 },
    { "go_away_ms=1000", "go_away_left_ms=60000", "life_ms=5000", "60s", 1011 },
    { "go_away_ms=1000", "go_away_left_ms=10000", "life_ms=0", "10s", 1011 },
    { "go_away_ms=0", "go_away_left_ms=0", "life_ms=0", "0s", 1011 },
    { "go_away_ms=500", "go_away_left_ms=9500", "life_ms=2000", "9.500s", 1011 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (SimRig) rig = sim_rig_start ("--option", rows[i].at, "--option", rows[i].left,
                                              "--option", rows[i].life, NULL);
      g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
      JsonObject *message = live_sim_json_object (sim_peer_expect (peer, "goAway"), "goAway");

      g_assert_cmpstr (json_object_get_string_member (message, "timeLeft"), ==, rows[i].said);
      sim_peer_expect_close (peer, rows[i].code, "Deadline expired");
    }
}

static void
test_resumable (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--option", "handle_interval_ms=100", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  JsonObject *update;

  /* Frequent ones, unasked for. */
  for (guint i = 0; i < 5; i++)
    g_free (take_handle (peer));
  inject (rig, "{\"resumable\":false}");
  do
    update = live_sim_json_object (sim_peer_expect (peer, "sessionResumptionUpdate"),
                                   "sessionResumptionUpdate");
  while (json_object_has_member (update, "newHandle"));
  for (guint i = 0; i < 3; i++)
    {
      update = live_sim_json_object (sim_peer_expect (peer, "sessionResumptionUpdate"),
                                     "sessionResumptionUpdate");
      g_assert_cmpuint (json_object_get_size (update), ==, 0);
    }
  inject (rig, "{\"resumable\":true}");
  g_free (take_handle (peer));
}

/* Expired, as the words of the close frame say; the clock runs from the end of the connection. */
static void
test_expiry (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--option", "handle_life_ms=1", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  g_autoptr (SimPeer) next = NULL;
  g_autofree char *resume = take_handle (peer);
  g_autofree char *setup = g_strdup_printf ("{\"setup\":{\"model\":\"models/" MODEL
                                            "\",\"generationConfig\":{\"responseModalities\":"
                                            "[\"AUDIO\"]},%s}}",
                                            resume);

  sim_peer_close (peer);
  json_object_unref (sim_rig_wait (rig, "closed=1"));
  g_usleep (20 * 1000);
  next = sim_peer_open (rig);
  sim_peer_send (next, setup);
  sim_peer_expect_close (next, 1008, "BidiGenerateContent session not found");
}

/* A talk, its last handle, and what the resumption that follows is worth. */
static SimPeer *
resume_spoilt (SimRig *rig, const char *spoil, char **ret_resume)
{
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, INSTRUCTED);
  g_autofree char *actions = g_strdup_printf ("{\"spoil_resume\":\"%s\"}", spoil);
  g_autofree char *members = NULL;
  g_autofree char *wait = g_strdup_printf ("closed=%d", 1 + (int) count (rig, "closed"));

  g_free (take_handle (peer));
  sim_peer_type (peer, "my name is Ada");
  sim_peer_expect (peer, "turnComplete");
  *ret_resume = take_handle (peer);
  inject (rig, actions);
  sim_peer_close (peer);
  json_object_unref (sim_rig_wait (rig, wait));
  members = g_strconcat (*ret_resume, "," INSTRUCTED, NULL);
  return sim_peer_open_live (rig, MODEL, members);
}

static void
test_poison (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autofree char *resume = NULL;
  g_autoptr (SimPeer) typed = resume_spoilt (rig, "poison", &resume);
  g_autoptr (SimPeer) spoken = NULL;

  sim_peer_type (typed, "hello");
  sim_peer_expect_close (typed, 1011, "Internal error encountered.");
  json_object_unref (sim_rig_wait (rig, "closed=2"));
  spoken = sim_peer_open_live (rig, MODEL, resume);
  sim_peer_send_silence (spoken, 500);
  sim_peer_send_tone (spoken, 500);
  sim_peer_expect_close (spoken, 1011, "Internal error encountered.");
  g_assert_cmpint (count (rig, "resumed"), ==, 2);
  g_assert_cmpint (count (rig, "spoilt"), ==, 1);
}

static void
test_poisonous_video (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--option", "poisonous_video=true", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  g_autoptr (SimPeer) next = NULL;
  g_autofree char *resume = NULL;

  g_free (take_handle (peer));
  sim_peer_send (peer, "{\"realtimeInput\":{\"video\":{\"mimeType\":\"image/jpeg\",\"data\":"
                       "\"AAAA\"}}}");
  sim_peer_type (peer, "say x");
  sim_peer_expect (peer, "turnComplete");
  resume = take_handle (peer);
  sim_peer_close (peer);
  json_object_unref (sim_rig_wait (rig, "closed=1"));
  next = sim_peer_open_live (rig, MODEL, resume);
  sim_peer_type (next, "say x");
  sim_peer_expect_close (next, 1011, "Internal error encountered.");
}

static void
test_mute (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autofree char *resume = NULL;
  g_autoptr (SimPeer) peer = resume_spoilt (rig, "mute", &resume);

  g_free (take_handle (peer));
  sim_peer_type (peer, "hello");
  json_object_unref (sim_rig_wait (rig, "received_texts=2"));
  sim_peer_expect_nothing (peer);
}

static void
test_lost_context (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autofree char *resume = NULL, *well = NULL, *spoken = NULL, *other_spoken = NULL;
  g_autoptr (SimPeer) healthy = resume_spoilt (rig, "nothing", &well);
  g_autoptr (SimPeer) peer = NULL;
  gint64 n_whole, n_left;

  sim_peer_type (healthy, "what is my name");
  n_whole = read_prompt_tokens (sim_peer_expect (healthy, "turnComplete"));
  spoken = sim_peer_take_spoken (healthy);
  g_assert_cmpstr (spoken, ==, "Your name is Ada.");
  sim_peer_close (healthy);
  json_object_unref (sim_rig_wait (rig, "closed=2"));

  peer = resume_spoilt (rig, "context", &resume);
  sim_peer_type (peer, "what is my name");
  n_left = read_prompt_tokens (sim_peer_expect (peer, "turnComplete"));
  other_spoken = sim_peer_take_spoken (peer);
  g_assert_null (strstr (other_spoken, "Ada"));
  /* The instruction and this question, 11 and 4. */
  g_assert_cmpint (n_left, ==, 15);
  g_assert_cmpint (n_whole, >, 2 * n_left);
}

static void
test_lost_prefill (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) peer =
      sim_peer_open_live (rig, MODEL, "\"historyConfig\":{\"initialHistoryInClientContent\":true}");
  g_autoptr (SimPeer) next = NULL;
  g_autofree char *resume = NULL, *spoken = NULL, *after = NULL;

  sim_peer_send (peer, "{\"clientContent\":{\"turns\":[{\"role\":\"user\",\"parts\":[{\"text\":"
                       "\"my name is Ada\"}]},{\"role\":\"model\",\"parts\":[{\"text\":\"Good.\"}]"
                       "}],\"turnComplete\":true}}");
  sim_peer_type (peer, "what is my name");
  sim_peer_expect (peer, "turnComplete");
  spoken = sim_peer_take_spoken (peer);
  g_assert_cmpstr (spoken, ==, "Your name is Ada.");
  resume = take_handle (peer);
  inject (rig, "{\"spoil_resume\":\"prefill\"}");
  sim_peer_close (peer);
  json_object_unref (sim_rig_wait (rig, "closed=1"));

  next = sim_peer_open_live (rig, MODEL, resume);
  sim_peer_type (next, "what is my name");
  sim_peer_expect (next, "turnComplete");
  after = sim_peer_take_spoken (next);
  g_assert_null (strstr (after, "Ada"));
}

/* With compression a talk never ends; without it ends where the window does, and again wherever the
 * full context is resumed. */
static void
test_full_context (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--option", "context_tokens=600", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (
      rig, MODEL,
      "\"contextWindowCompression\":{\"triggerTokens\":\"400\",\"slidingWindow\":{\"targetTokens\""
      ":\"200\"}}");
  g_autoptr (SimPeer) other = NULL, resumed = NULL;
  g_autofree char *resume = NULL;
  gint64 most = 0;

  for (guint i = 0; i < 20; i++)
    {
      gint64 n_tokens;

      sim_peer_type (peer, "say a sentence of some length, and then some more of it");
      n_tokens = read_prompt_tokens (sim_peer_expect (peer, "turnComplete"));
      most = MAX (most, n_tokens);
    }
  g_assert_cmpint (count (rig, "compressions"), >=, 2);
  g_assert_cmpint (most, <, 600);
  sim_peer_close (peer);
  json_object_unref (sim_rig_wait (rig, "closed=1"));

  other = sim_peer_open_live (rig, MODEL, NULL);
  for (guint n_turns = 21; count (rig, "exhaustions") == 0; n_turns++)
    {
      g_autofree char *path = g_strdup_printf ("/simulator/wait?turns=%u&timeout_ms=50", n_turns);

      guint status;

      g_clear_pointer (&resume, g_free);
      resume = take_handle (other);
      sim_peer_type (other, "say a sentence of some length, and then some more of it");
      while (count (rig, "turns") < n_turns && count (rig, "exhaustions") == 0)
        json_object_unref (sim_rig_ask (rig, path, NULL, &status));
    }
  sim_peer_expect_close (other, 1007, "Request contains an invalid argument.");
  json_object_unref (sim_rig_wait (rig, "closed=2"));
  resumed = sim_peer_open_live (rig, MODEL, resume);
  sim_peer_type (resumed, "say a sentence of some length, and then some more of it");
  sim_peer_expect_close (resumed, 1007, "Request contains an invalid argument.");
}

static void
on_pong (SoupWebsocketConnection *socket, GBytes *message, gpointer data)
{
  *(gint64 *) data = g_get_monotonic_time ();
}

/* libsoup pings once a second at most. */
static void
test_pongs (void)
{
  g_autoptr (SimRig) rig = sim_rig_start (NULL, NULL);
  g_autoptr (SimPeer) prompt = sim_peer_open_live (rig, MODEL, NULL);
  g_autoptr (SimPeer) late = NULL, never = NULL;
  gint64 prompt_us = 0, late_us = 0, never_us = 0;

  late = sim_peer_open_live (rig, MODEL, NULL);
  inject (rig, "{\"pong_delay_ms\":8000}");
  never = sim_peer_open_live (rig, MODEL, NULL);
  inject (rig, "{\"no_pongs\":true}");
  g_signal_connect (sim_peer_get_socket (prompt), "pong", G_CALLBACK (on_pong), &prompt_us);
  g_signal_connect (sim_peer_get_socket (late), "pong", G_CALLBACK (on_pong), &late_us);
  g_signal_connect (sim_peer_get_socket (never), "pong", G_CALLBACK (on_pong), &never_us);
  soup_websocket_connection_set_keepalive_interval (sim_peer_get_socket (never), 1);
  soup_websocket_connection_set_keepalive_interval (sim_peer_get_socket (late), 1);
  soup_websocket_connection_set_keepalive_interval (sim_peer_get_socket (prompt), 1);
  while (late_us == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (prompt_us, >, 0);
  g_assert_cmpint (prompt_us, <, late_us);
  g_assert_cmpint (never_us, ==, 0);

  /* All else goes on. */
  sim_peer_type (never, "say x");
  sim_peer_expect (never, "turnComplete");
  sim_peer_type (late, "say x");
  sim_peer_expect (late, "turnComplete");
  sim_peer_close (never);
  json_object_unref (sim_rig_wait (rig, "withheld_pongs=1"));
}

/* The sender's buffers fill up; when reading goes on, nothing was lost. */
static void
test_stalled_reads (void)
{
  g_autoptr (SimRig) rig = sim_rig_start ("--option", "counts_samples=true", NULL);
  g_autoptr (SimPeer) peer = sim_peer_open_live (rig, MODEL, NULL);
  guint status;

  inject (rig, "{\"stall_reads_ms\":20000}");
  for (guint i = 0; i < 500; i++)
    {
      gint16 frames[1600];
      g_autofree char *data = NULL, *message = NULL;

      live_sim_ledger_encode (frames, 1600, i * 1600, FALSE);
      data = g_base64_encode ((const guchar *) frames, sizeof frames);
      message = g_strdup_printf ("{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm\","
                                 "\"data\":\"%s\"}}}",
                                 data);
      sim_peer_send (peer, message);
    }
  json_object_unref (
      sim_rig_ask (rig, "/simulator/wait?received_messages=2&timeout_ms=100", NULL, &status));
  g_assert_cmpuint (status, ==, 408);
  json_object_unref (sim_rig_wait (rig, "counted_frames=800000"));
  g_assert_cmpint (count (rig, "counted_frames"), ==, 800000);
  g_assert_cmpint (count (rig, "count_breaks"), ==, 0);
}

static void
test_repeated_call (void)
{
  g_autoptr (SimRig) rig =
      sim_rig_start_scenario ("{\"steps\":[{\"on\":\"tool-call\",\"do\":{\"repeat_call\":true}}]}");
  g_autoptr (SimPeer) peer = sim_peer_open_live (
      rig, MODEL, "\"tools\":[{\"functionDeclarations\":[{\"name\":\"lamp\"}]}]");
  g_autofree char *first = NULL;

  sim_peer_type (peer, "call lamp");
  sim_peer_expect (peer, "toolCall");
  first = g_strdup (sim_peer_get_text (peer));
  sim_peer_expect (peer, "toolCall");
  g_assert_cmpstr (sim_peer_get_text (peer), ==, first);
}

/* The same client twice: the same faults in the same places. */
static void
test_chaos (void)
{
  g_autofree char *logs[2] = { NULL, NULL };

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (SimRig) rig = sim_rig_start ("--chaos", "4:0.3", "--speed=200", NULL);
      g_autoptr (JsonObject) state = NULL;
      g_autoptr (JsonNode) node = NULL;

      for (guint k = 0; k < 30; k++)
        {
          guint status;
          g_autoptr (SimPeer) peer = sim_peer_try (rig, SIM_PATH_BETA, "good", &status);

          if (peer == NULL)
            continue;
          sim_peer_send (peer, "{\"setup\":{\"model\":\"models/" MODEL "\",\"generationConfig\":"
                               "{\"responseModalities\":[\"AUDIO\"]}}}");
          json_object_unref (sim_rig_ask (rig, "/simulator/state", NULL, NULL));
        }
      state = sim_rig_ask (rig, "/simulator/state", NULL, NULL);
      node = json_node_new (JSON_NODE_OBJECT);
      json_node_set_object (node, live_sim_json_object (state, "chaos"));
      logs[i] = live_sim_json_print_line (node);
      g_assert_cmpint (json_object_get_int_member (state, "faults"), >, 3);
    }
  g_assert_cmpstr (logs[0], ==, logs[1]);
  g_free (g_steal_pointer (&logs[1]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(idea, function) g_test_add_func ("/simulator-life/" idea, function)
  ADD ("families", test_families);
  ADD ("reaping", test_reaping);
  ADD ("go-away", test_go_away);
  ADD ("resumable", test_resumable);
  ADD ("expiry", test_expiry);
  ADD ("poison", test_poison);
  ADD ("poisonous-video", test_poisonous_video);
  ADD ("mute", test_mute);
  ADD ("lost-context", test_lost_context);
  ADD ("lost-prefill", test_lost_prefill);
  ADD ("full-context", test_full_context);
  ADD ("pongs", test_pongs);
  ADD ("stalled-reads", test_stalled_reads);
  ADD ("repeated-call", test_repeated_call);
  ADD ("chaos", test_chaos);
  return g_test_run ();
}
