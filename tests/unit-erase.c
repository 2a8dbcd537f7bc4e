/* Erasing in a store (daemon/erase.c): what goes, what stays, and that no octet is left of it in
 * the file. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/erasure.h"

#include "daemon/journal.h"
#include "daemon/owed.h"
#include "tests/vestiges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/brief.h"

enum { ROWS = 40, MEANT = 7, OTHER = 8, KILLS = 40 };

static const char *host_of(int n)
{
  return n == MEANT ? "host-0007.example" : "host-0008.example";
}

static struct store_filter filter_of(int n)
{
  struct store_filter filter = STORE_FILTER_ANY;

  filter.host = host_of(n);
  return filter;
}

static uint64_t clear(struct store *store, const struct store_filter *filter, int64_t now)
{
  struct store_change change;

  assert_int_equal(store_clear(store, filter, now, &change), TLSPIN_OK);
  return change.operation;
}

static struct store *make(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  stores_fill(store, ROWS);
  vestiges_live(store, MEANT);
  vestiges_live(store, OTHER);
  return store;
}

static struct erased erase_by(struct store *store, const struct store_filter *filter)
{
  struct erasure *erasure = erasure_new(filter);
  struct erased erased;

  assert_non_null(erasure);
  assert_int_equal(store_erase(store, erasure, &erased), TLSPIN_OK);
  erasure_free(erasure);
  return erased;
}

static int64_t count(struct stores *stores, const char *sql)
{
  return stores_number(stores->path, sql);
}

static void expect_others(struct stores *stores)
{
  struct store *store = stores_open(stores->path);

  for (int i = 0; i < ROWS; i++) {
    struct ticket_row row = stores_row(i);

    if (i != MEANT)
      stores_expect(store, &row);
  }
  store_close(store);
  assert_int_equal(count(stores, "SELECT count(*) FROM event"), 1);
  assert_int_equal(count(stores, "SELECT count(*) FROM failure"), 1);
  assert_int_equal(count(stores, "SELECT count(*) FROM pin"), 2);
  assert_int_equal(count(stores, "SELECT count(*) FROM operation"), 4);
  assert_int_equal(count(stores, "SELECT count(*) FROM state"), 0);
}

static void test_everything(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = filter_of(MEANT);
  struct store_change change;
  struct erased erased;

  assert_true(vestiges_in(stores->path, MEANT));
  erased = erase_by(store, &filter);
  assert_int_equal(erased.entries, 3);
  assert_true(erased.others > 6);
  assert_false(vestiges_in(stores->path, MEANT));
  assert_true(vestiges_in(stores->path, OTHER));
  assert_int_equal(store_undo(store, 3, STORES_NOW, &change), TLSPIN_E_NOTHING_TO_UNDO);
  store_close(store);
  expect_others(stores);
}

/* The file is written anew also where nothing is found: what was deleted may stand in it yet. */
static void test_nothing(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = filter_of(MEANT);
  struct erased erased;

  erase_by(store, &filter);
  erased = erase_by(store, &filter);
  assert_int_equal(erased.entries + erased.others, 0);
  store_close(store);
  expect_others(stores);
}

static void test_cleared_before(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = filter_of(MEANT);
  struct erased erased;

  clear(store, &filter, STORES_NOW + 3);
  assert_true(vestiges_in(stores->path, MEANT));
  erased = erase_by(store, &filter);
  assert_int_equal(erased.entries, 0);
  assert_true(erased.others > 0);
  assert_false(vestiges_in(stores->path, MEANT));
  store_close(store);
  expect_others(stores);
}

/* An operation that touched others, too, can be undone for them. */
static void test_shared_operation(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter all = STORE_FILTER_ANY, filter = filter_of(MEANT);
  struct ticket_row other = stores_row(OTHER), meant = stores_row(MEANT);
  uint64_t operation = clear(store, &all, STORES_NOW + 3);

  erase_by(store, &filter);
  assert_false(vestiges_in(stores->path, MEANT));
  stores_expect_none(store, &other.peer);
  stores_undo(store, operation, (struct store_change){operation + 1, ROWS - 1 + 2, 0});
  stores_expect(store, &other);
  stores_expect_none(store, &meant.peer);
  store_close(store);
}

/* An undo of which nothing is left stays as long as its target does, and one can go on from it. */
static void test_undo_stays(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct store_filter all = STORE_FILTER_ANY, filter = filter_of(MEANT);
  struct ticket_row other = stores_row(OTHER);
  struct store_change change;
  uint64_t operation;

  stores_fill(store, ROWS);
  operation = clear(store, &all, STORES_NOW + 1);
  assert_int_equal(store_put(store, &other, 0, STORES_NOW),
                   TLSPIN_OK); /* so that it is so already */
  assert_int_equal(store_undo(store, operation, STORES_NOW + 2, &change), TLSPIN_OK);
  erase_by(store, &filter);
  assert_int_equal(count(stores, "SELECT count(*) FROM operation"), 2);
  assert_int_equal(store_undo(store, operation + 1, STORES_NOW + 3, &change), TLSPIN_OK);
  assert_int_equal(change.changed, ROWS - 2);
  store_close(store);
}

static void test_port(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = filter_of(MEANT);
  struct keypin any = stores_pin_at(MEANT, "host-0007.example");
  struct ticket_row row = stores_row(MEANT), second = row;
  struct erased erased;

  second.peer.port = 993;
  assert_int_equal(store_put(store, &second, 0, STORES_NOW), TLSPIN_OK);
  any.origin = KEYPIN_IMPORT;
  stores_edit(store, &any);
  filter.port = 443;
  erased = erase_by(store, &filter);
  assert_int_equal(erased.entries, 3);
  stores_expect_none(store, &row.peer);
  stores_expect(store, &second);
  stores_expect_pin(store, &any);
  assert_int_equal(count(stores, "SELECT count(*) FROM event"), 1);
  assert_int_equal(count(stores, "SELECT count(*) FROM failure"), 1);
  store_close(store);
}

/* What fits; and everything about a host of which nothing is left by that. */
static void test_since(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = STORE_FILTER_ANY;
  struct ticket_row row = stores_row(ROWS), old = stores_row(OTHER);
  struct erased erased;

  row.issued = row.first_seen = STORES_NOW + 500;
  row.expires = row.issued + 1000;
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  vestiges_log(store, ROWS, STORES_NOW + 100);     /* before, but of a host that goes */
  vestiges_log(store, ROWS + 1, STORES_NOW + 500); /* of a host that is nowhere else */
  vestiges_log(store, OTHER, STORES_NOW + 90000 * 2);
  filter.since = STORES_NOW + 500;
  erased = erase_by(store, &filter);
  assert_int_equal(erased.entries, 1);
  assert_int_equal(erased.others, 2);
  stores_expect_none(store, &row.peer);
  stores_expect(store, &old);
  assert_false(vestiges_in(stores->path, ROWS));
  assert_false(vestiges_in(stores->path, ROWS + 1));
  assert_int_equal(count(stores, "SELECT count(*) FROM event WHERE host = 'host-0008.example'"), 2);
  store_close(store);
}

static void test_kinds(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = filter_of(MEANT);
  struct ticket_row row = stores_row(MEANT);
  struct erased erased;

  filter.records = false;
  erased = erase_by(store, &filter);
  assert_int_equal(erased.entries, 1);
  assert_false(stores_file_holds_octets(stores->path, row.secret));
  assert_int_equal(count(stores, "SELECT count(*) FROM pin WHERE host = 'host-0007.example'"), 2);
  assert_int_equal(count(stores, "SELECT count(*) FROM event"), 2);
  filter = filter_of(MEANT);
  filter.tickets = false;
  filter.origin = KEYPIN_USER;
  erased = erase_by(store, &filter);
  assert_int_equal(erased.entries, 1);
  assert_int_equal(count(stores, "SELECT count(*) FROM image WHERE host = 'host-0007.example' AND "
                                 "origin = 'user'"),
                   0);
  filter.origin = -1;
  filter.digest = (struct span){stores_pin(MEANT).digest, 32};
  erased = erase_by(store, &filter); /* the last of it */
  assert_int_equal(erased.entries, 1);
  assert_false(vestiges_in(stores->path, MEANT));
  store_close(store);
  expect_others(stores);
}

/* A host that has left the user's own store leaves no trace in another file. */
static void test_remembered(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores), *second;
  struct store_filter filter = STORE_FILTER_ANY;
  struct erasure *erasure;
  struct erased erased;
  struct ticket_row row = stores_row(MEANT);

  filter.since = STORES_NOW + 500;
  filter.pattern = "*0007*";
  assert_int_equal(store_clear(store,
                               &(struct store_filter){.host = host_of(MEANT),
                                                      .protocol = -1,
                                                      .tickets = true,
                                                      .records = true,
                                                      .kind = -1,
                                                      .status = -1,
                                                      .origin = -1,
                                                      .scope = -1},
                               STORES_NOW + 3, &(struct store_change){0}),
                   TLSPIN_OK);
  assert_int_equal(stores_forget(store, INT64_MAX), TLSPIN_OK);
  row.issued = row.first_seen = STORES_NOW + 500;
  row.expires = row.issued + 1000;
  assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  erasure = erasure_new(&filter);
  assert_int_equal(erasure_survey(erasure, store, true, &erased), TLSPIN_OK);
  assert_int_equal(erased.entries, 1);
  second = stores_open(stores->layer);
  stores_fill(second, ROWS); /* where the ticket is older */
  assert_int_equal(store_erase(second, erasure, &erased), TLSPIN_OK);
  assert_int_equal(erased.entries, 1);
  stores_expect_none(second, &row.peer);
  erasure_free(erasure);
  store_close(second);
  store_close(store);
}

static void test_draft(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = filter_of(MEANT);
  struct keypin pins[] = {stores_pin(MEANT), stores_pin(OTHER)};
  struct store_change change;
  struct store_edit *edit;

  assert_int_equal(store_edit_begin(store, STORE_DRAFT, 0, STORES_NOW, &edit), TLSPIN_OK);
  for (int i = 0; i < 2; i++) {
    pins[i].origin = KEYPIN_IMPORT;
    assert_int_equal(store_edit_put(edit, &pins[i]), TLSPIN_OK);
  }
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  erase_by(store, &filter);
  assert_false(vestiges_in(stores->path, MEANT));
  assert_int_equal(store_edit_begin(store, STORE_UNDOABLE, change.operation, STORES_NOW, &edit),
                   TLSPIN_OK);
  assert_int_equal(store_edit_end(edit, TLSPIN_OK, &change), TLSPIN_OK);
  {
    struct erasure *erasure = erasure_new(&filter);
    struct erased erased;

    assert_int_equal(store_erase(store, erasure, &erased), TLSPIN_E_BUSY);
    erasure_free(erasure);
  }
  stores_apply(store);
  stores_expect_pin(store, &pins[1]);
  stores_expect_no_pin(store, &pins[0]);
  store_close(store);
}

/* Without room for a file that is written anew it isn't done, and the next tidying up does it. */
static void test_no_room(void **state)
{
  struct stores *stores = *state;
  struct store *store = make(stores);
  struct store_filter filter = filter_of(MEANT);
  struct erasure *erasure = erasure_new(&filter);
  struct rlimit usual, small;
  struct erased erased;
  bool owed;

  assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
  small = usual;
  small.rlim_cur = 36 << 10;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  assert_int_equal(store_erase(store, erasure, &erased), TLSPIN_UNAVAILABLE);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
  assert_int_equal(owed_look(store, OWED_REWRITE, &owed), TLSPIN_OK);
  if (owed)
    assert_int_equal(stores_forget(store, 0), TLSPIN_OK);
  else
    assert_int_equal(store_erase(store, erasure, &erased), TLSPIN_OK);
  assert_int_equal(owed_look(store, OWED_REWRITE, &owed), TLSPIN_OK);
  assert_false(owed);
  assert_false(vestiges_in(stores->path, MEANT));
  erasure_free(erasure);
  store_close(store);
  expect_others(stores);
}

/* Says when it begins. */
static void erase_in_child(struct stores *stores, int to)
{
  struct store_filter filter = filter_of(MEANT);
  struct store *store = stores_open(stores->path);
  struct erasure *erasure = erasure_new(&filter);
  struct erased erased;

  if (write(to, "", 1) == 1)
    store_erase(store, erasure, &erased);
  _exit(0);
}

/* Ends the child so many microseconds after it has begun; 0: lets it come to its end. How long it
 * took then. */
static int64_t erase_and_kill(struct stores *stores, gulong after)
{
  int64_t begun;
  int ends[2];
  char octet;
  pid_t child;

  assert_int_equal(pipe(ends), 0);
  child = stores_fork();
  if (child == 0)
    erase_in_child(stores, ends[1]);
  assert_int_equal(read(ends[0], &octet, 1), 1);
  begun = g_get_monotonic_time();
  if (after > 0) {
    g_usleep(after);
    stores_kill(child);
  } else {
    stores_join(child);
  }
  close(ends[0]);
  close(ends[1]);
  return g_get_monotonic_time() - begun;
}

/* Wherever it is cut off: nothing was done, or what is left to be done is known. */
static void test_killed(void **state)
{
  struct stores *stores = *state;
  g_autofree char *good = g_strconcat(stores->path, ".good", NULL);
  unsigned begun = 0, owing = 0, kills = brief_number(KILLS, "kills");
  int64_t whole;

  store_close(make(stores));
  stores_copy(stores->path, good);
  whole = erase_and_kill(stores, 0);
  for (unsigned i = 0; i < kills; i++) {
    struct store *store;
    struct ticket_row row = stores_row(MEANT), got;
    bool owed;

    stores_copy(good, stores->path);
    erase_and_kill(stores, (gulong)(1 + whole * i / kills));
    store = stores_open(stores->path);
    assert_int_equal(owed_look(store, OWED_REWRITE, &owed), TLSPIN_OK);
    owing += owed;
    assert_int_equal(stores_forget(store, 0), TLSPIN_OK);
    if (store_get(store, &row.peer, &got) == TLSPIN_OK) {
      ticket_row_clear(&got);
      store_close(store);
      continue;
    }
    begun++;
    assert_false(vestiges_in(stores->path, MEANT));
    store_close(store);
    expect_others(stores);
  }
  print_message("%u of %u had changed the store, %u of them weren't done\n", begun, kills, owing);
  assert_int_equal(unlink(good), 0);
}

static void test_refused(void **state)
{
  struct stores *stores = *state;
  struct store_filter filter = STORE_FILTER_ANY;
  struct layer_contents contents = {.ticket_count = 0};
  struct erasure *erasure = erasure_new(&filter);
  struct erased erased;
  struct store *store;
  char *problem;

  assert_int_equal(store_write_layer(stores->layer, &contents, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_int_equal(store_erase(store, erasure, &erased), TLSPIN_E_DENIED);
  store_close(store);
  erasure_free(erasure);
  filter.kind = KEYPIN_KINDS;
  assert_null(erasure_new(&filter));
  erasure_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_everything, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_nothing, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_cleared_before, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_shared_operation, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_undo_stays, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_port, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_since, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_kinds, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_remembered, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_draft, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_no_room, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_killed, stores_setup, stores_teardown),
      cmocka_unit_test_setup_teardown(test_refused, stores_setup, stores_teardown),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
