/* Owns: the tool calls that stand, and that each gets its answer.
 * Thread: main only.
 * Called by: live-engine-wire.c; core/live-tools.c answers. */
#include "core/live-engine-calls.h"

#include <glib/gi18n.h>

#include "core/live-engine-private.h"
#include "protocol/live-wire-out.h"

void
live_engine_set_tools (LiveEngine *self, const LiveEngineToolEvents *events, gpointer data)
{
  self->tool_events = events;
  self->tool_events_data = data;
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
live_engine_on_tool_call (LiveEngine *self, const LiveWireCall *call)
{
  const char *key = key_of (call->id, call->name);

  /* The service is seen to repeat a call that stands (field failures 44): it runs once. */
  if (g_hash_table_contains (self->tool_calls, key))
    return;

  self->counters.tool_calls++;
  g_hash_table_add (self->tool_calls, g_strdup (key));
  live_engine_step (self, LIVE_TURN_EV_TOOL_CALL, NULL);

  if (g_hash_table_size (self->tool_calls) > LIVE_ENGINE_MAX_CALLS)
    refuse_call (self, call, "Too many calls at once, try again later.");
  else if (self->tool_events != NULL)
    self->tool_events->called (call, self->tool_events_data);
  else
    {
      self->counters.unknown_tools++;
      refuse_call (self, call, "There is no tool of this name.");
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

void
live_engine_forget_calls (LiveEngine *self)
{
  if (g_hash_table_size (self->tool_calls) == 0)
    return;

  g_hash_table_remove_all (self->tool_calls);
  if (self->tool_events != NULL)
    self->tool_events->lost (self->tool_events_data);
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
  g_autofree char *message = NULL;
  gboolean is_silent = g_strcmp0 (scheduling, "SILENT") == 0;

  if (!g_hash_table_contains (self->tool_calls, key_of (id, name)))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND,
                   _ ("The call “%s” does not stand any more"), id);
      return FALSE;
    }

  message = live_wire_out_tool_response (id, name, response_json, scheduling, will_continue, error);
  if (message == NULL)
    return FALSE;
  if (!live_link_send (self->link, message, -1))
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED,
                           _ ("The result cannot be sent: there is no connection"));
      return FALSE;
    }
  if (will_continue)
    return TRUE;

  g_hash_table_remove (self->tool_calls, key_of (id, name));
  self->has_tool_result = !is_silent;
  live_engine_step (self, is_silent ? LIVE_TURN_EV_TOOL_CANCELLED : LIVE_TURN_EV_TOOL_DONE, NULL);
  return TRUE;
}
