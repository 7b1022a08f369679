/* Owns: the table of model families.
 * Thread: any; constant data.
 * Called by: rules, session, turn, main. */
#include "live-sim-profile.h"

#include <string.h>

static const char *const models_half_cascade[] = {
  "gemini-2.0-flash-live-001",
  "gemini-live-2.5-flash-preview",
  NULL,
};
static const char *const models_2_5[] = {
  "gemini-2.5-flash-native-audio-preview-",
  "gemini-2.5-flash-native-audio-latest",
  NULL,
};
static const char *const models_3_1[] = { "gemini-3.1-flash-live-preview", NULL };
static const char *const models_3_8[] = { "gemini-3.8-live", NULL };
static const char *const models_3_8_et[] = { "gemini-3.8-live-extended-thinking", NULL };
static const char *const models_vertex[] = {
  "gemini-live-2.5-flash-native-audio",
  "gemini-live-2.5-flash-preview-native-audio-",
  NULL,
};

static const LiveSimProfile profile_half_cascade = {
  .name = "half-cascade",
  .models = models_half_cascade,
  .default_model = "gemini-live-2.5-flash-preview",
  .is_known_on_gemini = TRUE,
  .has_text_output = TRUE,
  .defaults_to_text = TRUE,
  .calls = LIVE_SIM_CALLS_DEFAULT_BLOCKING,
  .has_scheduling = TRUE,
  .takes_media_chunks = TRUE,
  .has_code_execution = TRUE,
  .generation_speed = 4,
};

static const LiveSimProfile profile_2_5 = {
  .name = "2.5",
  .models = models_2_5,
  .default_model = "gemini-2.5-flash-native-audio-preview-12-2025",
  .is_known_on_gemini = TRUE,
  .has_thinking_budget = TRUE,
  .has_include_thoughts = TRUE,
  .calls = LIVE_SIM_CALLS_DEFAULT_BLOCKING,
  .has_scheduling = TRUE,
  .gates_microphone = TRUE,
  .has_v1alpha_dialogue = TRUE,
  .takes_media_chunks = TRUE,
  .generation_speed = 4,
};

static const LiveSimProfile profile_3_1 = {
  .name = "3.1",
  .models = models_3_1,
  .default_model = "gemini-3.1-flash-live-preview",
  .is_known_on_gemini = TRUE,
  .level = LIVE_SIM_LEVEL_OPTIONAL,
  .has_minimal_level = TRUE,
  .has_include_thoughts = TRUE,
  .calls = LIVE_SIM_CALLS_BLOCKING_ONLY,
  .gates_microphone = TRUE,
  .content_is_history_only = TRUE,
  .has_history_config = TRUE,
  .joins_fields = TRUE,
  .whole_transcripts = TRUE,
  .sends_handles_unasked = TRUE,
  .takes_media_chunks = TRUE,
  .generation_speed = 4,
};

static const LiveSimProfile profile_3_8 = {
  .name = "3.8",
  .models = models_3_8,
  .default_model = "gemini-3.8-live",
  .is_known_on_gemini = TRUE,
  .is_known_on_vertex = TRUE,
  .calls = LIVE_SIM_CALLS_DEFAULT_NON_BLOCKING,
  .has_scheduling = TRUE,
  .has_history_config = TRUE,
  .joins_fields = TRUE,
  .whole_transcripts = TRUE,
  .sends_handles_unasked = TRUE,
  .has_context_update = TRUE,
  .generation_speed = 4,
};

static const LiveSimProfile profile_3_8_et = {
  .name = "3.8-et",
  .models = models_3_8_et,
  .default_model = "gemini-3.8-live-extended-thinking",
  .is_known_on_gemini = TRUE,
  .is_known_on_vertex = TRUE,
  .level = LIVE_SIM_LEVEL_MANDATORY,
  .has_include_thoughts = TRUE,
  .calls = LIVE_SIM_CALLS_NON_BLOCKING_ONLY,
  .has_history_config = TRUE,
  .joins_fields = TRUE,
  .whole_transcripts = TRUE,
  .has_interaction_status = TRUE,
  .sends_voice_activity = TRUE,
  .sends_handles_unasked = TRUE,
  .has_context_update = TRUE,
  .generation_speed = 1,
};

static const LiveSimProfile profile_vertex = {
  .name = "vertex",
  .models = models_vertex,
  .default_model = "gemini-live-2.5-flash-native-audio",
  .is_vertex = TRUE,
  .is_known_on_vertex = TRUE,
  .has_thinking_budget = TRUE,
  .has_include_thoughts = TRUE,
  .calls = LIVE_SIM_CALLS_DEFAULT_BLOCKING,
  .gates_microphone = TRUE,
  .has_v1alpha_dialogue = TRUE,
  .takes_media_chunks = TRUE,
  .generation_speed = 4,
};

static const LiveSimProfile *const profiles[] = {
  &profile_half_cascade, &profile_2_5,    &profile_3_1, &profile_3_8,
  &profile_3_8_et,       &profile_vertex, NULL,
};

static const char *const classic_voices[] = {
  "Zephyr",    "Puck",          "Charon",       "Kore",      "Fenrir",     "Leda",
  "Orus",      "Aoede",         "Callirrhoe",   "Autonoe",   "Enceladus",  "Iapetus",
  "Umbriel",   "Algieba",       "Despina",      "Erinome",   "Algenib",    "Rasalgethi",
  "Laomedeia", "Achernar",      "Alnilam",      "Schedar",   "Gacrux",     "Pulcherrima",
  "Achird",    "Zubenelgenubi", "Vindemiatrix", "Sadachbia", "Sadaltager", "Sulafat",
  NULL,
};
static const char *const half_cascade_voices[] = {
  "Puck", "Charon", "Kore", "Fenrir", "Aoede", "Leda", "Orus", "Zephyr", NULL,
};

/* A name that ends in "-" stands for every dated version; any other must be met whole. */
static gboolean
matches_model (const char *known, const char *model)
{
  return g_str_has_suffix (known, "-") ? g_str_has_prefix (model, known)
                                       : strcmp (model, known) == 0;
}

static const LiveSimProfile *
find_by_model (const char *model)
{
  for (guint i = 0; profiles[i] != NULL; i++)
    for (guint k = 0; profiles[i]->models[k] != NULL; k++)
      if (matches_model (profiles[i]->models[k], model))
        return profiles[i];
  return NULL;
}

const LiveSimProfile *
live_sim_profile_find (const char *name)
{
  if (g_ascii_strcasecmp (name, "V") == 0)
    return &profile_vertex;
  for (guint i = 0; profiles[i] != NULL; i++)
    if (g_ascii_strcasecmp (profiles[i]->name, name) == 0)
      return profiles[i];

  return find_by_model (g_str_has_prefix (name, "models/") ? name + strlen ("models/") : name);
}

const LiveSimProfile *
live_sim_profile_for_model (const char *model, gboolean on_vertex)
{
  const LiveSimProfile *profile;
  const char *bare = strrchr (model, '/');

  if (on_vertex ? strstr (model, "publishers/google/models/") == NULL
                : !g_str_has_prefix (model, "models/"))
    return NULL;

  profile = find_by_model (bare + 1);
  if (profile == NULL || !(on_vertex ? profile->is_known_on_vertex : profile->is_known_on_gemini))
    return NULL;
  return profile;
}

const LiveSimProfile *const *
live_sim_profile_list (void)
{
  return profiles;
}

gboolean
live_sim_profile_has_voice (const LiveSimProfile *profile, const char *voice)
{
  if (profile->defaults_to_text)
    return g_strv_contains (half_cascade_voices, voice);
  /* locale-Name: two lower-case letters, "-", two letters, "-", a name. */
  if (profile->has_context_update &&
      g_regex_match_simple ("^[a-z]{2,3}-[a-z]{2}-[a-z]+$", voice, 0, 0))
    return TRUE;
  return g_strv_contains (classic_voices, voice);
}

gboolean
live_sim_profile_blocks (const LiveSimProfile *profile, const char *behavior)
{
  if (strcmp (behavior, "BLOCKING") == 0)
    return TRUE;
  if (strcmp (behavior, "NON_BLOCKING") == 0)
    return FALSE;
  return profile->calls == LIVE_SIM_CALLS_BLOCKING_ONLY ||
         profile->calls == LIVE_SIM_CALLS_DEFAULT_BLOCKING;
}
