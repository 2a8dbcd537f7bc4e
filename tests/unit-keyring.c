/* Tests of libserver/keyring.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libserver/keyring.h"

#include "common/vault.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 20000 };

static struct keyring *make_ring(void)
{
  struct keys keys = {.count = 1, .list = vault_take(sizeof(struct key))};
  struct keyring *ring;
  unsigned first, second;

  assert_non_null(keys.list);
  assert_true(key_generate(keys.list, "*", 0, 0));
  assert_true(keys_index(&keys, &first, &second));
  ring = keyring_new(&keys);
  assert_non_null(ring);
  assert_int_equal(keys.count, 0); /* taken over */
  assert_null(keys.list);
  return ring;
}

static void lives_until_the_last_holder_lets_go(void **state)
{
  struct keyring *ring = make_ring(), *second = keyring_hold(ring);

  (void)state;
  assert_ptr_equal(ring, second);
  keyring_release(ring);
  assert_non_null(keys_sealing(keyring_keys(second), "a.example", 0));
  keyring_release(second); /* a leak or a second free is for the sanitizers to see */
}

static void releasing_none_is_fine(void **state)
{
  (void)state;
  keyring_release(NULL);
}

static void *hold_and_release(void *argument)
{
  struct keyring *ring = argument;
  size_t seen = 0;

  for (int i = 0; i < ROUNDS; i++) {
    struct keyring *held = keyring_hold(ring);

    seen += keyring_keys(held)->count;
    keyring_release(held);
  }
  keyring_release(ring);
  return (void *)seen;
}

static void threads_may_hold_it_at_once(void **state)
{
  struct keyring *ring = make_ring();
  pthread_t threads[THREADS];

  (void)state;
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, hold_and_release, keyring_hold(ring)), 0);
  keyring_release(ring);
  for (int i = 0; i < THREADS; i++) {
    void *seen;

    assert_int_equal(pthread_join(threads[i], &seen), 0);
    assert_int_equal((size_t)seen, ROUNDS);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lives_until_the_last_holder_lets_go),
      cmocka_unit_test(releasing_none_is_fine),
      cmocka_unit_test(threads_may_hold_it_at_once),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
