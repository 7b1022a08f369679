/* Owns: the timers that end a connection by its age.
 * Thread: main.
 * Called by: live-sim-session.c, live-sim-turn.c. */
#include "live-sim-life.h"

#define MINUTE_MS (60 * 1000)

/* All times are simulated ones; 0 = never. */
typedef struct
{
  guint go_away_ms, left_ms, end_ms, reap_ms;
  guint code;
  const char *reason;
} Plan;

struct _LiveSimLife
{
  LiveSimSession *session;
  Plan plan;
  guint go_away_timer, end_timer, reap_timer;
};

static const Plan plan_usual = {
  9 * MINUTE_MS + 10000, 50000, 10 * MINUTE_MS, 0, 1008, "The operation was aborted.",
};
static const Plan plan_2_5 = {
  9 * MINUTE_MS + 10000, 50000, 10 * MINUTE_MS, 30000, 1008, "The operation was aborted.",
};
static const Plan plan_vertex = {
  9 * MINUTE_MS, 60000, 10 * MINUTE_MS, 0, 1000, "The operation was cancelled.",
};
/* Never announced. */
static const Plan plan_3_8 = {
  0, 0, 58 * MINUTE_MS, 0, 1011, "Deadline expired before operation could complete.",
};

static void
make_plan (LiveSimLife *self)
{
  LiveSimSession *session = self->session;
  const LiveSimOptions *options = &session->world->options;
  const LiveSimProfile *profile = session->profile;
  Plan plan = session->has_vertex_habits                            ? plan_vertex
              : profile->has_context_update                         ? plan_3_8
              : profile->gates_microphone && !profile->joins_fields ? plan_2_5
                                                                    : plan_usual;

  if (!options->has_lifetimes)
    plan.go_away_ms = plan.end_ms = plan.reap_ms = 0;
  if (options->has_go_away)
    {
      plan.go_away_ms = MAX (options->go_away_ms, 1);
      plan.left_ms = options->go_away_left_ms;
      /* Without a life of its own the connection ends when it said that it would. */
      if (plan.end_ms == 0)
        plan.end_ms = plan.go_away_ms + plan.left_ms;
    }
  if (options->life_ms > 0)
    plan.end_ms = options->life_ms;
  if (options->idle_reap_ms > 0)
    plan.reap_ms = options->idle_reap_ms;
  self->plan = plan;
}

static gboolean
on_go_away (gpointer data)
{
  LiveSimLife *self = data;
  JsonObject *message = json_object_new ();
  g_autofree char *left = NULL;

  self->go_away_timer = 0;
  if (self->plan.left_ms % 1000 == 0)
    left = g_strdup_printf ("%us", self->plan.left_ms / 1000);
  else
    left = g_strdup_printf ("%u.%03us", self->plan.left_ms / 1000, self->plan.left_ms % 1000);
  json_object_set_string_member (live_sim_json_add_object (message, "goAway"), "timeLeft", left);
  live_sim_link_send (self->session->link, message);
  return G_SOURCE_REMOVE;
}

static gboolean
on_end (gpointer data)
{
  LiveSimLife *self = data;

  self->end_timer = 0;
  live_sim_session_end (self->session, self->plan.code, self->plan.reason);
  return G_SOURCE_REMOVE;
}

static gboolean
on_reap (gpointer data)
{
  LiveSimLife *self = data;
  LiveSimSession *session = self->session;

  self->reap_timer = 0;
  live_sim_session_stop (session); /* and with it this life */
  live_sim_link_abort (session->link);
  return G_SOURCE_REMOVE;
}

static guint
arm (LiveSimLife *self, guint simulated_ms, GSourceFunc func)
{
  if (simulated_ms == 0)
    return 0;
  return g_timeout_add (live_sim_options_scale_ms (&self->session->world->options, simulated_ms),
                        func, self);
}

LiveSimLife *
live_sim_life_new (LiveSimSession *session)
{
  LiveSimLife *self = g_new0 (LiveSimLife, 1);

  self->session = session;
  make_plan (self);
  self->go_away_timer = arm (self, self->plan.go_away_ms, on_go_away);
  self->end_timer = arm (self, self->plan.end_ms, on_end);
  self->reap_timer = arm (self, self->plan.reap_ms, on_reap);
  return self;
}

void
live_sim_life_free (LiveSimLife *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->go_away_timer, g_source_remove);
  g_clear_handle_id (&self->end_timer, g_source_remove);
  g_clear_handle_id (&self->reap_timer, g_source_remove);
  g_free (self);
}

void
live_sim_life_note_turn (LiveSimLife *self)
{
  if (self != NULL)
    g_clear_handle_id (&self->reap_timer, g_source_remove);
}
