/* Owns: tests of a daemon whose server misbehaves, and of what it tells about itself: dump, log.
 * Thread: main.
 * Called by: meson test. */
#include "service-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/live-names.h"

/* Words that occur nowhere but in what is said. */
#define QUESTION "Please mention the xylophone heist"
#define ANSWER "marzipan submarine"

static void
ask (Service *service, const char *question)
{
  g_autofree char *parameters = g_strdup_printf ("('%s', @a{sv} {})", question);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
      service_call (service->connection, LIVE_IFACE_SESSION, "Ask", parameters, &error);
  const char *reply;

  g_assert_no_error (error);
  g_variant_get (answer, "(&s@a{sv})", &reply, NULL);
  g_assert_cmpstr (reply, !=, "");
}

/* Nonsense comes as soon as the session is ready; the conversation goes on as if nothing was. */
static const char nonsense[] =
    "{\"steps\": [{\"on\": \"ready\", \"do\": ["
    "{\"send_raw\": \"{\", \"frame\": \"text\"},"
    "{\"send_raw\": \"not json at all\", \"frame\": \"text\"},"
    "{\"send_raw\": \"\", \"frame\": \"binary\"},"
    "{\"send_raw\": \"[1, 2]\", \"frame\": \"text\"},"
    "{\"send_raw\": \"{\\\"serverContent\\\": 5}\", \"frame\": \"binary\"},"
    "{\"send_raw\": \"{\\\"serverContent\\\": {\\\"modelTurn\\\": {\\\"parts\\\": 7}}}\","
    " \"frame\": \"text\"},"
    "{\"send\": {}},"
    "{\"send\": {\"serverContent\": {}}},"
    "{\"send\": {\"surprise\": {\"a\": [1, 2, {\"b\": null}]}}},"
    "{\"send\": {\"serverContent\": {\"newFashion\": true}}},"
    "{\"send\": {\"toolCallCancellation\": {\"ids\": [\"nobody-knows\"]}}},"
    "{\"send_padded\": 3000000}"
    "]}]}";

static void
test_nonsense (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error);

  g_assert_no_error (error);
  ask (service, QUESTION);
  ask (service, QUESTION);
  g_assert_cmpuint (service_get_statistic (service, "connects"), ==, 1);
  g_assert_cmpuint (service_get_statistic (service, "bad-messages"), >=, 5);
  g_assert_cmpuint (service_get_statistic (service, "empty-messages"), >=, 1);
  g_assert_cmpstr (live_dbus_session_get_state (service->session), ==, "online");
}

/* Larger than allowed: the connection ends, is counted, and the conversation comes back. */
static const char oversized[] = "{\"steps\": [{\"on\": \"ready\", \"connection\": 1, \"do\": ["
                                "{\"send_padded\": 2000000}]}]}";

static void
test_oversized (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error);
  guint index = 0;

  g_assert_no_error (error);
  service_wait_event (service, &index, "State=online");
  service_wait_event (service, &index, "State=online");
  ask (service, QUESTION);
  g_assert_cmpuint (service_get_statistic (service, "connects"), ==, 2);
  g_assert_cmpuint (service_get_statistic (service, "closes-too-large"), ==, 1);
}

/* The connection breaks within an answer: the turn ends all the same, exactly once. */
static const char broken[] = "{\"steps\": [{\"on\": \"sound\", \"connection\": 1, \"do\": ["
                             "{\"abort\": true}]}]}";

static void
test_broken_answer (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  guint index = 0;

  reply = service_call (service->connection, LIVE_IFACE_SESSION, "SendText",
                        "('" QUESTION "', @a{sv} {})", &error);
  g_assert_no_error (error);
  service_wait_event (service, &index, "TurnComplete 1 ");
  g_assert_cmpint (service_find_event (service, index, "TurnComplete 1 "), ==, -1);
  ask (service, QUESTION);
}

static char *
read_dump (Service *service)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) handle = NULL;
  g_autoptr (GError) error = NULL;
  GString *text = g_string_new (NULL);
  char buffer[4096];
  gssize n_bytes;
  int fd;

  live_dbus_manager_call_dump_sync (service->manager, g_variant_new ("a{sv}", NULL), NULL, &handle,
                                    &fds, NULL, &error);
  g_assert_no_error (error);
  fd = g_unix_fd_list_get (fds, g_variant_get_handle (handle), &error);
  g_assert_no_error (error);

  /* From its start, and for nobody to change. */
  while ((n_bytes = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n_bytes);
  g_assert_cmpint (n_bytes, ==, 0);
  g_assert_cmpint (fcntl (fd, F_GET_SEALS), ==,
                   F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  g_assert_cmpint (write (fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPERM);
  close (fd);
  return g_string_free (text, FALSE);
}

static void
assert_discreet (const char *what, const char *text)
{
  static const char *const secrets[] = { SERVICE_KEY, "xylophone",    "XYLOPHONE",
                                         "marzipan",  "garden gnome", "TheKeyOf" };

  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    if (strstr (text, secrets[i]) != NULL)
      g_error ("the %s holds “%s”: %s", what, secrets[i], text);
}

static const char telling[] = "{\"steps\": [{\"on\": \"text\", \"instead\": true, \"do\": ["
                              "{\"say\": \"" ANSWER "\"}]}]}";

static void
test_dump_and_log_are_discreet (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *dump = NULL;
  g_autofree char *log = NULL;
  guint index = 0;

  reply = service_call (service->connection, LIVE_IFACE_SESSION, "SetSystemInstruction",
                        "('You are a garden gnome.',)", &error);
  g_assert_no_error (error);
  ask (service, QUESTION);
  /* It was said: otherwise its absence would prove nothing. */
  g_assert_nonnull (strstr (service_wait_event (service, &index, "OutputTranscript "), "marzipan"));
  service_wait_event (service, &index, "TurnComplete ");
  ask (service, QUESTION);

  dump = read_dump (service);
  assert_discreet ("dump", dump);
  g_assert_true (g_utf8_validate (dump, -1, NULL));
  g_assert_nonnull (strstr (dump, "lived "));
  g_assert_nonnull (strstr (dump, "session.model"));
  g_assert_nonnull (strstr (dump, "online"));

  /* With --verbose, at the most talkative level that there is. */
  log = service_read_log (service);
  g_assert_cmpuint (strlen (log), >, 100);
  assert_discreet ("log", log);
}

static void
test_manager (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *const *features = live_dbus_manager_get_features (service->manager);

  g_assert_cmpstr (live_dbus_manager_get_version (service->manager), !=, "");
  g_assert_true (g_strv_contains (features, "pipewire"));
  reply = service_call (service->connection, LIVE_IFACE_MANAGER, "Reload", "(@a{sv} {},)", &error);
  g_assert_no_error (error);
  /* Online is a proof, and stays. */
  g_clear_pointer (&reply, g_variant_unref);
  reply = service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error);
  g_assert_no_error (error);
  g_clear_pointer (&reply, g_variant_unref);
  reply = service_call (service->connection, LIVE_IFACE_MANAGER, "CheckCredentials", "(@a{sv} {},)",
                        &error);
  g_assert_no_error (error);
  g_assert_cmpstr (live_dbus_session_get_state (service->session), ==, "online");
}

/* A newer daemon takes the name; the older one leaves by itself and without an error. */
static void
test_replace (Service *service, gconstpointer data)
{
  static const char *const replace[] = { "--replace", NULL };
  static const ServiceParts parts = { .options = replace };
  g_autoptr (GSubprocess) older = g_object_ref (service->lived);
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;
  g_autofree char *owner = NULL;
  g_autofree char *new_owner = NULL;

  g_assert_cmpint (service_run_lived (service, NULL, &words), ==, 6);
  g_assert_nonnull (strstr (words, "--replace"));

  owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (service->session));
  service_start_lived (service, &parts);
  g_subprocess_wait (older, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (older));
  g_assert_cmpint (g_subprocess_get_exit_status (older), ==, 0);
  ask (service, QUESTION);
  new_owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (service->session));
  g_assert_cmpstr (new_owner, !=, owner);
}

/* Calls that wait when the daemon ends get an error, and the daemon ends with 0. */
static const char slow[] = "{\"steps\": [{\"on\": \"setup\", \"instead\": true, \"do\": []}]}";

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = NULL;

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, data);
  g_assert_null (reply);
}

static gboolean
is_connecting (Service *service)
{
  return g_strcmp0 (live_dbus_session_get_state (service->session), "connecting") == 0;
}

static void
test_end_answers_waiting_calls (Service *service, gconstpointer data)
{
  GError *error = NULL;

  g_dbus_connection_call (service->connection, LIVE_BUS_NAME, LIVE_OBJECT_PATH, LIVE_IFACE_SESSION,
                          "Connect", g_variant_new_parsed ("(@a{sv} {},)"), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_done, &error);
  service_wait (service, "connecting", is_connecting);
  g_assert_cmpint (service_stop_lived (service), ==, 0);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  service_assert_error (error, "NotConnected", NULL);
  g_error_free (error);
}

static gboolean
is_bus_closed (Service *service)
{
  return g_dbus_connection_is_closed (service->connection);
}

/* A daemon without a bus is of no use to anybody; systemd may start it again. */
static void
test_bus_is_gone (Service *service, gconstpointer data)
{
  g_autoptr (GSubprocess) lived = g_steal_pointer (&service->lived);
  g_autoptr (GError) error = NULL;

  g_test_dbus_stop (service->bus);
  g_subprocess_wait (lived, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (lived));
  g_assert_cmpint (g_subprocess_get_exit_status (lived), ==, 3);
  service_wait (service, "the end of our own connection", is_bus_closed);
}

/* The server does not answer the close frame, and who asks twice does not wait for it. */
static const char stalled[] =
    "{\"steps\": [{\"on\": \"ready\", \"do\": [{\"stall_ms\": 100000000}]}]}";

static gboolean
has_begun_to_stop (Service *service)
{
  g_autofree char *log = service_read_log (service);

  return strstr (log, "asked to stop") != NULL;
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_second_signal_ends_at_once (Service *service, gconstpointer data)
{
  g_autoptr (GSubprocess) lived = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  guint tick_id;

  reply = service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error);
  g_assert_no_error (error);
  g_subprocess_send_signal (service->lived, SIGINT);
  /* A file tells nobody that it has grown. */
  tick_id = g_timeout_add (10, on_look_again, NULL);
  service_wait (service, "the first signal", has_begun_to_stop);
  g_source_remove (tick_id);
  lived = g_steal_pointer (&service->lived);
  g_subprocess_send_signal (lived, SIGTERM);
  g_subprocess_wait (lived, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (lived));
  g_assert_cmpint (g_subprocess_get_exit_status (lived), ==, 1);
}

/* The service takes nothing any more while a client tells it one thing after another: the
 * client hears of it, and the daemon does not keep it all. */
static void
test_stalled_service_is_said (Service *service, gconstpointer data)
{
  g_autofree char *words = g_strnfill (60 * 1000, 'w');
  g_autofree char *parameters = g_strdup_printf ("('%s', {'context': <true>})", words);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      service_call (service->connection, LIVE_IFACE_SESSION, "Connect", "(@a{sv} {},)", &error);
  guint n_sent = 0;

  g_assert_no_error (error);
  g_subprocess_send_signal (service->simulator, SIGSTOP);
  while (error == NULL && n_sent < 1000)
    {
      g_autoptr (GVariant) turn =
          service_call (service->connection, LIVE_IFACE_SESSION, "SendText", parameters, &error);

      n_sent += turn != NULL;
    }
  g_test_message ("%u messages were taken", n_sent);
  service_assert_error (error, "LimitExceeded", "takes no messages");
  g_assert_cmpuint (n_sent * 60 * 1000, >=, 3 * 1000 * 1000);
  g_assert_cmpuint (service_get_statistic (service, "refused-sends"), ==, 1);
  g_assert_cmpstr (live_dbus_session_get_state (service->session), ==, "online");
}

int
main (int argc, char *argv[])
{
  static const char *const small[] = { "--set=link.max-message-bytes=1000000", NULL };
  static const ServiceParts nonsense_parts = { .scenario = nonsense };
  static const ServiceParts oversized_parts = { .scenario = oversized, .options = small };
  static const ServiceParts broken_parts = { .scenario = broken };
  static const ServiceParts telling_parts = { .scenario = telling };
  static const ServiceParts slow_parts = { .scenario = slow };
  static const ServiceParts stalled_parts = { .scenario = stalled };

  g_test_init (&argc, &argv, NULL);
  g_test_dbus_unset ();
#define ADD(name, parts, function)                                                                 \
  g_test_add ("/faults/" name, Service, parts, service_set_up, function, service_tear_down)
  ADD ("nonsense-is-survived-and-counted", &nonsense_parts, test_nonsense);
  ADD ("oversized-is-survived-and-counted", &oversized_parts, test_oversized);
  ADD ("broken-answer-ends-its-turn", &broken_parts, test_broken_answer);
  ADD ("dump-and-log-are-discreet", &telling_parts, test_dump_and_log_are_discreet);
  ADD ("stalled-service-is-said", NULL, test_stalled_service_is_said);
  ADD ("manager", NULL, test_manager);
  ADD ("replace", NULL, test_replace);
  ADD ("bus-is-gone", NULL, test_bus_is_gone);
  ADD ("second-signal-ends-at-once", &stalled_parts, test_second_signal_ends_at_once);
  ADD ("end-answers-waiting-calls", &slow_parts, test_end_answers_waiting_calls);
#undef ADD
  return g_test_run ();
}
