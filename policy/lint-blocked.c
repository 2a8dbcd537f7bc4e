/* Keys that one group blocks and another one wants: see lint.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "policy/lint.h"

#include <string.h>

struct blockade {
  const struct rules *rules;
  GHashTable *tags;    /* of all blocked keys */
  GHashTable *blocked; /* struct rule_blocked by its tag and rule */
  int64_t now;
  const struct rule_key *key;       /* that is looked for */
  const struct rule_blocked *found; /* or NULL */
};

/* Tags are of digests, and as good as random. */
static guint hash(gconstpointer data)
{
  const struct rule_key *key = data;

  return (guint)key->tag ^ key->rule;
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
  const struct rule_key *one = a, *other = b;

  return one->tag == other->tag && one->rule == other->rule;
}

static void begin(struct blockade *blockade)
{
  GArray *list = blockade->rules->blocked;

  blockade->tags = g_hash_table_new(g_int64_hash, g_int64_equal);
  blockade->blocked = g_hash_table_new(hash, equal);
  for (guint i = 0; i < list->len; i++) {
    struct rule_blocked *blocked = &g_array_index(list, struct rule_blocked, i);

    g_hash_table_add(blockade->tags, &blocked->key.tag);
    g_hash_table_insert(blockade->blocked, &blocked->key, blocked);
  }
}

/* A rules_visit. */
static bool visit(const struct rule_place *place, size_t first, size_t count, size_t above,
                  void *data)
{
  struct blockade *blockade = data;

  (void)place;
  (void)above;
  for (size_t i = first; i < first + count && blockade->found == NULL; i++) {
    const struct rule_key key = {blockade->key->tag, blockade->rules->sorted[i], GROUP_BLOCKED};

    if (rules_sorted(blockade->rules, i)->enforce_until > blockade->now)
      blockade->found = g_hash_table_lookup(blockade->blocked, &key);
  }
  return blockade->found == NULL;
}

static void complain(const struct blockade *blockade, struct findings *findings)
{
  const struct rule *rule = rules_at(blockade->rules, blockade->key->rule);
  const struct rule *other = rules_at(blockade->rules, blockade->found->key.rule);
  bool pin = blockade->key->list == GROUP_PINS;
  struct keypin record = {.selector = (enum selector)blockade->found->selector,
                          .matching = (enum matching)blockade->found->matching};
  g_autofree char *heading = rule_heading(other);
  g_autofree char *file = g_filename_display_name(other->spot.file);
  char text[KEYPIN_KEY_TEXT_SIZE];

  memcpy(record.digest, blockade->found->digest, sizeof record.digest);
  if (!keypin_key_text(&record, text))
    return;
  findings_add(
      findings, pin ? FINDING_BLOCKED_PIN : FINDING_IDLE_EXCEPTION,
      (struct spot){rule->spot.file, pin ? rule->line_pins : rule->line_exceptions},
      group_list_name(blockade->key->list),
      _("%s is blocked by %s (%s:%u), which nothing overrides. Take it out here or there."), text,
      heading, file, other->spot.line);
}

void lint_blocked(const struct rules *rules, int64_t now, struct findings *findings)
{
  struct blockade blockade = {.rules = rules, .now = now};

  if (rules->blocked->len == 0)
    return;
  begin(&blockade);
  for (guint i = 0; i < rules->keys->len; i++) {
    blockade.key = &g_array_index(rules->keys, struct rule_key, i);
    blockade.found = NULL;
    if (g_hash_table_contains(blockade.tags, &blockade.key->tag))
      rules_walk(rules, rules_at(rules, blockade.key->rule), visit, &blockade);
    if (blockade.found != NULL)
      complain(&blockade, findings);
  }
  g_hash_table_unref(blockade.tags);
  g_hash_table_unref(blockade.blocked);
}
