/* The daemon as seen from here: calls, properties, signals, presence.
 * Thread: main only. Used by: the verbs.
 *
 * Calls are made on the connection itself, typed by the generated interface descriptions, and not
 * through generated proxies: a proxy loads all properties before its first call, three round
 * trips where `livectl ask` needs one. */
#pragma once

#include <gio/gunixfdlist.h>

#include "livectl.h"

G_BEGIN_DECLS

typedef enum
{
  LIVECTL_SESSION,
  LIVECTL_AUDIO,
  LIVECTL_MANAGER,
  LIVECTL_TOOLS,
} LivectlInterface;

/* Without a verb's reason for another one, a call that took longer has failed. */
#define LIVECTL_CALL_MS 25000
/* The daemon dials, is refused, dials again: it answers within this time in any case. */
#define LIVECTL_CONNECT_MS 90000

/* Called once with either a reply (a tuple, borrowed) or an error; never after the run ended.
 * fds is NULL unless the reply carries some. */
typedef void (*LivectlReplyFunc) (LivectlContext *ctx,
                                  GVariant *reply,
                                  GUnixFDList *fds,
                                  const GError *error,
                                  gpointer data);

/* Connects to the session bus, then calls ready. A failure ends the run. */
void livectl_proxy_open (LivectlContext *ctx, void (*ready) (LivectlContext *ctx));

/* args: a floating tuple as the method wants it. timeout_ms: see livectl_context_timeout_ms(). */
void livectl_proxy_call (LivectlContext *ctx,
                         LivectlInterface interface,
                         const char *method,
                         GVariant *args,
                         int timeout_ms,
                         LivectlReplyFunc func,
                         gpointer data);

/* Like the call, with func given a tuple of one a{sv}. A daemon without this interface has no
 * properties in it: func gets an empty dictionary. */
void livectl_proxy_get_all (LivectlContext *ctx,
                            LivectlInterface interface,
                            LivectlReplyFunc func,
                            gpointer data);
void livectl_proxy_set (LivectlContext *ctx,
                        LivectlInterface interface,
                        const char *property,
                        GVariant *value,
                        LivectlReplyFunc func,
                        gpointer data);

/* func for calls whose reply says nothing: reports an error or ends the run well. */
void livectl_proxy_done (LivectlContext *ctx,
                         GVariant *reply,
                         GUnixFDList *fds,
                         const GError *error,
                         gpointer data);

/* Every signal of the daemon, from any interface, org.freedesktop.DBus.Properties included. Ends
 * with the run. interface and member are borrowed. */
typedef void (*LivectlSignalFunc) (LivectlContext *ctx,
                                   const char *interface,
                                   const char *member,
                                   GVariant *params,
                                   gpointer data);
void livectl_proxy_subscribe (LivectlContext *ctx, LivectlSignalFunc func, gpointer data);

/* Tells when the daemon comes and goes; the first call tells what is the case now. Without func,
 * a daemon that goes after having been there ends the run. Once a run. */
typedef void (*LivectlPresenceFunc) (LivectlContext *ctx, gboolean is_present, gpointer data);
void livectl_proxy_watch (LivectlContext *ctx, LivectlPresenceFunc func, gpointer data);

/* What the contract says of a signal, or NULL for one that a later version brought. Borrowed. */
const GDBusSignalInfo *livectl_proxy_signal_info (const char *interface, const char *member);

/* "Session" -> "org.lived.Live1.Session". Static. */
const char *livectl_proxy_interface_name (LivectlInterface interface);

/* Lets go of the bus. */
void livectl_proxy_close (LivectlContext *ctx);

G_END_DECLS
