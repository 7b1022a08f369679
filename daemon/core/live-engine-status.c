/* Owns: what the engine shows of itself: properties, counters, the dump.
 * Thread: main only.
 * Called by: bus/ and the other files of the engine. */
#include "core/live-engine-private.h"

void
live_engine_emit_changed (LiveEngine *self, const char *property)
{
  g_signal_emit_by_name (self, "changed", property);
}

gboolean
live_engine_is_online (LiveEngine *self)
{
  LiveLinkStatus status;

  live_link_get_status (self->link, &status);
  return status.is_online;
}

static const char *
origin_to_string (LiveContextOrigin origin)
{
  switch (origin)
    {
    case LIVE_CONTEXT_NEW:
      return "new";
    case LIVE_CONTEXT_RESUMED:
      return "resumed";
    case LIVE_CONTEXT_RESEEDED:
      return "reseeded";
    case LIVE_CONTEXT_LOST:
      return "lost";
    }

  return "new";
}

static gboolean
take_string (char **shown, const char *value)
{
  if (g_strcmp0 (*shown, value) == 0)
    return FALSE;

  g_free (*shown);
  *shown = g_strdup (value);
  return TRUE;
}

/* Tells each property of the link that differs from what was told before. */
void
live_engine_show_link (LiveEngine *self)
{
  LiveLinkStatus old = self->shown;
  LiveLinkStatus now;
  gboolean is_new_message, is_new_session;

  live_link_get_status (self->link, &now);
  is_new_message = take_string (&self->shown_message, now.message);
  is_new_session = take_string (&self->shown_session_id, now.session_id);
  self->shown = now;

  if (g_strcmp0 (old.reason, now.reason) != 0)
    live_engine_emit_changed (self, "StateReason");
  if (is_new_message)
    live_engine_emit_changed (self, "StateMessage");
  if (is_new_session)
    live_engine_emit_changed (self, "SessionId");
  if (old.origin != now.origin)
    live_engine_emit_changed (self, "ContextOrigin");
  if (old.is_resumable != now.is_resumable)
    live_engine_emit_changed (self, "Resumable");
  if (old.connected_since_us != now.connected_since_us)
    live_engine_emit_changed (self, "ConnectedSince");
  if (old.retry_at_us != now.retry_at_us)
    live_engine_emit_changed (self, "RetryAt");
  /* Last, so that who waits for the state finds the rest in place. */
  if (g_strcmp0 (old.state_name, now.state_name) != 0)
    live_engine_emit_changed (self, "State");
}

void
live_engine_get_status (LiveEngine *self, LiveEngineStatus *ret_status)
{
  LiveLinkStatus link;

  live_link_get_status (self->link, &link);
  *ret_status = (LiveEngineStatus){
    .state = link.state_name,
    .state_reason = link.reason,
    .state_message = link.message,
    .activity = self->activity,
    .context_origin = origin_to_string (link.origin),
    .conversation_id = self->conversation_id,
    .session_id = link.session_id,
    .is_resumable = link.is_resumable,
    .connected_since_us = link.connected_since_us,
    .retry_at_us = link.retry_at_us,
    .profile = live_link_get_profile (self->link),
    .settings = self->settings,
  };
}

GVariant *
live_engine_get_usage (LiveEngine *self)
{
  return live_usage_to_variant (&self->usage);
}

static void
add_count (GVariantBuilder *builder, const char *name, guint64 count)
{
  g_variant_builder_add (builder, "{st}", name, count);
}

static void
add_audio_counts (LiveEngine *self, GVariantBuilder *builder)
{
  const LiveAudioStats *audio = self->audio->class->stats (self->audio);

  add_count (builder, "captured-frames", audio->captured_frames);
  add_count (builder, "capture-dropped-frames", audio->capture_dropped_frames);
  add_count (builder, "played-frames", audio->played_frames);
  add_count (builder, "underruns", audio->underruns);
  add_count (builder, "xruns", audio->xruns);
  add_count (builder, "audio-reconnects", audio->reconnects);
}

GVariant *
live_engine_get_statistics (LiveEngine *self)
{
  const LiveSpeakerStats *speaker = live_speaker_get_stats (self->speaker);
  const LiveUplinkStats *uplink = live_uplink_get_stats (self->uplink);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  live_link_add_statistics (self->link, &builder);
  if (self->audio != NULL)
    add_audio_counts (self, &builder);
  add_count (&builder, "sent-audio-frames", uplink->sent_frames);
  add_count (&builder, "sent-audio-chunks", uplink->sent_chunks);
  add_count (&builder, "dropped-input-frames", uplink->dropped_frames);
  add_count (&builder, "gated-input-frames", uplink->gated_frames);
  add_count (&builder, "dropped-output-frames", speaker->dropped_frames);
  add_count (&builder, "discarded-output-frames", speaker->discarded_frames);
  add_count (&builder, "rebuffers", speaker->rebuffers);
  add_count (&builder, "output-stalls", speaker->stalls);
  add_count (&builder, "turns-started", self->counters.turns_started);
  add_count (&builder, "turns-complete", self->counters.turns_complete);
  add_count (&builder, "turns-interrupted", self->counters.turns_interrupted);
  add_count (&builder, "turns-failed", self->counters.turns_failed);
  add_count (&builder, "turns-unanswered", self->counters.turns_unanswered);
  add_count (&builder, "texts-sent", self->counters.texts_sent);
  add_count (&builder, "texts-sent-again", self->counters.texts_sent_again);
  add_count (&builder, "tool-results-held", self->counters.results_held);
  add_count (&builder, "tool-results-dropped", self->counters.results_dropped);
  add_count (&builder, "service-silences", self->counters.silences);
  add_count (&builder, "contexts-silent", self->counters.contexts_silent);
  add_count (&builder, "contexts-collapsed", self->counters.contexts_collapsed);
  add_count (&builder, "tool-calls", self->counters.tool_calls);
  add_count (&builder, "unknown-tools", self->counters.unknown_tools);
  add_count (&builder, "media-after-cut", self->counters.media_after_cut);
  add_count (&builder, "words-over-cap", self->counters.words_over_cap);
  add_count (&builder, "sound-over-cap", self->counters.sound_over_cap);
  add_count (&builder, "events-ignored", self->counters.events_ignored);
  if (self->tool_events != NULL && self->tool_events->add_statistics != NULL)
    self->tool_events->add_statistics (&builder, self->tool_events_data);
  return g_variant_builder_end (&builder);
}

/* The snapshot against which a class of change is pending; NULL when it needs no waiting. */
static LiveSettings *
settings_in_force (LiveEngine *self, LiveChange change)
{
  switch (change)
    {
    case LIVE_CHANGE_RECONNECT:
      return live_engine_is_online (self) ? live_link_get_sent_settings (self->link) : NULL;
    case LIVE_CHANGE_NEXT_CONVERSATION:
      return live_link_get_settings (self->link);
    case LIVE_CHANGE_RESTART:
      return self->started_settings;
    case LIVE_CHANGE_NONE:
    case LIVE_CHANGE_LIVE:
      break;
    }

  return NULL;
}

GVariant *
live_engine_get_pending_changes (LiveEngine *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (LiveSetting setting = 0; setting < LIVE_N_SETTINGS; setting++)
    {
      const LiveSettingInfo *info = live_setting_info (setting);
      LiveSettings *in_force = settings_in_force (self, info->change);

      if (in_force != NULL && !g_variant_equal (live_settings_get (in_force, setting),
                                                live_settings_get (self->settings, setting)))
        g_variant_builder_add (&builder, "s", info->name);
    }
  return g_variant_builder_end (&builder);
}

void
live_engine_show_pending (LiveEngine *self)
{
  g_autoptr (GVariant) pending = g_variant_ref_sink (live_engine_get_pending_changes (self));
  g_autofree char *text = g_variant_print (pending, FALSE);

  if (take_string (&self->pending_text, text))
    live_engine_emit_changed (self, "PendingChanges");
}

static void
dump_counts (LiveEngine *self, GString *out)
{
  g_autoptr (GVariant) statistics = g_variant_ref_sink (live_engine_get_statistics (self));
  GVariantIter iter;
  const char *name;
  guint64 count;

  g_variant_iter_init (&iter, statistics);
  while (g_variant_iter_next (&iter, "{&st}", &name, &count))
    g_string_append_printf (out, "  %s: %" G_GUINT64_FORMAT "\n", name, count);
}

void
live_engine_dump (LiveEngine *self, GString *out)
{
  gsize n_bytes;
  guint n_turns = live_transcript_count (self->transcript, &n_bytes);

  g_string_append_printf (out,
                          "engine: turn machine %s, activity %s, turn %" G_GUINT64_FORMAT
                          " of %" G_GUINT64_FORMAT
                          ", %u waiting, %u still sounding, %u calls waiting, %u tool calls open\n",
                          live_turn_state_to_string (self->fsm.state), self->activity,
                          self->turn != NULL ? self->turn->number : (guint64) 0, self->last_number,
                          self->waiting.length, self->let_go.length, self->requests.length,
                          g_hash_table_size (self->tool_calls));
  g_string_append_printf (
      out, "  listening %s%s%s, volume %.2f\n", self->is_listening ? "yes" : "no",
      self->is_listening_wanted ? ", wanted" : "", self->is_muted ? ", muted" : "", self->volume);
  g_string_append_printf (out, "  transcript: %u turns, %" G_GSIZE_FORMAT " bytes (not shown)\n",
                          n_turns, n_bytes);
  live_speaker_dump (self->speaker, out);
  live_uplink_dump (self->uplink, out);
  live_link_dump (self->link, out);
  if (self->tool_events != NULL && self->tool_events->dump != NULL)
    self->tool_events->dump (out, self->tool_events_data);
  g_string_append (out, "statistics:\n");
  dump_counts (self, out);
}
