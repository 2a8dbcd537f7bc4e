/* Folders, rows and files for the tests of the store: see stores.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/folder.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
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

int stores_teardown(void **state)
{
  struct stores *stores = *state;

  folder_remove(stores->folder);
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

struct keypin stores_pin(int n)
{
  static struct {
    char note[32];
    uint8_t seen[512];
  } texts[STORES_ROWS];
  struct peer peer = stores_row(n).peer;
  struct place place = place_of_peer(&peer);
  struct keypin pin = keypin_new(&place, KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_TOFU);
  struct chain_seen seen = {.count = (size_t)(n % 3)};
  struct writer w = writer_of(texts[n].seen, sizeof texts[n].seen);

  for (size_t i = 0; i < 32; i++)
    pin.digest[i] = (uint8_t)((size_t)n * 7 + i);
  for (size_t i = 0; i < seen.count; i++) {
    snprintf(seen.at[i].subject, sizeof seen.at[i].subject, "subject %d", n);
    seen.at[i].not_after = STORES_NOW + n;
  }
  assert_true(chain_seen_encode(&seen, &w));
  pin.seen = writer_span(&w);
  if (n % 2 == 1)
    snprintf(texts[n].note, sizeof texts[n].note, "note %d", n);
  pin.note = texts[n].note;
  pin.first_seen = STORES_NOW - n;
  pin.last_seen = STORES_NOW + n;
  pin.count_seen = (uint64_t)n + 1;
  return pin;
}

struct keypin stores_pin_at(int n, const char *place)
{
  struct keypin pin = stores_pin(n);

  assert_int_equal(place_read(place, &pin.place), HOST_FINE);
  return pin;
}

static uint64_t edit(struct store *store, enum store_journal journal, const struct keypin *pin,
                     enum tlspin_code (*apply)(struct store_edit *, const struct keypin *))
{
  struct store_change change;
  struct store_edit *edit = NULL;

  assert_int_equal(store_edit_begin(store, journal, 0, STORES_NOW, &edit), TLSPIN_OK);
  assert_int_equal(apply(edit, pin), TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  return change.operation;
}

uint64_t stores_edit(struct store *store, const struct keypin *pin)
{
  return edit(store, STORE_UNDOABLE, pin, store_edit_put);
}

uint64_t stores_drop(struct store *store, const struct keypin *pin)
{
  return edit(store, STORE_UNDOABLE, pin, store_edit_drop);
}

void stores_learn(struct store *store, const struct keypin *pin)
{
  assert_true(edit(store, STORE_LEARNED, pin, store_edit_put) == 0);
}

bool stores_same_pin(const struct keypin *a, const struct keypin *b)
{
  return keypin_compare_key(a, b) == 0 && a->status == b->status && a->locked == b->locked &&
         a->always == b->always && a->enforce_until == b->enforce_until &&
         a->report_until == b->report_until && a->errors == b->errors &&
         a->first_seen == b->first_seen && a->last_seen == b->last_seen &&
         a->count_seen == b->count_seen && strcmp(a->note, b->note) == 0 &&
         span_equal(a->seen, b->seen);
}

struct search {
  const struct keypin *pin;
  bool found, same;
};

static bool visit_pin(const struct keypin *pin, void *data)
{
  struct search *search = data;

  search->found = keypin_compare_key(pin, search->pin) == 0;
  search->same = search->found && stores_same_pin(pin, search->pin);
  return !search->found;
}

static struct search search_pin(struct store *store, const struct keypin *pin)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct search search = {.pin = pin};

  filter.host = pin->place.host;
  assert_int_equal(store_list_pins(store, &filter, NULL, UINT32_MAX, visit_pin, &search),
                   TLSPIN_OK);
  return search;
}

void stores_expect_pin(struct store *store, const struct keypin *pin)
{
  struct search search = search_pin(store, pin);

  assert_true(search.found);
  assert_true(search.same);
}

void stores_expect_no_pin(struct store *store, const struct keypin *pin)
{
  assert_false(search_pin(store, pin).found);
}

static void refuse(const char *path, enum store_kind kind, enum tlspin_code code, const char *words)
{
  struct store *store = NULL;
  char *problem = NULL;

  assert_int_equal(store_open(path, kind, geteuid(), &store, &problem), code);
  assert_null(store);
  assert_non_null(problem);
  assert_null(strchr(problem, '\n'));
  if (strstr(problem, words) == NULL)
    print_error("'%s' is not in: %s\n", words, problem);
  assert_non_null(strstr(problem, words));
  g_free(problem);
}

void stores_refuse(const char *path, enum store_kind kind, const char *words)
{
  refuse(path, kind, TLSPIN_UNAVAILABLE, words);
}

void stores_damaged(const char *path, const char *words)
{
  refuse(path, STORE_USER, TLSPIN_STORE_DAMAGED, words);
}

void stores_refuse_changed(struct stores *stores, const char *const *changes, size_t count)
{
  g_autofree char *good = g_strconcat(stores->folder, "/good.db", NULL);

  stores_copy(stores->path, good);
  for (size_t i = 0; i < count; i++) {
    stores_copy(good, stores->path);
    stores_sql(stores->path, changes[i]);
    stores_damaged(stores->path, "is damaged");
  }
}

int stores_setup_home(void **state)
{
  stores_setup(state);
  return g_mkdir(((struct stores *)*state)->home, 0700);
}

void stores_new_database(struct stores *stores, struct database *db)
{
  stores_write(stores->layer, 0, "", 0);
  assert_true(database_open(db, stores->layer, STORE_USER));
}

sqlite3_stmt *stores_prepare(struct database *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  assert_int_equal(sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL), SQLITE_OK);
  return statement;
}

void stores_expect_sql(struct database *db, const char *sql, const char *answer)
{
  sqlite3_stmt *statement = stores_prepare(db, sql);

  assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
  assert_string_equal(sqlite3_column_text(statement, 0), answer);
  sqlite3_finalize(statement);
}

bool stores_runs(struct database *db, const char *sql)
{
  return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
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

void stores_open_database(const char *path, struct database *db)
{
  assert_true(database_open(db, path, STORE_USER) && database_prepare(db));
}

void stores_put_row(struct database *db, enum table_id table, const struct cell *cells)
{
  struct transaction change;

  assert_int_equal(transaction_begin(&change, db), TLSPIN_OK);
  assert_int_equal(transaction_put(&change, table, cells), TLSPIN_OK);
  assert_int_equal(transaction_end(&change, TLSPIN_OK), TLSPIN_OK);
}

void stores_expect_fault(struct database *db, enum store_kind kind, const char *fault)
{
  char *found = contents_verify(db, kind);

  assert_non_null(found);
  if (fault != NULL)
    assert_string_equal(found, fault);
  g_free(found);
}

uint64_t stores_apply(struct store *store)
{
  struct store_applied applied;
  enum tlspin_code code;
  uint64_t changed = 0;

  while ((code = store_apply(store, UINT64_MAX, UINT64_MAX, &applied)) == TLSPIN_OK) {
    assert_true(applied.left_out == 0 && applied.dropped == 0);
    changed += applied.changed;
  }
  assert_int_equal(code, TLSPIN_E_NOT_FOUND);
  return changed;
}

enum tlspin_code stores_forget(struct store *store, int64_t before)
{
  enum tlspin_code code = TLSPIN_OK;

  for (bool more = true; more && code == TLSPIN_OK;)
    code = store_forget(store, before, UINT64_MAX, &more);
  return code;
}

void stores_undo(struct store *store, uint64_t target, struct store_change expected)
{
  struct store_change change;

  assert_int_equal(store_undo(store, target, STORES_NOW, &change), TLSPIN_OK);
  assert_true(change.operation == expected.operation);
  assert_true(change.changed == expected.changed);
  assert_true(change.replaced == expected.replaced);
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

char *stores_beside(const struct stores *stores, const char *name)
{
  return g_build_filename(stores->home, name, NULL);
}

void stores_expect_content(const char *path, const char *expected)
{
  g_autofree char *content = NULL;

  assert_true(g_file_get_contents(path, &content, NULL, NULL));
  assert_string_equal(content, expected);
}

bool stores_file_holds(const char *path, const char *text)
{
  return stores_file_holds_octets(path, (struct span){(const uint8_t *)text, strlen(text)});
}

uint32_t stores_random(uint32_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

void stores_flip(char *content, const char *path, uint32_t bit)
{
  content[bit / 8] = (char)(content[bit / 8] ^ (1 << bit % 8));
  stores_write(path, bit / 8, content + bit / 8, 1);
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
