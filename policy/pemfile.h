/* The keys of PEM files that policy names.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PEMFILE_H
#define PEMFILE_H

#include "policy/trust.h"

#include <stdint.h>

enum { PEMFILE_MAX = 4 << 20 /* octets */ };

/* The SHA-256 of a SubjectPublicKeyInfo. */
struct pemfile_key {
  uint8_t digest[32];
};

/* Files that were read already: many groups may name one. */
struct pemfiles;

struct pemfiles *pemfiles_new(enum trust trust);
void pemfiles_free(struct pemfiles *files);

/* The keys of each certificate and public key in a file; at least one. name: as it stands in the
 * text at `spot` behind `key`; a relative one is looked for beside that text. *count: how many.
 * NULL: after a finding. They belong to `files`. */
const struct pemfile_key *pemfiles_get(struct pemfiles *files, const char *name, struct spot spot,
                                       const char *key, struct findings *findings, size_t *count);

#endif
