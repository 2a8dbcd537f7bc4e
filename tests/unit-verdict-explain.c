/* What became of each entry, for people who ask why.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/court.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define HOST   "a.www.example.org"
#define LOCKED (KEYPIN_POLICY | COURT_LOCKED)

/* The roles in the order of the entries, with blanks between them. */
static void expect(const char *roles)
{
  char found[1024] = "";

  court_judge();
  for (size_t i = 0; i < court.in.count; i++) {
    strcat(found, i > 0 ? " " : "");
    strcat(found, verdict_role_token(court.roles[i]));
  }
  assert_string_equal(found, roles);
}

static void test_passed_over(void **state)
{
  (void)state;
  court_add(0, "www.example.org", KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER)->enforce_until = 0;
  court.pins[1].report_until = COURT_NOW;
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0)->enforce_until = 0; /* a mode is not reported */
  court_add(0, "b.example.org", KEYPIN_OFF, KEYPIN_USER, 0);
  expect("elsewhere expired history expired elsewhere");
}

static void test_one_set(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_ISSUER);
  court_add(0, ".example.org", KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect("looked-at decided matched masked masked");
}

static void test_ranks(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, LOCKED, PATH_ISSUER);
  court_add(2, ".example.org", KEYPIN_CRITICAL, LOCKED, PATH_ISSUER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(3, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect("decided masked locked-out locked-out locked-out");
  court.pins[0].locked = court.pins[1].locked = false; /* the user's decides */
  expect("masked masked decided masked masked");
  court.pins[2].status = KEYPIN_ACTIVE; /* and now that of layer 3: it is the most specific */
  expect("masked masked looked-at decided masked");
  court.pins[3].status = KEYPIN_ACTIVE;
  expect("masked masked looked-at looked-at decided");
}

/* What must be met beside a program's key was asked before that decided; a first use was not. */
static void test_program(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_PROGRAM, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect("decided matched looked-at masked");
  court.pins[1].digest[0] ^= 1;
  expect("matched decided looked-at looked-at");
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  expect("locked-out locked-out locked-out locked-out decided");
}

static void test_active_differ(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_ACTIVE, LOCKED, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  expect("decided looked-at");
  assert_int_equal(court.out.reason, VERDICT_ACTIVE_DIFFERS);
}

static void test_rejected(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, PATH_ISSUER);
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  expect("decided matched looked-at masked masked");
  court.entries[0].layer = 1;
  court.pins[0].locked = true;
  expect("decided matched looked-at locked-out masked");
}

static void test_modes(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  court_add(0, "*", KEYPIN_OFF, KEYPIN_USER, 0);
  court_add(1, HOST, KEYPIN_ON, KEYPIN_POLICY, 0);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect("decided masked masked masked masked");
  court_add(1, HOST, KEYPIN_ON, LOCKED, 0);
  expect("locked-out masked locked-out masked decided matched");
}

/* Below ranks that have nothing to say. */
static void test_mode_of_system(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_ON, KEYPIN_POLICY, 0);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect("matched decided");
  court_add(0, HOST, KEYPIN_ON, KEYPIN_USER, 0);
  expect("masked decided matched");
}

/* Pins that hold behind an added anchor, too, beside such as don't. */
static void test_always(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  court_add(1, HOST, KEYPIN_ACTIVE, KEYPIN_POLICY, COURT_OTHER)->always = true;
  court_add(1, HOST, KEYPIN_ACTIVE, KEYPIN_POLICY, PATH_SERVER)->always = true;
  court_add(1, HOST, KEYPIN_ACTIVE, KEYPIN_POLICY, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER)->always = true;
  expect("looked-at decided exempted exempted");
}

/* A learned pin beside a program's that decided: only a set that must be met was asked before. */
static void test_beside_program(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_PROGRAM, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect("decided masked");
  court.pins[1].status = KEYPIN_CRITICAL;
  path_pin(&court.path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[1]);
  expect("decided matched");
}

static void test_locks(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  expect("locked-out decided");
  court.pins[1].digest[0] ^= 1;
  expect("locked-out decided");
  court.pins[1].status = KEYPIN_ACTIVE;
  expect("locked-out decided");
}

static void test_locked_ticket(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  court.in.ticket = TICKET_PROVED;
  expect("decided");
  court.in.ticket_locked = true;
  expect("locked-out");
}

static void test_locked_off(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_OFF, LOCKED, 0);
  court_add(0, HOST, KEYPIN_ON, KEYPIN_USER, 0);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  expect("decided locked-out locked-out masked");
}

/* Pins at a more specific place stand against the "off" of their own rank. */
static void test_off_that_yields(void **state)
{
  (void)state;
  court_add(0, ".example.org", KEYPIN_OFF, KEYPIN_USER, 0);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect("masked decided");
}

static void test_exceptions(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_IMPORT, PATH_SERVER);
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_PROGRAM, COURT_OTHER);
  expect("decided matched looked-at");
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, PATH_SERVER);
  expect("locked-out locked-out locked-out decided");
}

static void test_added_anchor(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect("exempted exempted exempted");
  court.pins[2].always = true;
  expect("exempted exempted decided");
  court_add(0, "*", KEYPIN_OFF, KEYPIN_USER, 0); /* ends before */
  court.pins[1].status = KEYPIN_INACTIVE;
  expect("masked history masked decided");
}

/* Where it can't be known whether they are exempt all are asked; for a mismatch with what holds in
 * any case the others are passed over. */
static void test_added_anchor_unreadable(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect("decided");
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect("matched looked-at history");
  assert_int_equal(court.out.answer, TLSPIN_UNAVAILABLE);
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER)->always = true;
  expect("exempted exempted history decided");
}

/* Of a learned key and a header the learned key decides, and the header is met beside it. */
static void test_hpkp(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_ISSUER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect("matched looked-at decided");
  court.pins[2].digest[0] ^= 1;
  expect("matched looked-at decided");
  court.pins[0].digest[0] ^= 1;
  expect("decided looked-at looked-at");
}

/* What is only reported decides once all have been asked. */
static void test_reported(void **state)
{
  (void)state;
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER)->enforce_until = 0;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_IMPORT, COURT_OTHER);
  expect("decided matched looked-at");
  assert_false(court.out.enforced);
  court.pins[0].digest[31] ^= 1;
  expect("matched decided looked-at");
}

static void test_ticket(void **state)
{
  (void)state;
  court.in.ticket = TICKET_FAILED;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, PATH_SERVER);
  expect("masked");
}

/* In a lookup all that would be asked stands. */
static void test_lookup(void **state)
{
  (void)state;
  court.in.chain = NULL;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_REJECTED, KEYPIN_USER, COURT_OTHER);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, ".example.org", KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER);
  expect("decided decided looked-at history masked");
  court.pins[0].status = KEYPIN_CRITICAL; /* which keeps those below from being asked */
  expect("decided masked looked-at history masked");
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER);
  expect("locked-out locked-out looked-at history masked decided");
  court_add(1, HOST, KEYPIN_OFF, LOCKED, 0);
  expect("locked-out locked-out looked-at history masked masked decided");
}

/* Sets that must be met end a lookup, of whatever origin they are. */
static void test_lookup_ends(void **state)
{
  (void)state;
  court.in.chain = NULL;
  court_add(1, HOST, KEYPIN_CRITICAL, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  for (int origin = 0; origin < KEYPIN_ORIGINS; origin++) {
    court.pins[0].origin = (enum keypin_origin)origin;
    expect("decided masked");
  }
}

/* What is only reported has its own decision, which leaves others of its kind unasked. */
static void test_reported_ranks(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER)->enforce_until = 0;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER)->enforce_until = 0;
  expect("decided masked");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_passed_over),    COURT_TEST(test_one_set),
      COURT_TEST(test_ranks),          COURT_TEST(test_active_differ),
      COURT_TEST(test_rejected),       COURT_TEST(test_modes),
      COURT_TEST(test_locks),          COURT_TEST(test_locked_ticket),
      COURT_TEST(test_locked_off),     COURT_TEST(test_off_that_yields),
      COURT_TEST(test_exceptions),     COURT_TEST(test_added_anchor),
      COURT_TEST(test_reported),       COURT_TEST(test_ticket),
      COURT_TEST(test_lookup),         COURT_TEST(test_lookup_ends),
      COURT_TEST(test_reported_ranks), COURT_TEST(test_added_anchor_unreadable),
      COURT_TEST(test_mode_of_system), COURT_TEST(test_always),
      COURT_TEST(test_beside_program), COURT_TEST(test_hpkp),
      COURT_TEST(test_program),
  };

  return cmocka_run_group_tests(tests, court_set_up, court_tear_down);
}
