/* Owns: the search for the credential, source by source.
 * Thread: main; file contents are read in GIO's workers.
 * Called by: live-app, when the link wants a credential. */
#include "io/live-secret.h"

#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "base/live-names.h"
#include "base/live-redact.h"
#include "io/live-secret-keyring.h"
#include "live-config.h"

/* The link itself gives up after fifteen. */
#define SOURCE_TIMEOUT_MS 5000
/* Ten times the longest token seen; more is a wrong file. */
#define SECRET_MAX_BYTES (16 * 1024)

struct _LiveSecret
{
  const LiveClock *clock;
  gboolean may_ask;
  gboolean has_warned_of_mode;
};

/* One lookup; the task's data. */
typedef struct
{
  LiveSecret *self;          /* a reference */
  GTask *task;               /* borrowed: the task owns this */
  guint stage;               /* index into stages */
  GCancellable *cancellable; /* of the stage */
  guint timer_id;
  char *trouble; /* the first thing that went wrong on the way */
} Lookup;

/* What a stage's callback gets. A stage that was passed over may still answer, long after. */
typedef struct
{
  GTask *task; /* a reference */
  guint stage;
  GInputStream *stream;
  char *bytes; /* SECRET_MAX_BYTES + 1 */
} Visit;

typedef struct
{
  const char *name; /* for people */
  void (*start) (Lookup *lookup);
} Stage;

static void start_file (Lookup *lookup);
static void start_keyring (Lookup *lookup);
static void start_environment (Lookup *lookup);

static const Stage stages[] = {
  { "the credentials directory", start_file },
  { "the Secret Service", start_keyring },
  { "the environment", start_environment },
};

void
live_secret_found_clear (LiveSecretFound *found)
{
  live_redact_wipe (&found->secret);
}

static void
found_free (gpointer data)
{
  live_secret_found_clear (data);
  g_free (data);
}

static void
leave_stage (Lookup *lookup)
{
  live_clock_clear (lookup->self->clock, &lookup->timer_id);
  if (lookup->cancellable != NULL)
    g_cancellable_cancel (lookup->cancellable);
  g_clear_object (&lookup->cancellable);
}

static void
lookup_free (gpointer data)
{
  Lookup *lookup = data;

  leave_stage (lookup);
  g_rc_box_release (lookup->self);
  g_free (lookup->trouble);
  g_free (lookup);
}

static Visit *
visit_new (Lookup *lookup)
{
  Visit *visit = g_new0 (Visit, 1);

  visit->task = g_object_ref (lookup->task);
  visit->stage = lookup->stage;
  return visit;
}

static void
visit_free (Visit *visit)
{
  if (visit->bytes != NULL)
    explicit_bzero (visit->bytes, SECRET_MAX_BYTES + 1);
  g_free (visit->bytes);
  g_clear_object (&visit->stream);
  g_object_unref (visit->task);
  g_free (visit);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Visit, visit_free)

/* NULL: the lookup has gone on without this answer. */
static Lookup *
visit_lookup (Visit *visit)
{
  Lookup *lookup = g_task_get_task_data (visit->task);

  return lookup->stage == visit->stage && lookup->cancellable != NULL ? lookup : NULL;
}

static void
finish (Lookup *lookup, LiveSecretFound *take_found, GError *take_error)
{
  GTask *task = lookup->task;

  leave_stage (lookup);
  if (take_found != NULL)
    g_task_return_pointer (task, take_found, found_free);
  else
    g_task_return_error (task, take_error);
  g_object_unref (task);
}

static void
note_trouble (Lookup *lookup, const char *words)
{
  const char *name = stages[lookup->stage].name;

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "LIVE_SOURCE", name, "MESSAGE",
                    "No credential from %s: %s, ignoring", name, words);
  if (lookup->trouble == NULL)
    lookup->trouble = g_strdup (words);
}

static void on_stage_timeout (gpointer data);

static void
enter_stage (Lookup *lookup, guint stage)
{
  lookup->stage = stage;
  lookup->cancellable = g_cancellable_new ();
  lookup->timer_id =
      live_clock_arm (lookup->self->clock, SOURCE_TIMEOUT_MS, on_stage_timeout, lookup);
  stages[stage].start (lookup);
}

static void
next_stage (Lookup *lookup)
{
  leave_stage (lookup);
  if (g_task_return_error_if_cancelled (lookup->task))
    {
      g_object_unref (lookup->task);
      return;
    }

  enter_stage (lookup, lookup->stage + 1);
}

static void
on_stage_timeout (gpointer data)
{
  Lookup *lookup = data;

  lookup->timer_id = 0;
  note_trouble (lookup, "it does not answer");
  next_stage (lookup);
}

/* TRUE: there was something, and the lookup is over. Wipes text. */
static gboolean
try_text (Lookup *lookup, char *text, const char *source)
{
  LiveSecretFound *found = NULL;
  gsize size = strlen (text); /* trimming moves the text, so all of it is wiped */
  const char *trimmed = g_strstrip (text);

  if (*trimmed != '\0')
    {
      found = g_new0 (LiveSecretFound, 1);
      found->secret = g_strdup (trimmed);
      found->kind = g_str_has_prefix (trimmed, LIVE_EPHEMERAL_TOKEN_PREFIX)
                        ? LIVE_CREDENTIAL_EPHEMERAL
                        : LIVE_CREDENTIAL_API_KEY;
      found->source = source;
    }
  explicit_bzero (text, size);
  if (found == NULL)
    return FALSE;

  finish (lookup, found, NULL);
  return TRUE;
}

/* First source: the file that systemd hands over. */

static void
fail_file (Lookup *lookup, const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    note_trouble (lookup, error->message);
  next_stage (lookup);
}

static void
on_file_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Visit) visit = data;
  Lookup *lookup = visit_lookup (visit);
  g_autoptr (GError) error = NULL;
  gsize size = 0;
  gboolean is_read =
      g_input_stream_read_all_finish (G_INPUT_STREAM (source), result, &size, &error);

  if (lookup == NULL)
    return;
  if (!is_read)
    {
      fail_file (lookup, error);
      return;
    }
  if (size > SECRET_MAX_BYTES || memchr (visit->bytes, '\0', size) != NULL)
    {
      note_trouble (lookup, "the file holds no key");
      next_stage (lookup);
      return;
    }
  visit->bytes[size] = '\0';
  if (!try_text (lookup, visit->bytes, "credentials-directory"))
    {
      note_trouble (lookup, "the file is empty");
      next_stage (lookup);
    }
}

/* systemd gives 0400, or 0440 with an access list; a copy of one's own may be careless. */
static void
judge_mode (Lookup *lookup, GFileInfo *info)
{
  guint32 mode = g_file_info_get_attribute_uint32 (info, G_FILE_ATTRIBUTE_UNIX_MODE);

  if ((mode & 0004) == 0 || lookup->self->has_warned_of_mode)
    return;

  lookup->self->has_warned_of_mode = TRUE;
  g_warning ("The file of the API key can be read by every user of this machine, going on");
}

static void
on_file_info (GObject *source, GAsyncResult *result, gpointer data)
{
  Visit *visit = data;
  Lookup *lookup = visit_lookup (visit);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInfo) info =
      g_file_input_stream_query_info_finish (G_FILE_INPUT_STREAM (source), result, &error);

  if (lookup == NULL)
    {
      visit_free (visit);
      return;
    }

  if (info != NULL)
    judge_mode (lookup, info);
  visit->bytes = g_malloc (SECRET_MAX_BYTES + 1);
  g_input_stream_read_all_async (visit->stream, visit->bytes, SECRET_MAX_BYTES + 1,
                                 G_PRIORITY_DEFAULT, lookup->cancellable, on_file_read, visit);
}

static void
on_file_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  Visit *visit = data;
  Lookup *lookup = visit_lookup (visit);
  g_autoptr (GError) error = NULL;
  GFileInputStream *stream = g_file_read_finish (G_FILE (source), result, &error);

  if (lookup == NULL || stream == NULL)
    {
      g_clear_object (&stream);
      visit_free (visit);
      if (lookup != NULL)
        fail_file (lookup, error);
      return;
    }

  visit->stream = G_INPUT_STREAM (stream);
  g_file_input_stream_query_info_async (stream, G_FILE_ATTRIBUTE_UNIX_MODE, G_PRIORITY_DEFAULT,
                                        lookup->cancellable, on_file_info, visit);
}

static void
start_file (Lookup *lookup)
{
  const char *directory = g_getenv (LIVE_ENV_CREDENTIALS_DIRECTORY);
  g_autoptr (GFile) file = NULL;

  if (directory == NULL || *directory == '\0')
    {
      next_stage (lookup);
      return;
    }

  file = g_file_new_build_filename (directory, LIVE_CREDENTIAL_FILE, NULL);
  g_file_read_async (file, G_PRIORITY_DEFAULT, lookup->cancellable, on_file_opened,
                     visit_new (lookup));
}

/* Second source: the keyring of the desktop. */

static void
on_keyring (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Visit) visit = data;
  Lookup *lookup = visit_lookup (visit);
  g_autoptr (GError) error = NULL;
  char *text = live_secret_keyring_finish (result, &error);
  gboolean is_over = FALSE;

  if (lookup != NULL && error != NULL)
    note_trouble (lookup, error->message);
  if (lookup != NULL && text != NULL)
    is_over = try_text (lookup, text, "secret-service");
  live_redact_wipe (&text);
  if (lookup != NULL && !is_over)
    next_stage (lookup);
}

static void
start_keyring (Lookup *lookup)
{
  gboolean may_ask = lookup->self->may_ask;

  /* Every dial of a back-off would put up the prompt again. */
  lookup->self->may_ask = FALSE;
  live_secret_keyring_async (may_ask, lookup->cancellable, on_keyring, visit_new (lookup));
}

/* Last source, and the sentence when all are empty. */

static void
start_environment (Lookup *lookup)
{
  static const char *const variables[] = { LIVE_ENV_GEMINI_API_KEY, LIVE_ENV_GOOGLE_API_KEY };
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      g_autofree char *text = g_strdup (g_getenv (variables[i]));

      if (text != NULL && try_text (lookup, text, variables[i]))
        return;
    }

#if LIVE_HAVE_SECRET
  error = g_error_new_literal (
      LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS,
      _ ("There is no API key; store one with “secret-tool store --label='Gemini API key' "
         "xdg:schema org.lived.Live1.ApiKey”, or give the daemon a credential named "
         "gemini-api-key, or set GEMINI_API_KEY in its environment"));
#else
  error = g_error_new_literal (
      LIVE_ERROR, LIVE_ERROR_NO_CREDENTIALS,
      _ ("There is no API key; give the daemon a credential named gemini-api-key, or set "
         "GEMINI_API_KEY in its environment"));
#endif
  if (lookup->trouble != NULL)
    {
      g_autofree char *words = g_strdup_printf ("%s (%s)", error->message, lookup->trouble);

      g_free (error->message);
      error->message = g_steal_pointer (&words);
    }
  finish (lookup, NULL, error);
}

LiveSecret *
live_secret_new (const LiveClock *clock)
{
  LiveSecret *self = g_rc_box_new0 (LiveSecret);

  self->clock = clock;
  self->may_ask = TRUE;
  return self;
}

void
live_secret_free (LiveSecret *self)
{
  if (self != NULL)
    g_rc_box_release (self);
}

void
live_secret_forget (LiveSecret *self)
{
  self->may_ask = TRUE;
}

void
live_secret_lookup_async (LiveSecret *self,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, data);
  Lookup *lookup = g_new0 (Lookup, 1);

  g_task_set_source_tag (task, live_secret_lookup_async);
  lookup->self = g_rc_box_acquire (self);
  lookup->task = task;
  g_task_set_task_data (task, lookup, lookup_free);
  enter_stage (lookup, 0);
}

gboolean
live_secret_lookup_finish (GAsyncResult *result, LiveSecretFound *ret_found, GError **error)
{
  LiveSecretFound *found = g_task_propagate_pointer (G_TASK (result), error);

  if (found == NULL)
    return FALSE;

  *ret_found = *found;
  g_free (found);
  return TRUE;
}
