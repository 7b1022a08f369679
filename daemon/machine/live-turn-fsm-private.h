/* What the two files of the turn machine share: waits, moves, and the server's events.
 * Thread: any (pure). Used by: live-turn-fsm.c, live-turn-fsm-server.c. */
#pragma once

#include "machine/live-turn-fsm.h"

G_BEGIN_DECLS

/* How long each wait may last. The model's own slowness is the measure: 3.8-ET is seen to think
 * for half a minute (protocol 8.4), a server that cuts sends turnComplete at once (8.3). */
#define LIVE_TURN_HEARING_MS 60000
#define LIVE_TURN_PENDING_MS 45000
#define LIVE_TURN_UNANSWERED_MS 20000 /* not every spoken word is for the model */
#define LIVE_TURN_BUSY_MS 60000
#define LIVE_TURN_TOOL_MS 600000 /* the ledger's own deadlines come first */
#define LIVE_TURN_AFTER_TOOL_MS 15000
#define LIVE_TURN_STALL_MS 15000    /* nothing came in the middle of an answer */
#define LIVE_TURN_DRAINED_MS 10000  /* and all that had come was played */
#define LIVE_TURN_GENERATED_MS 5000 /* turnComplete is late after the sound's end */
#define LIVE_TURN_CUT_MS 2000
#define LIVE_TURN_DROP_TOLD_MS 3000
#define LIVE_TURN_DROP_UNTOLD_MS 30000
#define LIVE_TURN_DROP_LAST_MS 2000
#define LIVE_TURN_LATE_US (3 * G_USEC_PER_SEC)

/* Moves; each returns the actions that belong to it. */
guint live_turn_fsm_arm (LiveTurnOut *out, guint delay_ms);
guint live_turn_fsm_arm_drop (LiveTurnOut *out, guint delay_ms);
guint live_turn_fsm_enter_pending (LiveTurnFsm *fsm, LiveTurnOut *out);
guint live_turn_fsm_enter_tail (LiveTurnFsm *fsm);
guint live_turn_fsm_answered (LiveTurnFsm *fsm);
/* Clears what belongs to one turn; a turn begins after this. */
guint live_turn_fsm_begin_turn (LiveTurnFsm *fsm, gboolean is_voice, LiveTurnOut *out);
guint live_turn_fsm_open_turn (LiveTurnFsm *fsm, LiveTurnOrigin origin, LiveTurnOut *out);
guint live_turn_fsm_close_turn (LiveTurnFsm *fsm,
                                const LiveTurnEvent *event,
                                LiveTurnReason reason,
                                LiveTurnOut *out);
/* The turn and all that wait behind it end together. */
guint live_turn_fsm_close_all (LiveTurnFsm *fsm,
                               const LiveTurnEvent *event,
                               LiveTurnReason reason,
                               LiveTurnOut *out);

/* The server's side of the step. */
guint live_turn_fsm_on_input_text (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out);
guint live_turn_fsm_on_media (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out);
guint live_turn_fsm_on_generation_complete (LiveTurnFsm *fsm, LiveTurnOut *out);
guint live_turn_fsm_on_interrupted (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out);
guint
live_turn_fsm_on_turn_complete (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out);
guint live_turn_fsm_on_in_progress (LiveTurnFsm *fsm, LiveTurnOut *out);
guint live_turn_fsm_on_idle (LiveTurnFsm *fsm);
guint live_turn_fsm_on_tool_call (LiveTurnFsm *fsm, const LiveTurnEvent *event, LiveTurnOut *out);
guint live_turn_fsm_on_tool_ended (LiveTurnFsm *fsm, gboolean has_answer, LiveTurnOut *out);

G_END_DECLS
