/* Owns: which signal becomes which words on the screen.
 * Thread: main only.
 * Called by: chat and listen. */
#include "livectl-dialogue.h"

#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"

struct _LivectlDialogue
{
  LivectlScreen *screen;
  gboolean shows_thoughts;
  gboolean shows_figures;
  /* Turns whose words came in fragments, so that the whole utterance at the end says nothing new;
   * one a speaker. */
  guint64 fragmented[LIVECTL_N_SPEAKERS];
  guint64 completed;
  guint64 cut; /* the last turn whose cutting was shown */
};

LivectlDialogue *
livectl_dialogue_new (LivectlScreen *screen, gboolean shows_thoughts, gboolean shows_figures)
{
  LivectlDialogue *dialogue = g_new0 (LivectlDialogue, 1);

  dialogue->screen = screen;
  dialogue->shows_thoughts = shows_thoughts;
  dialogue->shows_figures = shows_figures;
  return dialogue;
}

void
livectl_dialogue_free (LivectlDialogue *dialogue)
{
  g_free (dialogue);
}

guint64
livectl_dialogue_get_completed (LivectlDialogue *dialogue)
{
  return dialogue->completed;
}

static void
show_transcript (LivectlDialogue *dialogue, LivectlSpeaker speaker, GVariant *params)
{
  guint64 turn;
  const char *text;
  gboolean is_final;

  if (!g_variant_is_of_type (params, G_VARIANT_TYPE ("(tsba{sv})")))
    return;

  g_variant_get (params, "(t&sb@a{sv})", &turn, &text, &is_final, NULL);
  if (!is_final)
    {
      dialogue->fragmented[speaker] = turn;
      livectl_screen_append (dialogue->screen, speaker, text);
      return;
    }

  if (dialogue->fragmented[speaker] != turn)
    livectl_screen_append (dialogue->screen, speaker, text);
  livectl_screen_end (dialogue->screen, speaker);
}

static void
show_text (LivectlDialogue *dialogue, GVariant *params)
{
  guint64 turn;
  const char *text;
  gboolean is_thought;

  if (!g_variant_is_of_type (params, G_VARIANT_TYPE ("(tsb)")))
    return;

  g_variant_get (params, "(t&sb)", &turn, &text, &is_thought);
  if (!is_thought)
    {
      livectl_screen_end (dialogue->screen, LIVECTL_SPEAKER_THOUGHT);
      dialogue->fragmented[LIVECTL_SPEAKER_MODEL] = turn;
      livectl_screen_append (dialogue->screen, LIVECTL_SPEAKER_MODEL, text);
    }
  else if (dialogue->shows_thoughts)
    livectl_screen_append (dialogue->screen, LIVECTL_SPEAKER_THOUGHT, text);
}

/* The answer was cut: its words end in a dash, as in a play. Often they were all there already,
 * ahead of the voice. */
static void
show_cut (LivectlDialogue *dialogue, guint64 turn)
{
  if (dialogue->cut == turn)
    return;

  dialogue->cut = turn;
  if (livectl_screen_is_open (dialogue->screen, LIVECTL_SPEAKER_MODEL))
    {
      livectl_screen_append (dialogue->screen, LIVECTL_SPEAKER_MODEL,
                             livectl_out_glyph (" —", " --"));
      livectl_screen_end (dialogue->screen, LIVECTL_SPEAKER_MODEL);
    }
  else
    livectl_screen_note (dialogue->screen, _ ("The voice was cut off."));
}

static void
show_figures (LivectlDialogue *dialogue, GVariant *details)
{
  g_autoptr (GVariant) tokens =
      g_variant_lookup_value (details, "tokens", G_VARIANT_TYPE ("a{st}"));
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 total = 0;
  guint32 first_ms = 0;
  guint32 audio_ms = 0;

  if (tokens != NULL && g_variant_lookup (tokens, "total", "t", &total))
    {
      g_autofree char *count = g_strdup_printf ("%" G_GUINT64_FORMAT, total);

      g_string_append_printf (text, ngettext ("%s token", "%s tokens", (gulong) total), count);
    }
  if (g_variant_lookup (details, "first-audio-ms", "u", &first_ms) && first_ms > 0)
    {
      g_string_append (text, text->len > 0 ? " · " : "");
      g_string_append_printf (text, _ ("first sound after %u ms"), first_ms);
    }
  if (g_variant_lookup (details, "audio-ms", "u", &audio_ms) && audio_ms > 0)
    {
      g_string_append (text, text->len > 0 ? " · " : "");
      g_string_append_printf (text, _ ("%.1f s of speech"), audio_ms / 1000.0);
    }

  if (text->len > 0)
    livectl_screen_note (dialogue->screen, "%s", text->str);
}

static void
show_completion (LivectlDialogue *dialogue, GVariant *params)
{
  g_autoptr (GVariant) details = NULL;
  guint64 turn;
  const char *reason;

  if (!g_variant_is_of_type (params, G_VARIANT_TYPE ("(tsa{sv})")))
    return;

  g_variant_get (params, "(t&s@a{sv})", &turn, &reason, &details);
  dialogue->completed = MAX (dialogue->completed, turn);
  if (dialogue->screen == NULL)
    return;

  if (strcmp (reason, "interrupted") == 0)
    show_cut (dialogue, turn);
  livectl_screen_end (dialogue->screen, LIVECTL_SPEAKER_THOUGHT);
  livectl_screen_end (dialogue->screen, LIVECTL_SPEAKER_MODEL);

  if (strcmp (reason, "failed") == 0)
    {
      const char *error = NULL;

      if (g_variant_lookup (details, "error", "&s", &error))
        livectl_screen_note (dialogue->screen, _ ("There is no answer: %s"), error);
      else
        livectl_screen_note (dialogue->screen, _ ("There is no answer."));
    }
  else if (strcmp (reason, "complete") != 0 && strcmp (reason, "interrupted") != 0)
    livectl_screen_note (dialogue->screen, _ ("The service ended the answer: %s"), reason);

  if (dialogue->shows_figures)
    show_figures (dialogue, details);
}

void
livectl_dialogue_signal (LivectlDialogue *dialogue, const char *member, GVariant *params)
{
  if (dialogue->screen == NULL && strcmp (member, "TurnComplete") != 0)
    return;

  if (strcmp (member, "InputTranscript") == 0)
    show_transcript (dialogue, LIVECTL_SPEAKER_USER, params);
  else if (strcmp (member, "OutputTranscript") == 0)
    show_transcript (dialogue, LIVECTL_SPEAKER_MODEL, params);
  else if (strcmp (member, "TextReceived") == 0)
    show_text (dialogue, params);
  else if (strcmp (member, "Interrupted") == 0 &&
           g_variant_is_of_type (params, G_VARIANT_TYPE ("(t)")))
    {
      guint64 turn;

      g_variant_get (params, "(t)", &turn);
      show_cut (dialogue, turn);
    }
  else if (strcmp (member, "TurnComplete") == 0)
    show_completion (dialogue, params);
}
