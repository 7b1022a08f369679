/* Owns: the table test of the turn machine.
 * Thread: the test's.
 * Called by: meson test, suite unit. */
#include <string.h>

#include "machine/live-turn-fsm.h"

#define EV(name) LIVE_TURN_EV_##name
#define MAX_STEPS 16

/* A script: events, each with the state after it and the actions that must be among its own. */
typedef struct
{
  LiveTurnEventKind event;
  LiveTurnState state;
  guint actions;  /* all of these */
  guint excluded; /* none of these */
} Step;

typedef struct
{
  const char *name;
  gboolean has_status;
  Step steps[MAX_STEPS];
} Script;

#define CLOSE LIVE_TURN_DO_CLOSE
#define OPEN LIVE_TURN_DO_OPEN
#define NEXT LIVE_TURN_DO_NEXT
#define ACCEPT LIVE_TURN_DO_ACCEPT
#define DISCARD LIVE_TURN_DO_DISCARD
#define CUT_IN LIVE_TURN_DO_NOTIFY_INTERRUPTED
#define ANSWERED LIVE_TURN_DO_ANSWERED
#define LATER LIVE_TURN_DO_KEEP_FOR_NEXT
#define END                                                                                        \
  {                                                                                                \
    LIVE_TURN_N_EVENTS, 0, 0, 0                                                                    \
  }

/* clang-format off */
static const Script scripts[] = {
  { "typed", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT | LIVE_TURN_DO_ARM_WATCHDOG, OPEN },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, OPEN },
    { EV (GENERATION_COMPLETE), LIVE_TURN_SPEAKING, ANSWERED, CLOSE },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, LIVE_TURN_DO_EXPECT_PLAYED, ANSWERED | CLOSE },
    { EV (PLAYED_OUT), LIVE_TURN_QUIET, CLOSE, DISCARD }, END } },
  { "spoken", FALSE, {
    { EV (MIC_ON), LIVE_TURN_LISTENING, 0, OPEN },
    { EV (SPEECH_START), LIVE_TURN_HEARING, OPEN, 0 },
    { EV (SPEECH_END), LIVE_TURN_PENDING, 0, OPEN },
    { EV (INPUT_TEXT), LIVE_TURN_PENDING, ACCEPT, OPEN },
    { EV (TEXT), LIVE_TURN_SPEAKING, ACCEPT, OPEN },
    { EV (INPUT_TEXT), LIVE_TURN_SPEAKING, ACCEPT, OPEN | LATER },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, ANSWERED, CLOSE },
    { EV (PLAYED_OUT), LIVE_TURN_LISTENING, CLOSE, OPEN }, END } },
  { "spoken without any sign but the answer", FALSE, {
    { EV (MIC_ON), LIVE_TURN_LISTENING, 0, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, OPEN | ACCEPT, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, 0 },
    { EV (PLAYED_OUT), LIVE_TURN_LISTENING, CLOSE, 0 },
    { EV (INPUT_TEXT), LIVE_TURN_LISTENING, LIVE_TURN_DO_LATE, OPEN }, END } },
  { "barge-in", FALSE, {
    { EV (MIC_ON), LIVE_TURN_LISTENING, 0, 0 },
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (INTERRUPTED), LIVE_TURN_CUT, DISCARD | CUT_IN, CLOSE },
    { EV (AUDIO), LIVE_TURN_CUT, LIVE_TURN_DO_DROP, ACCEPT },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, LIVE_TURN_DO_EXPECT_PLAYED, CLOSE | ANSWERED },
    { EV (PLAYED_OUT), LIVE_TURN_LISTENING, CLOSE, OPEN },
    { EV (INPUT_TEXT), LIVE_TURN_PENDING, OPEN | ACCEPT, LIVE_TURN_DO_LATE },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, OPEN }, END } },
  { "the words of the barge-in come first", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (INPUT_TEXT), LIVE_TURN_SPEAKING, LATER, ACCEPT },
    { EV (INTERRUPTED), LIVE_TURN_CUT, DISCARD | CUT_IN, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, CLOSE },
    { EV (PLAYED_OUT), LIVE_TURN_PENDING, CLOSE | OPEN, 0 }, END } },
  { "interrupted after turnComplete", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, 0 },
    { EV (TEXT_SENT), LIVE_TURN_TAIL, 0, NEXT },
    { EV (INTERRUPTED), LIVE_TURN_PENDING, DISCARD | CUT_IN | CLOSE | NEXT, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, 0, CLOSE },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 }, END } },
  { "spurious pair at the beginning of a turn", FALSE, {
    { EV (SPEECH_START), LIVE_TURN_HEARING, OPEN, 0 },
    { EV (INTERRUPTED), LIVE_TURN_HEARING, DISCARD, CUT_IN | CLOSE },
    { EV (TURN_COMPLETE), LIVE_TURN_HEARING, 0, CLOSE },
    { EV (SPEECH_END), LIVE_TURN_PENDING, 0, 0 }, END } },
  { "interrupted without a running answer", FALSE, {
    { EV (INTERRUPTED), LIVE_TURN_QUIET, DISCARD, CUT_IN | CLOSE },
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, 0, CLOSE },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 }, END } },
  { "a second text before the first answer", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (TEXT_SENT), LIVE_TURN_PENDING, 0, NEXT },
    { EV (INTERRUPTED), LIVE_TURN_CUT, CUT_IN, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, CLOSE },
    { EV (AUDIO), LIVE_TURN_SPEAKING, LIVE_TURN_DO_LET_GO | NEXT | ACCEPT, 0 }, END } },
  { "turnComplete is missing", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (GENERATION_COMPLETE), LIVE_TURN_SPEAKING, LIVE_TURN_DO_EXPECT_PLAYED, 0 },
    { EV (PLAYED_OUT), LIVE_TURN_SPEAKING, LIVE_TURN_DO_ARM_WATCHDOG, CLOSE },
    { EV (WATCHDOG), LIVE_TURN_QUIET, CLOSE | DISCARD, 0 }, END } },
  { "both ends are missing", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (WATCHDOG), LIVE_TURN_SPEAKING, LIVE_TURN_DO_EXPECT_PLAYED, CLOSE },
    { EV (PLAYED_OUT), LIVE_TURN_SPEAKING, LIVE_TURN_DO_ARM_WATCHDOG, CLOSE },
    { EV (WATCHDOG), LIVE_TURN_QUIET, CLOSE | DISCARD, 0 }, END } },
  { "audio after generationComplete", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (GENERATION_COMPLETE), LIVE_TURN_SPEAKING, 0, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 }, END } },
  { "the next answer overtakes the last one's sound", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, 0 },
    { EV (TEXT_SENT), LIVE_TURN_TAIL, 0, NEXT },
    { EV (AUDIO), LIVE_TURN_SPEAKING, LIVE_TURN_DO_LET_GO | NEXT | ACCEPT, CLOSE | OPEN },
    END } },
  { "a tool is called and answered within the turn", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (TOOL_CALL), LIVE_TURN_SPEAKING, LIVE_TURN_DO_ARM_WATCHDOG, CLOSE },
    { EV (TOOL_DONE), LIVE_TURN_SPEAKING, 0, 0 },
    { EV (GENERATION_COMPLETE), LIVE_TURN_SPEAKING, 0, ANSWERED },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, 0, CLOSE | ANSWERED },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, OPEN },
    { EV (GENERATION_COMPLETE), LIVE_TURN_SPEAKING, ANSWERED, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, 0 }, END } },
  { "a tool's silent result", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (TOOL_CALL), LIVE_TURN_PENDING, 0, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, 0, CLOSE },
    { EV (TOOL_CANCELLED), LIVE_TURN_TAIL, LIVE_TURN_DO_EXPECT_PLAYED, 0 }, END } },
  { "nothing follows a tool's result", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (TOOL_CALL), LIVE_TURN_PENDING, 0, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, 0, CLOSE },
    { EV (TOOL_DONE), LIVE_TURN_PENDING, LIVE_TURN_DO_ARM_WATCHDOG, 0 },
    { EV (WATCHDOG), LIVE_TURN_TAIL, ANSWERED, CLOSE }, END } },
  { "several utterances, one turn", TRUE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (GENERATION_COMPLETE), LIVE_TURN_SPEAKING, 0, ANSWERED },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, ANSWERED },
    { EV (IN_PROGRESS), LIVE_TURN_PENDING, LIVE_TURN_DO_ARM_WATCHDOG, CLOSE },
    { EV (PLAYED_OUT), LIVE_TURN_PENDING, 0, CLOSE },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, OPEN },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, 0, CLOSE },
    { EV (IDLE), LIVE_TURN_TAIL, ANSWERED | LIVE_TURN_DO_EXPECT_PLAYED, 0 },
    { EV (PLAYED_OUT), LIVE_TURN_QUIET, CLOSE, 0 }, END } },
  { "busy for ever", TRUE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (TEXT), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (IN_PROGRESS), LIVE_TURN_SPEAKING, 0, 0 },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, LIVE_TURN_DO_ARM_WATCHDOG, 0 },
    { EV (WATCHDOG), LIVE_TURN_TAIL, 0, 0 }, END } },
  { "the user's cut, then a new question", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (USER_CUT), LIVE_TURN_QUIET, DISCARD | CUT_IN | CLOSE | LIVE_TURN_DO_ARM_DROP, 0 },
    { EV (AUDIO), LIVE_TURN_QUIET, LIVE_TURN_DO_DROP, OPEN | ACCEPT },
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT | LIVE_TURN_DO_ARM_DROP, 0 },
    { EV (INTERRUPTED), LIVE_TURN_PENDING, DISCARD, CUT_IN },
    { EV (TURN_COMPLETE), LIVE_TURN_PENDING, LIVE_TURN_DO_DISARM_DROP, CLOSE },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, LIVE_TURN_DO_DROP }, END } },
  { "a cut whose turnComplete never comes", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (USER_CUT), LIVE_TURN_QUIET, CLOSE | LIVE_TURN_DO_ARM_DROP, 0 },
    { EV (DROP_TIMER), LIVE_TURN_QUIET, 0, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, OPEN | ACCEPT, LIVE_TURN_DO_DROP },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, 0 }, END } },
  { "lost in the middle", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (TEXT_SENT), LIVE_TURN_SPEAKING, 0, NEXT },
    { EV (LINK_LOST), LIVE_TURN_QUIET, DISCARD | LIVE_TURN_DO_CLOSE_WAITING | CLOSE, NEXT },
    END } },
  { "lost when all was here", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (GENERATION_COMPLETE), LIVE_TURN_SPEAKING, 0, 0 },
    { EV (LINK_LOST), LIVE_TURN_TAIL, 0, DISCARD | CLOSE }, END } },
  { "words spoken over a whole answer are the next turn's", FALSE, {
    { EV (MIC_ON), LIVE_TURN_LISTENING, 0, 0 },
    { EV (INPUT_TEXT), LIVE_TURN_PENDING, OPEN | ACCEPT, 0 },
    { EV (AUDIO), LIVE_TURN_SPEAKING, ACCEPT, 0 },
    { EV (SPEECH_START), LIVE_TURN_SPEAKING, 0, OPEN },
    { EV (INPUT_TEXT), LIVE_TURN_SPEAKING, LATER, ACCEPT },
    { EV (TURN_COMPLETE), LIVE_TURN_TAIL, 0, 0 },
    { EV (PLAYED_OUT), LIVE_TURN_PENDING, CLOSE | OPEN, 0 }, END } },
  { "nobody answers", FALSE, {
    { EV (TEXT_SENT), LIVE_TURN_PENDING, NEXT, 0 },
    { EV (WATCHDOG), LIVE_TURN_QUIET, CLOSE, DISCARD }, END } },
};
/* clang-format on */

static guint
step (LiveTurnFsm *fsm, LiveTurnEventKind kind, LiveTurnOut *out)
{
  LiveTurnEvent event = {
    .kind = kind, .now_us = G_USEC_PER_SEC, .origin = LIVE_TURN_BY_VOICE, .is_tellable = TRUE
  };

  return live_turn_fsm_step (fsm, &event, out);
}

static void
test_scripts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      LiveTurnFsm fsm = { .has_status = scripts[i].has_status };

      for (guint n = 0; scripts[i].steps[n].event != LIVE_TURN_N_EVENTS; n++)
        {
          const Step *expected = &scripts[i].steps[n];
          LiveTurnOut out = { 0 };
          guint actions = step (&fsm, expected->event, &out);

          if (fsm.state != expected->state || (actions & expected->actions) != expected->actions ||
              (actions & expected->excluded) != 0)
            g_error ("%s, step %u: state %s (expected %s), actions %x (with %x, without %x)",
                     scripts[i].name, n, live_turn_state_to_string (fsm.state),
                     live_turn_state_to_string (expected->state), actions, expected->actions,
                     expected->excluded);
        }
    }
}

static void
test_reasons (void)
{
  LiveTurnFsm fsm = { 0 };
  LiveTurnOut out = { 0 };

  step (&fsm, EV (TEXT_SENT), &out);
  step (&fsm, EV (LINK_LOST), &out);
  g_assert_cmpint (out.reason, ==, LIVE_TURN_FAILED);

  step (&fsm, EV (TEXT_SENT), &out);
  step (&fsm, EV (AUDIO), &out);
  step (&fsm, EV (USER_CUT), &out);
  g_assert_cmpint (out.reason, ==, LIVE_TURN_INTERRUPTED);
  step (&fsm, EV (TURN_COMPLETE), &out);

  step (&fsm, EV (TEXT_SENT), &out);
  step (&fsm, EV (AUDIO), &out);
  step (&fsm, EV (TURN_COMPLETE), &out);
  step (&fsm, EV (PLAYED_OUT), &out);
  g_assert_cmpint (out.reason, ==, LIVE_TURN_COMPLETE);

  step (&fsm, EV (AUDIO), &out);
  g_assert_cmpint (out.origin, ==, LIVE_TURN_BY_VOICE);
}

/* The bits of the machine's memory, spread over the flags. */
static LiveTurnFsm
make_fsm (LiveTurnState state, guint flags)
{
  LiveTurnFsm fsm = { .state = state };

  fsm.is_listening = state == LIVE_TURN_LISTENING || (flags & 1) != 0;
  if (state == LIVE_TURN_QUIET)
    fsm.is_listening = FALSE;
  fsm.has_status = (flags & 2) != 0;
  fsm.n_waiting = (flags & 4) != 0 && state > LIVE_TURN_LISTENING ? 2 : 0;
  fsm.n_tools = (flags & 8) != 0 ? 1 : 0;
  fsm.is_voice = (flags & 16) != 0;
  fsm.has_media = (flags & 32) != 0 || state == LIVE_TURN_SPEAKING;
  fsm.is_generated = (flags & 64) != 0;
  fsm.is_complete = (flags & 128) != 0;
  fsm.is_busy = (flags & 256) != 0;
  fsm.awaits_tool_answer = (flags & 512) != 0;
  fsm.is_drained = (flags & 1024) != 0;
  fsm.is_overlapped = (flags & 2048) != 0;
  fsm.has_next_speech = (flags & 4096) != 0 && state > LIVE_TURN_LISTENING;
  fsm.is_dropping = (flags & 8192) != 0;
  fsm.owes_complete = (flags & 16384) != 0;
  fsm.has_input = (flags & 32768) != 0;
  fsm.is_cut = state == LIVE_TURN_TAIL && fsm.is_drained;
  return fsm;
}

static void
check_invariants (const LiveTurnFsm *before,
                  const LiveTurnFsm *after,
                  LiveTurnEventKind kind,
                  guint actions,
                  const LiveTurnOut *out)
{
  gboolean had = live_turn_fsm_has_turn (before);
  gboolean has = live_turn_fsm_has_turn (after);
  gint opened = ((actions & LIVE_TURN_DO_OPEN) != 0) + ((actions & LIVE_TURN_DO_NEXT) != 0);
  gint closed = ((actions & LIVE_TURN_DO_CLOSE) != 0) + ((actions & LIVE_TURN_DO_LET_GO) != 0);
  gint consumed = (gint) before->n_waiting + (kind == EV (TEXT_SENT)) - (gint) after->n_waiting;

  g_assert_cmpint (after->state, <, LIVE_TURN_N_STATES);
  /* The books balance: turns begun and ended explain the state. */
  g_assert_cmpint (opened, <=, 1);
  g_assert_cmpint (closed, <=, 1);
  g_assert_cmpint ((gint) had + opened - closed, ==, (gint) has);

  /* Messages that wait are taken one by one, or all end together. */
  if ((actions & LIVE_TURN_DO_CLOSE_WAITING) != 0)
    g_assert_cmpuint (after->n_waiting, ==, 0);
  else
    g_assert_cmpint (consumed, ==, (actions & LIVE_TURN_DO_NEXT) != 0);

  /* SPEAKING is left early only in silence. */
  if (before->state == LIVE_TURN_SPEAKING && after->state != LIVE_TURN_SPEAKING &&
      after->state != LIVE_TURN_TAIL && after->state != LIVE_TURN_PENDING)
    g_assert_cmpuint (actions & LIVE_TURN_DO_DISCARD, !=, 0);
  if (before->state == LIVE_TURN_SPEAKING && closed > 0)
    g_assert_cmpuint (actions & LIVE_TURN_DO_DISCARD, !=, 0);

  /* Every wait that is entered has a timer, or the speaker's promise. */
  if (before->state != after->state || opened > 0)
    {
      if (after->state == LIVE_TURN_HEARING || after->state == LIVE_TURN_PENDING ||
          after->state == LIVE_TURN_SPEAKING || after->state == LIVE_TURN_CUT)
        {
          g_assert_cmpuint (actions & LIVE_TURN_DO_ARM_WATCHDOG, !=, 0);
          g_assert_cmpuint (out->watchdog_ms, >, 0);
        }
      else if (after->state == LIVE_TURN_TAIL)
        g_assert_cmpuint (actions & LIVE_TURN_DO_EXPECT_PLAYED, !=, 0);
      else if (had)
        g_assert_cmpuint (actions & LIVE_TURN_DO_DISARM_WATCHDOG, !=, 0);
    }
  g_assert_false ((actions & LIVE_TURN_DO_ARM_WATCHDOG) != 0 &&
                  (actions & LIVE_TURN_DO_DISARM_WATCHDOG) != 0);
  if (after->is_dropping && !before->is_dropping)
    g_assert_cmpuint (actions & LIVE_TURN_DO_ARM_DROP, !=, 0);

  /* Content has exactly one destination. */
  if (kind == EV (AUDIO) || kind == EV (TEXT) || kind == EV (THOUGHT) || kind == EV (INPUT_TEXT))
    g_assert_cmpint (((actions & LIVE_TURN_DO_ACCEPT) != 0) + ((actions & LIVE_TURN_DO_DROP) != 0) +
                         ((actions & LIVE_TURN_DO_KEEP_FOR_NEXT) != 0) +
                         ((actions & LIVE_TURN_DO_LATE) != 0),
                     ==, 1);
  /* What is cut is silent at once. */
  if (kind == EV (INTERRUPTED) && before->state != LIVE_TURN_CUT && !before->is_cut)
    g_assert_cmpuint (actions & LIVE_TURN_DO_DISCARD, !=, 0);
  if (kind == EV (LINK_LOST))
    {
      g_assert_false (after->is_dropping || after->owes_complete);
      g_assert_true (!has || after->state == LIVE_TURN_TAIL);
    }
  if (!has)
    g_assert_cmpint (after->state, ==, after->is_listening ? LIVE_TURN_LISTENING : LIVE_TURN_QUIET);
}

/* Pairs that change nothing and ask for nothing, on purpose, whatever the flags say. */
static const struct
{
  LiveTurnEventKind event;
  guint states; /* bits */
} ignored[] = {
#define S(name) (1u << LIVE_TURN_##name)
  { EV (MIC_ON), S (LISTENING) },
  { EV (MIC_OFF), S (QUIET) },
  { EV (SPEECH_END), S (QUIET) | S (LISTENING) | S (PENDING) | S (SPEAKING) | S (TAIL) | S (CUT) },
  { EV (TURN_COMPLETE), S (TAIL) },
  { EV (INTERRUPTED), S (CUT) },
  { EV (IN_PROGRESS), S (QUIET) | S (LISTENING) | S (CUT) },
  { EV (PLAYED_OUT), S (QUIET) | S (LISTENING) | S (HEARING) | S (PENDING) | S (CUT) },
  { EV (WATCHDOG), S (QUIET) | S (LISTENING) | S (TAIL) },
#undef S
};

static gboolean
is_ignored (LiveTurnState state, LiveTurnEventKind kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (ignored); i++)
    if (ignored[i].event == kind && (ignored[i].states & (1u << state)) != 0)
      return TRUE;

  return FALSE;
}

static void
test_every_pair (void)
{
  guint n_silent[LIVE_TURN_N_STATES][LIVE_TURN_N_EVENTS] = { 0 };

  for (guint state = 0; state < LIVE_TURN_N_STATES; state++)
    for (guint kind = 0; kind < LIVE_TURN_N_EVENTS; kind++)
      for (guint flags = 0; flags < (1u << 16); flags++)
        {
          LiveTurnFsm before = make_fsm (state, flags);
          LiveTurnFsm after = before;
          LiveTurnOut out = { 0 };
          guint actions = step (&after, kind, &out);

          check_invariants (&before, &after, kind, actions, &out);
          if (actions == 0 && memcmp (&before, &after, sizeof before) == 0)
            n_silent[state][kind]++;
          else if (is_ignored (state, kind) && !before.is_dropping)
            g_error ("%s ignores event %u no more: actions %x", live_turn_state_to_string (state),
                     kind, actions);
        }

  for (guint state = 0; state < LIVE_TURN_N_STATES; state++)
    for (guint kind = 0; kind < LIVE_TURN_N_EVENTS; kind++)
      if (n_silent[state][kind] == (1u << 16) && !is_ignored (state, kind))
        g_error ("%s ignores event %u, which the table does not know",
                 live_turn_state_to_string (state), kind);
}

/* Random walks end, once the server falls silent and the timers fire, in a state of rest. */
static void
test_always_comes_to_rest (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (20);

  for (guint walk = 0; walk < 20000; walk++)
    {
      LiveTurnFsm fsm = { .has_status = walk % 2 };
      LiveTurnOut out = { 0 };
      gboolean is_armed = FALSE, is_promised = FALSE;
      gint n_open = 0;

      for (guint i = 0; i < 60; i++)
        {
          LiveTurnEventKind kind = g_rand_int_range (random, 0, LIVE_TURN_N_EVENTS);
          guint actions;

          if (i >= 40 || (kind == EV (WATCHDOG) && !is_armed))
            kind = is_armed ? EV (WATCHDOG) : EV (PLAYED_OUT);
          if (kind == EV (WATCHDOG))
            is_armed = FALSE;
          if (kind == EV (PLAYED_OUT))
            {
              if (!is_promised)
                continue;
              is_promised = FALSE;
            }

          actions = step (&fsm, kind, &out);
          if ((actions & LIVE_TURN_DO_ARM_WATCHDOG) != 0)
            is_armed = TRUE;
          if ((actions & LIVE_TURN_DO_DISARM_WATCHDOG) != 0)
            is_armed = FALSE;
          if ((actions & LIVE_TURN_DO_EXPECT_PLAYED) != 0)
            is_promised = TRUE;
          n_open += (actions & (LIVE_TURN_DO_OPEN | LIVE_TURN_DO_NEXT)) != 0;
          n_open -= (actions & (LIVE_TURN_DO_CLOSE | LIVE_TURN_DO_LET_GO)) != 0;
          g_assert_cmpint (n_open, ==, live_turn_fsm_has_turn (&fsm));
          g_assert_true (is_armed || is_promised || !live_turn_fsm_has_turn (&fsm));
          if (i >= 40 && fsm.n_waiting > 0)
            i = 39;
        }
      g_assert_false (live_turn_fsm_has_turn (&fsm));
    }
}

static void
test_activity (void)
{
  LiveTurnFsm fsm = { 0 };
  LiveTurnOut out;

  g_assert_cmpstr (live_turn_fsm_activity (&fsm), ==, "idle");
  step (&fsm, EV (MIC_ON), &out);
  g_assert_cmpstr (live_turn_fsm_activity (&fsm), ==, "listening");
  step (&fsm, EV (TEXT_SENT), &out);
  g_assert_cmpstr (live_turn_fsm_activity (&fsm), ==, "thinking");
  step (&fsm, EV (TOOL_CALL), &out);
  g_assert_cmpstr (live_turn_fsm_activity (&fsm), ==, "tool");
  g_assert_false (live_turn_fsm_is_quiet (&fsm));
  step (&fsm, EV (TOOL_DONE), &out);
  step (&fsm, EV (AUDIO), &out);
  g_assert_cmpstr (live_turn_fsm_activity (&fsm), ==, "speaking");
  step (&fsm, EV (INTERRUPTED), &out);
  step (&fsm, EV (TURN_COMPLETE), &out);
  step (&fsm, EV (PLAYED_OUT), &out);
  g_assert_cmpstr (live_turn_fsm_activity (&fsm), ==, "listening");
  g_assert_true (live_turn_fsm_is_quiet (&fsm));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turn-fsm/scripts", test_scripts);
  g_test_add_func ("/turn-fsm/reasons", test_reasons);
  g_test_add_func ("/turn-fsm/every-pair", test_every_pair);
  g_test_add_func ("/turn-fsm/always-comes-to-rest", test_always_comes_to_rest);
  g_test_add_func ("/turn-fsm/activity", test_activity);
  return g_test_run ();
}
