/* The file beside a user store.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/lockfile.h"

#include "tests/descriptors.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

MISFIRE(int, flock, (int fd, int operation), (fd, operation), -1)
MISFIRE(int, fstat, (int fd, struct stat *status), (fd, status), -1)
MISFIRE(int, fsync, (int fd), (fd), -1)
MISFIRE(ssize_t, pwrite, (int fd, const void *octets, size_t size, off_t offset),
        (fd, octets, size, offset), -1)

static int setup(void **state)
{
  stores_setup(state);
  return g_mkdir(((struct stores *)*state)->home, 0700);
}

static void open_lock(struct stores *stores, struct lockfile *lock)
{
  char *problem = NULL;

  assert_int_equal(lockfile_open(stores->path, geteuid(), LOCKFILE_PATIENT, lock, &problem),
                   TLSPIN_OK);
  assert_null(problem);
}

/* Whether another open file could have the lock now. */
static bool is_free(const char *path, int operation)
{
  int fd = open(path, O_RDWR | O_CLOEXEC);
  bool got;

  assert_true(fd >= 0);
  got = flock(fd, operation | LOCK_NB) == 0;
  close(fd);
  return got;
}

static void test_life(void **state)
{
  struct stores *stores = *state;
  struct lockfile lock, second;
  char *problem = NULL;
  struct stat status;

  open_lock(stores, &lock);
  assert_true(lock.exclusive); /* new: whoever comes first makes the store */
  assert_false(lock.remembers);
  assert_false(lockfile_remembers(stores->path));
  assert_false(is_free(stores->lock, LOCK_SH));
  assert_int_equal(stat(stores->lock, &status), 0);
  assert_int_equal(status.st_mode & 07777, 0600);
  assert_int_equal(status.st_size, 0);

  assert_int_equal(lockfile_settle(&lock, &problem), TLSPIN_OK);
  assert_false(lock.exclusive);
  assert_true(lock.remembers);
  assert_true(lockfile_remembers(stores->path));
  assert_true(is_free(stores->lock, LOCK_SH));
  assert_false(is_free(stores->lock, LOCK_EX));
  assert_true(stores_file_holds(stores->lock, "1\n"));

  open_lock(stores, &second);
  assert_false(second.exclusive);
  assert_true(second.remembers);
  lockfile_close(&lock);
  assert_false(is_free(stores->lock, LOCK_EX));
  assert_int_equal(lockfile_exclude(&second, &problem), TLSPIN_OK);
  assert_false(is_free(stores->lock, LOCK_SH));
  assert_int_equal(lockfile_settle(&second, &problem), TLSPIN_OK);
  assert_true(is_free(stores->lock, LOCK_SH));
  lockfile_close(&second);
  lockfile_close(&second);
  assert_true(is_free(stores->lock, LOCK_EX));
  assert_int_equal(unlink(stores->lock), 0);
  assert_false(lockfile_remembers(stores->path));
}

/* A crash before settle leaves an empty lock file, and the next one begins again. */
static void test_crash_before_settle(void **state)
{
  struct stores *stores = *state;
  struct lockfile lock;

  open_lock(stores, &lock);
  lockfile_close(&lock);
  open_lock(stores, &lock);
  assert_true(lock.exclusive && !lock.remembers);
  lockfile_close(&lock);
}

/* A single octet is enough, whoever wrote it: a store was there. */
static void test_one_octet(void **state)
{
  struct stores *stores = *state;
  struct lockfile lock;

  open_lock(stores, &lock);
  lockfile_close(&lock);
  stores_write(stores->lock, 0, "1", 1);
  open_lock(stores, &lock);
  assert_true(!lock.exclusive && lock.remembers);
  lockfile_close(&lock);
}

static void test_name(void **state)
{
  struct stores *stores = *state;
  g_autofree char *odd = g_build_filename(stores->home, "pins", NULL);
  struct lockfile lock;
  char *problem = NULL;

  open_lock(stores, &lock);
  assert_string_equal(lock.path, stores->lock);
  lockfile_close(&lock);
  assert_int_equal(g_unlink(stores->lock), 0);
  assert_int_equal(lockfile_open(odd, geteuid(), LOCKFILE_PATIENT, &lock, &problem), TLSPIN_OK);
  assert_string_equal(lock.path, stores->lock);
  lockfile_close(&lock);
}

/* A child holds the lock; the answer comes after the wait, or at once, and names the file. */
static void test_busy(void **state)
{
  enum { AT_ONCE = 20 };
  struct stores *stores = *state;
  struct lockfile lock;
  char *problem = NULL;
  int ready[2], octet;
  gint64 start;
  pid_t child;

  open_lock(stores, &lock);
  lockfile_close(&lock);
  assert_int_equal(pipe(ready), 0);
  child = stores_fork();
  if (child == 0) {
    int fd = open(stores->lock, O_RDWR);

    if (fd < 0 || flock(fd, LOCK_EX) != 0 || write(ready[1], "x", 1) != 1)
      _exit(1);
    pause();
  }
  assert_int_equal(read(ready[0], &octet, 1), 1);
  assert_int_equal(lockfile_open(stores->path, geteuid(), LOCKFILE_PATIENT, &lock, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, stores->lock));
  assert_non_null(strstr(problem, "locked by another process"));
  assert_null(lock.path);
  g_clear_pointer(&problem, g_free);
  start = g_get_monotonic_time();
  for (int i = 0; i < AT_ONCE; i++) {
    assert_int_equal(lockfile_open(stores->path, geteuid(), LOCKFILE_AT_ONCE, &lock, &problem),
                     TLSPIN_UNAVAILABLE);
    g_clear_pointer(&problem, g_free);
  }
  assert_true(g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC); /* for all of them */
  stores_kill(child);
  open_lock(stores, &lock); /* the dead hold no locks */
  lockfile_close(&lock);
  close(ready[0]);
  close(ready[1]);
}

static void refuse(struct stores *stores, const char *reason)
{
  struct lockfile lock;
  char *problem = NULL;

  assert_int_equal(lockfile_open(stores->path, geteuid(), LOCKFILE_PATIENT, &lock, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_null(lock.path);
  assert_int_equal(lock.fd, -1);
  assert_non_null(strstr(problem, stores->lock));
  assert_non_null(strstr(problem, reason));
  g_free(problem);
}

/* A signal is only a reason to ask again; what can't be locked or looked at isn't open. */
static void test_faults(void **state)
{
  struct stores *stores = *state;
  struct lockfile lock;
  char *problem = NULL;

  flock_misfire = (struct misfire){.call = 1, .error = EINTR};
  open_lock(stores, &lock);
  assert_int_equal(flock_misfire.call, 0);
  lockfile_close(&lock);
  for (unsigned call = 1; call <= 2; call++) { /* shared, and exclusive */
    flock_misfire = (struct misfire){.call = call, .error = ENOLCK};
    refuse(stores, "No locks available");
    fstat_misfire = (struct misfire){.call = 1 + call, .error = EIO}; /* 1: file_open's */
    refuse(stores, "Input/output error");
  }
  open_lock(stores, &lock);
  lock.wait = LOCKFILE_AT_ONCE;
  flock_misfire = (struct misfire){.call = 1, .error = EINTR};
  assert_int_equal(lockfile_exclude(&lock, &problem), TLSPIN_UNAVAILABLE);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(lockfile_exclude(&lock, &problem), TLSPIN_OK);
  lockfile_close(&lock);
}

/* What isn't written down for good isn't remembered, and the lock stays with its maker. */
static void test_settling_fails(void **state)
{
  struct misfire *const misfires[] = {&pwrite_misfire, &fsync_misfire};
  struct stores *stores = *state;
  struct lockfile lock;
  char *problem = NULL;

  open_lock(stores, &lock);
  for (size_t i = 0; i < G_N_ELEMENTS(misfires); i++) {
    *misfires[i] = (struct misfire){.call = 1, .error = ENOSPC};
    assert_int_equal(lockfile_settle(&lock, &problem), TLSPIN_UNAVAILABLE);
    assert_non_null(strstr(problem, "can't be written: No space left"));
    g_clear_pointer(&problem, g_free);
    assert_true(lock.exclusive && !lock.remembers);
  }
  flock_misfire = (struct misfire){.call = 1, .error = ENOLCK};
  assert_int_equal(lockfile_settle(&lock, &problem), TLSPIN_UNAVAILABLE);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(lockfile_settle(&lock, &problem), TLSPIN_OK);
  assert_true(lock.remembers && !lock.exclusive);
  lockfile_close(&lock);
}

static void test_hostile(void **state)
{
  struct stores *stores = *state;
  struct lockfile lock;
  char *problem = NULL;

  assert_int_equal(symlink("elsewhere", stores->lock), 0);
  assert_int_equal(lockfile_open(stores->path, geteuid(), LOCKFILE_PATIENT, &lock, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "symbolic link"));
  assert_int_equal(unlink(stores->lock), 0);
  stores_write(stores->lock, 0, "1\n", 2);
  assert_int_equal(chmod(stores->lock, 0644), 0);
  g_clear_pointer(&problem, g_free);
  assert_int_equal(lockfile_open(stores->path, geteuid(), LOCKFILE_PATIENT, &lock, &problem),
                   TLSPIN_UNAVAILABLE);
  assert_non_null(strstr(problem, "chmod go="));
  g_free(problem);
}

/* Several at once at a new store: one makes it, the rest find it made. */
static void race(struct stores *stores, int makers)
{
  struct lockfile lock;
  char *problem = NULL;
  bool made;

  if (lockfile_open(stores->path, geteuid(), LOCKFILE_PATIENT, &lock, &problem) != TLSPIN_OK)
    _exit(100);
  made = !lock.remembers;
  if (made && (!lock.exclusive || write(makers, "m", 1) != 1 ||
               lockfile_settle(&lock, &problem) != TLSPIN_OK))
    _exit(101);
  lockfile_close(&lock);
  _exit(0);
}

static void test_race(void **state)
{
  enum { RACERS = 8 };
  struct stores *stores = *state;
  pid_t children[RACERS];
  char octets[RACERS];
  int makers[2];

  assert_int_equal(pipe(makers), 0);
  for (int i = 0; i < RACERS; i++) {
    children[i] = stores_fork();
    if (children[i] == 0)
      race(stores, makers[1]);
  }
  for (int i = 0; i < RACERS; i++)
    stores_join(children[i]);
  assert_int_equal(read(makers[0], octets, sizeof octets), 1);
  close(makers[0]);
  close(makers[1]);
}

/* A number is held by one open file, until that is closed, and beside all other locks. */
static void test_numbers(void **state)
{
  struct stores *stores = *state;
  struct lockfile ours, theirs;
  char *problem = NULL;

  open_lock(stores, &ours);
  assert_int_equal(lockfile_settle(&ours, &problem), TLSPIN_OK);
  open_lock(stores, &theirs);
  assert_false(lockfile_is_held(&theirs, 7));
  assert_true(lockfile_hold(&ours, 7));
  assert_true(lockfile_hold(&ours, 7));
  assert_true(lockfile_is_held(&theirs, 7));
  assert_false(lockfile_is_held(&ours, 7)); /* by another one */
  assert_false(lockfile_is_held(&theirs, 8));
  assert_false(lockfile_is_held(&theirs, INT64_MAX));
  assert_true(lockfile_is_held(&theirs, UINT64_MAX));
  assert_false(lockfile_hold(&theirs, 7));
  assert_true(lockfile_hold(&theirs, 8));
  assert_true(lockfile_hold(&theirs, INT64_MAX));
  assert_false(lockfile_hold(&theirs, UINT64_MAX));
  lockfile_let_go(&ours, 7);
  assert_true(lockfile_hold(&theirs, 7));
  assert_false(lockfile_hold(&ours, 7));
  lockfile_close(&theirs);
  assert_true(lockfile_hold(&ours, 7) && lockfile_hold(&ours, 8));
  assert_false(lockfile_hold(&theirs, 9)); /* it isn't open any more */
  assert_true(lockfile_is_held(&theirs, 9));
  lockfile_close(&ours);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, descriptors_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_life),      TEST(test_crash_before_settle),
      TEST(test_one_octet), TEST(test_name),
      TEST(test_busy),      TEST(test_hostile),
      TEST(test_race),      TEST(test_numbers),
      TEST(test_faults),    TEST(test_settling_fails),
  };

  descriptors_begin();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
