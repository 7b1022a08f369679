/* Owns: the model's side of a call: what it asks, asks again, takes back, and is told.
 * Thread: main only.
 * Called by: core/live-engine*.c through live_tools_engine_events; bus/ with answers. */
#include "core/live-tools-private.h"

#include <string.h>

#include <glib/gi18n.h>

#include "protocol/live-tool-answer.h"

static gboolean
blocks (const LiveProfile *profile, LiveToolBehavior behavior)
{
  if (behavior == LIVE_TOOL_BEHAVIOR_BLOCKING && profile->has_blocking)
    return TRUE;
  if (behavior == LIVE_TOOL_BEHAVIOR_NON_BLOCKING && profile->has_non_blocking)
    return FALSE;
  return profile->default_behavior == LIVE_BEHAVIOR_BLOCKING;
}

/* What this model makes of the call. */
static void
take_profile (LiveTools *self, LiveToolsRun *run, const LiveTool *tool)
{
  LiveEngineStatus status;

  live_engine_get_status (self->engine, &status);
  run->is_blocking = blocks (status.profile, tool->declaration->behavior);
  run->can_schedule = status.profile->has_scheduling && !run->is_blocking;
  run->gates = status.profile->gates_microphone && run->is_blocking;
}

void
live_tools_update_gate (LiveTools *self)
{
  gboolean is_gated = FALSE;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->runs);
  while (self->is_online && !is_gated && g_hash_table_iter_next (&iter, NULL, &value))
    is_gated =
        ((LiveToolsRun *) value)->gates && ((LiveToolsRun *) value)->entry->server_id != NULL;

  if (is_gated == self->is_gated)
    return;

  self->is_gated = is_gated;
  live_engine_set_gate (self->engine, is_gated);
}

static void
respond (LiveTools *self,
         LiveToolEntry *entry,
         const char *answer,
         const char *scheduling,
         gboolean will_continue)
{
  g_autoptr (GError) error = NULL;

  if (entry->server_id == NULL || !live_engine_respond (self->engine, entry->server_id, entry->name,
                                                        answer, scheduling, will_continue, &error))
    {
      self->counters.dropped++;
      g_message ("The answer to a call of “%s” is dropped: %s", entry->name,
                 error != NULL ? error->message : "its session is gone");
      return;
    }

  if (!will_continue)
    entry->connection = self->ledger.connection;
}

void
live_tools_send (LiveTools *self, LiveToolsRun *run, gboolean will_continue)
{
  const char *scheduling = run->scheduling;

  if (run->entry->is_by_hand)
    return;
  /* Where a call has one answer, it is the final one. */
  if (will_continue && !run->can_schedule)
    return;

  if (run->answer_scheduling != NULL)
    scheduling = run->answer_scheduling;
  self->counters.parts += will_continue;
  respond (self, run->entry, run->answer, run->can_schedule ? scheduling : NULL, will_continue);
}

static void
refuse (LiveTools *self, LiveToolsRun *run, const char *cause, const char *words)
{
  live_tools_take_error (run, LIVE_ERROR_FAILED, words);
  live_tools_step (self, run, LIVE_TOOL_EV_ERROR, cause, 0);
}

/* There is no room even for an entry: the model is told, and the world that it was so. */
static void
refuse_crowd (LiveTools *self, const LiveWireCall *call)
{
  g_autofree char *answer = live_tool_answer_error ("Too many calls at once, try again later.");
  g_autoptr (GError) error = NULL;

  self->counters.errors++;
  if (!live_engine_respond (self->engine, call->id, call->name, answer, NULL, FALSE, &error))
    g_message ("A call too many could not be refused: %s", error->message);
  self->events->finished (call->id, call->name, "error", 0, self->events_data);
}

/* follows: the call whose provider is still at the same work; NULL = none. */
static void
begin_new (LiveTools *self, const LiveWireCall *call, const LiveToolEntry *follows)
{
  g_autofree char *followed = follows != NULL ? g_strdup (follows->call) : NULL;
  LiveToolsRun *run = live_tools_open (self, call->id, call->name, call->args_json);
  const LiveTool *tool = g_hash_table_lookup (self->tools, call->name);

  if (run == NULL)
    {
      refuse_crowd (self, call);
      return;
    }

  if (tool == NULL)
    {
      self->counters.unknown++;
      refuse (self, run, "unknown-tool", "There is no tool of this name.");
      return;
    }
  if (strlen (call->args_json) > LIVE_TOOLS_MAX_ARGUMENTS_BYTES)
    {
      refuse (self, run, "too-long", "The arguments are too long.");
      return;
    }

  take_profile (self, run, tool);
  run->entry->follows = g_steal_pointer (&followed);
  live_tools_begin (self, run);
}

static void
move_to_id (LiveTools *self, LiveToolEntry *entry, const char *id)
{
  if (entry->server_id != NULL && strcmp (entry->server_id, id) != 0)
    live_engine_forget_call (self->engine, entry->server_id, entry->name);
  g_free (entry->server_id);
  entry->server_id = g_strdup (id);
}

static void
on_called (const LiveWireCall *call, gpointer data)
{
  LiveTools *self = data;
  LiveToolEntry *entry;
  LiveToolVerdict verdict =
      live_tool_ledger_judge (&self->ledger, call->id, call->name, call->args_json,
                              live_clock_now_us (self->clock), &entry);

  if (verdict != LIVE_TOOL_NEW)
    {
      self->counters.repeats++;
      entry->n_repeats++;
    }

  switch (verdict)
    {
    case LIVE_TOOL_NEW:
      begin_new (self, call, NULL);
      return;
    case LIVE_TOOL_FOLLOW:
      begin_new (self, call, entry);
      return;
    case LIVE_TOOL_STANDS:
      return;
    case LIVE_TOOL_STALE:
      live_engine_forget_call (self->engine, call->id, call->name);
      return;
    case LIVE_TOOL_ADOPT:
      move_to_id (self, entry, call->id);
      live_tools_update_gate (self);
      return;
    case LIVE_TOOL_AGAIN:
      move_to_id (self, entry, call->id);
      respond (self, entry,
               entry->answer != NULL
                   ? entry->answer
                   : "{\"error\":\"This call was carried out already; its result is not kept.\"}",
               NULL, FALSE);
      return;
    }
}

static void
on_cancelled (const char *id, gpointer data)
{
  LiveTools *self = data;
  LiveToolEntry *entry = live_tool_ledger_find_server_id (&self->ledger, id);
  LiveToolsRun *run = entry != NULL ? live_tools_find_run (self, entry->call) : NULL;

  if (run != NULL && self->is_online)
    live_tools_step (self, run, LIVE_TOOL_EV_CANCEL, "interrupted", 0);
  else if (run != NULL)
    live_tools_step (self, run, LIVE_TOOL_EV_CONTEXT_LOST, "connection-lost", 0);
}

static GPtrArray *
list_of_model (LiveTools *self)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->ledger.entries->len; i++)
    {
      LiveToolEntry *entry = g_ptr_array_index (self->ledger.entries, i);

      if (!entry->is_by_hand && live_tool_fsm_is_open (&entry->fsm))
        g_ptr_array_add (calls, g_strdup (entry->call));
    }
  return calls;
}

static void
step_all_of_model (LiveTools *self, LiveToolEventKind kind, const char *cause)
{
  g_autoptr (GPtrArray) calls = list_of_model (self);

  for (guint i = 0; i < calls->len; i++)
    {
      LiveToolsRun *run = live_tools_find_run (self, g_ptr_array_index (calls, i));

      if (run != NULL)
        live_tools_step (self, run, kind, cause, 0);
    }
}

static void
on_away (gpointer data)
{
  LiveTools *self = data;

  self->is_online = FALSE;
  live_tool_ledger_on_lost (&self->ledger, live_clock_now_us (self->clock));
  step_all_of_model (self, LIVE_TOOL_EV_LINK_LOST, NULL);
  live_tools_update_gate (self);
}

static void
on_lost (gpointer data)
{
  step_all_of_model (data, LIVE_TOOL_EV_CONTEXT_LOST, "connection-lost");
}

static void
on_online (gboolean has_context, gpointer data)
{
  LiveTools *self = data;
  g_autoptr (GPtrArray) calls = list_of_model (self);

  self->is_online = TRUE;
  self->generation_in_force = self->generation_of_setup;
  live_tool_ledger_on_online (&self->ledger, has_context, live_clock_now_us (self->clock));
  for (guint i = 0; i < calls->len; i++)
    {
      LiveToolsRun *run = live_tools_find_run (self, g_ptr_array_index (calls, i));

      if (run == NULL)
        continue;
      if (run->entry->server_id != NULL &&
          live_engine_call_stands (self->engine, run->entry->server_id, run->entry->name))
        live_tools_step (self, run, LIVE_TOOL_EV_LINK_BACK, NULL, 0);
      else
        live_tools_step (self, run, LIVE_TOOL_EV_CONTEXT_LOST, "connection-lost", 0);
    }
  live_tools_update_gate (self);
}

static void
on_setup_soon (gpointer data)
{
  LiveTools *self = data;

  if (self->gather_timer != 0)
    live_tools_declare (self);
  self->generation_of_setup = self->generation;
}

const LiveEngineToolEvents live_tools_engine_events = {
  .called = on_called,
  .cancelled = on_cancelled,
  .lost = on_lost,
  .away = on_away,
  .online = on_online,
  .setup_soon = on_setup_soon,
  .add_statistics = live_tools_add_statistics,
  .dump = live_tools_dump,
};

static gboolean
is_owner (LiveTools *self, const char *owner, const char *who)
{
  return strcmp (owner, who) == 0 ||
         g_strcmp0 (self->events->runs_as (owner, self->events_data), who) == 0;
}

/* The provider came to an end with a call that was taken back: answer is what it did, NULL =
 * nothing. Whoever waits for the same work has it now, or has to have it done. */
static void
note_late (LiveTools *self, LiveToolEntry *entry, const char *answer)
{
  g_autoptr (GPtrArray) calls = list_of_model (self);

  entry->is_running = FALSE;
  self->counters.late++;
  if (entry->fsm.state == LIVE_TOOL_CANCELLED && answer != NULL && entry->answer == NULL)
    entry->answer = g_strdup (answer);

  for (guint i = 0; i < calls->len; i++)
    {
      LiveToolsRun *run = live_tools_find_run (self, g_ptr_array_index (calls, i));

      if (run == NULL || g_strcmp0 (run->entry->follows, entry->call) != 0)
        continue;
      g_clear_pointer (&run->entry->follows, g_free);
      g_free (run->answer);
      run->answer = g_strdup (answer);
      if (answer != NULL)
        live_tools_step (self, run, LIVE_TOOL_EV_RESULT, NULL, 0);
      else
        live_tools_invoke (self, run);
    }
  live_tools_rearm (self);
}

/* The run that this owner may answer now; else an error, and *ret_late is the entry of a call
 * that was his. */
static LiveToolsRun *
find_answerable (LiveTools *self,
                 const char *call,
                 const char *owner,
                 LiveToolEntry **ret_late,
                 GError **error)
{
  LiveToolEntry *entry = live_tool_ledger_find (&self->ledger, call);

  *ret_late = NULL;
  if (entry == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND, _ ("There is no call “%s”"), call);
      return NULL;
    }
  if (!is_owner (self, entry->owner, owner))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_OWNER, _ ("The call “%s” is not the caller's"),
                   call);
      return NULL;
    }
  if (entry->fsm.state != LIVE_TOOL_DISPATCHED || entry->follows != NULL)
    {
      *ret_late = entry;
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND,
                   _ ("The call “%s” waits for no answer (any more)"), call);
      return NULL;
    }
  return live_tools_find_run (self, call);
}

static gsize
max_bytes (LiveTools *self)
{
  LiveEngineStatus status;

  live_engine_get_status (self->engine, &status);
  return live_settings_get_uint (status.settings, LIVE_SETTING_TOOLS_MAX_RESULT_BYTES);
}

gboolean
live_tools_result (LiveTools *self,
                   const char *call,
                   const char *owner,
                   const char *result,
                   const char *scheduling,
                   gboolean will_continue,
                   GError **error)
{
  gboolean is_cut = FALSE;
  g_autofree char *answer = NULL;
  LiveToolEntry *late;
  LiveToolsRun *run = find_answerable (self, call, owner, &late, error);

  if (run == NULL && late == NULL)
    return FALSE;

  answer = live_tool_answer_wrap (result, max_bytes (self), &is_cut);
  if (run == NULL)
    {
      if (!will_continue)
        note_late (self, late, answer);
      return FALSE;
    }

  run->entry->result_bytes += strlen (result);
  run->entry->is_cut |= is_cut;
  self->counters.cuts += is_cut;
  g_free (run->answer);
  run->answer = g_steal_pointer (&answer);
  g_free (run->answer_scheduling);
  run->answer_scheduling = g_strdup (scheduling);
  live_tools_step (self, run, will_continue ? LIVE_TOOL_EV_PART : LIVE_TOOL_EV_RESULT, NULL,
                   run->timeout_ms);
  return TRUE;
}

gboolean
live_tools_fail (LiveTools *self,
                 const char *call,
                 const char *owner,
                 const char *message,
                 const char *scheduling,
                 GError **error)
{
  LiveToolEntry *late;
  LiveToolsRun *run = find_answerable (self, call, owner, &late, error);

  if (run == NULL)
    {
      if (late != NULL)
        note_late (self, late, NULL);
      return FALSE;
    }

  run->entry->result_bytes += strlen (message);
  g_free (run->answer_scheduling);
  run->answer_scheduling = g_strdup (scheduling);
  live_tools_take_error (run, LIVE_ERROR_FAILED, message);
  live_tools_step (self, run, LIVE_TOOL_EV_ERROR, NULL, 0);
  return TRUE;
}

void
live_tools_vanish (LiveTools *self, const char *call)
{
  LiveToolEntry *entry = live_tool_ledger_find (&self->ledger, call);
  LiveToolsRun *run = live_tools_find_run (self, call);

  if (run != NULL)
    live_tools_step (self, run, LIVE_TOOL_EV_VANISH, NULL, 0);
  else if (entry != NULL)
    note_late (self, entry, NULL);
}
