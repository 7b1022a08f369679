/* Owns: nothing; proves machine/live-tool-ledger.c and machine/live-tool-fsm.c.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "machine/live-tool-ledger.h"

#include <string.h>

#define NOW_US (1000 * G_USEC_PER_SEC)

static guint
step (LiveToolFsm *fsm, LiveToolEventKind kind, gint64 now_us)
{
  LiveToolEvent event = { kind, now_us, 1000 };

  return live_tool_fsm_step (fsm, &event);
}

static LiveToolFsm
fsm_in (LiveToolState state, gboolean is_offline)
{
  LiveToolFsm fsm = { .state = state,
                      .owed = LIVE_TOOL_DONE,
                      .is_offline = is_offline,
                      .began_us = NOW_US,
                      .deadline_us = NOW_US + 1,
                      .ended_us = state > LIVE_TOOL_OWED ? NOW_US : 0 };

  return fsm;
}

/* Every event in every state: ends are entered once and never left, an answer goes out once and
 * only with a connection, and whoever is busy is told when he need not be. */
static void
check_pair (LiveToolState state, LiveToolEventKind kind, gboolean is_offline)
{
  LiveToolFsm fsm = fsm_in (state, is_offline);
  gboolean was_open = live_tool_fsm_is_open (&fsm);
  guint actions = step (&fsm, kind, NOW_US + 2);
  gboolean is_open = live_tool_fsm_is_open (&fsm);

  g_test_message ("state %d, event %d, offline %d", (int) state, (int) kind, is_offline);
  if (!was_open)
    {
      g_assert_cmpuint (actions, ==, 0);
      g_assert_cmpint (fsm.state, ==, state);
    }
  g_assert_cmpint ((actions & LIVE_TOOL_DO_FINISH) != 0, ==, was_open && !is_open);
  if (actions & LIVE_TOOL_DO_SEND)
    {
      g_assert_false (fsm.is_offline);
      g_assert_true (actions & LIVE_TOOL_DO_FINISH);
      g_assert_cmpint (fsm.state, !=, LIVE_TOOL_CANCELLED);
    }
  if ((actions & LIVE_TOOL_DO_FINISH) && fsm.state != LIVE_TOOL_CANCELLED)
    g_assert_true (actions & LIVE_TOOL_DO_SEND);
  if (actions & LIVE_TOOL_DO_WITHDRAW)
    g_assert_cmpint (state, ==, LIVE_TOOL_ASKING);
  if (actions & LIVE_TOOL_DO_TELL_PROVIDER)
    g_assert_cmpint (state, ==, LIVE_TOOL_DISPATCHED);
  if (state == LIVE_TOOL_ASKING && fsm.state > LIVE_TOOL_DISPATCHED && kind != LIVE_TOOL_EV_ERROR)
    g_assert_true (actions & LIVE_TOOL_DO_WITHDRAW);
  if (is_open && fsm.state != LIVE_TOOL_PENDING)
    g_assert_cmpint (fsm.deadline_us, !=, 0);
}

static void
test_every_pair (void)
{
  for (LiveToolState state = 0; state < LIVE_TOOL_N_STATES; state++)
    for (LiveToolEventKind kind = 0; kind < LIVE_TOOL_N_EVENTS; kind++)
      for (guint is_offline = 0; is_offline < 2; is_offline++)
        check_pair (state, kind, is_offline);
}

static void
test_deadlines (void)
{
  LiveToolFsm fsm = { .began_us = NOW_US };

  step (&fsm, LIVE_TOOL_EV_ASK, NOW_US);
  g_assert_cmpint (fsm.deadline_us, ==, NOW_US + 1000000);
  step (&fsm, LIVE_TOOL_EV_DISPATCH, NOW_US + 900000);
  g_assert_cmpint (fsm.deadline_us, ==, NOW_US + 1900000);
  g_assert_cmpuint (step (&fsm, LIVE_TOOL_EV_TIMER, NOW_US + 1899999), ==, 0);
  g_assert_cmpuint (step (&fsm, LIVE_TOOL_EV_PART, NOW_US + 1899999), ==, LIVE_TOOL_DO_SEND_PART);
  g_assert_cmpuint (step (&fsm, LIVE_TOOL_EV_TIMER, NOW_US + 1900000), ==, 0);
  /* Parts prolong, but not for ever. */
  step (&fsm, LIVE_TOOL_EV_PART, fsm.last_us - 1);
  g_assert_cmpint (fsm.deadline_us, ==, fsm.last_us);
  step (&fsm, LIVE_TOOL_EV_TIMER, fsm.last_us);
  g_assert_cmpstr (live_tool_fsm_outcome (&fsm), ==, "timeout");
}

static LiveToolVerdict
judge (LiveToolLedger *ledger, const char *id, const char *arguments, gint64 now_us)
{
  LiveToolEntry *entry;

  return live_tool_ledger_judge (ledger, id, "n", arguments, now_us, &entry);
}

static void
test_repeats (void)
{
  LiveToolLedger ledger;
  LiveToolEntry *entry;

  live_tool_ledger_init (&ledger);
  live_tool_ledger_on_online (&ledger, FALSE, NOW_US);
  entry = live_tool_ledger_add (&ledger, "a", "n", "{}", NOW_US, 0);
  g_assert_cmpstr (entry->call, ==, "a");
  g_assert_cmpint (judge (&ledger, "a", "{}", NOW_US), ==, LIVE_TOOL_STANDS);
  g_assert_cmpint (judge (&ledger, "b", "{}", NOW_US), ==, LIVE_TOOL_NEW);

  live_tool_ledger_on_lost (&ledger, NOW_US);
  live_tool_ledger_on_online (&ledger, TRUE, NOW_US);
  g_assert_cmpint (judge (&ledger, "b", "{\"x\":1}", NOW_US), ==, LIVE_TOOL_NEW);
  g_assert_cmpint (judge (&ledger, "b", "{}", NOW_US), ==, LIVE_TOOL_ADOPT);
  /* A repeat counts once. */
  g_assert_cmpint (judge (&ledger, "c", "{}", NOW_US), ==, LIVE_TOOL_NEW);

  step (&entry->fsm, LIVE_TOOL_EV_CANCEL, NOW_US);
  live_tool_ledger_suspect (entry, NOW_US);
  g_assert_cmpint (judge (&ledger, "d", "{}", NOW_US + LIVE_TOOL_REPEAT_US + 1), ==, LIVE_TOOL_NEW);
  entry->is_running = TRUE;
  g_assert_cmpint (judge (&ledger, "d", "{}", NOW_US), ==, LIVE_TOOL_FOLLOW);
  live_tool_ledger_suspect (entry, NOW_US);
  entry->answer = g_strdup ("{}");
  g_assert_cmpint (judge (&ledger, "d", "{}", NOW_US), ==, LIVE_TOOL_AGAIN);

  /* Answered here: nothing more is owed. On another connection the answer was lost. */
  entry->connection = ledger.connection;
  g_assert_cmpint (judge (&ledger, "a", "{}", NOW_US), ==, LIVE_TOOL_STALE);
  live_tool_ledger_on_online (&ledger, TRUE, NOW_US);
  g_assert_cmpint (judge (&ledger, "a", "{}", NOW_US), ==, LIVE_TOOL_AGAIN);
  /* Another session counts anew. */
  live_tool_ledger_on_online (&ledger, FALSE, NOW_US);
  g_assert_cmpint (judge (&ledger, "a", "{}", NOW_US), ==, LIVE_TOOL_NEW);
  live_tool_ledger_clear (&ledger);
}

static void
test_caps_and_sweep (void)
{
  LiveToolLedger ledger;
  LiveToolEntry *entry;

  live_tool_ledger_init (&ledger);
  for (guint i = 0; i < LIVE_TOOL_MAX_OPEN; i++)
    g_assert_nonnull (live_tool_ledger_add (&ledger, "same id", "n", "{}", NOW_US, 0));
  g_assert_null (live_tool_ledger_add (&ledger, "x", "n", "{}", NOW_US, 0));
  for (guint i = 0; i < LIVE_TOOL_MAX_OPEN; i++)
    step (&((LiveToolEntry *) g_ptr_array_index (ledger.entries, i))->fsm, LIVE_TOOL_EV_CANCEL,
          NOW_US);
  entry = live_tool_ledger_add (&ledger, NULL, "n", "{}", NOW_US, 0);
  g_assert_cmpuint (ledger.entries->len, ==, LIVE_TOOL_MAX_ENDED + 1);
  g_assert_cmpuint (live_tool_ledger_count_open (&ledger), ==, 1);

  step (&entry->fsm, LIVE_TOOL_EV_DISPATCH, NOW_US);
  g_assert_cmpint (live_tool_ledger_sweep (&ledger, NOW_US), ==, NOW_US + 1000000);
  step (&entry->fsm, LIVE_TOOL_EV_RESULT, NOW_US);
  entry->answer = g_strdup ("secret");
  g_assert_cmpint (live_tool_ledger_sweep (&ledger, NOW_US), ==, NOW_US + LIVE_TOOL_REPEAT_US);
  g_assert_nonnull (entry->answer);
  g_assert_cmpint (live_tool_ledger_sweep (&ledger, NOW_US + LIVE_TOOL_REPEAT_US), ==, 0);
  g_assert_null (entry->answer);
  live_tool_ledger_clear (&ledger);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool-ledger/every-pair", test_every_pair);
  g_test_add_func ("/tool-ledger/deadlines", test_deadlines);
  g_test_add_func ("/tool-ledger/repeats", test_repeats);
  g_test_add_func ("/tool-ledger/caps-and-sweep", test_caps_and_sweep);
  return g_test_run ();
}
