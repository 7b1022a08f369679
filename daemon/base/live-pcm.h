/* Small helpers for S16 mono frames: time, loudness, bytes to frames.
 * Thread: any; pure, allocates nothing, fit for a realtime callback. Used by: io, core, bus. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LIVE_PCM_FRAME_BYTES 2

/* Times are rounded down. */
guint64 live_pcm_frames_to_ms (guint64 n_frames, guint32 rate_hz);
guint64 live_pcm_frames_to_us (guint64 n_frames, guint32 rate_hz);
guint64 live_pcm_ms_to_frames (guint64 ms, guint32 rate_hz);
guint64 live_pcm_us_to_frames (guint64 us, guint32 rate_hz);

/* A running measure of loudness; zero it to start. */
typedef struct
{
  guint64 square_sum; /* of raw samples: room for 1.7 × 10^10 full-scale frames */
  guint64 n_frames;
  guint32 peak; /* 0…32768 */
} LivePcmMeter;

void live_pcm_meter_add (LivePcmMeter *meter, const gint16 *frames, gsize n_frames);
/* 0…1, full scale = 1; 0 when nothing was measured. */
double live_pcm_meter_rms (const LivePcmMeter *meter);
double live_pcm_meter_peak (const LivePcmMeter *meter);

/* Bytes from the wire may end in the middle of a frame; the odd byte waits here for its other
 * half. Zero it to start and whenever the stream of bytes begins anew. */
typedef struct
{
  guint8 byte;
  gboolean is_held;
} LivePcmCarry;

/* How many frames the next n_bytes will give. */
gsize live_pcm_carry_count (const LivePcmCarry *carry, gsize n_bytes);
/* Little-endian bytes to frames in host order. dst has room for live_pcm_carry_count frames and
 * does not overlap bytes. Returns the number of frames. */
gsize live_pcm_carry_join (LivePcmCarry *carry, const guint8 *bytes, gsize n_bytes, gint16 *dst);

G_END_DECLS
