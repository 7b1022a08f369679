/* A counting signal, and the book that is kept of it: whether every sample came exactly once and
 * in order, whatever connections it came over.
 *
 * Sample i is (i mod 251) - 125, which is too soft to be taken for speech; in speech it is 12000
 * more or, in every other run of 40 samples, 12000 less, a loud tone of 200 Hz. 251 is prime, so a
 * loss or a repetition of pieces of sound shows unless it is 251 pieces long (5 s of 20 ms), and
 * that shows in the sum.
 * Thread: main (pure). Used by: input; the encoder by tests. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LIVE_SIM_LEDGER_MODULUS 251

typedef struct
{
  guint64 n_frames;
  guint64 n_breaks;  /* a sample that is not the next one */
  guint64 n_foreign; /* of these, samples that the signal does not have */
  gboolean has_begun;
  guint next; /* the residue that is expected */
  /* Of the last break. */
  guint64 break_at;
  guint break_expected, break_got; /* G_MAXUINT = foreign */
} LiveSimLedger;

/* first: the index of the first one. */
void live_sim_ledger_encode (gint16 *ret_frames, gsize n_frames, guint64 first, gboolean is_speech);

/* The signal may begin anywhere. Returns the number of breaks found. */
guint64 live_sim_ledger_check (LiveSimLedger *self, const gint16 *frames, gsize n_frames);

G_END_DECLS
