/* Owns: captured frames between the ring and the socket, and the marks of stream and activity.
 * Thread: main only.
 * Called by: core/live-engine*.c. */
#include "core/live-uplink.h"

#include <string.h>

#define FRAMES_PER_MS (LIVE_CAPTURE_RATE_HZ / 1000)
#define CAP_FRAMES (LIVE_UPLINK_CAP_MS * FRAMES_PER_MS)
#define LAG_FRAMES (LIVE_UPLINK_LAG_MS * FRAMES_PER_MS)
#define PRE_ROLL_FRAMES (LIVE_UPLINK_PRE_ROLL_MS * FRAMES_PER_MS)
#define STALE_US (30 * G_USEC_PER_SEC)
#define BURST_CHUNKS 4
#define MAX_CHUNK_FRAMES (100 * FRAMES_PER_MS)

struct _LiveUplink
{
  const LiveClock *clock;
  LiveAudio *audio;
  const LiveUplinkEvents *events;
  gpointer events_data;

  gint16 *fifo; /* of CAP_FRAMES, there while something may be in it */
  guint32 head, n_frames;
  guint32 chunk_frames;
  guint32 catch_up_frames; /* waited for the connection, so they are no lag */
  guint32 end_frames;      /* this many go before the end mark */
  gboolean is_end_due;
  gboolean is_open, is_online, is_manual;
  gboolean is_shut;         /* the gate */
  gboolean is_in_activity;  /* as the user marked it */
  gboolean is_server_told;  /* the server is in an activity */
  gboolean is_hollow;       /* … which is a cut, not speech */
  gboolean is_stream_begun; /* audio was sent since the last audioStreamEnd */
  gboolean has_sent;
  gint64 closed_us;
  guint timer;
  LiveUplinkStats stats;
};

LiveUplink *
live_uplink_new (const LiveClock *clock,
                 LiveAudio *audio,
                 const LiveUplinkEvents *events,
                 gpointer events_data)
{
  LiveUplink *self = g_new0 (LiveUplink, 1);

  self->clock = clock;
  self->audio = audio;
  self->events = events;
  self->events_data = events_data;
  self->chunk_frames = 20 * FRAMES_PER_MS;
  return self;
}

void
live_uplink_free (LiveUplink *self)
{
  if (self == NULL)
    return;

  live_clock_clear (self->clock, &self->timer);
  g_free (self->fifo);
  g_free (self);
}

void
live_uplink_set_chunk_ms (LiveUplink *self, guint chunk_ms)
{
  self->chunk_frames = CLAMP (chunk_ms * FRAMES_PER_MS, FRAMES_PER_MS, MAX_CHUNK_FRAMES);
}

static void
forget_oldest (LiveUplink *self, guint32 n_frames)
{
  n_frames = MIN (n_frames, self->n_frames);
  self->head = (self->head + n_frames) % CAP_FRAMES;
  self->n_frames -= n_frames;
  self->end_frames -= MIN (n_frames, self->end_frames);
  self->catch_up_frames -= MIN (n_frames, self->catch_up_frames);
}

static void
drop_oldest (LiveUplink *self, guint32 n_frames)
{
  if (n_frames == 0)
    return;

  forget_oldest (self, n_frames);
  self->stats.dropped_frames += n_frames;
  self->events->dropped (self->stats.dropped_frames, self->events_data);
}

/* Moves all that was captured into the queue; the ring has room for two seconds only. */
static void
read_ring (LiveUplink *self)
{
  guint32 n_readable =
      self->audio != NULL && self->is_open ? self->audio->class->readable_frames (self->audio) : 0;

  if (n_readable > 0 && self->fifo == NULL)
    self->fifo = g_new (gint16, CAP_FRAMES);

  while (n_readable > 0)
    {
      guint32 tail = (self->head + self->n_frames) % CAP_FRAMES;
      guint32 n = MIN (n_readable, CAP_FRAMES - tail);

      n = MIN (n, CAP_FRAMES / 2);
      if (self->n_frames + n > CAP_FRAMES)
        drop_oldest (self, self->n_frames + n - CAP_FRAMES);
      n = self->audio->class->read (self->audio, self->fifo + tail, n);
      if (n == 0)
        break;
      self->n_frames += n;
      n_readable -= MIN (n, n_readable);
    }
}

static void
send_chunk (LiveUplink *self, guint32 n_frames)
{
  gint16 chunk[MAX_CHUNK_FRAMES];
  guint32 n_first = MIN (n_frames, CAP_FRAMES - self->head);

  memcpy (chunk, self->fifo + self->head, n_first * sizeof *chunk);
  memcpy (chunk + n_first, self->fifo, (n_frames - n_first) * sizeof *chunk);
  forget_oldest (self, n_frames);

  self->is_stream_begun = TRUE;
  self->has_sent = TRUE;
  self->stats.sent_frames += n_frames;
  self->stats.sent_chunks++;
  self->events->send_audio (chunk, n_frames, self->events_data);
}

static void
tell_activity_start (LiveUplink *self)
{
  /* A cut that is still open becomes the user's activity: a second start is an error. */
  if (!self->is_server_told)
    self->events->send_activity_start (self->events_data);
  self->is_server_told = TRUE;
  self->is_hollow = FALSE;
}

static void
send_end (LiveUplink *self)
{
  self->is_end_due = FALSE;
  self->end_frames = 0;
  if (self->is_manual)
    {
      if (self->is_server_told)
        self->events->send_activity_end (self->events_data);
      self->is_server_told = FALSE;
      self->is_hollow = FALSE;
    }
  else if (self->is_stream_begun)
    self->events->send_stream_end (self->events_data);
  self->is_stream_begun = FALSE;
}

static guint32
next_chunk (LiveUplink *self)
{
  if (self->is_end_due && self->end_frames < self->chunk_frames)
    return self->end_frames;

  return self->n_frames >= self->chunk_frames ? self->chunk_frames : 0;
}

/* Sends a burst at most; is_forced: all that stands before the end mark, whatever the socket
 * says. */
static void
send_waiting (LiveUplink *self, gboolean is_forced)
{
  for (guint i = 0; i < BURST_CHUNKS || is_forced; i++)
    {
      guint32 n_frames = next_chunk (self);

      if (n_frames > 0)
        {
          if (!is_forced && !self->events->is_writable (self->events_data))
            break;
          send_chunk (self, n_frames);
        }
      if (self->is_end_due && self->end_frames == 0)
        {
          send_end (self);
          if (self->is_manual)
            return;
        }
      if (n_frames == 0)
        break;
    }
}

static void pump (LiveUplink *self);

static void
on_timer (gpointer data)
{
  LiveUplink *self = data;

  self->timer = 0;
  pump (self);
}

static gboolean
may_send (LiveUplink *self)
{
  return self->is_online && (!self->is_manual || self->is_in_activity || self->is_end_due);
}

/* Outside of an activity; a closed microphone has none. */
static void
trim_pre_roll (LiveUplink *self)
{
  guint32 n_kept = self->is_open ? PRE_ROLL_FRAMES : 0;

  if (self->is_manual && !self->is_in_activity && !self->is_end_due && self->n_frames > n_kept)
    forget_oldest (self, self->n_frames - n_kept);
}

static void
drop_gated (LiveUplink *self)
{
  self->stats.gated_frames += self->n_frames;
  forget_oldest (self, self->n_frames);
}

static void
pump (LiveUplink *self)
{
  read_ring (self);
  if (self->is_shut)
    drop_gated (self);

  if (may_send (self))
    {
      guint32 limit = LAG_FRAMES + self->catch_up_frames;

      if (self->is_manual)
        tell_activity_start (self);
      send_waiting (self, FALSE);
      if (self->n_frames > limit)
        drop_oldest (self, self->n_frames - limit);
    }
  trim_pre_roll (self);

  /* What waited is paced by the clock, so that it does not all go at once. */
  if (may_send (self) && next_chunk (self) > 0 && self->timer == 0 &&
      self->events->is_writable (self->events_data))
    self->timer = live_clock_arm (self->clock, self->chunk_frames / FRAMES_PER_MS, on_timer, self);

  if (self->n_frames == 0 && !self->is_open)
    g_clear_pointer (&self->fifo, g_free);
}

void
live_uplink_set_manual (LiveUplink *self, gboolean is_manual)
{
  if (self->is_manual == is_manual)
    return;

  /* The marks of one mode are errors in the other (protocol 6.3). */
  self->is_manual = is_manual;
  self->is_in_activity = FALSE;
  self->is_server_told = FALSE;
  self->is_hollow = FALSE;
  self->is_end_due = FALSE;
  self->end_frames = 0;
}

void
live_uplink_set_online (LiveUplink *self, gboolean is_online)
{
  self->is_online = is_online;
  self->is_server_told = FALSE;
  self->is_hollow = FALSE;
  self->is_stream_begun = FALSE;
  if (!is_online)
    {
      live_clock_clear (self->clock, &self->timer);
      return;
    }

  /* A question that nobody waits for any more is not asked. */
  if (!self->is_open && live_clock_now_us (self->clock) - self->closed_us > STALE_US)
    live_uplink_clear (self);
  read_ring (self);
  self->catch_up_frames = self->n_frames;
  pump (self);
}

void
live_uplink_open (LiveUplink *self)
{
  self->is_open = TRUE;
  /* The stream goes on: an end that was not yet said is not needed. */
  if (!self->is_manual)
    {
      self->is_end_due = FALSE;
      self->end_frames = 0;
    }
}

static void
mark_end (LiveUplink *self)
{
  self->is_end_due = TRUE;
  self->end_frames = self->n_frames;
}

void
live_uplink_close (LiveUplink *self)
{
  if (!self->is_open)
    return;

  read_ring (self);
  self->is_open = FALSE;
  if (!self->is_manual)
    mark_end (self);
  else if (self->is_in_activity)
    {
      self->is_in_activity = FALSE;
      mark_end (self);
    }
  self->closed_us = live_clock_now_us (self->clock);
  pump (self);
}

void
live_uplink_finish (LiveUplink *self)
{
  if (self->is_online && self->is_end_due)
    send_waiting (self, TRUE);
}

void
live_uplink_set_gate (LiveUplink *self, gboolean is_shut)
{
  if (self->is_shut == is_shut)
    return;

  /* What was heard so far belongs to the time before, on both sides of the gate. */
  read_ring (self);
  drop_gated (self);
  self->is_shut = is_shut;
}

void
live_uplink_clear (LiveUplink *self)
{
  live_clock_clear (self->clock, &self->timer);
  self->stats.dropped_frames += self->n_frames;
  forget_oldest (self, self->n_frames);
  self->is_end_due = FALSE;
  self->end_frames = 0;
  self->is_in_activity = FALSE;
}

gboolean
live_uplink_start_activity (LiveUplink *self)
{
  if (!self->is_manual || self->is_in_activity)
    return FALSE;

  /* Two activities never stand in one queue. */
  if (self->is_end_due && self->is_online)
    send_waiting (self, TRUE);
  self->is_end_due = FALSE;
  self->end_frames = 0;
  self->is_in_activity = TRUE;
  self->catch_up_frames = self->n_frames;
  pump (self);
  return TRUE;
}

gboolean
live_uplink_end_activity (LiveUplink *self)
{
  if (!self->is_in_activity)
    return FALSE;

  read_ring (self);
  self->is_in_activity = FALSE;
  mark_end (self);
  pump (self);
  return TRUE;
}

gboolean
live_uplink_is_in_activity (LiveUplink *self)
{
  return self->is_in_activity;
}

void
live_uplink_cut_in (LiveUplink *self)
{
  if (!self->is_online || !self->is_manual || self->is_server_told)
    return;

  self->events->send_activity_start (self->events_data);
  self->is_server_told = TRUE;
  self->is_hollow = TRUE;
}

void
live_uplink_close_cut_in (LiveUplink *self)
{
  if (!self->is_hollow)
    return;

  self->events->send_activity_end (self->events_data);
  self->is_server_told = FALSE;
  self->is_hollow = FALSE;
}

void
live_uplink_on_captured (LiveUplink *self)
{
  if (self->timer != 0)
    read_ring (self);
  else
    pump (self);
}

void
live_uplink_on_writable (LiveUplink *self)
{
  if (self->timer == 0)
    pump (self);
}

gboolean
live_uplink_has_sent (LiveUplink *self)
{
  return self->has_sent;
}

void
live_uplink_forget_sent (LiveUplink *self)
{
  self->has_sent = FALSE;
}

gboolean
live_uplink_is_empty (LiveUplink *self)
{
  return self->n_frames == 0 && !self->is_end_due;
}

const LiveUplinkStats *
live_uplink_get_stats (LiveUplink *self)
{
  return &self->stats;
}

void
live_uplink_dump (LiveUplink *self, GString *out)
{
  g_string_append_printf (out, "uplink: waiting %u ms%s%s%s%s\n", self->n_frames / FRAMES_PER_MS,
                          self->is_open ? ", open" : "", self->is_online ? ", online" : "",
                          self->is_in_activity ? ", in activity" : "",
                          self->is_end_due ? ", end due" : "");
}
