/* Owns: nothing; the properties, format and flags of our streams.
 * Thread: main.
 * Called by: io/live-pw-stream.c. */
#include "io/live-pw-props.h"

#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>

#include "base/live-names.h"

/* Asked for, not promised: the graph takes the smallest wish of all its nodes. */
#define LATENCY "1024/48000"

guint32
live_pw_props_get_rate_hz (LiveAudioDirection direction)
{
  return direction == LIVE_AUDIO_CAPTURE ? LIVE_CAPTURE_RATE_HZ : LIVE_PLAYBACK_RATE_HZ;
}

struct pw_properties *
live_pw_props_new (LiveAudioDirection direction, const LivePwConfig *config)
{
  gboolean is_capture = direction == LIVE_AUDIO_CAPTURE;
  struct pw_properties *props = pw_properties_new (
      PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, is_capture ? "Capture" : "Playback",
      PW_KEY_NODE_NAME, is_capture ? LIVE_NODE_CAPTURE : LIVE_NODE_PLAYBACK,
      PW_KEY_NODE_DESCRIPTION, config->description, PW_KEY_MEDIA_NAME, config->description,
      PW_KEY_APP_ID, LIVE_APP_ID, PW_KEY_APP_NAME, "lived", PW_KEY_NODE_LATENCY, LATENCY, NULL);

  /* Volume and device are settings of ours; what the session manager remembers of an earlier run
   * would fight them. */
  pw_properties_set (props, "state.restore-props", "false");
  pw_properties_set (props, "state.restore-target", "false");
  if (is_capture)
    pw_properties_set (props, PW_KEY_STREAM_CAPTURE_SINK, "false");
  if (config->role != NULL && config->role[0] != '\0')
    pw_properties_set (props, PW_KEY_MEDIA_ROLE, config->role);
  if (config->target != NULL)
    pw_properties_set (props, PW_KEY_TARGET_OBJECT, config->target);

  return props;
}

int
live_pw_props_connect (struct pw_stream *stream, LiveAudioDirection direction)
{
  guint8 space[512];
  struct spa_pod_builder builder = SPA_POD_BUILDER_INIT (space, sizeof space);
  struct spa_audio_info_raw info =
      SPA_AUDIO_INFO_RAW_INIT (.format = SPA_AUDIO_FORMAT_S16_LE,
                               .rate = live_pw_props_get_rate_hz (direction), .channels = 1,
                               .position = { SPA_AUDIO_CHANNEL_MONO });
  const struct spa_pod *params[1] = { spa_format_audio_raw_build (&builder, SPA_PARAM_EnumFormat,
                                                                  &info) };

  return pw_stream_connect (
      stream, direction == LIVE_AUDIO_CAPTURE ? PW_DIRECTION_INPUT : PW_DIRECTION_OUTPUT, PW_ID_ANY,
      PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS, params,
      G_N_ELEMENTS (params));
}
