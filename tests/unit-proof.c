/* Secrets and proofs of pinning tickets (RFC 8672).
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * More known answers: tests/vectors ticket, tests/vectors rfc8448. */
#include "config.h"

#include "pinning/proof.h"

#include "tests/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 256 };

#define COUNT_UP_32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define COUNT_UP_48 COUNT_UP_32 "202122232425262728292a2b2c2d2e2f"
#define P256_SPKI                                                                                  \
  "3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c6356d68c049b892" \
  "3b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

/* Of RFC 8448 section 3. */
#define HANDSHAKE_SECRET "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"
#define HASH_CH_SH       "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8"
#define CLIENT_TRAFFIC   "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"
#define SERVER_TRAFFIC   "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"

static void expect(const struct ticket_secret *secret, const char *digits)
{
  uint8_t buffer[ROOM];

  assert_true(span_equal(ticket_secret_span(secret), hex(digits, buffer, sizeof buffer)));
}

static void set(struct ticket_secret *secret, const char *digits)
{
  uint8_t buffer[ROOM];

  assert_true(ticket_secret_set(secret, hex(digits, buffer, sizeof buffer)));
}

/* The traffic secrets that RFC 8448 prints. */
static void test_expand_label(void **state)
{
  uint8_t secret_buffer[ROOM], hash_buffer[ROOM];
  struct span secret = hex(HANDSHAKE_SECRET, secret_buffer, ROOM);
  struct span hash = hex(HASH_CH_SH, hash_buffer, ROOM);
  struct ticket_secret out;

  (void)state;
  assert_true(ticket_expand_label(TICKET_SHA256, secret, "c hs traffic", hash, &out));
  expect(&out, CLIENT_TRAFFIC);
  assert_true(ticket_expand_label(TICKET_SHA256, secret, "s hs traffic", hash, &out));
  expect(&out, SERVER_TRAFFIC);
}

static void test_expand_label_limits(void **state)
{
  static const uint8_t octets[300];
  char label[300];
  struct span none = {NULL, 0};
  struct ticket_secret out;

  (void)state;
  for (size_t size = 0; size <= 64; size++) {
    struct span secret = {octets, size};

    assert_int_equal(ticket_expand_label(TICKET_SHA256, secret, "x", none, &out), size == 32);
    assert_int_equal(ticket_expand_label(TICKET_SHA384, secret, "x", none, &out), size == 48);
  }
  for (size_t size = 245; size < 260; size++) {
    struct span secret = {octets, 32}, context = {octets, size};

    memset(label, 'x', sizeof label);
    label[size] = '\0';
    assert_int_equal(ticket_expand_label(TICKET_SHA256, secret, label, none, &out), size <= 249);
    assert_int_equal(ticket_expand_label(TICKET_SHA256, secret, "x", context, &out), size <= 255);
  }
}

struct known_answer {
  enum ticket_hash hash;
  const char *handshake_secret, *transcript_hash, *original, *pinning, *proof_secret, *proof;
};

/* The original secret is of the other hash's length each time. */
static const struct known_answer known_answers[] = {
    {TICKET_SHA256, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf", COUNT_UP_48,
     "677d6a21295241604b9da79070d9018a395577df45597a014467738ff2cf8dcf",
     "704259a96e52cebcda2b4b58c337bf1b99857bfa55ddbf5a10a1e28ab36820c0",
     "809b3c4ec01da475786813820ff6b45884309375b2b5c10e64329ca99ac235dd"},
    {TICKET_SHA384,
     "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacad"
     "aeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdd"
     "dedf",
     COUNT_UP_32,
     "a0510f3776cad285922d232639498491986f692c52f3794b9418a0188606a16380f5623568d9927c772ea3b8fcb5"
     "2f82",
     "2a86058b266f147178a59a661ea549f808146e99aabd4ec8bf433cd3281a21e92594eeebf6f60afc70aadb9747de"
     "3ed8",
     "052e63bd64b9981f960c6b3bad7d319dd9a8ee45696e92729b8ba7ec58d041abe794eec50011345c5ed06df6fc21"
     "0a5e"},
};

static void test_derive_and_proof(void **state)
{
  uint8_t secret[ROOM], transcript[ROOM], original[ROOM], spki[ROOM];
  struct ticket_secret pinning, proof_secret, proof;

  (void)state;
  for (size_t i = 0; i < sizeof known_answers / sizeof known_answers[0]; i++) {
    const struct known_answer *known = &known_answers[i];

    assert_true(ticket_derive(known->hash, hex(known->handshake_secret, secret, ROOM),
                              hex(known->transcript_hash, transcript, ROOM), &pinning,
                              &proof_secret));
    expect(&pinning, known->pinning);
    expect(&proof_secret, known->proof_secret);
    assert_true(ticket_proof(known->hash, hex(known->original, original, ROOM), &proof_secret,
                             hex(P256_SPKI, spki, ROOM), &proof));
    expect(&proof, known->proof);
  }
}

static void test_derive_refuses_sizes(void **state)
{
  static const uint8_t octets[300];
  struct ticket_secret pinning, proof;
  struct span transcript = {octets, 32};

  (void)state;
  for (size_t size = 0; size <= 64; size++)
    assert_int_equal(
        ticket_derive(TICKET_SHA256, (struct span){octets, size}, transcript, &pinning, &proof),
        size == 32);
  assert_false(
      ticket_derive(TICKET_SHA256, transcript, (struct span){octets, 256}, &pinning, &proof));
}

/* An empty original secret is known to everybody, so that its proof would prove nothing. */
static void test_proof_refuses_sizes(void **state)
{
  uint8_t original_buffer[ROOM], spki_buffer[ROOM];
  struct span original = hex(COUNT_UP_32, original_buffer, ROOM);
  struct span spki = hex(P256_SPKI, spki_buffer, ROOM);
  struct ticket_secret proof_secret, none = {.size = 0}, proof = {.size = 32};

  (void)state;
  set(&proof_secret, COUNT_UP_32);
  assert_true(ticket_proof(TICKET_SHA256, original, &proof_secret, spki, &proof));
  assert_false(ticket_proof(TICKET_SHA384, original, &proof_secret, spki, &proof));
  assert_int_equal(proof.size, 0);
  proof.size = 32;
  assert_false(ticket_proof(TICKET_SHA256, original, &none, spki, &proof));
  assert_int_equal(proof.size, 0);
  proof.size = 32;
  assert_false(ticket_proof(TICKET_SHA256, (struct span){NULL, 0}, &proof_secret, spki, &proof));
  assert_int_equal(proof.size, 0);
  set(&proof_secret, COUNT_UP_48);
  assert_false(ticket_proof(TICKET_SHA256, original, &proof_secret, spki, &proof));
}

/* Each bit of each input counts. */
static void test_proof_depends_on_every_bit(void **state)
{
  uint8_t original[32], spki[91];
  struct ticket_secret proof_secret, right, wrong;

  (void)state;
  hex(COUNT_UP_32, original, sizeof original);
  hex(P256_SPKI, spki, sizeof spki);
  set(&proof_secret, COUNT_UP_32);
  assert_true(ticket_proof(TICKET_SHA256, (struct span){original, 32}, &proof_secret,
                           (struct span){spki, 91}, &right));
  for (size_t bit = 0; bit < 8 * (32 + 32 + 91); bit++) {
    size_t at = bit / 8;
    uint8_t *octet = at < 32   ? &original[at]
                     : at < 64 ? &proof_secret.octets[at - 32]
                               : &spki[at - 64];

    *octet ^= (uint8_t)(1 << bit % 8);
    assert_true(ticket_proof(TICKET_SHA256, (struct span){original, 32}, &proof_secret,
                             (struct span){spki, 91}, &wrong));
    assert_false(span_equal(ticket_secret_span(&right), ticket_secret_span(&wrong)));
    *octet ^= (uint8_t)(1 << bit % 8);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_expand_label),        cmocka_unit_test(test_expand_label_limits),
      cmocka_unit_test(test_derive_and_proof),    cmocka_unit_test(test_derive_refuses_sizes),
      cmocka_unit_test(test_proof_refuses_sizes), cmocka_unit_test(test_proof_depends_on_every_bit),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
