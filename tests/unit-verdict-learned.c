/* The verdict over what was learned: pins of the first use and of HPKP, their changes, and the
 * authorities that were added to the computer, which both give way to.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/verdict.h"

#include "tests/trial.h"

enum { DAY = 86400 };

/* An excused certificate is one that the PKI accepts: pins go on from there. */
static void test_excused_change(void **state)
{
  (void)state;
  court.in.pki = PKI_FAILED;
  court.in.errors = PKI_EXPIRED;
  court_add(0, HOST, KEYPIN_EXCEPTED, KEYPIN_USER, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 1, 6);
  assert_false(court.out.learn); /* the PKI has not vouched for it */
}

/* Rule 4. */
static void test_added_anchor(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER);
  court.in.ticket = TICKET_FAILED;
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4);
  court.pins[0].always = true; /* what was learned never holds there */
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4);
  court.pins[1].always = true;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
}

static void test_added_anchor_enforced(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4);
  assert_false(court.out.learn);
  court.in.anchors_enforced = true;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_true(court.out.learn); /* pins hold there, so they are made, too */
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.in.ticket = TICKET_FAILED;
  expect_mismatch(VERDICT_TICKET, -1, 5, true);
}

/* The ticket is passed over, too: not proved, and no failure. */
static void test_added_anchor_and_ticket(void **state)
{
  (void)state;
  court.in.added_anchor = true;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_USER, COURT_OTHER)->always = true;
  for (int i = TICKET_NONE; i <= TICKET_FAILED; i++) {
    court.in.ticket = (enum ticket_result)i;
    expect(TLSPIN_NO_PIN, VERDICT_ACTIVE_DIFFERS, 0, 7);
  }
}

/* A parent's pin that is passed over ends no walk. */
static void test_added_anchor_and_walk(void **state)
{
  (void)state;
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER)->always = true;
  court_add(1, "www.example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.in.added_anchor = true;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
}

/* A layer that can't be read may be the one that enforces pins there, or holds some that always do:
 * nothing is exempt by what can be read alone, and nothing is a mismatch that might be exempt. */
static void test_added_anchor_unreadable(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.pins[0].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_false(court.out.learn);
  court_add(1, HOST, KEYPIN_CRITICAL, LOCKED, COURT_OTHER);
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.pins[1].always = true; /* it holds in either case */
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  court.in.anchors_enforced = true; /* nothing is in doubt */
  court.pins[1].digest[31] ^= 1;
  court.pins[1].always = false;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
}

/* A pin that always holds, and matches, does not stand in for one that might have to. */
static void test_added_anchor_unreadable_and_ranks(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  court_add(1, HOST, KEYPIN_CRITICAL, KEYPIN_POLICY, PATH_SERVER)->always = true;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_USER, COURT_OTHER);
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.in.unreadable = false;
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
}

static void test_added_anchor_unreadable_and_ticket(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  court.in.ticket = TICKET_FAILED;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 4);
  court.in.ticket = TICKET_STANDS;
  expect(TLSPIN_UNAVAILABLE, VERDICT_UNREADABLE, -1, 7);
  court.in.ticket = TICKET_PROVED;
  expect(TLSPIN_MATCH, VERDICT_PROVED, -1, 7);
  assert_false(court.out.learn);
}

/* What comes before rule 4 is decided as ever. */
static void test_added_anchor_unreadable_and_modes(void **state)
{
  (void)state;
  court.in.added_anchor = court.in.unreadable = true;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_OFF, KEYPIN_USER, 0);
  expect(TLSPIN_OPTED_OUT, VERDICT_OFF, 1, 2);
  court_add(0, "*", KEYPIN_REJECTED, KEYPIN_USER, PATH_ANCHOR);
  expect_mismatch(VERDICT_KEY_REJECTED, 2, 1, true);
}

/* What was learned does not unlock what policy wants, however specific it is. */
static void test_learned_masks_nothing(void **state)
{
  (void)state;
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(1, ".example.org", KEYPIN_CRITICAL, KEYPIN_POLICY, COURT_OTHER);
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true);
  court.pins[1].status = KEYPIN_ACTIVE;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_true(court.out.learn);
}

/* Rule 6: first use, and changes. */
static void test_first_use(void **state)
{
  (void)state;
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_true(court.out.learn);
  assert_int_equal(court.out.change, CHANGE_NONE);
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER); /* two keys that take turns */
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  show_rogue();
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
  court.in.unreadable = true;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
}

/* For each class: accepted where policy says so, and a mismatch where it doesn't. */
static void check_change(enum change change)
{
  court.in.changes = 1u << change;
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 0, 6);
  assert_int_equal(court.out.change, change);
  assert_int_equal(court.out.learn, court.in.pki == PKI_OK);
  court.in.changes = ~(1u << change);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  assert_int_equal(court.out.change, change);
  court.in.changes = CHANGES_DEFAULT;
}

static void test_same_key(void **state)
{
  (void)state;
  see(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER), &rogue);
  check_change(CHANGE_SAME_KEY);
  court.in.pki = PKI_UNCHECKED; /* the pinned key all the same */
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_int_equal(court.out.change, CHANGE_SAME_KEY);
  assert_false(court.out.learn);
  court.in.changes = 0;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  keypin_clear(&court.pins[0]);
}

static void test_seen_before(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  check_change(CHANGE_SEEN_BEFORE);
  court.in.pki = PKI_UNCHECKED;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.in.pki = PKI_OK;
  court.pins[1].status = KEYPIN_ACTIVE;
  expire(&court.pins[1]); /* expired pins are history, too */
  check_change(CHANGE_SEEN_BEFORE);
  court.pins[1].status = KEYPIN_REJECTED;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
}

static void test_proved_change(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court.in.ticket = TICKET_STANDS;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.in.ticket = TICKET_PROVED;
  check_change(CHANGE_PROVED);
}

static void test_same_issuer(void **state)
{
  struct path old;

  (void)state;
  path_make_below(&old, &court.path,
                  &(struct pki_request){.purpose = PKI_SERVER,
                                        .name = "www.example.org",
                                        .not_before = COURT_NOW - 89 * DAY,
                                        .not_after = COURT_NOW + DAY});
  see(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER), &old);
  check_change(CHANGE_SAME_ISSUER);
  court.in.now -= 80 * DAY; /* far from its end */
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  keypin_clear(&court.pins[0]);
  path_free(&old);
}

/* A server can have had more keys than are looked at: the pins first, then so much of history. */
static void test_long_history(void **state)
{
  (void)state;
  for (int i = 0; i < 300; i++)
    court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, COURT_OTHER)->digest[0] = (uint8_t)i;
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 301, 6, true);
  court.pins[100] = court.pins[300];
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 301, 6);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 302, 6);
}

/* The keys in use are looked at before those that were. */
static void test_long_history_and_issuer(void **state)
{
  struct path old;

  (void)state;
  path_make_below(&old, &court.path,
                  &(struct pki_request){.purpose = PKI_SERVER,
                                        .name = "www.example.org",
                                        .not_before = COURT_NOW - 89 * DAY,
                                        .not_after = COURT_NOW + DAY});
  for (int i = 0; i < 300; i++)
    court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, COURT_OTHER)->digest[0] = (uint8_t)i;
  see(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER), &old);
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 300, 6);
  assert_int_equal(court.out.change, CHANGE_SAME_ISSUER);
  keypin_clear(&court.pins[300]);
  path_free(&old);
}

static void test_hpkp(void **state)
{
  (void)state;
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_ISSUER);
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 0, 6);
  assert_true(court.out.learn);
  show_rogue();
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 0, 6, true);
  court.in.added_anchor = true;
  expect(TLSPIN_OPTED_OUT, VERDICT_ADDED_ANCHOR, -1, 4); /* RFC 7469 section 2.6 */
}

/* Any program can note a header that names an attacker's key beside the server's: it explains no
 * other key than the one that was learned. */
static void test_hpkp_explains_nothing(void **state)
{
  (void)state;
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_SERVER);
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, COURT_OTHER);
  path_pin(&rogue, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[1]);
  court_add(0, HOST ":443", KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 2, 6);
  assert_true(court.out.learn);
  show_rogue();
  expect_mismatch(VERDICT_CHANGED, 2, 6, true);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
  for (size_t i = 0; i < 2; i++)
    court.pins[i].status = KEYPIN_ACTIVE; /* a header's pins in a dump, say */
  expect_mismatch(VERDICT_CHANGED, 2, 6, true);
  court.pins[2].status = KEYPIN_INACTIVE;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 6);
  assert_int_equal(court.out.change, CHANGE_NONE);
}

/* What was learned speaks where HPKP's are met: its change is told and recorded. */
static void test_hpkp_and_changes(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, "." HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_ISSUER);
  court.in.ticket = TICKET_PROVED;
  check_change(CHANGE_PROVED);
  path_pin(&court.path, PATH_SERVER, SELECTOR_SPKI, MATCHING_SHA256, &court.pins[0]);
  see(&court.pins[0], &rogue);
  check_change(CHANGE_SAME_KEY);
  court.pins[1].digest[0] ^= 1;
  expect_mismatch(VERDICT_CRITICAL_DIFFERS, 1, 6, true); /* and it must be met */
  court.pins[1].digest[0] ^= 1;
  report_only(&court.pins[0]); /* the learned pin blocks nothing, and so is not asked alone */
  expect(TLSPIN_MATCH, VERDICT_CRITICAL_MATCHED, 1, 6);
  assert_int_equal(court.out.change, CHANGE_NONE);
  court.in.changes = 0;
  expect_mismatch(VERDICT_CHANGED, 0, 6, false);
  keypin_clear(&court.pins[0]);
}

/* A report-only header decides nothing of what was learned either. */
static void test_reported_hpkp(void **state)
{
  (void)state;
  report_only(court_add(0, HOST, KEYPIN_CRITICAL, KEYPIN_HPKP, PATH_SERVER));
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 1, 6, true);
  court.pins[1].digest[31] ^= 1;
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 6);
  report_only(&court.pins[1]);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  court.pins[1].digest[31] ^= 1;
  expect_mismatch(VERDICT_CHANGED, 1, 6, false);
}

/* What a layer of the system says of a first use is not the user's: it explains no key. */
static void test_first_use_of_system(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(1, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  assert_int_equal(court.out.change, CHANGE_UNEXPLAINED);
  court_add(0, HOST, KEYPIN_INACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 0, 6);
  assert_int_equal(court.out.change, CHANGE_SEEN_BEFORE);
}

static void test_learned_path_unknown(void **state)
{
  (void)state;
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_ISSUER);
  path_read(&court.path, PATH_SIZE, false, &court.chain);
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
  path_read(&court.path, PATH_SIZE, true, &court.chain);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
}

/* A visit to the parent must not unpin what is below it. */
static void test_learned_ends_no_walk(void **state)
{
  (void)state;
  court_add(0, ".example.org", KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  court_add(0, "www.example.org", KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.pins[0].origin = court.pins[1].origin = KEYPIN_HPKP;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
}

static void test_key_alone_and_first_use(void **state)
{
  (void)state;
  court.in.pki = PKI_UNCHECKED;
  path_read_raw(&court.path, &court.chain);
  court.chain.alone = true;
  see(court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER), &court.path);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_int_equal(court.out.change, CHANGE_NONE);
  court.pins[0].digest[0] ^= 1;
  expect_mismatch(VERDICT_CHANGED, 0, 6, true);
  court.pins[0].level = KEYPIN_ISSUER;
  expect_mismatch(VERDICT_PATH_UNKNOWN, 0, 6, true);
  keypin_clear(&court.pins[0]);
}

/* Whatever the program says that the PKI said: of what is above the key nothing can be learned. */
static void test_key_alone_teaches_nothing(void **state)
{
  (void)state;
  path_read_raw(&court.path, &court.chain);
  court.chain.alone = true;
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 0, 6);
  assert_false(court.out.learn);
}

/* Nor from a raw key, of which no PKI knows whose it is. One that was learned in a certificate is
 * counted. */
static void test_raw_key_teaches_nothing(void **state)
{
  (void)state;
  path_read_raw(&court.path, &court.chain);
  expect(TLSPIN_NO_PIN, VERDICT_NONE, -1, 7);
  assert_false(court.out.learn);
  court.in.ticket = TICKET_PROVED;
  expect(TLSPIN_MATCH, VERDICT_PROVED, -1, 7);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, COURT_OTHER);
  expect(TLSPIN_MATCH, VERDICT_CHANGE_ACCEPTED, 0, 6);
  assert_false(court.out.learn);
  court_add(0, HOST, KEYPIN_ACTIVE, KEYPIN_TOFU, PATH_SERVER);
  expect(TLSPIN_MATCH, VERDICT_ACTIVE_MATCHED, 1, 6);
  assert_true(court.out.learn);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      COURT_TEST(test_excused_change),
      COURT_TEST(test_added_anchor),
      COURT_TEST(test_added_anchor_enforced),
      COURT_TEST(test_added_anchor_and_ticket),
      COURT_TEST(test_added_anchor_and_walk),
      COURT_TEST(test_added_anchor_unreadable),
      COURT_TEST(test_added_anchor_unreadable_and_ranks),
      COURT_TEST(test_added_anchor_unreadable_and_ticket),
      COURT_TEST(test_added_anchor_unreadable_and_modes),
      COURT_TEST(test_learned_masks_nothing),
      COURT_TEST(test_first_use),
      COURT_TEST(test_same_key),
      COURT_TEST(test_seen_before),
      COURT_TEST(test_proved_change),
      COURT_TEST(test_same_issuer),
      COURT_TEST(test_long_history),
      COURT_TEST(test_long_history_and_issuer),
      COURT_TEST(test_hpkp),
      COURT_TEST(test_hpkp_explains_nothing),
      COURT_TEST(test_hpkp_and_changes),
      COURT_TEST(test_reported_hpkp),
      COURT_TEST(test_first_use_of_system),
      COURT_TEST(test_learned_path_unknown),
      COURT_TEST(test_learned_ends_no_walk),
      COURT_TEST(test_key_alone_and_first_use),
      COURT_TEST(test_key_alone_teaches_nothing),
      COURT_TEST(test_raw_key_teaches_nothing),
  };

  return cmocka_run_group_tests(tests, trial_set_up, trial_tear_down);
}
