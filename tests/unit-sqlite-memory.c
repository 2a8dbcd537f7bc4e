/* The memory of SQLite.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/sqlite-memory.h"
#include "tests/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

static sqlite3 *open_with(const char *text)
{
  sqlite3 *handle;

  assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
  assert_int_equal(sqlite3_exec(handle, text, NULL, NULL, NULL), SQLITE_OK);
  return handle;
}

static void insert(sqlite3 *handle, const struct memory_mark *mark)
{
  static uint8_t secret[32]; /* none of SQLite's */
  sqlite3_stmt *statement;

  memory_unmask(mark, secret);
  assert_int_equal(sqlite3_prepare_v2(handle, "INSERT INTO t VALUES(1, ?1)", -1, &statement, NULL),
                   SQLITE_OK);
  assert_int_equal(sqlite3_bind_blob(statement, 1, secret, sizeof secret, SQLITE_STATIC),
                   SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
  sqlite3_finalize(statement);
  explicit_bzero(secret, sizeof secret);
}

/* All that it holds is guarded, and nothing is left of it. */
static void test_vault(void **state)
{
  struct memory_mark mark;
  sqlite3 *handle = open_with("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB)");

  (void)state;
  memory_mark(&mark);
  insert(handle, &mark);
  assert_true(memory_find(getpid(), &mark, MEMORY_ALL) > 0);
#ifndef __SANITIZE_ADDRESS__
  assert_int_equal(memory_find(getpid(), &mark, MEMORY_UNGUARDED), 0);
#endif
  assert_int_equal(sqlite3_close(handle), SQLITE_OK);
  assert_int_equal(memory_find(getpid(), &mark, MEMORY_ALL), 0);
}

/* Once SQLite is in use, it keeps the memory that it has. */
static void test_late(void **state)
{
  (void)state;
  assert_int_equal(sqlite3_initialize(), SQLITE_OK);
  assert_false(sqlite_memory_use_vault());
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_vault),
      cmocka_unit_test(test_late),
  };

  if (!sqlite_memory_use_vault())
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
