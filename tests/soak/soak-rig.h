/* The engine over the real transport and a live-simulator of its own, with a microphone that
 * never stops counting. Engine and simulator share a clock that runs faster than the wall's.
 * Thread: the test's. Used by: tests/soak/test-soak-*.c. */
#pragma once

#include "core/live-engine.h"
#include "fake/fake-audio.h"
#include "sim-rig.h"

G_BEGIN_DECLS

typedef struct
{
  guint speed;
  LiveClock clock;
  SimRig *sim;
  FakeAudio *audio;
  LiveProfiles *profiles;
  LiveSettings *settings;
  LiveEngine *engine;

  guint pump;
  guint64 n_spoken;    /* frames that went into the microphone */
  gboolean is_talking; /* loud, else soft */
  gboolean is_deaf;    /* the microphone gives nothing any more */

  /* What the engine told. */
  guint n_started, n_completed, n_rotations, n_states;
  guint64 open_turn; /* started and not completed; 0 = none */
  char *state;
  GArray *gaps_us; /* of the wall clock, not online between two times online */
  gint64 left_us;
  GHashTable *reasons; /* of turn-complete -> how often */
} SoakRig;

typedef struct
{
  gboolean is_done;
  char *text; /* NULL: it failed */
  GError *error;
} SoakAsk;

/* simulator_options end with NULL. */
SoakRig *soak_rig_new (guint speed, const char *state_dir, const char *const *simulator_options);
void soak_rig_free (SoakRig *rig);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SoakRig, soak_rig_free)

/* Runs the main loop for so much of the fast clock. */
void soak_rig_pass_ms (SoakRig *rig, guint ms);
/* Until the state is this one; fails the test after so much of the fast clock. */
void soak_rig_wait_state (SoakRig *rig, const char *state, guint limit_ms);

SoakAsk *soak_rig_ask (SoakRig *rig, const char *text);
/* FALSE: it is not done after so much of the fast clock. */
gboolean soak_rig_finish_ask (SoakRig *rig, SoakAsk *ask, guint limit_ms);
void soak_ask_free (SoakAsk *ask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SoakAsk, soak_ask_free)

gint64 soak_rig_count (SoakRig *rig, const char *counter);
void soak_rig_inject (SoakRig *rig, const char *actions);
/* The p-th percentile of the gaps, in microseconds; 100 = the worst. */
gint64 soak_rig_gap_us (SoakRig *rig, guint percentile);

/* "--long" among the arguments, or LIVE_SOAK=long. */
gboolean soak_is_long (int argc, char **argv);

G_END_DECLS
