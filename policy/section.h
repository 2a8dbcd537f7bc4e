/* A group of policy text, with the line of everything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SECTION_H
#define SECTION_H

#include "policy/finding.h"

#include <stdint.h>

enum { SECTION_KEYS_MAX = 32 };

struct section_key {
  char name[32];
  unsigned line;
};

struct section {
  const char *name;
  struct spot spot; /* of its heading */
  int64_t offset;   /* of the heading's line in the file, octets */
  struct section_key keys[SECTION_KEYS_MAX];
  size_t count;
  GKeyFile *values;
};

/* Where a key stands. */
struct spot section_spot(const struct section *section, const struct section_key *key);

/* The value of a key without blanks around it; to be freed by the caller. NULL: after a finding. */
char *section_text(const struct section *section, const struct section_key *key,
                   struct findings *findings);

/* The same as a list, whose elements end in ';' or the value; empty ones are left out. */
char **section_list(const struct section *section, const struct section_key *key,
                    struct findings *findings);

#endif
