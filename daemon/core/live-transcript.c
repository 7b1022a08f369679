/* Owns: the words of the conversation, as long as the daemon needs them.
 * Thread: main only.
 * Called by: core/live-engine*.c. */
#include "core/live-transcript.h"

#include <string.h>

typedef struct
{
  guint64 turn;
  GString *said[LIVE_SAID_N];
} Entry;

struct _LiveTranscript
{
  GQueue entries; /* of Entry, oldest first */
  gsize n_bytes;
};

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  for (guint by = 0; by < LIVE_SAID_N; by++)
    g_string_free (entry->said[by], TRUE);
  g_free (entry);
}

LiveTranscript *
live_transcript_new (void)
{
  LiveTranscript *self = g_new0 (LiveTranscript, 1);

  g_queue_init (&self->entries);
  return self;
}

void
live_transcript_free (LiveTranscript *self)
{
  if (self == NULL)
    return;

  live_transcript_clear (self);
  g_free (self);
}

void
live_transcript_clear (LiveTranscript *self)
{
  g_queue_clear_full (&self->entries, free_entry);
  self->n_bytes = 0;
}

/* Words come for the newest turns, so the search begins there. */
static Entry *
find_entry (LiveTranscript *self, guint64 turn)
{
  for (GList *link = self->entries.tail; link != NULL; link = link->prev)
    {
      Entry *entry = link->data;

      if (entry->turn == turn)
        return entry;
    }

  return NULL;
}

static Entry *
add_entry (LiveTranscript *self, guint64 turn)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->turn = turn;
  for (guint by = 0; by < LIVE_SAID_N; by++)
    entry->said[by] = g_string_new (NULL);
  g_queue_push_tail (&self->entries, entry);
  return entry;
}

/* The oldest is forgotten first; the one in hand stays whole. */
static void
trim_history (LiveTranscript *self)
{
  while (self->entries.length > 1 && (self->entries.length > LIVE_TRANSCRIPT_HISTORY_CAP_TURNS ||
                                      self->n_bytes > LIVE_TRANSCRIPT_HISTORY_CAP_BYTES))
    {
      Entry *oldest = g_queue_pop_head (&self->entries);

      for (guint by = 0; by < LIVE_SAID_N; by++)
        self->n_bytes -= oldest->said[by]->len;
      free_entry (oldest);
    }
}

gboolean
live_transcript_append (LiveTranscript *self, guint64 turn, LiveSaid by, const char *text)
{
  Entry *entry = find_entry (self, turn);
  gsize n_bytes = strlen (text);

  if (n_bytes == 0)
    return TRUE;

  if (entry == NULL)
    entry = add_entry (self, turn);
  if (entry->said[by]->len + n_bytes > LIVE_TRANSCRIPT_UTTERANCE_CAP_BYTES)
    return FALSE;

  g_string_append_len (entry->said[by], text, (gssize) n_bytes);
  self->n_bytes += n_bytes;
  trim_history (self);
  return TRUE;
}

void
live_transcript_forget (LiveTranscript *self, guint64 turn)
{
  Entry *entry = find_entry (self, turn);

  if (entry == NULL)
    return;

  for (guint by = 0; by < LIVE_SAID_N; by++)
    self->n_bytes -= entry->said[by]->len;
  g_queue_remove (&self->entries, entry);
  free_entry (entry);
}

char *
live_transcript_dup (LiveTranscript *self, guint64 turn, LiveSaid by)
{
  const Entry *entry = find_entry (self, turn);

  return entry != NULL ? g_strstrip (g_strdup (entry->said[by]->str)) : g_strdup ("");
}

guint
live_transcript_count (LiveTranscript *self, gsize *ret_bytes)
{
  if (ret_bytes != NULL)
    *ret_bytes = self->n_bytes;
  return self->entries.length;
}

LiveSeedTurn *
live_transcript_list (LiveTranscript *self, gsize *ret_n)
{
  LiveSeedTurn *turns = g_new0 (LiveSeedTurn, (gsize) self->entries.length * LIVE_SAID_N + 1);
  gsize n = 0;

  for (GList *link = self->entries.head; link != NULL; link = link->next)
    {
      const Entry *entry = link->data;

      for (guint by = 0; by < LIVE_SAID_N; by++)
        if (entry->said[by]->len > 0)
          turns[n++] =
              (LiveSeedTurn){ .is_model = by == LIVE_SAID_BY_MODEL, .text = entry->said[by]->str };
    }

  *ret_n = n;
  return turns;
}
