/* One connection as the service sees it: setup first, then input and answers.
 * Thread: main. Used by: server, control; its struct by input, turn and script. */
#pragma once

#include "live-sim-link.h"
#include "live-sim-resampler.h"
#include "live-sim-rules.h"
#include "live-sim-vad.h"

G_BEGIN_DECLS

typedef struct _LiveSimSession LiveSimSession;
typedef struct _LiveSimTurn LiveSimTurn;
typedef struct _LiveSimScript LiveSimScript;
typedef struct _LiveSimLife LiveSimLife;

typedef enum
{
  LIVE_SIM_KEY_GOOD,
  LIVE_SIM_KEY_MISSING,
  LIVE_SIM_KEY_BAD,
  LIVE_SIM_KEY_EXPIRED,
  LIVE_SIM_KEY_OVER_QUOTA,
} LiveSimKey;

typedef enum
{
  LIVE_SIM_PHASE_FIRST, /* nothing received yet */
  LIVE_SIM_PHASE_SETUP, /* a good setup received, setupComplete not sent */
  LIVE_SIM_PHASE_LIVE,
  LIVE_SIM_PHASE_REFUSED, /* a close frame is on its way; whatever comes is ignored */
} LiveSimPhase;

typedef struct
{
  LiveSimDialect dialect;
  const char *api_version; /* "v1beta", "v1alpha", "v1beta1" */
  gboolean is_constrained; /* the method of ephemeral tokens */
  LiveSimKey key;
} LiveSimDoor;

struct _LiveSimSession
{
  LiveSimWorld *world;
  guint id;
  LiveSimDoor door;
  LiveSimPhase phase;
  LiveSimLink *link;
  LiveSimScript *script;
  LiveSimTurn *turn;
  void (*on_ended) (LiveSimSession *self, gpointer data);
  gpointer on_ended_data;

  /* From the setup. */
  const LiveSimProfile *profile;
  char *model;
  char *voice;      /* nullable */
  char *language;   /* nullable */
  JsonArray *tools; /* nullable */
  gboolean has_vertex_habits;
  gboolean has_audio_answers;
  gboolean has_input_transcripts, has_output_transcripts;
  gboolean has_manual_activity, can_interrupt;
  gboolean has_voice_activity; /* voiceActivity messages */
  gboolean has_handles;
  gboolean withholds_handles; /* a scenario says that there is none just now */
  LiveSimWindow window;
  gboolean takes_history;            /* the next clientContent is initial history */
  LiveSimConversation *conversation; /* borrowed from the memory */

  /* What is heard. */
  LiveSimVad *vad;
  LiveSimResampler *hearing; /* nullable: 16 kHz comes as it is */
  guint64 n_heard_frames;    /* at 16 kHz */
  guint n_images;            /* since the last turn */

  guint setup_timer;
  guint handle_timer;
  LiveSimLife *life;     /* nullable: not yet complete */
  JsonObject *last_call; /* nullable: a whole toolCall message */
};

/* on_ended is called once, when the socket is gone; the receiver frees the session. */
LiveSimSession *live_sim_session_new (LiveSimWorld *world,
                                      guint id,
                                      const LiveSimDoor *door,
                                      SoupWebsocketConnection *socket,
                                      LiveSimStream *stream,
                                      GSocket *raw,
                                      void (*on_ended) (LiveSimSession *self, gpointer data),
                                      gpointer data);
void live_sim_session_free (LiveSimSession *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSimSession, live_sim_session_free)

/* Ends the connection as the service does and notes the violation. */
void live_sim_session_refuse (LiveSimSession *self, guint code, const char *reason);
/* The same where the client has done nothing wrong. */
void live_sim_session_end (LiveSimSession *self, guint code, const char *reason);
/* Nothing is said or understood any more; the end of the socket is the caller's. */
void live_sim_session_stop (LiveSimSession *self);
/* Sends setupComplete and what follows it; does nothing in another phase. */
void live_sim_session_complete_setup (LiveSimSession *self);
/* A new handle, or word that there is none just now. Nothing where handles are off. */
void live_sim_session_send_handle (LiveSimSession *self, gboolean is_resumable);
/* FALSE: no more handles, and word of that at once. TRUE: one at once. */
void live_sim_session_set_resumable (LiveSimSession *self, gboolean is_resumable);
/* The last toolCall, in case that it is to be repeated. */
void live_sim_session_keep_call (LiveSimSession *self, JsonObject *message);
/* A person begins to be heard or read. FALSE when that was the end of the connection. */
gboolean live_sim_session_begin_utterance (LiveSimSession *self);
/* An answer is about to begin. FALSE when the context has no room, which ends the connection. */
gboolean live_sim_session_make_room (LiveSimSession *self);
/* holds_setup or holds_replies may have changed. */
void live_sim_session_update_hold (LiveSimSession *self);

JsonObject *live_sim_session_describe (LiveSimSession *self);

G_END_DECLS
