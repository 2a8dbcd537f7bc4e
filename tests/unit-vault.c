/* Memory for secrets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/vault.h"

#include "tests/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_zero(const uint8_t *octets, size_t size)
{
  for (size_t i = 0; i < size; i++)
    if (octets[i] != 0)
      return false;
  return true;
}

/* Of every size up to some pages: as large as was asked for, aligned, zeros, and nobody else's. */
static void test_sizes(void **state)
{
  enum { SIZES = 5000, STEP = 13 };
  static uint8_t *blocks[SIZES / STEP + 1];
  size_t count = 0;

  (void)state;
  for (int round = 0; round < 2; round++) {
    count = 0;
    for (size_t size = 0; size < SIZES; size += STEP) {
      uint8_t *block = vault_take(size);

      assert_non_null(block);
      assert_true((uintptr_t)block % 16 == 0);
      assert_true(vault_size(block) >= size);
      assert_int_equal(vault_size(block), vault_round(size));
      assert_int_equal(vault_round(vault_size(block)), vault_size(block));
      assert_true(is_zero(block, vault_size(block)));
      memset(block, (int)(count % 255) + 1, vault_size(block));
      blocks[count++] = block;
    }
    for (size_t i = 0; i < count; i++) {
      for (size_t at = 0; at < vault_size(blocks[i]); at++)
        assert_int_equal(blocks[i][at], i % 255 + 1);
      vault_give(blocks[i]);
    }
  }
}

static void test_large(void **state)
{
  static const size_t sizes[] = {16384 - 16, 16384 - 15, 65536, 1 << 20};

  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    uint8_t *block = vault_take(sizes[i]);

    assert_non_null(block);
    assert_true(vault_size(block) >= sizes[i]);
    assert_true(is_zero(block, sizes[i]));
    memset(block, 7, sizes[i]);
    vault_give(block);
  }
  assert_null(vault_take(SIZE_MAX));
  assert_null(vault_take(SIZE_MAX / 2 + 1));
  assert_null(vault_take((size_t)1 << 60));
  assert_int_equal(vault_round(SIZE_MAX), 0);
}

static void test_resize(void **state)
{
  uint8_t *block = vault_resize(NULL, 10);

  (void)state;
  assert_non_null(block);
  memset(block, 5, 10);
  block = vault_resize(block, 100000);
  assert_non_null(block);
  assert_int_equal(block[9], 5);
  assert_true(is_zero(block + 16, 100000 - 16));
  block = vault_resize(block, 4);
  assert_non_null(block);
  assert_int_equal(block[3], 5);
  assert_true(is_zero(block + 4, vault_size(block) - 4));
  assert_null(vault_resize(block, SIZE_MAX)); /* and it stands */
  assert_int_equal(block[3], 5);
  vault_give(block);
  vault_give(NULL);
  assert_int_equal(vault_size(NULL), 0);
}

/* A block that shrinks in its place is wiped behind what is left. */
static void test_shrink(void **state)
{
  uint8_t *block = vault_take(100), *same;
  size_t size = vault_size(block);

  (void)state;
  memset(block, 9, size);
  same = vault_resize(block, size - 1);
  assert_ptr_equal(same, block);
  assert_int_equal(block[size - 1], 0);
  assert_int_equal(block[size - 2], 9);
  vault_give(block);
}

/* What was given back is nowhere any more; what is there is in no mapping that a core file has. */
static void test_secret(void **state)
{
  struct memory_mark mark;
  uint8_t *block;

  (void)state;
  memory_mark(&mark);
  block = vault_take(sizeof mark.masked);
  assert_non_null(block);
  memory_unmask(&mark, block);
#ifndef __SANITIZE_ADDRESS__
  assert_int_equal(memory_find(getpid(), &mark, MEMORY_DUMPED), 0);
#endif
  assert_int_equal(memory_find(getpid(), &mark, MEMORY_ALL), 1);
  vault_give(block);
  assert_int_equal(memory_find(getpid(), &mark, MEMORY_ALL), 0);
}

/* In a library's host a child keeps what the parent had; it may have loaded it for the child. */
static void test_fork_guest(void **state)
{
  uint8_t *block = vault_take(32);
  int status;
  pid_t child;

  (void)state;
  memset(block, 3, 32);
  child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    uint8_t *other = vault_take(32);
    bool fine = block[31] == 3 && other != NULL && other != block && is_zero(other, 32);

    vault_give(block);
    _exit(fine ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  assert_int_equal(block[31], 3);
  vault_give(block);
}

/* A program of ours has that kept from its children, which begin anew. In a child, for there is no
 * way back. */
static void check_own(void)
{
  uint8_t *block, *large;
  int status;
  pid_t child;

  vault_own_process();
  block = vault_take(70000); /* not of a chunk from before */
  large = vault_take(16000);
  memset(block, 3, 70000);
  memset(large, 3, 16000);
  child = fork();
  if (child == 0) {
    uint8_t *other = vault_take(16000);
    bool fine = other != NULL && is_zero(other, 16000);

#ifndef __SANITIZE_ADDRESS__
    fine = fine && is_zero(block, 70000);
#endif
    vault_give(block);
    vault_give(large);
    vault_give(other);
    _exit(fine ? 0 : 1);
  }
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0 || block[0] != 3)
    _exit(1);
  _exit(0);
}

static void test_fork_own(void **state)
{
  int status;
  pid_t child = fork();

  (void)state;
  assert_true(child >= 0);
  if (child == 0)
    check_own();
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *work(void *argument)
{
  unsigned seed = (unsigned)(uintptr_t)argument;
  uint8_t *blocks[16] = {NULL};

  for (int i = 0; i < 20000; i++) {
    size_t at = (size_t)rand_r(&seed) % 16, size = (size_t)rand_r(&seed) % 600 + 1;

    if (blocks[at] != NULL && blocks[at][0] != at + 1)
      return argument;
    vault_give(blocks[at]);
    blocks[at] = vault_take(size);
    if (blocks[at] == NULL || !is_zero(blocks[at], size))
      return argument;
    memset(blocks[at], (int)at + 1, size);
  }
  for (int i = 0; i < 16; i++)
    vault_give(blocks[i]);
  return NULL;
}

static void test_threads(void **state)
{
  pthread_t threads[4];

  (void)state;
  for (uintptr_t i = 0; i < 4; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
  for (int i = 0; i < 4; i++) {
    void *failed;

    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sizes),    cmocka_unit_test(test_large),
      cmocka_unit_test(test_resize),   cmocka_unit_test(test_shrink),
      cmocka_unit_test(test_secret),   cmocka_unit_test(test_fork_guest),
      cmocka_unit_test(test_fork_own), cmocka_unit_test(test_threads),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
