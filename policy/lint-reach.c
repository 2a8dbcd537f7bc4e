/* Groups that another group keeps from ever deciding: see lint.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which entry decides is said above verdict_judge and in tlspin-layers(5): locked ones first; of
 * these, and of the others, those at the most specific place; of several layers with the same place
 * the highest one; and an exact entry at a parent ends the search. */
#include "config.h"

#include "common/text.h"
#include "policy/lint.h"

enum { NO_BARRIER = PLACE_NAMES_MAX };

/* What is looked for around a rule. */
struct reach {
  const struct rules *rules;
  const struct rule *rule;
  bool locked;              /* among these */
  unsigned content;         /* with any of it */
  const struct rule *found; /* or NULL */
  size_t barrier;           /* what is more labels above than this doesn't count any more */
};

/* Whether `other` is in force for as long as the rule says anything. */
static bool outlasts(const struct rule *other, const struct rule *rule)
{
  return other->enforce_until >= rule->report_until;
}

static bool is_over(const struct rule *rule, int64_t now)
{
  return rule->report_until <= now;
}

static struct spot spot_of_pins(const struct rule *rule)
{
  return (struct spot){rule->spot.file, rule->line_pins != 0 ? rule->line_pins : rule->spot.line};
}

/* "[.example.com] (FILE:LINE)"; to be freed by the caller. */
static char *name_rule(const struct rule *rule)
{
  g_autofree char *heading = rule_heading(rule);
  g_autofree char *file = g_filename_display_name(rule->spot.file);

  return g_strdup_printf("%s (%s:%u)", heading, file, rule->spot.line);
}

/* Of the rules at one place: the one that wins among the locked ones, or among the others. A
 * rules_visit. */
static bool visit_place(const struct rule_place *place, size_t first, size_t count, size_t above,
                        void *data)
{
  struct reach *reach = data;

  (void)place;
  if (above > reach->barrier)
    return false;
  for (size_t i = first; i < first + count && reach->found == NULL; i++) {
    const struct rule *rule = rules_sorted(reach->rules, i);

    if (rule != reach->rule && rule->locked == reach->locked &&
        (rule->content & reach->content) != 0)
      reach->found = rule;
  }
  return reach->found == NULL;
}

/* An exact entry with pins at a parent, or at the rule's own host where the rule is about names
 * below it. */
static size_t find_barrier(const struct rules *rules, const struct rule *rule, bool locked)
{
  const char *names[PLACE_NAMES_MAX];
  size_t count = place_names(rule->host, names);
  struct reach reach = {rules, rule, locked, RULE_PINS, NULL, NO_BARRIER};

  for (size_t i = rule->scope == SCOPE_EXACT ? 1 : 0; i < count; i++)
    if (rules_has_host(rules, names[i]) &&
        !rules_walk_scope(rules, rule, names[i], SCOPE_EXACT, i, visit_place, &reach))
      return i;
  return NO_BARRIER;
}

/* The locked rule that decides about all of an unlocked one's peers; NULL where there is none, or
 * it isn't in force for as long. */
static const struct rule *find_lock(const struct rules *rules, const struct rule *rule)
{
  struct reach reach = {rules, rule, true, RULE_PINS | RULE_MODE, NULL, NO_BARRIER};

  if (rule->locked || !rules->any_locked)
    return NULL;
  reach.barrier = find_barrier(rules, rule, true);
  rules_walk(rules, rule, visit_place, &reach);
  return reach.found != NULL && outlasts(reach.found, rule) ? reach.found : NULL;
}

/* Locked active pins without a match leave the decision to the next rank, and so does what is only
 * reported. */
static bool decides(const struct rule *lock)
{
  return (lock->content & (RULE_CRITICAL | RULE_OFF)) != 0;
}

static bool check_lock(const struct rules *rules, const struct rule *rule,
                       struct findings *findings)
{
  const struct rule *lock = find_lock(rules, rule);
  g_autofree char *heading = NULL, *other = NULL;
  bool masked;

  if (lock == NULL)
    return false;
  heading = rule_heading(rule);
  other = name_rule(lock);
  if ((rule->content & RULE_EXCEPTIONS) != 0)
    findings_add(findings, FINDING_IDLE_EXCEPTION,
                 (struct spot){rule->spot.file, rule->line_exceptions}, "exceptions",
                 _("The exceptions of %s excuse nothing, since %s is locked. Write them there, or "
                   "lock this group, too."),
                 heading, other);
  masked = (rule->content & RULE_PINS) != 0 ? decides(lock) : (rule->content & RULE_MODE) != 0;
  if (masked)
    findings_add(
        findings, FINDING_UNREACHABLE, spot_of_pins(rule), NULL,
        _("%s never decides, since %s is locked. Lock it, too, or take one of the two out."),
        heading, other);
  return masked;
}

/* What takes the place of this content, at the same place and rank, in a higher file. */
static unsigned overriding(const struct rule *rule)
{
  if ((rule->content & RULE_PINS) != 0)
    return RULE_PINS;
  return (rule->content & RULE_MODE) != 0 ? RULE_MODE : RULE_EXCEPTIONS;
}

/* The rule that wins at the same place and rank, of those with this content. */
static const struct rule *find_beside(const struct rules *rules, const struct rule *rule,
                                      unsigned content)
{
  const struct rule_place place = {rule->host, (enum scope)rule->scope, rule->port, rule->protocol};
  struct reach reach = {rules, rule, rule->locked, content, NULL, NO_BARRIER};
  size_t first = 0, count = rules_find(rules, &place, &first);

  visit_place(&place, first, count, 0, &reach);
  return reach.found != NULL && outlasts(reach.found, rule) ? reach.found : NULL;
}

static bool check_override(const struct rules *rules, const struct rule *rule,
                           struct findings *findings)
{
  const struct rule *winner = find_beside(rules, rule, overriding(rule));
  g_autofree char *heading = NULL, *other = NULL;

  if (winner == NULL || winner->file <= rule->file)
    return false;
  heading = rule_heading(rule);
  other = name_rule(winner);
  findings_add(findings, FINDING_OVERRIDDEN, rule->spot, NULL,
               _("%s never decides, since of the same group in several files that of the last file "
                 "name does: %s."),
               heading, other);
  return true;
}

/* At one place, "off" stands before pins, in whatever file it is. */
static bool check_off(const struct rules *rules, const struct rule *rule, struct findings *findings)
{
  const struct rule *mode =
      (rule->content & RULE_PINS) != 0 ? find_beside(rules, rule, RULE_MODE) : NULL;
  g_autofree char *heading = NULL, *other = NULL;

  if (mode == NULL || (mode->content & RULE_OFF) == 0)
    return false;
  heading = rule_heading(rule);
  other = name_rule(mode);
  findings_add(
      findings, FINDING_UNREACHABLE, spot_of_pins(rule), NULL,
      _("The pins of %s never decide, since %s switches pinning off there. Take one of the "
        "two out."),
      heading, other);
  return true;
}

/* One group for each protocol leaves nothing to the one for any. */
static bool check_protocols(const struct rules *rules, const struct rule *rule,
                            struct findings *findings)
{
  struct rule_place place = {rule->host, (enum scope)rule->scope, rule->port, 0};
  struct reach reach = {rules, rule, rule->locked, RULE_PINS, NULL, NO_BARRIER};
  g_autofree char *heading = NULL, *other = NULL;

  if (rule->protocol != PLACE_ANY_PROTOCOL || (rule->content & RULE_PINS) == 0)
    return false;
  for (; place.protocol < PROTOCOL_COUNT; place.protocol++) {
    size_t first = 0, count = rules_find(rules, &place, &first);

    reach.found = NULL;
    visit_place(&place, first, count, 0, &reach);
    if (reach.found == NULL || !outlasts(reach.found, rule))
      return false;
  }
  heading = rule_heading(rule);
  other = name_rule(reach.found);
  findings_add(findings, FINDING_UNREACHABLE, spot_of_pins(rule), NULL,
               _("%s never decides, since there is one for each protocol, as %s. Take it out."),
               heading, other);
  return true;
}

static const struct rule *find_subtree(const struct rules *rules, const struct rule *rule,
                                       const char *host)
{
  struct reach reach = {rules, rule, rule->locked, RULE_PINS, NULL, NO_BARRIER};

  if (rules_has_host(rules, host))
    rules_walk_scope(rules, rule, host, SCOPE_SUBTREE, 0, visit_place, &reach);
  return reach.found;
}

static void check_hole(const struct rules *rules, const struct rule *rule, int64_t now,
                       struct findings *findings)
{
  const char *names[PLACE_NAMES_MAX];
  size_t count = place_names(rule->host, names);
  const struct rule *tree = NULL;
  g_autofree char *other = NULL;

  if (rule->scope != SCOPE_EXACT || (rule->content & RULE_PINS) == 0 || !rules->any_subtree ||
      find_subtree(rules, rule, rule->host) != NULL)
    return;
  for (size_t i = 1; i < count && tree == NULL; i++)
    tree = find_subtree(rules, rule, names[i]);
  if (tree == NULL || is_over(tree, now))
    return;
  other = name_rule(tree);
  findings_add(
      findings, FINDING_HOLE, rule->spot, NULL,
      _("The names below %s are not pinned, although they are below %s: an exact group ends "
        "the search for them. Write [.%s] if they are to be pinned."),
      rule->host, other, rule->host);
}

/* Groups of one place are in several files. */
static bool check_beside(const struct rules *rules, const struct rule *rule,
                         struct findings *findings)
{
  unsigned files = rules_at(rules, rules->list->len - 1)->file - rules_at(rules, 0)->file;

  return files > 0 && (check_override(rules, rule, findings) || check_off(rules, rule, findings) ||
                       check_protocols(rules, rule, findings));
}

void lint_reach(const struct rules *rules, int64_t now, struct findings *findings)
{
  for (size_t i = 0; i < rules->list->len; i++) {
    const struct rule *rule = rules_at(rules, i);

    if (is_over(rule, now) || (rule->content & ~(unsigned)RULE_BLOCKED) == 0)
      continue;
    if (!check_lock(rules, rule, findings) && !check_beside(rules, rule, findings))
      check_hole(rules, rule, now, findings);
  }
}
