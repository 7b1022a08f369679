/* Owns: the shape of serverContent.
 * Thread: main.
 * Called by: live-sim-turn.c, live-sim-input.c. */
#include "live-sim-content.h"

JsonObject *
live_sim_content_new (JsonObject **ret_content)
{
  JsonObject *message = json_object_new ();

  *ret_content = live_sim_json_add_object (message, "serverContent");
  return message;
}

void
live_sim_content_add_transcript (JsonObject *content, const char *name, const char *text)
{
  json_object_set_string_member (live_sim_json_add_object (content, name), "text", text);
}

JsonObject *
live_sim_content_add_part (JsonObject *content, gboolean has_role)
{
  JsonObject *turn = live_sim_json_add_object (content, "modelTurn");
  JsonArray *parts = json_array_new ();
  JsonObject *part = json_object_new ();

  json_array_add_object_element (parts, part);
  json_object_set_array_member (turn, "parts", parts);
  if (has_role)
    json_object_set_string_member (turn, "role", "model");
  return part;
}
