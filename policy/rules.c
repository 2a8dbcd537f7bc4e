/* Every group of every file: see rules.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/rules.h"

#include <string.h>

/* What is kept of each rule. */
struct entry {
  uint32_t host;   /* where it begins in `hosts`, the low half; once they are forgotten its hash */
  uint32_t line;   /* of the heading */
  uint32_t offset; /* the low half */
};

/* Rules that stand side by side and have the same traits. */
struct run {
  uint32_t first;  /* of them: its index */
  uint32_t traits; /* their number */
};

/* What many rules have in common. There are no gaps, since it is compared octet by octet. */
struct traits {
  int64_t enforce_until, report_until;
  uint32_t host_high, offset_high;
  uint32_t file;
  uint32_t to_pins, to_exceptions; /* lines from the heading; 0: it has none */
  uint32_t number;                 /* not compared */
  uint16_t port;
  int8_t protocol;
  uint8_t scope, content, locked, unused[2];
};

_Static_assert(sizeof(struct traits) == 48, "gaps");

static guint hash_traits(gconstpointer data)
{
  const struct traits *traits = data;

  return g_int64_hash(&traits->report_until) ^ traits->file << 16 ^ traits->port << 8 ^
         (guint)traits->scope << 4 ^ traits->content ^ traits->to_pins << 24;
}

static gboolean equal_traits(gconstpointer a, gconstpointer b)
{
  struct traits one = *(const struct traits *)a, other = *(const struct traits *)b;

  one.number = other.number = 0;
  return memcmp(&one, &other, sizeof one) == 0;
}

struct rules *rules_new(void)
{
  struct rules *rules = g_new0(struct rules, 1);

  rules->list = g_array_new(FALSE, FALSE, sizeof(struct entry));
  rules->runs = g_array_new(FALSE, FALSE, sizeof(struct run));
  rules->defaults = g_array_new(FALSE, FALSE, sizeof(struct rule_defaults));
  rules->blocked = g_array_new(FALSE, FALSE, sizeof(struct rule_key));
  rules->paths = g_ptr_array_new();
  rules->hosts = g_string_new(NULL);
  rules->traits = g_ptr_array_new_with_free_func(g_free);
  rules->known = g_hash_table_new(hash_traits, equal_traits);
  return rules;
}

void rules_free(struct rules *rules)
{
  rules_forget_hosts(rules);
  g_array_unref(rules->list);
  g_array_unref(rules->runs);
  g_array_unref(rules->blocked);
  g_array_unref(rules->defaults);
  g_ptr_array_unref(rules->paths);
  g_hash_table_unref(rules->known);
  g_ptr_array_unref(rules->traits);
  g_free(rules->sorted);
  g_free(rules);
}

uint64_t rules_key_tag(const struct keypin *record)
{
  uint64_t tag;

  memcpy(&tag, record->digest, sizeof tag);
  return tag ^ ((uint64_t)record->selector << 8 | (uint64_t)record->matching);
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

/* Keeps the blocked keys, too. */
static unsigned contents_of(struct rules *rules, const struct group *group)
{
  unsigned content = 0;
  bool leaf = true;

  for (guint i = 0; i < group->records->len; i++) {
    const struct keypin *record = &g_array_index(group->records, struct keypin, i);
    struct rule_key key = {.rule = rules->list->len};

    content |= content_of(record, group);
    leaf = leaf && (!group_lists(GROUP_PINS, record) || record->level == KEYPIN_LEAF);
    if (record->status != KEYPIN_REJECTED)
      continue;
    key.tag = rules_key_tag(record);
    g_array_append_val(rules->blocked, key);
  }
  return content | (leaf && (content & RULE_PINS) != 0 ? RULE_LEAF_PINS : 0);
}

static uint32_t lines_to(const struct group *group, enum group_list list)
{
  return group->at[list] != 0 ? group->at[list] - group->spot.line : 0;
}

/* The number of such traits. */
static uint32_t intern(struct rules *rules, struct traits *traits)
{
  struct traits *known = g_hash_table_lookup(rules->known, traits);

  if (known == NULL) {
    traits->number = rules->traits->len;
    known = g_memdup2(traits, sizeof *traits);
    g_ptr_array_add(rules->traits, known);
    g_hash_table_add(rules->known, known);
  }
  return known->number;
}

static void add_to_run(struct rules *rules, struct traits *traits)
{
  struct run run = {rules->list->len, intern(rules, traits)};
  GArray *runs = rules->runs;

  if (runs->len == 0 || g_array_index(runs, struct run, runs->len - 1).traits != run.traits)
    g_array_append_val(runs, run);
}

void rules_add(struct rules *rules, const struct group *group, int64_t offset, unsigned file)
{
  const struct place *place = &group->place;
  struct traits traits = {.enforce_until = group->enforce_until,
                          .report_until = group->report_until,
                          .host_high = (uint32_t)((uint64_t)rules->hosts->len >> 32),
                          .offset_high = (uint32_t)(offset >> 32),
                          .file = file,
                          .to_pins = lines_to(group, GROUP_PINS),
                          .to_exceptions = lines_to(group, GROUP_EXCEPTIONS),
                          .port = place->port,
                          .protocol = (int8_t)place->protocol,
                          .scope = (uint8_t)place->scope,
                          .content = (uint8_t)contents_of(rules, group),
                          .locked = group->locked};
  struct entry entry = {(uint32_t)rules->hosts->len, group->spot.line, (uint32_t)offset};

  add_to_run(rules, &traits);
  rules->any_locked = rules->any_locked || group->locked;
  rules->any_subtree = rules->any_subtree || place->scope == SCOPE_SUBTREE;
  if (file >= rules->paths->len)
    g_ptr_array_set_size(rules->paths, (int)file + 1);
  rules->paths->pdata[file] = (gpointer)(uintptr_t)group->spot.file;
  g_string_append_len(rules->hosts, place->host, (gssize)strlen(place->host) + 1);
  g_array_append_val(rules->list, entry);
}

static const struct entry *entry_at(const struct rules *rules, size_t index)
{
  return &g_array_index(rules->list, struct entry, index);
}

static const struct traits *traits_at(const struct rules *rules, size_t index)
{
  const struct run *runs = (const struct run *)(void *)rules->runs->data;
  size_t low = 0, high = rules->runs->len;

  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;

    if (runs[middle].first <= index)
      low = middle;
    else
      high = middle;
  }
  return rules->traits->pdata[runs[low].traits];
}

static uint64_t whole(uint32_t high, uint32_t low)
{
  return (uint64_t)high << 32 | low;
}

/* NULL where they are forgotten. */
static const char *host_at(const struct rules *rules, size_t index)
{
  uint64_t begin = entry_at(rules, index)->host;

  if (rules->hosts == NULL)
    return NULL;
  if (rules->hosts->len > UINT32_MAX)
    begin = whole(traits_at(rules, index)->host_high, (uint32_t)begin);
  return rules->hosts->str + begin;
}

struct rule rules_at(const struct rules *rules, size_t index)
{
  const struct entry *entry = entry_at(rules, index);
  const struct traits *traits = traits_at(rules, index);

  return (struct rule){.host = host_at(rules, index),
                       .spot = {rules->paths->pdata[traits->file], entry->line},
                       .offset = (int64_t)whole(traits->offset_high, entry->offset),
                       .enforce_until = traits->enforce_until,
                       .report_until = traits->report_until,
                       .index = (uint32_t)index,
                       .file = traits->file,
                       .line_pins = traits->to_pins != 0 ? entry->line + traits->to_pins : 0,
                       .line_exceptions =
                           traits->to_exceptions != 0 ? entry->line + traits->to_exceptions : 0,
                       .port = traits->port,
                       .protocol = traits->protocol,
                       .scope = traits->scope,
                       .content = traits->content,
                       .locked = traits->locked != 0};
}

struct rule rules_sorted(const struct rules *rules, size_t position)
{
  return rules_at(rules, rules->sorted[position]);
}

void rules_forget_hosts(struct rules *rules)
{
  if (rules->hosts == NULL)
    return;
  for (guint i = 0; i < rules->list->len; i++) {
    struct entry *entry = &g_array_index(rules->list, struct entry, i);

    entry->host = g_str_hash(host_at(rules, i));
  }
  g_string_free(rules->hosts, TRUE);
  rules->hosts = NULL;
}

bool rules_is_at(const struct rules *rules, const struct rule *rule, const struct place *place)
{
  bool same_host = rule->host != NULL
                       ? strcmp(rule->host, place->host) == 0
                       : entry_at(rules, rule->index)->host == g_str_hash(place->host);

  return same_host && place->scope == (enum scope)rule->scope && place->port == rule->port &&
         place->protocol == rule->protocol;
}

static int compare_numbers(int64_t a, int64_t b)
{
  return a < b ? -1 : a > b;
}

static int compare_rules(const struct rule *one, const struct rule *other)
{
  const struct rule_place one_place = rule_place_of(one), other_place = rule_place_of(other);
  int order = rule_place_compare(&one_place, &other_place);

  if (order == 0)
    order = compare_numbers(other->locked, one->locked);
  if (order == 0)
    order = compare_numbers(other->file, one->file);
  return order != 0 ? order : compare_numbers(one->spot.line, other->spot.line);
}

static int compare(gconstpointer a, gconstpointer b, gpointer data)
{
  const struct rules *rules = data;
  uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
  int order = strcmp(host_at(rules, one), host_at(rules, other));
  struct rule one_rule, other_rule;

  if (order != 0)
    return order;
  one_rule = rules_at(rules, one);
  other_rule = rules_at(rules, other);
  return compare_rules(&one_rule, &other_rule);
}

static int compare_keys(gconstpointer a, gconstpointer b)
{
  const struct rule_key *one = a, *other = b;

  return one->tag != other->tag ? (one->tag < other->tag ? -1 : 1)
                                : compare_numbers(one->rule, other->rule);
}

void rules_sort(struct rules *rules)
{
  guint count = rules->list->len;

  rules->sorted = g_new(uint32_t, count + 1);
  for (guint i = 0; i < count; i++)
    rules->sorted[i] = i;
  g_qsort_with_data(rules->sorted, (int)count, sizeof rules->sorted[0], compare, rules);
  g_array_sort(rules->blocked, compare_keys);
}
