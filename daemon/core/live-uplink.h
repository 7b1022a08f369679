/* The user's voice on its way to the server: capture ring -> slices -> socket, with the marks
 * that belong to it.
 * Thread: main only. Owner and only user: core/live-engine*.c.
 *
 * While there is no connection the newest ten seconds wait. On a slow socket at most one second
 * waits; older audio is dropped and counted, for a late question is worse than a gap. What waited
 * is sent at four times real time, which the service takes (protocol 9). */
#pragma once

#include "base/live-clock.h"
#include "io/live-audio.h"

G_BEGIN_DECLS

#define LIVE_UPLINK_CAP_MS 10000
#define LIVE_UPLINK_LAG_MS 1000
/* In manual mode the server hears nothing outside of an activity (protocol 9): the newest half
 * second is kept and sent with its beginning. */
#define LIVE_UPLINK_PRE_ROLL_MS 500

typedef struct _LiveUplink LiveUplink;

typedef struct
{
  gboolean (*is_writable) (gpointer data);
  void (*send_audio) (const gint16 *frames, guint32 n_frames, gpointer data);
  void (*send_stream_end) (gpointer data);
  void (*send_activity_start) (gpointer data);
  void (*send_activity_end) (gpointer data);
  /* Audio was lost on the way; total is since the beginning. */
  void (*dropped) (guint64 total_frames, gpointer data);
} LiveUplinkEvents;

typedef struct
{
  guint64 sent_frames, sent_chunks;
  guint64 dropped_frames;
  guint64 gated_frames;
} LiveUplinkStats;

/* audio is borrowed and may be NULL. */
LiveUplink *live_uplink_new (const LiveClock *clock,
                             LiveAudio *audio,
                             const LiveUplinkEvents *events,
                             gpointer events_data);
void live_uplink_free (LiveUplink *self);

void live_uplink_set_chunk_ms (LiveUplink *self, guint chunk_ms);
/* vad.mode: TRUE = the client marks the activity, FALSE = the server detects it. */
void live_uplink_set_manual (LiveUplink *self, gboolean is_manual);
void live_uplink_set_online (LiveUplink *self, gboolean is_online);
/* The microphone. close takes what it still holds and ends the stream after it; call it before
 * the capture stream is destroyed. */
void live_uplink_open (LiveUplink *self);
void live_uplink_close (LiveUplink *self);
/* After close: sends all that is left and the mark of its end, whatever the pace. */
void live_uplink_finish (LiveUplink *self);
/* Drops all that waits, and counts it. */
void live_uplink_clear (LiveUplink *self);
/* Shut: what is captured is dropped and counted, not kept for later; the stream stands. */
void live_uplink_set_gate (LiveUplink *self, gboolean is_shut);

/* Manual mode; FALSE when it is not so (already, not yet). Both may come while offline. */
gboolean live_uplink_start_activity (LiveUplink *self);
gboolean live_uplink_end_activity (LiveUplink *self);
gboolean live_uplink_is_in_activity (LiveUplink *self);
/* An activity without sound, which makes the server fall silent. It stays open until the user's
 * next one takes it over, or close_cut_in: its end would ask for an answer. */
void live_uplink_cut_in (LiveUplink *self);
void live_uplink_close_cut_in (LiveUplink *self);

/* From LiveAudioEvents and LiveLinkEvents. */
void live_uplink_on_captured (LiveUplink *self);
void live_uplink_on_writable (LiveUplink *self);

/* Whether audio was sent since it was forgotten: an answer may be an answer to it. */
gboolean live_uplink_has_sent (LiveUplink *self);
void live_uplink_forget_sent (LiveUplink *self);
gboolean live_uplink_is_empty (LiveUplink *self);
const LiveUplinkStats *live_uplink_get_stats (LiveUplink *self);
void live_uplink_dump (LiveUplink *self, GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveUplink, live_uplink_free)

G_END_DECLS
