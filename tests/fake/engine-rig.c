/* Owns: an engine in a world made of paper.
 * Thread: the test's.
 * Called by: tests/core/test-engine*.c. */
#include "fake/engine-rig.h"

#include <string.h>

#include "protocol/live-endpoint.h"

static void say (EngineRig *rig, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Structured logging passes g_test_expect_message by, so warnings are counted here. GLib takes
 * one writer a process, so the count is the process's. */
static guint n_warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_WARNING) == 0)
    return g_log_writer_default (level, fields, n_fields, data);

  n_warnings++;
  return G_LOG_WRITER_HANDLED;
}

static void
watch_log (void)
{
  static gboolean is_watched = FALSE;

  if (!is_watched)
    g_log_set_writer_func (count_warnings, NULL, NULL);
  is_watched = TRUE;
}

static void
say (EngineRig *rig, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (rig->said, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
on_changed (LiveEngine *engine, const char *property, EngineRig *rig)
{
  say (rig, "changed %s", property);
}

static void
on_turn_started (LiveEngine *engine, guint64 turn, const char *origin, EngineRig *rig)
{
  say (rig, "turn-started %" G_GUINT64_FORMAT " %s", turn, origin);
}

static void
say_words (EngineRig *rig,
           const char *signal,
           guint64 turn,
           const char *text,
           gboolean is_final,
           GVariant *details)
{
  g_assert_true (g_variant_is_of_type (details, G_VARIANT_TYPE_VARDICT));
  say (rig, "%s %" G_GUINT64_FORMAT " %s%s", signal, turn, is_final ? "final " : "", text);
  if (is_final)
    {
      g_clear_pointer (&rig->last_final, g_variant_unref);
      rig->last_final = g_variant_ref (details);
    }
}

static void
on_input (LiveEngine *engine,
          guint64 turn,
          const char *text,
          gboolean is_final,
          GVariant *details,
          EngineRig *rig)
{
  say_words (rig, "input-transcript", turn, text, is_final, details);
}

static void
on_output (LiveEngine *engine,
           guint64 turn,
           const char *text,
           gboolean is_final,
           GVariant *details,
           EngineRig *rig)
{
  say_words (rig, "output-transcript", turn, text, is_final, details);
}

static void
on_text (LiveEngine *engine, guint64 turn, const char *text, gboolean is_thought, EngineRig *rig)
{
  say (rig, "text-received %" G_GUINT64_FORMAT " %s%s", turn, is_thought ? "thought " : "", text);
}

static void
on_generated (LiveEngine *engine, guint64 turn, EngineRig *rig)
{
  say (rig, "generation-complete %" G_GUINT64_FORMAT, turn);
}

static void
on_interrupted (LiveEngine *engine, guint64 turn, EngineRig *rig)
{
  /* Playback is already empty when this is said. */
  if (rig->audio != NULL)
    g_assert_cmpuint (fake_audio_pending (rig->audio), ==, 0);
  say (rig, "interrupted %" G_GUINT64_FORMAT, turn);
}

static void
on_complete (LiveEngine *engine,
             guint64 turn,
             const char *reason,
             GVariant *details,
             EngineRig *rig)
{
  say (rig, "turn-complete %" G_GUINT64_FORMAT " %s", turn, reason);
  g_clear_pointer (&rig->details, g_variant_unref);
  rig->details = g_variant_ref (details);
}

static void
on_grounding (LiveEngine *engine, guint64 turn, const char *json, EngineRig *rig)
{
  say (rig, "grounding %" G_GUINT64_FORMAT " %s", turn, json);
}

static void
on_go_away (LiveEngine *engine, guint64 time_left_ms, EngineRig *rig)
{
  say (rig, "go-away %" G_GUINT64_FORMAT, time_left_ms);
}

static void
look_up_key (LiveEngine *engine, gpointer data)
{
  EngineRig *rig = data;
  g_autoptr (GError) error = NULL;

  if (!rig->is_keyless)
    {
      live_engine_credential (engine, LIVE_CREDENTIAL_API_KEY, "test-key", NULL);
      return;
    }

  error = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS, "no key anywhere");
  live_engine_credential (engine, 0, NULL, error);
}

static void
connect_signals (EngineRig *rig)
{
  g_signal_connect (rig->engine, "changed", G_CALLBACK (on_changed), rig);
  g_signal_connect (rig->engine, "turn-started", G_CALLBACK (on_turn_started), rig);
  g_signal_connect (rig->engine, "input-transcript", G_CALLBACK (on_input), rig);
  g_signal_connect (rig->engine, "output-transcript", G_CALLBACK (on_output), rig);
  g_signal_connect (rig->engine, "text-received", G_CALLBACK (on_text), rig);
  g_signal_connect (rig->engine, "generation-complete", G_CALLBACK (on_generated), rig);
  g_signal_connect (rig->engine, "interrupted", G_CALLBACK (on_interrupted), rig);
  g_signal_connect (rig->engine, "turn-complete", G_CALLBACK (on_complete), rig);
  g_signal_connect (rig->engine, "grounding", G_CALLBACK (on_grounding), rig);
  g_signal_connect (rig->engine, "go-away", G_CALLBACK (on_go_away), rig);
}

static void
preset (EngineRig *rig, LiveSetting setting, const char *text)
{
  GVariant *value = text != NULL ? g_variant_new_string (text) : NULL;
  LiveSettings *before = rig->settings;

  if (value == NULL)
    return;

  rig->settings = live_settings_new_with (before, &setting, &value, 1);
  live_settings_unref (before);
}

EngineRig *
engine_rig_new (const char *model, gboolean has_audio)
{
  return engine_rig_new_with (model, has_audio, NULL, NULL, NULL);
}

EngineRig *
engine_rig_new_with (const char *model,
                     gboolean has_audio,
                     const char *state_dir,
                     const char *url,
                     const char *profile)
{
  const char *const overrides[] = { profile, NULL };
  EngineRig *rig = g_new0 (EngineRig, 1);
  LiveEngineParts parts = { 0 };
  GError *error = NULL;

  watch_log ();
  n_warnings = 0;
  rig->clock = fake_clock_new ();
  rig->wire = fake_transport_new ();
  rig->audio = has_audio ? fake_audio_new () : NULL;
  rig->said = g_ptr_array_new_with_free_func (g_free);
  rig->profiles = live_profiles_new (NULL, overrides, &error);
  g_assert_no_error (error);
  rig->settings = live_settings_new_defaults ();
  preset (rig, LIVE_SETTING_SESSION_MODEL, model);
  preset (rig, LIVE_SETTING_ENDPOINT_URL, url);

  parts = (LiveEngineParts){
    .clock = fake_clock_interface (rig->clock),
    .transport = fake_transport_interface (rig->wire),
    .audio = has_audio ? fake_audio_interface (rig->audio) : NULL,
    .profiles = rig->profiles,
    .settings = rig->settings,
    .store = state_dir != NULL ? live_state_store_new (state_dir, fake_clock_interface (rig->clock))
                               : NULL,
    .credentials = { look_up_key, rig },
  };
  rig->engine = live_engine_new (&parts);
  connect_signals (rig);
  return rig;
}

void
engine_rig_free (EngineRig *rig)
{
  engine_rig_spin (rig);
  g_assert_true (n_warnings == 0 || rig->allows_warnings);
  g_assert_finalize_object (rig->engine);
  g_assert_true (fake_transport_is_freed (rig->wire));
  fake_transport_unref (rig->wire);
  if (rig->audio != NULL)
    {
      g_assert_true (fake_audio_is_freed (rig->audio));
      fake_audio_unref (rig->audio);
    }
  fake_clock_free (rig->clock);
  live_settings_unref (rig->settings);
  live_profiles_free (rig->profiles);
  g_ptr_array_unref (rig->said);
  g_clear_pointer (&rig->details, g_variant_unref);
  g_clear_pointer (&rig->last_final, g_variant_unref);
  g_free (rig);
}

void
engine_rig_spin (EngineRig *rig)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

void
engine_rig_go_online (EngineRig *rig)
{
  g_autoptr (EngineCall) call = engine_rig_connect (rig);

  fake_transport_go_online (rig->wire);
  engine_rig_spin (rig);
  g_assert_true (call->is_done);
  g_assert_no_error (call->error);
}

/* What was asked of the disk, or of a worker, is waited for; a watchdog of the test's runner ends
 * what never comes. */
static void
wait_for_dial (EngineRig *rig)
{
  fake_transport_settle (rig->wire);
  engine_rig_spin (rig);
  while (!fake_transport_is_busy (rig->wire))
    if (!fake_clock_fire_next (rig->clock))
      g_main_context_iteration (NULL, TRUE);
}

char *
engine_rig_come_back (EngineRig *rig)
{
  char *setup;

  wait_for_dial (rig);
  fake_transport_opened (rig->wire);
  setup = g_strdup (fake_transport_sent (rig->wire, 0));
  fake_transport_message (rig->wire, "{\"setupComplete\":{}}");
  engine_rig_spin (rig);
  return setup;
}

void
engine_rig_give_handle (EngineRig *rig, const char *handle)
{
  g_autofree char *json = g_strdup_printf (
      "{\"sessionResumptionUpdate\":{\"newHandle\":\"%s\",\"resumable\":true}}", handle);

  engine_rig_message (rig, json);
}

static void
mark_done (gpointer data)
{
  *(gboolean *) data = TRUE;
}

void
engine_rig_shut_down (EngineRig *rig)
{
  gboolean is_done = FALSE;

  live_engine_shut_down (rig->engine, mark_done, &is_done);
  fake_transport_settle (rig->wire);
  while (!is_done)
    g_main_context_iteration (NULL, TRUE);
}

void
engine_rig_set (EngineRig *rig, LiveSetting setting, GVariant *take_value)
{
  LiveSettings *settings = live_settings_new_with (rig->settings, &setting, &take_value, 1);

  live_settings_unref (rig->settings);
  rig->settings = settings;
  live_engine_apply_settings (rig->engine, settings);
}

void
engine_rig_pass_ms (EngineRig *rig, guint ms)
{
  for (guint passed = 0; passed < ms; passed += 10)
    {
      fake_clock_advance_ms (rig->clock, MIN (10, ms - passed));
      if (rig->audio != NULL)
        fake_audio_play_ms (rig->audio, MIN (10, ms - passed));
    }
  engine_rig_spin (rig);
}

static G_GNUC_NORETURN void
fail_with_lines (EngineRig *rig, const char *what, const char *line)
{
  for (guint i = 0; i < rig->said->len; i++)
    g_test_message ("%s %u: %s", i < rig->n_read ? " " : ">", i,
                    (const char *) g_ptr_array_index (rig->said, i));
  g_error ("%s: %s", what, line);
}

void
engine_rig_expect (EngineRig *rig, const char *line, ...)
{
  va_list args;

  engine_rig_spin (rig);
  va_start (args, line);
  for (; line != NULL; line = va_arg (args, const char *))
    {
      guint i = rig->n_read;

      while (i < rig->said->len && !g_str_equal (g_ptr_array_index (rig->said, i), line))
        i++;
      if (i == rig->said->len)
        fail_with_lines (rig, "missing", line);
      rig->n_read = i + 1;
    }
  va_end (args);
}

void
engine_rig_expect_nothing (EngineRig *rig, const char *beginning)
{
  engine_rig_spin (rig);
  for (guint i = rig->n_read; i < rig->said->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (rig->said, i), beginning))
      fail_with_lines (rig, "not expected", g_ptr_array_index (rig->said, i));
}

guint
engine_rig_count (EngineRig *rig, const char *beginning)
{
  guint n = 0;

  for (guint i = 0; i < rig->said->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (rig->said, i), beginning);
  return n;
}

void
engine_rig_assert_balance (EngineRig *rig)
{
  guint64 last = 0;

  for (guint i = 0; i < rig->said->len; i++)
    {
      const char *line = g_ptr_array_index (rig->said, i);
      guint64 turn;
      guint n_ends = 0;

      if (!g_str_has_prefix (line, "turn-started "))
        continue;
      turn = g_ascii_strtoull (line + strlen ("turn-started "), NULL, 10);
      g_assert_cmpuint (turn, ==, last + 1);
      last = turn;
      for (guint k = 0; k < rig->said->len; k++)
        {
          const char *end = g_ptr_array_index (rig->said, k);

          if (!g_str_has_prefix (end, "turn-complete ") ||
              g_ascii_strtoull (end + strlen ("turn-complete "), NULL, 10) != turn)
            continue;
          n_ends++;
          g_assert_cmpuint (k, >, i);
        }
      if (n_ends != 1)
        fail_with_lines (rig, "turn without exactly one end", line);
    }
  g_assert_cmpuint (engine_rig_count (rig, "turn-complete "), ==, last);
}

guint
engine_rig_take_warnings (EngineRig *rig)
{
  guint n = n_warnings;

  n_warnings = 0;
  return n;
}

guint
engine_rig_n_sent (EngineRig *rig, const char *part)
{
  guint n = 0;

  for (guint i = 0; i < fake_transport_n_sent (rig->wire); i++)
    n += strstr (fake_transport_sent (rig->wire, (gint) i), part) != NULL;
  return n;
}

gsize
engine_rig_sent_frames (EngineRig *rig)
{
  static const char mark[] = "\"data\":\"";
  gsize n_frames = 0;

  for (guint i = 0; i < fake_transport_n_sent (rig->wire); i++)
    {
      const char *message = fake_transport_sent (rig->wire, (gint) i);
      const char *data = strstr (message, mark);
      g_autofree char *base64 = NULL;
      gsize n_bytes;

      if (data == NULL || strstr (message, "\"audio\"") == NULL)
        continue;
      data += sizeof mark - 1;
      base64 = g_strndup (data, strcspn (data, "\""));
      g_base64_decode_inplace (base64, &n_bytes);
      n_frames += n_bytes / 2;
    }
  return n_frames;
}

guint64
engine_rig_statistic (EngineRig *rig, const char *name)
{
  g_autoptr (GVariant) all = g_variant_ref_sink (live_engine_get_statistics (rig->engine));
  guint64 count;

  if (!g_variant_lookup (all, name, "t", &count))
    g_error ("there is no statistic %s", name);
  return count;
}

const char *
engine_rig_activity (EngineRig *rig)
{
  LiveEngineStatus status;

  live_engine_get_status (rig->engine, &status);
  return status.activity;
}

guint32
engine_rig_detail (EngineRig *rig, const char *name)
{
  guint32 value = G_MAXUINT32;

  g_assert_nonnull (rig->details);
  g_variant_lookup (rig->details, name, "u", &value);
  return value;
}
