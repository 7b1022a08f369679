/* What an error means to a person and to a script.
 * Thread: main only. Used by: livectl's context and the verbs that go on after an error. */
#pragma once

#include "livectl.h"

G_BEGIN_DECLS

/* What livectl itself finds; everything else is LIVE_ERROR or the bus's own. */
#define LIVECTL_ERROR (livectl_error_quark ())

typedef enum
{
  LIVECTL_ERROR_NO_BUS, /* no session bus, or it closed */
  LIVECTL_ERROR_GONE,   /* the daemon left the bus while we listened to it */
} LivectlErrorCode;

GQuark livectl_error_quark (void);

/* Exit code of any error that a call may return. */
LivectlExit livectl_error_exit_code (const GError *error);

/* One sentence, then the cause in the daemon's own words where it has some; owned. */
char *livectl_error_sentence (const GError *error);

/* What to do about it, or NULL. Translated, static. */
const char *livectl_error_cure (const GError *error);

/* Why a session is blocked, as the error that Connect would give. Owned. */
GError *livectl_error_from_state (const char *reason, const char *message);

/* The last part of the D-Bus error's name, "NoCredentials", for scripts. Static. */
const char *livectl_error_name (const GError *error);

G_END_DECLS
