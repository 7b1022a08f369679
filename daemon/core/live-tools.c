/* Owns: the open calls: each one's steps, deadlines and end.
 * Thread: main only.
 * Called by: bus/ (answers, consent, calls by hand) and core/live-tools-model.c (the model's). */
#include "core/live-tools-private.h"

#include <string.h>

#include <glib/gi18n.h>

#include "protocol/live-json.h"
#include "protocol/live-tool-answer.h"

static void
free_run (gpointer data)
{
  LiveToolsRun *run = data;

  g_free (run->arguments);
  g_free (run->owner);
  g_free (run->object_path);
  g_free (run->description);
  g_free (run->scheduling);
  g_free (run->answer);
  g_free (run->answer_scheduling);
  g_clear_error (&run->error);
  g_free (run);
}

LiveTools *
live_tools_new (const LiveClock *clock,
                LiveEngine *engine,
                const LiveToolsEvents *events,
                gpointer data)
{
  LiveTools *self = g_new0 (LiveTools, 1);

  self->clock = clock;
  self->engine = engine;
  self->events = events;
  self->events_data = data;
  self->tools = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, live_tools_free_tool);
  self->runs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_run);
  live_tool_ledger_init (&self->ledger);
  live_engine_set_tools (engine, &live_tools_engine_events, self);
  return self;
}

void
live_tools_shut_down (LiveTools *self)
{
  self->is_down = TRUE;
  live_clock_clear (self->clock, &self->gather_timer);
  live_tools_for_each_run (self, NULL, NULL, LIVE_TOOL_EV_CANCEL, "shutdown");
}

void
live_tools_free (LiveTools *self)
{
  if (self == NULL)
    return;

  live_engine_set_tools (self->engine, NULL, NULL);
  live_clock_clear (self->clock, &self->gather_timer);
  live_clock_clear (self->clock, &self->timer);
  g_hash_table_unref (self->runs);
  g_hash_table_unref (self->tools);
  g_free (self->declared);
  live_tool_ledger_clear (&self->ledger);
  g_free (self);
}

LiveToolsRun *
live_tools_find_run (LiveTools *self, const char *call)
{
  return g_hash_table_lookup (self->runs, call);
}

static LiveToolsCall
describe (const LiveToolsRun *run, guint timeout_ms)
{
  return (LiveToolsCall){
    .call = run->entry->call,
    .name = run->entry->name,
    .arguments = run->arguments,
    .owner = run->owner,
    .object_path = run->object_path,
    .description = run->description,
    .confirm = run->confirm == LIVE_CONFIRM_ALWAYS ? "always" : "first",
    .origin = run->entry->is_by_hand ? "caller" : "model",
    .timeout_ms = timeout_ms,
    .is_blocking = run->is_blocking,
    .turn = run->turn,
  };
}

static guint
get_uint (LiveTools *self, LiveSetting setting)
{
  LiveEngineStatus status;

  live_engine_get_status (self->engine, &status);
  return live_settings_get_uint (status.settings, setting);
}

/* The words for the model where the provider has none, or none that counts. */
static void
explain (LiveToolsRun *run)
{
  const char *cause = run->entry->cause;

  if (run->entry->fsm.state == LIVE_TOOL_TIMED_OUT ||
      (run->entry->fsm.state == LIVE_TOOL_OWED && run->entry->fsm.owed == LIVE_TOOL_TIMED_OUT))
    live_tools_take_error (run, LIVE_ERROR_TIMEOUT, "The tool did not answer in time.");
  else if (run->entry->fsm.state == LIVE_TOOL_VANISHED ||
           (run->entry->fsm.state == LIVE_TOOL_OWED && run->entry->fsm.owed == LIVE_TOOL_VANISHED))
    live_tools_take_error (run, LIVE_ERROR_FAILED, "The program behind the tool is gone.");
  else if (strcmp (cause, "denied") == 0)
    live_tools_take_error (run, LIVE_ERROR_PERMISSION_DENIED, "The user did not allow this call.");
  else if (strcmp (cause, "no-agent") == 0)
    live_tools_take_error (run, LIVE_ERROR_PERMISSION_DENIED,
                           "This tool runs only with the user's consent, and nobody is there who "
                           "could ask for it.");
  else if (strcmp (cause, "removed") == 0)
    live_tools_take_error (run, LIVE_ERROR_FAILED, "The tool was taken away.");
}

void
live_tools_take_error (LiveToolsRun *run, LiveErrorCode code, const char *message)
{
  g_clear_error (&run->error);
  run->error = g_error_new_literal (LIVE_ERROR, code, message);
  g_free (run->answer);
  run->answer = live_tool_answer_error (message);
}

static void
count_outcome (LiveTools *self, const LiveToolsRun *run)
{
  LiveTool *tool = g_hash_table_lookup (self->tools, run->entry->name);
  LiveToolState state = run->entry->fsm.state;

  self->counters.results += state == LIVE_TOOL_DONE;
  self->counters.errors += state == LIVE_TOOL_FAILED;
  self->counters.timeouts += state == LIVE_TOOL_TIMED_OUT;
  self->counters.cancelled += state == LIVE_TOOL_CANCELLED;
  self->counters.vanished += state == LIVE_TOOL_VANISHED;
  self->counters.denied +=
      strcmp (run->entry->cause, "denied") == 0 || strcmp (run->entry->cause, "no-agent") == 0;
  if (tool != NULL && strcmp (tool->owner, run->owner) == 0)
    tool->failures += state != LIVE_TOOL_DONE;
}

static void
tell_by_hand (LiveToolsRun *run)
{
  g_autoptr (GError) error = NULL;

  if (run->done == NULL)
    return;

  if (run->entry->fsm.state == LIVE_TOOL_CANCELLED)
    error = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_INTERRUPTED, _ ("The call was cancelled"));
  else if (run->entry->fsm.state != LIVE_TOOL_DONE)
    error = g_steal_pointer (&run->error);
  run->done (error == NULL ? run->answer : NULL, error, run->done_data);
  run->done = NULL;
}

static void
finish (LiveTools *self, LiveToolsRun *run)
{
  LiveToolEntry *entry = run->entry;
  g_autofree char *call = g_strdup (entry->call);
  g_autofree char *name = g_strdup (entry->name);
  const char *outcome = live_tool_fsm_outcome (&entry->fsm);
  guint64 duration_us = (guint64) MAX (entry->fsm.ended_us - entry->fsm.began_us, 0);

  count_outcome (self, run);
  tell_by_hand (run);
  /* An answer may be asked for again; what was never given, or given by hand, may not. */
  if (!entry->is_by_hand && entry->fsm.state != LIVE_TOOL_CANCELLED)
    entry->answer = g_steal_pointer (&run->answer);
  g_hash_table_remove (self->runs, call);
  self->events->finished (call, name, outcome, duration_us, self->events_data);
}

static const char *
name_reason (const LiveToolsRun *run, LiveToolEventKind kind)
{
  if (kind == LIVE_TOOL_EV_TIMER)
    return "timeout";
  return strcmp (run->entry->cause, "none") != 0 ? run->entry->cause : "interrupted";
}

static void
carry_out (LiveTools *self, LiveToolsRun *run, LiveToolEventKind kind, guint actions)
{
  LiveToolsCall call = describe (run, run->timeout_ms);

  if (actions & LIVE_TOOL_DO_WITHDRAW)
    self->events->withdraw (call.call, name_reason (run, kind), self->events_data);
  if ((actions & LIVE_TOOL_DO_TELL_PROVIDER) && run->entry->follows == NULL)
    self->events->cancel (&call, name_reason (run, kind), self->events_data);
  if (actions & LIVE_TOOL_DO_SEND_PART)
    live_tools_send (self, run, TRUE);
  if (actions & LIVE_TOOL_DO_SEND)
    live_tools_send (self, run, FALSE);
  if (actions & LIVE_TOOL_DO_DROP)
    self->counters.dropped++;
  if (actions & LIVE_TOOL_DO_FINISH)
    finish (self, run);
}

void
live_tools_step (LiveTools *self,
                 LiveToolsRun *run,
                 LiveToolEventKind kind,
                 const char *cause,
                 guint limit_ms)
{
  LiveToolEvent event = { kind, live_clock_now_us (self->clock), limit_ms };
  LiveToolEntry *entry = run->entry;
  LiveToolState before = entry->fsm.state;
  guint actions = live_tool_fsm_step (&entry->fsm, &event);

  if (cause != NULL && entry->fsm.state != before)
    entry->cause = cause;
  if (entry->fsm.state != before && before == LIVE_TOOL_ASKING && kind == LIVE_TOOL_EV_TIMER)
    entry->cause = "denied";
  if (entry->fsm.state != before && entry->fsm.state >= LIVE_TOOL_OWED &&
      before != LIVE_TOOL_OWED && kind != LIVE_TOOL_EV_RESULT)
    explain (run);
  /* A call that is taken back while its provider works may be asked for again (8.5), and what
   * the provider did meanwhile must not be done twice. */
  if (entry->fsm.state == LIVE_TOOL_CANCELLED && before != LIVE_TOOL_CANCELLED)
    {
      live_tool_ledger_suspect (entry, event.now_us);
      entry->is_running =
          before == LIVE_TOOL_DISPATCHED && run->object_path != NULL && entry->follows == NULL;
    }
  carry_out (self, run, kind, actions);
  live_tools_update_gate (self);
  live_tools_rearm (self);
}

static void
on_timer (gpointer data)
{
  LiveTools *self = data;

  self->timer = 0;
  live_tools_for_each_run (self, NULL, NULL, LIVE_TOOL_EV_TIMER, NULL);
  live_tools_rearm (self);
}

void
live_tools_rearm (LiveTools *self)
{
  gint64 now_us = live_clock_now_us (self->clock);
  gint64 due_us = live_tool_ledger_sweep (&self->ledger, now_us);

  live_clock_clear (self->clock, &self->timer);
  if (due_us != 0 && !self->is_down)
    self->timer = live_clock_arm (self->clock, (guint) ((MAX (due_us - now_us, 0) + 999) / 1000),
                                  on_timer, self);
}

void
live_tools_for_each_run (LiveTools *self,
                         const char *owner,
                         const char *name,
                         LiveToolEventKind kind,
                         const char *cause)
{
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_free);

  /* In the order in which they came; each step may end others. */
  for (guint i = 0; i < self->ledger.entries->len; i++)
    {
      LiveToolEntry *entry = g_ptr_array_index (self->ledger.entries, i);

      if (live_tool_fsm_is_open (&entry->fsm))
        g_ptr_array_add (calls, g_strdup (entry->call));
    }

  for (guint i = 0; i < calls->len; i++)
    {
      LiveToolsRun *run = live_tools_find_run (self, g_ptr_array_index (calls, i));

      if (run != NULL && (owner == NULL || strcmp (run->owner, owner) == 0) &&
          (name == NULL || strcmp (run->entry->name, name) == 0))
        live_tools_step (self, run, kind, cause, 0);
    }
}

LiveToolsRun *
live_tools_open (LiveTools *self, const char *server_id, const char *name, const char *arguments)
{
  LiveToolEntry *entry = live_tool_ledger_add (&self->ledger, server_id, name, arguments,
                                               live_clock_now_us (self->clock), g_get_real_time ());
  LiveTool *tool = g_hash_table_lookup (self->tools, name);
  LiveToolsRun *run;

  if (entry == NULL)
    return NULL;

  run = g_new0 (LiveToolsRun, 1);
  run->entry = entry;
  run->arguments = g_strdup (arguments);
  run->owner = g_strdup (tool != NULL ? tool->owner : "");
  run->timeout_ms = get_uint (self, LIVE_SETTING_TOOLS_TIMEOUT_MS);
  run->turn = server_id != NULL ? live_engine_get_turn (self->engine) : 0;
  if (tool != NULL)
    {
      tool->calls++;
      run->object_path = g_strdup (tool->object_path);
      run->description = g_strdup (tool->declaration->description);
      run->scheduling = g_strdup (tool->scheduling);
      run->confirm = tool->confirm;
      if (tool->timeout_ms != 0)
        run->timeout_ms = tool->timeout_ms;
      g_free (entry->owner);
      entry->owner = g_strdup (tool->owner);
    }
  g_hash_table_insert (self->runs, entry->call, run);
  return run;
}

void
live_tools_invoke (LiveTools *self, LiveToolsRun *run)
{
  LiveToolsCall told = describe (run, run->timeout_ms);

  self->events->invoke (&told, self->events_data);
}

static void
dispatch (LiveTools *self, LiveToolsRun *run)
{
  live_tools_step (self, run, LIVE_TOOL_EV_DISPATCH, NULL, run->timeout_ms);
  if (run->entry->follows == NULL)
    live_tools_invoke (self, run);
}

/* To the provider, or first to the user. */
void
live_tools_begin (LiveTools *self, LiveToolsRun *run)
{
  LiveTool *tool = g_hash_table_lookup (self->tools, run->entry->name);
  guint limit_ms = get_uint (self, LIVE_SETTING_TOOLS_CONFIRM_TIMEOUT_MS);
  LiveToolsCall told;

  if (run->confirm == LIVE_CONFIRM_NONE || run->entry->follows != NULL ||
      (run->confirm == LIVE_CONFIRM_FIRST && tool != NULL && tool->is_allowed))
    {
      dispatch (self, run);
      return;
    }

  live_tools_step (self, run, LIVE_TOOL_EV_ASK, NULL, limit_ms);
  told = describe (run, limit_ms);
  if (!self->events->ask (&told, self->events_data))
    live_tools_step (self, run, LIVE_TOOL_EV_ERROR, "no-agent", 0);
}

void
live_tools_decide (LiveTools *self, const char *call, gboolean is_allowed, gboolean has_agent)
{
  LiveToolsRun *run = live_tools_find_run (self, call);
  LiveTool *tool;

  if (run == NULL || run->entry->fsm.state != LIVE_TOOL_ASKING)
    return;

  if (!is_allowed)
    {
      live_tools_step (self, run, LIVE_TOOL_EV_ERROR, has_agent ? "denied" : "no-agent", 0);
      return;
    }

  tool = g_hash_table_lookup (self->tools, run->entry->name);
  if (run->confirm == LIVE_CONFIRM_FIRST && tool != NULL && strcmp (tool->owner, run->owner) == 0)
    tool->is_allowed = TRUE;
  dispatch (self, run);
}

char *
live_tools_call (LiveTools *self,
                 const char *name,
                 const char *arguments,
                 LiveToolsDone done,
                 gpointer data,
                 GError **error)
{
  g_autoptr (JsonNode) root =
      live_json_parse (arguments, strlen (arguments), JSON_NODE_OBJECT, error);
  LiveToolsRun *run;
  char *call;

  if (root == NULL)
    {
      g_prefix_error_literal (error, _ ("The arguments cannot be passed on: "));
      return NULL;
    }
  if (g_hash_table_lookup (self->tools, name) == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND, _ ("There is no tool “%s”"), name);
      return NULL;
    }

  run = live_tools_open (self, NULL, name, arguments);
  if (run == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED, _ ("%d calls run already"),
                   LIVE_TOOL_MAX_OPEN);
      return NULL;
    }
  run->done = done;
  run->done_data = data;
  call = g_strdup (run->entry->call);
  live_tools_begin (self, run);
  return call;
}

void
live_tools_abandon (LiveTools *self, const char *call)
{
  LiveToolsRun *run = live_tools_find_run (self, call);

  if (run != NULL)
    live_tools_step (self, run, LIVE_TOOL_EV_CANCEL, "caller-gone", 0);
}
