/* Owns: the proof that scenario files are read strictly.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include "live-sim-scenario.h"

#include <string.h>

#include "live-sim-options.h"

typedef struct
{
  const char *name, *text;
  const char *fault; /* a piece of the message; NULL = good */
} Row;

#define STEP(more) "{\"steps\":[{\"on\":\"ready\"," more "}]}"
#define DO(action) STEP ("\"do\":" action)

static const Row rows[] = {
  { "empty", "{}", NULL },
  { "full",
    "{\"title\":\"t\",\"profile\":\"3.8\",\"options\":{\"speed\":4},\"hears\":[\"a\",\"b\"],"
    "\"steps\":[{\"on\":\"text\",\"match\":\"^x\",\"nth\":2,\"connection\":1,\"instead\":true,"
    "\"note\":\"n\",\"do\":[{\"say\":\"y\"},{\"wait_ms\":5},{\"close\":1011,\"reason\":\"r\"}]}]}",
    NULL },
  { "one-action", DO ("{\"abort\":true}"), NULL },
  { "no-action", STEP ("\"instead\":true"), NULL },
  { "send", DO ("{\"send\":{\"goAway\":{}}}"), NULL },
  { "send-raw", DO ("{\"send_raw\":\"{\",\"frame\":\"text\"}"), NULL },
  { "close-without-code", DO ("{\"close\":1005}"), NULL },
  { "http", "{\"steps\":[{\"on\":\"upgrade\",\"do\":{\"http\":429}}]}", NULL },

  { "not-json", "{", "Unexpected" },
  { "not-an-object", "[]", "a scenario is an object" },
  { "unknown-key", "{\"step\":[]}", "unknown key \"step\"" },
  { "steps-no-array", "{\"steps\":{}}", "\"steps\" has the wrong type" },
  { "hears-no-strings", "{\"hears\":[1]}", "\"hears\" has the wrong type" },
  { "step-no-object", "{\"steps\":[1]}", "step 1: a step is an object" },
  { "no-trigger", "{\"steps\":[{\"do\":[]}]}", "step 1: \"on\" names no trigger: (absent)" },
  { "unknown-trigger", "{\"steps\":[{\"on\":\"ready\"},{\"on\":\"moon\"}]}",
    "step 2: \"on\" names no trigger: moon" },
  { "unknown-step-key", STEP ("\"when\":1"), "step 1: unknown key \"when\"" },
  { "nth-negative", STEP ("\"nth\":-1"), "step 1: \"nth\" has the wrong type" },
  { "match-broken", STEP ("\"match\":\"(\""), "step 1: " },
  { "action-no-object", DO ("[1]"), "an action is an object" },
  { "action-unknown", DO ("{\"explode\":true}"), "an action without a known key" },
  { "action-wrong-type", DO ("{\"say\":1}"), "\"say\" has a value of the wrong type" },
  { "action-false", DO ("{\"abort\":false}"), "\"abort\" has a value of the wrong type" },
  { "action-extra-key", DO ("{\"say\":\"x\",\"reason\":\"y\"}"), "\"say\" has no key \"reason\"" },
  { "close-1006", DO ("{\"close\":1006}"), "1006 is no close code" },
  { "close-small", DO ("{\"close\":1}"), "1 is no close code" },
  { "http-elsewhere", DO ("{\"http\":429}"), "\"http\" goes with" },
  { "http-status", "{\"steps\":[{\"on\":\"upgrade\",\"do\":{\"http\":42}}]}",
    "42 is no HTTP status" },
  { "upgrade-without-http", "{\"steps\":[{\"on\":\"upgrade\",\"do\":{\"abort\":true}}]}",
    "\"http\" goes with" },
};

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LiveSimScenario) scenario = live_sim_scenario_parse (row->text, -1, &error);

  if (row->fault == NULL)
    {
      g_assert_no_error (error);
      g_assert_nonnull (scenario);
      return;
    }
  g_assert_null (scenario);
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, row->fault));
}

static void
test_content (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LiveSimScenario) scenario = live_sim_scenario_parse (rows[1].text, -1, &error);
  const LiveSimStep *step;
  const LiveSimAction *action;

  g_assert_no_error (error);
  g_assert_cmpstr (scenario->profile, ==, "3.8");
  g_assert_cmpuint (scenario->hears->len, ==, 2);
  g_assert_cmpuint (scenario->steps->len, ==, 1);
  step = g_ptr_array_index (scenario->steps, 0);
  g_assert_cmpint (step->on, ==, LIVE_SIM_ON_TEXT);
  g_assert_cmpuint (step->nth, ==, 2);
  g_assert_true (step->is_instead);
  g_assert_cmpuint (step->actions->len, ==, 3);
  action = g_ptr_array_index (step->actions, 2);
  g_assert_cmpint (action->kind, ==, LIVE_SIM_DO_CLOSE);
  g_assert_cmpint (json_node_get_int (action->value), ==, 1011);
}

static void
test_refusal (void)
{
  g_autoptr (LiveSimScenario) scenario = live_sim_scenario_parse (
      "{\"steps\":[{\"on\":\"upgrade\",\"connection\":2,\"do\":{\"http\":503}}]}", -1, NULL);

  g_assert_null (live_sim_scenario_find_refusal (NULL, 1));
  g_assert_null (live_sim_scenario_find_refusal (scenario, 1));
  g_assert_nonnull (live_sim_scenario_find_refusal (scenario, 2));
  g_assert_null (live_sim_scenario_find_refusal (scenario, 3));
}

/* Every scenario that other tests and people use is a good one. */
static void
test_files (void)
{
  g_autofree char *folder = g_build_filename (g_getenv ("LIVE_TEST_DATA"), "..", "scenarios", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) files = g_dir_open (folder, 0, &error);
  const char *name;
  guint n_files = 0;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autoptr (LiveSimScenario) scenario = live_sim_scenario_load (path, &error);

      g_assert_no_error (error);
      n_files++;
    }
  g_assert_cmpuint (n_files, >, 5);
}

static void
test_options (void)
{
  static const Row option_rows[] = {
    { "good", "{\"speed\":0.5,\"text_frames\":true,\"chunk_ms\":20}", NULL },
    { "whole-number-for-a-fraction", "{\"speed\":2}", NULL },
    { "unknown", "{\"sped\":1}", "unknown option \"sped\"" },
    { "zero", "{\"speed\":0}", "option \"speed\"" },
    { "negative", "{\"setup_delay_ms\":-1}", "option \"setup_delay_ms\"" },
    { "fraction", "{\"chunk_ms\":1.5}", "option \"chunk_ms\"" },
    { "string", "{\"text_frames\":\"yes\"}", "option \"text_frames\"" },
    { "array", "{\"speed\":[]}", "option \"speed\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (option_rows); i++)
    {
      LiveSimOptions options;
      g_autoptr (JsonNode) node = live_sim_json_parse (option_rows[i].text, -1, NULL);
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", option_rows[i].name);
      live_sim_options_init (&options);
      live_sim_options_load (&options, json_node_get_object (node), &error);
      if (option_rows[i].fault == NULL)
        g_assert_no_error (error);
      else
        g_assert_nonnull (strstr (error->message, option_rows[i].fault));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/sim-scenario/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/sim-scenario/content", test_content);
  g_test_add_func ("/sim-scenario/refusal", test_refusal);
  g_test_add_func ("/sim-scenario/files", test_files);
  g_test_add_func ("/sim-scenario/options", test_options);
  return g_test_run ();
}
