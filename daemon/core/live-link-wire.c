/* Owns: the reading of what the transport brings.
 * Thread: main.
 * Called by: io/ through LiveTransportEvents. */
#include "core/live-link-private.h"

/* After so many lines about messages that can't be read, only the counter goes on. */
#define UNREADABLE_LOG_MAX 10

static void
on_opened (gpointer data)
{
  LiveLink *self = data;

  self->opened_us = live_clock_now_us (self->clock);
  self->phase = LIVE_PHASE_SETUP;
  live_link_post (self, LIVE_LINK_EV_OPENED);
}

static gboolean
is_answer (LiveWireKind kind)
{
  return kind == LIVE_WIRE_AUDIO || kind == LIVE_WIRE_TEXT || kind == LIVE_WIRE_OUTPUT_TRANSCRIPT ||
         kind == LIVE_WIRE_TOOL_CALL || kind == LIVE_WIRE_EXECUTABLE_CODE;
}

/* Rarely seen, always fatal (protocol 5): treated as the end that it announces. */
static void
take_server_error (LiveLink *self, const LiveWireEvent *event)
{
  LiveLinkEvent fault = { .kind = LIVE_LINK_EV_FAULT };
  g_auto (LiveCloseInfo) info = { .origin = LIVE_CLOSE_FRAME, .reason = g_strdup (event->text) };

  /* The codes are HTTP's, or gRPC's below 100, which say less than the words. */
  if (event->code >= 400 && event->code < 600)
    {
      info.origin = LIVE_CLOSE_HTTP;
      info.http_status = (guint) event->code;
    }
  else
    info.code = 1011;
  live_link_note_end (self, &info, &fault.loss);
  live_link_post_event (self, &fault);
}

static void
take_event (LiveLink *self, const LiveWireEvent *event)
{
  LiveLinkEvent warning = { .kind = LIVE_LINK_EV_GO_AWAY, .time_left_us = event->time_left_us };

  if (is_answer (event->kind) && self->phase < LIVE_PHASE_CONVERSATION &&
      live_link_fsm_is_online (&self->fsm))
    live_link_note_answer (self);

  if (event->kind == LIVE_WIRE_SETUP_COMPLETE)
    {
      if (self->phase == LIVE_PHASE_SETUP)
        self->phase = LIVE_PHASE_BEFORE_TURN;
      live_link_post (self, LIVE_LINK_EV_SETUP_DONE);
    }
  else if (event->kind == LIVE_WIRE_RESUMPTION)
    live_link_keep_handle (self, event);
  else if (event->kind == LIVE_WIRE_SERVER_ERROR)
    take_server_error (self, event);
  else if (event->kind == LIVE_WIRE_MALFORMED)
    {
      self->stats.bad_messages++;
      g_debug ("A message of the service is partly unreadable, ignoring: %s", event->text);
    }
  else if (live_link_fsm_is_online (&self->fsm))
    {
      self->events.event (event, self->events_data);
      if (event->kind == LIVE_WIRE_GO_AWAY)
        live_link_post_event (self, &warning);
    }
  else if (event->kind == LIVE_WIRE_GO_AWAY)
    live_link_post_event (self, &warning);
}

static gboolean
is_listening (LiveLink *self)
{
  return self->fsm.state == LIVE_LINK_SETUP || live_link_fsm_is_online (&self->fsm);
}

static void
on_message (GBytes *message, gpointer data)
{
  LiveLink *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = NULL;

  /* What still comes on a socket that we are leaving belongs to nobody. */
  if (!is_listening (self))
    return;

  events = live_wire_in_parse (message, &error);
  if (events == NULL)
    {
      self->stats.bad_messages++;
      if (self->unreadable_logged++ < UNREADABLE_LOG_MAX)
        g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "LIVE_SESSION", self->session_id,
                          "MESSAGE", "A message of the service can't be read, ignoring: %s",
                          error->message);
      return;
    }

  self->stats.empty_messages += events->len == 0;
  for (guint i = 0; i < events->len && is_listening (self); i++)
    take_event (self, g_ptr_array_index (events, i));
}

static void
on_closed (const LiveCloseInfo *info, gpointer data)
{
  LiveLink *self = data;
  LiveLinkEvent event = { .kind = LIVE_LINK_EV_CLOSED };
  g_auto (LiveCloseInfo) copy = *info;

  copy.reason = g_strdup (info->reason);
  /* The end of our own closing says nothing new; what led to it was noted then. */
  if (self->fsm.state != LIVE_LINK_CLOSING)
    live_link_note_end (self, &copy, &event.loss);
  live_link_post_event (self, &event);
}

static void
on_writable (gpointer data)
{
  LiveLink *self = data;

  if (live_link_fsm_is_online (&self->fsm))
    self->events.writable (self->events_data);
}

const LiveTransportEvents live_link_transport_events = { on_opened, on_message, on_closed,
                                                         on_writable };
