/* Owns: tests of io/live-sd.c against a notify socket of our own.
 * Thread: main.
 * Called by: meson test. */
#include "io/live-sd.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "fake/fake-clock.h"

typedef struct
{
  char *dir, *path;
  GSocket *socket;
} Manager;

static void
set_up (Manager *manager, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  manager->dir = g_dir_make_tmp ("live-sd-XXXXXX", &error);
  g_assert_no_error (error);
  manager->path = g_build_filename (manager->dir, "notify", NULL);
  manager->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                                  G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  address = g_unix_socket_address_new (manager->path);
  g_socket_bind (manager->socket, address, FALSE, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (manager->socket, FALSE);

  g_setenv ("NOTIFY_SOCKET", manager->path, TRUE);
  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");
}

static void
tear_down (Manager *manager, gconstpointer data)
{
  g_unsetenv ("NOTIFY_SOCKET");
  g_object_unref (manager->socket);
  g_assert_cmpint (g_unlink (manager->path), ==, 0);
  g_assert_cmpint (g_rmdir (manager->dir), ==, 0);
  g_free (manager->path);
  g_free (manager->dir);
}

/* sd_notify has sent before it returns, so what was said lies here or was never said. */
static void
assert_told (Manager *manager, const char *expected)
{
  char buffer[256];
  g_autoptr (GError) error = NULL;
  gssize n_bytes = g_socket_receive (manager->socket, buffer, sizeof buffer - 1, NULL, &error);

  if (expected == NULL)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      return;
    }

  g_assert_no_error (error);
  buffer[n_bytes] = '\0';
  g_assert_cmpstr (buffer, ==, expected);
}

static void
test_ready_status_stopping (Manager *manager, gconstpointer data)
{
  g_autoptr (FakeClock) fake = fake_clock_new ();
  g_autoptr (LiveSd) sd = live_sd_new (fake_clock_interface (fake));

  g_assert_cmpuint (live_sd_get_watchdog_us (sd), ==, 0);
  live_sd_status (sd, "Starting");
  assert_told (manager, "STATUS=Starting");
  live_sd_ready (sd);
  assert_told (manager, "READY=1");
  live_sd_status (sd, "Online\nREADY=0");
  assert_told (manager, "STATUS=Online READY=0");
  live_sd_status (sd, "Online\nREADY=0");
  assert_told (manager, NULL);
  live_sd_reloading (sd);
  assert_told (manager, "RELOADING=1\nMONOTONIC_USEC=1000000000");
  live_sd_stopping (sd);
  assert_told (manager, "STOPPING=1");
}

static void
test_watchdog (Manager *manager, gconstpointer data)
{
  g_autoptr (FakeClock) fake = fake_clock_new ();
  g_autofree char *pid = g_strdup_printf ("%d", getpid ());
  LiveSd *sd;

  g_setenv ("WATCHDOG_USEC", "10000000", TRUE);
  g_setenv ("WATCHDOG_PID", pid, TRUE);
  sd = live_sd_new (fake_clock_interface (fake));
  g_assert_cmpuint (live_sd_get_watchdog_us (sd), ==, 10 * G_USEC_PER_SEC);

  fake_clock_advance_ms (fake, 20000);
  assert_told (manager, NULL);
  live_sd_ready (sd);
  assert_told (manager, "READY=1");
  assert_told (manager, "WATCHDOG=1");
  fake_clock_advance_ms (fake, 4999);
  assert_told (manager, NULL);
  for (guint i = 0; i < 3; i++)
    {
      fake_clock_advance_ms (fake, i == 0 ? 1 : 5000);
      assert_told (manager, "WATCHDOG=1");
      assert_told (manager, NULL);
    }

  /* Ready once more, after a reload: still one timer. */
  live_sd_ready (sd);
  assert_told (manager, "READY=1");
  assert_told (manager, NULL);
  fake_clock_advance_ms (fake, 5000);
  assert_told (manager, "WATCHDOG=1");
  assert_told (manager, NULL);

  live_sd_stopping (sd);
  assert_told (manager, "STOPPING=1");
  fake_clock_advance_ms (fake, 60000);
  assert_told (manager, NULL);
  live_sd_free (sd);
}

/* The variables are inherited by children that are not meant. */
static void
test_watchdog_of_another_process (Manager *manager, gconstpointer data)
{
  g_autoptr (FakeClock) fake = fake_clock_new ();
  LiveSd *sd;

  g_setenv ("WATCHDOG_USEC", "10000000", TRUE);
  g_setenv ("WATCHDOG_PID", "1", TRUE);
  sd = live_sd_new (fake_clock_interface (fake));
  g_assert_cmpuint (live_sd_get_watchdog_us (sd), ==, 0);
  live_sd_ready (sd);
  assert_told (manager, "READY=1");
  fake_clock_advance_ms (fake, 60000);
  assert_told (manager, NULL);
  live_sd_free (sd);
}

static void
test_without_manager (Manager *manager, gconstpointer data)
{
  g_autoptr (FakeClock) fake = fake_clock_new ();
  g_autoptr (LiveSd) sd = NULL;

  g_unsetenv ("NOTIFY_SOCKET");
  sd = live_sd_new (fake_clock_interface (fake));
  live_sd_ready (sd);
  live_sd_status (sd, "Online");
  live_sd_stopping (sd);
  assert_told (manager, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/sd/" name, Manager, NULL, set_up, function, tear_down)
  ADD ("ready-status-stopping", test_ready_status_stopping);
  ADD ("watchdog-at-half-the-interval", test_watchdog);
  ADD ("watchdog-of-another-process", test_watchdog_of_another_process);
  ADD ("without-manager", test_without_manager);
#undef ADD
  return g_test_run ();
}
