/* Tests of libclient/opinion.c: what the library makes of the records by itself, where there is
 * nothing to compare them with, and whose word on a raw key counts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/opinion.h"

#include "dbus/names.h"
#include "pinning/digest.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

enum { KEYS = 4, RIGHT = 0, WRONG = 1 };

static struct pki_identity identity;
static gnutls_datum_t spki;

/* What is known of the peer: of each test. */
static struct {
  struct pin pin;
  struct keypin keys[KEYS];
  struct verdict_entry entries[KEYS];
  struct shown shown;
  struct verdict verdict;
} sight;

static int set_up_all(void **state)
{
  (void)state;
  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "www.example"});
  spki = pki_spki_der(&identity);
  return 0;
}

static int tear_down_all(void **state)
{
  (void)state;
  gnutls_free(spki.data);
  pki_free(&identity);
  return 0;
}

/* Nothing is known, and nothing was shown. */
static int set_up(void **state)
{
  (void)state;
  memset(&sight, 0, sizeof sight);
  sight.pin.peer = (struct peer){"www.example", PROTOCOL_TLS, 443};
  sight.pin.keys.known = true;
  sight.pin.keys.pins = sight.keys;
  sight.pin.keys.entries = sight.entries;
  sight.shown.path.pki = PKI_UNCHECKED;
  return 0;
}

/* A record of the server's key or of another one. */
static struct keypin *add(enum keypin_status status, enum keypin_origin origin, int which)
{
  size_t i = sight.pin.keys.count++;
  struct place place = place_of_peer(&sight.pin.peer);

  assert_true(i < KEYS);
  sight.keys[i] =
      keypin_new(&place, status == KEYPIN_OFF ? KEYPIN_MODE : KEYPIN_PIN, status, origin);
  if (status != KEYPIN_OFF) {
    assert_true(
        digest_gnutls(MATCHING_SHA256, (struct span){spki.data, spki.size}, sight.keys[i].digest));
    sight.keys[i].digest[0] ^= (uint8_t)which;
  }
  sight.entries[i] = (struct verdict_entry){&sight.keys[i], origin == KEYPIN_POLICY};
  return &sight.keys[i];
}

static void report_only(struct keypin *pin)
{
  pin->enforce_until = 0;
}

static void show_raw_key(void)
{
  shown_of(&spki, 1, true, &sight.shown);
  assert_true(sight.shown.there);
}

static void expect(enum tlspin_code answer, enum verdict_reason reason, bool enforced)
{
  opinion_form(&sight.pin, &sight.shown, &sight.verdict);
  assert_string_equal(verdict_reason_token(sight.verdict.reason), verdict_reason_token(reason));
  assert_int_equal(sight.verdict.answer, answer);
  assert_int_equal(sight.verdict.enforced, enforced);
  assert_false(sight.verdict.learn);
}

static void test_nothing_is_known(void **state)
{
  (void)state;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, true);
  sight.pin.keys.known = false;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, true);
}

/* What a lookup said besides. To a library that knows the first bit alone each is "unavailable". */
static void test_doubts(void **state)
{
  static const struct {
    unsigned policy;
    enum tlspin_code answer;
    enum verdict_reason reason;
  } cases[] = {
      {BUS_POLICY_UNREADABLE, TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE},
      {BUS_POLICY_UNREADABLE | BUS_POLICY_LOST, TLSPIN_STORE_DAMAGED, VERDICT_LOST},
      {BUS_POLICY_UNREADABLE | BUS_POLICY_CLOCK, TLSPIN_CLOCK_SUSPECT, VERDICT_CLOCK},
      {BUS_POLICY_UNREADABLE | BUS_POLICY_LOST | BUS_POLICY_CLOCK, TLSPIN_STORE_DAMAGED,
       VERDICT_LOST},
      {BUS_POLICY_UNREADABLE | BUS_POLICY_UNREADABLE_TOO | BUS_POLICY_LOST, TLSPIN_UNAVAILABLE,
       VERDICT_UNREADABLE},
      {BUS_POLICY_UNREADABLE | BUS_POLICY_UNREADABLE_TOO | BUS_POLICY_CLOCK, TLSPIN_UNAVAILABLE,
       VERDICT_UNREADABLE},
      {BUS_POLICY_LOST, TLSPIN_STORE_DAMAGED, VERDICT_LOST},
      {BUS_POLICY_CLOCK, TLSPIN_CLOCK_SUSPECT, VERDICT_CLOCK},
  };

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    sight.pin.keys.policy = cases[i].policy;
    expect(cases[i].answer, cases[i].reason, true);
  }
}

static void test_what_stands_is_not_met(void **state)
{
  (void)state;
  add(KEYPIN_CRITICAL, KEYPIN_USER, RIGHT);
  expect(TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, true);
  assert_int_equal(sight.verdict.decided_by, -1);
  sight.pin.evidence.resumed = true;
  expect(TLSPIN_MATCH, VERDICT_STANDS, true);
}

/* It counts as found, whatever else there is: an opt-out, a pin, a failed proof. */
static void test_rejected(void **state)
{
  (void)state;
  add(KEYPIN_OFF, KEYPIN_USER, RIGHT);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, true);
  add(KEYPIN_REJECTED, KEYPIN_USER, WRONG);
  expect(TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, true);
  assert_int_equal(sight.verdict.decided_by, 1);
  assert_int_equal(sight.verdict.rule, 1);
  sight.pin.evidence.pinned = true;
  sight.pin.refusal = REFUSAL_PROOF_WRONG;
  expect(TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, true);
  sight.pin.evidence.resumed = true;
  sight.pin.refusal = REFUSAL_NONE;
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, true);
}

/* Of another peer, or ended. */
static void test_rejected_elsewhere(void **state)
{
  struct keypin *ended, *elsewhere;

  (void)state;
  ended = add(KEYPIN_REJECTED, KEYPIN_USER, RIGHT);
  ended->enforce_until = ended->report_until = time(NULL) - 1;
  elsewhere = add(KEYPIN_REJECTED, KEYPIN_USER, RIGHT);
  strcpy(elsewhere->place.host, "example");
  expect(TLSPIN_NO_PIN, VERDICT_NONE, true);
}

static void test_rejected_and_reported(void **state)
{
  (void)state;
  report_only(add(KEYPIN_REJECTED, KEYPIN_USER, RIGHT));
  expect(TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, false);
  add(KEYPIN_REJECTED, KEYPIN_POLICY, WRONG);
  expect(TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, true);
  assert_int_equal(sight.verdict.decided_by, 1);
  sight.keys[1].status = KEYPIN_CRITICAL;
  expect(TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, true);
}

/* What can be compared is. */
static void test_rejected_and_shown(void **state)
{
  (void)state;
  show_raw_key();
  add(KEYPIN_REJECTED, KEYPIN_USER, WRONG);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, true);
  add(KEYPIN_REJECTED, KEYPIN_USER, RIGHT);
  expect(TLSPIN_MISMATCH, VERDICT_KEY_REJECTED, true);
}

static void test_crowded(void **state)
{
  (void)state;
  sight.pin.keys.policy = BUS_POLICY_CROWDED;
  expect(TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, true);
  show_raw_key();
  expect(TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, true);
  add(KEYPIN_CRITICAL, KEYPIN_USER, RIGHT);
  expect(TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, true);
  sight.keys[0].digest[0] ^= 1;
  expect(TLSPIN_MISMATCH, VERDICT_CRITICAL_DIFFERS, true);
  report_only(&sight.keys[0]);
  expect(TLSPIN_MISMATCH, VERDICT_PATH_UNKNOWN, true);
}

static bool vouches(void)
{
  return opinion_vouches(&sight.pin, &sight.shown);
}

static void test_who_vouches(void **state)
{
  static const struct {
    enum keypin_origin origin;
    bool vouches;
  } cases[] = {{KEYPIN_TOFU, true}, {KEYPIN_HPKP, false},  {KEYPIN_PROGRAM, false},
               {KEYPIN_USER, true}, {KEYPIN_IMPORT, true}, {KEYPIN_POLICY, true}};

  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (int critical = 0; critical < 2; critical++) {
      struct keypin *pin;

      if (critical != 0 && cases[i].origin == KEYPIN_TOFU)
        continue;
      set_up(state);
      show_raw_key();
      assert_false(vouches());
      pin = add(critical != 0 ? KEYPIN_CRITICAL : KEYPIN_ACTIVE, cases[i].origin, RIGHT);
      expect(TLSPIN_MATCH, critical != 0 ? VERDICT_CRITICAL_MATCHED : VERDICT_ACTIVE_MATCHED, true);
      assert_int_equal(vouches(), cases[i].vouches);
      report_only(pin);
      assert_false(vouches());
    }
}

/* What doesn't vouch takes nothing from what does, and neither makes up for a key that differs. */
static void test_together(void **state)
{
  (void)state;
  show_raw_key();
  add(KEYPIN_ACTIVE, KEYPIN_PROGRAM, RIGHT);
  add(KEYPIN_ACTIVE, KEYPIN_USER, WRONG);
  assert_false(vouches());
  sight.keys[1].digest[0] ^= 1;
  assert_true(vouches());
  add(KEYPIN_OFF, KEYPIN_USER, RIGHT);
  assert_false(vouches());
  sight.pin.keys.count--;
  add(KEYPIN_REJECTED, KEYPIN_USER, RIGHT);
  assert_false(vouches());
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_nothing_is_known),
      TEST(test_doubts),
      TEST(test_what_stands_is_not_met),
      TEST(test_rejected),
      TEST(test_rejected_elsewhere),
      TEST(test_rejected_and_reported),
      TEST(test_rejected_and_shown),
      TEST(test_crowded),
      TEST(test_who_vouches),
      TEST(test_together),
  };

  return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
