/* Owns: what the link makes of network and sleep.
 * Thread: main.
 * Called by: core/live-engine.c, with what io/live-presence.c sees. */
#include <gio/gio.h>

#include "core/live-link-private.h"

/* A server on this machine needs no network. */
static gboolean
is_local (LiveLink *self)
{
  const char *url = live_settings_get_string (self->settings, LIVE_SETTING_ENDPOINT_URL);
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_PARSE_RELAXED, NULL);
  g_autoptr (GInetAddress) address = NULL;
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if (uri != NULL && g_str_has_prefix (g_uri_get_scheme (uri), "unix"))
    return TRUE;
  if (host == NULL)
    return FALSE;
  if (g_ascii_strcasecmp (host, "localhost") == 0 || g_str_has_suffix (host, ".localhost"))
    return TRUE;

  address = g_inet_address_new_from_string (host);
  return address != NULL && g_inet_address_get_is_loopback (address);
}

void
live_link_heed_network (LiveLink *self)
{
  gboolean is_down = self->is_network_gone && !is_local (self);

  if (is_down == self->is_network_told_down)
    return;

  self->is_network_told_down = is_down;
  live_link_post (self, is_down ? LIVE_LINK_EV_NETWORK_DOWN : LIVE_LINK_EV_NETWORK_UP);
}

void
live_link_set_network (LiveLink *self, gboolean is_available)
{
  self->is_network_gone = !is_available;
  live_link_heed_network (self);
}

void
live_link_set_asleep (LiveLink *self, gboolean is_asleep)
{
  live_link_post (self, is_asleep ? LIVE_LINK_EV_SLEEP : LIVE_LINK_EV_WAKE);
}
