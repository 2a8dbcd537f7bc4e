/* The command that clears entries.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/clearing.h"

#include "daemon/meant.h"
#include "tests/judged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SERVER "www.example.org:443"
#define ZEROS  "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void begin(void)
{
  judged_begin(TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS);
}

static struct keypin *unmet(const char *place, enum keypin_origin origin)
{
  return judged_add(0, place, origin == KEYPIN_TOFU ? KEYPIN_ACTIVE : KEYPIN_CRITICAL, origin,
                    VERDICT_LOOKED_AT);
}

static void assert_clears(meant_test test, const char *expected, bool leaves)
{
  g_autoptr(GPtrArray) meant = meant_find(&judged, test);
  g_autoptr(GPtrArray) next = meant_find(&judged, meant_as_next);
  g_autofree char *command = clearing_command(&judged, meant);

  assert_string_equal(command, expected);
  assert_int_equal(clearing_leaves(&judged, meant, next), leaves);
}

/* Where it stands, for a shell. */
static void test_places(void **state)
{
  static const struct {
    const char *place, *command;
  } rows[] = {
      {SERVER, "tlspin clear " SERVER},
      {".example.org", "tlspin clear .example.org"},
      {"*.example.org:443", "tlspin clear '*.example.org:443'"},
      {"*", "tlspin clear '*'"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    begin();
    unmet(rows[i].place, KEYPIN_USER);
    assert_clears(meant_as_unmet, rows[i].command, false);
  }
}

/* What else the user said there stays, and then the command is about no more than it has to be;
 * what was learned may go. */
static void test_beside(void **state)
{
  (void)state;
  begin();
  unmet(SERVER, KEYPIN_USER);
  judged_add(0, SERVER, KEYPIN_INACTIVE, KEYPIN_TOFU, VERDICT_HISTORY);
  judged_add(0, SERVER, KEYPIN_ACTIVE, KEYPIN_TOFU, VERDICT_MASKED);
  assert_clears(meant_as_unmet, "tlspin clear " SERVER, false);
  judged_add(0, SERVER, KEYPIN_ON, KEYPIN_USER, VERDICT_MATCHED);
  assert_clears(meant_as_unmet, "tlspin clear --status critical --key '" ZEROS "' " SERVER, true);
  begin();
  unmet(SERVER, KEYPIN_TOFU);
  judged_add(0, SERVER, KEYPIN_EXCEPTED, KEYPIN_USER, VERDICT_MATCHED);
  assert_clears(meant_as_unmet, "tlspin clear --origin tofu " SERVER, true);
  assert_clears(meant_as_excuse, "tlspin clear " SERVER, false);
  judged_add(0, SERVER, KEYPIN_REJECTED, KEYPIN_USER, VERDICT_LOOKED_AT);
  assert_clears(meant_as_excuse, "tlspin clear --kind exception " SERVER, false);
}

/* What stands behind it: the user's elsewhere, the system's, and the ticket, where it isn't cleared
 * with the place. */
static void test_leaves(void **state)
{
  (void)state;
  begin();
  unmet(SERVER, KEYPIN_USER);
  judged_add(0, "www.example.org:993", KEYPIN_CRITICAL, KEYPIN_USER, VERDICT_ELSEWHERE);
  assert_clears(meant_as_unmet, "tlspin clear " SERVER, false);
  judged_put_ticket(LAYER_USER, LOCK_NONE);
  assert_clears(meant_as_unmet, "tlspin clear " SERVER, false);
  judged_add(0, SERVER, KEYPIN_OFF, KEYPIN_USER, VERDICT_EXPIRED);
  assert_clears(meant_as_unmet, "tlspin clear --status critical --key '" ZEROS "' " SERVER, true);
  begin();
  unmet(SERVER, KEYPIN_USER);
  judged_add(JUDGED_SYSTEM, SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY, VERDICT_MASKED);
  assert_clears(meant_as_unmet, "tlspin clear " SERVER, true);
  begin();
  unmet(SERVER, KEYPIN_USER);
  judged_add(0, ".example.org", KEYPIN_CRITICAL, KEYPIN_USER, VERDICT_MASKED);
  assert_clears(meant_as_unmet, "tlspin clear " SERVER, true);
}

/* The same command for both places, and one of its own for the other key. */
static void test_several(void **state)
{
  g_autofree char *ones = g_strnfill(128, '0');
  g_autofree char *expected =
      g_strdup_printf("tlspin clear --status rejected --key '0 2 %s' www.example.org '*' && "
                      "tlspin clear --status rejected --key '" ZEROS "' '*'",
                      ones);

  (void)state;
  judged_begin(TLSPIN_MISMATCH, VERDICT_KEY_REJECTED);
  for (int i = 0; i < 4; i++) {
    struct keypin *pin = judged_add(0, i == 0 ? "www.example.org" : "*", KEYPIN_REJECTED,
                                    KEYPIN_USER, i < 3 ? VERDICT_MATCHED : VERDICT_LOOKED_AT);

    if (i < 2)
      pin->selector = SELECTOR_CERTIFICATE;
    if (i < 2)
      pin->matching = MATCHING_SHA512;
    memset(pin->digest, i < 3 ? 0 : 7, sizeof pin->digest);
  }
  assert_clears(meant_as_blocked, expected, false);
}

static void assert_ticket(const char *expected, bool leaves)
{
  g_autoptr(GPtrArray) next = meant_find(&judged, meant_as_next);
  g_autofree char *command = clearing_of_ticket(&judged);

  assert_string_equal(command, expected);
  assert_int_equal(clearing_of_ticket_leaves(&judged, next), leaves);
}

static void test_ticket(void **state)
{
  (void)state;
  judged_begin(TLSPIN_MATCH, VERDICT_STANDS);
  judged_put_ticket(LAYER_USER, LOCK_NONE);
  assert_ticket("tlspin clear " SERVER, false);
  judged_add(0, SERVER, KEYPIN_ACTIVE, KEYPIN_TOFU, VERDICT_MASKED);
  assert_ticket("tlspin clear " SERVER, false);
  judged_add(0, ".example.org", KEYPIN_CRITICAL, KEYPIN_USER, VERDICT_MASKED);
  assert_ticket("tlspin clear " SERVER, true);
  judged_begin(TLSPIN_MATCH, VERDICT_STANDS);
  judged_put_ticket(LAYER_USER, LOCK_NONE);
  judged_add(0, "www.example.org", KEYPIN_REJECTED, KEYPIN_USER, VERDICT_LOOKED_AT);
  assert_ticket("tlspin clear " SERVER, false); /* that is for every port, and stays */
  judged_add(0, SERVER, KEYPIN_REJECTED, KEYPIN_USER, VERDICT_LOOKED_AT);
  assert_ticket("tlspin clear --kind ticket " SERVER, false);
  judged_add(0, "www.example.org", KEYPIN_CRITICAL, KEYPIN_USER, VERDICT_MASKED);
  assert_ticket("tlspin clear --kind ticket " SERVER, true);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_places),  cmocka_unit_test(test_beside), cmocka_unit_test(test_leaves),
      cmocka_unit_test(test_several), cmocka_unit_test(test_ticket),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
