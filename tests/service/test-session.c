/* Owns: tests of org.lived.Live1.Session with a real daemon and the simulator.
 * Thread: main.
 * Called by: meson test. */
#include "service-fixture.h"

#include <string.h>

#include "base/live-names.h"

#define QUESTION "Say hello to the garden gnome"

static void
call_ok (Service *service, const char *method, const char *parameters)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      service_call (service->connection, LIVE_IFACE_SESSION, method, parameters, &error);

  g_assert_no_error (error);
  g_assert_nonnull (reply);
}

static guint64
send_text (Service *service, GDBusConnection *connection, const char *text)
{
  g_autofree char *parameters = g_strdup_printf ("('%s', @a{sv} {})", text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      service_call (connection, LIVE_IFACE_SESSION, "SendText", parameters, &error);
  guint64 turn = 0;

  g_assert_no_error (error);
  g_variant_get (reply, "(t)", &turn);
  return turn;
}

static void
test_connect_and_disconnect (Service *service, gconstpointer data)
{
  guint index = 0;

  g_assert_cmpstr (live_dbus_session_get_state (service->session), ==, "offline");
  g_assert_cmpuint (live_dbus_session_get_connected_since (service->session), ==, 0);

  call_ok (service, "Connect", "(@a{sv} {},)");
  /* No waiting: what changed was told before the reply. */
  g_assert_cmpstr (live_dbus_session_get_state (service->session), ==, "online");
  g_assert_cmpstr (live_dbus_session_get_state_reason (service->session), ==, "none");
  g_assert_cmpstr (live_dbus_session_get_context_origin (service->session), ==, "new");
  g_assert_cmpuint (live_dbus_session_get_connected_since (service->session), >,
                    (guint64) g_get_real_time () - 60 * G_USEC_PER_SEC);
  g_assert_cmpstr (live_dbus_session_get_session_id (service->session), !=, "");
  g_assert_cmpstr (live_dbus_session_get_conversation_id (service->session), !=, "");
  service_wait_event (service, &index, "State=connecting");
  service_wait_event (service, &index, "State=online");

  /* Already online: at once. */
  call_ok (service, "Connect", "(@a{sv} {},)");
  g_assert_cmpuint (service_get_statistic (service, "connects"), ==, 1);

  call_ok (service, "Disconnect", "(@a{sv} {},)");
  service_wait_state (service, "offline");
  g_assert_cmpstr (live_dbus_session_get_state_reason (service->session), ==, "user");
  g_assert_cmpuint (live_dbus_session_get_connected_since (service->session), ==, 0);
}

static void
test_ask (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GVariant) details = NULL;
  g_autoptr (GVariant) usage = NULL;
  g_autofree char *prefix = NULL;
  const char *reply;
  guint64 turn = 0, total = 0;
  gboolean is_interrupted = TRUE;
  guint index = 0;

  /* Connects on demand. */
  answer = service_call (service->connection, LIVE_IFACE_SESSION, "Ask",
                         "('" QUESTION "', {'timeout-ms': <uint32 25000>})", &error);
  g_assert_no_error (error);
  g_variant_get (answer, "(&s@a{sv})", &reply, &details);
  g_assert_cmpstr (reply, !=, "");
  g_assert_true (g_variant_lookup (details, "turn", "t", &turn));
  g_assert_cmpuint (turn, >, 0);
  g_assert_true (g_variant_lookup (details, "interrupted", "b", &is_interrupted));
  g_assert_false (is_interrupted);

  prefix = g_strdup_printf ("TurnComplete %" G_GUINT64_FORMAT " complete", turn);
  service_wait_event (service, &index, prefix);
  usage = service_get (service->connection, LIVE_IFACE_SESSION, "Usage");
  g_assert_true (g_variant_lookup (usage, "total", "t", &total));
  g_assert_cmpuint (total, >, 0);
}

static guint
count_events (Service *service, const char *prefix)
{
  guint count = 0;
  int at = -1;

  while ((at = service_find_event (service, (guint) (at + 1), prefix)) >= 0)
    count++;

  return count;
}

/* Each turn begins and ends once, its words come between, and the numbers rise. */
static void
test_turns (Service *service, gconstpointer data)
{
  guint64 before = 0;
  guint index = 0;

  for (guint i = 0; i < 3; i++)
    {
      guint64 turn = send_text (service, service->connection, QUESTION);
      g_autofree char *started = g_strdup_printf ("TurnStarted %" G_GUINT64_FORMAT " ", turn);
      g_autofree char *said = g_strdup_printf ("OutputTranscript %" G_GUINT64_FORMAT " ", turn);
      g_autofree char *made = g_strdup_printf ("GenerationComplete %" G_GUINT64_FORMAT, turn);
      g_autofree char *complete = g_strdup_printf ("TurnComplete %" G_GUINT64_FORMAT " ", turn);

      g_assert_cmpuint (turn, >, before);
      before = turn;
      g_assert_true (g_str_has_suffix (service_wait_event (service, &index, started), " text"));
      service_wait_event (service, &index, said);
      service_wait_event (service, &index, made);
      service_wait_event (service, &index, complete);
      g_assert_cmpuint (count_events (service, started), ==, 1);
      g_assert_cmpuint (count_events (service, complete), ==, 1);
    }
}

/* Whoever acts on a signal finds the state that belongs to it. */
static void
test_property_before_signal (Service *service, gconstpointer data)
{
  guint index = 0;
  int state_at, started_at, thinking_at, complete_at, idle_at;

  send_text (service, service->connection, QUESTION);
  service_wait_event (service, &index, "TurnComplete ");

  state_at = service_find_event (service, 0, "State=online");
  started_at = service_find_event (service, 0, "TurnStarted ");
  thinking_at = service_find_event (service, 0, "Activity=thinking");
  complete_at = service_find_event (service, 0, "TurnComplete ");
  g_assert_cmpint (state_at, >=, 0);
  g_assert_cmpint (state_at, <, started_at);
  g_assert_cmpint (thinking_at, >=, 0);
  g_assert_cmpint (thinking_at, <, started_at);
  idle_at = service_find_event (service, (guint) started_at, "Activity=idle");
  g_assert_cmpint (idle_at, >=, 0);
  g_assert_cmpint (idle_at, <, complete_at);
}

static void
test_two_callers (Service *service, gconstpointer data)
{
  GDBusConnection *second = service_connect (service);
  g_autoptr (GError) error = NULL;
  guint64 first_turn, second_turn;
  guint index = 0;

  first_turn = send_text (service, service->connection, QUESTION);
  service_wait_event (service, &index, "TurnComplete ");
  second_turn = send_text (service, second, QUESTION);
  g_assert_cmpuint (second_turn, >, first_turn);
  /* The first one, which listens, sees the turn of the second one too. */
  service_wait_event (service, &index, "TurnStarted ");
  service_wait_event (service, &index, "TurnComplete ");
  g_assert_cmpuint (service_get_statistic (service, "connects"), ==, 1);

  g_dbus_connection_close_sync (second, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (second);
}

/* A caller that goes away takes its wait along, and nothing else. */
static void
test_caller_dies_while_asking (Service *service, gconstpointer data)
{
  GDBusConnection *second = service_connect (service);
  g_autoptr (GError) error = NULL;
  guint index = 0;

  g_dbus_connection_call (second, LIVE_BUS_NAME, LIVE_OBJECT_PATH, LIVE_IFACE_SESSION, "Ask",
                          g_variant_new_parsed ("('" QUESTION "', @a{sv} {})"), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  service_wait_event (service, &index, "TurnStarted ");
  g_dbus_connection_close_sync (second, NULL, &error);
  g_assert_no_error (error);
  g_object_unref (second);

  service_wait_event (service, &index, "TurnComplete ");
  send_text (service, service->connection, QUESTION);
  service_wait_event (service, &index, "TurnComplete ");
}

static void
test_context_and_content (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  guint64 turn = 0;
  guint index = 0;

  reply = service_call (
      service->connection, LIVE_IFACE_SESSION, "SendContent",
      "('[{\"role\":\"user\",\"parts\":[{\"text\":\"" QUESTION "\"}]}]', true, @a{sv} {})", &error);
  if (error != NULL)
    {
      /* A model may take content only as its first history; then it says so. */
      service_assert_error (error, "Unsupported", NULL);
      return;
    }

  g_variant_get (reply, "(t)", &turn);
  g_assert_cmpuint (turn, >, 0);
  service_wait_event (service, &index, "TurnComplete ");
}

static void
test_new_conversation (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *before = NULL;
  const char *conversation;
  guint index = 0;

  send_text (service, service->connection, QUESTION);
  service_wait_event (service, &index, "TurnComplete ");
  before = live_dbus_session_dup_conversation_id (service->session);

  reply = service_call (service->connection, LIVE_IFACE_SESSION, "NewConversation", "(@a{sv} {},)",
                        &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &conversation);
  g_assert_cmpstr (conversation, !=, before);
  g_assert_cmpstr (live_dbus_session_get_conversation_id (service->session), ==, conversation);

  service_wait_state (service, "online");
  send_text (service, service->connection, QUESTION);
  service_wait_event (service, &index, "TurnComplete ");
  g_assert_cmpstr (live_dbus_session_get_context_origin (service->session), ==, "new");
}

static void
test_interrupt (Service *service, gconstpointer data)
{
  guint index = 0;

  /* Nobody speaks: nothing to do, no error. */
  call_ok (service, "Interrupt", "(@a{sv} {},)");

  send_text (service, service->connection, "Tell me a long story");
  service_wait_event (service, &index, "OutputTranscript ");
  call_ok (service, "Interrupt", "(@a{sv} {},)");
  service_wait_event (service, &index, "TurnComplete ");
  g_assert_cmpuint (count_events (service, "TurnComplete "), ==, 1);
}

static void
test_configure (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) applied = NULL;
  g_autoptr (GVariant) settings = NULL;
  const char *class = NULL;
  guint32 chunk_ms = 0;

  reply = service_call (service->connection, LIVE_IFACE_SESSION, "Configure",
                        "({'session.voice': <'Kore'>, 'audio.chunk-ms': <uint32 40>,"
                        " 'session.model': <'gemini-2.5-flash-native-audio-preview-12-2025'>},"
                        " @a{sv} {})",
                        &error);
  g_assert_no_error (error);
  applied = g_variant_get_child_value (reply, 0);
  g_assert_cmpuint (g_variant_n_children (applied), ==, 3);
  g_assert_true (g_variant_lookup (applied, "session.voice", "&s", &class));
  g_assert_cmpstr (class, ==, "reconnect");
  g_assert_true (g_variant_lookup (applied, "audio.chunk-ms", "&s", &class));
  g_assert_cmpstr (class, ==, "live");
  g_assert_true (g_variant_lookup (applied, "session.model", "&s", &class));
  g_assert_cmpstr (class, ==, "next-conversation");

  g_assert_cmpstr (live_dbus_session_get_voice (service->session), ==, "Kore");
  settings = live_dbus_session_dup_settings (service->session);
  g_assert_true (g_variant_lookup (settings, "audio.chunk-ms", "u", &chunk_ms));
  g_assert_cmpuint (chunk_ms, ==, 40);

  /* All or none: the good key beside the bad one stays as it was. */
  g_clear_pointer (&reply, g_variant_unref);
  reply =
      service_call (service->connection, LIVE_IFACE_SESSION, "Configure",
                    "({'session.voice': <'Puck'>, 'session.nonsense': <1>}, @a{sv} {})", &error);
  service_assert_error (error, "InvalidArgument", "session.nonsense");
  g_assert_cmpstr (live_dbus_session_get_voice (service->session), ==, "Kore");
}

static void
test_shorthands (Service *service, gconstpointer data)
{
  call_ok (service, "SetVoice", "('Puck',)");
  g_assert_cmpstr (live_dbus_session_get_voice (service->session), ==, "Puck");
  call_ok (service, "SetLanguage", "('de-DE',)");
  g_assert_cmpstr (live_dbus_session_get_language (service->session), ==, "de-DE");
  call_ok (service, "SetSystemInstruction", "('Be brief.',)");
  g_assert_cmpstr (live_dbus_session_get_system_instruction (service->session), ==, "Be brief.");
  call_ok (service, "SetModel", "('models/gemini-2.5-flash-native-audio-preview-12-2025',)");
  g_assert_nonnull (strstr (live_dbus_session_get_model (service->session), "gemini-2.5-flash"));
}

/* Settings outlive the daemon. */
static void
test_settings_are_kept (Service *service, gconstpointer data)
{
  call_ok (service, "SetVoice", "('Puck',)");
  g_assert_cmpint (service_stop_lived (service), ==, 0);
  service_start_lived (service, NULL);
  g_assert_cmpstr (live_dbus_session_get_voice (service->session), ==, "Puck");
}

static void
test_list_voices (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) voices = NULL;
  guint n_current = 0;

  call_ok (service, "SetVoice", "('Puck',)");
  reply =
      service_call (service->connection, LIVE_IFACE_SESSION, "ListVoices", "(@a{sv} {},)", &error);
  g_assert_no_error (error);
  voices = g_variant_get_child_value (reply, 0);
  g_assert_cmpuint (g_variant_n_children (voices), >, 1);
  for (gsize i = 0; i < g_variant_n_children (voices); i++)
    {
      g_autoptr (GVariant) voice = g_variant_get_child_value (voices, i);
      gboolean is_current = FALSE;
      const char *name;

      g_assert_true (g_variant_lookup (voice, "name", "&s", &name));
      g_assert_true (g_variant_lookup (voice, "current", "b", &is_current));
      g_assert_true (is_current == g_str_equal (name, "Puck"));
      n_current += is_current ? 1 : 0;
    }
  g_assert_cmpuint (n_current, ==, 1);
}

static void
test_activity_marks (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (service_call (service->connection, LIVE_IFACE_SESSION, "EndActivity",
                               "(@a{sv} {},)", &error));
  service_assert_error (error, "InvalidArgument", NULL);
  g_clear_error (&error);

  call_ok (service, "Connect", "(@a{sv} {},)");
  call_ok (service, "StartActivity", "(@a{sv} {},)");
  g_assert_null (service_call (service->connection, LIVE_IFACE_SESSION, "StartActivity",
                               "(@a{sv} {},)", &error));
  service_assert_error (error, "Busy", NULL);
  call_ok (service, "EndActivity", "(@a{sv} {},)");
}

static void
test_activity_marks_need_manual (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (service_call (service->connection, LIVE_IFACE_SESSION, "StartActivity",
                               "(@a{sv} {},)", &error));
  service_assert_error (error, "Unsupported", "vad.mode");
}

static void
test_statistics_are_not_told (Service *service, gconstpointer data)
{
  guint index = 0;

  send_text (service, service->connection, QUESTION);
  service_wait_event (service, &index, "TurnComplete ");
  g_assert_cmpuint (service_get_statistic (service, "connects"), ==, 1);
  g_assert_cmpint (service_find_event (service, 0, "Statistics="), ==, -1);
  g_assert_cmpint (service_find_event (service, 0, "Usage="), >=, 0);
}

static void
test_connect_on_start (Service *service, gconstpointer data)
{
  service_wait_state (service, "online");
}

int
main (int argc, char *argv[])
{
  static const char *const manual[] = { "--set=vad.mode=manual", NULL };
  static const char *const on_start[] = { "--set=session.connect-on-start=true", NULL };
  static const ServiceParts on_start_parts = { .options = on_start };
  static const ServiceParts manual_parts = { .options = manual };

  g_test_init (&argc, &argv, NULL);
  g_test_dbus_unset ();
#define ADD(name, parts, function)                                                                 \
  g_test_add ("/session/" name, Service, parts, service_set_up, function, service_tear_down)
  ADD ("connect-and-disconnect", NULL, test_connect_and_disconnect);
  ADD ("connect-on-start", &on_start_parts, test_connect_on_start);
  ADD ("ask", NULL, test_ask);
  ADD ("turns", NULL, test_turns);
  ADD ("property-before-signal", NULL, test_property_before_signal);
  ADD ("two-callers", NULL, test_two_callers);
  ADD ("caller-dies-while-asking", NULL, test_caller_dies_while_asking);
  ADD ("content", NULL, test_context_and_content);
  ADD ("new-conversation", NULL, test_new_conversation);
  ADD ("interrupt", NULL, test_interrupt);
  ADD ("configure-all-or-none", NULL, test_configure);
  ADD ("shorthands", NULL, test_shorthands);
  ADD ("settings-are-kept", NULL, test_settings_are_kept);
  ADD ("list-voices", NULL, test_list_voices);
  ADD ("activity-marks", &manual_parts, test_activity_marks);
  ADD ("activity-marks-need-manual", NULL, test_activity_marks_need_manual);
  ADD ("statistics-are-not-told", NULL, test_statistics_are_not_told);
#undef ADD
  return g_test_run ();
}
