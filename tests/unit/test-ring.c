/* Owns: the proof that the ring neither loses, repeats nor reorders a frame.
 * Thread: main, and one consumer thread in the stress tests.
 * Called by: meson test, also built with ThreadSanitizer as test-ring-tsan. */
#include "base/live-ring.h"

#include <stdatomic.h>

#define STRESS_FRAMES 50000000
#define STRESS_FRAMES_SLOW 10000000 /* under valgrind or a sanitizer */

static void
fill_counting (gint16 *frames, guint32 n_frames, guint64 first)
{
  for (guint32 i = 0; i < n_frames; i++)
    frames[i] = (gint16) (first + i);
}

static void
assert_counting (const gint16 *frames, guint32 n_frames, guint64 first)
{
  for (guint32 i = 0; i < n_frames; i++)
    g_assert_cmpint (frames[i], ==, (gint16) (first + i));
}

static void
test_capacity (void)
{
  g_autoptr (LiveRing) small = live_ring_new (1);
  g_autoptr (LiveRing) odd = live_ring_new (48000);

  g_assert_cmpuint (live_ring_get_capacity_frames (small), ==, 1);
  g_assert_cmpuint (live_ring_get_capacity_frames (odd), ==, 65536);
  g_assert_cmpuint (live_ring_get_writable_frames (odd), ==, 65536);
  g_assert_cmpuint (live_ring_get_readable_frames (odd), ==, 0);
}

static void
test_wrap (void)
{
  g_autoptr (LiveRing) ring = live_ring_new (64);
  gint16 in[64], out[64];
  guint64 pushed = 0;
  guint64 pulled = 0;

  /* Sizes without a common divisor, so that every position is met as a seam. */
  for (guint i = 0; i < 1000; i++)
    {
      guint32 want_push = 1 + i * 7 % 41;
      guint32 want_pull = 1 + i * 11 % 37;
      guint32 n = 0;

      fill_counting (in, want_push, pushed);
      n = live_ring_push (ring, in, want_push);
      g_assert_cmpuint (n, ==, MIN (want_push, 64 - (pushed - pulled)));
      pushed += n;

      n = live_ring_pull (ring, out, want_pull);
      g_assert_cmpuint (n, ==, MIN (want_pull, pushed - pulled));
      assert_counting (out, n, pulled);
      pulled += n;

      g_assert_cmpuint (live_ring_get_readable_frames (ring), ==, pushed - pulled);
      g_assert_cmpuint (live_ring_get_writable_frames (ring), ==, 64 - (pushed - pulled));
    }
}

static void
test_full (void)
{
  g_autoptr (LiveRing) ring = live_ring_new (16);
  gint16 in[20], out[20];

  fill_counting (in, 20, 0);
  g_assert_cmpuint (live_ring_push (ring, in, 20), ==, 16);
  g_assert_cmpuint (live_ring_push (ring, in, 20), ==, 0);
  g_assert_cmpuint (live_ring_pull (ring, out, 20), ==, 16);
  assert_counting (out, 16, 0);
  g_assert_cmpuint (live_ring_pull (ring, out, 20), ==, 0);
}

static void
test_skip (void)
{
  g_autoptr (LiveRing) ring = live_ring_new (16);
  gint16 in[16], out[16];

  fill_counting (in, 16, 0);
  live_ring_push (ring, in, 10);
  g_assert_cmpuint (live_ring_skip (ring, 4), ==, 4);
  g_assert_cmpuint (live_ring_pull (ring, out, 16), ==, 6);
  assert_counting (out, 6, 4);
  g_assert_cmpuint (live_ring_skip (ring, 4), ==, 0);
}

static void
test_discard (void)
{
  g_autoptr (LiveRing) ring = live_ring_new (16);
  gint16 in[32], out[16];

  fill_counting (in, 32, 0);
  live_ring_push (ring, in, 16);
  live_ring_discard (ring);
  g_assert_cmpuint (live_ring_get_pending_frames (ring), ==, 0);
  g_assert_cmpuint (live_ring_get_readable_frames (ring), ==, 0);
  /* The consumer has not jumped yet, it could be inside those frames. */
  g_assert_cmpuint (live_ring_get_writable_frames (ring), ==, 0);

  g_assert_cmpuint (live_ring_pull (ring, out, 16), ==, 0);
  g_assert_cmpuint (live_ring_get_writable_frames (ring), ==, 16);
  g_assert_cmpuint (live_ring_push (ring, in + 16, 5), ==, 5);
  g_assert_cmpuint (live_ring_pull (ring, out, 16), ==, 5);
  assert_counting (out, 5, 16);
}

static void
test_reset (void)
{
  g_autoptr (LiveRing) ring = live_ring_new (16);
  gint16 in[16], out[16];

  fill_counting (in, 16, 0);
  live_ring_push (ring, in, 9);
  live_ring_discard (ring);
  live_ring_push (ring, in, 3);
  live_ring_reset (ring);
  g_assert_cmpuint (live_ring_get_readable_frames (ring), ==, 0);
  g_assert_cmpuint (live_ring_get_writable_frames (ring), ==, 16);
  live_ring_push (ring, in, 16);
  g_assert_cmpuint (live_ring_pull (ring, out, 16), ==, 16);
  assert_counting (out, 16, 0);
}

typedef struct
{
  LiveRing *ring;
  guint64 goal_frames;
  _Atomic guint64 floor; /* what the producer pushed before its last discard */
  guint64 n_pulled;
  guint64 n_jumps;
} Stress;

/* Frames carry the low 16 bits of their own number. A jump is allowed only forward and, once a
 * discard was announced, nothing older than it may be pulled in a later call. */
static gpointer
pull_all (gpointer data)
{
  Stress *stress = data;
  gint16 out[997];
  guint64 next = 0;

  while (next < stress->goal_frames)
    {
      guint64 floor = atomic_load_explicit (&stress->floor, memory_order_acquire);
      guint32 n = live_ring_pull (stress->ring, out, 1 + stress->n_pulled % 997);
      guint16 jump = 0;

      if (n == 0)
        {
          /* The pull may have jumped all the same. Many such in a row would add up to more than
           * the low bits tell, so what is known of the jump is taken at once. */
          next = MAX (next, floor);
          g_thread_yield ();
          continue;
        }

      /* The ring holds fewer than 2^16 frames, so the low bits tell the whole jump. */
      jump = (guint16) ((guint16) out[0] - (guint16) next);
      stress->n_jumps += jump != 0;
      next += jump;
      g_assert_cmpuint (next, >=, floor);
      assert_counting (out, n, next);
      next += n;
      stress->n_pulled += n;
    }

  return NULL;
}

static void
run_stress (guint64 goal_frames, guint discard_every)
{
  g_autoptr (LiveRing) ring = live_ring_new (8192);
  Stress stress = { .ring = ring, .goal_frames = goal_frames };
  GThread *consumer = g_thread_new ("consumer", pull_all, &stress);
  gint16 in[1499];
  guint64 pushed = 0;
  guint64 n_discarded = 0;

  for (guint i = 0; pushed < goal_frames; i++)
    {
      guint32 n = MIN (1 + i * 13 % 1499, goal_frames - pushed);

      fill_counting (in, n, pushed);
      n = live_ring_push (ring, in, n);
      pushed += n;
      if (n == 0)
        g_thread_yield ();

      /* The last frames are left alone, the consumer waits for them. */
      if (discard_every > 0 && i % discard_every == 0 && pushed + 8192 < goal_frames)
        {
          live_ring_discard (ring);
          atomic_store_explicit (&stress.floor, pushed, memory_order_release);
          n_discarded++;
        }
    }

  g_thread_join (consumer);

  if (discard_every == 0)
    {
      g_assert_cmpuint (stress.n_jumps, ==, 0);
      g_assert_cmpuint (stress.n_pulled, ==, goal_frames);
    }
  else
    {
      g_assert_cmpuint (n_discarded, >, 0);
      g_assert_cmpuint (stress.n_jumps, <=, n_discarded);
      g_assert_cmpuint (stress.n_pulled, <=, goal_frames);
    }
  g_test_message ("%" G_GUINT64_FORMAT " frames pulled, %" G_GUINT64_FORMAT
                  " discards, %" G_GUINT64_FORMAT " jumps",
                  stress.n_pulled, n_discarded, stress.n_jumps);
}

static guint64
stress_frames (void)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  return STRESS_FRAMES_SLOW;
#else
  return g_getenv ("LIVE_TEST_SLOW") != NULL ? STRESS_FRAMES_SLOW : STRESS_FRAMES;
#endif
}

static void
test_stress (void)
{
  run_stress (stress_frames (), 0);
}

static void
test_stress_discard (void)
{
  run_stress (stress_frames (), 25);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ring/capacity", test_capacity);
  g_test_add_func ("/ring/wrap", test_wrap);
  g_test_add_func ("/ring/full", test_full);
  g_test_add_func ("/ring/skip", test_skip);
  g_test_add_func ("/ring/discard", test_discard);
  g_test_add_func ("/ring/reset", test_reset);
  g_test_add_func ("/ring/stress", test_stress);
  g_test_add_func ("/ring/stress-discard", test_stress_discard);
  return g_test_run ();
}
