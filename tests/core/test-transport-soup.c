/* Owns: the proof of the real transport against a proper server in this process.
 * Thread: main.
 * Called by: meson test. */
#include "io/live-transport-soup.h"

#include <string.h>

#include "fake/soup-host.h"

static void
test_text_and_binary (void)
{
  g_autoptr (SoupHost) host = soup_host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  soup_host_meet (host, rig);
  g_assert_cmpstr (host->key, ==, "secret-value");
  soup_websocket_connection_send_text (host->peer, "{\"a\":1}");
  soup_websocket_connection_send_binary (host->peer, "{\n}\n", 4);
  transport_rig_check_message (rig, 0, "{\"a\":1}");
  transport_rig_check_message (rig, 1, "{\n}\n");

  live_transport_send_text (rig->transport, "{\"setup\":{}}", -1);
  live_transport_send_text (rig->transport, "{\"x\":1}and more", 7);
  transport_rig_wait_until (&host->received->len, 2);
  g_assert_cmpstr (g_ptr_array_index (host->received, 0), ==, "{\"setup\":{}}");
  g_assert_cmpstr (g_ptr_array_index (host->received, 1), ==, "{\"x\":1}");
  g_assert_cmpuint (live_transport_stats (rig->transport)->messages_sent, ==, 2);
  g_assert_cmpuint (live_transport_stats (rig->transport)->bytes_received, ==, 11);
}

static void
test_large_message (void)
{
  g_autoptr (SoupHost) host = soup_host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  gsize size = 3 * 1024 * 1024;
  g_autofree char *data = g_malloc (size + 1);

  memset (data, 'a', size);
  data[size] = '\0';
  soup_host_meet (host, rig);
  soup_websocket_connection_send_binary (host->peer, data, size);
  transport_rig_check_message (rig, 0, data);
}

static void
test_message_over_the_limit (void)
{
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  LiveSetting setting = LIVE_SETTING_LINK_MAX_MESSAGE_BYTES;
  GVariant *value = g_variant_new_uint32 (200 * 1024);
  g_autoptr (LiveSettings) settings = live_settings_new_with (defaults, &setting, &value, 1);
  g_autoptr (SoupHost) host = soup_host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (settings);
  g_autofree char *data = g_malloc0 (300 * 1024);

  soup_host_meet (host, rig);
  soup_websocket_connection_send_binary (host->peer, data, 300 * 1024);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_PROTOCOL);
  g_assert_cmpuint (rig->info.code, ==, 1009);
  g_assert_cmpuint (rig->messages->len, ==, 0);
}

static void
test_close_frames (void)
{
  static const struct
  {
    gushort code;
    const char *words;
  } cases[] = {
    { 1000, "The operation was cancelled." },
    { 1007, "API key not valid. Please pass a valid API key." },
    { 1008, "models/x is not found for API version v1beta" },
    { 1011, "You exceeded your current quota" },
  };
  g_autoptr (SoupHost) host = soup_host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  /* One transport, one connection after the other. */
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      soup_host_meet (host, rig);
      soup_websocket_connection_close (host->peer, cases[i].code, cases[i].words);
      transport_rig_wait_until (&rig->n_closed, 1);
      g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_FRAME);
      g_assert_cmpuint (rig->info.code, ==, cases[i].code);
      g_assert_cmpstr (rig->info.reason, ==, cases[i].words);
    }
}

static void
test_own_close (void)
{
  g_autoptr (SoupHost) host = soup_host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  soup_host_meet (host, rig);
  live_transport_close (rig->transport, 1000);
  g_assert_cmpuint (rig->n_closed, ==, 0);
  live_transport_send_text (rig->transport, "{}", -1);
  g_assert_cmpuint (live_transport_stats (rig->transport)->late_sends, ==, 1);
  g_assert_false (live_transport_is_writable (rig->transport));
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_LOCAL);
  live_transport_send_text (rig->transport, "{}", -1);
  live_transport_close (rig->transport, 1000);
  g_assert_cmpuint (live_transport_stats (rig->transport)->late_sends, ==, 2);
  soup_host_meet (host, rig);
}

static void
test_refused_upgrade (void)
{
  g_autoptr (SoupHost) host = soup_host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);
  g_autofree char *url = g_strconcat (host->url, "/refused", NULL);

  host->status = 429;
  transport_rig_open (rig, url);
  transport_rig_wait_until (&rig->n_closed, 1);
  g_assert_cmpuint (rig->n_opened, ==, 0);
  g_assert_cmpint (rig->info.origin, ==, LIVE_CLOSE_HTTP);
  g_assert_cmpuint (rig->info.http_status, ==, 429);
  g_assert_cmpstr (rig->info.reason, ==, "You exceeded your current quota. (RESOURCE_EXHAUSTED)");
  g_assert_cmpint (rig->info.retry_after_us, ==, 7 * G_USEC_PER_SEC);
}

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if (level & G_LOG_LEVEL_WARNING)
    {
      (*(guint *) data)++;
      return G_LOG_WRITER_HANDLED;
    }
  return g_log_writer_default (level, fields, n_fields, NULL);
}

static guint n_warnings;

static void
test_broken_text_is_not_sent (void)
{
  g_autoptr (SoupHost) host = soup_host_new ();
  g_autoptr (TransportRig) rig = transport_rig_new (NULL);

  soup_host_meet (host, rig);
  n_warnings = 0;
  live_transport_send_text (rig->transport, "{\"text\":\"\xff\"}", -1);
  g_assert_cmpuint (n_warnings, ==, 1);
  live_transport_send_text (rig->transport, "{}", -1);
  transport_rig_wait_until (&host->received->len, 1);
  g_assert_cmpstr (g_ptr_array_index (host->received, 0), ==, "{}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_warnings, &n_warnings, NULL);
  g_test_add_func ("/transport-soup/text-and-binary", test_text_and_binary);
  g_test_add_func ("/transport-soup/large-message", test_large_message);
  g_test_add_func ("/transport-soup/message-over-the-limit", test_message_over_the_limit);
  g_test_add_func ("/transport-soup/close-frames", test_close_frames);
  g_test_add_func ("/transport-soup/own-close", test_own_close);
  g_test_add_func ("/transport-soup/refused-upgrade", test_refused_upgrade);
  g_test_add_func ("/transport-soup/broken-text-is-not-sent", test_broken_text_is_not_sent);
  return g_test_run ();
}
