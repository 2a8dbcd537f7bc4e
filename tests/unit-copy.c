/* The octets of one file in another.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/copy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 100000 };

/* Two files without names. */
struct fixture {
  int from, to;
  uint8_t content[MOST];
};

static int make_file(void)
{
  char path[] = "/tmp/tlspin-copy-XXXXXX";
  int fd = mkstemp(path);

  assert_true(fd >= 0);
  assert_int_equal(unlink(path), 0);
  return fd;
}

static int setup(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);

  assert_non_null(f);
  for (size_t i = 0; i < MOST; i++)
    f->content[i] = (uint8_t)(i * 31 + i / 251);
  f->from = make_file();
  f->to = make_file();
  *state = f;
  return 0;
}

static int teardown(void **state)
{
  struct fixture *f = *state;

  close(f->from);
  close(f->to);
  free(f);
  return 0;
}

static void fill(struct fixture *f, size_t size)
{
  assert_int_equal(ftruncate(f->from, 0), 0);
  assert_int_equal(pwrite(f->from, f->content, size, 0), size);
  assert_int_equal(lseek(f->from, 0, SEEK_SET), 0);
  assert_int_equal(ftruncate(f->to, 0), 0);
  assert_int_equal(lseek(f->to, 0, SEEK_SET), 0);
}

static void expect(struct fixture *f, size_t from, size_t size)
{
  static uint8_t got[MOST + 1];

  assert_int_equal(pread(f->to, got, sizeof got, 0), size);
  assert_memory_equal(got, f->content + from, size);
}

static void test_sizes(void **state)
{
  static const size_t sizes[] = {0, 1, 4096, 32767, 32768, 32769, 65536, MOST};
  struct fixture *f = *state;

  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    fill(f, sizes[i]);
    assert_true(copy_octets(f->from, f->to));
    expect(f, 0, sizes[i]);
  }
}

static void test_rest(void **state)
{
  struct fixture *f = *state;

  fill(f, MOST);
  assert_int_equal(lseek(f->from, 70000, SEEK_SET), 70000);
  assert_true(copy_octets(f->from, f->to));
  expect(f, 70000, MOST - 70000);
}

static void test_unread(void **state)
{
  struct fixture *f = *state;
  int folder = open("/", O_RDONLY | O_DIRECTORY);

  assert_false(copy_octets(folder, f->to));
  assert_int_equal(errno, EISDIR);
  close(folder);
}

static void test_unwritten(void **state)
{
  struct fixture *f = *state;
  int full = open("/dev/full", O_WRONLY), reader = open("/dev/null", O_RDONLY), ends[2];

  fill(f, 10);
  assert_false(copy_octets(f->from, full));
  assert_int_equal(errno, ENOSPC);
  fill(f, 10);
  assert_false(copy_octets(f->from, reader));
  assert_int_equal(errno, EBADF);
  fill(f, 10);
  assert_int_equal(pipe(ends), 0);
  assert_false(copy_octets(f->from, ends[1])); /* which no disk stands behind */
  assert_int_equal(errno, EINVAL);
  close(ends[0]);
  close(ends[1]);
  close(full);
  close(reader);
}

/* The kernel writes as much as there is room for, and says why not more the next time. */
static void test_no_room(void **state)
{
  struct fixture *f = *state;
  struct rlimit before, limit;

  fill(f, MOST);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  limit = (struct rlimit){50000, before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  assert_false(copy_octets(f->from, f->to));
  assert_int_equal(errno, EFBIG);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  expect(f, 0, 50000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_sizes),     TEST(test_rest),    TEST(test_unread),
      TEST(test_unwritten), TEST(test_no_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
