/* A real lived and a real live-simulator on a private bus with private directories.
 * Thread: the test's. Used by: tests/service/test-*.c.
 *
 * Nothing is shared with the user or with a test that runs at the same time. When a test fails,
 * the daemon's log is printed. Every wait has a deadline of 30 s. */
#pragma once

#include <gio/gio.h>

#include "live-dbus.h"

G_BEGIN_DECLS

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *connection;
  char *dir;      /* private, removed at the end */
  char *url;      /* of the simulator; NULL: it does not run */
  char *log_path; /* what lived wrote to stderr */
  GSubprocess *simulator, *lived;
  char *old_owner; /* of the bus name, before the newest lived */
  LiveDbusSession *session;
  LiveDbusAudio *audio;
  LiveDbusManager *manager;
  GPtrArray *events; /* what arrived, in order: "State=online", "TurnStarted 1 text" … */
  guint subscription_id;
} Service;

/* What a test begins with; all members may be left out. */
typedef struct
{
  const char *scenario;       /* JSON text for live-simulator --scenario */
  const char *const *options; /* further options for lived */
  const char *key;            /* GEMINI_API_KEY; NULL: the one that the simulator takes */
  gboolean no_key, no_simulator, no_lived;
} ServiceParts;

#define SERVICE_DEADLINE_S 30
#define SERVICE_KEY "AIzaSyTheKeyOfTheServiceTests000000000"

void service_set_up (Service *self, gconstpointer parts);
void service_tear_down (Service *self, gconstpointer parts);

void service_start_lived (Service *self, const ServiceParts *parts);
/* Starts one more lived that is expected to end by itself; returns its exit status. */
int service_run_lived (Service *self, const char *const *options, char **ret_stderr);
/* Sends SIGTERM and returns the exit status. */
int service_stop_lived (Service *self);

/* One more connection to the bus: another caller. */
GDBusConnection *service_connect (Service *self);
/* Calls a method of LIVE_OBJECT_PATH; parameters as GVariant text or NULL. */
GVariant *service_call (GDBusConnection *connection,
                        const char *interface,
                        const char *method,
                        const char *parameters,
                        GError **error);
GVariant *service_get (GDBusConnection *connection, const char *interface, const char *property);
guint64 service_get_statistic (Service *self, const char *name);

/* Runs the main loop until test says TRUE; fails the test with what at the deadline. */
void service_wait (Service *self, const char *what, gboolean (*test) (Service *self));
void service_wait_state (Service *self, const char *state);
/* Waits for an event that begins with prefix, at or behind *index, and leaves *index behind it.
 * Returns it, borrowed. */
const char *service_wait_event (Service *self, guint *index, const char *prefix);
/* The place of an event that is there, or -1. */
int service_find_event (Service *self, guint from, const char *prefix);

/* Everything that lived logged so far. */
char *service_read_log (Service *self);
void service_assert_error (GError *error, const char *name, const char *words);

G_END_DECLS
