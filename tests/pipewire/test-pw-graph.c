/* Owns: what happens to our streams when PipeWire, devices or wishes come and go.
 * Thread: main.
 * Called by: meson test, through run-in-rig.py. */
#include <string.h>

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>

#include "rig-talk.h"

static gboolean
is_true (const char *verb, const char *first, const char *second)
{
  g_autofree char *answer = rig_ask (verb, first, second, NULL);

  return g_str_equal (answer, "1");
}

typedef struct
{
  const char *verb;
  const char *first;
  const char *second;
  gboolean expected;
} Question;

static gboolean
is_answered (gpointer data)
{
  Question *question = data;

  return is_true (question->verb, question->first, question->second) == question->expected;
}

static void
wait_for (const char *verb, const char *first, const char *second, gboolean expected)
{
  Question question = { verb, first, second, expected };

  rig_wait (first, is_answered, &question);
}

static gboolean
hears_on (gpointer data)
{
  Ear *ear = data;

  return ear->heard->len > LIVE_CAPTURE_RATE_HZ / 2;
}

static void
assert_hears (Ear *ear)
{
  g_array_set_size (ear->heard, 0);
  rig_wait ("half a second of captured frames", hears_on, ear);
}

static gboolean
plays_on (gpointer data)
{
  guint64 *goal = ((gpointer *) data)[1];
  Ear *ear = ((gpointer *) data)[0];

  return ear->audio->class->stats (ear->audio)->played_frames > *goal;
}

static void
assert_plays (Ear *ear)
{
  guint64 goal = ear->audio->class->stats (ear->audio)->played_frames + LIVE_PLAYBACK_RATE_HZ / 2;
  gpointer data[] = { ear, &goal };

  rig_wait ("half a second of played frames", plays_on, data);
}

static void
test_wanted (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_IDLE);
  g_assert_false (is_true ("has-node", "lived.capture", NULL));
  g_assert_false (is_true ("has-node", "lived.playback", NULL));

  for (guint i = 0; i < 3; i++)
    {
      ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
      ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
      g_assert_true (is_true ("has-node", "lived.capture", NULL));
      g_assert_true (is_true ("has-link", "test-mic", "lived.capture"));
      assert_hears (ear);

      ear_want (ear, LIVE_AUDIO_CAPTURE, FALSE);
      g_assert_cmpint (ear->states[LIVE_AUDIO_CAPTURE], ==, LIVE_AUDIO_IDLE);
      wait_for ("has-node", "lived.capture", NULL, FALSE);
    }

  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, FALSE);
  rig_spin (200);
  g_assert_true (is_true ("has-node", "lived.playback", NULL));
}

/* Wanted and unwanted faster than PipeWire answers. */
static void
test_impatient (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  for (guint i = 0; i < 50; i++)
    {
      ear_want (ear, LIVE_AUDIO_CAPTURE, i % 2 == 0);
      ear_want (ear, LIVE_AUDIO_PLAYBACK, i % 3 == 0);
      ear->audio->class->discard (ear->audio);
      rig_spin (i % 5);
    }
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  assert_hears (ear);
  ear_want (ear, LIVE_AUDIO_CAPTURE, FALSE);
  wait_for ("has-node", "lived.capture", NULL, FALSE);
}

static guint
arm_sooner (gpointer data, guint delay_ms, GSourceOnceFunc fn, gpointer fn_data)
{
  const LiveClock *system = live_clock_system ();

  return live_clock_arm (system, delay_ms >= 10000 ? delay_ms / 50 : delay_ms, fn, fn_data);
}

/* Sleeps when it was not wanted for ten seconds (here fifty times faster), and wakes again. */
static void
test_idle (void)
{
  LiveClock clock = *live_clock_system ();
  g_autoptr (Ear) ear = NULL;

  clock.arm = arm_sooner;
  ear = ear_new (&clock);
  for (guint i = 0; i < 3; i++)
    {
      ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
      ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
      /* The false PAUSED must not keep it from being woken. */
      ear->audio->class->discard (ear->audio);
      ear->tone_hz = 300.0;
      ear_top_up (ear);
      assert_plays (ear);
      ear->tone_hz = 0.0;
      ear->audio->class->discard (ear->audio);
      ear_want (ear, LIVE_AUDIO_PLAYBACK, FALSE);
      ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_IDLE);
      g_assert_true (is_true ("has-node", "lived.playback", NULL));
    }
}

static gboolean
has_reconnected (gpointer data)
{
  Ear *ear = data;

  return ear->audio->class->stats (ear->audio)->reconnects > 0;
}

static void
test_restart (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  ear->tone_hz = 300.0;
  ear_top_up (ear);
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  assert_plays (ear);

  rig_tell ("kill-server", NULL);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_UNAVAILABLE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_UNAVAILABLE);
  g_assert_nonnull (strstr (ear->messages[LIVE_AUDIO_CAPTURE], "PipeWire"));
  /* A few attempts in vain, and everything may be called meanwhile. */
  rig_spin (800);
  ear->audio->class->discard (ear->audio);
  ear->audio->class->set_volume (ear->audio, 0.9);
  ear_top_up (ear);

  rig_tell ("start-server", NULL);
  rig_wait ("reconnect", has_reconnected, ear);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  assert_hears (ear);
  assert_plays (ear);
}

static void
test_absent (void)
{
  g_autoptr (Ear) ear = NULL;
  gint16 frames[480] = { 0 };

  g_setenv ("PIPEWIRE_REMOTE", "nobody-listens-here", TRUE);
  ear = ear_new (NULL);
  g_unsetenv ("PIPEWIRE_REMOTE");
  g_assert_cmpint (ear->states[LIVE_AUDIO_CAPTURE], ==, LIVE_AUDIO_UNAVAILABLE);
  g_assert_cmpint (ear->states[LIVE_AUDIO_PLAYBACK], ==, LIVE_AUDIO_UNAVAILABLE);
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  /* Whoever wants it is told why not. */
  g_assert_nonnull (ear->messages[LIVE_AUDIO_CAPTURE]);
  g_assert_nonnull (ear->messages[LIVE_AUDIO_PLAYBACK]);

  g_assert_cmpuint (ear->audio->class->write (ear->audio, frames, 480), ==, 480);
  g_assert_cmpuint (ear->audio->class->pending_frames (ear->audio), ==, 480);
  ear->audio->class->discard (ear->audio);
  g_assert_cmpuint (ear->audio->class->pending_frames (ear->audio), ==, 0);
  ear->audio->class->set_volume (ear->audio, 0.5);
  ear->audio->class->set_device (ear->audio, LIVE_AUDIO_CAPTURE, "some-mic");
  g_assert_cmpuint (ear->audio->class->read (ear->audio, frames, 480), ==, 0);
  g_variant_unref (g_variant_ref_sink (ear->audio->class->list_devices (ear->audio)));
}

static guint
arm_at_once (gpointer data, guint delay_ms, GSourceOnceFunc fn, gpointer fn_data)
{
  return live_clock_arm (live_clock_system (), MIN (delay_ms, 20), fn, fn_data);
}

static gboolean
on_guest (GSocketService *service, GSocketConnection *guest, GObject *source, gpointer data)
{
  /* Kept, and never spoken to. */
  g_ptr_array_add (data, g_object_ref (guest));
  return TRUE;
}

static gboolean
came_thrice (gpointer data)
{
  return ((GPtrArray *) data)->len >= 3;
}

/* Something listens on PipeWire's socket and says nothing: given up, and tried again. */
static void
test_silent_server (void)
{
  LiveClock clock = *live_clock_system ();
  g_autofree char *path = rig_path ("silent");
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GPtrArray) guests = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (Ear) ear = NULL;

  g_socket_listener_add_address (G_SOCKET_LISTENER (service), address, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (service, "incoming", G_CALLBACK (on_guest), guests);

  clock.arm = arm_at_once;
  g_setenv ("PIPEWIRE_REMOTE", path, TRUE);
  ear = ear_new (&clock);
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  rig_wait ("three attempts", came_thrice, guests);
  g_unsetenv ("PIPEWIRE_REMOTE");
  g_assert_cmpint (ear->states[LIVE_AUDIO_CAPTURE], ==, LIVE_AUDIO_UNAVAILABLE);
  g_assert_nonnull (ear->messages[LIVE_AUDIO_CAPTURE]);
  g_socket_service_stop (service);
}

static gboolean
lists (Ear *ear, const char *name, gboolean is_default)
{
  g_autoptr (GVariant) list = g_variant_ref_sink (ear->audio->class->list_devices (ear->audio));
  GVariantIter iter;
  GVariant *entry = NULL;
  gboolean is_found = FALSE;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_loop (&iter, "@a{sv}", &entry))
    {
      const char *entry_name = NULL;
      gboolean entry_default = FALSE;

      g_assert_true (g_variant_lookup (entry, "name", "&s", &entry_name));
      g_assert_true (g_variant_lookup (entry, "default", "b", &entry_default));
      g_assert_true (g_variant_lookup (entry, "description", "&s", NULL));
      g_assert_true (g_variant_lookup (entry, "direction", "&s", NULL));
      g_assert_true (g_variant_lookup (entry, "kind", "&s", NULL));
      is_found |= g_str_equal (entry_name, name) && entry_default == is_default;
    }
  return is_found;
}

static gboolean
lists_other (gpointer data)
{
  return lists (data, "other-sink", FALSE) && lists (data, "test-sink", TRUE);
}

static gboolean
lists_only_first (gpointer data)
{
  return !lists (data, "other-sink", FALSE) && lists (data, "test-sink", TRUE) &&
         lists (data, "test-mic", TRUE);
}

static void
test_devices (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  rig_wait ("the device list", lists_only_first, ear);
  rig_tell ("add-node", "other-sink", "Audio/Sink", "100", NULL);
  rig_wait ("the new device", lists_other, ear);
  g_assert_cmpuint (ear->n_device_changes, >, 0);

  ear->tone_hz = 300.0;
  ear_top_up (ear);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  wait_for ("has-link", "lived.playback", "test-sink", TRUE);

  /* By choice, in mid-sentence. */
  ear->audio->class->set_device (ear->audio, LIVE_AUDIO_PLAYBACK, "other-sink");
  wait_for ("has-link", "lived.playback", "other-sink", TRUE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  assert_plays (ear);

  /* Unplugged: the session manager moves us, nothing to be done but to go on. */
  rig_tell ("remove-node", "other-sink", NULL);
  wait_for ("has-link", "lived.playback", "test-sink", TRUE);
  assert_plays (ear);
  g_assert_cmpint (ear->states[LIVE_AUDIO_PLAYBACK], ==, LIVE_AUDIO_RUNNING);
  rig_wait ("the shorter list", lists_only_first, ear);
}

static void
test_no_microphone (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  rig_tell ("remove-node", "test-mic", NULL);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_UNAVAILABLE);
  g_assert_nonnull (strstr (ear->messages[LIVE_AUDIO_CAPTURE], "microphone"));
  /* The sink's monitor would be there to record from; we keep away from it. */
  wait_for ("has-node", "lived.capture", NULL, FALSE);
  rig_spin (300);
  g_assert_false (is_true ("has-node", "lived.capture", NULL));
  g_assert_cmpint (ear->states[LIVE_AUDIO_PLAYBACK], ==, LIVE_AUDIO_IDLE);

  rig_tell ("add-node", "test-mic", "Audio/Source/Virtual", "2000", NULL);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  assert_hears (ear);
}

static void
test_no_loudspeaker (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  ear->tone_hz = 300.0;
  ear_top_up (ear);
  ear_want (ear, LIVE_AUDIO_PLAYBACK, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  rig_tell ("remove-node", "test-sink", NULL);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_UNAVAILABLE);
  g_assert_nonnull (strstr (ear->messages[LIVE_AUDIO_PLAYBACK], "loudspeaker"));

  rig_tell ("add-node", "test-sink", "Audio/Sink", "1000", NULL);
  ear_wait_state (ear, LIVE_AUDIO_PLAYBACK, LIVE_AUDIO_RUNNING);
  assert_plays (ear);
}

/* A sink that outranks every microphone: its monitor becomes what is recorded by default. */
static void
test_monitor (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_IDLE);
  rig_tell ("add-node", "loud-sink", "Audio/Sink", "5000", NULL);
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  g_assert_true (is_true ("has-link", "test-mic", "lived.capture"));
  g_assert_false (is_true ("has-link", "loud-sink", "lived.capture"));
  assert_hears (ear);
  rig_tell ("remove-node", "loud-sink", NULL);
}

static gboolean
has_changed_state (gpointer data)
{
  return ((Ear *) data)->n_state_changes > 0;
}

static void
link_monitor (Ear *ear)
{
  ear->n_state_changes = 0;
  rig_tell ("link", "test-sink:monitor_MONO", "lived.capture:input_MONO", NULL);
  rig_wait ("answer to the link", has_changed_state, ear);
}

/* Somebody links a monitor by hand. */
static void
test_monitor_by_hand (void)
{
  g_autoptr (Ear) ear = ear_new (NULL);

  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  link_monitor (ear);
  /* Once: a new stream, which asks for the microphone by name. */
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
  g_assert_false (is_true ("has-link", "test-sink", "lived.capture"));
  assert_hears (ear);

  /* Twice: refused, and said why. */
  link_monitor (ear);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_UNAVAILABLE);
  g_assert_nonnull (strstr (ear->messages[LIVE_AUDIO_CAPTURE], "loudspeaker"));
  wait_for ("has-node", "lived.capture", NULL, FALSE);

  /* Asked for anew, it is tried anew. */
  ear_want (ear, LIVE_AUDIO_CAPTURE, FALSE);
  ear_want (ear, LIVE_AUDIO_CAPTURE, TRUE);
  ear_wait_state (ear, LIVE_AUDIO_CAPTURE, LIVE_AUDIO_RUNNING);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pw-graph/wanted", test_wanted);
  g_test_add_func ("/pw-graph/impatient", test_impatient);
  g_test_add_func ("/pw-graph/idle", test_idle);
  g_test_add_func ("/pw-graph/devices", test_devices);
  g_test_add_func ("/pw-graph/monitor", test_monitor);
  g_test_add_func ("/pw-graph/monitor-by-hand", test_monitor_by_hand);
  g_test_add_func ("/pw-graph/no-microphone", test_no_microphone);
  g_test_add_func ("/pw-graph/no-loudspeaker", test_no_loudspeaker);
  g_test_add_func ("/pw-graph/restart", test_restart);
  g_test_add_func ("/pw-graph/absent", test_absent);
  g_test_add_func ("/pw-graph/silent-server", test_silent_server);
  return g_test_run ();
}
