/* What the commands that store records of the user's share: where they apply, their key, and what
 * is said when they are stored.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef EDIT_H
#define EDIT_H

#include "common/host.h"
#include "libclient/tlspin-admin.h"
#include "pinning/place.h"

#include <glib.h>
#include <stdbool.h>

/* A record, and what its pointers lead to. */
struct edit {
  struct tlspin_record record;
  struct place place;
  unsigned char digest[64];
};

/* Where the keys of a command come from: its options --key, --cert and --from-server with --ca. */
struct edit_keys {
  char **texts; /* NULL, or ending with NULL */
  char **files; /* PEM; the same */
  gboolean from_server;
  char *ca_file;
  char *sni;                      /* who the server is to be, where HOST is its address */
  char where[HOST_INPUT_MAX + 1]; /* to connect, of edit_read_server; "": to the place's host */
};

/* Reads HOST[:PORT], *.HOST (the names with one label more) or .HOST (the host and all below it)
 * into the record. Returns STATUS_FINE, or STATUS_USAGE after a message. */
int edit_read_place(const char *text, struct edit *edit);

/* The same for a command with --from-server: with --sni HOST is where to connect, and --sni the
 * host of the record. */
int edit_read_server(struct edit_keys *keys, const char *text, struct edit *edit);

/* Puts a note into the record; NULL, "": none. Returns the same. */
int edit_read_note(const char *note, struct tlspin_record *record);

/* Checks the name of a level; NULL: none was named. Returns the same. */
int edit_read_level(const char *level);

/* Reads a key as people write it into the record: selector, matching, digest and level, which is
 * that of a TLSA record, else "any". digest: what the record then points to. Returns the same. */
int edit_read_key(const char *text, struct tlspin_record *record, unsigned char digest[64]);

/* Fills one edit a key, each a copy of `model` but for its key and, where the model has none, its
 * level; a key that is named twice counts once. For every server only keys that are blocked can be
 * named. server: HOST:PORT for --from-server, whose key is of level leaf and whose certificate must
 * be valid; but for an exception, which must name all that is wrong with it. Returns STATUS_FINE
 * and appends to `edits` (struct edit *, freed by g_free), or the status after a message. */
int edit_read_keys(const struct edit_keys *keys, const char *server, const struct edit *model,
                   GPtrArray *edits);

/* Reads the keys and stores the edits: `done` is what was done then, as a sentence. Returns the
 * status. */
int edit_put(const struct edit_keys *keys, const char *server, const struct edit *model,
             const char *done);

/* The place as people write it, normalised; to be freed. */
char *edit_place_text(const struct edit *edit);

/* Stores them as one operation, and says so: `done` is what was done, as a sentence; in its place,
 * where another entry decides all the same, that. Returns the status. */
int edit_store(const GPtrArray *edits, const char *done);

/* Reads when something ends: a moment of when_parse that is still to come, or "30d" from now.
 * Returns STATUS_FINE, or STATUS_USAGE after a message. */
int edit_read_end(const char *text, uint64_t *end);

#endif
