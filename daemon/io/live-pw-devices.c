/* Owns: the tables of audio devices and links, bound proxies for their details, the defaults.
 * Thread: main.
 * Called by: io/live-pw-core.c, io/live-pw-channel.c; PipeWire's registry events. */
#include "io/live-pw-devices.h"

#include <pipewire/pipewire.h>

#include <pipewire/extensions/metadata.h> /* needs the one above */
#include <spa/utils/json.h>

/* More than any machine has; whoever makes more of them on purpose gains nothing. */
#define MAX_DEVICES 256
#define MAX_LINKS 4096

typedef struct
{
  LivePwDevices *owner;
  guint32 id;
  gboolean is_sink;
  gboolean is_source;
  gboolean is_virtual;
  gint64 priority;
  char *name;
  char *description;
  char *form_factor;
  char *bus;
  struct pw_proxy *proxy;
  struct spa_hook listener;
} Device;

typedef struct
{
  guint32 output_node_id;
  guint32 input_node_id;
} Link;

struct _LivePwDevices
{
  LivePwDevicesChanged changed;
  gpointer changed_data;

  struct pw_registry *registry;
  struct spa_hook registry_listener;
  struct pw_proxy *metadata;
  guint32 metadata_id;
  struct spa_hook metadata_listener;

  GHashTable *devices; /* id -> Device */
  GHashTable *links;   /* id -> Link */
  char *default_names[LIVE_AUDIO_N_DIRECTIONS];

  gboolean is_device_changed;
  gboolean is_link_changed;
  guint changed_id;
};

static gboolean
on_changed_idle (gpointer data)
{
  LivePwDevices *self = data;
  gboolean devices = self->is_device_changed;
  gboolean links = self->is_link_changed;

  self->changed_id = 0;
  self->is_device_changed = FALSE;
  self->is_link_changed = FALSE;
  self->changed (devices, links, self->changed_data);
  return G_SOURCE_REMOVE;
}

static void
tell (LivePwDevices *self, gboolean devices, gboolean links)
{
  self->is_device_changed |= devices;
  self->is_link_changed |= links;
  if (self->changed_id == 0)
    self->changed_id = g_idle_add_full (G_PRIORITY_HIGH, on_changed_idle, self, NULL);
}

static void
free_device (gpointer data)
{
  Device *device = data;

  if (device->proxy != NULL)
    {
      spa_hook_remove (&device->listener);
      pw_proxy_destroy (device->proxy);
    }
  g_free (device->name);
  g_free (device->description);
  g_free (device->form_factor);
  g_free (device->bus);
  g_free (device);
}

static void
take_text (char **text, const struct spa_dict *props, const char *key)
{
  const char *value = spa_dict_lookup (props, key);

  if (value == NULL || g_strcmp0 (*text, value) == 0)
    return;

  g_free (*text);
  /* Names come from device drivers and other programs; D-Bus wants UTF-8. */
  *text = g_utf8_make_valid (value, -1);
}

static void
take_props (Device *device, const struct spa_dict *props)
{
  const char *value = NULL;

  take_text (&device->name, props, PW_KEY_NODE_NAME);
  take_text (&device->description, props, PW_KEY_NODE_DESCRIPTION);
  take_text (&device->form_factor, props, PW_KEY_DEVICE_FORM_FACTOR);
  take_text (&device->bus, props, PW_KEY_DEVICE_BUS);
  value = spa_dict_lookup (props, PW_KEY_PRIORITY_SESSION);
  if (value != NULL)
    device->priority = g_ascii_strtoll (value, NULL, 10);
  value = spa_dict_lookup (props, PW_KEY_NODE_VIRTUAL);
  if (value != NULL)
    device->is_virtual = pw_properties_parse_bool (value);
}

static void
on_node_info (void *data, const struct pw_node_info *info)
{
  Device *device = data;

  if ((info->change_mask & PW_NODE_CHANGE_MASK_PROPS) == 0 || info->props == NULL)
    return;

  take_props (device, info->props);
  tell (device->owner, TRUE, FALSE);
}

static const struct pw_node_events node_events = { PW_VERSION_NODE_EVENTS, .info = on_node_info };

static void
add_node (LivePwDevices *self, guint32 id, const struct spa_dict *props)
{
  const char *class = spa_dict_lookup (props, PW_KEY_MEDIA_CLASS);
  const char *name = spa_dict_lookup (props, PW_KEY_NODE_NAME);
  Device *device = NULL;

  if (class == NULL || name == NULL || !g_str_has_prefix (class, "Audio/") ||
      g_hash_table_size (self->devices) >= MAX_DEVICES)
    return;

  device = g_new0 (Device, 1);
  device->owner = self;
  device->id = id;
  device->is_sink = g_str_has_prefix (class, "Audio/Sink") || g_str_equal (class, "Audio/Duplex");
  device->is_source =
      g_str_has_prefix (class, "Audio/Source") || g_str_equal (class, "Audio/Duplex");
  device->is_virtual = g_str_has_suffix (class, "/Virtual");
  take_props (device, props);
  g_hash_table_replace (self->devices, GUINT_TO_POINTER (id), device);

  /* The registry tells only a few properties; what kind of device it is stands in the rest. */
  device->proxy = pw_registry_bind (self->registry, id, PW_TYPE_INTERFACE_Node, PW_VERSION_NODE, 0);
  if (device->proxy != NULL)
    pw_proxy_add_object_listener (device->proxy, &device->listener, &node_events, device);
  tell (self, TRUE, TRUE);
}

static gboolean
read_id (const struct spa_dict *props, const char *key, guint32 *ret_id)
{
  const char *value = spa_dict_lookup (props, key);
  guint64 id = 0;

  if (value == NULL || !g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT32, &id, NULL))
    return FALSE;

  *ret_id = (guint32) id;
  return TRUE;
}

static void
add_link (LivePwDevices *self, guint32 id, const struct spa_dict *props)
{
  Link link = { 0 };

  if (g_hash_table_size (self->links) >= MAX_LINKS ||
      !read_id (props, PW_KEY_LINK_OUTPUT_NODE, &link.output_node_id) ||
      !read_id (props, PW_KEY_LINK_INPUT_NODE, &link.input_node_id))
    return;

  g_hash_table_replace (self->links, GUINT_TO_POINTER (id), g_memdup2 (&link, sizeof link));
  tell (self, FALSE, TRUE);
}

static void
set_default (LivePwDevices *self, LiveAudioDirection direction, const char *json)
{
  g_autofree char *name = NULL;

  if (json != NULL)
    {
      char key[16];
      char value[1024];
      const char *rest = NULL;
      struct spa_json iter[2];

      spa_json_init (&iter[0], json, strlen (json));
      if (spa_json_enter_object (&iter[0], &iter[1]) > 0)
        while (spa_json_get_string (&iter[1], key, sizeof key) > 0)
          {
            if (g_str_equal (key, "name") &&
                spa_json_get_string (&iter[1], value, sizeof value) > 0)
              name = g_utf8_make_valid (value, -1);
            else if (spa_json_next (&iter[1], &rest) <= 0)
              break;
            if (name != NULL)
              break;
          }
    }

  if (g_strcmp0 (name, self->default_names[direction]) == 0)
    return;

  g_free (self->default_names[direction]);
  self->default_names[direction] = g_steal_pointer (&name);
  tell (self, TRUE, FALSE);
}

static int
on_metadata_property (void *data,
                      uint32_t subject,
                      const char *key,
                      const char *type,
                      const char *value)
{
  LivePwDevices *self = data;

  if (subject != PW_ID_CORE)
    return 0;

  /* No key means that all of them are gone. */
  if (key == NULL || g_str_equal (key, "default.audio.source"))
    set_default (self, LIVE_AUDIO_CAPTURE, key != NULL ? value : NULL);
  if (key == NULL || g_str_equal (key, "default.audio.sink"))
    set_default (self, LIVE_AUDIO_PLAYBACK, key != NULL ? value : NULL);
  return 0;
}

static const struct pw_metadata_events metadata_events = { PW_VERSION_METADATA_EVENTS,
                                                           .property = on_metadata_property };

static void
drop_metadata (LivePwDevices *self)
{
  if (self->metadata == NULL)
    return;

  spa_hook_remove (&self->metadata_listener);
  pw_proxy_destroy (g_steal_pointer (&self->metadata));
  set_default (self, LIVE_AUDIO_CAPTURE, NULL);
  set_default (self, LIVE_AUDIO_PLAYBACK, NULL);
}

static void
add_metadata (LivePwDevices *self, guint32 id, const struct spa_dict *props)
{
  if (g_strcmp0 (spa_dict_lookup (props, PW_KEY_METADATA_NAME), "default") != 0)
    return;

  drop_metadata (self);
  self->metadata =
      pw_registry_bind (self->registry, id, PW_TYPE_INTERFACE_Metadata, PW_VERSION_METADATA, 0);
  self->metadata_id = id;
  if (self->metadata != NULL)
    pw_proxy_add_object_listener (self->metadata, &self->metadata_listener, &metadata_events, self);
}

static void
on_global (void *data,
           uint32_t id,
           uint32_t permissions,
           const char *type,
           uint32_t version,
           const struct spa_dict *props)
{
  LivePwDevices *self = data;

  if (props == NULL)
    return;

  if (g_str_equal (type, PW_TYPE_INTERFACE_Node))
    add_node (self, id, props);
  else if (g_str_equal (type, PW_TYPE_INTERFACE_Link))
    add_link (self, id, props);
  else if (g_str_equal (type, PW_TYPE_INTERFACE_Metadata))
    add_metadata (self, id, props);
}

static void
on_global_remove (void *data, uint32_t id)
{
  LivePwDevices *self = data;

  if (g_hash_table_remove (self->devices, GUINT_TO_POINTER (id)))
    tell (self, TRUE, TRUE);
  else if (g_hash_table_remove (self->links, GUINT_TO_POINTER (id)))
    tell (self, FALSE, TRUE);
  else if (self->metadata != NULL && id == self->metadata_id)
    drop_metadata (self);
}

static const struct pw_registry_events registry_events = { PW_VERSION_REGISTRY_EVENTS,
                                                           .global = on_global,
                                                           .global_remove = on_global_remove };

LivePwDevices *
live_pw_devices_new (LivePwDevicesChanged changed, gpointer data)
{
  LivePwDevices *self = g_new0 (LivePwDevices, 1);

  self->changed = changed;
  self->changed_data = data;
  self->devices = g_hash_table_new_full (NULL, NULL, NULL, free_device);
  self->links = g_hash_table_new_full (NULL, NULL, NULL, g_free);

  return self;
}

void
live_pw_devices_free (LivePwDevices *self)
{
  if (self == NULL)
    return;

  live_pw_devices_detach (self);
  g_clear_handle_id (&self->changed_id, g_source_remove);
  g_hash_table_unref (self->devices);
  g_hash_table_unref (self->links);
  g_free (self);
}

void
live_pw_devices_attach (LivePwDevices *self, struct pw_registry *registry)
{
  g_return_if_fail (self->registry == NULL);

  self->registry = registry;
  pw_registry_add_listener (registry, &self->registry_listener, &registry_events, self);
}

void
live_pw_devices_detach (LivePwDevices *self)
{
  if (self->registry == NULL)
    return;

  spa_hook_remove (&self->registry_listener);
  self->registry = NULL;
  drop_metadata (self);
  g_hash_table_remove_all (self->devices);
  g_hash_table_remove_all (self->links);
  tell (self, TRUE, TRUE);
}

static gboolean
serves (const Device *device, LiveAudioDirection direction)
{
  return direction == LIVE_AUDIO_CAPTURE ? device->is_source : device->is_sink;
}

gboolean
live_pw_devices_has (LivePwDevices *self, LiveAudioDirection direction)
{
  GHashTableIter iter;
  gpointer device = NULL;

  g_hash_table_iter_init (&iter, self->devices);
  while (g_hash_table_iter_next (&iter, NULL, &device))
    if (serves (device, direction))
      return TRUE;

  return FALSE;
}

const char *
live_pw_devices_find_source (LivePwDevices *self)
{
  const Device *best = NULL;
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->devices);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Device *device = value;

      if (!device->is_source)
        continue;
      if (g_strcmp0 (device->name, self->default_names[LIVE_AUDIO_CAPTURE]) == 0)
        return device->name;
      if (best == NULL || device->priority > best->priority)
        best = device;
    }

  return best != NULL ? best->name : NULL;
}

LivePwPeer
live_pw_devices_get_peer (LivePwDevices *self, guint32 input_node_id)
{
  LivePwPeer peer = LIVE_PW_PEER_NONE;
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->links);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Link *link = value;
      const Device *device = NULL;

      if (link->input_node_id != input_node_id)
        continue;
      device = g_hash_table_lookup (self->devices, GUINT_TO_POINTER (link->output_node_id));
      /* What comes out of a node that only plays is its monitor. */
      if (device != NULL && device->is_sink && !device->is_source)
        return LIVE_PW_PEER_MONITOR;
      peer = LIVE_PW_PEER_GOOD;
    }

  return peer;
}

/* PipeWire's own words for the form ("headset", "speaker", "internal" …) where the driver knows
 * it, else the bus, else what is left. */
static const char *
describe_kind (const Device *device)
{
  if (device->form_factor != NULL)
    return device->form_factor;
  if (device->bus != NULL)
    return device->bus;

  return device->is_virtual ? "virtual" : "unknown";
}

static GVariant *
describe (LivePwDevices *self, const Device *device, LiveAudioDirection direction)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "name", "s", device->name);
  g_variant_dict_insert (&dict, "description", "s",
                         device->description != NULL ? device->description : device->name);
  g_variant_dict_insert (&dict, "direction", "s",
                         direction == LIVE_AUDIO_CAPTURE ? "input" : "output");
  g_variant_dict_insert (&dict, "default", "b",
                         g_strcmp0 (device->name, self->default_names[direction]) == 0);
  g_variant_dict_insert (&dict, "kind", "s", describe_kind (device));
  return g_variant_dict_end (&dict);
}

static int
compare_ids (gconstpointer left, gconstpointer right)
{
  guint32 left_id = (*(const Device *const *) left)->id;
  guint32 right_id = (*(const Device *const *) right)->id;

  return (left_id > right_id) - (left_id < right_id);
}

GVariant *
live_pw_devices_list (LivePwDevices *self)
{
  GVariantBuilder builder;
  g_autoptr (GPtrArray) devices = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, self->devices);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (devices, value);
  g_ptr_array_sort (devices, compare_ids);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint direction = 0; direction < LIVE_AUDIO_N_DIRECTIONS; direction++)
    for (guint i = 0; i < devices->len; i++)
      if (serves (g_ptr_array_index (devices, i), direction))
        g_variant_builder_add_value (&builder,
                                     describe (self, g_ptr_array_index (devices, i), direction));

  return g_variant_builder_end (&builder);
}
