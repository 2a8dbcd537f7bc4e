/* T7: very many calls of every kind, one after the other: no memory and no descriptor is kept.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Most are made to the methods in this process, a tenth to a daemon over the bus. Time goes on
 * between them, so that entries expire, operations are forgotten and the store is written anew.
 * What was kept after a fifth of the calls is compared with what is kept after all of them. A run
 * with sanitizers says nothing about that, but finds what leaks.
 *
 * TESTS_SEED says which calls are made; a failure names it. */
#include "config.h"

#include "bench/asker.h"
#include "bench/sample.h"
#include "dbus/messages.h"
#include "dbus/names.h"
#include "tests/counter.h"
#include "tests/desk.h"
#include "tests/full.h"
#include "tests/gate.h"
#include "tests/silence.h"
#include "tests/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

enum {
  HOSTS = 200,
  STEP_SECONDS = 60,
  CALLS_A_STEP = 50,
  CALLS_A_TIDY = 2000,
  CALLS_A_CALLER = 500,
  PARTS = 5, /* of a run; the first one is the warm-up */
  LOOKS = 50 /* at the memory, in each part */
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

/* A call in words: see values.h. */
struct call {
  const char *method, *signature;
  char *words;
};

static char *paths[2]; /* of the server, and of another one, as arguments */

static uint32_t first_seed(void)
{
  const char *seed = getenv("TESTS_SEED");

  return seed != NULL && seed[0] != '\0' ? (uint32_t)strtoul(seed, NULL, 10) : 2026;
}

static char *path_words(size_t server)
{
  GString *text = g_string_new(NULL);

  for (size_t i = 0; i < PATH_SIZE; i++) {
    struct span octets = gate_paths[server].certificate[i];

    if (i > 0)
      g_string_append_c(text, ',');
    for (size_t k = 0; k < octets.size; k++)
      g_string_append_printf(text, "%02x", octets.data[k]);
  }
  return g_string_free(text, FALSE);
}

/* xorshift */
static uint32_t roll(uint32_t *seed)
{
  *seed ^= *seed << 13;
  *seed ^= *seed >> 17;
  *seed ^= *seed << 5;
  return *seed;
}

/* What programs call. */
static struct call choose_pins(uint32_t which, unsigned host, uint32_t random)
{
  const char *path = paths[random % 8 == 0];

  if (which < 40)
    return (struct call){"Lookup", "ssq", g_strdup_printf("h%u.example|tls|443", host)};
  if (which < 50)
    return (struct call){"CheckChain", "ssqaaya{sv}",
                         g_strdup_printf("h%u.example|tls|443|%s|path=b:1;pki=s:ok;learn=b:%u%s",
                                         host, path, random % 3 != 0,
                                         random % 16 == 0 ? ";accepted=b:1" : "")};
  if (which < 57)
    return (struct call){"StoreTicket", "ssqayaysutay",
                         g_strdup_printf("t%u.example|tls|443|%u*%02x|32*cd|sha256|%u|0|", host,
                                         1 + random % 2000, random % 256, 600 + random % 5000)};
  if (which < 60)
    return (struct call){"ReportFailure", "ssqs",
                         g_strdup_printf("t%u.example|tls|443|proof-wrong", host)};
  return (struct call){
      "NoteHpkp", "ssqaybaay",
      g_strdup_printf("h%u.example|tls|443|%s|0|%s", host,
                      random % 2 != 0 ? "6d61782d6167653d30" /* max-age=0 */ : "78", path)};
}

/* What the user's tools call. */
static struct call choose_admin(uint32_t which, unsigned host, uint32_t random)
{
  if (which < 67)
    return (struct call){
        "Put", "aa{sv}a{sv}",
        g_strdup_printf("host=s:h%u.example;scope=s:exact;kind=s:pin;status=s:active;"
                        "digest=ay:32*%02x&host=s:o%u.example;scope=s:subtree;kind=s:mode;"
                        "status=s:off|",
                        host, random % 256, host)};
  if (which < 71)
    return (struct call){"List", "a{sv}su",
                         g_strdup_printf("pattern=s:h%u*||%u", random % 20, 1 + random % 50)};
  if (which < 74)
    return (struct call){"Get", "ssq", g_strdup_printf("t%u.example|tls|443", host)};
  if (which < 78)
    return (struct call){"Clear", "a{sv}", g_strdup_printf("host=s:h%u.example", host)};
  if (which < 80)
    return (struct call){"Clear", "a{sv}", g_strdup_printf("pattern=s:?%u*.example", random % 10)};
  if (which < 83)
    return (struct call){"Undo", "t", g_strdup("0")};
  if (which < 88)
    return (struct call){"Explain", "ssqaaya{sv}",
                         g_strdup_printf("h%u.example|tls|443|%s|", host, paths[0])};
  if (which < 92)
    return (struct call){"Events", "tsu", g_strdup_printf("0||%u", 1 + random % 20)};
  return (struct call){"Status", "", g_strdup("")};
}

/* Including what must be refused. */
static struct call choose(uint32_t *seed)
{
  uint32_t which = roll(seed) % 100, random = roll(seed);
  unsigned host = roll(seed) % HOSTS;

  if (which < 63)
    return choose_pins(which, host, random);
  if (which < 95)
    return choose_admin(which, host, random);
  if (which < 97)
    return (struct call){"Lookup", "s", g_strdup_printf("h%u.example", host)};
  return (struct call){"Lookup", "ssq", g_strdup_printf("h%u..example|tls|443", host)};
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
static unsigned descriptors(pid_t pid, bool *counted)
{
  g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  unsigned count = 0;

  while (dir != NULL && g_dir_read_name(dir) != NULL)
    count++;
  *counted = count > 0; /* each process has some */
  return *counted ? count : descriptor_room(pid);
}

/* What a process holds in the course of so many calls. A list or an import takes more for a while,
 * so that one look says little: it is looked fifty times in each part. */
struct kept {
  pid_t pid;
  uint64_t calls;
  struct sample kilobytes[PARTS];
  unsigned descriptors; /* after the first part, which is the warm-up */
  bool counted;         /* otherwise that is the room for them */
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
  bool fine =
      left <= kept->descriptors && (SANITIZED || growth <= (full_asked() ? 1.0 : 10.0));

  full_say(number, TARGET, fine,
           "%lu calls %s: p50 %.0f kB in the second fifth, %.0f kB in the last one (%+.2f %%)%s, "
           "%s %u and %u",
           (unsigned long)kept->calls, what, warm, last, growth,
           SANITIZED ? ", with sanitizers" : "", counted ? "descriptors" : "room for descriptors",
           kept->descriptors, left);
  for (int i = 0; i < PARTS; i++)
    sample_clear(&kept->kilobytes[i]);
  if (!fine)
    fail_msg("to be seen again with TESTS_SEED=%u", first_seed());
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

static void test_handlers(void **state)
{
  const uint64_t calls = full_count(4000, 20000, 1000000);
  uint32_t seed = first_seed();
  struct counter counter;
  struct kept kept = {.pid = getpid(), .calls = calls};

  counter_open(&counter, *state);
  for (uint64_t i = 0; i < calls; i++) {
    struct call call = choose(&seed);

    free(counter_ask(&counter, call.method, call.signature, call.words));
    g_free(call.words);
    if (i % CALLS_A_STEP == 0) {
      counter_now += STEP_SECONDS;
      put_in_parts(&counter, (unsigned)(i / CALLS_A_STEP % HOSTS));
    }
    if (i % CALLS_A_TIDY == CALLS_A_TIDY - 1)
      tidy(&counter);
    look(&kept, i);
  }
  compare("T7a", "in one process", &kept);
  counter_close(&counter);
}

static DBusMessage *make_message(const struct call *call)
{
  static const char *const of_pins[] = {"Lookup",        "CheckChain", "StoreTicket",
                                        "ReportFailure", "NoteHpkp",   NULL};
  DBusMessage *message =
      bus_call(g_strv_contains(of_pins, call->method) ? BUS_PINS : BUS_ADMIN, call->method);
  g_auto(GStrv) list = g_strsplit(call->words, "|", 0);
  char *empty[] = {(char *)(uintptr_t) ""};
  int count = call->signature[0] == '\0' ? 0 : MAX(1, (int)g_strv_length(list));

  assert_non_null(message);
  assert_true(values_append(message, call->signature, list[0] != NULL ? list : empty, count));
  return message;
}

/* Whatever the answer is: a quota may refuse. */
static void ask(DBusConnection *connection, const struct call *call)
{
  DBusMessage *message = make_message(call), *reply;
  DBusError error = DBUS_ERROR_INIT;

  reply = dbus_connection_send_with_reply_and_block(connection, message, 60000, &error);
  dbus_message_unref(message);
  if (reply != NULL)
    dbus_message_unref(reply);
  else if (!g_str_has_prefix(error.name, "org.tlspin.Error."))
    fail_msg("%s %s: %s: %s", call->method, call->words, error.name, error.message);
  dbus_error_free(&error);
}

/* Callers come and go, and the daemon that was there first is there at the end. */
static void test_bus(void **state)
{
  const uint64_t calls = full_count(400, 2000, 100000);
  DBusConnection *connection = NULL;
  uint32_t seed = first_seed();
  struct kept kept = {.calls = calls};
  struct desk desk;
  pid_t daemon;

  (void)state;
  desk_open(&desk);
  daemon = kept.pid = desk_wake(&desk);
  for (uint64_t i = 0; i < calls; i++) {
    struct call call = choose(&seed);

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
  compare("T7b", "over the bus", &kept);
  asker_disconnect(connection);
  desk_close(&desk);
}

static int begin(void **state)
{
  silence_log();
  if (gate_begin(state) != 0)
    return 1;
  paths[0] = path_words(GATE_FIRST);
  paths[1] = path_words(GATE_FOREIGN);
  return 0;
}

static int end(void **state)
{
  g_free(paths[0]);
  g_free(paths[1]);
  return gate_end(state);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_handlers, strata_setup, strata_teardown),
      cmocka_unit_test(test_bus),
  };

  return cmocka_run_group_tests(tests, begin, end);
}
