/* What the layers say about a peer where a layer can't be read to its end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/layers.h"

#include "tests/gate.h"
#include "tests/misstep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW  GATE_NOW
#define HOST "a.example"

enum { USER, SYSTEM, LAYERS_ASKED };

/* What was told of each layer and is not void. */
struct told {
  unsigned records[LAYERS_ASKED];
  unsigned voids[LAYERS_ASKED];
  unsigned refused; /* which record isn't taken, counted from 1; 0: all are */
  unsigned asked;
  enum tlspin_code answer;
};

static bool visit(const struct keypin *pin, unsigned layer, void *data)
{
  struct told *told = data;

  assert_true(layer < LAYERS_ASKED);
  if (pin == NULL) {
    told->records[layer] = 0;
    told->voids[layer]++;
    return true;
  }
  assert_int_equal(told->voids[layer], 0);
  told->records[layer]++;
  return ++told->asked != told->refused;
}

/* Three records in the user's store, at the host and above it, and two in a system layer; a ticket
 * in the user's where that is asked for. */
static void set_up(struct gate *gate, bool ticket)
{
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct keypin user[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_INACTIVE, KEYPIN_TOFU),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_TOFU),
                          gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_OFF, KEYPIN_USER)};
  struct keypin system[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_POLICY),
                            gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_POLICY)};

  user[2].place.host[0] = '\0';
  user[2].place.scope = SCOPE_SUBTREE;
  if (ticket)
    strata_put(gate->strata, &row);
  gate_put(gate, user, 3);
  gate_layer(gate, "10.db", system, 2);
}

/* Where only it could not be read whether pins were lost, some may have been. */
static void expect_doubt(const struct layers_answer *answer, unsigned failed)
{
  static const char *const reasons[] = {"store-unreadable", "layer-unreadable", "none"};

  if (failed == LAYERS_ASKED && answer->code == TLSPIN_STORE_DAMAGED) {
    assert_string_equal(answer->reason, "pins-lost");
    return;
  }
  assert_int_equal(answer->code, failed == LAYERS_ASKED ? TLSPIN_NO_PIN : TLSPIN_UNAVAILABLE);
  assert_string_equal(answer->reason, reasons[failed]);
}

/* Of a layer that can't be read nothing counts, neither its ticket nor a record of it; of the other
 * all does. Gives the layer, or LAYERS_ASKED. */
static unsigned expect_whole(struct gate *gate, struct told *told, bool ticket)
{
  struct peer peer = strata_peer(HOST);
  struct layers_answer answer;
  const struct layer *unreadable =
      layers_gather(gate->strata->layers, &peer, NOW, &answer, visit, told);
  unsigned failed = LAYERS_ASKED;

  for (unsigned i = 0; i < LAYERS_ASKED; i++) {
    if (unreadable == layers_at(gate->strata->layers, i))
      failed = i;
    assert_int_equal(told->records[i], i == failed ? 0 : i == USER ? 3 : 2);
  }
  assert_int_equal(unreadable == NULL, failed == LAYERS_ASKED);
  if (ticket && failed != USER) {
    assert_int_equal(answer.code, TLSPIN_MATCH);
    assert_int_equal(answer.row.series, 7);
  } else {
    expect_doubt(&answer, failed);
    assert_null(answer.row.owned);
  }
  told->answer = answer.code;
  layers_answer_clear(&answer);
  return failed;
}

/* Each step of SQLite fails once. How often which layer could not be read is counted. */
static void fail_steps(struct gate *gate, bool ticket, unsigned unreadable[LAYERS_ASKED + 1])
{
  bool failed = true;

  set_up(gate, ticket);
  for (unsigned steps = 0; failed; steps++) {
    struct told told = {.refused = 0};

    gate_open(gate);
    misstep_after(steps);
    unreadable[expect_whole(gate, &told, ticket)]++;
    failed = misstep_end();
    assert_true(failed || told.answer == (ticket ? TLSPIN_MATCH : TLSPIN_NO_PIN));
  }
  assert_true(unreadable[USER] > 5 && unreadable[SYSTEM] > 5);
}

static void test_failing_steps(void **state)
{
  unsigned unreadable[LAYERS_ASKED + 1] = {0};

  fail_steps(*state, true, unreadable);
}

static void test_failing_steps_without_ticket(void **state)
{
  unsigned unreadable[LAYERS_ASKED + 1] = {0};

  fail_steps(*state, false, unreadable);
}

/* A record that can't be taken makes the layer one that can't be read. */
static void test_refused(void **state)
{
  struct gate *gate = *state;

  set_up(gate, true);
  for (unsigned refused = 1; refused <= 6; refused++) {
    struct told told = {.refused = refused};
    unsigned expected = refused <= 3 ? USER : refused <= 5 ? SYSTEM : LAYERS_ASKED;

    gate_open(gate);
    assert_int_equal(expect_whole(gate, &told, true), expected);
    assert_int_equal(told.voids[USER], expected == USER);
    assert_int_equal(told.voids[SYSTEM], expected == SYSTEM);
  }
}

/* A user's store that could not be read is opened again, but no more than once a second. */
static void test_opened_again(void **state)
{
  struct gate *gate = *state;
  struct layers *layers;
  struct told told = {.refused = 1};

  set_up(gate, true);
  gate_open(gate);
  layers = gate->strata->layers;
  layers_wait(layers, true);
  assert_true(layers_user(layers, NOW + 1)->waits);
  assert_int_equal(expect_whole(gate, &told, true), USER);
  assert_true(layers_user(layers, NOW)->waits);
  assert_false(layers_user(layers, NOW + 1)->waits); /* which was said of the one before */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_failing_steps),
      TEST(test_failing_steps_without_ticket),
      TEST(test_refused),
      TEST(test_opened_again),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}
