/* A real link over a fake transport and a fake clock, with everything it said written down.
 * Thread: the test's. */
#pragma once

#include "core/live-link.h"
#include "fake/fake-clock.h"
#include "fake/fake-transport.h"

G_BEGIN_DECLS

typedef struct
{
  FakeClock *clock;
  FakeTransport *wire;
  LiveProfiles *profiles;
  LiveSettings *settings;
  LiveLink *link;
  /* One word an event, in order: "online:new", "lost:Server:retry", "failed:NoCredentials",
   * "event:go-away" …; "changed" is only counted. */
  GPtrArray *said;
  GError *error; /* the newest of lost, failed, dial_failed */
  guint n_changed, n_wanted, n_writable, n_awaited;
  gboolean is_quiet;
  const char *key; /* answered at once; NULL: not answered */
} LinkRig;

/* Model gemini-3.8-live unless model is given; key "test-key"; quiet. */
LinkRig *link_rig_new (const char *model);
/* The same over the real transport and clock; clock and wire are NULL. */
LinkRig *link_rig_new_real (const char *url, const char *model, const char *key);
void link_rig_free (LinkRig *rig);
/* Runs the main loop until something was said that is word; fails the test after 20 s. Words
 * that were waited for once do not count again. */
void link_rig_wait (LinkRig *rig, const char *word);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinkRig, link_rig_free)

/* Wanted, opened, set up. */
void link_rig_go_online (LinkRig *rig);
/* The server's next message resumes here. */
void link_rig_give_handle (LinkRig *rig, const char *handle);
/* A model turn with one piece of audio. */
void link_rig_answer (LinkRig *rig);
/* Changes one setting and applies the snapshot; takes a floating value. */
void link_rig_set (LinkRig *rig, LiveSetting setting, GVariant *take_value);

/* The contract's words. */
const char *link_rig_state (LinkRig *rig);
const char *link_rig_reason (LinkRig *rig);
LiveLinkStatus link_rig_status (LinkRig *rig);
/* Newest entry of said, "" when there is none. */
const char *link_rig_last (LinkRig *rig);
gboolean link_rig_has_said (LinkRig *rig, const char *word);
guint64 link_rig_statistic (LinkRig *rig, const char *name);

G_END_DECLS
