/* What each model family accepts and how it words its answers: the simulator's own table.
 *
 * It is written from the protocol's section 1 and shares nothing with the daemon's table, so that
 * a mistake in one of them shows.
 * Thread: any (constant data). Used by: rules, session, turn. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LIVE_SIM_LEVEL_REFUSED,   /* thinkingLevel closes the socket */
  LIVE_SIM_LEVEL_OPTIONAL,  /* 3.1 */
  LIVE_SIM_LEVEL_MANDATORY, /* 3.8 with extended thinking */
} LiveSimThinkingLevel;

typedef enum
{
  LIVE_SIM_CALLS_BLOCKING_ONLY,
  LIVE_SIM_CALLS_DEFAULT_BLOCKING,
  LIVE_SIM_CALLS_DEFAULT_NON_BLOCKING,
  LIVE_SIM_CALLS_NON_BLOCKING_ONLY,
} LiveSimCallRule;

typedef struct
{
  const char *name;          /* "2.5", "3.1", "3.8", "3.8-et", "half-cascade", "vertex" */
  const char *const *models; /* prefixes of bare model names, NULL-terminated */
  const char *default_model; /* listed by GET /v1beta/models */
  gboolean is_vertex;        /* wire habits of Vertex also on the Gemini path */
  gboolean is_known_on_vertex, is_known_on_gemini;
  gboolean has_text_output;
  gboolean defaults_to_text; /* responseModalities absent */
  gboolean has_thinking_budget;
  LiveSimThinkingLevel level;
  gboolean has_minimal_level;
  gboolean has_include_thoughts;
  LiveSimCallRule calls;
  gboolean has_scheduling;
  gboolean gates_microphone;        /* sound during a blocking call ends in 1008 */
  gboolean has_v1alpha_dialogue;    /* proactivity and enableAffectiveDialog, on v1alpha only */
  gboolean content_is_history_only; /* 3.1: clientContent after setup only as initial history */
  gboolean has_history_config;
  gboolean joins_fields;      /* several parts of serverContent in one message */
  gboolean whole_transcripts; /* of the user's speech; otherwise in fragments */
  gboolean has_interaction_status;
  gboolean sends_voice_activity; /* unasked */
  gboolean sends_handles_unasked;
  gboolean takes_media_chunks; /* 3.8 ignores sound sent that way */
  gboolean has_code_execution;
  gboolean has_context_update;
  double generation_speed; /* times real time */
} LiveSimProfile;

/* name is a family ("3.8") or a model id with or without "models/"; NULL when unknown. */
const LiveSimProfile *live_sim_profile_find (const char *name);

/* The family of the model that a setup names, or NULL when that model is not known on the
 * platform. Takes "models/X" and Vertex's longer forms. */
const LiveSimProfile *live_sim_profile_for_model (const char *model, gboolean on_vertex);

/* All of them, ended by NULL: for --help, the list of models and tests. */
const LiveSimProfile *const *live_sim_profile_list (void);

/* Whether a call of a function declared with this "behavior" blocks; any other word than BLOCKING
 * and NON_BLOCKING stands for the family's default. */
gboolean live_sim_profile_blocks (const LiveSimProfile *profile, const char *behavior);

/* Of the classic voices; the locale-prefixed catalogue ("en-us-tavi") belongs to 3.8 only. */
gboolean live_sim_profile_has_voice (const LiveSimProfile *profile, const char *voice);

G_END_DECLS
