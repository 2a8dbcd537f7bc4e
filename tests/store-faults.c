/* Everything that the store asks of the system fails, one call after the other, once and ever
 * after. SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A short life of a store is led again and again: made, filled, read, cleared, undone, forgotten.
 * In round k the k-th call fails: of the C library where the store calls it by itself (by the
 * linker's --wrap), of SQLite's file system (by a VFS in front of the real one), or of SQLite's
 * allocator. Whatever was acknowledged must be true under the fault and after it: a pin that is
 * there may be "unavailable", and never "not found" or another one. */
#include "config.h"

#include "daemon/contents.h"
#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/schema.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum source { SOURCE_NONE, SOURCE_LIBC, SOURCE_FILES, SOURCE_MEMORY };

/* The fault of this round. */
static struct {
  enum source source;
  long countdown; /* to the failing call */
  bool once;
  long failed; /* calls that failed */
} fault;

static bool fails(enum source source)
{
  if (fault.source != source || fault.countdown > 0) {
    fault.countdown -= fault.source == source;
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
    if (!fails(SOURCE_LIBC))                                                                       \
      return __real_##name arguments;                                                              \
    errno = error;                                                                                 \
    return value;                                                                                  \
  }

WRAP(int, fsync, (int fd), (fd), EIO, -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM, -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), ENOLCK, -1)
WRAP(int, fstat, (int fd, struct stat *status), (fd, status), EIO, -1)
WRAP(int, lstat, (const char *path, struct stat *status), (path, status), EIO, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC, -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), EIO, -1)
WRAP(int, stat, (const char *path, struct stat *status), (path, status), EACCES, -1)
WRAP(char *, realpath, (const char *path, char *out), (path, out), EACCES, NULL)
WRAP(ssize_t, pread, (int fd, void *octets, size_t size, off_t offset), (fd, octets, size, offset),
     EIO, -1)
WRAP(ssize_t, pwrite, (int fd, const void *octets, size_t size, off_t offset),
     (fd, octets, size, offset), ENOSPC, -1)
WRAP(void *, malloc, (size_t size), (size), ENOMEM, NULL)

int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
  if (!fails(SOURCE_LIBC))
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
    return fails(SOURCE_FILES) ? error : real_of(f)->pMethods->x##name arguments;                  \
  }

METHOD(Read, (sqlite3_file * f, void *to, int size, sqlite3_int64 offset),
       (real_of(f), to, size, offset), SQLITE_IOERR_READ)
METHOD(Write, (sqlite3_file * f, const void *from, int size, sqlite3_int64 offset),
       (real_of(f), from, size, offset), SQLITE_FULL)
METHOD(Truncate, (sqlite3_file * f, sqlite3_int64 size), (real_of(f), size), SQLITE_IOERR_TRUNCATE)
METHOD(Sync, (sqlite3_file * f, int flags), (real_of(f), flags), SQLITE_IOERR_FSYNC)
METHOD(FileSize, (sqlite3_file * f, sqlite3_int64 *size), (real_of(f), size), SQLITE_IOERR_FSTAT)
METHOD(Lock, (sqlite3_file * f, int level), (real_of(f), level), SQLITE_IOERR_LOCK)
METHOD(CheckReservedLock, (sqlite3_file * f, int *reserved), (real_of(f), reserved),
       SQLITE_IOERR_CHECKRESERVEDLOCK)

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
  if (fails(SOURCE_FILES))
    return SQLITE_CANTOPEN;
  rc = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
  if (rc == SQLITE_OK)
    file->base.pMethods = &methods;
  return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
  (void)vfs;
  return fails(SOURCE_FILES) ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
  (void)vfs;
  return fails(SOURCE_FILES) ? SQLITE_IOERR_ACCESS
                             : real_vfs->xAccess(real_vfs, name, flags, result);
}

static sqlite3_mem_methods real_memory;

static void *memory_malloc(int size)
{
  return fails(SOURCE_MEMORY) ? NULL : real_memory.xMalloc(size);
}

static void *memory_realloc(void *memory, int size)
{
  return fails(SOURCE_MEMORY) ? NULL : real_memory.xRealloc(memory, size);
}

static int setup_sqlite(void **state)
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
  real_vfs = sqlite3_vfs_find(NULL);
  vfs = *real_vfs;
  vfs.zName = "faults";
  vfs.szOsFile += (int)sizeof(struct file);
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  vfs.xAccess = vfs_access;
  return sqlite3_vfs_register(&vfs, 1);
}

/* What is known of each row. */
enum { ROWS = 5, PINS = 3 };

enum known {
  KNOWN_ABSENT,
  KNOWN_PRESENT,
  KNOWN_NOTHING /* a write of it failed: it may be there or not */
};

static struct ticket_row rows[ROWS];
static enum known known[ROWS];
static struct keypin pins[PINS]; /* of the first rows' peers */
static enum known pins_known;    /* they are changed together */

static bool find_pin(const struct keypin *pin, void *data)
{
  bool *found = data;

  for (int i = 0; i < PINS; i++)
    if (keypin_compare_key(pin, &pins[i]) == 0) {
      assert_true(pin_equal(pin, &pins[i]));
      *found = true;
    }
  return true;
}

static void check_pins(struct store *store, bool strict)
{
  for (int i = 0; i < PINS; i++) {
    bool found = false;
    enum tlspin_code code = store_read_begin(store);

    if (code == TLSPIN_OK) {
      code = store_pins(store, &rows[i].peer, find_pin, &found);
      store_read_end(store);
    }
    if (code == TLSPIN_OK && found)
      assert_int_not_equal(pins_known, KNOWN_ABSENT);
    else if (code == TLSPIN_OK)
      assert_int_not_equal(pins_known, KNOWN_PRESENT);
    else
      assert_true(code == TLSPIN_UNAVAILABLE && !strict);
  }
}

/* strict: no fault is there any more, so that what is known must come. */
static void check(struct store *store, bool strict)
{
  for (int i = 0; i < ROWS; i++) {
    struct ticket_row got;
    enum tlspin_code code = store_get(store, &rows[i].peer, &got);

    if (code == TLSPIN_OK) {
      assert_true(ticket_row_equal(&got, &rows[i]));
      assert_int_not_equal(known[i], KNOWN_ABSENT);
    } else if (code == TLSPIN_E_NOT_FOUND) {
      assert_int_not_equal(known[i], KNOWN_PRESENT);
    } else {
      assert_true(code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY);
      assert_false(strict);
    }
    ticket_row_clear(&got);
  }
  check_pins(store, strict);
}

/* Whatever fails in the middle, the edit is there as a whole or not at all. */
static void edit_all(struct store *store)
{
  struct store_edit *edit = NULL;
  struct store_change change;
  enum tlspin_code code = store_edit_begin(store, STORE_UNDOABLE, 0, STORES_NOW, &edit);

  if (code == TLSPIN_OK) {
    for (int i = 0; i < PINS; i++)
      store_edit_put(edit, &pins[i]);
    code = store_edit_end(edit, TLSPIN_OK, &change);
  }
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY);
  pins_known = code == TLSPIN_OK ? KNOWN_PRESENT : KNOWN_NOTHING;
}

/* What is noted beside them takes nothing away. */
static void note_beside(struct store *store)
{
  static const struct setting_row locked = {"learn", "50.db/no", false};
  struct store_met met = {pins[0], STORES_NOW + 9, 1};
  struct event_row event = {.kind = "change",
                            .peer = rows[0].peer,
                            .reason = "changed",
                            .layer = "user",
                            .key = "",
                            .report = "",
                            .program = ""};
  enum tlspin_code code;
  uint64_t id;

  code = store_meet(store, &met, 1);
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY);
  code = store_log(store, &event, STORES_NOW, &id);
  assert_true(code == TLSPIN_OK ? id > 0 : code == TLSPIN_UNAVAILABLE && id == 0);
  code = store_trim_history(store, 0, 0);
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
  code = store_put_settings(store, &locked, 1);
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
}

static void put_all(struct store *store)
{
  for (int i = 0; i < ROWS; i++) {
    enum tlspin_code code = store_put(store, &rows[i], 0, STORES_NOW);

    assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE);
    known[i] = code == TLSPIN_OK ? KNOWN_PRESENT : KNOWN_NOTHING;
  }
}

/* to: what the rows are after a change of all of them that worked. */
static void note_change(enum tlspin_code code, enum known to)
{
  assert_true(code == TLSPIN_OK || code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY ||
              code == TLSPIN_E_NOT_FOUND || code == TLSPIN_E_NOTHING_TO_UNDO);
  for (int i = 0; i < ROWS; i++) {
    if (code == TLSPIN_E_NOT_FOUND)
      assert_int_not_equal(known[i], KNOWN_PRESENT);
    if (code == TLSPIN_OK && known[i] != KNOWN_NOTHING)
      known[i] = to;
    else if (code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY)
      known[i] = KNOWN_NOTHING;
  }
  if (code == TLSPIN_E_NOT_FOUND)
    assert_int_not_equal(pins_known, KNOWN_PRESENT);
  if (code == TLSPIN_OK && pins_known != KNOWN_NOTHING)
    pins_known = to;
  else if (code == TLSPIN_UNAVAILABLE || code == TLSPIN_E_MEMORY)
    pins_known = KNOWN_NOTHING;
}

static bool count_row(const struct ticket_row *row, void *data)
{
  (void)row;
  ++*(int *)data;
  return true;
}

/* A list that says it was whole has all that is known to be there. */
static void list_all(struct store *store)
{
  struct store_filter all = STORE_FILTER_ANY;
  int listed = 0, at_least = 0;
  uint64_t count = 0;

  for (int i = 0; i < ROWS; i++)
    at_least += known[i] == KNOWN_PRESENT;
  if (store_list(store, &all, NULL, 99, count_row, &listed) == TLSPIN_OK)
    assert_true(listed >= at_least);
  if (store_count(store, &count) == TLSPIN_OK)
    assert_true(count >= (uint64_t)at_least);
}

static void live(struct store *store)
{
  struct store_filter all = STORE_FILTER_ANY;
  struct store_change change;

  put_all(store);
  edit_all(store);
  check(store, false);
  note_beside(store);
  check(store, false);
  list_all(store);
  store_put_failure(store, &rows[0].peer, "no-proof", STORES_NOW);
  note_change(store_clear(store, &all, STORES_NOW, &change), KNOWN_ABSENT);
  check(store, false);
  note_change(store_undo(store, 0, STORES_NOW, &change), KNOWN_PRESENT);
  check(store, false);
  if (stores_forget(store, STORES_NOW + 1) == TLSPIN_OK)
    assert_int_not_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_OK);
  check(store, false);
}

static void expect_refusal(enum tlspin_code code, char *problem)
{
  assert_int_equal(code, TLSPIN_UNAVAILABLE);
  assert_non_null(problem);
  g_free(problem);
}

/* One life with the fault, another without it. */
static void lead_life(struct stores *stores)
{
  struct ticket_row later = stores_row(20);
  struct store *store = NULL;
  char *problem = NULL;
  enum tlspin_code code;

  for (int i = 0; i < ROWS; i++) {
    rows[i] = stores_row(i);
    known[i] = KNOWN_ABSENT;
  }
  for (int i = 0; i < PINS; i++)
    pins[i] = stores_pin(i);
  pins[0].place.scope = SCOPE_SUBTREE;
  pins_known = KNOWN_ABSENT;
  code = store_open(stores->path, STORE_USER, geteuid(), &store, &problem);
  if (code == TLSPIN_OK)
    live(store);
  else
    expect_refusal(code, problem);
  store_close(store);
  fault.source = SOURCE_NONE;
  store = stores_open(stores->path);
  check(store, true);
  assert_int_equal(store_put(store, &later, 0, STORES_NOW), TLSPIN_OK);
  store_close(store);
}

/* The same for a layer: the old file stays, or the new one is there. */
static void lead_life_of_layer(struct stores *stores)
{
  enum source source = fault.source;
  struct ticket_row old = stores_row(10), new = stores_row(11), got;
  struct keypin pin = stores_pin(12);
  struct layer_contents before = {.ticket_count = 1, .tickets = &old};
  struct layer_contents after = {.ticket_count = 1, .tickets = &new, .pin_count = 1, .pins = &pin};
  enum tlspin_code written, code;
  struct store *store = NULL;
  char *problem = NULL;

  fault.source = SOURCE_NONE;
  assert_int_equal(store_write_layer(stores->layer, &before, &problem), TLSPIN_OK);
  fault.source = source;
  written = store_write_layer(stores->layer, &after, &problem);
  if (written != TLSPIN_OK)
    expect_refusal(written, problem);
  code = store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem);
  if (code == TLSPIN_OK) {
    code = store_get(store, &new.peer, &got);
    assert_true(code != TLSPIN_E_NOT_FOUND || written != TLSPIN_OK);
    ticket_row_clear(&got);
  } else {
    expect_refusal(code, problem);
  }
  store_close(store);
  fault.source = SOURCE_NONE;
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  code = store_get(store, &new.peer, &got);
  assert_int_equal(code == TLSPIN_OK || written != TLSPIN_OK, true);
  ticket_row_clear(&got);
  assert_int_equal(store_get(store, &old.peer, &got) == TLSPIN_OK, code == TLSPIN_E_NOT_FOUND);
  ticket_row_clear(&got);
  store_close(store);
}

/* And for a store of the old form: it is of the one form or the other, and whole. */
static void lead_life_of_older(struct stores *stores)
{
  enum source source = fault.source;
  const struct schema first = {schema_current.migrations, 1};
  struct store *store = NULL;
  char *problem = NULL;
  struct database db;
  enum tlspin_code code;

  fault.source = SOURCE_NONE;
  assert_int_equal(mkdir(stores->home, 0700), 0);
  stores_write(stores->path, 0, "", 0);
  stores_write(stores->lock, 0, "1\n", 2);
  assert_true(database_open(&db, stores->path, STORE_USER) && schema_migrate(db.handle, &first) &&
              database_prepare(&db));
  for (int i = 0; i < ROWS; i++) {
    struct cell cells[TABLE_COLUMNS];
    struct transaction change;

    rows[i] = stores_row(i);
    ticket_row_to_cells(&rows[i], cells);
    assert_int_equal(transaction_begin(&change, &db), TLSPIN_OK);
    assert_int_equal(transaction_put(&change, TABLE_TICKET, cells), TLSPIN_OK);
    assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
    known[i] = KNOWN_PRESENT;
  }
  database_close(&db);
  for (int i = 0; i < PINS; i++)
    pins[i] = stores_pin(i);
  pins_known = KNOWN_ABSENT;
  fault.source = source;
  code = store_open(stores->path, STORE_USER, geteuid(), &store, &problem);
  if (code == TLSPIN_OK)
    check(store, false);
  else
    expect_refusal(code, problem);
  store_close(store);
  fault.source = SOURCE_NONE;
  store = stores_open(stores->path);
  check(store, true);
  store_close(store);
}

/* Rounds with a later and later fault, until none comes in the whole life. Of the many allocations
 * only some fail, so that the test ends; with STORE_FAULTS=all in the environment each does. */
static void run(enum source source, bool once, long step, void (*life)(struct stores *stores))
{
  long round = 0, failed;

  if (g_strcmp0(g_getenv("STORE_FAULTS"), "all") == 0)
    step = 1;
  do {
    void *stores;

    stores_setup(&stores);
    fault.source = source;
    fault.countdown = step * round++;
    fault.once = once;
    fault.failed = 0;
    life(stores);
    failed = fault.failed;
    fault.source = SOURCE_NONE;
    stores_teardown(&stores);
  } while (failed > 0);
  assert_true(round > 10);
}

static void test_libc(void **state)
{
  (void)state;
  run(SOURCE_LIBC, true, 1, lead_life);
  run(SOURCE_LIBC, false, 1, lead_life);
}

static void test_files(void **state)
{
  (void)state;
  run(SOURCE_FILES, true, 11, lead_life);
  run(SOURCE_FILES, false, 17, lead_life);
}

static void test_memory(void **state)
{
  (void)state;
  run(SOURCE_MEMORY, true, 401, lead_life);
  run(SOURCE_MEMORY, false, 409, lead_life);
}

static void test_layer(void **state)
{
  (void)state;
  run(SOURCE_LIBC, true, 1, lead_life_of_layer);
  run(SOURCE_LIBC, false, 1, lead_life_of_layer);
  run(SOURCE_FILES, true, 1, lead_life_of_layer);
  run(SOURCE_FILES, false, 3, lead_life_of_layer);
  run(SOURCE_MEMORY, true, 307, lead_life_of_layer);
  run(SOURCE_MEMORY, false, 311, lead_life_of_layer);
}

static void test_older(void **state)
{
  (void)state;
  run(SOURCE_LIBC, true, 1, lead_life_of_older);
  run(SOURCE_LIBC, false, 1, lead_life_of_older);
  run(SOURCE_FILES, true, 3, lead_life_of_older);
  run(SOURCE_FILES, false, 5, lead_life_of_older);
  run(SOURCE_MEMORY, true, 307, lead_life_of_older);
  run(SOURCE_MEMORY, false, 311, lead_life_of_older);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_libc),  cmocka_unit_test(test_files), cmocka_unit_test(test_memory),
      cmocka_unit_test(test_layer), cmocka_unit_test(test_older),
  };

  return cmocka_run_group_tests(tests, setup_sqlite, NULL);
}
