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
  bool locked;       /* among these */
  unsigned content;  /* with any of it */
  size_t barrier;    /* what is more labels above than this doesn't count any more */
  bool is_found;     /* something is: */
  struct rule found; /* this */
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
  for (size_t i = first; i < first + count && !reach->is_found; i++) {
    reach->found = rules_sorted(reach->rules, i);
    reach->is_found = reach->found.index != reach->rule->index &&
                      reach->found.locked == reach->locked &&
                      (reach->found.content & reach->content) != 0;
  }
  return !reach->is_found;
}

/* An exact entry with pins at a parent, or at the rule's own host where the rule is about names
 * below it. */
static size_t find_barrier(const struct rules *rules, const struct rule *rule, bool locked)
{
  const char *names[PLACE_NAMES_MAX];
  size_t count = place_names(rule->host, names);
  struct reach reach = {rules, rule, locked, RULE_PINS, NO_BARRIER, .is_found = false};

  for (size_t i = rule->scope == SCOPE_EXACT ? 1 : 0; i < count; i++)
    if (rules_has_host(rules, names[i]) &&
        !rules_walk_scope(rules, rule, names[i], SCOPE_EXACT, i, visit_place, &reach))
      return i;
  return NO_BARRIER;
}

/* What was found, where it is in force for as long. */
static bool take(const struct reach *reach, struct rule *found)
{
  *found = reach->found;
  return reach->is_found && outlasts(&reach->found, reach->rule);
}

/* The locked rule that decides about all of an unlocked one's peers; false where there is none, or
 * it isn't in force for as long. */
static bool find_lock(const struct rules *rules, const struct rule *rule, struct rule *lock)
{
  struct reach reach = {rules, rule, true, RULE_PINS | RULE_MODE, NO_BARRIER, .is_found = false};

  if (rule->locked || !rules->any_locked)
    return false;
  reach.barrier = find_barrier(rules, rule, true);
  rules_walk(rules, rule, visit_place, &reach);
  return take(&reach, lock);
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
  g_autofree char *heading = NULL, *other = NULL;
  struct rule lock;
  bool masked;

  if (!find_lock(rules, rule, &lock))
    return false;
  heading = rule_heading(rule);
  other = name_rule(&lock);
  if ((rule->content & RULE_EXCEPTIONS) != 0)
    findings_add(findings, FINDING_IDLE_EXCEPTION,
                 (struct spot){rule->spot.file, rule->line_exceptions}, "exceptions",
                 _("The exceptions of %s excuse nothing, since %s is locked. Write them there, or "
                   "lock this group, too."),
                 heading, other);
  masked = (rule->content & RULE_PINS) != 0 ? decides(&lock) : (rule->content & RULE_MODE) != 0;
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
static bool find_beside(const struct rules *rules, const struct rule *rule, unsigned content,
                        struct rule *winner)
{
  const struct rule_place place = rule_place_of(rule);
  struct reach reach = {rules, rule, rule->locked, content, NO_BARRIER, .is_found = false};
  size_t first = 0, count = rules_find(rules, &place, &first);

  visit_place(&place, first, count, 0, &reach);
  return take(&reach, winner);
}

static bool check_override(const struct rules *rules, const struct rule *rule,
                           struct findings *findings)
{
  g_autofree char *heading = NULL, *other = NULL;
  struct rule winner;

  if (!find_beside(rules, rule, overriding(rule), &winner) || winner.file <= rule->file)
    return false;
  heading = rule_heading(rule);
  other = name_rule(&winner);
  findings_add(findings, FINDING_OVERRIDDEN, rule->spot, NULL,
               _("%s never decides, since of the same group in several files that of the last file "
                 "name does: %s."),
               heading, other);
  return true;
}

/* At one place, "off" stands before pins, in whatever file it is. */
static bool check_off(const struct rules *rules, const struct rule *rule, struct findings *findings)
{
  g_autofree char *heading = NULL, *other = NULL;
  struct rule mode;

  if ((rule->content & RULE_PINS) == 0 || !find_beside(rules, rule, RULE_MODE, &mode) ||
      (mode.content & RULE_OFF) == 0)
    return false;
  heading = rule_heading(rule);
  other = name_rule(&mode);
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
  struct reach reach = {rules, rule, rule->locked, RULE_PINS, NO_BARRIER, .is_found = false};
  g_autofree char *heading = NULL, *other = NULL;
  struct rule last;

  if (rule->protocol != PLACE_ANY_PROTOCOL || (rule->content & RULE_PINS) == 0)
    return false;
  for (; place.protocol < PROTOCOL_COUNT; place.protocol++) {
    size_t first = 0, count = rules_find(rules, &place, &first);

    reach.is_found = false;
    visit_place(&place, first, count, 0, &reach);
    if (!take(&reach, &last))
      return false;
  }
  heading = rule_heading(rule);
  other = name_rule(&last);
  findings_add(findings, FINDING_UNREACHABLE, spot_of_pins(rule), NULL,
               _("%s never decides, since there is one for each protocol, as %s. Take it out."),
               heading, other);
  return true;
}

static bool find_subtree(const struct rules *rules, const struct rule *rule, const char *host,
                         struct rule *tree)
{
  struct reach reach = {rules, rule, rule->locked, RULE_PINS, NO_BARRIER, .is_found = false};

  if (rules_has_host(rules, host))
    rules_walk_scope(rules, rule, host, SCOPE_SUBTREE, 0, visit_place, &reach);
  *tree = reach.found;
  return reach.is_found;
}

static void check_hole(const struct rules *rules, const struct rule *rule, int64_t now,
                       struct findings *findings)
{
  const char *names[PLACE_NAMES_MAX];
  size_t count = place_names(rule->host, names);
  g_autofree char *other = NULL;
  struct rule tree;
  bool found = false;

  if (rule->scope != SCOPE_EXACT || (rule->content & RULE_PINS) == 0 || !rules->any_subtree ||
      find_subtree(rules, rule, rule->host, &tree))
    return;
  for (size_t i = 1; i < count && !found; i++)
    found = find_subtree(rules, rule, names[i], &tree);
  if (!found || is_over(&tree, now))
    return;
  other = name_rule(&tree);
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
  unsigned files = rules_at(rules, rules->list->len - 1).file - rules_at(rules, 0).file;

  return files > 0 && (check_override(rules, rule, findings) || check_off(rules, rule, findings) ||
                       check_protocols(rules, rule, findings));
}

void lint_reach(const struct rules *rules, int64_t now, struct findings *findings)
{
  for (size_t i = 0; i < rules->list->len; i++) {
    const struct rule rule = rules_at(rules, i);

    if (is_over(&rule, now) || (rule.content & ~(unsigned)RULE_BLOCKED) == 0)
      continue;
    if (!check_lock(rules, &rule, findings) && !check_beside(rules, &rule, findings))
      check_hole(rules, &rule, now, findings);
  }
}
