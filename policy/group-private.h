/* What group.c shares with group-keys.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GROUP_PRIVATE_H
#define GROUP_PRIVATE_H

#include "policy/group.h"

/* What is known of a group while it is read. */
struct draft {
  struct group *group;
  const struct section *section;
  struct pemfiles *files;
  struct findings *findings;
  int64_t now;
  int level;       /* enum keypin_level; -1: not said */
  unsigned errors; /* that `excuse` lists */
};

/* What a key says that can't have an effect is found, so that nobody relies on it. */
void draft_note_idle(struct draft *draft, const char *name, const char *why);

/* Reads a list into records, where the group has it. False: after a finding. */
bool draft_read_list(struct draft *draft, enum group_list list);

/* Looks at the keys of all lists for those that are there twice, which go, and those that are
 * blocked and wanted at once. False: after a finding that is an error. */
bool draft_check_keys(struct draft *draft);

#endif
