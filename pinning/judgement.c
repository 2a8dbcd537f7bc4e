/* A judgement in the making: see judgement.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/judgement.h"

const struct verdict_entry *judgement_entry(const struct judgement *j, int index)
{
  return &j->in->entries[index];
}

static struct verdict word(const struct judgement *j, enum tlspin_code answer,
                           enum verdict_reason reason, int decided_by)
{
  return (struct verdict){.answer = answer,
                          .reason = reason,
                          .refusal = reason == VERDICT_TICKET ? j->in->refusal : REFUSAL_NONE,
                          .change = j->change,
                          .decided_by = decided_by,
                          .rule = j->rule,
                          .enforced = true};
}

bool judgement_decide(struct judgement *j, enum tlspin_code answer, enum verdict_reason reason,
                      int decided_by)
{
  *j->out = word(j, answer, reason, decided_by);
  return true;
}

bool judgement_mismatch(struct judgement *j, enum verdict_reason reason, int decided_by,
                        bool enforced)
{
  struct verdict found = word(j, TLSPIN_MISMATCH, reason, decided_by);

  found.enforced = enforced;
  if (enforced)
    *j->out = found;
  else if (j->reported.rule == 0)
    j->reported = found;
  return enforced;
}

bool judgement_match(struct judgement *j, enum verdict_reason reason, int decided_by, bool enforced)
{
  struct verdict found = word(j, TLSPIN_MATCH, reason, decided_by);

  if (enforced)
    *j->out = found;
  else if (j->met.rule == 0)
    j->met = found;
  return enforced;
}
