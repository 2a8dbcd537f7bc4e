/* Finding the octet that was changed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/mend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { SIZE = 40, EACH_BIT = 8, EACH_OCTET = 255 - 8 };

struct trial {
  uint8_t octets[SIZE], right[SIZE];
  uint64_t work, tries;
};

static bool fits(void *data)
{
  struct trial *trial = data;

  trial->tries++;
  trial->work--;
  return memcmp(trial->octets, trial->right, SIZE) == 0;
}

static struct trial trial_of(size_t octet, uint8_t mask)
{
  struct trial trial = {.work = UINT64_MAX};

  for (size_t i = 0; i < SIZE; i++)
    trial.octets[i] = trial.right[i] = (uint8_t)(i * 29);
  trial.octets[octet] ^= mask;
  return trial;
}

static bool run(struct trial *trial, enum mend_change change)
{
  return mend(trial->octets, SIZE, change, &trial->work, fits, trial);
}

static bool is_one_bit(unsigned mask)
{
  return (mask & (mask - 1)) == 0;
}

/* Every change of one octet is found by the kind that it is of, and by no other. */
static void test_finds(void **state)
{
  (void)state;
  for (size_t octet = 0; octet < SIZE; octet++)
    for (unsigned mask = 1; mask <= UINT8_MAX; mask++) {
      enum mend_change change = is_one_bit(mask) ? MEND_BIT : MEND_OCTET;
      enum mend_change other = is_one_bit(mask) ? MEND_OCTET : MEND_BIT;
      struct trial trial = trial_of(octet, (uint8_t)mask), before = trial;

      assert_false(run(&trial, other));
      assert_memory_equal(trial.octets, before.octets, SIZE);
      assert_true(run(&trial, change));
      assert_memory_equal(trial.octets, trial.right, SIZE);
    }
}

/* What is whole isn't asked for, and two octets are one too many. */
static void test_leaves_others_alone(void **state)
{
  struct trial trial = trial_of(3, 0x40), before;

  (void)state;
  trial.octets[4] ^= 0x40;
  before = trial;
  assert_false(run(&trial, MEND_BIT));
  assert_int_equal(trial.tries, SIZE * EACH_BIT);
  assert_false(run(&trial, MEND_OCTET));
  assert_int_equal(trial.tries, SIZE * (EACH_BIT + EACH_OCTET));
  assert_memory_equal(trial.octets, before.octets, SIZE);
}

static void test_ends_with_the_work(void **state)
{
  struct trial trial = trial_of(SIZE - 1, 0x80), before = trial;

  (void)state;
  trial.work = 100;
  assert_false(run(&trial, MEND_BIT));
  assert_int_equal(trial.tries, 100);
  assert_memory_equal(trial.octets, before.octets, SIZE);
  assert_false(run(&trial, MEND_BIT));
  assert_int_equal(trial.tries, 100);
  trial.work = SIZE * EACH_BIT;
  assert_true(run(&trial, MEND_BIT));
}

static void test_nothing_is_no_octet(void **state)
{
  struct trial trial = trial_of(0, 0);

  (void)state;
  assert_false(mend(trial.octets, 0, MEND_BIT, &trial.work, fits, &trial));
  assert_int_equal(trial.tries, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_finds),
      cmocka_unit_test(test_leaves_others_alone),
      cmocka_unit_test(test_ends_with_the_work),
      cmocka_unit_test(test_nothing_is_no_octet),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
