/* Owns: the calls that wait: for the connection, and an Ask for its answer.
 * Thread: main only.
 * Called by: bus/ (the async pairs of live-engine.h) and the other files of the engine. */
#include "core/live-engine-beyond.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-names.h"
#include "protocol/live-wire-out.h"

static void
free_request (LiveRequest *request)
{
  GCancellable *cancellable = g_task_get_cancellable (request->task);

  live_clock_clear (request->engine->clock, &request->timer);
  /* Not g_cancellable_disconnect(): it waits for a handler that may be the one that runs. */
  if (request->cancel_id != 0)
    g_signal_handler_disconnect (cancellable, request->cancel_id);
  g_free (request->text);
  g_object_unref (request->task);
  g_free (request);
}

void
live_engine_request_return (LiveRequest *request, guint64 turn)
{
  guint64 *number = g_new (guint64, 1);

  *number = turn;
  g_task_return_pointer (request->task, number, g_free);
  free_request (request);
}

typedef struct
{
  char *text;
  GVariant *details;
} Reply;

static void
free_reply (gpointer data)
{
  Reply *reply = data;

  g_free (reply->text);
  g_variant_unref (reply->details);
  g_free (reply);
}

void
live_engine_request_reply (LiveRequest *request, char *take_text, GVariant *details)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->text = take_text;
  reply->details = g_variant_ref_sink (details);
  g_task_return_pointer (request->task, reply, free_reply);
  free_request (request);
}

void
live_engine_request_fail (LiveRequest *request, const GError *error)
{
  g_task_return_error (request->task, g_error_copy (error));
  free_request (request);
}

void
live_engine_fail_requests (LiveEngine *self, const GError *error)
{
  guint64 last = self->last_request;
  LiveRequest *request;

  /* A callback may ask again at once, which is a new call, or take another one back: each is
   * looked for in the queue itself, up to the newest there was. */
  g_object_ref (self);
  while ((request = g_queue_peek_head (&self->requests)) != NULL && request->number <= last)
    {
      g_queue_pop_head (&self->requests);
      live_engine_request_fail (request, error);
    }
  g_object_unref (self);
}

/* The turn that waits for this Ask's answer, in whichever place it stands. */
static LiveEngineTurn *
find_asked_turn (LiveEngine *self, const LiveRequest *request)
{
  if (self->turn != NULL && self->turn->ask == request)
    return self->turn;

  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    if (((LiveEngineTurn *) link->data)->ask == request)
      return link->data;
  for (GList *link = self->let_go.head; link != NULL; link = link->next)
    if (((LiveEngineTurn *) link->data)->ask == request)
      return link->data;
  for (GList *link = self->kept.head; link != NULL; link = link->next)
    if (((LiveEngineTurn *) link->data)->ask == request)
      return link->data;

  return NULL;
}

/* The call ends, the conversation goes on: what was handed over is not taken back. */
static void
withdraw_request (LiveRequest *request, const GError *error)
{
  LiveEngine *self = request->engine;
  LiveEngineTurn *turn = find_asked_turn (self, request);

  g_queue_remove (&self->requests, request);
  if (turn != NULL)
    turn->ask = NULL;
  live_engine_request_fail (request, error);
}

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  g_autoptr (GError) error =
      g_error_new_literal (LIVE_ERROR, LIVE_ERROR_INTERRUPTED, _ ("The caller went away"));

  withdraw_request (data, error);
}

static void
on_request_timer (gpointer data)
{
  LiveRequest *request = data;
  LiveEngine *self = request->engine;
  g_autoptr (GError) error = NULL;

  request->timer = 0;
  if (request->turn != 0 && live_engine_is_online (self))
    error = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_TIMEOUT,
                                 _ ("The model did not answer in time"));
  else if (self->failure != NULL)
    error = g_error_copy (self->failure);
  else if (self->shown.state == LIVE_LINK_WAITING_NETWORK)
    error = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NETWORK, _ ("There is no network"));
  else
    error = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_TIMEOUT,
                                 _ ("The service could not be reached in time"));
  withdraw_request (request, error);
}

static LiveRequest *
new_request (LiveEngine *self,
             LiveRequestKind kind,
             const char *text,
             guint timeout_ms,
             GTask *take_task)
{
  LiveRequest *request = g_new0 (LiveRequest, 1);
  GCancellable *cancellable = g_task_get_cancellable (take_task);

  request->kind = kind;
  request->number = ++self->last_request;
  request->engine = self;
  request->task = take_task;
  request->text = g_strdup (text);
  request->wants_answer = TRUE;
  request->timer = live_clock_arm (self->clock, timeout_ms, on_request_timer, request);
  /* The task says which error it ends with, also when it was cancelled. */
  g_task_set_check_cancellable (take_task, FALSE);
  if (cancellable != NULL)
    request->cancel_id =
        g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), request);
  return request;
}

void
live_engine_flush_requests (LiveEngine *self)
{
  g_object_ref (self);
  /* What comes while the socket closes waits for the next one. */
  while (live_link_can_send (self->link) && !g_queue_is_empty (&self->requests))
    {
      LiveRequest *request = g_queue_pop_head (&self->requests);

      if (request->kind == LIVE_REQUEST_CONNECT)
        live_engine_request_return (request, 0);
      else
        live_engine_hand_over (self, request);
    }
  g_object_unref (self);
}

/* takes task. A refusal of the link may come from inside want(), so the request stands in the
 * queue before. */
static void
submit_request (LiveEngine *self, LiveRequest *request)
{
  g_queue_push_tail (&self->requests, request);
  if (live_engine_is_online (self))
    live_engine_flush_requests (self);
  else
    live_link_want (self->link, TRUE, NULL);
}

/* The checks that all share; NULL when the task was answered already. */
static GTask *
begin_call (LiveEngine *self,
            gpointer tag,
            const char *text,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, data);

  g_task_set_source_tag (task, tag);
  if (self->is_down || (cancellable != NULL && g_cancellable_is_cancelled (cancellable)))
    g_task_return_new_error (task, LIVE_ERROR, LIVE_ERROR_NOT_CONNECTED,
                             _ ("The daemon is shutting down, or the caller went away"));
  else if (text != NULL && *text == '\0')
    g_task_return_new_error (task, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                             _ ("The text is empty"));
  else if (text != NULL && strlen (text) > LIVE_MAX_TEXT_BYTES)
    g_task_return_new_error (task, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                             _ ("The text is longer than %u bytes"), LIVE_MAX_TEXT_BYTES);
  else if (self->requests.length >= LIVE_ENGINE_MAX_REQUESTS ||
           self->waiting.length + self->kept.length >= LIVE_ENGINE_MAX_REQUESTS)
    g_task_return_new_error (task, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                             _ ("More than %u messages wait already"), LIVE_ENGINE_MAX_REQUESTS);
  else
    return g_steal_pointer (&task);

  return NULL;
}

void
live_engine_connect_async (LiveEngine *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer data)
{
  GTask *task = begin_call (self, live_engine_connect_async, NULL, cancellable, callback, data);

  if (task != NULL)
    submit_request (
        self, new_request (self, LIVE_REQUEST_CONNECT, NULL, LIVE_ENGINE_ONLINE_TIMEOUT_MS, task));
}

static gboolean
finish_number (GAsyncResult *result, guint64 *ret_turn, GError **error)
{
  g_autofree guint64 *number = g_task_propagate_pointer (G_TASK (result), error);

  if (number == NULL)
    return FALSE;

  if (ret_turn != NULL)
    *ret_turn = *number;
  return TRUE;
}

gboolean
live_engine_connect_finish (LiveEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return finish_number (result, NULL, error);
}

void
live_engine_send_text_async (LiveEngine *self,
                             const char *text,
                             gboolean is_context,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer data)
{
  GTask *task = begin_call (self, live_engine_send_text_async, text, cancellable, callback, data);
  LiveRequest *request;

  if (task == NULL)
    return;

  request = new_request (self, is_context ? LIVE_REQUEST_CONTEXT : LIVE_REQUEST_TEXT, text,
                         LIVE_ENGINE_ONLINE_TIMEOUT_MS, task);
  request->wants_answer = !is_context;
  submit_request (self, request);
}

gboolean
live_engine_send_text_finish (LiveEngine *self,
                              GAsyncResult *result,
                              guint64 *ret_turn,
                              GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return finish_number (result, ret_turn, error);
}

void
live_engine_send_content_async (LiveEngine *self,
                                const char *turns_json,
                                gboolean turn_complete,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer data)
{
  GTask *task =
      begin_call (self, live_engine_send_content_async, turns_json, cancellable, callback, data);
  g_autofree char *checked = NULL;
  LiveRequest *request;
  GError *error = NULL;

  if (task == NULL)
    return;

  /* What is wrong with the turns is said now, not when the connection stands. */
  checked = live_wire_out_client_turns (turns_json, turn_complete, &error);
  if (checked == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  request =
      new_request (self, LIVE_REQUEST_CONTENT, turns_json, LIVE_ENGINE_ONLINE_TIMEOUT_MS, task);
  request->wants_answer = turn_complete;
  submit_request (self, request);
}

gboolean
live_engine_send_content_finish (LiveEngine *self,
                                 GAsyncResult *result,
                                 guint64 *ret_turn,
                                 GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return finish_number (result, ret_turn, error);
}

void
live_engine_ask_async (LiveEngine *self,
                       const char *text,
                       guint timeout_ms,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer data)
{
  GTask *task = begin_call (self, live_engine_ask_async, text, cancellable, callback, data);

  if (task != NULL)
    submit_request (self,
                    new_request (self, LIVE_REQUEST_ASK, text,
                                 timeout_ms != 0 ? timeout_ms : LIVE_ENGINE_ASK_TIMEOUT_MS, task));
}

char *
live_engine_ask_finish (LiveEngine *self,
                        GAsyncResult *result,
                        GVariant **ret_details,
                        GError **error)
{
  Reply *reply;
  char *text;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  reply = g_task_propagate_pointer (G_TASK (result), error);
  if (reply == NULL)
    return NULL;

  text = g_steal_pointer (&reply->text);
  if (ret_details != NULL)
    *ret_details = g_variant_ref (reply->details);
  free_reply (reply);
  return text;
}
