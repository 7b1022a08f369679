/* Owns: nothing; proves protocol/live-base64.c against GLib's.
 * Thread: main.
 * Called by: meson test, suite unit. */
#include "protocol/live-base64.h"

#include <string.h>

/* Every length up to two groups beyond the longest tail, and every byte value. */
static void
test_like_glib (void)
{
  guint8 data[300];

  for (guint i = 0; i < sizeof data; i++)
    data[i] = (guint8) (i * 37 + 11);

  for (gsize size = 0; size <= sizeof data; size++)
    {
      /* Heap copies of the exact size, so that the sanitizer sees a step too far. */
      g_autofree guint8 *copy = g_memdup2 (data, size);
      g_autofree char *text = g_malloc (LIVE_BASE64_LENGTH (size) + 1);
      g_autofree char *expected = g_base64_encode (size > 0 ? copy : data, size);
      g_autoptr (GBytes) bytes = NULL;
      char *end = live_base64_encode_to (text, copy, size);

      *end = '\0';
      g_assert_cmpuint (end - text, ==, LIVE_BASE64_LENGTH (size));
      g_assert_cmpstr (text, ==, expected);

      bytes = live_base64_decode (text, strlen (text));
      g_assert_nonnull (bytes);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), data, size);
    }
}

static void
test_both_alphabets (void)
{
  static const guint8 expected[] = { 0xfb, 0xff, 0xbf };
  static const char *const texts[] = { "+/+/", "-_-_", "+_-/" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GBytes) bytes = live_base64_decode (texts[i], 4);

      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, 3);
    }
}

static void
test_padding (void)
{
  static const char *const texts[] = { "YQ==", "YQ=", "YQ" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GBytes) bytes = live_base64_decode (texts[i], strlen (texts[i]));

      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "a", 1);
    }
}

static void
test_refused (void)
{
  static const char *const texts[] = { "Y",    "YQ===",   "Y===", "YQ==YQ==", "YW\nJj",
                                       "YW*j", "YWJjYW*", "Y*",   "YW ",      "\xff\xff\xff\xff",
                                       "YW=j" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_null (live_base64_decode (texts[i], strlen (texts[i])));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base64/like-glib", test_like_glib);
  g_test_add_func ("/base64/both-alphabets", test_both_alphabets);
  g_test_add_func ("/base64/padding", test_padding);
  g_test_add_func ("/base64/refused", test_refused);

  return g_test_run ();
}
