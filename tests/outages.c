/* T8: the store, the daemon or the bus fails in every way that a program can meet: it is never told
 * "no pin", it survives, and it has its answer within its budget.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program is a process of its own that uses the library with its usual budget. */
#include "config.h"

#include "dbus/names.h"
#include "libclient/tlspin.h"
#include "tests/desk.h"
#include "tests/folder.h"
#include "tests/full.h"
#include "tests/path.h"
#include "tests/stores.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dbus/dbus.h>
#include <errno.h>
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
  TRIES = 3,        /* of what took too long: a busy machine may have disturbed it */
  MID_CALL = 60     /* milliseconds into a call that isn't answered */
};

#define TARGET                                                                                     \
  "store EACCES, EIO, missing, newer version, hot journal; daemon stopped, SIGSTOP, absent; bus "  \
  "killed: never \"no pin\"; program survives; answer within the budget + 50 ms"

/* What a program asks, one after the other. */
enum question { PINNED, UNKNOWN, IMPOSTOR, STORE, QUESTIONS };

static const char *const hosts[QUESTIONS] = {"ticket.example", "unknown.example", "key.example",
                                             "new.example"};

struct reply {
  int code;
  long took; /* milliseconds */
};

struct outage {
  struct desk desk;
  char data[64];
  struct path mine, theirs;
  struct reply *replies; /* shared with the program */
  long most[2];          /* milliseconds of the slowest answer: warm, cold */
  unsigned answers, over;
};

/* --- The program --- */

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

/* --- What fails --- */

static void ask_bus_to_reload(const struct outage *outage)
{
  DBusConnection *connection = test_bus_join(&outage->desk.bus);
  DBusMessage *call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
                                                   DBUS_INTERFACE_DBUS, "ReloadConfig");
  DBusMessage *reply = dbus_connection_send_with_reply_and_block(connection, call, 20000, NULL);

  assert_non_null(reply);
  dbus_message_unref(reply);
  dbus_message_unref(call);
  test_bus_leave(connection);
}

static void name_service(const struct outage *outage, const char *name, char path[128])
{
  snprintf(path, 128, "%s/services/%s.service", outage->desk.bus.dir, name);
}

/* The command by which the bus starts the daemon. */
static char *read_command(const char *path)
{
  char line[2048], *command = NULL;
  FILE *file = fopen(path, "re");

  assert_non_null(file);
  while (command == NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "Exec=", 5) == 0)
      command = strdup(line + 5);
  fclose(file);
  assert_non_null(command);
  return command;
}

/* The daemon is started by a program of the tests from now on, whose last arguments are the
 * daemon's own command. */
static void start_by(struct outage *outage, const char *program, const char *argument)
{
  static const char *const names[] = {BUS_PINS, BUS_ADMIN};
  const char *build = getenv("TOP_BUILDDIR");

  for (size_t i = 0; i < 2; i++) {
    char path[128], *command;
    FILE *file;

    name_service(outage, names[i], path);
    command = read_command(path);
    file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "[D-BUS Service]\nName=%s\nExec=\"%s/tests/%s\" %s %s", names[i],
            build != NULL ? build : ".", program, argument, command);
    assert_int_equal(fclose(file), 0);
    free(command);
  }
  ask_bus_to_reload(outage);
}

/* The daemon has left once its process has ended, too. */
static void stop(struct outage *outage)
{
  pid_t daemon = desk_daemon(&outage->desk);

  desk_kill(&outage->desk, SIGTERM);
  while (daemon != 0 && kill(daemon, 0) == 0)
    usleep(1000);
}

static void hinder_none(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "none");
}

static void forbid_file(struct outage *outage)
{
  hinder_none(outage);
  assert_int_equal(chmod(outage->desk.store, 0), 0);
}

static void forbid_folder(struct outage *outage)
{
  hinder_none(outage);
  assert_int_equal(chmod(outage->data, 0), 0);
}

static void break_reads(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "read");
}

static void break_writes(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "write");
}

static void break_syncs(struct outage *outage)
{
  stop(outage);
  start_by(outage, "hindered", "sync");
}

static void remove_file(struct outage *outage)
{
  stop(outage);
  assert_int_equal(unlink(outage->desk.store), 0);
}

static void remove_file_in_use(struct outage *outage)
{
  assert_int_equal(unlink(outage->desk.store), 0);
}

/* As a home that is unmounted, say. */
static void remove_folder_in_use(struct outage *outage)
{
  char aside[80];

  snprintf(aside, sizeof aside, "%s.aside", outage->data);
  assert_int_equal(rename(outage->data, aside), 0);
}

static void put_directory(struct outage *outage)
{
  remove_file(outage);
  assert_int_equal(mkdir(outage->desk.store, 0700), 0);
}

/* user_version, at octet 60 of the file. */
static void make_newer(struct outage *outage)
{
  stop(outage);
  stores_write(outage->desk.store, 60, "\0\0\0\143", 4);
}

static void zero_page(struct outage *outage)
{
  static const char zeros[4096];

  stop(outage);
  stores_write(outage->desk.store, 8192, zeros, sizeof zeros);
}

/* A transaction that has reached the file and was not committed. */
static void leave_journal(struct outage *outage)
{
  pid_t writer;

  stop(outage);
  writer = stores_fork();
  if (writer == 0) {
    sqlite3 *db = stores_raw(outage->desk.store);

    if (sqlite3_exec(db, "BEGIN IMMEDIATE; DELETE FROM ticket; DELETE FROM pin", NULL, NULL,
                     NULL) != SQLITE_OK ||
        sqlite3_db_cacheflush(db) != SQLITE_OK)
      _exit(1);
    _exit(0);
  }
  stores_join(writer);
}

static void leave_bad_journal(struct outage *outage)
{
  char journal[80];

  leave_journal(outage);
  snprintf(journal, sizeof journal, "%s-journal", outage->desk.store);
  assert_int_equal(chmod(journal, 0), 0);
  start_by(outage, "hindered", "none");
}

static void suspend(struct outage *outage)
{
  assert_int_equal(kill(desk_daemon(&outage->desk), SIGSTOP), 0);
}

static void start_nothing(struct outage *outage)
{
  start_by(outage, "no-such-program", "");
  stop(outage);
}

static void start_silent(struct outage *outage)
{
  start_by(outage, "outages", "--silent");
  stop(outage);
}

static void remove_services(struct outage *outage)
{
  static const char *const names[] = {BUS_PINS, BUS_ADMIN};
  char path[128];

  for (size_t i = 0; i < 2; i++) {
    name_service(outage, names[i], path);
    assert_int_equal(unlink(path), 0);
  }
  ask_bus_to_reload(outage);
  stop(outage);
}

static void suspend_bus(struct outage *outage)
{
  test_process_stop(outage->desk.bus.pid);
}

static void kill_bus(struct outage *outage)
{
  test_bus_kill(&outage->desk.bus);
}

static void kill_bus_in_call(struct outage *outage)
{
  usleep(MID_CALL * 1000);
  test_bus_kill(&outage->desk.bus);
}

static void kill_daemon_in_call(struct outage *outage)
{
  pid_t daemon = desk_daemon(&outage->desk);

  usleep(MID_CALL * 1000);
  if (daemon != 0)
    (void)kill(daemon, SIGKILL);
}

/* --- The cases --- */

/* Whether the store can be read, and is whole: pins are met, and "no pin" is the truth. Where it
 * may be either, as after all of it was recovered, one of the two has to be answered. */
enum reading { LOST, EITHER, WHOLE };

/* Whether a ticket can be stored. */
enum storing { NEVER, MAYBE, ALWAYS };

static const struct fault {
  const char *name;
  void (*before)(struct outage *outage);
  void (*during)(struct outage *outage); /* or NULL */
  bool cold;                             /* the daemon has to be started */
  enum reading reading;
  enum storing storing;
} faults[] = {
    {"store EACCES", forbid_file, NULL, true, LOST, NEVER},
    {"folder EACCES", forbid_folder, NULL, true, LOST, NEVER},
    {"EIO of reads", break_reads, NULL, true, LOST, NEVER},
    {"EIO of writes", break_writes, NULL, true, WHOLE, NEVER},
    {"EIO of syncs", break_syncs, NULL, true, WHOLE, NEVER},
    {"store missing", remove_file, NULL, true, LOST, MAYBE},
    {"store removed while in use", remove_file_in_use, NULL, false, LOST, MAYBE},
    {"home removed while in use", remove_folder_in_use, NULL, false, LOST, MAYBE},
    {"a directory", put_directory, NULL, true, LOST, MAYBE},
    {"newer version", make_newer, NULL, true, LOST, NEVER},
    {"a page of zeros", zero_page, NULL, true, EITHER, MAYBE},
    {"hot journal", leave_journal, NULL, true, WHOLE, ALWAYS},
    {"hot journal EACCES", leave_bad_journal, NULL, true, LOST, NEVER},
    {"daemon stopped", stop, NULL, true, WHOLE, ALWAYS},
    {"daemon SIGSTOP", suspend, NULL, false, LOST, NEVER},
    {"daemon killed in mid-call", suspend, kill_daemon_in_call, true, EITHER, MAYBE},
    {"no such daemon", start_nothing, NULL, true, LOST, NEVER},
    {"daemon without a word", start_silent, NULL, true, LOST, NEVER},
    {"daemon absent", remove_services, NULL, true, LOST, NEVER},
    {"bus SIGSTOP", suspend_bus, NULL, false, LOST, NEVER},
    {"bus killed", kill_bus, NULL, false, LOST, NEVER},
    {"bus killed in mid-call", suspend, kill_bus_in_call, false, LOST, NEVER},
};

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
  if (outage->desk.bus.pid != 0) {
    test_process_go(outage->desk.bus.pid);
    desk_kill(&outage->desk, SIGKILL);
  }
  desk_close(&outage->desk);
}

/* Whether an answer is right, and never worse than what a program may go on with. */
static bool is_safe(const struct fault *fault, enum question question, int code)
{
  bool lost =
      (code == TLSPIN_UNAVAILABLE || code == TLSPIN_STORE_DAMAGED) && fault->reading != WHOLE;

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
    fine = is_safe(fault, i, outage->replies[i].code) && fine;
  outage->answers += QUESTIONS;
  for (enum question i = 0; i < QUESTIONS && !fine; i++)
    fprintf(stderr, "%s: %s: %s, %ld ms%s\n", fault->name, hosts[i],
            tlspin_code_token((enum tlspin_code)outage->replies[i].code), outage->replies[i].took,
            is_safe(fault, i, outage->replies[i].code) ? "" : ", which is wrong");
  return fine;
}

/* Only the first question has to start anything. */
static bool in_time(const struct outage *outage, const struct fault *fault)
{
  for (enum question i = 0; i < QUESTIONS; i++)
    if (outage->replies[i].took > (fault->cold ? COLD : WARM) + SLACK)
      return false;
  return true;
}

static void note_times(struct outage *outage, const struct fault *fault)
{
  long *most = &outage->most[fault->cold];

  for (enum question i = 0; i < QUESTIONS; i++)
    *most = outage->replies[i].took > *most ? outage->replies[i].took : *most;
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
    for (size_t j = 0; j < sizeof faults / sizeof faults[0]; j++)
      unsafe += !meet_in_time(outage, &faults[j]);
  passed = unsafe == 0 && (outage->over == 0 || !full_asked());
  full_say("T8", TARGET, passed,
           "%u answers in %zu kinds of outage: %u outages with a wrong one; slowest %ld ms of 250, "
           "%ld ms of 1,000 with a start; %u beyond budget + 50 ms",
           outage->answers, sizeof faults / sizeof faults[0], unsafe, outage->most[0],
           outage->most[1], outage->over);
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
