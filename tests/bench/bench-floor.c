/* Owns: nothing: the emptiest program that loads what the daemon loads: GLib, a bus name, a
 * libsoup session, a PipeWire context. The floor of memory and of process start.
 * Thread: main.
 * Called by: bench.py. */
#include <stdio.h>

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>
#include <pipewire/pipewire.h>
#include <systemd/sd-daemon.h>

int
main (int argc, char *argv[])
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (JsonParser) parser = json_parser_new ();
  struct pw_loop *pw_loop;
  struct pw_context *context;

  pw_init (&argc, &argv);
  pw_loop = pw_loop_new (NULL);
  context =
      pw_context_new (pw_loop, pw_properties_new (PW_KEY_CONFIG_NAME, "client-rt.conf", NULL), 0);
  pw_context_connect (context, NULL, 0);
  g_bus_own_name (G_BUS_TYPE_SESSION, "org.lived.Floor", G_BUS_NAME_OWNER_FLAGS_NONE, NULL, NULL,
                  NULL, NULL, NULL);
  sd_notify (0, "READY=1");
  g_main_loop_run (loop);
  return 0;
}
