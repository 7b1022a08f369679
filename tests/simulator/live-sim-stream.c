/* Owns: the stream between libsoup's WebSocket and the socket.
 * Thread: main.
 * Called by: live-sim-server.c, live-sim-link.c; its two halves by libsoup. */
#include "live-sim-stream.h"

#include <string.h>

#define PONG 0x0a
#define RETRY_MS 5

typedef struct
{
  GInputStream parent;
  LiveSimStream *owner; /* borrowed: the stream owns its halves */
} LiveSimStreamInput;

typedef struct
{
  GOutputStream parent;
  LiveSimStream *owner;
} LiveSimStreamOutput;

typedef GInputStreamClass LiveSimStreamInputClass;
typedef GOutputStreamClass LiveSimStreamOutputClass;

typedef struct
{
  LiveSimStream *stream;
  GBytes *frame;
  guint timer;
} LatePong;

struct _LiveSimStream
{
  GIOStream parent;
  GIOStream *base;
  GSocket *socket;
  GInputStream *input;
  GOutputStream *output;
  gboolean is_stopped;
  guint pong_delay_ms, n_withheld;
  gsize frame_left; /* of the frame that is being written */
  GPtrArray *pongs; /* LatePong */
};

/* Wakes up when the socket can be read, unless reading has stopped: a source of libsoup's own would
 * spin. */
typedef struct
{
  GSource parent;
  LiveSimStream *stream;
  gpointer tag;
  gboolean was_stopped;
} InputSource;

static void input_pollable_init (GPollableInputStreamInterface *interface);
static void output_pollable_init (GPollableOutputStreamInterface *interface);
static GType live_sim_stream_input_get_type (void);
static GType live_sim_stream_output_get_type (void);

G_DEFINE_TYPE_WITH_CODE (LiveSimStreamInput,
                         live_sim_stream_input,
                         G_TYPE_INPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, input_pollable_init))
G_DEFINE_TYPE_WITH_CODE (LiveSimStreamOutput,
                         live_sim_stream_output,
                         G_TYPE_OUTPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                output_pollable_init))
G_DEFINE_FINAL_TYPE (LiveSimStream, live_sim_stream, G_TYPE_IO_STREAM)

static GPollableInputStream *
get_base_input (LiveSimStream *self)
{
  return G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->base));
}

static GPollableOutputStream *
get_base_output (LiveSimStream *self)
{
  return G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->base));
}

/* The reading half. */

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  LiveSimStream *self = ((LiveSimStreamInput *) stream)->owner;

  return self != NULL && !self->is_stopped &&
         g_pollable_input_stream_is_readable (get_base_input (self));
}

static gssize
input_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  LiveSimStream *self = ((LiveSimStreamInput *) stream)->owner;

  if (self == NULL || self->is_stopped)
    {
      g_set_error_literal (error, G_IO_ERROR,
                           self == NULL ? G_IO_ERROR_CLOSED : G_IO_ERROR_WOULD_BLOCK, "not read");
      return -1;
    }
  return g_pollable_input_stream_read_nonblocking (get_base_input (self), buffer, count, NULL,
                                                   error);
}

static gboolean
prepare_input (GSource *source, int *timeout)
{
  InputSource *input = (InputSource *) source;

  *timeout = -1;
  if (input->was_stopped != input->stream->is_stopped)
    {
      input->was_stopped = input->stream->is_stopped;
      g_source_modify_unix_fd (source, input->tag, input->was_stopped ? 0 : G_IO_IN);
    }
  return FALSE;
}

static gboolean
check_input (GSource *source)
{
  InputSource *input = (InputSource *) source;

  return !input->stream->is_stopped && g_source_query_unix_fd (source, input->tag) != 0;
}

static gboolean
dispatch_input (GSource *source, GSourceFunc callback, gpointer data)
{
  GPollableSourceFunc func = (GPollableSourceFunc) (void *) callback;

  return func (G_OBJECT (((InputSource *) source)->stream->input), data);
}

static void
finalize_input (GSource *source)
{
  g_clear_object (&((InputSource *) source)->stream);
}

static GSource *
input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  static GSourceFuncs funcs = { prepare_input,  check_input, dispatch_input,
                                finalize_input, NULL,        NULL };
  LiveSimStream *self = ((LiveSimStreamInput *) stream)->owner;
  GSource *source = g_source_new (&funcs, sizeof (InputSource));
  InputSource *input = (InputSource *) source;

  input->stream = g_object_ref (self);
  input->tag = g_source_add_unix_fd (source, g_socket_get_fd (self->socket), G_IO_IN);
  return source;
}

static gssize
input_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancel, GError **error)
{
  LiveSimStream *self = ((LiveSimStreamInput *) stream)->owner;

  return g_input_stream_read (g_io_stream_get_input_stream (self->base), buffer, count, cancel,
                              error);
}

static void
input_pollable_init (GPollableInputStreamInterface *interface)
{
  interface->is_readable = input_is_readable;
  interface->create_source = input_create_source;
  interface->read_nonblocking = input_read_nonblocking;
}

static void
live_sim_stream_input_class_init (LiveSimStreamInputClass *class)
{
  class->read_fn = input_read;
}

static void
live_sim_stream_input_init (LiveSimStreamInput *self)
{
}

/* The writing half. libsoup writes each frame with a call of its own and goes on where the last
 * call ended, so a call at the border of two frames begins with a header. */

static void
free_pong (gpointer data)
{
  LatePong *pong = data;

  g_clear_handle_id (&pong->timer, g_source_remove);
  g_bytes_unref (pong->frame);
  g_free (pong);
}

static gboolean
on_pong_due (gpointer data)
{
  LatePong *pong = data;
  LiveSimStream *self = pong->stream;
  g_autoptr (GError) error = NULL;

  if (self->frame_left > 0 || !g_pollable_output_stream_is_writable (get_base_output (self)))
    {
      pong->timer = g_timeout_add (RETRY_MS, on_pong_due, pong);
      return G_SOURCE_REMOVE;
    }
  pong->timer = 0;
  /* At most 127 bytes into a socket that takes some: it takes them all. */
  g_pollable_output_stream_write_nonblocking (get_base_output (self),
                                              g_bytes_get_data (pong->frame, NULL),
                                              g_bytes_get_size (pong->frame), NULL, &error);
  g_ptr_array_remove (self->pongs, pong);
  return G_SOURCE_REMOVE;
}

static void
withhold_pong (LiveSimStream *self, const void *buffer, gsize count)
{
  LatePong *pong;

  self->n_withheld++;
  if (self->pong_delay_ms == LIVE_SIM_PONGS_NEVER)
    return;
  pong = g_new0 (LatePong, 1);
  pong->stream = self;
  pong->frame = g_bytes_new (buffer, count);
  pong->timer = g_timeout_add (self->pong_delay_ms, on_pong_due, pong);
  g_ptr_array_add (self->pongs, pong);
}

static gssize
output_write_nonblocking (GPollableOutputStream *stream,
                          const void *buffer,
                          gsize count,
                          GError **error)
{
  LiveSimStream *self = ((LiveSimStreamOutput *) stream)->owner;
  gssize written;

  if (self->frame_left == 0 && self->pong_delay_ms > 0 && count > 0 &&
      (*(const guint8 *) buffer & 0x0f) == PONG)
    {
      withhold_pong (self, buffer, count);
      return (gssize) count;
    }
  written = g_pollable_output_stream_write_nonblocking (get_base_output (self), buffer, count, NULL,
                                                        error);
  if (written >= 0)
    self->frame_left = count - (gsize) written;
  return written;
}

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_is_writable (
      get_base_output (((LiveSimStreamOutput *) stream)->owner));
}

static GSource *
output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  LiveSimStream *self = ((LiveSimStreamOutput *) stream)->owner;
  g_autoptr (GSource) base =
      g_pollable_output_stream_create_source (get_base_output (self), cancellable);

  return g_pollable_source_new_full (stream, base, NULL);
}

static gssize
output_write (GOutputStream *stream,
              const void *buffer,
              gsize count,
              GCancellable *cancel,
              GError **error)
{
  LiveSimStream *self = ((LiveSimStreamOutput *) stream)->owner;

  return g_output_stream_write (g_io_stream_get_output_stream (self->base), buffer, count, cancel,
                                error);
}

static void
output_pollable_init (GPollableOutputStreamInterface *interface)
{
  interface->is_writable = output_is_writable;
  interface->create_source = output_create_source;
  interface->write_nonblocking = output_write_nonblocking;
}

static void
live_sim_stream_output_class_init (LiveSimStreamOutputClass *class)
{
  class->write_fn = output_write;
}

static void
live_sim_stream_output_init (LiveSimStreamOutput *self)
{
}

/* Both together. */

static GInputStream *
get_input (GIOStream *stream)
{
  return LIVE_SIM_STREAM (stream)->input;
}

static GOutputStream *
get_output (GIOStream *stream)
{
  return LIVE_SIM_STREAM (stream)->output;
}

static gboolean
close_base (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  LiveSimStream *self = LIVE_SIM_STREAM (stream);

  g_ptr_array_set_size (self->pongs, 0);
  return g_io_stream_close (self->base, cancellable, error);
}

static void
live_sim_stream_dispose (GObject *object)
{
  LiveSimStream *self = LIVE_SIM_STREAM (object);

  g_ptr_array_set_size (self->pongs, 0);
  G_OBJECT_CLASS (live_sim_stream_parent_class)->dispose (object);
}

static void
live_sim_stream_finalize (GObject *object)
{
  LiveSimStream *self = LIVE_SIM_STREAM (object);

  ((LiveSimStreamInput *) self->input)->owner = NULL;
  ((LiveSimStreamOutput *) self->output)->owner = NULL;
  g_ptr_array_unref (self->pongs);
  g_object_unref (self->input);
  g_object_unref (self->output);
  g_object_unref (self->base);
  g_object_unref (self->socket);
  G_OBJECT_CLASS (live_sim_stream_parent_class)->finalize (object);
}

static void
live_sim_stream_class_init (LiveSimStreamClass *class)
{
  G_OBJECT_CLASS (class)->dispose = live_sim_stream_dispose;
  G_OBJECT_CLASS (class)->finalize = live_sim_stream_finalize;
  G_IO_STREAM_CLASS (class)->get_input_stream = get_input;
  G_IO_STREAM_CLASS (class)->get_output_stream = get_output;
  G_IO_STREAM_CLASS (class)->close_fn = close_base;
}

static void
live_sim_stream_init (LiveSimStream *self)
{
  self->input = g_object_new (live_sim_stream_input_get_type (), NULL);
  self->output = g_object_new (live_sim_stream_output_get_type (), NULL);
  ((LiveSimStreamInput *) self->input)->owner = self;
  ((LiveSimStreamOutput *) self->output)->owner = self;
  self->pongs = g_ptr_array_new_with_free_func (free_pong);
}

LiveSimStream *
live_sim_stream_new (GIOStream *base, GSocket *socket)
{
  LiveSimStream *self = g_object_new (LIVE_TYPE_SIM_STREAM, NULL);

  self->base = g_object_ref (base);
  self->socket = g_object_ref (socket);
  return self;
}

void
live_sim_stream_stop_reading (LiveSimStream *self, gboolean is_stopped)
{
  self->is_stopped = is_stopped;
  g_main_context_wakeup (NULL);
}

void
live_sim_stream_delay_pongs (LiveSimStream *self, guint real_ms)
{
  self->pong_delay_ms = real_ms;
}

guint
live_sim_stream_get_withheld_pongs (LiveSimStream *self)
{
  return self->n_withheld;
}
