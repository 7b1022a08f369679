/* Server message -> typed events.
 * Thread: any (pure). Used by: core/live-link.c.
 *
 * Protocol sections 4, 7 and 8: unknown fields are ignored, absent means default, both places
 * of interactionStatus are read, several members of serverContent come together. The order of
 * the events of one message is fixed: setupComplete, tool cancellations, content parts,
 * transcriptions, metadata, tool calls, voice activity, interaction status, usage (it belongs to
 * the turn that the flags may end), then flags (generationComplete, interrupted,
 * waitingForInput, turnComplete), then session facts (resumption, goAway, error), and last what
 * could not be read. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  LIVE_WIRE_SETUP_COMPLETE,     /* text: the server's id of the session, or NULL */
  LIVE_WIRE_AUDIO,              /* pcm, rate_hz */
  LIVE_WIRE_TEXT,               /* text, is_thought */
  LIVE_WIRE_EXECUTABLE_CODE,    /* json: the part, untouched */
  LIVE_WIRE_CODE_RESULT,        /* json */
  LIVE_WIRE_INPUT_TRANSCRIPT,   /* transcript */
  LIVE_WIRE_INTERIM_TRANSCRIPT, /* transcript; replaced by what follows */
  LIVE_WIRE_OUTPUT_TRANSCRIPT,  /* transcript */
  LIVE_WIRE_GROUNDING,          /* json: groundingMetadata or urlContextMetadata */
  LIVE_WIRE_TOOL_CALL,          /* call; one event a call */
  LIVE_WIRE_TOOL_CANCEL,        /* text: the call's id; one event an id */
  LIVE_WIRE_GENERATION_COMPLETE,
  LIVE_WIRE_INTERRUPTED,
  LIVE_WIRE_TURN_COMPLETE, /* text: turnCompleteReason in lower-case-with-dashes, or NULL */
  LIVE_WIRE_WAITING_FOR_INPUT,
  LIVE_WIRE_INTERACTION_STATUS, /* is_in_progress */
  LIVE_WIRE_VOICE_ACTIVITY,     /* is_start, offset_us */
  LIVE_WIRE_USAGE,              /* usage */
  LIVE_WIRE_RESUMPTION,         /* text: handle or NULL, is_resumable. SECRET: never logged */
  LIVE_WIRE_GO_AWAY,            /* time_left_us */
  LIVE_WIRE_SERVER_ERROR,       /* in-band {"error"}: text, code; fatal */
  LIVE_WIRE_MALFORMED,          /* text: a known member of the wrong type; it was left out */
} LiveWireKind;

typedef struct
{
  char *text;
  char *language; /* nullable */
  char *speaker;  /* nullable */
  gboolean is_finished;
} LiveWireTranscript;

typedef struct
{
  char *id; /* "" when the server sent none (Vertex) */
  char *name;
  char *args_json; /* an object; "{}" when absent. Keys untouched */
} LiveWireCall;

/* Counts of one turn, not cumulative. -1 = not given. Names follow Session.Usage. */
typedef struct
{
  gint64 prompt, response, thoughts, tool_use, cached, total;
  /* Per modality: text, image, video, audio, document. */
  gint64 prompt_by[5], response_by[5];
} LiveWireUsage;

extern const char *const live_wire_modalities[5];

typedef struct
{
  LiveWireKind kind;
  GBytes *pcm; /* raw bytes of this part; may end in half a frame (base/live-pcm.h carries it) */
  guint rate_hz;
  char *text;
  char *json;
  LiveWireTranscript transcript;
  LiveWireCall call;
  LiveWireUsage usage;
  gboolean is_thought, is_in_progress, is_start, is_resumable;
  gint64 offset_us, time_left_us;
  gint code;
} LiveWireEvent;

void live_wire_event_free (LiveWireEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveWireEvent, live_wire_event_free)

/* "turn-complete" and the like; for counters and the journal. Static. */
const char *live_wire_kind_to_string (LiveWireKind kind);

/* More events than this in one message are not a conversation; the rest is left out. */
#define LIVE_WIRE_MAX_EVENTS 4096

/* All events of one message, in the order above; an empty array for "{}" and for messages with
 * only unknown members. A known member of the wrong type costs itself and not the message.
 * LIVE_ERROR_SERVER for what is not a JSON object or is nested too deep; the caller counts it
 * and goes on. Neither the error nor a MALFORMED event quotes the message. */
GPtrArray *live_wire_in_parse (GBytes *message, GError **error);

G_END_DECLS
