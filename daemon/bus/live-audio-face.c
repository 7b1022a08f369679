/* Owns: the properties and methods of org.lived.Live1.Audio, and the timer of Levels.
 * Thread: main.
 * Called by: bus/live-service.c, and GDBus for each call. */
#include "bus/live-audio-face.h"

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "bus/live-options.h"
#include "live-dbus.h"

/* 20 a second, as the contract says. */
#define LEVELS_INTERVAL_MS 50
/* A daemon that was started by this very call needs a moment to meet PipeWire. */
#define MICROPHONE_GRACE_MS 1500
/* A slider moves many times a second; the file is written when it rests. */
#define KEEP_VOLUME_MS 500

#define HANDLED TRUE

typedef struct
{
  LiveAudioFace *face;
  LiveCall *call;
  char *sender, *reason;
  gboolean is_detached;
  guint timer_id;
} Waiting;

struct _LiveAudioFace
{
  LiveDbusAudioSkeleton parent;
  LiveFace *face; /* borrowed */
  GPtrArray *waiting;
  guint levels_id, volume_id;
  gboolean was_silent, is_over;
};

typedef LiveDbusAudioSkeletonClass LiveAudioFaceClass;

G_DEFINE_TYPE (LiveAudioFace, live_audio_face, LIVE_DBUS_TYPE_AUDIO_SKELETON)

static const char *
name_state (LiveAudioState state)
{
  switch (state)
    {
    case LIVE_AUDIO_IDLE:
      return "idle";
    case LIVE_AUDIO_RUNNING:
      return "running";
    case LIVE_AUDIO_UNAVAILABLE:
      break;
    }

  return "unavailable";
}

static gboolean
has_microphone (LiveAudioFace *self)
{
  return live_engine_get_audio_state (self->face->engine, LIVE_AUDIO_CAPTURE) !=
         LIVE_AUDIO_UNAVAILABLE;
}

static gboolean
store_one (LiveAudioFace *self, const char *name, GVariant *value, GError **error)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) settings = NULL;
  g_autoptr (GVariant) applied = NULL;

  g_variant_builder_add (&builder, "{sv}", name, value);
  settings = g_variant_ref_sink (g_variant_builder_end (&builder));
  applied = live_settings_store_apply (self->face->store, settings, error);
  if (applied == NULL)
    return FALSE;

  g_variant_ref_sink (applied);
  return TRUE;
}

static void
on_volume_rests (gpointer data)
{
  LiveAudioFace *self = data;
  g_autoptr (GError) error = NULL;
  double volume = live_engine_get_output_volume (self->face->engine);

  self->volume_id = 0;
  if (!store_one (self, "audio.output-volume", g_variant_new_double (volume), &error))
    g_warning ("the volume is not kept: %s", error->message);
}

static gboolean
set_volume (LiveAudioFace *self, double volume, GError **error)
{
  if (!(volume >= 0.0 && volume <= 1.0))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                   "OutputVolume is %g, not in 0 to 1", volume);
      return FALSE;
    }

  /* The first of a row of changes is kept at once, so that who sets it hears when it cannot be;
   * a slider's others wait until it rests. */
  if (self->volume_id == 0 &&
      !store_one (self, "audio.output-volume", g_variant_new_double (volume), error))
    return FALSE;

  live_engine_set_output_volume (self->face->engine, volume);
  live_clock_clear (self->face->clock, &self->volume_id);
  self->volume_id = live_clock_arm (self->face->clock, KEEP_VOLUME_MS, on_volume_rests, self);
  return TRUE;
}

static gboolean
on_set_property (GDBusConnection *connection,
                 const char *sender,
                 const char *object_path,
                 const char *interface_name,
                 const char *property_name,
                 GVariant *value,
                 GError **error,
                 gpointer data)
{
  LiveAudioFace *self = data;
  gboolean is_set = TRUE;

  if (g_str_equal (property_name, "Muted"))
    live_engine_set_muted (self->face->engine, g_variant_get_boolean (value));
  else if (g_str_equal (property_name, "OutputVolume"))
    is_set = set_volume (self, g_variant_get_double (value), error);
  else if (g_str_equal (property_name, "InputDevice"))
    is_set = store_one (self, "audio.input-device", value, error);
  else
    is_set = store_one (self, "audio.output-device", value, error);

  if (!is_set && error != NULL)
    live_error_convert (error);
  /* What changed is told before the reply. */
  live_audio_face_refresh (self);
  live_face_flush (self->face);
  return is_set;
}

static const GDBusInterfaceVTable *
get_inherited (gpointer self)
{
  return G_DBUS_INTERFACE_SKELETON_CLASS (live_audio_face_parent_class)->get_vtable (self);
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
  return get_inherited (data)->get_property (connection, sender, object_path, interface_name,
                                             property_name, error, data);
}

static GDBusInterfaceVTable *
get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  static const GDBusInterfaceVTable vtable = {
    on_method_call, on_get_property, on_set_property, { 0 }
  };

  /* GDBus copies it; its type is older than the const. */
  return (GDBusInterfaceVTable *) &vtable;
}

/* Ends one wait for a microphone: by the hold, or by take_error when there is one. */
static void
settle (Waiting *waiting, GError *take_error)
{
  LiveAudioFace *self = waiting->face;
  LiveCall *call = waiting->call;

  live_clock_clear (self->face->clock, &waiting->timer_id);
  /* A caller that left meanwhile gets no hold; its reply goes nowhere. */
  if (take_error == NULL)
    g_cancellable_set_error_if_cancelled (live_call_get_cancellable (call), &take_error);
  if (take_error == NULL)
    live_clients_hold (self->face->clients, waiting->sender, waiting->reason, waiting->is_detached,
                       &take_error);

  g_free (waiting->sender);
  g_free (waiting->reason);
  g_free (waiting);

  if (take_error == NULL)
    live_call_return (call, NULL);
  else
    live_call_fail (call, take_error);
}

static GError *
new_no_microphone (void)
{
  return g_error_new_literal (LIVE_ERROR, LIVE_ERROR_AUDIO_UNAVAILABLE,
                              _ ("There is no microphone, or PipeWire does not run"));
}

static void
on_grace_over (gpointer data)
{
  Waiting *waiting = data;

  waiting->timer_id = 0;
  g_ptr_array_remove (waiting->face->waiting, waiting);
  settle (waiting, new_no_microphone ());
}

static void
settle_waiting (LiveAudioFace *self)
{
  while (self->waiting->len > 0 && has_microphone (self))
    settle (g_ptr_array_steal_index (self->waiting, 0), NULL);
}

static void
wait_for_microphone (LiveAudioFace *self,
                     GDBusMethodInvocation *invocation,
                     const char *reason,
                     gboolean is_detached)
{
  LiveCall *call = live_call_begin (self->face, invocation);
  Waiting *waiting;

  if (call == NULL)
    return;

  waiting = g_new0 (Waiting, 1);
  waiting->face = self;
  waiting->call = call;
  waiting->sender = g_strdup (g_dbus_method_invocation_get_sender (invocation));
  waiting->reason = g_strdup (reason);
  waiting->is_detached = is_detached;
  waiting->timer_id =
      live_clock_arm (self->face->clock, MICROPHONE_GRACE_MS, on_grace_over, waiting);
  g_ptr_array_add (self->waiting, waiting);
}

static gboolean
on_handle_start_listening (LiveDbusAudio *skeleton,
                           GDBusMethodInvocation *invocation,
                           GVariant *options,
                           gpointer data)
{
  LiveAudioFace *self = (LiveAudioFace *) skeleton;
  LiveFace *face = data;
  const char *reason = NULL;
  gboolean is_detached = FALSE;
  const LiveOption table[] = { { "reason", 's', &reason }, { "detached", 'b', &is_detached } };
  GError *error = NULL;

  if (!live_options_read (options, table, G_N_ELEMENTS (table), &error))
    return live_face_fail (face, invocation, error);

  if (!has_microphone (self) && !self->is_over)
    {
      wait_for_microphone (self, invocation, reason, is_detached);
      return HANDLED;
    }

  if (!live_clients_hold (face->clients, g_dbus_method_invocation_get_sender (invocation), reason,
                          is_detached, &error))
    return live_face_fail (face, invocation, error);

  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_stop_listening (LiveDbusAudio *skeleton,
                          GDBusMethodInvocation *invocation,
                          GVariant *options,
                          gpointer data)
{
  LiveFace *face = data;
  gboolean is_all = FALSE;
  const LiveOption table[] = { { "all", 'b', &is_all } };
  GError *error = NULL;

  if (!live_options_read (options, table, G_N_ELEMENTS (table), &error))
    return live_face_fail (face, invocation, error);

  if (is_all)
    live_clients_release_all (face->clients);
  else if (!live_clients_release (face->clients, g_dbus_method_invocation_get_sender (invocation)))
    return live_face_fail (face, invocation,
                           g_error_new_literal (LIVE_ERROR, LIVE_ERROR_NOT_FOUND,
                                                "this caller does not hold the microphone"));

  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static gboolean
on_handle_list_devices (LiveDbusAudio *skeleton,
                        GDBusMethodInvocation *invocation,
                        GVariant *options,
                        gpointer data)
{
  LiveFace *face = data;
  g_autoptr (GVariant) devices = NULL;
  GError *error = NULL;

  if (!live_options_refuse (options, &error))
    return live_face_fail (face, invocation, error);

  devices = g_variant_ref_sink (live_engine_list_devices (face->engine));
  live_face_return (face, invocation, g_variant_new ("(@aa{sv})", devices));
  return HANDLED;
}

static gboolean
on_handle_subscribe_levels (LiveDbusAudio *skeleton,
                            GDBusMethodInvocation *invocation,
                            gboolean on,
                            gpointer data)
{
  LiveFace *face = data;
  GError *error = NULL;

  if (!live_clients_subscribe (face->clients, g_dbus_method_invocation_get_sender (invocation), on,
                               &error))
    return live_face_fail (face, invocation, error);

  live_face_return (face, invocation, NULL);
  return HANDLED;
}

static void
on_levels_due (gpointer data)
{
  LiveAudioFace *self = data;
  LiveAudioLevels levels = { 0 };
  gboolean is_silent;

  self->levels_id = live_clock_arm (self->face->clock, LEVELS_INTERVAL_MS, on_levels_due, self);
  live_engine_get_levels (self->face->engine, &levels);
  is_silent = levels.input_peak <= 0.0 && levels.output_peak <= 0.0;
  /* The first silence is told, so that a meter falls to zero; the rest would be noise. */
  if (!is_silent || !self->was_silent)
    live_clients_send_levels (self->face->clients,
                              g_variant_new ("(dddd)", levels.input_rms, levels.input_peak,
                                             levels.output_rms, levels.output_peak));
  self->was_silent = is_silent;
}

void
live_audio_face_want_levels (LiveAudioFace *self, gboolean wanted)
{
  live_clock_clear (self->face->clock, &self->levels_id);
  self->was_silent = FALSE;
  if (wanted)
    self->levels_id = live_clock_arm (self->face->clock, LEVELS_INTERVAL_MS, on_levels_due, self);
}

void
live_audio_face_refresh (LiveAudioFace *self)
{
  LiveDbusAudio *audio = LIVE_DBUS_AUDIO (self);
  LiveEngine *engine = self->face->engine;
  LiveSettings *settings = live_settings_store_get (self->face->store);

  live_dbus_audio_set_muted (audio, live_engine_get_muted (engine));
  live_dbus_audio_set_listening (audio, live_engine_get_listening (engine));
  live_dbus_audio_set_output_volume (audio, live_engine_get_output_volume (engine));
  live_dbus_audio_set_input_device (
      audio, live_settings_get_string (settings, LIVE_SETTING_AUDIO_INPUT_DEVICE));
  live_dbus_audio_set_output_device (
      audio, live_settings_get_string (settings, LIVE_SETTING_AUDIO_OUTPUT_DEVICE));
  live_dbus_audio_set_input_state (
      audio, name_state (live_engine_get_audio_state (engine, LIVE_AUDIO_CAPTURE)));
  live_dbus_audio_set_output_state (
      audio, name_state (live_engine_get_audio_state (engine, LIVE_AUDIO_PLAYBACK)));
  /* Half duplex comes with the fallback for machines without echo cancellation. */
  live_dbus_audio_set_duplex (audio, "full");
  live_dbus_audio_set_holds (audio, live_clients_describe_holds (self->face->clients));
  settle_waiting (self);
}

void
live_audio_face_shut_down (LiveAudioFace *self)
{
  self->is_over = TRUE;
  live_audio_face_want_levels (self, FALSE);
  if (self->volume_id != 0)
    {
      live_clock_clear (self->face->clock, &self->volume_id);
      on_volume_rests (self);
    }

  while (self->waiting->len > 0)
    settle (g_ptr_array_steal_index (self->waiting, 0), new_no_microphone ());
}

static void
live_audio_face_finalize (GObject *object)
{
  LiveAudioFace *self = (LiveAudioFace *) object;

  g_ptr_array_unref (self->waiting);
  G_OBJECT_CLASS (live_audio_face_parent_class)->finalize (object);
}

static void
live_audio_face_class_init (LiveAudioFaceClass *class)
{
  G_OBJECT_CLASS (class)->finalize = live_audio_face_finalize;
  G_DBUS_INTERFACE_SKELETON_CLASS (class)->get_vtable = get_vtable;
}

static void
live_audio_face_init (LiveAudioFace *self)
{
  self->waiting = g_ptr_array_new ();
}

LiveAudioFace *
live_audio_face_new (LiveFace *face)
{
  LiveAudioFace *self = g_object_new (live_audio_face_get_type (), NULL);

  self->face = face;
  g_signal_connect (self, "handle-start-listening", G_CALLBACK (on_handle_start_listening), face);
  g_signal_connect (self, "handle-stop-listening", G_CALLBACK (on_handle_stop_listening), face);
  g_signal_connect (self, "handle-list-devices", G_CALLBACK (on_handle_list_devices), face);
  g_signal_connect (self, "handle-subscribe-levels", G_CALLBACK (on_handle_subscribe_levels), face);
  live_audio_face_refresh (self);
  return self;
}
