/* T1: the daemon is killed again and again while several programs write over a bus. What was
 * acknowledged is there, exactly, after each kill and at the end.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each program does follows from the seed, which is printed and which KILLS_SEED sets; the
 * moments of the kills don't. */
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
#include <time.h>

enum { CLERKS = 6, FEWEST = 20, MORE = 41, AUDIT_STEPS = 400 };

struct siege {
  struct desk desk;
  struct path chains[CLERK_CHAINS];
  struct clerk_board *board;
  pid_t clerks[CLERKS];
  uint32_t seed;
  uint64_t kills;
};

static uint32_t choose_seed(void)
{
  const char *set = getenv("KILLS_SEED");
  uint32_t seed = set != NULL ? (uint32_t)strtoul(set, NULL, 10) : (uint32_t)time(NULL);

  printf("KILLS_SEED=%u\n", seed);
  return seed;
}

/* A program: works until it is told to stop, and looks at everything now and then. */
static int run_clerk(const struct siege *siege, unsigned number)
{
  static struct clerk clerk;
  bool fine =
      clerk_open(&clerk, siege->board, siege->desk.bus.address, siege->chains, number, siege->seed);

  while (fine && !siege->board->stop)
    fine = clerk_work(&clerk) && (clerk.step % AUDIT_STEPS != 0 || clerk_audit(&clerk, false));
  fine = fine && clerk_audit(&clerk, true);
  if (!fine)
    fprintf(stderr, "clerk %u is wrong: again with KILLS_SEED=%u\n", number, siege->seed);
  clerk_close(&clerk);
  return fine ? 0 : 1;
}

static void start_clerks(struct siege *siege)
{
  for (unsigned i = 0; i < CLERKS; i++) {
    fflush(stdout);
    siege->clerks[i] = fork();
    if (siege->clerks[i] == 0)
      test_child_end(run_clerk(siege, i));
    assert_true(siege->clerks[i] > 0);
  }
}

/* None of them leaves before it is told to, unless something is wrong. */
static bool all_work(void)
{
  siginfo_t left = {0};

  assert_int_equal(waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT), 0);
  return left.si_pid == 0;
}

static bool await_writes(const struct siege *siege, uint64_t count)
{
  while (clerk_acknowledged(siege->board) < count) {
    if (!all_work())
      return false;
    usleep(1000);
  }
  return true;
}

static void kill_daemon(struct siege *siege)
{
  pid_t daemon = desk_daemon(&siege->desk);

  if (daemon == 0 || kill(daemon, SIGKILL) != 0)
    return;
  siege->kills++;
  while (desk_daemon(&siege->desk) == daemon)
    usleep(500);
}

/* A kill comes at any moment of the writes that follow, until there were enough of both. */
static bool besiege(struct siege *siege, uint64_t kills, uint64_t writes)
{
  uint32_t seed = siege->seed;

  while (siege->kills < kills || clerk_acknowledged(siege->board) < writes) {
    uint64_t pause = FEWEST + stores_random(&seed) % MORE;

    if (!await_writes(siege, clerk_acknowledged(siege->board) + pause))
      return false;
    usleep(stores_random(&seed) % 3000);
    kill_daemon(siege);
  }
  return true;
}

static bool clerks_were_well(struct siege *siege)
{
  bool well = true;

  siege->board->stop = true;
  for (int i = 0; i < CLERKS; i++)
    well = test_child_was_well(siege->clerks[i]) && well;
  return well;
}

/* A daemon that has just read all of the store finds it whole, and in it what there must be. */
static bool store_is_whole(struct siege *siege)
{
  tlspin_status_t *status = NULL;
  const char *state;
  int64_t entries;
  tlspin_t *context;
  bool whole;

  desk_kill(&siege->desk, SIGKILL);
  assert_int_equal(tlspin_new(&context, siege->desk.bus.address), TLSPIN_OK);
  tlspin_set_budget(context, 20000, 20000);
  assert_int_equal(tlspin_status(context, &status), TLSPIN_OK);
  state = tlspin_status_string(status, "state");
  entries = tlspin_status_number(status, "entries") + tlspin_status_number(status, "records");
  whole = state != NULL && strcmp(state, "ok") == 0 && (uint64_t)entries == siege->board->entries;
  if (!whole)
    fprintf(stderr, "state %s, %lld entries, there must be %llu\n", state, (long long)entries,
            (unsigned long long)siege->board->entries);
  tlspin_status_free(status);
  tlspin_free(context);
  return whole;
}

static void print_kinds(const struct clerk_board *board)
{
  static const char *const names[] = {"tickets", "records", "learned", "imports", "clears"};

  for (int i = 0; i < CLERK_KINDS; i++)
    printf("%s: %llu\n", names[i], (unsigned long long)board->acknowledged[i]);
  printf("not acknowledged: %llu, of them done %llu; refused: %llu\n",
         (unsigned long long)board->unsure, (unsigned long long)board->found,
         (unsigned long long)board->refused);
}

static void test_kills(void **state)
{
  struct siege *siege = *state;
  uint64_t kills = full_count(5, 20, 1000), writes = full_count(150, 800, 40000);
  bool fine;

  start_clerks(siege);
  fine = besiege(siege, kills, writes);
  fine = clerks_were_well(siege) && fine;
  fine = fine && store_is_whole(siege);
  print_kinds(siege->board);
  full_say("T1",
           "kill -9 while writing: >= 1,000 kills, >= 40,000 acknowledged writes: none lost, "
           "no corruption",
           fine && siege->kills >= kills, "%llu kills, %llu acknowledged writes, %s",
           (unsigned long long)siege->kills, (unsigned long long)clerk_acknowledged(siege->board),
           fine ? "none lost, no corruption" : "lost or corrupt");
  assert_true(fine);
}

static int siege_open(void **state)
{
  struct siege *siege = calloc(1, sizeof *siege);

  assert_non_null(siege);
  *state = siege;
  siege->seed = choose_seed();
  siege->board =
      mmap(NULL, sizeof *siege->board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(siege->board != MAP_FAILED);
  desk_open(&siege->desk);
  for (int i = 0; i < CLERK_CHAINS; i++)
    path_make(&siege->chains[i], NULL);
  return 0;
}

static int siege_close(void **state)
{
  struct siege *siege = *state;

  for (int i = 0; i < CLERK_CHAINS; i++)
    path_free(&siege->chains[i]);
  desk_close(&siege->desk);
  munmap(siege->board, sizeof *siege->board);
  free(siege);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_kills)};

  return cmocka_run_group_tests(tests, siege_open, siege_close);
}
