/* Tests of libclient/admin.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "libclient/admin.h"

#include "dbus/names.h"
#include "libclient/last.h"
#include "tests/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOON = 5000 /* milliseconds */ };

static struct test_bus world;
static tlspin_t *context;
static unsigned seen;     /* entries that a walk came to */
static unsigned stop_at;  /* where the visitor wants no more; 0: nowhere */
static unsigned in_order; /* entries that came as fakepins numbers them */

static int set_up_with(const char *service)
{
  test_bus_start(&world, service);
  assert_int_equal(tlspin_new(&context, world.address), TLSPIN_OK);
  last_clear();
  seen = stop_at = in_order = 0;
  return 0;
}

static int set_up(void **state)
{
  (void)state;
  return set_up_with(NULL);
}

static int tear_down(void **state)
{
  (void)state;
  tlspin_free(context);
  test_bus_free(&world);
  return 0;
}

static int visit(const tlspin_entry_t *entry, void *data)
{
  char host[32];

  assert_ptr_equal(data, &world);
  snprintf(host, sizeof host, "h%u.example", seen);
  in_order += strcmp(tlspin_entry_host(entry), host) == 0;
  seen++;
  return seen == stop_at;
}

static int list(const struct tlspin_filter *filter)
{
  seen = in_order = 0;
  return tlspin_list(context, filter, visit, &world);
}

static int get(void)
{
  seen = in_order = 0;
  return tlspin_get(context, "Www.Example", "tls", 443, visit, &world);
}

static void test_list_in_pages(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=2500 page=1000 log=%log");

  (void)state;
  assert_int_equal(list(NULL), TLSPIN_OK);
  assert_int_equal(seen, 2500);
  assert_int_equal(in_order, 2500);
  assert_int_equal(test_bus_calls(&world, "List a{sv}su"), 3);
  assert_int_equal(test_bus_calls(&world, "filter"), 0);
  test_process_end(daemon);
}

static void test_empty_list(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=0");

  (void)state;
  assert_int_equal(list(NULL), TLSPIN_OK);
  assert_int_equal(seen, 0);
  test_process_end(daemon);
}

static int check_entry(const tlspin_entry_t *entry, void *data)
{
  assert_string_equal(tlspin_entry_host(entry), "h0.example");
  assert_string_equal(tlspin_entry_protocol(entry), "tls");
  assert_int_equal(tlspin_entry_port(entry), 443);
  assert_string_equal(tlspin_entry_kind(entry), "ticket");
  assert_string_equal(tlspin_entry_layer(entry), "user");
  assert_string_equal(tlspin_entry_state(entry), "active");
  assert_string_equal(tlspin_entry_lock(entry), "none");
  assert_string_equal(tlspin_entry_hash(entry), "sha256");
  assert_int_equal(tlspin_entry_ticket_size(entry), 100);
  assert_int_equal(tlspin_entry_first_seen(entry), 1000);
  assert_int_equal(tlspin_entry_issued(entry), 2000);
  assert_int_equal(tlspin_entry_expires(entry), 2000000000);
  assert_int_equal(tlspin_entry_failures(entry), 3);
  assert_int_equal(tlspin_entry_failed(entry), 4000);
  assert_string_equal(tlspin_entry_failure_reason(entry), "proof-wrong");
  *(unsigned *)data += 1;
  return 0;
}

static void test_what_an_entry_says(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "");
  unsigned checked = 0;

  (void)state;
  assert_int_equal(tlspin_list(context, NULL, check_entry, &checked), TLSPIN_OK);
  assert_int_equal(checked, 1);
  assert_int_equal(tlspin_get(context, "h0.example", "tls", 443, check_entry, &checked), TLSPIN_OK);
  assert_int_equal(checked, 2);
  test_process_end(daemon);
}

static void test_visitor_ends_the_walk(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=30 page=10 log=%log");

  (void)state;
  stop_at = 12;
  assert_int_equal(list(NULL), TLSPIN_OK);
  assert_int_equal(seen, 12);
  assert_int_equal(test_bus_calls(&world, "List"), 2);
  stop_at = 5;
  assert_int_equal(get(), TLSPIN_OK);
  assert_int_equal(seen, 5);
  test_process_end(daemon);
}

static int visit_and_call(const tlspin_entry_t *entry, void *data)
{
  tlspin_entry_t *found = NULL;

  assert_int_equal(tlspin_lookup(data, tlspin_entry_host(entry), "tls", 443, &found), TLSPIN_MATCH);
  tlspin_entry_free(found);
  seen++;
  return 0;
}

static void test_visitor_may_call_the_library(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=3 page=2");

  (void)state;
  assert_int_equal(tlspin_list(context, NULL, visit_and_call, context), TLSPIN_OK);
  assert_int_equal(tlspin_get(context, "a.example", "tls", 1, visit_and_call, context), TLSPIN_OK);
  assert_int_equal(seen, 5);
  test_process_end(daemon);
}

static void test_filters_are_sent(void **state)
{
  const struct tlspin_filter filter = {
      .host = "WWW.Example.", .pattern = "*", .protocol = "dtls", .port = 853, .since = UINT64_MAX};
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  assert_int_equal(list(&filter), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "filter"), 5);
  assert_int_equal(test_bus_calls(&world, "filter host s www.example\n"), 1);
  assert_int_equal(test_bus_calls(&world, "filter pattern s *\n"), 1);
  assert_int_equal(test_bus_calls(&world, "filter protocol s dtls\n"), 1);
  assert_int_equal(test_bus_calls(&world, "filter port q 853\n"), 1);
  assert_int_equal(test_bus_calls(&world, "filter since t 18446744073709551615\n"), 1);
  assert_int_equal(tlspin_clear(context, &(struct tlspin_filter){.all = 1}, NULL), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "filter"), 6);
  assert_int_equal(test_bus_calls(&world, "filter all b 1\n"), 1);
  test_process_end(daemon);
}

/* None of a wrong page's entries is shown, not even those before the wrong one. */
static void test_wrong_lists(void **state)
{
  static const char *const wrong[] = {
      "entries=3 shape=peerless",
      "entries=3 shape=host",
      "entries=3 shape=protocol",
      "entries=3 shape=port",
      "entries=3 shape=port-type",
      "entries=1001 page=2000",
      "entries=0 next=more",
      "do=empty",
      "do=text",
  };

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    pid_t daemon = test_bus_daemon(&world, wrong[i]);

    assert_int_equal(list(NULL), TLSPIN_UNAVAILABLE);
    assert_int_equal(seen, 0);
    assert_string_equal(tlspin_last_message(), tlspin_code_text(TLSPIN_E_REPLY));
    test_process_end(daemon);
  }
}

/* A daemon that always says there is more does not keep the walk going. */
static void test_cursor_that_leads_nowhere(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "next=again");

  (void)state;
  assert_int_equal(list(NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(seen, 1); /* of the first page, which could be right */
  test_process_end(daemon);
}

static void test_cursor_that_is_too_long(void **state)
{
  char arguments[BUS_CURSOR_MAX + 100] = "next=";
  pid_t daemon;

  (void)state;
  memset(arguments + 5, '1', BUS_CURSOR_MAX + 1);
  daemon = test_bus_daemon(&world, arguments);
  assert_int_equal(list(NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(seen, 0);
  test_process_end(daemon);
}

static void test_get(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "entries=2 log=%log");

  (void)state;
  assert_int_equal(get(), TLSPIN_OK);
  assert_int_equal(seen, 2);
  assert_int_equal(in_order, 2);
  assert_string_equal(test_bus_call(&world, "Get"), "Get www.example tls 443");
  test_process_end(daemon);
}

static void expect_get(const char *arguments, int code)
{
  pid_t daemon = test_bus_daemon(&world, arguments);

  assert_int_equal(get(), code);
  assert_int_equal(seen, 0);
  assert_string_not_equal(tlspin_last_message(), "");
  test_process_end(daemon);
}

static void test_wrong_gets(void **state)
{
  (void)state;
  expect_get("do=error error=org.tlspin.Error.NotFound", TLSPIN_E_NOT_FOUND);
  expect_get("do=error error=org.tlspin.Error.Unavailable", TLSPIN_UNAVAILABLE);
  expect_get("do=error error=org.tlspin.Error.None", TLSPIN_UNAVAILABLE);
  expect_get("entries=0", TLSPIN_UNAVAILABLE); /* NotFound is an error, never an empty list */
  expect_get("entries=2 shape=host", TLSPIN_UNAVAILABLE);
  expect_get("do=empty", TLSPIN_UNAVAILABLE);
  expect_get("do=text", TLSPIN_UNAVAILABLE);
}

static void test_clear_and_undo(void **state)
{
  const struct tlspin_filter filter = {.host = "www.example"};
  pid_t daemon = test_bus_daemon(&world, "log=%log");
  struct tlspin_change change = {9, 9, 9};

  (void)state;
  assert_int_equal(tlspin_clear(context, &filter, &change), TLSPIN_OK);
  assert_int_equal(change.operation, 41);
  assert_int_equal(change.count, 5);
  assert_int_equal(change.replaced, 0);
  assert_int_equal(tlspin_undo(context, 41, &change), TLSPIN_OK);
  assert_int_equal(change.operation, 41);
  assert_int_equal(change.count, 5);
  assert_int_equal(change.replaced, 2);
  assert_int_equal(tlspin_undo(context, 0, NULL), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "Clear a{sv}"), 1);
  assert_int_equal(test_bus_calls(&world, "Undo t"), 2);
  test_process_end(daemon);
}

static void test_failing_clear_and_undo(void **state)
{
  static const struct {
    const char *arguments;
    int code;
  } wrong[] = {
      {"do=error error=org.tlspin.Error.NotFound", TLSPIN_E_NOT_FOUND},
      {"do=error error=org.tlspin.Error.NothingToUndo", TLSPIN_E_NOTHING_TO_UNDO},
      {"do=error error=org.tlspin.Error.Unavailable", TLSPIN_UNAVAILABLE},
      {"do=empty", TLSPIN_UNAVAILABLE},
      {"do=text", TLSPIN_UNAVAILABLE},
  };
  const struct tlspin_filter filter = {.host = "www.example"};

  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    pid_t daemon = test_bus_daemon(&world, wrong[i].arguments);
    struct tlspin_change change = {9, 9, 9};

    assert_int_equal(tlspin_clear(context, &filter, &change), wrong[i].code);
    assert_int_equal(tlspin_undo(context, 1, &change), wrong[i].code);
    assert_int_equal(change.operation, 9);
    assert_string_not_equal(tlspin_last_message(), "");
    test_process_end(daemon);
  }
}

static int set_up_dying(void **state)
{
  (void)state;
  return set_up_with("do=die once=%mark log=%log");
}

/* What a first try may have done, a second one would do to something else. */
static void test_changes_are_not_repeated(void **state)
{
  const struct tlspin_filter filter = {.all = 1};

  (void)state;
  assert_int_equal(tlspin_clear(context, &filter, NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Clear"), 1);
  assert_int_equal(remove(world.mark), 0);
  assert_int_equal(tlspin_undo(context, 0, NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(test_bus_calls(&world, "Undo"), 1);
  assert_int_equal(remove(world.mark), 0);
  assert_int_equal(list(NULL), TLSPIN_OK);
  assert_int_equal(test_bus_calls(&world, "List"), 2);
}

static void test_patience(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=400");
  long before;

  (void)state;
  assert_int_equal(context->patience.warm, 25000);
  assert_int_equal(context->patience.cold, 25000);
  assert_int_equal(list(NULL), TLSPIN_OK); /* longer than a lookup would wait */
  test_process_stop(daemon);
  context->patience = (struct call_budget){200, 200};
  before = test_now();
  assert_int_equal(list(NULL), TLSPIN_UNAVAILABLE);
  assert_true(test_now() - before >= 200);
  assert_true(test_now() - before < SOON);
  test_process_end(daemon);
}

/* A daemon that changes a million records isn't given up: what it does would be reported as failed,
 * and be done. */
static void test_long_patience(void **state)
{
  pid_t daemon = test_bus_daemon(&world, "late=900");
  struct tlspin_filter filter = {.since = 1};
  long before = test_now();

  (void)state;
  assert_true(context->long_patience.warm >= 600000 && context->long_patience.cold >= 600000);
  context->patience = (struct call_budget){100, 100};
  assert_int_equal(tlspin_clear(context, &filter, NULL), TLSPIN_OK);
  assert_int_equal(tlspin_undo(context, 0, NULL), TLSPIN_OK);
  assert_true(test_now() - before >= 1800);
  assert_int_equal(list(NULL), TLSPIN_UNAVAILABLE);
  context->long_patience = (struct call_budget){100, 100};
  assert_int_equal(tlspin_undo(context, 0, NULL), TLSPIN_UNAVAILABLE);
  test_process_end(daemon);
}

static void test_without_a_bus(void **state)
{
  (void)state;
  test_bus_kill(&world);
  assert_int_equal(list(NULL), TLSPIN_UNAVAILABLE);
  assert_int_equal(get(), TLSPIN_UNAVAILABLE);
  assert_int_equal(tlspin_clear(context, &(struct tlspin_filter){.since = 1}, NULL),
                   TLSPIN_UNAVAILABLE);
  assert_int_equal(tlspin_undo(context, 0, NULL), TLSPIN_UNAVAILABLE);
  assert_string_not_equal(tlspin_last_message(), "");
}

static void test_wrong_arguments(void **state)
{
  const struct tlspin_filter none = {0}, all = {.all = 1};
  pid_t daemon = test_bus_daemon(&world, "log=%log");

  (void)state;
  assert_int_equal(tlspin_list(NULL, NULL, visit, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_list(context, NULL, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(list(&all), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_get(NULL, "a.example", "tls", 1, visit, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_get(context, "a.example", "tls", 1, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_get(context, "a b", "tls", 1, visit, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_get(context, "::1", "tls", 1, visit, NULL), TLSPIN_CANNOT_BE_PINNED);
  assert_int_equal(tlspin_clear(NULL, &all, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_clear(context, NULL, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(tlspin_clear(context, &none, NULL), TLSPIN_E_ARGUMENT);
  assert_memory_equal(tlspin_last_message(), "filter:", 7);
  assert_int_equal(tlspin_undo(NULL, 0, NULL), TLSPIN_E_ARGUMENT);
  assert_int_equal(test_bus_calls(&world, "List"), 0);
  assert_int_equal(test_bus_calls(&world, "Get"), 0);
  assert_int_equal(test_bus_calls(&world, "Clear"), 0);
  assert_int_equal(test_bus_calls(&world, "Undo"), 0);
  test_process_end(daemon);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      WITH(test_list_in_pages),
      WITH(test_empty_list),
      WITH(test_what_an_entry_says),
      WITH(test_visitor_ends_the_walk),
      WITH(test_visitor_may_call_the_library),
      WITH(test_filters_are_sent),
      WITH(test_wrong_lists),
      WITH(test_cursor_that_leads_nowhere),
      WITH(test_cursor_that_is_too_long),
      WITH(test_get),
      WITH(test_wrong_gets),
      WITH(test_clear_and_undo),
      WITH(test_failing_clear_and_undo),
      cmocka_unit_test_setup_teardown(test_changes_are_not_repeated, set_up_dying, tear_down),
      WITH(test_patience),
      WITH(test_long_patience),
      WITH(test_without_a_bus),
      WITH(test_wrong_arguments),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
