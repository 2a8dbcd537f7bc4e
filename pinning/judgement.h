/* A judgement in the making: what the rules of verdict.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of pinning/verdict. A rule returns true where it decided. There are two of them: what is
 * enforced is judged as if there were nothing else; and then all, as if it were enforced, to know
 * what there is to report.
 */
#ifndef JUDGEMENT_H
#define JUDGEMENT_H

#include "pinning/ranks.h"

struct judgement {
  const struct verdict_input *in;
  struct verdict *out;
  unsigned rule;
  const struct ranks *enforced; /* of both: what silences modes and exceptions */
  struct ranks ranks;
  int exception;      /* by which the PKI's errors are excused, or -1 */
  int differed;       /* an active pin that did not match, or -1 */
  int another;        /* one that is of another key for certain, or -1 */
  enum change change; /* of the learned key that is being judged */
};

const struct verdict_entry *judgement_entry(const struct judgement *j, int index);

/* Decides; true. */
bool judgement_decide(struct judgement *j, enum tlspin_code answer, enum verdict_reason reason,
                      int decided_by);

/* Rule 6. */
bool judgement_of_pins(struct judgement *j);

/* All rules. enforced: what ranks_find found; reported: judges as if all were. */
void judgement_reach(const struct verdict_input *input, const struct ranks *enforced, bool reported,
                     struct verdict *verdict);

#endif
