/* Owns: nothing; reads words.
 * Thread: main.
 * Called by: bus/live-tools-face.c and bus/live-tool-static.c. */
#include "bus/live-tool-words.h"

#include <string.h>

#include "base/live-error.h"

static gboolean
refuse_option (const char *key, const char *word, GError **error)
{
  g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT, "option “%s” is “%s”", key, word);
  return FALSE;
}

/* The protocol's word for ours; NULL stays NULL. */
gboolean
live_tool_words_scheduling (const char **scheduling, GError **error)
{
  static const char *const words[][2] = { { "interrupt", "INTERRUPT" },
                                          { "when-idle", "WHEN_IDLE" },
                                          { "silent", "SILENT" } };

  if (*scheduling == NULL)
    return TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (*scheduling, words[i][0]) == 0)
      {
        *scheduling = words[i][1];
        return TRUE;
      }
  return refuse_option ("scheduling", *scheduling, error);
}

gboolean
live_tool_words_confirm (const char *word, LiveConfirm *ret_confirm, GError **error)
{
  *ret_confirm = LIVE_CONFIRM_NONE;
  if (word == NULL || strcmp (word, "none") == 0)
    return TRUE;
  if (strcmp (word, "first") != 0 && strcmp (word, "always") != 0)
    return refuse_option ("confirm", word, error);

  *ret_confirm = strcmp (word, "first") == 0 ? LIVE_CONFIRM_FIRST : LIVE_CONFIRM_ALWAYS;
  return TRUE;
}
