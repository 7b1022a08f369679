/* Owns: the reply queue and its way into the playback ring, or past a virtual clock.
 * Thread: main only.
 * Called by: core/live-engine*.c. */
#include "core/live-speaker.h"

#include "core/live-playout.h"

#define CAP_FRAMES live_pcm_ms_to_frames (LIVE_SPEAKER_CAP_MS, LIVE_PLAYBACK_RATE_HZ)
#define FRAMES_PER_MS (LIVE_PLAYBACK_RATE_HZ / 1000)
/* The virtual ring is short, so that little is lost when a real device comes back. */
#define VIRTUAL_RING_MS 200
#define VIRTUAL_RING_FRAMES (VIRTUAL_RING_MS * FRAMES_PER_MS)
/* A Bluetooth sink that wakes up takes its time. */
#define STALL_US (5 * G_USEC_PER_SEC)
#define RELEASE_MS 15000
#define CHECK_MIN_MS 5
#define CHECK_MAX_MS 200

typedef struct
{
  LivePlayoutAccount *account;
  gint16 *frames;
  guint32 n_frames, offset;
} Chunk;

struct _LiveSpeaker
{
  const LiveClock *clock;
  LiveAudio *audio;
  const LiveSpeakerEvents *events;
  gpointer events_data;

  LivePlayout playout;
  GQueue chunks; /* of Chunk */
  guint64 queued_frames;
  guint64 start_frames;
  gboolean is_buffering; /* nothing is written until enough has come */
  gboolean is_kept, is_wanted, is_stalled;
  gboolean is_virtual;
  gint64 progress_us; /* when something last sounded, or nothing had to */
  gint64 virtual_us;  /* up to here the virtual clock has played */
  guint check_timer, release_timer, notify_timer;
  LiveSpeakerStats stats;
};

static void pump (LiveSpeaker *self);

static void
free_chunk (gpointer data)
{
  Chunk *chunk = data;

  g_free (chunk->frames);
  g_free (chunk);
}

static gboolean
has_device (LiveSpeaker *self)
{
  return self->audio != NULL && !self->is_stalled &&
         self->audio->class->state (self->audio, LIVE_AUDIO_PLAYBACK) != LIVE_AUDIO_UNAVAILABLE;
}

LiveSpeaker *
live_speaker_new (const LiveClock *clock,
                  LiveAudio *audio,
                  const LiveSpeakerEvents *events,
                  gpointer events_data)
{
  LiveSpeaker *self = g_new0 (LiveSpeaker, 1);

  self->clock = clock;
  self->audio = audio;
  self->events = events;
  self->events_data = events_data;
  self->is_buffering = TRUE;
  self->is_virtual = !has_device (self);
  live_playout_init (&self->playout);
  g_queue_init (&self->chunks);
  return self;
}

void
live_speaker_free (LiveSpeaker *self)
{
  if (self == NULL)
    return;

  live_clock_clear (self->clock, &self->check_timer);
  live_clock_clear (self->clock, &self->release_timer);
  live_clock_clear (self->clock, &self->notify_timer);
  g_queue_clear_full (&self->chunks, free_chunk);
  live_playout_clear (&self->playout);
  g_free (self);
}

void
live_speaker_set_start_ms (LiveSpeaker *self, guint start_ms)
{
  self->start_frames = (guint64) start_ms * FRAMES_PER_MS;
}

/* How much of what the sink holds has not gone by. */
static guint64
count_pending (LiveSpeaker *self, guint64 unsounded_frames)
{
  gint64 now_us = live_clock_now_us (self->clock);
  guint64 passed_frames;

  if (!self->is_virtual)
    return MIN (unsounded_frames, self->audio->class->pending_frames (self->audio));

  passed_frames =
      live_pcm_us_to_frames ((guint64) (now_us - self->virtual_us), LIVE_PLAYBACK_RATE_HZ);
  if (passed_frames >= unsounded_frames)
    {
      self->virtual_us = now_us;
      return 0;
    }
  self->virtual_us += (gint64) live_pcm_frames_to_us (passed_frames, LIVE_PLAYBACK_RATE_HZ);
  return unsounded_frames - passed_frames;
}

static void
update_accounts (LiveSpeaker *self)
{
  gint64 now_us = live_clock_now_us (self->clock);
  guint64 unsounded_frames = live_playout_count_unsounded (&self->playout);
  guint64 n_new = unsounded_frames - count_pending (self, unsounded_frames);

  if (n_new > 0 || unsounded_frames == 0)
    self->progress_us = now_us;
  live_playout_advance (&self->playout, n_new, !self->is_virtual, now_us, LIVE_PLAYBACK_RATE_HZ);
}

/* Moves between the device and the virtual clock. What lay in a device that is gone is played to
 * its end by the clock; a device that comes knows nothing of what the clock still had to play. */
static void
choose_sink (LiveSpeaker *self)
{
  gint64 now_us = live_clock_now_us (self->clock);
  gboolean is_virtual = !has_device (self);

  if (is_virtual == self->is_virtual)
    return;

  if (is_virtual)
    {
      self->virtual_us = now_us;
      /* What the ring still holds must not sound whenever the device comes back. */
      self->audio->class->discard (self->audio);
    }
  else
    live_playout_advance (&self->playout, live_playout_count_unsounded (&self->playout), FALSE,
                          now_us, LIVE_PLAYBACK_RATE_HZ);
  self->is_virtual = is_virtual;
  self->progress_us = now_us;
}

static void
want_device (LiveSpeaker *self, gboolean wanted)
{
  if (self->audio == NULL || self->is_wanted == wanted)
    return;

  self->is_wanted = wanted;
  self->is_stalled = FALSE;
  self->audio->class->want (self->audio, LIVE_AUDIO_PLAYBACK, wanted);
}

static void
on_release_timer (gpointer data)
{
  LiveSpeaker *self = data;

  self->release_timer = 0;
  if (!self->is_kept && self->queued_frames == 0 &&
      live_playout_count_unsounded (&self->playout) == 0)
    want_device (self, FALSE);
}

static void
plan_release (LiveSpeaker *self)
{
  live_clock_clear (self->clock, &self->release_timer);
  if (self->is_wanted && !self->is_kept)
    self->release_timer = live_clock_arm (self->clock, RELEASE_MS, on_release_timer, self);
}

void
live_speaker_keep_open (LiveSpeaker *self, gboolean is_kept)
{
  if (self->is_kept == is_kept)
    return;

  self->is_kept = is_kept;
  if (is_kept)
    want_device (self, TRUE);
  plan_release (self);
}

/* Each telling may settle accounts and begin new ones, so the search starts anew after it. */
static void
on_notify_timer (gpointer data)
{
  LiveSpeaker *self = data;
  LivePlayoutAccount *account;

  self->notify_timer = 0;
  while ((account = live_playout_find_told (&self->playout)) != NULL)
    {
      account->is_expected = FALSE;
      self->events->played_out (account->turn, self->events_data);
    }
}

static guint32
write_frames (LiveSpeaker *self, const Chunk *chunk)
{
  const gint16 *frames = chunk->frames + chunk->offset;
  guint32 n_frames = chunk->n_frames - chunk->offset;
  guint64 unsounded_frames;

  if (!self->is_virtual)
    return self->audio->class->write (self->audio, frames, n_frames);

  unsounded_frames = live_playout_count_unsounded (&self->playout);
  if (unsounded_frames == 0)
    self->virtual_us = live_clock_now_us (self->clock);
  if (unsounded_frames >= VIRTUAL_RING_FRAMES)
    return 0;
  return MIN (n_frames, VIRTUAL_RING_FRAMES - (guint32) unsounded_frames);
}

static void
top_up (LiveSpeaker *self)
{
  Chunk *chunk;

  while ((chunk = g_queue_peek_head (&self->chunks)) != NULL)
    {
      guint32 n_written = write_frames (self, chunk);

      chunk->offset += n_written;
      chunk->account->written_frames += n_written;
      self->queued_frames -= n_written;
      if (chunk->offset < chunk->n_frames)
        return;
      free_chunk (g_queue_pop_head (&self->chunks));
    }
}

/* Whether the answer that sounds, or is about to, is still arriving. */
static gboolean
is_more_expected (LiveSpeaker *self)
{
  const LivePlayoutAccount *last = live_playout_last (&self->playout);

  return self->queued_frames > 0 || (last != NULL && !last->is_ended);
}

static void
on_check_timer (gpointer data)
{
  LiveSpeaker *self = data;

  self->check_timer = 0;
  pump (self);
}

/* The virtual ring is refilled when it is half empty. A device calls by itself and is only
 * watched: its last call may come before the last frame has sounded. */
static void
plan_check (LiveSpeaker *self)
{
  guint64 unsounded_frames = live_playout_count_unsounded (&self->playout);
  guint64 delay_ms = unsounded_frames / FRAMES_PER_MS + 1;

  live_clock_clear (self->clock, &self->check_timer);
  if (unsounded_frames == 0)
    return;

  if (self->is_virtual && self->queued_frames > 0)
    delay_ms = VIRTUAL_RING_MS / 2;
  self->check_timer = live_clock_arm (
      self->clock, (guint) CLAMP (delay_ms, CHECK_MIN_MS, CHECK_MAX_MS), on_check_timer, self);
}

/* A node without a driver never takes anything, and the turn must end all the same. */
static void
look_for_stall (LiveSpeaker *self)
{
  if (self->is_virtual || live_playout_count_unsounded (&self->playout) == 0 ||
      live_clock_now_us (self->clock) - self->progress_us < STALL_US)
    return;

  self->is_stalled = TRUE;
  self->stats.stalls++;
  choose_sink (self);
}

static void
pump (LiveSpeaker *self)
{
  gboolean was_sounding = live_playout_count_unsounded (&self->playout) > 0;
  const Chunk *head = g_queue_peek_head (&self->chunks);

  choose_sink (self);
  update_accounts (self);
  look_for_stall (self);

  if (self->is_buffering && head != NULL &&
      (self->queued_frames >= self->start_frames || head->account->is_ended))
    self->is_buffering = FALSE;
  if (!self->is_buffering)
    top_up (self);

  if (self->queued_frames == 0 && live_playout_count_unsounded (&self->playout) == 0)
    {
      if (!self->is_buffering && is_more_expected (self))
        self->stats.rebuffers++;
      self->is_buffering = TRUE;
      if (was_sounding)
        plan_release (self);
    }
  if (self->audio != NULL)
    self->audio->class->expect_more (self->audio, !self->is_buffering && is_more_expected (self));

  plan_check (self);
  if (self->notify_timer == 0 && live_playout_find_told (&self->playout) != NULL)
    self->notify_timer = live_clock_arm (self->clock, 0, on_notify_timer, self);
}

gboolean
live_speaker_push (LiveSpeaker *self, guint64 turn, GBytes *pcm, guint rate_hz)
{
  LivePlayoutAccount *account = live_playout_ensure (&self->playout, turn);
  gsize n_bytes;
  const guint8 *bytes = g_bytes_get_data (pcm, &n_bytes);
  gsize n_frames = live_pcm_carry_count (&account->carry, n_bytes);
  Chunk *chunk;

  account->is_ended = FALSE;
  if (rate_hz != LIVE_PLAYBACK_RATE_HZ || self->queued_frames + n_frames > CAP_FRAMES)
    {
      /* The newest goes: what was said before it still makes sense. */
      account->carry = (LivePcmCarry){ 0 };
      self->stats.dropped_frames += n_frames;
      return FALSE;
    }

  want_device (self, TRUE);
  live_clock_clear (self->clock, &self->release_timer);
  chunk = g_new0 (Chunk, 1);
  chunk->account = account;
  chunk->frames = g_new (gint16, MAX (n_frames, 1));
  chunk->n_frames = (guint32) live_pcm_carry_join (&account->carry, bytes, n_bytes, chunk->frames);
  account->received_frames += chunk->n_frames;
  account->pushed_frames += chunk->n_frames;
  self->queued_frames += chunk->n_frames;
  if (chunk->n_frames == 0)
    free_chunk (chunk);
  else
    g_queue_push_tail (&self->chunks, chunk);

  pump (self);
  return TRUE;
}

void
live_speaker_end (LiveSpeaker *self, guint64 turn)
{
  LivePlayoutAccount *account = live_playout_find (&self->playout, turn);

  if (account == NULL)
    return;

  account->is_ended = TRUE;
  pump (self);
}

void
live_speaker_expect_played (LiveSpeaker *self, guint64 turn)
{
  LivePlayoutAccount *account = live_playout_ensure (&self->playout, turn);

  account->is_ended = TRUE;
  account->is_expected = TRUE;
  pump (self);
}

void
live_speaker_discard (LiveSpeaker *self)
{
  update_accounts (self);
  if (self->audio != NULL)
    self->audio->class->discard (self->audio);

  self->stats.discarded_frames +=
      self->queued_frames + live_playout_count_unsounded (&self->playout);
  self->queued_frames = 0;
  g_queue_clear_full (&self->chunks, free_chunk);
  live_playout_cut (&self->playout);
  self->is_buffering = TRUE;
  plan_release (self);
  pump (self);
}

void
live_speaker_get_figures (LiveSpeaker *self, guint64 turn, LiveSpeakerFigures *ret_figures)
{
  const LivePlayoutAccount *account = live_playout_find (&self->playout, turn);

  *ret_figures = (LiveSpeakerFigures){ 0 };
  if (account == NULL)
    return;

  ret_figures->audio_frames = account->received_frames;
  ret_figures->heard_frames = account->heard_frames;
  ret_figures->first_audio_us = account->first_audio_us;
}

/* Chunks point at their account, so what was not yet written goes with it. */
static void
drop_chunks (LiveSpeaker *self, const LivePlayoutAccount *account)
{
  GList *link = self->chunks.head;

  while (link != NULL)
    {
      GList *next = link->next;
      Chunk *chunk = link->data;

      if (chunk->account == account)
        {
          self->queued_frames -= chunk->n_frames - chunk->offset;
          self->stats.discarded_frames += chunk->n_frames - chunk->offset;
          g_queue_delete_link (&self->chunks, link);
          free_chunk (chunk);
        }
      link = next;
    }
}

void
live_speaker_settle (LiveSpeaker *self, guint64 turn, LiveSpeakerFigures *ret_figures)
{
  LivePlayoutAccount *account = live_playout_find (&self->playout, turn);

  update_accounts (self);
  live_speaker_get_figures (self, turn, ret_figures);
  if (account == NULL)
    return;

  drop_chunks (self, account);
  live_playout_remove (&self->playout, account);
  pump (self);
}

void
live_speaker_on_played (LiveSpeaker *self)
{
  pump (self);
}

void
live_speaker_on_state (LiveSpeaker *self, LiveAudioState state)
{
  if (state == LIVE_AUDIO_RUNNING)
    self->is_stalled = FALSE;
  pump (self);
}

const LiveSpeakerStats *
live_speaker_get_stats (LiveSpeaker *self)
{
  return &self->stats;
}

void
live_speaker_dump (LiveSpeaker *self, GString *out)
{
  g_string_append_printf (
      out,
      "speaker: queued %" G_GUINT64_FORMAT " ms, unsounded %" G_GUINT64_FORMAT
      " ms, %u open accounts, %s%s%s\n",
      self->queued_frames / FRAMES_PER_MS,
      live_playout_count_unsounded (&self->playout) / FRAMES_PER_MS, self->playout.accounts.length,
      self->is_virtual ? "virtual clock" : "device", self->is_buffering ? ", buffering" : "",
      self->is_stalled ? ", stalled" : "");
}
