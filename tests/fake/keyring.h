/* A Secret Service of one item, on a connection of its own to a private bus.
 * Thread: main; answers from the main loop. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _Keyring Keyring;

typedef enum
{
  KEYRING_OPEN,
  KEYRING_SILENT, /* owns the name and answers nothing */
  KEYRING_LOCKED, /* opens after its prompt was performed */
} KeyringMood;

/* address: of the private bus. secret: NULL for an empty keyring. */
Keyring *keyring_new (const char *address, KeyringMood mood, const char *secret);
void keyring_free (Keyring *self);
void keyring_lock (Keyring *self);
/* How often it was asked to open. */
guint keyring_n_prompts (Keyring *self);
/* The xdg:schema of the newest search. */
const char *keyring_schema (Keyring *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Keyring, keyring_free)

G_END_DECLS
