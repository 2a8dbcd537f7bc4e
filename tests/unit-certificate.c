/* Certificates: their parts, their times and their names, and hostile DER.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/certificate.h"

#include "common/der.h"
#include "tests/hex.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROOM = 1024 };

/* The Ed25519 key of RFC 8410 section 10.1. */
#define SPKI                                                                                       \
  "302a300506032b6570032100"                                                                       \
  "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

static struct span span_of(const gnutls_datum_t *datum)
{
  return (struct span){datum->data, datum->size};
}

static struct span text_span(const char *text)
{
  return (struct span){(const uint8_t *)text, strlen(text)};
}

static void put(struct writer *w, uint8_t tag, struct span contents)
{
  writer_u8(w, tag);
  if (contents.size < 0x80) {
    writer_vector8(w, contents);
    return;
  }
  writer_u8(w, 0x82);
  writer_vector16(w, contents);
}

/* The contents of a Validity of two times. */
static struct span validity_of(uint8_t tag1, const char *time1, uint8_t tag2, const char *time2,
                               uint8_t buffer[ROOM])
{
  struct writer w = writer_of(buffer, ROOM);

  put(&w, tag1, text_span(time1));
  put(&w, tag2, text_span(time2));
  return writer_span(&w);
}

/* A certificate with nothing in it but its form and these parts. */
static struct span with_parts(struct span serial, struct span validity, const char *spki,
                              uint8_t buffer[ROOM])
{
  uint8_t tbs_buffer[ROOM], body_buffer[ROOM], key[ROOM];
  struct writer tbs = writer_of(tbs_buffer, ROOM), body = writer_of(body_buffer, ROOM);
  struct writer whole = writer_of(buffer, ROOM);

  put(&tbs, DER_CONTEXT_0, hex("020102", key, sizeof key));
  put(&tbs, DER_INTEGER, serial);
  put(&tbs, DER_SEQUENCE, text_span(""));
  put(&tbs, DER_SEQUENCE, text_span("issuer"));
  put(&tbs, DER_SEQUENCE, validity);
  put(&tbs, DER_SEQUENCE, text_span("subject"));
  writer_put(&tbs, hex(spki, key, sizeof key));
  put(&body, DER_SEQUENCE, writer_span(&tbs));
  put(&body, DER_SEQUENCE, text_span(""));
  put(&body, DER_BIT_STRING, text_span(""));
  put(&whole, DER_SEQUENCE, writer_span(&body));
  assert_false(whole.failed);
  return writer_span(&whole);
}

static struct span with_validity(struct span validity, uint8_t buffer[ROOM])
{
  return with_parts(text_span("\x7f"), validity, SPKI, buffer);
}

static void test_wrong_parts(void **state)
{
  uint8_t times[ROOM], buffer[ROOM];
  struct span validity =
      validity_of(DER_UTC_TIME, "700101000000Z", DER_UTC_TIME, "710101000000Z", times);
  struct span serial = text_span("1");
  struct certificate c;

  (void)state;
  assert_true(certificate_read(with_parts(serial, validity, SPKI, buffer), &c));
  assert_false(certificate_read(with_parts(text_span(""), validity, SPKI, buffer), &c));
  assert_false(certificate_read(with_parts(serial, validity, "3000", buffer), &c));
  assert_false(certificate_read(with_parts(serial, validity, "", buffer), &c));
  assert_false(certificate_read(with_parts(serial, validity, "0500" SPKI, buffer), &c));
}

static void test_parts(void **state)
{
  uint8_t times[ROOM], buffer[ROOM], key[ROOM];
  struct span validity =
      validity_of(DER_UTC_TIME, "700101000000Z", DER_GENERALIZED_TIME, "20500101000000Z", times);
  struct span der = with_validity(validity, buffer), found;
  struct certificate c;

  (void)state;
  assert_true(certificate_read(der, &c));
  assert_true(span_equal(c.serial, text_span("\x7f")));
  assert_true(span_equal(c.issuer, text_span("\x30\x06issuer")));
  assert_true(span_equal(c.subject, text_span("\x30\x07subject")));
  assert_true(span_equal(c.spki, hex(SPKI, key, sizeof key)));
  assert_int_equal(c.not_before, 0);
  assert_int_equal(c.not_after, INT64_C(2524608000));
  assert_true(certificate_read_parts(der, &c, &found));
  assert_true(span_equal(found, validity));
  assert_int_equal(c.not_after, 0);
  assert_true(c.subject.data > der.data && c.subject.data < der.data + der.size);
}

/* Against GnuTLS. */
static void test_real_ones(void **state)
{
  const time_t from = 1700000000, until = 2600000000; /* beyond 2050: both forms of a time */

  (void)state;
  for (int i = 0; i < PKI_ALGORITHMS; i++) {
    struct pki_identity identity = {NULL, NULL};
    gnutls_datum_t der, spki, name;
    struct certificate c;
    char text[64];

    pki_make(&identity, NULL,
             &(struct pki_request){.algorithm = (enum pki_algorithm)i,
                                   .purpose = PKI_CA,
                                   .name = "Test Authority",
                                   .not_before = from,
                                   .not_after = until});
    der = pki_certificate_der(&identity);
    spki = pki_spki_der(&identity);
    assert_int_equal(gnutls_x509_crt_get_raw_dn(identity.certificate, &name), 0);
    assert_true(certificate_read(span_of(&der), &c));
    assert_int_equal(c.not_before, from);
    assert_int_equal(c.not_after, until);
    assert_true(span_equal(c.spki, span_of(&spki)));
    assert_true(span_equal(c.subject, span_of(&name)));
    assert_true(span_equal(c.issuer, c.subject));
    certificate_name_text(c.subject, text, sizeof text);
    assert_string_equal(text, "Test Authority");
    gnutls_free(der.data);
    gnutls_free(spki.data);
    gnutls_free(name.data);
    pki_free(&identity);
  }
}

static bool reads_time(uint8_t tag, const char *time, int64_t *seconds)
{
  uint8_t times[ROOM], buffer[ROOM];
  struct span validity = validity_of(tag, time, DER_GENERALIZED_TIME, "99991231235959Z", times);
  struct certificate c;

  if (!certificate_read(with_validity(validity, buffer), &c))
    return false;
  assert_int_equal(c.not_after, INT64_C(253402300799));
  *seconds = c.not_before;
  return true;
}

static void check_time(uint8_t tag, const char *time, int64_t expected)
{
  int64_t seconds = -1;

  if (!reads_time(tag, time, &seconds) || seconds != expected)
    fail_msg("%s: %lld", time, (long long)seconds);
}

/* By Python's datetime; the first by the proleptic Gregorian calendar. */
static void test_times(void **state)
{
  (void)state;
  check_time(DER_UTC_TIME, "700101000000Z", 0);
  check_time(DER_UTC_TIME, "691231235959Z", -1);
  check_time(DER_UTC_TIME, "500101000000Z", -631152000);
  check_time(DER_UTC_TIME, "491231235959Z", 2524607999);
  check_time(DER_UTC_TIME, "000229120000Z", 951825600);
  check_time(DER_UTC_TIME, "991231235959Z", 946684799);
  check_time(DER_UTC_TIME, "240229000000Z", 1709164800);
  check_time(DER_GENERALIZED_TIME, "20500101000000Z", 2524608000);
  check_time(DER_GENERALIZED_TIME, "20491231235959Z", 2524607999); /* should be a UTCTime */
  check_time(DER_GENERALIZED_TIME, "20380119031408Z", INT64_C(2147483648));
  check_time(DER_GENERALIZED_TIME, "21000228235959Z", INT64_C(4107542399));
  check_time(DER_GENERALIZED_TIME, "20000229000000Z", 951782400);
  check_time(DER_GENERALIZED_TIME, "99991231235959Z", INT64_C(253402300799));
  check_time(DER_GENERALIZED_TIME, "00010101000000Z", INT64_C(-62135596800));
  check_time(DER_GENERALIZED_TIME, "00000101000000Z", INT64_C(-62167219200));
  check_time(DER_GENERALIZED_TIME, "00000229000000Z", INT64_C(-62162121600));
}

/* A day in each fortnight of ten thousand years, by the C library. */
static void test_calendar(void **state)
{
  (void)state;
  for (int64_t day = -719528; day < 2932897; day += 14) {
    time_t time = (time_t)(day * 86400 + (day & 0xffff));
    struct tm tm;
    char text[64];

    assert_non_null(gmtime_r(&time, &tm));
    snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    check_time(DER_GENERALIZED_TIME, text, time);
  }
}

static void test_times_that_are_none(void **state)
{
  static const char *const utc[] = {
      "",
      "Z",
      "7001010000Z",  /* no seconds */
      "700101000000", /* no Z */
      "700101000000z",
      "700101000000+0000",
      "700101000000Z0",
      "7001010000000Z",
      "700101000000.5Z",
      "701301000000Z",
      "700001000000Z",
      "700132000000Z",
      "700100000000Z",
      "700101240000Z",
      "700101006000Z",
      "700101000060Z",
      "230229000000Z",
      "700431000000Z",
      " 70101000000Z",
      "-70101000000Z",
      "70010100000aZ",
      "19700101000000Z",
  };
  static const char *const generalized[] = {
      "",
      "700101000000Z",
      "197001010000Z",
      "1970010100Z",
      "19700101000000",
      "19700101000000.0Z",
      "19700101000000,1Z",
      "19700101000000Z ",
      "19700101000000+0100",
      "19000229000000Z",
      "21000229000000Z",
      "20230229000000Z",
      "20241301000000Z",
      "20240001000000Z",
      "20240631000000Z",
      "119700101000000Z",
      "1970010100000:Z",
      "+9700101000000Z",
      "20240101000060Z",
      "20240101245959Z",
      "x9700101000000Z",
  };
  int64_t seconds;

  (void)state;
  for (size_t i = 0; i < sizeof utc / sizeof utc[0]; i++)
    if (reads_time(DER_UTC_TIME, utc[i], &seconds))
      fail_msg("%s was read", utc[i]);
  for (size_t i = 0; i < sizeof generalized / sizeof generalized[0]; i++)
    if (reads_time(DER_GENERALIZED_TIME, generalized[i], &seconds))
      fail_msg("%s was read", generalized[i]);
  assert_false(reads_time(DER_PRINTABLE_STRING, "700101000000Z", &seconds));
}

static void test_validities(void **state)
{
  uint8_t buffer[ROOM], octets[ROOM];
  struct certificate c;
  static const char *const wrong[] = {
      "",
      "170d3730303130313030303030305a",                              /* one time */
      "170d3730303130313030303030305a170d3730303130313030303030305a" /* three */
      "170d3730303130313030303030305a",
      "170d3730303130313030303030305a170d3730303130313030303030305a00",
      "170e3730303130313030303030305a170d3730303130313030303030305a",
  };

  (void)state;
  assert_true(certificate_read(
      with_validity(hex("170d3730303130313030303030305a170d3730303130313030303030305a", octets,
                        sizeof octets),
                    buffer),
      &c));
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_false(certificate_read(with_validity(hex(wrong[i], octets, sizeof octets), buffer), &c));
}

/* In bounds, whatever was read; the names too. */
static bool read_safely(struct span der)
{
  struct certificate c;
  const struct span *parts[] = {&c.serial, &c.issuer, &c.subject, &c.spki};
  char text[16];

  if (!certificate_read(der, &c))
    return false;
  for (size_t i = 0; i < 4; i++) {
    assert_true(parts[i]->data >= der.data);
    assert_true(parts[i]->size <= der.size - (size_t)(parts[i]->data - der.data));
  }
  assert_in_range(c.not_before + INT64_C(62167219200), 0, INT64_C(315569519999));
  assert_in_range(c.not_after + INT64_C(62167219200), 0, INT64_C(315569519999));
  certificate_name_text(c.subject, text, sizeof text);
  certificate_name_text(c.issuer, text, 1);
  assert_string_equal(text, "");
  return true;
}

static void test_truncations_and_changes(void **state)
{
  struct pki_identity identity = {NULL, NULL};
  gnutls_datum_t der;
  uint8_t *copy;
  unsigned read = 0, refused = 0;

  (void)state;
  pki_make(&identity, NULL, &(struct pki_request){.purpose = PKI_SERVER, .name = "a.example"});
  der = pki_certificate_der(&identity);
  for (unsigned size = 0; size < der.size; size++) {
    copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, der.data, size);
    assert_false(read_safely((struct span){copy, size}));
    free(copy);
  }
  copy = malloc(der.size + 1);
  assert_non_null(copy);
  memcpy(copy, der.data, der.size);
  copy[der.size] = 0;
  assert_false(read_safely((struct span){copy, der.size + 1}));
  for (unsigned at = 0; at < der.size; at++)
    for (unsigned change = 1; change < 256; change++) {
      copy[at] ^= (uint8_t)change;
      *(read_safely((struct span){copy, der.size}) ? &read : &refused) += 1;
      copy[at] = der.data[at];
    }
  assert_true(read > 255 * 64); /* the signature */
  assert_true(refused > 20 * 255);
  free(copy);
  gnutls_free(der.data);
  pki_free(&identity);
}

/* Without the octets that are checked, the form: parts that are missing or too many. */
static void test_forms(void **state)
{
  static const char *const wrong[] = {
      "", "3000", "30023000", "3006300030000300", "0500", "30083006020101300030003000"};
  uint8_t octets[ROOM];
  struct certificate c;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    assert_false(certificate_read(hex(wrong[i], octets, sizeof octets), &c));
}

/* Replaces a part of a sound certificate, which must then be refused. */
static void check_signature_part(const char *behind)
{
  uint8_t times[ROOM], buffer[ROOM], inner[ROOM], outer[ROOM];
  struct span validity =
      validity_of(DER_UTC_TIME, "700101000000Z", DER_UTC_TIME, "710101000000Z", times);
  struct span der = with_validity(validity, buffer);
  struct reader r = reader_of(der), body;
  struct writer w = writer_of(inner, sizeof inner), whole = writer_of(outer, sizeof outer);
  struct certificate c;

  assert_true(certificate_read(der, &c));
  body = reader_of(der_read(&r, DER_SEQUENCE));
  writer_put(&w, der_read_whole(&body, DER_SEQUENCE));
  writer_put(&w, hex(behind, times, sizeof times));
  put(&whole, DER_SEQUENCE, writer_span(&w));
  assert_false(certificate_read(writer_span(&whole), &c));
}

static void test_signature(void **state)
{
  (void)state;
  check_signature_part("");
  check_signature_part("3000");
  check_signature_part("0300");
  check_signature_part("03003000");
  check_signature_part("300003000500");
}

/* RDNs in hexadecimal, and what is shown of them. */
static void check_name(const char *rdns, size_t size, const char *expected)
{
  uint8_t octets[ROOM], buffer[ROOM];
  struct writer w = writer_of(buffer, sizeof buffer);
  char text[ROOM];

  put(&w, DER_SEQUENCE, hex(rdns, octets, sizeof octets));
  memset(text, 'x', sizeof text);
  certificate_name_text(writer_span(&w), text, size);
  assert_string_equal(text, expected);
  assert_int_equal(text[size], 'x');
}

#define CN(type, size, octets) "310d300b0603550403" type size octets /* of 4 octets */
#define O(type, size, octets)  "310d300b060355040a" type size octets

static void test_names(void **state)
{
  (void)state;
  check_name("", 64, "");
  check_name(CN("0c", "04", "61626364"), 64, "abcd");
  check_name(CN("13", "04", "61626364"), 64, "abcd");
  check_name(CN("16", "04", "61626364"), 64, "abcd");
  check_name(CN("12", "04", "31323334"), 64, "1234");
  check_name(O("0c", "04", "6f726721"), 64, "org!");
  check_name(CN("0c", "04", "61626364") O("0c", "04", "6f726721"), 64, "abcd");
  check_name(O("0c", "04", "6f726721") CN("0c", "04", "61626364"), 64, "abcd");
  check_name(CN("0c", "04", "61626364") CN("0c", "04", "65666768"), 64, "efgh"); /* the last */
  check_name("311a"
             "300b060355040a0c046f726721"
             "300b06035504030c0461626364",
             64, "abcd");
  check_name("310d300b06035504060c0444452020", 64, ""); /* a country */
}

static void test_encodings(void **state)
{
  (void)state;
  check_name(CN("0c", "04", "c3bcc39f"), 64, "\xc3\xbc\xc3\x9f");
  check_name(CN("14", "04", "fc626364"), 64,
             "\xc3\xbc"
             "bcd"); /* Latin 1 */
  check_name(CN("1e", "04", "00fc20ac"), 64, "\xc3\xbc\xe2\x82\xac");
  check_name(CN("1c", "04", "0001f600"), 64, "\xf0\x9f\x98\x80");
  check_name(CN("1e", "04", "d83dde00"), 64, "\xef\xbf\xbd\xef\xbf\xbd"); /* no UTF-16 here */
  check_name(CN("1c", "04", "00110000"), 64, "\xef\xbf\xbd");
  check_name("310c300a06035504031e03006162", 64, "a?"); /* half a character */
  check_name(CN("03", "04", "61626364"), 64, "");       /* a BIT STRING */
  check_name(CN("03", "04", "61626364") O("0c", "04", "6f726721"), 64, "org!");
}

static void test_hostile_names(void **state)
{
  (void)state;
  check_name(CN("0c", "04", "611b5b4a"), 64, "a?[J");
  check_name(CN("0c", "04", "610a0d00"), 64, "a???");
  check_name(CN("0c", "04", "61e280ae"), 64, "a?");  /* a change of direction */
  check_name(CN("0c", "04", "61c29b62"), 64, "a?b"); /* C1 */
  check_name(CN("14", "04", "619b6263"), 64, "a?bc");
  check_name(CN("0c", "04", "61ff6263"), 64, "a?");      /* no UTF-8: the rest is lost */
  check_name(CN("0c", "04", "c3bcc3bc"), 4, "\xc3\xbc"); /* cut between characters */
  check_name(CN("0c", "04", "61626364"), 4, "abc");
  check_name(CN("0c", "04", "61626364"), 1, "");
  check_name("310d300b06035504030c0561626364", 64, ""); /* overruns */
  check_name("310d300b06035504030c8461626364", 64, "");
  check_name("310e300b06035504030c0461626364", 64, "");
  check_name("310530030603550403", 64, "");
  check_name("3100", 64, "");
  check_name("31023000", 64, "");
  check_name("ff", 64, "");
}

static void test_no_name(void **state)
{
  char text[8] = "x";

  (void)state;
  certificate_name_text((struct span){NULL, 0}, text, sizeof text);
  assert_string_equal(text, "");
  certificate_name_text(text_span("\x31\x00"), text, sizeof text);
  assert_string_equal(text, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_wrong_parts),   cmocka_unit_test(test_parts),
      cmocka_unit_test(test_real_ones),     cmocka_unit_test(test_times),
      cmocka_unit_test(test_calendar),      cmocka_unit_test(test_times_that_are_none),
      cmocka_unit_test(test_validities),    cmocka_unit_test(test_truncations_and_changes),
      cmocka_unit_test(test_forms),         cmocka_unit_test(test_signature),
      cmocka_unit_test(test_names),         cmocka_unit_test(test_encodings),
      cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_no_name),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
