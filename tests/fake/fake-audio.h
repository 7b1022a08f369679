/* A LiveAudio without a sound card: the test speaks into it and hears what it plays.
 * Thread: the test's. No time passes in it but by fake_audio_play_ms(). */
#pragma once

#include "io/live-audio.h"

G_BEGIN_DECLS

#define FAKE_AUDIO_RING_MS 2000

typedef struct _FakeAudio FakeAudio;

/* One reference for the test, one for whoever takes fake_audio_interface(). Both directions
 * begin idle and run as soon as they are wanted. */
FakeAudio *fake_audio_new (void);
void fake_audio_unref (FakeAudio *self);
LiveAudio *fake_audio_interface (FakeAudio *self);

/* UNAVAILABLE stays so whatever is wanted; IDLE follows what is wanted again. */
void fake_audio_set_state (FakeAudio *self, LiveAudioDirection direction, LiveAudioState state);
/* A wanted direction stays IDLE until this is taken back (a device that takes its time). */
void fake_audio_set_slow (FakeAudio *self, gboolean is_slow);
gboolean fake_audio_is_wanted (FakeAudio *self, LiveAudioDirection direction);
gboolean fake_audio_is_freed (FakeAudio *self);

/* Frames for the capture ring, a constant value; drops the newest when it is full. speak tells
 * the owner, put does not. */
void fake_audio_speak (FakeAudio *self, guint ms, gint16 value);
void fake_audio_put (FakeAudio *self, guint ms, gint16 value);
/* The same with frames of the test's own; returns how many found room. */
guint32 fake_audio_speak_frames (FakeAudio *self, const gint16 *frames, guint32 n_frames);
guint32 fake_audio_readable (FakeAudio *self);

/* The device takes so much from the playback ring and calls played. */
void fake_audio_play_ms (FakeAudio *self, guint ms);
/* What has sounded since the last call, without silence; free the frames with g_free. */
gint16 *fake_audio_take_sound (FakeAudio *self, gsize *ret_frames);
guint32 fake_audio_pending (FakeAudio *self);
guint fake_audio_n_discards (FakeAudio *self);
gboolean fake_audio_expects_more (FakeAudio *self);
double fake_audio_volume (FakeAudio *self);
const char *fake_audio_device (FakeAudio *self, LiveAudioDirection direction);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeAudio, fake_audio_unref)

G_END_DECLS
