/* Owns: what is proved of words, results and sound that a connection did not carry to the end.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <string.h>

#include "core/live-engine-calls.h"
#include "fake/engine-rig.h"

static void
lose (EngineRig *rig)
{
  fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "reset", 0);
  engine_rig_spin (rig);
}

static EngineRig *
go_online (gboolean has_audio)
{
  EngineRig *rig = engine_rig_new (NULL, has_audio);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  return rig;
}

static void
answer (EngineRig *rig, const char *words)
{
  engine_rig_words (rig, words);
  engine_rig_complete (rig);
  engine_rig_pass_ms (rig, 10);
}

/* The handle is older than the question, so the resumed session never heard it. */
static void
test_after_the_handle (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = NULL;

  engine_rig_give_handle (rig, "handle-1");
  engine_rig_pass_ms (rig, 100);
  ask = engine_rig_ask (rig, "What now?", 0, NULL);
  engine_rig_pass_ms (rig, 500);
  lose (rig);
  g_assert_false (ask->is_done);
  engine_rig_expect_nothing (rig, "turn-complete");
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "What now?"), ==, 1);
  g_assert_cmpuint (engine_rig_statistic (rig, "texts-sent-again"), ==, 1);
  answer (rig, "This.");
  g_assert_no_error (ask->error);
  g_assert_cmpstr (ask->text, ==, "This.");
  g_assert_cmpuint (engine_rig_count (rig, "turn-started"), ==, 1);
  engine_rig_assert_balance (rig);
}

/* The handle is younger: the resumed session has the question, and answers it. */
static void
test_before_the_handle (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "What now?", 0, NULL);

  engine_rig_pass_ms (rig, 100);
  engine_rig_give_handle (rig, "handle-1");
  lose (rig);
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "What now?"), ==, 0);
  engine_rig_pass_ms (rig, 3900);
  engine_rig_words (rig, "This");
  engine_rig_pass_ms (rig, 5000);
  g_assert_cmpuint (engine_rig_n_sent (rig, "What now?"), ==, 0);
  answer (rig, ".");
  g_assert_cmpstr (ask->text, ==, "This.");
  engine_rig_assert_balance (rig);
}

/* … or does not, and is asked once more. */
static void
test_before_the_handle_unanswered (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "What now?", 0, NULL);

  engine_rig_pass_ms (rig, 100);
  engine_rig_give_handle (rig, "handle-1");
  lose (rig);
  g_free (engine_rig_come_back (rig));
  engine_rig_pass_ms (rig, 4010);
  g_assert_cmpuint (engine_rig_n_sent (rig, "What now?"), ==, 1);
  engine_rig_pass_ms (rig, 4100);
  g_assert_cmpuint (engine_rig_n_sent (rig, "What now?"), ==, 1);
  answer (rig, "This.");
  g_assert_cmpstr (ask->text, ==, "This.");
  engine_rig_assert_balance (rig);
}

/* Half an answer is not made whole by asking again: it ends with its name. */
static void
test_half_answered (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "What now?", 0, NULL);

  engine_rig_words (rig, "Well");
  lose (rig);
  engine_call_assert_error (rig, ask, LIVE_ERROR_NETWORK);
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "\"text\":\"What now?\""), ==, 1);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), "\"role\":\"user\""));
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 2);
  engine_rig_assert_balance (rig);
}

/* A connection that dies of the question each time is not fed with it for ever. */
static void
test_deadly_question (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "What now?", 0, NULL);
  guint n_sent = 1;

  while (!ask->is_done)
    {
      g_assert_cmpuint (n_sent, <, 10);
      fake_transport_closed (rig->wire, 1011, "Internal error encountered.");
      engine_rig_spin (rig);
      if (ask->is_done)
        break;
      g_free (engine_rig_come_back (rig));
      n_sent += engine_rig_n_sent (rig, "What now?");
    }
  g_assert_cmpuint (n_sent, ==, 4);
  engine_call_assert_error (rig, ask, LIVE_ERROR_SERVER);
  engine_rig_assert_balance (rig);
}

/* Messages behind one another stay in order, started or not. */
static void
test_order (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) first = engine_rig_send (rig, "first");
  g_autoptr (EngineCall) second = engine_rig_send (rig, "second");
  g_autoptr (EngineCall) third = NULL;

  lose (rig);
  third = engine_rig_send (rig, "third");
  g_free (engine_rig_come_back (rig));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 1), "first"));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 2), "second"));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 3), "third"));
  for (guint i = 0; i < 3; i++)
    answer (rig, "Yes.");
  engine_rig_expect (rig, "turn-complete 1 complete", "turn-complete 2 complete",
                     "turn-complete 3 complete", NULL);
  engine_rig_assert_balance (rig);
}

/* What was only to be known, and is not in the handle, is said again; what is, is not. */
static void
test_context_notes (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) held = engine_rig_context (rig, "It rains.");
  g_autoptr (EngineCall) late = NULL;

  engine_rig_pass_ms (rig, 10);
  engine_rig_give_handle (rig, "handle-1");
  engine_rig_pass_ms (rig, 10);
  late = engine_rig_context (rig, "It snows.");
  lose (rig);
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "It rains."), ==, 0);
  g_assert_cmpuint (engine_rig_n_sent (rig, "It snows."), ==, 1);

  /* A fresh session is told all of it, once. */
  answer (rig, "Brr.");
  fake_transport_closed (rig->wire, 1008, "Requested entity was not found.");
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 2);
  g_assert_cmpuint (engine_rig_n_sent (rig, "It rains."), ==, 1);
  g_assert_cmpuint (engine_rig_n_sent (rig, "It snows."), ==, 1);

  live_engine_new_conversation (rig->engine);
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 1);
}

/* The network stays away: everything ends, by name, in time. */
static void
test_never_back (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "What now?", 60000, NULL);
  g_autoptr (EngineCall) sent = engine_rig_send (rig, "By the way");

  lose (rig);
  for (guint i = 0; i < 125; i++)
    {
      if (fake_transport_is_busy (rig->wire) && !fake_transport_settle (rig->wire))
        fake_transport_lost (rig->wire, LIVE_CLOSE_TRANSPORT, 0, "connection refused", 0);
      engine_rig_pass_ms (rig, 1000);
      g_assert_true (ask->is_done == (i >= 59));
    }
  engine_call_assert_error (rig, ask, LIVE_ERROR_NETWORK);
  engine_rig_expect (rig, "turn-complete 2 failed", NULL);
  engine_rig_assert_balance (rig);
}

static void
test_switched_off (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "What now?", 0, NULL);

  lose (rig);
  live_engine_disconnect (rig->engine);
  engine_call_assert_error (rig, ask, LIVE_ERROR_NOT_CONNECTED);
  engine_rig_assert_balance (rig);
}

/* The caller goes while his question waits for the connection. */
static void
test_caller_goes (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (EngineCall) ask = engine_rig_ask (rig, "What now?", 0, cancellable);

  lose (rig);
  g_cancellable_cancel (cancellable);
  engine_call_assert_error (rig, ask, LIVE_ERROR_INTERRUPTED);
  g_free (engine_rig_come_back (rig));
  answer (rig, "This.");
  engine_rig_assert_balance (rig);
}

/* The service's deadline comes in the middle of the wait. */
static void
test_go_away_deadline (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autoptr (EngineCall) ask = NULL;

  engine_rig_give_handle (rig, "handle-1");
  engine_rig_pass_ms (rig, 25000);
  ask = engine_rig_ask (rig, "What now?", 0, NULL);
  engine_rig_message (rig, "{\"goAway\":{\"timeLeft\":\"10s\"}}");
  engine_rig_pass_ms (rig, 7000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);
  engine_rig_pass_ms (rig, 1010);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  g_assert_false (ask->is_done);
  g_free (engine_rig_come_back (rig));
  answer (rig, "This.");
  g_assert_cmpstr (ask->text, ==, "This.");
  engine_rig_assert_balance (rig);
}

typedef struct
{
  guint n_called, n_cancelled, n_lost;
} ToolLog;

static void
on_called (const LiveWireCall *call, gpointer data)
{
  ((ToolLog *) data)->n_called++;
}

static void
on_call_cancelled (const char *id, gpointer data)
{
  ((ToolLog *) data)->n_cancelled++;
}

static void
on_calls_lost (gpointer data)
{
  ((ToolLog *) data)->n_lost++;
}

static const LiveEngineToolEvents tool_events = { on_called, on_call_cancelled, on_calls_lost };

static gboolean
respond (EngineRig *rig, const char *id)
{
  return live_engine_respond (rig->engine, id, "lamp", "{\"output\":1}", NULL, FALSE, NULL);
}

/* The handle holds the call, so its result is awaited there. */
static void
test_result_waits (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  ToolLog log = { 0 };

  live_engine_set_tools (rig->engine, &tool_events, &log);
  engine_rig_call_tool (rig, "a", "lamp");
  engine_rig_call_tool (rig, "b", "lamp");
  engine_rig_pass_ms (rig, 10);
  engine_rig_give_handle (rig, "handle-1");
  lose (rig);
  g_assert_true (respond (rig, "a"));
  g_assert_false (respond (rig, "a"));
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "toolResponse"), ==, 1);
  g_assert_true (respond (rig, "b"));
  g_assert_cmpuint (engine_rig_n_sent (rig, "toolResponse"), ==, 2);
  g_assert_cmpuint (log.n_cancelled + log.n_lost, ==, 0);
  g_assert_cmpuint (engine_rig_statistic (rig, "tool-results-held"), ==, 1);
  answer (rig, "Done.");
  engine_rig_expect (rig, "output-transcript 2 Done.", "turn-complete 2 complete", NULL);
  engine_rig_assert_balance (rig);
  live_engine_set_tools (rig->engine, NULL, NULL);
}

/* The handle is older than the calls: nobody there waits for a result. */
static void
test_result_is_dropped (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  ToolLog log = { 0 };

  live_engine_set_tools (rig->engine, &tool_events, &log);
  engine_rig_give_handle (rig, "handle-1");
  engine_rig_pass_ms (rig, 10);
  engine_rig_call_tool (rig, "a", "lamp");
  engine_rig_call_tool (rig, "b", "lamp");
  lose (rig);
  g_assert_true (respond (rig, "a"));
  g_free (engine_rig_come_back (rig));
  g_assert_cmpuint (engine_rig_n_sent (rig, "toolResponse"), ==, 0);
  g_assert_cmpuint (log.n_cancelled, ==, 1);
  g_assert_false (respond (rig, "b"));
  g_assert_cmpuint (engine_rig_statistic (rig, "tool-results-dropped"), ==, 1);
  engine_rig_assert_balance (rig);
  live_engine_set_tools (rig->engine, NULL, NULL);
}

/* All samples of this connection's audio messages, in order. */
static void
collect_samples (EngineRig *rig, GArray *samples)
{
  static const char mark[] = "\"data\":\"";

  for (guint i = 0; i < fake_transport_n_sent (rig->wire); i++)
    {
      const char *message = fake_transport_sent (rig->wire, (gint) i);
      const char *data = strstr (message, mark);
      g_autofree char *base64 = NULL;
      gsize n_bytes;

      if (data == NULL)
        continue;
      data += sizeof mark - 1;
      base64 = g_strndup (data, strcspn (data, "\""));
      g_base64_decode_inplace (base64, &n_bytes);
      g_array_append_vals (samples, base64, (guint) (n_bytes / 2));
    }
}

/* Fifty renewals under speech that never pauses: each sample once, in order. */
static void
test_no_sample_lost (void)
{
  g_autoptr (EngineRig) rig = go_online (TRUE);
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (gint16));
  gint16 spoken = 0;

  live_engine_set_listening (rig->engine, TRUE);
  for (guint round = 0; round < 50; round++)
    {
      g_autofree char *handle = g_strdup_printf ("handle-%u", round);
      guint n_closes = fake_transport_n_closes (rig->wire);

      engine_rig_give_handle (rig, handle);
      for (guint i = 0; fake_transport_n_closes (rig->wire) == n_closes; i++)
        {
          fake_audio_speak (rig->audio, 20, ++spoken);
          if (i == 1100)
            engine_rig_message (rig, "{\"goAway\":{\"timeLeft\":\"50s\"}}");
          fake_clock_advance_ms (rig->clock, 20);
        }
      /* The old socket goes, the new one comes; speech goes on meanwhile. */
      for (guint i = 0; i < 40; i++)
        {
          fake_audio_speak (rig->audio, 20, ++spoken);
          fake_clock_advance_ms (rig->clock, 20);
        }
      collect_samples (rig, samples);
      g_free (engine_rig_come_back (rig));
      spoken %= 10000;
    }
  engine_rig_pass_ms (rig, 1000);
  collect_samples (rig, samples);

  g_assert_cmpuint (engine_rig_statistic (rig, "rotations"), ==, 50);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 0);
  g_assert_cmpuint (samples->len % 320, ==, 0);
  g_assert_cmpuint (samples->len, >, 50 * 1100 * 320);
  for (guint i = 320; i < samples->len; i++)
    {
      gint before = g_array_index (samples, gint16, i - 320);
      gint now = g_array_index (samples, gint16, i);

      g_assert_true (now == before + 1 || now == before % 10000 + 1);
    }
  g_assert_cmpint (g_array_index (samples, gint16, samples->len - 1) % 10000, ==, spoken);
}

/* What waited goes at no more than four times the pace of speech. */
static void
test_pace (void)
{
  g_autoptr (EngineRig) rig = go_online (TRUE);
  gsize before = 0;

  live_engine_set_listening (rig->engine, TRUE);
  engine_rig_give_handle (rig, "handle-1");
  lose (rig);
  for (guint i = 0; i < 150; i++)
    fake_audio_speak (rig->audio, 20, 7);
  g_free (engine_rig_come_back (rig));
  for (guint i = 0; i < 10; i++)
    {
      gsize sent;

      engine_rig_pass_ms (rig, 100);
      sent = engine_rig_sent_frames (rig);
      /* One burst more than the share of 100 ms. */
      g_assert_cmpuint (sent - before, <=, (4 * 100 + 4 * 20) * 16);
      before = sent;
    }
  g_assert_cmpuint (before, ==, 3000 * 16);
}

/* A socket that takes nothing: a second waits, older sound goes, counted and warned of. */
static void
test_slow_socket (void)
{
  g_autoptr (EngineRig) rig = go_online (TRUE);
  gsize before;

  live_engine_set_listening (rig->engine, TRUE);
  fake_audio_speak (rig->audio, 100, 1);
  engine_rig_pass_ms (rig, 100);
  before = engine_rig_sent_frames (rig);
  fake_transport_set_writable (rig->wire, FALSE);
  for (guint i = 0; i < 150; i++)
    {
      fake_audio_speak (rig->audio, 20, 2);
      fake_clock_advance_ms (rig->clock, 20);
    }
  engine_rig_take_warnings (rig);
  g_assert_cmpuint (engine_rig_statistic (rig, "dropped-input-frames"), ==, 2000 * 16);
  fake_transport_set_writable (rig->wire, TRUE);
  engine_rig_pass_ms (rig, 1000);
  g_assert_cmpuint (engine_rig_sent_frames (rig) - before, ==, 1000 * 16);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(idea, function) g_test_add_func ("/engine-keep/" idea, function)
  ADD ("after-the-handle", test_after_the_handle);
  ADD ("before-the-handle", test_before_the_handle);
  ADD ("before-the-handle-unanswered", test_before_the_handle_unanswered);
  ADD ("half-answered", test_half_answered);
  ADD ("deadly-question", test_deadly_question);
  ADD ("order", test_order);
  ADD ("context-notes", test_context_notes);
  ADD ("never-back", test_never_back);
  ADD ("switched-off", test_switched_off);
  ADD ("caller-goes", test_caller_goes);
  ADD ("go-away-deadline", test_go_away_deadline);
  ADD ("result-waits", test_result_waits);
  ADD ("result-is-dropped", test_result_is_dropped);
  ADD ("no-sample-lost", test_no_sample_lost);
  ADD ("pace", test_pace);
  ADD ("slow-socket", test_slow_socket);
  return g_test_run ();
}
