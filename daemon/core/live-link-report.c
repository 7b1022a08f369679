/* Owns: the words and numbers about the link: errors, status, counters, journal, dump.
 * Thread: main.
 * Called by: core/live-link*.c, core/live-engine.c. */
#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-redact.h"
#include "core/live-link-private.h"

#include "live-config.h"

void
live_link_blame (LiveLink *self, const char *reason, GError *take_error, const char *words)
{
  const char *const secrets[] = { self->handle, NULL };

  self->reason = g_intern_string (reason);
  g_free (self->message);
  self->message = live_redact (words, secrets);
  g_clear_error (&self->error);
  self->error = take_error;
}

void
live_link_blame_setup (LiveLink *self, const GError *error)
{
  const char *reason = "no-credentials";
  GError *copy = g_error_copy (error);

  live_error_convert (&copy);
  if (copy->code == LIVE_ERROR_BAD_SETUP)
    reason = "bad-setup";
  else if (copy->code == LIVE_ERROR_CREDENTIALS_REJECTED)
    reason = "rejected-credentials";
  live_link_blame (self, reason, copy, error->message);
}

/* A sentence for people, with the service's own words where they help. */
static char *
describe (LiveLink *self, LiveErrorCode code, const char *words)
{
  const char *model = live_settings_get_string (self->effective, LIVE_SETTING_SESSION_MODEL);

  if (code == LIVE_ERROR_CREDENTIALS_REJECTED)
    return g_strdup_printf (_ ("The service does not accept the credentials: %s"), words);
  if (code == LIVE_ERROR_QUOTA_EXCEEDED)
    return g_strdup_printf (_ ("The quota is used up: %s"), words);
  if (code == LIVE_ERROR_MODEL_UNAVAILABLE)
    return g_strdup_printf (_ ("The model %s can't be used: %s"), model, words);
  if (code == LIVE_ERROR_BAD_SETUP)
    return g_strdup_printf (_ ("The service refuses the settings of the session: %s"), words);
  if (code == LIVE_ERROR_NETWORK)
    return g_strdup_printf (_ ("The service can't be reached: %s"), words);
  if (code == LIVE_ERROR_TIMEOUT)
    return g_strdup_printf (_ ("The service did not answer in time: %s"), words);
  if (code == LIVE_ERROR_LIMIT_EXCEEDED)
    return g_strdup_printf (_ ("A message was larger than link.max-message-bytes allows: %s"),
                            words);

  return g_strdup_printf (_ ("The service ended the connection: %s"), words);
}

static void
count_close (LiveLink *self, const char *category)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->closes, category));

  /* Categories are static strings. */
  g_hash_table_insert (self->closes, (gpointer) category, GUINT_TO_POINTER (count + 1));
  self->stats.closes_by_category_total++;
}

static void
log_end (LiveLink *self, const LiveCloseInfo *info, const LiveCloseVerdict *verdict)
{
  g_autofree char *code =
      g_strdup_printf ("%u", info->http_status != 0 ? info->http_status : info->code);
  g_autofree char *age_ms = g_strdup_printf ("%" G_GINT64_FORMAT, info->age_us / 1000);

  g_log_structured (
      G_LOG_DOMAIN, verdict->action == LIVE_CLOSE_STOP ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO,
      "LIVE_SESSION", self->session_id, "LIVE_ORIGIN", live_close_origin_to_string (info->origin),
      "LIVE_CODE", code, "LIVE_PHASE", live_close_phase_to_string (info->phase), "LIVE_CATEGORY",
      verdict->category, "LIVE_ACTION", live_close_action_to_string (verdict->action),
      "LIVE_AGE_MS", age_ms, "MESSAGE", "Session %s ended after %s ms (%s %s, %s, %s%s): %s; %s",
      self->session_id, age_ms, live_close_origin_to_string (info->origin), code, verdict->category,
      live_close_phase_to_string (info->phase), info->handle_used ? ", resumed" : "", self->message,
      live_close_action_to_string (verdict->action));
}

#define SEED_REFUSAL_US (10 * (gint64) G_USEC_PER_SEC)

/* What we added to the session's own beginning may be what the service does not like; then the
 * session is not to blame, and it is tried without. */
static void
forgive (LiveLink *self, const LiveCloseInfo *info, LiveCloseVerdict *verdict)
{
  /* A seed that is refused is refused at once; what ends an old session has other reasons. */
  gboolean is_early = info->origin == LIVE_CLOSE_FRAME &&
                      (info->phase == LIVE_PHASE_SETUP || info->phase == LIVE_PHASE_BEFORE_TURN) &&
                      (info->code == 1007 || info->age_us < SEED_REFUSAL_US);

  if (live_link_blames_update (self, info))
    *verdict =
        (LiveCloseVerdict){ LIVE_CLOSE_RESUME, LIVE_ERROR_SERVER, "server", "update-refused" };
  else if (self->is_seeding && is_early)
    {
      self->is_seed_refused = TRUE;
      if (verdict->action == LIVE_CLOSE_STOP && verdict->error == LIVE_ERROR_BAD_SETUP)
        *verdict =
            (LiveCloseVerdict){ LIVE_CLOSE_FRESH, LIVE_ERROR_SERVER, "server", "seed-refused" };
    }
}

void
live_link_note_end (LiveLink *self, LiveCloseInfo *info, LiveLinkLoss *ret_loss)
{
  const char *const secrets[] = { self->handle, NULL };
  g_autofree char *words = live_redact (info->reason, secrets);
  g_autofree char *sentence = NULL;
  LiveCloseVerdict verdict;
  gboolean is_fallback;

  info->phase = self->fsm.state == LIVE_LINK_PREPARING ? LIVE_PHASE_DIALLING : self->phase;
  info->handle_used = self->is_handle_used;
  info->age_us = self->opened_us != 0 ? live_clock_now_us (self->clock) - self->opened_us : 0;
  verdict = live_close_classify (info);
  is_fallback = live_link_fall_back (self, info, &verdict, words);
  if (is_fallback)
    verdict.action = LIVE_CLOSE_RESUME;
  else
    forgive (self, info, &verdict);

  /* A close without words still has a code. */
  if (*words == '\0')
    {
      g_free (words);
      words = g_strdup_printf ("%s %u", live_close_origin_to_string (info->origin),
                               info->http_status != 0 ? info->http_status : info->code);
    }
  sentence = describe (self, verdict.error, words);
  live_link_blame (self, verdict.reason, g_error_new_literal (LIVE_ERROR, verdict.error, sentence),
                   words);
  self->category = verdict.category;
  self->last_phase = info->phase;
  self->last_age_us = info->age_us;
  count_close (self, verdict.category);
  log_end (self, info, &verdict);

  *ret_loss = (LiveLinkLoss){ .action = verdict.action,
                              .was_resumed = info->handle_used && !is_fallback,
                              .reached_service = info->phase != LIVE_PHASE_DIALLING ||
                                                 info->origin == LIVE_CLOSE_HTTP,
                              .retry_after_us = info->retry_after_us };
}

GError *
live_link_explain_leave (LiveLink *self, LiveLinkEventKind event)
{
  if (event == LIVE_LINK_EV_UNWANT)
    return g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED,
                                _ ("The session was switched off"));
  if (event == LIVE_LINK_EV_SLEEP)
    return g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED,
                                _ ("The computer goes to sleep"));
  if (event == LIVE_LINK_EV_NETWORK_DOWN)
    return g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NETWORK, _ ("There is no network"));

  return g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED,
                              _ ("The connection to the service is being renewed"));
}

void
live_link_log_state (LiveLink *self, LiveLinkState from, LiveLinkEventKind event)
{
  const char *old = live_link_fsm_state_to_string (from);
  const char *new = live_link_fsm_state_to_string (self->fsm.state);
  const char *cause = live_link_fsm_event_to_string (event);
  gint64 age_us = self->opened_us != 0 && self->fsm.has_socket
                      ? live_clock_now_us (self->clock) - self->opened_us
                      : 0;
  g_autofree char *age_ms = g_strdup_printf ("%" G_GINT64_FORMAT, age_us / 1000);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "LIVE_SESSION", self->session_id, "LIVE_FROM",
                    old, "LIVE_TO", new, "LIVE_EVENT", cause, "LIVE_REASON", self->reason,
                    "LIVE_AGE_MS", age_ms, "MESSAGE", "Link: %s -> %s on %s (%s)", old, new, cause,
                    self->reason);
}

static const char *
choose_reason (LiveLink *self)
{
  if (self->fsm.state == LIVE_LINK_BLOCKED && self->fsm.is_budget_spent)
    return "budget";
  if (self->fsm.state == LIVE_LINK_WAITING_NETWORK)
    return "network";
  if (self->fsm.state == LIVE_LINK_SUSPENDED)
    return "none";
  /* Closing for good is offline already. */
  if (g_str_equal (live_link_fsm_public_name (&self->fsm), "offline"))
    return self->off_reason;

  return self->reason;
}

void
live_link_get_status (LiveLink *self, LiveLinkStatus *ret_status)
{
  *ret_status = (LiveLinkStatus){
    .state = self->fsm.state,
    .state_name = live_link_fsm_public_name (&self->fsm),
    .reason = choose_reason (self),
    .message = self->message != NULL ? self->message : "",
    .origin = self->origin,
    .session_id = self->session_id,
    .is_online = live_link_fsm_is_online (&self->fsm),
    .is_resumable = live_link_can_resume (self) && !self->is_handle_dirty,
    .has_socket = self->fsm.has_socket,
    .connected_since_us = self->connected_wall_us,
    .retry_at_us = self->retry_wall_us,
  };
}

const LiveLinkStats *
live_link_get_stats (LiveLink *self)
{
  return &self->stats;
}

void
live_link_add_statistics (LiveLink *self, GVariantBuilder *builder)
{
  const LiveTransportStats *transport = live_transport_stats (self->transport);
  const struct
  {
    const char *name;
    guint64 value;
  } rows[] = {
    { "dials", self->stats.dials },
    { "connects", self->stats.connects },
    { "resumes", self->stats.resumes },
    { "rotations", self->stats.rotations },
    { "retries", self->stats.retries },
    { "reseeds", self->stats.reseeds },
    { "contexts-abandoned", self->stats.abandons },
    { "context-updates", self->stats.updates },
    { "bad-messages", self->stats.bad_messages },
    { "empty-messages", self->stats.empty_messages },
    { "late-sends", self->stats.late_sends + transport->late_sends },
    { "refused-sends", transport->refused_sends },
    { "messages-sent", transport->messages_sent },
    { "messages-received", transport->messages_received },
    { "bytes-sent", transport->bytes_sent },
    { "bytes-received", transport->bytes_received },
  };
  GHashTableIter iter;
  gpointer category = NULL, count = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_variant_builder_add (builder, "{st}", rows[i].name, rows[i].value);
  g_hash_table_iter_init (&iter, self->closes);
  while (g_hash_table_iter_next (&iter, &category, &count))
    {
      g_autofree char *name = g_strconcat ("closes-", (const char *) category, NULL);

      g_variant_builder_add (builder, "{st}", name, (guint64) GPOINTER_TO_UINT (count));
    }
}

void
live_link_dump (LiveLink *self, GString *out)
{
  gint64 now_us = live_clock_now_us (self->clock);

  g_string_append_printf (out, "state: %s (%s), reason %s\n",
                          live_link_fsm_state_to_string (self->fsm.state),
                          live_link_fsm_public_name (&self->fsm), choose_reason (self));
  g_string_append_printf (out, "message: %s\n", self->message != NULL ? self->message : "");
  g_string_append_printf (
      out, "session: %s, age %" G_GINT64_FORMAT " ms, %s\n", self->session_id,
      self->fsm.has_socket && self->opened_us != 0 ? (now_us - self->opened_us) / 1000 : 0,
      self->is_handle_used ? "resumed"
      : self->is_seeding   ? "fresh, told what was said"
                           : "fresh");
  g_string_append_printf (out, "model family: %s%s\n", self->profile->family,
                          self->is_corrected ? " (corrected after a refusal)" : "");
  g_string_append_printf (out, "handle: %s, age %" G_GINT64_FORMAT " s\n",
                          self->handle == NULL    ? "none"
                          : self->is_handle_dirty ? "behind"
                                                  : "good",
                          self->handle != NULL
                              ? (live_clock_boot_us (self->clock) - self->handle_boot_us) /
                                    G_USEC_PER_SEC
                              : 0);
  g_string_append_printf (out, "back-off: %u attempts, %u of %u spent\n",
                          self->fsm.backoff.attempts, self->fsm.backoff.spent,
                          self->fsm.backoff.limits.budget);
  g_string_append_printf (out, "last end: %s in phase %s after %" G_GINT64_FORMAT " ms\n",
                          self->category, live_close_phase_to_string (self->last_phase),
                          self->last_age_us / 1000);
}
