/* The tools of a real engine on a wire of paper, with an owner and a user that are written down.
 * Thread: the test's. */
#pragma once

#include "core/live-tools.h"
#include "fake/engine-rig.h"

G_BEGIN_DECLS

#define TOOLS_OWNER ":1.7"

typedef struct
{
  EngineRig *rig;
  LiveTools *tools;
  GString *log; /* "invoke c1 lamp {}; cancel c1 interrupted; …" */
  gboolean has_agent;
  const char *runs_as;
  guint n_changed;
  char *answer; /* of a call by hand */
  GError *error;
} ToolsWorld;

/* online: with the tool "lamp". model NULL: gemini-3.8-live. */
ToolsWorld *tools_world_new (const char *model);
ToolsWorld *tools_world_online (const char *model);
void tools_world_free (ToolsWorld *world);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolsWorld, tools_world_free)

gboolean tools_world_offer_to (ToolsWorld *world,
                               const char *owner,
                               const char *name,
                               LiveConfirm confirm,
                               guint timeout_ms,
                               LiveToolBehavior behavior,
                               GError **error);
void tools_world_offer (ToolsWorld *world, const char *name, LiveConfirm confirm, guint timeout_ms);
/* All that was written since the last look. */
void tools_world_expect (ToolsWorld *world, const char *log);
void tools_world_expect_refused (ToolsWorld *world,
                                 const char *call,
                                 const char *owner,
                                 LiveErrorCode code);
/* The owner's answer. */
void tools_world_give (ToolsWorld *world, const char *call, const char *result);

G_END_DECLS
