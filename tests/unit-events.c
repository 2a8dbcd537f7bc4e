/* The event log.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/events.h"

#include "tests/hostile.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 86400, NEVER = 1 << 30 };

static struct event_row event_of(int n)
{
  return (struct event_row){
      .kind = "mismatch",
      .peer = stores_row(n).peer,
      .reason = "critical-differs",
      .layer = "user",
      .key = "sha256//AAAA",
      .report = "",
      .program = "curl",
      .operation = 12,
  };
}

static uint64_t log_at(struct store *store, struct event_row event, int64_t now)
{
  uint64_t id = 0;

  assert_int_equal(store_log(store, &event, now, &id), TLSPIN_OK);
  assert_true(id > 0);
  return id;
}

struct writing {
  GString *text;
  int left;
};

static bool write_event(const struct event_row *event, void *data)
{
  struct writing *writing = data;

  g_string_append_printf(writing->text, "%d:%.9s:%d-%d*%d ", (int)event->id, event->peer.host,
                         (int)event->made, (int)event->last, (int)event->count);
  return --writing->left > 0;
}

static void expect(struct store *store, uint64_t after, const char *host, uint32_t limit,
                   const char *expected)
{
  struct writing writing = {g_string_new(NULL), NEVER};

  assert_int_equal(store_events(store, after, host, limit, write_event, &writing), TLSPIN_OK);
  assert_string_equal(writing.text->str, expected);
  g_string_free(writing.text, TRUE);
}

static void close_and_check(struct store *store, struct stores *stores)
{
  store_close(store);
  store_close(stores_open(stores->path));
}

static void test_log(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct writing writing = {g_string_new(NULL), 1};

  expect(store, 0, NULL, 99, "");
  for (int i = 0; i < 3; i++)
    assert_true(log_at(store, event_of(i % 2), 10 + i * DAY) == (uint64_t)i + 1);
  expect(store, 0, NULL, 99,
         "1:host-0000:10-10*1 2:host-0001:86410-86410*1 3:host-0000:172810-172810*1 ");
  expect(store, 1, NULL, 99, "2:host-0001:86410-86410*1 3:host-0000:172810-172810*1 ");
  expect(store, 0, NULL, 1, "1:host-0000:10-10*1 ");
  expect(store, 0, NULL, 0, "");
  expect(store, 3, NULL, 99, "");
  expect(store, UINT64_MAX, NULL, 99, "");
  expect(store, 0, "host-0000.example", 99, "1:host-0000:10-10*1 3:host-0000:172810-172810*1 ");
  expect(store, 1, "host-0000.example", 99, "3:host-0000:172810-172810*1 ");
  expect(store, 0, "nobody.example", 99, "");
  assert_int_equal(store_events(store, 0, NULL, 99, write_event, &writing), TLSPIN_OK);
  assert_string_equal(writing.text->str, "1:host-0000:10-10*1 "); /* and then it was told to end */
  g_string_free(writing.text, TRUE);
  close_and_check(store, stores);
}

static bool compare_event(const struct event_row *event, void *data)
{
  const struct event_row *expected = data;

  assert_string_equal(event->kind, expected->kind);
  assert_string_equal(event->peer.host, expected->peer.host);
  assert_int_equal(event->peer.protocol, expected->peer.protocol);
  assert_int_equal(event->peer.port, expected->peer.port);
  assert_string_equal(event->reason, expected->reason);
  assert_string_equal(event->layer, expected->layer);
  assert_string_equal(event->key, expected->key);
  assert_string_equal(event->report, expected->report);
  assert_string_equal(event->program, expected->program);
  assert_true(event->operation == expected->operation);
  assert_true(event->id == 1 && event->made == 7 && event->last == 7 && event->count == 1);
  return true;
}

/* All of it comes back, with the longest texts; what the caller says of times doesn't count. */
static void test_whole(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autofree char *report = g_strnfill(EVENT_REPORT_MAX, 'r');
  g_autofree char *layer = g_strnfill(EVENT_LAYER_MAX, 'l');
  g_autofree char *key = g_strnfill(KEYPIN_KEY_TEXT_SIZE - 1, 'k');
  g_autofree char *program = g_strnfill(EVENT_PROGRAM_MAX, 'p');
  struct event_row event = {
      77,    -5,  -5,     0,       "hpkp",   stores_row(3).peer, "pin-differs",
      layer, key, report, program, INT64_MAX};

  event.peer.protocol = PROTOCOL_DTLS;
  assert_true(log_at(store, event, 7) == 1);
  store_close(store);
  store = stores_open(stores->path);
  assert_int_equal(store_events(store, 0, NULL, 9, compare_event, &event), TLSPIN_OK);
  store_close(store);
}

/* The same again within a day counts up; anything else is another event. */
static void test_again(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path), *other = stores_open(stores->path);
  struct event_row event = event_of(1);

  assert_true(log_at(store, event, 1000) == 1);
  assert_true(log_at(other, event, 1000 + DAY - 1) == 1); /* by another daemon */
  assert_true(log_at(store, event, 1000 + DAY) == 1);     /* a day since the last one */
  expect(store, 0, NULL, 9, "1:host-0001:1000-87400*3 ");
  assert_true(log_at(store, event, 1500 + DAY - DAY) == 1); /* the clock went back a bit */
  expect(store, 0, NULL, 9, "1:host-0001:1000-87400*4 ");
  event.layer = "50-site.db"; /* where it was found, and what was reported, don't matter */
  event.report = "{}";
  assert_true(log_at(store, event, 1000 + DAY) == 1);
  assert_true(log_at(store, event, 1000 + DAY + DAY) == 2);
  assert_true(log_at(store, event, 5) == 3); /* a clock of long ago */
#define ANOTHER(member, value, number)                                                             \
  (event = event_of(1), event.member = (value),                                                    \
   assert_true(log_at(store, event, 1000 + DAY + DAY) == (number)))
  ANOTHER(kind, "change", 4);
  ANOTHER(peer.port, 444, 5);
  ANOTHER(peer.protocol, PROTOCOL_DTLS, 6);
  ANOTHER(peer, stores_row(2).peer, 7);
  ANOTHER(reason, "changed", 8);
  ANOTHER(key, "", 9);
  ANOTHER(key, "", 9);
  ANOTHER(program, "", 10);
  store_close(other);
  close_and_check(store, stores);
}

static bool read_operation(const struct event_row *event, void *data)
{
  *(uint64_t *)data = event->operation;
  return true;
}

/* Of what is counted up the newest operation can be undone; one that has none takes no number
 * away. */
static void test_operation(void **state)
{
  static const struct {
    uint64_t operation, told;
  } steps[] = {{0, 0}, {3, 3}, {0, 3}, {7, 7}, {0, 7}};
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
    struct event_row event = event_of(1);
    uint64_t told = 99;

    event.operation = steps[i].operation;
    assert_true(log_at(store, event, 1000) == 1);
    assert_int_equal(store_events(store, 0, NULL, 9, read_operation, &told), TLSPIN_OK);
    assert_true(told == steps[i].told);
  }
  close_and_check(store, stores);
}

/* The log is never longer than that, the oldest go, and no number is used again. */
static void test_cap(void **state)
{
  enum { MORE = 30 };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);

  for (int i = 0; i < EVENTS_KEPT + MORE; i++)
    assert_true(log_at(store, event_of(i % STORES_ROWS), 10 + i * 2 * DAY) == (uint64_t)i + 1);
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), EVENTS_KEPT);
  assert_int_equal(stores_number(stores->path, "SELECT min(id) FROM event"), MORE + 1);
  assert_int_equal(stores_number(stores->path, "SELECT max(id) FROM event"), EVENTS_KEPT + MORE);
  close_and_check(store, stores);
}

/* Long reports don't let the store grow without end either. */
static void test_cap_of_reports(void **state)
{
  enum { FIT = EVENTS_REPORT_TOTAL / EVENT_REPORT_MAX };
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autofree char *report = g_strnfill(EVENT_REPORT_MAX, 'r');

  for (int i = 0; i < FIT + 3; i++) {
    struct event_row event = event_of(i);

    event.report = report;
    assert_true(log_at(store, event, 10) == (uint64_t)i + 1);
  }
  assert_int_equal(stores_number(stores->path, "SELECT count(*) FROM event"), FIT);
  assert_int_equal(stores_number(stores->path, "SELECT min(id) FROM event"), 4);
  close_and_check(store, stores);
}

static void refuse(struct store *store, struct event_row event, int64_t now)
{
  uint64_t id = 9;

  assert_int_equal(store_log(store, &event, now, &id), TLSPIN_E_ARGUMENT);
  assert_true(id == 0);
}

static void test_arguments(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  g_autofree char *report = g_strnfill(EVENT_REPORT_MAX + 1, 'r');
  g_autofree char *layer = g_strnfill(EVENT_LAYER_MAX + 1, 'l');
  g_autofree char *key = g_strnfill(KEYPIN_KEY_TEXT_SIZE, 'k');
  g_autofree char *program = g_strnfill(EVENT_PROGRAM_MAX + 1, 'p');

#define REFUSED(member, value)                                                                     \
  ({                                                                                               \
    struct event_row event_ = event_of(1);                                                         \
    event_.member = (value);                                                                       \
    refuse(store, event_, 1);                                                                      \
  })
  REFUSED(kind, "");
  REFUSED(kind, "Mismatch");
  REFUSED(peer.port, 0);
  REFUSED(peer.host[0], 'H');
  REFUSED(reason, "not a token");
  REFUSED(layer, layer);
  REFUSED(layer, "\xff");
  REFUSED(key, key);
  REFUSED(key, "\xc3");
  REFUSED(report, report);
  REFUSED(report, "{\"\xed\xa0\x80\"}");
  REFUSED(program, program);
  REFUSED(program, "\xff");
  REFUSED(operation, (uint64_t)INT64_MAX + 1);
  refuse(store, event_of(1), -1);
  expect(store, 0, NULL, 9, "");
  store_close(store);
}

/* Each column by itself, with a digest that would be right: the store must not believe it. */
static void test_hostile_columns(void **state)
{
  static const struct hostile hostile[] = {
      {0, NUMBER(0)},         {0, NUMBER(-1)},       {1, NUMBER(-1)},        {1, NUMBER(INT64_MAX)},
      {2, NUMBER(INT64_MIN)}, {3, NUMBER(0)},        {3, NUMBER(1LL << 32)}, {4, TEXT("")},
      {4, TEXT("Change")},    {4, TEXT("a\0b")},     {5, TEXT("Host")},      {5, TEXT("")},
      {6, TEXT("")},          {6, TEXT("quic")},     {7, NUMBER(0)},         {7, NUMBER(65536)},
      {8, TEXT("")},          {8, TEXT("a reason")}, {9, TEXT("\xff")},      {9, TEXT("a\0")},
      {10, TEXT("\xff")},     {11, TEXT("\xff")},    {11, TEXT("\0")},       {12, TEXT("\xff")},
      {12, TEXT("a\0")},      {13, NUMBER(-1)},
  };
  struct event_row event = event_of(1), got;
  static struct event_texts texts;
  struct cell cells[TABLE_COLUMNS];

  (void)state;
  event.id = 1;
  event.count = UINT32_MAX;
  event_to_cells(&event, cells);
  for (int i = 0; i < tables[TABLE_EVENT].columns; i++)
    assert_int_equal(cells[i].type == CELL_INTEGER, tables[TABLE_EVENT].types[i] == 'i');
  assert_true(event_of_cells(cells, &got, &texts));
  assert_int_equal(got.count, UINT32_MAX);
  for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++) {
    event_to_cells(&event, cells);
    cells[hostile[i].column] = hostile[i].cell;
    if (event_of_cells(cells, &got, &texts))
      fail_msg("case %zu, column %d", i, hostile[i].column);
  }
}

static void test_damaged(void **state)
{
  struct stores *stores = *state;
  struct store *store = stores_open(stores->path);
  struct event_row event = event_of(1);
  struct writing writing = {g_string_new(NULL), NEVER};
  uint64_t id;

  for (int i = 0; i < 3; i++)
    log_at(store, event_of(i), 10);
  stores_sql(stores->path, "UPDATE event SET layer = 'x' WHERE id = 2");
  assert_int_equal(store_events(store, 0, NULL, 99, write_event, &writing), TLSPIN_UNAVAILABLE);
  assert_string_equal(writing.text->str, "1:host-0000:10-10*1 ");
  assert_int_equal(store_log(store, &event, 10, &id), TLSPIN_UNAVAILABLE);
  assert_true(id == 0);
  g_string_free(writing.text, TRUE);
  store_close(store);
}

static void test_layer(void **state)
{
  struct stores *stores = *state;
  struct layer_contents nothing = {.ticket_count = 0};
  struct event_row event = event_of(1);
  struct store *store;
  char *problem;
  uint64_t id;

  assert_int_equal(store_write_layer(stores->layer, &nothing, &problem), TLSPIN_OK);
  assert_int_equal(store_open(stores->layer, STORE_SYSTEM, geteuid(), &store, &problem), TLSPIN_OK);
  assert_int_equal(store_log(store, &event, 1, &id), TLSPIN_E_DENIED);
  expect(store, 0, NULL, 9, "");
  store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stores_setup, stores_teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_log),       TEST(test_whole),
      TEST(test_again),     TEST(test_operation),
      TEST(test_cap),       TEST(test_cap_of_reports),
      TEST(test_arguments), cmocka_unit_test(test_hostile_columns),
      TEST(test_damaged),   TEST(test_layer),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
