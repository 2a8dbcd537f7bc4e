/* Which records a row would stand beside.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/beside.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/schema.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

/* A new file with one record. */
static void open_with(struct stores *stores, struct database *db, const struct keypin *pin)
{
  struct cell cells[TABLE_COLUMNS];

  (void)unlink(stores->layer);
  stores_new_database(stores, db);
  assert_true(schema_migrate(db->handle, &schema_current) && database_prepare(db));
  pin_to_cells(pin, cells);
  stores_put_row(db, TABLE_PIN, cells);
}

static struct keypin record_at(const char *place, enum keypin_kind kind)
{
  const bool any = place[0] == '\0';
  g_auto(GStrv) parts = g_strsplit(any ? ".example" : place, "/", 2);
  struct keypin pin = stores_pin_at(5, parts[0]);

  if (any)
    pin.place.host[0] = '\0';
  assert_true(place_protocol_from_token(parts[1] != NULL ? parts[1] : "", &pin.place.protocol));
  pin.kind = kind;
  pin.origin = KEYPIN_USER;
  if (kind == KEYPIN_MODE)
    pin = keypin_new(&pin.place, KEYPIN_MODE, KEYPIN_ON, KEYPIN_USER);
  return pin;
}

static enum tlspin_code find_record(struct database *db, const char *place)
{
  struct keypin pin = record_at(place, KEYPIN_PIN);
  struct cell cells[TABLE_COLUMNS];

  pin_to_cells(&pin, cells);
  return beside_find(db, TABLE_PIN, cells, NULL, NULL);
}

static enum tlspin_code find_ticket(struct database *db, const char *host, uint16_t port)
{
  struct ticket_row row = stores_row(1);
  struct cell cells[TABLE_COLUMNS];

  g_strlcpy(row.peer.host, host, sizeof row.peer.host);
  row.peer.port = port;
  ticket_row_to_cells(&row, cells);
  return beside_find(db, TABLE_TICKET, cells, NULL, NULL);
}

/* What is there, what is to come, and whether that would be beside it, where what is there is a
 * pin, and where it is a mode. */
static const struct {
  const char *there, *comes;
  bool pin, mode;
} cases[] = {
    {"a.example:443/tls", "a.example:443/tls", true, true},
    {"a.example:443/tls", "b.example:443/tls", false, false},
    {"a.example:443/tls", "a.example:444/tls", false, false},
    {"a.example:443/tls", "a.example:443/dtls", false, false},
    {"a.example", "a.example:443/tls", true, false},
    {"a.example:443/tls", "a.example", true, false},
    {"a.example:443", "a.example/tls", true, false},
    {"a.example:443", "a.example:444/tls", false, false},
    {".example", "a.example:443/tls", true, false},
    {".example:25", "a.example:443/tls", false, false},
    {".example", "a.b.example:443/tls", true, false},
    {"example", "a.example:443/tls", false, false},
    {"a.example:443/tls", ".example", true, false},
    {"a.example:443/tls", ".example:25", false, false},
    {"a.example:443/tls", "example", false, false},
    {"aexample:443/tls", ".example", false, false},
    {".b.example", ".example", true, false},
    {".example", ".b.example", true, false},
    {"", "a.example:443/tls", true, false},
    {"a.example:443/tls", "", true, false},
};

static void test_records(void **state)
{
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    for (int mode = 0; mode < 2; mode++) {
      struct keypin pin = record_at(cases[i].there, mode ? KEYPIN_MODE : KEYPIN_PIN);
      bool beside = mode ? cases[i].mode : cases[i].pin;
      struct database db;

      open_with(*state, &db, &pin);
      if (find_record(&db, cases[i].comes) != (beside ? TLSPIN_OK : TLSPIN_E_NOT_FOUND))
        fail_msg("%s%s, %s", mode ? "mode " : "", cases[i].there, cases[i].comes);
      database_close(&db);
    }
}

static void test_tickets(void **state)
{
  static const char *const places[] = {"a.example:443/tls", "a.example", ".example"};

  for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
    struct keypin pin = record_at(places[i], KEYPIN_PIN);
    struct database db;

    open_with(*state, &db, &pin);
    assert_int_equal(find_ticket(&db, "a.example", 443), TLSPIN_OK);
    assert_int_equal(find_ticket(&db, "a.example", 444), i == 0 ? TLSPIN_E_NOT_FOUND : TLSPIN_OK);
    assert_int_equal(find_ticket(&db, "b.example", 443), i == 2 ? TLSPIN_OK : TLSPIN_E_NOT_FOUND);
    assert_int_equal(find_ticket(&db, "example", 443), i == 2 ? TLSPIN_OK : TLSPIN_E_NOT_FOUND);
    database_close(&db);
  }
}

/* Each of the questions may fail. */
static void test_unknown(void **state)
{
  static const enum statement asked[] = {STATEMENT_BESIDE, STATEMENT_ABOVE, STATEMENT_BELOW};
  struct keypin pin = record_at(".z.test", KEYPIN_PIN);

  for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
    const char *place = asked[i] == STATEMENT_BELOW ? ".a.example" : "a.example";
    const char *there = asked[i] == STATEMENT_BELOW ? "" : "z.test";
    struct database db;

    open_with(*state, &db, &pin);
    assert_int_equal(find_record(&db, place), TLSPIN_E_NOT_FOUND);
    sqlite3_bind_text(db.statements[asked[i]], 1, there, -1, SQLITE_STATIC);
    assert_int_equal(database_step(db.statements[asked[i]]), STEP_ROW);
    assert_int_equal(find_record(&db, place), TLSPIN_UNAVAILABLE); /* it runs: nothing is bound */
    assert_int_equal(find_record(&db, place), TLSPIN_E_NOT_FOUND);
    database_close(&db);
  }
}

struct counting {
  const char *note; /* of the record that counts */
  int asked;
};

static bool count(const struct cell *cells, void *data)
{
  struct counting *counting = data;
  struct pin_note note;
  struct keypin pin;

  counting->asked++;
  assert_true(pin_of_cells(cells, STORE_USER, &pin, &note));
  return strcmp(pin.note, counting->note) == 0;
}

/* One of several counts, or none; wherever it stands, what comes behind isn't asked any more. */
static void test_counts(void **state)
{
  static const struct {
    const char *note;
    enum tlspin_code code;
    int asked;
  } expected[] = {{"at", TLSPIN_OK, 1},
                  {"any", TLSPIN_OK, 2},
                  {"above", TLSPIN_OK, 3},
                  {"none", TLSPIN_E_NOT_FOUND, 3}};
  struct keypin pin = record_at("a.example:443/tls", KEYPIN_PIN);
  struct keypin any = record_at(".a.example:443", KEYPIN_PIN);
  struct keypin above = record_at(".example", KEYPIN_PIN);
  struct cell cells[TABLE_COLUMNS];
  struct database db;

  pin.note = "at";
  any.note = "any";
  above.note = "above";
  open_with(*state, &db, &pin);
  pin_to_cells(&any, cells);
  stores_put_row(&db, TABLE_PIN, cells);
  pin_to_cells(&above, cells);
  stores_put_row(&db, TABLE_PIN, cells);
  pin_to_cells(&pin, cells);
  for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
    struct counting counting = {expected[i].note, 0};

    assert_int_equal(beside_find(&db, TABLE_PIN, cells, count, &counting), expected[i].code);
    assert_int_equal(counting.asked, expected[i].asked);
  }
  database_close(&db);
}

/* A record that isn't what was written tells nothing. */
static void test_damaged(void **state)
{
  struct keypin pin = record_at("a.example", KEYPIN_PIN);
  struct database db;

  open_with(*state, &db, &pin);
  assert_true(stores_runs(&db, "UPDATE pin SET first_seen = first_seen - 1"));
  assert_int_equal(find_record(&db, "a.example:443/tls"), TLSPIN_UNAVAILABLE);
  assert_int_equal(find_record(&db, "b.example"), TLSPIN_E_NOT_FOUND);
  database_close(&db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_records), TEST(test_tickets), TEST(test_unknown),
      TEST(test_counts),  TEST(test_damaged),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
