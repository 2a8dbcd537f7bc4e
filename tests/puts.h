/* What the user puts into the store, at STRATA_NOW.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PUTS_H
#define PUTS_H

#include "daemon/changes.h"
#include "tests/ledger.h"

/* To be freed by policy_free. */
struct policy *puts_open(struct strata *strata);

/* The warnings as lines, to be freed; the put must be done. */
char *puts_put(struct policy *policy, const struct policy_put *what, struct store_change *change);

/* A put of these records is this operation, which changes so many. */
void puts_expect(struct policy *policy, const struct keypin *pins, size_t count, uint64_t operation,
                 uint64_t changed);

/* It must be refused with these words, and nothing be stored. */
void puts_refuse(struct policy *policy, const struct policy_put *what, enum tlspin_code code,
                 const char *words);

/* The user's records, and how many they are. */
void puts_visit(struct policy *policy, store_pin_visit visit, void *data);
unsigned puts_count(struct policy *policy);

#endif
