/* Owns: the content of one conversation and its arithmetic.
 * Thread: main.
 * Called by: live-sim-memory.c, live-sim-session.c, live-sim-input.c, live-sim-turn.c, tests. */
#include "live-sim-conversation.h"

#include <string.h>

#include "live-sim-usage.h"

gboolean
live_sim_spoil_parse (const char *name, LiveSimSpoil *ret_spoil)
{
  static const char *const names[] = { "nothing", "poison", "mute", "context", "prefill", "sound" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i], name) == 0)
      {
        if (ret_spoil != NULL)
          *ret_spoil = (LiveSimSpoil) i;
        return TRUE;
      }
  return FALSE;
}

LiveSimConversation *
live_sim_conversation_new (guint id, const char *model, gpointer owner)
{
  LiveSimConversation *self = g_new0 (LiveSimConversation, 1);

  self->id = id;
  self->model = g_strdup (model);
  self->owner = owner;
  self->calls = live_sim_calls_new ();
  self->said = g_ptr_array_new_with_free_func ((GDestroyNotify) live_sim_line_free);
  self->turn_starts = g_array_new (FALSE, FALSE, sizeof (LiveSimMark));
  return self;
}

void
live_sim_conversation_free (LiveSimConversation *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->said);
  g_array_unref (self->turn_starts);
  live_sim_calls_free (self->calls);
  g_free (self->model);
  g_free (self);
}

void
live_sim_conversation_add (LiveSimConversation *self, gboolean is_user, const char *text)
{
  g_ptr_array_add (self->said, live_sim_line_new (is_user, text));
}

void
live_sim_conversation_prefill (LiveSimConversation *self, gboolean is_user, const char *text)
{
  if (self->n_prefilled == self->n_dropped + self->said->len)
    self->n_prefilled++;
  self->text_tokens += live_sim_usage_text_tokens (text);
  live_sim_conversation_add (self, is_user, text);
}

void
live_sim_conversation_note_turn_start (LiveSimConversation *self)
{
  LiveSimMark mark;

  live_sim_conversation_mark (self, &mark);
  g_array_append_val (self->turn_starts, mark);
}

void
live_sim_conversation_mark (const LiveSimConversation *self, LiveSimMark *ret_mark)
{
  ret_mark->n_lines = self->n_dropped + self->said->len;
  ret_mark->n_turns = self->n_turns;
  ret_mark->n_calls = live_sim_calls_get_last (self->calls);
  ret_mark->tokens.text = self->dropped.text + self->text_tokens;
  ret_mark->tokens.audio = self->dropped.audio + self->audio_tokens;
  ret_mark->tokens.image = self->dropped.image + self->image_tokens;
}

static guint64
subtract (guint64 from, guint64 what)
{
  return from > what ? from - what : 0;
}

/* The first lines, and whatever was said up to them, are gone. */
static void
drop_until (LiveSimConversation *self, const LiveSimMark *mark)
{
  guint n_lines = MIN ((guint) subtract (mark->n_lines, self->n_dropped), self->said->len);
  LiveSimTokens gone = {
    MIN (subtract (mark->tokens.text, self->dropped.text), self->text_tokens),
    MIN (subtract (mark->tokens.audio, self->dropped.audio), self->audio_tokens),
    MIN (subtract (mark->tokens.image, self->dropped.image), self->image_tokens)
  };

  if (n_lines > 0)
    g_ptr_array_remove_range (self->said, 0, n_lines);
  self->n_dropped += n_lines;
  self->text_tokens -= gone.text;
  self->audio_tokens -= gone.audio;
  self->image_tokens -= gone.image;
  self->dropped.text += gone.text;
  self->dropped.audio += gone.audio;
  self->dropped.image += gone.image;
}

void
live_sim_conversation_rewind (LiveSimConversation *self, const LiveSimMark *mark)
{
  guint n_lines = (guint) subtract (mark->n_lines, self->n_dropped);

  g_ptr_array_set_size (self->said, (gint) MIN (n_lines, self->said->len));
  live_sim_calls_truncate (self->calls, mark->n_calls);
  self->n_turns = mark->n_turns;
  self->text_tokens = subtract (mark->tokens.text, self->dropped.text);
  self->audio_tokens = subtract (mark->tokens.audio, self->dropped.audio);
  self->image_tokens = subtract (mark->tokens.image, self->dropped.image);
  while (self->turn_starts->len > 0 &&
         g_array_index (self->turn_starts, LiveSimMark, self->turn_starts->len - 1).n_lines >
             mark->n_lines)
    g_array_set_size (self->turn_starts, self->turn_starts->len - 1);
}

static void
drop_prefill (LiveSimConversation *self)
{
  LiveSimMark mark = { .n_lines = self->n_prefilled, .tokens = self->dropped };

  for (guint i = self->n_dropped; i < self->n_prefilled && i - self->n_dropped < self->said->len;
       i++)
    mark.tokens.text +=
        live_sim_usage_text_tokens (((LiveSimLine *) self->said->pdata[i - self->n_dropped])->text);
  drop_until (self, &mark);
}

void
live_sim_conversation_spoil (LiveSimConversation *self, LiveSimSpoil spoil)
{
  LiveSimMark mark;

  live_sim_conversation_mark (self, &mark);
  switch (spoil)
    {
    case LIVE_SIM_SPOIL_NOTHING:
      break;
    case LIVE_SIM_SPOIL_POISON:
      self->is_poisoned = TRUE;
      break;
    case LIVE_SIM_SPOIL_MUTE:
      self->is_mute = TRUE;
      break;
    case LIVE_SIM_SPOIL_CONTEXT:
      drop_until (self, &mark);
      break;
    case LIVE_SIM_SPOIL_PREFILL:
      drop_prefill (self);
      break;
    case LIVE_SIM_SPOIL_SOUND:
      self->dropped.audio += self->audio_tokens - self->audio_tokens / 8;
      self->audio_tokens /= 8;
      break;
    }
}

guint64
live_sim_conversation_count_tokens (const LiveSimConversation *self)
{
  return self->instruction_tokens + self->text_tokens + self->audio_tokens + self->image_tokens;
}

LiveSimRoom
live_sim_conversation_make_room (LiveSimConversation *self, const LiveSimWindow *window)
{
  GArray *starts = self->turn_starts;
  guint n = 0;

  if (window->trigger == 0 || live_sim_conversation_count_tokens (self) < window->trigger)
    return live_sim_conversation_count_tokens (self) < window->capacity ? LIVE_SIM_ROOM_THERE
                                                                        : LIVE_SIM_ROOM_NONE;

  /* The turn that is about to be answered stays, whatever it costs. */
  while (n + 1 < starts->len && live_sim_conversation_count_tokens (self) > window->target)
    drop_until (self, &g_array_index (starts, LiveSimMark, ++n));
  if (n > 0)
    g_array_remove_range (starts, 0, n);
  if (live_sim_conversation_count_tokens (self) >= window->capacity)
    return LIVE_SIM_ROOM_NONE;
  return n > 0 ? LIVE_SIM_ROOM_MADE : LIVE_SIM_ROOM_THERE;
}
