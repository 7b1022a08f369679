/* The inside of the tools, shared by their files; nobody else includes this.
 * Thread: main. */
#pragma once

#include "core/live-engine-calls.h"
#include "core/live-tools.h"
#include "machine/live-tool-ledger.h"

G_BEGIN_DECLS

typedef struct
{
  LiveToolDeclaration *declaration;
  char *owner, *object_path, *file;
  char *scheduling;
  guint timeout_ms;
  LiveConfirm confirm;
  gboolean is_allowed; /* confirm "first": the user said yes */
  gboolean is_stale;   /* of a file that was not read again yet */
  guint64 generation;  /* of the declarations that first had it */
  guint64 calls, failures;
} LiveTool;

/* What an open call needs beside its entry. */
typedef struct
{
  LiveToolEntry *entry; /* borrowed from the ledger */
  char *arguments, *owner, *object_path, *description, *scheduling;
  guint timeout_ms;
  LiveConfirm confirm;
  gboolean is_blocking, can_schedule, gates;
  guint64 turn;
  char *answer;            /* to be sent */
  char *answer_scheduling; /* of this answer; NULL: the call's own */
  GError *error;           /* for who called by hand */
  LiveToolsDone done;
  gpointer done_data;
} LiveToolsRun;

typedef struct
{
  guint64 results, errors, timeouts, cancelled, vanished;
  guint64 denied, unknown, repeats, cuts, dropped, parts, setups, late;
} LiveToolsCounters;

struct _LiveTools
{
  const LiveClock *clock;
  LiveEngine *engine; /* borrowed: it outlives us */
  const LiveToolsEvents *events;
  gpointer events_data;

  GHashTable *tools; /* name -> LiveTool */
  gsize total_bytes;
  char *declared; /* as the link was told last */
  guint64 generation;          /* of what was declared last */
  guint64 generation_of_setup; /* what the newest setup was built with */
  guint64 generation_in_force; /* … and the one that the service confirmed */
  gboolean is_online;
  guint gather_timer;
  gint64 gather_since_us;

  LiveToolLedger ledger;
  GHashTable *runs; /* entry->call -> LiveToolsRun */
  guint timer;      /* of the next deadline */
  gboolean is_gated, is_down;
  LiveToolsCounters counters;
};

/* live-tools-registry.c */
void live_tools_free_tool (gpointer tool);
void live_tools_declare (LiveTools *self);
/* live-tools.c */
LiveToolsRun *live_tools_find_run (LiveTools *self, const char *call);
/* cause: static, nullable. Carries out what follows; run may be gone after it. */
void live_tools_step (LiveTools *self,
                      LiveToolsRun *run,
                      LiveToolEventKind kind,
                      const char *cause,
                      guint limit_ms);
void live_tools_take_error (LiveToolsRun *run, LiveErrorCode code, const char *message);
void live_tools_begin (LiveTools *self, LiveToolsRun *run);
/* It is dispatched; now it is done. */
void live_tools_invoke (LiveTools *self, LiveToolsRun *run);
LiveToolsRun *
live_tools_open (LiveTools *self, const char *server_id, const char *name, const char *arguments);
void live_tools_rearm (LiveTools *self);
void live_tools_for_each_run (LiveTools *self,
                              const char *owner,
                              const char *name,
                              LiveToolEventKind kind,
                              const char *cause);
/* live-tools-model.c */
extern const LiveEngineToolEvents live_tools_engine_events;
void live_tools_send (LiveTools *self, LiveToolsRun *run, gboolean will_continue);
void live_tools_update_gate (LiveTools *self);
/* live-tools-list.c */
void live_tools_add_statistics (GVariantBuilder *builder, gpointer data);
void live_tools_dump (GString *out, gpointer data);

G_END_DECLS
