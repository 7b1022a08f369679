/* What each model family accepts: a table from data, longest prefix of the model's name wins.
 * Thread: any (pure, immutable after loading). Used by: setup builder, engine, bus.
 * Source: protocol sections 1.2, 2.11 of the features table; data/model-profiles.conf says what
 * each field means. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  LIVE_THINKING_NONE,
  LIVE_THINKING_BUDGET,
  LIVE_THINKING_LEVEL
} LiveThinkingKnob;
typedef enum
{
  LIVE_TEXT_CLIENT_CONTENT,
  LIVE_TEXT_REALTIME
} LiveTextPath;
typedef enum
{
  LIVE_SEED_CLIENT_CONTENT,
  LIVE_SEED_HISTORY_CONFIG,
  LIVE_SEED_SUMMARY
} LiveSeedPath;
typedef enum
{
  LIVE_BEHAVIOR_BLOCKING,
  LIVE_BEHAVIOR_NON_BLOCKING
} LiveBehavior;

typedef struct
{
  char *family;    /* "2.5", "3.1", "3.8", "3.8-et", "half-cascade", … "fallback" */
  char **prefixes; /* of bare model names; the fallback has none */
  gboolean has_text_output;
  LiveThinkingKnob thinking;
  gboolean thinking_required;   /* 3.8-ET */
  char **thinking_levels;       /* allowed ones, lower case */
  char *thinking_level_default; /* sent for "auto" where a level is required */
  gboolean has_include_thoughts;
  gboolean has_functions;
  LiveBehavior default_behavior; /* what an absent "behavior" means */
  gboolean has_blocking, has_non_blocking;
  gboolean has_scheduling;
  gboolean gates_microphone; /* audio during a blocking call kills the session (8.5) */
  gboolean has_proactive_audio, has_affective_dialog; /* both need v1alpha on Gemini */
  gboolean has_video_coverage;
  LiveTextPath text_path;
  LiveSeedPath seed_path;
  gboolean seed_needs_user_turn; /* 2.5: the seed must end with a user turn */
  gboolean seed_needs_nudge;     /* 3.x: speaks only after some realtimeInput */
  gboolean has_interaction_status;
  gboolean has_search, search_with_functions, has_code_execution, has_url_context;
  gboolean has_context_update;
  guint context_window_tokens;
  guint connection_limit_s; /* the service's usual life of a connection; 0 = unknown */
  char **voices;            /* known ones; others are allowed with a warning */
  char *price_row;          /* "" = unknown */
} LiveProfile;

typedef struct _LiveProfiles LiveProfiles;

/* Loads the built-in table (NULL: the one that the program carries), then each text of overrides
 * (nullable, NULL-terminated) over it, key by key. LIVE_ERROR_INVALID_ARGUMENT names group and
 * key at fault. */
LiveProfiles *live_profiles_new (const char *builtin, const char *const *overrides, GError **error);
void live_profiles_free (LiveProfiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveProfiles, live_profiles_free)

/* Never NULL: the fallback stands for unknown models. A path before the name ("models/") is
 * ignored. Borrowed. */
const LiveProfile *live_profiles_find (LiveProfiles *self, const char *model);

/* The voice as the service spells it ("Kore" for "kore"), or NULL when the family is not known to
 * have it. Borrowed. */
const char *live_profile_find_voice (const LiveProfile *profile, const char *voice);
gboolean live_profile_has_thinking_level (const LiveProfile *profile, const char *level);

/* Session.ModelFeatures: a{sv}, floating; the keys are those of the data file. */
GVariant *live_profile_to_variant (const LiveProfile *profile);

G_END_DECLS
