/* One building of a setup message, shared by the files that write its parts.
 * Thread: any (pure). Used by: live-setup.c, live-setup-generation.c only. */
#pragma once

#include "protocol/live-json-writer.h"
#include "protocol/live-setup.h"

G_BEGIN_DECLS

typedef struct
{
  const LiveSetupInput *input;
  LiveSettings *settings;
  const LiveProfile *profile;
  LiveJsonWriter writer;
  GPtrArray *warnings; /* nullable */
  gboolean is_text;    /* answers are written; else spoken */
  gboolean is_vertex;
} LiveSetupBuild;

/* Our word and the protocol's. */
typedef struct
{
  const char *ours;
  const char *theirs;
} LiveSetupWord;

/* NULL for a word that is not in the list, such as "auto". */
const char *
live_setup_build_translate (const LiveSetupWord *words, gsize n_words, const char *ours);

const char *live_setup_build_string (LiveSetupBuild *build, LiveSetting setting);
gboolean live_setup_build_is_set (LiveSetupBuild *build, LiveSetting setting);
/* A negative wish is none. */
void live_setup_build_write_int (LiveSetupBuild *build, LiveSetting setting, const char *name);

/* "group.key: what" */
void live_setup_build_warn (LiveSetupBuild *build, LiveSetting setting, const char *what);
/* "… left out, because the model does not take it" */
void live_setup_build_warn_refused (LiveSetupBuild *build, LiveSetting setting);

/* A field of previews: wanted, the model has it, and the version knows it. Warns otherwise. */
gboolean
live_setup_build_takes_preview (LiveSetupBuild *build, LiveSetting setting, gboolean has_model);

/* The member "generationConfig"; in live-setup-generation.c. */
void live_setup_generation_write (LiveSetupBuild *build);

G_END_DECLS
