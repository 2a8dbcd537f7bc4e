/* What is recorded of a key that a server showed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LEARN_H
#define LEARN_H

#include "daemon/policy.h"

enum {
  HISTORY_MAX = 10000, /* inactive records in a store */
  HISTORY_EACH = 8,    /* at one place */
  ACCEPTED_EACH = 16   /* keys at one place that programs had their user accept */
};

/* Trust on first use, after a verdict with `learn` and a handshake that the program went on with:
 *
 * 1. A peer without learned keys: the key at the level of the settings becomes an active pin. A
 * key above the server's own can only be learned from a validated path; where the path has no such
 * certificate it is the server's own.
 * 2. A learned key in another certificate than the one that came with it last: that is what was
 * seen last from now on, where as much is known of it as of the one before.
 * 3. A key of the history: it is active again, beside those that are.
 * 4. A key that follows an older one, by its issuer or proved by the ticket: it becomes an active
 * pin, and what it follows becomes history. By HPKP no key follows another: any program may tell of
 * a header.
 *
 * Nothing is learned from a raw key, for which no PKI can vouch (RFC 7250). Only the user's own
 * records are changed. *learned: something was stored. TLSPIN_UNAVAILABLE where it could not be,
 * TLSPIN_E_LIMIT where STORE_PLACE_MAX records were learned at the place already. */
enum tlspin_code learn_key(struct policy *policy, const struct policy_judged *judged, bool *learned,
                           char **problem);

/* The rest is in accept.c.
 *
 * A key of which the user said to a program that it is right: an active pin beside those that
 * stand, unless one that is enforced is locked or critical, or rejects it, the ticket is locked
 * (and not only reported), pinning is off, or learn=no is locked. There are ACCEPTED_EACH of them
 * at most: TLSPIN_E_LIMIT, as without leave to write. *operation: what store_undo takes back; 0: nothing was stored. */
enum tlspin_code learn_accepted(struct policy *policy, const struct policy_judged *judged,
                                int64_t expires, uint64_t *operation, char **problem);

/* Whether active pins are enforced for the peer and none of them is met: then the user's word
 * overrules them, which is to be logged. */
bool accept_overrules(const struct policy_judged *judged);

/* TLSPIN_E_LIMIT, with a text for the place. */
enum tlspin_code accept_crowded(const struct place *place, char **problem);

#endif
