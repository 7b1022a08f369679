/* Owns: the proof of the real transport against peers that misbehave.
 * Thread: main; the raw server has its own threads.
 * Called by: meson test. */
#include <string.h>

#include "fake/raw-server.h"
#include "fake/transport-rig.h"

#define DEADLINE_US (20 * G_USEC_PER_SEC)

/* Answers that no proper server gives. */
static void
test_strange_answers (void)
{
  static const struct
  {
    RawBehaviour behaviour;
    const char *says;
    LiveCloseOrigin origin;
    guint status;
    const char *reason;
  } cases[] = {
    { RAW_SERVER_SAYS, "SSH-2.0-OpenSSH_9.2\r\n\r\n", LIVE_CLOSE_TRANSPORT, 0, NULL },
    { RAW_SERVER_SAYS, "", LIVE_CLOSE_TRANSPORT, 0, NULL },
    { RAW_SERVER_SAYS, "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      LIVE_CLOSE_TRANSPORT, 0, NULL },
    { RAW_SERVER_SAYS, "HTTP/1.1 503 Service Unavailable\r\n\r\n", LIVE_CLOSE_HTTP, 503,
      "Service Unavailable" },
    { RAW_SERVER_SAYS, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", LIVE_CLOSE_HTTP, 404,
      "Not Found" },
    { RAW_SERVER_SAYS, "HTTP/1.1 502 Bad\r\nContent-Type: text/html\r\n\r\n<h1>A\nproxy</h1>",
      LIVE_CLOSE_HTTP, 502, "<h1>A proxy</h1>" },
    /* The rest of the body never comes; what came is said all the same. */
    { RAW_SERVER_SAYS_STAYS, "HTTP/1.1 403 No\r\nContent-Length: 9999\r\n\r\nleave",
      LIVE_CLOSE_HTTP, 403, "leave" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawServer) server = raw_server_new (cases[i].behaviour, cases[i].says);
      g_autoptr (TransportRig) rig = transport_rig_new (NULL);
      g_autofree char *url = raw_server_url (server);

      transport_rig_open (rig, url);
      transport_rig_wait_until (&rig->n_closed, 1);
      g_test_message ("%s", rig->info.reason);
      g_assert_cmpint (rig->info.origin, ==, cases[i].origin);
      g_assert_cmpuint (rig->info.http_status, ==, cases[i].status);
      if (cases[i].reason != NULL)
        g_assert_cmpstr (rig->info.reason, ==, cases[i].reason);
      g_assert_cmpuint (rig->n_opened, ==, 0);
    }
}

static void
test_endless_header (void)
{
  g_autofree char *filler = g_strnfill (64 * 1024, 'h');
  g_autofree char *says = g_strconcat ("HTTP/1.1 101 OK\r\nX-Long: ", filler, NULL);
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_SAYS_STAYS, says);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);

  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_TRANSPORT);
}

static void
test_abort (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_DROPS, NULL);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);

  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpuint (rig->n_opened, ==, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_TRANSPORT);
  g_assert_cmpuint (rig->info.code, ==, 1006);
}

static void
test_nobody_there (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_SILENT, NULL);
  g_autofree char *url = raw_server_url (server);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  /* The port was free a moment ago and is again. */
  g_clear_pointer (&server, raw_server_free);
  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_TRANSPORT);
  g_assert_cmpuint (rig->info.code, ==, 1006);
}

static void
test_close_while_dialling (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_SILENT, NULL);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);
  g_autofree char *request = NULL;

  /* At the very first moment … */
  transport_rig_open (rig, url);
  live_transport_close (rig->transport, 1000);
  g_assert_cmpuint (rig->n_closed, ==, 0);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_LOCAL);

  /* … and while the answer is awaited. */
  transport_rig_open (rig, url);
  while ((request = raw_server_request (server)) == NULL)
    g_main_context_iteration (NULL, FALSE);
  g_assert_nonnull (strstr (request, "\r\nx-goog-api-key: secret-value\r\n"));
  live_transport_close (rig->transport, 1000);
  g_assert_cmpuint (rig->n_closed, ==, 0);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_LOCAL);
}

static void
test_free_at_any_time (void)
{
  for (guint stage = 0; stage < 3; stage++)
    {
      g_autoptr (RawServer) server =
          raw_server_new (stage == 2 ? RAW_SERVER_DEAF : RAW_SERVER_SILENT, NULL);
      g_autoptr (TransportRig) rig = transport_rig_new (NULL);
      g_autofree char *url = raw_server_url (server);

      transport_rig_open (rig, url);
      if (stage == 1)
        {
          g_autofree char *request = NULL;

          while ((request = raw_server_request (server)) == NULL)
            g_main_context_iteration (NULL, FALSE);
        }
      if (stage == 2)
        transport_rig_wait_until (&rig->messages->len, 1);
      g_clear_pointer (&rig->transport, live_transport_free);
      /* Freed is silent: the callbacks assert on a second closed, this on a first. */
      for (guint i = 0; i < 100; i++)
        g_main_context_iteration (NULL, FALSE);
      g_assert_cmpuint (rig->n_closed, ==, 0);
    }
}

static void
test_bad_targets (void)
{
  static const char *const urls[] = {
    "", "ws://", "http://127.0.0.1/", "ws://127.0.0.1:notaport/", "wss:", "nonsense"
  };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (TransportRig) rig = transport_rig_new (NULL);

      transport_rig_open (rig, urls[i]);
      transport_rig_wait_until (&rig->n_closed, 1);
      g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_PROTOCOL);
    }
}

static void
test_header_can_not_break_out (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_SILENT, NULL);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);
  char name[] = "x-goog-api-key", value[] = "abc\r\nX-Evil: 1";
  char *headers[] = { name, value, NULL };
  LiveTransportTarget target = { url, headers };

  live_transport_open (rig->transport, &target);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_PROTOCOL);
  g_assert_null (strstr (rig->info.reason, "abc"));
  g_assert_null (raw_server_request (server));
}

/* A frame in the same segment as the upgrade's answer is not lost. */
static void
test_eager_server (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_DEAF, NULL);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);

  transport_rig_open (rig, url);
  transport_rig_check_message (rig, 0, "{}");
}

static void
test_back_pressure (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_DEAF, NULL);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);
  g_autofree char *chunk = g_strnfill (1700, 'a');
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  gsize n_sent = 0;

  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_opened, 1);
  g_assert_true (live_transport_is_writable (rig->transport));
  while (live_transport_is_writable (rig->transport))
    {
      live_transport_send_text (rig->transport, chunk, -1);
      n_sent += 1700;
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
    }
  /* A peer that reads nothing makes itself felt; the event comes only once it reads. */
  g_assert_cmpuint (rig->n_writable, ==, 0);
  raw_server_listen (server);
  transport_rig_wait_until (&rig->n_writable, 1);
  g_assert_true (live_transport_is_writable (rig->transport));
  while (raw_server_n_read (server) < n_sent)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      g_main_context_iteration (NULL, FALSE);
    }
}

/* A peer that reads nothing costs a bounded amount of memory, and nothing is lost or swapped. */
static void
test_queue_is_bounded (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_DEAF, NULL);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);
  g_autofree char *chunk = g_strnfill (50 * 1000, 'a');
  gint64 deadline_us = g_get_monotonic_time () + DEADLINE_US;
  gsize n_sent = 0, n_stuck = 0;

  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_opened, 1);
  while (live_transport_send_text (rig->transport, chunk, -1))
    {
      n_sent += 50 * 1000;
      while (g_main_context_iteration (NULL, FALSE))
        ;
      if (!live_transport_is_writable (rig->transport))
        n_stuck += 50 * 1000;
      g_assert_cmpuint (n_stuck, <=, LIVE_TRANSPORT_MAX_QUEUED_BYTES + 100 * 1000);
    }
  g_assert_cmpuint (n_stuck, >=, LIVE_TRANSPORT_MAX_QUEUED_BYTES - 100 * 1000);
  g_assert_true (live_transport_is_open (rig->transport));
  g_assert_cmpuint (live_transport_stats (rig->transport)->refused_sends, ==, 1);
  g_assert_cmpuint (live_transport_stats (rig->transport)->late_sends, ==, 0);
  g_assert_cmpuint (live_transport_stats (rig->transport)->bytes_sent, ==, n_sent);

  raw_server_listen (server);
  transport_rig_wait_until (&rig->n_writable, 1);
  g_assert_true (live_transport_send_text (rig->transport, "{}", -1));
  while (raw_server_n_read (server) < n_sent)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      g_main_context_iteration (NULL, FALSE);
    }
}

/* Codes that the library does not know are the service's word all the same. */
static void
test_rare_close_codes (void)
{
  static const struct
  {
    const char *frame;
    guint16 code;
    const char *reason;
  } cases[] = {
    { "\x88\x0b\x03\xf4Restarts.", 1012, "Restarts." },
    { "\x88\x02\x03\xf5", 1013, "" },
    { "\x88\x08\x03\xf6Upward", 1014, "Upward" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_UPGRADES, cases[i].frame);
      g_autoptr (TransportRig) rig = transport_rig_new (NULL);
      g_autofree char *url = raw_server_url (server);

      transport_rig_open (rig, url);
      transport_rig_wait_until (&rig->n_closed, 1);
      g_test_message ("%u %s", rig->info.code, rig->info.reason);
      g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_FRAME);
      g_assert_cmpuint (rig->info.code, ==, cases[i].code);
      g_assert_cmpstr (rig->info.reason, ==, cases[i].reason);
    }
}

/* The peer answers neither our close nor anything else, with our own messages stuck. */
static void
test_close_is_cut_short (void)
{
  g_autoptr (RawServer) server = raw_server_new (RAW_SERVER_DEAF, NULL);
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = raw_server_url (server);
  g_autofree char *chunk = g_strnfill (8 * 1024 * 1024, 'a');

  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_opened, 1);
  live_transport_send_text (rig->transport, chunk, -1);
  live_transport_close (rig->transport, 1000);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_LOCAL);
  g_assert_cmpuint (rig->info.code, ==, 1006);

  /* A second close does not wait. */
  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_opened, 1);
  live_transport_close (rig->transport, 1000);
  live_transport_close (rig->transport, 1000);
  g_assert_cmpuint (rig->n_closed, ==, 0);
  transport_rig_wait_until (&rig->n_closed, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-soup-raw/strange-answers", test_strange_answers);
  g_test_add_func ("/transport-soup-raw/endless-header", test_endless_header);
  g_test_add_func ("/transport-soup-raw/abort", test_abort);
  g_test_add_func ("/transport-soup-raw/nobody-there", test_nobody_there);
  g_test_add_func ("/transport-soup-raw/close-while-dialling", test_close_while_dialling);
  g_test_add_func ("/transport-soup-raw/free-at-any-time", test_free_at_any_time);
  g_test_add_func ("/transport-soup-raw/bad-targets", test_bad_targets);
  g_test_add_func ("/transport-soup-raw/header-can-not-break-out", test_header_can_not_break_out);
  g_test_add_func ("/transport-soup-raw/eager-server", test_eager_server);
  g_test_add_func ("/transport-soup-raw/back-pressure", test_back_pressure);
  g_test_add_func ("/transport-soup-raw/queue-is-bounded", test_queue_is_bounded);
  g_test_add_func ("/transport-soup-raw/rare-close-codes", test_rare_close_codes);
  g_test_add_func ("/transport-soup-raw/close-is-cut-short", test_close_is_cut_short);
  return g_test_run ();
}
