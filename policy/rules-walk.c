/* Rules by their places: see rules.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/rules.h"

#include <string.h>

struct rule_place rule_place_of(const struct rule *rule)
{
  return (struct rule_place){rule->host, (enum scope)rule->scope, rule->port, rule->protocol};
}

static int compare_numbers(int64_t a, int64_t b)
{
  return a < b ? -1 : a > b;
}

/* As keypin_compare_key does. */
int rule_place_compare(const struct rule_place *a, const struct rule_place *b)
{
  int order = strcmp(a->host, b->host);

  if (order == 0)
    order = compare_numbers((int64_t)a->scope, (int64_t)b->scope);
  if (order == 0 && a->protocol != b->protocol)
    order = strcmp(place_protocol_token(a->protocol), place_protocol_token(b->protocol));
  return order != 0 ? order : compare_numbers(a->port, b->port);
}

/* Where in the order the rules from this place on begin. */
static size_t begin_at(const struct rules *rules, const struct rule_place *place)
{
  size_t first = 0, end = rules->list->len;

  while (first < end) {
    size_t middle = first + (end - first) / 2;
    const struct rule rule = rules_sorted(rules, middle);
    const struct rule_place at = rule_place_of(&rule);

    if (rule_place_compare(&at, place) < 0)
      first = middle + 1;
    else
      end = middle;
  }
  return first;
}

bool rules_has_host(const struct rules *rules, const char *host)
{
  const struct rule_place lowest = {host, SCOPE_EXACT, PLACE_ANY_PORT, PLACE_ANY_PROTOCOL};
  size_t first = begin_at(rules, &lowest);

  return first < rules->list->len && strcmp(rules_sorted(rules, first).host, host) == 0;
}

static bool is_at(const struct rules *rules, size_t position, const struct rule_place *place)
{
  const struct rule rule = rules_sorted(rules, position);
  const struct rule_place at = rule_place_of(&rule);

  return rule_place_compare(&at, place) == 0;
}

size_t rules_find(const struct rules *rules, const struct rule_place *place, size_t *first)
{
  size_t end = begin_at(rules, place);

  *first = end;
  while (end < rules->list->len && is_at(rules, end, place))
    end++;
  return end - *first;
}

/* Whether such a place covers all names of a rule whose host has `above` labels more. */
static bool scope_covers(enum scope scope, size_t above, const struct rule *rule)
{
  if (scope == SCOPE_SUBTREE)
    return true;
  if (scope == SCOPE_ONE_LABEL)
    return above == 0 ? rule->scope == SCOPE_ONE_LABEL : above == 1 && rule->scope == SCOPE_EXACT;
  return above == 0 && rule->scope == SCOPE_EXACT;
}

bool rules_walk_scope(const struct rules *rules, const struct rule *rule, const char *host,
                      enum scope scope, size_t above, rules_visit visit, void *data)
{
  for (int any = 0; any < 4; any++) {
    struct rule_place place = {host, scope, (any & 2) != 0 ? PLACE_ANY_PORT : rule->port,
                               (any & 1) != 0 ? PLACE_ANY_PROTOCOL : rule->protocol};
    size_t first, count;

    if (((any & 2) != 0 && rule->port == PLACE_ANY_PORT) ||
        ((any & 1) != 0 && rule->protocol == PLACE_ANY_PROTOCOL))
      continue; /* looked at already */
    count = rules_find(rules, &place, &first);
    if (count > 0 && !visit(&place, first, count, above, data))
      return false;
  }
  return true;
}

void rules_walk(const struct rules *rules, const struct rule *rule, rules_visit visit, void *data)
{
  const char *names[PLACE_NAMES_MAX];
  size_t count = place_names(rule->host, names);

  for (size_t i = 0; i < count; i++) {
    if (!rules_has_host(rules, names[i]))
      continue;
    for (int scope = 0; scope < SCOPE_COUNT; scope++)
      if (scope_covers((enum scope)scope, i, rule) &&
          !rules_walk_scope(rules, rule, names[i], (enum scope)scope, i, visit, data))
        return;
  }
}

char *rule_heading(const struct rule *rule)
{
  struct place place = {.scope = (enum scope)rule->scope, .port = rule->port};
  char text[PLACE_TEXT_SIZE];

  g_strlcpy(place.host, rule->host, sizeof place.host);
  place_text(&place, text);
  return g_strdup_printf("[%s]", text);
}
