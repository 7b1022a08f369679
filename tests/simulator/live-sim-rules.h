/* Validation of client messages as the service does it: unknown names, wrong types, and what the
 * model refuses; each verdict is the close frame that the service would send.
 * Source: protocol sections 1.2, 4, 5 and 6.
 * Thread: main (pure). Used by: session. */
#pragma once

#include "live-sim-json.h"
#include "live-sim-profile.h"

G_BEGIN_DECLS

#define LIVE_SIM_CLOSE_INVALID 1007
#define LIVE_SIM_CLOSE_POLICY 1008
#define LIVE_SIM_CLOSE_INTERNAL 1011

#define LIVE_SIM_TEXT_INVALID_ARGUMENT "Request contains an invalid argument."
#define LIVE_SIM_TEXT_QUOTA                                                                        \
  "You exceeded your current quota, please check your plan and billing details. For more "         \
  "information on this error, head to the documentation of rate limits."

typedef struct
{
  guint code;   /* 0 = the message is good */
  char *reason; /* owned; may be longer than the 123 bytes that a close frame holds */
} LiveSimVerdict;

void live_sim_verdict_clear (LiveSimVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LiveSimVerdict, live_sim_verdict_clear)

typedef struct
{
  gboolean is_vertex;
  gboolean is_alpha; /* v1alpha */
} LiveSimDialect;

/* The message with every name in lowerCamelCase, enum numbers as names, int64 strings as numbers
 * and nulls left out; NULL with the verdict filled. Exactly one top-level member is there. */
JsonObject *live_sim_rules_read (const char *text,
                                 gssize length,
                                 const LiveSimDialect *dialect,
                                 LiveSimVerdict *verdict);

/* These take what live_sim_rules_read returned. TRUE when good. */
gboolean live_sim_rules_check_setup (JsonObject *setup,
                                     const LiveSimProfile *profile,
                                     const LiveSimDialect *dialect,
                                     LiveSimVerdict *verdict);
gboolean live_sim_rules_check_content (JsonObject *content,
                                       const LiveSimProfile *profile,
                                       const LiveSimDialect *dialect,
                                       gboolean takes_history,
                                       LiveSimVerdict *verdict);
gboolean
live_sim_rules_check_realtime (JsonObject *input, gboolean is_manual, LiveSimVerdict *verdict);
gboolean live_sim_rules_check_tool_response (JsonObject *response,
                                             const LiveSimProfile *profile,
                                             const LiveSimDialect *dialect,
                                             LiveSimVerdict *verdict);

/* Fills the verdict and returns FALSE, so that a check can end in it. */
gboolean live_sim_verdict_refuse (LiveSimVerdict *verdict, guint code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

G_END_DECLS
