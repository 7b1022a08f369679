/* Owns: the open tool calls of one conversation.
 * Thread: main.
 * Called by: live-sim-memory.c, live-sim-turn.c. */
#include "live-sim-calls.h"

#include <string.h>

struct _LiveSimCalls
{
  GPtrArray *open;
  guint last;
};

static void
free_call (gpointer data)
{
  LiveSimCall *call = data;

  g_free (call->id);
  g_free (call->name);
  g_free (call);
}

LiveSimCalls *
live_sim_calls_new (void)
{
  LiveSimCalls *self = g_new0 (LiveSimCalls, 1);

  self->open = g_ptr_array_new_with_free_func (free_call);
  return self;
}

void
live_sim_calls_free (LiveSimCalls *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->open);
  g_free (self);
}

const LiveSimCall *
live_sim_calls_add (LiveSimCalls *self, char *take_id, char *take_name, gboolean is_blocking)
{
  LiveSimCall *call = g_new0 (LiveSimCall, 1);

  call->number = ++self->last;
  call->id = take_id;
  call->name = take_name;
  call->is_blocking = is_blocking;
  call->sent_us = g_get_monotonic_time ();
  g_ptr_array_add (self->open, call);
  return call;
}

const LiveSimCall *
live_sim_calls_find (LiveSimCalls *self, const char *id, const char *name, gboolean by_name)
{
  for (guint i = 0; i < self->open->len; i++)
    {
      const LiveSimCall *call = g_ptr_array_index (self->open, i);

      if (*id != '\0' ? strcmp (call->id, id) == 0 : by_name && strcmp (call->name, name) == 0)
        return call;
    }
  return NULL;
}

guint
live_sim_calls_get_last (LiveSimCalls *self)
{
  return self->last;
}

guint
live_sim_calls_count_open (LiveSimCalls *self)
{
  return self->open->len;
}

void
live_sim_calls_truncate (LiveSimCalls *self, guint last)
{
  for (guint i = self->open->len; i > 0; i--)
    if (((LiveSimCall *) g_ptr_array_index (self->open, i - 1))->number > last)
      g_ptr_array_remove_index (self->open, i - 1);
}

void
live_sim_calls_remove (LiveSimCalls *self, const LiveSimCall *call)
{
  g_ptr_array_remove (self->open, (gpointer) call);
}

JsonObject *
live_sim_calls_cancel_blocking (LiveSimCalls *self)
{
  g_autoptr (JsonArray) ids = json_array_new ();
  JsonObject *message;

  for (guint i = self->open->len; i > 0; i--)
    {
      const LiveSimCall *call = g_ptr_array_index (self->open, i - 1);

      if (!call->is_blocking)
        continue;
      json_array_add_string_element (ids, call->id);
      g_ptr_array_remove_index (self->open, i - 1);
    }
  if (json_array_get_length (ids) == 0)
    return NULL;

  message = json_object_new ();
  json_object_set_array_member (live_sim_json_add_object (message, "toolCallCancellation"), "ids",
                                g_steal_pointer (&ids));
  return message;
}

gboolean
live_sim_calls_has_blocking_since (LiveSimCalls *self, gint64 age_us)
{
  for (guint i = 0; i < self->open->len; i++)
    {
      const LiveSimCall *call = g_ptr_array_index (self->open, i);

      if (call->is_blocking && g_get_monotonic_time () - call->sent_us > age_us)
        return TRUE;
    }
  return FALSE;
}

const char *
live_sim_calls_read_scheduling (JsonObject *response)
{
  const char *inner =
      live_sim_json_string (live_sim_json_object (response, "response"), "scheduling", "WHEN_IDLE");

  return live_sim_json_string (response, "scheduling", inner);
}

JsonObject *
live_sim_call_describe (const LiveSimCall *call, JsonObject *args)
{
  JsonObject *message = json_object_new ();
  JsonArray *list = json_array_new ();
  JsonObject *item = json_object_new ();

  json_object_set_string_member (item, "id", call->id);
  json_object_set_string_member (item, "name", call->name);
  if (args != NULL && json_object_get_size (args) > 0)
    json_object_set_object_member (item, "args", json_object_ref (args));
  json_array_add_object_element (list, item);
  json_object_set_array_member (live_sim_json_add_object (message, "toolCall"), "functionCalls",
                                list);
  return message;
}
