/* Owns: reading a verb's text from its arguments or from standard input.
 * Thread: main only.
 * Called by: ask and send. */
#include "livectl-text.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "base/live-names.h"

#define CHUNK_BYTES 65536

typedef struct
{
  LivectlContext *ctx;
  LivectlTextFunc func;
  gpointer data;
  GInputStream *input;
  GString *text;
} Reading;

static void
finish (LivectlContext *ctx, GString *text, LivectlTextFunc func, gpointer data)
{
  const char *end = NULL;

  if (!g_utf8_validate (text->str, text->len, &end))
    {
      livectl_context_usage (ctx, _ ("The text is not valid UTF-8 after %zu bytes."),
                             (gsize) (end - text->str));
      return;
    }

  g_strchomp (text->str);
  if (*g_strchug (text->str) == '\0')
    livectl_context_usage (ctx, _ ("The text is empty."));
  else
    func (ctx, text->str, data);
}

static void
free_reading (Reading *reading)
{
  g_object_unref (reading->input);
  g_string_free (reading->text, TRUE);
  g_free (reading);
}

static void
on_chunk_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Reading *reading = data;
  LivectlContext *ctx = reading->ctx;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) chunk =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  gsize n_bytes = chunk != NULL ? g_bytes_get_size (chunk) : 0;

  ctx->n_pending--;
  if (n_bytes > 0 && !ctx->is_finished && reading->text->len + n_bytes <= LIVE_MAX_TEXT_BYTES)
    {
      g_string_append_len (reading->text, g_bytes_get_data (chunk, NULL), n_bytes);
      ctx->n_pending++;
      g_input_stream_read_bytes_async (reading->input, CHUNK_BYTES, G_PRIORITY_DEFAULT,
                                       ctx->cancellable, on_chunk_read, reading);
      return;
    }

  if (chunk == NULL)
    livectl_context_usage (ctx, _ ("Standard input cannot be read: %s."), error->message);
  else if (n_bytes > 0)
    livectl_context_usage (ctx, _ ("The text is longer than %d KiB."), LIVE_MAX_TEXT_BYTES / 1024);
  else if (!ctx->is_finished)
    finish (ctx, reading->text, reading->func, reading->data);
  free_reading (reading);
}

void
livectl_text_get (LivectlContext *ctx, LivectlTextFunc func, gpointer data)
{
  Reading *reading = NULL;

  if (strcmp (ctx->args[0], "-") != 0 || ctx->args[1] != NULL)
    {
      g_autofree char *joined = g_strjoinv (" ", ctx->args);
      g_autoptr (GString) text = g_string_new (joined);

      finish (ctx, text, func, data);
      return;
    }

  reading = g_new0 (Reading, 1);
  reading->ctx = ctx;
  reading->func = func;
  reading->data = data;
  reading->input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  reading->text = g_string_new (NULL);
  ctx->n_pending++;
  g_input_stream_read_bytes_async (reading->input, CHUNK_BYTES, G_PRIORITY_DEFAULT,
                                   ctx->cancellable, on_chunk_read, reading);
}
