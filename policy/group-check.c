/* Keys that a group names more than once: see group-private.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/group-private.h"

#include "common/text.h"

#include <string.h>

/* By what the key is, whatever is said of it. */
static int compare_keys(const struct keypin *a, const struct keypin *b)
{
  if (a->selector != b->selector)
    return a->selector < b->selector ? -1 : 1;
  if (a->matching != b->matching)
    return a->matching < b->matching ? -1 : 1;
  return memcmp(a->digest, b->digest, matching_size(a->matching));
}

/* And then by what makes it a record of its own. */
static int compare(const void *a, const void *b)
{
  const struct keypin *one = a, *other = b;
  int order = compare_keys(one, other);

  if (order == 0)
    order = one->status < other->status ? -1 : one->status > other->status;
  return order != 0 ? order : keypin_compare_key(one, other);
}

static enum group_list list_of(const struct keypin *record)
{
  enum group_list list = GROUP_PINS;

  while (!group_lists(list, record))
    list++;
  return list;
}

static void note_twice(struct draft *draft, const struct keypin *record)
{
  enum group_list list = list_of(record);
  char text[KEYPIN_KEY_TEXT_SIZE];

  if (keypin_key_text(record, text))
    findings_add(draft->findings, FINDING_SAME_KEY,
                 (struct spot){draft->group->spot.file, draft->group->at[list]},
                 group_list_name(list),
                 _("%s is in '%s' twice. Take one of the two out; a backup is another key."), text,
                 group_list_name(list));
}

static bool complain(struct draft *draft, const struct keypin *record)
{
  enum group_list list = list_of(record);
  char text[KEYPIN_KEY_TEXT_SIZE];

  if (keypin_key_text(record, text))
    findings_add(draft->findings, FINDING_CONTRADICTION,
                 (struct spot){draft->group->spot.file, draft->group->at[GROUP_BLOCKED]},
                 group_list_name(GROUP_BLOCKED),
                 _("%s is in 'blocked' and in '%s'. What is blocked is never accepted: take it out "
                   "of one of the two."),
                 text, group_list_name(list));
  return false;
}

/* `before` comes before `record` in the order, so that of one key those that are wanted come first,
 * then what is blocked, then exceptions. */
static bool go_together(struct draft *draft, const struct keypin *before,
                        const struct keypin *record)
{
  if (compare_keys(before, record) != 0 ||
      (before->status == KEYPIN_REJECTED) == (record->status == KEYPIN_REJECTED))
    return true;
  return complain(draft, before->status == KEYPIN_REJECTED ? record : before);
}

bool draft_check_keys(struct draft *draft)
{
  GArray *records = draft->group->records;
  struct keypin *list = (struct keypin *)(void *)records->data;
  guint kept = 0;
  bool good = true;

  g_array_sort(records, compare);
  for (guint i = 0; i < records->len; i++)
    if (kept > 0 && list[i].status == list[kept - 1].status &&
        keypin_compare_key(&list[i], &list[kept - 1]) == 0) {
      note_twice(draft, &list[i]);
    } else {
      good = (kept == 0 || go_together(draft, &list[kept - 1], &list[i])) && good;
      list[kept++] = list[i];
    }
  g_array_set_size(records, kept);
  return good;
}
