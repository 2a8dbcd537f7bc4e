/* Everything that is asked of the system fails: see mishap.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/mishap.h"

#include "tests/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FULL_SHARE = 11, BRIEF_SHARE = 3 }; /* so many times the faults in a full run, and so few */

/* The fault of this round. */
static struct {
  enum mishap mishap;
  long countdown; /* to the failing call */
  bool once;
  long failed; /* calls that failed */
} fault;

static bool fails(enum mishap mishap)
{
  if (fault.mishap != mishap || fault.countdown > 0) {
    fault.countdown -= fault.mishap == mishap;
    return false;
  }
  if (fault.once && fault.failed > 0)
    return false;
  fault.failed++;
  return true;
}

#define WRAP(type, name, parameters, arguments, error, value)                                      \
  type __real_##name parameters;                                                                   \
  type __wrap_##name parameters;                                                                   \
  type __wrap_##name parameters                                                                    \
  {                                                                                                \
    if (!fails(MISHAP_LIBC))                                                                       \
      return __real_##name arguments;                                                              \
    errno = error;                                                                                 \
    return value;                                                                                  \
  }

WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM, -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), ENOLCK, -1)
WRAP(int, fstat, (int fd, struct stat *status), (fd, status), EIO, -1)
WRAP(int, lstat, (const char *path, struct stat *status), (path, status), EIO, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC, -1)
WRAP(DIR *, opendir, (const char *path), (path), EMFILE, NULL)
WRAP(struct dirent *, readdir, (DIR * dir), (dir), EIO, NULL)
WRAP(int, rename, (const char *from, const char *to), (from, to), EIO, -1)
WRAP(int, unlink, (const char *path), (path), EPERM, -1)
WRAP(int, stat, (const char *path, struct stat *status), (path, status), EACCES, -1)
WRAP(char *, realpath, (const char *path, char *out), (path, out), EACCES, NULL)
WRAP(ssize_t, pread, (int fd, void *octets, size_t size, off_t offset), (fd, octets, size, offset),
     EIO, -1)
WRAP(ssize_t, pwrite, (int fd, const void *octets, size_t size, off_t offset),
     (fd, octets, size, offset), ENOSPC, -1)
WRAP(void *, malloc, (size_t size), (size), ENOMEM, NULL)

/* No power is lost here, and disks are slow. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
  (void)fd;
  if (!fails(MISHAP_LIBC))
    return 0;
  errno = EIO;
  return -1;
}

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
  if (!fails(MISHAP_LIBC))
    return __real_open(path, flags, mode);
  errno = EMFILE;
  return -1;
}

/* SQLite's files: the real one stands behind ours. */
struct file {
  sqlite3_file base;
  sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
  return ((struct file *)file)->real;
}

#define METHOD(name, parameters, arguments, error)                                                 \
  static int file_##name parameters                                                                \
  {                                                                                                \
    return fails(MISHAP_FILES) ? error : real_of(f)->pMethods->x##name arguments;                  \
  }

METHOD(Read, (sqlite3_file * f, void *to, int size, sqlite3_int64 offset),
       (real_of(f), to, size, offset), SQLITE_IOERR_READ)
METHOD(Write, (sqlite3_file * f, const void *from, int size, sqlite3_int64 offset),
       (real_of(f), from, size, offset), SQLITE_FULL)
METHOD(Truncate, (sqlite3_file * f, sqlite3_int64 size), (real_of(f), size), SQLITE_IOERR_TRUNCATE)
METHOD(FileSize, (sqlite3_file * f, sqlite3_int64 *size), (real_of(f), size), SQLITE_IOERR_FSTAT)
METHOD(Lock, (sqlite3_file * f, int level), (real_of(f), level), SQLITE_IOERR_LOCK)
METHOD(CheckReservedLock, (sqlite3_file * f, int *reserved), (real_of(f), reserved),
       SQLITE_IOERR_CHECKRESERVEDLOCK)

static int file_Sync(sqlite3_file *f, int flags)
{
  (void)f, (void)flags;
  return fails(MISHAP_FILES) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int file_Close(sqlite3_file *f)
{
  return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_Unlock(sqlite3_file *f, int level)
{
  return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int file_FileControl(sqlite3_file *f, int operation, void *argument)
{
  return real_of(f)->pMethods->xFileControl(real_of(f), operation, argument);
}

static int file_SectorSize(sqlite3_file *f)
{
  return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int file_DeviceCharacteristics(sqlite3_file *f)
{
  return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_Close,
    .xRead = file_Read,
    .xWrite = file_Write,
    .xTruncate = file_Truncate,
    .xSync = file_Sync,
    .xFileSize = file_FileSize,
    .xLock = file_Lock,
    .xUnlock = file_Unlock,
    .xCheckReservedLock = file_CheckReservedLock,
    .xFileControl = file_FileControl,
    .xSectorSize = file_SectorSize,
    .xDeviceCharacteristics = file_DeviceCharacteristics,
};

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
  struct file *file = (struct file *)f;
  int rc;

  (void)vfs;
  file->base.pMethods = NULL;
  file->real = (sqlite3_file *)(file + 1);
  if (fails(MISHAP_FILES))
    return SQLITE_CANTOPEN;
  rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
  if (rc == SQLITE_OK)
    file->base.pMethods = &methods;
  return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
  (void)vfs;
  return fails(MISHAP_FILES) ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
  (void)vfs;
  return fails(MISHAP_FILES) ? SQLITE_IOERR_ACCESS
                             : real_vfs->xAccess(real_vfs, name, flags, result);
}

static sqlite3_mem_methods real_memory;

static void *memory_malloc(int size)
{
  return fails(MISHAP_MEMORY) ? NULL : real_memory.xMalloc(size);
}

static void *memory_realloc(void *memory, int size)
{
  return fails(MISHAP_MEMORY) ? NULL : real_memory.xRealloc(memory, size);
}

static const char *token_of(enum mishap mishap)
{
  static const char *const tokens[] = {"none", "libc", "files", "memory"};

  return tokens[mishap];
}

static unsigned lives; /* that were led */

unsigned mishap_lives(void)
{
  return lives;
}

/* What was under way when an assertion ended the test before this one, or the program. */
static struct {
  enum mishap mishap;
  bool once, led;
  long call;
} latest;

static void say_latest(void)
{
  if (latest.led)
    print_error("again: STORE_FAULTS='%s %s %ld'\n", token_of(latest.mishap),
                latest.once ? "once" : "after", latest.call);
  latest.led = false;
}

int mishap_setup(void **state)
{
  static sqlite3_vfs vfs;
  sqlite3_mem_methods memory;

  (void)state;
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) != SQLITE_OK)
    return 1;
  memory = real_memory;
  memory.xMalloc = memory_malloc;
  memory.xRealloc = memory_realloc;
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK)
    return 1;
  atexit(say_latest);
  real_vfs = sqlite3_vfs_find(NULL);
  vfs = *real_vfs;
  vfs.zName = "faults";
  vfs.szOsFile += (int)sizeof(struct file);
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  vfs.xAccess = vfs_access;
  return sqlite3_vfs_register(&vfs, 1);
}

enum mishap mishap_pause(void)
{
  enum mishap mishap = fault.mishap;

  fault.mishap = MISHAP_NONE;
  return mishap;
}

void mishap_resume(enum mishap mishap)
{
  fault.mishap = mishap;
}

/* One life, in which this call fails. How many did. */
static long lead(enum mishap mishap, bool once, long call, void (*life)(struct stores *stores))
{
  void *stores;
  long failed;

  stores_setup(&stores);
  latest.mishap = mishap;
  latest.once = once;
  latest.call = call;
  latest.led = true;
  fault.mishap = mishap;
  fault.countdown = call;
  fault.once = once;
  fault.failed = 0;
  life(stores);
  failed = fault.failed;
  fault.mishap = MISHAP_NONE;
  latest.led = false;
  lives++;
  stores_teardown(&stores);
  return failed;
}

/* "files once 132": nothing but this. */
static bool lead_again(const char *text, enum mishap mishap, bool once,
                       void (*life)(struct stores *stores))
{
  g_auto(GStrv) words = text != NULL ? g_strsplit(text, " ", 3) : NULL;

  if (words == NULL || g_strv_length(words) != 3)
    return false;
  if (strcmp(words[0], token_of(mishap)) == 0 && once == (strcmp(words[1], "once") == 0))
    lead(mishap, once, strtol(words[2], NULL, 10), life);
  return true;
}

void mishap_run(enum mishap mishap, bool once, long step, void (*life)(struct stores *stores))
{
  const char *asked = g_getenv("STORE_FAULTS");
  long round = 0;

  fault.mishap = MISHAP_NONE;
  say_latest();
  if (lead_again(asked, mishap, once, life))
    return;
  if (g_strcmp0(asked, "all") == 0)
    step = 1;
  else if (full_asked())
    step = MAX(1, step / FULL_SHARE);
  else
    step *= (long)full_count(BRIEF_SHARE, 1, 1);
  while (lead(mishap, once, step * round, life) > 0)
    round++;
  assert_true(step * round > 10); /* that many such calls there are at the least */
}

void mishap_run_all(const long steps[3][2], void (*life)(struct stores *stores))
{
  static const enum mishap mishaps[] = {MISHAP_LIBC, MISHAP_FILES, MISHAP_MEMORY};

  for (size_t i = 0; i < G_N_ELEMENTS(mishaps); i++) {
    mishap_run(mishaps[i], true, steps[i][0], life);
    mishap_run(mishaps[i], false, steps[i][1], life);
  }
}

static unsigned kills;

unsigned mishap_kills(void)
{
  return kills;
}

/* How long it takes to be led, in microseconds; it is killed before that where it would take longer
 * than `most`. */
static int64_t lead_elsewhere(const struct mishap_life *life, int64_t most)
{
  int64_t begun, end;
  void *made;
  pid_t child;

  stores_setup(&made);
  life->prepare(made);
  begun = g_get_monotonic_time();
  child = stores_fork();
  if (child == 0) {
    life->lead(made);
    _exit(0);
  }
  if (most < INT64_MAX) {
    g_usleep((gulong)most);
    stores_kill(child);
  } else {
    stores_join(child);
  }
  end = g_get_monotonic_time();
  life->check(made);
  stores_teardown(&made);
  return end - begun;
}

void mishap_kill(uint64_t times, const struct mishap_life *life)
{
  const char *given = getenv("TESTS_SEED");
  uint32_t seed = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : g_random_int() | 1;
  int64_t whole;

  mishap_pause();
  print_message("           TESTS_SEED=%u\n", seed);
  whole = lead_elsewhere(life, INT64_MAX);
  for (uint64_t n = 0; n < times; n++, kills++)
    lead_elsewhere(life, stores_random(&seed) % (uint32_t)(whole + 1));
}
