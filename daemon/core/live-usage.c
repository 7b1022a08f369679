/* Owns: the arithmetic of tokens.
 * Thread: any.
 * Called by: core/live-engine*.c. */
#include "core/live-usage.h"

static void
add (LiveUsage *self, guint64 *sum, gint64 count)
{
  if (count < 0)
    return;

  self->is_known = TRUE;
  *sum += (guint64) count;
}

void
live_usage_add (LiveUsage *self, const LiveWireUsage *usage)
{
  add (self, &self->prompt, usage->prompt);
  add (self, &self->response, usage->response);
  add (self, &self->thoughts, usage->thoughts);
  add (self, &self->tool_use, usage->tool_use);
  add (self, &self->cached, usage->cached);
  add (self, &self->total, usage->total);
  for (guint i = 0; i < G_N_ELEMENTS (self->prompt_by); i++)
    {
      add (self, &self->prompt_by[i], usage->prompt_by[i]);
      add (self, &self->response_by[i], usage->response_by[i]);
    }
}

static void
add_modalities (GVariantBuilder *builder, const char *prefix, const guint64 *counts)
{
  for (guint i = 0; i < G_N_ELEMENTS (live_wire_modalities); i++)
    {
      g_autofree char *name = g_strdup_printf ("%s-%s", prefix, live_wire_modalities[i]);

      if (counts[i] > 0)
        g_variant_builder_add (builder, "{st}", name, counts[i]);
    }
}

GVariant *
live_usage_to_variant (const LiveUsage *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  g_variant_builder_add (&builder, "{st}", "prompt", self->prompt);
  g_variant_builder_add (&builder, "{st}", "response", self->response);
  g_variant_builder_add (&builder, "{st}", "thoughts", self->thoughts);
  g_variant_builder_add (&builder, "{st}", "tool-use", self->tool_use);
  g_variant_builder_add (&builder, "{st}", "cached", self->cached);
  g_variant_builder_add (&builder, "{st}", "total", self->total);
  add_modalities (&builder, "prompt", self->prompt_by);
  add_modalities (&builder, "response", self->response_by);
  return g_variant_builder_end (&builder);
}
