/* Owns: handing typed messages to the server, and again after a loss.
 * Thread: main only.
 * Called by: live-engine-requests.c, live-engine.c.
 *
 * A handle is a snapshot: what was handed over after it was issued is gone with the connection
 * (protocol 8.6), and is sent again. What was handed over before it is in it, and is sent again
 * only if no answer begins within a few seconds; the server may then have read it twice, which
 * is the price of never losing it. A turn of which something was answered is never repeated. */
#include "core/live-engine-beyond.h"

#include <glib/gi18n.h>

#include "protocol/live-wire-out.h"

/* What was only to be known, and is in no handle yet; the oldest goes first. */
#define MAX_NOTES 64

/* Where notes stand among the turns of the transcript. */
#define NOTE_KEY (G_GUINT64_CONSTANT (1) << 63)

typedef struct
{
  LiveRequestKind kind;
  char *text;
  gint64 sent_us;
} Note;

/* The first time and three more; then the turn fails. */
#define MAX_SENDS 4

/* Whether clientContent may come at any time, not only as initial history (protocol 1.2). A
 * model's typed messages may go another way all the same. */
gboolean
live_engine_takes_content (LiveEngine *self)
{
  const LiveProfile *profile = live_link_get_profile (self->link);

  return profile->text_path == LIVE_TEXT_CLIENT_CONTENT ||
         profile->seed_path == LIVE_SEED_CLIENT_CONTENT;
}

static char *
build_message (LiveEngine *self,
               LiveRequestKind kind,
               const char *text,
               gboolean wants_answer,
               GError **error)
{
  const LiveProfile *profile = live_link_get_profile (self->link);
  gboolean has_content = live_engine_takes_content (self);

  switch (kind)
    {
    case LIVE_REQUEST_TEXT:
    case LIVE_REQUEST_ASK:
      return profile->text_path == LIVE_TEXT_CLIENT_CONTENT
                 ? live_wire_out_client_text ("user", text, TRUE)
                 : live_wire_out_realtime_text (text);
    case LIVE_REQUEST_CONTEXT:
      if (has_content)
        return live_wire_out_client_text ("user", text, FALSE);
      break;
    case LIVE_REQUEST_CONTENT:
      if (has_content)
        return live_wire_out_client_turns (text, wants_answer, error);
      break;
    case LIVE_REQUEST_CONNECT:
      break;
    }

  g_set_error (error, LIVE_ERROR, LIVE_ERROR_UNSUPPORTED,
               _ ("The model family %s takes text only as a message that it answers"),
               profile->family);
  return NULL;
}

/* FALSE: it could not be queued. */
static gboolean
transmit (LiveEngine *self, LiveEngineTurn *turn, const char *wire)
{
  live_uplink_close_cut_in (self->uplink);
  if (!live_link_send (self->link, wire, -1))
    return FALSE;

  self->counters.texts_sent++;
  self->counters.texts_sent_again += turn->n_sent > 0;
  turn->n_sent++;
  turn->sent_us = live_clock_now_us (self->clock);
  turn->is_assumed = FALSE;
  return TRUE;
}

static GError *
explain_stall (void)
{
  return g_error_new_literal (LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                              _ ("The service takes no messages, and too many wait already"));
}

/* The machine takes it from here. */
static void
expect_answer (LiveEngine *self, LiveEngineTurn *turn)
{
  g_queue_push_tail (&self->waiting, turn);
  live_engine_step (self, LIVE_TURN_EV_TEXT_SENT, NULL);
  live_engine_note_asked (self);
}

static void
free_note (Note *note)
{
  g_free (note->text);
  g_free (note);
}

void
live_engine_forget_notes (LiveEngine *self)
{
  g_queue_clear_full (&self->notes, (GDestroyNotify) free_note);
}

/* What the newest handle holds need not be remembered here. */
void
live_engine_prune_notes (LiveEngine *self)
{
  LiveLinkHandle handle;
  Note *note;

  live_link_peek_handle (self->link, &handle);
  while ((note = g_queue_peek_head (&self->notes)) != NULL && note->sent_us < handle.issued_us)
    free_note (g_queue_pop_head (&self->notes));
}

static void
remember_note (LiveEngine *self, const LiveRequest *request)
{
  Note *note = g_new0 (Note, 1);

  note->kind = request->kind;
  note->text = g_strdup (request->text);
  note->sent_us = live_clock_now_us (self->clock);
  g_queue_push_tail (&self->notes, note);
  if (self->notes.length > MAX_NOTES)
    free_note (g_queue_pop_head (&self->notes));
  if (request->kind == LIVE_REQUEST_CONTEXT &&
      !live_transcript_append (self->transcript, NOTE_KEY + self->counters.texts_sent,
                               LIVE_SAID_BY_USER, request->text))
    self->counters.words_over_cap++;
}

/* With the next connection: what neither the handle nor the own words hold. */
static void
send_notes (LiveEngine *self, LiveContextOrigin origin)
{
  for (GList *link = self->notes.head; link != NULL; link = link->next)
    {
      Note *note = link->data;
      g_autofree char *wire = build_message (self, note->kind, note->text, FALSE, NULL);

      if (wire == NULL || (origin == LIVE_CONTEXT_RESEEDED && note->kind == LIVE_REQUEST_CONTEXT))
        continue;
      live_link_send (self->link, wire, -1);
      note->sent_us = live_clock_now_us (self->clock);
      self->counters.texts_sent_again++;
    }
}

/* Every message that wants an answer is a turn; one that is only context is none. */
void
live_engine_hand_over (LiveEngine *self, LiveRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *wire =
      build_message (self, request->kind, request->text, request->wants_answer, &error);
  LiveEngineTurn *turn;
  guint64 number;

  if (wire == NULL)
    {
      live_engine_request_fail (request, error);
      return;
    }

  if (!request->wants_answer)
    {
      if (!live_link_send (self->link, wire, -1))
        {
          error = explain_stall ();
          live_engine_request_fail (request, error);
          return;
        }
      self->counters.texts_sent++;
      remember_note (self, request);
      live_engine_heed_idle (self, TRUE);
      live_engine_request_return (request, 0);
      return;
    }

  turn = live_engine_turn_new (self, LIVE_TURN_BY_TEXT);
  number = turn->number;
  turn->kind = request->kind;
  turn->message = g_strdup (request->text);
  if (request->kind != LIVE_REQUEST_CONTENT)
    turn->typed = g_strdup (request->text);
  if (request->kind == LIVE_REQUEST_ASK)
    {
      request->turn = number;
      turn->ask = request;
    }
  if (!transmit (self, turn, wire))
    {
      live_engine_turn_free (turn);
      error = explain_stall ();
      live_engine_request_fail (request, error);
      return;
    }
  expect_answer (self, turn);
  if (request->kind != LIVE_REQUEST_ASK)
    live_engine_request_return (request, number);
}

static gboolean
is_repeatable (const LiveEngineTurn *turn)
{
  return turn->message != NULL && turn->n_sent < MAX_SENDS;
}

/* A tool that was called may have done something; it is not made to do it twice. */
static gboolean
is_untouched (LiveEngine *self)
{
  const LiveTurnFsm *fsm = &self->fsm;

  return fsm->state == LIVE_TURN_PENDING && !fsm->has_media && !fsm->is_complete &&
         !fsm->is_generated && !fsm->awaits_tool_answer && fsm->n_tools == 0 &&
         self->turn->thoughts->len == 0;
}

static void
on_kept_timer (gpointer data)
{
  LiveEngine *self = data;
  g_autoptr (GError) error = NULL;

  self->kept_timer = 0;
  error = self->failure != NULL ? g_error_copy (self->failure)
                                : g_error_new_literal (LIVE_ERROR, LIVE_ERROR_TIMEOUT,
                                                       _ ("The service could not be reached in "
                                                          "time"));
  live_engine_fail_kept (self, error);
}

static void
arm_kept_timer (LiveEngine *self)
{
  if (!g_queue_is_empty (&self->kept) && self->kept_timer == 0)
    self->kept_timer =
        live_clock_arm (self->clock, LIVE_ENGINE_ASK_TIMEOUT_MS, on_kept_timer, self);
}

static void
keep_turn (LiveEngine *self, LiveEngineTurn *turn)
{
  /* It will be said again, after what the context is told meanwhile. */
  if (turn->is_begun)
    {
      live_transcript_forget (self->transcript, turn->number);
      if (turn->kind != LIVE_REQUEST_CONTENT)
        turn->typed = g_strdup (turn->message);
    }
  g_queue_push_tail (&self->kept, turn);
}

void
live_engine_keep_turns (LiveEngine *self)
{
  GQueue rest = G_QUEUE_INIT;
  LiveEngineTurn *turn;

  if (self->turn != NULL && is_repeatable (self->turn) && is_untouched (self))
    keep_turn (self, g_steal_pointer (&self->turn));
  while ((turn = g_queue_pop_head (&self->waiting)) != NULL)
    {
      if (is_repeatable (turn))
        keep_turn (self, turn);
      else
        g_queue_push_tail (&rest, turn);
    }
  self->waiting = rest;

  arm_kept_timer (self);
}

void
live_engine_fail_kept (LiveEngine *self, const GError *error)
{
  GError *before = g_steal_pointer (&self->loss);
  LiveEngineTurn *turn;

  live_clock_clear (self->clock, &self->kept_timer);
  self->loss = g_error_copy (error);
  while ((turn = g_queue_pop_head (&self->kept)) != NULL)
    {
      if (!turn->is_begun)
        live_engine_turn_begin (self, turn);
      live_engine_turn_end (self, turn, LIVE_TURN_FAILED);
    }
  g_clear_error (&self->loss);
  self->loss = before;
}

static void
fail_turn (LiveEngine *self, LiveEngineTurn *turn, const GError *error)
{
  g_queue_push_head (&self->kept, turn);
  live_engine_fail_kept (self, error);
}

static void
send_again (LiveEngine *self, LiveEngineTurn *turn)
{
  g_autofree char *wire = build_message (self, turn->kind, turn->message, TRUE, NULL);

  if (wire != NULL && transmit (self, turn, wire))
    live_engine_note_asked (self);
}

/* The handle held the question, but no answer has begun. */
static void
on_grace_timer (gpointer data)
{
  LiveEngine *self = data;

  self->grace_timer = 0;
  if (!live_link_can_send (self->link))
    return;

  if (self->turn != NULL && self->turn->is_assumed)
    send_again (self, self->turn);
  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    if (((LiveEngineTurn *) link->data)->is_assumed)
      send_again (self, link->data);
}

void
live_engine_send_kept (LiveEngine *self, LiveContextOrigin origin)
{
  GQueue kept = self->kept;
  LiveEngineTurn *turn;
  LiveLinkHandle handle;

  send_notes (self, origin);
  live_link_peek_handle (self->link, &handle);
  live_clock_clear (self->clock, &self->kept_timer);
  g_queue_init (&self->kept);
  g_object_ref (self);
  while ((turn = g_queue_pop_head (&kept)) != NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *wire = NULL;

      /* What is told meanwhile may make somebody end it all. */
      if (!live_link_can_send (self->link))
        {
          g_queue_push_tail (&self->kept, turn);
          continue;
        }

      turn->is_assumed = origin == LIVE_CONTEXT_RESUMED && handle.issued_us > turn->sent_us;
      if (!turn->is_assumed)
        wire = build_message (self, turn->kind, turn->message, TRUE, &error);
      if (wire != NULL && !transmit (self, turn, wire))
        error = explain_stall ();
      if (error != NULL)
        {
          /* Another model may take less. */
          fail_turn (self, turn, error);
          continue;
        }
      if (wire == NULL && self->grace_timer == 0)
        self->grace_timer =
            live_clock_arm (self->clock, self->guard.limits.silence_ms / 2, on_grace_timer, self);
      expect_answer (self, turn);
    }
  arm_kept_timer (self);
  g_object_unref (self);
}
