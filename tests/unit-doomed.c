/* Rows that are to be dropped.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/doomed.h"

#include "daemon/store-private.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { ROWS = 6 };

/* What a walk finds: the rows of these hosts. */
struct hunt {
  struct doomed *doomed;
  const char *host; /* NULL: of all */
  unsigned found;
};

static bool on_row(enum table_id table, const struct cell *cells, const struct digest *digest,
                   void *data)
{
  struct hunt *hunt = data;
  char host[HOST_MAX + 1];

  (void)digest;
  if (!doomed_host(table, cells, host) || (hunt->host != NULL && strcmp(host, hunt->host) != 0))
    return true;
  doomed_add(hunt->doomed, table, cells);
  hunt->found++;
  return true;
}

static unsigned find(struct store *store, struct doomed *doomed, const char *host)
{
  struct hunt hunt = {doomed, host, 0};

  assert_int_equal(store_read_begin(store), TLSPIN_OK);
  database_refuel_all(&store->db);
  assert_true(contents_walk(&store->db, STORE_USER, on_row, &hunt));
  store_read_end(store);
  return hunt.found;
}

static enum tlspin_code drop(struct store *store, const struct doomed *doomed)
{
  struct transaction change;

  assert_int_equal(store_begin(store, &change), TLSPIN_OK);
  return transaction_end(&change, doomed_drop(doomed, &change));
}

/* Rows of every table whose rows are about a host: tickets, records, what they were, what was
 * reported and logged. */
static struct store *open_full(struct stores *stores)
{
  struct store *store = stores_open(stores->path);
  struct store_filter some = STORE_FILTER_ANY;
  struct event_row event = {.kind = "change",
                            .peer = stores_row(1).peer,
                            .reason = "changed",
                            .layer = "user",
                            .key = "",
                            .report = "",
                            .program = ""};
  struct store_change change;
  uint64_t id;

  stores_fill(store, ROWS);
  for (int i = 0; i < ROWS; i++) {
    struct keypin pin = stores_pin(i);

    stores_edit(store, &pin);
  }
  assert_int_equal(store_put_failure(store, &event.peer, "no-proof", STORES_NOW), TLSPIN_OK);
  assert_int_equal(store_log(store, &event, STORES_NOW, &id), TLSPIN_OK);
  some.host = stores_row(2).peer.host;
  assert_int_equal(store_clear(store, &some, STORES_NOW, &change), TLSPIN_OK);
  return store;
}

static void test_one(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_full(stores);
  struct doomed *doomed = doomed_new(), *again = doomed_new();
  struct ticket_row gone = stores_row(1), stays = stores_row(3);

  assert_int_equal(find(store, doomed, gone.peer.host), 5); /* one of each but for the images */
  assert_int_equal(drop(store, doomed), TLSPIN_OK);
  stores_expect_none(store, &gone.peer);
  stores_expect(store, &stays);
  assert_int_equal(find(store, again, gone.peer.host), 0);
  doomed_free(again);
  assert_int_equal(drop(store, doomed), TLSPIN_UNAVAILABLE); /* each must be there */
  stores_expect(store, &stays);
  doomed_free(doomed);
  store_close(store);
  store_close(stores_open(stores->path)); /* its digests and sums are right */
}

static void test_all(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_full(stores);
  struct doomed *doomed = doomed_new(), *left = doomed_new();
  uint64_t count;

  assert_true(find(store, doomed, NULL) > 2 * ROWS);
  assert_int_equal(drop(store, doomed), TLSPIN_OK);
  assert_int_equal(store_count(store, &count), TLSPIN_OK);
  assert_int_equal(count, 0);
  assert_int_equal(find(store, left, NULL), 0);
  doomed_free(doomed);
  doomed_free(left);
  store_close(store);
  store_close(stores_open(stores->path));
}

/* One that can't be dropped leaves all of them where they are. */
static void test_none(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_full(stores);
  struct doomed *doomed = doomed_new();
  struct ticket_row row = stores_row(3);
  struct cell other[TABLE_COLUMNS] = {{.type = CELL_INTEGER}};

  assert_int_equal(drop(store, doomed), TLSPIN_OK); /* nothing is found yet */
  find(store, doomed, row.peer.host);
  other[0] = cell_text("nowhere.example");
  other[1] = cell_text("tls");
  other[2] = (struct cell){.type = CELL_INTEGER, .number = 443};
  doomed_add(doomed, TABLE_TICKET, other);
  assert_int_equal(drop(store, doomed), TLSPIN_UNAVAILABLE);
  stores_expect(store, &row);
  doomed_free(doomed);
  doomed_free(NULL);
  store_close(store);
}

/* What a key points to is copied. */
static void test_copied(void **state)
{
  struct stores *stores = *state;
  struct store *store = open_full(stores);
  struct doomed *doomed = doomed_new();
  struct ticket_row row = stores_row(4);
  char host[HOST_MAX + 1];
  struct cell cells[TABLE_COLUMNS] = {{.type = CELL_INTEGER}};

  strcpy(host, row.peer.host);
  cells[0] = cell_text(host);
  cells[1] = cell_text("tls");
  cells[2] = (struct cell){.type = CELL_INTEGER, .number = row.peer.port};
  doomed_add(doomed, TABLE_TICKET, cells);
  memset(host, 'x', strlen(host));
  assert_int_equal(drop(store, doomed), TLSPIN_OK);
  stores_expect_none(store, &row.peer);
  doomed_free(doomed);
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_one),
      TEST(test_all),
      TEST(test_none),
      TEST(test_copied),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
