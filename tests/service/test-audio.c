/* Owns: tests of org.lived.Live1.Audio where there is no PipeWire; with one, see test-hold.py.
 * Thread: main.
 * Called by: meson test. */
#include "service-fixture.h"

#include <string.h>

#include "base/live-names.h"

static gboolean
set_property (Service *service, const char *name, const char *value, GError **error)
{
  g_autofree char *parameters =
      g_strdup_printf ("('%s', '%s', <%s>)", LIVE_IFACE_AUDIO, name, value);
  g_autoptr (GVariant) reply = service_call (service->connection, "org.freedesktop.DBus.Properties",
                                             "Set", parameters, error);

  return reply != NULL;
}

static void
test_unavailable (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) holds = NULL;

  g_assert_cmpstr (live_dbus_audio_get_input_state (service->audio), ==, "unavailable");
  g_assert_cmpstr (live_dbus_audio_get_output_state (service->audio), ==, "unavailable");
  g_assert_false (live_dbus_audio_get_listening (service->audio));
  g_assert_cmpstr (live_dbus_audio_get_duplex (service->audio), ==, "full");

  g_assert_null (service_call (service->connection, LIVE_IFACE_AUDIO, "StartListening",
                               "({'reason': <'a test'>},)", &error));
  service_assert_error (error, "AudioUnavailable", "PipeWire");
  g_clear_error (&error);
  holds = service_get (service->connection, LIVE_IFACE_AUDIO, "Holds");
  g_assert_cmpuint (g_variant_n_children (holds), ==, 0);

  reply = service_call (service->connection, LIVE_IFACE_AUDIO, "StopListening",
                        "({'all': <true>},)", &error);
  g_assert_no_error (error);
}

/* Text goes on without sound. */
static void
test_text_goes_on (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = service_call (service->connection, LIVE_IFACE_SESSION, "Ask",
                                             "('Say something', @a{sv} {})", &error);
  guint index = 0;

  g_assert_no_error (error);
  service_wait_event (service, &index, "TurnComplete ");
}

static void
test_muted (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (live_dbus_audio_get_muted (service->audio));
  g_assert_true (set_property (service, "Muted", "true", &error));
  g_assert_no_error (error);
  /* Told before the reply. */
  g_assert_true (live_dbus_audio_get_muted (service->audio));
  g_assert_true (set_property (service, "Muted", "false", &error));
  g_assert_false (live_dbus_audio_get_muted (service->audio));
}

static gboolean
has_stored_volume (Service *service)
{
  g_autoptr (GVariant) settings = live_dbus_session_dup_settings (service->session);
  double volume = 0;

  return g_variant_lookup (settings, "audio.output-volume", "d", &volume) && volume == 0.25;
}

static void
test_volume (Service *service, gconstpointer data)
{
  static const char *const wrong[] = { "1.5", "-0.1", "@d nan", "@d inf" };
  g_autoptr (GError) error = NULL;

  g_assert_true (set_property (service, "OutputVolume", "0.75", &error));
  g_assert_true (set_property (service, "OutputVolume", "0.25", &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (live_dbus_audio_get_output_volume (service->audio), ==, 0.25);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_false (set_property (service, "OutputVolume", wrong[i], &error));
      service_assert_error (error, "InvalidArgument", "OutputVolume");
      g_clear_error (&error);
    }
  g_assert_cmpfloat (live_dbus_audio_get_output_volume (service->audio), ==, 0.25);

  /* Kept when the slider rests, and at the latest when the daemon ends. */
  service_wait (service, "the volume among the settings", has_stored_volume);
  g_assert_true (set_property (service, "OutputVolume", "0.5", &error));
  g_assert_cmpint (service_stop_lived (service), ==, 0);
  service_start_lived (service, NULL);
  g_assert_cmpfloat (live_dbus_audio_get_output_volume (service->audio), ==, 0.5);
}

static void
test_volume_that_cannot_be_kept (Service *service, gconstpointer data)
{
  g_autofree char *in_the_way =
      g_build_filename (service->dir, "XDG_CONFIG_HOME", "lived", "settings.ini", "x", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (in_the_way, 0700), ==, 0);
  g_assert_false (set_property (service, "OutputVolume", "0.25", &error));
  service_assert_error (error, "Failed", "settings.ini");
  g_assert_cmpfloat (live_dbus_audio_get_output_volume (service->audio), ==, 1.0);
}

static void
test_devices (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  g_assert_true (set_property (service, "InputDevice", "'alsa_input.usb'", &error));
  g_assert_no_error (error);
  g_assert_cmpstr (live_dbus_audio_get_input_device (service->audio), ==, "alsa_input.usb");
  g_assert_true (set_property (service, "OutputDevice", "'alsa_output.usb'", &error));
  g_assert_cmpstr (live_dbus_audio_get_output_device (service->audio), ==, "alsa_output.usb");
  g_assert_false (set_property (service, "InputState", "'running'", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  reply =
      service_call (service->connection, LIVE_IFACE_AUDIO, "ListDevices", "(@a{sv} {},)", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_type_string (reply), ==, "(aa{sv})");
}

static void
test_levels_without_sound (Service *service, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  guint index = 0;

  reply =
      service_call (service->connection, LIVE_IFACE_AUDIO, "SubscribeLevels", "(true,)", &error);
  g_assert_no_error (error);
  /* The first silence is told, and no other. */
  service_wait_event (service, &index, "Levels 0.0 0.0 0.0 0.0");
  g_clear_pointer (&reply, g_variant_unref);
  reply = service_call (service->connection, LIVE_IFACE_SESSION, "Ask",
                        "('Say something', @a{sv} {})", &error);
  g_assert_no_error (error);
  g_assert_cmpint (service_find_event (service, index, "Levels 0.0 0.0 0.0 0.0"), ==, -1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_dbus_unset ();
#define ADD(name, function)                                                                        \
  g_test_add ("/audio/" name, Service, NULL, service_set_up, function, service_tear_down)
  ADD ("unavailable", test_unavailable);
  ADD ("text-goes-on", test_text_goes_on);
  ADD ("muted", test_muted);
  ADD ("volume", test_volume);
  ADD ("volume-that-cannot-be-kept", test_volume_that_cannot_be_kept);
  ADD ("devices", test_devices);
  ADD ("levels-without-sound", test_levels_without_sound);
#undef ADD
  return g_test_run ();
}
