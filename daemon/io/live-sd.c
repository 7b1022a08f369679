/* Owns: the conversation with the service manager and the watchdog's timer.
 * Thread: main.
 * Called by: live-app. */
#include "io/live-sd.h"

#include <string.h>
#include <systemd/sd-daemon.h>

struct _LiveSd
{
  const LiveClock *clock;
  guint64 watchdog_us;
  guint watchdog_id;
  char *status;
};

static void
notify (const char *text)
{
  int result = sd_notify (0, text);

  /* No manager (0) is the ordinary case on a terminal. */
  if (result < 0)
    g_debug ("the service manager was not told: %s", g_strerror (-result));
}

static void on_watchdog_due (gpointer data);

static void
arm_watchdog (LiveSd *self)
{
  guint64 half_ms = self->watchdog_us / 2000;

  if (self->watchdog_us == 0 || self->watchdog_id != 0)
    return;

  self->watchdog_id =
      live_clock_arm (self->clock, (guint) CLAMP (half_ms, 1, G_MAXINT), on_watchdog_due, self);
}

static void
on_watchdog_due (gpointer data)
{
  LiveSd *self = data;

  self->watchdog_id = 0;
  notify ("WATCHDOG=1");
  arm_watchdog (self);
}

LiveSd *
live_sd_new (const LiveClock *clock)
{
  LiveSd *self = g_new0 (LiveSd, 1);
  uint64_t watchdog_us = 0;

  self->clock = clock;
  /* Negative: the variables are there but make no sense, which systemd itself never sends. */
  if (sd_watchdog_enabled (0, &watchdog_us) > 0)
    self->watchdog_us = watchdog_us;

  return self;
}

void
live_sd_free (LiveSd *self)
{
  if (self == NULL)
    return;

  live_clock_clear (self->clock, &self->watchdog_id);
  g_free (self->status);
  g_free (self);
}

void
live_sd_ready (LiveSd *self)
{
  notify ("READY=1");
  if (self->watchdog_us != 0 && self->watchdog_id == 0)
    notify ("WATCHDOG=1");
  arm_watchdog (self);
}

void
live_sd_status (LiveSd *self, const char *status)
{
  g_autofree char *line = NULL;

  if (g_strcmp0 (self->status, status) == 0)
    return;

  g_free (self->status);
  self->status = g_strdup (status);
  /* A line break would begin another field of the protocol. */
  line = g_strdup_printf ("STATUS=%s", status);
  notify (g_strdelimit (line, "\n\r", ' '));
}

void
live_sd_reloading (LiveSd *self)
{
  g_autofree char *text = g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT,
                                           live_clock_now_us (self->clock));

  notify (text);
}

void
live_sd_stopping (LiveSd *self)
{
  live_clock_clear (self->clock, &self->watchdog_id);
  notify ("STOPPING=1");
}

guint64
live_sd_get_watchdog_us (LiveSd *self)
{
  return self->watchdog_us;
}
