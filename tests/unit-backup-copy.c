/* Copying a store that others write to (daemon/backup-copy.c).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/damage.h"

#include "tests/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/brief.h"

enum { TICKET = 8000, FIRST = 300, BACKUPS = 10, RECORDS = 10000 };

/* Row n of a store that is larger than a slice. */
static struct ticket_row large_row(unsigned n)
{
  static uint8_t octets[TICKET];
  struct ticket_row row = stores_row(0);

  memset(octets, (int)n, sizeof octets);
  row.ticket = (struct span){octets, sizeof octets};
  snprintf(row.peer.host, sizeof row.peer.host, "large-%06u.example", n);
  return row;
}

static void put_large(struct store *store, unsigned n)
{
  struct ticket_row row = large_row(n);

  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
}

static uint64_t fill_large(const char *path, unsigned count)
{
  struct store *store = stores_open(path);
  uint64_t found;

  for (unsigned i = 0; i < count; i++)
    put_large(store, i);
  assert_int_equal(store_count(store, &found), TLSPIN_OK);
  store_close(store);
  return found;
}

static uint64_t count_of(const char *path)
{
  struct store *store = shelf_open(path);
  uint64_t count;

  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  store_close(store);
  return count;
}

/* What one writer puts in, one after the other, has no gap in the backup, and nothing is missing
 * that was there before it was begun. Returns how many there are. */
static uint64_t expect_prefix(const char *path, uint64_t others, uint64_t least, uint64_t most)
{
  uint64_t count = count_of(path) - others;
  struct store *store = shelf_open(path);

  if (count < least || count > most)
    print_error("%lu, and not between %lu and %lu\n", (unsigned long)count, (unsigned long)least,
                (unsigned long)most);
  assert_true(count >= least && count <= most);
  for (unsigned i = 0; i < count; i++) {
    struct ticket_row row = large_row(i);

    stores_expect(store, &row);
  }
  store_close(store);
  return count;
}

/* Writes until it is ended, and says in a file after each what was acknowledged. */
static void write_on(const char *path, int said)
{
  struct store *store = stores_open(path);

  for (unsigned n = FIRST; n < 1000000; n++) {
    put_large(store, n);
    assert_int_equal(pwrite(said, &n, sizeof n, 0), sizeof n);
  }
  _exit(3);
}

static unsigned read_said(int said)
{
  unsigned n = 0;

  assert_true(pread(said, &n, sizeof n, 0) >= 0);
  return n;
}

static void test_another_process(void **state)
{
  struct stores *stores = *state;
  g_autofree char *name = g_strconcat(stores->folder, "/said", NULL);
  int said = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  uint64_t others = fill_large(stores->path, FIRST) - FIRST, most = 0;
  unsigned backups = brief_number(BACKUPS, "backups");
  pid_t child = stores_fork();

  if (child == 0)
    write_on(stores->path, said);
  while (read_said(said) == 0)
    g_usleep(1000);
  for (unsigned i = 0; i < backups; i++) {
    unsigned before = read_said(said);
    g_autofree char *path = shelf_make(stores, STORES_NOW + i);
    uint64_t count = expect_prefix(path, others, before + 1, read_said(said) + 2);

    assert_true(count >= most);
    most = count;
  }
  stores_kill(child);
  assert_true(most > FIRST);
  close(said);
}

struct maker {
  struct stores *stores;
  unsigned backups;
  gint done;
};

static gpointer make_all(gpointer data)
{
  struct maker *maker = data;

  for (unsigned i = 0; i < maker->backups; i++)
    g_free(shelf_make(maker->stores, STORES_NOW + i));
  g_atomic_int_set(&maker->done, 1);
  return NULL;
}

/* As in the daemon: the store is open and written to in one thread, and copied in another. */
static void test_another_thread(void **state)
{
  struct stores *stores = *state;
  struct maker maker = {stores, brief_number(BACKUPS, "backups"), 0};
  uint64_t others = fill_large(stores->path, FIRST) - FIRST;
  struct store *store = stores_open(stores->path);
  unsigned n = FIRST;
  gint64 longest = 0;
  GThread *thread = g_thread_new("maker", make_all, &maker);
  g_autofree char *last = NULL;

  do {
    struct ticket_row row;
    gint64 start = g_get_monotonic_time();

    put_large(store, n++);
    row = large_row(n / 2);
    stores_expect(store, &row);
    longest = MAX(longest, g_get_monotonic_time() - start);
  } while (g_atomic_int_get(&maker.done) == 0);
  g_thread_join(thread);
  print_message("           %u writes meanwhile, the longest in %ld us\n", n - FIRST,
                (long)longest);
  assert_true(n > FIRST);
  last = shelf_make(stores, STORES_NOW + BACKUPS);
  expect_prefix(last, others, n, n);
  assert_int_equal(shelf_count(stores), maker.backups + 1);
  store_close(store);
}

static bool can_be_alone(int lock)
{
  return flock(lock, LOCK_EX | LOCK_NB) == 0 && flock(lock, LOCK_UN) == 0;
}

/* While it is copied, nobody puts another in its place: the journals of both would have one name.
 */
static void test_kept_in_place(void **state)
{
  struct stores *stores = *state;
  struct maker maker = {stores, brief_number(BACKUPS, "backups"), 0};
  unsigned locked = 0, looks = 0;
  GThread *thread;
  int lock;

  fill_large(stores->path, FIRST);
  lock = open(stores->lock, O_RDWR | O_CLOEXEC);
  thread = g_thread_new("maker", make_all, &maker);
  for (; g_atomic_int_get(&maker.done) == 0; looks++)
    locked += !can_be_alone(lock);
  g_thread_join(thread);
  print_message("           locked %u times of %u\n", locked, looks);
  assert_true(locked > 0);
  assert_true(can_be_alone(lock));
  close(lock);
}

static void test_import_under_way(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autofree char *path = NULL;

  shelf_begin_import(store, 10);
  shelf_refuse(stores, TLSPIN_E_BUSY, "import");
  assert_int_equal(shelf_count(stores), 0);
  assert_true(stores_apply(store) == 10);
  path = shelf_make(stores, STORES_NOW);
  store_close(store);
}

/* The records of a draft are in force nowhere, and gone when the backup is opened as a store. */
static void test_draft(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path), *backup;
  struct keypin pin = stores_pin(0);
  struct store_edit *edit;
  struct store_change change;
  g_autofree char *path = NULL;

  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  path = shelf_make(stores, STORES_NOW);
  backup = shelf_open(path);
  stores_expect_no_pin(backup, &pin);
  store_close(backup);
  store_close(store);
}

/* What is left after pins were lost doesn't take the place of what was whole. */
static void test_lost(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct damage damage = {.cause = DAMAGE_CONTENT, .found = STORES_NOW, .missing = DAMAGE_UNKNOWN};
  struct backup_terms terms = {.asked = true};
  struct backup *made;
  char *problem;

  assert_int_equal(damage_put(store, &damage), TLSPIN_OK);
  shelf_refuse(stores, TLSPIN_UNAVAILABLE, "tlspin doctor");
  assert_int_equal(shelf_count(stores), 0);
  assert_int_equal(backups_make(stores->path, geteuid(), STORES_NOW, &terms, &made, &problem),
                   TLSPIN_OK);
  backup_free(made);
  assert_int_equal(damage_acknowledge(store), TLSPIN_OK);
  g_free(shelf_make(stores, STORES_NOW + 1));
  store_close(store);
}

static void test_damaged_store(void **state)
{
  struct stores *stores = *state;
  static const struct {
    off_t size; /* what is left of the file, or 0: all */
    const char *words;
  } damages[] = {{0, "is not what it was made of"}, {4096, "can't be"}, {100, "can't be read"}};
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);

  stores_copy(stores->path, good);
  for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
    stores_copy(good, stores->path);
    if (damages[i].size > 0)
      assert_int_equal(truncate(stores->path, damages[i].size), 0);
    else
      shelf_damage(stores->path);
    shelf_refuse(stores, TLSPIN_UNAVAILABLE, "tlspin doctor");
    assert_int_equal(shelf_count(stores), 0);
  }
  assert_int_equal(truncate(stores->path, 0), 0);
  shelf_refuse(stores, TLSPIN_UNAVAILABLE, "tlspin doctor");
  assert_int_equal(unlink(stores->path), 0);
  shelf_refuse(stores, TLSPIN_UNAVAILABLE, "can't be read");
  assert_int_equal(access(stores->path, F_OK), -1);
}

/* In every place where the disk may be full. */
static void test_full_disk(void **state)
{
  struct stores *stores = *state;
  struct rlimit before, less;
  struct stat status;
  g_autofree char *path = NULL;

  signal(SIGXFSZ, SIG_IGN);
  fill_large(stores->path, 40);
  assert_int_equal(stat(stores->path, &status), 0);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  g_free(shelf_make(stores, STORES_NOW));
  for (rlim_t size = 0; size < (rlim_t)status.st_size; size += 4096 * 5 + 1000) {
    less = (struct rlimit){size, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    shelf_refuse(stores, TLSPIN_UNAVAILABLE, "Make room");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(shelf_count(stores), 1);
    assert_int_equal(shelf_others(stores), 1);
  }
  path = shelf_make(stores, STORES_NOW);
  assert_int_equal(shelf_count(stores), 2);
}

/* Records as an import makes them. */
static void fill_records(const char *path, unsigned count)
{
  struct store *store = stores_open(path);
  struct keypin pin = stores_pin(0);
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, STORE_LEARNED, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (unsigned i = 0; i < count; i++) {
    snprintf(pin.place.host, sizeof pin.place.host, "record-%07u.example", i);
    assert_int_equal(store_edit_put(edit, &pin), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  store_close(store);
}

static void test_time(void **state)
{
  struct stores *stores = *state;
  gint64 start, took;

  fill_records(stores->path, brief_number(RECORDS, "records"));
  start = g_get_monotonic_time();
  g_free(shelf_make(stores, STORES_NOW));
  took = g_get_monotonic_time() - start;
  print_message("           made in %ld ms\n", (long)took / 1000);
  assert_true(took < 20 * G_USEC_PER_SEC);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, shelf_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH_STORE(test_another_process),
      WITH_STORE(test_another_thread),
      WITH_STORE(test_kept_in_place),
      WITH_STORE(test_import_under_way),
      WITH_STORE(test_draft),
      WITH_STORE(test_lost),
      WITH_STORE(test_damaged_store),
      WITH_STORE(test_full_disk),
      WITH_STORE(test_time),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
