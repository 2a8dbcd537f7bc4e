/* Groups of policy text: see groups.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/groups.h"

#include "policy/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The records of a group, a line each: its status, its level, selector and matching, the letter of
 * its key, and what else it says. */
static char *describe(const struct group *group)
{
  GString *text = g_string_new(NULL);

  for (guint i = 0; i < group->records->len; i++) {
    const struct keypin *record = &g_array_index(group->records, struct keypin, i);

    assert_true(keypin_is_valid(record));
    assert_int_equal(record->origin, KEYPIN_POLICY);
    assert_int_equal(record->first_seen, POLICIES_NOW);
    assert_int_equal(memcmp(&record->place, &group->place, sizeof record->place), 0);
    g_string_append_printf(text, "%s %s %d%d %c", keypin_status_token(record->status),
                           keypin_level_token(record->level), (int)record->selector,
                           (int)record->matching, record->digest[0] != 0 ? record->digest[0] : '-');
    if (record->errors != 0)
      g_string_append_printf(text, " errors=%x", record->errors);
    g_string_append_printf(text, "%s%s", record->locked ? " locked" : "",
                           record->always ? " always" : "");
    if (record->enforce_until != KEYPIN_FOREVER)
      g_string_append_printf(text, " enforce=%" G_GINT64_FORMAT, record->enforce_until);
    if (record->report_until != KEYPIN_FOREVER)
      g_string_append_printf(text, " report=%" G_GINT64_FORMAT, record->report_until);
    if (record->note[0] != '\0')
      g_string_append_printf(text, " '%s'", record->note);
    g_string_append_c(text, '\n');
  }
  return g_string_free(text, FALSE);
}

bool groups_read(struct policies *policies, const char *text, struct group *group)
{
  struct pemfiles *files = pemfiles_new(TRUST_SYSTEM);
  struct source *source;
  struct section section;
  bool good;

  policies_forget(policies);
  source = policies_open(policies, text, &section);
  group_init(group);
  good = group_read(group, &section, files, POLICIES_NOW, &policies->findings);
  findings_sort(&policies->findings);
  source_close(source);
  pemfiles_free(files);
  return good;
}

void groups_expect(struct policies *policies, const char *text, const char *records,
                   const char *findings)
{
  struct group group;
  bool good = groups_read(policies, text, &group);

  policies_expect(policies, findings);
  assert_int_equal(good, records != NULL);
  if (good) {
    g_autofree char *described = describe(&group);

    assert_string_equal(described, records);
  }
  group_clear(&group);
}
