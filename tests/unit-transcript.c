/* The transcript hash from ClientHello to ServerHello.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The messages of RFC 8448, with and without a HelloRetryRequest: tests/vectors rfc8448. */
#include "config.h"

#include "handshake/transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>

enum {
  CH = GNUTLS_HANDSHAKE_CLIENT_HELLO,
  HRR = GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST,
  SH = GNUTLS_HANDSHAKE_SERVER_HELLO,
  EE = GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS,
  ROOM = 512,
  LIMIT = 1 << 20 /* octets of a message that are still taken */
};

static const struct {
  enum ticket_hash hash;
  gnutls_digest_algorithm_t digest;
} hashes[] = {{TICKET_SHA256, GNUTLS_DIG_SHA256}, {TICKET_SHA384, GNUTLS_DIG_SHA384}};

static struct span text(const char *body)
{
  return (struct span){(const uint8_t *)body, strlen(body)};
}

static void add(struct transcript *t, unsigned type, const char *body)
{
  transcript_add(t, type, text(body));
}

/* A message with its header, as RFC 8446 section 4 writes it. */
static void put_message(struct writer *w, uint8_t type, struct span body)
{
  writer_u8(w, type);
  writer_u24(w, (uint32_t)body.size);
  writer_put(w, body);
}

/* The hash of what the transcript should have been made of. */
static void expect(const struct transcript *t, size_t i, const struct writer *messages)
{
  struct ticket_secret found;
  uint8_t expected[TICKET_SECRET_MAX];
  size_t size = (size_t)gnutls_hash_get_len(hashes[i].digest);

  assert_false(messages->failed);
  assert_int_equal(gnutls_hash_fast(hashes[i].digest, messages->data, messages->used, expected), 0);
  assert_true(transcript_hash(t, hashes[i].hash, &found));
  assert_true(span_equal(ticket_secret_span(&found), (struct span){expected, size}));
}

static void test_two_hellos(void **state)
{
  uint8_t buffer[ROOM];
  struct writer messages = writer_of(buffer, ROOM);
  struct transcript t = {0};

  (void)state;
  put_message(&messages, 1, text("client"));
  put_message(&messages, 2, text("server"));
  add(&t, CH, "client");
  add(&t, SH, "server");
  expect(&t, 0, &messages);
  expect(&t, 1, &messages);
  expect(&t, 0, &messages); /* asking changes nothing */
  transcript_clear(&t);
}

/* ClientHello1 gives way to message_hash (RFC 8446 section 4.4.1). */
static void test_hello_retry_request(void **state)
{
  struct transcript t = {0};

  (void)state;
  add(&t, CH, "first client");
  add(&t, HRR, "retry");
  add(&t, CH, "second client");
  add(&t, SH, "server");
  for (size_t i = 0; i < sizeof hashes / sizeof hashes[0]; i++) {
    uint8_t buffer[ROOM], first_buffer[ROOM], digest[TICKET_SECRET_MAX];
    struct writer first = writer_of(first_buffer, ROOM), messages = writer_of(buffer, ROOM);
    size_t size = (size_t)gnutls_hash_get_len(hashes[i].digest);

    put_message(&first, 1, text("first client"));
    assert_int_equal(gnutls_hash_fast(hashes[i].digest, first.data, first.used, digest), 0);
    put_message(&messages, 254, (struct span){digest, size});
    put_message(&messages, 2, text("retry"));
    put_message(&messages, 1, text("second client"));
    put_message(&messages, 2, text("server"));
    expect(&t, i, &messages);
  }
  transcript_clear(&t);
}

/* What comes after ServerHello, or is no hello, is not part of it. */
static void test_other_messages(void **state)
{
  uint8_t buffer[ROOM];
  struct writer messages = writer_of(buffer, ROOM);
  struct transcript t = {0};

  (void)state;
  put_message(&messages, 1, text("client"));
  put_message(&messages, 2, text(""));
  add(&t, EE, "too early");
  add(&t, CH, "client");
  add(&t, GNUTLS_HANDSHAKE_CERTIFICATE_PKT, "too early, too");
  add(&t, SH, "");
  add(&t, EE, "late");
  add(&t, CH, "late");
  add(&t, HRR, "late");
  add(&t, SH, "late");
  add(&t, GNUTLS_HANDSHAKE_FINISHED, "late");
  expect(&t, 0, &messages);
  transcript_clear(&t);
}

static bool answers(const struct transcript *t)
{
  struct ticket_secret hash;
  bool first = transcript_hash(t, TICKET_SHA256, &hash);

  assert_int_equal(transcript_hash(t, TICKET_SHA384, &hash), first);
  return first;
}

static void test_not_complete(void **state)
{
  struct transcript t = {0};

  (void)state;
  assert_false(answers(&t));
  add(&t, CH, "client");
  assert_false(answers(&t));
  add(&t, HRR, "retry");
  assert_false(answers(&t));
  add(&t, CH, "client");
  assert_false(answers(&t));
  add(&t, EE, "not the one");
  assert_false(answers(&t));
  add(&t, SH, "server");
  assert_true(answers(&t));
  transcript_clear(&t);
  assert_false(answers(&t));
}

/* An order that TLS forbids gives no hash, whatever follows. */
static void test_impossible_orders(void **state)
{
  static const unsigned orders[][5] = {
      {SH, CH, SH},                                                  /* ServerHello first */
      {HRR, CH, SH},                                                 /* HelloRetryRequest first */
      {CH, HRR, HRR, CH, SH}, {CH, HRR, CH, HRR, SH}, {CH, HRR, SH}, /* no second ClientHello */
      {CH, CH, SH}, /* a second one that nobody asked for */
      {CH, HRR, CH, CH, SH},
  };

  (void)state;
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
    struct transcript t = {0};

    for (size_t k = 0; k < 5 && orders[i][k] != 0; k++)
      add(&t, orders[i][k], "x");
    if (answers(&t))
      fail_msg("order %zu was taken", i);
    transcript_clear(&t);
  }
}

static void test_used_again(void **state)
{
  uint8_t buffer[ROOM];
  struct writer messages = writer_of(buffer, ROOM);
  struct transcript t = {0};

  (void)state;
  add(&t, HRR, "fails");
  transcript_clear(&t);
  transcript_clear(&t);
  add(&t, CH, "client");
  add(&t, HRR, "retry");
  transcript_clear(&t);
  put_message(&messages, 1, text("client"));
  put_message(&messages, 2, text("server"));
  add(&t, CH, "client");
  add(&t, SH, "server");
  expect(&t, 0, &messages);
  transcript_clear(&t);
}

/* A message of `size` octets as ClientHello and ServerHello. */
static bool takes(size_t size)
{
  uint8_t *body = calloc(1, size + 1), *buffer = malloc(2 * (size + 4));
  struct writer messages = writer_of(buffer, 2 * (size + 4));
  struct transcript t = {0};
  struct span octets = {body, size};
  bool taken;

  assert_non_null(body);
  assert_non_null(buffer);
  transcript_add(&t, CH, octets);
  transcript_add(&t, SH, octets);
  taken = answers(&t);
  if (taken) {
    put_message(&messages, 1, octets);
    put_message(&messages, 2, octets);
    expect(&t, 0, &messages);
  }
  transcript_clear(&t);
  free(body);
  free(buffer);
  return taken;
}

static void test_sizes(void **state)
{
  (void)state;
  assert_true(takes(0));
  assert_true(takes(1));
  assert_true(takes(65536));
  assert_true(takes(LIMIT / 2));
  assert_false(takes(LIMIT + 1));
}

/* A peer that sends ever more fills no memory. */
static void test_sum_is_bounded(void **state)
{
  static const unsigned order[] = {CH, HRR, CH, SH};
  struct span body = {calloc(1, LIMIT), LIMIT};
  struct transcript t = {0};

  (void)state;
  assert_non_null(body.data);
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
    transcript_add(&t, order[i], body);
  assert_true(t.used < 3 * (size_t)LIMIT);
  assert_false(answers(&t));
  transcript_clear(&t);
  free((void *)body.data);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two_hellos),
      cmocka_unit_test(test_hello_retry_request),
      cmocka_unit_test(test_other_messages),
      cmocka_unit_test(test_not_complete),
      cmocka_unit_test(test_impossible_orders),
      cmocka_unit_test(test_used_again),
      cmocka_unit_test(test_sizes),
      cmocka_unit_test(test_sum_is_bounded),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
