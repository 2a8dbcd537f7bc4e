/* What the files of the policy share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef POLICY_PRIVATE_H
#define POLICY_PRIVATE_H

#include "daemon/anchors.h"
#include "daemon/policy.h"
#include "daemon/recall.h"
#include "daemon/tally.h"

struct policy {
  struct layers *layers;
  const struct config *config;
  struct anchors *anchors; /* of the vendor */
  struct tally *tally;
  struct settings settings;  /* as they were resolved for this version of the layers */
  unsigned settings_version; /* 0: not yet */
  struct recall recall;      /* of what is locked */
  unsigned recalled_in;      /* by which opening of the user's store that was saved last */
  uint64_t images;           /* that were added to the journal since it was last tidied up */
  bool due; /* there may be an operation to go on with, or a draft to be removed: policy_apply */
  struct store_applied applied; /* what was done of it up to now */
};

/* TLSPIN_UNAVAILABLE, with the layer's problem, or for one that was readable a moment ago, that it
 * isn't any more. */
enum tlspin_code policy_unavailable(const struct layer *layer, char **problem);

/* The user's store, or NULL with the problem. */
struct store *policy_writable(struct policy *policy, int64_t now, char **problem);

/* A code of the user's store, with the problem where it is TLSPIN_UNAVAILABLE, or where what others
 * wait for with TLSPIN_E_BUSY can't be gone on with; others go through as they are. */
enum tlspin_code policy_fault(struct policy *policy, enum tlspin_code code, char **problem);

/* TLSPIN_E_LIMIT, with a text for the place at which no further record of the user's can be. */
enum tlspin_code policy_crowded(const struct place *place, char **problem);

/* Removes what was set aside, where that is owed (owed.h): it may name hosts that have left the
 * store, which is open. */
void policy_remove_asides(struct policy *policy);

/* policy_check without what follows from the verdict. */
void policy_judge(struct policy *policy, const struct peer *peer, const struct policy_shown *shown,
                  int64_t now, struct policy_judged *judged);

#endif
