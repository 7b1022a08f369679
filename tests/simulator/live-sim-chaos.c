/* Owns: the table of faults, the dice, and the log of what was done.
 * Thread: main.
 * Called by: live-sim-script.c, live-sim-server.c, live-sim-world.c, tests. */
#include "live-sim-chaos.h"

#include <string.h>

#include <gio/gio.h>

#define DEFAULT_RATE 0.2
#define LOG_CAP 4096

struct _LiveSimChaos
{
  guint32 seed;
  double rate;
  guint n_faults;
  JsonArray *log;
};

typedef struct
{
  LiveSimTrigger on;
  guint weight;
  gboolean is_instead;
  const char *fault; /* as in a scenario's "do" */
} Fault;

#define CLOSE(code, reason) "{\"close\":" #code ",\"reason\":\"" reason "\"}"
/* What the service closes with, whatever it was doing: protocol section 5. */
#define CLOSES(on, weight)                                                                         \
  { on, weight, FALSE, CLOSE (1000, "The operation was cancelled.") },                             \
      { on, weight, FALSE, CLOSE (1007, "Request contains an invalid argument.") },                \
      { on, weight, FALSE, CLOSE (1008, "Requested entity was not found.") },                      \
      { on, weight, FALSE, CLOSE (1008, "The operation was aborted.") },                           \
      { on, weight, FALSE,                                                                         \
        CLOSE (1008, "Operation is not implemented, or supported, or enabled.") },                 \
      { on, weight, FALSE, CLOSE (1011, "Internal error encountered.") },                          \
      { on, weight, FALSE, CLOSE (1011, "Deadline expired before operation could complete.") },    \
      { on, weight, FALSE, CLOSE (1011, "RESOURCE_EXHAUSTED: try again later") },                  \
      { on, weight, FALSE, CLOSE (1005, "") }, { on, weight, FALSE, CLOSE (1012, "") },            \
  {                                                                                                \
    on, 3 * (weight), FALSE, "{\"abort\":true}"                                                    \
  }

static const Fault table[] = {
  { LIVE_SIM_ON_UPGRADE, 2, FALSE, "{\"http\":429,\"headers\":{\"Retry-After\":\"1\"}}" },
  { LIVE_SIM_ON_UPGRADE, 3, FALSE, "{\"http\":503}" },
  { LIVE_SIM_ON_UPGRADE, 1, FALSE, "{\"http\":500,\"body\":\"not even JSON\"}" },
  { LIVE_SIM_ON_UPGRADE, 1, FALSE, "{\"http\":401}" },
  { LIVE_SIM_ON_UPGRADE, 1, FALSE, "{\"http\":403}" },
  { LIVE_SIM_ON_UPGRADE, 1, FALSE, "{\"http\":404}" },

  CLOSES (LIVE_SIM_ON_SETUP, 2),
  { LIVE_SIM_ON_SETUP, 1, FALSE, CLOSE (1007, "API key not valid. Please pass a valid API key.") },
  { LIVE_SIM_ON_SETUP, 1, FALSE, CLOSE (1007, "API key expired. Please renew the API key.") },
  { LIVE_SIM_ON_SETUP, 1, FALSE, CLOSE (1007, "Precondition check failed.") },
  { LIVE_SIM_ON_SETUP, 1, FALSE, CLOSE (1007, "Invalid session handle") },
  { LIVE_SIM_ON_SETUP, 1, FALSE,
    CLOSE (1007,
           "Invalid JSON payload received. Unknown name \\\"x\\\" at 'setup': Cannot find "
           "field.") },
  { LIVE_SIM_ON_SETUP, 1, FALSE, CLOSE (1007, "Cannot extract voices from a non-audio request.") },
  { LIVE_SIM_ON_SETUP, 1, FALSE,
    CLOSE (1007,
           "The requested combination of response modalities (TEXT) is not supported by the "
           "model.") },
  { LIVE_SIM_ON_SETUP, 1, FALSE, CLOSE (1007, "Thinking level is not supported for this model") },
  { LIVE_SIM_ON_SETUP, 1, FALSE,
    CLOSE (1008,
           "models/x is not found for API version v1beta, or is not supported for "
           "bidiGenerateContent. Call ListMod") },
  { LIVE_SIM_ON_SETUP, 2, FALSE, CLOSE (1008, "BidiGenerateContent session not found") },
  { LIVE_SIM_ON_SETUP, 1, FALSE,
    CLOSE (1011, "You exceeded your current quota, please check your plan and billing details") },
  { LIVE_SIM_ON_SETUP, 1, FALSE, CLOSE (1011, "Token has been used too many times") },
  { LIVE_SIM_ON_SETUP, 1, TRUE, "{\"wait_ms\":1}" }, /* it never completes */
  { LIVE_SIM_ON_SETUP, 2, FALSE, "{\"send_raw\":\"{not json\"}" },

  { LIVE_SIM_ON_READY, 2, FALSE, "{\"go_away\":\"300s\"}" },
  { LIVE_SIM_ON_READY, 2, FALSE, "{\"go_away\":\"0s\"}" },
  { LIVE_SIM_ON_READY, 1, FALSE, "{\"resumable\":false}" },
  { LIVE_SIM_ON_READY, 1, FALSE, "{\"no_pongs\":true}" },

  CLOSES (LIVE_SIM_ON_TURN, 1),
  { LIVE_SIM_ON_TURN, 3, FALSE, "[{\"go_away\":\"10s\"},{\"wait_ms\":10000},{\"abort\":true}]" },
  { LIVE_SIM_ON_TURN, 2, FALSE, "{\"go_away\":\"0s\"}" },
  { LIVE_SIM_ON_TURN, 2, FALSE, "{\"go_away\":\"60s\"}" },
  { LIVE_SIM_ON_TURN, 3, FALSE, "{\"strip\":\"turnComplete\"}" },
  { LIVE_SIM_ON_TURN, 3, FALSE, "{\"strip\":\"generationComplete\"}" },
  { LIVE_SIM_ON_TURN, 2, FALSE, "{\"strip\":\"usageMetadata\"}" },
  { LIVE_SIM_ON_TURN, 2, FALSE, "{\"stall_ms\":3000}" },
  { LIVE_SIM_ON_TURN, 2, FALSE, "{\"stall_reads_ms\":3000}" },
  { LIVE_SIM_ON_TURN, 1, TRUE, "{\"wait_ms\":1}" }, /* no answer at all */
  { LIVE_SIM_ON_TURN, 2, FALSE, "{\"send_raw\":\"{\\\"serverContent\\\":[1,2\"}" },
  { LIVE_SIM_ON_TURN, 1, FALSE, "{\"send_base64\":\"//79AA==\",\"frame\":\"binary\"}" },
  { LIVE_SIM_ON_TURN, 1, FALSE, "{\"send\":{\"serverContent\":\"a string\",\"goAway\":7}}" },
  { LIVE_SIM_ON_TURN, 1, FALSE, "{\"send_padded\":300000}" },
  { LIVE_SIM_ON_TURN, 2, FALSE,
    "{\"send\":{\"serverContent\":{\"interrupted\":true,\"turnComplete\":true}}}" },
  { LIVE_SIM_ON_TURN, 1, FALSE, "{\"spoil_resume\":\"poison\"}" },
  { LIVE_SIM_ON_TURN, 1, FALSE, "{\"spoil_resume\":\"mute\"}" },
  { LIVE_SIM_ON_TURN, 1, FALSE, "{\"spoil_resume\":\"context\"}" },
  { LIVE_SIM_ON_TURN, 1, FALSE, "{\"forget_handles\":true}" },

  CLOSES (LIVE_SIM_ON_SOUND, 1),
  { LIVE_SIM_ON_SOUND, 2, FALSE, "{\"go_away\":\"1s\"}" },
  { LIVE_SIM_ON_SOUND, 2, FALSE, "{\"stall_ms\":2000}" },
  { LIVE_SIM_ON_SOUND, 2, FALSE, "{\"send\":{\"serverContent\":{\"turnComplete\":true}}}" },
  { LIVE_SIM_ON_SOUND, 2, FALSE, "{\"send\":{}}" },

  CLOSES (LIVE_SIM_ON_TOOL_CALL, 1),
  { LIVE_SIM_ON_TOOL_CALL, 10, FALSE, "{\"repeat_call\":true}" },

  { LIVE_SIM_ON_GENERATION_COMPLETE, 1, FALSE, "{\"abort\":true}" },
  { LIVE_SIM_ON_GENERATION_COMPLETE, 1, FALSE, CLOSE (1011, "Internal error occurred.") },
  { LIVE_SIM_ON_TURN_COMPLETE, 1, FALSE, "{\"go_away\":\"0s\"}" },
  { LIVE_SIM_ON_TURN_COMPLETE, 2, FALSE, "{\"abort\":true}" },
  { LIVE_SIM_ON_TURN_COMPLETE, 1, FALSE, CLOSE (1000, "") },
};

LiveSimChaos *
live_sim_chaos_new (const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);
  LiveSimChaos *self;
  guint64 seed = 0;
  double rate = DEFAULT_RATE;
  char *end = NULL;

  if (parts[0] != NULL && parts[1] != NULL)
    rate = g_ascii_strtod (parts[1], &end);
  if (parts[0] == NULL || !g_ascii_string_to_unsigned (parts[0], 10, 0, G_MAXUINT32, &seed, NULL) ||
      (parts[1] != NULL && (end == parts[1] || *end != '\0')) || !(rate >= 0 && rate <= 1))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "\"%s\" is no SEED or SEED:RATE with a rate from 0 to 1", text);
      return NULL;
    }

  self = g_new0 (LiveSimChaos, 1);
  self->seed = (guint32) seed;
  self->rate = rate;
  self->log = json_array_new ();
  return self;
}

void
live_sim_chaos_free (LiveSimChaos *self)
{
  if (self == NULL)
    return;
  json_array_unref (self->log);
  g_free (self);
}

/* There are dozens of messages with sound in an answer, and one of most other things. */
static double
get_chance (const LiveSimChaos *self, LiveSimTrigger trigger)
{
  return trigger == LIVE_SIM_ON_SOUND ? self->rate / 20 : self->rate;
}

static const Fault *
choose (LiveSimTrigger trigger, GRand *dice)
{
  guint total = 0, chosen;

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    total += table[i].on == trigger ? table[i].weight : 0;
  if (total == 0)
    return NULL;
  chosen = (guint) g_rand_int_range (dice, 0, (gint32) total);
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      if (table[i].on != trigger)
        continue;
      if (chosen < table[i].weight)
        return &table[i];
      chosen -= table[i].weight;
    }
  return NULL;
}

static void
note (LiveSimChaos *self, guint connection, guint nth, const Fault *fault)
{
  JsonObject *entry = json_object_new ();

  self->n_faults++;
  json_object_set_int_member (entry, "connection", connection);
  json_object_set_string_member (entry, "on", live_sim_trigger_to_string (fault->on));
  json_object_set_int_member (entry, "nth", nth);
  json_object_set_string_member (entry, "fault", fault->fault);
  if (fault->is_instead)
    json_object_set_boolean_member (entry, "instead", TRUE);
  json_array_add_object_element (self->log, entry);
  if (json_array_get_length (self->log) > LOG_CAP)
    json_array_remove_element (self->log, 0);
}

GPtrArray *
live_sim_chaos_pick (LiveSimChaos *self,
                     guint connection,
                     LiveSimTrigger trigger,
                     guint nth,
                     gboolean *ret_is_instead)
{
  const guint32 seed[] = { self->seed, connection, (guint32) trigger, nth };
  g_autoptr (GRand) dice = g_rand_new_with_seed_array (seed, G_N_ELEMENTS (seed));
  g_autoptr (JsonNode) node = NULL;
  const Fault *fault;

  *ret_is_instead = FALSE;
  if (g_rand_double (dice) >= get_chance (self, trigger))
    return NULL;
  fault = choose (trigger, dice);
  if (fault == NULL)
    return NULL;

  note (self, connection, nth, fault);
  *ret_is_instead = fault->is_instead;
  node = live_sim_json_parse (fault->fault, -1, NULL);
  return live_sim_scenario_parse_actions (node, NULL);
}

guint
live_sim_chaos_count (LiveSimChaos *self)
{
  return self->n_faults;
}

JsonObject *
live_sim_chaos_describe (LiveSimChaos *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "seed", self->seed);
  json_object_set_double_member (object, "rate", self->rate);
  json_object_set_array_member (object, "log", json_array_ref (self->log));
  return object;
}
