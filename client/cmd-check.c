/* Owns: livectl check: is the API key good?
 * Thread: main only.
 * Called by: main.c. */
#include <string.h>

#include <glib/gi18n.h>

#include "base/live-error.h"
#include "livectl-error.h"
#include "livectl-out.h"
#include "livectl-proxy.h"
#include "livectl-rows.h"

typedef struct
{
  const char *verdict;
  LiveErrorCode code;
} Verdict;

/* A verdict is no D-Bus error, yet a script wants the same exit code for the same trouble. */
static const Verdict verdicts[] = {
  { "missing", LIVE_ERROR_NO_CREDENTIALS },
  { "rejected", LIVE_ERROR_CREDENTIALS_REJECTED },
  { "quota", LIVE_ERROR_QUOTA_EXCEEDED },
  { "unreachable", LIVE_ERROR_NETWORK },
};

static void
print_json (const char *verdict, GVariant *details)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  GVariantIter iter;
  const char *key;
  GVariant *value;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "verdict");
  json_builder_add_string_value (builder, verdict);
  g_variant_iter_init (&iter, details);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    livectl_out_json_member (builder, key, value);
  json_builder_end_object (builder);
  livectl_out_json_builder (builder);
}

static void
on_checked (LivectlContext *ctx,
            GVariant *reply,
            GUnixFDList *fds,
            const GError *error,
            gpointer data)
{
  g_autoptr (GVariant) details = NULL;
  g_autoptr (GError) trouble = NULL;
  const char *verdict;
  const char *message = "";

  if (error != NULL)
    {
      livectl_context_fail (ctx, error);
      return;
    }

  g_variant_get (reply, "(&s@a{sv})", &verdict, &details);
  g_variant_lookup (details, "message", "&s", &message);
  if (ctx->is_json)
    print_json (verdict, details);

  if (strcmp (verdict, "ok") == 0)
    {
      if (!ctx->is_json)
        livectl_out_line (_ ("The service accepts the API key."));
      livectl_context_finish (ctx, LIVECTL_EXIT_OK);
      return;
    }

  for (guint i = 0; trouble == NULL && i < G_N_ELEMENTS (verdicts); i++)
    if (strcmp (verdicts[i].verdict, verdict) == 0)
      trouble = g_error_new_literal (LIVE_ERROR, verdicts[i].code, message);
  if (trouble == NULL)
    trouble = g_error_new_literal (LIVE_ERROR, LIVE_ERROR_FAILED, verdict);

  /* With JSON the verdict has been told already. */
  if (ctx->is_json)
    livectl_context_finish (ctx, livectl_error_exit_code (trouble));
  else
    livectl_context_fail (ctx, trouble);
}

static void
run (LivectlContext *ctx, gpointer state)
{
  livectl_proxy_watch (ctx, NULL, NULL);
  livectl_proxy_call (ctx, LIVECTL_MANAGER, "CheckCredentials", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CONNECT_MS), on_checked, NULL);
}

const LivectlCommand livectl_check = {
  .name = "check",
  .summary = N_ ("Try the API key against the service"),
  .description =
      N_ ("Looks for the key anew, so it also serves after storing another one. Exit code\n"
          "4 means that there is none or that the service refuses it."),
  .run = run,
};
