/* Every group of every file: see rules.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/rules.h"

#include <stdio.h>
#include <string.h>

struct rules *rules_new(void)
{
  struct rules *rules = g_new0(struct rules, 1);

  rules->list = g_array_new(FALSE, FALSE, sizeof(struct rule));
  rules->keys = g_array_new(FALSE, FALSE, sizeof(struct rule_key));
  rules->defaults = g_array_new(FALSE, FALSE, sizeof(struct rule_defaults));
  rules->blocked = g_array_new(FALSE, FALSE, sizeof(struct rule_blocked));
  rules->texts = g_string_chunk_new(1 << 16);
  rules->hosts = g_hash_table_new(g_str_hash, g_str_equal);
  return rules;
}

void rules_free(struct rules *rules)
{
  g_array_unref(rules->list);
  g_array_unref(rules->keys);
  g_array_unref(rules->blocked);
  g_array_unref(rules->defaults);
  g_hash_table_unref(rules->hosts);
  g_string_chunk_free(rules->texts);
  g_free(rules->sorted);
  g_free(rules);
}

static uint64_t tag_of(const struct keypin *record)
{
  uint64_t tag;

  memcpy(&tag, record->digest, sizeof tag);
  return tag ^ ((uint64_t)record->selector << 8 | (uint64_t)record->matching);
}

static void add_key(struct rules *rules, const struct keypin *record)
{
  struct rule_key key = {tag_of(record), rules->list->len,
                         record->kind == KEYPIN_EXCEPTION ? GROUP_EXCEPTIONS : GROUP_PINS};
  struct rule_blocked blocked = {key, (uint8_t)record->selector, (uint8_t)record->matching, {0}};

  if (record->status == KEYPIN_REJECTED) {
    memcpy(blocked.digest, record->digest, sizeof blocked.digest);
    g_array_append_val(rules->blocked, blocked);
  } else if (record->kind != KEYPIN_MODE) {
    g_array_append_val(rules->keys, key);
  }
}

static unsigned content_of(const struct keypin *record, const struct group *group)
{
  switch (record->status) {
  case KEYPIN_CRITICAL:
    return RULE_PINS | (group->mode != GROUP_REPORT ? RULE_CRITICAL : 0);
  case KEYPIN_ACTIVE:
    return RULE_PINS;
  case KEYPIN_REJECTED:
    return RULE_BLOCKED;
  case KEYPIN_EXCEPTED:
    return RULE_EXCEPTIONS;
  case KEYPIN_OFF:
    return RULE_OFF;
  default:
    return RULE_ON;
  }
}

static unsigned contents_of(struct rules *rules, const struct group *group)
{
  unsigned content = 0;
  bool leaf = true;

  for (guint i = 0; i < group->records->len; i++) {
    const struct keypin *record = &g_array_index(group->records, struct keypin, i);

    content |= content_of(record, group);
    leaf = leaf && (!group_lists(GROUP_PINS, record) || record->level == KEYPIN_LEAF);
    add_key(rules, record);
  }
  return content | (leaf && (content & RULE_PINS) != 0 ? RULE_LEAF_PINS : 0);
}

static const char *intern(struct rules *rules, const char *host)
{
  gpointer known;
  char *copy;

  if (g_hash_table_lookup_extended(rules->hosts, host, &known, NULL))
    return known;
  copy = g_string_chunk_insert(rules->texts, host);
  g_hash_table_add(rules->hosts, copy);
  return copy;
}

void rules_add(struct rules *rules, const struct group *group, int64_t offset, unsigned file)
{
  const struct place *place = &group->place;
  struct rule rule = {.host = intern(rules, place->host),
                      .spot = group->spot,
                      .offset = offset,
                      .enforce_until = group->enforce_until,
                      .report_until = group->report_until,
                      .file = file,
                      .line_pins = group->at[GROUP_PINS],
                      .line_exceptions = group->at[GROUP_EXCEPTIONS],
                      .port = place->port,
                      .protocol = (int8_t)place->protocol,
                      .scope = (uint8_t)place->scope,
                      .content = (uint8_t)contents_of(rules, group),
                      .locked = group->locked};

  rules->any_locked = rules->any_locked || rule.locked;
  rules->any_subtree = rules->any_subtree || place->scope == SCOPE_SUBTREE;
  g_array_append_val(rules->list, rule);
}

const struct rule *rules_at(const struct rules *rules, size_t index)
{
  return &g_array_index(rules->list, struct rule, index);
}

const struct rule *rules_sorted(const struct rules *rules, size_t index)
{
  return rules_at(rules, rules->sorted[index]);
}

static struct rule_place place_of(const struct rule *rule)
{
  return (struct rule_place){rule->host, (enum scope)rule->scope, rule->port, rule->protocol};
}

static int compare_numbers(int64_t a, int64_t b)
{
  return a < b ? -1 : a > b;
}

/* That of the store's table (keypin_compare_key). */
static int compare_places(const struct rule_place *a, const struct rule_place *b)
{
  int order = a->host != b->host ? strcmp(a->host, b->host) : 0;

  if (order == 0)
    order = compare_numbers((int64_t)a->scope, (int64_t)b->scope);
  if (order == 0 && a->protocol != b->protocol)
    order = strcmp(place_protocol_token(a->protocol), place_protocol_token(b->protocol));
  return order != 0 ? order : compare_numbers(a->port, b->port);
}

static int compare(gconstpointer a, gconstpointer b, gpointer data)
{
  const struct rule *one = rules_at(data, *(const uint32_t *)a);
  const struct rule *other = rules_at(data, *(const uint32_t *)b);
  const struct rule_place one_place = place_of(one), other_place = place_of(other);
  int order = compare_places(&one_place, &other_place);

  if (order == 0 && one->locked != other->locked)
    order = one->locked ? -1 : 1;
  if (order == 0)
    order = compare_numbers(other->file, one->file);
  return order != 0 ? order : compare_numbers(one->spot.line, other->spot.line);
}

void rules_sort(struct rules *rules)
{
  guint count = rules->list->len;

  rules->sorted = g_new(uint32_t, count + 1);
  for (guint i = 0; i < count; i++)
    rules->sorted[i] = i;
  g_qsort_with_data(rules->sorted, (int)count, sizeof rules->sorted[0], compare, rules);
  g_hash_table_remove_all(rules->hosts);
  for (guint i = count; i-- > 0;)
    g_hash_table_insert(rules->hosts, (gpointer)(uintptr_t)rules_sorted(rules, i)->host,
                        GUINT_TO_POINTER(i));
}

bool rules_has_host(const struct rules *rules, const char *host)
{
  return g_hash_table_contains(rules->hosts, host);
}

/* The first rule from `first` on that isn't before the place, or behind it where `behind`. */
static size_t bound(const struct rules *rules, size_t first, const struct rule_place *place,
                    bool behind)
{
  size_t end = rules->list->len;

  while (first < end) {
    size_t middle = first + (end - first) / 2;
    const struct rule_place at = place_of(rules_sorted(rules, middle));
    int order = compare_places(&at, place);

    if (order < 0 || (behind && order == 0))
      first = middle + 1;
    else
      end = middle;
  }
  return first;
}

size_t rules_find(const struct rules *rules, const struct rule_place *place, size_t *first)
{
  gpointer begin;

  if (!g_hash_table_lookup_extended(rules->hosts, place->host, NULL, &begin))
    return 0;
  *first = bound(rules, GPOINTER_TO_UINT(begin), place, false);
  return bound(rules, *first, place, true) - *first;
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
