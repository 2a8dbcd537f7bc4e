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
#include <sys/resource.h>

#include "tests/brief.h"

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
      "\"expires\":2000000000,\"first-seen\":5,\"always\":true,\"note\":\"x\",\"chain\":[{"
      "\"subject\":"
      "\"a\",\"not-before\":1,\"not-after\":2,\"certificate\":\"0 1 "
      "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\",\"key\":"
      "\"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}]}\n{\"records\":1}\n"};
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

/* Multiples of 400: how many lines the simple formats are given, and how many the others. */
static int all = LINES, many = LINES;

/* Nine lines of ten can be used. */
static void test_million_known_hosts(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct count count;

  (void)state;
  for (int i = 0; i < all; i++)
    if (i % 10 == 9)
      g_string_append(text, "|g0|cut\x1b|443|0|MFkw\n");
    else
      g_string_append_printf(text, "|c0|h%d.example|443|0|6|%064d\n", i, i);
  count_all("known-hosts", text, &count);
  assert_int_equal(count.records, all / 10 * 9);
  assert_int_equal(count.skipped, all / 10);
  assert_int_equal(count.last, all);
}

static void test_million_exceptions(void **state)
{
  g_autoptr(GString) text = g_string_new(NULL);
  struct count count;

  (void)state;
  for (int i = 0; i < all; i++)
    g_string_append_printf(text, "h%d.example:443:\tOID.2.16.840.1.101.3.4.2.1\t%064d\t\n", i, i);
  count_all("firefox", text, &count);
  assert_int_equal(count.records, all);
  assert_int_equal(count.skipped, 0);
}

/* What is read is no larger than this, in octets, and doesn't take longer, in seconds: far more
 * than is needed where the work grows with the file, and far less than where it grows with its
 * square. */
enum { MEMORY_MOST = 2000000000, SECONDS_MOST = 120 };

#if defined(__SANITIZE_ADDRESS__)
enum { MANY_AT_MOST = LINES / 10 };
static void assert_memory(void) {}
#else
enum { MANY_AT_MOST = LINES };
static void assert_memory(void)
{
  struct rusage usage;

  assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
  assert_true(usage.ru_maxrss < MEMORY_MOST / 1024);
}
#endif

/* Reads it, and every line is accounted for. */
static void count_many(const char *format, const GString *text, int records, int skipped, int last)
{
  gint64 start = g_get_monotonic_time();
  struct count count;

  count_all(format, text, &count);
  if (count.records != (size_t)records || count.skipped != (size_t)skipped ||
      count.last != (size_t)last)
    fail_msg("%s: %zu records, %zu skipped, the last in line %zu", format, count.records,
             count.skipped, count.last);
  assert_true(g_get_monotonic_time() - start < SECONDS_MOST * G_USEC_PER_SEC);
  assert_memory();
}

/* The text between two marks in a file of the tests. */
static char *piece_of(const char *file, const char *from, const char *until)
{
  size_t size;
  g_autofree char *octets = gather_load(file, &size);
  char *begin = g_strstr_len(octets, (gssize)size, from), *end;

  assert_non_null(begin);
  begin += strlen(from);
  end = g_strstr_len(begin, octets + size - begin, until);
  assert_non_null(end);
  return g_strndup(begin, (gsize)(end - begin));
}

/* One certificate of a hundred is one. */
static void test_million_filezilla(void **state)
{
  g_autofree char *good = piece_of("trustedcerts.xml", "<Data>", "</Data>");
  g_autoptr(GString) text = g_string_new("<FileZilla3><TrustedCerts>\n");

  (void)state;
  for (int i = 0; i < many; i++)
    g_string_append_printf(
        text,
        "<Certificate><Data>%s</Data>"
        "<ActivationTime>1795383484</ActivationTime><ExpirationTime>4041783484</ExpirationTime>"
        "<Host>h%d.example</Host><Port>21</Port><TrustSANs>0</TrustSANs>"
        "</Certificate>\n",
        i % 100 == 99 ? good : "3082", i);
  g_string_append(text, "</TrustedCerts></FileZilla3>\n");
  count_many("filezilla", text, many / 100, many / 100 * 99, many + 1);
}

/* Groups of a host each, and one of a hundred has a certificate. */
static void test_million_kde(void **state)
{
  g_autofree char *good = piece_of("ksslcertificatemanager", "CertificatePEM=", "\n");
  g_autofree char *name = piece_of("ksslcertificatemanager", "[", "]");
  g_autoptr(GString) text = g_string_new(NULL);

  (void)state;
  for (int i = 0; i < many / 4; i++)
    g_string_append_printf(text,
                           "[%s]\nCertificatePEM=%s\nh%d.example=ExpireUTC 2099-05-05T12:00:00,"
                           "SelfSignedCertificate\n\n",
                           name, i % 100 == 99 ? good : "none", i);
  count_many("kde", text, many / 400, many / 400 * 99, many - 1);
}

/* Nine entries of ten have a hash that can be used. */
static void test_million_emacs(void **state)
{
  static const char half[] = "8b:1f:8a:84:c2:3d:a7:6e:26:38:55:2d:bb:80:92:a7";
  g_autoptr(GString) text = g_string_new("(\n");

  (void)state;
  for (int i = 0; i < many; i++) {
    g_autofree char *host = g_strdup_printf("h%d.example:443", i);
    g_autofree char *id = g_compute_checksum_for_string(G_CHECKSUM_SHA1, host, -1);

    g_string_append_printf(text, " (:id \"sha1:%s\" :fingerprints (\"%s:%s:%s\") :host \"%s\")\n",
                           id, i % 10 == 9 ? "md5" : "sha256", half, half, host);
  }
  g_string_append(text, ")\n");
  count_many("emacs", text, many / 10 * 9, many / 10, many + 1);
}

/* Certificates of one authority, again and again, in lines of 64 characters. */
static void test_million_pem(void **state)
{
  static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
  g_autofree char *good = piece_of("chain.pem", begin, end);
  g_autofree char *certificate = g_strconcat(begin, good, end, "\n", NULL);
  struct place place = {.host = "mail.example.org", .protocol = PLACE_ANY_PROTOCOL, .port = 993};
  struct reading reading = {.now = GATHER_NOW,
                            .places = &place,
                            .place_count = 1,
                            .exceptions_end = GATHER_EXCEPTIONS_END,
                            .record = count_record,
                            .remark = count_remark};
  g_autoptr(GString) text = g_string_new(NULL);
  struct count count = {0, 0, 0};
  size_t lines = 0, certificates = 0;
  gint64 start;

  (void)state;
  for (const char *at = certificate; *at != '\0'; at++)
    lines += *at == '\n';
  for (; certificates < (size_t)many / lines; certificates++)
    g_string_append(text, certificate);
  g_string_append(text, begin);
  reading.data = &count;
  start = g_get_monotonic_time();
  assert_true(format_read(format_of_name("pem"), &reading,
                          (struct span){(const uint8_t *)text->str, text->len}));
  assert_int_equal(count.records, certificates);
  assert_int_equal(count.skipped, 1); /* the last is broken off */
  assert_int_equal(count.last, certificates * lines + 1);
  assert_true(g_get_monotonic_time() - start < SECONDS_MOST * G_USEC_PER_SEC);
  assert_memory();
}

#define PIN_TEXT "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* One entry of ten is whole. */
static void test_million_chromium(void **state)
{
  g_autoptr(GString) text =
      g_string_new("{\"pinsets\":{},\"pins_list_timestamp\":1795000000,\"entries\":[\n");

  (void)state;
  for (int i = 0; i < many; i++)
    if (i % 10 == 9)
      g_string_append_printf(text,
                             ",{\"host\":\"h%d.example\",\"include_subdomains\":true,\"pins\":"
                             "[\"" PIN_TEXT "\"],\"bad_pins\":[]}\n",
                             i);
    else
      g_string_append_printf(text, "%s{\"host\":\"a..b\"}\n", i > 0 ? "," : "");
  g_string_append(text, "]}\n");
  count_many("chromium", text, many / 10, many / 10 * 9, many + 1);
}

static void test_million_dump(void **state)
{
  g_autoptr(GString) text = g_string_new("{\"tlspin-dump\":1}\n");

  (void)state;
  for (int i = 0; i < many; i++)
    if (i % 10 == 9)
      g_string_append_printf(text,
                             "{\"host\":\"h%d.example\",\"scope\":\"exact\",\"port\":443,"
                             "\"kind\":\"pin\",\"status\":\"active\",\"origin\":\"user\","
                             "\"level\":\"leaf\",\"key\":\"sha256//" PIN_TEXT "\"}\n",
                             i);
    else
      g_string_append(text, "{\"host\":\"a..b\"}\n");
  g_string_append_printf(text, "{\"records\":%d}\n", many);
  count_many("dump", text, many / 10, many / 10 * 9, many + 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mutations),           cmocka_unit_test(test_mutated_json),
      cmocka_unit_test(test_million_known_hosts), cmocka_unit_test(test_million_exceptions),
      cmocka_unit_test(test_million_filezilla),   cmocka_unit_test(test_million_kde),
      cmocka_unit_test(test_million_emacs),       cmocka_unit_test(test_million_pem),
      cmocka_unit_test(test_million_chromium),    cmocka_unit_test(test_million_dump),
  };

  all = (int)brief_number(LINES, "lines");
  many = MIN(all, MANY_AT_MOST);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
