/* Owns: livectl interrupt: silence now.
 * Thread: main only.
 * Called by: main.c. */
#include <glib/gi18n.h>

#include "livectl-proxy.h"
#include "livectl-rows.h"

static void
run (LivectlContext *ctx, gpointer state)
{
  livectl_proxy_call (ctx, LIVECTL_SESSION, "Interrupt", g_variant_new ("(a{sv})", NULL),
                      livectl_context_timeout_ms (ctx, LIVECTL_CALL_MS), livectl_proxy_done, NULL);
}

const LivectlCommand livectl_interrupt = {
  .name = "interrupt",
  .summary = N_ ("Silence the answer that is sounding"),
  .description = N_ ("Drops what is queued for the speaker, and tells the service where it can be\n"
                     "told. Does nothing when nobody speaks."),
  .run = run,
};
