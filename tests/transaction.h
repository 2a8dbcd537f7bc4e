/* A file of the store's form, and changes of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TRANSACTION_H
#define TRANSACTION_H

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
#include <glib.h>

struct fixture {
  struct stores *stores;
  struct database db;
};

static inline int setup(void **state)
{
  struct fixture *fixture = g_new0(struct fixture, 1);

  stores_setup(state);
  fixture->stores = *state;
  *state = fixture;
  stores_write(fixture->stores->layer, 0, "", 0);
  return !(database_open(&fixture->db, fixture->stores->layer, STORE_USER) &&
           schema_migrate(fixture->db.handle, &schema_current) && database_prepare(&fixture->db));
}

static inline int teardown(void **state)
{
  struct fixture *fixture = *state;
  void *stores = fixture->stores;

  database_close(&fixture->db);
  g_free(fixture);
  return stores_teardown(&stores);
}

G_GNUC_UNUSED static enum tlspin_code put(struct transaction *change, int n, uint64_t series)
{
  struct ticket_row row = stores_row(n);
  struct cell cells[TABLE_COLUMNS];

  row.series = series;
  ticket_row_to_cells(&row, cells);
  return transaction_put(change, TABLE_TICKET, cells);
}

G_GNUC_UNUSED static enum tlspin_code drop(struct transaction *change, int n)
{
  struct peer peer = stores_row(n).peer;
  struct cell key[TABLE_KEY];

  peer_to_cells(&peer, key);
  return transaction_drop(change, TABLE_TICKET, key);
}

/* The series of a row, or 0. */
G_GNUC_UNUSED static uint64_t find(struct database *db, int n)
{
  struct peer peer = stores_row(n).peer;
  struct cell key[TABLE_KEY], cells[TABLE_COLUMNS];
  struct digest digest;
  enum tlspin_code code;
  uint64_t series;

  peer_to_cells(&peer, key);
  code = contents_get(db, TABLE_TICKET, key, cells, &digest);
  series = code == TLSPIN_OK ? (uint64_t)cells[6].number : 0;
  assert_true(code == TLSPIN_OK || code == TLSPIN_E_NOT_FOUND);
  database_reset(db->get[TABLE_TICKET]);
  return series;
}

static inline void expect_sound(struct database *db, uint64_t rows)
{
  struct contents contents;
  char *fault = contents_verify(db, STORE_USER);

  if (fault != NULL)
    print_error("%s\n", fault);
  assert_null(fault);
  assert_true(contents_load(db, &contents));
  assert_true(contents.rows == rows);
}

G_GNUC_UNUSED static enum tlspin_code put_pin(struct transaction *change, struct keypin pin)
{
  struct cell cells[TABLE_COLUMNS];

  pin_to_cells(&pin, cells);
  return transaction_put(change, TABLE_PIN, cells);
}

static inline void expect_census(struct database *db, uint64_t records, uint64_t wide,
                                 uint64_t inactive)
{
  struct census census;

  expect_sound(db, records);
  assert_true(census_load(db, &census));
  assert_true(census.records == records && census.wide == wide && census.inactive == inactive);
}

#endif
