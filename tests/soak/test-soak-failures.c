/* Owns: the proof, against the simulator, of what each way of losing a connection leads to: the
 * rows of the close table, refused upgrades, and resumptions that are not what they seem.
 * Thread: main; the simulator is a process of its own.
 * Called by: meson test, suite soak. tests/field-failures.conf says which complaint each answers.
 */
#include <string.h>

#include <glib/gstdio.h>

#include "base/live-error.h"
#include "soak-rig.h"

#define SPEED 30
#define LIMIT_MS (300 * 1000)

typedef enum
{
  LEADS_BACK, /* resumed, and the context is there */
  LEADS_ANEW, /* a fresh session, told what was said */
  LEADS_STOP, /* blocked, and the error has this code */
} Outcome;

typedef struct
{
  const char *name;
  const char *fault; /* actions on the open connection; NULL: it does not come to that */
  const char *again; /* what happens to a dial: a step of a scenario, NULL = nothing */
  Outcome outcome;
  LiveErrorCode code;
} Row;

#define DROP "{\"abort\":true}"
#define CLOSE(code, reason) "{\"close\":" #code ",\"reason\":\"" reason "\"}"
/* The second connection is the one that comes with the handle. */
#define AT_SETUP(code, reason) "{\"on\":\"setup\",\"connection\":2,\"do\":" CLOSE (code, reason) "}"
#define AT_FIRST_SETUP(code, reason)                                                               \
  "{\"on\":\"setup\",\"connection\":1,\"do\":" CLOSE (code, reason) "}"
#define AT_UPGRADE(status) "{\"on\":\"upgrade\",\"connection\":2,\"do\":{\"http\":" #status "}}"

/* And the next ones, for who asks a blocked session has it tried once more. */
#define STOP_SETUP(code, reason)                                                                   \
  AT_SETUP (code, reason)                                                                          \
  ",{\"on\":\"setup\",\"connection\":3,\"do\":" CLOSE (                                            \
      code, reason) "}"                                                                            \
                    ",{\"on\":\"setup\",\"connection\":4,\"do\":" CLOSE (code, reason) "}"
#define STOP_UPGRADE(status)                                                                       \
  AT_UPGRADE (status) ",{\"on\":\"upgrade\",\"connection\":3,\"do\":{\"http\":" #status "}}"

static const Row rows[] = {
  { "1000-ours", CLOSE (1000, ""), NULL, LEADS_BACK, 0 },
  { "1000-cancelled", CLOSE (1000, "The operation was cancelled."), NULL, LEADS_BACK, 0 },
  { "1005-no-code", CLOSE (1005, ""), NULL, LEADS_BACK, 0 },
  { "1006-cut", DROP, NULL, LEADS_BACK, 0 },
  { "1008-bare", CLOSE (1008, ""), NULL, LEADS_BACK, 0 },
  { "1008-aborted", CLOSE (1008, "The operation was aborted."), NULL, LEADS_BACK, 0 },
  { "1008-not-implemented", CLOSE (1008, "Operation is not implemented, or supported, or enabled."),
    NULL, LEADS_BACK, 0 },
  { "1011-internal", CLOSE (1011, "Internal error encountered."), NULL, LEADS_BACK, 0 },
  { "1011-internal-occurred", CLOSE (1011, "Internal error occurred."), NULL, LEADS_BACK, 0 },
  { "1011-deadline", CLOSE (1011, "Deadline expired before operation could complete."), NULL,
    LEADS_BACK, 0 },
  { "1011-exhausted", CLOSE (1011, "RESOURCE_EXHAUSTED"), NULL, LEADS_BACK, 0 },
  { "1011-old-socket", DROP, AT_SETUP (1011, "Internal error encountered."), LEADS_BACK, 0 },
  { "http-503", DROP, AT_UPGRADE (503), LEADS_BACK, 0 },
  { "http-429", DROP, AT_UPGRADE (429), LEADS_BACK, 0 },

  { "1007-handle", DROP, AT_SETUP (1007, "Invalid session handle"), LEADS_ANEW, 0 },
  { "1007-argument", DROP, AT_SETUP (1007, "Request contains an invalid argument."), LEADS_ANEW,
    0 },
  { "1008-session", DROP, AT_SETUP (1008, "BidiGenerateContent session not found"), LEADS_ANEW, 0 },
  { "1008-entity", DROP, AT_SETUP (1008, "Requested entity was not found."), LEADS_ANEW, 0 },
  { "no-handle-yet", DROP, "{\"on\":\"connect\",\"connection\":1,\"do\":{\"resumable\":false}}",
    LEADS_ANEW, 0 },
  { "expired", "[{\"forget_handles\":true}," DROP "]", NULL, LEADS_ANEW, 0 },
  { "poisoned", "[{\"spoil_resume\":\"poison\"}," DROP "]", NULL, LEADS_ANEW, 0 },
  { "mute", "[{\"spoil_resume\":\"mute\"}," DROP "]", NULL, LEADS_ANEW, 0 },

  { "1007-key", DROP, STOP_SETUP (1007, "API key not valid. Please pass a valid API key."),
    LEADS_STOP, LIVE_ERROR_CREDENTIALS_REJECTED },
  { "1007-key-expired", DROP, STOP_SETUP (1007, "API key expired. Please renew the API key."),
    LEADS_STOP, LIVE_ERROR_CREDENTIALS_REJECTED },
  { "1007-key-missing", DROP, STOP_SETUP (1007, "API Key not found. Please pass a valid API key."),
    LEADS_STOP, LIVE_ERROR_CREDENTIALS_REJECTED },
  { "1007-field", DROP,
    STOP_SETUP (1007,
                "Invalid JSON payload received. Unknown name \\\"x\\\" at 'setup': Cannot "
                "find field."),
    LEADS_STOP, LIVE_ERROR_BAD_SETUP },
  { "1007-precondition", NULL, AT_FIRST_SETUP (1007, "Precondition check failed."), LEADS_STOP,
    LIVE_ERROR_BAD_SETUP },
  { "1007-voices", DROP, STOP_SETUP (1007, "Cannot extract voices from a non-audio request."),
    LEADS_STOP, LIVE_ERROR_BAD_SETUP },
  { "1007-modalities", DROP,
    STOP_SETUP (1007,
                "The requested combination of response modalities (TEXT) is not supported by "
                "the model."),
    LEADS_STOP, LIVE_ERROR_BAD_SETUP },
  { "1008-model", DROP,
    STOP_SETUP (1008,
                "models/x is not found for API version v1beta, or is not supported for "
                "bidiGenerateContent. Call ListMod"),
    LEADS_STOP, LIVE_ERROR_MODEL_UNAVAILABLE },
  { "1011-quota", DROP,
    STOP_SETUP (1011,
                "You exceeded your current quota, please check your plan and billing details"),
    LEADS_STOP, LIVE_ERROR_QUOTA_EXCEEDED },
  { "http-401", DROP, STOP_UPGRADE (401), LEADS_STOP, LIVE_ERROR_CREDENTIALS_REJECTED },
  { "http-403", DROP, STOP_UPGRADE (403), LEADS_STOP, LIVE_ERROR_CREDENTIALS_REJECTED },
};

static SoakRig *
start (const char *step)
{
  g_autofree char *path = NULL;
  g_autofree char *text = g_strdup_printf ("{\"steps\":[%s]}", step != NULL ? step : "");
  int fd = g_file_open_tmp ("live-soak-XXXXXX.json", &path, NULL);
  const char *const options[] = { "--scenario", path, NULL };
  SoakRig *rig;

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  rig = soak_rig_new (SPEED, NULL, options);
  g_unlink (path);
  return rig;
}

/* The answer, or NULL and the code of the error. */
static char *
ask (SoakRig *rig, const char *question, LiveErrorCode *ret_code)
{
  g_autoptr (SoakAsk) ask = soak_rig_ask (rig, question);

  if (!soak_rig_finish_ask (rig, ask, LIMIT_MS))
    g_error ("\"%s\" has no end; %s", question, rig->state);
  *ret_code = ask->error != NULL ? (LiveErrorCode) ask->error->code : LIVE_ERROR_FAILED;
  return g_steal_pointer (&ask->text);
}

/* And it stays so: not a single dial more. The end of the line may overtake the close frame that
 * says why, now and then; then it takes the next dial to know. */
static void
assert_stopped (SoakRig *rig, gint64 n_dials)
{
  soak_rig_wait_state (rig, "blocked", LIMIT_MS);
  g_assert_cmpint (soak_rig_count (rig, "attempts"), >=, n_dials);
  g_assert_cmpint (soak_rig_count (rig, "attempts"), <=, n_dials + 1);
  n_dials = soak_rig_count (rig, "attempts");
  soak_rig_pass_ms (rig, 20000);
  g_assert_cmpint (soak_rig_count (rig, "attempts"), ==, n_dials);
}

static void
test_row (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (SoakRig) rig = start (row->again);
  g_autofree char *first = NULL, *answer = NULL;
  LiveErrorCode code;
  LiveEngineStatus status;

  first = ask (rig, "my name is Ada", &code);
  if (row->fault == NULL)
    {
      g_assert_null (first);
      g_assert_cmpint (code, ==, row->code);
      assert_stopped (rig, 1);
      return;
    }
  g_assert_nonnull (first);
  /* Until the answer was played and the handle that holds it is there. */
  soak_rig_pass_ms (rig, 12000);
  soak_rig_inject (rig, row->fault);
  if (row->outcome == LEADS_STOP)
    {
      assert_stopped (rig, 2);
      answer = ask (rig, "what is my name", &code);
      g_assert_null (answer);
      g_assert_cmpint (code, ==, row->code);
      return;
    }

  soak_rig_pass_ms (rig, 2000);
  answer = ask (rig, "what is my name", &code);
  if (answer == NULL)
    {
      /* What killed the session was not asked a second time: whoever asks again is answered. */
      g_assert_cmpstr (row->name, ==, "poisoned");
      answer = ask (rig, "what is my name", &code);
    }
  g_assert_cmpstr (answer, ==, "Your name is Ada.");
  live_engine_get_status (rig->engine, &status);
  g_assert_cmpstr (status.context_origin, ==, row->outcome == LEADS_BACK ? "resumed" : "reseeded");
  g_assert_cmpint (soak_rig_count (rig, "conversations"), ==, row->outcome == LEADS_BACK ? 1 : 2);
  g_assert_cmpint (soak_rig_count (rig, "most_open"), ==, 1);
}

/* A service that never answers a ping is as good as another. */
static void
test_no_pongs (void)
{
  g_autoptr (SoakRig) rig = start (NULL);
  g_autofree char *answer = NULL, *again = NULL;
  LiveErrorCode code;

  answer = ask (rig, "hello", &code);
  g_assert_nonnull (answer);
  soak_rig_inject (rig, "{\"no_pongs\":true}");
  soak_rig_pass_ms (rig, 60000);
  again = ask (rig, "hello", &code);
  g_assert_nonnull (again);
  g_assert_cmpint (soak_rig_count (rig, "attempts"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/soak-failures/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/soak-failures/no-pongs", test_no_pongs);
  return g_test_run ();
}
