/* Owns: livectl agent: asks the user, at the terminal, whether a tool may run.
 * Thread: main only.
 * Called by: main.c. */
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "live-dbus.h"
#include "livectl-agent.h"
#include "livectl-error.h"
#include "livectl-proxy.h"
#include "livectl-rows.h"

#define AGENT_PATH "/org/lived/livectl/agent"
#define MAX_QUESTIONS 64
/* An answer that comes sooner was meant for something else. */
#define GUARD_MS 600
/* Of the arguments, in the line that stays. */
#define RECORD_CHARACTERS 120

typedef struct
{
  LivectlContext *ctx;
  LivectlTerminal *terminal;
  LivectlAgentView *view;
  guint object_id;
  guint guard_id;
  GPtrArray *questions; /* of LivectlQuestion; the first one stands on the screen */
  GHashTable *allowed;  /* set of owner and tool, for as long as we run */
  gboolean has_started;
  gboolean is_registered;
} State;

/* A question whose owner's program is looked up. */
typedef struct
{
  State *state;
  char *id;
} Lookup;

static char *
build_key (const LivectlQuestion *question)
{
  return g_strconcat (question->owner, "\n", question->tool, NULL);
}

static void
show (State *state, const char *record)
{
  LivectlQuestion *first =
      state->questions->len > 0 ? g_ptr_array_index (state->questions, 0) : NULL;

  livectl_agent_view_show (state->view, record, first, state->guard_id == 0,
                           first != NULL ? state->questions->len - 1 : 0,
                           state->is_registered ? _ ("Nobody asks. Ctrl-D ends.")
                                                : _ ("Waiting for lived. Ctrl-D ends."));
}

static gboolean
on_guard_over (gpointer data)
{
  State *state = data;

  state->guard_id = 0;
  show (state, NULL);
  return G_SOURCE_REMOVE;
}

/* The first question is another one. */
static void
show_next (State *state, const char *record)
{
  g_clear_handle_id (&state->guard_id, g_source_remove);
  livectl_terminal_clear_line (state->terminal);
  if (state->questions->len > 0)
    state->guard_id = g_timeout_add (GUARD_MS, on_guard_over, state);
  show (state, record);
}

static char *
build_record (const LivectlQuestion *question, const char *verdict)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%T");
  gboolean is_long = g_utf8_strlen (question->arguments, -1) > RECORD_CHARACTERS;
  g_autofree char *arguments =
      g_utf8_substring (question->arguments, 0, is_long ? RECORD_CHARACTERS : -1);

  return g_strdup_printf ("%s  %s: %s %s%s", time, verdict, question->tool, arguments,
                          is_long ? " …" : "");
}

static void
answer (State *state, gboolean is_allowed)
{
  LivectlQuestion *question = g_ptr_array_index (state->questions, 0);
  g_autofree char *record = build_record (question, is_allowed ? _ ("allowed") : _ ("denied"));

  g_dbus_method_invocation_return_value (g_steal_pointer (&question->invocation),
                                         g_variant_new ("(s)", is_allowed ? "allow" : "deny"));
  g_ptr_array_remove_index (state->questions, 0);
  show_next (state, record);
}

/* Questions that "always" has answered, wherever they stand. */
static void
answer_allowed (State *state)
{
  for (guint i = 0; i < state->questions->len; i++)
    {
      LivectlQuestion *question = g_ptr_array_index (state->questions, i);
      g_autofree char *key = build_key (question);
      g_autofree char *record = NULL;

      if (!g_hash_table_contains (state->allowed, key))
        continue;

      record = build_record (question, _ ("allowed, as always"));
      g_dbus_method_invocation_return_value (g_steal_pointer (&question->invocation),
                                             g_variant_new ("(s)", "allow"));
      g_ptr_array_remove_index (state->questions, i);
      if (i == 0)
        show_next (state, record);
      else
        show (state, record);
      i--;
    }
}

static void
on_entered (const char *text, gpointer data)
{
  LivectlContext *ctx = data;
  State *state = ctx->state;
  g_autofree char *word = g_ascii_strdown (text, -1);

  g_strstrip (word);
  if (state->questions->len == 0 || state->guard_id != 0)
    return;

  if (strcmp (word, "y") == 0 || strcmp (word, "yes") == 0)
    answer (state, TRUE);
  else if (strcmp (word, "n") == 0 || strcmp (word, "no") == 0)
    answer (state, FALSE);
  else if (strcmp (word, "a") == 0 || strcmp (word, "always") == 0)
    {
      g_hash_table_add (state->allowed, build_key (g_ptr_array_index (state->questions, 0)));
      answer (state, TRUE);
      answer_allowed (state);
    }
}

static void
on_ended (gpointer data)
{
  livectl_context_finish (data, LIVECTL_EXIT_OK);
}

static void
on_interrupted (gpointer data)
{
  livectl_context_finish (data, LIVECTL_EXIT_INTERRUPTED);
}

static void
on_resized (gpointer data)
{
  LivectlContext *ctx = data;
  State *state = ctx->state;

  livectl_agent_view_resized (state->view);
}

static guint
find_question (State *state, const char *id)
{
  guint i = 0;

  while (i < state->questions->len &&
         strcmp (((LivectlQuestion *) g_ptr_array_index (state->questions, i))->id, id) != 0)
    i++;
  return i;
}

static void
withdraw (State *state, guint index, const char *reason)
{
  LivectlQuestion *question = g_ptr_array_index (state->questions, index);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%T");
  g_autofree char *record =
      g_strdup_printf (_ ("%s  taken back (%s): %s"), time, reason, question->tool);

  g_dbus_method_invocation_return_value (g_steal_pointer (&question->invocation),
                                         g_variant_new ("(s)", "deny"));
  g_ptr_array_remove_index (state->questions, index);
  if (index == 0)
    show_next (state, record);
  else
    show (state, record);
}

/* The command line, which says more than a name of a process when that is an interpreter. */
static char *
read_program (guint32 pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%u/cmdline", pid);
  g_autofree char *bytes = NULL;
  gsize n_bytes = 0;

  if (!g_file_get_contents (path, &bytes, &n_bytes, NULL) || n_bytes == 0)
    return NULL;

  for (gsize i = 0; i + 1 < n_bytes; i++)
    if (bytes[i] == '\0')
      bytes[i] = ' ';
  return g_utf8_make_valid (bytes, (gssize) MIN (strlen (bytes), 200));
}

static void
on_pid (GObject *source, GAsyncResult *result, gpointer data)
{
  Lookup *lookup = data;
  State *state = lookup->state;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  guint index;

  state->ctx->n_pending--;
  index = find_question (state, lookup->id);
  if (reply != NULL && !state->ctx->is_finished && index < state->questions->len)
    {
      LivectlQuestion *question = g_ptr_array_index (state->questions, index);
      guint32 pid = 0;

      g_variant_get (reply, "(u)", &pid);
      question->program = read_program (pid);
      if (index == 0)
        show (state, NULL);
    }

  g_free (lookup->id);
  g_free (lookup);
}

static void
look_up_program (State *state, const LivectlQuestion *question)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  lookup->state = state;
  lookup->id = g_strdup (question->id);
  state->ctx->n_pending++;
  g_dbus_connection_call (
      state->ctx->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "GetConnectionUnixProcessID", g_variant_new ("(s)", question->owner), G_VARIANT_TYPE ("(u)"),
      G_DBUS_CALL_FLAGS_NONE, LIVECTL_CALL_MS, state->ctx->cancellable, on_pid, lookup);
}

static void
request (State *state, GVariant *params, GDBusMethodInvocation *invocation)
{
  LivectlQuestion *question = g_new0 (LivectlQuestion, 1);
  g_autoptr (GVariant) details = NULL;
  const char *text = NULL;

  question->invocation = invocation;
  g_variant_get (params, "(sss@a{sv})", &question->id, &question->tool, &question->arguments,
                 &details);
  question->owner = g_strdup (g_variant_lookup (details, "owner", "&s", &text) ? text : "");
  question->description =
      g_strdup (g_variant_lookup (details, "description", "&s", &text) ? text : "");

  if (state->questions->len >= MAX_QUESTIONS)
    {
      g_dbus_method_invocation_return_error_literal (g_steal_pointer (&question->invocation),
                                                     LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                                                     "Too many questions at a time");
      livectl_question_free (question);
      return;
    }

  g_ptr_array_add (state->questions, question);
  look_up_program (state, question);
  if (state->questions->len == 1)
    show_next (state, NULL);
  else
    show (state, NULL);
  answer_allowed (state);
}

static void
on_method_call (GDBusConnection *bus,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *params,
                GDBusMethodInvocation *invocation,
                gpointer data)
{
  State *state = data;

  if (state->ctx->is_finished || g_strcmp0 (sender, state->ctx->daemon) != 0)
    {
      g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                             "Only %s may ask", LIVE_BUS_NAME);
      return;
    }

  if (strcmp (method, "Request") == 0)
    request (state, params, invocation);
  else
    {
      const char *id = NULL;
      const char *reason = NULL;
      guint index;

      g_variant_get (params, "(&s&s)", &id, &reason);
      g_dbus_method_invocation_return_value (invocation, NULL);
      index = find_question (state, id);
      if (index < state->questions->len)
        withdraw (state, index, reason);
    }
}

static void
on_registered (LivectlContext *ctx,
               GVariant *reply,
               GUnixFDList *fds,
               const GError *error,
               gpointer data)
{
  State *state = data;

  if (error == NULL)
    {
      state->is_registered = TRUE;
      show (state, NULL);
    }
  /* A daemon that left again is waited for, one that never came is not. */
  else if (livectl_error_exit_code (error) != LIVECTL_EXIT_UNREACHABLE || !state->has_started)
    livectl_context_fail (ctx, error);
}

static void
on_presence (LivectlContext *ctx, gboolean is_present, gpointer data)
{
  State *state = data;

  state->has_started = state->has_started || is_present || ctx->no_autostart;
  state->is_registered = FALSE;
  while (!is_present && state->questions->len > 0)
    withdraw (state, 0, _ ("the daemon is gone"));

  /* The call starts the daemon. Once it was there it is left alone: somebody may have stopped it.
   */
  if (is_present || !state->has_started)
    livectl_proxy_call (ctx, LIVECTL_TOOLS, "RegisterAgent", g_variant_new ("(o)", AGENT_PATH),
                        LIVECTL_CALL_MS, on_registered, state);
  show (state, NULL);
}

static gboolean
check (LivectlContext *ctx, gpointer data)
{
  if (ctx->is_json)
    livectl_context_usage (ctx, _ ("agent asks a human; a program takes part over D-Bus."));
  else if (!isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO))
    livectl_context_usage (ctx, _ ("agent asks at a terminal, and this is none."));
  return !ctx->is_finished;
}

static void
run (LivectlContext *ctx, gpointer data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };
  State *state = data;
  LivectlTerminalHooks hooks = {
    .entered = on_entered,
    .interrupted = on_interrupted,
    .ended = on_ended,
    .resized = on_resized,
    .data = ctx,
  };
  g_autoptr (GError) error = NULL;

  state->ctx = ctx;
  state->questions = g_ptr_array_new_with_free_func (livectl_question_free);
  state->allowed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  state->terminal = livectl_terminal_new (&hooks);
  if (state->terminal == NULL)
    {
      livectl_context_usage (ctx, _ ("agent asks at a terminal, and this is none."));
      return;
    }

  state->view = livectl_agent_view_new (state->terminal);
  state->object_id = g_dbus_connection_register_object (
      ctx->bus, AGENT_PATH, live_dbus_tool_agent_interface_info (), &vtable, state, NULL, &error);
  if (state->object_id == 0)
    livectl_context_fail (ctx, error);
  else
    livectl_proxy_watch (ctx, on_presence, state);
}

static void
leave (gpointer data)
{
  State *state = data;

  g_clear_handle_id (&state->guard_id, g_source_remove);
  if (state->terminal != NULL)
    livectl_terminal_leave (state->terminal);
}

static void
clear (gpointer data)
{
  State *state = data;

  if (state->object_id != 0)
    g_dbus_connection_unregister_object (state->ctx->bus, state->object_id);
  g_clear_pointer (&state->view, livectl_agent_view_free);
  g_clear_pointer (&state->terminal, livectl_terminal_free);
  g_clear_pointer (&state->questions, g_ptr_array_unref);
  g_clear_pointer (&state->allowed, g_hash_table_unref);
}

const LivectlCommand livectl_agent = {
  .name = "agent",
  .summary = N_ ("Ask at this terminal before a tool runs that wants it"),
  .description =
      N_ ("Shows which program would be given what, word for word. y allows this call, n denies\n"
          "it, and a allows this tool of this program for as long as the agent runs. Without an\n"
          "agent such calls are denied. A question that is void vanishes."),
  .state_bytes = sizeof (State),
  .check = check,
  .run = run,
  .leave = leave,
  .clear = clear,
};
