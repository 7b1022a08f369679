/* Tool calls of the model, seen from the conversation: the seam for core/live-tools.c.
 * Thread: main only. Implemented by: core/live-engine-calls.c.
 *
 * Every call gets exactly one response, or the model waits for ever (protocol 8.5). As long as
 * nobody has set the events, each call is answered with an error that names the unknown tool. */
#pragma once

#include "core/live-engine.h"
#include "protocol/live-wire-in.h"

G_BEGIN_DECLS

#define LIVE_ENGINE_MAX_CALLS 128

typedef struct
{
  /* A call to be answered with live_engine_respond(), now or later. Borrowed. */
  void (*called) (const LiveWireCall *call, gpointer data);
  /* The server takes it back; no answer is wanted, and one that comes is dropped. */
  void (*cancelled) (const char *id, gpointer data);
  /* The connection is gone and does not come back, or the conversation is over: all calls of it
   * are. A connection that comes back says so of each call that does not stand any more. */
  void (*lost) (gpointer data);
  /* This and the following may be NULL. The connection is away; results can wait until it is
   * back, or lost. */
  void (*away) (gpointer data);
  /* A connection is there, and what does not stand any more was said. has_context: the server
   * knows what was. */
  void (*online) (gboolean has_context, gpointer data);
  /* A setup is about to be built: the last moment for live_engine_declare_tools(). */
  void (*setup_soon) (gpointer data);
  /* Adds to Session.Statistics and to the dump; no contents. */
  void (*add_statistics) (GVariantBuilder *builder, gpointer data);
  void (*dump) (GString *out, gpointer data);
} LiveEngineToolEvents;

/* NULL: nobody has tools. events must outlive the engine or be taken back. */
void live_engine_set_tools (LiveEngine *self, const LiveEngineToolEvents *events, gpointer data);

/* A JSON array of declarations as registered, NULL = none. Differing from before = one rotation at
 * the next quiet point. */
void live_engine_declare_tools (LiveEngine *self, const char *tools_json);
/* While a call blocks, some models bear no sound (protocol 8.5): what the microphone hears is
 * dropped until it is open again. */
void live_engine_set_gate (LiveEngine *self, gboolean is_shut);

gboolean live_engine_call_stands (LiveEngine *self, const char *id, const char *name);
/* No answer will be given, and none is owed: the server got it already. */
void live_engine_forget_call (LiveEngine *self, const char *id, const char *name);
/* The turn in hand; 0 = none. */
guint64 live_engine_get_turn (LiveEngine *self);

/* response_json: a JSON object. scheduling: NULL, "INTERRUPT", "WHEN_IDLE" or "SILENT".
 * will_continue: more responses follow for the same call. LIVE_ERROR_NOT_FOUND when the call does
 * not stand (answered, cancelled, of a lost connection). While the connection is away the result
 * is kept, and sent if the call stands after it. */
gboolean live_engine_respond (LiveEngine *self,
                              const char *id,
                              const char *name,
                              const char *response_json,
                              const char *scheduling,
                              gboolean will_continue,
                              GError **error);

/* For the engine's own files. */
void live_engine_on_tool_call (LiveEngine *self, const LiveWireCall *call);
void live_engine_on_tool_cancel (LiveEngine *self, const char *id);
void live_engine_forget_calls (LiveEngine *self);
void live_engine_tell_away (LiveEngine *self);
void live_engine_settle_calls (LiveEngine *self, gboolean is_resumed);
void live_engine_drop_held_results (LiveEngine *self);

G_END_DECLS
