/* An edit of the user's store by what a server showed: what learn.c and accept.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LESSON_H
#define LESSON_H

#include "daemon/policy.h"

/* What it is made from, and how it goes. */
struct lesson {
  const struct policy_judged *judged;
  struct chain *chain;
  int64_t now;
  struct store *store;
  struct store_edit *edit;
  enum tlspin_code code; /* of the edit: the first that wasn't TLSPIN_OK */
  bool history;          /* there is more of it than before */
  bool pinned;           /* by another daemon, since the verdict */
  bool crowded;          /* by keys that programs had accepted */
  int64_t expires;       /* of a key that the user accepted; 0: never */
  uint64_t operation;    /* of the journal, once it is over; 0: none */
  uint8_t octets[CHAIN_SEEN_MAX];
  struct span seen; /* in `octets`: the chain that is shown */
};

/* False where the chain can't be recorded. */
bool lesson_begin(struct lesson *lesson, const struct policy_judged *judged);

/* One transaction of what `teach` puts. The code is the edit's; with TLSPIN_E_LIMIT the problem
 * names the place and the remedy; there is none where nothing may be written. */
enum tlspin_code lesson_hold(struct policy *policy, struct lesson *lesson,
                             enum store_journal journal, void (*teach)(struct lesson *lesson),
                             bool *learned, char **problem);

/* The key at a level of the path as a new record. False: it isn't known. */
bool lesson_take_key(const struct lesson *lesson, enum keypin_origin origin,
                     enum keypin_level level, struct keypin *pin);

/* Whether as much is known of the chain that is shown as of the one that was seen with the pin:
 * else a later change could not be explained by the issuer any more. */
bool lesson_tells_as_much(const struct lesson *lesson, const struct keypin *pin);

/* Stores a record; or as active, as it was met with now, where what is known of it stays; or
 * removes one. */
void lesson_put(struct lesson *lesson, const struct keypin *pin);
void lesson_put_active(struct lesson *lesson, const struct keypin *fresh);
void lesson_drop(struct lesson *lesson, const struct keypin *pin);

#endif
