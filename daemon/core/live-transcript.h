/* What was said: fragments gathered into utterances, and a bounded history of them for giving a
 * lost context back (protocol/live-seed.h).
 * Thread: main only. Owner and only user: core/live-engine*.c. Nothing of it is ever logged.
 *
 * Fragments are appended as they come: services put the spaces in (protocol 7.2). */
#pragma once

#include "protocol/live-seed.h"

G_BEGIN_DECLS

#define LIVE_TRANSCRIPT_UTTERANCE_CAP_BYTES (64 * 1024)
#define LIVE_TRANSCRIPT_HISTORY_CAP_BYTES (256 * 1024)
#define LIVE_TRANSCRIPT_HISTORY_CAP_TURNS 500

typedef enum
{
  LIVE_SAID_BY_USER,
  LIVE_SAID_BY_MODEL,
  LIVE_SAID_N, /*< skip >*/
} LiveSaid;

typedef struct _LiveTranscript LiveTranscript;

LiveTranscript *live_transcript_new (void);
void live_transcript_free (LiveTranscript *self);

/* FALSE: the utterance is at its cap and the rest of it is not kept. */
gboolean live_transcript_append (LiveTranscript *self, guint64 turn, LiveSaid by, const char *text);
/* The whole utterance so far without outer spaces, "" when there is none; owned. */
char *live_transcript_dup (LiveTranscript *self, guint64 turn, LiveSaid by);
/* As if this turn had never been. */
void live_transcript_forget (LiveTranscript *self, guint64 turn);
/* The conversation begins anew. */
void live_transcript_clear (LiveTranscript *self);
/* How many turns have words, and the bytes of them. */
guint live_transcript_count (LiveTranscript *self, gsize *ret_bytes);
/* The history in order, user before model; texts borrowed until the next append. Free the array
 * with g_free. */
LiveSeedTurn *live_transcript_list (LiveTranscript *self, gsize *ret_n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveTranscript, live_transcript_free)

G_END_DECLS
