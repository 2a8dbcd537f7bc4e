/* T8: the store, the daemon or the bus fails in every way that a program can meet: it is never told
 * "no pin", it survives, and it has its answer within its budget.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program is a process of its own that uses the library with its usual budget. */
#include "config.h"

#include "libclient/tlspin.h"
#include "tests/full.h"
#include "tests/outage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
  PORT = 443,
  WARM = 250, /* the library's budgets, milliseconds */
  COLD = 1000,
  SLACK = 50,
  PATIENCE = 10000, /* of a quick run */
  TRIES = 3         /* of what took too long: a busy machine may have disturbed it */
};

#define TARGET                                                                                     \
  "store EACCES, EIO, missing, newer version, hot journal; daemon stopped, SIGSTOP, absent; bus "  \
  "killed: never \"no pin\"; program survives; answer within the budget + 50 ms"

static const char *const hosts[QUESTIONS] = {"ticket.example", "unknown.example", "key.example",
                                             "new.example"};

static int store(tlspin_t *context, const char *host)
{
  static const uint8_t octets[32] = {7};
  const struct tlspin_ticket ticket = {.ticket = octets,
                                       .ticket_size = sizeof octets,
                                       .secret = octets,
                                       .secret_size = sizeof octets,
                                       .hash = "sha256",
                                       .lifetime = 86400};
  uint64_t expires;

  return tlspin_store(context, host, "tls", PORT, &ticket, &expires);
}

static int check(tlspin_t *context, const char *host, const struct path *path)
{
  struct tlspin_octets chain[PATH_SIZE];
  struct tlspin_check shown = {.chain = chain,
                               .chain_size = PATH_SIZE,
                               .flags = TLSPIN_CHECK_PATH | TLSPIN_CHECK_LEARN,
                               .pki = TLSPIN_PKI_OK,
                               .program = "outages"};

  for (size_t i = 0; i < PATH_SIZE; i++)
    chain[i] = (struct tlspin_octets){path->certificate[i].data, path->certificate[i].size};
  return tlspin_check_chain(context, host, "tls", PORT, &shown, NULL);
}

static int put_question(tlspin_t *context, enum question question, const struct path *path)
{
  tlspin_entry_t *entry = NULL;
  int code;

  if (question == IMPOSTOR)
    return check(context, hosts[question], path);
  if (question == STORE)
    return store(context, hosts[question]);
  code = tlspin_lookup(context, hosts[question], "tls", PORT, &entry);
  tlspin_entry_free(entry);
  return code;
}

static int run_program(const struct outage *outage)
{
  tlspin_t *context;

  if (tlspin_new(&context, outage->desk.bus.address) != TLSPIN_OK)
    return 1;
  for (enum question i = 0; i < QUESTIONS; i++) {
    long start = test_now();

    outage->replies[i].code = put_question(context, i, &outage->theirs);
    outage->replies[i].took = test_now() - start;
  }
  tlspin_free(context);
  return 0;
}

static void outage_open(struct outage *outage)
{
  tlspin_t *context;

  desk_open(&outage->desk);
  snprintf(outage->data, sizeof outage->data, "%s/data", outage->desk.bus.dir);
  assert_int_equal(tlspin_new(&context, outage->desk.bus.address), TLSPIN_OK);
  tlspin_set_budget(context, 20000, 20000);
  assert_int_equal(store(context, hosts[PINNED]), TLSPIN_OK);
  assert_int_equal(check(context, hosts[IMPOSTOR], &outage->mine), TLSPIN_NO_PIN);
  assert_int_equal(check(context, hosts[IMPOSTOR], &outage->mine), TLSPIN_MATCH);
  assert_int_equal(check(context, hosts[IMPOSTOR], &outage->theirs), TLSPIN_MISMATCH);
  tlspin_free(context);
}

static void outage_close(struct outage *outage)
{
  (void)chmod(outage->data, 0700);
  if (outage->suspended != 0) /* it doesn't see that the bus is gone */
    assert_int_equal(kill(outage->suspended, SIGKILL), 0);
  outage->suspended = 0;
  if (outage->desk.bus.pid != 0) {
    test_process_go(outage->desk.bus.pid);
    desk_kill(&outage->desk, SIGKILL);
  }
  desk_close(&outage->desk);
}

/* Only the first question has to start anything, and what comes after it as long as none had an end
 * before its time was over. */
static bool is_cold(const struct outage *outage, const struct fault *fault, enum question question)
{
  for (enum question i = 0; i < question; i++)
    if (outage->replies[i].took < COLD)
      return false;
  return fault->cold;
}

static long budget(const struct outage *outage, const struct fault *fault, enum question question)
{
  return is_cold(outage, fault, question) ? COLD : WARM;
}

/* Whether the program gave up waiting for a daemon that could have answered: nothing wrong, but not
 * in time either. */
static bool gave_up(const struct outage *outage, const struct fault *fault, enum question question)
{
  return outage->replies[question].code == TLSPIN_UNAVAILABLE && fault->reading == WHOLE &&
         outage->replies[question].took >= budget(outage, fault, question);
}

/* Whether an answer is right, and never worse than what a program may go on with. */
static bool is_safe(const struct outage *outage, const struct fault *fault, enum question question)
{
  int code = outage->replies[question].code;
  bool lost =
      (code == TLSPIN_UNAVAILABLE || code == TLSPIN_STORE_DAMAGED) && fault->reading != WHOLE;

  if (gave_up(outage, fault, question))
    return true;
  switch (question) {
  case PINNED:
    return code == TLSPIN_MATCH || lost;
  case UNKNOWN:
    return (code == TLSPIN_NO_PIN && fault->reading != LOST) || lost;
  case IMPOSTOR:
    return code == TLSPIN_MISMATCH || lost;
  default:
    return fault->storing != (code == TLSPIN_OK ? NEVER : ALWAYS);
  }
}

static bool judge(struct outage *outage, const struct fault *fault)
{
  bool fine = true;

  for (enum question i = 0; i < QUESTIONS; i++)
    fine = is_safe(outage, fault, i) && fine;
  outage->answers += QUESTIONS;
  for (enum question i = 0; i < QUESTIONS && !fine; i++)
    fprintf(stderr, "%s: %s: %s, %ld ms%s\n", fault->name, hosts[i],
            tlspin_code_token((enum tlspin_code)outage->replies[i].code), outage->replies[i].took,
            is_safe(outage, fault, i) ? "" : ", which is wrong");
  return fine;
}

static bool in_time(const struct outage *outage, const struct fault *fault)
{
  for (enum question i = 0; i < QUESTIONS; i++)
    if (outage->replies[i].took > budget(outage, fault, i) + SLACK || gave_up(outage, fault, i))
      return false;
  return true;
}

static void note_times(struct outage *outage, const struct fault *fault)
{
  for (enum question i = 0; i < QUESTIONS; i++) {
    long *most = &outage->most[is_cold(outage, fault, i)];

    if (outage->replies[i].took > *most)
      *most = outage->replies[i].took;
  }
}

/* One fault, and one program that meets it. */
static bool meet(struct outage *outage, const struct fault *fault)
{
  pid_t program;
  bool fine;

  outage_open(outage);
  fault->before(outage);
  memset(outage->replies, 0xff, QUESTIONS * sizeof *outage->replies);
  fflush(stdout);
  program = fork();
  if (program == 0)
    test_child_end(run_program(outage));
  assert_true(program > 0);
  if (fault->during != NULL)
    fault->during(outage);
  fine = test_child_was_well(program);
  if (!fine)
    fprintf(stderr, "%s: the program did not survive\n", fault->name);
  fine = judge(outage, fault) && fine;
  outage_close(outage);
  return fine;
}

static bool meet_in_time(struct outage *outage, const struct fault *fault)
{
  for (int i = 0; i < TRIES; i++) {
    if (!meet(outage, fault))
      return false;
    if (in_time(outage, fault))
      break;
  }
  note_times(outage, fault);
  for (enum question i = 0; i < QUESTIONS; i++)
    assert_true(outage->replies[i].took < PATIENCE);
  outage->over += !in_time(outage, fault);
  return true;
}

static void test_outages(void **state)
{
  struct outage *outage = *state;
  uint64_t rounds = full_count(1, 1, 10);
  unsigned unsafe = 0;
  bool passed;

  for (uint64_t i = 0; i < rounds; i++)
    for (size_t j = 0; j < fault_count; j++)
      unsafe += !meet_in_time(outage, &faults[j]);
  passed = unsafe == 0 && (outage->over == 0 || !full_asked());
  full_say("T8", TARGET, passed,
           "%u answers in %zu kinds of outage: %u outages with a wrong one; slowest %ld ms of 250, "
           "%ld ms of 1,000 with a start; %u beyond budget + 50 ms",
           outage->answers, fault_count, unsafe, outage->most[0], outage->most[1], outage->over);
  assert_true(passed);
}

static int open_all(void **state)
{
  struct outage *outage = calloc(1, sizeof *outage);

  assert_non_null(outage);
  *state = outage;
  outage->replies = mmap(NULL, QUESTIONS * sizeof *outage->replies, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true(outage->replies != MAP_FAILED);
  path_make(&outage->mine, NULL);
  path_make(&outage->theirs, NULL);
  return 0;
}

static int close_all(void **state)
{
  struct outage *outage = *state;

  path_free(&outage->mine);
  path_free(&outage->theirs);
  munmap(outage->replies, QUESTIONS * sizeof *outage->replies);
  free(outage);
  return 0;
}

/* With --silent it is a service that never takes its name; the bus ends it, or its time does. */
int main(int argc, char **argv)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_outages)};

  if (argc > 1 && strcmp(argv[1], "--silent") == 0)
    return sleep(20) != 0;
  return cmocka_run_group_tests(tests, open_all, close_all);
}
