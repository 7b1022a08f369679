/* This program as a provider of tools: an object on the bus, its registrations, the calls that run.
 * Thread: main only. Used by: tool run and mcp run.
 *
 * The registrations are made again whenever the daemon comes back. Only the daemon may call: a
 * program that called the object by itself would get around the user's consent. */
#pragma once

#include "livectl-proxy.h"

G_BEGIN_DECLS

/* Calls beyond this wait for their turn, and beyond the other one they are refused. */
#define LIVECTL_PROVIDER_MAX_RUNNING 8
#define LIVECTL_PROVIDER_MAX_WAITING 64

typedef struct _LivectlProvider LivectlProvider;

/* A call that the daemon waits for. It is gone after it was returned, failed or stopped. */
typedef struct
{
  const char *id;
  const char *tool;
  const char *arguments_json; /* valid UTF-8, otherwise as the model wrote it */
  gpointer data;              /* the owner's */
} LivectlCall;

typedef struct
{
  void (*start) (LivectlCall *call, gpointer data);
  /* No answer is wanted any more: cancelled, too late, or the daemon is gone. reason: as for
   * ToolProvider.Cancel, or "daemon-gone". */
  void (*stop) (LivectlCall *call, const char *reason, gpointer data);
  /* Tells of each registration: error is NULL when it was made. */
  void (*registered) (const char *tool, const GError *error, gpointer data);
  /* The daemon came or went. Nullable. */
  void (*presence) (gboolean is_present, gpointer data);
  gpointer data;
} LivectlProviderHooks;

/* Exports the object and starts the daemon unless --no-autostart, in which case it is waited for.
 * ctx fails when that cannot be done. It watches the daemon, so nobody else in this run can. */
LivectlProvider *livectl_provider_new (LivectlContext *ctx, const LivectlProviderHooks *hooks);
/* Calls that run are stopped first. */
void livectl_provider_free (LivectlProvider *provider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LivectlProvider, livectl_provider_free)

/* Registers the tool as soon as there is a daemon. options: of RegisterTool, without object-path;
 * floating. An older tool of the name is replaced, and nothing happens if it was the same. */
void livectl_provider_add (LivectlProvider *provider,
                           const char *name,
                           const char *declaration_json,
                           GVariant *options);
void livectl_provider_remove (LivectlProvider *provider, const char *name);
/* NULL-terminated, borrowed names; free the array with g_free. */
const char **livectl_provider_list (LivectlProvider *provider);

/* One of these ends a call. */
void
livectl_provider_return (LivectlProvider *provider, LivectlCall *call, const char *result_json);
void livectl_provider_fail (LivectlProvider *provider, LivectlCall *call, const char *message);
/* A part of the answer; more will follow. */
void livectl_provider_part (LivectlProvider *provider, LivectlCall *call, const char *result_json);

/* Ends all calls that run, as stopped. */
void livectl_provider_stop_all (LivectlProvider *provider, const char *reason);

G_END_DECLS
