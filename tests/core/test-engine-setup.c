/* Owns: what is proved of changes to a setup that cannot change.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <string.h>

#include "fake/engine-rig.h"

static EngineRig *
go_online (gboolean has_audio)
{
  EngineRig *rig = engine_rig_new (NULL, has_audio);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  engine_rig_give_handle (rig, "handle-1");
  return rig;
}

static const char updates[] = "[3.8]\ncontext-update=true\n";

static gboolean
is_pending (EngineRig *rig)
{
  g_autoptr (GVariant) pending = g_variant_ref_sink (live_engine_get_pending_changes (rig->engine));

  return g_variant_n_children (pending) > 0;
}

/* Voice, language and instruction at once: one rotation, the context kept. */
static void
test_staged (void)
{
  g_autoptr (EngineRig) rig = go_online (FALSE);
  g_autofree char *setup = NULL;

  engine_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  engine_rig_pass_ms (rig, 100);
  engine_rig_set (rig, LIVE_SETTING_SESSION_LANGUAGE, g_variant_new_string ("de-DE"));
  engine_rig_set (rig, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION, g_variant_new_string ("Be brief."));
  g_assert_true (is_pending (rig));
  engine_rig_pass_ms (rig, 500);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  g_assert_nonnull (strstr (setup, "Puck"));
  g_assert_nonnull (strstr (setup, "de-DE"));
  g_assert_nonnull (strstr (setup, "Be brief."));
  g_assert_false (is_pending (rig));
  engine_rig_pass_ms (rig, 60000);
  g_assert_cmpuint (fake_transport_n_opens (rig->wire), ==, 2);
}

static EngineRig *
go_online_with_updates (void)
{
  EngineRig *rig = engine_rig_new_with (NULL, FALSE, NULL, NULL, updates);

  rig->allows_warnings = TRUE;
  engine_rig_go_online (rig);
  engine_rig_give_handle (rig, "handle-1");
  return rig;
}

static void
test_context_update (void)
{
  g_autoptr (EngineRig) rig = go_online_with_updates ();

  engine_rig_set (rig, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION, g_variant_new_string ("Be brief."));
  g_assert_cmpstr (fake_transport_sent (rig->wire, -1), ==,
                   "{\"contextUpdate\":{\"systemInstruction\":{\"parts\":[{\"text\":"
                   "\"Be brief.\"}]}}}");
  g_assert_false (is_pending (rig));
  engine_rig_set (rig, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION, g_variant_new_string (""));
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, -1), "\"text\":\"\""));
  engine_rig_pass_ms (rig, 10000);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 0);

  /* With a voice in the same breath it takes a rotation anyway. */
  engine_rig_set (rig, LIVE_SETTING_SESSION_VOICE, g_variant_new_string ("Puck"));
  engine_rig_pass_ms (rig, 500);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
}

static void
test_context_update_refused (void)
{
  g_autoptr (EngineRig) rig = go_online_with_updates ();
  g_autofree char *setup = NULL;

  engine_rig_set (rig, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION, g_variant_new_string ("Be brief."));
  fake_transport_closed (rig->wire, 1007,
                         "Invalid JSON payload received. Unknown name \"contextUpdate\"");
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "Be brief."));
  g_assert_nonnull (strstr (setup, "handle-1"));
  g_assert_cmpuint (engine_rig_statistic (rig, "closes-update-refused"), ==, 1);

  /* Not again. */
  engine_rig_set (rig, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION, g_variant_new_string ("Be long."));
  g_assert_cmpuint (fake_transport_n_sent (rig->wire), ==, 1);
  engine_rig_pass_ms (rig, 500);
  g_assert_cmpuint (fake_transport_n_closes (rig->wire), ==, 1);
  g_clear_pointer (&setup, g_free);
  setup = engine_rig_come_back (rig);
  g_assert_nonnull (strstr (setup, "Be long."));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-setup/staged", test_staged);
  g_test_add_func ("/engine-setup/context-update", test_context_update);
  g_test_add_func ("/engine-setup/context-update-refused", test_context_update_refused);
  return g_test_run ();
}
