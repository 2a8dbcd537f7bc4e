/* Readers given what was changed at random, and a million lines.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "formats/lines.h"
#include "formats/reader.h"

#include "tests/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

/* The numbers are the same in every run, so that a failure can be seen again. */
enum { SEED = 20260722, ROUNDS = 1500, LINES = 1000000 };

static const char *const files[] = {
    "known_hosts",       "known_hosts_defects",   "trustedcerts.xml",
    "cert_override.txt", "cert_override_old.txt", "ksslcertificatemanager",
    "chain.pem",         "network-security.data", "others.pem",
};

static guint32 below(GRand *rand, size_t end)
{
  return end > 1 ? (guint32)g_rand_int_range(rand, 0, (gint32)end) : 0;
}

static void change(GRand *rand, GString *octets)
{
  static const char nasty[] = "\0\n|\"\\<>()[]=:;\x1b\xff\xc3{}-";
  size_t at = below(rand, octets->len), length = below(rand, 40) + 1;
  char piece[64];

  switch (below(rand, 6)) {
  case 0:
    if (at < octets->len)
      octets->str[at] ^= (char)(1 << below(rand, 8));
    break;
  case 1:
    g_string_erase(octets, (gssize)at, (gssize)MIN(length, octets->len - at));
    break;
  case 2:
    g_string_truncate(octets, at);
    break;
  case 3:
    g_string_insert_len(octets, (gssize)at, &nasty[below(rand, sizeof nasty - 1)], 1);
    break;
  case 4:
    length = MIN(length, octets->len - at);
    memcpy(piece, octets->str + at, length);
    g_string_insert_len(octets, below(rand, octets->len), piece, (gssize)length);
    break;
  default:
    for (size_t i = 0; i < length; i++)
      piece[i] = (char)below(rand, 256);
    g_string_insert_len(octets, (gssize)at, piece, (gssize)length);
  }
}

/* gather looks at each record and each remark. */
static void read_with(const struct format *format, const GString *octets)
{
  struct place place = {.host = "mail.example.org", .protocol = PLACE_ANY_PROTOCOL, .port = 993};
  struct gather gather;

  gather_init(&gather);
  gather.reading.places = &place;
  gather.reading.place_count = 1;
  gather_octets(&gather, format->name, (struct span){(const uint8_t *)octets->str, octets->len});
  assert_true(gather.fine || gather.counts[REMARK_REFUSED] == 1);
  gather_clear(&gather);
}

static void test_mutations(void **state)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
    size_t size;
    g_autofree char *octets = gather_load(files[i], &size);
    const struct format *format = format_of_octets((struct span){(const uint8_t *)octets, size});

    assert_non_null(format);
    for (int round = 0; round < ROUNDS; round++) {
      g_autoptr(GString) copy = g_string_new_len(octets, (gssize)size);

      for (guint32 changes = below(rand, 8) + 1; changes > 0; changes--)
        change(rand, copy);
      format_of_octets((struct span){(const uint8_t *)copy->str, copy->len});
      read_with(format, copy);
    }
  }
}

/* JSON that is mutated is hardly ever JSON; it is mutated in its strings and numbers too. */
static void test_mutated_json(void **state)
{
  static const char *const texts[] = {
      "{\"pinsets\":{},\"pins_list_timestamp\":1,\"entries\":[{\"host\":\"a.example\","
      "\"include_subdomains\":true,\"pins\":[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"],"
      "\"bad_pins\":[]}]}",
      "{\"tlspin-dump\":1}\n{\"host\":\"a.example\",\"scope\":\"subtree\",\"port\":443,"
      "\"kind\":\"pin\",\"status\":\"active\",\"origin\":\"tofu\",\"level\":\"leaf\",\"key\":"
      "\"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\"enforced-until\":1,"
      "\"expires\":2000000000,\"first-seen\":5,\"always\":true,\"note\":\"x\"}\n{\"records\":1}\n"};
  static const char *const formats_of[] = {"chromium", "dump"};
  g_autoptr(GRand) rand = g_rand_new_with_seed(SEED);

  (void)state;
  for (int round = 0; round < 2 * ROUNDS; round++)
    for (size_t i = 0; i < 2; i++) {
      g_autoptr(GString) copy = g_string_new(texts[i]);

      for (guint32 changes = below(rand, 3) + 1; changes > 0; changes--)
        change(rand, copy);
      read_with(format_of_name(formats_of[i]), copy);
    }
}

struct count {
  size_t records, skipped, last;
};

static void count_record(const struct keypin *pin, size_t line, void *data)
{
  struct count *count = data;

  (void)pin;
  count->records++;
  count->last = line;
}

static void count_remark(size_t line, enum remark remark, const char *text, void *data)
{
  struct count *count = data;

  (void)text;
  count->skipped += remark == REMARK_SKIPPED;
  count->last = MAX(count->last, line);
}

static void count_all(const char *format, const GString *octets, struct count *count)
{
  struct reading reading = {.now = GATHER_NOW,
                            .exceptions_end = GATHER_EXCEPTIONS_END,
                            .record = count_record,
                            .remark = count_remark,
                            .data = count};

  *count = (struct count){0, 0, 0};
  assert_true(format_read(format_of_name(format), &reading,
                          (struct span){(const uint8_t *)octets->str, octets->len}));
}

/* Nine lines of ten can be used. */
static void test_million_known_hosts(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct count count;

  (void)state;
  for (int i = 0; i < LINES; i++)
    if (i % 10 == 9)
      g_string_append(text, "|g0|cut\x1b|443|0|MFkw\n");
    else
      g_string_append_printf(text, "|c0|h%d.example|443|0|6|%064d\n", i, i);
  count_all("known-hosts", text, &count);
  assert_int_equal(count.records, LINES / 10 * 9);
  assert_int_equal(count.skipped, LINES / 10);
  assert_int_equal(count.last, LINES);
}

static void test_million_exceptions(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct count count;

  (void)state;
  for (int i = 0; i < LINES; i++)
    g_string_append_printf(text, "h%d.example:443:\tOID.2.16.840.1.101.3.4.2.1\t%064d\t\n", i, i);
  count_all("firefox", text, &count);
  assert_int_equal(count.records, LINES);
  assert_int_equal(count.skipped, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mutations),
      cmocka_unit_test(test_mutated_json),
      cmocka_unit_test(test_million_known_hosts),
      cmocka_unit_test(test_million_exceptions),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
