/* T14: how long a daemon with 10,000 entries takes from a call that starts it to its answer; and
 * fifty programs that all start it at once.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench/asker.h"
#include "dbus/names.h"
#include "libclient/tlspin-admin.h"
#include "tests/bulk.h"
#include "tests/desk.h"
#include "tests/full.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/step.h"

enum { CLIENTS = 50, PATIENCE_US = 5000000 };

#define TARGET_US 50000.0

struct start {
  struct desk desk;
  uint32_t entries;
  struct race {
    _Atomic unsigned ready;
    _Atomic bool go;
    _Atomic unsigned pids[CLIENTS]; /* of the daemon that each of them met */
  } * race;
};

/* --- The first answer --- */

static double time_start(struct start *start, DBusConnection *connection)
{
  char host[64];

  desk_kill(&start->desk, SIGTERM);
  bulk_host(7, host);
  return asker_time(connection, asker_lookup(host));
}

static void test_first_answer(void **state)
{
  struct start *start = *state;
  DBusConnection *connection = asker_connect(start->desk.bus.address);
  uint64_t rounds = full_count(3, 5, 40);
  struct sample times = {0};
  double median;
  bool passed;

  for (uint64_t i = 0; i < rounds; i++)
    sample_add(&times, time_start(start, connection));
  median = sample_quantile(&times, 0.5);
  passed = median <= (full_asked() ? TARGET_US : PATIENCE_US);
  full_say("T14a", "start at 10k entries: <= 50 ms to first answer", passed,
           "%u entries: p50 of %u starts %.1f ms, least %.1f ms, most %.1f ms", start->entries,
           (unsigned)rounds, median / 1000, sample_quantile(&times, 0) / 1000,
           sample_quantile(&times, 1) / 1000);
  assert_true(passed);
  sample_clear(&times);
  asker_disconnect(connection);
}

/* --- The race --- */

static bool ask_pins(tlspin_t *context)
{
  tlspin_entry_t *entry = NULL;
  char host[64];
  int code;

  bulk_host(7, host);
  code = tlspin_lookup(context, host, "tls", ASKER_PORT, &entry);
  tlspin_entry_free(entry);
  if (code != TLSPIN_NO_PIN) /* there is a record, and no ticket */
    fprintf(stderr, "lookup: %d %s\n", code, tlspin_last_message());
  return code == TLSPIN_NO_PIN;
}

static bool ask_admin(tlspin_t *context, uint32_t entries)
{
  tlspin_status_t *status = NULL;
  int code = tlspin_status(context, &status);
  bool fine = code == TLSPIN_OK && tlspin_status_number(status, "records") == entries;

  if (!fine)
    fprintf(stderr, "status: %d %s\n", code, tlspin_last_message());
  tlspin_status_free(status);
  return fine;
}

/* A program, which asks by the one name or the other as soon as all are there. */
static int run_client(struct start *start, unsigned number)
{
  DBusConnection *connection = asker_connect(start->desk.bus.address);
  tlspin_t *context;
  bool fine;

  if (tlspin_new(&context, start->desk.bus.address) != TLSPIN_OK)
    return 1;
  tlspin_set_budget(context, 20000, 20000);
  start->race->ready++;
  while (!start->race->go)
    usleep(100);
  fine = number % 2 == 0 ? ask_pins(context) : ask_admin(context, start->entries);
  start->race->pids[number] = asker_owner(connection, number % 2 == 0 ? BUS_PINS : BUS_ADMIN);
  tlspin_free(context);
  asker_disconnect(connection);
  return fine ? 0 : 1;
}

static bool run_race(struct start *start)
{
  pid_t clients[CLIENTS];
  bool fine = true;

  memset(start->race, 0, sizeof *start->race);
  fflush(stdout);
  for (unsigned i = 0; i < CLIENTS; i++) {
    clients[i] = fork();
    if (clients[i] == 0)
      test_child_end(run_client(start, i));
    assert_true(clients[i] > 0);
  }
  while (start->race->ready < CLIENTS)
    usleep(1000);
  start->race->go = true;
  for (unsigned i = 0; i < CLIENTS; i++)
    fine = test_child_was_well(clients[i]) && fine;
  return fine;
}

/* Whether the process is a daemon of this desk: its folder stands in the arguments. */
static bool is_daemon(const struct start *start, const char *pid)
{
  char path[300], line[4096], folder[64];
  size_t size;
  FILE *file;

  snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
  file = fopen(path, "re");
  if (file == NULL)
    return false;
  size = fread(line, 1, sizeof line, file);
  fclose(file);
  snprintf(folder, sizeof folder, "%s/data", start->desk.bus.dir);
  return memmem(line, size, "tlspind", 7) != NULL &&
         memmem(line, size, folder, strlen(folder)) != NULL;
}

static unsigned count_daemons(const struct start *start)
{
  DIR *proc = opendir("/proc");
  struct dirent *entry;
  unsigned count = 0;

  assert_non_null(proc);
  while ((entry = readdir(proc)) != NULL)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
      count += is_daemon(start, entry->d_name);
  closedir(proc);
  return count;
}

/* Where both names were asked for at once there may be two for a moment: the one that didn't get
 * them leaves. */
static bool one_is_left(const struct start *start)
{
  unsigned count = count_daemons(start);

  for (int i = 0; i < 2000 && count != 1; i++) {
    usleep(10000);
    count = count_daemons(start);
  }
  return count == 1;
}

static bool all_met_the_same(const struct start *start)
{
  for (unsigned i = 0; i < CLIENTS; i++)
    if (start->race->pids[i] == 0 || start->race->pids[i] != start->race->pids[0])
      return false;
  return true;
}

static void test_race(void **state)
{
  struct start *start = *state;
  uint64_t rounds = full_count(1, 2, 20), fine = 0;

  for (uint64_t i = 0; i < rounds; i++) {
    desk_kill(&start->desk, i % 2 == 0 ? SIGTERM : SIGKILL);
    fine += run_race(start) && one_is_left(start) && all_met_the_same(start);
  }
  full_say("T14b", "50 clients racing to activate: one daemon, no error", fine == rounds,
           "%u races of %u clients, %u with one daemon and without an error", (unsigned)rounds,
           CLIENTS, (unsigned)fine);
  assert_int_equal(fine, rounds);
}

static int start_open(void **state)
{
  struct start *start = calloc(1, sizeof *start);

  assert_non_null(start);
  *state = start;
  start->race =
      mmap(NULL, sizeof *start->race, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(start->race != MAP_FAILED);
  start->entries = (uint32_t)full_count(1000, 10000, 10000);
  desk_open(&start->desk);
  bulk_fill(start->desk.store, start->entries);
  return 0;
}

static int start_close(void **state)
{
  struct start *start = *state;

  desk_close(&start->desk);
  munmap(start->race, sizeof *start->race);
  free(start);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_answer),
                                     cmocka_unit_test(test_race)};

  return step_run(tests, start_open, start_close);
}
