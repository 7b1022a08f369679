/* Owns: the checker of JSON text, raw slices of it and the writers of strings and numbers.
 * Thread: any (pure).
 * Called by: live-wire-in.c, live-wire-out.c, live-setup.c and whoever takes JSON from outside. */
#include "protocol/live-json.h"

#include <string.h>

#include <glib/gi18n.h>

typedef struct
{
  const char *at;
  const char *end;
} Cursor;

static void
skip_space (Cursor *cursor)
{
  while (cursor->at < cursor->end &&
         (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\r' || *cursor->at == '\t'))
    cursor->at++;
}

static gboolean
take (Cursor *cursor, char wanted)
{
  if (cursor->at == cursor->end || *cursor->at != wanted)
    return FALSE;

  cursor->at++;
  return TRUE;
}

static gboolean
take_literal (Cursor *cursor, const char *literal)
{
  gsize length = strlen (literal);

  if ((gsize) (cursor->end - cursor->at) < length || memcmp (cursor->at, literal, length) != 0)
    return FALSE;

  cursor->at += length;
  return TRUE;
}

static guint
take_digits (Cursor *cursor)
{
  const char *start = cursor->at;

  while (cursor->at < cursor->end && g_ascii_isdigit (*cursor->at))
    cursor->at++;

  return (guint) (cursor->at - start);
}

static gboolean
take_number (Cursor *cursor)
{
  take (cursor, '-');
  if (!take (cursor, '0') && take_digits (cursor) == 0)
    return FALSE;
  if (take (cursor, '.') && take_digits (cursor) == 0)
    return FALSE;
  if (take (cursor, 'e') || take (cursor, 'E'))
    {
      if (!take (cursor, '+'))
        take (cursor, '-');
      return take_digits (cursor) > 0;
    }

  return TRUE;
}

/* Four hexadecimal digits, or -1. */
static int
take_code_unit (Cursor *cursor)
{
  int unit = 0;

  if (cursor->end - cursor->at < 4)
    return -1;

  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (*cursor->at);

      if (digit < 0)
        return -1;
      unit = unit * 16 + digit;
      cursor->at++;
    }

  return unit;
}

/* Behind "\u". A zero would cut C strings short, a lone surrogate is no character. */
static gboolean
take_escaped_unit (Cursor *cursor)
{
  int unit = take_code_unit (cursor);

  if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
    return FALSE;

  if (unit >= 0xd800 && unit <= 0xdbff)
    {
      if (!take (cursor, '\\') || !take (cursor, 'u'))
        return FALSE;
      unit = take_code_unit (cursor);
      return unit >= 0xdc00 && unit <= 0xdfff;
    }

  return TRUE;
}

/* Jumps with memchr: speech is one string of many kilobytes. The next quote is looked for anew
 * only when an escape reached it, so that no text can make this quadratic. */
static gboolean
take_string (Cursor *cursor)
{
  const char *quote = NULL;

  if (!take (cursor, '"'))
    return FALSE;

  while (cursor->at < cursor->end)
    {
      const char *escape;

      if (quote == NULL || quote < cursor->at)
        quote = memchr (cursor->at, '"', (gsize) (cursor->end - cursor->at));
      if (quote == NULL)
        break;

      escape = memchr (cursor->at, '\\', (gsize) (quote - cursor->at));
      if (escape == NULL)
        {
          cursor->at = quote + 1;
          return TRUE;
        }

      cursor->at = escape + 1;
      if (take (cursor, 'u'))
        {
          if (!take_escaped_unit (cursor))
            return FALSE;
        }
      else if (memchr ("\"\\/bfnrt", *cursor->at, 8) != NULL)
        cursor->at++;
      else
        return FALSE;
    }

  return FALSE;
}

static gboolean
take_name (Cursor *cursor)
{
  skip_space (cursor);
  if (!take_string (cursor))
    return FALSE;
  skip_space (cursor);
  return take (cursor, ':');
}

static gboolean
take_scalar (Cursor *cursor)
{
  switch (cursor->at < cursor->end ? *cursor->at : '\0')
    {
    case '"':
      return take_string (cursor);
    case 't':
      return take_literal (cursor, "true");
    case 'f':
      return take_literal (cursor, "false");
    case 'n':
      return take_literal (cursor, "null");
    default:
      return take_number (cursor);
    }
}

/* After a value: closes as many containers as end here and goes to the next value, if there is
 * one. Bit n of objects tells whether level n is an object. */
static gboolean
take_separators (Cursor *cursor, guint64 objects, guint *depth)
{
  while (*depth > 0)
    {
      gboolean in_object = (objects >> (*depth - 1) & 1) != 0;

      skip_space (cursor);
      if (take (cursor, ','))
        return !in_object || take_name (cursor);
      if (!take (cursor, in_object ? '}' : ']'))
        return FALSE;
      (*depth)--;
    }

  return TRUE;
}

static gboolean
take_value (Cursor *cursor)
{
  guint64 objects = 0;
  guint depth = 0;

  G_STATIC_ASSERT (LIVE_JSON_MAX_DEPTH <= 64);

  do
    {
      gboolean is_object;

      skip_space (cursor);
      is_object = take (cursor, '{');
      if (is_object || take (cursor, '['))
        {
          if (depth == LIVE_JSON_MAX_DEPTH)
            return FALSE;
          objects &= ~((guint64) 1 << depth);
          objects |= (guint64) is_object << depth;
          depth++;

          skip_space (cursor);
          if (cursor->at < cursor->end && *cursor->at != '}' && *cursor->at != ']')
            {
              if (is_object && !take_name (cursor))
                return FALSE;
              continue;
            }
        }
      else if (!take_scalar (cursor))
        return FALSE;

      if (!take_separators (cursor, objects, &depth))
        return FALSE;
    }
  while (depth > 0);

  return TRUE;
}

gboolean
live_json_check (const char *text, gsize size, gsize *ret_at)
{
  Cursor cursor = { text, text + size };
  gboolean is_good = take_value (&cursor);

  if (is_good)
    {
      skip_space (&cursor);
      is_good = cursor.at == cursor.end;
    }

  if (ret_at != NULL)
    *ret_at = (gsize) (cursor.at - text);
  return is_good;
}

JsonNode *
live_json_parse (const char *text, gsize size, JsonNodeType type, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  JsonNode *root;
  gsize at = 0;

  if (!live_json_check (text, size, &at))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                   _ ("not valid JSON at byte %zu, or nested deeper than %d levels"), at,
                   LIVE_JSON_MAX_DEPTH);
      return NULL;
    }

  parser = json_parser_new_immutable ();
  if (size > G_MAXSSIZE || !json_parser_load_from_data (parser, text, (gssize) size, NULL) ||
      (root = json_parser_get_root (parser)) == NULL)
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                           _ ("not valid JSON: it must be UTF-8"));
      return NULL;
    }

  if (json_node_get_node_type (root) != type)
    {
      g_set_error_literal (error, LIVE_ERROR, LIVE_ERROR_INVALID_ARGUMENT,
                           type == JSON_NODE_ARRAY ? _ ("not a JSON array")
                                                   : _ ("not a JSON object"));
      return NULL;
    }

  return json_parser_steal_root (parser);
}

/* Takes one value and says where it stood. */
static gboolean
take_slice (Cursor *cursor, LiveJsonSlice *slice)
{
  skip_space (cursor);
  slice->data = cursor->at;
  if (!take_value (cursor))
    return FALSE;
  slice->size = (gsize) (cursor->at - slice->data);
  skip_space (cursor);
  return TRUE;
}

gboolean
live_json_member (LiveJsonSlice object, const char *name, LiveJsonSlice *ret_value)
{
  Cursor cursor = { object.data, object.data + object.size };
  gsize name_size = strlen (name);
  gboolean is_found = FALSE;

  skip_space (&cursor);
  if (!take (&cursor, '{'))
    return FALSE;

  do
    {
      LiveJsonSlice label, value;

      /* Names of the protocol have no escapes, so the raw text can be compared. */
      if (!take_slice (&cursor, &label) || !take (&cursor, ':') || !take_slice (&cursor, &value))
        return is_found;
      if (label.size == name_size + 2 && memcmp (label.data + 1, name, name_size) == 0)
        {
          *ret_value = value;
          is_found = TRUE;
        }
    }
  while (take (&cursor, ','));

  return is_found;
}

gboolean
live_json_each (LiveJsonSlice *rest, LiveJsonSlice *ret_value)
{
  Cursor cursor = { rest->data, rest->data + rest->size };
  LiveJsonSlice value;

  skip_space (&cursor);
  if ((!take (&cursor, '[') && !take (&cursor, ',')) || !take_slice (&cursor, &value))
    return FALSE;

  *ret_value = value;
  rest->size -= (gsize) (cursor.at - rest->data);
  rest->data = cursor.at;
  return TRUE;
}

void
live_json_append_string (GString *out, const char *text)
{
  g_autofree char *repaired = NULL;

  if (!g_utf8_validate (text, -1, NULL))
    text = repaired = g_utf8_make_valid (text, -1);

  g_string_append_c (out, '"');
  while (*text != '\0')
    {
      gsize plain =
          strcspn (text, "\"\\\001\002\003\004\005\006\007\010\011\012\013\014\015\016\017"
                         "\020\021\022\023\024\025\026\027\030\031\032\033\034\035\036"
                         "\037\177");

      g_string_append_len (out, text, (gssize) plain);
      text += plain;
      if (*text == '\0')
        break;
      if (*text == '"' || *text == '\\')
        g_string_append_printf (out, "\\%c", *text);
      else if (*text == '\n')
        g_string_append (out, "\\n");
      else
        g_string_append_printf (out, "\\u%04x", (guint) (guchar) *text);
      text++;
    }
  g_string_append_c (out, '"');
}

void
live_json_append_double (GString *out, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  for (guint digits = 15; digits <= 17; digits++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%ug", digits);
      g_ascii_formatd (buffer, sizeof buffer, format, value);
      if (g_ascii_strtod (buffer, NULL) >= value && g_ascii_strtod (buffer, NULL) <= value)
        break;
    }
  g_string_append (out, buffer);
}
