/* Owns: nothing; base64 without detours.
 * Thread: any (pure).
 * Called by: live-wire-in.c for the sound that comes, live-wire-out.c for what goes. */
#include "protocol/live-base64.h"

static const char base64_letters[64] = { 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K',
                                         'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V',
                                         'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
                                         'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r',
                                         's', 't', 'u', 'v', 'w', 'x', 'y', 'z', '0', '1', '2',
                                         '3', '4', '5', '6', '7', '8', '9', '+', '/' };

/* Value + 1 of each letter, so that everything not named is 0: not a letter. */
static const guint8 base64_values[256] = {
  ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
  ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
  ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
  ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
  ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
  ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
  ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
  ['-'] = 63, ['_'] = 64,
};

char *
live_base64_encode_to (char *out, const guint8 *data, gsize size)
{
  for (; size >= 3; size -= 3, data += 3)
    {
      guint group = (guint) data[0] << 16 | (guint) data[1] << 8 | data[2];

      *out++ = base64_letters[group >> 18];
      *out++ = base64_letters[group >> 12 & 63];
      *out++ = base64_letters[group >> 6 & 63];
      *out++ = base64_letters[group & 63];
    }

  if (size > 0)
    {
      guint group = (guint) data[0] << 16 | (size == 2 ? (guint) data[1] << 8 : 0);

      *out++ = base64_letters[group >> 18];
      *out++ = base64_letters[group >> 12 & 63];
      *out++ = size == 2 ? base64_letters[group >> 6 & 63] : '=';
      *out++ = '=';
    }

  return out;
}

GBytes *
live_base64_decode (const char *text, gsize length)
{
  const guint8 *at = (const guint8 *) text;
  g_autofree guint8 *data = NULL;
  guint8 *out;
  gsize size;

  /* Padding adds nothing: what counts is the number of letters. */
  for (guint i = 0; i < 2 && length > 0 && text[length - 1] == '='; i++)
    length--;
  if (length % 4 == 1)
    return NULL;

  size = length / 4 * 3 + (length % 4 == 0 ? 0 : length % 4 - 1);
  data = out = g_malloc (MAX (size, 1));
  for (; length >= 4; length -= 4, at += 4, out += 3)
    {
      guint a = base64_values[at[0]], b = base64_values[at[1]];
      guint c = base64_values[at[2]], d = base64_values[at[3]];
      guint group = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);

      if (a == 0 || b == 0 || c == 0 || d == 0)
        return NULL;
      out[0] = (guint8) (group >> 16);
      out[1] = (guint8) (group >> 8);
      out[2] = (guint8) group;
    }

  if (length > 0)
    {
      guint a = base64_values[at[0]], b = base64_values[at[1]];
      guint c = length == 3 ? base64_values[at[2]] : 1;

      if (a == 0 || b == 0 || c == 0)
        return NULL;
      out[0] = (guint8) ((a - 1) << 2 | (b - 1) >> 4);
      if (length == 3)
        out[1] = (guint8) ((b - 1) << 4 | (c - 1) >> 2);
    }

  return g_bytes_new_take (g_steal_pointer (&data), size);
}
