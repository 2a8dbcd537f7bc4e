/* T4: many programs store at once, with one daemon and with two on one home: no error, and what
 * each has stored is there afterwards.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/clerk.h"
#include "tests/desk.h"
#include "tests/full.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/step.h"

enum { MOST = 64, BUSES = 2 };

#define TARGET                                                                                     \
  "8 x 500 and 64 x 500 concurrent stores; two daemons on one home: no error, none lost"

struct crowd {
  struct desk desks[BUSES]; /* the second has the home of the first */
  struct clerk_board *board;
  unsigned clerks, stores, buses;
  pid_t pids[MOST];
};

static const char *address_of(const struct crowd *crowd, unsigned number)
{
  return crowd->desks[number % crowd->buses].bus.address;
}

static bool open_clerk(const struct crowd *crowd, struct clerk *clerk, unsigned bus,
                       unsigned number)
{
  return clerk_open(clerk, crowd->board, address_of(crowd, bus), NULL, number, 1);
}

/* They wait for each other, so that all begin at once. */
static int run_clerk(const struct crowd *crowd, unsigned number)
{
  static struct clerk clerk;
  bool fine = open_clerk(crowd, &clerk, number, number);

  crowd->board->acknowledged[0]++;
  while (crowd->board->acknowledged[0] < crowd->clerks)
    usleep(500);
  for (unsigned i = 0; i < crowd->stores && fine; i++)
    fine = clerk_store(&clerk, i) && clerk_find(&clerk, i);
  clerk_close(&clerk);
  return fine ? 0 : 1;
}

static bool run_all(struct crowd *crowd)
{
  bool fine = true;

  memset(crowd->board, 0, sizeof *crowd->board);
  fflush(stdout);
  for (unsigned i = 0; i < crowd->clerks; i++) {
    crowd->pids[i] = fork();
    if (crowd->pids[i] == 0)
      test_child_end(run_clerk(crowd, i));
    assert_true(crowd->pids[i] > 0);
  }
  for (unsigned i = 0; i < crowd->clerks; i++)
    fine = test_child_was_well(crowd->pids[i]) && fine;
  return fine;
}

/* Everything is there, for each of the daemons. */
static bool all_is_there(const struct crowd *crowd)
{
  static struct clerk clerk;
  bool fine = true;

  for (unsigned bus = 0; bus < crowd->buses; bus++)
    for (unsigned number = 0; number < crowd->clerks && fine; number++) {
      fine = open_clerk(crowd, &clerk, bus, number);
      for (unsigned i = 0; i < crowd->stores && fine; i++)
        fine = clerk_find(&clerk, i);
      clerk_close(&clerk);
    }
  return fine;
}

/* And nothing else; a daemon that reads the store again says so, too. */
static bool nothing_else_is(const struct crowd *crowd)
{
  tlspin_status_t *status = NULL;
  int64_t entries;
  tlspin_t *context;

  desk_kill(&crowd->desks[0], SIGTERM);
  assert_int_equal(tlspin_new(&context, crowd->desks[0].bus.address), TLSPIN_OK);
  tlspin_set_budget(context, 20000, 20000);
  assert_int_equal(tlspin_status(context, &status), TLSPIN_OK);
  assert_string_equal(tlspin_status_string(status, "state"), "ok");
  entries = tlspin_status_number(status, "entries");
  tlspin_status_free(status);
  tlspin_free(context);
  return entries == (int64_t)crowd->clerks * crowd->stores;
}

static void clear(const struct crowd *crowd)
{
  const struct tlspin_filter all = {.all = 1};
  tlspin_t *context;

  assert_int_equal(tlspin_new(&context, crowd->desks[0].bus.address), TLSPIN_OK);
  assert_int_equal(tlspin_clear(context, &all, NULL), TLSPIN_OK);
  tlspin_free(context);
}

static void hold(struct crowd *crowd, const char *name, const char *target, unsigned buses,
                 unsigned clerks, unsigned stores)
{
  long start = test_now();
  bool fine;

  crowd->buses = buses;
  crowd->clerks = clerks;
  crowd->stores = stores;
  fine = run_all(crowd);
  start = test_now() - start;
  fine = fine && all_is_there(crowd) && nothing_else_is(crowd);
  full_say(name, target, fine, "%u x %u with %u daemon%s in %.1f s: %s", clerks, stores, buses,
           buses > 1 ? "s" : "", (double)start / 1000,
           fine ? "no error, none lost" : "an error, or some lost");
  assert_true(fine);
  clear(crowd);
}

static void test_few(void **state)
{
  hold(*state, "T4a", "8 x 500 concurrent stores: no error, none lost", 1, 8,
       (unsigned)full_count(10, 50, 500));
}

static void test_many(void **state)
{
  hold(*state, "T4b", "64 x 500 concurrent stores: no error, none lost", 1, MOST,
       (unsigned)full_count(2, 8, 500));
}

static void test_two_daemons(void **state)
{
  struct crowd *crowd = *state;

  hold(crowd, "T4c", "8 x 500, two daemons on one home: no error, none lost", BUSES, 8,
       (unsigned)full_count(10, 50, 500));
  assert_int_not_equal(desk_daemon(&crowd->desks[0]), desk_daemon(&crowd->desks[1]));
}

/* The other bus starts its daemon with the same folders. */
static void share_home(struct crowd *crowd)
{
  static const char *const names[] = {"org.tlspin.Pins1", "org.tlspin.Admin1"};
  char from[128], to[128];

  test_bus_start(&crowd->desks[1].bus, NULL);
  for (size_t i = 0; i < 2; i++) {
    snprintf(from, sizeof from, "%s/services/%s.service", crowd->desks[0].bus.dir, names[i]);
    snprintf(to, sizeof to, "%s/services/%s.service", crowd->desks[1].bus.dir, names[i]);
    stores_copy(from, to);
  }
}

static int crowd_open(void **state)
{
  struct crowd *crowd = calloc(1, sizeof *crowd);

  assert_non_null(crowd);
  *state = crowd;
  crowd->board =
      mmap(NULL, sizeof *crowd->board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(crowd->board != MAP_FAILED);
  desk_open(&crowd->desks[0]);
  share_home(crowd);
  return 0;
}

static int crowd_close(void **state)
{
  struct crowd *crowd = *state;

  desk_close(&crowd->desks[1]);
  desk_close(&crowd->desks[0]);
  munmap(crowd->board, sizeof *crowd->board);
  free(crowd);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      /* First: each daemon reads what the other one wrote, and all that is kept for an undo. */
      cmocka_unit_test(test_two_daemons),
      cmocka_unit_test(test_few),
      cmocka_unit_test(test_many),
  };

  return step_run(tests, crowd_open, crowd_close);
}
