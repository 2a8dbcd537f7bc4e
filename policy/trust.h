/* Whose text may be compiled.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TRUST_H
#define TRUST_H

#include "policy/finding.h"

#include <sys/stat.h>

/* Who may have written a file. */
enum trust {
  TRUST_ANYONE, /* anyone, but what wouldn't do for TRUST_SYSTEM is a warning */
  TRUST_SYSTEM  /* root or the user who runs this, and nobody else may write to it */
};

/* Whether a file or folder may be believed; false after a finding that is an error. spot: the file
 * itself, or where it is named, behind `key`. */
bool trust_check(const char *path, const struct stat *status, enum trust trust, struct spot spot,
                 const char *key, struct findings *findings);

/* Opens a regular file for reading. *descriptor is to be closed. False: after a finding. */
bool trust_open(const char *path, enum trust trust, struct spot spot, const char *key,
                struct findings *findings, int *descriptor);

#endif
