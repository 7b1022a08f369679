/* Owns: what the server and the client of an engine's paper world say.
 * Thread: the test's.
 * Called by: tests/core/test-engine*.c. */
#include "fake/engine-rig.h"

void
engine_rig_message (EngineRig *rig, const char *json)
{
  fake_transport_message (rig->wire, json);
  engine_rig_spin (rig);
}

void
engine_rig_sound (EngineRig *rig, guint ms, gint16 value)
{
  gsize n_frames = (gsize) ms * (LIVE_PLAYBACK_RATE_HZ / 1000);
  g_autofree gint16 *frames = g_new (gint16, MAX (n_frames, 1));
  g_autofree char *base64 = NULL;
  g_autofree char *json = NULL;

  for (gsize i = 0; i < n_frames; i++)
    frames[i] = value;
  base64 = g_base64_encode ((const guchar *) frames, n_frames * sizeof *frames);
  json = g_strdup_printf ("{\"serverContent\":{\"modelTurn\":{\"parts\":[{\"inlineData\":"
                          "{\"mimeType\":\"audio/pcm;rate=24000\",\"data\":\"%s\"}}]}}}",
                          base64);
  engine_rig_message (rig, json);
}

void
engine_rig_words (EngineRig *rig, const char *text)
{
  g_autofree char *json =
      g_strdup_printf ("{\"serverContent\":{\"outputTranscription\":{\"text\":\"%s\"}}}", text);

  engine_rig_message (rig, json);
}

void
engine_rig_heard (EngineRig *rig, const char *text)
{
  g_autofree char *json =
      g_strdup_printf ("{\"serverContent\":{\"inputTranscription\":{\"text\":\"%s\"}}}", text);

  engine_rig_message (rig, json);
}

void
engine_rig_generated (EngineRig *rig)
{
  engine_rig_message (rig, "{\"serverContent\":{\"generationComplete\":true}}");
}

void
engine_rig_complete (EngineRig *rig)
{
  engine_rig_message (rig, "{\"serverContent\":{\"turnComplete\":true},\"usageMetadata\":"
                           "{\"promptTokenCount\":310,\"responseTokenCount\":41,"
                           "\"totalTokenCount\":351}}");
}

void
engine_rig_interrupted (EngineRig *rig)
{
  engine_rig_message (rig, "{\"serverContent\":{\"interrupted\":true}}");
}

void
engine_rig_call_tool (EngineRig *rig, const char *id, const char *name)
{
  g_autofree char *json = g_strdup_printf (
      "{\"toolCall\":{\"functionCalls\":[{\"id\":\"%s\",\"name\":\"%s\",\"args\":{}}]}}", id, name);

  engine_rig_message (rig, json);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  EngineCall *call = data;

  call->is_done = TRUE;
  live_engine_connect_finish (LIVE_ENGINE (source), result, &call->error);
}

EngineCall *
engine_rig_connect (EngineRig *rig)
{
  EngineCall *call = g_new0 (EngineCall, 1);

  live_engine_connect_async (rig->engine, NULL, on_connected, call);
  engine_rig_spin (rig);
  return call;
}

static void
on_text_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  EngineCall *call = data;

  call->is_done = TRUE;
  live_engine_send_text_finish (LIVE_ENGINE (source), result, &call->turn, &call->error);
}

EngineCall *
engine_rig_send (EngineRig *rig, const char *text)
{
  EngineCall *call = g_new0 (EngineCall, 1);

  live_engine_send_text_async (rig->engine, text, FALSE, NULL, on_text_sent, call);
  engine_rig_spin (rig);
  return call;
}

EngineCall *
engine_rig_context (EngineRig *rig, const char *text)
{
  EngineCall *call = g_new0 (EngineCall, 1);

  call->turn = G_MAXUINT64;
  live_engine_send_text_async (rig->engine, text, TRUE, NULL, on_text_sent, call);
  engine_rig_spin (rig);
  return call;
}

static void
on_content_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  EngineCall *call = data;

  call->is_done = TRUE;
  live_engine_send_content_finish (LIVE_ENGINE (source), result, &call->turn, &call->error);
}

EngineCall *
engine_rig_content (EngineRig *rig, const char *json, gboolean turn_complete)
{
  EngineCall *call = g_new0 (EngineCall, 1);

  call->turn = G_MAXUINT64;
  live_engine_send_content_async (rig->engine, json, turn_complete, NULL, on_content_sent, call);
  engine_rig_spin (rig);
  return call;
}

static void
on_asked (GObject *source, GAsyncResult *result, gpointer data)
{
  EngineCall *call = data;

  call->is_done = TRUE;
  call->text = live_engine_ask_finish (LIVE_ENGINE (source), result, &call->details, &call->error);
}

EngineCall *
engine_rig_ask (EngineRig *rig, const char *text, guint timeout_ms, GCancellable *cancellable)
{
  EngineCall *call = g_new0 (EngineCall, 1);

  live_engine_ask_async (rig->engine, text, timeout_ms, cancellable, on_asked, call);
  engine_rig_spin (rig);
  return call;
}

void
engine_call_free (EngineCall *call)
{
  g_assert_true (call->is_done);
  g_free (call->text);
  g_clear_pointer (&call->details, g_variant_unref);
  g_clear_error (&call->error);
  g_free (call);
}

void
engine_call_assert_error (EngineRig *rig, EngineCall *call, LiveErrorCode code)
{
  engine_rig_spin (rig);
  g_assert_true (call->is_done);
  g_assert_error (call->error, LIVE_ERROR, (gint) code);
  g_assert_cmpstr (call->error->message, !=, "");
}
