/* A dump: what is written, what is read, and that it is the same.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/dump.h"

#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void append(const char *line, void *data)
{
  g_string_append(data, line);
}

static struct place place(const char *text)
{
  struct place place;

  assert_int_equal(place_read(text, &place), HOST_FINE);
  return place;
}

static struct keypin pin_at(const char *text, enum keypin_kind kind, enum keypin_status status)
{
  struct place where = place(text);
  struct keypin pin = keypin_new(&where, kind, status, KEYPIN_USER);

  memset(pin.digest, 0xab, kind != KEYPIN_MODE ? matching_size(pin.matching) : 0);
  return pin;
}

static struct keypin learned(void)
{
  struct keypin pin = pin_at("a.example:443", KEYPIN_PIN, KEYPIN_ACTIVE);

  pin.origin = KEYPIN_TOFU;
  pin.place.protocol = PROTOCOL_TLS;
  pin.first_seen = 1790000000;
  pin.last_seen = 1795000000;
  pin.count_seen = 12;
  return pin;
}

static void put_one(GString *text, const struct keypin *pin)
{
  struct dump *dump = dump_begin(append, text);

  dump_put(dump, pin);
  dump_end(dump, true);
}

/* The words are a contract: tlspin-formats(5). */
static void test_form(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct keypin pin = pin_at(".example.org:8443", KEYPIN_EXCEPTION, KEYPIN_EXCEPTED);
  g_auto(GStrv) lines = NULL;

  (void)state;
  pin.errors = PKI_EXPIRED | PKI_NAME;
  pin.enforce_until = 1800000000;
  pin.report_until = 1900000000;
  pin.always = true;
  pin.note = "a \"note\"";
  pin.selector = SELECTOR_CERTIFICATE;
  put_one(text, &pin);
  lines = g_strsplit(text->str, "\n", -1);
  assert_string_equal(lines[0], "{\"tlspin-dump\":1,\"left-out\":[\"tickets\",\"chains\"]}");
  assert_string_equal(
      lines[1],
      "{\"host\":\"example.org\",\"scope\":\"subtree\",\"port\":8443,\"kind\":\"exception\","
      "\"status\":\"excepted\",\"origin\":\"user\",\"level\":\"leaf\",\"key\":\"0 1 "
      "abababababababababababababababababababababababababababababababab\","
      "\"enforced-until\":1800000000,\"expires\":1900000000,\"always\":true,"
      "\"errors\":[\"expired\",\"name\"],\"note\":\"a \\\"note\\\"\"}");
  assert_true(g_str_has_prefix(lines[2], "{\"records\":1,\"sha256\":\""));
  assert_string_equal(lines[3], "");
}

struct copy {
  struct dump *dump;
  unsigned count;
};

static void copy_record(const struct keypin *pin, size_t line, void *data)
{
  struct copy *copy = data;

  assert_true(line > 1);
  assert_true(keypin_is_valid(pin));
  dump_put(copy->dump, pin);
  copy->count++;
}

static void no_remark(size_t line, enum remark remark, const char *text, void *data)
{
  (void)remark;
  (void)data;
  fail_msg("line %zu: %s", line, text);
}

/* Reads a dump and writes it again. */
static unsigned again(const GString *text, GString *written)
{
  struct copy copy = {.dump = dump_begin(append, written)};
  struct reading reading = {.now = 1, .record = copy_record, .remark = no_remark, .data = &copy};

  assert_true(dump_read(&reading, (struct span){(const uint8_t *)text->str, text->len}));
  dump_end(copy.dump, true);
  return copy.count;
}

static void put_all(struct dump *dump)
{
  struct keypin pin = learned();

  dump_put(dump, &pin);
  pin.origin = KEYPIN_HPKP;
  dump_put(dump, &pin);
  pin = pin_at("*.example:1", KEYPIN_PIN, KEYPIN_REJECTED);
  pin.matching = MATCHING_SHA512;
  memset(pin.digest, 0xcd, 64);
  pin.level = KEYPIN_ANY;
  dump_put(dump, &pin);
  pin = pin_at("*", KEYPIN_MODE, KEYPIN_OFF);
  pin.enforce_until = 0;
  pin.report_until = 5;
  dump_put(dump, &pin);
  pin = pin_at("dtls.example", KEYPIN_PIN, KEYPIN_INACTIVE);
  pin.place.protocol = PROTOCOL_DTLS;
  pin.origin = KEYPIN_PROGRAM;
  dump_put(dump, &pin);
}

static void test_round_trip(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL), written = g_string_new(NULL);
  struct dump *dump = dump_begin(append, text);

  (void)state;
  put_all(dump);
  dump_end(dump, true);
  assert_int_equal(again(text, written), 5);
  assert_string_equal(written->str, text->str);
}

static void test_empty(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL), written = g_string_new(NULL);

  (void)state;
  dump_end(dump_begin(append, text), true);
  assert_int_equal(again(text, written), 0);
  assert_string_equal(written->str, text->str);
  assert_true(dump_detect((struct span){(const uint8_t *)text->str, text->len}));
}

static void refuse(const char *text, size_t size, const char *remark)
{
  struct gather one;

  gather_init(&one);
  gather_octets(&one, "dump", (struct span){(const uint8_t *)text, size});
  assert_false(one.fine);
  assert_string_equal(one.records->str, "");
  assert_remark(&one, remark);
  gather_clear(&one);
}

/* Wherever it is cut off, that is noticed; but for its last line feed, which is no loss. */
static void test_cut_off(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct dump *dump = dump_begin(append, text);

  (void)state;
  put_all(dump);
  dump_end(dump, true);
  for (size_t size = 0; size + 1 < text->len; size++)
    refuse(text->str, size, size < 50 ? "1 refused" : "");
  g_string_truncate(text, 0);
  dump_end(dump_begin(append, text), false);
  refuse(text->str, text->len, "1 refused the dump is cut off");
}

static void test_changed(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct dump *dump = dump_begin(append, text);

  (void)state;
  put_all(dump);
  dump_end(dump, true);
  *strstr(text->str, "a.example") = 'b';
  refuse(text->str, text->len, "7 refused the dump was changed since it was written");
  refuse("{\"tlspin-dump\":2}\n{\"records\":0}\n", 32, "1 refused the dump is of a newer version");
  refuse("{\"tlspin-dump\":\"x\"}\n", 20, "1 refused this is no dump");
  refuse("{\"tlspin-dump\":1}\n{\"records\":1}\n", 32, "2 refused the dump holds more or fewer");
  refuse("{\"tlspin-dump\":1}\n{\"records\":-1}\n", 33, "2 refused the dump holds more or fewer");
}

#define HEAD "{\"tlspin-dump\":1}\n"
#define GOOD                                                                                       \
  "\"host\":\"a.example\",\"kind\":\"pin\",\"status\":\"active\",\"origin\":\"user\","             \
  "\"level\":\"leaf\",\"key\":\"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""

/* A dump that somebody wrote by hand: without the digest, and with one record. */
static void read_record(const char *record, struct gather *gather)
{
  g_autofree char *text = g_strdup_printf(HEAD "%s\n{\"records\":1}\n", record);

  gather_init(gather);
  gather_text(gather, "dump", text);
  assert_true(gather->fine);
}

static void assert_bad(const char *record)
{
  struct gather gather;

  read_record(record, &gather);
  assert_string_equal(gather.records->str, "");
  assert_remark(&gather, "2 skipped this is no ");
  assert_int_equal(gather.counts[REMARK_SKIPPED], 1);
  gather_clear(&gather);
}

static void test_by_hand(void **state)
{
  struct gather gather;

  (void)state;
  read_record("{" GOOD "}", &gather);
  assert_string_equal(gather.records->str,
                      "2 pin a.example active user leaf "
                      "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
  gather_clear(&gather);
}

static void test_bad_records(void **state)
{
  static const char *const more[] = {
      "\"scope\":\"all\"",
      "\"scope\":7",
      "\"protocol\":\"quic\"",
      "\"port\":65536",
      "\"port\":-1",
      "\"port\":\"443\"",
      "\"host\":\"\"",
      "\"host\":\"A.example\"",
      "\"host\":7",
      "\"kind\":\"ticket\"",
      "\"status\":\"off\"",
      "\"origin\":\"policy\"",
      "\"level\":\"root\"",
      "\"key\":\"x\"",
      "\"key\":\"1 1 00\"",
      "\"expires\":-1",
      "\"expires\":\"soon\"",
      "\"expires\":253402300800",
      "\"enforced-until\":253402300800",
      "\"enforced-until\":true",
      "\"first-seen\":-1",
      "\"last-seen\":1.5",
      "\"count-seen\":-1",
      "\"always\":1",
      "\"errors\":[\"name\"]",
      "\"errors\":\"name\"",
      "\"errors\":[7]",
      "\"errors\":[\"nothing\"]",
      "\"note\":7",
      "\"note\":\"a\\u001bb\"",
  };

  (void)state;
  assert_bad("");
  assert_bad("{}");
  assert_bad("[]");
  assert_bad("{" GOOD);
  for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
    g_autofree char *record = g_strconcat("{" GOOD ",", more[i], "}", NULL);

    assert_bad(record);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_form),        cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_empty),       cmocka_unit_test(test_cut_off),
      cmocka_unit_test(test_changed),     cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_bad_records),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
