/* Owns: the counters and lists that the control channel shows.
 * Thread: main.
 * Called by: every room of the simulator that has something to count. */
#include "live-sim-world.h"

#include <string.h>

#define LIST_CAP 256

typedef struct
{
  const char *name;
  gsize offset;
} CounterRow;

static const CounterRow counter_table[] = {
#define LIVE_SIM_COUNTER(name) { #name, offsetof (LiveSimCounters, name) },
  LIVE_SIM_COUNTERS (LIVE_SIM_COUNTER)
#undef LIVE_SIM_COUNTER
};

void
live_sim_world_init (LiveSimWorld *self)
{
  memset (self, 0, sizeof *self);
  live_sim_options_init (&self->options);
  g_queue_init (&self->hears);
  self->violations = json_array_new ();
  self->texts = json_array_new ();
  self->tool_responses = json_array_new ();
}

void
live_sim_world_clear (LiveSimWorld *self)
{
  g_queue_clear_full (&self->hears, g_free);
  g_clear_pointer (&self->violations, json_array_unref);
  g_clear_pointer (&self->texts, json_array_unref);
  g_clear_pointer (&self->tool_responses, json_array_unref);
  g_clear_pointer (&self->last_setup, json_object_unref);
  g_clear_pointer (&self->last_close, json_object_unref);
  g_clear_pointer (&self->memory, live_sim_memory_free);
  g_clear_pointer (&self->record, live_sim_record_free);
  g_clear_pointer (&self->voice, live_sim_voice_free);
  g_clear_pointer (&self->scenario, live_sim_scenario_free);
  g_clear_pointer (&self->chaos, live_sim_chaos_free);
}

void
live_sim_world_changed (LiveSimWorld *self)
{
  if (self->on_changed != NULL)
    self->on_changed (self->on_changed_data);
}

void
live_sim_world_note (JsonArray *list, JsonNode *take_node)
{
  json_array_add_element (list, take_node);
  if (json_array_get_length (list) > LIST_CAP)
    json_array_remove_element (list, 0);
}

static JsonObject *
describe_close (guint connection, guint code, const char *reason)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "connection", connection);
  json_object_set_int_member (object, "code", code);
  json_object_set_string_member (object, "reason", reason != NULL ? reason : "");
  return object;
}

void
live_sim_world_note_violation (LiveSimWorld *self, guint connection, guint code, const char *reason)
{
  self->counters.violations++;
  live_sim_world_note (self->violations,
                       live_sim_json_node (describe_close (connection, code, reason)));
  live_sim_record_event (self->record, connection, "violation", code, reason);
  live_sim_world_changed (self);
}

void
live_sim_world_note_close (LiveSimWorld *self,
                           guint connection,
                           guint code,
                           const char *reason,
                           const char *by)
{
  g_clear_pointer (&self->last_close, json_object_unref);
  self->last_close = describe_close (connection, code, reason);
  json_object_set_string_member (self->last_close, "by", by);
  live_sim_record_event (self->record, connection, "closed", code, reason);
}

const guint64 *
live_sim_world_find_counter (const LiveSimWorld *self, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (counter_table); i++)
    if (strcmp (counter_table[i].name, name) == 0)
      return (const guint64 *) (gconstpointer) ((const guint8 *) &self->counters +
                                                counter_table[i].offset);
  return NULL;
}

static JsonObject *
describe_ledger (const LiveSimLedger *ledger)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "frames", (gint64) ledger->n_frames);
  json_object_set_int_member (object, "breaks", (gint64) ledger->n_breaks);
  json_object_set_int_member (object, "foreign", (gint64) ledger->n_foreign);
  if (ledger->n_breaks > 0)
    {
      json_object_set_int_member (object, "last_at", (gint64) ledger->break_at);
      json_object_set_int_member (object, "last_expected", ledger->break_expected);
      json_object_set_int_member (object, "last_got", ledger->break_got);
    }
  return object;
}

JsonObject *
live_sim_world_describe (const LiveSimWorld *self)
{
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (counter_table); i++)
    json_object_set_int_member (
        object, counter_table[i].name,
        (gint64) *live_sim_world_find_counter (self, counter_table[i].name));
  json_object_set_int_member (object, "conversations", live_sim_memory_count (self->memory));
  json_object_set_int_member (object, "handles_issued",
                              live_sim_memory_count_issued (self->memory));
  json_object_set_string_member (object, "voice", live_sim_voice_get_engine (self->voice));
  json_object_set_boolean_member (object, "holds_setup", self->holds_setup);
  json_object_set_boolean_member (object, "holds_replies", self->holds_replies);
  json_object_set_array_member (object, "violation_list", json_array_ref (self->violations));
  json_object_set_array_member (object, "texts", json_array_ref (self->texts));
  json_object_set_array_member (object, "tool_responses", json_array_ref (self->tool_responses));
  if (self->options.counts_samples)
    json_object_set_object_member (object, "ledger", describe_ledger (&self->ledger));
  if (self->chaos != NULL)
    json_object_set_object_member (object, "chaos", live_sim_chaos_describe (self->chaos));
  if (self->last_setup != NULL)
    json_object_set_object_member (object, "last_setup", json_object_ref (self->last_setup));
  if (self->last_close != NULL)
    json_object_set_object_member (object, "last_close", json_object_ref (self->last_close));
  return object;
}
