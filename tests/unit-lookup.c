/* Tests of libclient/lookup.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/context.h"

#include "libclient/last.h"
#include "libclient/tlspin.h"
#include "tests/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON = 5000 /* milliseconds */ };

static const struct peer peer = {"www.example", PROTOCOL_TLS, 443};

static int look_up(void)
{
  tlspin_entry_t *entry = (tlspin_entry_t *)&world;
  int code = tlspin_lookup(context, "www.example", "tls", 443, &entry);

  assert_true((code == TLSPIN_MATCH) == (entry != NULL));
  tlspin_entry_free(entry);
  return code;
}

/* What a daemon's reply, as fakepins is told to make it, becomes. */
static int answer(const char *arguments)
{
  pid_t daemon = test_bus_daemon(&world, arguments);
  int code = look_up();

  test_process_end(daemon);
  return code;
}

static void test_match(void **state)
{
  pid_t daemon =
      test_bus_daemon(&world, "log=%log ticket=65535 secret=48 hash=sha384 "
                              "layer=10-site.db lock=report series=18446744073709551615");
  tlspin_entry_t *entry;
  size_t size;

  (void)state;
  assert_int_equal(tlspin_lookup(context, "WWW.Example.", "dtls", 853, &entry), TLSPIN_MATCH);
  assert_string_equal(tlspin_last_message(), "");
  assert_string_equal(tlspin_entry_host(entry), "www.example");
  assert_string_equal(tlspin_entry_protocol(entry), "dtls");
  assert_int_equal(tlspin_entry_port(entry), 853);
  assert_string_equal(tlspin_entry_layer(entry), "10-site.db");
  assert_string_equal(tlspin_entry_lock(entry), "report");
  assert_true(tlspin_entry_series(entry) == UINT64_MAX);
  assert_int_equal(tlspin_entry_expires(entry), 2000000000);
  assert_int_equal(((const uint8_t *)tlspin_entry_ticket(entry, &size))[65534], 0xa5);
  assert_int_equal(size, 65535);
  assert_int_equal(((const uint8_t *)tlspin_entry_secret(entry, &size))[47], 0xa5);
  assert_int_equal(size, 48);
  tlspin_entry_free(entry);
  assert_string_equal(test_bus_call(&world, "Lookup"), "Lookup www.example dtls 853");
  test_process_end(daemon);
}

#define EMPTY " ticket=0 secret=0 hash= series=0 expires=0 layer="

static void test_answers_without_a_pin(void **state)
{
  static const enum tlspin_code answers[] = {TLSPIN_NO_PIN,      TLSPIN_STORE_DAMAGED,
                                             TLSPIN_UNAVAILABLE, TLSPIN_CLOCK_SUSPECT,
                                             TLSPIN_OPTED_OUT,   TLSPIN_CANNOT_BE_PINNED};

  (void)state;
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    char arguments[128];
    enum tlspin_code code = answers[i];

    snprintf(arguments, sizeof arguments, "answer=%s" EMPTY, tlspin_code_token(code));
    assert_int_equal(answer(arguments), code);
    assert_string_equal(tlspin_last_message(), code == TLSPIN_NO_PIN ? "" : tlspin_code_text(code));
  }
}

/* Every reply that is not as org.tlspin.Pins1 wants it. */
static void test_garbage(void **state)
{
  static const char *const garbage[] = {
      "ticket=0",
      "ticket=65536",
      "secret=0",
      "secret=31",
      "secret=48",
      "hash=sha384",
      "hash=sha512",
      "hash=",
      "series=0",
      "lock=",
      "lock=open",
      "layer=",
      "answer=" EMPTY,
      "answer=ok" EMPTY,
      "answer=mismatch" EMPTY,
      "answer=nopin" EMPTY,
      "answer=NO-PIN" EMPTY,
      "answer=not-found" EMPTY,
      "answer=bad-reply" EMPTY,
      "answer=no-pin ticket=1 secret=0 series=0",
      "answer=no-pin ticket=0 secret=32 series=0",
      "answer=no-pin ticket=0 secret=0 series=1",
      "answer=opted-out",
      "do=empty",
      "do=text",
  };

  (void)state;
  for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
    assert_int_equal(answer(garbage[i]), TLSPIN_UNAVAILABLE);
    assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
  }
}

/* However the daemon fails, the caller doesn't read "no pin" in it. */
static void test_errors_are_no_answers(void **state)
{
  static const struct {
    const char *name;
    int code;
  } errors[] = {
      {"org.tlspin.Error.InvalidArgument", TLSPIN_E_ARGUMENT},
      {"org.tlspin.Error.NoMemory", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.CannotBePinned", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.NotFound", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.NoPin", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.None", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.Match", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.OptedOut", TLSPIN_UNAVAILABLE},
      {"org.tlspin.Error.UnknownMethod", TLSPIN_UNAVAILABLE},
      {"org.freedesktop.DBus.Error.UnknownMethod", TLSPIN_UNAVAILABLE},
  };

  (void)state;
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
    char arguments[128];

    snprintf(arguments, sizeof arguments, "do=error error=%s message=broken", errors[i].name);
    assert_int_equal(answer(arguments), errors[i].code);
    assert_string_equal(tlspin_last_message(), "broken");
  }
}

static void test_wrong_arguments(void **state)
{
  static const struct {
    const char *host, *protocol;
    unsigned port;
    int code;
    const char *named;
  } wrong[] = {
      {NULL, "tls", 443, TLSPIN_E_ARGUMENT, "host:"},
      {"", "tls", 443, TLSPIN_E_ARGUMENT, "host:"},
      {"a b", "tls", 443, TLSPIN_E_ARGUMENT, "host:"},
      {"\xff\xfe", "tls", 443, TLSPIN_E_ARGUMENT, "host:"},
      {"192.0.2.1", "tls", 443, TLSPIN_CANNOT_BE_PINNED, "host:"},
      {"::1", "quic", 0, TLSPIN_CANNOT_BE_PINNED, "host:"},
      {"a.example", NULL, 443, TLSPIN_E_ARGUMENT, "protocol:"},
      {"a.example", "quic", 443, TLSPIN_E_ARGUMENT, "protocol:"},
      {"a.example", "tls", 0, TLSPIN_E_ARGUMENT, "port:"},
      {"a.example", "tls", 65536, TLSPIN_E_ARGUMENT, "port:"},
  };
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  tlspin_entry_t *entry;

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    entry = (tlspin_entry_t *)&world;
    assert_int_equal(
        tlspin_lookup(context, wrong[i].host, wrong[i].protocol, wrong[i].port, &entry),
        wrong[i].code);
    assert_null(entry);
    assert_memory_equal(tlspin_last_message(), wrong[i].named, strlen(wrong[i].named));
  }
  assert_int_equal(tlspin_lookup(NULL, "a.example", "tls", 443, &entry), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_lookup(context, "a.example", "tls", 443, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 0);
  test_process_end(daemon);
}

/* The question is out, and the daemon at work on it, before anybody waits. */
static void test_start_sends_and_does_not_wait(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=300 log=%log");
  struct lookup *lookup;
  tlspin_entry_t *entry;
  long before;

  (void)state;
  assert_int_equal(lookup_start(context, &peer, &lookup), TLSPIN_OK);
  test_bus_await_calls(&world, "Lookup", 1);
  assert_int_equal(lookup_wait(lookup, &entry, NULL), TLSPIN_MATCH);
  tlspin_entry_free(entry);
  test_process_end(daemon);
  test_process_stop(world.pid);
  before = test_now();
  assert_int_equal(lookup_start(context, &peer, &lookup), TLSPIN_OK);
  assert_true(test_now() - before < SOON);
  lookup_cancel(lookup);
  test_process_go(world.pid);
}

static void test_several_at_once(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=20 log=%log");
  struct lookup *lookups[10];
  tlspin_entry_t *entry;

  (void)state;
  for (int i = 0; i < 10; i++) {
    struct peer one = peer;

    one.port = (uint16_t)(i + 1);
    assert_int_equal(lookup_start(context, &one, &lookups[i]), TLSPIN_OK);
  }
  for (int i = 9; i >= 0; i -= 2)
    lookup_cancel(lookups[i]);
  for (int i = 8; i >= 0; i -= 2) {
    assert_int_equal(lookup_wait(lookups[i], &entry, NULL), TLSPIN_MATCH);
    assert_int_equal(tlspin_entry_port(entry), i + 1);
    tlspin_entry_free(entry);
  }
  assert_null(context->lookups);
  lookup_cancel(NULL);
  test_process_end(daemon);
}

static void test_without_a_bus(void **state)
{
  struct lookup *lookup;
  tlspin_entry_t *entry;

  (void)state;
  test_bus_kill(&world);
  last_say(0, "said before");
  assert_int_equal(lookup_start(context, &peer, &lookup), TLSPIN_OK);
  assert_string_equal(tlspin_last_message(), "");
  assert_int_equal(lookup_wait(lookup, &entry, NULL), TLSPIN_UNAVAILABLE);
  assert_null(entry);
  assert_string_not_equal(tlspin_last_message(), "");
}

/* What could not be sent at the start is sent by the wait. */
static void test_bus_comes_late(void **state)
{
  struct lookup *lookup;
  tlspin_entry_t *entry;
  pid_t daemon;

  (void)state;
  test_bus_kill(&world);
  assert_int_equal(lookup_start(context, &peer, &lookup), TLSPIN_OK);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "");
  assert_int_equal(lookup_wait(lookup, &entry, NULL), TLSPIN_MATCH);
  tlspin_entry_free(entry);
  test_process_end(daemon);
}

static void test_connection_lost_meanwhile(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=100");
  struct lookup *lookups[2];
  tlspin_entry_t *entry;

  (void)state;
  assert_int_equal(lookup_start(context, &peer, &lookups[0]), TLSPIN_OK);
  assert_int_equal(lookup_start(context, &peer, &lookups[1]), TLSPIN_OK);
  test_bus_kill(&world);
  test_process_end(daemon);
  assert_int_equal(lookup_wait(lookups[0], &entry, NULL), TLSPIN_UNAVAILABLE);
  test_bus_restart(&world);
  daemon = test_bus_daemon(&world, "");
  assert_int_equal(lookup_wait(lookups[1], &entry, NULL), TLSPIN_MATCH);
  tlspin_entry_free(entry);
  test_process_end(daemon);
}

static void test_context_freed_first(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=50");
  struct lookup *lookups[3];
  tlspin_entry_t *entry;

  (void)state;
  for (int i = 0; i < 3; i++)
    assert_int_equal(lookup_start(context, &peer, &lookups[i]), TLSPIN_OK);
  tlspin_free(context);
  context = NULL;
  lookup_cancel(lookups[1]);
  for (int i = 0; i < 3; i += 2) {
    assert_int_equal(lookup_wait(lookups[i], &entry, NULL), TLSPIN_UNAVAILABLE);
    assert_null(entry);
    assert_string_not_equal(tlspin_last_message(), "");
  }
  test_process_end(daemon);
}

static void *wait_for_match(void *lookup)
{
  tlspin_entry_t *entry;
  int code = lookup_wait(lookup, &entry, NULL);

  tlspin_entry_free(entry);
  return code == TLSPIN_MATCH ? context : NULL;
}

static void test_waited_for_by_another_thread(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=50");
  struct lookup *lookup;
  pthread_t thread;
  void *result;

  (void)state;
  assert_int_equal(lookup_start(context, &peer, &lookup), TLSPIN_OK);
  assert_int_equal(pthread_create(&thread, NULL, wait_for_match, lookup), 0);
  pthread_join(thread, &result);
  assert_ptr_equal(result, context);
  test_process_end(daemon);
}

/* Both ends of a fork may wait for what was asked before it. */
static void test_waited_for_on_both_sides_of_a_fork(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=50 log=%log"), child;
  struct lookup *lookup;
  int status;

  (void)state;
  assert_int_equal(lookup_start(context, &peer, &lookup), TLSPIN_OK);
  child = fork();
  if (child == 0) {
    alarm(30);
    _exit(wait_for_match(lookup) == context ? 0 : 1);
  }
  assert_ptr_equal(wait_for_match(lookup), context);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(test_bus_calls(&world, "Lookup"), 2);
  assert_int_equal(context->bus->generation, 0);
  test_process_end(daemon);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_match),
      WITH(test_answers_without_a_pin),
      WITH(test_garbage),
      WITH(test_errors_are_no_answers),
      WITH(test_wrong_arguments),
      WITH(test_start_sends_and_does_not_wait),
      WITH(test_several_at_once),
      WITH(test_without_a_bus),
      WITH(test_bus_comes_late),
      WITH(test_connection_lost_meanwhile),
      WITH(test_context_freed_first),
      WITH(test_waited_for_by_another_thread),
      WITH(test_waited_for_on_both_sides_of_a_fork),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
