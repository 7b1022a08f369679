/* The model's voice on its way to the ring: a queue of minutes, topped up, and the account of
 * what has truly sounded.
 * Thread: main only. Owner and only user: core/live-engine*.c.
 *
 * Answers arrive faster than they sound (protocol 8.2), so the queue holds up to five minutes.
 * Without a working output it plays to a virtual clock: turns end when they would have ended.
 * Each turn has its own account, from its first push until live_speaker_settle(). */
#pragma once

#include "base/live-clock.h"
#include "io/live-audio.h"

G_BEGIN_DECLS

#define LIVE_SPEAKER_CAP_MS (5 * 60 * 1000)

typedef struct _LiveSpeaker LiveSpeaker;

typedef struct
{
  /* Everything of a turn has sounded; only after live_speaker_expect_played(), once for each,
   * and never from inside a call. */
  void (*played_out) (guint64 turn, gpointer data);
} LiveSpeakerEvents;

typedef struct
{
  guint64 audio_frames;  /* received */
  guint64 heard_frames;  /* sounded through a real device */
  gint64 first_audio_us; /* monotonic; when the first frame sounded, or would have; 0 = never */
} LiveSpeakerFigures;

typedef struct
{
  guint64 dropped_frames; /* over the cap, or of a rate that cannot be played */
  guint64 discarded_frames;
  guint64 rebuffers; /* the queue ran dry in the middle of an answer */
  guint64 stalls;    /* the device took nothing any more */
} LiveSpeakerStats;

/* audio is borrowed and may be NULL. */
LiveSpeaker *live_speaker_new (const LiveClock *clock,
                               LiveAudio *audio,
                               const LiveSpeakerEvents *events,
                               gpointer events_data);
void live_speaker_free (LiveSpeaker *self);

/* How much must have come before an answer begins to sound, also after the queue ran dry. */
void live_speaker_set_start_ms (LiveSpeaker *self, guint start_ms);
/* Opens the output ahead of the first sound and keeps it open while TRUE; else it is closed some
 * seconds after the last sound. */
void live_speaker_keep_open (LiveSpeaker *self, gboolean is_kept);

/* Raw S16 bytes of a turn; half a frame at the end waits for its other half. FALSE: some of it
 * was dropped and counted. Turns are pushed one after the other. */
gboolean live_speaker_push (LiveSpeaker *self, guint64 turn, GBytes *pcm, guint rate_hz);
/* No more is expected for this turn, so nothing is held back. A later push takes it back. */
void live_speaker_end (LiveSpeaker *self, guint64 turn);
void live_speaker_expect_played (LiveSpeaker *self, guint64 turn);
/* Silence, at once: queue, ring and device. */
void live_speaker_discard (LiveSpeaker *self);
/* The account of a turn; all zero for a turn without sound. settle also closes it. */
void live_speaker_get_figures (LiveSpeaker *self, guint64 turn, LiveSpeakerFigures *ret_figures);
void live_speaker_settle (LiveSpeaker *self, guint64 turn, LiveSpeakerFigures *ret_figures);

/* From LiveAudioEvents. */
void live_speaker_on_played (LiveSpeaker *self);
void live_speaker_on_state (LiveSpeaker *self, LiveAudioState state);

const LiveSpeakerStats *live_speaker_get_stats (LiveSpeaker *self);
void live_speaker_dump (LiveSpeaker *self, GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveSpeaker, live_speaker_free)

G_END_DECLS
