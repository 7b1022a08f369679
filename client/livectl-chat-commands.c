/* Owns: what can be said with a slash in a chat.
 * Thread: main only.
 * Called by: cmd-chat.c. */
#include "livectl-chat.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-settings.h"

typedef struct
{
  const char *name;
  const char *args; /* NULL for none, in brackets when they may be left out */
  const char *summary;
  void (*run) (LivectlChat *chat, const char *args); /* args: trimmed, maybe empty */
} Command;

static void run_help (LivectlChat *chat, const char *args);

static void
run_context (LivectlChat *chat, const char *args)
{
  livectl_chat_send (chat, args, TRUE);
}

static void
run_interrupt (LivectlChat *chat, const char *args)
{
  livectl_chat_call (chat, LIVECTL_SESSION, "Interrupt", g_variant_new ("(a{sv})", NULL), NULL);
}

/* Whether this chat holds the microphone, as the daemon sees it. */
static gboolean
has_hold (LivectlChat *chat)
{
  const char *own_name = g_dbus_connection_get_unique_name (chat->ctx->bus);
  GVariant *holds = livectl_props_get (chat->props, "Holds");

  if (holds == NULL || !g_variant_is_of_type (holds, G_VARIANT_TYPE ("aa{sv}")))
    return FALSE;

  for (gsize i = 0; i < g_variant_n_children (holds); i++)
    {
      g_autoptr (GVariant) hold = g_variant_get_child_value (holds, i);
      const char *name = "";

      if (g_variant_lookup (hold, "name", "&s", &name) && strcmp (name, own_name) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
run_listen (LivectlChat *chat, const char *args)
{
  gboolean wants_off = *args != '\0' ? strcmp (args, "off") == 0 : has_hold (chat);
  GVariantBuilder options;

  if (*args != '\0' && strcmp (args, "on") != 0 && strcmp (args, "off") != 0)
    {
      livectl_screen_note (chat->screen, _ ("“%s” is not one of: on, off."), args);
      return;
    }

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  if (!wants_off)
    g_variant_builder_add (&options, "{sv}", "reason", g_variant_new_string ("livectl chat"));
  livectl_chat_call (chat, LIVECTL_AUDIO, wants_off ? "StopListening" : "StartListening",
                     g_variant_new ("(a{sv})", &options),
                     wants_off ? _ ("The microphone is given back.")
                     : livectl_props_get_boolean (chat->props, "Muted")
                         ? _ ("The microphone is muted; /mute unmutes it.")
                         : _ ("The microphone is open; speak."));
}

static void
run_mute (LivectlChat *chat, const char *args)
{
  gboolean is_muted = !livectl_props_get_boolean (chat->props, "Muted");

  livectl_chat_set (chat, "Muted", g_variant_new_boolean (is_muted),
                    is_muted ? _ ("The microphone is muted.") : _ ("The microphone is not muted."));
}

static void
run_new (LivectlChat *chat, const char *args)
{
  livectl_chat_call (chat, LIVECTL_SESSION, "NewConversation", g_variant_new ("(a{sv})", NULL),
                     _ ("A new conversation."));
}

static void
run_quit (LivectlChat *chat, const char *args)
{
  livectl_chat_quit (chat);
}

static void
run_status (LivectlChat *chat, const char *args)
{
  LivectlProps *props = chat->props;
  const char *voice = livectl_props_get_string (props, "Voice");

  livectl_screen_note (
      chat->screen, _ ("%s, %s\nmodel %s\nvoice %s"), livectl_props_get_string (props, "State"),
      livectl_props_get_string (props, "Activity"), livectl_props_get_string (props, "Model"),
      *voice != '\0' ? voice : _ ("of the model's choice"));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
run_usage (LivectlChat *chat, const char *args)
{
  GVariant *usage = livectl_props_get (chat->props, "Usage");
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  GVariantIter iter;
  const char *name;
  guint64 tokens;

  if (usage == NULL || !g_variant_is_of_type (usage, G_VARIANT_TYPE ("a{st}")) ||
      g_variant_n_children (usage) == 0)
    {
      livectl_screen_note (chat->screen, _ ("No tokens have been used yet."));
      return;
    }

  g_variant_iter_init (&iter, usage);
  while (g_variant_iter_next (&iter, "{&st}", &name, &tokens))
    if (tokens > 0)
      g_ptr_array_add (lines, g_strdup_printf ("%-16s %8" G_GUINT64_FORMAT, name, tokens));
  g_ptr_array_sort (lines, compare_names);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "",
                            (const char *) g_ptr_array_index (lines, i));
  livectl_screen_note (chat->screen, "%s", text->str);
}

static void
on_voice_set (LivectlContext *ctx,
              GVariant *reply,
              GUnixFDList *fds,
              const GError *error,
              gpointer data)
{
  LivectlChat *chat = data;

  livectl_chat_returned (chat, error);
  if (error == NULL)
    {
      g_autoptr (GVariant) applied = g_variant_get_child_value (reply, 0);
      const char *change = "";

      g_variant_lookup (applied, "session.voice", "&s", &change);
      livectl_screen_note (chat->screen, _ ("The other voice: %s."),
                           livectl_settings_describe_change (change));
    }
  livectl_chat_go_on (chat);
}

static void
run_voice (LivectlChat *chat, const char *args)
{
  GVariantBuilder settings;

  g_variant_builder_init (&settings, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&settings, "{sv}", "session.voice", g_variant_new_string (args));
  chat->n_calls++;
  livectl_proxy_call (chat->ctx, LIVECTL_SESSION, "Configure",
                      g_variant_new ("(a{sv}a{sv})", &settings, NULL),
                      livectl_context_timeout_ms (chat->ctx, LIVECTL_CALL_MS), on_voice_set, chat);
}

static void
run_volume (LivectlChat *chat, const char *args)
{
  char *end = NULL;
  gdouble percent = g_ascii_strtod (args, &end);

  if (end == args || (*end != '\0' && strcmp (end, "%") != 0) || !(percent >= 0 && percent <= 100))
    livectl_screen_note (chat->screen, _ ("“%s” is not a volume: 0 to 100."), args);
  else
    livectl_chat_set (chat, "OutputVolume", g_variant_new_double (percent / 100), NULL);
}

static const Command commands[] = {
  { "/context", N_ ("TEXT"), N_ ("let the model know, without an answer"), run_context },
  { "/help", NULL, N_ ("this list"), run_help },
  { "/interrupt", NULL, N_ ("silence the answer (or Ctrl-C)"), run_interrupt },
  { "/listen", "[on|off]", N_ ("open the microphone, or give it back"), run_listen },
  { "/mute", NULL, N_ ("mute the microphone, or unmute it"), run_mute },
  { "/new", NULL, N_ ("forget everything and begin anew"), run_new },
  { "/quit", NULL, N_ ("leave (or Ctrl-D)"), run_quit },
  { "/status", NULL, N_ ("how things stand"), run_status },
  { "/usage", NULL, N_ ("tokens used in this conversation"), run_usage },
  { "/voice", N_ ("NAME"), N_ ("another voice"), run_voice },
  { "/volume", N_ ("PERCENT"), N_ ("loudness of the answers"), run_volume },
};

static const char *
get_args (const Command *command)
{
  if (command->args == NULL)
    return "";
  return *command->args == '[' ? command->args : _ (command->args);
}

static void
run_help (LivectlChat *chat, const char *args)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int width = 0;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    width = MAX (width, livectl_out_cells (commands[i].name) + 1 +
                            livectl_out_cells (get_args (&commands[i])));
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      const Command *command = &commands[i];
      int gap = width - livectl_out_cells (command->name) - livectl_out_cells (get_args (command));

      g_string_append_printf (text, "%s%s %s%*s%s", i > 0 ? "\n" : "", command->name,
                              get_args (command), gap + 1, "", _ (command->summary));
    }
  livectl_screen_note (chat->screen, "%s", text->str);
}

void
livectl_chat_command (LivectlChat *chat, const char *line)
{
  gsize length = strcspn (line, " ");
  g_autofree char *name = g_strndup (line, length);
  g_autofree char *args = g_strstrip (g_strdup (line + length));

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      const Command *command = &commands[i];

      if (strcmp (command->name, name) != 0)
        continue;
      if (command->args != NULL && *command->args != '[' && *args == '\0')
        livectl_screen_note (chat->screen, _ ("It is: %s %s"), command->name, get_args (command));
      else
        command->run (chat, args);
      return;
    }

  livectl_screen_note (chat->screen, _ ("There is no %s. /help lists what there is."), name);
}

char *
livectl_chat_complete (LivectlChat *chat, const char *line)
{
  g_autofree char *common = NULL;
  g_autoptr (GString) candidates = g_string_new (NULL);
  guint n_found = 0;

  if (*line != '/' || strchr (line, ' ') != NULL)
    return NULL;

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      gsize same = 0;

      if (!g_str_has_prefix (commands[i].name, line))
        continue;
      n_found++;
      g_string_append_printf (candidates, "%s%s", n_found > 1 ? "  " : "", commands[i].name);
      if (common == NULL)
        common = g_strdup (commands[i].name);
      while (common[same] != '\0' && common[same] == commands[i].name[same])
        same++;
      common[same] = '\0';
    }

  if (n_found == 1)
    return g_strconcat (common, " ", NULL);
  if (n_found > 1 && strcmp (common, line) == 0)
    livectl_screen_note (chat->screen, "%s", candidates->str);
  return g_steal_pointer (&common);
}
