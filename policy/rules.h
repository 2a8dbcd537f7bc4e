/* What lint keeps of every group of every file, and finds by its place.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * There may be hundreds of thousands of groups, most of which differ in nothing but their hosts and
 * keys: what they have in common is kept once, and keys are not kept but read again.
 */
#ifndef RULES_H
#define RULES_H

#include "policy/group.h"

enum rule_content {
  RULE_PINS = 1 << 0,
  RULE_CRITICAL = 1 << 1,  /* the pins are critical and enforced */
  RULE_LEAF_PINS = 1 << 2, /* all of them are of the server's own key */
  RULE_BLOCKED = 1 << 3,
  RULE_EXCEPTIONS = 1 << 4,
  RULE_OFF = 1 << 5,
  RULE_ON = 1 << 6,
  RULE_MODE = RULE_OFF | RULE_ON
};

/* A group, put together from what is kept of it. */
struct rule {
  const char *host; /* until the next one is added; NULL: hosts were forgotten */
  struct spot spot;
  int64_t offset; /* as of a section */
  int64_t enforce_until, report_until;
  uint32_t index; /* for rules_at */
  unsigned file;  /* its number; the higher one wins */
  unsigned line_pins, line_exceptions;
  uint16_t port;
  int8_t protocol;
  uint8_t scope;
  uint8_t content; /* enum rule_content */
  bool locked;
};

/* A key that a rule blocks. */
struct rule_key {
  uint64_t tag;  /* of its digest: keys that differ in them differ */
  uint32_t rule; /* its index */
};

/* Where the group [defaults] of a file is. */
struct rule_defaults {
  unsigned file, line;
  int64_t offset;
};

struct rules {
  GArray *list;     /* of what is kept, in the order in which they were added */
  GArray *blocked;  /* struct rule_key; from rules_sort on by tag and rule */
  GArray *defaults; /* struct rule_defaults */
  bool any_locked, any_subtree;
  GString *hosts;    /* each with a NUL behind it; NULL: they were forgotten */
  GPtrArray *paths;  /* of files by number */
  GArray *runs;      /* which of these are whose */
  GPtrArray *traits; /* what rules have in common */
  GHashTable *known; /* the same, to find them */
  uint32_t *sorted;  /* indices, from rules_sort on */
};

struct rules *rules_new(void);
void rules_free(struct rules *rules);

/* offset: of its section. file: a number that grows with the precedence; the spot's file must stay.
 */
void rules_add(struct rules *rules, const struct group *group, int64_t offset, unsigned file);

/* To be called once, when all were added. */
void rules_sort(struct rules *rules);

/* Frees the names, once nothing is looked for by them any more. */
void rules_forget_hosts(struct rules *rules);

/* The one with this index: they count in the order in which they were added. */
struct rule rules_at(const struct rules *rules, size_t index);

/* In the order of the store's table, that is by place; of one place the locked ones first, and of
 * these the one that wins. */
struct rule rules_sorted(const struct rules *rules, size_t position);

/* Whether the rule stands at this place; of a forgotten host its hash has to do. */
bool rules_is_at(const struct rules *rules, const struct rule *rule, const struct place *place);

/* As in a rule_key. */
uint64_t rules_key_tag(const struct keypin *record);

/* A place as the rules have it. */
struct rule_place {
  const char *host;
  enum scope scope;
  uint16_t port;
  int protocol;
};

struct rule_place rule_place_of(const struct rule *rule);

/* In the order of the store's table. */
int rule_place_compare(const struct rule_place *a, const struct rule_place *b);

/* The rules at exactly this place: how many, and where they begin for rules_sorted. */
size_t rules_find(const struct rules *rules, const struct rule_place *place, size_t *first);

/* Whether any rule stands at this host, in whatever scope. */
bool rules_has_host(const struct rules *rules, const char *host);

/* Told of each place that covers all of a rule's place and at which rules stand, the most specific
 * one first; its own place is one of them. above: how many labels are below the place's host.
 * Returning false ends the walk. */
typedef bool (*rules_visit)(const struct rule_place *place, size_t first, size_t count,
                            size_t above, void *data);
void rules_walk(const struct rules *rules, const struct rule *rule, rules_visit visit, void *data);

/* The same at one host and scope alone, whether they cover the rule's host or not: with its port
 * and protocol, and for any. False where `visit` ended it. */
bool rules_walk_scope(const struct rules *rules, const struct rule *rule, const char *host,
                      enum scope scope, size_t above, rules_visit visit, void *data);

/* "[*.example.com:443]" of a rule; to be freed by the caller. */
char *rule_heading(const struct rule *rule);

#endif
