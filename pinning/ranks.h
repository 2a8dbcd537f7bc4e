/* Which of the entries speak for a peer: by rank, and by how specific they are.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of pinning/verdict; the rules are explained above verdict_judge in verdict.c.
 */
#ifndef RANKS_H
#define RANKS_H

#include "pinning/verdict.h"

/* Highest first. */
enum rank {
  RANK_LOCKED,  /* locked entries of system layers */
  RANK_OWN,     /* what the user put there on purpose */
  RANK_SYSTEM,  /* the other entries of system layers */
  RANK_PROGRAM, /* what the user said to a program: a click, not a policy */
  RANK_LEARNED, /* what was learned from the servers themselves */
  RANKS
};

/* The pins of one rank and mechanism that decide together. */
struct ranks_set {
  size_t floor;  /* where a parent's own pin ends the walk: octets of its name, else 0 */
  int best;      /* one of them, or -1: there are none */
  bool critical; /* one of them must match */
};

struct ranks {
  const struct verdict_input *input;
  bool exempt;   /* only what also holds for added anchors was taken */
  bool reported; /* so were the pins that are only reported, as if they were enforced */
  struct ranks_set sets[RANKS][KEYPIN_ORIGINS];
  int modes[RANKS]; /* the mode that speaks for the rank, or -1 */
};

/* Of the pins that are enforced. exempt: leave out the learned pins, and those that don't hold for
 * added anchors. */
void ranks_find(const struct verdict_input *input, bool exempt, struct ranks *ranks);

/* As it would be if what is only reported were enforced. */
void ranks_find_reported(const struct verdict_input *input, bool exempt, struct ranks *ranks);

/* Whether the path ends in an added anchor, and policy exempts such. */
bool ranks_are_exempt(const struct verdict_input *input);

enum rank ranks_of(const struct verdict_entry *entry);

/* Whether the entry covers the peer and is in force; a mode or an exception only while it is
 * enforced. */
bool ranks_in_force(const struct verdict_input *input, const struct verdict_entry *entry);

/* Whether it is a pin (no history) that is only to be reported. */
bool ranks_only_reported(const struct verdict_input *input, const struct verdict_entry *entry);

/* Whether the entry is a pin of one of the sets. */
bool ranks_holds(const struct ranks *ranks, const struct verdict_entry *entry);

/* The first pin of a rank's most specific set; -1 where it has none. */
int ranks_best(const struct ranks *ranks, enum rank rank);

/* Whether the rank silences the modes (and the first one the exceptions) of the ranks below it: it
 * has a mode, or pins. */
bool ranks_speaks(const struct ranks *ranks, enum rank rank);

#endif
