/* Owns: nothing; judges whether a resumed session is worth keeping.
 * Thread: any.
 * Called by: core, with what happens on the connection. */
#include "machine/live-context-guard.h"

const LiveContextLimits live_context_limits_default = {
  .silence_ms = 8000,
  .least_tokens = 400,
  .collapse_divisor = 4,
  .compressed_tokens = 8000,
};

void
live_context_guard_init (LiveContextGuard *guard, const LiveContextLimits *limits)
{
  *guard = (LiveContextGuard){ .limits = *limits };
}

static LiveContextActions
disarm (LiveContextGuard *guard)
{
  gboolean was_armed = guard->is_armed;

  guard->is_armed = FALSE;
  return was_armed ? LIVE_CONTEXT_DO_DISARM : 0;
}

static LiveContextActions
abandon (LiveContextGuard *guard, LiveContextVerdict verdict)
{
  LiveContextActions actions = disarm (guard);

  guard->verdict = verdict;
  guard->is_resumed = FALSE;
  guard->known_tokens = 0;
  return actions | LIVE_CONTEXT_DO_ABANDON;
}

static LiveContextActions
start_watch (LiveContextGuard *guard, gboolean is_resumed)
{
  LiveContextActions actions = disarm (guard);

  guard->is_online = TRUE;
  guard->is_resumed = is_resumed;
  guard->is_answered = FALSE;
  guard->verdict = LIVE_CONTEXT_SOUND;
  if (!is_resumed)
    {
      guard->known_tokens = 0;
    }
  return actions;
}

/* A compressed context is small by our own wish, so only what falls well below that counts. */
static gboolean
is_collapse (const LiveContextGuard *guard, guint tokens)
{
  const LiveContextLimits *limits = &guard->limits;

  return guard->known_tokens >= limits->least_tokens &&
         tokens < guard->known_tokens / limits->collapse_divisor &&
         (limits->compressed_tokens == 0 || tokens < limits->compressed_tokens / 2);
}

LiveContextActions
live_context_guard_step (LiveContextGuard *guard, const LiveContextEvent *event)
{
  LiveContextActions actions;

  switch (event->kind)
    {
    case LIVE_CONTEXT_EV_ONLINE_FRESH:
      return start_watch (guard, FALSE);

    case LIVE_CONTEXT_EV_ONLINE_RESUMED:
      return start_watch (guard, TRUE);

    case LIVE_CONTEXT_EV_ASKED:
      if (!guard->is_online || !guard->is_resumed || guard->is_answered || guard->is_armed)
        return 0;
      guard->is_armed = TRUE;
      return LIVE_CONTEXT_DO_ARM;

    case LIVE_CONTEXT_EV_OUTPUT:
      guard->is_answered = TRUE;
      return disarm (guard);

    case LIVE_CONTEXT_EV_USAGE:
      if (event->prompt_tokens == 0)
        return 0;
      /* Only the first figure after a resumption tells; later ones follow the talk itself. */
      if (guard->is_resumed && is_collapse (guard, event->prompt_tokens))
        return abandon (guard, LIVE_CONTEXT_COLLAPSED);
      guard->known_tokens = event->prompt_tokens;
      guard->is_resumed = FALSE;
      return disarm (guard);

    case LIVE_CONTEXT_EV_LOST:
      actions = disarm (guard);
      guard->is_online = FALSE;
      return actions;

    case LIVE_CONTEXT_EV_TIMER:
      if (!guard->is_armed)
        return 0;
      guard->is_armed = FALSE;
      return abandon (guard, LIVE_CONTEXT_SILENT);

    case LIVE_CONTEXT_EV_FORGOTTEN:
      actions = disarm (guard);
      guard->is_resumed = FALSE;
      guard->known_tokens = 0;
      return actions;

    case LIVE_CONTEXT_N_EVENTS:
      break;
    }

  return 0;
}

const char *
live_context_guard_verdict (const LiveContextGuard *guard)
{
  switch (guard->verdict)
    {
    case LIVE_CONTEXT_SOUND:
      return "sound";
    case LIVE_CONTEXT_SILENT:
      return "silent";
    case LIVE_CONTEXT_COLLAPSED:
      return "collapsed";
    }

  return "sound";
}
