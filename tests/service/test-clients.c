/* Owns: tests of bus/live-clients.c on a private bus.
 * Thread: main.
 * Called by: meson test. */
#include "bus/live-clients.h"

#include <string.h>
#include <unistd.h>

#include "base/live-error.h"
#include "base/live-names.h"

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *ours, *caller;
  const char *name; /* of caller */
  LiveClients *clients;
  guint n_holds_changed, n_wanted, n_unwanted;
} Fixture;

static void
on_holds_changed (gpointer data)
{
  ((Fixture *) data)->n_holds_changed++;
}

static void
on_levels_wanted (gboolean wanted, gpointer data)
{
  Fixture *fixture = data;

  if (wanted)
    fixture->n_wanted++;
  else
    fixture->n_unwanted++;
}

static GDBusConnection *
join_bus (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (fixture->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const LiveClientsEvents events = { on_holds_changed, on_levels_wanted };

  fixture->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->bus);
  fixture->ours = join_bus (fixture);
  fixture->caller = join_bus (fixture);
  fixture->name = g_dbus_connection_get_unique_name (fixture->caller);
  fixture->clients = live_clients_new (fixture->ours, &events, fixture);
}

static void
leave_bus (GDBusConnection **connection)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_close_sync (*connection, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (connection);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->clients, live_clients_free);
  if (fixture->caller != NULL)
    leave_bus (&fixture->caller);
  leave_bus (&fixture->ours);
  g_test_dbus_down (fixture->bus);
  g_object_unref (fixture->bus);
}

static gboolean
on_deadline (gpointer data)
{
  g_error ("nothing came within 30 s");
  return G_SOURCE_REMOVE;
}

/* Runs the loop while condition holds. */
#define RUN_WHILE(condition)                                                                       \
  G_STMT_START                                                                                     \
  {                                                                                                \
    guint deadline_id = g_timeout_add_seconds (30, on_deadline, NULL);                             \
                                                                                                   \
    while (condition)                                                                              \
      g_main_context_iteration (NULL, TRUE);                                                       \
    g_source_remove (deadline_id);                                                                 \
  }                                                                                                \
  G_STMT_END

static GVariant *
get_hold (Fixture *fixture, gsize index, gsize n_expected)
{
  g_autoptr (GVariant) holds = g_variant_ref_sink (live_clients_describe_holds (fixture->clients));

  g_assert_cmpuint (g_variant_n_children (holds), ==, n_expected);
  return g_variant_get_child_value (holds, index);
}

static guint32
get_pid (Fixture *fixture)
{
  g_autoptr (GVariant) hold = get_hold (fixture, 0, 1);
  guint32 pid = 0;

  g_assert_true (g_variant_lookup (hold, "pid", "u", &pid));
  return pid;
}

static void
test_hold_shows_who (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) hold = NULL;
  const char *name, *reason;
  guint64 since, later;
  gboolean is_detached;

  g_assert_false (live_clients_has_holds (fixture->clients));
  g_assert_true (live_clients_hold (fixture->clients, fixture->name, "a call", FALSE, &error));
  g_assert_no_error (error);
  g_assert_true (live_clients_has_holds (fixture->clients));
  g_assert_cmpuint (fixture->n_holds_changed, ==, 1);

  hold = get_hold (fixture, 0, 1);
  g_assert_true (g_variant_lookup (hold, "name", "&s", &name));
  g_assert_cmpstr (name, ==, fixture->name);
  g_assert_true (g_variant_lookup (hold, "reason", "&s", &reason));
  g_assert_cmpstr (reason, ==, "a call");
  g_assert_true (g_variant_lookup (hold, "since", "t", &since));
  g_assert_cmpuint (since, <=, (guint64) g_get_real_time ());
  g_assert_true (g_variant_lookup (hold, "detached", "b", &is_detached));
  g_assert_false (is_detached);

  RUN_WHILE (get_pid (fixture) == 0);
  g_assert_cmpuint (get_pid (fixture), ==, (guint32) getpid ());
  g_assert_cmpuint (fixture->n_holds_changed, ==, 2);

  /* A second call renews it: another reason, the same age. */
  g_clear_pointer (&hold, g_variant_unref);
  g_assert_true (live_clients_hold (fixture->clients, fixture->name, NULL, FALSE, &error));
  hold = get_hold (fixture, 0, 1);
  g_assert_true (g_variant_lookup (hold, "reason", "&s", &reason));
  g_assert_cmpstr (reason, ==, "");
  g_assert_true (g_variant_lookup (hold, "since", "t", &later));
  g_assert_cmpuint (later, ==, since);

  g_assert_true (live_clients_release (fixture->clients, fixture->name));
  g_assert_false (live_clients_has_holds (fixture->clients));
  g_assert_false (live_clients_release (fixture->clients, fixture->name));
}

static void
test_hold_dies_with_name (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (live_clients_hold (fixture->clients, fixture->name, "", FALSE, &error));
  RUN_WHILE (get_pid (fixture) == 0);
  leave_bus (&fixture->caller);
  RUN_WHILE (live_clients_has_holds (fixture->clients));
  g_assert_cmpuint (fixture->n_holds_changed, ==, 3);
}

/* The name may be gone before the watch stands. */
static void
test_hold_of_a_gone_name (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strdup (fixture->name);
  g_autoptr (GError) error = NULL;

  leave_bus (&fixture->caller);
  g_assert_true (live_clients_hold (fixture->clients, name, "", FALSE, &error));
  RUN_WHILE (live_clients_has_holds (fixture->clients));
}

static gboolean
is_known (Fixture *fixture, const char *name)
{
  g_autoptr (GString) out = g_string_new (NULL);

  live_clients_dump (fixture->clients, out);
  return strstr (out->str, name) != NULL;
}

static void
test_detached_hold_outlives (Fixture *fixture, gconstpointer data)
{
  g_autofree char *first_name = g_strdup (fixture->name);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) hold = NULL;
  GDBusConnection *second = join_bus (fixture);
  const char *name;

  g_assert_true (live_clients_hold (fixture->clients, fixture->name, "cli", TRUE, &error));
  g_assert_true (live_clients_subscribe (fixture->clients, fixture->name, TRUE, &error));
  leave_bus (&fixture->caller);
  /* The subscription tells when the name's end has arrived. */
  RUN_WHILE (fixture->n_unwanted == 0);
  g_assert_true (live_clients_has_holds (fixture->clients));

  /* The same again by another name takes its place instead of standing beside it. */
  g_assert_true (live_clients_hold (fixture->clients, g_dbus_connection_get_unique_name (second),
                                    "cli", TRUE, &error));
  hold = get_hold (fixture, 0, 1);
  g_assert_true (g_variant_lookup (hold, "name", "&s", &name));
  g_assert_cmpstr (name, ==, g_dbus_connection_get_unique_name (second));
  g_assert_false (is_known (fixture, first_name));

  /* Somebody without a hold ends those that nobody owns any more, and only those. */
  fixture->caller = join_bus (fixture);
  fixture->name = g_dbus_connection_get_unique_name (fixture->caller);
  g_assert_false (live_clients_release (fixture->clients, fixture->name));
  g_assert_true (live_clients_subscribe (fixture->clients,
                                         g_dbus_connection_get_unique_name (second), TRUE, &error));
  leave_bus (&second);
  RUN_WHILE (fixture->n_unwanted == 1);
  g_assert_true (live_clients_release (fixture->clients, fixture->name));
  g_assert_false (live_clients_has_holds (fixture->clients));
}

static void
test_release_all (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *second = join_bus (fixture);

  g_assert_true (live_clients_hold (fixture->clients, fixture->name, "", TRUE, &error));
  g_assert_true (live_clients_hold (fixture->clients, g_dbus_connection_get_unique_name (second),
                                    "", FALSE, &error));
  g_variant_unref (get_hold (fixture, 1, 2));
  live_clients_release_all (fixture->clients);
  g_assert_false (live_clients_has_holds (fixture->clients));
  leave_bus (&second);
}

static void
test_reason_has_a_limit (Fixture *fixture, gconstpointer data)
{
  g_autofree char *reason = g_strnfill (LIVE_CLIENTS_MAX_REASON_BYTES + 1, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_false (live_clients_hold (fixture->clients, fixture->name, reason, FALSE, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
  g_assert_false (live_clients_has_holds (fixture->clients));
  g_assert_false (is_known (fixture, fixture->name));
}

static void
test_calls_have_a_cap (Fixture *fixture, gconstpointer data)
{
  GCancellable *calls[LIVE_CLIENTS_MAX_CALLS];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < LIVE_CLIENTS_MAX_CALLS; i++)
    {
      calls[i] = live_clients_enter (fixture->clients, fixture->name, &error);
      g_assert_no_error (error);
    }

  g_assert_null (live_clients_enter (fixture->clients, fixture->name, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED);
  g_clear_error (&error);

  /* One ends, one may begin. */
  live_clients_leave (fixture->clients, fixture->name, calls[0]);
  g_object_unref (calls[0]);
  calls[0] = live_clients_enter (fixture->clients, fixture->name, &error);
  g_assert_no_error (error);

  leave_bus (&fixture->caller);
  RUN_WHILE (!g_cancellable_is_cancelled (calls[LIVE_CLIENTS_MAX_CALLS - 1]));
  for (guint i = 0; i < LIVE_CLIENTS_MAX_CALLS; i++)
    {
      g_assert_true (g_cancellable_is_cancelled (calls[i]));
      live_clients_leave (fixture->clients, "is gone", calls[i]);
      g_object_unref (calls[i]);
    }
}

static void
test_names_have_a_cap (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  guint n_names = 0;

  /* Names that no bus gives out; they count until the bus says that they are gone. */
  for (;;)
    {
      g_autofree char *name = g_strdup_printf (":9.%u", n_names);
      GCancellable *call = live_clients_enter (fixture->clients, name, &error);

      if (call == NULL)
        break;
      g_ptr_array_add (calls, call);
      n_names++;
    }

  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED);
  g_assert_cmpuint (n_names, ==, LIVE_CLIENTS_MAX);
  RUN_WHILE (!g_cancellable_is_cancelled (g_ptr_array_index (calls, n_names - 1)));
}

/* A detached hold is replaced only by one that is granted. */
static void
test_refused_hold_replaces_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;

  g_assert_true (live_clients_hold (fixture->clients, fixture->name, "cli", TRUE, &error));
  g_assert_true (live_clients_subscribe (fixture->clients, fixture->name, TRUE, &error));
  leave_bus (&fixture->caller);
  RUN_WHILE (fixture->n_unwanted == 0);

  for (guint i = 1; i < LIVE_CLIENTS_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf (":9.%u", i);

      g_ptr_array_add (calls, live_clients_enter (fixture->clients, name, &error));
      g_assert_no_error (error);
    }

  g_assert_false (live_clients_hold (fixture->clients, ":9.0", "cli", TRUE, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED);
  g_variant_unref (get_hold (fixture, 0, 1));
}

typedef struct
{
  guint n_levels;
  double output_peak;
} Heard;

static void
on_levels (GDBusConnection *connection,
           const char *sender,
           const char *object_path,
           const char *interface_name,
           const char *signal_name,
           GVariant *parameters,
           gpointer data)
{
  Heard *heard = data;

  heard->n_levels++;
  g_variant_get (parameters, "(dddd)", NULL, NULL, NULL, &heard->output_peak);
}

static guint
listen (GDBusConnection *connection, Heard *heard)
{
  return g_dbus_connection_signal_subscribe (connection, NULL, LIVE_IFACE_AUDIO, "Levels", NULL,
                                             NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_levels, heard,
                                             NULL);
}

static void
test_levels_reach_subscribers_only (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *second = join_bus (fixture);
  Heard first_heard = { 0 }, second_heard = { 0 };
  guint first_id = listen (fixture->caller, &first_heard);
  guint second_id = listen (second, &second_heard);
  const char *second_name = g_dbus_connection_get_unique_name (second);

  live_clients_send_levels (fixture->clients, g_variant_new ("(dddd)", 0.1, 0.2, 0.3, 0.4));
  g_assert_true (live_clients_subscribe (fixture->clients, fixture->name, FALSE, &error));
  g_assert_true (live_clients_subscribe (fixture->clients, second_name, TRUE, &error));
  g_assert_true (live_clients_subscribe (fixture->clients, second_name, TRUE, &error));
  g_assert_cmpuint (fixture->n_wanted, ==, 1);
  live_clients_send_levels (fixture->clients, g_variant_new ("(dddd)", 0.1, 0.2, 0.3, 0.5));
  RUN_WHILE (second_heard.n_levels == 0);
  g_assert_cmpfloat (second_heard.output_peak, ==, 0.5);

  /* Messages of one connection keep their order: what the first one had been sent would be there
   * before this. */
  g_assert_true (live_clients_subscribe (fixture->clients, fixture->name, TRUE, &error));
  live_clients_send_levels (fixture->clients, g_variant_new ("(dddd)", 0.1, 0.2, 0.3, 0.6));
  RUN_WHILE (first_heard.n_levels == 0);
  g_assert_cmpfloat (first_heard.output_peak, ==, 0.6);
  g_assert_cmpuint (first_heard.n_levels, ==, 1);

  g_assert_true (live_clients_subscribe (fixture->clients, fixture->name, FALSE, &error));
  g_assert_cmpuint (fixture->n_unwanted, ==, 0);
  g_assert_true (live_clients_subscribe (fixture->clients, second_name, FALSE, &error));
  g_assert_cmpuint (fixture->n_unwanted, ==, 1);
  g_assert_false (is_known (fixture, second_name));

  g_dbus_connection_signal_unsubscribe (fixture->caller, first_id);
  g_dbus_connection_signal_unsubscribe (second, second_id);
  leave_bus (&second);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_dbus_unset ();
#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)
  ADD ("/clients/hold-shows-who", test_hold_shows_who);
  ADD ("/clients/hold-dies-with-name", test_hold_dies_with_name);
  ADD ("/clients/hold-of-a-gone-name", test_hold_of_a_gone_name);
  ADD ("/clients/detached-hold-outlives", test_detached_hold_outlives);
  ADD ("/clients/release-all", test_release_all);
  ADD ("/clients/reason-has-a-limit", test_reason_has_a_limit);
  ADD ("/clients/calls-have-a-cap", test_calls_have_a_cap);
  ADD ("/clients/names-have-a-cap", test_names_have_a_cap);
  ADD ("/clients/refused-hold-replaces-nothing", test_refused_hold_replaces_nothing);
  ADD ("/clients/levels-reach-subscribers-only", test_levels_reach_subscribers_only);
#undef ADD
  return g_test_run ();
}
