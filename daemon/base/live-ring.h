/* A ring of S16 mono frames between one producer thread and one consumer thread, without a lock.
 * Thread: push, writable and discard belong to the producer, pull, skip and readable to the
 * consumer; reset, new and free only while neither of them runs. Used by: io/live-pw-stream.c.
 *
 * Positions are 64-bit counters that never wrap in practice (12 million years at 48 kHz), so
 * "full" and "empty" need no spare frame and no test has to think about wrapped indices. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LiveRing LiveRing;

/* Room for at least min_frames (rounded up to a power of two). */
LiveRing *live_ring_new (guint32 min_frames);
void live_ring_free (LiveRing *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveRing, live_ring_free)

guint32 live_ring_get_capacity_frames (const LiveRing *self);

/* Producer. Takes as much as fits and returns how much that was; the caller counts the rest. */
guint32 live_ring_push (LiveRing *self, const gint16 *src, guint32 n_frames);
guint32 live_ring_get_writable_frames (const LiveRing *self);
/* Producer. Everything pushed so far is void: the consumer jumps over it the next time it pulls.
 * The room comes back only then, for the consumer may be copying out of it right now. */
void live_ring_discard (LiveRing *self);
/* Producer. Pushed and neither pulled nor discarded; may be too high by what is pulled meanwhile.
 */
guint32 live_ring_get_pending_frames (const LiveRing *self);

/* Consumer. Both return how many frames were taken out, oldest first. */
guint32 live_ring_pull (LiveRing *self, gint16 *dst, guint32 n_frames);
guint32 live_ring_skip (LiveRing *self, guint32 n_frames);
guint32 live_ring_get_readable_frames (const LiveRing *self);

/* Empty again, with all the room. */
void live_ring_reset (LiveRing *self);

G_END_DECLS
