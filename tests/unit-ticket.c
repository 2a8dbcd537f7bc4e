/* Extension bodies of pinning tickets (RFC 8672) in the nested encoding, hashes, secrets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/ticket.h"

#include "tests/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 256, BODY_MAX = 65535 };

#define COUNT_UP_32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define COUNT_UP_48 COUNT_UP_32 "202122232425262728292a2b2c2d2e2f"

static void test_hashes(void **state)
{
  enum ticket_hash hash = TICKET_HASHES;

  (void)state;
  assert_int_equal(ticket_hash_size(TICKET_SHA256), 32);
  assert_int_equal(ticket_hash_size(TICKET_SHA384), 48);
  assert_string_equal(ticket_hash_token(TICKET_SHA256), "sha256");
  assert_string_equal(ticket_hash_token(TICKET_SHA384), "sha384");
  assert_true(ticket_hash_from_token("sha256", &hash) && hash == TICKET_SHA256);
  assert_true(ticket_hash_from_token("sha384", &hash) && hash == TICKET_SHA384);
  assert_false(ticket_hash_from_token("sha512", &hash));
  assert_false(ticket_hash_from_token("", &hash));
  assert_false(ticket_hash_from_token("SHA256", &hash));
  assert_int_equal(hash, TICKET_SHA384);
}

static void test_secret_sizes(void **state)
{
  static const uint8_t octets[80];
  struct ticket_secret secret;

  (void)state;
  for (size_t size = 0; size <= sizeof octets; size++) {
    secret = (struct ticket_secret){.octets = {7}, .size = 32};
    if (size == 32 || size == 48) {
      assert_true(ticket_secret_set(&secret, (struct span){octets, size}));
      assert_int_equal(secret.size, size);
      assert_true(span_equal(ticket_secret_span(&secret), (struct span){octets, size}));
    } else {
      assert_false(ticket_secret_set(&secret, (struct span){octets, size}));
      assert_int_equal(secret.size, 32);
      assert_int_equal(secret.octets[0], 7);
    }
  }
}

/* Each reads a copy on the heap of just its size, so that ASan and valgrind see an overrun, and
 * compares what was read. */
static bool read_client(struct span body, struct span expected)
{
  uint8_t *heap = malloc(body.size > 0 ? body.size : 1);
  struct span ticket = {(const uint8_t *)"garbage", 7};
  bool read;

  assert_non_null(heap);
  if (body.size > 0)
    memcpy(heap, body.data, body.size);
  read = ticket_read_client((struct span){heap, body.size}, &ticket);
  if (read)
    assert_true(span_equal(ticket, expected));
  free(heap);
  return read;
}

static bool read_server(struct span body, const struct ticket_answer *expected)
{
  uint8_t *heap = malloc(body.size > 0 ? body.size : 1);
  struct ticket_answer answer;
  bool read;

  assert_non_null(heap);
  if (body.size > 0)
    memcpy(heap, body.data, body.size);
  read = ticket_read_server((struct span){heap, body.size}, &answer);
  if (read) {
    assert_non_null(expected);
    assert_int_equal(answer.has_proof, expected->has_proof);
    assert_int_equal(answer.has_ticket, expected->has_ticket);
    assert_true(span_equal(answer.proof, expected->proof));
    assert_true(span_equal(answer.ticket, expected->ticket));
    assert_true(answer.lifetime == expected->lifetime);
  }
  free(heap);
  return read;
}

#define TICKET  ((struct span){(const uint8_t *)"ticket", 6})
#define NOTHING ((struct span){NULL, 0})

/* Both directions, and every truncation: of a client's body only the one of zero octets can be
 * read. */
static void check_client(const char *digits, struct span ticket)
{
  uint8_t expected[ROOM], buffer[ROOM];
  struct span body = hex(digits, expected, ROOM);
  struct writer w = writer_of(buffer, ROOM);

  ticket_write_client(&w, ticket);
  assert_true(span_equal(writer_span(&w), body));
  assert_true(read_client(body, ticket));
  for (size_t size = 1; size < body.size; size++)
    assert_false(read_client((struct span){body.data, size}, NOTHING));
}

static void test_client_bodies(void **state)
{
  (void)state;
  check_client("0000", NOTHING);
  check_client("000800067469636b6574", TICKET);
  assert_true(read_client(NOTHING, NOTHING));
}

static void check_server(const char *digits, const struct ticket_answer *answer)
{
  uint8_t expected[ROOM], buffer[ROOM];
  struct span body = hex(digits, expected, ROOM);
  struct writer w = writer_of(buffer, ROOM);

  ticket_write_server(&w, answer);
  assert_true(span_equal(writer_span(&w), body));
  assert_true(read_server(body, answer));
  for (size_t size = 0; size < body.size; size++)
    assert_false(read_server((struct span){body.data, size}, NULL));
}

static void test_server_bodies(void **state)
{
  uint8_t buffer[ROOM];
  struct span proof = hex(COUNT_UP_32, buffer, ROOM);
  struct span long_proof = hex(COUNT_UP_48, buffer, ROOM);

  (void)state;
  check_server("00000800067469636b657400127500",
               &(struct ticket_answer){false, true, NOTHING, TICKET, 1209600});
  check_server("2120" COUNT_UP_32 "000800067469636b657400127500",
               &(struct ticket_answer){true, true, proof, TICKET, 1209600});
  check_server("3130" COUNT_UP_48 "000800067469636b6574ffffffff",
               &(struct ticket_answer){true, true, long_proof, TICKET, UINT32_MAX});
  check_server("2120" COUNT_UP_32 "000000000000",
               &(struct ticket_answer){true, false, proof, NOTHING, 0});
  check_server("00000000000000", &(struct ticket_answer){false, false, NOTHING, NOTHING, 0});
  /* A fresh ticket of zero octets (section 2.2) is not the same as none, nor is an empty proof. */
  check_server("00000200000000003c", &(struct ticket_answer){false, true, NOTHING, NOTHING, 60});
  check_server("0100000000000000", &(struct ticket_answer){true, false, NOTHING, NOTHING, 0});
}

static void test_malformed_client_bodies(void **state)
{
  static const char *const bodies[] = {
      "00",                     /* half a length */
      "000000",                 /* a trailing octet */
      "000800067469636b657400", /* the same after a ticket */
      "00067469636b6574",       /* flat: one length only; its "element" is longer than the list */
      "000100",                 /* no room for the element's length */
      "000700067469636b6574",   /* the list ends within its element */
      "000900067469636b657400", /* an octet after the element */
      "000800057469636b6574",   /* the same */
      "000800077469636b6574",   /* the element is longer than the list */
      "0008ffff7469636b6574",   /* far longer */
      "ffff00067469636b6574",   /* the list is longer than the body */
      "000600016100016200",     /* two tickets, and an octet */
      "0006000161000162",       /* two tickets */
      "000400000000",           /* two empty tickets */
      "00100006"
      "7469636b6574"
      "0006"
      "7469636b6574" /* twice the same */
  };
  uint8_t buffer[ROOM];

  (void)state;
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
    if (read_client(hex(bodies[i], buffer, ROOM), NOTHING))
      fail_msg("%s was read", bodies[i]);
  assert_true(read_client(hex("00020000", buffer, ROOM), NOTHING)); /* one empty ticket */
}

static void test_malformed_server_bodies(void **state)
{
  static const char *const bodies[] = {
      "",
      "00",
      "0000",
      "0000000000",
      "000000000000",                  /* a lifetime of three octets */
      "0000000000000000",              /* of five */
      "20" COUNT_UP_32 "000000000000", /* a flat proof */
      "20" COUNT_UP_32 "00067469636b657400127500",
      "0020" COUNT_UP_32 "000000000000",   /* a proof with two octets of length */
      "2220" COUNT_UP_32 "00000000000000", /* an octet after the proof, in its list */
      "2121" COUNT_UP_32 "000000000000",   /* a proof longer than its list */
      "2020" COUNT_UP_32 "000000000000",   /* a list that ends within the proof */
      "4220" COUNT_UP_32 "20" COUNT_UP_32 "000000000000", /* two proofs */
      "0200000000"
      "00000000", /* two empty proofs */
      "00"
      "0006000161000162"
      "00127500", /* two tickets */
      "00"
      "000400000000"
      "00127500", /* two empty tickets */
      "00"
      "000900067469636b657400"
      "00127500", /* an octet after the ticket, in its list */
      "00"
      "000800077469636b6574"
      "00127500",
      "00"
      "ffff00067469636b6574"
      "00127500",
      "ff00000000000000"};
  uint8_t buffer[ROOM];

  (void)state;
  for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
    assert_false(read_server(hex(bodies[i], buffer, ROOM), NULL));
}

/* Writes a ticket of `size` octets into an extension of `room`, as a client does, and reads it
 * again. */
static bool fits_client(size_t size, size_t room)
{
  uint8_t *ticket = malloc(size + 1), *buffer = malloc(room);
  struct writer w = writer_of(buffer, room);

  assert_non_null(ticket);
  assert_non_null(buffer);
  memset(ticket, 0x5a, size);
  ticket_write_client(&w, (struct span){ticket, size});
  if (!w.failed) {
    assert_int_equal(w.used, size > 0 ? size + 4 : 2);
    assert_true(read_client(writer_span(&w), (struct span){ticket, size}));
  }
  free(ticket);
  free(buffer);
  return !w.failed;
}

static bool fits_server(size_t size, size_t room)
{
  uint8_t proof[48] = {1}, *ticket = malloc(size + 1), *buffer = malloc(room);
  struct ticket_answer answer = {true, true, {proof, sizeof proof}, {ticket, size}, 60};
  struct writer w = writer_of(buffer, room);

  assert_non_null(ticket);
  assert_non_null(buffer);
  memset(ticket, 0x5a, size);
  ticket_write_server(&w, &answer);
  if (!w.failed)
    assert_true(read_server(writer_span(&w), &answer));
  free(ticket);
  free(buffer);
  return !w.failed;
}

static void test_ticket_sizes(void **state)
{
  enum { SERVER_ROOM = BODY_MAX - (1 + 1 + 48) - (2 + 2) - 4, VECTOR_ROOM = BODY_MAX - 2 };

  (void)state;
  assert_true(fits_client(0, BODY_MAX));
  assert_true(fits_client(1, BODY_MAX));
  assert_true(fits_client(65000, BODY_MAX));
  assert_true(fits_client(TICKET_MAX, BODY_MAX));
  assert_false(fits_client(TICKET_MAX + 1, BODY_MAX));
  assert_true(fits_client(VECTOR_ROOM, 2 * BODY_MAX)); /* what the lengths themselves can say */
  assert_false(fits_client(VECTOR_ROOM + 1, 2 * BODY_MAX));
  assert_false(fits_client(65536, 2 * BODY_MAX));
  assert_false(fits_client(65536 + 6, 2 * BODY_MAX));
  assert_true(fits_server(0, BODY_MAX));
  assert_true(fits_server(1, BODY_MAX));
  assert_true(fits_server(65000, BODY_MAX));
  assert_true(fits_server(SERVER_ROOM, BODY_MAX));
  assert_false(fits_server(SERVER_ROOM + 1, BODY_MAX));
  assert_false(fits_server(VECTOR_ROOM + 1, 2 * BODY_MAX));
}

static bool fits_proof(size_t size)
{
  static const uint8_t octets[300];
  uint8_t buffer[1024];
  struct ticket_answer answer = {true, false, {octets, size}, NOTHING, 60};
  struct writer w = writer_of(buffer, sizeof buffer);

  ticket_write_server(&w, &answer);
  if (!w.failed)
    assert_true(read_server(writer_span(&w), &answer));
  return !w.failed;
}

static void test_proof_sizes(void **state)
{
  (void)state;
  assert_true(fits_proof(0));
  assert_true(fits_proof(254));
  assert_false(fits_proof(255));
  assert_false(fits_proof(256));
  assert_false(fits_proof(257));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_hashes),
      cmocka_unit_test(test_secret_sizes),
      cmocka_unit_test(test_client_bodies),
      cmocka_unit_test(test_server_bodies),
      cmocka_unit_test(test_malformed_client_bodies),
      cmocka_unit_test(test_malformed_server_bodies),
      cmocka_unit_test(test_ticket_sizes),
      cmocka_unit_test(test_proof_sizes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
