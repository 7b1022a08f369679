/* Owns: PipeWire's loop, context and core, and the attempts to connect.
 * Thread: main.
 * Called by: io/live-pw-core.c. */
#include "io/live-pw-remote.h"

#include <errno.h>

#include <pipewire/pipewire.h>
#include <spa/utils/result.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "io/live-pw-source.h"

#define BACKOFF_FIRST_MS 200
#define BACKOFF_CAP_MS 5000
/* A server that takes connections and says nothing is as good as none. */
#define ANSWER_MS 5000

struct _LivePwRemote
{
  const LiveClock *clock;
  const LivePwRemoteEvents *events;
  gpointer events_data;

  struct pw_loop *loop;
  GSource *source;
  struct pw_context *context;

  struct pw_core *core;
  struct pw_registry *registry;
  struct spa_hook core_listener;
  int sync_seq;

  gboolean was_up;
  guint64 n_reconnects;
  guint backoff_ms;
  guint timer_id; /* the next attempt, or the end of patience with this one */
  guint down_id;
};

static void try_to_connect (gpointer data);

static void
disconnect_core (LivePwRemote *self)
{
  if (self->core == NULL)
    return;

  self->events->down (self->events_data);
  spa_hook_remove (&self->core_listener);
  if (self->registry != NULL)
    pw_proxy_destroy ((struct pw_proxy *) self->registry);
  self->registry = NULL;
  self->sync_seq = 0;
  g_clear_handle_id (&self->down_id, g_source_remove);
  pw_core_disconnect (g_steal_pointer (&self->core));
}

static void
retry_later (LivePwRemote *self)
{
  live_clock_clear (self->clock, &self->timer_id);
  self->backoff_ms = CLAMP (self->backoff_ms * 2, BACKOFF_FIRST_MS, BACKOFF_CAP_MS);
  self->timer_id = live_clock_arm (self->clock, self->backoff_ms, try_to_connect, self);
}

static gboolean
on_down_idle (gpointer data)
{
  LivePwRemote *self = data;

  self->down_id = 0;
  g_info ("The connection to PipeWire broke");
  disconnect_core (self);
  retry_later (self);
  return G_SOURCE_REMOVE;
}

static void
on_core_done (void *data, uint32_t id, int seq)
{
  LivePwRemote *self = data;

  if (id != PW_ID_CORE || seq != self->sync_seq)
    return;

  live_clock_clear (self->clock, &self->timer_id);
  self->sync_seq = 0;
  self->backoff_ms = 0;
  self->n_reconnects += self->was_up;
  self->was_up = TRUE;
  self->events->up (self->events_data);
}

static void
on_core_error (void *data, uint32_t id, int seq, int result, const char *message)
{
  LivePwRemote *self = data;

  /* Only a broken pipe on the core itself ends the connection. Others come in bursts whenever
   * somebody's node goes away, also with the core's id. */
  if (id != PW_ID_CORE || result != -EPIPE)
    {
      g_debug ("PipeWire reports for object %u: %s (%s)", id, message, spa_strerror (result));
      return;
    }

  /* Not from in here: the core is still on the stack. */
  if (self->down_id == 0)
    self->down_id = g_idle_add_full (G_PRIORITY_HIGH, on_down_idle, self, NULL);
}

static const struct pw_core_events core_events = { PW_VERSION_CORE_EVENTS, .done = on_core_done,
                                                   .error = on_core_error };

static void
on_silence (gpointer data)
{
  LivePwRemote *self = data;

  self->timer_id = 0;
  g_info ("PipeWire does not answer");
  disconnect_core (self);
  retry_later (self);
}

static void
try_to_connect (gpointer data)
{
  LivePwRemote *self = data;

  self->timer_id = 0;
  self->core = pw_context_connect (self->context, NULL, 0);
  if (self->core == NULL)
    {
      g_debug ("PipeWire cannot be reached: %s", g_strerror (errno));
      retry_later (self);
      return;
    }

  pw_core_add_listener (self->core, &self->core_listener, &core_events, self);
  self->registry = pw_core_get_registry (self->core, PW_VERSION_REGISTRY, 0);
  if (self->registry != NULL)
    self->events->connected (self->registry, self->events_data);
  self->sync_seq = pw_core_sync (self->core, PW_ID_CORE, 0);
  self->timer_id = live_clock_arm (self->clock, ANSWER_MS, on_silence, self);
}

/* Asked of the library that runs, not of the headers that we were built with. */
static gboolean
is_library_at_least (guint64 major, guint64 minor, guint64 micro)
{
  const guint64 wanted[] = { major, minor, micro };
  g_auto (GStrv) parts = g_strsplit (pw_get_library_version (), ".", -1);

  for (guint i = 0; i < G_N_ELEMENTS (wanted) && parts[i] != NULL; i++)
    {
      guint64 part = g_ascii_strtoull (parts[i], NULL, 10);

      if (part != wanted[i])
        return part > wanted[i];
    }

  return TRUE;
}

static struct pw_context *
make_context (struct pw_loop *loop)
{
  struct pw_properties *props =
      pw_properties_new (PW_KEY_APP_ID, LIVE_APP_ID, PW_KEY_APP_NAME, "lived", PW_KEY_APP_ICON_NAME,
                         "audio-input-microphone", NULL);

  /* Up to 1.3.80 only this configuration gives the data thread realtime priority; later versions
   * do so by default and warn about the name. */
  if (!is_library_at_least (1, 3, 81))
    pw_properties_set (props, PW_KEY_CONFIG_NAME, "client-rt.conf");

  return pw_context_new (loop, props, 0);
}

LivePwRemote *
live_pw_remote_new (const LiveClock *clock,
                    const LivePwRemoteEvents *events,
                    gpointer data,
                    GError **error)
{
  g_autoptr (LivePwRemote) self = g_new0 (LivePwRemote, 1);

  pw_init (NULL, NULL);
  self->clock = clock;
  self->events = events;
  self->events_data = data;

  self->loop = pw_loop_new (NULL);
  if (self->loop == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_AUDIO_UNAVAILABLE,
                   "PipeWire's event loop cannot be made: %s", g_strerror (errno));
      return NULL;
    }
  pw_loop_enter (self->loop);

  self->context = make_context (self->loop);
  if (self->context == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_AUDIO_UNAVAILABLE,
                   "PipeWire's client library cannot be set up: %s", g_strerror (errno));
      return NULL;
    }

  self->source = live_pw_source_new (self->loop);
  g_source_attach (self->source, NULL);
  return g_steal_pointer (&self);
}

void
live_pw_remote_start (LivePwRemote *self)
{
  try_to_connect (self);
}

void
live_pw_remote_free (LivePwRemote *self)
{
  if (self == NULL)
    return;

  live_clock_clear (self->clock, &self->timer_id);
  g_clear_handle_id (&self->down_id, g_source_remove);
  disconnect_core (self);
  g_clear_pointer (&self->context, pw_context_destroy);
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
  if (self->loop != NULL)
    {
      pw_loop_leave (self->loop);
      pw_loop_destroy (self->loop);
    }
  g_free (self);
  pw_deinit ();
}

struct pw_loop *
live_pw_remote_get_loop (LivePwRemote *self)
{
  return self->loop;
}

struct pw_core *
live_pw_remote_get_core (LivePwRemote *self)
{
  return self->core;
}

guint64
live_pw_remote_get_n_reconnects (const LivePwRemote *self)
{
  return self->n_reconnects;
}
