/* The verdict of pins: their sets and ranks, what is only reported (rule 6), and the walk from the
 * most specific place to the widest.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/trial.h"

/* Rule 6: sets. Of whatever origin, a layer of the system may have one. */
static void test_system_origins(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
    court.pins[0].origin = (enum keypin_origin)origin;
    expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  }
  court.pins[0].digest[0] ^= 1;
  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
    court.pins[0].origin = (enum keypin_origin)origin;
    expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  }
}

static void test_backup_pins(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_ANCHOR);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  assert_false(court.out.learn);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

/* An active pin at the same place is one more key that a critical set accepts. */
static void test_active_in_a_critical_set(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

/* Every mechanism's critical set must be met. */
static void test_critical_sets_of_mechanisms(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_IMPORT, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
}

static void test_active(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_ACTIVE, LOCKED, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  court_add(2, HOST, KEYPIN_ACTIVE, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6); /* the next rank that knows */
  assert_false(court.out.learn);
  court.in.unreadable = true;
  court.pins[2].digest[0] ^= 1;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
}

/* A rank that decides keeps those below it from being asked. */
static void test_ranks(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(2, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court_add(0, ".example.org", KEYPIN_ACTIVE, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 3, 6, true);
  court_add(1, "*", KEYPIN_CRITICAL, LOCKED, PATH_ANCHOR);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 4, 6);
}

static void test_path_unknown(void **state)
{
  (void)state;
  path_read(&court.path, PATH_SIZE, false, &court.chain);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_ISSUER);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 1, 6, true);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 2, 6);
}

/* Report mode: blocks nothing, changes nothing, and is told. */
static void test_reported_pins(void **state)
{
  (void)state;
  report_only(court_add(1, ".example.org", KEYPIN_CRITICAL, LOCKED, COURT_OTHER));
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, false);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, false);
  court.pins[1].digest[0] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true); /* the user's own blocks as ever */
  court.in.now = KEYPIN_FOREVER;
  expire(&court.pins[0]);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

/* ...and opens nothing: a program that wants all of the store does not go on for it. */
static void test_reported_and_unreadable(void **state)
{
  (void)state;
  court.in.unreadable = true;
  report_only(court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER));
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  expect(TLSPIN_UNAVAILABLE, VERDICT_PKI_FAILED, -1, 3);
  court.in.pki = PKI_OK;
  court.in.ticket = TICKET_FAILED;
  court.in.ticket_reported = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_IMPORT, PATH_SERVER);
  expect_mismatch(VERDICT_TICKET, -1, 5, false); /* beside a match it is told */
}

/* Met, it is as if it were not there: what would be learned is. */
static void test_reported_and_met(void **state)
{
  (void)state;
  report_only(court_add(1, ".example.org", KEYPIN_CRITICAL, LOCKED, PATH_ANCHOR));
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_true(court.out.learn);
  court.in.unreadable = true; /* an attack: a strict program went on */
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  expect(TLSPIN_UNAVAILABLE, VERDICT_PKI_FAILED, -1, 3);
  court.in.unreadable = false;
  expect_mismatch(VERDICT_PKI_FAILED, 0, 3, false);
  court.in.pki = PKI_OK;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true); /* it speaks for nobody */
  report_only(&court.pins[1]);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7); /* the one above would decide */
  expire(&court.pins[0]);
  expect_mismatch(VERDICT_CHANGED, 1, 6, false);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
}

/* In a lookup it stands, so that it will be looked at; but for the layer that can't be read. */
static void test_reported_in_a_lookup(void **state)
{
  (void)state;
  court.in.chain = NULL;
  report_only(court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER));
  expect(TLSPIN_MATCH, VERDICT_STANDS, 0, 7);
  court.in.unreadable = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
}

/* An attack: beside a pin that is enforced one that is only reported let its key in. */
static void test_reported_beside_enforced(void **state)
{
  static const int origins[] = {KEYPIN_USER, LOCKED, KEYPIN_POLICY, KEYPIN_HPKP};
  static const enum keypin_status statuses[] = {KEYPIN_ACTIVE, KEYPIN_CRITICAL};

  (void)state;
  for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
    for (size_t k = 0; k < 2; k++)
      for (int over = 0; over < 2; over++) {
        unsigned layer = (origins[i] & ~COURT_LOCKED) == KEYPIN_POLICY;
        struct keypin *told;

        court_open(NULL);
        told = court_add(layer, HOST, statuses[k], origins[i], PATH_SERVER);
        told->enforce_until = over ? COURT_NOW : 0; /* it was enforced once, or never */
        court_add(layer, HOST, KEYPIN_CRITICAL, origins[i], COURT_OTHER);
        expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
        court.pins[1].digest[31] ^= 1; /* both would be one set, which is met by either */
        court.pins[0].digest[31] ^= 1;
        expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
        show_rogue();
        expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
      }
}

/* The enforced one is active, and does not match: nor does what is reported help it to. */
static void test_reported_beside_active(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  report_only(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, PATH_SERVER));
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  court.in.unreadable = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.unreadable = false;
  court.pins[1].status = KEYPIN_CRITICAL;
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  court.pins[1].digest[31] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, false);
  court.pins[0].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
}

/* The same from another place: what is only reported stands in front of nothing that is enforced,
 * and ends no walk to it. */
static void test_reported_below_enforced(void **state)
{
  static const char *const places[] = {HOST, HOST ":443", "www.example.org"};

  (void)state;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    court_open(NULL);
    court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
    report_only(court_add(1, places[i], KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER));
    expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  }
  court_open(NULL);
  court_add(2, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  report_only(court_add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER));
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true); /* nor does a higher layer's */
  court.pins[0].digest[31] ^= 1;
  court.pins[1].digest[31] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, false);
}

static void test_enforced_then_reported(void **state)
{
  struct keypin *pin = court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER);

  (void)state;
  pin->enforce_until = COURT_NOW + 100;
  pin->report_until = COURT_NOW + 200;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.in.now += 100;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, false);
  court.in.now += 100;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.in.now = COURT_NOW + 100;
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER); /* one of the set is enforced still */
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

/* Walks. */
static void test_most_specific(void **state)
{
  (void)state;
  court_add(1, "*", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  court_add(2, "*.www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 2, 6, true);
  court_add(3, "." HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 3, 6);
  court_add(4, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 4, 6, true);
  court_add(5, HOST ":443", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 5, 6);
}

static void test_layers_at_one_place(void **state)
{
  (void)state;
  court_add(2, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  court_add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER); /* and locked ones first */
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 2, 6);
}

/* Chromium's walk: a parent that is pinned alone ends it. */
static void test_walk_ends(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court_add(2, "www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.entries[1].layer = 0; /* of another rank, origin, port, protocol, time, status: no end */
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.entries[1].layer = 1;
  court.pins[1].origin = KEYPIN_IMPORT;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].origin = KEYPIN_POLICY;
  court.pins[1].place.port = 444;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].place.port = 443;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.pins[1].place.protocol = PROTOCOL_DTLS;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].place.protocol = PROTOCOL_TLS;
  court.pins[1].status = KEYPIN_INACTIVE;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.pins[1].status = KEYPIN_ACTIVE;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  expire(&court.pins[1]);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

/* At and below the parent the walk goes on. */
static void test_walk_below_its_end(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  court_add(1, "example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6); /* at the parent itself */
  court_add(1, "www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(1, "*.www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 3, 6);
}

static void test_one_label(void **state)
{
  (void)state;
  court_add(0, "*.example.org", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER); /* two labels up */
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(0, "*.www.example.org", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_system_origins),
      COURT_TEST(test_backup_pins),
      COURT_TEST(test_active_in_a_critical_set),
      COURT_TEST(test_critical_sets_of_mechanisms),
      COURT_TEST(test_active),
      COURT_TEST(test_ranks),
      COURT_TEST(test_path_unknown),
      COURT_TEST(test_reported_pins),
      COURT_TEST(test_reported_and_unreadable),
      COURT_TEST(test_reported_and_met),
      COURT_TEST(test_reported_in_a_lookup),
      COURT_TEST(test_reported_beside_enforced),
      COURT_TEST(test_reported_beside_active),
      COURT_TEST(test_reported_below_enforced),
      COURT_TEST(test_enforced_then_reported),
      COURT_TEST(test_most_specific),
      COURT_TEST(test_layers_at_one_place),
      COURT_TEST(test_walk_ends),
      COURT_TEST(test_walk_below_its_end),
      COURT_TEST(test_one_label),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}
