/* The inside of the link, shared by its files; nobody else includes this.
 * Thread: main.
 *
 * live-link.c drives the machine; -dial.c makes a dial ready; -context.c keeps the handle; -wire.c
 * reads what comes; -update.c changes a setup in place; -fallback.c leaves a setup that was
 * refused; -world.c hears of network and sleep; -report.c puts everything into words and numbers.
 */
#pragma once

#include "core/live-link.h"
#include "protocol/live-endpoint.h"

G_BEGIN_DECLS

struct _LiveLink
{
  const LiveClock *clock;
  LiveTransport *transport;
  LiveProfiles *profiles;
  LiveLinkEvents events;
  gpointer events_data;

  /* The machine and its events; each timer event carries the generation it was armed in. */
  LiveLinkFsm fsm;
  GArray *queue; /* QueuedEvent */
  gboolean is_draining;
  guint state_timer_id, stable_timer_id;
  guint generation, stable_generation;

  /* What is wanted. pinned: the snapshot whose next-conversation settings hold until the next
   * dial; NULL when there is no conversation to keep. sent: what the service was told. */
  LiveSettings *settings, *pinned, *effective, *sent_settings;
  /* What the service accepted last, NULL = nothing yet; of is_refused its values are used. */
  LiveSettings *accepted;
  gboolean is_refused[LIVE_N_SETTINGS];
  gboolean is_refusal_unsure; /* it may as well have been the handle */
  char *refusal;              /* a sentence about them, NULL = none */
  char *tools_json;
  const LiveProfile *profile;
  LiveProfile corrected; /* a copy of the profile without what the model refused */
  gboolean is_corrected;
  char *warnings; /* of the last setup, so that each is logged once */

  /* The next dial; all wiped after use. */
  char *url;
  char **headers;
  char *setup;

  /* The conversation. */
  char *handle; /* SECRET; the newest resumable one */
  char *handle_fingerprint;
  gint64 handle_boot_us;    /* of its last good day: when it came, or when its session ended */
  gint64 handle_issued_us;  /* monotonic; 0 = before this process */
  gboolean is_handle_dirty; /* more has been said since */
  gboolean has_context;     /* something was answered, so something can be lost */
  gboolean is_abandoned;    /* this connection's context is given up */
  gboolean is_seed_refused; /* the service closed on the last seed */
  LiveContextOrigin origin;

  /* This connection. */
  char *session_id;
  LiveClosePhase phase;
  gboolean is_handle_used, is_seeding;
  gboolean is_update_refused; /* contextUpdate is not known there */
  gint64 updated_us;          /* the last contextUpdate, 0 = none */
  gint64 opened_us, connected_wall_us, retry_wall_us;
  LiveLinkState logged_state;

  /* Why it is as it is. */
  const char *reason, *off_reason;
  char *message;
  GError *error;        /* the newest; what waiting calls get */
  const char *category; /* of the newest close */
  LiveClosePhase last_phase;
  gint64 last_age_us;

  LiveLinkStats stats;
  GHashTable *closes; /* category -> GUINT_TO_POINTER count */
  guint64 unreadable_logged;

  gboolean is_network_gone, is_network_told_down;

  GSourceOnceFunc shut_down_fn;
  gpointer shut_down_data;
};

/* live-link.c */
void live_link_post (LiveLink *self, LiveLinkEventKind kind);
void live_link_post_event (LiveLink *self, const LiveLinkEvent *event);
void live_link_ask_quiet (LiveLink *self);
/* The time limits that settings and model give; they count from the next timer on. */
void live_link_choose_limits (LiveLink *self);

/* live-link-dial.c */
/* Takes the newest settings, with what belongs to the conversation held back. */
void live_link_choose_settings (LiveLink *self);
void live_link_unpin (LiveLink *self);
/* FALSE: error, reason and message are set. */
gboolean live_link_prepare (LiveLink *self, guint kind, const char *secret);
void live_link_open (LiveLink *self);
void live_link_send_setup (LiveLink *self);
void live_link_forget_target (LiveLink *self);
void live_link_correct (LiveLink *self);

/* live-link-context.c */
void live_link_drop_handle (LiveLink *self);
/* A handle that could be used now. */
gboolean live_link_can_resume (LiveLink *self);
gboolean live_link_is_safe_to_leave (LiveLink *self);
void live_link_keep_handle (LiveLink *self, const LiveWireEvent *event);
void live_link_age_handle (LiveLink *self);
void live_link_choose_context (LiveLink *self);
void live_link_settle_context (LiveLink *self);
void live_link_note_answer (LiveLink *self);

/* live-link-update.c */
/* TRUE: the service was told, no rotation is needed. */
gboolean live_link_update (LiveLink *self, gboolean has_instruction, gboolean has_tools);
gboolean live_link_blames_update (LiveLink *self, const LiveCloseInfo *info);

/* live-link-fallback.c */
/* The service took what it was sent. */
void live_link_accept (LiveLink *self);
/* The settings without what was refused. A full reference. */
LiveSettings *live_link_hold_refused (LiveLink *self, LiveSettings *take_settings);
/* Somebody changed settings (LIVE_N_SETTINGS long): what was refused among them is tried. */
void live_link_retry_refused (LiveLink *self, const gboolean *changed);
/* TRUE: a change is to blame and held back from now on, the next dial does without. words: of the
 * service, redacted. */
gboolean live_link_fall_back (LiveLink *self,
                              const LiveCloseInfo *info,
                              const LiveCloseVerdict *verdict,
                              const char *words);

/* live-link-world.c */
void live_link_heed_network (LiveLink *self);

/* live-link-wire.c */
extern const LiveTransportEvents live_link_transport_events;

/* live-link-report.c */
/* Takes the error. */
void live_link_blame (LiveLink *self, const char *reason, GError *take_error, const char *words);
/* Dialling is pointless: no credential, or no legal setup. Copies the error. */
void live_link_blame_setup (LiveLink *self, const GError *error);
/* Classifies, counts, logs and blames; fills the loss for the machine. */
void live_link_note_end (LiveLink *self, LiveCloseInfo *info, LiveLinkLoss *ret_loss);
void live_link_log_state (LiveLink *self, LiveLinkState from, LiveLinkEventKind event);
/* Why an online connection is given up by ourselves. Owned. */
GError *live_link_explain_leave (LiveLink *self, LiveLinkEventKind event);

G_END_DECLS
