/* The same group more than once: see lint.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "policy/lint.h"

#include <string.h>

/* GKeyFile would join two groups of one name, so those that differ in nothing but the protocol
 * count, too; and so do two ways to write a host. */
static bool have_one_host(const struct rules *rules, size_t a, size_t b)
{
  const struct rule one = rules_sorted(rules, a), other = rules_sorted(rules, b);

  return one.scope == other.scope && strcmp(one.host, other.host) == 0;
}

static gpointer key_of(const struct rule *rule)
{
  return GSIZE_TO_POINTER((size_t)rule->file << 16 | rule->port);
}

/* The rule that comes first in the same file and has the same port; false: none is known. */
static bool find_first(const struct rules *rules, GHashTable *first, const struct rule *rule,
                       struct rule *known)
{
  gpointer index;

  if (!g_hash_table_lookup_extended(first, key_of(rule), NULL, &index))
    return false;
  *known = rules_at(rules, GPOINTER_TO_SIZE(index));
  return true;
}

/* first: of each file and port, the index of the rule that comes first in the file. */
static void note_first(const struct rules *rules, GHashTable *first, const struct rule *rule)
{
  struct rule known;

  if (!find_first(rules, first, rule, &known) || rule->spot.line < known.spot.line)
    g_hash_table_insert(first, key_of(rule), GSIZE_TO_POINTER((size_t)rule->index));
}

static void compare_with_first(const struct rules *rules, GHashTable *first,
                               const struct rule *rule, struct findings *findings)
{
  g_autofree char *heading = NULL;
  struct rule known;

  if (!find_first(rules, first, rule, &known) || known.index == rule->index)
    return;
  heading = rule_heading(rule);
  findings_add(findings, FINDING_DUPLICATE_GROUP, rule->spot, NULL,
               known.protocol == rule->protocol
                   ? _("%s is there already, on line %u. Make one of the two.")
                   : _("%s is there already, on line %u. Make one of the two, or put that of the "
                       "other protocol into a file of its own."),
               heading, known.spot.line);
}

/* The rules of one host and scope, from `begin` on and before `end` in the order. */
static void compare_some(const struct rules *rules, size_t begin, size_t end,
                         struct findings *findings)
{
  g_autoptr(GHashTable) first = g_hash_table_new(NULL, NULL);

  for (size_t i = begin; i < end; i++) {
    const struct rule rule = rules_sorted(rules, i);

    note_first(rules, first, &rule);
  }
  for (size_t i = begin; i < end; i++) {
    const struct rule rule = rules_sorted(rules, i);

    compare_with_first(rules, first, &rule, findings);
  }
}

bool lint_duplicates(const struct rules *rules, struct findings *findings)
{
  size_t errors = findings->counts[SEVERITY_ERROR], end;

  for (size_t i = 0; i < rules->list->len; i = end) {
    for (end = i + 1; end < rules->list->len && have_one_host(rules, i, end);)
      end++;
    if (end > i + 1)
      compare_some(rules, i, end, findings);
  }
  return findings->counts[SEVERITY_ERROR] == errors;
}
