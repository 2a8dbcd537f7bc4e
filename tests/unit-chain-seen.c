/* A chain that was seen, to and from octets; hostile octets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pinning/chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ONE = 1 + 16 + 64 }; /* octets of a certificate without its subject */

static struct chain_seen sample(size_t count)
{
  struct chain_seen seen = {.count = count};

  for (size_t i = 0; i < count; i++) {
    snprintf(seen.at[i].subject, sizeof seen.at[i].subject, "subject \xc3\xbc %zu", i);
    seen.at[i].not_before = -(int64_t)i;
    seen.at[i].not_after = INT64_C(1800000000) + (int64_t)i;
    memset(seen.at[i].certificate, (int)i + 1, 32);
    memset(seen.at[i].spki, 0xff - (int)i, 32);
  }
  return seen;
}

static struct span encode(const struct chain_seen *seen, uint8_t buffer[CHAIN_SEEN_MAX])
{
  struct writer w = writer_of(buffer, CHAIN_SEEN_MAX);

  assert_true(chain_seen_encode(seen, &w));
  return writer_span(&w);
}

static void assert_same(const struct chain_seen *a, const struct chain_seen *b)
{
  assert_int_equal(a->count, b->count);
  assert_int_equal(a->raw, b->raw);
  for (size_t i = 0; i < a->count; i++) {
    assert_string_equal(a->at[i].subject, b->at[i].subject);
    assert_int_equal(a->at[i].not_before, b->at[i].not_before);
    assert_int_equal(a->at[i].not_after, b->at[i].not_after);
    assert_memory_equal(a->at[i].certificate, b->at[i].certificate, 32);
    assert_memory_equal(a->at[i].spki, b->at[i].spki, 32);
  }
}

static void test_round_trip(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX];

  (void)state;
  for (size_t count = 0; count <= CHAIN_MAX; count++) {
    struct chain_seen seen = sample(count), back = sample(CHAIN_MAX);
    struct span octets = encode(&seen, buffer);

    assert_int_equal(octets.size == 0, count == 0);
    assert_true(chain_seen_decode(octets, &back));
    assert_same(&seen, &back);
  }
}

static void test_raw(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct chain_seen seen = sample(1), back;
  struct writer w = writer_of(buffer, sizeof buffer);

  (void)state;
  seen.raw = true;
  seen.at[0].subject[0] = '\0';
  assert_true(chain_seen_decode(encode(&seen, buffer), &back));
  assert_same(&seen, &back);
  seen = sample(2);
  seen.raw = true;
  assert_false(chain_seen_encode(&seen, &w));
}

/* The octets are fixed: stores hold them. */
static void test_octets(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX],
      expected[3 + 2 + 16 + 64] = {1,    0,    1, 1, 'a', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xfe, 0, 0, 0,   0,    0,    0,    1,    0};
  struct chain_seen seen = {.count = 1,
                            .at = {{.subject = "a", .not_before = -2, .not_after = 256}}};

  (void)state;
  memset(seen.at[0].certificate, 0x11, 32);
  memset(seen.at[0].spki, 0x22, 32);
  memset(expected + 21, 0x11, 32);
  memset(expected + 53, 0x22, 32);
  assert_int_equal(encode(&seen, buffer).size, sizeof expected);
  assert_memory_equal(buffer, expected, sizeof expected);
}

/* The longest there can be fits what a store allows. */
static void test_longest(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct chain_seen seen = sample(CHAIN_MAX), back;

  (void)state;
  for (size_t i = 0; i < CHAIN_MAX; i++) {
    memset(seen.at[i].subject, 'x', sizeof seen.at[i].subject - 1);
    seen.at[i].subject[sizeof seen.at[i].subject - 1] = '\0';
  }
  assert_int_equal(encode(&seen, buffer).size, 3 + CHAIN_MAX * (ONE + 127));
  assert_true(chain_seen_decode((struct span){buffer, 3 + CHAIN_MAX * (ONE + 127)}, &back));
  assert_same(&seen, &back);
}

static void test_no_room(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct chain_seen seen = sample(2);
  size_t size = encode(&seen, buffer).size;

  (void)state;
  for (size_t room = 0; room < size; room++) {
    struct writer w = writer_of(buffer, room);

    assert_false(chain_seen_encode(&seen, &w));
  }
}

static bool encodes(const struct chain_seen *seen)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct writer w = writer_of(buffer, sizeof buffer);

  return chain_seen_encode(seen, &w);
}

/* What could not be read back is not written. */
static void test_not_encoded(void **state)
{
  struct chain_seen seen = sample(2);

  (void)state;
  assert_true(encodes(&seen));
  seen.count = CHAIN_MAX + 1;
  assert_false(encodes(&seen));
  seen = sample(2);
  strcpy(seen.at[1].subject, "a\n");
  assert_false(encodes(&seen));
  strcpy(seen.at[1].subject, "\xff");
  assert_false(encodes(&seen));
  memset(seen.at[1].subject, 'x', sizeof seen.at[1].subject); /* without an end */
  assert_false(encodes(&seen));
  seen = sample(2);
  seen.at[0].not_after = INT64_C(253402300799);
  seen.at[1].not_before = INT64_C(-62167219200);
  assert_true(encodes(&seen));
  seen.at[1].not_before--;
  assert_false(encodes(&seen));
  seen = sample(2);
  seen.at[0].not_after = INT64_C(253402300800);
  assert_false(encodes(&seen));
  seen.at[0].not_after = INT64_MIN;
  assert_false(encodes(&seen));
}

/* Decodes from a heap block of its own, so that ASan and valgrind see an overrun. */
static bool decodes(struct span octets, struct chain_seen *seen)
{
  uint8_t *copy = malloc(octets.size > 0 ? octets.size : 1);
  bool done;

  assert_non_null(copy);
  memcpy(copy, octets.data, octets.size);
  done = chain_seen_decode((struct span){copy, octets.size}, seen);
  free(copy);
  if (!done)
    assert_int_equal(seen->count, 0);
  return done;
}

static void test_truncated(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct chain_seen seen = sample(3);
  struct span octets = encode(&seen, buffer);

  (void)state;
  for (size_t size = 1; size < octets.size; size++)
    assert_false(decodes((struct span){buffer, size}, &seen));
  buffer[octets.size] = 0;
  assert_false(decodes((struct span){buffer, octets.size + 1}, &seen));
}

/* What is decoded of changed octets encodes to the same again: there is but one way to write it. */
static void test_changed(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX], again[CHAIN_SEEN_MAX];
  struct chain_seen seen = sample(2);
  struct span octets = encode(&seen, buffer);
  unsigned read = 0, refused = 0;

  (void)state;
  for (size_t at = 0; at < octets.size; at++)
    for (unsigned change = 1; change < 256; change++) {
      buffer[at] ^= (uint8_t)change;
      if (decodes(octets, &seen)) {
        assert_true(span_equal(encode(&seen, again), octets));
        read++;
      } else {
        refused++;
      }
      buffer[at] ^= (uint8_t)change;
    }
  assert_true(read >= 4 * 32 * 255); /* the digests */
  assert_true(refused > 10 * 255);
}

static void test_hostile(void **state)
{
  uint8_t buffer[CHAIN_SEEN_MAX];
  struct chain_seen seen = sample(1);
  struct span octets = encode(&seen, buffer);
  static const struct {
    size_t at;
    uint8_t value;
  } changes[] = {
      {0, 0},    {0, 2},                          /* the version */
      {1, 2},    {1, 0xff},                       /* neither raw nor not */
      {2, 0},    {2, 2},    {2, 17},   {2, 0xff}, /* how many */
      {3, 0xff},                                  /* a subject that overruns */
      {4, 0},    {4, '\n'}, {4, 0x7f}, {4, 0xff},
  };

  (void)state;
  assert_true(decodes(octets, &seen));
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    uint8_t before = buffer[changes[i].at];

    buffer[changes[i].at] = changes[i].value;
    assert_false(decodes(octets, &seen));
    buffer[changes[i].at] = before;
  }
  assert_true(decodes(octets, &seen));
}

static void test_many_certificates(void **state)
{
  uint8_t buffer[3 + 17 * ONE] = {1, 0, 17};
  struct chain_seen seen;

  (void)state;
  assert_false(decodes((struct span){buffer, sizeof buffer}, &seen));
  buffer[2] = 16;
  assert_true(decodes((struct span){buffer, 3 + 16 * ONE}, &seen));
  assert_int_equal(seen.count, 16);
}

static void test_subject_of_128(void **state)
{
  uint8_t buffer[3 + ONE + 128] = {1, 0, 1, 128};
  struct chain_seen seen;

  (void)state;
  memset(buffer + 4, 'x', 128);
  assert_false(decodes((struct span){buffer, sizeof buffer}, &seen));
  buffer[3] = 127;
  buffer[4 + 127] = 0;
  assert_true(decodes((struct span){buffer, sizeof buffer - 1}, &seen));
  assert_int_equal(strlen(seen.at[0].subject), 127);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_raw),
      cmocka_unit_test(test_octets),         cmocka_unit_test(test_longest),
      cmocka_unit_test(test_no_room),        cmocka_unit_test(test_not_encoded),
      cmocka_unit_test(test_truncated),      cmocka_unit_test(test_changed),
      cmocka_unit_test(test_hostile),        cmocka_unit_test(test_many_certificates),
      cmocka_unit_test(test_subject_of_128),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
