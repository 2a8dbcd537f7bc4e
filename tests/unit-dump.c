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
#include <inttypes.h>
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
  assert_string_equal(lines[0], "{\"tlspin-dump\":1,\"left-out\":[\"tickets\"]}");
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

/* The record's `seen` becomes this chain's; octets: what it points to. */
static void see(struct keypin *pin, const struct chain_seen *seen, uint8_t octets[CHAIN_SEEN_MAX])
{
  struct writer writer = writer_of(octets, CHAIN_SEEN_MAX);

  assert_true(chain_seen_encode(seen, &writer));
  pin->seen = writer_span(&writer);
}

static void assert_chain(const struct keypin *pin, const char *expected)
{
  g_autoptr(GString) text = g_string_new(NULL);
  g_auto(GStrv) lines = NULL;

  put_one(text, pin);
  lines = g_strsplit(text->str, "\n", -1);
  if (expected != NULL ? strstr(lines[1], expected) == NULL : strstr(lines[1], "chain") != NULL)
    fail_msg("%s", lines[1]);
}

#define HEX32 "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void test_chain(void **state)
{
  static const uint8_t damaged[] = {1, 0, 9};
  struct keypin pin = learned(), mode = pin_at("a.example", KEYPIN_MODE, KEYPIN_ON);
  struct chain_seen seen = {.count = 2,
                            .at = {{.subject = "a \"b\"", .not_before = -5, .not_after = 6}}};
  uint8_t octets[CHAIN_SEEN_MAX];

  (void)state;
  assert_chain(&pin, NULL);
  memset(seen.at[0].certificate, 0x5a, 32);
  see(&pin, &seen, octets);
  assert_chain(&pin, ",\"chain\":[{\"subject\":\"a \\\"b\\\"\",\"not-before\":-5,\"not-after\":6,"
                     "\"certificate\":\"0 1 " HEX32 "\",\"key\":\"sha256//" ZEROS "\"},"
                     "{\"not-before\":0,\"not-after\":0,\"certificate\":\"0 1 000");
  mode.seen = pin.seen;
  assert_chain(&mode, NULL);
  seen = (struct chain_seen){.count = 1, .raw = true};
  see(&pin, &seen, octets);
  assert_chain(&pin, ",\"chain\":[{\"key\":\"sha256//" ZEROS "\"}]}");
  pin.seen = (struct span){damaged, sizeof damaged};
  assert_chain(&pin, NULL);
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
  struct chain_seen seen = {.count = CHAIN_MAX, .at = {{.subject = "", .not_before = -9}}};
  uint8_t octets[CHAIN_SEEN_MAX];

  for (size_t i = 1; i < CHAIN_MAX; i++) {
    seen.at[i].not_after = INT64_C(253402300799);
    memset(seen.at[i].subject, '"', sizeof seen.at[i].subject - 1);
    memset(seen.at[i].spki, (int)i, sizeof seen.at[i].spki);
  }
  see(&pin, &seen, octets);
  dump_put(dump, &pin);
  seen = (struct chain_seen){.count = 1, .raw = true};
  see(&pin, &seen, octets);
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
    refuse(text->str, size, text->str + size <= strchr(text->str, '\n') ? "1 refused" : "");
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

/* It is told what is wrong, once. */
static void assert_bad_as(const char *record, const char *words)
{
  struct gather gather;

  read_record(record, &gather);
  assert_string_equal(gather.records->str, "");
  assert_remark(&gather, "2 skipped ");
  assert_non_null(strstr(gather.remarks->str, words));
  assert_int_equal(gather.counts[REMARK_SKIPPED], 1);
  gather_clear(&gather);
}

static void assert_bad(const char *record)
{
  assert_bad_as(record, "this is no ");
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

#define SEEN_KEY       "\"key\":\"sha256//" ZEROS "\""
#define CERTIFICATE    "\"certificate\":\"0 1 " HEX32 "\""
#define TIMES          "\"not-before\":1,\"not-after\":2"
#define CHAIN(members) "\"chain\":[{" members "}]"

static void count_seen(const struct keypin *pin, size_t line, void *data)
{
  struct chain_seen seen;

  (void)line;
  assert_true(chain_seen_decode(pin->seen, &seen));
  *(size_t *)data += seen.count;
}

/* What a later version says of a certificate is passed over. */
static void test_chain_by_hand(void **state)
{
  static const char text[] = HEAD "{" GOOD "," CHAIN(
      TIMES "," CERTIFICATE ",\"later\":[]," SEEN_KEY "},{" CERTIFICATE "," SEEN_KEY
            "," TIMES) ",\"later\":{}}\n{" GOOD "," CHAIN(SEEN_KEY) "}\n{\"records\":2}\n";
  size_t certificates = 0;
  struct reading reading = {
      .now = 1, .record = count_seen, .remark = no_remark, .data = &certificates};

  (void)state;
  assert_true(dump_read(&reading, (struct span){(const uint8_t *)text, sizeof text - 1}));
  assert_int_equal(certificates, 3);
}

/* A good record with one member more, or instead of its own; to be freed by g_free. */
static char *with_member(const char *member)
{
  static const char *const own[] = {"\"host\":\"a.example\"", "\"kind\":\"pin\"",
                                    "\"status\":\"active\"",  "\"origin\":\"user\"",
                                    "\"level\":\"leaf\"",     "\"key\":\"sha256//" ZEROS "\""};
  size_t name = (size_t)(strchr(member, ':') - member) + 1;
  GString *record = g_string_new("{");

  for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
    if (strncmp(own[i], member, name) != 0)
      g_string_append_printf(record, "%s,", own[i]);
  g_string_append_printf(record, "%s}", member);
  return g_string_free(record, FALSE);
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
      "\"chain\":7",
      "\"chain\":[]",
      "\"chain\":[7]",
      "\"chain\":[{}]",
      "\"chain\":[null]",
      CHAIN("\"key\":7"),
      CHAIN("\"key\":\"x\""),
      CHAIN("\"key\":\"0 1 " HEX32 "\""),
      CHAIN("\"key\":\"1 2 " HEX32 HEX32 "\""),
      CHAIN(CERTIFICATE),
      CHAIN(CERTIFICATE "," SEEN_KEY),
      CHAIN(CERTIFICATE "," SEEN_KEY ",\"not-before\":1"),
      CHAIN(CERTIFICATE "," SEEN_KEY ",\"not-before\":1.5,\"not-after\":1"),
      CHAIN(CERTIFICATE "," SEEN_KEY ",\"not-before\":1,\"not-after\":253402300800"),
      CHAIN(CERTIFICATE "," TIMES),
      CHAIN("\"certificate\":\"1 1 " HEX32 "\"," SEEN_KEY "," TIMES),
      CHAIN("\"certificate\":\"" HEX32 "\"," SEEN_KEY "," TIMES),
      CHAIN("\"certificate\":7," SEEN_KEY "," TIMES),
      CHAIN(CERTIFICATE "," SEEN_KEY "," TIMES ",\"subject\":7"),
      CHAIN(CERTIFICATE "," SEEN_KEY "," TIMES ",\"subject\":\"a\\u001bb\""),
      CHAIN(SEEN_KEY "},{" SEEN_KEY),
      CHAIN(SEEN_KEY "},{" CERTIFICATE "," SEEN_KEY "," TIMES),
  };
  g_autofree char *subject = g_strnfill(128, 's');
  g_autofree char *too_long = g_strdup_printf(
      "{" GOOD "," CHAIN(CERTIFICATE "," SEEN_KEY "," TIMES ",\"subject\":\"%s\"") "}", subject);
  g_autoptr(GString) too_many = g_string_new("{" GOOD ",\"chain\":[{" SEEN_KEY "}");

  (void)state;
  assert_bad("");
  assert_bad("{}");
  assert_bad("[]");
  assert_bad("{" GOOD);
  assert_bad(too_long);
  for (int i = 1; i <= CHAIN_MAX; i++)
    g_string_append(too_many, ",{" CERTIFICATE "," SEEN_KEY "," TIMES "}");
  assert_bad(g_string_append(too_many, "]}")->str);
  assert_bad(
      "{\"host\":\"a.example\",\"kind\":\"mode\",\"status\":\"on\",\"origin\":\"user\"," CHAIN(
          SEEN_KEY) "}");
  for (size_t i = 0; i < G_N_ELEMENTS(more); i++) {
    g_autofree char *record = with_member(more[i]);
    g_autofree char *member = g_strndup(more[i] + 1, strcspn(more[i] + 1, "\""));
    g_autofree char *named = g_strdup_printf("'%s'", member);

    assert_bad_as(record, named);
  }
}

/* Which host is no host, and why, is said. */
static void test_bad_hosts(void **state)
{
  g_autofree char *label = g_strnfill(64, 'a');
  g_autofree char *member = g_strdup_printf("\"host\":\"%s.example\"", label);
  g_autofree char *long_one = with_member(member);
  g_autofree char *hostile = with_member("\"host\":\"a\\u001b[2J.example\"");
  g_autofree char *address = with_member("\"host\":\"192.0.2.1\"");

  (void)state;
  assert_bad_as(hostile, "'a\\x1b[2J.example' is not a host name: it ");
  assert_bad_as(address, "'192.0.2.1' is not a host name: it is an address");
  assert_bad_as(long_one, " is not a host name: ");
}

/* What could be read in two ways, or would lose a part, isn't read. */
static void test_ambiguous(void **state)
{
  (void)state;
  assert_bad("{" GOOD ",\"host\":\"b.example\"}");
  assert_bad("{" GOOD ",\"note\":\"a\",\"note\":\"b\"}");
  assert_bad("{" GOOD ",\"note\":\"a\\u0000b\"}");
}

#define EXCEPTION                                                                                  \
  "{\"host\":\"a.example\",\"kind\":\"exception\",\"status\":\"excepted\",\"origin\":\"user\","    \
  "\"level\":\"leaf\",\"key\":\"sha256//" ZEROS "\",\"errors\":[\"name\"]"

static void assert_ends(const char *record, int64_t end, const char *remark)
{
  g_autofree char *expected = g_strdup_printf("until %" PRId64 "\n", end);
  struct gather gather;

  read_record(record, &gather);
  assert_true(g_str_has_suffix(gather.records->str, expected));
  assert_int_equal(gather.record_count, 1);
  if (remark != NULL)
    assert_remark(&gather, remark);
  else
    assert_string_equal(gather.remarks->str, "");
  gather_clear(&gather);
}

/* No dump brings one that never ends, or that ends later than the user allows. */
static void test_exceptions_end(void **state)
{
  (void)state;
  assert_ends(EXCEPTION "}", GATHER_EXCEPTIONS_END, "2 note the exception has no end");
  assert_ends(EXCEPTION ",\"expires\":253402300799}", GATHER_EXCEPTIONS_END,
              "2 note the exception has no end");
  assert_ends(EXCEPTION ",\"expires\":1900000000}", GATHER_EXCEPTIONS_END,
              "2 note the exception ends far in the future");
  assert_ends(EXCEPTION ",\"expires\":1900000000,\"enforced-until\":1800000000}", 1800000000,
              "2 note the exception ends far in the future");
  assert_ends(EXCEPTION ",\"expires\":1800000000}", 1800000000, NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_form),          cmocka_unit_test(test_chain),
      cmocka_unit_test(test_chain_by_hand), cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_empty),         cmocka_unit_test(test_cut_off),
      cmocka_unit_test(test_changed),       cmocka_unit_test(test_by_hand),
      cmocka_unit_test(test_bad_records),   cmocka_unit_test(test_bad_hosts),
      cmocka_unit_test(test_ambiguous),     cmocka_unit_test(test_exceptions_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
