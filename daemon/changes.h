/* What the user changes: records put, entries cleared and brought back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As daemon/policy.h: no SQLite, D-Bus or clock.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include "daemon/erasure.h"
#include "daemon/policy.h"

/* A Put of org.tlspin.Admin1. */
struct policy_put {
  const struct keypin *pins; /* valid, and not locked; a first_seen of 0 isn't known, nor is a chain
                                that isn't there */
  size_t count;
  uint64_t operation; /* the draft that these belong to; 0: none */
  bool dry_run;       /* check everything, and store nothing */
  bool more;          /* others will follow: until one comes without this, it is a draft */
  const bool *backed; /* of each whether a second key for its place is put elsewhere in the
                         operation; NULL: of none */
};

/* Stores records of the user's, all or none. TLSPIN_E_ARGUMENT with a problem that names the record
 * by its number, from 1: one for all names below a public suffix, or below all of them, and one
 * at whose place there are STORE_PLACE_MAX already; and where there is no such draft. warnings:
 * receives sentences for the user (g_free). */
enum tlspin_code policy_put(struct policy *policy, const struct policy_put *put, int64_t now,
                            struct store_change *change, GPtrArray *warnings, char **problem);

/* Whether it finishes a draft. Then change->operation is the number of the operation that is made
 * of it, and nothing of that is done yet: policy_apply does it. */
bool policy_put_finishes(const struct policy_put *put);

/* Goes on with what is to be applied: store_apply. *applied: what was done of the operation up to
 * now, in all calls. */
enum tlspin_code policy_apply(struct policy *policy, int64_t now, struct store_applied *applied,
                              char **problem);

/* What is to be said of that. */
void policy_warn_of_applied(const struct store_applied *applied, GPtrArray *warnings);

/* Drops a draft, whose caller has left or wishes so: store_drop_draft. */
enum tlspin_code policy_drop_draft(struct policy *policy, uint64_t operation, char **problem);

/* store_clear and store_undo on the user's store. TLSPIN_E_LIMIT, with a problem that names the
 * place and the remedy, where an undo has no room. */
enum tlspin_code policy_clear(struct policy *policy, const struct store_filter *filter, int64_t now,
                              struct store_change *change, char **problem);
enum tlspin_code policy_undo(struct policy *policy, uint64_t operation, int64_t now,
                             struct store_change *change, char **problem);

/* What the user has erased for good: erasure_survey of the user's store (*found: something), and
 * store_erase. asides: what was set aside was removed. */
enum tlspin_code policy_erase_survey(struct policy *policy, struct erasure *erasure, int64_t now,
                                     bool *found, char **problem);
enum tlspin_code policy_erase(struct policy *policy, const struct erasure *erasure, bool asides,
                              int64_t now, struct erased *erased, char **problem);

/* Visits the peers that an operation touched, at most `limit` of them. */
void policy_touched(struct policy *policy, uint64_t operation, uint32_t limit,
                    void (*visit)(const struct peer *peer, void *data), void *data);

#endif
