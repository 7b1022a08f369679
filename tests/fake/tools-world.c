/* Owns: tools in a world made of paper.
 * Thread: the test's.
 * Called by: tests/core/test-tools*.c. */
#include "fake/tools-world.h"

#include "base/live-error.h"

static void
on_invoke (const LiveToolsCall *call, gpointer data)
{
  g_string_append_printf (((ToolsWorld *) data)->log, "invoke %s %s %s; ", call->call, call->name,
                          call->arguments);
}

static void
on_cancel (const LiveToolsCall *call, const char *reason, gpointer data)
{
  g_string_append_printf (((ToolsWorld *) data)->log, "cancel %s %s; ", call->call, reason);
}

static gboolean
on_ask (const LiveToolsCall *call, gpointer data)
{
  ToolsWorld *world = data;

  g_string_append_printf (world->log, "ask %s %s; ", call->call, call->confirm);
  return world->has_agent;
}

static void
on_withdraw (const char *call, const char *reason, gpointer data)
{
  g_string_append_printf (((ToolsWorld *) data)->log, "withdraw %s %s; ", call, reason);
}

static void
on_finished (const char *call, const char *name, const char *outcome, guint64 us, gpointer data)
{
  g_string_append_printf (((ToolsWorld *) data)->log, "finished %s %s; ", call, outcome);
}

static void
on_changed (gpointer data)
{
  ((ToolsWorld *) data)->n_changed++;
}

static const char *
on_runs_as (const char *owner, gpointer data)
{
  return ((ToolsWorld *) data)->runs_as;
}

static const LiveToolsEvents events = { on_invoke,   on_cancel,  on_ask,    on_withdraw,
                                        on_finished, on_changed, on_runs_as };

ToolsWorld *
tools_world_new (const char *model)
{
  ToolsWorld *world = g_new0 (ToolsWorld, 1);

  world->rig = engine_rig_new (model, TRUE);
  world->rig->allows_warnings = TRUE;
  world->log = g_string_new (NULL);
  world->tools =
      live_tools_new (fake_clock_interface (world->rig->clock), world->rig->engine, &events, world);
  return world;
}

void
tools_world_free (ToolsWorld *world)
{
  live_tools_shut_down (world->tools);
  live_tools_free (world->tools);
  engine_rig_free (world->rig);
  g_string_free (world->log, TRUE);
  g_free (world->answer);
  g_clear_error (&world->error);
  g_free (world);
}


gboolean
tools_world_offer_to (ToolsWorld *world,
                      const char *owner,
                      const char *name,
                      LiveConfirm confirm,
                      guint timeout_ms,
                      LiveToolBehavior behavior,
                      GError **error)
{
  g_autoptr (LiveToolDeclaration) declaration =
      live_tool_schema_build (name, "d", "{\"type\":\"object\"}", behavior, NULL);
  LiveToolOffer offer = { .declaration = declaration,
                          .owner = owner,
                          .object_path = "/p",
                          .timeout_ms = timeout_ms,
                          .confirm = confirm };

  return live_tools_register (world->tools, &offer, error);
}

void
tools_world_offer (ToolsWorld *world, const char *name, LiveConfirm confirm, guint timeout_ms)
{
  g_autoptr (GError) error = NULL;

  tools_world_offer_to (world, TOOLS_OWNER, name, confirm, timeout_ms, LIVE_TOOL_BEHAVIOR_MODEL,
                        &error);
  g_assert_no_error (error);
}

void
tools_world_expect (ToolsWorld *world, const char *log)
{
  g_assert_cmpstr (world->log->str, ==, log);
  g_string_truncate (world->log, 0);
}

void
tools_world_expect_refused (ToolsWorld *world,
                            const char *call,
                            const char *owner,
                            LiveErrorCode code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (live_tools_result (world->tools, call, owner, "{}", NULL, FALSE, &error));
  g_assert_error (error, LIVE_ERROR, (int) code);
}

void
tools_world_give (ToolsWorld *world, const char *call, const char *result)
{
  g_autoptr (GError) error = NULL;

  live_tools_result (world->tools, call, TOOLS_OWNER, result, NULL, FALSE, &error);
  g_assert_no_error (error);
}

ToolsWorld *
tools_world_online (const char *model)
{
  ToolsWorld *world = tools_world_new (model);

  tools_world_offer (world, "lamp", LIVE_CONFIRM_NONE, 0);
  engine_rig_go_online (world->rig);
  return world;
}
