/* When a backup of the user's store is made, and which of them go.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure functions of times, which are in seconds since 1970.
 */
#ifndef ROTATION_H
#define ROTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  ROTATION_SETTLED = 180, /* seconds without a further change, after which a backup is due */
  ROTATION_LATEST = 3600, /* seconds after the first change, with whatever follows */
  ROTATION_NEWEST = 3,    /* that stay in any case */
  ROTATION_DAYS = 7,      /* for which one a day stays */
  ROTATION_WEEKS = 4,     /* for which one a week stays */
  ROTATION_MOST = 14,     /* that is the sum */
  ROTATION_UNROTATED = 2 * ROTATION_MOST /* how many there are while none may go */
};

/* What was changed since the newest backup. */
struct rotation_changes {
  bool any;
  int64_t first; /* when the first change was seen, and the last */
  int64_t last;
};

/* The store was changed. */
void rotation_note(struct rotation_changes *changes, int64_t now);

/* Whether a backup is due. */
bool rotation_due(const struct rotation_changes *changes, int64_t now);

/* A backup in the order of rotation_compare, newest first. */
struct rotation_item {
  int64_t made;
  bool whole; /* it is known to be: it was read through just now */
};

struct rotation_rules {
  int64_t now;
  int64_t period; /* of undo, in seconds */
  bool keep;      /* nothing goes: the clock can't be trusted, or pins were lost from the store */
};

/* Below 0 where a backup that was made at `a` comes before one made at `b`, that is, is newer. What
 * is from the future was made before the clock was set back, and so before the others. */
int rotation_compare(int64_t a, int64_t b, int64_t now);

/* goes[i]: whether the i-th goes. The rules are in rotation.c. */
void rotation_choose(const struct rotation_item *items, size_t count,
                     const struct rotation_rules *rules, bool *goes);

#endif
