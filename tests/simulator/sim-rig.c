/* Owns: the simulator's process and the client side of its connections, for tests.
 * Thread: main.
 * Called by: test-simulator-*.c. */
#include "sim-rig.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#define DEADLINE_S 60
#define PIECE_FRAMES 320

struct _SimRig
{
  GSubprocess *process;
  SoupSession *session;
  guint port;
};

typedef struct
{
  JsonNode *node; /* NULL for what is no JSON */
  char *text;
  gboolean is_binary;
} Frame;

struct _SimPeer
{
  SimRig *rig;
  SoupWebsocketConnection *socket;
  GQueue frames;
  Frame *now;
  gboolean is_closed;
  GString *spoken, *heard;
  GByteArray *sound;
};

static gboolean
on_deadline (gpointer data)
{
  g_error ("%s did not happen in %u s", (const char *) data, DEADLINE_S);
  return G_SOURCE_REMOVE;
}

/* A test that fails must not leave its simulator behind. */
static void
on_child_setup (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static SimRig *
start (GPtrArray *arguments)
{
  SimRig *self = g_new0 (SimRig, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  const char *program = g_getenv ("LIVE_SIMULATOR");
  const char *start = "listening on ws://127.0.0.1:";

  g_assert_nonnull (program);
  g_ptr_array_insert (arguments, 0, (gpointer) program);
  g_ptr_array_insert (arguments, 1, (gpointer) "--speed=20");
  g_ptr_array_add (arguments, NULL);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_set_child_setup (launcher, on_child_setup, NULL, NULL);
  self->process =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) arguments->pdata, &error);
  g_assert_no_error (error);

  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  g_assert_true (g_str_has_prefix (line, start));
  self->port = (guint) g_ascii_strtoull (line + strlen (start), NULL, 10);
  g_assert_cmpuint (self->port, >, 0);
  self->session = soup_session_new ();
  return self;
}

SimRig *
sim_rig_start (const char *option, ...)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  va_list rest;

  va_start (rest, option);
  for (const char *next = option; next != NULL; next = va_arg (rest, const char *))
    g_ptr_array_add (arguments, (gpointer) next);
  va_end (rest);
  return start (arguments);
}

SimRig *
sim_rig_start_scenario (const char *scenario)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("live-sim-XXXXXX.json", &path, &error);
  SimRig *self;

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, scenario, -1, &error));
  self = sim_rig_start ("--scenario", path, NULL);
  g_unlink (path);
  return self;
}

void
sim_rig_stop (SimRig *self)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (self->process, SIGTERM);
  g_assert_true (g_subprocess_wait_check (self->process, NULL, &error));
  g_assert_no_error (error);
  g_object_unref (self->process);
  g_object_unref (self->session);
  g_free (self);
}

guint
sim_rig_get_port (SimRig *self)
{
  return self->port;
}

JsonObject *
sim_rig_ask (SimRig *self, const char *path, const char *body, guint *ret_status)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u%s", self->port, path);
  g_autoptr (SoupMessage) message = soup_message_new (body != NULL ? "POST" : "GET", url);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (JsonNode) node = NULL;
  gsize size;
  const char *text;

  if (body != NULL)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  answer = soup_session_send_and_read (self->session, message, NULL, &error);
  g_assert_no_error (error);
  if (ret_status != NULL)
    *ret_status = soup_message_get_status (message);
  else
    g_assert_cmpuint (soup_message_get_status (message), ==, 200);
  text = g_bytes_get_data (answer, &size);
  node = live_sim_json_parse (text, (gssize) size, &error);
  g_assert_no_error (error);
  return json_node_dup_object (node);
}

JsonObject *
sim_rig_wait (SimRig *self, const char *query)
{
  g_autofree char *path =
      g_strdup_printf ("/simulator/wait?%s&timeout_ms=%u", query, DEADLINE_S * 1000);

  return sim_rig_ask (self, path, NULL, NULL);
}

static void
free_frame (gpointer data)
{
  Frame *frame = data;

  if (frame == NULL)
    return;
  g_clear_pointer (&frame->node, json_node_unref);
  g_free (frame->text);
  g_free (frame);
}

static void
on_message (SoupWebsocketConnection *socket, gint type, GBytes *bytes, gpointer data)
{
  SimPeer *self = data;
  Frame *frame = g_new0 (Frame, 1);
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size);

  frame->text = g_strndup (text, size);
  frame->is_binary = type == SOUP_WEBSOCKET_DATA_BINARY;
  frame->node = live_sim_json_parse (frame->text, (gssize) size, NULL);
  g_queue_push_tail (&self->frames, frame);
}

static void
on_closed (SoupWebsocketConnection *socket, gpointer data)
{
  SimPeer *self = data;

  self->is_closed = TRUE;
}

typedef struct
{
  GAsyncResult *result;
} Pending;

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Pending *pending = data;

  pending->result = g_object_ref (result);
}

SimPeer *
sim_peer_try (SimRig *rig, const char *path, const char *key, guint *ret_status)
{
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u%s", rig->port, path);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", url);
  guint timer = g_timeout_add_seconds (DEADLINE_S, on_deadline, (gpointer) "the upgrade");
  Pending pending = { 0 };
  SoupWebsocketConnection *socket;
  SimPeer *self;

  if (key != NULL)
    soup_message_headers_append (soup_message_get_request_headers (message), "x-goog-api-key", key);
  soup_session_websocket_connect_async (rig->session, message, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        on_connected, &pending);
  while (pending.result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  socket = soup_session_websocket_connect_finish (rig->session, pending.result, NULL);
  g_object_unref (pending.result);
  if (ret_status != NULL)
    *ret_status = soup_message_get_status (message);
  if (socket == NULL)
    return NULL;

  self = g_new0 (SimPeer, 1);
  self->rig = rig;
  self->socket = socket;
  self->spoken = g_string_new (NULL);
  self->heard = g_string_new (NULL);
  self->sound = g_byte_array_new ();
  g_queue_init (&self->frames);
  soup_websocket_connection_set_max_incoming_payload_size (socket, 64 * 1024 * 1024);
  g_signal_connect (socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (socket, "closed", G_CALLBACK (on_closed), self);
  return self;
}

SimPeer *
sim_peer_open (SimRig *rig)
{
  SimPeer *self = sim_peer_try (rig, SIM_PATH_BETA, "any", NULL);

  g_assert_nonnull (self);
  return self;
}

SimPeer *
sim_peer_open_live (SimRig *rig, const char *model, const char *setup_members)
{
  SimPeer *self = sim_peer_open (rig);
  g_autofree char *setup = g_strdup_printf (
      "{\"setup\":{\"model\":\"models/%s\",\"generationConfig\":{\"responseModalities\":[\"AUDIO\"]"
      "},\"inputAudioTranscription\":{},\"outputAudioTranscription\":{}%s%s}}",
      model, setup_members != NULL ? "," : "", setup_members != NULL ? setup_members : "");

  sim_peer_send (self, setup);
  sim_peer_expect (self, "setupComplete");
  return self;
}

void
sim_peer_free (SimPeer *self)
{
  if (self == NULL)
    return;
  if (!self->is_closed)
    sim_peer_close (self);
  g_signal_handlers_disconnect_by_data (self->socket, self);
  g_object_unref (self->socket);
  g_queue_clear_full (&self->frames, free_frame);
  free_frame (self->now);
  g_string_free (self->spoken, TRUE);
  g_string_free (self->heard, TRUE);
  g_byte_array_unref (self->sound);
  g_free (self);
}

SoupWebsocketConnection *
sim_peer_get_socket (SimPeer *self)
{
  return self->socket;
}

void
sim_peer_send (SimPeer *self, const char *text)
{
  /* What the other side has ended is not spoken into; the test sees it by the close. */
  if (soup_websocket_connection_get_state (self->socket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text (self->socket, text);
}

void
sim_peer_type (SimPeer *self, const char *text)
{
  g_autofree char *message = g_strdup_printf ("{\"realtimeInput\":{\"text\":\"%s\"}}", text);

  sim_peer_send (self, message);
}

static void
send_sound (SimPeer *self, guint ms, double amplitude)
{
  for (guint sent_ms = 0; sent_ms < ms; sent_ms += PIECE_FRAMES / 16)
    {
      gint16 frames[PIECE_FRAMES];
      g_autofree char *data = NULL;
      g_autofree char *message = NULL;

      for (guint i = 0; i < PIECE_FRAMES; i++)
        frames[i] = GINT16_TO_LE ((gint16) lrint (amplitude * sin (i * G_PI / 16)));
      data = g_base64_encode ((const guchar *) frames, sizeof frames);
      message = g_strdup_printf ("{\"realtimeInput\":{\"audio\":{\"mimeType\":\"audio/pcm;"
                                 "rate=16000\",\"data\":\"%s\"}}}",
                                 data);
      sim_peer_send (self, message);
    }
}

void
sim_peer_send_tone (SimPeer *self, guint ms)
{
  send_sound (self, ms, 8000);
}

void
sim_peer_send_silence (SimPeer *self, guint ms)
{
  send_sound (self, ms, 0);
}

JsonObject *
sim_peer_next (SimPeer *self)
{
  guint timer = g_timeout_add_seconds (DEADLINE_S, on_deadline, (gpointer) "the next message");

  while (g_queue_is_empty (&self->frames) && !self->is_closed)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  if (g_queue_is_empty (&self->frames))
    g_error ("closed with %u \"%s\" where a message was expected",
             soup_websocket_connection_get_close_code (self->socket),
             soup_websocket_connection_get_close_data (self->socket));

  free_frame (self->now);
  self->now = g_queue_pop_head (&self->frames);
  return self->now->node != NULL ? json_node_get_object (self->now->node) : NULL;
}

gboolean
sim_peer_was_binary (SimPeer *self)
{
  return self->now->is_binary;
}

const char *
sim_peer_get_text (SimPeer *self)
{
  return self->now->text;
}

static void
add_up (SimPeer *self, JsonObject *content)
{
  JsonObject *turn = live_sim_json_object (content, "modelTurn");
  JsonArray *parts = live_sim_json_array (turn, "parts");

  g_string_append (
      self->spoken,
      live_sim_json_string (live_sim_json_object (content, "outputTranscription"), "text", ""));
  g_string_append (
      self->heard,
      live_sim_json_string (live_sim_json_object (content, "inputTranscription"), "text", ""));
  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    {
      JsonObject *part = json_array_get_object_element (parts, i);
      const char *text =
          live_sim_json_string (live_sim_json_object (part, "inlineData"), "data", "");
      gsize size = 0;
      g_autofree guchar *data = g_base64_decode (text, &size);

      g_byte_array_append (self->sound, data, (guint) size);
      g_string_append (self->spoken, live_sim_json_string (part, "text", ""));
    }
}

JsonObject *
sim_peer_expect (SimPeer *self, const char *name)
{
  for (;;)
    {
      JsonObject *message = sim_peer_next (self);
      JsonObject *content = live_sim_json_object (message, "serverContent");

      add_up (self, content);
      if (message != NULL && json_object_has_member (message, name))
        return message;
      if (content != NULL && json_object_has_member (content, name))
        return message;
    }
}

static char *
take_text (GString *text)
{
  char *taken = g_strdup (text->str);

  g_string_truncate (text, 0);
  return taken;
}

char *
sim_peer_take_spoken (SimPeer *self)
{
  return take_text (self->spoken);
}

void
sim_peer_expect_spoken (SimPeer *self, const char *text)
{
  g_autofree char *spoken = sim_peer_take_spoken (self);

  g_assert_cmpstr (spoken, ==, text);
}

char *
sim_peer_take_heard (SimPeer *self)
{
  return take_text (self->heard);
}

GByteArray *
sim_peer_take_sound (SimPeer *self)
{
  GByteArray *taken = self->sound;

  self->sound = g_byte_array_new ();
  return taken;
}

void
sim_peer_expect_nothing (SimPeer *self)
{
  g_autoptr (JsonObject) state = sim_rig_ask (self->rig, "/simulator/state", NULL, NULL);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (!g_queue_is_empty (&self->frames))
    g_error ("did not expect %s", ((Frame *) g_queue_peek_head (&self->frames))->text);
}

void
sim_peer_expect_close (SimPeer *self, guint code, const char *reason)
{
  guint timer = g_timeout_add_seconds (DEADLINE_S, on_deadline, (gpointer) "the close");
  const char *said;

  while (!self->is_closed)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
  said = soup_websocket_connection_get_close_data (self->socket);
  /* libsoup says 0 where there was no frame. */
  g_assert_cmpuint (soup_websocket_connection_get_close_code (self->socket), ==,
                    code == 1006 ? 0 : code);
  if (said == NULL)
    said = "";
  if (!g_str_has_prefix (said, reason))
    g_assert_cmpstr (said, ==, reason);
}

void
sim_peer_close (SimPeer *self)
{
  guint timer = g_timeout_add_seconds (DEADLINE_S, on_deadline, (gpointer) "our own close");

  if (soup_websocket_connection_get_state (self->socket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (self->socket, 1000, NULL);
  while (!self->is_closed)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}
