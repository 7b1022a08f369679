/* Owns: nothing; proves protocol/live-profile.c and the table that the program carries.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-profile.h"

#include <string.h>

#include "base/live-error.h"

static LiveProfiles *
load (const char *override)
{
  const char *overrides[] = { override, NULL };
  g_autoptr (GError) error = NULL;
  LiveProfiles *profiles = live_profiles_new (NULL, override != NULL ? overrides : NULL, &error);

  g_assert_no_error (error);
  return profiles;
}

static void
test_families (void)
{
  static const struct
  {
    const char *model, *family;
  } rows[] = {
    { "gemini-3.8-live", "3.8" },
    { "models/gemini-3.8-live", "3.8" },
    { "gemini-3.8-live-2026-12", "3.8" },
    { "gemini-3.8-live-extended-thinking", "3.8-et" },
    { "projects/p/locations/l/publishers/google/models/gemini-3.8-live-extended-thinking-x",
      "3.8-et" },
    { "gemini-3.1-flash-live-preview", "3.1" },
    { "gemini-2.5-flash-native-audio-preview-12-2025", "2.5" },
    { "gemini-2.5-flash-native-audio-latest", "2.5" },
    { "gemini-live-2.5-flash-native-audio", "2.5" },
    { "gemini-live-2.5-flash-preview-native-audio-09-2025", "2.5" },
    { "gemini-live-2.5-flash-preview", "half-cascade" },
    { "gemini-2.0-flash-live-001", "half-cascade" },
    { "gemini-2.0-flash-live-preview-04-09", "half-cascade" },
    { "gemini-3.5-live-translate-preview", "translate" },
    { "gemini-3.5-transcribe-live-preview", "transcribe" },
    { "gemini-9-live", "fallback" },
    { "gemini-3.8", "fallback" },
    { "", "fallback" },
    { "models/", "fallback" },
  };
  g_autoptr (LiveProfiles) profiles = load (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpstr (live_profiles_find (profiles, rows[i].model)->family, ==, rows[i].family);
}

/* The capability matrix of the service, once more by hand. */
static void
test_matrix (void)
{
  static const struct
  {
    const char *model;
    gboolean has_text_output;
    LiveThinkingKnob thinking;
    gboolean thinking_required, has_include_thoughts;
    LiveBehavior default_behavior;
    gboolean has_blocking, has_non_blocking, has_scheduling, gates_microphone;
    gboolean has_preview_fields, has_video_coverage;
    LiveTextPath text_path;
    LiveSeedPath seed_path;
    gboolean seed_needs_user_turn, seed_needs_nudge, has_interaction_status, search_with_functions;
  } rows[] = {
    { "gemini-2.5-flash-native-audio-latest", FALSE, LIVE_THINKING_BUDGET, FALSE, TRUE,
      LIVE_BEHAVIOR_BLOCKING, TRUE, TRUE, TRUE, TRUE, TRUE, FALSE, LIVE_TEXT_CLIENT_CONTENT,
      LIVE_SEED_CLIENT_CONTENT, TRUE, FALSE, FALSE, FALSE },
    { "gemini-3.1-flash-live-preview", FALSE, LIVE_THINKING_LEVEL, FALSE, TRUE,
      LIVE_BEHAVIOR_BLOCKING, TRUE, FALSE, FALSE, TRUE, FALSE, TRUE, LIVE_TEXT_REALTIME,
      LIVE_SEED_HISTORY_CONFIG, FALSE, TRUE, FALSE, TRUE },
    { "gemini-3.8-live", FALSE, LIVE_THINKING_NONE, FALSE, FALSE, LIVE_BEHAVIOR_NON_BLOCKING, TRUE,
      TRUE, TRUE, FALSE, FALSE, TRUE, LIVE_TEXT_REALTIME, LIVE_SEED_CLIENT_CONTENT, FALSE, TRUE,
      FALSE, TRUE },
    { "gemini-3.8-live-extended-thinking", FALSE, LIVE_THINKING_LEVEL, TRUE, TRUE,
      LIVE_BEHAVIOR_NON_BLOCKING, FALSE, TRUE, FALSE, FALSE, FALSE, TRUE, LIVE_TEXT_REALTIME,
      LIVE_SEED_CLIENT_CONTENT, FALSE, TRUE, TRUE, TRUE },
    { "gemini-2.0-flash-live-001", TRUE, LIVE_THINKING_NONE, FALSE, FALSE, LIVE_BEHAVIOR_BLOCKING,
      TRUE, TRUE, TRUE, TRUE, FALSE, FALSE, LIVE_TEXT_CLIENT_CONTENT, LIVE_SEED_CLIENT_CONTENT,
      TRUE, FALSE, FALSE, TRUE },
  };
  g_autoptr (LiveProfiles) profiles = load (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const LiveProfile *profile = live_profiles_find (profiles, rows[i].model);

      g_test_message ("%s", rows[i].model);
      g_assert_cmpint (profile->has_text_output, ==, rows[i].has_text_output);
      g_assert_cmpint (profile->thinking, ==, rows[i].thinking);
      g_assert_cmpint (profile->thinking_required, ==, rows[i].thinking_required);
      g_assert_cmpint (profile->has_include_thoughts, ==, rows[i].has_include_thoughts);
      g_assert_cmpint (profile->default_behavior, ==, rows[i].default_behavior);
      g_assert_cmpint (profile->has_blocking, ==, rows[i].has_blocking);
      g_assert_cmpint (profile->has_non_blocking, ==, rows[i].has_non_blocking);
      g_assert_cmpint (profile->has_scheduling, ==, rows[i].has_scheduling);
      g_assert_cmpint (profile->gates_microphone, ==, rows[i].gates_microphone);
      g_assert_cmpint (profile->has_proactive_audio, ==, rows[i].has_preview_fields);
      g_assert_cmpint (profile->has_affective_dialog, ==, rows[i].has_preview_fields);
      g_assert_cmpint (profile->has_video_coverage, ==, rows[i].has_video_coverage);
      g_assert_cmpint (profile->text_path, ==, rows[i].text_path);
      g_assert_cmpint (profile->seed_path, ==, rows[i].seed_path);
      g_assert_cmpint (profile->seed_needs_user_turn, ==, rows[i].seed_needs_user_turn);
      g_assert_cmpint (profile->seed_needs_nudge, ==, rows[i].seed_needs_nudge);
      g_assert_cmpint (profile->has_interaction_status, ==, rows[i].has_interaction_status);
      g_assert_cmpint (profile->search_with_functions, ==, rows[i].search_with_functions);
      if (profile->thinking_required)
        g_assert_true (live_profile_has_thinking_level (profile, profile->thinking_level_default));
    }
}

static void
test_voices (void)
{
  g_autoptr (LiveProfiles) profiles = load (NULL);
  const LiveProfile *native = live_profiles_find (profiles, "gemini-3.8-live");
  const LiveProfile *half = live_profiles_find (profiles, "gemini-2.0-flash-live-001");

  g_assert_cmpuint (g_strv_length (native->voices), ==, 30);
  g_assert_cmpuint (g_strv_length (half->voices), ==, 8);
  g_assert_cmpstr (live_profile_find_voice (native, "Sulafat"), ==, "Sulafat");
  g_assert_cmpstr (live_profile_find_voice (native, "kORE"), ==, "Kore");
  g_assert_null (live_profile_find_voice (half, "Sulafat"));
  g_assert_null (live_profile_find_voice (native, ""));
}

static void
test_override (void)
{
  g_autoptr (LiveProfiles) profiles =
      load ("[3.8]\nvoices=Only\nproactive-audio=true\n"
            "[mine]\nprefixes=my-model;gemini-3.8-live-mine\nthinking=level\n");
  const LiveProfile *changed = live_profiles_find (profiles, "gemini-3.8-live");
  const LiveProfile *mine = live_profiles_find (profiles, "gemini-3.8-live-mine-1");

  g_assert_cmpstr (changed->voices[0], ==, "Only");
  g_assert_true (changed->has_proactive_audio);
  g_assert_true (changed->has_scheduling);
  g_assert_cmpstr (mine->family, ==, "mine");
  g_assert_cmpint (mine->thinking, ==, LIVE_THINKING_LEVEL);
  /* What a new family does not say it has from the fallback. */
  g_assert_cmpint (mine->seed_path, ==, LIVE_SEED_SUMMARY);
}

static void
test_bad_overrides (void)
{
  static const struct
  {
    const char *text, *words;
  } rows[] = {
    { "[3.8]\nthinking=much\n", "[3.8] thinking" },
    { "[3.8]\nthinking=much\n", "none, budget, level" },
    { "[3.8]\nthinkings=none\n", "[3.8] has the unknown key “thinkings”" },
    { "[fallback]\nnew=1\n", "[fallback]" },
    { "[3.8]\nscheduling=perhaps\n", "[3.8] scheduling" },
    { "[3.8]\ncontext-window-tokens=-1\n", "[3.8] context-window-tokens" },
    { "[3.8]\ncontext-window-tokens=99999999999\n", "[3.8] context-window-tokens" },
    { "not a key file", "not a key" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const char *overrides[] = { rows[i].text, NULL };
      g_autoptr (GError) error = NULL;

      g_assert_null (live_profiles_new (NULL, overrides, &error));
      g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
      if (strstr (error->message, rows[i].words) == NULL)
        g_error ("“%s” does not say “%s”", error->message, rows[i].words);
    }
}

static void
test_table_without_fallback (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (live_profiles_new ("[x]\nprefixes=x\n", NULL, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
}

static void
test_to_variant (void)
{
  g_autoptr (LiveProfiles) profiles = load (NULL);
  g_autoptr (GVariant) features = g_variant_ref_sink (
      live_profile_to_variant (live_profiles_find (profiles, "gemini-3.8-live-extended-thinking")));
  g_autofree const char **levels = NULL;
  const char *text;
  gboolean flag;
  guint32 number;

  g_assert_true (g_variant_is_of_type (features, G_VARIANT_TYPE_VARDICT));
  g_assert_true (g_variant_lookup (features, "family", "&s", &text));
  g_assert_cmpstr (text, ==, "3.8-et");
  g_assert_true (g_variant_lookup (features, "thinking", "&s", &text));
  g_assert_cmpstr (text, ==, "level");
  g_assert_true (g_variant_lookup (features, "blocking", "b", &flag));
  g_assert_false (flag);
  g_assert_true (g_variant_lookup (features, "context-window-tokens", "u", &number));
  g_assert_cmpuint (number, ==, 131072);
  g_assert_true (g_variant_lookup (features, "thinking-levels", "^a&s", &levels));
  g_assert_cmpstr (levels[0], ==, "low");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/profile/families", test_families);
  g_test_add_func ("/profile/matrix", test_matrix);
  g_test_add_func ("/profile/voices", test_voices);
  g_test_add_func ("/profile/override", test_override);
  g_test_add_func ("/profile/bad-overrides", test_bad_overrides);
  g_test_add_func ("/profile/table-without-fallback", test_table_without_fallback);
  g_test_add_func ("/profile/to-variant", test_to_variant);

  return g_test_run ();
}
