/* The tools of everybody: who offers what, and every call's way to its one answer.
 * Thread: main only. Built by: bus/live-service.c. Used by: the tools' face and peers in bus/.
 *
 * Knows owners only by name (a unique bus name, or the declared one of a file) and reaches them
 * through LiveToolsEvents. Registrations are gathered into one change of the setup. */
#pragma once

#include "core/live-engine.h"
#include "protocol/live-tool-schema.h"

G_BEGIN_DECLS

#define LIVE_TOOLS_MAX 512 /* the service's own limit (protocol 6.1.2) */
#define LIVE_TOOLS_MAX_OF_OWNER 256
#define LIVE_TOOLS_MAX_TOTAL_BYTES (1024 * 1024)
#define LIVE_TOOLS_MAX_ARGUMENTS_BYTES (1024 * 1024)

typedef enum
{
  LIVE_CONFIRM_NONE,
  LIVE_CONFIRM_FIRST,
  LIVE_CONFIRM_ALWAYS,
} LiveConfirm;

/* What an owner says about one tool. All borrowed. */
typedef struct
{
  const LiveToolDeclaration *declaration;
  const char *owner;
  const char *object_path; /* NULL: calls come as a signal */
  const char *file;        /* NULL: registered; else where it is declared */
  guint timeout_ms;        /* 0: the setting */
  const char *scheduling;  /* the protocol's word, NULL: none */
  LiveConfirm confirm;
} LiveToolOffer;

/* One call, as the one who is to run it or to allow it is told. Borrowed for the time of the
 * callback. */
typedef struct
{
  const char *call, *name, *arguments;
  const char *owner, *object_path; /* NULL: by signal */
  const char *description, *confirm, *origin;
  guint timeout_ms;
  gboolean is_blocking;
  guint64 turn;
} LiveToolsCall;

typedef struct
{
  /* Run it; ends with live_tools_result() or live_tools_fail(). */
  void (*invoke) (const LiveToolsCall *call, gpointer data);
  void (*cancel) (const LiveToolsCall *call, const char *reason, gpointer data);
  /* Ask the user; ends with live_tools_decide(). FALSE: there is nobody to ask. */
  gboolean (*ask) (const LiveToolsCall *call, gpointer data);
  void (*withdraw) (const char *call, const char *reason, gpointer data);
  void (*finished) (const char *call,
                    const char *name,
                    const char *outcome,
                    guint64 duration_us,
                    gpointer data);
  /* A tool came or went. */
  void (*changed) (gpointer data);
  /* The unique name of the program behind a file's bus name; NULL: it does not run. */
  const char *(*runs_as) (const char *owner, gpointer data);
} LiveToolsEvents;

typedef struct _LiveTools LiveTools;

LiveTools *live_tools_new (const LiveClock *clock,
                           LiveEngine *engine,
                           const LiveToolsEvents *events,
                           gpointer data);
void live_tools_free (LiveTools *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveTools, live_tools_free)
/* Every open call is cancelled; nothing runs after it. */
void live_tools_shut_down (LiveTools *self);

gboolean live_tools_register (LiveTools *self, const LiveToolOffer *offer, GError **error);
gboolean
live_tools_unregister (LiveTools *self, const char *owner, const char *name, GError **error);
/* The owner is gone, and all that it held: its calls end with "vanished". */
void live_tools_drop_owner (LiveTools *self, const char *owner);
/* All tools of files, before they are read again; those that come back unchanged keep running. */
void live_tools_begin_files (LiveTools *self);
void live_tools_end_files (LiveTools *self);

/* A final answer, or a part. owner: who says so. LIVE_ERROR_NOT_FOUND: it does not stand. */
gboolean live_tools_result (LiveTools *self,
                            const char *call,
                            const char *owner,
                            const char *result,
                            const char *scheduling,
                            gboolean will_continue,
                            GError **error);
gboolean live_tools_fail (LiveTools *self,
                          const char *call,
                          const char *owner,
                          const char *message,
                          const char *scheduling,
                          GError **error);
/* The provider left in the middle of this call. */
void live_tools_vanish (LiveTools *self, const char *call);
/* The user's word; has_agent FALSE: nobody could be asked after all. */
void live_tools_decide (LiveTools *self, const char *call, gboolean is_allowed, gboolean has_agent);

/* By hand. done is called exactly once, perhaps before the return: answer is a JSON object, or
 * error says why not (both borrowed). NULL and error: nothing was begun. Owned name of the call. */
typedef void (*LiveToolsDone) (const char *answer, const GError *error, gpointer data);
char *live_tools_call (LiveTools *self,
                       const char *name,
                       const char *arguments,
                       LiveToolsDone done,
                       gpointer data,
                       GError **error);
/* Who called is gone; done is called with LIVE_ERROR_INTERRUPTED. */
void live_tools_abandon (LiveTools *self, const char *call);

/* Tools.Tools, sorted; owned array of owned strings. */
char **live_tools_list_names (LiveTools *self);
/* aa{sv}, floating: Tools.ListTools and Tools.ListCalls. */
GVariant *live_tools_list (LiveTools *self);
GVariant *live_tools_list_calls (LiveTools *self);

G_END_DECLS
