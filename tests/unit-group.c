/* Groups of policy text: place, mode, dates, and what holds for all of its records.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "policy/group.h"

#include "tests/groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define PIN         "critical any 11 A"
#define TEXT(lines) "[example.com]\npins=$A\n" lines

static struct place place_of(struct policies *policies, const char *heading)
{
  g_autofree char *text = g_strdup_printf("[%s]\nmode=off\nprotocol=dtls\n", heading);
  struct group group;
  struct place place;

  assert_true(groups_read(policies, text, &group));
  policies_expect(policies, "");
  place = group.place;
  group_clear(&group);
  return place;
}

static void test_places(void **state)
{
  static const struct {
    const char *heading, *host;
    enum scope scope;
    unsigned port;
  } cases[] = {
      {"example.com", "example.com", SCOPE_EXACT, 0},
      {"Example.COM.", "example.com", SCOPE_EXACT, 0},
      {"example.com:8443", "example.com", SCOPE_EXACT, 8443},
      {"*.example.com", "example.com", SCOPE_ONE_LABEL, 0},
      {".example.com", "example.com", SCOPE_SUBTREE, 0},
      {"**.example.com:1", "example.com", SCOPE_SUBTREE, 1},
      {"*", "", SCOPE_SUBTREE, 0},
      {"b\303\274cher.example", "xn--bcher-kva.example", SCOPE_EXACT, 0},
      {"defaults.", "defaults", SCOPE_EXACT, 0},
  };

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct place place = place_of(*state, cases[i].heading);

    assert_string_equal(place.host, cases[i].host);
    assert_int_equal(place.scope, cases[i].scope);
    assert_int_equal(place.port, cases[i].port);
    assert_int_equal(place.protocol, PROTOCOL_DTLS);
  }
  policies_expect(*state, "");
}

static void test_bad_places(void **state)
{
  static const char *const headings[] = {
      "192.0.2.1",           "a b",   "a..b",         "example.com:0",
      "under_score.example", "a.*.b", "*foo.example", "example.com:https",
      "2001:db8::1"};

  for (size_t i = 0; i < G_N_ELEMENTS(headings); i++) {
    g_autofree char *text = g_strdup_printf("\n[%s]\npins=$A\n", headings[i]);

    groups_expect(*state, text, NULL, "2:place");
    policies_expect_words(*state, headings[i]);
    policies_expect_words(*state, "Write [example.com], [*.example.com]");
  }
}

static void test_flags(void **state)
{
  groups_expect(*state, TEXT(""), PIN "\n", "");
  groups_expect(*state, TEXT("lock=yes\n"), PIN " locked\n", "");
  groups_expect(*state, TEXT("lock=no\nanchors=enforce\n"), PIN " always\n", "");
  groups_expect(*state, TEXT("anchors=exempt\ncomment= Why \n"), PIN " 'Why'\n", "");
  groups_expect(*state, TEXT("status=active\n"), "active any 11 A\n", "");
  groups_expect(*state, TEXT("status=critical\nlevel=leaf\n"), "critical leaf 11 A\n", "");
  groups_expect(*state, TEXT("protocol=tls\n"), PIN "\n", "");
}

static void test_bad_values(void **state)
{
  static const char *const lines[] = {"lock=maybe", "anchors=all",     "status=rejected",
                                      "level=root", "protocol=quic",   "mode=audit",
                                      "lock=",      "status=inactive", "mode=Report"};

  for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
    g_autofree char *text = g_strdup_printf(TEXT("%s\n"), lines[i]);
    g_autofree char *key = g_strndup(lines[i], strcspn(lines[i], "="));
    g_autofree char *found = g_strdup_printf("3:value:%s", key);

    groups_expect(*state, text, NULL, found);
  }
}

static void test_comment(void **state)
{
  g_autofree char *longest = g_strnfill(KEYPIN_NOTE_MAX, 'c');
  g_autofree char *good = g_strdup_printf(TEXT("comment=%s\n"), longest);
  g_autofree char *bad = g_strdup_printf(TEXT("comment=%sc\n"), longest);
  g_autofree char *record = g_strdup_printf(PIN " '%s'\n", longest);

  groups_expect(*state, good, record, "");
  groups_expect(*state, bad, NULL, "3:value:comment");
  groups_expect(*state, TEXT("comment=a\\nb\n"), NULL, "3:value:comment");
}

/* All that is wrong is said at once. */
static void test_all_at_once(void **state)
{
  groups_expect(*state, "[a_b]\npins=x;$A;y\nlock=1\nmod=off\nexpires=soon\nexcuse=revoked\n", NULL,
                "1:place 2:pin:pins 2:pin:pins 3:value:lock 4:unknown-key:mod 5:date:expires "
                "6:value:excuse");
}

#define D1 "1704067200" /* 2024-01-01 */
#define D2 "1735689600" /* 2025-01-01 */

static void test_dates(void **state)
{
  groups_expect(*state, TEXT("expires=2024-01-01\n"), PIN " enforce=" D1 " report=" D1 "\n", "");
  groups_expect(*state, TEXT("expires=2024-01-01\nreport-until=2025-01-01\n"),
                PIN " enforce=" D1 " report=" D2 "\n", "");
  groups_expect(*state, TEXT("expires=2024-01-01\nreport-until=2024-01-01T00:00:00Z\n"),
                PIN " enforce=" D1 " report=" D1 "\n", "");
  groups_expect(*state, TEXT("mode=report\n"), PIN " enforce=0\n", "");
  groups_expect(*state, TEXT("mode=report\nexpires=2024-01-01\n"), PIN " enforce=0 report=" D1 "\n",
                "");
  groups_expect(*state, TEXT("mode=report\nreport-until=2025-01-01\n"),
                PIN " enforce=0 report=" D2 "\n", "");
  groups_expect(*state, TEXT("mode=enforce\nexpires=2024-01-01\n"),
                PIN " enforce=" D1 " report=" D1 "\n", "");
}

static void test_idle_dates(void **state)
{
  groups_expect(*state, TEXT("report-until=2025-01-01\n"), PIN "\n", "3:unreachable:report-until");
  groups_expect(*state, TEXT("mode=report\nexpires=2024-01-01\nreport-until=2025-01-01\n"),
                PIN " enforce=0 report=" D2 "\n", "4:unreachable:expires");
  groups_expect(*state, "[a]\nmode=off\nexpires=2024-01-01\nreport-until=2025-01-01\n",
                "off leaf 11 - enforce=" D1 " report=" D1 "\n", "4:unreachable:report-until");
}

static void test_bad_dates(void **state)
{
  groups_expect(*state, TEXT("expires=2025-01-01\nreport-until=2024-01-01\n"), NULL,
                "4:contradiction:report-until");
  groups_expect(*state, TEXT("expires=1.1.2025\n"), NULL, "3:date:expires");
  groups_expect(*state, TEXT("report-until=never\n"), NULL, "3:date:report-until");
}

static void test_modes(void **state)
{
  groups_expect(*state, "[a]\nmode=off\n", "off leaf 11 -\n", "");
  groups_expect(*state, "[a]\nmode=on\nlock=yes\ncomment=x\n", "on leaf 11 - locked 'x'\n", "");
  groups_expect(*state, TEXT("mode=on\n"), PIN "\non leaf 11 -\n", "");
  groups_expect(*state, TEXT("mode=off\n"), PIN "\noff leaf 11 -\n", "2:unreachable:pins");
  groups_expect(*state, "[a]\nblocked=$A\nmode=off\n", "rejected any 11 A\noff leaf 11 -\n", "");
}

static void test_empty(void **state)
{
  groups_expect(*state, "[a]\n", "", "1:empty");
  groups_expect(*state, "[a]\nmode=enforce\nlock=yes\n", "", "1:empty");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, policies_setup, policies_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_places),    TEST(test_bad_places),  TEST(test_flags), TEST(test_bad_values),
      TEST(test_comment),   TEST(test_all_at_once), TEST(test_dates), TEST(test_idle_dates),
      TEST(test_bad_dates), TEST(test_modes),       TEST(test_empty),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
