/* The methods of org.tlspin.Pins1.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/damage.h"
#include "dbus/names.h"
#include "tests/counter.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#define PEER    "a.example|tls|443"
#define LOOKUP  "Lookup", "ssq"
#define STORE   "StoreTicket", "ssqayaysutay"
#define REPORT  "ReportFailure", "ssqs"
#define NO_PIN  "no-pin\nnone\n\n\n\n\n0\n0\nnone\n" NOTHING
#define NOTHING "\n0\n" /* no keys, nothing special about the policy */

/* The line of an answer, counted from 0; freed by the caller. */
static char *line(const struct counter *counter, const char *words, unsigned number)
{
  char *text = counter_ask(counter, LOOKUP, words);
  g_auto(GStrv) lines = g_strsplit(text, "\n", 0);

  assert_true(number < g_strv_length(lines));
  free(text);
  return g_strdup(lines[number]);
}

static void store(const struct counter *counter, const char *ticket, const char *series,
                  const char *expected)
{
  g_autofree char *words = g_strdup_printf(PEER "|%s|32*cd|sha256|1000|%s|", ticket, series);

  counter_expect(counter, STORE, words, expected);
}

static void test_lookup_nothing(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, LOOKUP, PEER, NO_PIN);
  assert_int_equal(counter.served, 0); /* only dispatch's filter tells */
  counter_close(&counter);
}

/* An address is an answer of Lookup, and an error of the others. */
static void test_address(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, LOOKUP, "192.0.2.1|tls|443",
                 "cannot-be-pinned\naddress\n\n\n\n\n0\n0\nnone\n" NOTHING);
  counter_refuse(&counter, STORE, "192.0.2.1|tls|443|00|32*cd|sha256|1000|0|", "CannotBePinned",
                 "'host'");
  counter_refuse(&counter, REPORT, "[::1]|tls|443|proof-wrong", "CannotBePinned", "'host'");
  counter_close(&counter);
}

static void test_store_and_lookup(void **state)
{
  struct counter counter;
  g_autofree char *series = NULL, *expected = NULL;

  counter_open(&counter, *state);
  store(&counter, "0102030405", "0", "stored\n1700001000\n");
  series = line(&counter, PEER, 6);
  assert_string_not_equal(series, "0");
  expected = g_strdup_printf("match\nfound\nuser\n0102030405\n"
                             "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\n"
                             "sha256\n%s\n1700001000\nnone\n" NOTHING,
                             series);
  counter_expect(&counter, LOOKUP, PEER, expected);
  counter_expect(&counter, LOOKUP, "A.EXAMPLE.|tls|443", expected);
  counter_expect(&counter, LOOKUP, "a.example|dtls|443", NO_PIN);
  counter_expect(&counter, LOOKUP, "a.example|tls|444", NO_PIN);
  counter_expect(&counter, LOOKUP, "b.a.example|tls|443", NO_PIN);
  counter_close(&counter);
}

static void test_outcomes(void **state)
{
  struct counter counter;
  g_autofree char *series = NULL;

  counter_open(&counter, *state);
  store(&counter, "", "0", "nothing\n0\n");
  counter_expect(&counter, STORE, PEER "|01|32*cd|sha256|0|0|", "nothing\n0\n");
  counter_expect(&counter, LOOKUP, PEER, NO_PIN);
  store(&counter, "01", "5", "superseded\n0\n");
  store(&counter, "01", "0", "stored\n1700001000\n");
  store(&counter, "02", "0", "superseded\n0\n");
  series = line(&counter, PEER, 6);
  counter_now += 10;
  store(&counter, "03", series, "stored\n1700001010\n");
  counter_expect(&counter, STORE, PEER "|04|32*cd|sha256|4294967295|0|", "superseded\n0\n");
  counter_close(&counter);
}

static void test_sizes(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_expect(&counter, STORE, "b.example|tls|1|65535*5a|48*cd|sha384|4294967295|0|",
                 "stored\n1700010000\n");
  counter_expect(&counter, STORE, "c.example|dtls|65535|1*5a|32*cd|sha256|1|0|",
                 "stored\n1700000001\n");
  counter_close(&counter);
}

/* Nothing is stored, and the text names the argument. */
static void test_refused(void **state)
{
  static const struct {
    const char *words, *text;
  } cases[] = {
      {PEER "|65536*5a|32*cd|sha256|1000|0|", "'ticket'"},
      {PEER "|1000000*5a|32*cd|sha256|1000|0|", "'ticket'"},
      {PEER "|01|31*cd|sha256|1000|0|", "'secret' has 31"},
      {PEER "|01|33*cd|sha256|1000|0|", "'secret' has 33"},
      {PEER "|01|48*cd|sha256|1000|0|", "'secret' has 48"},
      {PEER "|01|32*cd|sha384|1000|0|", "'secret' has 32"},
      {PEER "|01|0*cd|sha256|1000|0|", "'secret' has 0"},
      {PEER "|01|1000000*cd|sha256|1000|0|", "'secret'"},
      {PEER "|01|32*cd|sha512|1000|0|", "'hash' is 'sha512'"},
      {PEER "|01|32*cd|SHA256|1000|0|", "'hash'"},
      {PEER "|01|32*cd||1000|0|", "'hash'"},
      {PEER "||32*cd|md5|0|0|", "'hash'"},
      {PEER "|01|32*cd|sha256|1000|0|31*ab", "'anchor' has 31"},
      {PEER "|01|32*cd|sha256|1000|0|33*ab", "'anchor' has 33"},
      {PEER "|01|32*cd|sha256|1000|0|1000000*ab", "'anchor'"},
      {"a.example|tls|0|01|32*cd|sha256|1000|0|", "'port'"},
      {"a.example|ssl|443|01|32*cd|sha256|1000|0|", "'protocol'"},
      {"*.example|tls|443|01|32*cd|sha256|1000|0|", "'host'"},
      {"a\nb.example|tls|443|01|32*cd|sha256|1000|0|", "'host'"},
  };
  struct counter counter;

  counter_open(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    counter_refuse(&counter, STORE, cases[i].words, "InvalidArgument", cases[i].text);
  counter_refuse(&counter, LOOKUP, "a.example|tls|0", "InvalidArgument", "'port'");
  counter_refuse(&counter, LOOKUP, "|tls|443", "InvalidArgument", "'host'");
  counter_refuse(&counter, REPORT, "a.example|x|443|proof-wrong", "InvalidArgument", "'protocol'");
  counter_expect(&counter, "List", "a{sv}su", "||10", "\n");
  counter_close(&counter);
}

static void test_report(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  counter_refuse(&counter, REPORT, PEER "|proof-wrong", "NotFound", "");
  store(&counter, "01", "0", "stored\n1700001000\n");
  counter_expect(&counter, REPORT, PEER "|proof-wrong", "");
  counter_refuse(&counter, REPORT, PEER "|no-reason", "InvalidArgument", "'reason' is 'no-reason'");
  counter_refuse(&counter, REPORT, PEER "|", "InvalidArgument", "'reason'");
  counter_close(&counter);
}

/* Every reason that is documented is taken. */
static void test_reasons(void **state)
{
  static const char *const reasons[] = {
      "extension-missing", "extension-malformed", "extension-twice",  "extension-unexpected",
      "proof-missing",     "proof-wrong",         "proof-unasked",    "tls-version",
      "ticket-refused",    "resumption-declined", "secret-not-found", "hooks-displaced",
      "name-differs"};
  struct counter counter;

  counter_open(&counter, *state);
  store(&counter, "01", "0", "stored\n1700001000\n");
  for (size_t i = 0; i < G_N_ELEMENTS(reasons); i++) {
    g_autofree char *words = g_strconcat(PEER "|", reasons[i], NULL);

    counter_expect(&counter, REPORT, words, "");
  }
  assert_int_equal(G_N_ELEMENTS(reasons), REFUSAL_COUNT - 1);
  counter_close(&counter);
}

static void test_expired(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  store(&counter, "01", "0", "stored\n1700001000\n");
  counter_now += 1000;
  counter_expect(&counter, LOOKUP, PEER, "no-pin\nexpired\n\n\n\n\n0\n0\nnone\n" NOTHING);
  counter_close(&counter);
}

/* What policy locks: the pin and the lock are told, or that pinning is off, without any secret. */
static void test_locks(void **state)
{
  static const struct {
    enum lock lock;
    const char *answer;
  } cases[] = {
      {LOCK_NONE, "match\nfound\n50.db\n"},
      {LOCK_ENFORCE, "match\nfound\n50.db\n"},
      {LOCK_REPORT, "match\nfound\n50.db\n"},
  };
  struct strata *strata = *state;
  struct ticket_row off = strata_row("a.example", LOCK_OFF, 9);
  struct counter counter;
  char *answer;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    struct ticket_row row = strata_row("a.example", cases[i].lock, 9);
    g_autofree char *lock = NULL, *series = NULL;

    strata_layer(strata->admin, "50.db", &row, 1);
    counter_open(&counter, strata);
    answer = counter_ask(&counter, LOOKUP, PEER);
    assert_true(g_str_has_prefix(answer, cases[i].answer));
    free(answer);
    lock = line(&counter, PEER, 8);
    assert_string_equal(lock, cases[i].lock == LOCK_NONE      ? "none"
                              : cases[i].lock == LOCK_ENFORCE ? "enforce"
                                                              : "report");
    series = line(&counter, PEER, 6);
    assert_string_equal(series, "9");
    counter_close(&counter);
  }
  strata_layer(strata->admin, "50.db", &off, 1);
  counter_open(&counter, strata);
  answer = counter_ask(&counter, LOOKUP, PEER);
  assert_true(g_str_has_prefix(answer, "opted-out\nlocked-off\n50.db\n\n\n\n0\n0\noff\n"
                                       "a.example/exact/tls/443/mode/off/policy/leaf/1/1/"));
  free(answer);
  counter_close(&counter);
}

/* Unavailable is an answer of Lookup, never "no-pin"; the others fail and name the file. What a
 * layer may lock that can't be read is taken for locked: see daemon/settings.h. */
static void test_unavailable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;

  strata_write(strata->folder, "home", "a file in the folder's place");
  counter_open(&counter, strata);
  counter_expect(&counter, LOOKUP, PEER,
                 "unavailable\nstore-unreadable\nuser\n\n\n\n0\n0\nnone\n\n1\n");
  counter_refuse(&counter, STORE, PEER "|01|32*cd|sha256|1000|0|", "Unavailable", "/home");
  counter_refuse(&counter, REPORT, PEER "|proof-wrong", "Unavailable", "/home");
  counter_close(&counter);
  assert_int_equal(g_unlink(strata_path(strata->folder, "home")), 0);
  strata_write(strata->admin, "50.db", "not a database");
  counter_open(&counter, strata);
  counter_expect(&counter, LOOKUP, PEER,
                 "unavailable\nlayer-unreadable\n50.db\n\n\n\n0\n0\nnone\n\n11\n");
  counter_refuse(&counter, STORE, PEER "|01|32*cd|sha256|1000|0|", "Unavailable", "admin/50.db");
  counter_close(&counter);
}

#define ZEROS "00000000000000000000000000000000000000000000000000000000000000"

/* The keys that are in force, of all layers, whatever the ticket's answer is; no history. */
static void test_keys(void **state)
{
  struct gate gate = {.strata = *state};
  struct keypin user[5], system = gate_pin(0, 0, KEYPIN_CRITICAL, KEYPIN_POLICY);
  static const enum keypin_status statuses[] = {KEYPIN_ACTIVE, KEYPIN_EXCEPTED, KEYPIN_INACTIVE,
                                                KEYPIN_REJECTED, KEYPIN_ACTIVE};
  struct counter counter;

  for (uint8_t i = 0; i < 5; i++) {
    user[i] = gate_pin(0, 0, statuses[i], i == 2 ? KEYPIN_TOFU : KEYPIN_USER);
    memset(user[i].digest, 0, sizeof user[i].digest);
    user[i].digest[0] = i;
  }
  user[0].always = true;
  user[1].errors = PKI_NAME;
  user[3].enforce_until = 5;
  user[3].report_until = STRATA_NOW + 1;
  user[4].enforce_until = user[4].report_until = STRATA_NOW; /* it has ended */
  memset(system.digest, 0, sizeof system.digest);
  system.locked = true;
  system.place.scope = SCOPE_SUBTREE;
  system.place.protocol = PLACE_ANY_PROTOCOL;
  system.place.port = PLACE_ANY_PORT;
  gate_put(&gate, user, 5);
  gate_layer(&gate, "50.db", &system, 1);
  counter_open(&counter, *state);
  counter_expect(&counter, LOOKUP, PEER,
                 "no-pin\nnone\n\n\n\n\n0\n0\nnone\n"
                 "a.example/exact/tls/443/exception/excepted/user/leaf/1/1/01" ZEROS
                 "/0/253402300799/253402300799/8//0 "
                 "a.example/exact/tls/443/pin/active/user/leaf/1/1/00" ZEROS
                 "/2/253402300799/253402300799/0//0 "
                 "a.example/exact/tls/443/pin/rejected/user/leaf/1/1/03" ZEROS
                 "/0/5/1700000001/0//0 "
                 "a.example/subtree//0/pin/critical/policy/leaf/1/1/00" ZEROS
                 "/1/253402300799/253402300799/0//1\n0\n");
  counter_close(&counter);
}

/* What else a program has to know. */
static void test_policy_bits(void **state)
{
  static const struct {
    const char *name, *value, *bits;
  } cases[] = {{"anchors", "enforce", "2"}, {"unavailable", "fail", "6"}, {"learn", "no", "14"}};
  struct gate gate = {.strata = *state};
  struct counter counter;

  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *bits = NULL;

    gate_setting(&gate, cases[i].name, cases[i].value);
    counter_open(&counter, *state);
    bits = line(&counter, PEER, 10);
    assert_string_equal(bits, cases[i].bits);
    counter_close(&counter);
  }
}

static void expect_bits(struct strata *strata, bool lost, const char *bits)
{
  const struct damage damage = {
      .cause = DAMAGE_CONTENT, .found = STRATA_NOW, .missing = DAMAGE_UNKNOWN};
  g_autofree char *policy = NULL;
  struct counter counter;

  counter_open(&counter, strata);
  store(&counter, "0102", "0", "stored\n1700001000\n");
  if (lost)
    assert_int_equal(damage_put(layers_at(strata->layers, 0)->store, &damage), TLSPIN_OK);
  policy = line(&counter, "b.example|tls|443", 10);
  assert_string_equal(policy, bits);
  counter_close(&counter);
}

/* A library that knows no doubt but the first takes each of them for it. */
static void test_doubts(void **state)
{
  struct strata *strata = *state;

  expect_bits(strata, false, "0");
  expect_bits(strata, true, "33");
  strata_write(strata->admin, "50.db", "not a database");
  expect_bits(strata, true, "171"); /* and settings that were locked there are not known */
}

/* Keys that differ in their digests. */
static struct keypin *many_keys(size_t count)
{
  struct keypin *pins = g_new(struct keypin, count);

  for (size_t i = 0; i < count; i++) {
    pins[i] = gate_pin(0, 0, KEYPIN_CRITICAL, KEYPIN_POLICY);
    memcpy(pins[i].digest, &i, sizeof i);
  }
  return pins;
}

/* How many keys come, and the bits with them. */
static void expect_keys(struct gate *gate, const struct keypin *pins, size_t count, size_t keys,
                        const char *bits)
{
  struct counter counter;
  g_autofree char *listed = NULL, *policy = NULL;
  g_auto(GStrv) list = NULL;

  gate_layer(gate, "50.db", pins, count);
  counter_open(&counter, gate->strata);
  listed = line(&counter, PEER, 9);
  list = g_strsplit(g_strchomp(listed), " ", 0);
  assert_int_equal(g_strv_length(list), keys);
  policy = line(&counter, PEER, 10);
  assert_string_equal(policy, bits);
  counter_close(&counter);
}

/* More records than a reply may have: none of them, and the program is told to ask. */
static void test_crowded(void **state)
{
  struct gate gate = {.strata = *state};
  g_autofree struct keypin *pins = many_keys(BUS_KEYS_MAX + 2);

  expect_keys(&gate, pins, BUS_KEYS_MAX, BUS_KEYS_MAX, "0");
  expect_keys(&gate, pins, BUS_KEYS_MAX + 1, 0, "16");
  expect_keys(&gate, pins, BUS_KEYS_MAX + 2, 0, "16");
  for (size_t i = 0; i < 2; i++) /* what has ended doesn't count */
    pins[i].enforce_until = pins[i].report_until = STRATA_NOW;
  expect_keys(&gate, pins, BUS_KEYS_MAX + 2, BUS_KEYS_MAX, "0");
}

/* Pinning is off: no ticket is handed out and none is taken. */
static void test_off(void **state)
{
  struct gate gate = {.strata = *state};
  struct keypin off = gate_pin(0, 0, KEYPIN_OFF, KEYPIN_USER);
  struct counter counter;
  char *answer;

  counter_open(&counter, *state);
  store(&counter, "0102", "0", "stored\n1700001000\n");
  counter_close(&counter);
  gate_put(&gate, &off, 1);
  counter_open(&counter, *state);
  answer = counter_ask(&counter, LOOKUP, PEER);
  assert_true(g_str_has_prefix(answer, "opted-out\noff\nuser\n\n\n\n0\n0\nnone\n"
                                       "a.example/exact/tls/443/mode/off/user/"));
  free(answer);
  store(&counter, "0304", "0", "superseded\n0\n");
  counter_refuse(&counter, REPORT, PEER "|proof-wrong", "NotFound", "");
  counter_close(&counter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_lookup_nothing), TEST(test_address),     TEST(test_store_and_lookup),
      TEST(test_outcomes),       TEST(test_sizes),       TEST(test_refused),
      TEST(test_report),         TEST(test_reasons),     TEST(test_expired),
      TEST(test_locks),          TEST(test_unavailable), TEST(test_keys),
      TEST(test_policy_bits),    TEST(test_doubts),      TEST(test_off),
      TEST(test_crowded),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}
