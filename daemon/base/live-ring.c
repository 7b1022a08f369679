/* Owns: the frames and the three counters of one ring.
 * Thread: one producer and one consumer, either of which may be PipeWire's data thread.
 * Called by: io/live-pw-stream.c on both sides. */
#include "base/live-ring.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define CACHE_LINE_BYTES 64

/* Each side's counter has a cache line of its own, so that a push does not take the line away
 * from the thread that pulls. written and floor have the same writer and may share one. */
struct _LiveRing
{
  guint32 capacity_frames;
  guint32 mask;
  gint16 *frames;

  char pad_before[CACHE_LINE_BYTES];
  _Atomic uint64_t written; /* by the producer: frames ever pushed */
  _Atomic uint64_t floor;   /* by the producer: everything below was discarded */
  char pad_between[CACHE_LINE_BYTES];
  _Atomic uint64_t taken; /* by the consumer: frames ever pulled or jumped over */
  char pad_after[CACHE_LINE_BYTES];
};

static guint32
round_up_to_power_of_two (guint32 value)
{
  guint32 power = 1;

  while (power < value)
    power <<= 1;

  return power;
}

LiveRing *
live_ring_new (guint32 min_frames)
{
  LiveRing *self = NULL;

  g_return_val_if_fail (min_frames > 0 && min_frames <= 1u << 30, NULL);

  self = g_new0 (LiveRing, 1);
  self->capacity_frames = round_up_to_power_of_two (min_frames);
  self->mask = self->capacity_frames - 1;
  /* Touched now, so that the realtime thread takes no page fault later. */
  self->frames = g_new0 (gint16, self->capacity_frames);
  memset (self->frames, 0, sizeof (gint16) * self->capacity_frames);
  atomic_init (&self->written, 0);
  atomic_init (&self->floor, 0);
  atomic_init (&self->taken, 0);

  return self;
}

void
live_ring_free (LiveRing *self)
{
  if (self == NULL)
    return;

  g_free (self->frames);
  g_free (self);
}

guint32
live_ring_get_capacity_frames (const LiveRing *self)
{
  return self->capacity_frames;
}

guint32
live_ring_get_writable_frames (const LiveRing *self)
{
  uint64_t taken = atomic_load_explicit (&self->taken, memory_order_acquire);
  uint64_t written = atomic_load_explicit (&self->written, memory_order_relaxed);

  /* Measured from taken, not from floor: what was discarded may be being copied out still. */
  return self->capacity_frames - (guint32) (written - taken);
}

guint32
live_ring_push (LiveRing *self, const gint16 *src, guint32 n_frames)
{
  uint64_t written = atomic_load_explicit (&self->written, memory_order_relaxed);
  /* Read once: MIN would ask twice, and the other thread moves the answer in between. */
  guint32 writable = live_ring_get_writable_frames (self);
  guint32 n = MIN (n_frames, writable);
  guint32 at = (guint32) written & self->mask;
  guint32 first = MIN (n, self->capacity_frames - at);

  memcpy (self->frames + at, src, first * sizeof (gint16));
  memcpy (self->frames, src + first, (n - first) * sizeof (gint16));
  atomic_store_explicit (&self->written, written + n, memory_order_release);

  return n;
}

void
live_ring_discard (LiveRing *self)
{
  uint64_t written = atomic_load_explicit (&self->written, memory_order_relaxed);

  atomic_store_explicit (&self->floor, written, memory_order_release);
}

/* The order of the loads matters for both sides: taken and floor before written, so that the
 * difference cannot come out negative while the other thread goes on. */
static guint32
count_unread (const LiveRing *self, uint64_t *ret_from)
{
  uint64_t taken = atomic_load_explicit (&self->taken, memory_order_acquire);
  uint64_t floor = atomic_load_explicit (&self->floor, memory_order_acquire);
  uint64_t written = atomic_load_explicit (&self->written, memory_order_acquire);

  *ret_from = MAX (taken, floor);
  return (guint32) (written - *ret_from);
}

guint32
live_ring_get_pending_frames (const LiveRing *self)
{
  uint64_t from = 0;

  return count_unread (self, &from);
}

guint32
live_ring_get_readable_frames (const LiveRing *self)
{
  uint64_t from = 0;

  return count_unread (self, &from);
}

guint32
live_ring_pull (LiveRing *self, gint16 *dst, guint32 n_frames)
{
  uint64_t from = 0;
  guint32 unread = count_unread (self, &from);
  guint32 n = MIN (n_frames, unread);
  guint32 at = (guint32) from & self->mask;
  guint32 first = MIN (n, self->capacity_frames - at);

  memcpy (dst, self->frames + at, first * sizeof (gint16));
  memcpy (dst + first, self->frames, (n - first) * sizeof (gint16));
  atomic_store_explicit (&self->taken, from + n, memory_order_release);

  return n;
}

guint32
live_ring_skip (LiveRing *self, guint32 n_frames)
{
  uint64_t from = 0;
  guint32 unread = count_unread (self, &from);
  guint32 n = MIN (n_frames, unread);

  atomic_store_explicit (&self->taken, from + n, memory_order_release);

  return n;
}

void
live_ring_reset (LiveRing *self)
{
  atomic_store_explicit (&self->taken, 0, memory_order_relaxed);
  atomic_store_explicit (&self->floor, 0, memory_order_relaxed);
  atomic_store_explicit (&self->written, 0, memory_order_release);
}
