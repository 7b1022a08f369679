/* Owns: livectl chat: a conversation at the terminal, or line by line over a pipe.
 * Thread: main only.
 * Called by: main.c. */
#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "livectl-chat.h"
#include "livectl-error.h"
#include "livectl-event.h"
#include "livectl-out.h"
#include "livectl-rows.h"

#define ANSWER_MS 120000
#define QUIT_MS 2000

static void read_line (LivectlChat *chat);

static void
add_options (gpointer data, GOptionContext *options)
{
  LivectlChat *chat = data;
  GOptionEntry entries[] = {
    { "listen", 'l', 0, G_OPTION_ARG_NONE, &chat->is_listening_wanted,
      N_ ("Open the microphone at once"), NULL },
    { "thoughts", 0, 0, G_OPTION_ARG_NONE, &chat->shows_thoughts,
      N_ ("Show the thoughts of models that write them"), NULL },
    { "figures", 0, 0, G_OPTION_ARG_NONE, &chat->shows_figures,
      N_ ("Show tokens and times after each answer"), NULL },
    { NULL },
  };

  g_option_context_add_main_entries (options, entries, NULL);
}

void
livectl_chat_quit (LivectlChat *chat)
{
  livectl_context_finish (chat->ctx, chat->is_gone ? LIVECTL_EXIT_UNREACHABLE : LIVECTL_EXIT_OK);
}

void
livectl_chat_returned (LivectlChat *chat, const GError *error)
{
  chat->n_calls--;
  if (error == NULL)
    return;

  if (chat->terminal == NULL)
    livectl_context_fail (chat->ctx, error);
  else if (!chat->is_gone)
    livectl_chat_note_error (chat, error);
}

/* The next line of a pipe comes when what the last one asked for is over. */
void
livectl_chat_go_on (LivectlChat *chat)
{
  if (chat->terminal != NULL || chat->ctx->is_finished || !chat->is_ready || chat->n_calls > 0 ||
      chat->is_reading)
    return;
  if (chat->awaited > livectl_dialogue_get_completed (chat->dialogue))
    return;

  g_clear_handle_id (&chat->turn_timeout_id, g_source_remove);
  if (chat->is_at_end)
    livectl_chat_quit (chat);
  else
    read_line (chat);
}

static gboolean
on_turn_timeout (gpointer data)
{
  LivectlChat *chat = data;
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                                  _ ("the answer did not come to its end"));

  chat->turn_timeout_id = 0;
  livectl_context_fail (chat->ctx, error);
  return G_SOURCE_REMOVE;
}

static void
on_sent (LivectlContext *ctx, GVariant *reply, GUnixFDList *fds, const GError *error, gpointer data)
{
  LivectlChat *chat = data;

  livectl_chat_returned (chat, error);
  if (error != NULL)
    return;

  g_variant_get (reply, "(t)", &chat->awaited);
  if (chat->terminal == NULL && chat->turn_timeout_id == 0)
    chat->turn_timeout_id =
        g_timeout_add (livectl_context_timeout_ms (ctx, ANSWER_MS), on_turn_timeout, chat);
  livectl_chat_go_on (chat);
}

void
livectl_chat_send (LivectlChat *chat, const char *text, gboolean is_context)
{
  GVariantBuilder options;

  chat->has_sent = TRUE;
  chat->n_calls++;
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (is_context)
    g_variant_builder_add (&options, "{sv}", "context", g_variant_new_boolean (TRUE));
  livectl_proxy_call (chat->ctx, LIVECTL_SESSION, "SendText",
                      g_variant_new ("(sa{sv})", text, &options),
                      livectl_context_timeout_ms (chat->ctx, LIVECTL_CONNECT_MS), on_sent, chat);
}

typedef struct
{
  LivectlChat *chat;
  char *done;
} Remark;

static void
on_returned (LivectlContext *ctx,
             GVariant *reply,
             GUnixFDList *fds,
             const GError *error,
             gpointer data)
{
  g_autofree Remark *remark = data;
  g_autofree char *done = remark->done;

  livectl_chat_returned (remark->chat, error);
  if (error == NULL && done != NULL)
    livectl_screen_note (remark->chat->screen, "%s", done);
  livectl_chat_go_on (remark->chat);
}

static Remark *
remark_new (LivectlChat *chat, const char *done)
{
  Remark *remark = g_new0 (Remark, 1);

  remark->chat = chat;
  remark->done = g_strdup (done);
  chat->n_calls++;
  return remark;
}

void
livectl_chat_call (LivectlChat *chat,
                   LivectlInterface interface,
                   const char *method,
                   GVariant *args,
                   const char *done)
{
  livectl_proxy_call (chat->ctx, interface, method, args,
                      livectl_context_timeout_ms (chat->ctx, LIVECTL_CALL_MS), on_returned,
                      remark_new (chat, done));
}

void
livectl_chat_set (LivectlChat *chat, const char *audio_property, GVariant *value, const char *done)
{
  livectl_proxy_set (chat->ctx, LIVECTL_AUDIO, audio_property, value, on_returned,
                     remark_new (chat, done));
}

static void
take_line (LivectlChat *chat, const char *typed)
{
  g_autofree char *text = g_strstrip (g_strdup (typed));

  if (*text == '\0')
    return;
  if (*text == '/' && (!chat->is_gone || strcmp (text, "/quit") == 0))
    {
      livectl_chat_command (chat, text);
      return;
    }
  if (chat->is_gone)
    {
      char *all = chat->held != NULL ? g_strconcat (chat->held, "\n", text, NULL) : g_strdup (text);

      g_free (chat->held);
      chat->held = all;
      livectl_screen_note (chat->screen, "%s", _ ("It is sent when lived is back."));
      return;
    }

  if (chat->terminal != NULL)
    {
      livectl_screen_append (chat->screen, LIVECTL_SPEAKER_USER, text);
      livectl_screen_end (chat->screen, LIVECTL_SPEAKER_USER);
    }
  livectl_chat_send (chat, text, FALSE);
}

static void
on_entered (const char *text, gpointer data)
{
  LivectlChat *chat = data;

  take_line (chat, text);
  if (!chat->ctx->is_finished)
    livectl_chat_update_prompt (chat);
}

static void
on_line_read (GObject *source, GAsyncResult *result, gpointer data)
{
  LivectlChat *chat = data;
  LivectlContext *ctx = chat->ctx;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line_finish_utf8 (G_DATA_INPUT_STREAM (source),
                                                                     result, NULL, &error);

  ctx->n_pending--;
  chat->is_reading = FALSE;
  if (ctx->is_finished)
    return;

  if (error != NULL)
    livectl_context_usage (ctx, _ ("Standard input cannot be read: %s."), error->message);
  else if (line == NULL)
    chat->is_at_end = TRUE;
  else
    take_line (chat, line);
  livectl_chat_go_on (chat);
}

static void
read_line (LivectlChat *chat)
{
  chat->is_reading = TRUE;
  chat->ctx->n_pending++;
  g_data_input_stream_read_line_async (chat->input, G_PRIORITY_DEFAULT, chat->ctx->cancellable,
                                       on_line_read, chat);
}

static void
on_ended (gpointer data)
{
  livectl_chat_quit (data);
}

static gboolean
on_quit_timeout (gpointer data)
{
  LivectlChat *chat = data;

  chat->quit_timeout_id = 0;
  livectl_chat_update_prompt (chat);
  return G_SOURCE_REMOVE;
}

static void
on_interrupted (gpointer data)
{
  LivectlChat *chat = data;

  if (chat->is_gone)
    {
      livectl_chat_quit (chat);
      return;
    }
  if (chat->quit_timeout_id != 0)
    {
      livectl_context_finish (chat->ctx, LIVECTL_EXIT_INTERRUPTED);
      return;
    }

  chat->quit_timeout_id = g_timeout_add (QUIT_MS, on_quit_timeout, chat);
  if (strcmp (livectl_props_get_string (chat->props, "Activity"), "idle") != 0)
    livectl_chat_call (chat, LIVECTL_SESSION, "Interrupt", g_variant_new ("(a{sv})", NULL), NULL);
  livectl_chat_update_prompt (chat);
}

static void
on_tab (LivectlLine *line, gpointer data)
{
  g_autofree char *completed = livectl_chat_complete (data, livectl_line_get_text (line));

  if (completed != NULL)
    livectl_line_set_text (line, completed);
}

static void
on_resized (gpointer data)
{
  LivectlChat *chat = data;

  livectl_screen_resized (chat->screen);
}

static void
on_signal (LivectlContext *ctx,
           const char *interface,
           const char *member,
           GVariant *params,
           gpointer data)
{
  LivectlChat *chat = data;

  if (ctx->is_json && chat->has_started)
    livectl_event_print (ctx, interface, member, params, FALSE);
  livectl_dialogue_signal (chat->dialogue, member, params);
  livectl_context_flush (ctx);
  livectl_chat_go_on (chat);
}

static void
greet (LivectlChat *chat)
{
  const char *model = livectl_props_get_string (chat->props, "Model");
  const char *voice = livectl_props_get_string (chat->props, "Voice");

  chat->is_ready = TRUE;
  if (chat->terminal != NULL && *voice != '\0')
    livectl_screen_note (chat->screen, _ ("Online with %s, voice %s."), model, voice);
  else if (chat->terminal != NULL)
    livectl_screen_note (chat->screen, _ ("Online with %s."), model);
  if (chat->is_listening_wanted)
    livectl_chat_command (chat, "/listen on");
  if (chat->held != NULL)
    {
      g_autofree char *held = g_steal_pointer (&chat->held);

      take_line (chat, held);
    }
}

static void
on_connected (LivectlContext *ctx,
              GVariant *reply,
              GUnixFDList *fds,
              const GError *error,
              gpointer data)
{
  LivectlChat *chat = data;

  /* It went again; its coming back is watched. */
  if (error != NULL && chat->is_gone)
    return;
  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  greet (chat);
  livectl_chat_update_prompt (chat);
  livectl_chat_go_on (chat);
}

static void
on_props (LivectlContext *ctx, const char *property, gpointer data)
{
  LivectlChat *chat = data;

  if (property == NULL && ctx->is_json)
    livectl_event_print_start (ctx, livectl_props_get_string (chat->props, "State"));
  if (property == NULL)
    chat->has_started = TRUE;

  if (property == NULL)
    livectl_proxy_call (ctx, LIVECTL_SESSION, "Connect", g_variant_new ("(a{sv})", NULL),
                        livectl_context_timeout_ms (ctx, LIVECTL_CONNECT_MS), on_connected, chat);
  else if (strcmp (property, "State") == 0 && chat->is_ready && chat->terminal != NULL)
    livectl_chat_tell_state (chat);
  livectl_chat_update_prompt (chat);
}

/* At a terminal somebody has half a line on the screen, which is worth waiting with. */
static void
on_presence (LivectlContext *ctx, gboolean is_present, gpointer data)
{
  LivectlChat *chat = data;

  if (is_present && chat->is_gone)
    {
      chat->is_gone = FALSE;
      livectl_props_read (chat->props);
    }
  else if (!is_present && chat->was_present && chat->terminal == NULL)
    {
      g_autoptr (GError) error = g_error_new_literal (LIVECTL_ERROR, LIVECTL_ERROR_GONE, "");

      livectl_context_fail (ctx, error);
    }
  else if (!is_present && chat->was_present && !chat->is_gone)
    {
      chat->is_gone = TRUE;
      chat->is_ready = chat->was_lost = FALSE;
      livectl_screen_end_all (chat->screen);
      livectl_screen_note (chat->screen, "%s",
                           _ ("lived is gone. Waiting for it to come back; Ctrl-D quits."));
    }
  chat->was_present |= is_present;
  if (!ctx->is_finished)
    livectl_chat_update_prompt (chat);
}

static void
run (LivectlContext *ctx, gpointer data)
{
  LivectlChat *chat = data;
  LivectlTerminalHooks hooks = {
    .entered = on_entered,
    .interrupted = on_interrupted,
    .ended = on_ended,
    .tab = on_tab,
    .resized = on_resized,
    .data = chat,
  };

  chat->ctx = ctx;
  chat->terminal = ctx->is_json ? NULL : livectl_terminal_new (&hooks);
  chat->screen = livectl_screen_new (chat->terminal);
  chat->dialogue = livectl_dialogue_new (ctx->is_json ? NULL : chat->screen, chat->shows_thoughts,
                                         chat->shows_figures);
  chat->props = livectl_props_new (ctx, FALSE, TRUE, on_props, chat);
  if (chat->terminal == NULL)
    {
      g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);

      chat->input = g_data_input_stream_new (input);
    }

  livectl_proxy_watch (ctx, on_presence, chat);
  livectl_proxy_subscribe (ctx, on_signal, chat);
  livectl_props_read (chat->props);
  livectl_chat_update_prompt (chat);
}

static void
leave (gpointer data)
{
  LivectlChat *chat = data;

  g_clear_handle_id (&chat->turn_timeout_id, g_source_remove);
  g_clear_handle_id (&chat->quit_timeout_id, g_source_remove);
  if (chat->screen != NULL)
    livectl_screen_end_all (chat->screen);
  if (chat->terminal != NULL)
    livectl_terminal_leave (chat->terminal);
}

static gboolean
interrupt (LivectlContext *ctx, gpointer data)
{
  LivectlChat *chat = data;

  if (chat->terminal == NULL)
    return FALSE;

  on_interrupted (chat);
  return TRUE;
}

static void
clear (gpointer data)
{
  LivectlChat *chat = data;

  leave (chat);
  g_clear_pointer (&chat->screen, livectl_screen_free);
  g_clear_pointer (&chat->terminal, livectl_terminal_free);
  g_clear_pointer (&chat->dialogue, livectl_dialogue_free);
  g_clear_pointer (&chat->props, livectl_props_free);
  g_clear_object (&chat->input);
  g_clear_pointer (&chat->held, g_free);
}

const LivectlCommand livectl_chat = {
  .name = "chat",
  .summary = N_ ("Hold a conversation at the terminal"),
  .description = N_ (
      "What you type is sent as text; what is spoken on both sides appears as it comes.\n"
      "/help lists the commands. Ctrl-C interrupts the answer, twice it quits, as Ctrl-D does.\n"
      "On a pipe each line of standard input is one message, sent when the answer to the one\n"
      "before is over; the answers are lines of standard output."),
  .state_bytes = sizeof (LivectlChat),
  .add_options = add_options,
  .run = run,
  .leave = leave,
  .interrupt = interrupt,
  .clear = clear,
};
