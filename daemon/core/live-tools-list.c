/* Owns: what the tools show of themselves: lists, counters, the dump. No contents.
 * Thread: main only.
 * Called by: bus/live-tools-face.c and core/live-engine-status.c. */
#include "core/live-tools-private.h"

#include <string.h>

static void
add (GVariantBuilder *builder, const char *key, GVariant *take_value)
{
  g_variant_builder_add (builder, "{sv}", key, take_value);
}

static void
add_string (GVariantBuilder *builder, const char *key, const char *value)
{
  add (builder, key, g_variant_new_string (value != NULL ? value : ""));
}

static const char *
name_state (LiveTools *self, const LiveTool *tool)
{
  if (tool->file != NULL && self->events->runs_as (tool->owner, self->events_data) == NULL)
    return "activatable";
  if (self->is_online && (tool->generation == 0 || tool->generation > self->generation_in_force))
    return "staged";
  return "available";
}

static const char *
name_confirm (LiveConfirm confirm)
{
  switch (confirm)
    {
    case LIVE_CONFIRM_FIRST:
      return "first";
    case LIVE_CONFIRM_ALWAYS:
      return "always";
    case LIVE_CONFIRM_NONE:
      break;
    }

  return "none";
}

static const char *
name_behavior (LiveToolBehavior behavior)
{
  switch (behavior)
    {
    case LIVE_TOOL_BEHAVIOR_BLOCKING:
      return "blocking";
    case LIVE_TOOL_BEHAVIOR_NON_BLOCKING:
      return "non-blocking";
    case LIVE_TOOL_BEHAVIOR_MODEL:
      break;
    }

  return "";
}

/* The D-Bus word for the protocol's. */
static const char *
name_scheduling (const char *scheduling)
{
  if (scheduling == NULL)
    return "";
  if (strcmp (scheduling, "INTERRUPT") == 0)
    return "interrupt";
  return strcmp (scheduling, "SILENT") == 0 ? "silent" : "when-idle";
}

static guint
timeout_of (LiveTools *self, const LiveTool *tool)
{
  LiveEngineStatus status;

  if (tool->timeout_ms != 0)
    return tool->timeout_ms;
  live_engine_get_status (self->engine, &status);
  return live_settings_get_uint (status.settings, LIVE_SETTING_TOOLS_TIMEOUT_MS);
}

GVariant *
live_tools_list (LiveTools *self)
{
  g_auto (GStrv) names = live_tools_list_names (self);
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; names[i] != NULL; i++)
    {
      const LiveTool *tool = g_hash_table_lookup (self->tools, names[i]);

      g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
      add_string (&builder, "name", tool->declaration->name);
      add_string (&builder, "description", tool->declaration->description);
      add_string (&builder, "owner", tool->owner);
      add_string (&builder, "state", name_state (self, tool));
      add (&builder, "calls", g_variant_new_uint64 (tool->calls));
      add (&builder, "failures", g_variant_new_uint64 (tool->failures));
      add_string (&builder, "parameters", tool->declaration->parameters);
      add (&builder, "timeout-ms", g_variant_new_uint32 (timeout_of (self, tool)));
      add_string (&builder, "confirm", name_confirm (tool->confirm));
      add_string (&builder, "scheduling", name_scheduling (tool->scheduling));
      add_string (&builder, "behavior", name_behavior (tool->declaration->behavior));
      add_string (&builder, "object-path", tool->object_path);
      add_string (&builder, "file", tool->file);
      g_variant_builder_close (&builder);
    }
  return g_variant_builder_end (&builder);
}

static guint64
duration_us (LiveTools *self, const LiveToolFsm *fsm)
{
  gint64 end_us = fsm->ended_us != 0 ? fsm->ended_us : live_clock_now_us (self->clock);

  return (guint64) MAX (end_us - fsm->began_us, 0);
}

GVariant *
live_tools_list_calls (LiveTools *self)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; i < self->ledger.entries->len; i++)
    {
      const LiveToolEntry *entry = g_ptr_array_index (self->ledger.entries, i);

      g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
      add_string (&builder, "call", entry->call);
      add_string (&builder, "name", entry->name);
      add_string (&builder, "owner", entry->owner);
      add_string (&builder, "origin", entry->is_by_hand ? "caller" : "model");
      add_string (&builder, "state", live_tool_fsm_name (&entry->fsm));
      add_string (&builder, "outcome", live_tool_fsm_outcome (&entry->fsm));
      add_string (&builder, "cause", entry->cause);
      add (&builder, "started", g_variant_new_uint64 ((guint64) entry->wall_us));
      add (&builder, "duration-us", g_variant_new_uint64 (duration_us (self, &entry->fsm)));
      add (&builder, "arguments-bytes", g_variant_new_uint64 (entry->arguments_bytes));
      add (&builder, "result-bytes", g_variant_new_uint64 (entry->result_bytes));
      add (&builder, "truncated", g_variant_new_boolean (entry->is_cut));
      add (&builder, "repeats", g_variant_new_uint32 (entry->n_repeats));
      g_variant_builder_close (&builder);
    }
  return g_variant_builder_end (&builder);
}

static void
count (GVariantBuilder *builder, const char *name, guint64 value)
{
  g_variant_builder_add (builder, "{st}", name, value);
}

void
live_tools_add_statistics (GVariantBuilder *builder, gpointer data)
{
  const LiveTools *self = data;

  count (builder, "tools", g_hash_table_size (self->tools));
  count (builder, "tool-setups", self->counters.setups);
  count (builder, "tool-results", self->counters.results);
  count (builder, "tool-errors", self->counters.errors);
  count (builder, "tool-timeouts", self->counters.timeouts);
  count (builder, "tool-calls-cancelled", self->counters.cancelled);
  count (builder, "tool-providers-vanished", self->counters.vanished);
  count (builder, "tool-calls-denied", self->counters.denied);
  count (builder, "tool-calls-unknown", self->counters.unknown);
  count (builder, "tool-calls-repeated", self->counters.repeats);
  count (builder, "tool-results-cut", self->counters.cuts);
  count (builder, "tool-answers-dropped", self->counters.dropped);
  count (builder, "tool-results-late", self->counters.late);
  count (builder, "tool-parts", self->counters.parts);
}

void
live_tools_dump (GString *out, gpointer data)
{
  LiveTools *self = data;
  g_auto (GStrv) names = live_tools_list_names (self);

  g_string_append_printf (
      out,
      "tools: %u, %" G_GSIZE_FORMAT " bytes, %u calls open%s%s, declared %" G_GUINT64_FORMAT
      ", in force %" G_GUINT64_FORMAT "\n",
      g_hash_table_size (self->tools), self->total_bytes, g_hash_table_size (self->runs),
      self->is_gated ? ", microphone shut" : "", self->gather_timer != 0 ? ", gathering" : "",
      self->generation, self->generation_in_force);
  for (guint i = 0; names[i] != NULL; i++)
    {
      const LiveTool *tool = g_hash_table_lookup (self->tools, names[i]);

      g_string_append_printf (
          out, "  %s of %s: %s, %" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT " failures\n",
          names[i], tool->owner, name_state (self, tool), tool->calls, tool->failures);
    }
  for (guint i = 0; i < self->ledger.entries->len; i++)
    {
      const LiveToolEntry *entry = g_ptr_array_index (self->ledger.entries, i);

      g_string_append_printf (
          out,
          "  call %s of %s: %s %s (%s) after %" G_GUINT64_FORMAT " us, %" G_GUINT64_FORMAT
          " bytes in, %" G_GUINT64_FORMAT " bytes out\n",
          entry->call, entry->name, live_tool_fsm_name (&entry->fsm),
          live_tool_fsm_outcome (&entry->fsm), entry->cause, duration_us (self, &entry->fsm),
          entry->arguments_bytes, entry->result_bytes);
    }
}
