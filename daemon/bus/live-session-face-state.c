/* Owns: the properties and signals of org.lived.Live1.Session.
 * Thread: main.
 * Called by: bus/live-service.c; by the engine for each of its events. */
#include "bus/live-session-face.h"

#include "live-dbus.h"

/* The generated skeleton keeps a copy of each property to see what changed. Statistics has no
 * change to be told, so it is read when somebody asks. */
struct _LiveSessionFace
{
  LiveDbusSessionSkeleton parent;
  LiveFace *face;             /* borrowed */
  LiveSettings *settings;     /* as shown */
  const LiveProfile *profile; /* as shown; only compared */
};

typedef LiveDbusSessionSkeletonClass LiveSessionFaceClass;

G_DEFINE_TYPE (LiveSessionFace, live_session_face, LIVE_DBUS_TYPE_SESSION_SKELETON)

static const GDBusInterfaceVTable *
get_inherited (gpointer self)
{
  return G_DBUS_INTERFACE_SKELETON_CLASS (live_session_face_parent_class)->get_vtable (self);
}

static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *object_path,
                const char *interface_name,
                const char *method_name,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer data)
{
  get_inherited (data)->method_call (connection, sender, object_path, interface_name, method_name,
                                     parameters, invocation, data);
}

static GVariant *
on_get_property (GDBusConnection *connection,
                 const char *sender,
                 const char *object_path,
                 const char *interface_name,
                 const char *property_name,
                 GError **error,
                 gpointer data)
{
  LiveSessionFace *self = data;

  if (g_str_equal (property_name, "Statistics"))
    return live_engine_get_statistics (self->face->engine);

  return get_inherited (data)->get_property (connection, sender, object_path, interface_name,
                                             property_name, error, data);
}

static GDBusInterfaceVTable *
get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  static const GDBusInterfaceVTable vtable = { on_method_call, on_get_property, NULL, { 0 } };

  /* GDBus copies it; its type is older than the const. */
  return (GDBusInterfaceVTable *) &vtable;
}

static void
live_session_face_finalize (GObject *object)
{
  LiveSessionFace *self = (LiveSessionFace *) object;

  g_clear_pointer (&self->settings, live_settings_unref);
  G_OBJECT_CLASS (live_session_face_parent_class)->finalize (object);
}

static void
live_session_face_class_init (LiveSessionFaceClass *class)
{
  G_OBJECT_CLASS (class)->finalize = live_session_face_finalize;
  G_DBUS_INTERFACE_SKELETON_CLASS (class)->get_vtable = get_vtable;
}

static void
live_session_face_init (LiveSessionFace *self)
{
}

static void
on_turn_started (LiveEngine *engine, guint64 turn, const char *origin, LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_turn_started (LIVE_DBUS_SESSION (self), turn, origin);
}

static void
on_input_transcript (LiveEngine *engine,
                     guint64 turn,
                     const char *text,
                     gboolean is_final,
                     GVariant *details,
                     LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_input_transcript (LIVE_DBUS_SESSION (self), turn, text, is_final, details);
}

static void
on_output_transcript (LiveEngine *engine,
                      guint64 turn,
                      const char *text,
                      gboolean is_final,
                      GVariant *details,
                      LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_output_transcript (LIVE_DBUS_SESSION (self), turn, text, is_final,
                                            details);
}

static void
on_text_received (LiveEngine *engine,
                  guint64 turn,
                  const char *text,
                  gboolean is_thought,
                  LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_text_received (LIVE_DBUS_SESSION (self), turn, text, is_thought);
}

static void
on_generation_complete (LiveEngine *engine, guint64 turn, LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_generation_complete (LIVE_DBUS_SESSION (self), turn);
}

static void
on_interrupted (LiveEngine *engine, guint64 turn, LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_interrupted (LIVE_DBUS_SESSION (self), turn);
}

static void
on_turn_complete (LiveEngine *engine,
                  guint64 turn,
                  const char *reason,
                  GVariant *details,
                  LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_turn_complete (LIVE_DBUS_SESSION (self), turn, reason, details);
}

static void
on_grounding (LiveEngine *engine, guint64 turn, const char *metadata_json, LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_grounding (LIVE_DBUS_SESSION (self), turn, metadata_json);
}

static void
on_go_away (LiveEngine *engine, guint64 time_left_ms, LiveSessionFace *self)
{
  live_face_flush (self->face);
  live_dbus_session_emit_go_away (LIVE_DBUS_SESSION (self), time_left_ms);
}

static void
forward_signals (LiveSessionFace *self)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
  } events[] = {
    { "turn-started", G_CALLBACK (on_turn_started) },
    { "input-transcript", G_CALLBACK (on_input_transcript) },
    { "output-transcript", G_CALLBACK (on_output_transcript) },
    { "text-received", G_CALLBACK (on_text_received) },
    { "generation-complete", G_CALLBACK (on_generation_complete) },
    { "interrupted", G_CALLBACK (on_interrupted) },
    { "turn-complete", G_CALLBACK (on_turn_complete) },
    { "grounding", G_CALLBACK (on_grounding) },
    { "go-away", G_CALLBACK (on_go_away) },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (events); i++)
    g_signal_connect_object (self->face->engine, events[i].signal, events[i].handler, self,
                             (GConnectFlags) 0);
}

LiveSessionFace *
live_session_face_new (LiveFace *face)
{
  LiveSessionFace *self = g_object_new (live_session_face_get_type (), NULL);

  self->face = face;
  live_session_face_connect_methods (self, face);
  forward_signals (self);
  live_session_face_refresh (self);
  return self;
}

static GVariant *
describe_settings (LiveSettings *settings)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  for (guint i = 0; i < LIVE_N_SETTINGS; i++)
    g_variant_builder_add (&builder, "{sv}", live_setting_info (i)->name,
                           live_settings_get (settings, i));

  return g_variant_builder_end (&builder);
}

static void
refresh_settings (LiveSessionFace *self, LiveSettings *settings)
{
  LiveDbusSession *session = LIVE_DBUS_SESSION (self);

  if (self->settings == settings)
    return;

  g_clear_pointer (&self->settings, live_settings_unref);
  self->settings = live_settings_ref (settings);
  live_dbus_session_set_settings (session, describe_settings (settings));
  live_dbus_session_set_model (session,
                               live_settings_get_string (settings, LIVE_SETTING_SESSION_MODEL));
  live_dbus_session_set_voice (session,
                               live_settings_get_string (settings, LIVE_SETTING_SESSION_VOICE));
  live_dbus_session_set_language (
      session, live_settings_get_string (settings, LIVE_SETTING_SESSION_LANGUAGE));
  live_dbus_session_set_system_instruction (
      session, live_settings_get_string (settings, LIVE_SETTING_SESSION_SYSTEM_INSTRUCTION));
}

static void
refresh_profile (LiveSessionFace *self, const LiveProfile *profile)
{
  if (self->profile == profile)
    return;

  self->profile = profile;
  live_dbus_session_set_model_features (LIVE_DBUS_SESSION (self),
                                        live_profile_to_variant (profile));
}

static void
refresh_pending (LiveDbusSession *session, LiveEngine *engine)
{
  g_autoptr (GVariant) pending = g_variant_ref_sink (live_engine_get_pending_changes (engine));
  g_autofree const char **names = g_variant_get_strv (pending, NULL);

  live_dbus_session_set_pending_changes (session, names);
}

void
live_session_face_refresh (LiveSessionFace *self)
{
  LiveDbusSession *session = LIVE_DBUS_SESSION (self);
  LiveEngineStatus status;

  live_engine_get_status (self->face->engine, &status);
  live_dbus_session_set_state (session, status.state);
  live_dbus_session_set_state_reason (session, status.state_reason);
  live_dbus_session_set_state_message (session, status.state_message);
  live_dbus_session_set_activity (session, status.activity);
  live_dbus_session_set_context_origin (session, status.context_origin);
  live_dbus_session_set_conversation_id (session, status.conversation_id);
  live_dbus_session_set_session_id (session, status.session_id);
  live_dbus_session_set_resumable (session, status.is_resumable);
  live_dbus_session_set_connected_since (session, (guint64) status.connected_since_us);
  live_dbus_session_set_retry_at (session, (guint64) status.retry_at_us);
  refresh_settings (self, status.settings);
  refresh_profile (self, status.profile);
  refresh_pending (session, self->face->engine);
  live_dbus_session_set_usage (session, live_engine_get_usage (self->face->engine));
}
