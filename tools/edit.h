/* A record of the user's that a command is to store: where it applies, its key and its end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef EDIT_H
#define EDIT_H

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

/* Reads HOST[:PORT], *.HOST (the names with one label more) or .HOST (the host and all below it)
 * into the record. Returns STATUS_FINE, or STATUS_USAGE after a message. */
int edit_read_place(const char *text, struct edit *edit);

/* Puts a note into the record; NULL, "": none. Returns the same. */
int edit_read_note(const char *note, struct tlspin_record *record);

/* Checks the name of a level; NULL: none was named. Returns the same. */
int edit_read_level(const char *level);

/* Reads a key as people write it into the record: selector, matching, digest and level, which is
 * that of a TLSA record, else "any". digest: what the record then points to. Returns the same. */
int edit_read_key(const char *text, struct tlspin_record *record, unsigned char digest[64]);

/* The place as people write it, normalised; to be freed. */
char *edit_place_text(const struct edit *edit);

/* Reads when something ends: a moment of when_parse that is still to come, or "30d" from now.
 * Returns STATUS_FINE, or STATUS_USAGE after a message. */
int edit_read_end(const char *text, uint64_t *end);

#endif
