/* Interface: microphone and speaker.
 * Thread: main only; the realtime side is the implementation's own affair.
 * Implemented by: live-pw-core.c (over live-pw-stream.c) and tests/fake/fake-audio.c.
 * Used by: core/live-engine.c, core/live-speaker.c.
 *
 * Units: capture frames are 16 kHz mono S16, playback frames 24 kHz mono S16, host order = LE. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LIVE_CAPTURE_RATE_HZ 16000
#define LIVE_PLAYBACK_RATE_HZ 24000

typedef enum
{
  LIVE_AUDIO_CAPTURE,
  LIVE_AUDIO_PLAYBACK,
  LIVE_AUDIO_N_DIRECTIONS, /*< skip >*/
} LiveAudioDirection;

typedef enum
{
  LIVE_AUDIO_UNAVAILABLE, /* no PipeWire, no device, or a refused one */
  LIVE_AUDIO_IDLE,        /* could run, nobody wants it */
  LIVE_AUDIO_RUNNING,     /* frames flow */
} LiveAudioState;

typedef struct
{
  /* After every change of state, and when UNAVAILABLE is wanted. message says why in a sentence
   * when UNAVAILABLE, else NULL. */
  void (*state_changed) (LiveAudioDirection direction,
                         LiveAudioState state,
                         const char *message,
                         gpointer data);
  /* At least 20 ms of captured frames can be read; at most once per period. */
  void (*captured) (gpointer data);
  /* A playback period went by and the ring is less than half full, or emptied a moment ago: top it
   * up, look whether all was played. Silent otherwise. */
  void (*played) (gpointer data);
  /* The device list or a default changed. */
  void (*devices_changed) (gpointer data);
} LiveAudioEvents;

typedef struct
{
  guint64 captured_frames;
  guint64 capture_dropped_frames; /* newest, because the ring was full */
  guint64 played_frames;          /* handed to PipeWire, silence not counted */
  guint64 underruns;              /* a period that was short while more was still expected */
  guint64 xruns;                  /* reported by PipeWire */
  guint64 reconnects;
} LiveAudioStats;

/* RMS and peak since the last call, 0…1. Measured only for a second after each call, so the first
 * call of a series gives zeros. */
typedef struct
{
  double input_rms, input_peak, output_rms, output_peak;
} LiveAudioLevels;

typedef struct _LiveAudio LiveAudio;

typedef struct
{
  /* Wanting capture creates the stream, not wanting destroys it (privacy light, Bluetooth); what
   * was captured by then can still be read until it is wanted again. Wanting playback early, when
   * an answer is awaited, saves its first words the time that the device takes to wake; what is
   * written before is kept and sounds when the stream runs. Not wanting it keeps it, asleep. */
  void (*want) (LiveAudio *self, LiveAudioDirection direction, gboolean wanted);
  LiveAudioState (*state) (LiveAudio *self, LiveAudioDirection direction);

  /* Capture: what lies in the ring, oldest first. read returns what it gave. */
  guint32 (*readable_frames) (LiveAudio *self);
  guint32 (*read) (LiveAudio *self, gint16 *dst, guint32 n_frames);

  /* Playback: what the ring can still take; write returns what it took. Nothing is held back. */
  guint32 (*writable_frames) (LiveAudio *self);
  guint32 (*write) (LiveAudio *self, const gint16 *src, guint32 n_frames);
  /* More speech follows what was written: an empty ring is an underrun, not the end. */
  void (*expect_more) (LiveAudio *self, gboolean more);
  /* Barge-in: everything written and not yet sounded is gone within one period, and no more is
   * expected. */
  void (*discard) (LiveAudio *self);
  /* Written frames that have not sounded yet (ring + stream buffers + device delay). */
  guint32 (*pending_frames) (LiveAudio *self);

  /* 0…1 as mixers show it (cubic); 1 leaves the samples as they are. */
  void (*set_volume) (LiveAudio *self, double volume);
  /* node.name; "" or NULL follows the default. Takes effect while running. */
  void (*set_device) (LiveAudio *self, LiveAudioDirection direction, const char *node_name);
  /* aa{sv} as in Audio.ListDevices: name, description, direction ("input", "output"), default b,
   * kind. Floating. */
  GVariant *(*list_devices) (LiveAudio *self);
  void (*levels) (LiveAudio *self, LiveAudioLevels *ret_levels);
  const LiveAudioStats *(*stats) (LiveAudio *self);
  void (*free) (LiveAudio *self);
} LiveAudioClass;

/* First member of every implementation. */
struct _LiveAudio
{
  const LiveAudioClass *class;
  const LiveAudioEvents *events;
  gpointer events_data;
};

static inline void
live_audio_listen (LiveAudio *self, const LiveAudioEvents *events, gpointer data)
{
  self->events = events;
  self->events_data = data;
}

static inline void
live_audio_free (LiveAudio *self)
{
  if (self != NULL)
    self->class->free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveAudio, live_audio_free)

G_END_DECLS
