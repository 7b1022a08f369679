/* Owns: livectl dump: the daemon's inside for a bug report.
 * Thread: main only.
 * Called by: main.c. */
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-proxy.h"
#include "livectl-rows.h"

#define DUMP_MAX_BYTES (16 * 1024 * 1024)

typedef struct
{
  LivectlContext *ctx;
  GString *text;
} State;

static void
print (LivectlContext *ctx, const char *text)
{
  if (ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      g_autofree char *valid = g_utf8_make_valid (text, -1);

      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "dump");
      json_builder_add_string_value (builder, valid);
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    {
      g_autofree char *clean = livectl_out_clean (text, TRUE);

      livectl_out_line ("%s", g_strchomp (clean));
    }
  livectl_context_finish (ctx, LIVECTL_EXIT_OK);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  State *state = data;
  LivectlContext *ctx = state->ctx;
  GInputStream *input = G_INPUT_STREAM (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) chunk = g_input_stream_read_bytes_finish (input, result, &error);

  ctx->n_pending--;
  if (ctx->is_finished)
    return;

  if (chunk == NULL)
    livectl_context_fail (ctx, error);
  else if (g_bytes_get_size (chunk) == 0 || state->text->len > DUMP_MAX_BYTES)
    print (ctx, state->text->str);
  else
    {
      g_string_append_len (state->text, g_bytes_get_data (chunk, NULL), g_bytes_get_size (chunk));
      ctx->n_pending++;
      g_input_stream_read_bytes_async (input, 65536, G_PRIORITY_DEFAULT, ctx->cancellable, on_read,
                                       state);
    }
}

static void
on_dumped (LivectlContext *ctx,
           GVariant *reply,
           GUnixFDList *fds,
           const GError *error,
           gpointer data)
{
  State *state = data;
  g_autoptr (GInputStream) input = NULL;
  g_autoptr (GError) no_fd = NULL;
  gint32 handle = 0;
  int fd = -1;

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  g_variant_get (reply, "(h)", &handle);
  if (fds != NULL)
    fd = g_unix_fd_list_get (fds, handle, &no_fd);
  else
    g_set_error_literal (&no_fd, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _ ("no file came along"));
  if (fd < 0)
    {
      livectl_context_fail (ctx, no_fd);
      return;
    }

  input = g_unix_input_stream_new (fd, TRUE);
  state->ctx = ctx;
  state->text = g_string_new (NULL);
  ctx->n_pending++;
  g_input_stream_read_bytes_async (input, 65536, G_PRIORITY_DEFAULT, ctx->cancellable, on_read,
                                   state);
}

static void
run (LivectlContext *ctx, gpointer state)
{
  livectl_proxy_call (ctx, LIVECTL_MANAGER, "Dump", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), on_dumped, state);
}

static void
clear (gpointer data)
{
  State *state = data;

  if (state->text != NULL)
    g_string_free (state->text, TRUE);
}

const LivectlCommand livectl_dump = {
  .name = "dump",
  .summary = N_ ("Print the daemon's inner state for a bug report"),
  .description = N_ ("It holds no secret and nothing that was said."),
  .state_bytes = sizeof (State),
  .run = run,
  .clear = clear,
};
