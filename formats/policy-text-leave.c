/* What lets a server through, the exceptions and the mode of a group of policy text: see
 * policy-text-private.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "formats/policy-text-private.h"

static bool put_exception(struct text_group *group, const struct remarks *remarks,
                          const struct gathered_record *record)
{
  struct terms terms = terms_of_leave(&record->pin);

  if (text_group_blocks(group, &record->pin)) {
    remarks_tell_blocked(remarks, group, record->line);
    return false;
  }
  if (group->exceptions->len == 0) {
    group->exception_terms = terms;
    group->errors = record->pin.errors;
  }
  if (group->errors != record->pin.errors || !terms_are_same(&group->exception_terms, &terms)) {
    remarks_tell(remarks, group, record->line, REMARK_SKIPPED,
                 _("a group's exceptions excuse the same errors until the same time; another one "
                   "is left out."));
    return false;
  }
  text_group_except(group, &record->pin);
  return true;
}

static bool modes_differ(const struct gathered_record *a, const struct gathered_record *b)
{
  struct terms terms = terms_of_leave(&a->pin), others = terms_of_leave(&b->pin);

  return a->pin.status != b->pin.status || !terms_are_same(&terms, &others);
}

/* Of two that differ, "on" stays: it lets nobody through. */
static bool put_mode(struct text_group *group, const struct remarks *remarks,
                     const struct gathered_record *record)
{
  bool differs = group->mode != NULL && modes_differ(group->mode, record);

  if (differs)
    remarks_tell(remarks, group, record->line, REMARK_SKIPPED,
                 _("a group has one mode, with one end and protocol; another one is left out."));
  if (differs && record->pin.status == KEYPIN_OFF)
    return false;
  group->mode = record;
  return true;
}

static void put_all(struct text_group *group, const struct remarks *remarks)
{
  for (guint i = 0; i < group->records->len; i++) {
    const struct gathered_record *record = text_group_record(group, i);

    if ((record->pin.kind == KEYPIN_EXCEPTION && put_exception(group, remarks, record)) ||
        (record->pin.kind == KEYPIN_MODE && put_mode(group, remarks, record)))
      text_group_comment(group, record);
  }
}

/* An "off" that pins or another mode keep from counting would open more. */
static void drop_off(struct text_group *group, const struct remarks *remarks,
                     const struct accord *accord)
{
  if (!text_group_is_off(group) ||
      (accord != NULL && accord_is_off(accord, group->mode->pin.place.protocol)))
    return;
  remarks_tell(remarks, group, group->mode->line, REMARK_SKIPPED,
               _("pinning is not off there, as other records decide; the mode is left out."));
  group->mode = NULL;
}

/* A mode that ends before the keys do, or is for another protocol, would become longer or wider
 * with them; the keys may go on as long as a mode that ends after them. */
static void settle_mode(struct text_group *group, const struct remarks *remarks)
{
  struct terms terms;

  if (group->mode == NULL)
    return;
  terms = terms_of_leave(&group->mode->pin);
  if (!group->standing || (terms.protocol == group->terms.protocol &&
                           terms.enforce_until >= group->terms.enforce_until &&
                           terms.report_until >= group->terms.report_until)) {
    text_group_join(group, remarks, &terms, group->mode->line);
    return;
  }
  remarks_tell(remarks, group, group->mode->line, REMARK_SKIPPED,
               _("a mode has the protocol of its group's pins and ends with them, and this one is "
                 "for another protocol or ends before: it is left out."));
  group->mode = NULL;
}

/* What they say doesn't go into a group whose pins hold for another time or protocol. */
static void drop_exceptions(struct text_group *group, const struct remarks *remarks)
{
  if (group->exceptions->len == 0)
    return;
  if (!group->standing)
    group->terms = group->exception_terms;
  if (terms_are_same(&group->terms, &group->exception_terms))
    return;
  remarks_tell(remarks, group, 0, REMARK_SKIPPED,
               _("an exception has the end and protocol of its group's pins, and these differ: it "
                 "is left out."));
  g_ptr_array_set_size(group->exceptions, 0);
}

void policy_text_put_leave(struct text_group *group, const struct remarks *remarks,
                           const struct accord *accord)
{
  put_all(group, remarks);
  drop_off(group, remarks, accord);
  settle_mode(group, remarks);
  drop_exceptions(group, remarks);
}
