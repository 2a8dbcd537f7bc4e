/* T7: very many calls of every kind, one after the other: no memory and no descriptor is kept.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Most are made to the methods in this process, a tenth to a daemon over the bus. Time goes on
 * between them, so that entries expire, operations are forgotten, backups are made and the store is
 * written anew. One in some hundreds works with the files beside the store, in a thread.
 * What was kept after a fifth of the calls is compared with what is kept after all of them. A run
 * with sanitizers, or under valgrind (TESTS_INSTRUMENTED), says nothing about that, but finds what
 * leaks: tests/long-run-clean.test.
 *
 * TESTS_SEED says which calls are made; a failure names it. */
#include "config.h"

#include "bench/asker.h"
#include "bench/sample.h"
#include "daemon/damage.h"
#include "daemon/slack.h"
#include "tests/desk.h"
#include "tests/full.h"
#include "tests/gate.h"
#include "tests/lobby.h"
#include "tests/mixture.h"
#include "tests/silence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/step.h"

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

enum {
  STEP_SECONDS = 60,
  CALLS_A_STEP = 50,
  CALLS_A_TIDY = 2000,
  CALLS_A_CALLER = 500,
  CALLS_A_COSTLY = 500, /* at most, */
  COSTLY = 25,          /* and not fewer of those in all: each kind in the warm-up, too */
  PARTS = 5,            /* of a run; the first one is the warm-up */
  LOOKS = 50,           /* at the memory, in each part, and at the descriptors */
  LOOK_MICROSECONDS = 5000
};

#define TARGET "1,000,000 mixed operations: RSS grows <= 1 % after warm-up, no fd leak"

/* The disk isn't what is tested here: SQLite, too, calls these. */
__attribute__((visibility("default"))) int fsync(int fd)
{
  (void)fd;
  return 0;
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
  (void)fd;
  return 0;
}

static uint32_t first_seed(void)
{
  const char *seed = getenv("TESTS_SEED");

  return seed != NULL && seed[0] != '\0' ? (uint32_t)strtoul(seed, NULL, 10) : 2026;
}

/* Kilobytes that a process holds. */
static long resident(pid_t pid)
{
  g_autofree char *path = g_strdup_printf("/proc/%d/statm", (int)pid), *text = NULL;
  long size, pages;

  assert_true(g_file_get_contents(path, &text, NULL, NULL));
  assert_int_equal(sscanf(text, "%ld %ld", &size, &pages), 2);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* For how many descriptors the kernel has made room, by powers of two: that everybody may see. What
 * is left open again and again doesn't stay below it for long. */
static unsigned descriptor_room(pid_t pid)
{
  g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid), *text = NULL;
  const char *line;

  assert_true(g_file_get_contents(path, &text, NULL, NULL));
  line = strstr(text, "\nFDSize:");
  assert_non_null(line);
  return (unsigned)strtoul(line + strlen("\nFDSize:"), NULL, 10);
}

/* Of the daemon, which is shut off from its own user, only root can see how many there are. */
static unsigned count_descriptors(pid_t pid, bool *counted)
{
  g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  unsigned count = 0;

  while (dir != NULL && g_dir_read_name(dir) != NULL)
    count++;
  *counted = count > 0; /* each process has some */
  return *counted ? count : descriptor_room(pid);
}

/* The fewest that are seen: the daemon may be at work on its backups. */
static unsigned descriptors(pid_t pid, bool *counted)
{
  unsigned fewest = count_descriptors(pid, counted);

  for (int i = 1; i < LOOKS; i++) {
    usleep(LOOK_MICROSECONDS);
    fewest = MIN(fewest, count_descriptors(pid, counted));
  }
  return fewest;
}

/* What a process holds in the course of so many calls. A list or an import takes more for a while,
 * so that one look says little: it is looked fifty times in each part. */
struct kept {
  pid_t pid;
  uint64_t calls;
  struct sample kilobytes[PARTS];
  unsigned descriptors; /* after the first part, which is the warm-up */
  bool counted;         /* otherwise that is the room for them */
  unsigned methods;     /* that were called */
};

static void look(struct kept *kept, uint64_t call)
{
  uint64_t part = call * PARTS / kept->calls;

  if (call % (kept->calls / PARTS / LOOKS) == 0)
    sample_add(&kept->kilobytes[part], (double)resident(kept->pid));
  if (call == kept->calls / PARTS)
    kept->descriptors = descriptors(kept->pid, &kept->counted);
}

/* A small run has a warm-up that is too short for one per cent to mean much. */
static void compare(const char *number, const char *what, struct kept *kept)
{
  double warm = sample_quantile(&kept->kilobytes[1], 0.5);
  double last = sample_quantile(&kept->kilobytes[PARTS - 1], 0.5);
  double growth = 100.0 * (last - warm) / warm;
  bool counted;
  unsigned left = descriptors(kept->pid, &counted);
  bool watched = SANITIZED || full_set("TESTS_INSTRUMENTED");
  bool fine = left <= kept->descriptors && (watched || growth <= (full_asked() ? 1.0 : 20.0));

  full_say(number, TARGET, fine,
           "%lu calls of %u methods %s: p50 %.0f kB in the second fifth, %.0f kB in the last one "
           "(%+.2f %%)%s, "
           "%s %u and %u",
           (unsigned long)kept->calls, kept->methods, what, warm, last, growth,
           watched ? ", which says nothing here" : "",
           counted ? "descriptors" : "room for descriptors", kept->descriptors, left);
  for (int i = 0; i < PARTS; i++)
    sample_clear(&kept->kilobytes[i]);
  if (!fine)
    fail_msg("to be seen again with TESTS_SEED=%u", first_seed());
}

static bool is_costly(uint64_t call, uint64_t calls)
{
  uint64_t period = MIN(CALLS_A_COSTLY, calls / COSTLY);

  return call % period == period - 1;
}

static struct call choose(struct mixture *mixture, uint64_t call, uint64_t calls)
{
  return is_costly(call, calls) ? mixture_next_costly(mixture) : mixture_next(mixture);
}

static struct store *store_of(const struct counter *counter)
{
  return layers_user(policy_layers(counter->handlers.policy), counter_now)->store;
}

static void keep_backups(struct counter *counter)
{
  struct keeper_terms terms = handlers_terms(&counter->handlers);

  terms.ran = counter_now;
  keeper_tend(counter->handlers.keeper, store_of(counter), &terms);
  while (keeper_is_busy(counter->handlers.keeper))
    g_main_context_iteration(NULL, TRUE);
}

/* As main does when nobody asks for anything. */
static void tidy(struct counter *counter)
{
  g_autoptr(GString) problem = g_string_new(NULL);
  struct store_applied applied;

  while (handlers_apply(&counter->handlers, &applied, problem) == TLSPIN_OK) {
  }
  while (policy_tidy(counter->handlers.policy, counter_now)) {
  }
  policy_flush(counter->handlers.policy, counter_now);
  keep_backups(counter);
  slack_return();
}

/* An operation in two parts. */
static void put_in_parts(struct counter *counter, unsigned host)
{
  g_autofree char *first =
      g_strdup_printf("host=s:d%u.example;scope=s:exact;kind=s:mode;status=s:off|more=b:1", host);
  g_autofree char *last = NULL;
  char *answer = counter_ask(counter, "Put", "aa{sv}a{sv}", first);

  last =
      g_strdup_printf("host=s:e%u.example;scope=s:exact;kind=s:mode;status=s:off|operation=t:%lu",
                      host, strtoul(answer, NULL, 10));
  free(answer);
  free(counter_ask(counter, "Put", "aa{sv}a{sv}", last));
}

/* As if a recovery had left it behind: answers are "store-damaged" until it is acknowledged. */
static void lose(struct counter *counter)
{
  const struct damage damage = {
      .cause = DAMAGE_CONTENT, .found = counter_now, .missing = DAMAGE_UNKNOWN};

  assert_int_equal(damage_put(store_of(counter), &damage), TLSPIN_OK);
}

/* The bus is for replies that come later, and for the signals of these calls. */
static void ask_costly(struct lobby *lobby, const struct call *call)
{
  struct handlers *handlers = &lobby->counter.handlers;

  handlers->announce.connection = lobby->daemon;
  free(lobby_answer(lobby, lobby_call(lobby, call->method, call->signature, call->words)));
  g_string_truncate(lobby->signals, 0);
  handlers->announce.connection = NULL;
  if (strcmp(call->method, "Restore") == 0)
    lose(&lobby->counter);
}

static void pass_time(struct counter *counter, uint64_t call)
{
  if (call % CALLS_A_STEP == 0) {
    counter_now += STEP_SECONDS;
    put_in_parts(counter, (unsigned)(call / CALLS_A_STEP % MIXTURE_HOSTS));
  }
  if (call % CALLS_A_TIDY == CALLS_A_TIDY - 1)
    tidy(counter);
}

static void test_handlers(void **state)
{
  const uint64_t calls = full_count(4000, 20000, 1000000);
  struct strata *strata = *state;
  struct mixture mixture;
  struct lobby lobby;
  struct kept kept = {.pid = getpid(), .calls = calls};

  lobby_open(&lobby, strata);
  lobby.counter.handlers.announce.connection = NULL;
  mixture_open(&mixture, first_seed(), strata->user);
  for (uint64_t i = 0; i < calls; i++) {
    struct call call = choose(&mixture, i, calls);

    if (is_costly(i, calls))
      ask_costly(&lobby, &call);
    else
      free(counter_ask(&lobby.counter, call.method, call.signature, call.words));
    g_free(call.words);
    pass_time(&lobby.counter, i);
    look(&kept, i);
  }
  kept.methods = mixture_methods(&mixture);
  compare("T7a", "in one process", &kept);
  mixture_close(&mixture);
  lobby_close(&lobby);
}

/* Whatever the answer is: a quota may refuse. */
static void ask(DBusConnection *connection, const struct call *call)
{
  DBusMessage *numbered = counter_call(call->method, call->signature, call->words);
  DBusMessage *message = dbus_message_copy(numbered), *reply;
  DBusError error = DBUS_ERROR_INIT;

  dbus_message_unref(numbered);
  reply = dbus_connection_send_with_reply_and_block(connection, message, 60000, &error);
  dbus_message_unref(message);
  if (reply != NULL)
    dbus_message_unref(reply);
  else if (!g_str_has_prefix(error.name, "org.tlspin.Error."))
    fail_msg("%s %s: %s: %s", call->method, call->words, error.name, error.message);
  dbus_error_free(&error);
}

/* Callers come and go, and the daemon that was there first is there at the end. Some 80,000 calls
 * are needed until it has had blocks of each size: glibc keeps a few of those that were freed. */
static void test_bus(void **state)
{
  const uint64_t calls = full_count(400, 2000, 400000);
  DBusConnection *connection = NULL;
  struct mixture mixture;
  struct kept kept = {.calls = calls};
  struct desk desk;
  pid_t daemon;

  (void)state;
  desk_open(&desk);
  daemon = kept.pid = desk_wake(&desk);
  mixture_open(&mixture, first_seed(), desk.store);
  for (uint64_t i = 0; i < calls; i++) {
    struct call call = choose(&mixture, i, calls);

    if (connection == NULL)
      connection = asker_connect(desk.bus.address);
    ask(connection, &call);
    g_free(call.words);
    if (i % CALLS_A_CALLER == CALLS_A_CALLER - 1) {
      asker_disconnect(connection);
      connection = NULL;
    }
    look(&kept, i);
  }
  if (connection == NULL)
    connection = asker_connect(desk.bus.address);
  assert_int_equal(desk_daemon(&desk), daemon);
  kept.methods = mixture_methods(&mixture);
  compare("T7b", "over the bus", &kept);
  mixture_close(&mixture);
  asker_disconnect(connection);
  desk_close(&desk);
}

static int begin(void **state)
{
  silence_log();
  return gate_begin(state);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_handlers, strata_setup, strata_teardown),
      cmocka_unit_test(test_bus),
  };

  return step_run(tests, begin, gate_end);
}
