/* Owns: an engine that is kept busy, and the book of what it did.
 * Thread: the test's.
 * Called by: tests/soak/test-soak-*.c. */
#include "soak-rig.h"

#include <string.h>

#include "io/live-transport-soup.h"
#include "live-sim-ledger.h"
#include "protocol/live-endpoint.h"

#define PUMP_MS 4
#define SPEECH_MS 20 /* of sound a pump: five times as fast as a voice, whatever the clock does */
#define FRAMES_PER_MS (LIVE_CAPTURE_RATE_HZ / 1000)

static gint64
read_fast (gpointer data)
{
  return g_get_monotonic_time () * ((SoakRig *) data)->speed;
}

static guint
arm_fast (gpointer data, guint delay_ms, GSourceOnceFunc fn, gpointer fn_data)
{
  return g_timeout_add_once (delay_ms / ((SoakRig *) data)->speed, fn, fn_data);
}

static void
disarm_fast (gpointer data, guint id)
{
  g_source_remove (id);
}

static GLogWriterOutput
swallow_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_default (level, fields, n_fields, NULL);
}

/* Losses are warned of, and there will be many. GLib takes one writer a process. */
static void
swallow_log (void)
{
  static gsize is_done = 0;

  if (g_once_init_enter (&is_done))
    {
      g_log_set_writer_func (swallow_warnings, NULL, NULL);
      g_once_init_leave (&is_done, 1);
    }
}

static gboolean
on_pump (gpointer data)
{
  SoakRig *rig = data;
  gint16 frames[SPEECH_MS * FRAMES_PER_MS];
  gsize n_heard;

  live_sim_ledger_encode (frames, G_N_ELEMENTS (frames), rig->n_spoken, rig->is_talking);
  if (!rig->is_deaf)
    rig->n_spoken += fake_audio_speak_frames (rig->audio, frames, G_N_ELEMENTS (frames));
  fake_audio_play_ms (rig->audio, PUMP_MS * rig->speed);
  g_free (fake_audio_take_sound (rig->audio, &n_heard));
  return G_SOURCE_CONTINUE;
}

static void
note_state (SoakRig *rig)
{
  LiveEngineStatus status;
  gint64 now_us = g_get_monotonic_time ();

  live_engine_get_status (rig->engine, &status);
  if (g_strcmp0 (status.state, rig->state) == 0)
    return;
  rig->n_states++;
  g_free (rig->state);
  rig->state = g_strdup (status.state);
  if (strcmp (rig->state, "online") == 0)
    {
      gint64 gap_us = now_us - rig->left_us;

      if (rig->left_us != 0)
        g_array_append_val (rig->gaps_us, gap_us);
      rig->left_us = 0;
    }
  else if (rig->left_us == 0)
    rig->left_us = now_us;
}

static void
on_changed (LiveEngine *engine, const char *property, SoakRig *rig)
{
  if (strcmp (property, "State") == 0)
    note_state (rig);
}

static void
on_turn_started (LiveEngine *engine, guint64 turn, const char *origin, SoakRig *rig)
{
  rig->n_started++;
  rig->open_turn = turn;
}

static void
on_turn_complete (LiveEngine *engine,
                  guint64 turn,
                  const char *reason,
                  GVariant *details,
                  SoakRig *rig)
{
  gpointer n = g_hash_table_lookup (rig->reasons, reason);

  rig->n_completed++;
  if (rig->open_turn == turn)
    rig->open_turn = 0;
  g_hash_table_insert (rig->reasons, g_strdup (reason),
                       GUINT_TO_POINTER (GPOINTER_TO_UINT (n) + 1));
}

static void
look_up_key (LiveEngine *engine, gpointer data)
{
  live_engine_credential (engine, LIVE_CREDENTIAL_API_KEY, "good-key", NULL);
}

static SimRig *
start_simulator (guint speed, const char *const *options)
{
  g_autofree char *speed_option = g_strdup_printf ("--speed=%u", speed);
  const char *given[12] = { NULL };
  guint n = 0;

  for (; options != NULL && options[n] != NULL; n++)
    given[n] = options[n];
  g_assert_cmpuint (n, <, G_N_ELEMENTS (given));
  return sim_rig_start (speed_option, "--tones", "--option", "counts_samples=true", given[0],
                        given[1], given[2], given[3], given[4], given[5], given[6], given[7],
                        given[8], given[9], given[10], given[11], NULL);
}

SoakRig *
soak_rig_new (guint speed, const char *state_dir, const char *const *simulator_options)
{
  SoakRig *rig = g_new0 (SoakRig, 1);
  static const LiveSetting settings[] = { LIVE_SETTING_ENDPOINT_URL,
                                          LIVE_SETTING_SESSION_ACTIVITY_HANDLING };
  g_autoptr (LiveSettings) defaults = live_settings_new_defaults ();
  g_autofree char *url = NULL;
  GVariant *values[2];
  g_autoptr (GError) error = NULL;
  LiveEngineParts parts;

  swallow_log ();
  rig->speed = speed;
  rig->clock = (LiveClock){ read_fast, read_fast, arm_fast, disarm_fast, rig };
  rig->sim = start_simulator (speed, simulator_options);
  rig->audio = fake_audio_new ();
  rig->gaps_us = g_array_new (FALSE, FALSE, sizeof (gint64));
  rig->reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  rig->profiles = live_profiles_new (NULL, NULL, &error);
  g_assert_no_error (error);

  url = g_strdup_printf ("ws://127.0.0.1:%u", sim_rig_get_port (rig->sim));
  values[0] = g_variant_new_string (url);
  values[1] = g_variant_new_string ("no-interruption");
  rig->settings = live_settings_new_with (defaults, settings, values, G_N_ELEMENTS (settings));
  parts = (LiveEngineParts){
    .clock = &rig->clock,
    .transport = live_transport_soup_new (&rig->clock, rig->settings),
    .audio = fake_audio_interface (rig->audio),
    .profiles = rig->profiles,
    .settings = rig->settings,
    .store = state_dir != NULL ? live_state_store_new (state_dir, &rig->clock) : NULL,
    .credentials = { look_up_key, rig },
  };
  rig->engine = live_engine_new (&parts);
  g_signal_connect (rig->engine, "changed", G_CALLBACK (on_changed), rig);
  g_signal_connect (rig->engine, "turn-started", G_CALLBACK (on_turn_started), rig);
  g_signal_connect (rig->engine, "turn-complete", G_CALLBACK (on_turn_complete), rig);
  note_state (rig);
  rig->left_us = 0;
  rig->pump = g_timeout_add (PUMP_MS, on_pump, rig);
  return rig;
}

static void
on_down (gpointer data)
{
  *(gboolean *) data = TRUE;
}

void
soak_rig_free (SoakRig *rig)
{
  gboolean is_down = FALSE;

  live_engine_shut_down (rig->engine, on_down, &is_down);
  while (!is_down)
    g_main_context_iteration (NULL, TRUE);
  g_clear_handle_id (&rig->pump, g_source_remove);
  g_signal_handlers_disconnect_by_data (rig->engine, rig);
  g_object_unref (rig->engine);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  fake_audio_unref (rig->audio);
  live_settings_unref (rig->settings);
  live_profiles_free (rig->profiles);
  sim_rig_stop (rig->sim);
  g_array_unref (rig->gaps_us);
  g_hash_table_unref (rig->reasons);
  g_free (rig->state);
  g_free (rig);
}

static void
on_passed (gpointer data)
{
  *(guint *) data = 0;
}

void
soak_rig_pass_ms (SoakRig *rig, guint ms)
{
  guint timer = 0;

  timer = g_timeout_add_once (ms / rig->speed, on_passed, &timer);
  while (timer != 0)
    g_main_context_iteration (NULL, TRUE);
}

void
soak_rig_wait_state (SoakRig *rig, const char *state, guint limit_ms)
{
  gint64 end_us = read_fast (rig) + (gint64) limit_ms * 1000;

  /* The pump keeps the loop turning. */
  while (strcmp (rig->state, state) != 0)
    {
      if (read_fast (rig) > end_us)
        g_error ("%s for %u s, and not %s", rig->state, limit_ms / 1000, state);
      g_main_context_iteration (NULL, TRUE);
    }
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer data)
{
  SoakAsk *ask = data;
  g_autoptr (GVariant) details = NULL;

  ask->is_done = TRUE;
  ask->text = live_engine_ask_finish (LIVE_ENGINE (source), result, &details, &ask->error);
}

SoakAsk *
soak_rig_ask (SoakRig *rig, const char *text)
{
  SoakAsk *ask = g_new0 (SoakAsk, 1);

  live_engine_ask_async (rig->engine, text, 0, NULL, on_asked, ask);
  return ask;
}

gboolean
soak_rig_finish_ask (SoakRig *rig, SoakAsk *ask, guint limit_ms)
{
  gint64 end_us = read_fast (rig) + (gint64) limit_ms * 1000;

  while (!ask->is_done && read_fast (rig) < end_us)
    g_main_context_iteration (NULL, TRUE);
  return ask->is_done;
}

void
soak_ask_free (SoakAsk *ask)
{
  if (ask == NULL)
    return;
  g_assert_true (ask->is_done);
  g_clear_error (&ask->error);
  g_free (ask->text);
  g_free (ask);
}

gint64
soak_rig_count (SoakRig *rig, const char *counter)
{
  g_autoptr (JsonObject) state = sim_rig_ask (rig->sim, "/simulator/state", NULL, NULL);

  g_assert_true (json_object_has_member (state, counter));
  return json_object_get_int_member (state, counter);
}

void
soak_rig_inject (SoakRig *rig, const char *actions)
{
  json_object_unref (sim_rig_ask (rig->sim, "/simulator/inject", actions, NULL));
}

static int
compare_gaps (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a, right = *(const gint64 *) b;

  return (left > right) - (left < right);
}

gint64
soak_rig_gap_us (SoakRig *rig, guint percentile)
{
  guint n = rig->gaps_us->len;

  if (n == 0)
    return 0;
  g_array_sort (rig->gaps_us, compare_gaps);
  return g_array_index (rig->gaps_us, gint64, MIN ((n * percentile + 99) / 100, n) - 1);
}

gboolean
soak_is_long (int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    if (strcmp (argv[i], "--long") == 0)
      return TRUE;
  return g_strcmp0 (g_getenv ("LIVE_SOAK"), "long") == 0;
}
