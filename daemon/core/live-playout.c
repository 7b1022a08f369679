/* Owns: the accounts of sound.
 * Thread: main only.
 * Called by: core/live-speaker.c. */
#include "core/live-playout.h"

void
live_playout_init (LivePlayout *self)
{
  g_queue_init (&self->accounts);
}

void
live_playout_clear (LivePlayout *self)
{
  g_queue_clear_full (&self->accounts, g_free);
}

LivePlayoutAccount *
live_playout_find (LivePlayout *self, guint64 turn)
{
  for (GList *link = self->accounts.head; link != NULL; link = link->next)
    {
      LivePlayoutAccount *account = link->data;

      if (account->turn == turn)
        return account;
    }

  return NULL;
}

LivePlayoutAccount *
live_playout_ensure (LivePlayout *self, guint64 turn)
{
  LivePlayoutAccount *account = live_playout_find (self, turn);

  if (account == NULL)
    {
      account = g_new0 (LivePlayoutAccount, 1);
      account->turn = turn;
      g_queue_push_tail (&self->accounts, account);
    }

  return account;
}

void
live_playout_remove (LivePlayout *self, LivePlayoutAccount *account)
{
  g_queue_remove (&self->accounts, account);
  g_free (account);
}

LivePlayoutAccount *
live_playout_last (LivePlayout *self)
{
  return g_queue_peek_tail (&self->accounts);
}

LivePlayoutAccount *
live_playout_find_told (LivePlayout *self)
{
  for (GList *link = self->accounts.head; link != NULL; link = link->next)
    {
      LivePlayoutAccount *account = link->data;

      if (account->is_expected && account->sounded_frames == account->pushed_frames)
        return account;
    }

  return NULL;
}

guint64
live_playout_count_unsounded (const LivePlayout *self)
{
  guint64 n_frames = 0;

  for (GList *link = self->accounts.head; link != NULL; link = link->next)
    {
      const LivePlayoutAccount *account = link->data;

      n_frames += account->written_frames - account->sounded_frames;
    }

  return n_frames;
}

void
live_playout_advance (LivePlayout *self,
                      guint64 n_frames,
                      gboolean is_heard,
                      gint64 now_us,
                      guint rate_hz)
{
  for (GList *link = self->accounts.head; link != NULL && n_frames > 0; link = link->next)
    {
      LivePlayoutAccount *account = link->data;
      guint64 n = MIN (n_frames, account->written_frames - account->sounded_frames);

      if (n == 0)
        continue;
      if (account->first_audio_us == 0)
        account->first_audio_us = now_us - (gint64) live_pcm_frames_to_us (n_frames, rate_hz);
      account->sounded_frames += n;
      if (is_heard)
        account->heard_frames += n;
      n_frames -= n;
    }
}

void
live_playout_cut (LivePlayout *self)
{
  for (GList *link = self->accounts.head; link != NULL; link = link->next)
    {
      LivePlayoutAccount *account = link->data;

      account->carry = (LivePcmCarry){ 0 };
      account->written_frames = account->sounded_frames;
      account->pushed_frames = account->sounded_frames;
    }
}
