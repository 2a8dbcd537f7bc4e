/* The text of a key file: read, write, change (tlspin-keys(5)).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   tlspin-keys 1
 *   ramp-down no
 *   key ID NAME CREATED ACTIVATES BASE64
 *
 * Changes are made in the text, a line at a time, so that comments stay where they are. Pure
 * functions of bytes.
 */
#ifndef KEYTEXT_H
#define KEYTEXT_H

#include "libserver/keys.h"
#include "libserver/trouble.h"

enum {
  KEYTEXT_LINE_MAX =
      4 + 16 + 1 + HOST_MAX + 1 + 20 + 1 + 20 + 1 + 44 + 1, /* octets of a key's line */
  KEYTEXT_MAX = 4 * 1024 * 1024 /* octets of a file: KEYS_MAX of the longest lines fit */
};

/* Reads a key file. Strict: whatever is not understood is refused, since a key that was overlooked
 * is a key whose clients are locked out. source: the name of the file, for the message. keys: to be
 * freed with keys_free. False: nothing was read, and the trouble names file, line and remedy, never
 * a secret. */
bool keytext_parse(struct span text, const char *source, struct keys *keys,
                   struct trouble *trouble);

/* Writes a file with one key. */
void keytext_write_new(struct writer *w, const struct key *key);

/* Writes the text with a key's line behind it. */
void keytext_write_added(struct writer *w, struct span text, const struct key *key);

/* Writes the text without a line (counted from 1). */
void keytext_write_removed(struct writer *w, struct span text, unsigned line);

/* Writes the text with another ramp-down line. line: keys.ramp_down_line. */
void keytext_write_ramp_down(struct writer *w, struct span text, unsigned line, bool ramp_down);

#endif
