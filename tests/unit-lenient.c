/* The rows of a store that let more through than there would be without them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/lenient.h"

#include "daemon/pinrow.h"
#include "daemon/row.h"
#include "daemon/setting.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct keypin record(enum keypin_kind kind, enum keypin_status status,
                            enum keypin_origin origin)
{
  struct keypin pin = stores_pin(3);

  pin.kind = kind;
  pin.status = status;
  pin.origin = origin;
  pin.errors = kind == KEYPIN_EXCEPTION ? PKI_EXPIRED : 0;
  if (kind == KEYPIN_MODE)
    pin = keypin_new(&pin.place, kind, status, origin);
  return pin;
}

static const struct {
  enum keypin_kind kind;
  enum keypin_status status;
  enum keypin_origin origin;
  bool lenient, beside;
} records[] = {
    {KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_TOFU, false, true},
    {KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_HPKP, true, true},
    {KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_PROGRAM, true, true},
    {KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_USER, true, true},
    {KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_IMPORT, true, true},
    {KEYPIN_PIN, KEYPIN_INACTIVE, KEYPIN_USER, false, true},
    {KEYPIN_PIN, KEYPIN_CRITICAL, KEYPIN_USER, false, true},
    {KEYPIN_PIN, KEYPIN_REJECTED, KEYPIN_USER, false, false},
    {KEYPIN_EXCEPTION, KEYPIN_EXCEPTED, KEYPIN_USER, true, true},
    {KEYPIN_MODE, KEYPIN_ON, KEYPIN_USER, false, false},
    {KEYPIN_MODE, KEYPIN_OFF, KEYPIN_USER, true, true},
};

static void test_records(void **state)
{
  struct cell cells[TABLE_COLUMNS];

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
    struct keypin pin = record(records[i].kind, records[i].status, records[i].origin);
    struct pin_image image = {.operation = 5, .present = true, .pin = pin};

    pin_to_cells(&pin, cells);
    assert_int_equal(lenient_row(TABLE_PIN, cells), records[i].lenient);
    assert_int_equal(lenient_beside(TABLE_PIN, cells), records[i].beside);
    pin_image_to_cells(&image, cells);
    assert_int_equal(lenient_row(TABLE_IMAGE, cells), records[i].lenient);
    image.present = false;
    pin_image_to_cells(&image, cells);
    assert_false(lenient_row(TABLE_IMAGE, cells));
    cells[0] = cell_integer(-1);
    assert_true(lenient_row(TABLE_IMAGE, cells));
  }
  pin_to_cells(&(struct keypin[]){record(KEYPIN_PIN, KEYPIN_ACTIVE, KEYPIN_TOFU)}[0], cells);
  cells[PIN_STATUS] = cell_text("unheard-of");
  assert_true(lenient_row(TABLE_PIN, cells) && lenient_beside(TABLE_PIN, cells));
}

static void test_settings(void **state)
{
  static const struct {
    const char *name, *value;
    bool lenient;
  } rows[] = {
      {"anchors", "10-site/enforce", false},  {"anchors", "10-site//enforce", false},
      {"anchors", "10-site/exempt", true},    {"anchors", "enforce", true},
      {"learn", "10-site/no", false},         {"learn", "10-site//yes", true},
      {"level", "10-site/leaf", false},       {"level", "10-site/anchor", true},
      {"unavailable", "10-site/fail", false}, {"unavailable", "10-site/go-on", true},
      {"changes", "10-site/none", false},     {"lifetime-cap", "10-site/366d", false},
      {"hpkp-cap", "10-site//1d", false},     {"remembered", "yes", true},
      {"of-the-future", "10-site/no", true},
  };
  struct cell cells[TABLE_COLUMNS];

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    struct setting_row row = {rows[i].name, rows[i].value, false};

    setting_to_cells(&row, cells);
    if (lenient_row(TABLE_SETTING, cells) != rows[i].lenient)
      fail_msg("%s = %s", rows[i].name, rows[i].value);
  }
  cells[2] = cell_integer(1); /* no user's store has a lock */
  assert_true(lenient_row(TABLE_SETTING, cells));
}

static void test_others(void **state)
{
  struct ticket_row row = stores_row(2);
  struct cell cells[TABLE_COLUMNS];

  (void)state;
  ticket_row_to_cells(&row, cells);
  assert_false(lenient_row(TABLE_TICKET, cells));
  assert_true(lenient_beside(TABLE_TICKET, cells));
  assert_false(lenient_beside(TABLE_FAILURE, cells));
}

/* A new store with one record of each kind, and a ticket. */
static struct rebuild *fill(struct stores *stores, struct digest *digests)
{
  g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct ticket_row row = stores_row(2);
  struct cell cells[TABLE_COLUMNS];
  char *problem = NULL;
  struct rebuild *rebuild = rebuild_new(stores->path, &problem);

  assert_non_null(rebuild);
  ticket_row_to_cells(&row, cells);
  assert_true(rebuild_add(rebuild, TABLE_TICKET, cells));
  for (size_t i = 0; i < G_N_ELEMENTS(records); i++) {
    struct keypin pin = record(records[i].kind, records[i].status, records[i].origin);

    row = stores_row((int)i);
    pin.place = place_of_peer(&row.peer);
    pin_to_cells(&pin, cells);
    assert_true(cells_digest(checksum, &tables[TABLE_PIN], cells, &digests[i]));
    assert_true(rebuild_add(rebuild, TABLE_PIN, cells));
  }
  return rebuild;
}

static bool is_confirmed(enum table_id table, const struct cell *cells, const struct digest *digest,
                         void *data)
{
  const struct digest *confirmed = data;

  assert_true(lenient_row(table, cells));
  return digest_same(digest, confirmed);
}

static void test_drop(void **state)
{
  struct digest digests[G_N_ELEMENTS(records)];
  struct rebuild *rebuild = fill(*state, digests);
  char *problem = NULL;
  uint64_t count;

  for (int round = 0; round < 2; round++) {
    assert_true(lenient_drop(rebuild, is_confirmed, &digests[3], &count));
    assert_int_equal(count, round == 0 ? 5 : 0);
  }
  assert_int_equal(rebuild_rows(rebuild), 1 + G_N_ELEMENTS(records) - 5);
  assert_true(rebuild_finish(rebuild, &problem));
  rebuild_free(rebuild);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup_home, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_records),
      cmocka_unit_test(test_settings),
      cmocka_unit_test(test_others),
      TEST(test_drop),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
