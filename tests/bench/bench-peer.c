/* Owns: the benchmark's other side: service, mouth and ear in one process, so that all times come
 * from one clock.
 * Thread: main; see bench-graph.c for PipeWire's.
 * Called by: bench.py, which writes orders to standard input and reads a line of JSON for each:
 *   calibrate N                       how late the sink's monitor tells what the sink got, in ms;
 *                                     taken off from then on
 *   mouth N, speaker N, interrupt N   N measurements, in ms
 *   talk S                            speaks for S seconds in real time
 *   state                             whether the daemon is online and heard
 *   quit */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <unistd.h>

#include "bench-graph.h"
#include "bench-service.h"

#define POLL_MS 2
#define GIVE_UP_MS 3000
#define TALK_PIECE_MS 100
#define FRAME_NS (1000000000 / 48000)

typedef enum
{
  ORDER_CALIBRATE,
  ORDER_MOUTH,
  ORDER_SPEAKER,
  ORDER_INTERRUPT,
  ORDER_TALK,
  N_ORDERS,
} Order;

static const char *const order_names[] = { "calibrate", "mouth", "speaker", "interrupt", "talk" };

typedef enum
{
  STEP_PAUSE,   /* until due_us, then start */
  STEP_WAIT,    /* for the sound */
  STEP_PLAYING, /* interrupt: let it sound until due_us */
  STEP_SILENCE, /* interrupt: silence has had time enough at due_us */
} Step;

typedef struct
{
  GMainLoop *loop;
  BenchService *service;
  BenchGraph *graph;
  GDataInputStream *input;

  guint timer_id;
  Order order;
  Step step;
  guint n_left, n_missed;
  gint64 due_us, give_up_us, start_ns;
  GArray *results_ms; /* of double */
} Peer;

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void read_order (Peer *peer);

static void
report (Peer *peer)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "{\"order\":\"%s\",\"quantum_frames\":%u,\"missed\":%u,\"ms\":[",
                          order_names[peer->order], bench_graph_quantum_frames (peer->graph),
                          peer->n_missed);
  for (guint i = 0; i < peer->results_ms->len; i++)
    g_string_append_printf (line, "%s%.3f", i > 0 ? "," : "",
                            g_array_index (peer->results_ms, double, i));
  puts (g_string_append (line, "]}")->str);
  fflush (stdout);
}

/* The median: one disturbed cycle must not shift all that follows. */
static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
take_calibration (Peer *peer)
{
  if (peer->results_ms->len == 0)
    return;
  g_array_sort (peer->results_ms, compare_doubles);
  bench_graph_set_monitor_late_ns (
      peer->graph,
      (gint64) (g_array_index (peer->results_ms, double, peer->results_ms->len / 2) * 1e6));
}

/* From one measurement's end to the next one's start: random, so that the cuts fall anywhere in
 * the graph's cycle. */
static void
pause_for (Peer *peer, int from_ms, int to_ms)
{
  peer->step = STEP_PAUSE;
  peer->due_us = g_get_monotonic_time () + g_random_int_range (from_ms, to_ms) * 1000 +
                 g_random_int_range (0, 1000);
}

static void
settle (Peer *peer, gint64 end_ns)
{
  double result_ms = (double) (end_ns - peer->start_ns) / 1e6;

  if (end_ns > 0)
    g_array_append_val (peer->results_ms, result_ms);
  else
    peer->n_missed++;
  peer->n_left--;
  pause_for (peer, peer->order == ORDER_MOUTH ? 80 : 350, peer->order == ORDER_MOUTH ? 180 : 600);
}

static void
start_one (Peer *peer)
{
  peer->step = STEP_WAIT;
  peer->give_up_us = g_get_monotonic_time () + GIVE_UP_MS * 1000;
  switch (peer->order)
    {
    case ORDER_CALIBRATE:
      bench_graph_set_monitor_late_ns (peer->graph, 0);
      bench_graph_listen (peer->graph);
      bench_graph_click (peer->graph, BENCH_CLICK_SPEAKER);
      break;

    case ORDER_MOUTH:
      bench_service_listen (peer->service);
      bench_graph_click (peer->graph, BENCH_CLICK_MOUTH);
      break;

    case ORDER_SPEAKER:
      bench_graph_listen (peer->graph);
      peer->start_ns = now_ns ();
      bench_service_speak (peer->service, 60);
      bench_service_end_turn (peer->service);
      break;

    case ORDER_INTERRUPT:
      bench_graph_listen (peer->graph);
      bench_service_speak (peer->service, 3000);
      break;

    case ORDER_TALK:
      bench_service_speak (peer->service, TALK_PIECE_MS);
      peer->n_left--;
      peer->step = STEP_PAUSE;
      peer->due_us += TALK_PIECE_MS * 1000;
      if (peer->n_left == 0)
        bench_service_end_turn (peer->service);
      break;

    case N_ORDERS:
      g_assert_not_reached ();
    }
}

static void
look (Peer *peer, gint64 now_us)
{
  gint64 heard_ns;

  if (peer->order == ORDER_MOUTH)
    {
      gint64 clicked_ns = bench_graph_clicked_ns (peer->graph);

      /* A microphone delivers a period when it is over: the click, the first sample of its period,
       * left the mouth a quantum before the cycle that delivers it. */
      peer->start_ns = clicked_ns - bench_graph_quantum_frames (peer->graph) * FRAME_NS;
      heard_ns = clicked_ns > 0 ? bench_service_heard_ns (peer->service) : 0;
    }
  else
    heard_ns = bench_graph_first_heard_ns (peer->graph);
  if (peer->order == ORDER_CALIBRATE)
    peer->start_ns = bench_graph_clicked_ns (peer->graph);

  if (heard_ns > 0 && peer->order == ORDER_INTERRUPT)
    {
      peer->step = STEP_PLAYING;
      peer->due_us = now_us + g_random_int_range (250, 400) * 1000 + g_random_int_range (0, 1000);
    }
  else if (heard_ns > 0 || now_us > peer->give_up_us)
    settle (peer, heard_ns);
}

static gboolean
on_tick (gpointer data)
{
  Peer *peer = data;
  gint64 now_us = g_get_monotonic_time ();

  switch (peer->step)
    {
    case STEP_PAUSE:
      if (peer->n_left == 0)
        {
          peer->timer_id = 0;
          if (peer->order == ORDER_CALIBRATE)
            take_calibration (peer);
          report (peer);
          read_order (peer);
          return G_SOURCE_REMOVE;
        }
      if (now_us >= peer->due_us)
        start_one (peer);
      break;

    case STEP_WAIT:
      look (peer, now_us);
      break;

    case STEP_PLAYING:
      if (now_us < peer->due_us)
        break;
      peer->start_ns = now_ns ();
      bench_service_interrupt (peer->service);
      peer->step = STEP_SILENCE;
      peer->due_us = now_us + 400 * 1000;
      break;

    case STEP_SILENCE:
      if (now_us >= peer->due_us)
        settle (peer, MAX (bench_graph_last_heard_ns (peer->graph), peer->start_ns));
      break;
    }
  return G_SOURCE_CONTINUE;
}

/* FALSE when the line is no order. */
static gboolean
obey (Peer *peer, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 2);
  guint n = words[0] != NULL && words[1] != NULL ? (guint) atoi (words[1]) : 0;

  if (g_strcmp0 (words[0], "state") == 0)
    {
      printf ("{\"online\":%s,\"heard_frames\":%" G_GUINT64_FORMAT "}\n",
              bench_service_is_online (peer->service) ? "true" : "false",
              bench_service_frames (peer->service));
      fflush (stdout);
      read_order (peer);
      return TRUE;
    }
  for (guint i = 0; i < N_ORDERS; i++)
    if (g_strcmp0 (words[0], order_names[i]) == 0 && n > 0)
      {
        peer->order = i;
        peer->n_left = i == ORDER_TALK ? n * 1000 / TALK_PIECE_MS : n;
        peer->n_missed = 0;
        g_array_set_size (peer->results_ms, 0);
        peer->step = STEP_PAUSE;
        peer->due_us = g_get_monotonic_time ();
        peer->timer_id = g_timeout_add (i == ORDER_TALK ? 10 : POLL_MS, on_tick, peer);
        return TRUE;
      }
  return FALSE;
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer data)
{
  Peer *peer = data;
  g_autofree char *line = g_data_input_stream_read_line_finish (peer->input, result, NULL, NULL);

  if (line == NULL || strcmp (line, "quit") == 0 || !obey (peer, line))
    g_main_loop_quit (peer->loop);
}

static void
read_order (Peer *peer)
{
  g_data_input_stream_read_line_async (peer->input, G_PRIORITY_DEFAULT, NULL, on_line, peer);
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GDataInputStream) lines = g_data_input_stream_new (input);
  g_autoptr (BenchService) service = bench_service_new (&error);
  g_autoptr (BenchGraph) graph = bench_graph_new ();
  g_autoptr (GArray) results_ms = g_array_new (FALSE, FALSE, sizeof (double));
  Peer peer = {
    .loop = loop, .service = service, .graph = graph, .input = lines, .results_ms = results_ms
  };

  if (service == NULL || graph == NULL)
    {
      fprintf (stderr, "live-bench-peer: %s\n", error != NULL ? error->message : "no PipeWire");
      return 1;
    }
  printf ("listening on ws://127.0.0.1:%u\n", bench_service_port (service));
  fflush (stdout);
  read_order (&peer);
  g_main_loop_run (loop);
  g_clear_handle_id (&peer.timer_id, g_source_remove);
  return 0;
}
