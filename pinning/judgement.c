/* A judgement in the making: see judgement.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/judgement.h"

const struct verdict_entry *judgement_entry(const struct judgement *j, int index)
{
  return &j->in->entries[index];
}

bool judgement_decide(struct judgement *j, enum tlspin_code answer, enum verdict_reason reason,
                      int decided_by)
{
  *j->out = (struct verdict){.answer = answer,
                             .reason = reason,
                             .refusal = reason == VERDICT_TICKET ? j->in->refusal : REFUSAL_NONE,
                             .change = j->change,
                             .decided_by = decided_by,
                             .rule = j->rule,
                             .enforced = true};
  return true;
}
