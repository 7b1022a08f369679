/* Owns: the options and their table.
 * Thread: main.
 * Called by: main, live-sim-scenario.c. */
#include "live-sim-options.h"

#include <string.h>

#include <gio/gio.h>

typedef enum
{
  OPTION_BOOL,
  OPTION_UINT,
  OPTION_DOUBLE,
} OptionKind;

typedef struct
{
  const char *name;
  OptionKind kind;
  gsize offset;
  double min, max;
} Option;

static const Option table[] = {
  { "speed", OPTION_DOUBLE, offsetof (LiveSimOptions, speed), 0.01, 1000 },
  { "generation_speed", OPTION_DOUBLE, offsetof (LiveSimOptions, generation_speed), 0, 1000 },
  { "parrot", OPTION_BOOL, offsetof (LiveSimOptions, is_parrot), 0, 0 },
  { "text_frames", OPTION_BOOL, offsetof (LiveSimOptions, has_text_frames), 0, 0 },
  { "empty_frames", OPTION_BOOL, offsetof (LiveSimOptions, has_empty_frames), 0, 0 },
  { "unknown_fields", OPTION_BOOL, offsetof (LiveSimOptions, has_unknown_fields), 0, 0 },
  { "duplicate_calls", OPTION_BOOL, offsetof (LiveSimOptions, has_duplicate_calls), 0, 0 },
  { "setup_delay_ms", OPTION_UINT, offsetof (LiveSimOptions, setup_delay_ms), 0, 600000 },
  { "reply_delay_ms", OPTION_UINT, offsetof (LiveSimOptions, reply_delay_ms), 0, 600000 },
  { "chunk_ms", OPTION_UINT, offsetof (LiveSimOptions, chunk_ms), 1, 10000 },
  { "first_chunk_bytes", OPTION_UINT, offsetof (LiveSimOptions, first_chunk_bytes), 0, 1 << 20 },
  { "tool_audio_grace_ms", OPTION_UINT, offsetof (LiveSimOptions, tool_audio_grace_ms), 0, 600000 },
  { "handle_life_ms", OPTION_UINT, offsetof (LiveSimOptions, handle_life_ms), 0, 86400000 },
  { "handle_interval_ms", OPTION_UINT, offsetof (LiveSimOptions, handle_interval_ms), 0, 86400000 },
  { "lifetimes", OPTION_BOOL, offsetof (LiveSimOptions, has_lifetimes), 0, 0 },
  { "life_ms", OPTION_UINT, offsetof (LiveSimOptions, life_ms), 0, 86400000 },
  { "go_away_ms", OPTION_UINT, offsetof (LiveSimOptions, go_away_ms), 0, 86400000 },
  { "go_away_left_ms", OPTION_UINT, offsetof (LiveSimOptions, go_away_left_ms), 0, 86400000 },
  { "idle_reap_ms", OPTION_UINT, offsetof (LiveSimOptions, idle_reap_ms), 0, 86400000 },
  { "context_tokens", OPTION_UINT, offsetof (LiveSimOptions, context_tokens), 0, 10000000 },
  { "pong_delay_ms", OPTION_UINT, offsetof (LiveSimOptions, pong_delay_ms), 0, 86400000 },
  { "no_pongs", OPTION_BOOL, offsetof (LiveSimOptions, has_no_pongs), 0, 0 },
  { "poisonous_video", OPTION_BOOL, offsetof (LiveSimOptions, has_poisonous_video), 0, 0 },
  { "counts_samples", OPTION_BOOL, offsetof (LiveSimOptions, counts_samples), 0, 0 },
};

void
live_sim_options_init (LiveSimOptions *self)
{
  memset (self, 0, sizeof *self);
  self->speed = 1;
  self->reply_delay_ms = 100;
  self->chunk_ms = 240;
  self->tool_audio_grace_ms = 1000;
  self->go_away_left_ms = 50000;
}

static gboolean
load_one (LiveSimOptions *self, const Option *option, JsonNode *node)
{
  gpointer at = (guint8 *) self + option->offset;
  GType type = json_node_get_value_type (node);
  double number;

  if (option->kind == OPTION_BOOL)
    {
      if (type != G_TYPE_BOOLEAN)
        return FALSE;
      *(gboolean *) at = json_node_get_boolean (node);
      return TRUE;
    }

  if (type != G_TYPE_INT64 && (type != G_TYPE_DOUBLE || option->kind == OPTION_UINT))
    return FALSE;
  number = json_node_get_double (node);
  if (!(number >= option->min && number <= option->max))
    return FALSE;
  if (option->kind == OPTION_UINT)
    *(guint *) at = (guint) number;
  else
    *(double *) at = number;
  return TRUE;
}

gboolean
live_sim_options_load (LiveSimOptions *self, JsonObject *object, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      const Option *option = NULL;

      for (guint i = 0; i < G_N_ELEMENTS (table); i++)
        if (strcmp (table[i].name, name) == 0)
          option = &table[i];
      if (option == NULL)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "unknown option \"%s\"",
                       name);
          return FALSE;
        }
      if (!load_one (self, option, node))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       "option \"%s\" has the wrong type or is out of range", name);
          return FALSE;
        }
      self->has_go_away |= strcmp (name, "go_away_ms") == 0;
    }
  return TRUE;
}

guint
live_sim_options_scale_ms (const LiveSimOptions *self, double simulated_ms)
{
  double real_ms = simulated_ms / self->speed;

  return real_ms <= 0 ? 0 : real_ms >= G_MAXINT ? G_MAXINT : (guint) (real_ms + 0.5);
}
