/* Owns: the judgement of what looks like a secret.
 * Thread: any.
 * Called by: whoever shows or logs words of the service or of a library. */
#include "base/live-redact.h"

#include <string.h>

#define MARK "…"
/* Shorter runs are words; a UUID has 36, the shortest handle and key seen have more. */
#define RUN_MIN_CHARS 24

static const char *const secret_prefixes[] = { "auth_tokens/", "ya29.", "AIza", "AQ." };

/* "key=x", "Bearer x", "\"token\": \"x\"" … */
static const char *const secret_names[] = { "api_key", "apikey", "api-key", "access_token",
                                            "token",   "key",    "handle",  "newhandle",
                                            "bearer",  "secret", "password" };

static gboolean
is_run_char (char c)
{
  return g_ascii_isalnum (c) || c == '-' || c == '_' || c == '+' || c == '=';
}

static gboolean
ends_value (char c)
{
  return c == '\0' || g_ascii_isspace (c) || strchr ("\"'<>,;)}]", c) != NULL;
}

static gsize
measure_value (const char *text)
{
  gsize length = 0;

  while (!ends_value (text[length]))
    length++;
  return length;
}

static gsize
measure_known (const char *text, const char *const *secrets)
{
  for (guint i = 0; secrets != NULL && secrets[i] != NULL; i++)
    if (*secrets[i] != '\0' && g_str_has_prefix (text, secrets[i]))
      return strlen (secrets[i]);

  return 0;
}

static gsize
measure_prefixed (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (secret_prefixes); i++)
    if (g_str_has_prefix (text, secret_prefixes[i]))
      {
        gsize length = measure_value (text);

        return length > strlen (secret_prefixes[i]) + 4 ? length : 0;
      }

  return 0;
}

static gboolean
is_uuid (const char *run, gsize length)
{
  if (length != 36)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (i == 8 || i == 13 || i == 18 || i == 23 ? run[i] != '-' : !g_ascii_isxdigit (run[i]))
      return FALSE;

  return TRUE;
}

/* Letters of both cases and digits in one long run: no sentence and no model name has that. */
static gsize
measure_random (const char *text)
{
  gboolean has_upper = FALSE, has_lower = FALSE, has_digit = FALSE;
  gsize length = 0;

  for (; is_run_char (text[length]); length++)
    {
      has_upper |= g_ascii_isupper (text[length]);
      has_lower |= g_ascii_islower (text[length]);
      has_digit |= g_ascii_isdigit (text[length]);
    }

  if (is_uuid (text, length))
    return length;
  return length >= RUN_MIN_CHARS && has_upper && has_lower && has_digit ? measure_value (text) : 0;
}

/* After a telling name: how much of text leads up to its value, 0 when this is no such name. */
static gsize
measure_name (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (secret_names); i++)
    {
      gsize length = strlen (secret_names[i]);
      gboolean has_sign = FALSE;

      if (g_ascii_strncasecmp (text, secret_names[i], length) != 0)
        continue;
      if (text[length] == '"')
        length++;
      for (; text[length] == ' ' || text[length] == '=' || text[length] == ':'; length++)
        has_sign |= text[length] != ' ';
      if (text[length] == '"')
        length++;
      if (has_sign && measure_value (text + length) > 0)
        return length;
      /* "Bearer ya29…" has no sign; "a token may…" neither, and stays. */
      if (g_ascii_strncasecmp (text, "bearer ", 7) == 0 && measure_value (text + 7) >= 8)
        return 7;
    }

  return 0;
}

/* The query of a URL: a '?' directly inside a word that had "://". */
static gsize
measure_query (const char *text, gboolean is_in_url)
{
  return is_in_url && *text == '?' ? measure_value (text) : 0;
}

char *
live_redact (const char *text, const char *const *secrets)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);
  GString *clean = g_string_new (NULL);
  gboolean is_in_url = FALSE, is_in_word = FALSE;

  for (const char *at = valid; *at != '\0';)
    {
      gsize secret = measure_known (at, secrets);
      gsize name = 0;

      if (secret == 0)
        secret = measure_query (at, is_in_url);
      if (secret == 0 && !is_in_word)
        secret = measure_prefixed (at);
      if (secret == 0 && !is_in_word)
        secret = measure_random (at);
      if (secret == 0 && !is_in_word)
        name = measure_name (at);

      if (name > 0)
        {
          g_string_append_len (clean, at, name);
          at += name;
          secret = measure_value (at);
        }
      if (secret > 0)
        {
          g_string_append (clean, MARK);
          at += secret;
          is_in_word = FALSE;
          continue;
        }

      if (g_str_has_prefix (at, "://"))
        is_in_url = TRUE;
      if (ends_value (*at))
        is_in_url = FALSE;
      is_in_word = is_run_char (*at);
      g_string_append_c (clean, *at++);
    }

  return g_string_free (clean, FALSE);
}

void
live_redact_wipe (char **secret)
{
  if (*secret != NULL)
    explicit_bzero (*secret, strlen (*secret));
  g_clear_pointer (secret, g_free);
}
