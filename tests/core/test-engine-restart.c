/* Owns: what is proved of a conversation that outlives the process.
 * Thread: the test's.
 * Called by: meson test, suite core. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/live-names.h"
#include "fake/engine-rig.h"
#include "protocol/live-setup.h"

typedef struct
{
  char *dir, *path;
} State;

static void
set_up (State *state, gconstpointer data)
{
  state->dir = g_dir_make_tmp ("lived-context-XXXXXX", NULL);
  state->path = g_build_filename (state->dir, LIVE_STATE_FILE, NULL);
}

static void
tear_down (State *state, gconstpointer data)
{
  g_remove (state->path);
  g_rmdir (state->dir);
  g_free (state->dir);
  g_free (state->path);
}

static EngineRig *
new_rig (const State *state)
{
  EngineRig *rig = engine_rig_new_with (NULL, FALSE, state->dir, NULL, NULL);

  rig->allows_warnings = TRUE;
  return rig;
}

static LiveEngineStatus
status_of (EngineRig *rig)
{
  LiveEngineStatus status;

  live_engine_get_status (rig->engine, &status);
  return status;
}

static void
wait_for_file (const State *state, gboolean is_there)
{
  while (g_file_test (state->path, G_FILE_TEST_EXISTS) != is_there)
    g_main_context_iteration (NULL, TRUE);
}

/* A file of an earlier process. */
static void
write_state (const State *state, gint64 age_s, const char *model)
{
  g_autoptr (EngineRig) rig = engine_rig_new (model, FALSE);
  g_autofree char *fingerprint = live_setup_fingerprint (rig->settings);
  g_autoptr (LiveStateStore) store = live_state_store_new (state->dir, live_clock_system ());
  LiveStoredSession session = { .handle = (char *) "stored-handle",
                                .fingerprint = fingerprint,
                                .conversation_id = (char *) "stored-conversation",
                                .issued_us = g_get_real_time () - age_s * G_USEC_PER_SEC };

  live_state_store_save (store, &session);
  wait_for_file (state, TRUE);
}

/* The daemon's next process: its first setup. */
static char *
dial_first (EngineRig *rig)
{
  EngineCall *call = engine_rig_connect (rig);
  char *setup;

  while (!fake_transport_is_busy (rig->wire))
    g_main_context_iteration (NULL, TRUE);
  setup = engine_rig_come_back (rig);

  g_assert_no_error (call->error);
  engine_call_free (call);
  return setup;
}

static void
test_restart (State *state, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *setup = NULL;
  EngineRig *rig = new_rig (state);

  g_free (dial_first (rig));
  engine_rig_give_handle (rig, "handle-1");
  engine_rig_give_handle (rig, "handle-2");
  id = g_strdup (status_of (rig).conversation_id);
  engine_rig_shut_down (rig);
  engine_rig_free (rig);

  rig = new_rig (state);
  setup = dial_first (rig);
  g_assert_nonnull (strstr (setup, "handle-2"));
  g_assert_cmpstr (status_of (rig).context_origin, ==, "resumed");
  g_assert_cmpstr (status_of (rig).conversation_id, ==, id);
  g_assert_true (status_of (rig).is_resumable);
  engine_rig_expect (rig, "changed ConversationId", "changed ContextOrigin", NULL);
  engine_rig_free (rig);
}

/* Nobody says goodbye: what was on disk by then counts. */
static void
test_killed (State *state, gconstpointer data)
{
  g_autofree char *setup = NULL;
  EngineRig *rig = new_rig (state);

  g_free (dial_first (rig));
  engine_rig_give_handle (rig, "handle-1");
  wait_for_file (state, TRUE);
  engine_rig_free (rig);

  rig = new_rig (state);
  setup = dial_first (rig);
  g_assert_nonnull (strstr (setup, "handle-1"));
  engine_rig_free (rig);
}

static void
check_not_taken_up (State *state)
{
  g_autoptr (EngineRig) rig = new_rig (state);
  g_autofree char *setup = dial_first (rig);

  g_assert_null (strstr (setup, "stored-handle"));
  g_assert_cmpstr (status_of (rig).context_origin, ==, "new");
  g_assert_cmpstr (status_of (rig).conversation_id, !=, "stored-conversation");
  engine_rig_shut_down (rig);
}

static void
test_too_old (State *state, gconstpointer data)
{
  write_state (state, 7201, NULL);
  check_not_taken_up (state);
  wait_for_file (state, FALSE);
}

static void
test_still_young (State *state, gconstpointer data)
{
  g_autoptr (EngineRig) rig = NULL;
  g_autofree char *setup = NULL;

  write_state (state, 7100, NULL);
  rig = new_rig (state);
  setup = dial_first (rig);
  g_assert_nonnull (strstr (setup, "stored-handle"));
  g_assert_cmpstr (status_of (rig).conversation_id, ==, "stored-conversation");
}

static void
test_of_another_model (State *state, gconstpointer data)
{
  write_state (state, 10, "gemini-3.1-flash-live-preview");
  check_not_taken_up (state);
  wait_for_file (state, FALSE);
}

static void
test_damaged (State *state, gconstpointer data)
{
  g_assert_true (g_file_set_contents (state->path, "[session]\nhandle=stored-handle\n", -1, NULL));
  g_assert_cmpint (g_chmod (state->path, 0600), ==, 0);
  check_not_taken_up (state);
}

static void
test_readable_by_others (State *state, gconstpointer data)
{
  write_state (state, 10, NULL);
  g_assert_cmpint (g_chmod (state->path, 0644), ==, 0);
  check_not_taken_up (state);
}

static void
test_new_conversation (State *state, gconstpointer data)
{
  g_autoptr (EngineRig) rig = new_rig (state);

  g_free (dial_first (rig));
  engine_rig_give_handle (rig, "handle-1");
  wait_for_file (state, TRUE);
  live_engine_new_conversation (rig->engine);
  wait_for_file (state, FALSE);
  g_free (engine_rig_come_back (rig));
  g_assert_cmpstr (status_of (rig).context_origin, ==, "new");
}

/* Asked for before the old one was even read. */
static void
test_new_conversation_at_once (State *state, gconstpointer data)
{
  g_autoptr (EngineRig) rig = NULL;
  g_autofree char *setup = NULL;

  write_state (state, 10, NULL);
  rig = new_rig (state);
  live_engine_new_conversation (rig->engine);
  setup = dial_first (rig);
  g_assert_null (strstr (setup, "stored-handle"));
  g_assert_cmpstr (status_of (rig).conversation_id, !=, "stored-conversation");
  wait_for_file (state, FALSE);
}

/* Used once; then it is gone, here and on disk, and clients are told the truth. */
static void
test_refused (State *state, gconstpointer data)
{
  g_autoptr (EngineRig) rig = NULL;
  g_autoptr (EngineCall) call = NULL;
  g_autofree char *setup = NULL;

  write_state (state, 10, NULL);
  rig = new_rig (state);
  call = engine_rig_connect (rig);
  while (!fake_transport_is_busy (rig->wire))
    g_main_context_iteration (NULL, TRUE);
  fake_transport_opened (rig->wire);
  g_assert_nonnull (strstr (fake_transport_sent (rig->wire, 0), "stored-handle"));
  fake_transport_closed (rig->wire, 1008, "BidiGenerateContent session not found");
  setup = engine_rig_come_back (rig);
  g_assert_null (strstr (setup, "stored-handle"));
  g_assert_no_error (call->error);
  g_assert_cmpstr (status_of (rig).context_origin, ==, "lost");
  wait_for_file (state, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(idea, function)                                                                        \
  g_test_add ("/engine-restart/" idea, State, NULL, set_up, function, tear_down)
  ADD ("restart", test_restart);
  ADD ("killed", test_killed);
  ADD ("too-old", test_too_old);
  ADD ("still-young", test_still_young);
  ADD ("of-another-model", test_of_another_model);
  ADD ("damaged", test_damaged);
  ADD ("readable-by-others", test_readable_by_others);
  ADD ("new-conversation", test_new_conversation);
  ADD ("new-conversation-at-once", test_new_conversation_at_once);
  ADD ("refused", test_refused);
  return g_test_run ();
}
