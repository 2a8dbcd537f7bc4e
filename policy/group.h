/* One group of policy text: a host or the names below it, and what holds there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keys of a group are described in tlspin-policy(5).
 */
#ifndef GROUP_H
#define GROUP_H

#include "pinning/keypin.h"
#include "policy/pemfile.h"
#include "policy/source.h"

enum group_mode {
  GROUP_ENFORCE,
  GROUP_REPORT, /* what isn't met is only reported */
  GROUP_OFF,    /* pinning is off */
  GROUP_ON,     /* it is on, whatever a wider group says; and enforced */
  GROUP_MODES
};

/* Of all lists of a group together, those of files too. */
enum { GROUP_KEYS_MAX = 256 };

/* The lists of keys that a group may have. */
enum group_list { GROUP_PINS, GROUP_BLOCKED, GROUP_EXCEPTIONS, GROUP_LISTS };

struct group {
  struct place place;
  struct spot spot;         /* of the heading */
  unsigned at[GROUP_LISTS]; /* the lines of the lists; 0: it has none */
  enum group_mode mode;
  enum keypin_status status; /* of its pins: critical or active */
  bool locked;
  bool always;
  int64_t enforce_until; /* as in a record: 0 where it is only reported */
  int64_t report_until;
  char *note;
  GArray *records; /* struct keypin, of KEYPIN_POLICY; `note` is the group's */
};

void group_init(struct group *group);
void group_clear(struct group *group);

/* Reads a section. now: when the records are made. False: it can't be used, which was found. The
 * group may be read into again. */
bool group_read(struct group *group, const struct section *section, struct pemfiles *files,
                int64_t now, struct findings *findings);

/* Whether a record stands in this list. */
bool group_lists(enum group_list list, const struct keypin *record);
const char *group_list_name(enum group_list list);

#endif
