/* Owns: the entries of all tool calls that run, and of the newest that ended.
 * Thread: any (a value).
 * Called by: core/live-tools*.c. */
#include "machine/live-tool-ledger.h"

#include <string.h>

#define MAX_ID_BYTES 128

static void
free_entry (gpointer data)
{
  LiveToolEntry *entry = data;

  g_free (entry->call);
  g_free (entry->server_id);
  g_free (entry->name);
  g_free (entry->owner);
  g_free (entry->digest);
  g_free (entry->follows);
  g_free (entry->answer);
  g_free (entry);
}

void
live_tool_ledger_init (LiveToolLedger *self)
{
  *self = (LiveToolLedger){ .entries = g_ptr_array_new_with_free_func (free_entry) };
}

void
live_tool_ledger_clear (LiveToolLedger *self)
{
  g_clear_pointer (&self->entries, g_ptr_array_unref);
}

static LiveToolEntry *
entry_at (LiveToolLedger *self, guint index)
{
  return g_ptr_array_index (self->entries, index);
}

LiveToolEntry *
live_tool_ledger_find (LiveToolLedger *self, const char *call)
{
  for (guint i = self->entries->len; i > 0; i--)
    if (strcmp (entry_at (self, i - 1)->call, call) == 0)
      return entry_at (self, i - 1);

  return NULL;
}

LiveToolEntry *
live_tool_ledger_find_server_id (LiveToolLedger *self, const char *server_id)
{
  for (guint i = self->entries->len; i > 0; i--)
    if (g_strcmp0 (entry_at (self, i - 1)->server_id, server_id) == 0)
      return entry_at (self, i - 1);

  return NULL;
}

guint
live_tool_ledger_count_open (LiveToolLedger *self)
{
  guint n_open = 0;

  for (guint i = 0; i < self->entries->len; i++)
    n_open += live_tool_fsm_is_open (&entry_at (self, i)->fsm);
  return n_open;
}

/* The arguments themselves are not kept when the call is over. */
static char *
digest_of (const char *name, const char *arguments)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (checksum, (const guchar *) name, (gssize) strlen (name) + 1);
  g_checksum_update (checksum, (const guchar *) arguments, (gssize) strlen (arguments));
  return g_strdup (g_checksum_get_string (checksum));
}

static gboolean
may_be_asked_again (const LiveToolEntry *entry, gint64 now_us)
{
  return !entry->is_by_hand && entry->suspect_us != 0 &&
         now_us - entry->suspect_us <= LIVE_TOOL_REPEAT_US;
}

static LiveToolEntry *
find_suspect (LiveToolLedger *self, const char *name, const char *arguments, gint64 now_us)
{
  g_autofree char *digest = NULL;

  for (guint i = self->entries->len; i > 0; i--)
    {
      LiveToolEntry *entry = entry_at (self, i - 1);

      if (!may_be_asked_again (entry, now_us))
        continue;
      if (digest == NULL)
        digest = digest_of (name, arguments);
      if (strcmp (entry->digest, digest) == 0)
        return entry;
    }
  return NULL;
}

static LiveToolVerdict
judge_suspect (LiveToolEntry *entry)
{
  if (live_tool_fsm_is_open (&entry->fsm))
    return LIVE_TOOL_ADOPT;
  if (entry->answer != NULL)
    return LIVE_TOOL_AGAIN;
  /* A provider that was told to stop and has returned did not do it: it is to be run. */
  return entry->is_running ? LIVE_TOOL_FOLLOW : LIVE_TOOL_NEW;
}

/* The id is known, and the call is over. */
static LiveToolVerdict
judge_known (LiveToolLedger *self, LiveToolEntry *entry)
{
  if (entry->connection != 0 && entry->connection == self->connection)
    return LIVE_TOOL_STALE;
  entry->suspect_us = 0;
  return entry->fsm.state == LIVE_TOOL_CANCELLED ? judge_suspect (entry) : LIVE_TOOL_AGAIN;
}

LiveToolVerdict
live_tool_ledger_judge (LiveToolLedger *self,
                        const char *server_id,
                        const char *name,
                        const char *arguments,
                        gint64 now_us,
                        LiveToolEntry **ret_entry)
{
  /* Vertex may call without an id. */
  LiveToolEntry *entry =
      *server_id != '\0' ? live_tool_ledger_find_server_id (self, server_id) : NULL;

  *ret_entry = entry;
  if (entry != NULL && live_tool_fsm_is_open (&entry->fsm))
    return LIVE_TOOL_STANDS;
  if (entry != NULL)
    return judge_known (self, entry);

  entry = find_suspect (self, name, arguments, now_us);
  *ret_entry = entry;
  if (entry == NULL)
    return LIVE_TOOL_NEW;

  entry->suspect_us = 0;
  return judge_suspect (entry);
}

/* The server's own id where it is fit to be one of ours, so that both logs tell the same story. */
static char *
choose_call (LiveToolLedger *self, const char *server_id)
{
  gboolean is_fit = server_id != NULL && *server_id != '\0' && strlen (server_id) <= MAX_ID_BYTES &&
                    live_tool_ledger_find (self, server_id) == NULL;

  for (const char *at = server_id; is_fit && *at != '\0'; at++)
    is_fit = g_ascii_isgraph (*at);
  self->last_number++;
  return is_fit ? g_strdup (server_id)
                : g_strdup_printf ("lived-%" G_GUINT64_FORMAT, self->last_number);
}

static void
trim (LiveToolLedger *self)
{
  guint n_ended = self->entries->len - live_tool_ledger_count_open (self);

  for (guint i = 0; i < self->entries->len && n_ended > LIVE_TOOL_MAX_ENDED;)
    if (live_tool_fsm_is_open (&entry_at (self, i)->fsm))
      i++;
    else
      {
        g_ptr_array_remove_index (self->entries, i);
        n_ended--;
      }
}

LiveToolEntry *
live_tool_ledger_add (LiveToolLedger *self,
                      const char *server_id,
                      const char *name,
                      const char *arguments,
                      gint64 now_us,
                      gint64 wall_us)
{
  LiveToolEntry *entry;

  if (live_tool_ledger_count_open (self) >= LIVE_TOOL_MAX_OPEN)
    return NULL;

  trim (self);
  entry = g_new0 (LiveToolEntry, 1);
  entry->fsm.began_us = now_us;
  entry->call = choose_call (self, server_id);
  entry->server_id = g_strdup (server_id);
  entry->is_by_hand = server_id == NULL;
  entry->name = g_strdup (name);
  entry->owner = g_strdup ("");
  entry->digest = digest_of (name, arguments);
  entry->arguments_bytes = strlen (arguments);
  entry->wall_us = wall_us;
  entry->cause = "none";
  g_ptr_array_add (self->entries, entry);
  return entry;
}

void
live_tool_ledger_suspect (LiveToolEntry *entry, gint64 now_us)
{
  entry->suspect_us = now_us;
}

void
live_tool_ledger_on_lost (LiveToolLedger *self, gint64 now_us)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      LiveToolEntry *entry = entry_at (self, i);

      if (live_tool_fsm_is_open (&entry->fsm) ||
          (entry->connection == self->connection &&
           now_us - entry->fsm.ended_us <= LIVE_TOOL_UNSURE_US))
        live_tool_ledger_suspect (entry, now_us);
    }
}

void
live_tool_ledger_on_online (LiveToolLedger *self, gboolean has_context, gint64 now_us)
{
  self->connection++;
  for (guint i = 0; i < self->entries->len; i++)
    {
      LiveToolEntry *entry = entry_at (self, i);

      /* The server asks again only now: time without a connection does not count. */
      if (entry->suspect_us != 0)
        entry->suspect_us = now_us;
      /* Another session counts its calls anew. */
      if (!has_context && !entry->is_by_hand)
        g_clear_pointer (&entry->server_id, g_free);
    }
}

/* How long an ended call's answer is of use; 0 = not at all. */
static gint64
keep_until_us (const LiveToolEntry *entry)
{
  return MAX (entry->fsm.ended_us, entry->suspect_us) + LIVE_TOOL_REPEAT_US;
}

gint64
live_tool_ledger_sweep (LiveToolLedger *self, gint64 now_us)
{
  gint64 next_us = 0;

  for (guint i = 0; i < self->entries->len; i++)
    {
      LiveToolEntry *entry = entry_at (self, i);
      gint64 due_us = 0;

      if (live_tool_fsm_is_open (&entry->fsm))
        due_us = entry->fsm.deadline_us;
      else if (entry->answer != NULL && keep_until_us (entry) > now_us)
        due_us = keep_until_us (entry);
      else
        g_clear_pointer (&entry->answer, g_free);
      if (due_us != 0 && (next_us == 0 || due_us < next_us))
        next_us = due_us;
    }
  return next_us;
}
