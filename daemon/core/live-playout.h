/* Each turn's account of sound: what was received, handed to the sink, gone by, and heard.
 * Thread: main only. Owner and only user: core/live-speaker.c.
 *
 * A sink sounds in the order in which it was written to, so one number (how much has gone by
 * since the last look) brings all accounts up to date. */
#pragma once

#include "base/live-pcm.h"

G_BEGIN_DECLS

typedef struct
{
  guint64 turn;
  LivePcmCarry carry;
  guint64 received_frames;
  guint64 pushed_frames;  /* received and not discarded */
  guint64 written_frames; /* handed to the sink */
  guint64 sounded_frames; /* … and gone by */
  guint64 heard_frames;   /* … on a real device */
  gint64 first_audio_us;  /* 0 = never */
  gboolean is_ended;      /* no more is expected */
  gboolean is_expected;   /* somebody waits for its end */
} LivePlayoutAccount;

typedef struct
{
  GQueue accounts; /* of LivePlayoutAccount, in the order of the turns */
} LivePlayout;

void live_playout_init (LivePlayout *self);
void live_playout_clear (LivePlayout *self);

LivePlayoutAccount *live_playout_find (LivePlayout *self, guint64 turn);
LivePlayoutAccount *live_playout_ensure (LivePlayout *self, guint64 turn);
void live_playout_remove (LivePlayout *self, LivePlayoutAccount *account);
/* The newest; NULL when there is none. */
LivePlayoutAccount *live_playout_last (LivePlayout *self);
/* One whose end is waited for and has come; NULL when there is none. */
LivePlayoutAccount *live_playout_find_told (LivePlayout *self);

/* Frames handed to the sink that have not gone by. */
guint64 live_playout_count_unsounded (const LivePlayout *self);
/* n_frames more have gone by, on a device that can be heard or on the virtual clock. */
void live_playout_advance (LivePlayout *self,
                           guint64 n_frames,
                           gboolean is_heard,
                           gint64 now_us,
                           guint rate_hz);
/* What has not gone by never will. */
void live_playout_cut (LivePlayout *self);

G_END_DECLS
