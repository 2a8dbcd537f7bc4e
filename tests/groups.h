/* Groups of policy text, and the records that they become.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GROUPS_H
#define GROUPS_H

#include "policy/group.h"
#include "tests/policies.h"

/* Reads a text with one group, which group_clear frees in any case. */
bool groups_read(struct policies *policies, const char *text, struct group *group);

/* Reads a text with one group. records: a line for each, as groups.c writes it; NULL: the group
 * can't be used. findings: as for policies_expect. */
void groups_expect(struct policies *policies, const char *text, const char *records,
                   const char *findings);

#endif
