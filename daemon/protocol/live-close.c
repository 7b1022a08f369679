/* Owns: the table that says what each end of a connection means.
 * Thread: any (pure).
 * Called by: core/live-link.c, once a connection. */
#include "protocol/live-close.h"

#include <string.h>

/* When a row counts. A handle is suspect until the connection that used it has answered. */
typedef enum
{
  WHEN_ALWAYS,
  WHEN_STARTING,       /* setup was not yet accepted */
  WHEN_UNPROVEN,       /* nothing was answered yet */
  WHEN_HANDLE_SUSPECT, /* nothing was answered yet and a handle was used */
} When;

/* First match wins: special texts stand before general ones, and code 0 stands for any. Texts
 * are searched anywhere in the reason without regard to case; since the service's reasons are
 * cut at 123 bytes, each is taken from the part that always arrives. */
typedef struct
{
  guint16 code;
  const char *text; /* NULL = any */
  When when;
  LiveCloseVerdict verdict;
} Row;

#define CREDENTIALS(category)                                                                      \
  {                                                                                                \
    LIVE_CLOSE_STOP, LIVE_ERROR_CREDENTIALS_REJECTED, "rejected-credentials", category             \
  }
#define QUOTA                                                                                      \
  {                                                                                                \
    LIVE_CLOSE_STOP, LIVE_ERROR_QUOTA_EXCEEDED, "quota", "quota"                                   \
  }
#define MODEL                                                                                      \
  {                                                                                                \
    LIVE_CLOSE_STOP, LIVE_ERROR_MODEL_UNAVAILABLE, "model-unavailable", "model"                    \
  }
#define BAD_SETUP(category)                                                                        \
  {                                                                                                \
    LIVE_CLOSE_STOP, LIVE_ERROR_BAD_SETUP, "bad-setup", category                                   \
  }
#define CORRECT(category)                                                                          \
  {                                                                                                \
    LIVE_CLOSE_CORRECT, LIVE_ERROR_BAD_SETUP, "bad-setup", category                                \
  }
#define SERVER(action, category)                                                                   \
  {                                                                                                \
    action, LIVE_ERROR_SERVER, "server", category                                                  \
  }
#define NETWORK(action, category)                                                                  \
  {                                                                                                \
    action, LIVE_ERROR_NETWORK, "network", category                                                \
  }

static const Row frame_rows[] = {
  /* Key, token and project, under whatever code they come. */
  { 0, "api key", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "api_key", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "unregistered callers", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "invalid authentication", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "unauthenticated", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "permission denied", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "permission_denied", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "has not been used in project", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 0, "token has been used too many times", WHEN_ALWAYS, CREDENTIALS ("token") },
  { 0, "token has expired", WHEN_ALWAYS, CREDENTIALS ("token") },

  /* Money, then crowding: the same code, but only one of them passes by itself. */
  { 0, "exceeded your current quota", WHEN_ALWAYS, QUOTA },
  { 0, "resource_exhausted", WHEN_ALWAYS, SERVER (LIVE_CLOSE_RETRY_SLOWLY, "overload") },
  { 0, "overloaded", WHEN_ALWAYS, SERVER (LIVE_CLOSE_RETRY_SLOWLY, "overload") },
  { 0, "quota", WHEN_ALWAYS, QUOTA },

  /* What the model is, or is not. */
  { 1008, "is not found for api version", WHEN_ALWAYS, MODEL },
  { 1008, "not supported for bidigeneratecontent", WHEN_ALWAYS, MODEL },
  { 1008, "publisher model", WHEN_ALWAYS, MODEL },
  { 1008, "models/", WHEN_STARTING, MODEL },

  /* Handles. */
  { 1007, "invalid session handle", WHEN_ALWAYS, SERVER (LIVE_CLOSE_FRESH, "stale-handle") },
  { 1008, "session not found", WHEN_ALWAYS, SERVER (LIVE_CLOSE_FRESH, "stale-handle") },
  { 1008, "requested entity was not found", WHEN_HANDLE_SUSPECT,
    SERVER (LIVE_CLOSE_FRESH, "stale-handle") },
  { 1008, "requested entity was not found", WHEN_STARTING, MODEL },
  { 1008, "requested entity was not found", WHEN_ALWAYS, SERVER (LIVE_CLOSE_FRESH, "lost-state") },

  /* What the model refuses. */
  { 1007, "thinking level", WHEN_ALWAYS, CORRECT ("thinking-level") },
  { 1007, "blocking function calls", WHEN_ALWAYS, CORRECT ("blocking-calls") },
  { 1007, "cannot extract voices", WHEN_ALWAYS, BAD_SETUP ("modality") },
  { 1007, "response modalities", WHEN_ALWAYS, BAD_SETUP ("modality") },
  { 1007, "invalid json payload", WHEN_STARTING, BAD_SETUP ("unknown-field") },
  { 1007, "at 'setup", WHEN_ALWAYS, BAD_SETUP ("unknown-field") },
  /* One message was bad, not the session; it is not sent again. */
  { 1007,
    "invalid json payload",
    WHEN_ALWAYS,
    { LIVE_CLOSE_RESUME, LIVE_ERROR_INVALID_ARGUMENT, "server", "bad-message" } },
  /* The catch-all: a handle that went bad, a context that is used up, or a setup that was never
   * right. Only the first two pass without the handle. */
  { 1007, NULL, WHEN_HANDLE_SUSPECT, SERVER (LIVE_CLOSE_FRESH, "invalid-argument") },
  { 1007, NULL, WHEN_UNPROVEN, BAD_SETUP ("invalid-argument") },
  { 1007, "precondition check failed", WHEN_ALWAYS, BAD_SETUP ("precondition") },
  { 1007, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_FRESH, "used-up-context") },

  { 1008, "operation was aborted", WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "aborted") },
  { 1008, "operation is not implemented", WHEN_HANDLE_SUSPECT,
    SERVER (LIVE_CLOSE_FRESH, "not-implemented") },
  { 1008, "operation is not implemented", WHEN_STARTING, BAD_SETUP ("not-implemented") },
  { 1008, "operation is not implemented", WHEN_ALWAYS,
    SERVER (LIVE_CLOSE_RESUME, "not-implemented") },
  { 1008, NULL, WHEN_HANDLE_SUSPECT, SERVER (LIVE_CLOSE_FRESH, "policy") },
  { 1008, NULL, WHEN_STARTING, BAD_SETUP ("policy") },
  { 1008, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "policy") },

  /* Right after a resume it means that the old socket was still open. */
  { 1011, NULL, WHEN_HANDLE_SUSPECT, SERVER (LIVE_CLOSE_RETRY, "resume-refused") },
  { 1011, "deadline expired", WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "deadline") },
  { 1011, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "internal") },

  { 1000, "operation was cancelled", WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "lifetime") },
  { 1000, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "server-closed") },
  { 1001, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "going-away") },
  { 1005, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "server-closed") },
  { 1006, NULL, WHEN_ALWAYS, NETWORK (LIVE_CLOSE_RESUME, "network") },
  { 1009,
    NULL,
    WHEN_ALWAYS,
    { LIVE_CLOSE_RESUME, LIVE_ERROR_LIMIT_EXCEEDED, "server", "too-large" } },
  { 1012, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RESUME, "restart") },
  { 1013, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RETRY_SLOWLY, "overload") },
  { 1014, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RETRY, "gateway") },
  { 1015, NULL, WHEN_ALWAYS, NETWORK (LIVE_CLOSE_RETRY, "tls") },
  { 0, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RETRY, "unknown") },
};

/* Answers to the upgrade. Here code is the status. */
static const Row http_rows[] = {
  { 0, "api key", WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 401, NULL, WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 403, NULL, WHEN_ALWAYS, CREDENTIALS ("credentials") },
  { 404, NULL, WHEN_ALWAYS, MODEL },
  { 407, NULL, WHEN_ALWAYS, NETWORK (LIVE_CLOSE_STOP, "proxy") },
  { 408, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RETRY, "http") },
  { 425, NULL, WHEN_ALWAYS, SERVER (LIVE_CLOSE_RETRY, "http") },
  { 429, NULL, WHEN_ALWAYS, QUOTA },
};

static gboolean
contains (const char *reason, const char *text)
{
  gsize length = strlen (text);

  for (; *reason != '\0'; reason++)
    if (g_ascii_strncasecmp (reason, text, length) == 0)
      return TRUE;

  return FALSE;
}

static gboolean
applies (When when, const LiveCloseInfo *info)
{
  switch (when)
    {
    case WHEN_ALWAYS:
      return TRUE;
    case WHEN_STARTING:
      return info->phase <= LIVE_PHASE_SETUP;
    case WHEN_UNPROVEN:
      return info->phase <= LIVE_PHASE_BEFORE_TURN;
    case WHEN_HANDLE_SUSPECT:
      return info->phase <= LIVE_PHASE_BEFORE_TURN && info->handle_used;
    }

  g_return_val_if_reached (FALSE);
}

static const LiveCloseVerdict *
find_row (const Row *rows, gsize n_rows, guint code, const LiveCloseInfo *info)
{
  for (gsize i = 0; i < n_rows; i++)
    if ((rows[i].code == 0 || rows[i].code == code) &&
        (rows[i].text == NULL || contains (info->reason, rows[i].text)) &&
        applies (rows[i].when, info))
      return &rows[i].verdict;

  return NULL;
}

static LiveCloseVerdict
classify_http (const LiveCloseInfo *info)
{
  static const LiveCloseVerdict crowded = { LIVE_CLOSE_RETRY_SLOWLY, LIVE_ERROR_QUOTA_EXCEEDED,
                                            "quota", "quota" };
  static const LiveCloseVerdict transient = SERVER (LIVE_CLOSE_RETRY, "http");
  static const LiveCloseVerdict no_websocket = BAD_SETUP ("endpoint");
  const LiveCloseVerdict *row =
      find_row (http_rows, G_N_ELEMENTS (http_rows), info->http_status, info);

  /* Whoever says when to come back does not say that the money is gone. */
  if (info->http_status == 429 && info->retry_after_us > 0)
    return crowded;
  if (row != NULL)
    return *row;
  if (info->http_status >= 500)
    return transient;

  return no_websocket;
}

static LiveCloseVerdict
classify_timeout (const LiveCloseInfo *info)
{
  static const LiveCloseVerdict unreachable = { LIVE_CLOSE_RETRY, LIVE_ERROR_TIMEOUT, "network",
                                                "timeout" };
  static const LiveCloseVerdict silent = { LIVE_CLOSE_RESUME, LIVE_ERROR_TIMEOUT, "server",
                                           "timeout" };

  return info->phase == LIVE_PHASE_DIALLING ? unreachable : silent;
}

static LiveCloseVerdict
classify_origin (const LiveCloseInfo *info)
{
  static const LiveCloseVerdict wanted = { LIVE_CLOSE_DONE, LIVE_ERROR_NOT_CONNECTED, "user",
                                           "local" };
  static const LiveCloseVerdict network = NETWORK (LIVE_CLOSE_RESUME, "network");
  static const LiveCloseVerdict too_large = { LIVE_CLOSE_RESUME, LIVE_ERROR_LIMIT_EXCEEDED,
                                              "server", "too-large" };
  static const LiveCloseVerdict broken = SERVER (LIVE_CLOSE_RESUME, "protocol");

  switch (info->origin)
    {
    case LIVE_CLOSE_LOCAL:
      return wanted;
    case LIVE_CLOSE_FRAME:
      return *find_row (frame_rows, G_N_ELEMENTS (frame_rows), info->code, info);
    case LIVE_CLOSE_HTTP:
      return classify_http (info);
    case LIVE_CLOSE_TRANSPORT:
      return network;
    case LIVE_CLOSE_PROTOCOL:
      return info->code == 1009 ? too_large : broken;
    case LIVE_CLOSE_TIMEOUT:
      return classify_timeout (info);
    }

  g_return_val_if_reached (wanted);
}

LiveCloseVerdict
live_close_classify (const LiveCloseInfo *info)
{
  LiveCloseVerdict verdict = classify_origin (info);

  /* Coming back at once is for connections that once stood; one that never did backs off. */
  if (verdict.action == LIVE_CLOSE_RESUME && info->phase <= LIVE_PHASE_SETUP)
    verdict.action = LIVE_CLOSE_RETRY;

  return verdict;
}

void
live_close_info_clear (LiveCloseInfo *info)
{
  g_clear_pointer (&info->reason, g_free);
}

const char *
live_close_origin_to_string (LiveCloseOrigin origin)
{
  switch (origin)
    {
    case LIVE_CLOSE_LOCAL:
      return "local";
    case LIVE_CLOSE_FRAME:
      return "frame";
    case LIVE_CLOSE_HTTP:
      return "http";
    case LIVE_CLOSE_TRANSPORT:
      return "transport";
    case LIVE_CLOSE_PROTOCOL:
      return "protocol";
    case LIVE_CLOSE_TIMEOUT:
      return "timeout";
    }

  g_return_val_if_reached ("unknown");
}

const char *
live_close_phase_to_string (LiveClosePhase phase)
{
  switch (phase)
    {
    case LIVE_PHASE_DIALLING:
      return "dialling";
    case LIVE_PHASE_SETUP:
      return "setup";
    case LIVE_PHASE_BEFORE_TURN:
      return "before-turn";
    case LIVE_PHASE_CONVERSATION:
      return "conversation";
    }

  g_return_val_if_reached ("unknown");
}

const char *
live_close_action_to_string (LiveCloseAction action)
{
  switch (action)
    {
    case LIVE_CLOSE_DONE:
      return "done";
    case LIVE_CLOSE_RESUME:
      return "resume";
    case LIVE_CLOSE_RETRY:
      return "retry";
    case LIVE_CLOSE_RETRY_SLOWLY:
      return "retry-slowly";
    case LIVE_CLOSE_FRESH:
      return "fresh";
    case LIVE_CLOSE_CORRECT:
      return "correct";
    case LIVE_CLOSE_STOP:
      return "stop";
    }

  g_return_val_if_reached ("unknown");
}
