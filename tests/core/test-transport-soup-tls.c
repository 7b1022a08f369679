/* Owns: the proof of the real transport over TLS.
 * Thread: main.
 * Called by: meson test. */
#include "fake/soup-host.h"

/* The same over TLS, which has streams of its own below libsoup's. */
static void
test_tls (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("LIVE_TEST_DATA"), "tls", "server.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GTlsDatabase) trusted = NULL;
  g_autoptr (SoupHost) host = NULL;
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = NULL;
  g_autofree char *large = g_strnfill (1024 * 1024, 'a');

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_test_skip ("glib-networking is not installed");
      return;
    }
  certificate = g_tls_certificate_new_from_file (path, &error);
  g_assert_no_error (error);

  /* Nobody vouches for this server. */
  host = soup_host_new_with (certificate);
  url = g_strconcat (host->url, "/ws", NULL);
  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpuint (rig->n_opened, ==, 0);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_TRANSPORT);
  g_assert_cmpuint (host->n_peers, ==, 0);

  trusted = g_tls_file_database_new (path, &error);
  g_assert_no_error (error);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), trusted);
  soup_host_meet (host, rig);
  soup_websocket_connection_send_binary (host->peer, large, 1024 * 1024);
  transport_rig_check_message (rig, 0, large);
  live_transport_send_text (rig->transport, large, -1);
  transport_rig_wait_until (&host->received->len, 1);
  g_assert_cmpstr (g_ptr_array_index (host->received, 0), ==, large);
  g_assert_true (live_transport_is_writable (rig->transport));
  soup_websocket_connection_close (host->peer, 1008, "The operation was aborted.");
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_FRAME);
  g_assert_cmpuint (rig->info.code, ==, 1008);

  soup_host_meet (host, rig);
  live_transport_close (rig->transport, 1000);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_LOCAL);
  g_tls_backend_set_default_database (g_tls_backend_get_default (), NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-soup-tls/talks-and-refuses", test_tls);
  return g_test_run ();
}
