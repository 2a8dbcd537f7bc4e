/* The SubjectPublicKeyInfo of certificates, raw keys and hostile DER.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/spki.h"

#include "tests/hex.h"
#include "tests/pki.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCE = 0x30, INTEGER = 0x02, BIT_STRING = 0x03, VERSION_0 = 0xa0, ROOM = 1024 };

/* The Ed25519 key of RFC 8410 section 10.1, in parts. */
#define ED25519_ALGORITHM "300506032b6570"
#define ED25519_KEY                                                                                \
  "032100"                                                                                         \
  "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
#define ED25519_SPKI "302a" ED25519_ALGORITHM ED25519_KEY

static struct span span_of(const gnutls_datum_t *datum)
{
  return (struct span){datum->data, datum->size};
}

static bool whole(const char *digits)
{
  uint8_t buffer[ROOM];
  struct span octets = hex(digits, buffer, sizeof buffer);
  uint8_t *heap = malloc(octets.size > 0 ? octets.size : 1);
  bool answer;

  assert_non_null(heap);
  memcpy(heap, octets.data, octets.size);
  answer = spki_is_whole((struct span){heap, octets.size});
  free(heap);
  return answer;
}

/* Against GnuTLS, which decodes the certificate and encodes the key anew. */
static void check_certificate(enum pki_algorithm algorithm)
{
  struct pki_identity identity = {NULL, NULL};
  gnutls_datum_t der, expected;
  struct span spki;

  pki_make(&identity, NULL,
           &(struct pki_request){
               .algorithm = algorithm, .purpose = PKI_SERVER, .name = "www.example.org"});
  der = pki_certificate_der(&identity);
  expected = pki_spki_der(&identity);
  assert_true(spki_of_certificate(span_of(&der), &spki));
  assert_true(span_equal(spki, span_of(&expected)));
  assert_true(spki.data > der.data && spki.data + spki.size < der.data + der.size);
  assert_true(spki_is_whole(spki));
  assert_false(spki_is_whole(span_of(&der)));
  assert_false(spki_of_certificate(spki, &spki));
  gnutls_free(der.data);
  gnutls_free(expected.data);
  pki_free(&identity);
}

static void test_certificates(void **state)
{
  (void)state;
  for (int algorithm = 0; algorithm < PKI_ALGORITHMS; algorithm++)
    check_certificate((enum pki_algorithm)algorithm);
}

static gnutls_datum_t some_certificate(void)
{
  struct pki_identity identity = {NULL, NULL};
  gnutls_datum_t der;

  pki_make(&identity, NULL,
           &(struct pki_request){
               .algorithm = PKI_RSA, .purpose = PKI_SERVER, .name = "www.example.org"});
  der = pki_certificate_der(&identity);
  pki_free(&identity);
  return der;
}

/* Each on a heap block of its own, so that ASan and valgrind see an overrun. */
static void test_every_truncation(void **state)
{
  gnutls_datum_t der = some_certificate();
  struct span spki;

  (void)state;
  for (unsigned size = 0; size < der.size; size++) {
    uint8_t *cut = malloc(size > 0 ? size : 1);

    assert_non_null(cut);
    memcpy(cut, der.data, size);
    assert_false(spki_of_certificate((struct span){cut, size}, &spki));
    free(cut);
  }
  gnutls_free(der.data);
}

/* And of the key alone; and with one octet too many. */
static void test_every_truncation_of_a_raw_key(void **state)
{
  gnutls_datum_t der = some_certificate();
  struct span spki;

  (void)state;
  assert_true(spki_of_certificate(span_of(&der), &spki));
  for (size_t size = 0; size < spki.size; size++)
    assert_false(spki_is_whole((struct span){spki.data, size}));
  assert_true(spki_is_whole(spki));
  assert_false(spki_is_whole((struct span){spki.data, spki.size + 1}));
  gnutls_free(der.data);
}

/* What is found in a changed certificate: in bounds, of the right form, and the same octets only
 * where none of them was the changed one. */
static bool check_changed(struct span changed, size_t at, struct span original, size_t offset)
{
  struct span spki, inside = {changed.data + offset, original.size};
  bool within = at >= offset && at < offset + original.size;

  if (!spki_of_certificate(changed, &spki))
    return false;
  assert_true(spki.data >= changed.data);
  assert_true(spki.size <= changed.size - (size_t)(spki.data - changed.data));
  assert_true(spki_is_whole(spki));
  if (spki.data == inside.data && spki.size == inside.size)
    assert_int_equal(span_equal(spki, original), !within);
  else
    assert_false(span_equal(spki, original));
  return true;
}

static void test_every_change_of_an_octet(void **state)
{
  gnutls_datum_t der = some_certificate();
  size_t offset, found = 0, refused = 0;
  struct span original;
  uint8_t *copy = malloc(der.size);

  (void)state;
  assert_non_null(copy);
  assert_true(spki_of_certificate(span_of(&der), &original));
  offset = (size_t)(original.data - der.data);
  memcpy(copy, der.data, der.size);
  for (size_t at = 0; at < der.size; at++) {
    for (int change = 1; change < 256; change++) {
      copy[at] = (uint8_t)(der.data[at] ^ change);
      if (check_changed((struct span){copy, der.size}, at, original, offset))
        found++;
      else
        refused++;
    }
    copy[at] = der.data[at];
  }
  assert_true(found > 0);
  assert_true(refused > 10 * 255); /* at least every tag and length on the way to the key */
  free(copy);
  gnutls_free(der.data);
}

static void test_raw_keys(void **state)
{
  (void)state;
  assert_true(whole(ED25519_SPKI));
  assert_false(whole(""));
  assert_false(whole("30"));
  assert_false(whole("3000"));
  assert_false(whole("312a" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole(ED25519_SPKI "00"));
  assert_false(whole("302b" ED25519_ALGORITHM ED25519_KEY "00"));
  assert_false(whole("302c" ED25519_ALGORITHM ED25519_KEY "0500"));
  assert_false(whole("3007" ED25519_ALGORITHM));
  assert_false(whole("3023" ED25519_KEY));
  assert_false(whole("302a" ED25519_KEY ED25519_ALGORITHM));
  assert_false(whole("302a"
                     "310506032b6570" ED25519_KEY));
  assert_true(whole("30043000"
                    "0300")); /* what it means is the business of whoever imports it */
}

/* Lengths that DER forbids: indefinite, reserved, in more octets than needed, beyond the end. */
static void test_forbidden_lengths(void **state)
{
  (void)state;
  assert_false(whole("3080" ED25519_ALGORITHM ED25519_KEY "0000"));
  assert_false(whole("30812a" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("3082002a" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("308300002a" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("30840000002a" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("3085000000002a" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("30880000000000000000"
                     "2a" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("30ff" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("302b"
                     "30810506032b6570" ED25519_KEY));
  assert_false(whole("302b" ED25519_ALGORITHM "03812100"
                     "19bf44096984cdfe8541bac167dc3b96"
                     "c85086aa30b6b6cb0c5c38ad703166e1"));
  assert_false(whole("3029" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("302b" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("3084ffffffff" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("308480000000" ED25519_ALGORITHM ED25519_KEY));
  assert_false(whole("3081"));
  assert_false(whole("3082ff"));
}

/* Writes a DER element; the length in as many octets as it takes. */
static void put_element(struct writer *w, uint8_t tag, struct span contents)
{
  writer_u8(w, tag);
  if (contents.size >= 0x10000) {
    writer_u8(w, 0x83);
    writer_u24(w, (uint32_t)contents.size);
  } else if (contents.size >= 0x100) {
    writer_u8(w, 0x82);
    writer_u16(w, (uint16_t)contents.size);
  } else {
    if (contents.size >= 0x80)
      writer_u8(w, 0x81);
    writer_u8(w, (uint8_t)contents.size);
  }
  writer_put(w, contents);
}

/* Long and short forms of a length, each where it is the right one. */
static void test_lengths_on_the_border(void **state)
{
  static const size_t sizes[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0x20000};
  static const uint8_t zeros[0x20000];
  size_t room = sizeof zeros + 100;
  uint8_t *inner = malloc(room), *outer = malloc(room);

  (void)state;
  assert_non_null(inner);
  assert_non_null(outer);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct writer in = writer_of(inner, room), out = writer_of(outer, room);

    put_element(&in, SEQUENCE, (struct span){NULL, 0});
    put_element(&in, BIT_STRING, (struct span){zeros, sizes[i]});
    put_element(&out, SEQUENCE, writer_span(&in));
    assert_false(out.failed);
    assert_true(spki_is_whole(writer_span(&out)));
    assert_false(spki_is_whole((struct span){outer, out.used - 1}));
  }
  free(inner);
  free(outer);
}

/* An octet of 0x80 and more is no length by itself, even where that many octets follow. */
static void test_long_lengths_in_one_octet(void **state)
{
  static const uint8_t zeros[0xff];
  uint8_t inner[ROOM], outer[ROOM];

  (void)state;
  for (size_t size = 0x70; size < sizeof zeros; size++) {
    struct writer in = writer_of(inner, ROOM), out = writer_of(outer, ROOM);

    put_element(&in, SEQUENCE, (struct span){NULL, 0});
    put_element(&in, BIT_STRING, (struct span){zeros, size - 5});
    writer_u8(&out, SEQUENCE);
    writer_vector8(&out, writer_span(&in));
    assert_false(out.failed);
    assert_int_equal(spki_is_whole(writer_span(&out)), in.used < 0x80);
  }
}

/* A certificate with nothing in it but its form. tags: of the elements before the key. */
static struct span skeleton(const uint8_t *tags, size_t count, uint8_t buffer[ROOM])
{
  uint8_t tbs_buffer[ROOM], body_buffer[ROOM], key_buffer[ROOM];
  struct writer tbs = writer_of(tbs_buffer, ROOM), body = writer_of(body_buffer, ROOM);
  struct writer certificate = writer_of(buffer, ROOM);

  for (size_t i = 0; i < count; i++)
    put_element(&tbs, tags[i], (struct span){(const uint8_t *)"\x05", 1});
  writer_put(&tbs, hex(ED25519_SPKI, key_buffer, sizeof key_buffer));
  put_element(&body, SEQUENCE, writer_span(&tbs));
  put_element(&body, SEQUENCE, (struct span){NULL, 0});
  put_element(&body, BIT_STRING, (struct span){NULL, 0});
  put_element(&certificate, SEQUENCE, writer_span(&body));
  assert_false(tbs.failed || body.failed || certificate.failed);
  return writer_span(&certificate);
}

static bool finds_key(const uint8_t *tags, size_t count)
{
  uint8_t buffer[ROOM], key_buffer[ROOM];
  struct span certificate = skeleton(tags, count, buffer), spki = {NULL, 0};

  if (!spki_of_certificate(certificate, &spki))
    return false;
  assert_true(span_equal(spki, hex(ED25519_SPKI, key_buffer, sizeof key_buffer)));
  return true;
}

/* TBSCertificate with and without a version (v1), and with its parts missing, doubled or swapped.
 */
static void test_order_of_a_certificate(void **state)
{
  static const uint8_t v3[] = {VERSION_0, INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE};
  static const uint8_t two_versions[] = {VERSION_0, VERSION_0, INTEGER, SEQUENCE,
                                         SEQUENCE,  SEQUENCE,  SEQUENCE};
  static const uint8_t late_serial[] = {VERSION_0, SEQUENCE, INTEGER, SEQUENCE, SEQUENCE, SEQUENCE};
  static const uint8_t one_more[] = {VERSION_0, INTEGER,  SEQUENCE, SEQUENCE,
                                     SEQUENCE,  SEQUENCE, SEQUENCE};

  (void)state;
  assert_true(finds_key(v3, sizeof v3));
  assert_true(finds_key(v3 + 1, sizeof v3 - 1));
  assert_false(finds_key(v3 + 2, sizeof v3 - 2)); /* no serial number */
  assert_false(finds_key(v3, sizeof v3 - 1));     /* no subject */
  assert_false(finds_key(two_versions, sizeof two_versions));
  assert_false(finds_key(late_serial, sizeof late_serial));
  assert_false(finds_key(one_more, sizeof one_more));
}

static void test_trailing_octets(void **state)
{
  gnutls_datum_t der = some_certificate();
  uint8_t *longer = malloc(der.size + 1);
  struct span spki;

  (void)state;
  assert_non_null(longer);
  memcpy(longer, der.data, der.size);
  longer[der.size] = 0;
  assert_false(spki_of_certificate((struct span){longer, der.size + 1}, &spki));
  assert_false(spki_of_certificate((struct span){NULL, 0}, &spki));
  assert_false(spki_is_whole((struct span){NULL, 0}));
  free(longer);
  gnutls_free(der.data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_certificates),
      cmocka_unit_test(test_every_truncation),
      cmocka_unit_test(test_every_truncation_of_a_raw_key),
      cmocka_unit_test(test_every_change_of_an_octet),
      cmocka_unit_test(test_raw_keys),
      cmocka_unit_test(test_forbidden_lengths),
      cmocka_unit_test(test_lengths_on_the_border),
      cmocka_unit_test(test_long_lengths_in_one_octet),
      cmocka_unit_test(test_order_of_a_certificate),
      cmocka_unit_test(test_trailing_octets),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
