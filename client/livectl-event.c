/* Owns: the shape of the daemon's signals on standard output.
 * Thread: main only.
 * Called by: monitor, chat and listen. */
#include "livectl-event.h"

#include <string.h>

#include <glib/gi18n.h>

#include "livectl-out.h"
#include "livectl-settings.h"

#define NAME_CELLS 20

/* Arguments and properties that carry what somebody said or wrote. */
static gboolean
is_content (const char *name)
{
  const char *const contents[] = { "text",
                                   "metadata-json",
                                   "arguments-json",
                                   "result-json",
                                   "system-instruction",
                                   "settings",
                                   "details",
                                   NULL };

  return g_strv_contains (contents, name);
}

static char *
format_time (gboolean is_json)
{
  g_autoptr (GDateTime) now = is_json ? g_date_time_new_now_utc () : g_date_time_new_now_local ();
  g_autofree char *text = g_date_time_format (now, is_json ? "%Y-%m-%dT%H:%M:%S" : "%H:%M:%S");

  return g_strdup_printf ("%s.%03d%s", text, g_date_time_get_microsecond (now) / 1000,
                          is_json ? "Z" : "");
}

/* How much a hidden value is: characters of a string, members of anything else. */
static gint64
measure (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_utf8_strlen (g_variant_get_string (value, NULL), -1);
  return g_variant_is_container (value) ? (gint64) g_variant_n_children (value) : 1;
}

/* Details hold figures, which stay, and of a transcript what the service said of it, which may
 * quote it. */
static gboolean
is_hidden (const char *member, const char *name, gboolean hides_content)
{
  if (strcmp (name, "details") == 0 && strcmp (member, "TurnComplete") == 0)
    return FALSE;
  return hides_content && is_content (name);
}

static void
add_json (JsonBuilder *builder, const char *name, GVariant *value, gboolean is_secret)
{
  if (is_secret)
    {
      g_autofree char *size_name = g_strconcat (name, "-length", NULL);

      json_builder_set_member_name (builder, size_name);
      json_builder_add_int_value (builder, measure (value));
    }
  else
    livectl_out_json_member (builder, name, value);
}

static void
add_plain (GString *line, const char *name, GVariant *value, gboolean is_secret)
{
  if (is_secret)
    g_string_append_printf (line, " %s=(%" G_GINT64_FORMAT ")", name, measure (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    {
      GVariantIter iter;
      const char *key;
      GVariant *inner;

      g_variant_iter_init (&iter, value);
      while (g_variant_iter_loop (&iter, "{&sv}", &key, &inner))
        add_plain (line, key, inner, FALSE);
    }
  else
    {
      g_autofree char *text = livectl_settings_print (value);
      g_autofree char *clean = livectl_out_clean (text, FALSE);

      g_string_append_printf (line, " %s=%s", name, clean);
    }
}

static void
print_line (const char *name, GString *rest)
{
  g_autofree char *time = format_time (FALSE);

  livectl_out_line ("%s%s%s  %s%-*s%s%s", livectl_out_style (LIVECTL_STYLE_DIM), time,
                    livectl_out_style (LIVECTL_STYLE_NORMAL),
                    livectl_out_style (LIVECTL_STYLE_CYAN), NAME_CELLS, name,
                    livectl_out_style (LIVECTL_STYLE_NORMAL), rest->str);
}

static JsonBuilder *
begin_json (const char *event)
{
  JsonBuilder *builder = json_builder_new ();
  g_autofree char *time = format_time (TRUE);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "time");
  json_builder_add_string_value (builder, time);
  json_builder_set_member_name (builder, "event");
  json_builder_add_string_value (builder, event);
  return builder;
}

static void
print_property (LivectlContext *ctx, const char *property, GVariant *value, gboolean hides_content)
{
  g_autofree char *name = livectl_out_key (property);
  gboolean is_secret = hides_content && is_content (name);

  if (ctx->is_json)
    {
      g_autoptr (JsonBuilder) builder = begin_json ("property");

      json_builder_set_member_name (builder, "name");
      json_builder_add_string_value (builder, name);
      add_json (builder, "value", value, is_secret);
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    {
      g_autoptr (GString) rest = g_string_new (NULL);

      add_plain (rest, name, value, is_secret);
      print_line ("property", rest);
    }
}

static void
print_signal (LivectlContext *ctx,
              const GDBusSignalInfo *info,
              const char *member,
              GVariant *params,
              gboolean hides_content)
{
  g_autofree char *event = livectl_out_key (member);
  g_autoptr (JsonBuilder) builder = ctx->is_json ? begin_json (event) : NULL;
  g_autoptr (GString) rest = g_string_new (NULL);
  guint n_named = 0;

  while (info != NULL && info->args != NULL && info->args[n_named] != NULL)
    n_named++;

  for (gsize i = 0; i < g_variant_n_children (params); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (params, i);
      g_autofree char *name = i < n_named ? livectl_out_key (info->args[i]->name)
                                          : g_strdup_printf ("argument-%" G_GSIZE_FORMAT, i + 1);
      /* Of a signal that we do not know, we do not know what it carries. */
      gboolean is_secret =
          is_hidden (member, name, hides_content) || (info == NULL && hides_content);

      if (builder != NULL)
        add_json (builder, name, value, is_secret);
      else
        add_plain (rest, name, value, is_secret);
    }

  if (builder != NULL)
    {
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    print_line (event, rest);
}

void
livectl_event_print (LivectlContext *ctx,
                     const char *interface,
                     const char *member,
                     GVariant *params,
                     gboolean hides_content)
{
  g_autoptr (GVariant) changed = NULL;
  GVariantIter iter;
  const char *property;
  GVariant *value;

  if (strcmp (member, "PropertiesChanged") != 0 ||
      !g_variant_is_of_type (params, G_VARIANT_TYPE ("(sa{sv}as)")))
    {
      print_signal (ctx, livectl_proxy_signal_info (interface, member), member, params,
                    hides_content);
      livectl_context_flush (ctx);
      return;
    }

  changed = g_variant_get_child_value (params, 1);
  g_variant_iter_init (&iter, changed);
  while (g_variant_iter_loop (&iter, "{&sv}", &property, &value))
    print_property (ctx, property, value, hides_content);
  livectl_context_flush (ctx);
}

void
livectl_event_tell (LivectlContext *ctx, const char *event, ...)
{
  g_autoptr (JsonBuilder) builder = ctx->is_json ? begin_json (event) : NULL;
  g_autoptr (GString) rest = g_string_new (NULL);
  const char *name = NULL;
  va_list args;

  va_start (args, event);
  while ((name = va_arg (args, const char *)) != NULL)
    {
      const char *text = va_arg (args, const char *);
      g_autofree char *clean = livectl_out_clean (text, FALSE);

      if (builder != NULL)
        {
          json_builder_set_member_name (builder, name);
          json_builder_add_string_value (builder, text);
        }
      else
        g_string_append_printf (rest, " %s=%s", name, clean);
    }
  va_end (args);

  if (builder != NULL)
    {
      json_builder_end_object (builder);
      livectl_out_json_builder (builder);
    }
  else
    print_line (event, rest);
  livectl_context_flush (ctx);
}

void
livectl_event_print_start (LivectlContext *ctx, const char *state)
{
  livectl_event_tell (ctx, "watching", "state", state, NULL);
}
