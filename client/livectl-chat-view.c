/* Owns: what a chat says of itself: its prompt, its errors, what becomes of the connection.
 * Thread: main only.
 * Called by: cmd-chat.c. */
#include "livectl-chat.h"

#include <string.h>

#include <glib/gi18n.h>

#include "livectl-error.h"
#include "livectl-out.h"

/* What goes on, in words; "" when nothing does. */
static const char *
build_hint (LivectlChat *chat)
{
  const char *state = livectl_props_get_string (chat->props, "State");
  const char *activity = livectl_props_get_string (chat->props, "Activity");

  if (chat->quit_timeout_id != 0)
    return _ ("Ctrl-C again quits");
  if (chat->is_gone)
    return _ ("lived is gone, waiting for it …");
  if (!chat->is_ready || strcmp (state, "connecting") == 0)
    return _ ("connecting …");
  if (strcmp (state, "backoff") == 0 || strcmp (state, "waiting-network") == 0)
    return _ ("no connection, trying again …");
  if (strcmp (activity, "thinking") == 0)
    return _ ("thinking …");
  if (strcmp (activity, "tool") == 0)
    return _ ("using a tool …");
  if (strcmp (activity, "speaking") == 0)
    return _ ("speaking, Ctrl-C interrupts");
  if (strcmp (activity, "listening") == 0)
    return _ ("listening");
  return chat->has_sent ? "" : _ ("Type a message, or /help");
}

void
livectl_chat_update_prompt (LivectlChat *chat)
{
  gboolean is_open = livectl_props_get_boolean (chat->props, "Listening");
  int left = livectl_screen_get_gutter (chat->screen) - (is_open ? 4 : 2);
  g_autofree char *label = NULL;

  if (chat->terminal == NULL)
    return;

  label = g_strdup_printf ("%*s%s%s ", left, "", is_open ? livectl_out_glyph ("● ", "* ") : "",
                           livectl_out_glyph ("›", ">"));
  livectl_terminal_set_prompt (
      chat->terminal, livectl_out_style (is_open ? LIVECTL_STYLE_RED : LIVECTL_STYLE_GREEN), label,
      build_hint (chat));
  livectl_terminal_refresh (chat->terminal);
}

void
livectl_chat_note_error (LivectlChat *chat, const GError *error)
{
  g_autofree char *sentence = livectl_error_sentence (error);
  const char *cure = livectl_error_cure (error);

  livectl_screen_note (chat->screen, "%s%s%s", sentence, cure != NULL ? "\n" : "",
                       cure != NULL ? cure : "");
}

/* Tells what becomes of the connection, once each. */
void
livectl_chat_tell_state (LivectlChat *chat)
{
  const char *state = livectl_props_get_string (chat->props, "State");

  if (strcmp (state, "online") == 0 && chat->was_lost)
    {
      gboolean forgot =
          strcmp (livectl_props_get_string (chat->props, "ContextOrigin"), "lost") == 0;

      livectl_screen_note (chat->screen, "%s",
                           forgot ? _ ("Connected again; what was said before is forgotten.")
                                  : _ ("Connected again."));
      chat->was_lost = FALSE;
    }
  else if (strcmp (state, "blocked") == 0 && !chat->was_lost)
    {
      g_autoptr (GError) error =
          livectl_error_from_state (livectl_props_get_string (chat->props, "StateReason"),
                                    livectl_props_get_string (chat->props, "StateMessage"));

      livectl_chat_note_error (chat, error);
      chat->was_lost = TRUE;
    }
  else if ((strcmp (state, "backoff") == 0 || strcmp (state, "waiting-network") == 0) &&
           !chat->was_lost)
    {
      livectl_screen_note (chat->screen, _ ("The connection is lost; trying again."));
      chat->was_lost = TRUE;
    }
}
