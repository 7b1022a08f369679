/* Owns: the proof of the rooms that need no socket: conversations and their handles, the counting
 * signal, the dice of the chaos.
 * Thread: main.
 * Called by: meson test, suite simulator. */
#include <string.h>

#include "live-sim-chaos.h"
#include "live-sim-ledger.h"
#include "live-sim-memory.h"

static int first_owner, second_owner;

static LiveSimConversation *
resume (LiveSimMemory *memory, const char *handle)
{
  LiveSimConversation *conversation = NULL;

  g_assert_cmpint (live_sim_memory_resume (memory, handle, "m", &second_owner, &conversation), ==,
                   LIVE_SIM_HANDLE_GOOD);
  return conversation;
}

/* A turn of so many tokens of each kind. */
static void
talk (LiveSimConversation *conversation, const char *words, guint64 n_audio)
{
  live_sim_conversation_note_turn_start (conversation);
  conversation->audio_tokens += n_audio;
  live_sim_conversation_add (conversation, TRUE, words);
  live_sim_conversation_add (conversation, FALSE, "yes");
  conversation->n_turns++;
}

static const char *
get_line (LiveSimConversation *conversation, guint i)
{
  return ((LiveSimLine *) g_ptr_array_index (conversation->said, i))->text;
}

static void
test_snapshot (void)
{
  g_autoptr (LiveSimMemory) memory = live_sim_memory_new (0);
  LiveSimConversation *conversation = live_sim_memory_start (memory, "m", &first_owner);
  g_autofree char *handle = NULL;

  talk (conversation, "one", 100);
  handle = g_strdup (live_sim_memory_issue (memory, conversation));
  talk (conversation, "two", 50);
  live_sim_memory_release (memory, conversation);
  conversation = resume (memory, handle);
  g_assert_cmpuint (conversation->said->len, ==, 2);
  g_assert_cmpuint (conversation->n_turns, ==, 1);
  g_assert_cmpuint (live_sim_conversation_count_tokens (conversation), ==, 100);
}

/* The life of a handle begins again when its conversation's connection ends. */
static void
test_expiry (void)
{
  g_autoptr (LiveSimMemory) memory = live_sim_memory_new (50);
  LiveSimConversation *conversation = live_sim_memory_start (memory, "m", &first_owner);
  g_autofree char *handle = g_strdup (live_sim_memory_issue (memory, conversation));
  LiveSimConversation *resumed = NULL;

  g_usleep (60 * 1000);
  live_sim_memory_release (memory, conversation);
  conversation = resume (memory, handle);
  g_free (handle);
  handle = g_strdup (live_sim_memory_issue (memory, conversation));
  live_sim_memory_release (memory, conversation);
  g_usleep (60 * 1000);
  g_assert_cmpint (live_sim_memory_resume (memory, handle, "m", &first_owner, &resumed), ==,
                   LIVE_SIM_HANDLE_UNKNOWN);
}

static void
test_spoils (void)
{
  static const struct
  {
    const char *name;
    guint64 n_tokens;
    guint n_lines;
    gboolean is_poisoned, is_mute;
  } rows[] = {
    { "nothing", 802, 4, FALSE, FALSE }, { "poison", 802, 4, TRUE, FALSE },
    { "mute", 802, 4, FALSE, TRUE },     { "context", 0, 0, FALSE, FALSE },
    { "prefill", 800, 2, FALSE, FALSE }, { "sound", 102, 4, FALSE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (LiveSimMemory) memory = live_sim_memory_new (0);
      LiveSimConversation *conversation = live_sim_memory_start (memory, "m", &first_owner);
      g_autofree char *handle = NULL;
      LiveSimSpoil spoil;

      g_assert_true (live_sim_spoil_parse (rows[i].name, &spoil));
      live_sim_conversation_prefill (conversation, TRUE, "once");
      live_sim_conversation_prefill (conversation, FALSE, "more");
      talk (conversation, "words", 800);
      handle = g_strdup (live_sim_memory_issue (memory, conversation));
      live_sim_memory_release (memory, conversation);

      live_sim_memory_spoil_next (memory, spoil, 1);
      conversation = resume (memory, handle);
      g_assert_cmpuint (live_sim_conversation_count_tokens (conversation), ==, rows[i].n_tokens);
      g_assert_cmpuint (conversation->said->len, ==, rows[i].n_lines);
      g_assert_cmpint (conversation->is_poisoned, ==, rows[i].is_poisoned);
      g_assert_cmpint (conversation->is_mute, ==, rows[i].is_mute);
      g_assert_cmpuint (live_sim_memory_count_spoilt (memory), ==, i > 0);

      /* What is gone stays gone, what is poisoned stays so, and the next is not hurt again. */
      live_sim_memory_release (memory, conversation);
      conversation = resume (memory, handle);
      g_assert_cmpuint (live_sim_conversation_count_tokens (conversation), ==, rows[i].n_tokens);
      g_assert_cmpint (conversation->is_poisoned, ==, rows[i].is_poisoned);
      g_assert_cmpuint (live_sim_memory_count_spoilt (memory), ==, i > 0);
    }
  g_assert_false (live_sim_spoil_parse ("luck", NULL));
}

static void
test_compression (void)
{
  g_autoptr (LiveSimMemory) memory = live_sim_memory_new (0);
  LiveSimConversation *conversation = live_sim_memory_start (memory, "m", &first_owner);
  const LiveSimWindow window = { .capacity = 1000, .trigger = 800, .target = 400 };
  const LiveSimWindow without = { .capacity = 1000 };
  g_autofree char *early = NULL;

  conversation->instruction_tokens = 100;
  for (guint i = 0; i < 7; i++)
    {
      g_autofree char *words = g_strdup_printf ("turn %u", i);

      g_assert_cmpint (live_sim_conversation_make_room (conversation, &window), ==,
                       LIVE_SIM_ROOM_THERE);
      talk (conversation, words, 100);
      if (i == 1)
        early = g_strdup (live_sim_memory_issue (memory, conversation));
    }
  g_assert_cmpuint (live_sim_conversation_count_tokens (conversation), ==, 800);
  g_assert_cmpint (live_sim_conversation_make_room (conversation, &without), ==,
                   LIVE_SIM_ROOM_THERE);
  g_assert_cmpint (live_sim_conversation_make_room (conversation, &window), ==, LIVE_SIM_ROOM_MADE);
  g_assert_cmpuint (live_sim_conversation_count_tokens (conversation), ==, 400);
  g_assert_cmpuint (conversation->said->len, ==, 6);
  g_assert_cmpstr (get_line (conversation, 0), ==, "turn 4");

  /* A handle from before: what it led to was dropped. */
  live_sim_memory_release (memory, conversation);
  conversation = resume (memory, early);
  g_assert_cmpuint (conversation->said->len, ==, 0);
  g_assert_cmpuint (live_sim_conversation_count_tokens (conversation), ==, 100);

  /* One turn can be too much for any window. */
  talk (conversation, "a long one", 950);
  g_assert_cmpint (live_sim_conversation_make_room (conversation, &window), ==, LIVE_SIM_ROOM_NONE);
  g_assert_cmpint (live_sim_conversation_make_room (conversation, &without), ==,
                   LIVE_SIM_ROOM_NONE);
}

static void
test_ledger (void)
{
  static gint16 frames[16000];
  LiveSimLedger ledger = { 0 };
  const guint64 start = 123456789;

  /* Speech and silence take turns; the book does not mind. */
  for (guint i = 0; i < 50; i++)
    live_sim_ledger_encode (frames + i * 320, 320, start + i * 320, i % 3 == 0);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames, 8000), ==, 0);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames + 8000, 8000), ==, 0);
  g_assert_cmpuint (ledger.n_frames, ==, 16000);

  /* One sample lost, one repeated, a piece lost, a piece repeated, a foreign one. */
  live_sim_ledger_encode (frames, 4000, start + 16000, FALSE);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames, 100), ==, 0);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames + 101, 100), ==, 1);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames + 200, 100), ==, 1);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames + 620, 320), ==, 1);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames + 620, 320), ==, 1);
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames + 940, 60), ==, 0);
  frames[1000] = 6000;
  g_assert_cmpuint (live_sim_ledger_check (&ledger, frames + 1000, 320), ==, 1);
  g_assert_cmpuint (ledger.n_foreign, ==, 1);
  g_assert_cmpuint (ledger.n_breaks, ==, 5);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* All that a seed does in so many connections, as text. */
static char *
play (const char *text, gboolean is_backwards)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LiveSimChaos) chaos = live_sim_chaos_new (text, &error);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  g_assert_no_error (error);
  for (guint i = 0; i < 100; i++)
    for (guint trigger = 0; trigger < LIVE_SIM_N_TRIGGERS; trigger++)
      {
        guint connection = is_backwards ? 100 - i : i + 1;
        gboolean is_instead;
        g_autoptr (GPtrArray) actions =
            live_sim_chaos_pick (chaos, connection, trigger, 1 + connection % 5, &is_instead);

        if (actions == NULL)
          continue;
        for (guint k = 0; k < actions->len; k++)
          {
            LiveSimAction *action = actions->pdata[k];
            g_autoptr (JsonNode) node = live_sim_json_node (json_object_ref (action->object));

            g_autofree char *text_of = live_sim_json_print_line (node);

            g_ptr_array_add (
                lines, g_strdup_printf ("%u %u %d %s", connection, trigger, is_instead, text_of));
          }
      }
  g_assert_cmpuint (live_sim_chaos_count (chaos), <=, lines->len);
  g_ptr_array_sort (lines, compare_strings);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

static void
test_chaos (void)
{
  g_autofree char *one = play ("7:0.5", FALSE);
  g_autofree char *again = play ("7:0.5", TRUE);
  g_autofree char *other = play ("8:0.5", FALSE);
  g_autofree char *all = play ("7:1", FALSE);
  g_autofree char *none = play ("7:0", FALSE);
  static const char *const bad[] = {
    "", "x", "1:", "1:2", "1:-1", "1:x", "-1", "4294967296", "1 "
  };

  g_assert_cmpstr (one, ==, again);
  g_assert_cmpstr (one, !=, other);
  g_assert_cmpstr (none, ==, "");
  g_assert_cmpuint (strlen (all), >, strlen (one));
  /* Every kind of fault is among them, and every one of them could be read. */
  g_assert_nonnull (strstr (all, "\"http\":429"));
  g_assert_nonnull (strstr (all, "\"abort\":true"));
  g_assert_nonnull (strstr (all, "\"close\":1011"));
  g_assert_nonnull (strstr (all, "\"go_away\""));
  g_assert_nonnull (strstr (all, "\"strip\":\"turnComplete\""));
  g_assert_nonnull (strstr (all, "\"repeat_call\""));
  g_assert_nonnull (strstr (all, "\"send_raw\""));
  g_assert_nonnull (strstr (all, "\"stall_reads_ms\""));

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (live_sim_chaos_new (bad[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim-memory/snapshot", test_snapshot);
  g_test_add_func ("/sim-memory/expiry", test_expiry);
  g_test_add_func ("/sim-memory/spoils", test_spoils);
  g_test_add_func ("/sim-memory/compression", test_compression);
  g_test_add_func ("/sim-memory/ledger", test_ledger);
  g_test_add_func ("/sim-memory/chaos", test_chaos);
  return g_test_run ();
}
