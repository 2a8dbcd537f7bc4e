/* The records of the store and their columns.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/pinrow.h"

#include "tests/hostile.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

enum { SAMPLES = 48 };

/* Records of every kind, status, origin, level and scope, all valid in a system layer. */
static struct keypin sample(int n)
{
  static const char *const places[] = {
      "host.example", "*.host.example:443", ".host.example", "deep.a.b.example", "*",
      ".z.example:1"};
  struct keypin pin = stores_pin_at(n, places[n % 6]);

  pin.origin = (enum keypin_origin)(n % KEYPIN_ORIGINS);
  pin.level = (enum keypin_level)(n / 2 % KEYPIN_LEVELS);
  pin.place.protocol = n / 3 % 3 - 1;
  pin.selector = (enum selector)(n / 4 % 2);
  pin.matching = n % 5 == 0 ? MATCHING_SHA512 : MATCHING_SHA256;
  pin.status = (enum keypin_status)(n % (KEYPIN_REJECTED + 1));
  pin.always = n % 2 == 0;
  pin.locked = n % 7 == 0;
  pin.enforce_until = n % 3 == 0 ? 0 : STORES_NOW + n;
  if (n % 8 == 1) {
    pin.kind = KEYPIN_EXCEPTION;
    pin.status = KEYPIN_EXCEPTED;
    pin.errors = PKI_EXPIRED | PKI_NAME;
  }
  if (n % 8 == 2) {
    pin = keypin_new(&pin.place, KEYPIN_MODE, n % 16 == 2 ? KEYPIN_ON : KEYPIN_OFF, pin.origin);
    pin.note = "off";
  }
  return pin;
}

static void test_round_trip(void **state)
{
  const struct table *table = &tables[TABLE_PIN];

  (void)state;
  assert_int_equal(table->columns, PIN_COLUMNS);
  assert_int_equal(table->key, PIN_KEY);
  for (int n = 0; n < SAMPLES; n++) {
    struct keypin pin = sample(n), got;
    struct cell cells[PIN_COLUMNS];
    struct pin_note note;

    assert_true(pin_is_valid(&pin, STORE_SYSTEM));
    pin_to_cells(&pin, cells);
    for (int i = 0; i < PIN_COLUMNS; i++)
      assert_int_equal(cells[i].type, table->types[i] == 'i'   ? CELL_INTEGER
                                      : table->types[i] == 't' ? CELL_TEXT
                                                               : CELL_BLOB);
    assert_int_equal(pin_of_cells(cells, STORE_USER, &got, &note), !pin.locked);
    assert_true(pin_of_cells(cells, STORE_SYSTEM, &got, &note));
    assert_true(stores_same_pin(&pin, &got));
    assert_null(got.owned);
    assert_memory_equal(got.digest, pin.digest, matching_size(pin.matching));
  }
}

/* A lock is the administrator's word, and a chain that was seen must be one. */
static void test_validity(void **state)
{
  struct keypin pin = stores_pin(5);
  static uint8_t octets[CHAIN_SEEN_MAX + 1];

  (void)state;
  assert_true(pin_is_valid(&pin, STORE_USER));
  pin.locked = true;
  assert_false(pin_is_valid(&pin, STORE_USER));
  assert_true(pin_is_valid(&pin, STORE_SYSTEM));
  pin.locked = false;
  pin.count_seen = (uint64_t)INT64_MAX + 1;
  assert_false(pin_is_valid(&pin, STORE_USER));
  pin.count_seen = INT64_MAX;
  assert_true(pin_is_valid(&pin, STORE_USER));
  pin.seen.size--;
  assert_false(pin_is_valid(&pin, STORE_USER));
  pin.seen = (struct span){octets, sizeof octets};
  assert_false(pin_is_valid(&pin, STORE_USER));
  pin.seen = (struct span){NULL, 0};
  assert_true(pin_is_valid(&pin, STORE_USER));
  pin.errors = PKI_NAME;
  assert_false(pin_is_valid(&pin, STORE_USER));
}

static void test_key_validity(void **state)
{
  struct keypin good = stores_pin(5), pin;

  (void)state;
  assert_true(pin_key_is_valid(&good));
#define BAD_KEY(member, value)                                                                     \
  (pin = good, pin.member = (value), assert_false(pin_key_is_valid(&pin)))
  BAD_KEY(place.host[0], 'X');
  BAD_KEY(place.scope, SCOPE_COUNT);
  BAD_KEY(place.protocol, PROTOCOL_COUNT);
  BAD_KEY(place.protocol, -2);
  BAD_KEY(kind, KEYPIN_KINDS);
  BAD_KEY(origin, (enum keypin_origin) - 1);
  BAD_KEY(level, KEYPIN_LEVELS);
  BAD_KEY(selector, SELECTOR_COUNT);
  BAD_KEY(matching, MATCHING_COUNT);
  BAD_KEY(matching, (enum matching)0);
  pin = good;
  pin.note = NULL; /* not of the key */
  pin.errors = 77;
  assert_true(pin_key_is_valid(&pin));
}

static const struct hostile hostile[] = {
    {0, TEXT("")},
    {0, TEXT("Host.example")},
    {0, TEXT("host.example.")},
    {0, TEXT("h\0.example")},
    {0, TEXT("*.example")},
    {1, TEXT("")},
    {1, TEXT("Exact")},
    {1, TEXT("everything")},
    {1, LONG_TOKEN},
    {2, TEXT("quic")},
    {2, TEXT("TLS")},
    {2, TEXT("tls\0")},
    {2, LONG_TOKEN},
    {3, NUMBER(-1)},
    {3, NUMBER(65536)},
    {3, NUMBER(INT64_MAX)},
    {4, TEXT("")},
    {4, TEXT("mode")},
    {4, TEXT("exception")},
    {4, TEXT("pins")},
    {4, LONG_TOKEN},
    {5, TEXT("")},
    {5, TEXT("nobody")},
    {5, LONG_TOKEN},
    {6, TEXT("root")},
    {6, TEXT("")},
    {6, LONG_TOKEN},
    {7, NUMBER(2)},
    {7, NUMBER(-1)},
    {7, NUMBER(1LL << 32)},
    {8, NUMBER(0)},
    {8, NUMBER(3)},
    {8, NUMBER(2)},
    {8, NUMBER(-1)},
    {9, BLOB("")},
    {9, BLOB("short")},
    {10, TEXT("on")},
    {10, TEXT("excepted")},
    {10, TEXT("")},
    {10, TEXT("Active")},
    {10, LONG_TOKEN},
    {11, NUMBER(1)},
    {11, NUMBER(2)},
    {11, NUMBER(-1)},
    {12, NUMBER(2)},
    {12, NUMBER(INT64_MIN)},
    {13, NUMBER(-1)},
    {13, NUMBER(INT64_MAX)},
    {14, NUMBER(-1)},
    {14, NUMBER(0)},
    {15, NUMBER(1)},
    {15, NUMBER(256)},
    {15, NUMBER(-1)},
    {16, NUMBER(-1)},
    {17, NUMBER(INT64_MAX)},
    {18, NUMBER(-1)},
    {19, TEXT("a\xff")},
    {19, TEXT("a\0b")},
    {20, BLOB("\x07")},
};

/* Each column by itself, with a digest that would be right: the store must not believe it. */
static void test_hostile_columns(void **state)
{
  struct keypin pin = stores_pin(4), got;
  struct cell cells[PIN_COLUMNS];
  struct pin_note note;
  char longest[KEYPIN_NOTE_MAX + 1];

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
    pin_to_cells(&pin, cells);
    cells[hostile[i].column] = hostile[i].cell;
    if (pin_of_cells(cells, STORE_USER, &got, &note))
      fail_msg("case %zu, column %d", i, hostile[i].column);
  }
  memset(longest, 'a', sizeof longest);
  pin_to_cells(&pin, cells);
  cells[19].bytes = (struct span){(const uint8_t *)longest, KEYPIN_NOTE_MAX};
  assert_true(pin_of_cells(cells, STORE_USER, &got, &note));
  cells[19].bytes.size++;
  assert_false(pin_of_cells(cells, STORE_USER, &got, &note));
}

static void test_equal(void **state)
{
  struct keypin pin = stores_pin(5), other;

  (void)state;
  assert_true(pin_equal(&pin, &pin));
#define DIFFERS(member, value)                                                                     \
  (other = pin, other.member = (value), assert_false(pin_equal(&pin, &other)))
  DIFFERS(place.host[0], 'x');
  DIFFERS(place.scope, SCOPE_SUBTREE);
  DIFFERS(place.protocol, PLACE_ANY_PROTOCOL);
  DIFFERS(place.port, 0);
  DIFFERS(kind, KEYPIN_EXCEPTION);
  DIFFERS(status, KEYPIN_INACTIVE);
  DIFFERS(origin, KEYPIN_USER);
  DIFFERS(level, KEYPIN_ANY);
  DIFFERS(selector, SELECTOR_CERTIFICATE);
  DIFFERS(matching, MATCHING_SHA512);
  DIFFERS(digest[31], 0);
  DIFFERS(locked, true);
  DIFFERS(always, true);
  DIFFERS(enforce_until, 1);
  DIFFERS(report_until, 1);
  DIFFERS(errors, 1);
  DIFFERS(first_seen, 1);
  DIFFERS(note, "");
  DIFFERS(seen.size, 0);
  other = pin; /* that it was met again is no difference */
  other.last_seen++;
  other.count_seen++;
  assert_true(pin_equal(&pin, &other));
  other.digest[32] = 1; /* behind the digest */
  assert_true(pin_equal(&pin, &other));
}

static void test_digest(void **state)
{
  GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
  struct keypin pin = stores_pin(5), other = pin;
  struct digest one, two;

  (void)state;
  assert_true(pin_digest(checksum, &pin, &one));
  other.last_seen++;
  other.count_seen = 0;
  assert_true(pin_digest(checksum, &other, &two));
  assert_memory_equal(&one, &two, sizeof one);
  other.status = KEYPIN_INACTIVE;
  assert_true(pin_digest(checksum, &other, &two));
  assert_memory_not_equal(&one, &two, sizeof one);
  g_checksum_free(checksum);
}

static int sign(int value)
{
  return (value > 0) - (value < 0);
}

/* The order of keypin_compare_key is that of the table, and the first key stands before all. */
static void test_order(void **state)
{
  (void)state;
  for (int a = 0; a < SAMPLES; a++) {
    struct keypin left = sample(a);
    struct cell cells[2][PIN_KEY];

    pin_key_to_cells(&left, cells[0]);
    pin_first_key_to_cells("", cells[1]);
    assert_true(cells_compare(&tables[TABLE_PIN], cells[1], cells[0]) < 0);
    for (int i = 0; i < PIN_KEY; i++)
      assert_true(cells[1][i].type == cells[0][i].type && cells[1][i].number == 0);
    pin_first_key_to_cells(left.place.host, cells[1]);
    assert_true(cells_compare(&tables[TABLE_PIN], cells[1], cells[0]) < 0);
    for (int b = 0; b < SAMPLES; b++) {
      struct keypin right = sample(b);

      pin_key_to_cells(&right, cells[1]);
      assert_int_equal(sign(keypin_compare_key(&left, &right)),
                       sign(cells_compare(&tables[TABLE_PIN], cells[0], cells[1])));
    }
  }
}

static void test_image(void **state)
{
  struct pin_image image = {.operation = 4, .present = true, .pin = stores_pin(5)}, got;
  struct cell cells[TABLE_COLUMNS];
  struct pin_note note;

  (void)state;
  pin_image_to_cells(&image, cells);
  for (int i = 0; i < tables[TABLE_IMAGE].columns; i++)
    assert_int_equal(cells[i].type == CELL_INTEGER, tables[TABLE_IMAGE].types[i] == 'i');
  assert_true(pin_image_of_cells(cells, &got, &note));
  assert_true(got.operation == 4 && got.present && !got.left);
  assert_true(stores_same_pin(&got.pin, &image.pin));

  image.left = true;
  memset(&image.result, 7, sizeof image.result);
  image.present = false; /* nothing of the record but its key goes into the file */
  pin_image_to_cells(&image, cells);
  assert_int_equal(cells[21].bytes.size + cells[22].bytes.size, 0);
  assert_true(pin_image_of_cells(cells, &got, &note));
  assert_true(got.left && !got.present);
  assert_memory_equal(&got.result, &image.result, sizeof got.result);
  assert_int_equal(keypin_compare_key(&got.pin, &image.pin), 0);
  assert_true(got.pin.count_seen == 0);
}

/* That a record was only met is said by a result that none has; there has to be the record. */
static void test_noted_image(void **state)
{
  struct pin_image image = {.operation = 1, .present = true, .left = true, .noted = true}, got;
  struct cell cells[TABLE_COLUMNS];
  struct pin_note note;

  (void)state;
  image.pin = stores_pin(5);
  memset(&image.result, 7, sizeof image.result); /* isn't written */
  pin_image_to_cells(&image, cells);
  assert_true(pin_image_of_cells(cells, &got, &note));
  assert_true(got.present && got.left && got.noted);
  assert_true(stores_same_pin(&got.pin, &image.pin));
  image.noted = false;
  pin_image_to_cells(&image, cells);
  assert_true(pin_image_of_cells(cells, &got, &note));
  assert_true(got.left && !got.noted);
  image.noted = true;
  image.present = false;
  pin_image_to_cells(&image, cells);
  assert_false(pin_image_of_cells(cells, &got, &note));
}

static void test_hostile_images(void **state)
{
  static const struct hostile bad[] = {
      {0, NUMBER(0)},   {0, NUMBER(-1)},         {1, TEXT("Host")}, {2, TEXT("exactly")},
      {8, NUMBER(5)},   {11, NUMBER(2)},         {11, NUMBER(-1)},  {10, BLOB("short")},
      {23, BLOB("31")}, {1, TEXT("a..example")},
  };
  struct pin_image image = {.operation = 4, .pin = stores_pin(5)}, got;
  struct cell cells[TABLE_COLUMNS];
  struct pin_note note;

  (void)state;
  for (size_t i = 0; i < 2 * G_N_ELEMENTS(bad); i++) {
    image.present = i % 2 == 0;
    pin_image_to_cells(&image, cells);
    assert_true(pin_image_of_cells(cells, &got, &note));
    cells[bad[i / 2].column] = bad[i / 2].cell;
    assert_false(pin_image_of_cells(cells, &got, &note));
  }
  image.present = true;
  image.pin.locked = true; /* never a user's */
  pin_image_to_cells(&image, cells);
  assert_false(pin_image_of_cells(cells, &got, &note));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_validity),
      cmocka_unit_test(test_key_validity), cmocka_unit_test(test_hostile_columns),
      cmocka_unit_test(test_equal),        cmocka_unit_test(test_digest),
      cmocka_unit_test(test_order),        cmocka_unit_test(test_image),
      cmocka_unit_test(test_noted_image),  cmocka_unit_test(test_hostile_images),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
