/* Owns: which tools there are, and the gathering of many changes into one setup.
 * Thread: main only.
 * Called by: bus/live-tools-face.c, bus/live-tool-static.c and core/live-tools*.c. */
#include "core/live-tools-private.h"

#include <string.h>

#include <glib/gi18n.h>

/* A stream of registrations that never pauses is told at last after so many gatherings. */
#define MAX_GATHERINGS 8

void
live_tools_free_tool (gpointer data)
{
  LiveTool *tool = data;

  live_tool_declaration_free (tool->declaration);
  g_free (tool->owner);
  g_free (tool->object_path);
  g_free (tool->file);
  g_free (tool->scheduling);
  g_free (tool);
}

static gsize
size_of (const LiveToolDeclaration *declaration)
{
  return strlen (declaration->name) + strlen (declaration->description) +
         (declaration->parameters != NULL ? strlen (declaration->parameters) : 0);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
live_tools_list_names (LiveTools *self)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->tools);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static void
mark_declared (LiveTool *tool, guint64 generation)
{
  if (tool->generation == 0)
    tool->generation = generation;
}

/* In the order of names: a provider that starts anew and offers the same changes nothing. */
void
live_tools_declare (LiveTools *self)
{
  g_auto (GStrv) names = live_tools_list_names (self);
  GString *json = g_string_new ("[");

  live_clock_clear (self->clock, &self->gather_timer);
  for (guint i = 0; names[i] != NULL; i++)
    {
      LiveTool *tool = g_hash_table_lookup (self->tools, names[i]);

      if (i > 0)
        g_string_append_c (json, ',');
      live_tool_schema_append (json, tool->declaration);
    }
  g_string_append_c (json, ']');

  if (g_strcmp0 (self->declared, json->str) != 0)
    {
      self->generation++;
      self->counters.setups++;
      live_engine_declare_tools (self->engine, names[0] != NULL ? json->str : NULL);
    }
  for (guint i = 0; names[i] != NULL; i++)
    mark_declared (g_hash_table_lookup (self->tools, names[i]), self->generation);
  g_free (self->declared);
  self->declared = g_string_free (json, FALSE);
}

static void
on_gathered (gpointer data)
{
  LiveTools *self = data;

  self->gather_timer = 0;
  live_tools_declare (self);
}

/* Each newcomer prolongs the gathering, for a while. */
static void
gather (LiveTools *self)
{
  LiveEngineStatus status;
  gint64 now_us = live_clock_now_us (self->clock);
  guint gather_ms;

  self->events->changed (self->events_data);
  if (self->is_down)
    return;

  live_engine_get_status (self->engine, &status);
  gather_ms = live_settings_get_uint (status.settings, LIVE_SETTING_TOOLS_GATHER_MS);
  if (self->gather_timer == 0)
    self->gather_since_us = now_us;
  else if (now_us - self->gather_since_us > (gint64) gather_ms * 1000 * MAX_GATHERINGS)
    return;

  live_clock_clear (self->clock, &self->gather_timer);
  self->gather_timer = live_clock_arm (self->clock, gather_ms, on_gathered, self);
}

static guint
count_of_owner (LiveTools *self, const char *owner)
{
  GHashTableIter iter;
  gpointer value;
  guint n_tools = 0;

  g_hash_table_iter_init (&iter, self->tools);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n_tools += strcmp (((LiveTool *) value)->owner, owner) == 0;
  return n_tools;
}

static gboolean
check_limits (LiveTools *self, const LiveToolOffer *offer, const LiveTool *before, GError **error)
{
  gsize old_bytes = before != NULL ? size_of (before->declaration) : 0;

  if (self->total_bytes - old_bytes + size_of (offer->declaration) > LIVE_TOOLS_MAX_TOTAL_BYTES)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   _ ("All tools together are described with more than %d bytes"),
                   LIVE_TOOLS_MAX_TOTAL_BYTES);
      return FALSE;
    }
  if (before != NULL)
    return TRUE;

  if (g_hash_table_size (self->tools) >= LIVE_TOOLS_MAX)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   _ ("There are %d tools already, more than that no service takes"),
                   LIVE_TOOLS_MAX);
      return FALSE;
    }
  if (count_of_owner (self, offer->owner) >= LIVE_TOOLS_MAX_OF_OWNER)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_LIMIT_EXCEEDED,
                   _ ("One program may offer %d tools, not more"), LIVE_TOOLS_MAX_OF_OWNER);
      return FALSE;
    }
  return TRUE;
}

static LiveTool *
new_tool (const LiveToolOffer *offer)
{
  const LiveToolDeclaration *from = offer->declaration;
  LiveTool *tool = g_new0 (LiveTool, 1);

  tool->declaration = g_new0 (LiveToolDeclaration, 1);
  tool->declaration->name = g_strdup (from->name);
  tool->declaration->description = g_strdup (from->description);
  tool->declaration->parameters = g_strdup (from->parameters);
  tool->declaration->behavior = from->behavior;
  tool->owner = g_strdup (offer->owner);
  tool->object_path = g_strdup (offer->object_path);
  tool->file = g_strdup (offer->file);
  tool->scheduling = g_strdup (offer->scheduling);
  tool->timeout_ms = offer->timeout_ms;
  tool->confirm = offer->confirm;
  return tool;
}

static gboolean
is_same_declaration (const LiveToolDeclaration *a, const LiveToolDeclaration *b)
{
  return strcmp (a->description, b->description) == 0 &&
         g_strcmp0 (a->parameters, b->parameters) == 0 && a->behavior == b->behavior;
}

/* The consent that the user gave is for what was shown then, and who offered it. */
static gboolean
is_same_offer (const LiveTool *a, const LiveTool *b)
{
  return is_same_declaration (a->declaration, b->declaration) && strcmp (a->owner, b->owner) == 0 &&
         g_strcmp0 (a->object_path, b->object_path) == 0 && g_strcmp0 (a->file, b->file) == 0 &&
         g_strcmp0 (a->scheduling, b->scheduling) == 0 && a->timeout_ms == b->timeout_ms &&
         a->confirm == b->confirm;
}

static void
replace_tool (LiveTools *self, LiveTool *before, LiveTool *take_tool)
{
  gboolean is_told =
      before != NULL && is_same_declaration (before->declaration, take_tool->declaration);

  if (before != NULL)
    {
      take_tool->calls = before->calls;
      take_tool->failures = before->failures;
      self->total_bytes -= size_of (before->declaration);
    }
  if (is_told)
    take_tool->generation = before->generation;
  self->total_bytes += size_of (take_tool->declaration);
  g_hash_table_replace (self->tools, take_tool->declaration->name, take_tool);
  if (!is_told)
    gather (self);
}

gboolean
live_tools_register (LiveTools *self, const LiveToolOffer *offer, GError **error)
{
  LiveTool *before = g_hash_table_lookup (self->tools, offer->declaration->name);
  LiveTool *tool;

  if (before != NULL &&
      (strcmp (before->owner, offer->owner) != 0 || g_strcmp0 (before->file, offer->file) != 0))
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_TOOL_EXISTS,
                   _ ("The tool “%s” is offered by %s already"), offer->declaration->name,
                   before->file != NULL ? before->file : before->owner);
      return FALSE;
    }
  if (!check_limits (self, offer, before, error))
    return FALSE;

  tool = new_tool (offer);
  if (before != NULL && is_same_offer (before, tool))
    {
      before->is_stale = FALSE;
      live_tools_free_tool (tool);
      return TRUE;
    }
  replace_tool (self, before, tool);
  return TRUE;
}

/* The calls that run are ended first, so that nobody asks for a tool that is gone. */
static void
remove_tool (LiveTools *self, LiveTool *tool, LiveToolEventKind kind, const char *cause)
{
  g_autofree char *name = g_strdup (tool->declaration->name);

  live_tools_for_each_run (self, tool->owner, name, kind, cause);
  self->total_bytes -= size_of (tool->declaration);
  g_hash_table_remove (self->tools, name);
}

gboolean
live_tools_unregister (LiveTools *self, const char *owner, const char *name, GError **error)
{
  LiveTool *tool = g_hash_table_lookup (self->tools, name);

  if (tool == NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_FOUND, _ ("There is no tool “%s”"), name);
      return FALSE;
    }
  if (strcmp (tool->owner, owner) != 0 || tool->file != NULL)
    {
      g_set_error (error, LIVE_ERROR, LIVE_ERROR_NOT_OWNER, _ ("The tool “%s” is not the caller's"),
                   name);
      return FALSE;
    }

  remove_tool (self, tool, LIVE_TOOL_EV_REMOVE, "removed");
  gather (self);
  return TRUE;
}

static gboolean
remove_matching (LiveTools *self,
                 gboolean (*matches) (const LiveTool *tool, gconstpointer data),
                 gconstpointer data,
                 LiveToolEventKind kind,
                 const char *cause)
{
  g_auto (GStrv) names = live_tools_list_names (self);
  gboolean any = FALSE;

  for (guint i = 0; names[i] != NULL; i++)
    {
      LiveTool *tool = g_hash_table_lookup (self->tools, names[i]);

      if (tool == NULL || !matches (tool, data))
        continue;
      remove_tool (self, tool, kind, cause);
      any = TRUE;
    }
  return any;
}

static gboolean
is_of_owner (const LiveTool *tool, gconstpointer owner)
{
  return tool->file == NULL && strcmp (tool->owner, owner) == 0;
}

void
live_tools_drop_owner (LiveTools *self, const char *owner)
{
  gboolean any = remove_matching (self, is_of_owner, owner, LIVE_TOOL_EV_VANISH, NULL);

  /* Calls of tools that it had replaced or taken back by itself. */
  live_tools_for_each_run (self, owner, NULL, LIVE_TOOL_EV_VANISH, NULL);
  if (any)
    gather (self);
}

void
live_tools_begin_files (LiveTools *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->tools);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((LiveTool *) value)->is_stale = ((LiveTool *) value)->file != NULL;
}

static gboolean
is_stale (const LiveTool *tool, gconstpointer data)
{
  return tool->is_stale;
}

void
live_tools_end_files (LiveTools *self)
{
  if (remove_matching (self, is_stale, NULL, LIVE_TOOL_EV_REMOVE, "removed"))
    gather (self);
}
