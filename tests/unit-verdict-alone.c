/* The verdict of a key alone, of which a program knows no more, and the answer but for what is only
 * reported: what GnuTLS's stored keys ask for.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/trial.h"

static int open_alone(void **state)
{
  court_open(state);
  path_read_raw(&court.path, &court.chain);
  court.chain.alone = true;
  court.in.pki = PKI_UNCHECKED;
  return 0;
}

#define ALONE_TEST(name) cmocka_unit_test_setup(name, open_alone)

static void expect_otherwise(enum tlspin_code answer)
{
  assert_string_equal(tlspin_code_token(verdict_otherwise(&court.in)), tlspin_code_token(answer));
}

/* Nobody else decides. */
static void test_another_key(void **state)
{
  static const struct {
    unsigned layer;
    int origin;
  } active[] = {
      {1, LOCKED}, {1, KEYPIN_POLICY}, {0, KEYPIN_USER}, {0, KEYPIN_IMPORT}, {0, KEYPIN_PROGRAM}};

  for (size_t i = 0; i < sizeof active / sizeof active[0]; i++) {
    open_alone(state);
    court_add(active[i].layer, HOST, KEYPIN_ACTIVE, active[i].origin, COURT_OTHER);
    expect_mismatch(VERDICT_CHANGED, 0, 7, true);
    expect_otherwise(TLSPIN_MISMATCH);
    expire(&court.pins[0]);
    expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  }
}

/* Where the PKI was asked it decides, and so it may where more is known than the key. */
static void test_where_the_pki_decides(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_PROGRAM, COURT_OTHER);
  court.in.pki = PKI_OK;
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  court.in.pki = PKI_UNCHECKED;
  court.chain.alone = false;
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  path_read(&court.path, 1, false, &court.chain);
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
}

/* Any pin that matches, of a lower rank or the same. */
static void test_accepted_by_another(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 6);
  expire(&court.pins[1]);
  expect_mismatch(VERDICT_CHANGED, 0, 7, true);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_PROGRAM, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6);
  court.in.ticket = TICKET_PROVED;
  expire(&court.pins[2]);
  expect(TLSPIN_MATCH, VERDICT_PROVED, -1, 7);
}

/* That a layer can't be read takes nothing from what is known; and a key is not another one for a
 * pin above it, or for one that is off. */
static void test_in_doubt(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_PROGRAM, COURT_OTHER);
  court.in.unreadable = true;
  expect_mismatch(VERDICT_CHANGED, 0, 7, true);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
  open_alone(state);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, PATH_ISSUER);
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 7, true);
  report_only(&court.pins[1]);
  expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
}

/* What is only reported is no word for a server: unmet, met, blocked, or a learned one. */
static void test_otherwise(void **state)
{
  static const struct {
    enum keypin_status status;
    int origin;
    size_t key;
  } cases[] = {
      {KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER},   {KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER},
      {KEYPIN_CRITICAL, KEYPIN_HPKP, COURT_OTHER},   {KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER},
      {KEYPIN_ACTIVE, KEYPIN_PROGRAM, PATH_SERVER},  {KEYPIN_ACTIVE, KEYPIN_PROGRAM, COURT_OTHER},
      {KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER},     {KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER},
      {KEYPIN_CRITICAL, KEYPIN_IMPORT, PATH_ISSUER},
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    open_alone(state);
    court_add(0, HOST, cases[i].status, cases[i].origin, cases[i].key);
    report_only(&court.pins[0]);
    expect_otherwise(TLSPIN_NO_PIN);
    court.in.unreadable = true;
    expect_otherwise(TLSPIN_UNAVAILABLE);
    court.in.unreadable = false;
    court_add(0, "*", KEYPIN_OFF, KEYPIN_IMPORT, 0);
    expect_otherwise(TLSPIN_OPTED_OUT);
    expire(&court.pins[1]);
    court_add(1, ".example.org", KEYPIN_ACTIVE, KEYPIN_POLICY, COURT_OTHER);
    expect_otherwise(TLSPIN_MISMATCH);
    court_add(1, ".example.org", KEYPIN_ACTIVE, KEYPIN_POLICY, PATH_SERVER);
    expect_otherwise(TLSPIN_MATCH);
  }
}

/* Beside pins of the same place and origin that are enforced, too. */
static void test_otherwise_in_one_set(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, PATH_SERVER);
  report_only(court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER));
  expect_otherwise(TLSPIN_MATCH);
  report_only(&court.pins[0]);
  court.pins[1].enforce_until = KEYPIN_FOREVER;
  expect_otherwise(TLSPIN_MISMATCH);
}

static void test_otherwise_with_a_ticket(void **state)
{
  (void)state;
  court_open(state);
  court.in.ticket = TICKET_FAILED;
  court.in.refusal = REFUSAL_PROOF_WRONG;
  court.in.ticket_locked = true;
  expect_otherwise(TLSPIN_MISMATCH);
  court.in.ticket_reported = true;
  expect_mismatch(VERDICT_TICKET, -1, 5, false);
  expect_otherwise(TLSPIN_NO_PIN);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect_otherwise(TLSPIN_OPTED_OUT); /* nor is it a lock that stands against the user */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      ALONE_TEST(test_another_key),
      ALONE_TEST(test_where_the_pki_decides),
      ALONE_TEST(test_accepted_by_another),
      ALONE_TEST(test_in_doubt),
      ALONE_TEST(test_otherwise),
      ALONE_TEST(test_otherwise_in_one_set),
      ALONE_TEST(test_otherwise_with_a_ticket),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}
