/* T6: how long a lookup takes in stores of 100 to 1,000,000 entries: over the bus, as programs ask,
 * and in the store alone.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The stores take turns, lookup by lookup, so that a noisy machine is noisy for all of them, and
 * the medians are compared. A quick run fails only where lookups grow with the store. */
#include "config.h"

#include "bench/asker.h"
#include "dbus/messages.h"
#include "tests/bulk.h"
#include "tests/desk.h"
#include "tests/full.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SIZES = 5, SEED = 20261, BATCH = 10, STRETCH = 250 };

#define TARGET       "lookup against size, 100 to 1,000,000 entries: p50 grows <= 10 %"
#define TARGET_RATIO 1.10
#define QUICK_RATIO  4.0 /* what grew with the entries would be 100 times as slow */

static const uint32_t sizes[SIZES] = {100, 1000, 10000, 100000, 1000000};

struct shelf {
  uint32_t size;
  struct desk desk;
  DBusConnection *connection;
  struct store *store;
  struct sample asked, read;    /* of this stretch */
  double best_asked, best_read; /* microseconds; 0: not measured */
};

struct growth {
  struct shelf shelves[SIZES];
  unsigned count;
  uint32_t seed;
};

static void choose_host(struct growth *growth, const struct shelf *shelf, char host[64])
{
  bulk_host(stores_random(&growth->seed) % shelf->size, host);
}

/* Time of a lookup over the bus, whose answer is that no ticket but this one record is there. */
static void ask(struct growth *growth, struct shelf *shelf)
{
  struct bus_lookup_reply fields;
  DBusMessage *reply;
  char host[64];
  double start;

  choose_host(growth, shelf, host);
  start = sample_now();
  reply = asker_ask(shelf->connection, asker_lookup(host));
  sample_add(&shelf->asked, sample_now() - start);
  assert_true(bus_read_lookup_reply(reply, &fields));
  assert_string_equal(fields.answer, "no-pin");
  dbus_message_unref(reply);
}

static bool count_pin(const struct keypin *pin, void *data)
{
  (void)pin;
  ++*(int *)data;
  return true;
}

/* What the daemon reads for one, several times, for a clock that is coarse. */
static void read_store(struct growth *growth, struct shelf *shelf)
{
  struct peer peers[BATCH];
  struct ticket_row row;
  int found = 0;
  double start;

  for (int i = 0; i < BATCH; i++) {
    peers[i] = (struct peer){.protocol = PROTOCOL_TLS, .port = 443};
    choose_host(growth, shelf, peers[i].host);
  }
  start = sample_now();
  for (int i = 0; i < BATCH; i++) {
    assert_int_equal(store_read_begin(shelf->store), TLSPIN_OK);
    assert_int_equal(store_get(shelf->store, &peers[i], &row), TLSPIN_E_NOT_FOUND);
    assert_int_equal(store_pins(shelf->store, &peers[i], count_pin, &found), TLSPIN_OK);
    store_read_end(shelf->store);
  }
  sample_add(&shelf->read, (sample_now() - start) / BATCH);
  assert_int_equal(found, BATCH);
}

static void end_stretch(struct sample *times, double *best)
{
  double median = sample_quantile(times, 0.5);

  if (*best <= 0 || median < *best)
    *best = median;
  sample_clear(times);
}

static void run_stretch(struct growth *growth)
{
  for (unsigned i = 0; i < STRETCH; i++)
    for (unsigned j = 0; j < growth->count; j++)
      ask(growth, &growth->shelves[j]);
  for (unsigned i = 0; i < STRETCH / BATCH; i++)
    for (unsigned j = 0; j < growth->count; j++)
      read_store(growth, &growth->shelves[j]);
  for (unsigned j = 0; j < growth->count; j++) {
    struct shelf *shelf = &growth->shelves[j];

    end_stretch(&shelf->asked, &shelf->best_asked);
    end_stretch(&shelf->read, &shelf->best_read);
  }
}

/* How many times as slow as any smaller store the slowest one is. */
static double growth_of(const struct growth *growth, bool asked)
{
  double least = 0, most = 1;

  for (unsigned i = 0; i < growth->count; i++) {
    const struct shelf *shelf = &growth->shelves[i];
    double median = asked ? shelf->best_asked : shelf->best_read;

    printf("%8u entries, %s: p50 %.1f us\n", shelf->size, asked ? "over the bus" : "in the store",
           median);
    least = i == 0 || median < least ? median : least;
    most = median / least > most ? median / least : most;
  }
  return most;
}

static void test_growth(void **state)
{
  struct growth *growth = *state;
  uint64_t stretches = full_count(2, 4, 40);
  uint32_t largest = growth->shelves[growth->count - 1].size;
  double asked, read;
  bool passed;

  for (uint64_t i = 0; i < stretches; i++)
    run_stretch(growth);
  asked = growth_of(growth, true);
  read = growth_of(growth, false);
  passed = asked <= (full_asked() ? TARGET_RATIO : QUICK_RATIO);
  full_say("T6", TARGET, passed,
           "100 to %u entries: p50 %.1f us and at most %.2f times as much over the bus (%.2f times "
           "in the store alone), each of the quietest of %u stretches of %d lookups",
           largest, growth->shelves[0].best_asked, asked, read, (unsigned)stretches, STRETCH);
  assert_true(passed);
}

static void shelf_open(struct shelf *shelf, uint32_t size)
{
  char *problem = NULL;

  shelf->size = size;
  desk_open(&shelf->desk);
  bulk_fill(shelf->desk.store, size);
  shelf->connection = asker_connect(shelf->desk.bus.address);
  (void)asker_time(shelf->connection, asker_lookup("first.example"));
  assert_int_equal(store_open(shelf->desk.store, STORE_USER, getuid(), &shelf->store, &problem),
                   TLSPIN_OK);
}

static int growth_open(void **state)
{
  struct growth *growth = calloc(1, sizeof *growth);

  assert_non_null(growth);
  *state = growth;
  growth->seed = SEED;
  growth->count = (unsigned)full_count(2, 3, SIZES);
  for (unsigned i = 0; i < growth->count; i++)
    shelf_open(&growth->shelves[i], sizes[i]);
  return 0;
}

static int growth_close(void **state)
{
  struct growth *growth = *state;

  for (unsigned i = 0; i < growth->count; i++) {
    struct shelf *shelf = &growth->shelves[i];

    store_close(shelf->store);
    if (shelf->connection != NULL)
      asker_disconnect(shelf->connection);
    desk_close(&shelf->desk);
    sample_clear(&shelf->asked);
    sample_clear(&shelf->read);
  }
  free(growth);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_growth)};

  return cmocka_run_group_tests(tests, growth_open, growth_close);
}
