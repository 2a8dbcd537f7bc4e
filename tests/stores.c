/* Folders, rows and files for the tests of the store: see stores.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICKET_ROOM = 700, NOBODY = 65534 };

int stores_setup(void **state)
{
  struct stores *stores = g_new0(struct stores, 1);

  stores->folder = g_dir_make_tmp("tlspin-XXXXXX", NULL);
  assert_non_null(stores->folder);
  stores->home = g_build_filename(stores->folder, "home", NULL);
  stores->path = g_build_filename(stores->home, "pins.db", NULL);
  stores->lock = g_build_filename(stores->home, "pins.lock", NULL);
  stores->journal = g_build_filename(stores->home, "pins.db-journal", NULL);
  stores->layer = g_build_filename(stores->folder, "layer.db", NULL);
  *state = stores;
  return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
  (void)status;
  (void)type;
  (void)ftw;
  return remove(path);
}

int stores_teardown(void **state)
{
  struct stores *stores = *state;

  nftw(stores->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
  g_free(stores->folder);
  g_free(stores->home);
  g_free(stores->path);
  g_free(stores->lock);
  g_free(stores->journal);
  g_free(stores->layer);
  g_free(stores);
  return 0;
}

struct ticket_row stores_row(int n)
{
  static uint8_t octets[STORES_ROWS][TICKET_ROOM + TICKET_SECRET_MAX];
  struct ticket_row row = {
      .peer = {.protocol = PROTOCOL_TLS, .port = 443},
      .ticket = {octets[n], (size_t)(1 + n * 37 % TICKET_ROOM)},
      .hash = n % 3 == 0 ? TICKET_SHA384 : TICKET_SHA256,
      .series = (uint64_t)n + 1,
      .first_seen = STORES_NOW - n,
      .issued = STORES_NOW + n,
      .expires = STORES_NOW + n + STORES_LIFETIME,
  };
  uint32_t random = (uint32_t)n;

  for (int i = 0; i < TICKET_ROOM + TICKET_SECRET_MAX; i++) {
    random = random * 1664525 + 1013904223;
    octets[n][i] = (uint8_t)(random >> 24);
  }
  row.secret = (struct span){octets[n] + TICKET_ROOM, ticket_hash_size(row.hash)};
  snprintf(row.peer.host, sizeof row.peer.host, "host-%04d.example", n);
  return row;
}

struct store *stores_open(const char *path)
{
  struct store *store = NULL;
  char *problem = NULL;
  enum tlspin_code code = store_open(path, STORE_USER, geteuid(), &store, &problem);

  if (code != TLSPIN_OK)
    print_error("%s\n", problem);
  assert_int_equal(code, TLSPIN_OK);
  assert_null(problem);
  assert_non_null(store);
  return store;
}

void stores_fill(struct store *store, int count)
{
  for (int i = 0; i < count; i++) {
    struct ticket_row row = stores_row(i);

    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  }
}

void stores_make(const char *path, int count)
{
  struct store *store = stores_open(path);

  stores_fill(store, count);
  store_close(store);
}

void stores_expect(struct store *store, const struct ticket_row *row)
{
  struct ticket_row got;

  assert_int_equal(store_get(store, &row->peer, &got), TLSPIN_OK);
  assert_string_equal(got.peer.host, row->peer.host);
  assert_int_equal(got.peer.protocol, row->peer.protocol);
  assert_int_equal(got.peer.port, row->peer.port);
  assert_true(span_equal(got.ticket, row->ticket));
  assert_true(span_equal(got.secret, row->secret));
  assert_int_equal(got.hash, row->hash);
  assert_true(got.series == row->series);
  assert_true(got.first_seen == row->first_seen && got.issued == row->issued);
  assert_true(got.expires == row->expires);
  assert_int_equal(got.lock, row->lock);
  ticket_row_clear(&got);
}

void stores_expect_none(struct store *store, const struct peer *peer)
{
  struct ticket_row got;

  assert_int_equal(store_get(store, peer, &got), TLSPIN_E_NOT_FOUND);
  assert_null(got.owned);
}

void stores_refuse(const char *path, enum store_kind kind, const char *words)
{
  struct store *store = NULL;
  char *problem = NULL;

  assert_int_equal(store_open(path, kind, geteuid(), &store, &problem), TLSPIN_UNAVAILABLE);
  assert_null(store);
  assert_non_null(problem);
  assert_null(strchr(problem, '\n'));
  if (strstr(problem, words) == NULL)
    print_error("'%s' is not in: %s\n", words, problem);
  assert_non_null(strstr(problem, words));
  g_free(problem);
}

sqlite3 *stores_raw(const char *path)
{
  sqlite3 *handle = NULL;

  assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
                   SQLITE_OK);
  return handle;
}

void stores_sql(const char *path, const char *sql)
{
  sqlite3 *handle = stores_raw(path);
  char *message = NULL;

  if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
    fail_msg("%s: %s", sql, message);
  assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

int64_t stores_number(const char *path, const char *sql)
{
  sqlite3 *handle = stores_raw(path);
  sqlite3_stmt *statement = NULL;
  int64_t number;

  assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return number;
}

void stores_write(const char *path, size_t offset, const void *octets, size_t size)
{
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, octets, size, (off_t)offset), size);
  close(fd);
}

void stores_copy(const char *from, const char *to)
{
  char *content = NULL;
  gsize size = 0;

  assert_true(g_file_get_contents(from, &content, &size, NULL));
  assert_true(
      g_file_set_contents_full(to, content, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  assert_int_equal(chmod(to, 0600), 0);
  g_free(content);
}

bool stores_file_holds_octets(const char *path, struct span octets)
{
  char *content = NULL;
  gsize size = 0;
  bool holds;

  assert_true(g_file_get_contents(path, &content, &size, NULL));
  holds = size > 0 && memmem(content, size, octets.data, octets.size) != NULL;
  g_free(content);
  return holds;
}

bool stores_file_holds(const char *path, const char *text)
{
  return stores_file_holds_octets(path, (struct span){(const uint8_t *)text, strlen(text)});
}

static void give(struct stores *stores, uid_t owner)
{
  assert_int_equal(chown(stores->folder, owner, (gid_t)-1), 0);
  if (g_file_test(stores->home, G_FILE_TEST_EXISTS))
    assert_int_equal(chown(stores->home, owner, (gid_t)-1), 0);
}

/* A failed assertion in a child must not go on with the parent's tests there. */
pid_t stores_fork(void)
{
  pid_t child = fork();

  assert_true(child >= 0);
  if (child == 0)
    setenv("CMOCKA_TEST_ABORT", "1", 1);
  return child;
}

void stores_join(pid_t child)
{
  int status;

  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

void stores_kill(pid_t child)
{
  assert_true(child > 0); /* -1 would mean everybody */
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
}

void stores_as_user(struct stores *stores, void (*check)(struct stores *stores))
{
  bool root = geteuid() == 0;
  pid_t child;

  if (root)
    give(stores, NOBODY);
  child = stores_fork();
  if (child == 0) {
    if (root && setresuid(NOBODY, NOBODY, NOBODY) != 0)
      _exit(2);
    check(stores);
    _exit(0);
  }
  stores_join(child);
  if (root)
    give(stores, 0);
}
