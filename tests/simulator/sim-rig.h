/* A live-simulator process and WebSocket peers of it, for C tests.
 * Thread: main; waits turn the default main context, always with a deadline.
 * Used by: test-simulator-*.c. The program's path is in the environment: LIVE_SIMULATOR. */
#pragma once

#include <libsoup/soup.h>

#include "live-sim-json.h"

G_BEGIN_DECLS

#define SIM_PATH_BETA                                                                              \
  "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
#define SIM_PATH_ALPHA                                                                             \
  "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent"
#define SIM_PATH_VERTEX "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent"

typedef struct _SimRig SimRig;
typedef struct _SimPeer SimPeer;

/* Options end with NULL. Fails the test when it does not come up. --speed 20 is given first. */
SimRig *sim_rig_start (const char *option, ...) G_GNUC_NULL_TERMINATED;
/* With a scenario's text, kept in a file of its own meanwhile. */
SimRig *sim_rig_start_scenario (const char *scenario);
/* Ends it and fails the test unless it ended cleanly. */
void sim_rig_stop (SimRig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimRig, sim_rig_stop)

guint sim_rig_get_port (SimRig *self);

/* The control channel: the answer's object, owned; ret_status may be NULL. body NULL = GET. */
JsonObject *sim_rig_ask (SimRig *self, const char *path, const char *body, guint *ret_status);
/* One number of the state after waiting for query, e.g. "turns=2". */
JsonObject *sim_rig_wait (SimRig *self, const char *query);

/* Opens a WebSocket; key may be NULL. ret_status gets what a refused upgrade said, and the result
 * is NULL then. */
SimPeer *sim_peer_try (SimRig *rig, const char *path, const char *key, guint *ret_status);
/* The same with a good key on v1beta, and it has to work. */
SimPeer *sim_peer_open (SimRig *rig);
/* And sends the setup: members of the setup object beside the model and the modality. */
SimPeer *sim_peer_open_live (SimRig *rig, const char *model, const char *setup_members);
void sim_peer_free (SimPeer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimPeer, sim_peer_free)

/* Borrowed, for what no other function here does. */
SoupWebsocketConnection *sim_peer_get_socket (SimPeer *self);

void sim_peer_send (SimPeer *self, const char *text);
void sim_peer_type (SimPeer *self, const char *text);
/* Tone bursts for speech, or silence: 16 kHz, in pieces of 20 ms, as fast as it goes. */
void sim_peer_send_tone (SimPeer *self, guint ms);
void sim_peer_send_silence (SimPeer *self, guint ms);

/* The next message, whatever it is: borrowed until the next call. */
JsonObject *sim_peer_next (SimPeer *self);
/* Whether the frame of that message was binary, and its text. */
gboolean sim_peer_was_binary (SimPeer *self);
const char *sim_peer_get_text (SimPeer *self);
/* Goes on to the message that holds name, at its top or in serverContent, adding up what was said
 * and heard on the way. */
JsonObject *sim_peer_expect (SimPeer *self, const char *name);
void sim_peer_expect_spoken (SimPeer *self, const char *text);
/* What was added up since the last call: owned. */
char *sim_peer_take_spoken (SimPeer *self);
char *sim_peer_take_heard (SimPeer *self);
GByteArray *sim_peer_take_sound (SimPeer *self);
/* No message waits and none comes until the control channel has answered. */
void sim_peer_expect_nothing (SimPeer *self);

/* Waits for the end. code 1006 = without a close frame; the reason only has to begin so. */
void sim_peer_expect_close (SimPeer *self, guint code, const char *reason);
void sim_peer_close (SimPeer *self);

G_END_DECLS
