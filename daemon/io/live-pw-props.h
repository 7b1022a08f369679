/* What our two streams tell PipeWire of themselves: properties, format, flags.
 * Thread: main only. Used by: io/live-pw-stream.c, io/live-pw-channel.c. */
#pragma once

#include <glib.h>

#include "io/live-audio.h"

struct pw_properties;
struct pw_stream;

G_BEGIN_DECLS

typedef struct
{
  const char *description; /* what mixers show; translated */
  const char *role;        /* media.role; NULL or "" for none */
  const char *target;      /* node.name; NULL follows the default */
} LivePwConfig;

guint32 live_pw_props_get_rate_hz (LiveAudioDirection direction);

/* To be given to pw_stream_new, which takes it. */
struct pw_properties *live_pw_props_new (LiveAudioDirection direction, const LivePwConfig *config);

/* Connects with the one format that we speak, S16 mono; PipeWire converts. A negative errno when
 * that is refused on the spot. */
int live_pw_props_connect (struct pw_stream *stream, LiveAudioDirection direction);

G_END_DECLS
