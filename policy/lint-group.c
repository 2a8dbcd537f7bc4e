/* Looks a group over by itself: see lint.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/text.h"
#include "policy/lint.h"
#include "policy/moment.h"

#include <libpsl.h>
#include <string.h>

static struct spot spot_of(const struct group *group, enum group_list list)
{
  return (struct spot){group->spot.file, group->at[list] != 0 ? group->at[list] : group->spot.line};
}

static bool same_key(const struct keypin *a, const struct keypin *b)
{
  return a->selector == b->selector && a->matching == b->matching &&
         memcmp(a->digest, b->digest, matching_size(a->matching)) == 0;
}

/* A server that lost the only key that it is pinned to can't be reached any more (RFC 7469 section
 * 4.3). Active pins are no such danger. */
static void check_backup(const struct group *group, struct findings *findings)
{
  const struct keypin *only = NULL;

  for (guint i = 0; i < group->records->len; i++) {
    const struct keypin *record = &g_array_index(group->records, struct keypin, i);

    if (record->status != KEYPIN_CRITICAL)
      continue;
    if (only != NULL && !same_key(only, record))
      return;
    only = record;
  }
  if (only != NULL && group->mode != GROUP_OFF)
    findings_add(findings, FINDING_SINGLE_PIN, spot_of(group, GROUP_PINS),
                 group_list_name(GROUP_PINS),
                 _("There is a single pin and no backup: once the key is lost, nobody reaches the "
                   "server. Add the key of a certificate that is kept ready, or of its issuer."));
}

static void note_dates(const struct group *group, bool reports_only, int64_t now,
                       struct findings *findings)
{
  g_autofree char *enforced = moment_text(group->enforce_until);
  g_autofree char *reported = moment_text(group->report_until);

  if (group->report_until <= now)
    findings_add(
        findings, FINDING_EXPIRED, group->spot, "expires",
        _("The group expired at %s and says nothing any more. Give it a later date, or take "
          "it out."),
        reported);
  else if (group->mode != GROUP_REPORT && reports_only)
    findings_add(
        findings, FINDING_EXPIRED, group->spot, "expires",
        _("The group expired at %s; until %s mismatches are only reported. Give it a later "
          "date if it is still meant."),
        enforced, reported);
  else
    findings_add(findings, FINDING_EXPIRING, group->spot, "expires",
                 _("The group ends soon, at %s. Give it a later date if it is still meant then."),
                 reports_only ? reported : enforced);
}

static void check_dates(const struct group *group, int64_t now, struct findings *findings)
{
  bool reports_only = group->enforce_until <= now;
  int64_t end = reports_only ? group->report_until : group->enforce_until;

  if ((end != KEYPIN_FOREVER && end - now < LINT_SOON) ||
      (group->mode != GROUP_REPORT && reports_only))
    note_dates(group, reports_only, now, findings);
}

/* Whether all the pins are of the server's own key, and in the same form as the exception: only
 * then can they be compared. */
static bool are_like(const struct group *group, const struct keypin *exception)
{
  for (guint i = 0; i < group->records->len; i++) {
    const struct keypin *record = &g_array_index(group->records, struct keypin, i);

    if (group_lists(GROUP_PINS, record) &&
        (record->status != KEYPIN_CRITICAL || record->level != exception->level ||
         record->selector != exception->selector || record->matching != exception->matching))
      return false;
  }
  return group->at[GROUP_PINS] != 0;
}

/* The records are sorted by their keys: the pin of an exception's key comes right before it. */
static void check_exceptions(const struct group *group, struct findings *findings)
{
  const struct keypin *records = (const struct keypin *)(void *)group->records->data;
  bool known = false, like = false;
  char text[KEYPIN_KEY_TEXT_SIZE];

  for (guint i = 0; i < group->records->len; i++) {
    if (records[i].kind != KEYPIN_EXCEPTION || (i > 0 && same_key(&records[i - 1], &records[i])))
      continue;
    if (!known)
      like = are_like(group, &records[i]);
    known = true;
    if (like && keypin_key_text(&records[i], text))
      findings_add(findings, FINDING_IDLE_EXCEPTION, spot_of(group, GROUP_EXCEPTIONS),
                   group_list_name(GROUP_EXCEPTIONS),
                   _("The exception for %s excuses nothing, since the group's pins don't list that "
                     "key. Add it to 'pins'."),
                   text);
  }
}

/* The Public Suffix List as it stands: an intranet's own top-level name is none. */
static void check_suffix(const struct group *group, const psl_ctx_t *suffixes,
                         struct findings *findings)
{
  const char *host = group->place.host;

  if (group->at[GROUP_PINS] == 0 || group->place.scope == SCOPE_EXACT)
    return;
  if (host[0] == '\0')
    findings_add(findings, FINDING_EVERY_HOST, spot_of(group, GROUP_PINS),
                 group_list_name(GROUP_PINS),
                 _("These keys are pinned for every host there is. Name the hosts, unless no other "
                   "server is to be reached."));
  else if (suffixes != NULL &&
           psl_is_public_suffix2(suffixes, host, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0)
    findings_add(findings, FINDING_PUBLIC_SUFFIX, spot_of(group, GROUP_PINS),
                 group_list_name(GROUP_PINS),
                 _("Below '%s' anybody may have a name (it is a public suffix), and these keys are "
                   "pinned for all of them. Name the hosts, unless all are yours."),
                 host);
}

void lint_group(const struct group *group, const void *suffixes, int64_t now,
                struct findings *findings)
{
  check_backup(group, findings);
  check_dates(group, now, findings);
  check_suffix(group, suffixes, findings);
  check_exceptions(group, findings);
}
