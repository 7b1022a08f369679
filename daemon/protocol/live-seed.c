/* Owns: nothing; how each model family takes its history back.
 * Thread: any.
 * Called by: core, once per fresh session that follows a lost one. */
#include "protocol/live-seed.h"

#include <json-glib/json-glib.h>
#include <string.h>

typedef struct
{
  gboolean is_model;
  GString *text;
} JoinedTurn;

static void
clear_joined (JoinedTurn *turn)
{
  g_string_free (turn->text, TRUE);
}

static gboolean
is_blank (const char *text)
{
  return text == NULL || text[strspn (text, " \t\r\n")] == '\0';
}

/* The index of the first turn of the newest run that fits. A single turn larger than the limit
 * is left out with everything before it: half a sentence misleads more than none. */
static gsize
find_start (const LiveSeedTurn *turns, gsize n_turns, gsize max_bytes)
{
  gsize start = n_turns;
  gsize used = 0;

  while (start > 0)
    {
      const char *text = turns[start - 1].text;
      gsize size = text != NULL ? strlen (text) : 0;

      if (size > max_bytes - used)
        break;
      used += size;
      start--;
    }

  while (start < n_turns && (turns[start].is_model || is_blank (turns[start].text)))
    start++;

  return start;
}

static GArray *
join_turns (const LiveSeedTurn *turns, gsize n_turns, gsize max_bytes)
{
  GArray *joined = g_array_new (FALSE, FALSE, sizeof (JoinedTurn));

  g_array_set_clear_func (joined, (GDestroyNotify) clear_joined);
  for (gsize i = find_start (turns, n_turns, max_bytes); i < n_turns; i++)
    {
      JoinedTurn *last =
          joined->len > 0 ? &g_array_index (joined, JoinedTurn, joined->len - 1) : NULL;

      if (is_blank (turns[i].text))
        continue;

      if (last != NULL && last->is_model == turns[i].is_model)
        {
          g_string_append_c (last->text, '\n');
          g_string_append (last->text, turns[i].text);
        }
      else
        {
          JoinedTurn turn = { turns[i].is_model, g_string_new (turns[i].text) };

          g_array_append_val (joined, turn);
        }
    }

  return joined;
}

static void
add_turn (JsonBuilder *builder, gboolean is_model, const char *text)
{
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "role");
  json_builder_add_string_value (builder, is_model ? "model" : "user");
  json_builder_set_member_name (builder, "parts");
  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "text");
  json_builder_add_string_value (builder, text);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* The whole history as one turn of the user, for families that take no turns of the model or
 * want the last turn to be the user's. Nobody hears it, so it is not translated. */
static char *
tell_history (GArray *turns)
{
  GString *told = g_string_new ("This is what we said before the connection was lost. "
                                "Don't answer it; go on from here.\n");

  for (guint i = 0; i < turns->len; i++)
    {
      const JoinedTurn *turn = &g_array_index (turns, JoinedTurn, i);

      g_string_append (told, turn->is_model ? "You: " : "Me: ");
      g_string_append (told, turn->text->str);
      g_string_append_c (told, '\n');
    }

  return g_string_free (told, FALSE);
}

GPtrArray *
live_seed_build (const LiveProfile *profile,
                 const LiveSeedTurn *turns,
                 gsize n_turns,
                 gsize max_bytes)
{
  g_autoptr (GArray) joined = join_turns (turns, n_turns, max_bytes);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  gboolean ends_with_model, is_told;
  GPtrArray *messages;

  if (joined->len == 0)
    return NULL;

  ends_with_model = g_array_index (joined, JoinedTurn, joined->len - 1).is_model;
  is_told =
      profile->seed_path == LIVE_SEED_SUMMARY || (profile->seed_needs_user_turn && ends_with_model);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "clientContent");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "turns");
  json_builder_begin_array (builder);
  if (is_told)
    {
      g_autofree char *told = tell_history (joined);

      add_turn (builder, FALSE, told);
    }
  else
    for (guint i = 0; i < joined->len; i++)
      {
        const JoinedTurn *turn = &g_array_index (joined, JoinedTurn, i);

        add_turn (builder, turn->is_model, turn->text->str);
      }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "turnComplete");
  /* With historyConfig the server reads history until it sees TRUE, and does not answer it;
   * without, TRUE would make the model speak. */
  json_builder_add_boolean_value (builder, profile->seed_path == LIVE_SEED_HISTORY_CONFIG);
  json_builder_end_object (builder);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  messages = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (messages, json_to_string (root, FALSE));
  return messages;
}
