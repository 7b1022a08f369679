/* Owns: the proof that whatever breaks, and however often, everything asked ends with an answer or
 * with an error that has a name, and that the service is never stormed.
 * Thread: main; the simulator is a process of its own.
 * Called by: meson test, suite soak (three minutes of the fast clock a seed), and tests/soak/run
 * (an hour a seed). */
#include <string.h>

#include "base/live-error.h"
#include "core/live-tools.h"
#include "soak-rig.h"

#define SPEED 50
#define SHORT_S (3 * 60)
#define LONG_S (60 * 60)
/* Beyond the longest wait that anything may have: a call's own 120 s and the time to say so. */
#define LIMIT_MS (200 * 1000)
/* Beyond the slowest return by itself: a spent budget rests for a quarter of an hour. */
#define RETURN_MS (40 * 60 * 1000)

static gboolean is_long;

typedef struct
{
  SoakRig *rig;
  LiveTools *tools;
  GRand *dice;
  guint n_asked, n_answered, n_failed, n_invoked, n_finished;
  guint n_by_code[LIVE_ERROR_N_CODES];
} Chaos;

static void
on_invoke (const LiveToolsCall *call, gpointer data)
{
  Chaos *chaos = data;

  chaos->n_invoked++;
  /* At once or never: the second kind runs into its time limit or loses its connection. */
  if (g_rand_int_range (chaos->dice, 0, 4) > 0)
    live_tools_result (chaos->tools, call->call, call->owner, "{\"light\":\"on\"}", NULL, FALSE,
                       NULL);
}

static void
on_cancel (const LiveToolsCall *call, const char *reason, gpointer data)
{
}

static gboolean
on_ask (const LiveToolsCall *call, gpointer data)
{
  return FALSE;
}

static void
on_withdraw (const char *call, const char *reason, gpointer data)
{
}

static void
on_finished (const char *call,
             const char *name,
             const char *outcome,
             guint64 took_us,
             gpointer data)
{
  ((Chaos *) data)->n_finished++;
}

static void
on_tools_changed (gpointer data)
{
}

static const char *
get_owner (const char *owner, gpointer data)
{
  return owner;
}

static void
offer_lamp (Chaos *chaos)
{
  static const LiveToolsEvents events = { on_invoke,   on_cancel,        on_ask,   on_withdraw,
                                          on_finished, on_tools_changed, get_owner };
  g_autoptr (GError) error = NULL;
  g_autoptr (LiveToolDeclaration) lamp =
      live_tool_schema_build ("lamp", "Switches the lamp.", NULL, LIVE_TOOL_BEHAVIOR_MODEL, &error);
  LiveToolOffer offer = { .declaration = lamp, .owner = ":1.1", .timeout_ms = 20000 };

  g_assert_no_error (error);
  chaos->tools = live_tools_new (&chaos->rig->clock, chaos->rig->engine, &events, chaos);
  live_tools_register (chaos->tools, &offer, &error);
  g_assert_no_error (error);
}

static void
ask (Chaos *chaos, const char *question)
{
  g_autoptr (SoakAsk) ask = soak_rig_ask (chaos->rig, question);

  chaos->n_asked++;
  if (!soak_rig_finish_ask (chaos->rig, ask, LIMIT_MS))
    g_error ("\"%s\" has no end; %s", question, chaos->rig->state);
  if (ask->error == NULL)
    {
      g_assert_nonnull (ask->text);
      chaos->n_answered++;
      return;
    }
  g_assert_cmpuint (ask->error->domain, ==, LIVE_ERROR);
  g_assert_cmpint (ask->error->code, >, LIVE_ERROR_FAILED);
  g_assert_cmpint (ask->error->code, <, LIVE_ERROR_N_CODES);
  chaos->n_failed++;
  chaos->n_by_code[ask->error->code]++;
}

/* What only a person can put right, a person does. */
static void
repair (Chaos *chaos)
{
  if (strcmp (chaos->rig->state, "blocked") == 0)
    live_engine_credentials_changed (chaos->rig->engine);
}

static void
step (Chaos *chaos, guint n)
{
  SoakRig *rig = chaos->rig;
  g_autofree char *words = g_strdup_printf ("say number %u", n);

  switch (g_rand_int_range (chaos->dice, 0, 4))
    {
    case 0:
      ask (chaos, "call lamp");
      break;
    case 1:
      rig->is_talking = TRUE;
      soak_rig_pass_ms (rig, 10000); /* the sound goes five times as fast as life: a second of it */
      rig->is_talking = FALSE;
      soak_rig_pass_ms (rig, 20000);
      break;
    default:
      ask (chaos, words);
      break;
    }
  repair (chaos);
  soak_rig_pass_ms (rig, (guint) g_rand_int_range (chaos->dice, 0, 3000));
}

static gboolean
has_stalled_reads (SoakRig *rig)
{
  g_autoptr (JsonObject) state = sim_rig_ask (rig->sim, "/simulator/state", NULL, NULL);
  JsonArray *log = live_sim_json_array (live_sim_json_object (state, "chaos"), "log");

  for (guint i = 0; i < json_array_get_length (log); i++)
    if (strstr (live_sim_json_string (json_array_get_object_element (log, i), "fault", ""),
                "stall_reads") != NULL)
      return TRUE;
  return FALSE;
}

static void
report (Chaos *chaos, const char *seed, gint64 elapsed_s)
{
  SoakRig *rig = chaos->rig;
  g_autoptr (GString) codes = g_string_new (NULL);
  GHashTableIter iter;
  gpointer reason, n;

  for (guint i = 0; i < LIVE_ERROR_N_CODES; i++)
    if (chaos->n_by_code[i] > 0)
      g_string_append_printf (codes, " %s %u",
                              strrchr (live_error_dbus_name ((LiveErrorCode) i), '.') + 1,
                              chaos->n_by_code[i]);
  g_hash_table_iter_init (&iter, rig->reasons);
  while (g_hash_table_iter_next (&iter, &reason, &n))
    g_string_append_printf (codes, " %s-turns %u", (char *) reason, GPOINTER_TO_UINT (n));
  g_test_message (
      "seed %s, %d s: %d faults, %d dials, %u asked, %u answered, %u failed:%s; %u calls", seed,
      (int) elapsed_s, (int) soak_rig_count (rig, "faults"), (int) soak_rig_count (rig, "attempts"),
      chaos->n_asked, chaos->n_answered, chaos->n_failed, codes->str, chaos->n_invoked);
}

static void
test_seed (gconstpointer data)
{
  const char *seed = data;
  g_autofree char *option = g_strconcat ("--chaos=", seed, NULL);
  const char *const options[] = { option, NULL };
  Chaos chaos = { .rig = soak_rig_new (SPEED, NULL, options) };
  SoakRig *rig = chaos.rig;
  gint64 begin_us = g_get_monotonic_time ();
  gint64 length_us = (gint64) (is_long ? LONG_S : SHORT_S) * G_USEC_PER_SEC / SPEED;
  gint64 elapsed_s, end_us;

  chaos.dice = g_rand_new_with_seed ((guint32) g_ascii_strtoull (seed, NULL, 10));
  offer_lamp (&chaos);
  live_engine_set_listening (rig->engine, TRUE);
  for (guint n = 1; g_get_monotonic_time () < begin_us + length_us; n++)
    step (&chaos, n);

  /* Nothing hangs: it comes back, and no turn stays open. */
  end_us = g_get_monotonic_time () + (gint64) RETURN_MS * 1000 / SPEED;
  while (strcmp (rig->state, "online") != 0 || rig->n_started != rig->n_completed ||
         chaos.n_finished != chaos.n_invoked)
    {
      if (g_get_monotonic_time () > end_us)
        g_error ("%s; of %u turns %u ended, of %u calls %u", rig->state, rig->n_started,
                 rig->n_completed, chaos.n_invoked, chaos.n_finished);
      repair (&chaos);
      soak_rig_pass_ms (rig, 1000);
    }
  elapsed_s = (g_get_monotonic_time () - begin_us) * SPEED / G_USEC_PER_SEC;
  report (&chaos, seed, elapsed_s);
  g_assert_cmpuint (chaos.n_answered, >, 0);
  g_assert_cmpint (soak_rig_count (rig, "faults"), >, 0);
  /* One socket: a second one may stand beside the first only in the eyes of a server that did not
   * look when the first one was closed. */
  g_assert_cmpint (soak_rig_count (rig, "most_open"), <=, has_stalled_reads (rig) ? 2 : 1);
  g_assert_cmpint (soak_rig_count (rig, "attempts"), <=, 10 + elapsed_s / 2);

  live_tools_shut_down (chaos.tools);
  live_tools_free (chaos.tools);
  g_rand_free (chaos.dice);
  soak_rig_free (rig);
}

int
main (int argc, char **argv)
{
  static const char *const seeds[] = { "1:0.1", "2:0.1", "3:0.15", "4:0.2", "5:0.3" };

  is_long = soak_is_long (argc, argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (seeds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/soak-chaos/seed-%u", i + 1);

      g_test_add_data_func (path, seeds[i], test_seed);
    }
  return g_test_run ();
}
