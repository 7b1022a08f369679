/* Owns: tests of bus/live-options.c.
 * Thread: main.
 * Called by: meson test. */
#include "bus/live-options.h"

#include "base/live-error.h"

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
test_read (void)
{
  g_autoptr (GVariant) options = parse ("{'reason': <'a call'>, 'detached': <true>}");
  const char *reason = NULL;
  gboolean is_detached = FALSE;
  guint32 timeout_ms = 7;
  const LiveOption table[] = {
    { "reason", 's', &reason },
    { "detached", 'b', &is_detached },
    { "timeout-ms", 'u', &timeout_ms },
  };
  g_autoptr (GError) error = NULL;

  g_assert_true (live_options_read (options, table, G_N_ELEMENTS (table), &error));
  g_assert_no_error (error);
  g_assert_cmpstr (reason, ==, "a call");
  g_assert_true (is_detached);
  g_assert_cmpuint (timeout_ms, ==, 7);
}

static void
test_refused_by_name (void)
{
  static const struct
  {
    const char *options, *words;
  } rows[] = {
    { "{'timeout': <uint32 5>}", "unknown option “timeout”" },
    { "{'timeout-ms': <uint32 5>, 'Timeout-ms': <uint32 5>}", "unknown option “Timeout-ms”" },
    { "{'': <true>}", "unknown option “”" },
    { "{'timeout-ms': <5>}", "option “timeout-ms” has the type “i”, not “u”" },
    { "{'timeout-ms': <@v <uint32 5>>}", "option “timeout-ms” has the type “v”, not “u”" },
    { "{'timeout-ms': <[uint32 5]>}", "option “timeout-ms” has the type “au”, not “u”" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GVariant) options = parse (rows[i].options);
      guint32 timeout_ms = 7;
      const LiveOption table[] = { { "timeout-ms", 'u', &timeout_ms } };
      g_autoptr (GError) error = NULL;

      g_assert_false (live_options_read (options, table, G_N_ELEMENTS (table), &error));
      g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, rows[i].words);
      g_assert_cmpuint (timeout_ms, ==, 7);
    }
}

static void
test_none (void)
{
  g_autoptr (GVariant) empty = parse ("{}");
  g_autoptr (GVariant) some = parse ("{'x': <1>}");
  g_autoptr (GError) error = NULL;

  g_assert_true (live_options_refuse (empty, &error));
  g_assert_no_error (error);
  g_assert_false (live_options_refuse (some, &error));
  g_assert_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/read", test_read);
  g_test_add_func ("/options/refused-by-name", test_refused_by_name);
  g_test_add_func ("/options/none", test_none);
  return g_test_run ();
}
