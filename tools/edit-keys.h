/* The keys of the records that a command is to store, and where they come from.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef EDIT_KEYS_H
#define EDIT_KEYS_H

#include "common/host.h"
#include "tools/edit.h"

/* Where the keys of a command come from: its options --key, --cert and --from-server with --ca. */
struct edit_keys {
  char **texts; /* NULL, or ending with NULL */
  char **files; /* PEM; the same */
  gboolean from_server;
  char *ca_file;
  char *sni; /* who the server is to be, where HOST is its address */
  char
      where[HOST_INPUT_MAX + 1]; /* to connect, of edit_keys_read_server; "": to the place's host */
};

/* Reads the place as edit_read_place does, for a command with --from-server: with --sni HOST is
 * where to connect, and --sni the host of the record. */
int edit_keys_read_server(struct edit_keys *keys, const char *text, struct edit *edit);

/* Fills one edit a key, each a copy of `model` but for its key and, where the model has none, its
 * level; a key that is named twice counts once. For every server only keys that are blocked can be
 * named. server: HOST:PORT for --from-server, whose key is of level leaf and whose certificate must
 * be valid; but for an exception, which must name all that is wrong with it. Returns STATUS_FINE
 * and appends to `edits` (struct edit *, freed by g_free), or the status after a message. */
int edit_keys_read(const struct edit_keys *keys, const char *server, const struct edit *model,
                   GPtrArray *edits);

#endif
