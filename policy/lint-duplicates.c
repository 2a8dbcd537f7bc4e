/* The same group more than once: see lint.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "policy/lint.h"

/* GKeyFile would join two groups of one name, so those that differ in nothing but the protocol
 * count, too; and so do two ways to write a host. */
static bool have_one_host(const struct rule *a, const struct rule *b)
{
  return a->host == b->host && a->scope == b->scope;
}

static gpointer key_of(const struct rule *rule)
{
  return GSIZE_TO_POINTER((size_t)rule->file << 16 | rule->port);
}

/* first: of each file and port, the rule that comes first in the file. */
static void note_first(GHashTable *first, const struct rule *rule)
{
  const struct rule *known = g_hash_table_lookup(first, key_of(rule));

  if (known == NULL || rule->spot.line < known->spot.line)
    g_hash_table_insert(first, key_of(rule), (gpointer)(uintptr_t)rule);
}

static void compare_with_first(GHashTable *first, const struct rule *rule,
                               struct findings *findings)
{
  const struct rule *known = g_hash_table_lookup(first, key_of(rule));
  g_autofree char *heading = NULL;

  if (known == rule)
    return;
  heading = rule_heading(rule);
  findings_add(findings, FINDING_DUPLICATE_GROUP, rule->spot, NULL,
               known->protocol == rule->protocol
                   ? _("%s is there already, on line %u. Make one of the two.")
                   : _("%s is there already, on line %u. Make one of the two, or put that of the "
                       "other protocol into a file of its own."),
               heading, known->spot.line);
}

bool lint_duplicates(const struct rules *rules, struct findings *findings)
{
  g_autoptr(GHashTable) first = g_hash_table_new(NULL, NULL);
  size_t errors = findings->counts[SEVERITY_ERROR], end;

  for (size_t i = 0; i < rules->list->len; i = end) {
    for (end = i + 1;
         end < rules->list->len && have_one_host(rules_sorted(rules, i), rules_sorted(rules, end));)
      end++;
    if (end == i + 1)
      continue;
    g_hash_table_remove_all(first);
    for (size_t j = i; j < end; j++)
      note_first(first, rules_sorted(rules, j));
    for (size_t j = i; j < end; j++)
      compare_with_first(first, rules_sorted(rules, j), findings);
  }
  return findings->counts[SEVERITY_ERROR] == errors;
}
