/* A scenario file: options, what the simulator "hears", and steps of the form "on this, do that".
 * The format is described in README.md beside this file.
 * Thread: main (immutable after loading). Used by: main, script, control. */
#pragma once

#include "live-sim-json.h"

G_BEGIN_DECLS

typedef enum
{
  LIVE_SIM_ON_UPGRADE,
  LIVE_SIM_ON_CONNECT,
  LIVE_SIM_ON_SETUP,
  LIVE_SIM_ON_READY,
  LIVE_SIM_ON_TEXT,
  LIVE_SIM_ON_AUDIO,
  LIVE_SIM_ON_SPEECH_START,
  LIVE_SIM_ON_SPEECH_END,
  LIVE_SIM_ON_TURN,
  LIVE_SIM_ON_SOUND,
  LIVE_SIM_ON_TOOL_CALL,
  LIVE_SIM_ON_TOOL_RESPONSE,
  LIVE_SIM_ON_GENERATION_COMPLETE,
  LIVE_SIM_ON_TURN_COMPLETE,
  LIVE_SIM_ON_MESSAGE,
  LIVE_SIM_N_TRIGGERS,
} LiveSimTrigger;

typedef enum
{
  LIVE_SIM_DO_SEND,
  LIVE_SIM_DO_SEND_RAW,
  LIVE_SIM_DO_SEND_BASE64,
  LIVE_SIM_DO_SEND_PADDED,
  LIVE_SIM_DO_SETUP_COMPLETE,
  LIVE_SIM_DO_SAY,
  LIVE_SIM_DO_CALL,
  LIVE_SIM_DO_HEARS,
  LIVE_SIM_DO_GO_AWAY,
  LIVE_SIM_DO_CLOSE,
  LIVE_SIM_DO_ABORT,
  LIVE_SIM_DO_HTTP,
  LIVE_SIM_DO_STALL,
  LIVE_SIM_DO_STRIP,
  LIVE_SIM_DO_WAIT,
  LIVE_SIM_DO_FORGET_HANDLES,
  LIVE_SIM_DO_SPOIL_RESUME,
  LIVE_SIM_DO_RESUMABLE,
  LIVE_SIM_DO_STALL_READS,
  LIVE_SIM_DO_PONG_DELAY,
  LIVE_SIM_DO_NO_PONGS,
  LIVE_SIM_DO_REPEAT_CALL,
  LIVE_SIM_N_ACTIONS,
} LiveSimActionKind;

typedef struct
{
  LiveSimActionKind kind;
  JsonNode *value;    /* of the action's own key */
  JsonObject *object; /* the whole action, for its further keys */
} LiveSimAction;

typedef struct
{
  LiveSimTrigger on;
  guint connection; /* 0 = any; counted from 1 over all attempts to upgrade */
  guint nth;        /* 0 = every time */
  guint from_ms;    /* LIVE_SIM_ON_AUDIO: once that much was received */
  GRegex *match;    /* nullable */
  gboolean is_instead;
  GPtrArray *actions; /* LiveSimAction */
} LiveSimStep;

typedef struct
{
  JsonObject *options; /* nullable; live_sim_options_load */
  char *profile;       /* nullable */
  GPtrArray *hears;    /* strings */
  GPtrArray *steps;    /* LiveSimStep */
} LiveSimScenario;

/* G_IO_ERROR_INVALID_ARGUMENT says which step and which key is wrong. */
LiveSimScenario *live_sim_scenario_load (const char *path, GError **error);
LiveSimScenario *live_sim_scenario_parse (const char *text, gssize length, GError **error);
void live_sim_scenario_free (LiveSimScenario *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimScenario, live_sim_scenario_free)

/* A JSON array of actions, or one action: an array of LiveSimAction that owns its elements. */
GPtrArray *live_sim_scenario_parse_actions (JsonNode *node, GError **error);

/* The answer that an upgrade gets instead of a WebSocket; NULL when it is let in. */
const LiveSimAction *live_sim_scenario_find_refusal (const LiveSimScenario *self, guint connection);

const char *live_sim_trigger_to_string (LiveSimTrigger trigger);

G_END_DECLS
