/* Owns: the tool calls that stand, and that each gets its answer.
 * Thread: main only.
 * Called by: live-engine-wire.c, live-engine.c; core/live-tools.c answers.
 *
 * A call outlives its connection when the handle that is resumed was issued after it: the service
 * then still waits (protocol 8.5, field failures 12 and 43). Results that come meanwhile are kept;
 * a result of a call that does not stand any more is dropped, and counted. */
#include "core/live-engine-calls.h"

#include <glib/gi18n.h>

#include "core/live-engine-private.h"
#include "protocol/live-wire-out.h"

#define MAX_HELD_RESULTS 256

typedef struct
{
  gint64 called_us;
  gboolean is_answered; /* its result is held */
} Call;

typedef struct
{
  char *key, *message;
  gboolean is_silent, will_continue;
} HeldResult;

void
live_engine_set_tools (LiveEngine *self, const LiveEngineToolEvents *events, gpointer data)
{
  self->tool_events = events;
  self->tool_events_data = data;
}

void
live_engine_declare_tools (LiveEngine *self, const char *tools_json)
{
  live_link_set_tools (self->link, tools_json);
}

void
live_engine_set_gate (LiveEngine *self, gboolean is_shut)
{
  live_uplink_set_gate (self->uplink, is_shut);
}

guint64
live_engine_get_turn (LiveEngine *self)
{
  return self->turn != NULL ? self->turn->number : 0;
}

/* Vertex may call without an id (protocol 1.2); such a call is known by its name. */
static const char *
key_of (const char *id, const char *name)
{
  return *id != '\0' ? id : name;
}

static void
refuse_call (LiveEngine *self, const LiveWireCall *call, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *response = g_strdup_printf ("{\"error\":\"%s\"}", why);

  if (!live_engine_respond (self, call->id, call->name, response, NULL, FALSE, &error))
    g_warning ("A tool call could not be answered: %s", error->message);
}

void
live_engine_on_tool_call (LiveEngine *self, const LiveWireCall *wire_call)
{
  const char *key = key_of (wire_call->id, wire_call->name);
  Call *call;

  /* The service is seen to repeat a call that stands (field failures 44): it runs once. */
  if (g_hash_table_contains (self->tool_calls, key))
    return;

  self->counters.tool_calls++;
  call = g_new0 (Call, 1);
  call->called_us = live_clock_now_us (self->clock);
  g_hash_table_insert (self->tool_calls, g_strdup (key), call);
  live_engine_step (self, LIVE_TURN_EV_TOOL_CALL, NULL);

  /* The ledger of the tools has the cap. */
  if (self->tool_events != NULL)
    self->tool_events->called (wire_call, self->tool_events_data);
  else
    {
      self->counters.unknown_tools++;
      refuse_call (self, wire_call, "There is no tool of this name.");
    }
}

void
live_engine_on_tool_cancel (LiveEngine *self, const char *id)
{
  if (id == NULL || !g_hash_table_remove (self->tool_calls, id))
    return;

  if (self->tool_events != NULL)
    self->tool_events->cancelled (id, self->tool_events_data);
  live_engine_step (self, LIVE_TURN_EV_TOOL_CANCELLED, NULL);
}

static void
free_result (HeldResult *result)
{
  g_free (result->key);
  g_free (result->message);
  g_free (result);
}

void
live_engine_drop_held_results (LiveEngine *self)
{
  self->counters.results_dropped += self->held_results.length;
  g_queue_clear_full (&self->held_results, (GDestroyNotify) free_result);
}

void
live_engine_forget_calls (LiveEngine *self)
{
  live_engine_drop_held_results (self);
  if (g_hash_table_size (self->tool_calls) == 0)
    return;

  g_hash_table_remove_all (self->tool_calls);
  if (self->tool_events != NULL)
    self->tool_events->lost (self->tool_events_data);
}

static void
take_result (LiveEngine *self, const char *key, gboolean is_silent, gboolean will_continue)
{
  if (will_continue)
    return;

  g_hash_table_remove (self->tool_calls, key);
  self->has_tool_result = !is_silent;
  live_engine_step (self, is_silent ? LIVE_TURN_EV_TOOL_CANCELLED : LIVE_TURN_EV_TOOL_DONE, NULL);
}

static void
send_held_results (LiveEngine *self)
{
  GQueue held = self->held_results;
  HeldResult *result;

  g_queue_init (&self->held_results);
  while ((result = g_queue_pop_head (&held)) != NULL)
    {
      if (g_hash_table_contains (self->tool_calls, result->key))
        {
          /* The new socket may be closing already. */
          if (!live_link_send (self->link, result->message, -1))
            {
              g_queue_push_tail (&self->held_results, result);
              continue;
            }
          take_result (self, result->key, result->is_silent, result->will_continue);
        }
      else
        self->counters.results_dropped++;
      free_result (result);
    }
}

/* The connection is back. */
void
live_engine_settle_calls (LiveEngine *self, gboolean is_resumed)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key = NULL, value = NULL;
  LiveLinkHandle handle;

  live_link_peek_handle (self->link, &handle);
  g_hash_table_iter_init (&iter, self->tool_calls);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Call *call = value;

      if (is_resumed && handle.issued_us > call->called_us)
        continue;
      if (!call->is_answered)
        g_ptr_array_add (gone, g_strdup (key));
      g_hash_table_iter_remove (&iter);
    }

  for (guint i = 0; i < gone->len && self->tool_events != NULL; i++)
    self->tool_events->cancelled (g_ptr_array_index (gone, i), self->tool_events_data);
  for (guint i = g_hash_table_size (self->tool_calls); i > 0; i--)
    live_engine_step (self, LIVE_TURN_EV_TOOL_CALL, NULL);
  send_held_results (self);
  if (self->tool_events != NULL && self->tool_events->online != NULL)
    self->tool_events->online (is_resumed, self->tool_events_data);
}

void
live_engine_tell_away (LiveEngine *self)
{
  if (self->tool_events != NULL && self->tool_events->away != NULL)
    self->tool_events->away (self->tool_events_data);
}

gboolean
live_engine_call_stands (LiveEngine *self, const char *id, const char *name)
{
  return g_hash_table_contains (self->tool_calls, key_of (id, name));
}

void
live_engine_forget_call (LiveEngine *self, const char *id, const char *name)
{
  if (g_hash_table_remove (self->tool_calls, key_of (id, name)))
    live_engine_step (self, LIVE_TURN_EV_TOOL_CANCELLED, NULL);
}

/* The link is about to come back by itself. */
static gboolean
is_only_away (LiveEngine *self)
{
  LiveLinkStatus status;

  live_link_get_status (self->link, &status);
  return !self->is_down && status.state != LIVE_LINK_OFF && status.state != LIVE_LINK_BLOCKED;
}

static gboolean
hold_result (LiveEngine *self,
             const char *key,
             const char *message,
             gboolean is_silent,
             gboolean will_continue,
             GError **error)
{
  Call *call = g_hash_table_lookup (self->tool_calls, key);
  HeldResult *result;

  if (!is_only_away (self))
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED,
                           _ ("The result cannot be sent: there is no connection"));
      return FALSE;
    }
  if (self->held_results.length >= MAX_HELD_RESULTS)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   _ ("More than %u results wait for the connection"), MAX_HELD_RESULTS);
      return FALSE;
    }

  result = g_new0 (HeldResult, 1);
  result->key = g_strdup (key);
  result->message = g_strdup (message);
  result->is_silent = is_silent;
  result->will_continue = will_continue;
  g_queue_push_tail (&self->held_results, result);
  self->counters.results_held++;
  call->is_answered = !will_continue;
  return TRUE;
}

gboolean
live_engine_respond (LiveEngine *self,
                     const char *id,
                     const char *name,
                     const char *response_json,
                     const char *scheduling,
                     gboolean will_continue,
                     GError **error)
{
  g_autofree char *key = g_strdup (key_of (id, name));
  g_autofree char *message = NULL;
  gboolean is_silent = g_strcmp0 (scheduling, "SILENT") == 0;
  const Call *call = g_hash_table_lookup (self->tool_calls, key);

  if (call == NULL || call->is_answered)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND,
                   _ ("The call “%s” does not stand any more"), id);
      return FALSE;
    }

  message = live_wire_out_tool_response (id, name, response_json, scheduling, will_continue, error);
  if (message == NULL)
    return FALSE;
  if (!live_link_can_send (self->link))
    return hold_result (self, key, message, is_silent, will_continue, error);

  if (!live_link_send (self->link, message, -1))
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                           _ ("The service takes no messages, and too many wait already"));
      return FALSE;
    }
  take_result (self, key, is_silent, will_continue);
  return TRUE;
}
