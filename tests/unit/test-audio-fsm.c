/* Owns: the proof of the audio machine: stories told event by event, and a walk through every
 * state that can be reached with every event, which checks what must always hold.
 * Thread: main.
 * Called by: meson test. */
#include "machine/live-audio-fsm.h"

#include <string.h>

#define DESTROY LIVE_AUDIO_DO_DESTROY
#define PIN LIVE_AUDIO_DO_PIN
#define CREATE LIVE_AUDIO_DO_CREATE
#define ACTIVATE LIVE_AUDIO_DO_ACTIVATE
#define DEACTIVATE LIVE_AUDIO_DO_DEACTIVATE
#define ARM LIVE_AUDIO_DO_ARM
#define DISARM LIVE_AUDIO_DO_DISARM

typedef struct
{
  LiveAudioEvent event;
  gboolean flag;
  LiveAudioFsmState state;
  guint actions;
  LiveAudioReason reason; /* as live_audio_fsm_get_reason tells it */
} Step;

static LiveAudioFsm
make_capture (void)
{
  return (LiveAudioFsm){ .needs_peer = TRUE };
}

static LiveAudioFsm
make_playback (void)
{
  return (LiveAudioFsm){ .is_kept = TRUE, .idle_ms = 7000 };
}

static void
play (LiveAudioFsm *fsm, const Step *steps, gsize n_steps)
{
  for (gsize i = 0; i < n_steps; i++)
    {
      guint actions = live_audio_fsm_step (fsm, steps[i].event, steps[i].flag);

      if (fsm->state != steps[i].state || actions != steps[i].actions ||
          live_audio_fsm_get_reason (fsm) != steps[i].reason)
        g_error ("step %" G_GSIZE_FORMAT ": state %s, actions 0x%x, reason %s", i,
                 live_audio_fsm_state_to_string (fsm->state), actions,
                 live_audio_reason_to_string (live_audio_fsm_get_reason (fsm)));
    }
}

#define PLAY(fsm, ...)                                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    const Step steps[] = { __VA_ARGS__ };                                                          \
    play (fsm, steps, G_N_ELEMENTS (steps));                                                       \
  }                                                                                                \
  G_STMT_END

#define IN(state) LIVE_AUDIO_FSM_##state
#define ON(event) LIVE_AUDIO_EVENT_##event
#define WHY(reason) LIVE_AUDIO_REASON_##reason

#define SERVER_WITH_DEVICE                                                                         \
  {                                                                                                \
    ON (SERVER_UP), TRUE, IN (DETACHED), 0, WHY (NONE)                                             \
  }

static void
test_capture (void)
{
  LiveAudioFsm fsm = make_capture ();

  g_assert_cmpint (live_audio_fsm_get_reason (&fsm), ==, WHY (NO_SERVER));
  PLAY (&fsm, SERVER_WITH_DEVICE, { ON (WANT), FALSE, IN (CONNECTING), CREATE | ARM, WHY (NONE) },
        { ON (PAUSED), FALSE, IN (CONNECTING), 0, WHY (NONE) },
        { ON (FLOWING), FALSE, IN (CONNECTING), 0, WHY (NONE) },
        { ON (PEER_GOOD), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (PAUSED), FALSE, IN (RUNNING), 0, WHY (NONE) },
        { ON (TIMER), TRUE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (UNWANT), FALSE, IN (DETACHED), DESTROY | DISARM, WHY (NONE) });
}

static void
test_capture_monitor (void)
{
  LiveAudioFsm fsm = make_capture ();

  PLAY (&fsm, SERVER_WITH_DEVICE, { ON (WANT), FALSE, IN (CONNECTING), CREATE | ARM, WHY (NONE) },
        { ON (PEER_REFUSED), FALSE, IN (CONNECTING), DESTROY | PIN | CREATE | ARM, WHY (NONE) },
        { ON (PEER_REFUSED), FALSE, IN (LOST), DESTROY | DISARM, WHY (MONITOR) },
        { ON (FLOWING), FALSE, IN (LOST), 0, WHY (MONITOR) },
        { ON (DEVICES), TRUE, IN (CONNECTING), CREATE | ARM, WHY (MONITOR) },
        { ON (PEER_GOOD), FALSE, IN (CONNECTING), 0, WHY (MONITOR) },
        { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        /* The microphone is pulled out and the stream moved. */
        { ON (PEER_REFUSED), FALSE, IN (CONNECTING), DESTROY | PIN | CREATE | ARM, WHY (NONE) },
        { ON (DEVICES), FALSE, IN (LOST), DESTROY | DISARM, WHY (NO_DEVICE) },
        { ON (DEVICES), TRUE, IN (CONNECTING), CREATE | ARM, WHY (NO_DEVICE) });
}

static void
test_no_server (void)
{
  LiveAudioFsm fsm = make_capture ();

  PLAY (&fsm, { ON (SERVER_UP), FALSE, IN (DETACHED), 0, WHY (NO_DEVICE) },
        { ON (SERVER_DOWN), FALSE, IN (DETACHED), 0, WHY (NO_SERVER) },
        { ON (WANT), FALSE, IN (LOST), DISARM, WHY (NO_SERVER) },
        { ON (SERVER_UP), FALSE, IN (LOST), DISARM, WHY (NO_DEVICE) },
        { ON (DEVICES), TRUE, IN (CONNECTING), CREATE | ARM, WHY (NO_DEVICE) },
        { ON (SERVER_DOWN), FALSE, IN (LOST), DESTROY | DISARM, WHY (NO_SERVER) },
        { ON (UNWANT), FALSE, IN (DETACHED), DISARM, WHY (NO_SERVER) });
}

static void
test_playback (void)
{
  LiveAudioFsm fsm = make_playback ();

  PLAY (&fsm, SERVER_WITH_DEVICE, { ON (WANT), FALSE, IN (CONNECTING), CREATE | ARM, WHY (NONE) },
        { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (UNWANT), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (WANT), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (UNWANT), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (TIMER), TRUE, IN (IDLE), DEACTIVATE, WHY (NONE) },
        { ON (FLOWING), FALSE, IN (IDLE), 0, WHY (NONE) },
        { ON (WANT), FALSE, IN (CONNECTING), ACTIVATE | ARM, WHY (NONE) },
        { ON (UNWANT), FALSE, IN (CONNECTING), 0, WHY (NONE) },
        { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) });
  g_assert_cmpuint (fsm.timer_ms, ==, 7000);
}

static void
test_playback_stall (void)
{
  LiveAudioFsm fsm = make_playback ();

  PLAY (&fsm, SERVER_WITH_DEVICE, { ON (WANT), FALSE, IN (CONNECTING), CREATE | ARM, WHY (NONE) },
        { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        /* The only sink goes; the stream is kept and comes back with the next one. */
        { ON (DEVICES), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (TIMER), FALSE, IN (LOST), ARM, WHY (NO_DEVICE) },
        { ON (DEVICES), TRUE, IN (LOST), ARM, WHY (NO_DEVICE) },
        { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (TIMER), FALSE, IN (LOST), ARM, WHY (STALLED) },
        { ON (TIMER), FALSE, IN (CONNECTING), DESTROY | CREATE | ARM, WHY (STALLED) });
}

static void
test_backoff (void)
{
  LiveAudioFsm fsm = make_playback ();
  const guint expected_ms[] = { 500, 1000, 2000, 4000, 5000, 5000 };

  PLAY (&fsm, SERVER_WITH_DEVICE, { ON (WANT), FALSE, IN (CONNECTING), CREATE | ARM, WHY (NONE) });
  for (guint i = 0; i < G_N_ELEMENTS (expected_ms); i++)
    {
      PLAY (&fsm, { ON (STREAM_FAILED), FALSE, IN (LOST), DESTROY | ARM, WHY (FAILED) });
      g_assert_cmpuint (fsm.timer_ms, ==, expected_ms[i]);
      PLAY (&fsm, { ON (TIMER), FALSE, IN (CONNECTING), CREATE | ARM, WHY (FAILED) });
    }
  PLAY (&fsm, { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (STREAM_FAILED), FALSE, IN (LOST), DESTROY | ARM, WHY (FAILED) });
  g_assert_cmpuint (fsm.timer_ms, ==, 500);
}

static void
test_device_chosen (void)
{
  LiveAudioFsm fsm = make_playback ();

  PLAY (&fsm, SERVER_WITH_DEVICE, { ON (DEVICE_CHOSEN), FALSE, IN (DETACHED), 0, WHY (NONE) },
        { ON (WANT), FALSE, IN (CONNECTING), CREATE | ARM, WHY (NONE) },
        { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (DEVICE_CHOSEN), FALSE, IN (CONNECTING), DESTROY | CREATE | ARM, WHY (NONE) },
        { ON (FLOWING), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (UNWANT), FALSE, IN (RUNNING), ARM, WHY (NONE) },
        { ON (TIMER), TRUE, IN (IDLE), DEACTIVATE, WHY (NONE) },
        { ON (DEVICE_CHOSEN), FALSE, IN (DETACHED), DESTROY | DISARM, WHY (NONE) });
}

/* What the executor would have in its hands. */
typedef struct
{
  LiveAudioFsm fsm;
  gboolean has_stream;
  gboolean is_awake;
  gboolean is_armed;
} World;

static void
carry_out (World *world, guint actions)
{
  g_assert_false ((actions & ARM) != 0 && (actions & DISARM) != 0);
  if ((actions & DESTROY) != 0)
    {
      g_assert_true (world->has_stream);
      world->has_stream = FALSE;
    }
  if ((actions & PIN) != 0)
    g_assert_true ((actions & CREATE) != 0);
  if ((actions & CREATE) != 0)
    {
      g_assert_false (world->has_stream);
      world->has_stream = world->is_awake = TRUE;
    }
  if ((actions & ACTIVATE) != 0)
    {
      g_assert_true (world->has_stream);
      g_assert_false (world->is_awake);
      world->is_awake = TRUE;
    }
  if ((actions & DEACTIVATE) != 0)
    {
      g_assert_true (world->has_stream);
      g_assert_true (world->is_awake);
      world->is_awake = FALSE;
    }
  if ((actions & ARM) != 0)
    world->is_armed = TRUE;
  if ((actions & DISARM) != 0)
    world->is_armed = FALSE;
}

static void
assert_invariants (const World *world)
{
  const LiveAudioFsm *fsm = &world->fsm;

  g_assert_cmpint (fsm->has_stream, ==, world->has_stream);
  /* Privacy: nobody listens, no capture stream. */
  if (!fsm->is_wanted && !fsm->is_kept)
    g_assert_false (world->has_stream);
  if (!fsm->is_server_up)
    g_assert_false (world->has_stream);
  /* Who is wanted is on the way, there, or lost for a reason. */
  if (fsm->is_wanted)
    g_assert_true (fsm->state == IN (CONNECTING) || fsm->state == IN (RUNNING) ||
                   fsm->state == IN (LOST));

  switch (fsm->state)
    {
    case LIVE_AUDIO_FSM_DETACHED:
      g_assert_false (world->has_stream);
      g_assert_false (world->is_armed);
      break;
    case LIVE_AUDIO_FSM_CONNECTING:
      g_assert_true (world->has_stream && world->is_awake && world->is_armed);
      break;
    case LIVE_AUDIO_FSM_IDLE:
      g_assert_true (fsm->is_kept && !fsm->is_wanted && world->has_stream && !world->is_awake);
      g_assert_false (world->is_armed);
      break;
    case LIVE_AUDIO_FSM_RUNNING:
      g_assert_true (world->has_stream && world->is_awake && world->is_armed);
      g_assert_true (fsm->is_flowing);
      break;
    case LIVE_AUDIO_FSM_LOST:
      g_assert_true (fsm->is_wanted);
      g_assert_cmpint (fsm->reason, !=, WHY (NONE));
      /* Without a timer only where an event is sure to come. */
      if (!world->is_armed)
        g_assert_true (fsm->reason == WHY (NO_SERVER) || fsm->reason == WHY (NO_DEVICE) ||
                       fsm->reason == WHY (MONITOR));
      break;
    case LIVE_AUDIO_FSM_N_STATES:
      g_assert_not_reached ();
    }
}

static gboolean
is_possible (const World *world, LiveAudioEvent event, gboolean flag)
{
  switch (event)
    {
    case LIVE_AUDIO_EVENT_TIMER:
      return world->is_armed;
    case LIVE_AUDIO_EVENT_FLOWING:
      return !world->has_stream || world->is_awake || world->fsm.state == IN (IDLE);
    case LIVE_AUDIO_EVENT_DEVICES:
      return world->fsm.is_server_up || !flag;
    case LIVE_AUDIO_EVENT_WANT:
    case LIVE_AUDIO_EVENT_UNWANT:
    case LIVE_AUDIO_EVENT_SERVER_UP:
    case LIVE_AUDIO_EVENT_SERVER_DOWN:
    case LIVE_AUDIO_EVENT_DEVICE_CHOSEN:
    case LIVE_AUDIO_EVENT_PAUSED:
    case LIVE_AUDIO_EVENT_STREAM_FAILED:
    case LIVE_AUDIO_EVENT_PEER_GOOD:
    case LIVE_AUDIO_EVENT_PEER_REFUSED:
      return TRUE;
    case LIVE_AUDIO_EVENT_N:
      return FALSE;
    }
  return FALSE;
}

static void
visit (World *world, LiveAudioEvent event, gboolean flag)
{
  LiveAudioFsm before = world->fsm;

  if (event == LIVE_AUDIO_EVENT_TIMER)
    world->is_armed = FALSE;
  carry_out (world, live_audio_fsm_step (&world->fsm, event, flag));
  /* A number left over from the last ARM is not a state of the machine. */
  if (!world->is_armed)
    world->fsm.timer_ms = 0;
  assert_invariants (world);

  if (event == LIVE_AUDIO_EVENT_PAUSED)
    {
      before.timer_ms = world->fsm.timer_ms;
      g_assert_cmpmem (&before, sizeof before, &world->fsm, sizeof world->fsm);
    }
}

static void
walk (LiveAudioFsm first)
{
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  g_autoptr (GPtrArray) queue = g_ptr_array_new ();
  gboolean is_seen[LIVE_AUDIO_FSM_N_STATES] = { FALSE };
  World start;

  memset (&start, 0, sizeof start);
  start.fsm = first;
  g_ptr_array_add (queue, g_bytes_new (&start, sizeof start));
  g_hash_table_add (seen, g_ptr_array_index (queue, 0));

  for (guint i = 0; i < queue->len; i++)
    for (guint event = 0; event < LIVE_AUDIO_EVENT_N; event++)
      for (gboolean flag = FALSE; flag <= TRUE; flag++)
        {
          World world;
          g_autoptr (GBytes) bytes = NULL;

          memcpy (&world, g_bytes_get_data (g_ptr_array_index (queue, i), NULL), sizeof world);
          is_seen[world.fsm.state] = TRUE;
          if (!is_possible (&world, event, flag))
            continue;

          visit (&world, event, flag);
          bytes = g_bytes_new (&world, sizeof world);
          if (!g_hash_table_contains (seen, bytes))
            {
              g_ptr_array_add (queue, bytes);
              g_hash_table_add (seen, g_steal_pointer (&bytes));
            }
          g_assert_cmpuint (queue->len, <, 100000);
        }

  for (guint state = 0; state < LIVE_AUDIO_FSM_N_STATES; state++)
    g_assert_true (is_seen[state] || (state == LIVE_AUDIO_FSM_IDLE && !first.is_kept));
  g_test_message ("%u worlds", queue->len);
}

static void
test_walk_capture (void)
{
  walk (make_capture ());
}

static void
test_walk_playback (void)
{
  walk (make_playback ());
}

static void
test_names (void)
{
  g_assert_cmpstr (live_audio_fsm_state_to_string (LIVE_AUDIO_FSM_LOST), ==, "lost");
  g_assert_cmpstr (live_audio_fsm_state_to_string (LIVE_AUDIO_FSM_N_STATES), ==, "?");
  g_assert_cmpstr (live_audio_reason_to_string (LIVE_AUDIO_REASON_FAILED), ==, "failed");
  g_assert_cmpstr (live_audio_reason_to_string (LIVE_AUDIO_REASON_N), ==, "?");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audio-fsm/capture", test_capture);
  g_test_add_func ("/audio-fsm/capture-monitor", test_capture_monitor);
  g_test_add_func ("/audio-fsm/no-server", test_no_server);
  g_test_add_func ("/audio-fsm/playback", test_playback);
  g_test_add_func ("/audio-fsm/playback-stall", test_playback_stall);
  g_test_add_func ("/audio-fsm/backoff", test_backoff);
  g_test_add_func ("/audio-fsm/device-chosen", test_device_chosen);
  g_test_add_func ("/audio-fsm/walk-capture", test_walk_capture);
  g_test_add_func ("/audio-fsm/walk-playback", test_walk_playback);
  g_test_add_func ("/audio-fsm/names", test_names);
  return g_test_run ();
}
