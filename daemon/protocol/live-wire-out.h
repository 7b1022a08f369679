/* Typed request -> JSON text, ready for the socket.
 * Thread: any (pure). Used by: core/live-link.c, core/live-engine.c.
 *
 * Protocol section 6: each message holds exactly one member; empty objects stay. All functions
 * return owned, NUL-terminated text; ret_length (nullable) saves a strlen. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* realtimeInput.audio; 16-bit mono little-endian. Hand-built: this is the hot path. */
char *
live_wire_out_audio (const gint16 *frames, guint32 n_frames, guint rate_hz, gsize *ret_length);
/* realtimeInput.video: one JPEG or PNG. */
char *
live_wire_out_video (const guint8 *data, gsize size, const char *mime_type, gsize *ret_length);
/* realtimeInput.text */
char *live_wire_out_realtime_text (const char *text);
char *live_wire_out_audio_stream_end (void);
char *live_wire_out_activity_start (void);
char *live_wire_out_activity_end (void);

/* clientContent with one turn of the given role ("user", "model"). */
char *live_wire_out_client_text (const char *role, const char *text, gboolean turn_complete);
/* clientContent with nothing in it: interrupts the generation and asks for none. */
char *live_wire_out_client_interrupt (void);
/* clientContent with a JSON array of Content, checked: LIVE_ERROR_INVALID_ARGUMENT names the
 * element at fault (not an array, no parts, a role other than user and model …). */
char *live_wire_out_client_turns (const char *turns_json, gboolean turn_complete, GError **error);

/* toolResponse with one response. response_json must be a JSON object and goes through
 * untouched; scheduling is NULL, "INTERRUPT", "WHEN_IDLE" or "SILENT". */
char *live_wire_out_tool_response (const char *id,
                                   const char *name,
                                   const char *response_json,
                                   const char *scheduling,
                                   gboolean will_continue,
                                   GError **error);

G_END_DECLS
