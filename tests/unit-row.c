/* The rows of the store and their columns.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/row.h"

#include "common/vault.h"
#include "tests/hostile.h"
#include "tests/misfire.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

MISFIRE(void *, vault_take, (size_t size), (size), NULL)

static void test_tokens(void **state)
{
  enum lock lock = LOCK_NONE;

  (void)state;
  for (int i = 0; i < LOCK_COUNT; i++) {
    assert_true(lock_from_token(lock_token((enum lock)i), &lock));
    assert_int_equal(lock, i);
  }
  assert_string_equal(lock_token(LOCK_REPORT), "report");
  assert_false(lock_from_token("Report", &lock));
  assert_false(lock_from_token("", &lock));
}

static void test_time(void **state)
{
  (void)state;
  assert_true(time_is_valid(0));
  assert_true(time_is_valid(TIME_MAX));
  assert_false(time_is_valid(-1));
  assert_false(time_is_valid(TIME_MAX + 1));
  assert_false(time_is_valid(INT64_MIN));
  assert_false(time_is_valid(INT64_MAX));
}

static void test_reason(void **state)
{
  (void)state;
  assert_true(reason_is_valid("a"));
  assert_true(reason_is_valid("no-proof-0123456789-abcdefghijk")); /* 31 */
  assert_false(reason_is_valid("no-proof-0123456789-abcdefghijkl"));
  assert_false(reason_is_valid(""));
  assert_false(reason_is_valid("No"));
  assert_false(reason_is_valid("no proof"));
  assert_false(reason_is_valid("a\n"));
}

static void test_peer(void **state)
{
  static const char *const bad[] = {
      "",          "Host.example", "host.example.",     "192.0.2.1",    "a..example",
      "*.example", "a b.example",  "b\xc3\xbc.example", "host_.example"};
  struct peer peer = stores_row(0).peer;

  (void)state;
  assert_true(peer_is_valid(&peer));
  peer.port = 0;
  assert_false(peer_is_valid(&peer));
  peer.port = 1;
  peer.protocol = PROTOCOL_COUNT;
  assert_false(peer_is_valid(&peer));
  peer.protocol = PROTOCOL_DTLS;
  assert_true(peer_is_valid(&peer));
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
    strcpy(peer.host, bad[i]);
    assert_false(peer_is_valid(&peer));
  }
  memset(peer.host, 'a', sizeof peer.host); /* no NUL anywhere */
  assert_false(peer_is_valid(&peer));
}

static bool is_valid_with(struct ticket_row row, enum store_kind kind)
{
  return ticket_row_is_valid(&row, kind);
}

#define CHANGED(member, value)                                                                     \
  ({                                                                                               \
    struct ticket_row changed_ = stores_row(1);                                                    \
    changed_.member = (value);                                                                     \
    changed_;                                                                                      \
  })

static void test_ticket_is_valid(void **state)
{
  struct ticket_row row = stores_row(1);

  (void)state;
  assert_int_equal(row.hash, TICKET_SHA256);
  assert_true(ticket_row_is_valid(&row, STORE_USER));
  assert_true(is_valid_with(CHANGED(expires, TIME_MAX), STORE_USER));
  assert_true(is_valid_with(CHANGED(ticket.size, 1), STORE_USER));
  assert_true(is_valid_with(CHANGED(ticket.size, UINT16_MAX), STORE_USER));
  assert_false(is_valid_with(CHANGED(peer.port, 0), STORE_USER));
  assert_false(is_valid_with(CHANGED(ticket.size, 0), STORE_USER));
  assert_false(is_valid_with(CHANGED(ticket.size, UINT16_MAX + 1), STORE_USER));
  assert_false(is_valid_with(CHANGED(secret.size, 0), STORE_USER));
  assert_false(is_valid_with(CHANGED(secret.size, 31), STORE_USER));
  assert_false(is_valid_with(CHANGED(secret.size, 48), STORE_USER));
  assert_false(is_valid_with(CHANGED(hash, TICKET_SHA384), STORE_USER));
  assert_false(is_valid_with(CHANGED(hash, TICKET_HASHES), STORE_USER));
  assert_false(is_valid_with(CHANGED(series, 0), STORE_USER));
  assert_false(is_valid_with(CHANGED(first_seen, -1), STORE_USER));
  assert_false(is_valid_with(CHANGED(issued, -1), STORE_USER));
  assert_false(is_valid_with(CHANGED(expires, TIME_MAX + 1), STORE_USER));
}

/* A lock is the administrator's word; only to switch pinning off does he need no ticket. */
static void test_locks_of_layers(void **state)
{
  struct ticket_row row = stores_row(1);

  (void)state;
  for (int lock = LOCK_ENFORCE; lock < LOCK_COUNT; lock++) {
    assert_false(is_valid_with(CHANGED(lock, (enum lock)lock), STORE_USER));
    assert_true(is_valid_with(CHANGED(lock, (enum lock)lock), STORE_SYSTEM));
  }
  assert_false(is_valid_with(CHANGED(lock, LOCK_COUNT), STORE_SYSTEM));
  row.ticket.size = row.secret.size = 0;
  row.lock = LOCK_OFF;
  assert_true(ticket_row_is_valid(&row, STORE_SYSTEM));
  row.secret.size = 32;
  assert_false(ticket_row_is_valid(&row, STORE_SYSTEM));
  row.secret.size = 0;
  row.lock = LOCK_ENFORCE;
  assert_false(ticket_row_is_valid(&row, STORE_SYSTEM));
}

static void test_ticket_round_trip(void **state)
{
  (void)state;
  for (int n = 0; n < 64; n++) {
    struct ticket_row row = stores_row(n), got;
    struct cell cells[TABLE_COLUMNS];

    row.series = n % 2 == 0 ? UINT64_MAX - (uint64_t)n : row.series; /* over the sign bit */
    row.peer.protocol = n % 5 == 0 ? PROTOCOL_DTLS : PROTOCOL_TLS;
    ticket_row_to_cells(&row, cells);
    for (int i = 0; i < tables[TABLE_TICKET].columns; i++)
      assert_int_equal(cells[i].type == CELL_INTEGER, tables[TABLE_TICKET].types[i] == 'i');
    assert_true(ticket_row_of_cells(cells, STORE_USER, &got));
    assert_true(ticket_row_equal(&row, &got));
    assert_null(got.owned);
  }
}

/* Each column by itself, with a digest that would be right: the store must not believe it. */
static void test_hostile_columns(void **state)
{
  static const struct hostile hostile[] = {
      {0, TEXT("")},
      {0, TEXT("HOST.example")},
      {0, TEXT("host.example.")},
      {0, TEXT("host\0.example")},
      {0, TEXT("host.example\n")},
      {0, TEXT("b\xc3\xbc"
               "cher.example")},
      {1, TEXT("")},
      {1, TEXT("TLS")},
      {1, TEXT("tls\0")},
      {1, LONG_TOKEN},
      {2, NUMBER(0)},
      {2, NUMBER(-1)},
      {2, NUMBER(65536)},
      {2, NUMBER(65536 + 443)},
      {3, TEXT("")},
      {4, TEXT("too short")},
      {5, TEXT("sha1")},
      {5, TEXT("sha384")},
      {5, TEXT("")},
      {5, LONG_TOKEN},
      {6, NUMBER(0)},
      {7, NUMBER(-1)},
      {8, NUMBER(INT64_MIN)},
      {9, NUMBER(INT64_MAX)},
      {10, TEXT("enforce")},
      {10, TEXT("nothing")},
      {10, LONG_TOKEN},
  };
  struct ticket_row row = stores_row(1), got;
  struct cell cells[TABLE_COLUMNS];
  char longest[HOST_MAX + 2];

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
    ticket_row_to_cells(&row, cells);
    cells[hostile[i].column] = hostile[i].cell;
    assert_false(ticket_row_of_cells(cells, STORE_USER, &got));
  }
  memset(longest, 'a', sizeof longest);
  for (size_t i = 60; i < sizeof longest; i += 60)
    longest[i] = '.';
  ticket_row_to_cells(&row, cells);
  cells[0] = cell_blob((struct span){(const uint8_t *)longest, HOST_MAX});
  assert_true(ticket_row_of_cells(cells, STORE_USER, &got));
  cells[0].bytes.size++;
  assert_false(ticket_row_of_cells(cells, STORE_USER, &got));
}

static void test_own(void **state)
{
  struct ticket_row row = stores_row(5), copy = row;

  (void)state;
  assert_true(ticket_row_own(&copy));
  assert_non_null(copy.owned);
  assert_true(ticket_row_equal(&row, &copy));
  assert_ptr_not_equal(copy.ticket.data, row.ticket.data);
  assert_ptr_not_equal(copy.secret.data, row.secret.data);
  ticket_row_clear(&copy);
  assert_null(copy.owned);
  assert_null(copy.secret.data);
  assert_int_equal(copy.ticket.size, 0);
  ticket_row_clear(&copy); /* again, and for one that owns nothing */
  ticket_row_clear(&row);
  assert_int_equal(row.series, 0);
}

/* No memory for secrets: it owns nothing, and points to where it did. */
static void test_no_vault(void **state)
{
  struct ticket_row row = stores_row(5), copy = row;

  (void)state;
  vault_take_misfire = (struct misfire){.call = 1, .error = ENOMEM};
  assert_false(ticket_row_own(&copy));
  assert_int_equal(vault_take_misfire.done, 1);
  assert_null(copy.owned);
  assert_ptr_equal(copy.ticket.data, row.ticket.data);
  ticket_row_clear(&copy);
  assert_null(copy.ticket.data);
}

/* What stands at an address that may have been freed, as a debugger would read it. */
static bool peek(uintptr_t address, uint8_t *octets, size_t size)
{
  int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  bool done = fd >= 0 && pread(fd, octets, size, (off_t)address) == (ssize_t)size;

  if (fd >= 0)
    close(fd);
  return done;
}

/* The allocator keeps its own marks in what was freed, but no 16 octets of a secret may be left. */
static void test_clear_wipes(void **state)
{
  struct ticket_row row = stores_row(5);
  uint8_t secret[32], octets[256];
  uintptr_t block;

  (void)state;
  assert_int_equal(row.secret.size, sizeof secret);
  memcpy(secret, row.secret.data, sizeof secret);
  assert_true(ticket_row_own(&row));
  block = (uintptr_t)row.owned;
  if (!peek(block, octets, sizeof octets))
    skip();
  assert_non_null(memmem(octets, sizeof octets, secret, 16));
  row.secret.size = 0; /* what the row says by then doesn't matter */
  ticket_row_clear(&row);
  assert_true(peek(block, octets, sizeof octets));
  for (size_t i = 0; i + 16 <= sizeof secret; i++)
    assert_null(memmem(octets, sizeof octets, secret + i, 16));
}

static void test_equal(void **state)
{
  struct ticket_row row = stores_row(1), other;

  (void)state;
  assert_true(ticket_row_equal(&row, &row));
#define DIFFERS(member, value)                                                                     \
  (other = CHANGED(member, value), assert_false(ticket_row_equal(&row, &other)))
  DIFFERS(peer.host[0], 'x');
  DIFFERS(peer.protocol, PROTOCOL_DTLS);
  DIFFERS(peer.port, 444);
  DIFFERS(ticket.size, 7);
  DIFFERS(secret.data, row.ticket.data);
  DIFFERS(hash, TICKET_SHA384);
  DIFFERS(series, 9);
  DIFFERS(first_seen, 9);
  DIFFERS(issued, 9);
  DIFFERS(expires, 9);
  DIFFERS(lock, LOCK_OFF);
}

static void test_failure(void **state)
{
  struct failure_row row = {"no-proof", 5, 9, UINT32_MAX}, got;
  struct peer peer = stores_row(3).peer, found;
  struct cell cells[TABLE_COLUMNS];

  (void)state;
  failure_row_to_cells(&peer, &row, cells);
  assert_true(failure_row_of_cells(cells, &found, &got));
  assert_string_equal(found.host, peer.host);
  assert_string_equal(got.reason, "no-proof");
  assert_true(got.first == 5 && got.last == 9 && got.count == UINT32_MAX);
  cells[6] = cell_integer(0);
  assert_false(failure_row_of_cells(cells, &found, &got));
  cells[6] = cell_integer((int64_t)UINT32_MAX + 1);
  assert_false(failure_row_of_cells(cells, &found, &got));
  cells[6] = cell_integer(1);
  cells[5] = cell_integer(-1);
  assert_false(failure_row_of_cells(cells, &found, &got));
  cells[5] = cell_integer(9);
  cells[4] = cell_integer(-1);
  assert_false(failure_row_of_cells(cells, &found, &got));
  cells[4] = cell_integer(5);
  assert_true(failure_row_of_cells(cells, &found, &got));
  cells[3] = cell_text("No Proof");
  assert_false(failure_row_of_cells(cells, &found, &got));
  cells[3] = cell_text("a-reason-that-is-longer-than-31-octets");
  assert_false(failure_row_of_cells(cells, &found, &got));
  cells[3] = cell_text("no-proof");
  cells[0] = cell_text("HOST");
  assert_false(failure_row_of_cells(cells, &found, &got));
  peer_to_cells(&peer, cells);
  assert_true(failure_row_of_cells(cells, &found, &got));
  cells[1] = cell_text("quic");
  assert_false(failure_row_of_cells(cells, &found, &got));
}

static void test_operation(void **state)
{
  static const struct operation_row rows[] = {
      {1, OPERATION_CLEAR, 0, 7, false},
      {2, OPERATION_EDIT, 0, 7, true},
      {3, OPERATION_TOLD, 0, 7, false},
      {4, OPERATION_APPLYING, 3, 7, false},
      {OPERATION_LAST - 1, OPERATION_UNDO, 1, TIME_MAX, true}};
  static const struct {
    int column;
    int64_t number;
  } hostile[] = {{0, 0}, {0, -1}, {0, (int64_t)OPERATION_LAST}, {2, 0}, {2, 7}, {2, -1}, {3, -1},
                 {4, 2}, {4, -1}};
  struct operation_row undo = {7, OPERATION_UNDO, 6, 7, false}, got;
  struct cell cells[TABLE_COLUMNS];

  (void)state;
  for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
    operation_row_to_cells(&rows[i], cells);
    assert_true(operation_row_of_cells(cells, &got));
    assert_true(got.id == rows[i].id && got.kind == rows[i].kind && got.target == rows[i].target);
    assert_true(got.made == rows[i].made && got.undone == rows[i].undone);
  }
  for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
    operation_row_to_cells(&undo, cells);
    cells[hostile[i].column] = cell_integer(hostile[i].number);
    assert_false(operation_row_of_cells(cells, &got));
  }
  operation_row_to_cells(&undo, cells);
  cells[1] = cell_text("clear"); /* with a target */
  assert_false(operation_row_of_cells(cells, &got));
  cells[1] = cell_text("redo");
  assert_false(operation_row_of_cells(cells, &got));
  cells[1] = (struct cell)LONG_TOKEN;
  assert_false(operation_row_of_cells(cells, &got));
}

static void test_image(void **state)
{
  struct image_row image = {.operation = 4, .present = true, .ticket = stores_row(2)}, got;
  struct cell cells[TABLE_COLUMNS];

  (void)state;
  image_row_to_cells(&image, cells);
  assert_true(image_row_of_cells(cells, &got));
  assert_true(got.operation == 4 && got.present);
  assert_true(ticket_row_equal(&got.ticket, &image.ticket));
  cells[7] = cell_text("sha1");
  assert_false(image_row_of_cells(cells, &got));

  image.present = false; /* nothing of the row but the peer goes into the file */
  image_row_to_cells(&image, cells);
  assert_int_equal(cells[5].bytes.size + cells[6].bytes.size, 0);
  assert_true(image_row_of_cells(cells, &got));
  assert_false(got.present);
  assert_string_equal(got.ticket.peer.host, image.ticket.peer.host);
  assert_int_equal(got.ticket.series, 0);
  cells[4] = cell_integer(2);
  assert_false(image_row_of_cells(cells, &got));
  cells[4] = cell_integer(0);
  cells[1] = cell_text("Host");
  assert_false(image_row_of_cells(cells, &got));
  cells[1] = cell_text("host");
  cells[2] = cell_text("quic");
  assert_false(image_row_of_cells(cells, &got));
  cells[2] = cell_text("tls");
  cells[0] = cell_integer(1);
  assert_true(image_row_of_cells(cells, &got));
  cells[0] = cell_integer(0);
  assert_false(image_row_of_cells(cells, &got));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tokens),
      cmocka_unit_test(test_time),
      cmocka_unit_test(test_reason),
      cmocka_unit_test(test_peer),
      cmocka_unit_test(test_ticket_is_valid),
      cmocka_unit_test(test_locks_of_layers),
      cmocka_unit_test(test_ticket_round_trip),
      cmocka_unit_test(test_hostile_columns),
      cmocka_unit_test(test_own),
      cmocka_unit_test(test_no_vault),
      cmocka_unit_test(test_clear_wipes),
      cmocka_unit_test(test_equal),
      cmocka_unit_test(test_failure),
      cmocka_unit_test(test_operation),
      cmocka_unit_test(test_image),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
