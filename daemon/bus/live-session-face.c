/* Owns: the methods of org.lived.Live1.Session.
 * Thread: main.
 * Called by: bus/live-service.c, and GDBus for each call. Properties and signals are in
 * live-session-face-state.c. */
#include "bus/live-session-face.h"

#include <string.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "bus/live-options.h"
#include "live-dbus.h"

#define HANDLED TRUE

static gboolean
check_text (const char *name, const char *text, GError **error)
{
  if (text[0] == '\0')
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, "“%s” is empty", name);
      return FALSE;
    }

  if (strlen (text) > LIVE_MAX_TEXT_BYTES)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED, "“%s” is longer than %d bytes",
                   name, LIVE_MAX_TEXT_BYTES);
      return FALSE;
    }

  return TRUE;
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;

  if (live_engine_connect_finish (LIVE_ENGINE (source), result, &error))
    live_call_return (data, NULL);
  else
    live_call_fail (data, error);
}

static gboolean
on_handle_connect (LiveDbusSession *skeleton,
                   GDBusMethodInvocation *invocation,
                   GVariant *options,
                   gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;
  LiveCall *call;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  call = live_call_begin (face, invocation);
  if (call != NULL)
    live_engine_connect_async (face->engine, live_call_get_cancellable (call), on_connected, call);
  return HANDLED;
}

static gboolean
on_handle_disconnect (LiveDbusSession *skeleton,
                      GDBusMethodInvocation *invocation,
                      GVariant *options,
                      gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  live_engine_disconnect (face->engine);
  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_new_conversation (LiveDbusSession *skeleton,
                            GDBusMethodInvocation *invocation,
                            GVariant *options,
                            gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;
  const char *conversation;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  conversation = live_engine_new_conversation (face->engine);
  live_face_return (face, invocation, g_variant_new ("(s)", conversation));
  return HANDLED;
}

static void
on_text_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  guint64 turn = 0;

  if (live_engine_send_text_finish (LIVE_ENGINE (source), result, &turn, &error))
    live_call_return (data, g_variant_new ("(t)", turn));
  else
    live_call_fail (data, error);
}

static gboolean
on_handle_send_text (LiveDbusSession *skeleton,
                     GDBusMethodInvocation *invocation,
                     const char *text,
                     GVariant *options,
                     gpointer data)
{
  LiveFace *face = data;
  gboolean is_context = FALSE;
  const LiveOption table[] = { { "context", 'b', &is_context } };
  GError *error = NULL;
  LiveCall *call;

  if (!live_options_read (options, table, G_N_ELEMENTS (table), &error) ||
      !check_text ("text", text, &error))
    return live_face_fail (face, invocation, error);

  call = live_call_begin (face, invocation);
  if (call != NULL)
    live_engine_send_text_async (face->engine, text, is_context, live_call_get_cancellable (call),
                                 on_text_sent, call);
  return HANDLED;
}

static void
on_content_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  guint64 turn = 0;

  if (live_engine_send_content_finish (LIVE_ENGINE (source), result, &turn, &error))
    live_call_return (data, g_variant_new ("(t)", turn));
  else
    live_call_fail (data, error);
}

static gboolean
on_handle_send_content (LiveDbusSession *skeleton,
                        GDBusMethodInvocation *invocation,
                        const char *turns_json,
                        gboolean turn_complete,
                        GVariant *options,
                        gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;
  LiveCall *call;

  if (!live_options_refuse (options, &error) || !check_text ("turns_json", turns_json, &error))
    return live_face_fail (face, invocation, error);

  call = live_call_begin (face, invocation);
  if (call != NULL)
    live_engine_send_content_async (face->engine, turns_json, turn_complete,
                                    live_call_get_cancellable (call), on_content_sent, call);
  return HANDLED;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  g_autoptr (GVariant) details = NULL;
  g_autofree char *reply = live_engine_ask_finish (LIVE_ENGINE (source), result, &details, &error);

  if (reply != NULL)
    live_call_return (data, g_variant_new ("(s@a{sv})", reply, details));
  else
    live_call_fail (data, error);
}

static gboolean
on_handle_ask (LiveDbusSession *skeleton,
               GDBusMethodInvocation *invocation,
               const char *text,
               GVariant *options,
               gpointer data)
{
  LiveFace *face = data;
  guint32 timeout_ms = 0;
  const LiveOption table[] = { { "timeout-ms", 'u', &timeout_ms } };
  GError *error = NULL;
  LiveCall *call;

  if (!live_options_read (options, table, G_N_ELEMENTS (table), &error) ||
      !check_text ("text", text, &error))
    return live_face_fail (face, invocation, error);

  call = live_call_begin (face, invocation);
  if (call != NULL)
    live_engine_ask_async (face->engine, text, timeout_ms, live_call_get_cancellable (call),
                           on_answered, call);
  return HANDLED;
}

static gboolean
on_handle_start_activity (LiveDbusSession *skeleton,
                          GDBusMethodInvocation *invocation,
                          GVariant *options,
                          gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;

  if (!live_options_refuse (options, &error) || !live_engine_start_activity (face->engine, &error))
    return live_face_fail (face, invocation, error);

  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_end_activity (LiveDbusSession *skeleton,
                        GDBusMethodInvocation *invocation,
                        GVariant *options,
                        gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;

  if (!live_options_refuse (options, &error) || !live_engine_end_activity (face->engine, &error))
    return live_face_fail (face, invocation, error);

  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_interrupt (LiveDbusSession *skeleton,
                     GDBusMethodInvocation *invocation,
                     GVariant *options,
                     gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  live_engine_interrupt (face->engine);
  live_face_return (face, invocation, NULL);
  return HANDLED;
}

/* The store tells everybody of the change before it returns. */
static GVariant *
apply (LiveFace *face, GVariant *settings, GError **error)
{
  GVariant *applied = live_settings_store_apply (face->store, settings, error);

  return applied != NULL ? g_variant_ref_sink (applied) : NULL;
}

static gboolean
configure_one (LiveFace *face,
               GDBusMethodInvocation *invocation,
               const char *name,
               const char *value)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) settings = NULL;
  g_autoptr (GVariant) applied = NULL;
  GError *error = NULL;

  g_variant_builder_add (&builder, "{sv}", name, g_variant_new_string (value));
  settings = g_variant_ref_sink (g_variant_builder_end (&builder));
  applied = apply (face, settings, &error);
  if (applied == NULL)
    return live_face_fail (face, invocation, error);

  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_set_voice (LiveDbusSession *skeleton,
                     GDBusMethodInvocation *invocation,
                     const char *voice,
                     gpointer data)
{
  return configure_one (data, invocation, "session.voice", voice);
}

static gboolean
on_handle_set_language (LiveDbusSession *skeleton,
                        GDBusMethodInvocation *invocation,
                        const char *tag,
                        gpointer data)
{
  return configure_one (data, invocation, "session.language", tag);
}

static gboolean
on_handle_set_model (LiveDbusSession *skeleton,
                     GDBusMethodInvocation *invocation,
                     const char *model,
                     gpointer data)
{
  return configure_one (data, invocation, "session.model", model);
}

static gboolean
on_handle_set_system_instruction (LiveDbusSession *skeleton,
                                  GDBusMethodInvocation *invocation,
                                  const char *text,
                                  gpointer data)
{
  return configure_one (data, invocation, "session.system-instruction", text);
}

static gboolean
on_handle_configure (LiveDbusSession *skeleton,
                     GDBusMethodInvocation *invocation,
                     GVariant *settings,
                     GVariant *options,
                     gpointer data)
{
  LiveFace *face = data;
  g_autoptr (GVariant) applied = NULL;
  GError *error = NULL;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  applied = apply (face, settings, &error);
  if (applied == NULL)
    return live_face_fail (face, invocation, error);

  live_face_return (face, invocation, g_variant_new ("(@a{ss})", applied));
  return HANDLED;
}

static gboolean
on_handle_list_voices (LiveDbusSession *skeleton,
                       GDBusMethodInvocation *invocation,
                       GVariant *options,
                       gpointer data)
{
  LiveFace *face = data;
  LiveSettings *settings = live_settings_store_get (face->store);
  const char *model = live_settings_get_string (settings, LIVE_SETTING_SESSION_MODEL);
  const char *current = live_settings_get_string (settings, LIVE_SETTING_SESSION_VOICE);
  const LiveOption table[] = { { "model", 's', &model } };
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  GError *error = NULL;
  char **voices;

  if (!live_options_read (options, table, G_N_ELEMENTS (table), &error) ||
      !check_text ("model", model, &error))
    {
      g_variant_builder_clear (&builder);
      return live_face_fail (face, invocation, error);
    }

  voices = live_profiles_find (face->profiles, model)->voices;
  for (guint i = 0; voices != NULL && voices[i] != NULL; i++)
    {
      g_variant_builder_open (&builder, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&builder, "{sv}", "name", g_variant_new_string (voices[i]));
      g_variant_builder_add (&builder, "{sv}", "current",
                             g_variant_new_boolean (g_str_equal (voices[i], current)));
      g_variant_builder_close (&builder);
    }

  live_face_return (face, invocation, g_variant_new ("(aa{sv})", &builder));
  return HANDLED;
}

void
live_session_face_connect_methods (LiveSessionFace *self, LiveFace *face)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
  } methods[] = {
    { "handle-connect", G_CALLBACK (on_handle_connect) },
    { "handle-disconnect", G_CALLBACK (on_handle_disconnect) },
    { "handle-new-conversation", G_CALLBACK (on_handle_new_conversation) },
    { "handle-send-text", G_CALLBACK (on_handle_send_text) },
    { "handle-send-content", G_CALLBACK (on_handle_send_content) },
    { "handle-ask", G_CALLBACK (on_handle_ask) },
    { "handle-start-activity", G_CALLBACK (on_handle_start_activity) },
    { "handle-end-activity", G_CALLBACK (on_handle_end_activity) },
    { "handle-interrupt", G_CALLBACK (on_handle_interrupt) },
    { "handle-set-voice", G_CALLBACK (on_handle_set_voice) },
    { "handle-set-language", G_CALLBACK (on_handle_set_language) },
    { "handle-set-model", G_CALLBACK (on_handle_set_model) },
    { "handle-set-system-instruction", G_CALLBACK (on_handle_set_system_instruction) },
    { "handle-configure", G_CALLBACK (on_handle_configure) },
    { "handle-list-voices", G_CALLBACK (on_handle_list_voices) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    g_signal_connect (self, methods[i].signal, methods[i].handler, face);
}
