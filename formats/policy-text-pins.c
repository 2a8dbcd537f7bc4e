/* The pins and blocked keys of a group of policy text: see policy-text-private.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "formats/policy-text-private.h"

static bool is_pin(const struct keypin *pin)
{
  return pin->kind == KEYPIN_PIN && pin->status != KEYPIN_REJECTED;
}

/* Beside what is enforced, what is only reported would be enforced, too. */
static bool is_like_group(const struct text_group *group, const struct gathered_record *record)
{
  return (record->force != KEYPIN_ENFORCED) == group->reported;
}

static bool is_said(const struct text_group *group, const struct gathered_record *record)
{
  return is_pin(&record->pin) && is_like_group(group, record);
}

static void tell_learned(struct remarks *remarks, const struct gathered_record *record)
{
  if (record->pin.origin != KEYPIN_TOFU || record->pin.status == KEYPIN_CRITICAL ||
      remarks->learned)
    return;
  remarks->learned = true;
  remarks->told(record->line, REMARK_NOTE,
                _("Learned keys become critical, as policy knows no changes of a key that are "
                  "accepted: pin the next one before a server has it."),
                remarks->data);
}

static void put_pin(struct text_group *group, const struct remarks *remarks,
                    const struct gathered_record *record)
{
  const struct keypin *pin = &record->pin;
  struct terms terms = terms_of(pin);

  if (text_group_blocks(group, pin)) {
    remarks_tell_blocked(remarks, group, record->line);
    return;
  }
  if (group->pins->len > 0 && group->level != pin->level) {
    remarks_tell(remarks, group, record->line, REMARK_SKIPPED,
                 _("a group's pins have one level; a pin of another level is left out."));
    return;
  }
  group->always = pin->always && (group->always || group->pins->len == 0);
  group->level = pin->level;
  text_group_pin(group, pin);
  text_group_join(group, remarks, &terms, record->line);
  text_group_comment(group, record);
}

/* The pins that none of the sets refuses. */
static void put_allowed(struct text_group *group, struct remarks *remarks,
                        const struct accord *accord)
{
  enum rank by;

  group->critical = accord_restricts(accord, PLACE_ANY_PROTOCOL, &by);
  for (guint i = 0; i < group->records->len; i++) {
    const struct gathered_record *record = text_group_record(group, i);

    if (!is_said(group, record) || !accord_allows(accord, &record->pin))
      continue;
    put_pin(group, remarks, record);
    if (group->critical && by == RANK_LEARNED)
      tell_learned(remarks, record);
  }
}

/* The rank of the highest of its pins; RANKS: it has none. */
static enum rank find_rank(struct text_group *group)
{
  enum rank rank = RANKS;

  for (guint i = group->records->len; i-- > 0;) {
    const struct gathered_record *record = text_group_record(group, i);
    const struct verdict_entry entry = {&record->pin, 0};

    if (!is_said(group, record))
      continue;
    rank = MIN(rank, ranks_of(&entry));
    group->pins_line = record->line;
  }
  return rank;
}

/* Its pins hold where any of the sets refuses a key, and what else it says there must not open
 * more. */
static void cover(struct text_group *group, const struct accord *accord)
{
  enum rank by;

  for (int protocol = PROTOCOL_TLS; protocol <= PROTOCOL_DTLS; protocol++)
    if (group->terms.protocol != PLACE_ANY_PROTOCOL && group->terms.protocol != protocol &&
        accord_restricts(accord, protocol, &by))
      group->terms.protocol = PLACE_ANY_PROTOCOL;
  group->always = group->always || accord_restricts_anchors(accord);
}

/* Those of a rank that a wider place silences say nothing, and its group decides. What a program's
 * user accepted silences no critical pin. */
static void put_pins(struct text_group *group, struct remarks *remarks, const struct accord *accord)
{
  enum rank rank = find_rank(group), by;

  if (rank == RANKS)
    return;
  if (accord != NULL)
    put_allowed(group, remarks, accord);
  if (group->pins->len > 0)
    cover(group, accord);
  else
    group->unsaid = accord == NULL || !accord_restricts(accord, PLACE_ANY_PROTOCOL, &by) ||
                    by >= rank || by == RANK_PROGRAM;
}

/* Of those that aren't like the group, or of all. */
static void tell_reported(const struct text_group *group, const struct remarks *remarks, bool all)
{
  for (guint i = 0; i < group->records->len; i++) {
    const struct gathered_record *record = text_group_record(group, i);

    if (record->pin.kind == KEYPIN_PIN && (all || !is_like_group(group, record)))
      remarks_tell(remarks, group, record->line, REMARK_SKIPPED,
                   _("a group is enforced, or only reported as a whole; a pin that is only "
                     "reported is left out."));
  }
}

/* Where another place refuses keys, a group that is only reported would let them in. */
static void put_reported(struct text_group *group, struct remarks *remarks,
                         const struct accord *accord, const struct accord *own)
{
  enum rank by;

  if (accord == NULL || own == NULL || accord_restricts(accord, PLACE_ANY_PROTOCOL, &by))
    tell_reported(group, remarks, true);
  else
    put_pins(group, remarks, own);
}

static void put_blocked(struct text_group *group, const struct remarks *remarks)
{
  for (guint i = 0; i < group->records->len; i++) {
    const struct gathered_record *record = text_group_record(group, i);
    struct terms terms = terms_of(&record->pin);

    if (record->pin.status != KEYPIN_REJECTED || !is_like_group(group, record))
      continue;
    text_group_block(group, &record->pin);
    text_group_join(group, remarks, &terms, record->line);
    text_group_comment(group, record);
  }
}

void policy_text_put_pins(struct text_group *group, struct remarks *remarks,
                          const struct accord *accord, const struct accord *own)
{
  put_blocked(group, remarks);
  if (group->reported) {
    put_reported(group, remarks, accord, own);
    return;
  }
  put_pins(group, remarks, accord);
  tell_reported(group, remarks, false);
}
