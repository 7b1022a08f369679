/* Owns: the proof that secrets go and words stay.
 * Thread: main.
 * Called by: meson test. */
#include "base/live-redact.h"

#include <string.h>

typedef struct
{
  const char *text, *clean;
} Case;

static void
check (const Case *cases, guint n_cases)
{
  for (guint i = 0; i < n_cases; i++)
    {
      g_autofree char *clean = live_redact (cases[i].text, NULL);

      g_assert_cmpstr (clean, ==, cases[i].clean);
    }
}

static void
test_secrets_go (void)
{
  static const Case cases[] = {
    { "AIzaSyA1234567890abcdefghijklmnopqrstuv", "…" },
    { "bad key AIzaSyA1234567890abcdefghijklmnopqrstuv.", "bad key …" },
    { "x AQ.Ab8RN6KxyzAb8RN6KxyzAb8RN6Kxyz y", "x … y" },
    { "auth_tokens/0123456789abcdef failed", "… failed" },
    { "Authorization: Bearer ya29.a0AfH6SMBx", "Authorization: Bearer …" },
    { "Authorization: Token auth_tokens/abcdef", "Authorization: Token …" },
    { "wss://host/path?key=abc&x=1 refused", "wss://host/path… refused" },
    { "\"https://h/p?access_token=abc\"", "\"https://h/p…\"" },
    { "key=hunter2, next", "key=…, next" },
    { "{\"newHandle\": \"abc\", \"x\": 1}", "{\"newHandle\": \"…\", \"x\": 1}" },
    { "handle CihzbnVhcXBhLXVldnY2Y2R5cTN0OTk5 is stale", "handle … is stale" },
    { "session 6f1c2f0e-9f3b-4a53-8b55-0c9ad8f1d1ce", "session …" },
  };

  check (cases, G_N_ELEMENTS (cases));
}

static void
test_words_stay (void)
{
  static const char *const texts[] = {
    "",
    "API key not valid. Please pass a valid API key.",
    "models/gemini-2.5-flash-native-audio-preview-12-2025 is not found for API version v1beta",
    "Token has been used too many times",
    "wss://generativelanguage.googleapis.com/ws/"
    "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
    "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.",
    "What? Nothing: error 1011",
    "You exceeded your current quota (RESOURCE_EXHAUSTED)",
    "Grüße, 東京",
    "the handle is stale",
    "There is no API key; store one with “secret-tool store --label='Gemini API key' xdg:schema "
    "org.lived.Live1.ApiKey”",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *clean = live_redact (texts[i], NULL);

      g_assert_cmpstr (clean, ==, texts[i]);
    }
}

static void
test_known_secrets_go_anywhere (void)
{
  static const char *const secrets[] = { "s3cret", "", "two words", NULL };
  g_autofree char *clean = live_redact ("as3cretb two words s3cre", secrets);

  g_assert_cmpstr (clean, ==, "a…b … s3cre");
}

static void
test_bad_text_is_bearable (void)
{
  g_autofree char *none = live_redact (NULL, NULL);
  g_autofree char *broken = live_redact ("a\xff key=\xfe", NULL);

  g_assert_cmpstr (none, ==, "");
  g_assert_true (g_utf8_validate (broken, -1, NULL));
}

static void
test_wipe (void)
{
  char *secret = g_strdup ("secret");

  live_redact_wipe (&secret);
  g_assert_null (secret);
  live_redact_wipe (&secret);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redact/secrets-go", test_secrets_go);
  g_test_add_func ("/redact/words-stay", test_words_stay);
  g_test_add_func ("/redact/known-secrets-go-anywhere", test_known_secrets_go_anywhere);
  g_test_add_func ("/redact/bad-text-is-bearable", test_bad_text_is_bearable);
  g_test_add_func ("/redact/wipe", test_wipe);
  return g_test_run ();
}
