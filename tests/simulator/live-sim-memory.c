/* Owns: all conversations of this run and their handles.
 * Thread: main.
 * Called by: live-sim-session.c, live-sim-turn.c, live-sim-control.c, tests. */
#include "live-sim-memory.h"

#include <string.h>

#define HANDLE_PREFIX "sim-"
#define HANDLE_CAP 256 /* of one conversation; the oldest go first */
#define TOTAL_HANDLE_CAP 8192
#define DEFAULT_LIFE_US (2 * 3600 * G_TIME_SPAN_SECOND)

typedef struct
{
  char *name;
  LiveSimConversation *conversation;
  gint64 alive_us; /* issued, or its conversation's last connection ended */
  LiveSimMark mark;
} Handle;

struct _LiveSimMemory
{
  GPtrArray *conversations;
  GQueue handles; /* oldest first */
  gint64 life_us;
  guint n_issued;
  guint n_started;
  LiveSimSpoil spoil; /* of the coming resumptions */
  guint n_spoils;     /* G_MAXUINT = all */
  guint n_spoilt;
};

static void
free_handle (gpointer data)
{
  Handle *handle = data;

  g_free (handle->name);
  g_free (handle);
}

LiveSimMemory *
live_sim_memory_new (guint handle_life_ms)
{
  LiveSimMemory *self = g_new0 (LiveSimMemory, 1);

  self->conversations =
      g_ptr_array_new_with_free_func ((GDestroyNotify) live_sim_conversation_free);
  g_queue_init (&self->handles);
  self->life_us = handle_life_ms > 0 ? (gint64) handle_life_ms * 1000 : DEFAULT_LIFE_US;
  return self;
}

void
live_sim_memory_free (LiveSimMemory *self)
{
  if (self == NULL)
    return;
  live_sim_memory_forget_handles (self);
  g_ptr_array_unref (self->conversations);
  g_free (self);
}

LiveSimConversation *
live_sim_memory_start (LiveSimMemory *self, const char *model, gpointer owner)
{
  LiveSimConversation *conversation = live_sim_conversation_new (++self->n_started, model, owner);

  g_ptr_array_add (self->conversations, conversation);
  return conversation;
}

static void
drop_handle (LiveSimMemory *self, GList *link)
{
  free_handle (link->data);
  g_queue_delete_link (&self->handles, link);
}

static void
drop_expired (LiveSimMemory *self)
{
  gint64 now_us = g_get_monotonic_time ();
  GList *next;

  for (GList *link = self->handles.head; link != NULL; link = next)
    {
      const Handle *handle = link->data;

      next = link->next;
      if (handle->conversation->owner == NULL && now_us - handle->alive_us > self->life_us)
        drop_handle (self, link);
    }
}

static Handle *
find_handle (LiveSimMemory *self, const char *name)
{
  for (GList *link = self->handles.head; link != NULL; link = link->next)
    if (strcmp (((Handle *) link->data)->name, name) == 0)
      return link->data;
  return NULL;
}

LiveSimHandleState
live_sim_memory_resume (LiveSimMemory *self,
                        const char *name,
                        const char *model,
                        gpointer owner,
                        LiveSimConversation **ret_conversation)
{
  Handle *handle;
  LiveSimConversation *conversation;

  if (!g_str_has_prefix (name, HANDLE_PREFIX))
    return LIVE_SIM_HANDLE_MALFORMED;

  drop_expired (self);
  handle = find_handle (self, name);
  if (handle == NULL)
    return LIVE_SIM_HANDLE_UNKNOWN;

  conversation = handle->conversation;
  if (conversation->owner != NULL)
    return LIVE_SIM_HANDLE_HELD;
  if (strcmp (conversation->model, model) != 0)
    return LIVE_SIM_HANDLE_OTHER_MODEL;

  live_sim_conversation_rewind (conversation, &handle->mark);
  if (self->n_spoils > 0)
    {
      if (self->n_spoils != G_MAXUINT)
        self->n_spoils--;
      self->n_spoilt++;
      live_sim_conversation_spoil (conversation, self->spoil);
    }
  conversation->owner = owner;
  *ret_conversation = conversation;
  return LIVE_SIM_HANDLE_GOOD;
}

static gboolean
has_handle (LiveSimMemory *self, const LiveSimConversation *conversation)
{
  for (GList *link = self->handles.head; link != NULL; link = link->next)
    if (((Handle *) link->data)->conversation == conversation)
      return TRUE;
  return FALSE;
}

/* What nobody holds and no handle leads to can never be reached again. */
static void
drop_unreachable (LiveSimMemory *self)
{
  for (guint i = self->conversations->len; i > 0; i--)
    {
      const LiveSimConversation *conversation = g_ptr_array_index (self->conversations, i - 1);

      if (conversation->owner == NULL && !has_handle (self, conversation))
        g_ptr_array_remove_index (self->conversations, i - 1);
    }
}

void
live_sim_memory_release (LiveSimMemory *self, LiveSimConversation *conversation)
{
  conversation->owner = NULL;
  for (GList *link = self->handles.head; link != NULL; link = link->next)
    if (((Handle *) link->data)->conversation == conversation)
      ((Handle *) link->data)->alive_us = g_get_monotonic_time ();
  drop_expired (self);
  drop_unreachable (self);
}

static void
drop_surplus (LiveSimMemory *self, LiveSimConversation *conversation)
{
  GList *oldest = NULL;
  guint n = 0;

  for (GList *link = self->handles.tail; link != NULL; link = link->prev)
    if (((Handle *) link->data)->conversation == conversation)
      {
        n++;
        oldest = link;
      }
  if (n > HANDLE_CAP)
    drop_handle (self, oldest);
  if (g_queue_get_length (&self->handles) > TOTAL_HANDLE_CAP)
    drop_handle (self, g_queue_peek_head_link (&self->handles));
}

const char *
live_sim_memory_issue (LiveSimMemory *self, LiveSimConversation *conversation)
{
  Handle *handle = g_new0 (Handle, 1);
  g_autofree char *uuid = g_uuid_string_random ();

  handle->name = g_strconcat (HANDLE_PREFIX, uuid, NULL);
  handle->conversation = conversation;
  handle->alive_us = g_get_monotonic_time ();
  live_sim_conversation_mark (conversation, &handle->mark);
  g_queue_push_tail (&self->handles, handle);
  self->n_issued++;
  drop_surplus (self, conversation);
  return handle->name;
}

void
live_sim_memory_forget_handles (LiveSimMemory *self)
{
  g_queue_clear_full (&self->handles, free_handle);
  drop_unreachable (self);
}

guint
live_sim_memory_count (LiveSimMemory *self)
{
  return self->n_started;
}

guint
live_sim_memory_count_issued (LiveSimMemory *self)
{
  return self->n_issued;
}

void
live_sim_memory_spoil_next (LiveSimMemory *self, LiveSimSpoil spoil, guint count)
{
  self->spoil = spoil;
  self->n_spoils = spoil == LIVE_SIM_SPOIL_NOTHING ? 0 : count == 0 ? G_MAXUINT : count;
}

guint
live_sim_memory_count_spoilt (LiveSimMemory *self)
{
  return self->n_spoilt;
}
