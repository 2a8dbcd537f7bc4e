/* CheckChain and NoteHpkp of org.tlspin.Pins1: what they take, refuse and answer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/counter.h"
#include "tests/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define PEER  "a.example|tls|443|"
#define CHECK "CheckChain", "ssqaaya{sv}"
#define NOTE  "NoteHpkp", "ssqaybaay"

static void append_hex(GString *text, struct span octets)
{
  if (text->len > 0)
    g_string_append_c(text, ',');
  for (size_t i = 0; i < octets.size; i++)
    g_string_append_printf(text, "%02x", octets.data[i]);
}

/* The whole path of a server as an argument. */
static char *path_words(size_t server)
{
  GString *text = g_string_new(NULL);

  for (size_t i = 0; i < PATH_SIZE; i++)
    append_hex(text, gate_paths[server].certificate[i]);
  return g_string_free(text, FALSE);
}

/* One call with a server's path and these options. */
static void check(const struct counter *counter, size_t server, const char *options,
                  const char *expected)
{
  g_autofree char *path = path_words(server);
  g_autofree char *words = g_strdup_printf(PEER "%s|%s", path, options);

  counter_expect(counter, CHECK, words, expected);
}

#define WHOLE   "path=b:1;pki=s:ok"
#define LEARNED WHOLE ";learn=b:1"

/* First use, the second, another certificate: the whole story of a pin. */
static void test_story(void **state)
{
  struct counter counter;

  counter_open(&counter, *state);
  check(&counter, GATE_FIRST, WHOLE, "no-pin\nnone\n\n1\nrule=7\n");
  check(&counter, GATE_FIRST, LEARNED, "no-pin\nnone\n\n1\nrule=7  learned=1\n");
  check(&counter, GATE_FIRST, LEARNED, "match\nactive-matched\nuser\n1\nrule=6\n");
  check(&counter, GATE_FOREIGN, LEARNED,
        "mismatch\nchanged\nuser\n1\nrule=6  change=unexplained  event=1\n");
  check(&counter, GATE_FOREIGN, WHOLE,
        "mismatch\nchanged\nuser\n1\nrule=6  change=unexplained  event=1\n");
  check(&counter, GATE_FOREIGN, WHOLE ";private=b:1",
        "mismatch\nchanged\nuser\n1\nrule=6  change=unexplained\n");
  check(&counter, GATE_FOREIGN, LEARNED ";accepted=b:1;expires=t:1700000100;program=s:test",
        "match\nactive-matched\nuser\n1\nrule=6  learned=1  event=2\n");
  counter_now += 100;
  check(&counter, GATE_FOREIGN, WHOLE,
        "mismatch\nchanged\nuser\n1\nrule=6  change=unexplained  event=1\n");
  counter_close(&counter);
}

static void test_raw_key(void **state)
{
  struct counter counter;
  g_autoptr(GString) key = g_string_new(NULL);
  g_autofree char *words = NULL;

  counter_open(&counter, *state);
  append_hex(key, gate_paths[GATE_FIRST].spki[PATH_SERVER]);
  words = g_strdup_printf(PEER "%s|raw-key=b:1;learn=b:1;accepted=b:1", key->str);
  counter_expect(&counter, CHECK, words, "match\nactive-matched\nuser\n1\nrule=6  learned=1\n");
  check(&counter, GATE_FIRST, "", "match\nactive-matched\nuser\n1\nrule=6\n");
  counter_close(&counter);
}

/* One key too many that the user accepted: an error that names the remedy, and nothing is stored.
 */
static void test_crowd(void **state)
{
  struct gate gate = {.strata = *state};
  struct keypin pins[16];
  struct counter counter;
  g_autofree char *path = path_words(GATE_FOREIGN);
  g_autofree char *words = g_strdup_printf(PEER "%s|" LEARNED ";accepted=b:1", path);

  for (size_t i = 0; i < G_N_ELEMENTS(pins); i++) {
    pins[i] = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_ACTIVE, KEYPIN_PROGRAM);
    memset(pins[i].digest, (int)i, 32);
  }
  gate_put(&gate, pins, G_N_ELEMENTS(pins));
  counter_open(&counter, *state);
  counter_refuse(&counter, CHECK, words, "LimitsExceeded", "16 keys accepted for 'a.example:443'");
  counter_refuse(&counter, CHECK, words, "LimitsExceeded", "tlspin clear --origin program a.ex");
  check(&counter, GATE_FOREIGN, WHOLE, "no-pin\nactive-differs\nuser\n1\nrule=7\n");
  counter_close(&counter);
}

static unsigned charged;
static bool empty;

static enum tlspin_code charge(void *data, GString *problem)
{
  (void)data;
  charged++;
  if (empty)
    g_string_assign(problem, "too much stored");
  return empty ? TLSPIN_E_LIMIT : TLSPIN_OK;
}

/* Whether the caller may have something stored is asked where there is something, once. */
static void check_charged(const struct counter *counter, size_t server, const char *options,
                          const char *expected, unsigned count)
{
  charged = 0;
  check(counter, server, options, expected);
  assert_int_equal(charged, count);
}

/* Who has had too much stored is answered all the same. */
static void test_limited(void **state)
{
  g_autofree char *path = path_words(GATE_FOREIGN);
  g_autofree char *words = g_strdup_printf(PEER "%s|" LEARNED ";accepted=b:1", path);
  struct counter counter;

  counter_open(&counter, *state);
  counter.handlers.pins = &counter.pins;
  counter.pins.charge = charge;
  empty = true;
  check_charged(&counter, GATE_FIRST, WHOLE, "no-pin\nnone\n\n1\nrule=7\n", 0);
  check_charged(&counter, GATE_FIRST, LEARNED, "no-pin\nnone\n\n1\nrule=7  limited=1\n", 1);
  empty = false;
  check_charged(&counter, GATE_FIRST, LEARNED, "no-pin\nnone\n\n1\nrule=7  learned=1\n", 1);
  check_charged(&counter, GATE_FIRST, LEARNED, "match\nactive-matched\nuser\n1\nrule=6\n", 0);
  empty = true;
  check_charged(&counter, GATE_FIRST, LEARNED, "match\nactive-matched\nuser\n1\nrule=6\n", 0);
  check_charged(&counter, GATE_FOREIGN, LEARNED,
                "mismatch\nchanged\nuser\n1\nrule=6  change=unexplained  limited=1\n", 1);
  check_charged(&counter, GATE_FOREIGN, WHOLE ";private=b:1",
                "mismatch\nchanged\nuser\n1\nrule=6  change=unexplained\n", 0);
  counter_refuse(&counter, CHECK, words, "LimitsExceeded", "too much stored");
  empty = false;
  check_charged(&counter, GATE_FOREIGN, WHOLE,
                "mismatch\nchanged\nuser\n1\nrule=6  change=unexplained  event=1\n", 1);
  counter_close(&counter);
}

/* A ticket's failure has its own reason. */
static void test_ticket(void **state)
{
  struct strata *strata = *state;
  struct ticket_row row = strata_row("a.example", LOCK_REPORT, 7);
  struct counter counter;

  strata_layer(strata->admin, "50.db", &row, 1);
  counter_open(&counter, strata);
  check(&counter, GATE_FIRST, WHOLE ";ticket=s:proved",
        "match\nproved\n50.db\n1\nrule=7  otherwise=no-pin\n");
  check(&counter, GATE_FIRST, WHOLE ";ticket=s:proof-wrong",
        "mismatch\nproof-wrong\n50.db\n0\nrule=5  event=1  otherwise=no-pin\n");
  counter_close(&counter);
}

static void test_address(void **state)
{
  struct counter counter;
  g_autofree char *path = path_words(GATE_FIRST);
  g_autofree char *words = g_strdup_printf("192.0.2.1|tls|443|%s|" LEARNED, path);
  g_autofree char *header = g_strdup_printf("192.0.2.1|tls|443|00|0|%s", path);
  g_autofree char *bad = g_strdup_printf("192.0.2.1|tls|443|%s|x=s:y", path);

  counter_open(&counter, *state);
  counter_expect(&counter, CHECK, words, "cannot-be-pinned\naddress\n\n0\n\n");
  counter_refuse(&counter, CHECK, bad, "InvalidArgument", "'x'");
  counter_refuse(&counter, NOTE, header, "CannotBePinned", "'host'");
  counter_close(&counter);
}

/* The word so often, with commas between. */
static char *repeat(const char *word, int times)
{
  GString *text = g_string_new(word);

  while (--times > 0)
    g_string_append_printf(text, ",%s", word);
  return g_string_free(text, FALSE);
}

/* Chains that are none: an error that names the argument and what is wrong, never an answer. */
static void test_hostile_chains(void **state)
{
  struct counter counter;
  g_autofree char *path = path_words(GATE_FIRST);
  g_autofree char *twice = g_strdup_printf("%s,%s", path, path);
  g_autofree char *cut = g_strndup(path, 200), *more = g_strconcat(path, "00", NULL);
  g_autofree char *hundred = repeat("3000", 100), *seventeen = repeat("3000", 17);
  const struct {
    const char *chain, *options, *text;
  } cases[] = {
      {"", "", "no certificate"},
      {"", "raw-key=b:1", "no certificate"},
      {"00", "", "malformed"},
      {"0*00", "", "malformed"},
      {cut, "", "malformed"},
      {more, "path=b:1", "malformed"},
      {"65536*30", "", "longer than 65535 octets"},
      {"1000000*30", "", "longer than 65535 octets"},
      {twice, "path=b:1", "twice"},
      {hundred, "path=b:1", "more than 16"},
      {seventeen, "", "more than 16"},
      {path, "raw-key=b:1", "more than one raw key"},
      {"3000", "raw-key=b:1", "malformed"},
  };

  counter_open(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *words = g_strdup_printf(PEER "%s|%s", cases[i].chain, cases[i].options);

    counter_refuse(&counter, CHECK, words, "InvalidArgument", "'chain'");
    counter_refuse(&counter, CHECK, words, "InvalidArgument", cases[i].text);
  }
  counter_close(&counter);
}

/* Options that are not as they should be change nothing, and are named. */
static void test_hostile_options(void **state)
{
  static const struct {
    const char *options, *text;
  } cases[] = {
      {"pth=b:1", "'pth'"},
      {"path=s:yes", "'path'"},
      {"pki=s:good", "'pki'"},
      {"pki=s:OK", "'pki'"},
      {"errors=u:1", "'errors'"},
      {"pki=s:ok;errors=u:1", "'errors'"},
      {"pki=s:failed;errors=u:256", "'errors'"},
      {"pki=s:failed;errors=t:1", "'errors'"},
      {"ticket=s:maybe", "'ticket'"},
      {"accepted=b:1", "'accepted'"},
      {"learn=b:1;expires=t:1800000000", "'expires'"},
      {"learn=b:1;accepted=b:1;expires=t:1", "'expires'"},
      {"learn=b:1;accepted=b:1;expires=t:1700000000", "'expires'"},
      {"learn=b:1;accepted=b:1;expires=t:18446744073709551615", "'expires'"},
      {"program=s:0123456789012345678901234567890123456789012345678901234567890123x", "'program'"},
  };
  struct counter counter;
  g_autofree char *path = path_words(GATE_FIRST);

  counter_open(&counter, *state);
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *words = g_strdup_printf(PEER "%s|%s", path, cases[i].options);

    counter_refuse(&counter, CHECK, words, "InvalidArgument", cases[i].text);
  }
  check(&counter, GATE_FIRST, WHOLE, "no-pin\nnone\n\n1\nrule=7\n");
  counter_close(&counter);
}

/* A failure without a name is one that no exception excuses. */
static void test_failed(void **state)
{
  struct gate gate = {.strata = *state};
  struct keypin pin = gate_pin(GATE_FIRST, PATH_SERVER, KEYPIN_EXCEPTED, KEYPIN_USER);
  struct counter counter;

  pin.errors = PKI_EXCUSABLE;
  gate_put(&gate, &pin, 1);
  counter_open(&counter, *state);
  check(&counter, GATE_FIRST, "path=b:1;pki=s:failed;errors=u:9",
        "match\nexcepted\nuser\n1\nrule=7  excused=9\n");
  check(&counter, GATE_FIRST, "path=b:1;pki=s:failed", "no-pin\npki-failed\n\n1\nrule=3\n");
  check(&counter, GATE_FIRST, "path=b:1;pki=s:failed;errors=u:64",
        "no-pin\npki-failed\n\n1\nrule=3\n");
  counter_close(&counter);
}

/* The store can't be written: an error with "learn" alone. */
static void test_unavailable(void **state)
{
  struct strata *strata = *state;
  struct counter counter;
  g_autofree char *path = path_words(GATE_FIRST);
  g_autofree char *words = g_strdup_printf(PEER "%s|" LEARNED, path);

  strata_write(strata->folder, "home", "a file in the folder's place");
  counter_open(&counter, strata);
  counter_expect(&counter, CHECK, words, "unavailable\nunreadable\nuser\n1\nrule=7\n");
  counter_close(&counter);
}

/* A header's octets as words. */
static char *note_words(const char *header, size_t size, bool report_only, const char *path)
{
  g_autoptr(GString) hex = g_string_new(NULL);

  append_hex(hex, (struct span){(const uint8_t *)header, size});
  return g_strdup_printf(PEER "%s|%d|%s", hex->str, report_only, path);
}

/* The keys of FIRST and, for a backup, of FOREIGN, and this at the end. */
static char *make_header(const char *rest)
{
  char texts[2][KEYPIN_KEY_TEXT_SIZE];

  for (size_t i = 0; i < 2; i++) {
    struct keypin pin =
        gate_pin(i == 0 ? GATE_FIRST : GATE_FOREIGN, PATH_SERVER, KEYPIN_CRITICAL, KEYPIN_HPKP);

    assert_true(keypin_key_text(&pin, texts[i]));
  }
  return g_strdup_printf("pin-sha256=\"%s\"; pin-sha256=\"%s\"; %s", texts[0] + strlen("sha256//"),
                         texts[1] + strlen("sha256//"), rest);
}

static void test_note(void **state)
{
  struct counter counter;
  g_autofree char *path = path_words(GATE_FIRST), *other = path_words(GATE_SECOND);
  g_autofree char *header = make_header("max-age=1000");
  g_autofree char *words = note_words(header, strlen(header), false, path);
  g_autofree char *report = note_words(header, strlen(header), true, other);
  g_autofree char *removal = note_words("max-age=0", 9, false, path);
  g_autofree char *octets = note_words("\0\xff;", 3, false, path);

  counter_open(&counter, *state);
  counter_expect(&counter, NOTE, octets, "ignore\nit is malformed\n0\n");
  counter_expect(&counter, NOTE, report, "evaluate\n\n0\n");
  counter_expect(&counter, NOTE, words, "note\n\n1700001000\n");
  check(&counter, GATE_SECOND, WHOLE, "mismatch\ncritical-differs\nuser\n1\nrule=6  event=2\n");
  counter_expect(&counter, NOTE, removal, "remove\n\n0\n");
  check(&counter, GATE_SECOND, WHOLE, "no-pin\nnone\n\n1\nrule=7\n");
  counter_close(&counter);
}

static void test_note_refused(void **state)
{
  struct counter counter;
  g_autofree char *path = path_words(GATE_FIRST);
  g_autofree char *port = g_strdup_printf("a.example|tls|0|00|0|%s", path);
  g_autofree char *large = g_strdup_printf(PEER "1000000*20|0|%s", path);

  counter_open(&counter, *state);
  counter_refuse(&counter, NOTE, PEER "00|0|", "InvalidArgument", "'chain'");
  counter_refuse(&counter, NOTE, PEER "00|0|00", "InvalidArgument", "malformed");
  counter_refuse(&counter, NOTE, port, "InvalidArgument", "'port'");
  counter_expect(&counter, NOTE, large, "ignore\nit is too long\n0\n");
  counter_close(&counter);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, strata_setup, strata_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_story),        TEST(test_raw_key),         TEST(test_ticket),
      TEST(test_address),      TEST(test_hostile_chains),  TEST(test_failed),
      TEST(test_unavailable),  TEST(test_hostile_options), TEST(test_note),
      TEST(test_note_refused), TEST(test_crowd),           TEST(test_limited),
  };

  return cmocka_run_group_tests(tests, gate_begin, gate_end);
}
