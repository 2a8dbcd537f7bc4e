/* Which of the entries speak for a peer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/ranks.h"

#include "tests/court.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOST   "a.www.example.org"
#define LOCKED (KEYPIN_POLICY | COURT_LOCKED)

static struct ranks ranks;

static struct keypin *add(unsigned layer, const char *place, enum keypin_status status, int origin)
{
  return court_add(layer, place, status, origin, PATH_SERVER);
}

static bool holds(size_t index)
{
  return ranks_holds(&ranks, &court.entries[index]);
}

static void test_ranks(void **state)
{
  static const struct {
    unsigned layer;
    int origin;
    enum rank rank;
  } cases[] = {
      {1, LOCKED, RANK_LOCKED},
      {9, KEYPIN_IMPORT | COURT_LOCKED, RANK_LOCKED},
      {1, KEYPIN_POLICY, RANK_SYSTEM},
      {9, KEYPIN_TOFU, RANK_SYSTEM}, /* what somebody learned for everybody is policy */
      {0, KEYPIN_USER, RANK_OWN},
      {0, KEYPIN_IMPORT, RANK_OWN},
      {0, KEYPIN_PROGRAM, RANK_PROGRAM},
      {0, KEYPIN_POLICY, RANK_OWN},
      {0, KEYPIN_USER | COURT_LOCKED, RANK_OWN},
      {0, KEYPIN_PROGRAM | COURT_LOCKED, RANK_PROGRAM},
      {1, KEYPIN_PROGRAM, RANK_SYSTEM},
      {0, KEYPIN_TOFU, RANK_LEARNED},
      {0, KEYPIN_HPKP, RANK_LEARNED},
      {0, KEYPIN_TOFU | COURT_LOCKED, RANK_LEARNED},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    add(cases[i].layer, HOST, KEYPIN_ACTIVE, cases[i].origin);
    assert_int_equal(ranks_of(&court.entries[i]), cases[i].rank);
  }
}

static void test_in_force(void **state)
{
  struct keypin *pin = add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER);
  struct keypin *mode = add(0, HOST, KEYPIN_OFF, KEYPIN_USER);
  struct keypin *exception = add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER);

  (void)state;
  add(0, "www.example.org", KEYPIN_ACTIVE, KEYPIN_USER);
  for (size_t i = 0; i < 3; i++)
    assert_true(ranks_in_force(&court.in, &court.entries[i]));
  assert_false(ranks_in_force(&court.in, &court.entries[3])); /* elsewhere */
  pin->enforce_until = mode->enforce_until = exception->enforce_until = COURT_NOW;
  assert_true(ranks_in_force(&court.in, &court.entries[0])); /* it is reported */
  assert_false(ranks_in_force(&court.in, &court.entries[1]));
  assert_false(ranks_in_force(&court.in, &court.entries[2]));
  pin->report_until = COURT_NOW;
  assert_false(ranks_in_force(&court.in, &court.entries[0]));
}

static void test_empty(void **state)
{
  (void)state;
  ranks_find(&court.in, false, &ranks);
  for (int rank = 0; rank < RANKS; rank++) {
    assert_int_equal(ranks_best(&ranks, (enum rank)rank), -1);
    assert_int_equal(ranks.modes[rank], -1);
    assert_false(ranks_speaks(&ranks, (enum rank)rank));
  }
}

static void test_sets(void **state)
{
  (void)state;
  add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER);
  add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER);
  add(0, HOST, KEYPIN_ACTIVE, KEYPIN_IMPORT);
  add(0, ".example.org", KEYPIN_CRITICAL, KEYPIN_USER);
  add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER);
  add(0, HOST, KEYPIN_INACTIVE, KEYPIN_USER);
  add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER);
  add(0, HOST, KEYPIN_ON, KEYPIN_USER);
  ranks_find(&court.in, false, &ranks);
  assert_true(holds(0) && holds(1) && holds(2));
  for (size_t i = 3; i < court.in.count; i++)
    assert_false(holds(i));
  assert_true(ranks.sets[RANK_OWN][KEYPIN_USER].critical);
  assert_false(ranks.sets[RANK_OWN][KEYPIN_IMPORT].critical);
  assert_int_equal(ranks_best(&ranks, RANK_OWN), 0); /* at one place the first origin's */
  assert_int_equal(ranks.modes[RANK_OWN], 7);
}

/* A set is as strong as the strongest of its pins that are enforced, in whatever order they come;
 * or of all, where the others are looked at as if they were. */
static void test_strength(void **state)
{
  (void)state;
  for (size_t active = 0; active < 3; active++) /* the index of the active one; two are critical */
    for (unsigned reported = 0; reported < 8; reported++) {
      bool critical = false;

      court_open(NULL);
      for (size_t i = 0; i < 3; i++) {
        bool told = (reported >> i & 1) != 0;

        add(0, HOST, i == active ? KEYPIN_ACTIVE : KEYPIN_CRITICAL, KEYPIN_USER)->enforce_until =
            told ? 0 : KEYPIN_FOREVER;
        critical = critical || (i != active && !told);
        assert_int_equal(ranks_only_reported(&court.in, &court.entries[i]), told);
      }
      ranks_find(&court.in, false, &ranks);
      assert_int_equal(ranks.sets[RANK_OWN][KEYPIN_USER].critical, critical);
      assert_int_equal(ranks_speaks(&ranks, RANK_OWN), reported != 7);
      for (size_t i = 0; i < 3; i++)
        assert_int_equal(holds(i), (reported >> i & 1) == 0);
      ranks_find_reported(&court.in, false, &ranks);
      assert_true(ranks.sets[RANK_OWN][KEYPIN_USER].critical);
      assert_true(holds(0) && holds(1) && holds(2));
    }
}

static void test_best(void **state)
{
  (void)state;
  add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY)->enforce_until = 0;
  add(2, ".example.org", KEYPIN_ACTIVE, KEYPIN_IMPORT);
  ranks_find(&court.in, false, &ranks);
  assert_int_equal(ranks_best(&ranks, RANK_SYSTEM), 1);
  ranks_find_reported(&court.in, false, &ranks);
  assert_int_equal(ranks_best(&ranks, RANK_SYSTEM), 0); /* the more specific */
  court.pins[1].enforce_until = 0;
  ranks_find(&court.in, false, &ranks);
  assert_int_equal(ranks_best(&ranks, RANK_SYSTEM), -1);
  assert_false(ranks_speaks(&ranks, RANK_SYSTEM));
}

/* What is only reported stands in no place of what is enforced, and ends no walk to it. */
static void test_reported_places(void **state)
{
  (void)state;
  add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY);
  add(1, "www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY)->enforce_until = 0;
  add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY)->enforce_until = 0;
  ranks_find(&court.in, false, &ranks);
  assert_int_equal(ranks.sets[RANK_SYSTEM][KEYPIN_POLICY].floor, 0);
  assert_true(holds(0) && !holds(2));
  ranks_find_reported(&court.in, false, &ranks);
  assert_int_equal(ranks.sets[RANK_SYSTEM][KEYPIN_POLICY].floor, 15);
  assert_true(!holds(0) && holds(2));
}

static void test_floor(void **state)
{
  (void)state;
  add(0, ".example.org", KEYPIN_CRITICAL, KEYPIN_USER);
  add(0, "example.org", KEYPIN_CRITICAL, KEYPIN_USER);
  ranks_find(&court.in, false, &ranks);
  assert_int_equal(ranks.sets[RANK_OWN][KEYPIN_USER].floor, 11);
  assert_true(holds(0)); /* at the floor */
  add(0, "www.example.org", KEYPIN_CRITICAL, KEYPIN_USER);
  add(0, "org", KEYPIN_CRITICAL, KEYPIN_USER);
  ranks_find(&court.in, false, &ranks);
  assert_int_equal(ranks.sets[RANK_OWN][KEYPIN_USER].floor, 15);
  assert_false(holds(0) || holds(1) || holds(2) || holds(3));
  court.pins[2].always = true;
  court.pins[0].always = true;
  ranks_find(&court.in, true, &ranks);
  assert_int_equal(ranks.sets[RANK_OWN][KEYPIN_USER].floor, 15);
  court.pins[2].always = false;
  ranks_find(&court.in, true, &ranks);
  assert_int_equal(ranks.sets[RANK_OWN][KEYPIN_USER].floor, 0);
  assert_true(holds(0));
}

static void test_exempt(void **state)
{
  (void)state;
  assert_false(ranks_are_exempt(&court.in));
  court.in.added_anchor = true;
  assert_true(ranks_are_exempt(&court.in));
  court.in.pki = PKI_UNCHECKED;
  assert_false(ranks_are_exempt(&court.in));
  court.in.pki = PKI_FAILED;
  assert_false(ranks_are_exempt(&court.in));
  court.in.pki = PKI_OK;
  court.in.anchors_enforced = true;
  assert_false(ranks_are_exempt(&court.in));
  court.in.anchors_enforced = false;
  court.in.chain = NULL;
  assert_false(ranks_are_exempt(&court.in));
  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++)
    add(0, HOST, KEYPIN_ACTIVE, origin)->always = origin != KEYPIN_IMPORT;
  ranks_find(&court.in, true, &ranks);
  for (size_t i = 0; i < KEYPIN_ORIGINS; i++)
    assert_int_equal(holds(i), i != KEYPIN_TOFU && i != KEYPIN_HPKP && i != KEYPIN_IMPORT);
}

static void test_modes(void **state)
{
  (void)state;
  add(2, HOST, KEYPIN_OFF, KEYPIN_POLICY);
  add(1, HOST, KEYPIN_OFF, KEYPIN_POLICY);
  add(3, HOST, KEYPIN_ON, KEYPIN_POLICY);
  add(0, HOST, KEYPIN_OFF, KEYPIN_IMPORT);
  add(0, HOST, KEYPIN_ON, KEYPIN_USER);
  add(0, ".example.org", KEYPIN_ON, KEYPIN_USER);
  add(0, HOST, KEYPIN_OFF, KEYPIN_TOFU);
  ranks_find(&court.in, false, &ranks);
  assert_int_equal(ranks.modes[RANK_SYSTEM], 1);
  assert_int_equal(ranks.modes[RANK_OWN], 4);
  assert_int_equal(ranks.modes[RANK_LEARNED], -1);
  assert_int_equal(ranks.modes[RANK_LOCKED], -1);
  assert_true(ranks_speaks(&ranks, RANK_OWN) && ranks_speaks(&ranks, RANK_SYSTEM));
  assert_false(ranks_speaks(&ranks, RANK_LEARNED) || ranks_speaks(&ranks, RANK_LOCKED));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_ranks),    COURT_TEST(test_in_force),
      COURT_TEST(test_empty),    COURT_TEST(test_sets),
      COURT_TEST(test_strength), COURT_TEST(test_best),
      COURT_TEST(test_floor),    COURT_TEST(test_exempt),
      COURT_TEST(test_modes),    COURT_TEST(test_reported_places),
  };

  return cmocka_run_group_tests(tests, court_set_up, court_tear_down);
}
