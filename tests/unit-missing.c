/* Which rows were in a store, by the sum of their digests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/missing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct digest digest_of(int n)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  gsize size = DIGEST_SIZE;
  struct digest digest;

  g_checksum_update(checksum, (const guchar *)&n, sizeof n);
  g_checksum_get_digest(checksum, digest.octets, &size);
  return digest;
}

/* Candidates, some of which were in the store. */
struct pool {
  struct digest candidates[MISSING_MAX + 1];
  bool was[MISSING_MAX + 1];
  size_t count;
  uint64_t wanted;
  struct digest sum;
};

static void pool_make(struct pool *pool, size_t count, bool (*was)(size_t i))
{
  *pool = (struct pool){.count = count};
  for (size_t i = 0; i < count; i++) {
    pool->candidates[i] = digest_of((int)i);
    pool->was[i] = was(i);
    if (!pool->was[i])
      continue;
    pool->wanted++;
    digest_toggle(&pool->sum, &pool->candidates[i]);
  }
}

static bool each_third(size_t i)
{
  return i % 3 == 1;
}

static bool all(size_t i)
{
  (void)i;
  return true;
}

static bool none(size_t i)
{
  (void)i;
  return false;
}

static bool the_last(size_t i)
{
  return i == MISSING_MAX - 1;
}

static bool find(const struct pool *pool, bool *chosen)
{
  memset(chosen, 0xff, pool->count);
  return missing_find(pool->candidates, pool->count, pool->wanted, &pool->sum, chosen);
}

static void expect(const struct pool *pool)
{
  bool chosen[MISSING_MAX + 1];

  assert_true(find(pool, chosen));
  assert_memory_equal(chosen, pool->was, pool->count * sizeof *chosen);
}

/* Refused, and none is chosen. */
static void refuse(const struct pool *pool)
{
  bool chosen[MISSING_MAX + 1];

  assert_false(find(pool, chosen));
  for (size_t i = 0; i < pool->count; i++)
    assert_false(chosen[i]);
}

static void test_finds(void **state)
{
  static bool (*const choices[])(size_t i) = {each_third, all, none, the_last};
  static const size_t counts[] = {0, 1, 2, 3, 63, 64, 65, 127, 128, 129, MISSING_MAX};
  struct pool pool;

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(choices); i++)
    for (size_t j = 0; j < G_N_ELEMENTS(counts); j++) {
      pool_make(&pool, counts[j], choices[i]);
      expect(&pool);
    }
}

/* Every choice of a few. */
static void test_all_choices(void **state)
{
  struct pool pool;

  (void)state;
  for (unsigned mask = 0; mask < 1U << 9; mask++) {
    pool_make(&pool, 9, none);
    for (size_t i = 0; i < pool.count; i++)
      if ((mask >> i & 1) != 0) {
        pool.was[i] = true;
        pool.wanted++;
        digest_toggle(&pool.sum, &pool.candidates[i]);
      }
    expect(&pool);
  }
}

/* Each bit of the sum counts, and the number. */
static void test_refuses_what_does_not_fit(void **state)
{
  struct pool pool;

  (void)state;
  pool_make(&pool, 100, each_third);
  for (int bit = 0; bit < DIGEST_SIZE * 8; bit++) {
    pool.sum.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
    refuse(&pool);
    pool.sum.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  expect(&pool);
  pool.wanted++;
  refuse(&pool);
  pool.wanted -= 2;
  refuse(&pool);
  pool.wanted = UINT64_MAX;
  refuse(&pool);
}

/* A row that was there is no candidate. */
static void test_refuses_where_one_is_wanting(void **state)
{
  struct pool pool;

  (void)state;
  pool_make(&pool, 64, each_third);
  pool.candidates[1] = digest_of(1000);
  refuse(&pool);
  pool_make(&pool, 1, all);
  pool.count = 0;
  refuse(&pool);
}

/* No rows are missing, and yet the sum isn't 0. */
static void test_refuses_a_sum_of_nothing(void **state)
{
  struct pool pool;

  (void)state;
  pool_make(&pool, 5, none);
  pool.sum.octets[31] = 1;
  refuse(&pool);
}

/* The sum is right with the one or with the other. */
static void test_refuses_what_is_ambiguous(void **state)
{
  struct pool pool;

  (void)state;
  pool_make(&pool, 20, each_third);
  pool.candidates[0] = pool.candidates[1];
  refuse(&pool);
  pool_make(&pool, 20, each_third);
  pool.candidates[19] = pool.candidates[2];
  digest_toggle(&pool.candidates[19], &pool.candidates[5]);
  digest_toggle(&pool.candidates[19], &pool.candidates[6]);
  refuse(&pool);
  memset(&pool.candidates[19], 0, sizeof pool.candidates[19]);
  refuse(&pool);
}

/* Many candidates. */
struct crowd {
  struct digest *candidates;
  bool *chosen;
  size_t count;
};

static struct crowd crowd_new(size_t count)
{
  struct crowd crowd = {g_new0(struct digest, count), g_new0(bool, count), count};

  for (size_t i = 0; i < count; i++)
    crowd.candidates[i] = digest_of((int)i);
  return crowd;
}

static void crowd_free(struct crowd *crowd)
{
  g_free(crowd->candidates);
  g_free(crowd->chosen);
}

/* Looks for `few` candidates, or for all but those, from the middle on. */
static bool crowd_find(struct crowd *crowd, size_t few, bool most, const struct digest *error)
{
  uint64_t wanted = most ? crowd->count - few : few;
  struct digest sum = *error;
  bool found;

  for (size_t i = 0; i < crowd->count; i++) {
    bool taken = i >= crowd->count / 2 && i < crowd->count / 2 + few;

    if (taken != most)
      digest_toggle(&sum, &crowd->candidates[i]);
  }
  found = missing_find(crowd->candidates, crowd->count, wanted, &sum, crowd->chosen);
  for (size_t i = 0; i < crowd->count; i++) {
    bool taken = i >= crowd->count / 2 && i < crowd->count / 2 + few;

    assert_true(crowd->chosen[i] == (found && taken != most));
  }
  return found;
}

static const struct digest no_error, some_error = {.octets = {[31] = 1}};

static void test_few_of_many(void **state)
{
  static const size_t counts[] = {MISSING_MAX + 1, 1000, MISSING_MANY};

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
    struct crowd crowd = crowd_new(counts[i]);

    for (size_t few = 0; few <= MISSING_FEW + 1; few++)
      for (int most = 0; most < 2; most++) {
        assert_true(crowd_find(&crowd, few, most, &no_error) == (few <= MISSING_FEW));
        assert_false(crowd_find(&crowd, few, most, &some_error));
      }
    crowd_free(&crowd);
  }
}

static void test_ambiguous_among_many(void **state)
{
  struct crowd crowd = crowd_new(1000);

  (void)state;
  crowd.candidates[3] = crowd.candidates[500];
  for (int most = 0; most < 2; most++) {
    assert_true(crowd_find(&crowd, 0, most, &no_error)); /* both of them, or neither */
    assert_false(crowd_find(&crowd, 1, most, &no_error));
    assert_false(crowd_find(&crowd, 2, most, &no_error));
  }
  crowd_free(&crowd);
}

static void test_refuses_too_many(void **state)
{
  struct crowd crowd = crowd_new(MISSING_MANY + 1);

  (void)state;
  for (size_t few = 0; few <= MISSING_FEW; few++)
    assert_false(crowd_find(&crowd, few, false, &no_error));
  crowd_free(&crowd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds),
      cmocka_unit_test(test_all_choices),
      cmocka_unit_test(test_refuses_what_does_not_fit),
      cmocka_unit_test(test_refuses_where_one_is_wanting),
      cmocka_unit_test(test_refuses_a_sum_of_nothing),
      cmocka_unit_test(test_refuses_what_is_ambiguous),
      cmocka_unit_test(test_few_of_many),
      cmocka_unit_test(test_ambiguous_among_many),
      cmocka_unit_test(test_refuses_too_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
