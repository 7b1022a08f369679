/* Owns: nothing; the sentence that systemctl shows.
 * Thread: main.
 * Called by: live-app. */
#include "live-status-words.h"

#include <glib/gi18n.h>

#include "live-config.h"

char *
live_status_words_describe (const LiveEngineStatus *status)
{
  static const struct
  {
    const char *activity, *words;
  } activities[] = {
    { "listening", N_ ("Online, listening") },
    { "thinking", N_ ("Online, thinking") },
    { "speaking", N_ ("Online, speaking") },
    { "tool", N_ ("Online, using a tool") },
  };
  static const struct
  {
    const char *state, *words;
  } states[] = {
    { "offline", N_ ("Offline") },
    { "connecting", N_ ("Connecting") },
    { "online", N_ ("Online") },
    { "rotating", N_ ("Online, renewing the connection") },
    { "backoff", N_ ("Waiting to connect again") },
    { "waiting-network", N_ ("Waiting for the network") },
    { "suspended", N_ ("Suspended") },
    { "blocked", N_ ("Blocked") },
  };
  const char *words = status->state;

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (g_str_equal (states[i].state, status->state))
      words = _ (states[i].words);

  if (g_str_equal (status->state, "online"))
    for (gsize i = 0; i < G_N_ELEMENTS (activities); i++)
      if (g_str_equal (activities[i].activity, status->activity))
        words = _ (activities[i].words);

  if ((g_str_equal (status->state, "backoff") || g_str_equal (status->state, "blocked")) &&
      status->state_message != NULL && status->state_message[0] != '\0')
    return g_strdup_printf ("%s: %s", words, status->state_message);

  return g_strdup (words);
}
