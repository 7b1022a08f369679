/* Owns: one WebSocket connection and its queue of frames.
 * Thread: main.
 * Called by: live-sim-session.c, live-sim-turn.c, live-sim-script.c. */
#include "live-sim-link.h"

#include <string.h>
#include <sys/socket.h>

#define MAX_INCOMING_BYTES (64 * 1024 * 1024)
#define CLOSE_REASON_BYTES 123

typedef enum
{
  ITEM_TEXT,
  ITEM_BINARY,
  ITEM_CLOSE,
} ItemKind;

typedef struct
{
  ItemKind kind;
  guint code;
  GBytes *bytes; /* the frame, or the reason */
} Item;

typedef struct
{
  char *member;
  guint count;
} Strip;

struct _LiveSimLink
{
  LiveSimWorld *world;
  guint id;
  SoupWebsocketConnection *socket;
  LiveSimStream *stream;
  GSocket *raw;
  LiveSimLinkFuncs funcs;
  gpointer data;
  GQueue items;
  GPtrArray *strips;
  guint stall_timer, read_stall_timer;
  guint closed_source;
  gboolean has_closed_first; /* we sent a close frame, or cut the line */
};

static void
free_item (gpointer data)
{
  Item *item = data;

  g_bytes_unref (item->bytes);
  g_free (item);
}

static void
free_strip (gpointer data)
{
  Strip *strip = data;

  g_free (strip->member);
  g_free (strip);
}

gboolean
live_sim_link_is_open (LiveSimLink *self)
{
  return soup_websocket_connection_get_state (self->socket) == SOUP_WEBSOCKET_STATE_OPEN;
}

static void
send_item (LiveSimLink *self, Item *item)
{
  gsize length;
  const char *data = g_bytes_get_data (item->bytes, &length);

  if (item->kind == ITEM_CLOSE)
    {
      g_autofree char *reason = g_strndup (data, length);

      self->has_closed_first = TRUE;
      live_sim_record_event (self->world->record, self->id, "close-sent", item->code, reason);
      soup_websocket_connection_close (self->socket, (gushort) item->code,
                                       item->code == 1005 ? NULL : reason);
      return;
    }

  live_sim_record_frame (self->world->record, self->id, "out", item->kind == ITEM_TEXT, data,
                         length);
  soup_websocket_connection_send_message (
      self->socket, item->kind == ITEM_TEXT ? SOUP_WEBSOCKET_DATA_TEXT : SOUP_WEBSOCKET_DATA_BINARY,
      item->bytes);
  self->world->counters.sent_messages++;
}

static void
flush_items (LiveSimLink *self)
{
  while (self->stall_timer == 0 && !self->world->holds_replies && !g_queue_is_empty (&self->items))
    {
      Item *item = g_queue_pop_head (&self->items);

      if (live_sim_link_is_open (self))
        send_item (self, item);
      free_item (item);
    }
  live_sim_world_changed (self->world);
}

static void
queue_item (LiveSimLink *self, ItemKind kind, guint code, GBytes *take_bytes)
{
  Item *item = g_new (Item, 1);

  item->kind = kind;
  item->code = code;
  item->bytes = take_bytes;
  g_queue_push_tail (&self->items, item);
  flush_items (self);
}

static void
on_message (SoupWebsocketConnection *socket, gint type, GBytes *message, gpointer data)
{
  LiveSimLink *self = data;
  gsize length;
  const char *text = g_bytes_get_data (message, &length);

  if (!live_sim_link_is_open (self))
    return; /* libsoup delivers what was under way when we closed */
  live_sim_record_frame (self->world->record, self->id, "in", type == SOUP_WEBSOCKET_DATA_TEXT,
                         text, length);
  self->world->counters.received_messages++;
  self->funcs.on_message (text != NULL ? text : "", length, type == SOUP_WEBSOCKET_DATA_TEXT,
                          self->data);
}

static gboolean
on_closed_later (gpointer data)
{
  LiveSimLink *self = data;

  self->closed_source = 0;
  self->funcs.on_closed (self->data);
  return G_SOURCE_REMOVE;
}

static void
on_closed (SoupWebsocketConnection *socket, gpointer data)
{
  LiveSimLink *self = data;
  guint code = soup_websocket_connection_get_close_code (socket);
  LiveSimCounters *counters = &self->world->counters;

  if (self->closed_source != 0)
    return;

  counters->closed++;
  counters->open--;
  if (!self->has_closed_first)
    {
      if (code == 0 || code == SOUP_WEBSOCKET_CLOSE_ABNORMAL)
        counters->lost++;
      else
        counters->closed_by_client++;
    }
  live_sim_world_note_close (self->world, self->id, code,
                             soup_websocket_connection_get_close_data (socket),
                             self->has_closed_first ? "simulator" : "client");
  self->closed_source = g_idle_add (on_closed_later, self);
  live_sim_world_changed (self->world);
}

static void
on_error (SoupWebsocketConnection *socket, GError *error, gpointer data)
{
  LiveSimLink *self = data;

  live_sim_record_event (self->world->record, self->id, "error", 0, error->message);
}

LiveSimLink *
live_sim_link_new (LiveSimWorld *world,
                   guint id,
                   SoupWebsocketConnection *socket,
                   LiveSimStream *stream,
                   GSocket *raw,
                   const LiveSimLinkFuncs *funcs,
                   gpointer data)
{
  LiveSimLink *self = g_new0 (LiveSimLink, 1);

  self->world = world;
  self->id = id;
  self->socket = g_object_ref (socket);
  self->stream = g_object_ref (stream);
  self->raw = g_object_ref (raw);
  self->funcs = *funcs;
  self->data = data;
  self->strips = g_ptr_array_new_with_free_func (free_strip);
  g_queue_init (&self->items);
  soup_websocket_connection_set_max_incoming_payload_size (socket, MAX_INCOMING_BYTES);
  g_signal_connect (socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (socket, "closed", G_CALLBACK (on_closed), self);
  g_signal_connect (socket, "error", G_CALLBACK (on_error), self);
  return self;
}

void
live_sim_link_free (LiveSimLink *self)
{
  if (self == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_handle_id (&self->stall_timer, g_source_remove);
  g_clear_handle_id (&self->read_stall_timer, g_source_remove);
  g_clear_handle_id (&self->closed_source, g_source_remove);
  g_queue_clear_full (&self->items, free_item);
  g_ptr_array_unref (self->strips);
  self->world->counters.withheld_pongs += live_sim_stream_get_withheld_pongs (self->stream);
  g_object_unref (self->socket);
  g_object_unref (self->stream);
  g_object_unref (self->raw);
  g_free (self);
}

static void
apply_strips (LiveSimLink *self, JsonObject *message)
{
  for (guint i = 0; i < self->strips->len; i++)
    {
      Strip *strip = g_ptr_array_index (self->strips, i);
      JsonObject *content = live_sim_json_object (message, "serverContent");
      JsonObject *holder = json_object_has_member (message, strip->member) ? message : content;

      if (strip->count == 0 || holder == NULL || !json_object_has_member (holder, strip->member))
        continue;
      json_object_remove_member (holder, strip->member);
      strip->count--;
      if (holder == content && json_object_get_size (content) == 0)
        json_object_remove_member (message, "serverContent");
    }
}

static void
queue_message (LiveSimLink *self, JsonObject *message)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  gsize length;
  char *text;

  json_node_set_object (node, message);
  text = live_sim_json_print (node, &length);
  queue_item (self, self->world->options.has_text_frames ? ITEM_TEXT : ITEM_BINARY, 0,
              g_bytes_new_take (text, length));
}

void
live_sim_link_send (LiveSimLink *self, JsonObject *take_message)
{
  g_autoptr (JsonObject) message = take_message;
  const LiveSimOptions *options = &self->world->options;
  gboolean is_content = json_object_has_member (message, "serverContent");

  apply_strips (self, message);
  if (json_object_get_size (message) == 0)
    return;
  if (options->has_unknown_fields)
    {
      JsonObject *unknown = live_sim_json_add_object (message, "futureNotice");

      json_object_set_string_member (unknown, "kind", "A_KIND_OF_TOMORROW");
    }
  queue_message (self, message);
  if (options->has_empty_frames && is_content)
    {
      g_autoptr (JsonObject) empty = json_object_new ();

      queue_message (self, empty);
    }
}

void
live_sim_link_send_raw (LiveSimLink *self, const char *text, gsize length, gboolean is_text)
{
  queue_item (self, is_text ? ITEM_TEXT : ITEM_BINARY, 0, g_bytes_new (text, length));
}

void
live_sim_link_close (LiveSimLink *self, guint code, const char *reason)
{
  const char *text = reason != NULL ? reason : "";
  gsize length = strlen (text);

  if (length > CLOSE_REASON_BYTES)
    {
      const char *end = g_utf8_find_prev_char (text, text + CLOSE_REASON_BYTES + 1);

      length = (gsize) (end - text);
    }
  queue_item (self, ITEM_CLOSE, code, g_bytes_new (text, length));
}

void
live_sim_link_abort (LiveSimLink *self)
{
  self->has_closed_first = TRUE;
  live_sim_record_event (self->world->record, self->id, "aborted", 0, NULL);
  live_sim_stream_stop_reading (self->stream, FALSE); /* or its end would not be seen */
  g_queue_clear_full (&self->items, free_item);
  /* libsoup keeps the descriptor: shut down, it reads the end of the stream and closes it. */
  shutdown (g_socket_get_fd (self->raw), SHUT_RDWR);
}

static gboolean
on_stall_over (gpointer data)
{
  LiveSimLink *self = data;

  self->stall_timer = 0;
  flush_items (self);
  return G_SOURCE_REMOVE;
}

void
live_sim_link_stall (LiveSimLink *self, guint real_ms)
{
  g_clear_handle_id (&self->stall_timer, g_source_remove);
  self->stall_timer = g_timeout_add (real_ms, on_stall_over, self);
}

static gboolean
on_read_stall_over (gpointer data)
{
  LiveSimLink *self = data;

  self->read_stall_timer = 0;
  live_sim_stream_stop_reading (self->stream, FALSE);
  return G_SOURCE_REMOVE;
}

void
live_sim_link_stall_reads (LiveSimLink *self, guint real_ms)
{
  g_clear_handle_id (&self->read_stall_timer, g_source_remove);
  live_sim_stream_stop_reading (self->stream, TRUE);
  self->read_stall_timer = g_timeout_add (real_ms, on_read_stall_over, self);
}

void
live_sim_link_delay_pongs (LiveSimLink *self, guint real_ms)
{
  live_sim_stream_delay_pongs (self->stream, real_ms);
}

void
live_sim_link_update_hold (LiveSimLink *self)
{
  flush_items (self);
}

void
live_sim_link_strip (LiveSimLink *self, const char *member, guint count)
{
  Strip *strip = g_new (Strip, 1);

  strip->member = g_strdup (member);
  strip->count = count;
  g_ptr_array_add (self->strips, strip);
}
