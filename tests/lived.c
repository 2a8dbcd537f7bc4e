/* A store that has lived: see lived.h.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lived.h"

#include "daemon/state.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum {
  DIGEST_WORDS = DIGEST_SIZE / 4,
  LONG_EACH = 32, /* each so many tickets one is longer than a page has room for */
  LONG_TICKET = 9000,
  LONG_REPORT = 12000
};

/* A digest is as good as random. */
static guint hash_of(gconstpointer key)
{
  guint hash;

  memcpy(&hash, key, sizeof hash);
  return hash;
}

static gboolean is_equal(gconstpointer a, gconstpointer b)
{
  return memcmp(a, b, DIGEST_SIZE) == 0;
}

GHashTable *lived_set_new(void)
{
  return g_hash_table_new_full(hash_of, is_equal, g_free, NULL);
}

void lived_add(GHashTable *set, enum table_id table, const struct digest *digest)
{
  g_hash_table_insert(set, g_memdup2(digest, sizeof *digest), GINT_TO_POINTER(table + 1));
}

bool lived_has(GHashTable *set, enum table_id table, const struct digest *digest)
{
  return GPOINTER_TO_INT(g_hash_table_lookup(set, digest)) == (int)table + 1;
}

static void add_rows(GHashTable *set, sqlite3 *handle, enum table_id table)
{
  sqlite3_stmt *statement = NULL;
  struct digest digest;

  assert_int_equal(sqlite3_prepare_v2(handle, tables[table].scan, -1, &statement, NULL), SQLITE_OK);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    assert_int_equal(sqlite3_column_bytes(statement, tables[table].columns), DIGEST_SIZE);
    memcpy(&digest, sqlite3_column_blob(statement, tables[table].columns), DIGEST_SIZE);
    lived_add(set, table, &digest);
  }
  assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
}

static void add_all(GHashTable *set, const char *path)
{
  sqlite3 *handle = stores_raw(path);

  for (int i = 0; i < TABLES; i++)
    add_rows(set, handle, (enum table_id)i);
  assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

GHashTable *lived_rows(const char *path)
{
  GHashTable *set = lived_set_new();

  add_all(set, path);
  return set;
}

/* Row n as stores_row has it, and now and then one with a long ticket. Not in the order of the
 * hosts, as programs don't meet them in that order. */
static struct ticket_row ticket_of(int n, int rows)
{
  static uint8_t octets[LONG_TICKET];
  struct ticket_row row = stores_row(n * 37 % rows % STORES_ROWS);

  if (n % LONG_EACH != 0)
    return row;
  for (size_t i = 0; i < sizeof octets; i++)
    octets[i] = (uint8_t)((size_t)n + i * i / 7);
  row.ticket = (struct span){octets, (size_t)(800 + n * 97 % (LONG_TICKET - 800))};
  return row;
}

static void put_tickets(struct store *store, int count, int rows)
{
  for (int n = 0; n < count; n++) {
    struct ticket_row row = ticket_of(n, rows);

    assert_int_equal(store_put(store, &row, 0, STORES_NOW), TLSPIN_OK);
  }
}

/* The next ticket of the same series. */
static void renew_tickets(struct store *store, int count, int rows)
{
  for (int n = 0; n < count; n += 5) {
    struct ticket_row row = ticket_of(n, rows);

    row.issued += 1000;
    row.expires += 1000;
    assert_int_equal(store_put(store, &row, row.series, STORES_NOW), TLSPIN_OK);
  }
}

static void log_events(struct store *store, int count)
{
  static char report[LONG_REPORT + 1];

  memset(report, 'r', LONG_REPORT);
  for (int n = 0; n < count; n++) {
    struct event_row event = {.kind = "mismatch",
                              .peer = stores_row(n).peer,
                              .reason = "critical-differs",
                              .layer = "user",
                              .key = "sha256//AAAA",
                              .report = n % 8 == 0 ? report + n * 1009 % LONG_REPORT : "",
                              .program = "curl"};
    uint64_t id;

    assert_int_equal(store_log(store, &event, STORES_NOW + n, &id), TLSPIN_OK);
    assert_int_equal(store_put_failure(store, &event.peer, "no-proof", STORES_NOW), TLSPIN_OK);
  }
}

static void put_settings(struct store *store)
{
  static const struct setting_row settings[] = {{"learn", "vendor.db//yes", false},
                                                {"remembered", "yes", false}};

  assert_int_equal(store_put_settings(store, settings, G_N_ELEMENTS(settings)), TLSPIN_OK);
  assert_int_equal(state_put(store, "lived", cell_text("once").bytes), TLSPIN_OK);
}

static void clear(struct store *store, const char *pattern)
{
  struct store_filter filter = STORE_FILTER_ANY;
  struct store_change change;

  filter.pattern = pattern;
  assert_int_equal(store_clear(store, &filter, STORES_NOW, &change), TLSPIN_OK);
}

/* Each row is changed at most once before they are looked at again. */
void lived_make(const char *path, int rows, GHashTable *ever)
{
  struct store *store = stores_open(path);
  struct store_change change;
  int half = rows / 2, tenth = rows / 10;

  put_tickets(store, half, half);
  add_all(ever, path);
  renew_tickets(store, half, half);
  add_all(ever, path);
  for (int n = 0; n < 2 * tenth; n++) {
    struct keypin pin = stores_pin(n * 7 % (2 * tenth));

    stores_learn(store, &pin);
  }
  add_all(ever, path);
  for (int n = 0; n < tenth; n++) {
    struct keypin pin = stores_pin(n);

    pin.status = KEYPIN_CRITICAL;
    stores_edit(store, &pin);
  }
  log_events(store, tenth / 2);
  put_settings(store);
  add_all(ever, path);
  clear(store, "host-001*");
  add_all(ever, path);
  clear(store, "host-002*");
  add_all(ever, path);
  assert_int_equal(store_undo(store, 0, STORES_NOW, &change), TLSPIN_OK);
  store_close(store);
  add_all(ever, path);
}
