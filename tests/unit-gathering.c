/* All that the layers say about a peer, in one snapshot of each.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/gathering.h"

#include "tests/gate.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define NOW  GATE_NOW
#define HOST "a.example"

MISFIRE(void *, malloc, (size_t size), (size), NULL)

static void gather(struct gate *gate, const char *host, struct gathering *gathering)
{
  struct peer peer = strata_peer(host);

  gathering_make(gate->strata->layers, &peer, NOW, gathering);
}

/* The numbers of the entries' layers. */
static void expect_layers(const struct gate *gate, const struct gathering *gathering,
                          const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);

  for (size_t i = 0; i < gathering->count; i++) {
    const struct verdict_entry *entry = &gathering->entries[i];

    g_string_append_printf(text, "%u", entry->layer);
    assert_ptr_equal(gathering_layer(gate->strata->layers, entry),
                     layers_at(gate->strata->layers, entry->layer));
    assert_ptr_equal(entry->pin, &gathering->pins[i]);
  }
  assert_string_equal(text->str, expected);
}

/* Most peers: no records, nothing allocated, and the ticket as layers_get says. */
static void test_nothing(void **state)
{
  struct gate *gate = *state;
  struct gathering gathering;

  gate_open(gate);
  gather(gate, HOST, &gathering);
  assert_int_equal(gathering.ticket.code, TLSPIN_NO_PIN);
  assert_string_equal(gathering.ticket.reason, "none");
  assert_int_equal(gathering.count, 0);
  assert_null(gathering.entries);
  assert_null(gathering.pins);
  assert_null(gathering.unreadable);
  gathering_clear(&gathering);
}

/* The user's first, then the system's by their names, the last first; of every kind and status. */
static void test_order(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct keypin user[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_INACTIVE, KEYPIN_TOFU),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_TOFU),
                          gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_OFF, KEYPIN_USER)};
  struct keypin low = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_REJECTED, KEYPIN_POLICY);
  struct keypin high = gate_pin(GATE_FIRST, PATH_ISSUER, KEYPIN_CRITICAL, KEYPIN_POLICY);
  struct gathering gathering;

  user[1].enforce_until = user[1].report_until = NOW - 1; /* expired ones, too */
  strata_put(gate->strata, &row);
  gate_put(gate, user, 3);
  gate_layer(gate, "10.db", &low, 1);
  gate_layer(gate, "20.db", &high, 1);
  gate_open(gate);
  gather(gate, HOST, &gathering);
  expect_layers(gate, &gathering, "00012");
  assert_int_equal(gathering.entries[3].pin->status, KEYPIN_CRITICAL);
  assert_int_equal(gathering.entries[4].pin->status, KEYPIN_REJECTED);
  assert_int_equal(gathering.ticket.code, TLSPIN_MATCH); /* modes are for the policy */
  assert_null(gathering.unreadable);
  gathering_clear(&gathering);
  assert_int_equal(gathering.count, 0);
  assert_null(gathering.ticket.row.owned);
}

/* Wider places cover the peer, other peers' don't. */
static void test_places(void **state)
{
  struct gate *gate = *state;
  struct keypin pins[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER),
                          gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER),
                          gate_pin(GATE_FOREIGN, PATH_SERVER, KEYPIN_OFF, KEYPIN_USER)};
  struct gathering gathering;

  pins[1].place.scope = SCOPE_SUBTREE;
  pins[2].place.host[0] = '\0';
  pins[2].place.scope = SCOPE_SUBTREE;
  gate_put(gate, pins, 3);
  gate_open(gate);
  gather(gate, HOST, &gathering);
  expect_layers(gate, &gathering, "000");
  gathering_clear(&gathering);
  gather(gate, "other.example", &gathering);
  expect_layers(gate, &gathering, "0");
  assert_int_equal(gathering.entries[0].pin->kind, KEYPIN_MODE);
  gathering_clear(&gathering);
}

/* The records own what they point to: the layers may go. */
static void test_owned(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER);
  struct gathering gathering;

  pin.note = "a note";
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gather(gate, HOST, &gathering);
  gate_open(gate);
  assert_int_equal(gathering.count, 1);
  assert_string_equal(gathering.entries[0].pin->note, "a note");
  gathering_clear(&gathering);
}

/* What can be read of the others is there; which one can't be is told, the user's before others. */
static void test_unreadable(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY);
  struct gathering gathering;

  gate_layer(gate, "10.db", &pin, 1);
  strata_write(gate->strata->admin, "20.db", "no database");
  gate_open(gate);
  gather(gate, HOST, &gathering);
  expect_layers(gate, &gathering, "2");
  assert_non_null(gathering.unreadable);
  assert_string_equal(gathering.unreadable->name, "20.db");
  assert_int_equal(gathering.ticket.code, TLSPIN_UNAVAILABLE);
  gathering_clear(&gathering);
}

static void test_user_unreadable(void **state)
{
  struct gate *gate = *state;
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_POLICY);
  struct gathering gathering;

  gate_layer(gate, "10.db", &pin, 1);
  strata_write(gate->strata->folder, "home", "a file in the folder's place");
  gate_open(gate);
  gather(gate, HOST, &gathering);
  expect_layers(gate, &gathering, "1");
  assert_string_equal(gathering.unreadable->name, LAYER_USER);
  assert_string_equal(gathering.ticket.reason, "store-unreadable");
  gathering_clear(&gathering);
}

/* A layer in which one record is damaged is one that can't be read: none of it counts. */
static void test_damaged(void **state)
{
  struct gate *gate = *state;
  struct keypin mine[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_OFF, KEYPIN_USER),
                          gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER)};
  struct keypin system = gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_POLICY);
  struct gathering gathering;

  gate_put(gate, mine, 2);
  gate_layer(gate, "10.db", &system, 1);
  gate_open(gate);
  gather(gate, HOST, &gathering);
  expect_layers(gate, &gathering, "001");
  gathering_clear(&gathering);
  stores_sql(gate->strata->user, "UPDATE pin SET status = 'critical' WHERE kind = 'pin'");
  gather(gate, HOST, &gathering);
  expect_layers(gate, &gathering, "1");
  assert_non_null(gathering.unreadable);
  assert_string_equal(gathering.unreadable->name, LAYER_USER);
  assert_int_equal(gathering.ticket.code, TLSPIN_UNAVAILABLE);
  gathering_clear(&gathering);
}

/* No memory for one record: none of its layer counts, and all of the others do. */
static void test_no_memory(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_NONE, 7);
  struct keypin mine[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_OFF, KEYPIN_USER),
                          gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_USER)};
  struct keypin system[] = {gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_POLICY),
                            gate_pin(GATE_SECOND, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_POLICY)};
  static const char *const layers[] = {"11", "11", "00", "00", "0011"};

  strata_put(gate->strata, &row);
  gate_put(gate, mine, 2);
  gate_layer(gate, "10.db", system, 2);
  for (unsigned call = 1; call <= 5; call++) {
    struct gathering gathering;

    gate_open(gate);
    malloc_misfire = (struct misfire){.call = call, .error = ENOMEM};
    gather(gate, HOST, &gathering);
    malloc_misfire.call = 0;
    expect_layers(gate, &gathering, layers[call - 1]);
    assert_int_equal(gathering.unreadable == NULL, call == 5);
    assert_int_equal(gathering.ticket.code, call <= 2 ? TLSPIN_UNAVAILABLE : TLSPIN_MATCH);
    gathering_clear(&gathering);
  }
}

/* By another clock a record would be in force that has ended; for history that is no matter. */
static void test_in_doubt(void **state)
{
  static const enum keypin_status statuses[] = {KEYPIN_INACTIVE, KEYPIN_ACTIVE};

  for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
    struct gate *gate = *state;
    struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, statuses[i], KEYPIN_USER);
    struct gathering gathering;

    pin.enforce_until = pin.report_until = NOW - 1;
    gate_put(gate, &pin, 1);
    gate_open(gate);
    layers_tell_clock(gate->strata->layers, NOW - GATE_DAY, true);
    gather(gate, HOST, &gathering);
    expect_layers(gate, &gathering, "0");
    assert_int_equal(gathering.suspect, pin.status == KEYPIN_ACTIVE);
    gathering_clear(&gathering);
    layers_tell_clock(gate->strata->layers, NOW + GATE_DAY, true); /* ended by both */
    gather(gate, HOST, &gathering);
    assert_false(gathering.suspect);
    gathering_clear(&gathering);
    layers_tell_clock(gate->strata->layers, NOW - GATE_DAY, false);
    gather(gate, HOST, &gathering);
    assert_false(gathering.suspect);
    gathering_clear(&gathering);
  }
}

/* A row that is locked off is a mode as well. */
static void test_ticket_off(void **state)
{
  struct gate *gate = *state;
  struct ticket_row row = strata_row(HOST, LOCK_OFF, 7);
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_USER);
  const struct keypin *mode;
  struct gathering gathering;

  strata_layer(gate->strata->admin, "10.db", &row, 1);
  gate_put(gate, &pin, 1);
  gate_open(gate);
  gather(gate, HOST, &gathering);
  expect_layers(gate, &gathering, "01");
  mode = gathering.entries[1].pin;
  assert_true(keypin_is_valid(mode));
  assert_int_equal(mode->status, KEYPIN_OFF);
  assert_true(mode->locked && mode->enforce_until == row.expires);
  gathering_clear(&gathering);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_nothing),    TEST(test_order),           TEST(test_places),     TEST(test_owned),
      TEST(test_unreadable), TEST(test_user_unreadable), TEST(test_ticket_off), TEST(test_damaged),
      TEST(test_no_memory),  TEST(test_in_doubt),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}
