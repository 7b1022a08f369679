/* What the simulator is told at start, by command line or by a scenario's "options".
 * Thread: main. Used by: main, scenario, session, turn, link. */
#pragma once

#include "live-sim-json.h"
#include "live-sim-profile.h"

G_BEGIN_DECLS

typedef struct
{
  const LiveSimProfile *profile; /* NULL = the model that the setup names decides */
  double speed;                  /* the simulated clock runs this much faster */
  double generation_speed;       /* times real time; 0 = the profile's */
  gboolean is_parrot;
  gboolean has_text_frames;  /* text frames instead of binary ones */
  gboolean has_empty_frames; /* {} between the content messages */
  gboolean has_unknown_fields;
  gboolean has_duplicate_calls;
  guint setup_delay_ms;
  guint reply_delay_ms;
  guint chunk_ms;          /* of sound in one message */
  guint first_chunk_bytes; /* 0 = like the others; 2 was seen in the field */
  guint tool_audio_grace_ms;
  guint handle_life_ms;     /* 0 = two hours */
  guint handle_interval_ms; /* 0 = only around turns */
  gboolean has_lifetimes;   /* connections end when those of the family do */
  guint life_ms;            /* 0 = the family's, or for ever */
  gboolean has_go_away;     /* go_away_ms was given */
  guint go_away_ms, go_away_left_ms;
  guint idle_reap_ms;   /* 0 = the family's, or never */
  guint context_tokens; /* that the model can hold; 0 = the family's */
  guint pong_delay_ms;
  gboolean has_no_pongs;
  gboolean has_poisonous_video; /* who has shown pictures cannot resume well */
  gboolean counts_samples;      /* the sound is the signal of live-sim-ledger.h */
} LiveSimOptions;

void live_sim_options_init (LiveSimOptions *self);

/* Takes every member of object; G_IO_ERROR_INVALID_ARGUMENT names the one that is unknown, of the
 * wrong type or out of range. */
gboolean live_sim_options_load (LiveSimOptions *self, JsonObject *object, GError **error);

/* Real milliseconds for simulated ones. */
guint live_sim_options_scale_ms (const LiveSimOptions *self, double simulated_ms);

G_END_DECLS
