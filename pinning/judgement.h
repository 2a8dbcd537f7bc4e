/* A judgement in the making: what the rules of verdict.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of pinning/verdict. A rule returns true where it decided.
 */
#ifndef JUDGEMENT_H
#define JUDGEMENT_H

#include "pinning/ranks.h"

struct judgement {
  const struct verdict_input *in;
  struct verdict *out;
  unsigned rule;
  struct ranks ranks;
  struct verdict reported; /* the first mismatch that is only to be reported; rule 0: none */
  struct verdict met;      /* a match with pins that are only reported; rule 0: none */
  int exception;           /* by which the PKI's errors are excused, or -1 */
  int differed;            /* an active pin that did not match, or -1 */
  enum change change;      /* of the learned key that is being judged */
};

const struct verdict_entry *judgement_entry(const struct judgement *j, int index);

/* Decides; true. */
bool judgement_decide(struct judgement *j, enum tlspin_code answer, enum verdict_reason reason,
                      int decided_by);

/* Decides where it is enforced. Else it is kept for the end; false, and the search goes on. */
bool judgement_mismatch(struct judgement *j, enum verdict_reason reason, int decided_by,
                        bool enforced);
bool judgement_match(struct judgement *j, enum verdict_reason reason, int decided_by,
                     bool enforced);

/* Rule 6. */
bool judgement_of_pins(struct judgement *j);

#endif
