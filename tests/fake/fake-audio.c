/* Owns: two arrays of frames that stand for a microphone and a loudspeaker.
 * Thread: the test's.
 * Called by: tests/core. */
#include "fake/fake-audio.h"

struct _FakeAudio
{
  LiveAudio audio; /* first */
  guint n_refs;
  gboolean is_freed, is_slow;
  gboolean is_wanted[LIVE_AUDIO_N_DIRECTIONS];
  LiveAudioState states[LIVE_AUDIO_N_DIRECTIONS];
  char *devices[LIVE_AUDIO_N_DIRECTIONS];
  GArray *captured, *ring, *sound;
  guint n_discards;
  gboolean expects_more;
  double volume;
  LiveAudioStats stats;
};

static FakeAudio *
self_of (LiveAudio *audio)
{
  return (FakeAudio *) audio;
}

static void
change_state (FakeAudio *self, LiveAudioDirection direction, LiveAudioState state)
{
  if (self->states[direction] == state)
    return;

  self->states[direction] = state;
  if (self->audio.events != NULL)
    self->audio.events->state_changed (
        direction, state, state == LIVE_AUDIO_UNAVAILABLE ? "there is no device" : NULL,
        self->audio.events_data);
}

static void
follow_wish (FakeAudio *self, LiveAudioDirection direction)
{
  if (self->states[direction] == LIVE_AUDIO_UNAVAILABLE)
    return;

  if (!self->is_wanted[direction])
    g_array_set_size (direction == LIVE_AUDIO_CAPTURE ? self->captured : self->ring, 0);
  change_state (self, direction,
                self->is_wanted[direction] && !self->is_slow ? LIVE_AUDIO_RUNNING
                                                             : LIVE_AUDIO_IDLE);
}

static void
want (LiveAudio *audio, LiveAudioDirection direction, gboolean wanted)
{
  FakeAudio *self = self_of (audio);

  self->is_wanted[direction] = wanted;
  follow_wish (self, direction);
}

static LiveAudioState
get_state (LiveAudio *audio, LiveAudioDirection direction)
{
  return self_of (audio)->states[direction];
}

static guint32
readable_frames (LiveAudio *audio)
{
  return self_of (audio)->captured->len;
}

static guint32
take_frames (GArray *from, gint16 *dst, guint32 n_frames)
{
  n_frames = MIN (n_frames, from->len);
  for (guint32 i = 0; i < n_frames; i++)
    dst[i] = g_array_index (from, gint16, i);
  if (n_frames > 0)
    g_array_remove_range (from, 0, n_frames);
  return n_frames;
}

static guint32
read_frames (LiveAudio *audio, gint16 *dst, guint32 n_frames)
{
  return take_frames (self_of (audio)->captured, dst, n_frames);
}

static guint32
writable_frames (LiveAudio *audio)
{
  return FAKE_AUDIO_RING_MS * (LIVE_PLAYBACK_RATE_HZ / 1000) - self_of (audio)->ring->len;
}

static guint32
write_frames (LiveAudio *audio, const gint16 *src, guint32 n_frames)
{
  n_frames = MIN (n_frames, writable_frames (audio));
  g_array_append_vals (self_of (audio)->ring, src, n_frames);
  return n_frames;
}

static void
expect_more (LiveAudio *audio, gboolean more)
{
  self_of (audio)->expects_more = more;
}

static void
discard (LiveAudio *audio)
{
  self_of (audio)->n_discards++;
  g_array_set_size (self_of (audio)->ring, 0);
}

static guint32
pending_frames (LiveAudio *audio)
{
  return self_of (audio)->ring->len;
}

static void
set_volume (LiveAudio *audio, double volume)
{
  self_of (audio)->volume = volume;
}

static void
set_device (LiveAudio *audio, LiveAudioDirection direction, const char *node_name)
{
  g_free (self_of (audio)->devices[direction]);
  self_of (audio)->devices[direction] = g_strdup (node_name);
}

static GVariant *
list_devices (LiveAudio *audio)
{
  return g_variant_new_array (G_VARIANT_TYPE_VARDICT, NULL, 0);
}

static void
get_levels (LiveAudio *audio, LiveAudioLevels *ret_levels)
{
  *ret_levels = (LiveAudioLevels){ .input_peak = 0.5 };
}

static const LiveAudioStats *
get_stats (LiveAudio *audio)
{
  return &self_of (audio)->stats;
}

static void
free_audio (LiveAudio *audio)
{
  FakeAudio *self = self_of (audio);

  self->is_freed = TRUE;
  self->audio.events = NULL;
  fake_audio_unref (self);
}

static const LiveAudioClass fake_audio_class = {
  .want = want,
  .state = get_state,
  .readable_frames = readable_frames,
  .read = read_frames,
  .writable_frames = writable_frames,
  .write = write_frames,
  .expect_more = expect_more,
  .discard = discard,
  .pending_frames = pending_frames,
  .set_volume = set_volume,
  .set_device = set_device,
  .list_devices = list_devices,
  .levels = get_levels,
  .stats = get_stats,
  .free = free_audio,
};

FakeAudio *
fake_audio_new (void)
{
  FakeAudio *self = g_new0 (FakeAudio, 1);

  self->audio.class = &fake_audio_class;
  self->n_refs = 2;
  self->volume = 1.0;
  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    self->states[i] = LIVE_AUDIO_IDLE;
  self->captured = g_array_new (FALSE, FALSE, sizeof (gint16));
  self->ring = g_array_new (FALSE, FALSE, sizeof (gint16));
  self->sound = g_array_new (FALSE, FALSE, sizeof (gint16));
  return self;
}

void
fake_audio_unref (FakeAudio *self)
{
  if (--self->n_refs > 0)
    return;

  g_array_unref (self->captured);
  g_array_unref (self->ring);
  g_array_unref (self->sound);
  for (guint i = 0; i < LIVE_AUDIO_N_DIRECTIONS; i++)
    g_free (self->devices[i]);
  g_free (self);
}

LiveAudio *
fake_audio_interface (FakeAudio *self)
{
  return &self->audio;
}

void
fake_audio_set_state (FakeAudio *self, LiveAudioDirection direction, LiveAudioState state)
{
  change_state (self, direction, state);
  if (state != LIVE_AUDIO_UNAVAILABLE)
    follow_wish (self, direction);
}

void
fake_audio_set_slow (FakeAudio *self, gboolean is_slow)
{
  self->is_slow = is_slow;
  follow_wish (self, LIVE_AUDIO_CAPTURE);
  follow_wish (self, LIVE_AUDIO_PLAYBACK);
}

gboolean
fake_audio_is_wanted (FakeAudio *self, LiveAudioDirection direction)
{
  return self->is_wanted[direction];
}

gboolean
fake_audio_is_freed (FakeAudio *self)
{
  return self->is_freed;
}

void
fake_audio_put (FakeAudio *self, guint ms, gint16 value)
{
  guint room = FAKE_AUDIO_RING_MS * (LIVE_CAPTURE_RATE_HZ / 1000) - self->captured->len;
  guint n_frames = MIN (ms * (LIVE_CAPTURE_RATE_HZ / 1000), room);

  if (self->states[LIVE_AUDIO_CAPTURE] != LIVE_AUDIO_RUNNING)
    return;

  for (guint i = 0; i < n_frames; i++)
    g_array_append_val (self->captured, value);
}

void
fake_audio_speak (FakeAudio *self, guint ms, gint16 value)
{
  fake_audio_put (self, ms, value);
  if (self->audio.events != NULL && self->states[LIVE_AUDIO_CAPTURE] == LIVE_AUDIO_RUNNING)
    self->audio.events->captured (self->audio.events_data);
}

guint32
fake_audio_speak_frames (FakeAudio *self, const gint16 *frames, guint32 n_frames)
{
  guint32 room = FAKE_AUDIO_RING_MS * (LIVE_CAPTURE_RATE_HZ / 1000) - self->captured->len;

  if (self->states[LIVE_AUDIO_CAPTURE] != LIVE_AUDIO_RUNNING)
    return 0;
  n_frames = MIN (n_frames, room);
  g_array_append_vals (self->captured, frames, n_frames);
  if (self->audio.events != NULL)
    self->audio.events->captured (self->audio.events_data);
  return n_frames;
}

guint32
fake_audio_readable (FakeAudio *self)
{
  return self->captured->len;
}

void
fake_audio_play_ms (FakeAudio *self, guint ms)
{
  guint n_frames = MIN (ms * (LIVE_PLAYBACK_RATE_HZ / 1000), self->ring->len);

  if (self->states[LIVE_AUDIO_PLAYBACK] != LIVE_AUDIO_RUNNING)
    return;

  self->stats.played_frames += n_frames;
  if (n_frames > 0)
    {
      g_array_append_vals (self->sound, self->ring->data, n_frames);
      g_array_remove_range (self->ring, 0, n_frames);
    }
  if (self->audio.events != NULL)
    self->audio.events->played (self->audio.events_data);
}

gint16 *
fake_audio_take_sound (FakeAudio *self, gsize *ret_frames)
{
  gint16 *frames = g_new (gint16, MAX (self->sound->len, 1));

  *ret_frames = self->sound->len;
  take_frames (self->sound, frames, self->sound->len);
  return frames;
}

guint32
fake_audio_pending (FakeAudio *self)
{
  return self->ring->len;
}

guint
fake_audio_n_discards (FakeAudio *self)
{
  return self->n_discards;
}

gboolean
fake_audio_expects_more (FakeAudio *self)
{
  return self->expects_more;
}

double
fake_audio_volume (FakeAudio *self)
{
  return self->volume;
}

const char *
fake_audio_device (FakeAudio *self, LiveAudioDirection direction)
{
  return self->devices[direction];
}
