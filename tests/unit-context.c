/* Tests of libclient/context.c: contexts, stores and reports, the environment.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/context.h"

#include "libclient/last.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, SOON = 5000 /* milliseconds */ };

static uint8_t octets[65536];
static const struct tlspin_ticket good = {.ticket = octets,
                                          .ticket_size = 65535,
                                          .secret = octets,
                                          .secret_size = 48,
                                          .hash = "sha384",
                                          .lifetime = 86400,
                                          .series = UINT64_MAX,
                                          .anchor = octets,
                                          .anchor_size = 32};

static int look_up_in(tlspin_t *one)
{
  tlspin_entry_t *entry = NULL;
  int code = tlspin_lookup(one, "www.example", "tls", 443, &entry);

  tlspin_entry_free(entry);
  return code;
}

static void test_new_and_free(void **state)
{
  tlspin_t *one = NULL;

  (void)state;
  assert_int_equal(tlspin_new(&one, NULL), TLSPIN_OK);
  assert_non_null(one);
  assert_int_equal(one->budget.warm, 250);
  assert_int_equal(one->budget.cold, 1000);
  tlspin_set_budget(one, 1, 2);
  assert_int_equal(one->budget.warm, 1);
  assert_int_equal(one->budget.cold, 2);
  tlspin_free(one);
  tlspin_free(NULL);
  tlspin_set_budget(NULL, 1, 2);
  assert_int_equal(tlspin_new(NULL, NULL), TLSPIN_E_ARGUMENT);
}

static void *get_default(void *data)
{
  (void)data;
  return tlspin_default();
}

static void test_default_is_one(void **state)
{
  pthread_t threads[THREADS];

  (void)state;
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, get_default, NULL), 0);
  for (int i = 0; i < THREADS; i++) {
    void *result;

    pthread_join(threads[i], &result);
    assert_non_null(result);
    assert_ptr_equal(result, tlspin_default());
  }
}

static void test_address_is_copied(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  char address[80];
  tlspin_t *one;

  (void)state;
  strcpy(address, world.address);
  assert_int_equal(tlspin_new(&one, address), TLSPIN_OK);
  memset(address, 'x', sizeof address);
  tlspin_set_budget(one, AMPLE, AMPLE);
  assert_int_equal(look_up_in(one), TLSPIN_MATCH);
  tlspin_free(one);
  test_process_end(daemon);
}

static void test_store_and_wait(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  uint64_t expires = 1;

  (void)state;
  assert_int_equal(tlspin_store(context, "WWW.example", "tls", 443, &good, &expires), TLSPIN_OK);
  assert_int_equal(expires, 1900000000);
  assert_string_equal(tlspin_last_message(), "");
  assert_string_equal(
      test_bus_call(&world, "StoreTicket"),
      "StoreTicket www.example tls 443 65535 48 sha384 86400 18446744073709551615 32 reply");
  test_process_end(daemon);
}

static void test_store_without_waiting(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  struct tlspin_ticket ticket = {
      .secret = octets, .secret_size = 32, .hash = "sha256", .lifetime = 0};

  (void)state;
  assert_int_equal(tlspin_store(context, "www.example", "dtls", 1, &ticket, NULL), TLSPIN_OK);
  test_bus_await_calls(&world, "StoreTicket", 1);
  assert_string_equal(test_bus_call(&world, "StoreTicket"),
                      "StoreTicket www.example dtls 1 0 32 sha256 0 0 0 no-reply");
  test_process_end(daemon);
}

/* The stopped daemon proves that nobody waits for it. */
static void test_no_store_waits_for_the_daemon(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  long before = test_now();

  (void)state;
  test_process_stop(daemon);
  assert_int_equal(tlspin_store(context, "www.example", "tls", 443, &good, NULL), TLSPIN_OK);
  assert_int_equal(tlspin_report_failure(context, "www.example", "tls", 443, "proof-wrong"),
                   TLSPIN_OK);
  assert_true(test_now() - before < SOON);
  test_process_go(daemon);
  test_bus_await_calls(&world, "StoreTicket", 1);
  test_bus_await_calls(&world, "ReportFailure", 1);
  test_process_end(daemon);
}

static void expect_store(const char *arguments, int code, uint64_t expires)
{
  pid_t daemon = test_bus_daemon(&world, arguments);
  uint64_t told = 1;

  assert_int_equal(tlspin_store(context, "www.example", "tls", 443, &good, &told), code);
  assert_int_equal(told, expires);
  assert_true((code == TLSPIN_OK) == (tlspin_last_message()[0] == '\0'));
  test_process_end(daemon);
}

static void test_outcomes_of_a_store(void **state)
{
  (void)state;
  expect_store("outcome=stored until=5", TLSPIN_OK, 5);
  expect_store("outcome=nothing until=0", TLSPIN_OK, 0);
  expect_store("outcome=superseded until=0", TLSPIN_OK, 0);
  expect_store("outcome=opted-out until=0", TLSPIN_OPTED_OUT, 0);
  expect_store("outcome=opted-out until=5", TLSPIN_UNAVAILABLE, 0);
  expect_store("outcome=stored until=0", TLSPIN_UNAVAILABLE, 0);
  expect_store("outcome=nothing until=5", TLSPIN_UNAVAILABLE, 0);
  expect_store("outcome=superseded until=5", TLSPIN_UNAVAILABLE, 0);
  expect_store("outcome=ok until=5", TLSPIN_UNAVAILABLE, 0);
  expect_store("outcome= until=0", TLSPIN_UNAVAILABLE, 0);
  expect_store("do=empty", TLSPIN_UNAVAILABLE, 0);
  expect_store("do=text", TLSPIN_UNAVAILABLE, 0);
  expect_store("do=error error=org.tlspin.Error.Unavailable", TLSPIN_UNAVAILABLE, 0);
  expect_store("do=error error=org.tlspin.Error.CannotBePinned", TLSPIN_CANNOT_BE_PINNED, 0);
  expect_store("do=error error=org.tlspin.Error.InvalidArgument", TLSPIN_E_ARGUMENT, 0);
  expect_store("do=error error=org.tlspin.Error.None", TLSPIN_UNAVAILABLE, 0);
  expect_store("do=error error=org.tlspin.Error.NotFound", TLSPIN_UNAVAILABLE, 0);
}

static void test_store_without_a_bus(void **state)
{
  uint64_t expires = 1;

  (void)state;
  test_bus_kill(&world);
  assert_int_equal(tlspin_store(context, "www.example", "tls", 443, &good, &expires),
                   TLSPIN_UNAVAILABLE);
  assert_int_equal(expires, 0);
  assert_int_equal(tlspin_store(context, "www.example", "tls", 443, &good, NULL),
                   TLSPIN_UNAVAILABLE);
  assert_int_equal(tlspin_report_failure(context, "www.example", "tls", 443, "proof-wrong"),
                   TLSPIN_UNAVAILABLE);
  assert_string_not_equal(tlspin_last_message(), "");
}

static void refuse_ticket(const struct tlspin_ticket *ticket, const char *named)
{
  uint64_t expires = 1;

  assert_int_equal(tlspin_store(context, "www.example", "tls", 443, ticket, &expires),
                   TLSPIN_E_ARGUMENT);
  assert_int_equal(expires, 0);
  assert_memory_equal(tlspin_last_message(), named, strlen(named));
  assert_int_equal(tlspin_store(context, "www.example", "tls", 443, ticket, NULL),
                   TLSPIN_E_ARGUMENT);
}

#define REFUSE(member, value, named)                                                               \
  do {                                                                                             \
    struct tlspin_ticket ticket = good;                                                            \
    ticket.member = value;                                                                         \
    refuse_ticket(&ticket, named);                                                                 \
  } while (0)

static void test_wrong_tickets(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  refuse_ticket(NULL, "ticket:");
  REFUSE(ticket, NULL, "ticket:");
  REFUSE(ticket_size, 65536, "ticket:");
  REFUSE(secret, NULL, "secret:");
  REFUSE(secret_size, 32, "secret:");
  REFUSE(secret_size, 0, "secret:");
  REFUSE(hash, NULL, "hash:");
  REFUSE(hash, "sha512", "hash:");
  REFUSE(hash, "\xff", "hash:");
  REFUSE(hash, "sha256", "secret:");
  REFUSE(anchor, NULL, "anchor:");
  REFUSE(anchor_size, 31, "anchor:");
  REFUSE(anchor_size, 33, "anchor:");
  assert_int_equal(test_bus_calls(&world, "StoreTicket"), 0);
  test_process_end(daemon);
}

static void test_wrong_peers(void **state)
{
  uint64_t expires = 1;

  (void)state;
  assert_int_equal(tlspin_store(context, "192.0.2.1", "tls", 443, &good, &expires),
                   TLSPIN_CANNOT_BE_PINNED);
  assert_int_equal(expires, 0);
  assert_int_equal(tlspin_store(context, "a.example", "tls", 0, &good, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_store(NULL, "a.example", "tls", 443, &good, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_report_failure(context, "::1", "tls", 443, "proof-wrong"),
                   TLSPIN_CANNOT_BE_PINNED);
  assert_int_equal(tlspin_report_failure(context, "a.example", "udp", 443, "proof-wrong"),
                   TLSPIN_E_ARGUMENT);
  assert_memory_equal(tlspin_last_message(), "protocol:", 9);
  assert_int_equal(tlspin_report_failure(NULL, "a.example", "tls", 443, "proof-wrong"),
                   TLSPIN_E_ARGUMENT);
}

static void test_report(void **state)
{
  static const char *const wrong[] = {NULL, "", "proof", "none", "\xff"};
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(tlspin_report_failure(context, "www.example", "tls", 443, wrong[i]),
                     TLSPIN_E_ARGUMENT);
    assert_memory_equal(tlspin_last_message(), "reason:", 7);
  }
  assert_int_equal(tlspin_report_failure(context, "Www.Example", "tls", 443, "ticket-refused"),
                   TLSPIN_OK);
  assert_string_equal(tlspin_last_message(), "");
  test_bus_await_calls(&world, "ReportFailure", 1);
  assert_string_equal(test_bus_call(&world, "ReportFailure"),
                      "ReportFailure www.example tls 443 ticket-refused no-reply");
  test_process_end(daemon);
}

/* In a child, whose environment is its own: how a lookup in the default context ends, and whether
 * libdbus started a bus, for which a dbus-launch of ours waits in the path. */
static int default_lookup_in_child(const char *address, const char *runtime_dir)
{
  pid_t pid = fork();
  int status;

  if (pid == 0) {
    tlspin_t *one = NULL;

    setenv("DISPLAY", ":99", 1);
    setenv("PATH", world.dir, 1);
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    unsetenv("XDG_RUNTIME_DIR");
    if (address != NULL)
      setenv("DBUS_SESSION_BUS_ADDRESS", address, 1);
    if (runtime_dir != NULL)
      setenv("XDG_RUNTIME_DIR", runtime_dir, 1);
    alarm(30);
    if (tlspin_new(&one, NULL) != TLSPIN_OK)
      _exit(99);
    tlspin_set_budget(one, AMPLE, AMPLE);
    status = look_up_in(one);
    tlspin_free(one);
    _exit(status);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void test_a_bus_is_never_started(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  char path[128];
  FILE *file;

  (void)state;
  snprintf(path, sizeof path, "%s/dbus-launch", world.dir);
  file = fopen(path, "w");
  assert_true(fprintf(file, "#!/bin/sh\necho started > %s\n", world.mark) > 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(path, 0700), 0);
  assert_int_equal(default_lookup_in_child(NULL, NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(default_lookup_in_child("", NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(default_lookup_in_child("autolaunch:", NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(default_lookup_in_child("autolaunch:;autolaunch:scope=*user", world.dir),
                   TLSPIN_UNAVAILABLE);
  assert_int_equal(default_lookup_in_child("unix:path=/nonexistent;autolaunch:", NULL),
                   TLSPIN_UNAVAILABLE);
  assert_int_equal(access(world.mark, F_OK), -1);
  assert_int_equal(default_lookup_in_child(world.address, NULL), TLSPIN_MATCH);
  assert_int_equal(default_lookup_in_child(NULL, world.dir), TLSPIN_MATCH);
  test_process_end(daemon);
}

/* With the usual budgets, and nothing that answers. */
static void test_usual_budget(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "do=silent");
  tlspin_t *one;
  long before;

  (void)state;
  assert_int_equal(tlspin_new(&one, world.address), TLSPIN_OK);
  before = test_now();
  assert_int_equal(look_up_in(one), TLSPIN_UNAVAILABLE);
  assert_true(test_now() - before >= 250);
  assert_true(test_now() - before < SOON);
  tlspin_free(one);
  test_process_end(daemon);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_new_and_free),
      WITH(test_default_is_one),
      WITH(test_address_is_copied),
      WITH(test_store_and_wait),
      WITH(test_store_without_waiting),
      WITH(test_no_store_waits_for_the_daemon),
      WITH(test_outcomes_of_a_store),
      WITH(test_store_without_a_bus),
      WITH(test_wrong_tickets),
      WITH(test_wrong_peers),
      WITH(test_report),
      WITH(test_a_bus_is_never_started),
      WITH(test_usual_budget),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
