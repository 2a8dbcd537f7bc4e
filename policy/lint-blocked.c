/* Keys that one group blocks and another one wants: see lint.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "policy/lint.h"

#include <stdlib.h>
#include <string.h>

/* What is looked for: a rule that blocks a key and covers all of another rule's place. */
struct blockade {
  const struct rules *rules;
  int64_t now;
  struct rule_key key; /* of any rule */
  bool is_found;       /* something is: */
  struct rule found;   /* this */
};

static int compare_tags(const void *a, const void *b)
{
  const struct rule_key *one = a, *other = b;

  return one->tag < other->tag ? -1 : one->tag > other->tag;
}

static int compare(const void *a, const void *b)
{
  const struct rule_key *one = a, *other = b;
  int order = compare_tags(a, b);

  return order != 0 ? order : one->rule < other->rule ? -1 : one->rule > other->rule;
}

static bool is_blocked(const struct rules *rules, const struct rule_key *key,
                       int (*comparison)(const void *, const void *))
{
  return bsearch(key, rules->blocked->data, rules->blocked->len, sizeof *key, comparison) != NULL;
}

/* A rules_visit. */
static bool visit(const struct rule_place *place, size_t first, size_t count, size_t above,
                  void *data)
{
  struct blockade *blockade = data;

  (void)place;
  (void)above;
  for (size_t i = first; i < first + count && !blockade->is_found; i++) {
    struct rule_key key = blockade->key;

    blockade->found = rules_sorted(blockade->rules, i);
    key.rule = blockade->found.index;
    blockade->is_found =
        blockade->found.enforce_until > blockade->now && is_blocked(blockade->rules, &key, compare);
  }
  return !blockade->is_found;
}

static void complain(const struct rule *rule, const struct keypin *record, const struct rule *other,
                     struct findings *findings)
{
  bool pin = record->kind != KEYPIN_EXCEPTION;
  g_autofree char *heading = rule_heading(other);
  g_autofree char *file = g_filename_display_name(other->spot.file);
  char text[KEYPIN_KEY_TEXT_SIZE];

  if (!keypin_key_text(record, text))
    return;
  findings_add(
      findings, pin ? FINDING_BLOCKED_PIN : FINDING_IDLE_EXCEPTION,
      (struct spot){rule->spot.file, pin ? rule->line_pins : rule->line_exceptions},
      group_list_name(pin ? GROUP_PINS : GROUP_EXCEPTIONS),
      _("%s is blocked by %s (%s:%u), which nothing overrides. Take it out here or there."), text,
      heading, file, other->spot.line);
}

/* The rule of a group; false where there is none in this file. */
static bool find_rule(const struct rules *rules, const struct group *group, unsigned file,
                      struct rule *rule)
{
  const struct place *at = &group->place;
  const struct rule_place place = {at->host, at->scope, at->port, at->protocol};
  size_t first = 0, count = rules_find(rules, &place, &first);

  for (size_t i = first; i < first + count; i++) {
    *rule = rules_sorted(rules, i);
    if (rule->file == file)
      return true;
  }
  return false;
}

void lint_blocked(const struct rules *rules, const struct group *group, unsigned file, int64_t now,
                  struct findings *findings)
{
  struct rule rule;

  if (!find_rule(rules, group, file, &rule))
    return;
  for (guint i = 0; i < group->records->len; i++) {
    const struct keypin *record = &g_array_index(group->records, struct keypin, i);
    struct blockade blockade = {rules, now, {.tag = rules_key_tag(record)}, .is_found = false};

    if (record->status == KEYPIN_REJECTED || record->kind == KEYPIN_MODE ||
        !is_blocked(rules, &blockade.key, compare_tags))
      continue;
    rules_walk(rules, &rule, visit, &blockade);
    if (blockade.is_found)
      complain(&rule, record, &blockade.found, findings);
  }
}
