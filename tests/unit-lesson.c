/* An edit of the user's store by what a server showed: what may be recorded of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/lesson.h"

#include "daemon/digest.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW GATE_NOW

/* A server's key, of a certificate that isn't known, or a raw one. */
static struct chain key_of(size_t server, bool alone)
{
  struct chain chain;

  assert_int_equal(chain_read(gate_paths[server].spki, 1, true, false, digest_glib, &chain),
                   CHAIN_FINE);
  chain.alone = alone;
  return chain;
}

/* The count of certificates that the one record has seen, -1: none was stored. */
static bool count_seen(const struct keypin *pin, void *data)
{
  struct chain_seen seen;

  *(int *)data = pin->seen.size > 0 && chain_seen_decode(pin->seen, &seen) ? (int)seen.count : 0;
  return false;
}

static int seen_of_record(struct gate *gate)
{
  struct peer peer = strata_peer("a.example");
  int count = -1;

  assert_int_equal(store_pins(layers_at(gate->strata->layers, 0)->store, &peer, count_seen, &count),
                   TLSPIN_OK);
  return count;
}

/* Accepts what is shown, for which there is a record already; so many certificates were seen. */
static void accept_again(struct gate *gate, struct chain *chain, bool learned, int seen)
{
  struct policy_shown shown = gate_shown(chain);

  shown.accepted = true;
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "active-matched", learned);
  assert_int_equal(seen_of_record(gate), seen);
}

/* The key of a certificate tells less than a certificate, and that less than a path: what is known
 * stays. */
static void test_less_is_told(void **state)
{
  struct gate *gate = *state;
  struct chain path = gate_chain(GATE_FIRST), leaf = path, key = key_of(GATE_FIRST, true);

  leaf.path = false;
  gate_open(gate);
  accept_again(gate, &key, true, 0);
  accept_again(gate, &leaf, true, 1);
  accept_again(gate, &key, false, 1);
  accept_again(gate, &path, true, PATH_SIZE);
  accept_again(gate, &leaf, false, PATH_SIZE);
  accept_again(gate, &key, false, PATH_SIZE);
  gate_expect_records(gate, "0.0 program active leaf 6");
}

/* A key that becomes a pin again keeps the path in which it was seen. */
static void test_path_stays(void **state)
{
  struct gate *gate = *state;
  struct chain leaf = gate_chain(GATE_EXPIRING);
  struct policy_shown shown = gate_shown(&leaf);

  leaf.path = false;
  gate_open(gate);
  gate_meet(gate, GATE_EXPIRING, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "change-accepted", true);
  gate_expect_records(gate, "1.0 tofu active leaf 1\n2.0 tofu active leaf 2");
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "change-accepted", true); /* its issuer's */
}

/* A key alone may be accepted, but nothing is learned from it. */
static void test_key_alone(void **state)
{
  struct gate *gate = *state;
  struct chain chain = key_of(GATE_FIRST, true);
  struct policy_shown shown = gate_shown(&chain);

  gate_open(gate);
  gate_expect(gate, &shown, NOW, TLSPIN_NO_PIN, "none", false);
  gate_expect_records(gate, "");
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_expect(gate, &shown, NOW, TLSPIN_MATCH, "active-matched", false);
  assert_int_equal(seen_of_record(gate), PATH_SIZE);
}

/* STORE_PLACE_MAX records at the server's place, of keys that nobody has. */
static void fill_place(struct gate *gate, enum keypin_status status, enum keypin_origin origin)
{
  static struct keypin pins[STORE_PLACE_MAX];

  for (size_t i = 0; i < STORE_PLACE_MAX; i++) {
    pins[i] = gate_pin(GATE_SECOND, PATH_SERVER, status, origin);
    pins[i].errors = status == KEYPIN_EXCEPTED ? PKI_EXPIRED : 0;
    pins[i].enforce_until = pins[i].report_until = origin == KEYPIN_TOFU ? NOW : KEYPIN_FOREVER;
    memset(pins[i].digest, (int)i, 32);
  }
  gate_put(gate, pins, STORE_PLACE_MAX);
}

/* An attack: who fills the place with something else doesn't keep the server from being pinned. */
static void test_full_place(void **state)
{
  struct gate *gate = *state;

  fill_place(gate, KEYPIN_EXCEPTED, KEYPIN_USER);
  gate_open(gate);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", true);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_MATCH, "active-matched", false);
  gate_meet(gate, GATE_SECOND, NOW, TLSPIN_MISMATCH, "changed", false);
  gate_expect_log(gate, "mismatch changed user 1");
}

/* Nor is it the answer to the question about the server that there is no room for what it taught:
 * that is logged, once a day. What the user said can't be kept then, and that is an error. */
static void test_no_room(void **state)
{
  struct gate *gate = *state;
  struct chain chain = gate_chain(GATE_FIRST);
  struct policy_shown shown = gate_shown(&chain);
  struct peer peer = strata_peer("a.example");
  struct policy_judged judged;
  char *problem = NULL;

  fill_place(gate, KEYPIN_ACTIVE, KEYPIN_TOFU); /* which ended */
  gate_open(gate);
  assert_int_not_equal(gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", false), 0);
  gate_meet(gate, GATE_FIRST, NOW, TLSPIN_NO_PIN, "none", false);
  gate_expect_log(gate, "crowded none  2");
  fill_place(gate, KEYPIN_EXCEPTED, KEYPIN_USER);
  gate_open(gate);
  shown.accepted = true;
  assert_int_equal(policy_check(gate->policy, &peer, &shown, NOW, &judged, &problem),
                   TLSPIN_E_LIMIT);
  assert_int_equal(judged.verdict.answer, TLSPIN_NO_PIN);
  assert_false(judged.learned);
  policy_judged_clear(&judged);
  assert_non_null(problem);
  assert_non_null(strstr(problem, "256 entries for 'a.example:443'"));
  assert_non_null(strstr(problem, "'tlspin clear a.example'"));
  g_free(problem);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_less_is_told), TEST(test_path_stays), TEST(test_key_alone),
      TEST(test_full_place),   TEST(test_no_room),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}
