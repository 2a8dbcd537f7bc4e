/* Which entries a command would be about.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/meant.h"

#include "tests/judged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HERE "www.example.org:443"

enum { USER = 0, SYSTEM = JUDGED_SYSTEM };

/* Every way by its name, in the order of the header. */
static char *ways_of(void)
{
  static const struct {
    meant_test test;
    const char *name;
  } ways[] = {
      {meant_as_blocked, "blocked"},   {meant_as_systems_block, "systems-block"},
      {meant_as_excuse, "excuse"},     {meant_as_decider, "decider"},
      {meant_as_unmet, "unmet"},       {meant_as_beside, "beside"},
      {meant_as_narrower, "narrower"}, {meant_as_commanding, "commanding"},
      {meant_as_next, "next"},
  };
  GString *text = g_string_new(NULL);

  for (size_t i = 0; i < G_N_ELEMENTS(ways); i++)
    if (ways[i].test(&judged, 0))
      g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", ways[i].name);
  return g_string_free(text, FALSE);
}

/* The one entry, where it has this role, and where it decided. */
static void assert_ways(enum verdict_role role, const char *beside, const char *decided)
{
  g_autofree char *first = NULL, *second = NULL;

  judged.roles[0] = role;
  judged.verdict.decided_by = -1;
  first = ways_of();
  assert_string_equal(first, beside);
  judged_decide();
  second = ways_of();
  assert_string_equal(second, decided);
}

static struct keypin *one(unsigned layer, enum keypin_status status, enum keypin_origin origin)
{
  judged_begin(TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS);
  return judged_add(layer, HERE, status, origin, VERDICT_MASKED);
}

static void test_pins(void **state)
{
  (void)state;
  one(USER, KEYPIN_CRITICAL, KEYPIN_USER);
  assert_ways(VERDICT_EXEMPTED, "", "decider unmet");
  assert_ways(VERDICT_LOOKED_AT, "unmet", "decider unmet");
  assert_ways(VERDICT_MASKED, "next", "decider unmet");
  one(USER, KEYPIN_CRITICAL, KEYPIN_IMPORT);
  assert_ways(VERDICT_LOOKED_AT, "unmet beside", "decider unmet beside");
  one(USER, KEYPIN_CRITICAL, KEYPIN_PROGRAM);
  assert_ways(VERDICT_LOOKED_AT, "unmet", "decider unmet");
  one(SYSTEM, KEYPIN_CRITICAL, KEYPIN_POLICY);
  assert_ways(VERDICT_LOOKED_AT, "", "");
  assert_ways(VERDICT_MASKED, "next", "");
}

/* What was learned is unmet though it is not critical; a wish of somebody's is not. */
static void test_active(void **state)
{
  (void)state;
  one(USER, KEYPIN_ACTIVE, KEYPIN_TOFU);
  assert_ways(VERDICT_LOOKED_AT, "unmet", "decider unmet");
  one(USER, KEYPIN_ACTIVE, KEYPIN_USER);
  assert_ways(VERDICT_LOOKED_AT, "", "decider unmet");
  one(USER, KEYPIN_INACTIVE, KEYPIN_TOFU);
  assert_ways(VERDICT_LOOKED_AT, "", "decider");
}

/* A pin for one protocol stands beside that of `tlspin pin`, and `tlspin off` is wider. */
static void test_narrower(void **state)
{
  static const struct {
    const char *place;
    enum verdict_role role;
    const char *ways;
  } rows[] = {
      {HERE, VERDICT_LOOKED_AT, "unmet beside narrower"},
      {HERE, VERDICT_EXPIRED, ""},
      {HERE, VERDICT_ELSEWHERE, ""},
      {HERE, VERDICT_HISTORY, ""},
      {"www.example.org", VERDICT_LOOKED_AT, "unmet beside"},
      {".www.example.org:443", VERDICT_LOOKED_AT, "unmet beside"},
  };

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autofree char *found = NULL;

    judged_begin(TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS);
    judged_add(USER, rows[i].place, KEYPIN_CRITICAL, KEYPIN_USER, rows[i].role)->place.protocol =
        PROTOCOL_TLS;
    found = ways_of();
    assert_string_equal(found, rows[i].ways);
  }
  one(USER, KEYPIN_CRITICAL, KEYPIN_HPKP)->place.protocol = PROTOCOL_TLS;
  assert_ways(VERDICT_LOOKED_AT, "unmet", "decider unmet");
}

static void test_blocked(void **state)
{
  (void)state;
  one(USER, KEYPIN_REJECTED, KEYPIN_USER);
  assert_ways(VERDICT_LOOKED_AT, "", "blocked decider");
  assert_ways(VERDICT_MATCHED, "blocked", "blocked decider");
  one(SYSTEM, KEYPIN_REJECTED, KEYPIN_POLICY);
  assert_ways(VERDICT_LOOKED_AT, "", "blocked systems-block");
  assert_ways(VERDICT_MATCHED, "blocked systems-block", "blocked systems-block");
}

static void test_exceptions(void **state)
{
  (void)state;
  one(USER, KEYPIN_EXCEPTED, KEYPIN_USER);
  assert_ways(VERDICT_LOOKED_AT, "", "excuse decider");
  assert_ways(VERDICT_MATCHED, "excuse next", "excuse decider");
  one(SYSTEM, KEYPIN_EXCEPTED, KEYPIN_POLICY);
  assert_ways(VERDICT_MATCHED, "next", "");
}

/* A lock speaks for pins and modes that are in force and enforced. */
static void test_locks(void **state)
{
  struct keypin *pin = one(SYSTEM, KEYPIN_CRITICAL, KEYPIN_POLICY);

  (void)state;
  pin->locked = true;
  assert_ways(VERDICT_LOOKED_AT, "commanding", "commanding");
  judged.roles[0] = VERDICT_EXPIRED;
  assert_false(meant_as_commanding(&judged, 0));
  pin->enforce_until = 0;
  assert_ways(VERDICT_LOOKED_AT, "", "");
  one(SYSTEM, KEYPIN_ON, KEYPIN_POLICY)->locked = true;
  assert_ways(VERDICT_MATCHED, "commanding", "commanding");
  one(SYSTEM, KEYPIN_EXCEPTED, KEYPIN_POLICY)->locked = true;
  assert_ways(VERDICT_LOOKED_AT, "", "");
  one(USER, KEYPIN_ON, KEYPIN_USER)->locked = true; /* nothing of the user's is */
  assert_ways(VERDICT_MATCHED, "", "decider");
}

/* In their order; the mode that stands for a locked ticket is none of the records. */
static void test_find(void **state)
{
  g_autoptr(GPtrArray) found = NULL;

  (void)state;
  judged_begin(TLSPIN_OPTED_OUT, VERDICT_LOCKED_OFF);
  judged_add(USER, HERE, KEYPIN_CRITICAL, KEYPIN_USER, VERDICT_MASKED);
  judged_add(USER, HERE, KEYPIN_REJECTED, KEYPIN_USER, VERDICT_LOOKED_AT);
  judged_add(SYSTEM, HERE, KEYPIN_CRITICAL, KEYPIN_POLICY, VERDICT_MASKED);
  judged_add(SYSTEM, HERE, KEYPIN_OFF, KEYPIN_POLICY, VERDICT_DECIDED)->locked = true;
  found = meant_find(&judged, meant_as_next);
  assert_int_equal(found->len, 2);
  assert_ptr_equal(found->pdata[0], &judged.gathering.entries[0]);
  assert_ptr_equal(found->pdata[1], &judged.gathering.entries[2]);
  assert_true(meant_any(&judged, meant_as_commanding));
  assert_false(meant_any(&judged, meant_as_excuse));
  judged.gathering.ticket.code = TLSPIN_OPTED_OUT;
  assert_false(meant_any(&judged, meant_as_commanding));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pins),    cmocka_unit_test(test_active),
      cmocka_unit_test(test_blocked), cmocka_unit_test(test_narrower),
      cmocka_unit_test(test_locks),   cmocka_unit_test(test_exceptions),
      cmocka_unit_test(test_find),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
